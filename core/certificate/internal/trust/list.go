package trust

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"time"
)

// list is a list of revoked certificates, as it is held in memory.
type list struct {
	issuer  []byte // RawSubject of who signed it
	number  string
	this    time.Time
	next    time.Time
	fetched time.Time
	serials map[string]struct{}
	scope   scope

	raw     *x509.RevocationList // for the check of the signature; its entries are dropped
	mu      sync.Mutex
	signers [][]byte // keys that the signature was found to fit
}

// scope is what a list covers (RFC 5280, 5.2.5).
type scope struct {
	Parts           []string // addresses of which it is a part; empty: it is whole
	OnlyPeople      bool
	OnlyAuthorities bool
}

const (
	listMost  = 32 << 20 // bytes
	listWait  = 6 * time.Second
	refreshed = time.Hour        // a list is fetched again after this long
	ahead     = 30 * time.Minute // or this long before its end
	again     = time.Minute      // after a try that failed
	unused    = 60 * 24 * time.Hour
	knownMost = 500 // lists; an authority with parts has many
)

func (l *list) names(serial *big.Int) bool {
	_, there := l.serials[string(serial.Bytes())]
	return there
}

func (l *list) stale(now time.Time) bool { return !now.Before(l.next) }

// signedBy checks the signature once for each key.
func (l *list) signedBy(issuer *x509.Certificate) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range l.signers {
		if bytes.Equal(key, issuer.RawSubjectPublicKeyInfo) {
			return nil
		}
	}
	if err := l.raw.CheckSignatureFrom(issuer); err != nil {
		return fmt.Errorf("trust: list: %w", err)
	}
	l.signers = append(l.signers, issuer.RawSubjectPublicKeyInfo)
	return nil
}

var (
	oidDelta = asn1.ObjectIdentifier{2, 5, 29, 27}
	oidScope = asn1.ObjectIdentifier{2, 5, 29, 28}
)

// parseList reads DER or PEM. Lists of changes only, of another's certificates, or of some reasons only are refused: none of
// them tells that a certificate that is not there is good.
func parseList(data []byte) (*list, error) {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	raw, err := x509.ParseRevocationList(data)
	if err != nil {
		return nil, fmt.Errorf("trust: list: %w", err)
	}
	if raw.NextUpdate.IsZero() {
		return nil, errors.New("trust: list: it does not say until when it holds")
	}
	out := &list{issuer: raw.RawIssuer, this: raw.ThisUpdate, next: raw.NextUpdate, serials: make(map[string]struct{}, len(raw.RevokedCertificateEntries))}
	for _, e := range raw.Extensions {
		switch {
		case e.Id.Equal(oidScope):
			if out.scope, err = parseScope(e.Value); err != nil {
				return nil, err
			}
		case e.Id.Equal(oidDelta), e.Critical:
			return nil, fmt.Errorf("trust: list: it is not a whole one: extension %v", e.Id)
		}
	}
	for _, one := range raw.RevokedCertificateEntries {
		for _, e := range one.Extensions {
			if e.Critical {
				return nil, fmt.Errorf("trust: list: an entry has the extension %v", e.Id)
			}
		}
		out.serials[string(one.SerialNumber.Bytes())] = struct{}{}
	}
	if raw.Number != nil {
		out.number = raw.Number.String()
	}
	raw.RevokedCertificateEntries, raw.RevokedCertificates = nil, nil //nolint:staticcheck // memory: the serials are held above
	out.raw = raw
	return out, nil
}

