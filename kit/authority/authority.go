// Package authority is the city's certificate authority: X.509 certificates (RFC 5280) for the P-256 keys by which the city
// signs papers, credentials and what it sends to other houses, and the roots that a reader must know to trust them.
//
// It owns no keys and no tables: the keys come from kit/vault. Nothing of it is stored either. A certificate is computed from
// the keys, with a serial number made of them, dates from their start, and a signature without chance (RFC 6979), so that
// every node and every restart give the same bytes.
//
// When the authority's key changes, the new one certifies the living keys anew. What was signed before carries its own
// chain; its root stays among Roots while its secret lives, and afterwards as a certificate by which the new authority vouches
// for the old one's public key. So whoever trusts the newest root still verifies old papers.
//
// It issues no certificates to people and keeps no list of revoked ones: a key that leaks is replaced, and the city's own
// check of a document (core/document) does not rest on certificates. Its neighbours: kit/vault below; kit/pdf/sign and
// kit/credential above. Life cycle: New at start, nothing to close.
package authority

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"sync"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/vault"
)

// Source hands out the city's keys, newest first; *vault.Vault is one.
type Source interface {
	Secrets(vault.Purpose) []vault.Secret
}

// Name is what certificates say of the city.
type Name struct {
	City    string // as people read it: Китеж
	Country string // two letters of ISO 3166; may be empty
}

// Signer is a key with its certificate and the way up to the root.
type Signer struct {
	Key  *ecdsa.PrivateKey
	Leaf *x509.Certificate
	Root *x509.Certificate
}

// Authority certifies one city's keys. It is safe for concurrent use.
type Authority struct {
	name  Name
	from  Source
	clock clock.Clock

	mu   sync.Mutex
	made map[vault.Purpose]ready // the newest of each purpose, so that a paper costs one signature and not three
}

type ready struct {
	root, leaf vault.Secret
	signer     Signer
}

// ErrNoKey says that the city has no key of the purpose that signs now.
var ErrNoKey = errors.New("authority: there is no key to sign with")

// How long certificates are good, in years. A key is changed far more often; its certificate must outlast what it signed,
// because readers look at that.
const (
	rootYears = 30
	leafYears = 20
)

// New returns the authority of a city.
func New(name Name, from Source, c clock.Clock) *Authority {
	return &Authority{name: name, from: from, clock: c, made: map[vault.Purpose]ready{}}
}

// Signer is the newest key of a purpose that has started, with its certificates. The purpose is vault.Papers,
// vault.Credentials or vault.Exchange. The error is ErrNoKey.
func (a *Authority) Signer(p vault.Purpose) (Signer, error) {
	root, ok := a.newest(vault.Authority)
	if !ok {
		return Signer{}, fmt.Errorf("%w: %s", ErrNoKey, vault.Authority)
	}
	leaf, ok := a.newest(p)
	if !ok {
		return Signer{}, fmt.Errorf("%w: %s", ErrNoKey, p)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if there := a.made[p]; there.signer.Key != nil && bytes.Equal(there.root.Public, root.Public) && bytes.Equal(there.leaf.Public, leaf.Public) {
		return there.signer, nil
	}
	made, err := a.certify(root, leaf)
	if err != nil {
		return Signer{}, err
	}
	a.made[p] = ready{root, leaf, made}
	return made, nil
}

func (a *Authority) newest(p vault.Purpose) (vault.Secret, bool) {
	now := a.clock.Now()
	for _, s := range a.from.Secrets(p) {
		if s.Bytes != nil && !s.Starts.After(now) {
			return s, true
		}
	}
	return vault.Secret{}, false
}

func (a *Authority) certify(root, leaf vault.Secret) (Signer, error) {
	rootKey, err := root.CurveKey()
	if err != nil {
		return Signer{}, fmt.Errorf("authority: %w", err)
	}
	leafKey, err := leaf.CurveKey()
	if err != nil {
		return Signer{}, fmt.Errorf("authority: %w", err)
	}
	out := Signer{Key: leafKey}
	form := a.rootForm(root)
	if out.Root, err = issue(form, form, &rootKey.PublicKey, rootKey); err != nil {
		return Signer{}, err
	}
	out.Leaf, err = issue(a.leafForm(root, leaf), out.Root, &leafKey.PublicKey, rootKey)
	return out, err
}

// Roots are what a reader must trust, newest first: the authority's own certificates, and for keys whose secret is gone a
// certificate by the newest one.
func (a *Authority) Roots() ([]*x509.Certificate, error) {
	first, ok := a.newest(vault.Authority)
	if !ok {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, vault.Authority)
	}
	firstKey, err := first.CurveKey()
	if err != nil {
		return nil, fmt.Errorf("authority: %w", err)
	}
	var out []*x509.Certificate
	for _, s := range a.from.Secrets(vault.Authority) {
		public, err := s.CurvePublic()
		if err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
		form, parent, key := a.rootForm(s), a.rootForm(s), firstKey
		if s.Bytes != nil {
			key, err = s.CurveKey()
		} else {
			parent = a.rootForm(first)
			form.SerialNumber = serial(first.Public, s.Public)
		}
		if err != nil {
			return nil, fmt.Errorf("authority: %w", err)
		}
		made, err := issue(form, parent, public, key)
		if err != nil {
			return nil, err
		}
		out = append(out, made)
	}
	return out, nil
}

