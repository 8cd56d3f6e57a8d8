// Package trust decides whether a certificate is to be believed now: whether one of the authorities that the operator
// named stands behind it, whether it may be used for this, and whether it was revoked.
//
// It owns: chains (crypto/x509, with validity by the house's clock and name constraints), uses of a key, lists of revoked
// certificates (RFC 5280) and questions to a responder (RFC 6960), and the guard of what may be fetched from where. It does
// not own where lists lie (Shelf), who the certificate's person is, or what a page says.
//
// An address is asked only when it stands in a certificate that a configured authority signed, or in the configuration
// itself. Nothing but the public network is reached, but for hosts that the configuration names.
//
// Life cycle: New; Check from any goroutine; Refresh from a job.
package trust

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"sync"
	"time"

	"posad.city/core/certificate/internal/signed"
	"posad.city/kit/clock"
)

// What may be wrong with a certificate.
var (
	ErrAuthority = errors.New("trust: no authority that the city trusts stands behind it")
	ErrExpired   = errors.New("trust: its time is over")
	ErrEarly     = errors.New("trust: its time has not come")
	ErrUse       = errors.New("trust: it is not for this use")
	ErrRevoked   = errors.New("trust: it was revoked")
	ErrSilent    = errors.New("trust: nobody answers whether it was revoked")
	ErrWeak      = errors.New("trust: its key or a signature above it is too weak")
	ErrGOST      = errors.New("trust: GOST algorithms are not supported")
)

// Authority is one that the operator trusts.
type Authority struct {
	Name      string
	Anchors   []*x509.Certificate // end of every chain
	Between   []*x509.Certificate // known links of chains
	Lists     []string            // addresses, or file: paths, of lists beside those that certificates name
	Responder string              // asked instead of the one that a certificate names; empty: that one
}

// Use is what a certificate was used for.
type Use int

// The uses.
const (
	Connection Use = iota // client of a TLS connection
	Signature             // signer of a text
)

// Verdict is a certificate that is believed.
type Verdict struct {
	Authority *Authority
	Chain     []*x509.Certificate // from the certificate itself to the anchor
	Unchecked bool                // nobody answered whether it was revoked, and the policy goes on without
}

// Options are what a Trust is made of.
type Options struct {
	Authorities []*Authority
	Clock       clock.Clock
	Shelf       Shelf
	Inside      []string // host or host:port in private networks that may be asked
	Lenient     bool     // silence of lists and responder is Unchecked instead of ErrSilent
}

// Trust is safe for concurrent use.
type Trust struct {
	o     Options
	fetch *fetcher

	mu    sync.Mutex
	lists map[string]*list // by address
	busy  map[string]*sync.Mutex
}

// New returns a Trust.
func New(o Options) *Trust {
	return &Trust{o: o, fetch: newFetcher(o), lists: map[string]*list{}, busy: map[string]*sync.Mutex{}}
}

// Authorities are the configured ones.
func (t *Trust) Authorities() []*Authority { return t.o.Authorities }

const (
	leastRSA   = 2048
	mostRSA    = 8192 // a longer one only costs time
	chainsMost = 4
	othersMost = 8
)

// Check tells whether the certificate is believed for the use now. others came with it and are only links. The errors are
// those of this package, wrapped.
func (t *Trust) Check(ctx context.Context, leaf *x509.Certificate, others []*x509.Certificate, use Use) (Verdict, error) {
	authority, chains, err := t.chains(leaf, others, use)
	if err != nil {
		return Verdict{Authority: authority}, err
	}
	first := error(nil)
	for _, chain := range chains[:min(len(chains), chainsMost)] {
		err := t.unrevoked(ctx, authority, chain)
		if err == nil {
			return Verdict{Authority: authority, Chain: chain}, nil
		}
		if errors.Is(err, ErrRevoked) {
			return Verdict{Authority: authority, Chain: chain}, err
		}
		if first == nil {
			first = err
		}
	}
	verdict := Verdict{Authority: authority, Chain: chains[0], Unchecked: true}
	if errors.Is(first, ErrSilent) && t.o.Lenient {
		return verdict, nil
	}
	return verdict, first
}

// Stands tells whether an authority stands behind the certificate, without asking anybody whether it was revoked.
func (t *Trust) Stands(leaf *x509.Certificate, others []*x509.Certificate, use Use) error {
	_, _, err := t.chains(leaf, others, use)
	return err
}

// chains finds the authority and the ways up to it. Of several refusals the most telling one is returned.
func (t *Trust) chains(leaf *x509.Certificate, others []*x509.Certificate, use Use) (*Authority, [][]*x509.Certificate, error) {
	now := t.o.Clock.Now()
	if err := usable(leaf, use); err != nil {
		return nil, nil, err
	}
	others = links(others)
	refused := error(ErrAuthority)
	var by *Authority
	for _, a := range t.o.Authorities {
		found, err := leaf.Verify(x509.VerifyOptions{
			Roots: pool(a.Anchors), Intermediates: pool(a.Between, others), CurrentTime: now, KeyUsages: usages(use),
		})
		if err == nil {
			err = strongChains(found)
		}
		if err == nil {
			return a, found, nil
		}
		if told := told(err, leaf, now); !errors.Is(told, ErrAuthority) {
			refused, by = told, a
		}
	}
	return by, nil, refused
}

