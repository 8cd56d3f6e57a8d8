package trust_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/certificate/authoritytest"
	"posad.city/core/certificate/internal/trust"
	"posad.city/kit/clock"
)

// shelf keeps lists in memory.
type shelf struct {
	mu    sync.Mutex
	infos map[string]trust.Info
	lists map[string][]byte
}

func newShelf() *shelf { return &shelf{infos: map[string]trust.Info{}, lists: map[string][]byte{}} }

func (s *shelf) Info(_ context.Context, address string) (trust.Info, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, ok := s.infos[address]
	return info, ok, nil
}

func (s *shelf) Load(_ context.Context, address string) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list, ok := s.lists[address]; ok {
		return list, nil
	}
	return nil, fs.ErrNotExist
}

func (s *shelf) Save(_ context.Context, info trust.Info, list []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if list == nil {
		old := s.infos[info.Address]
		old.Address, old.Tried, old.Fault = info.Address, info.Tried, info.Fault
		info = old
	} else {
		s.lists[info.Address] = list
	}
	s.infos[info.Address] = info
	return nil
}

func (s *shelf) Used(context.Context, string) error { return nil }

func (s *shelf) Known(context.Context) ([]trust.Info, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []trust.Info
	for _, info := range s.infos {
		out = append(out, info)
	}
	return out, nil
}

// rig is a root, an authority below it that issues to people, and a Trust that knows the root alone.
type rig struct {
	clock        *clock.Fixed
	root, issuer *authoritytest.Authority
	shelf        *shelf
	options      trust.Options
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{clock: clock.At(time.Now()), shelf: newShelf()}
	r.root = authoritytest.New(t, r.clock, "Root")
	r.issuer = r.root.Below(t, "Issuer", nil)
	a, err := trust.ReadAuthority("test", []*x509.Certificate{r.root.Cert, r.issuer.Cert})
	if err != nil {
		t.Fatal(err)
	}
	r.options = trust.Options{Authorities: []*trust.Authority{a}, Clock: r.clock, Shelf: r.shelf, Inside: []string{r.root.Host, r.issuer.Host}}
	return r
}

func (r *rig) check(t *testing.T, h authoritytest.Holder, use trust.Use) (trust.Verdict, error) {
	t.Helper()
	return trust.New(r.options).Check(t.Context(), h.Cert, nil, use)
}

var anna = authoritytest.Person("Смирнова", "Анна Петровна", "11223344595")

func TestWhatIsBelieved(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	stranger := authoritytest.New(t, r.clock, "Stranger")
	narrow := r.root.Below(t, "Narrow", func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedEmailAddresses = true, []string{"city.example"}
	})
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	r.options.Inside = append(r.options.Inside, narrow.Host)
	issue := func(a *authoritytest.Authority, form func(*x509.Certificate)) authoritytest.Holder {
		return a.Issue(t, anna, nil, form)
	}
	for name, test := range map[string]struct {
		holder authoritytest.Holder
		others []*x509.Certificate
		use    trust.Use
		want   error
	}{
		"good, connection":    {issue(r.issuer, nil), nil, trust.Connection, nil},
		"good, signature":     {issue(r.issuer, nil), nil, trust.Signature, nil},
		"another authority":   {issue(stranger, nil), []*x509.Certificate{stranger.Cert}, trust.Connection, trust.ErrAuthority},
		"expired":             {issue(r.issuer, func(c *x509.Certificate) { c.NotAfter = r.clock.Now().Add(-time.Minute) }), nil, trust.Connection, trust.ErrExpired},
		"not yet":             {issue(r.issuer, func(c *x509.Certificate) { c.NotBefore = r.clock.Now().Add(time.Minute) }), nil, trust.Connection, trust.ErrEarly},
		"for servers":         {issue(r.issuer, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), nil, trust.Signature, trust.ErrUse},
		"for mail, connected": {issue(r.issuer, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), nil, trust.Connection, trust.ErrUse},
		"for mail, signed":    {issue(r.issuer, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageEmailProtection} }), nil, trust.Signature, nil},
		"for anything":        {issue(r.issuer, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageAny} }), nil, trust.Connection, nil},
		"no use named":        {issue(r.issuer, func(c *x509.Certificate) { c.ExtKeyUsage = nil }), nil, trust.Connection, nil},
		"a key that agrees":   {issue(r.issuer, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyAgreement }), nil, trust.Signature, trust.ErrUse},
		"a key that commits":  {issue(r.issuer, func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageContentCommitment }), nil, trust.Signature, nil},
		"an authority's own":  {authoritytest.Holder{Cert: r.issuer.Cert}, nil, trust.Signature, trust.ErrUse},
		"a short key":         {r.issuer.Issue(t, anna, short, nil), nil, trust.Signature, trust.ErrWeak},
		"outside its names":   {issue(narrow, func(c *x509.Certificate) { c.EmailAddresses = []string{"anna@other.example"} }), []*x509.Certificate{narrow.Cert}, trust.Signature, trust.ErrAuthority},
		"inside its names":    {issue(narrow, func(c *x509.Certificate) { c.EmailAddresses = []string{"anna@city.example"} }), []*x509.Certificate{narrow.Cert}, trust.Signature, nil},
		"a critical unknown": {issue(r.issuer, func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3}, Critical: true, Value: []byte{5, 0}}}
		}), nil, trust.Signature, trust.ErrAuthority},
	} {
		got, err := trust.New(r.options).Check(t.Context(), test.holder.Cert, test.others, test.use)
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if err == nil && (got.Unchecked || got.Authority.Name != "test" || len(got.Chain) != 3) {
			t.Errorf("%s: verdict %+v", name, got)
		}
	}
}