// PEM is Roots as a file for programs that read certificates.
func (a *Authority) PEM() ([]byte, error) {
	roots, err := a.Roots()
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, root := range roots {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})...)
	}
	return out, nil
}

func (a *Authority) subject(what string, number int64) pkix.Name {
	out := pkix.Name{Organization: []string{a.name.City}, CommonName: fmt.Sprintf("%s: %s %d", a.name.City, what, number)}
	if a.name.Country != "" {
		out.Country = []string{a.name.Country}
	}
	return out
}

func (a *Authority) rootForm(s vault.Secret) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial(s.Public, s.Public), Subject: a.subject(string(vault.Authority), s.Number),
		NotBefore: s.Starts.UTC().Truncate(time.Second), NotAfter: s.Starts.UTC().Truncate(time.Second).AddDate(rootYears, 0, 0),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true, MaxPathLen: 1,
		SubjectKeyId: keyID(s.Public), SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
}

func (a *Authority) leafForm(root, leaf vault.Secret) *x509.Certificate {
	from := leaf.Starts
	if root.Starts.After(from) {
		from = root.Starts
	}
	from = from.UTC().Truncate(time.Second)
	until, last := from.AddDate(leafYears, 0, 0), root.Starts.UTC().Truncate(time.Second).AddDate(rootYears, 0, 0)
	if until.After(last) {
		until = last
	}
	return &x509.Certificate{
		SerialNumber: serial(root.Public, leaf.Public), Subject: a.subject(string(leaf.Purpose), leaf.Number),
		NotBefore: from, NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment,
		BasicConstraintsValid: true, SubjectKeyId: keyID(leaf.Public), AuthorityKeyId: keyID(root.Public), SignatureAlgorithm: x509.ECDSAWithSHA256,
	}
}

func keyID(public []byte) []byte {
	sum := sha256.Sum256(public)
	return sum[:20]
}

// serial is a positive number of at most 20 bytes that no other pair of keys has.
func serial(issuer, subject []byte) *big.Int {
	sum := sha256.Sum256(append(append([]byte("posad certificate 1\x00"), issuer...), subject...))
	sum[0] &= 0x7f
	return new(big.Int).SetBytes(sum[:16])
}

// steady signs without chance (RFC 6979), whatever source of chance it is given.
type steady struct{ *ecdsa.PrivateKey }

// Sign is the crypto.Signer's.
func (s steady) Sign(_ io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	return s.PrivateKey.Sign(nil, digest, o)
}

func issue(form, parent *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	raw, err := x509.CreateCertificate(rand.Reader, form, parent, public, steady{key})
	if err != nil {
		return nil, fmt.Errorf("authority: certificate: %w", err)
	}
	out, err := x509.ParseCertificate(raw)
	if err != nil {
		return nil, fmt.Errorf("authority: certificate: %w", err)
	}
	return out, nil
}

// Steady is a signer that gives the same signature for the same digest.
func Steady(key *ecdsa.PrivateKey) crypto.Signer { return steady{key} }