func parseScope(der []byte) (scope, error) {
	var given struct {
		Point struct {
			Full []asn1.RawValue `asn1:"optional,tag:0"`
		} `asn1:"optional,tag:0"`
		OnlyPeople      bool           `asn1:"optional,tag:1"`
		OnlyAuthorities bool           `asn1:"optional,tag:2"`
		SomeReasons     asn1.BitString `asn1:"optional,tag:3"`
		Indirect        bool           `asn1:"optional,tag:4"`
		OnlyAttributes  bool           `asn1:"optional,tag:5"`
	}
	rest, err := asn1.Unmarshal(der, &given)
	if err != nil || len(rest) > 0 {
		return scope{}, errors.New("trust: list: what it covers can't be read")
	}
	if given.SomeReasons.BitLength > 0 || given.Indirect || given.OnlyAttributes {
		return scope{}, errors.New("trust: list: it does not cover every reason of this issuer's certificates")
	}
	out := scope{OnlyPeople: given.OnlyPeople, OnlyAuthorities: given.OnlyAuthorities}
	const address = 6 // uniformResourceIdentifier of GeneralName
	for _, name := range given.Point.Full {
		if name.Class == asn1.ClassContextSpecific && name.Tag == address {
			out.Parts = append(out.Parts, string(name.Bytes))
		}
	}
	if len(given.Point.Full) > 0 && len(out.Parts) == 0 {
		return scope{}, errors.New("trust: list: its part has no address")
	}
	return out, nil
}

// covers tells whether a certificate that names these addresses is of the list's part.
func (s scope) covers(addresses []string) bool {
	if len(s.Parts) == 0 {
		return true
	}
	return slices.ContainsFunc(addresses, func(a string) bool { return slices.Contains(s.Parts, a) })
}

// atHand is the list of an address as it is kept, nil when none is. It fetches nothing.
func (t *Trust) atHand(ctx context.Context, address string) *list {
	info, ok, err := t.o.Shelf.Info(ctx, address)
	if err != nil || !ok || info.Fetched.IsZero() {
		return nil
	}
	t.mu.Lock()
	held := t.lists[address]
	t.mu.Unlock()
	if held != nil && held.fetched.Equal(info.Fetched) {
		return held
	}
	der, err := t.o.Shelf.Load(ctx, address)
	if err != nil {
		return nil
	}
	read, err := parseList(der)
	if err != nil {
		return nil
	}
	read.fetched = info.Fetched
	t.mu.Lock()
	t.lists[address] = read
	t.mu.Unlock()
	return read
}

// list is the list of an address, fetched when there is none of now.
func (t *Trust) list(ctx context.Context, address string, q question) (*list, error) {
	now := t.o.Clock.Now()
	if held := t.atHand(ctx, address); held != nil && !held.stale(now) {
		return held, t.o.Shelf.Used(ctx, address)
	}
	ctx, cancel := context.WithTimeout(ctx, listWait)
	defer cancel()
	if err := t.renew(ctx, address, append(q.authority.all(), q.issuer), now); err != nil {
		return nil, err
	}
	if held := t.atHand(ctx, address); held != nil {
		return held, nil
	}
	return nil, errNoList
}

// renew fetches a list once, whoever asks for it at the same time, and not again right after a try that failed.
func (t *Trust) renew(ctx context.Context, address string, signers []*x509.Certificate, asked time.Time) error {
	one := t.turn(address)
	one.Lock()
	defer one.Unlock()
	info, known, err := t.o.Shelf.Info(ctx, address)
	if err != nil {
		return err
	}
	now := t.o.Clock.Now()
	switch {
	case known && !info.Fetched.Before(asked):
		return nil // another request has fetched it meanwhile
	case known && info.Fault != "" && now.Sub(info.Tried) < again:
		return errors.New("trust: list: it could not be fetched a moment ago")
	case !known:
		if all, err := t.o.Shelf.Known(ctx); err != nil || len(all) >= knownMost {
			return errors.Join(err, errNoList)
		}
	}
	return t.fetchList(ctx, address, signers)
}

func (t *Trust) turn(address string) *sync.Mutex {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy[address] == nil {
		t.busy[address] = new(sync.Mutex)
	}
	return t.busy[address]
}