func TestRevoked(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	deltaOf := []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 27}, Critical: true, Value: []byte{2, 1, 1}}}
	otherPart := []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: scopeOf(t, "http://other.example/part.crl")}}
	indirect := []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 28}, Critical: true, Value: []byte{0x30, 3, 0x84, 1, 0xff}}}
	for name, test := range map[string]struct {
		how    func(r *rig, t *testing.T) authoritytest.How
		root   authoritytest.How
		revoke string // "leaf", "issuer" or ""
		want   error
	}{
		"nothing":                      {},
		"revoked":                      {revoke: "leaf", want: trust.ErrRevoked},
		"revoked, list alone":          {how: always(authoritytest.How{NoResponder: true}), revoke: "leaf", want: trust.ErrRevoked},
		"revoked, responder alone":     {how: always(authoritytest.How{NoList: true}), revoke: "leaf", want: trust.ErrRevoked},
		"list alone":                   {how: always(authoritytest.How{NoResponder: true})},
		"responder alone":              {how: always(authoritytest.How{NoList: true})},
		"nobody answers":               {how: always(authoritytest.How{NoList: true, NoResponder: true}), want: trust.ErrSilent},
		"a stale list":                 {how: always(authoritytest.How{NoResponder: true, Age: 2 * day}), want: trust.ErrSilent},
		"a list of tomorrow":           {how: always(authoritytest.How{NoResponder: true, Age: -day}), want: trust.ErrSilent},
		"a stale answer":               {how: always(authoritytest.How{NoList: true, Age: 2 * day}), want: trust.ErrSilent},
		"an answer of tomorrow":        {how: always(authoritytest.How{NoList: true, Age: -day}), want: trust.ErrSilent},
		"the responder knows nobody":   {how: always(authoritytest.How{NoList: true, Unknown: true}), want: trust.ErrSilent},
		"unknown, but there is a list": {how: always(authoritytest.How{Unknown: true})},
		"another signs list and answer": {how: func(r *rig, t *testing.T) authoritytest.How {
			return authoritytest.How{Signer: authoritytest.New(t, r.clock, "Issuer")}
		}, want: trust.ErrSilent},
		"a delegate answers": {how: func(r *rig, t *testing.T) authoritytest.How {
			return authoritytest.How{NoList: true, Delegate: delegate(r, t, x509.ExtKeyUsageOCSPSigning, nil)}
		}},
		"a person's certificate answers": {how: func(r *rig, t *testing.T) authoritytest.How {
			return authoritytest.How{NoList: true, Delegate: delegate(r, t, x509.ExtKeyUsageClientAuth, nil)}
		}, want: trust.ErrSilent},
		"an expired delegate answers": {how: func(r *rig, t *testing.T) authoritytest.How {
			return authoritytest.How{NoList: true, Delegate: delegate(r, t, x509.ExtKeyUsageOCSPSigning, func(c *x509.Certificate) { c.NotAfter = r.clock.Now().Add(-time.Minute) })}
		}, want: trust.ErrSilent},
		"a list of changes":       {how: always(authoritytest.How{NoResponder: true, Extra: deltaOf}), want: trust.ErrSilent},
		"a list of another part":  {how: always(authoritytest.How{NoResponder: true, Extra: otherPart}), want: trust.ErrSilent},
		"a list of others' words": {how: always(authoritytest.How{NoResponder: true, Extra: indirect}), want: trust.ErrSilent},
		"a list without an end":   {how: always(authoritytest.How{NoResponder: true, Huge: true}), want: trust.ErrSilent},
		"sent elsewhere":          {how: always(authoritytest.How{Redirect: "http://127.0.0.1:1/"}), want: trust.ErrSilent},
		"the issuer was revoked":  {revoke: "issuer", want: trust.ErrRevoked},
		"nobody knows the issuer": {root: authoritytest.How{NoList: true, NoResponder: true}, want: trust.ErrSilent},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			h := r.issuer.Issue(t, anna, nil, nil)
			if test.how != nil {
				r.issuer.Change(test.how(r, t))
			}
			r.root.Change(test.root)
			switch test.revoke {
			case "leaf":
				r.issuer.Revoke(h.Cert)
			case "issuer":
				r.root.Revoke(r.issuer.Cert)
			}
			if _, err := r.check(t, h, trust.Signature); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
			r.options.Lenient = true
			verdict, err := r.check(t, h, trust.Signature)
			if errors.Is(test.want, trust.ErrSilent) && (err != nil || !verdict.Unchecked) {
				t.Errorf("lenient: %+v, %v", verdict.Unchecked, err)
			}
			if errors.Is(test.want, trust.ErrRevoked) && !errors.Is(err, trust.ErrRevoked) {
				t.Errorf("lenient lets a revoked one in: %v", err)
			}
		})
	}
}