// links are the certificates that came along and can be links of a chain. Anybody may have made them, so that a key that
// would take long to check with is left out.
func links(others []*x509.Certificate) []*x509.Certificate {
	var out []*x509.Certificate
	for _, one := range others {
		if one.IsCA && strong(one) == nil && len(out) < othersMost {
			out = append(out, one)
		}
	}
	return out
}

func pool(lists ...[]*x509.Certificate) *x509.CertPool {
	out := x509.NewCertPool()
	for _, list := range lists {
		for _, one := range list {
			out.AddCert(one)
		}
	}
	return out
}

func usages(use Use) []x509.ExtKeyUsage {
	if use == Connection {
		return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	return []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection}
}

// told turns an error of crypto/x509 into one of ours. It says that a certificate is expired only of the one that was
// shown: a link above it that is over means that nobody stands behind it.
func told(err error, leaf *x509.Certificate, now time.Time) error {
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) {
		return fmt.Errorf("%w: %w", nearest(err), err)
	}
	switch {
	case invalid.Reason == x509.IncompatibleUsage:
		return fmt.Errorf("%w: %w", ErrUse, err)
	case invalid.Reason == x509.Expired && invalid.Cert.Equal(leaf) && now.Before(leaf.NotBefore):
		return ErrEarly
	case invalid.Reason == x509.Expired && invalid.Cert.Equal(leaf):
		return ErrExpired
	}
	return fmt.Errorf("%w: %w", ErrAuthority, err)
}

func nearest(err error) error {
	if errors.Is(err, ErrWeak) {
		return ErrWeak
	}
	return ErrAuthority
}

// usable looks at the certificate alone: what it is for and how strong it is.
func usable(leaf *x509.Certificate, use Use) error {
	if gost(leaf) {
		return ErrGOST
	}
	if leaf.IsCA {
		return fmt.Errorf("%w: it is an authority's own", ErrUse)
	}
	allowed := x509.KeyUsageDigitalSignature
	if use == Signature {
		allowed |= x509.KeyUsageContentCommitment
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&allowed == 0 {
		return fmt.Errorf("%w: its key does not sign", ErrUse)
	}
	return strong(leaf)
}

func strongChains(chains [][]*x509.Certificate) error {
	for _, chain := range chains {
		for _, one := range chain {
			if err := strong(one); err != nil {
				return err
			}
		}
	}
	return nil
}

func strong(c *x509.Certificate) error {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits >= leastRSA && bits <= mostRSA {
			return nil
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P224() {
			return nil
		}
	case ed25519.PublicKey:
		return nil
	}
	return fmt.Errorf("%w: %v", ErrWeak, c.PublicKeyAlgorithm)
}

// gost tells whether the certificate's key or signature is of the Russian national algorithms, which crypto/x509 does not
// know by name.
func gost(c *x509.Certificate) bool {
	var key struct {
		Algorithm struct {
			Name       asn1.ObjectIdentifier
			Parameters asn1.RawValue `asn1:"optional"`
		}
		Bits asn1.BitString
	}
	if c.PublicKeyAlgorithm != x509.UnknownPublicKeyAlgorithm {
		return false
	}
	_, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &key)
	return err == nil && signed.IsGOST(key.Algorithm.Name)
}

// ReadAuthority sorts an operator's certificates into anchors and links. A certificate whose issuer is not among them is an
// anchor, self-signed or not: an operator may trust one issuing authority of a large tree.
func ReadAuthority(name string, given []*x509.Certificate) (*Authority, error) {
	out := &Authority{Name: name}
	for _, one := range given {
		if !one.IsCA || !one.BasicConstraintsValid {
			return nil, fmt.Errorf("trust: %s: the certificate %q is not an authority's", name, one.Subject)
		}
		if gost(one) {
			return nil, fmt.Errorf("%w: %s: %q", ErrGOST, name, one.Subject)
		}
		if err := strong(one); err != nil {
			return nil, fmt.Errorf("trust: %s: %q: %w", name, one.Subject, err)
		}
		if issued(one, given) {
			out.Between = append(out.Between, one)
			continue
		}
		out.Anchors = append(out.Anchors, one)
	}
	if len(out.Anchors) == 0 {
		return nil, fmt.Errorf("trust: %s: no certificate", name)
	}
	return out, nil
}

// issued tells whether another one of the list signed the certificate.
func issued(one *x509.Certificate, list []*x509.Certificate) bool {
	for _, other := range list {
		if !other.Equal(one) && bytes.Equal(other.RawSubject, one.RawIssuer) && !bytes.Equal(one.RawSubject, one.RawIssuer) && one.CheckSignatureFrom(other) == nil {
			return true
		}
	}
	return false
}