// fetchList fetches a list and keeps it when one of the signers signed it, it is of now, and it is not older than the one
// that is held.
func (t *Trust) fetchList(ctx context.Context, address string, signers []*x509.Certificate) error {
	now := t.o.Clock.Now()
	info := Info{Address: address, Tried: now}
	der, err := t.fetch.get(ctx, address, listMost)
	var got *list
	if err == nil {
		got, err = parseList(der)
	}
	if err == nil {
		err = t.fresh(ctx, address, got, signers)
	}
	if err != nil {
		info.Fault = err.Error()
		return errors.Join(err, t.o.Shelf.Save(context.WithoutCancel(ctx), info, nil))
	}
	info.Issuer, info.Number, info.This, info.Next = got.raw.Issuer.String(), got.number, got.this, got.next
	info.Count, info.Fetched = len(got.serials), now
	return t.o.Shelf.Save(ctx, info, der)
}

// fresh decides whether a list that was fetched may take the place of the one that is held.
func (t *Trust) fresh(ctx context.Context, address string, got *list, signers []*x509.Certificate) error {
	now := t.o.Clock.Now()
	if got.stale(now) || got.this.After(now.Add(skew)) {
		return errors.New("trust: list: it is not of now")
	}
	if !slices.ContainsFunc(signers, func(c *x509.Certificate) bool { return bytes.Equal(c.RawSubject, got.issuer) && got.signedBy(c) == nil }) {
		return errors.New("trust: list: nobody who may has signed it")
	}
	if held := t.atHand(ctx, address); held != nil && got.this.Before(held.this) {
		return errors.New("trust: list: it is older than the one that is held")
	}
	return nil
}

// all are every certificate of the authority.
func (a *Authority) all() []*x509.Certificate { return slices.Concat(a.Anchors, a.Between) }

// Refresh fetches what is old or ends soon: the lists that the configuration names, that its authorities' certificates
// name, and those that were met before. all fetches whatever their age. It goes on after a failure and joins them.
func (t *Trust) Refresh(ctx context.Context, all bool) error {
	known, err := t.o.Shelf.Known(ctx)
	if err != nil {
		return err
	}
	byAddress := map[string]Info{}
	for _, info := range known {
		byAddress[info.Address] = info
	}
	for _, address := range t.configured() {
		if _, there := byAddress[address]; !there {
			byAddress[address] = Info{Address: address}
		}
	}
	now := t.o.Clock.Now()
	var faults []error
	for address, info := range byAddress {
		if !all && !due(info, now) {
			continue
		}
		if err := t.refreshOne(ctx, address); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", address, err))
		}
	}
	return errors.Join(faults...)
}

func (t *Trust) refreshOne(ctx context.Context, address string) error {
	const wait = time.Minute
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	one := t.turn(address)
	one.Lock()
	defer one.Unlock()
	var signers []*x509.Certificate
	for _, a := range t.o.Authorities {
		signers = append(signers, a.all()...)
	}
	held := t.atHand(ctx, address)
	if held != nil && !slices.ContainsFunc(signers, func(c *x509.Certificate) bool { return held.signedBy(c) == nil }) {
		return nil // of an authority below the configured ones: it is fetched when a certificate of it is shown
	}
	return t.fetchList(ctx, address, signers)
}

func due(i Info, now time.Time) bool {
	if i.Fault != "" && now.Sub(i.Tried) < again {
		return false
	}
	return i.Fetched.IsZero() || now.Sub(i.Fetched) >= refreshed || i.Next.Sub(now) < ahead
}

// configured are the addresses of lists that the configuration and its certificates name.
func (t *Trust) configured() []string {
	var out []string
	for _, a := range t.o.Authorities {
		out = append(out, a.Lists...)
		for _, one := range a.Between {
			out = append(out, one.CRLDistributionPoints...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Unused tells from when on a list that nobody asked for may go.
func Unused(now time.Time) time.Time { return now.Add(-unused) }