func always(how authoritytest.How) func(*rig, *testing.T) authoritytest.How {
	return func(*rig, *testing.T) authoritytest.How { return how }
}

func delegate(r *rig, t *testing.T, use x509.ExtKeyUsage, more func(*x509.Certificate)) *authoritytest.Holder {
	h := r.issuer.Issue(t, pkix.Name{CommonName: "Responder"}, nil, func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{use}
		if more != nil {
			more(c)
		}
	})
	return &h
}

func scopeOf(t *testing.T, address string) []byte {
	t.Helper()
	inner := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 6, Bytes: []byte(address)}
	type point struct {
		Full []asn1.RawValue `asn1:"tag:0"`
	}
	der, err := asn1.Marshal(struct {
		Point point `asn1:"tag:0"`
	}{point{[]asn1.RawValue{inner}}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestAListIsKeptAndRenewed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.issuer.Change(authoritytest.How{NoResponder: true})
	h := r.issuer.Issue(t, anna, nil, nil)
	one := trust.New(r.options)
	check := func(of *trust.Trust) error {
		_, err := of.Check(t.Context(), h.Cert, nil, trust.Signature)
		return err
	}
	for range 3 {
		if err := check(one); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.issuer.Asked("/list.crl"); got != 1 {
		t.Errorf("the list was fetched %d times", got)
	}
	r.clock.Move(2 * time.Hour)
	r.issuer.Revoke(h.Cert)
	if err := check(one); err != nil {
		t.Fatalf("the list at hand holds still: %v", err)
	}
	if err := one.Refresh(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := check(trust.New(r.options)); !errors.Is(err, trust.ErrRevoked) {
		t.Errorf("another node after a refresh: %v", err)
	}
	if err := check(one); !errors.Is(err, trust.ErrRevoked) {
		t.Errorf("after a refresh: %v", err)
	}
	asked := r.issuer.Asked("/list.crl")
	if err := one.Refresh(t.Context(), false); err != nil || r.issuer.Asked("/list.crl") != asked {
		t.Errorf("a fresh list was fetched again: %v", err)
	}
	r.issuer.Change(authoritytest.How{NoResponder: true, Age: 10 * time.Hour})
	r.clock.Move(2 * time.Hour)
	if err := one.Refresh(t.Context(), false); err == nil {
		t.Error("an older list took the place of the held one")
	}
	if info, _, _ := r.shelf.Info(t.Context(), r.issuer.ListAddress()); info.Fault == "" || info.Count != 1 {
		t.Errorf("info: %+v", info)
	}
}

// TestOnlyTheIssuersListCounts puts a list on the shelf that a namesake of the issuer signed.
func TestOnlyTheIssuersListCounts(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.issuer.Change(authoritytest.How{NoResponder: true, NoList: true})
	h := r.issuer.Issue(t, anna, nil, nil)
	list, err := r.root.Below(t, "Issuer", nil).List()
	if err != nil {
		t.Fatal(err)
	}
	now := r.clock.Now()
	_ = r.shelf.Save(t.Context(), trust.Info{Address: r.issuer.ListAddress(), Fetched: now, This: now, Next: now.Add(time.Hour)}, list)
	if _, err := r.check(t, h, trust.Signature); !errors.Is(err, trust.ErrSilent) {
		t.Error(err)
	}
}

// TestWhatWasRevokedStaysRevoked asks when the list that says so is over and nobody answers any more.
func TestWhatWasRevokedStaysRevoked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.options.Lenient = true
	h, other := r.issuer.Issue(t, anna, nil, nil), r.issuer.Issue(t, anna, nil, nil)
	r.issuer.Revoke(h.Cert)
	one := trust.New(r.options)
	r.issuer.Change(authoritytest.How{NoResponder: true})
	if _, err := one.Check(t.Context(), other.Cert, nil, trust.Signature); err != nil {
		t.Fatal(err)
	}
	r.issuer.Change(authoritytest.How{NoResponder: true, NoList: true})
	r.clock.Move(48 * time.Hour)
	if _, err := one.Check(t.Context(), h.Cert, nil, trust.Signature); !errors.Is(err, trust.ErrRevoked) {
		t.Error(err)
	}
	if verdict, err := one.Check(t.Context(), other.Cert, nil, trust.Signature); err != nil || !verdict.Unchecked {
		t.Errorf("a list that is over still says that a certificate is good: %v", err)
	}
}

func TestAFailureIsNotRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.issuer.Change(authoritytest.How{NoResponder: true, NoList: true})
	h := r.issuer.Issue(t, anna, nil, nil)
	one := trust.New(r.options)
	for range 5 {
		if _, err := one.Check(t.Context(), h.Cert, nil, trust.Signature); !errors.Is(err, trust.ErrSilent) {
			t.Fatal(err)
		}
	}
	if got := r.issuer.Asked("/list.crl"); got != 1 {
		t.Errorf("the list was asked for %d times", got)
	}
	r.issuer.Change(authoritytest.How{NoResponder: true})
	r.clock.Move(2 * time.Minute)
	if _, err := one.Check(t.Context(), h.Cert, nil, trust.Signature); err != nil {
		t.Error(err)
	}
}

// TestNothingInsideIsAsked holds the guard: an address of a certificate must not reach what stands behind the city's wall.
func TestNothingInsideIsAsked(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.options.Inside = []string{r.root.Host}
	h := r.issuer.Issue(t, anna, nil, nil)
	if _, err := r.check(t, h, trust.Signature); !errors.Is(err, trust.ErrSilent) {
		t.Fatal(err)
	}
	if r.issuer.Asked("/list.crl")+r.issuer.Asked("/ocsp") != 0 {
		t.Error("loopback was asked")
	}
	_, port, _ := net.SplitHostPort(r.issuer.Host)
	for _, address := range []string{"ftp://city.example/x", "file:///etc/passwd", "file:/etc/passwd", "http://user@city.example/x", "http://[::1]:" + port + "/list.crl", "http://localhost:" + port + "/list.crl", "http://[::ffff:127.0.0.1]/", "gopher:x", ""} {
		h := r.issuer.Issue(t, anna, nil, func(c *x509.Certificate) {
			c.CRLDistributionPoints, c.OCSPServer = []string{address}, []string{address}
		})
		if _, err := r.check(t, h, trust.Signature); !errors.Is(err, trust.ErrSilent) {
			t.Errorf("%q: %v", address, err)
		}
	}
	if r.issuer.Asked("/list.crl")+r.issuer.Asked("/ocsp") != 0 {
		t.Error("loopback was asked by another name")
	}
}

func TestAConfiguredFile(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.issuer.Change(authoritytest.How{NoResponder: true})
	h := r.issuer.Issue(t, anna, nil, func(c *x509.Certificate) { c.CRLDistributionPoints, c.OCSPServer = nil, nil })
	if _, err := r.check(t, h, trust.Signature); !errors.Is(err, trust.ErrSilent) {
		t.Fatalf("nobody to ask: %v", err)
	}
	path := filepath.Join(t.TempDir(), "list.crl")
	r.options.Authorities[0].Lists = []string{"file:" + path}
	write := func() {
		list, err := r.issuer.List()
		if err == nil {
			err = os.WriteFile(path, list, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write()
	one := trust.New(r.options)
	if _, err := one.Check(t.Context(), h.Cert, nil, trust.Signature); err != nil {
		t.Fatal(err)
	}
	r.issuer.Revoke(h.Cert)
	write()
	r.clock.Move(2 * time.Hour)
	if err := one.Refresh(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Check(t.Context(), h.Cert, nil, trust.Signature); !errors.Is(err, trust.ErrRevoked) {
		t.Error(err)
	}
}

func TestReadAuthority(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	h := r.issuer.Issue(t, anna, nil, nil)
	if _, err := trust.ReadAuthority("x", []*x509.Certificate{h.Cert}); err == nil || !strings.Contains(err.Error(), "not an authority's") {
		t.Errorf("a person's certificate as an authority: %v", err)
	}
	alone, err := trust.ReadAuthority("x", []*x509.Certificate{r.issuer.Cert})
	if err != nil || len(alone.Anchors) != 1 || len(alone.Between) != 0 {
		t.Errorf("an issuer alone: %+v, %v", alone, err)
	}
	both, err := trust.ReadAuthority("x", []*x509.Certificate{r.issuer.Cert, r.root.Cert})
	if err != nil || !slices.Equal(both.Anchors, []*x509.Certificate{r.root.Cert}) || len(both.Between) != 1 {
		t.Errorf("both: %+v, %v", both, err)
	}
	if _, err := trust.ReadAuthority("x", nil); err == nil {
		t.Error("no certificate at all is an authority")
	}
}
