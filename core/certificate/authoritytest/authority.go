// Package authoritytest is a certification authority for tests: its certificates are real, its list of revoked ones and its
// responder answer over HTTP on loopback, and each of them can be made to fail in its own way.
//
// It owns nothing outside a test. Life cycle: New, with the test's end.
package authoritytest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ocsp"

	"posad.city/kit/clock"
)

// Authority issues certificates. Its fields say how it behaves; change them under Change.
type Authority struct {
	Cert  *x509.Certificate
	Key   crypto.Signer
	Above *Authority // who issued its own certificate; nil: itself
	Host  string     // host:port of its server

	mu      sync.Mutex
	how     How
	revoked []*big.Int
	asked   map[string]int
	clock   clock.Clock
	serial  int64
	number  int64
}

// How is how an authority behaves.
type How struct {
	NoList      bool          // the list is not there
	NoResponder bool          // the responder is not there
	Age         time.Duration // how long ago list and answers were made
	Life        time.Duration // how long they hold; 0: a day
	Signer      *Authority    // signs list and answers instead
	Delegate    *Holder       // signs answers, with its certificate inside
	Extra       []pkix.Extension
	Unknown     bool // the responder knows nobody
	Huge        bool // the list never ends
	Redirect    string
}

// Holder is a certificate with its key.
type Holder struct {
	Cert *x509.Certificate
	Key  crypto.Signer
}

// New makes an authority with a root of its own.
func New(t testing.TB, c clock.Clock, name string) *Authority {
	return newAuthority(t, c, name, nil, nil)
}

// Below makes an authority whose certificate this one issued; form changes its certificate.
func (a *Authority) Below(t testing.TB, name string, form func(*x509.Certificate)) *Authority {
	t.Helper()
	return newAuthority(t, a.clock, name, a, form)
}

func newAuthority(t testing.TB, c clock.Clock, name string, above *Authority, form func(*x509.Certificate)) *Authority {
	t.Helper()
	a := &Authority{Key: NewKey(t), Above: above, clock: c, asked: map[string]int{}, serial: 1}
	server := httptest.NewServer(http.HandlerFunc(a.serve))
	t.Cleanup(server.Close)
	a.Host = strings.TrimPrefix(server.URL, "http://")
	now := c.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: name, Organization: []string{name}}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(9, 0, 0),
	}
	signer := a
	parent := cert
	if above != nil {
		signer, parent = above, above.Cert
		cert.CRLDistributionPoints = []string{above.ListAddress()}
	}
	if form != nil {
		form(cert)
	}
	a.Cert = create(t, cert, parent, a.Key.Public(), signer.Key)
	return a
}

// NewKey is a fresh key on P-256.
func NewKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func create(t testing.TB, form, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, form, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Issue gives a certificate to a person; form changes it, key nil is a fresh one.
func (a *Authority) Issue(t testing.TB, subject pkix.Name, key crypto.Signer, form func(*x509.Certificate)) Holder {
	t.Helper()
	if key == nil {
		key = NewKey(t)
	}
	a.mu.Lock()
	a.serial++
	serial := a.serial
	a.mu.Unlock()
	now := a.clock.Now()
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0), BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageEmailProtection},
		CRLDistributionPoints: []string{a.ListAddress()}, OCSPServer: []string{a.ResponderAddress()},
	}
	if form != nil {
		form(cert)
	}
	return Holder{create(t, cert, a.Cert, key.Public(), a.Key), key}
}

// TLS is the certificate as a client shows it.
func (h Holder) TLS(others ...*x509.Certificate) tls.Certificate {
	out := tls.Certificate{Certificate: [][]byte{h.Cert.Raw}, PrivateKey: h.Key}
	for _, one := range others {
		out.Certificate = append(out.Certificate, one.Raw)
	}
	return out
}

// Files writes the certificate and its key as PEM and returns both paths.
func (h Holder) Files(t testing.TB) (string, string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(h.Key)
	if err != nil {
		t.Fatal(err)
	}
	return WritePEM(t, "CERTIFICATE", h.Cert.Raw), WritePEM(t, "PRIVATE KEY", der)
}

// WritePEM writes blocks of one kind into a file of the test.
func WritePEM(t testing.TB, kind string, blocks ...[]byte) string {
	t.Helper()
	var text []byte
	for _, block := range blocks {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: block})...)
	}
	path := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// File is the authority's own certificate as a PEM file.
func (a *Authority) File(t testing.TB) string { return WritePEM(t, "CERTIFICATE", a.Cert.Raw) }

// ListAddress is where the list of revoked certificates is.
func (a *Authority) ListAddress() string { return "http://" + a.Host + "/list.crl" }

// ResponderAddress is where the responder is.
func (a *Authority) ResponderAddress() string { return "http://" + a.Host + "/ocsp" }

// Revoke takes a certificate back.
func (a *Authority) Revoke(c *x509.Certificate) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.revoked = append(a.revoked, c.SerialNumber)
}

// Change changes how the authority behaves.
func (a *Authority) Change(how How) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.how = how
}

// Asked is how often a path was asked: /list.crl, /ocsp.
func (a *Authority) Asked(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[path]
}

func (a *Authority) serve(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked[r.URL.Path]++
	var body []byte
	var err error
	switch {
	case a.how.Redirect != "":
		http.Redirect(w, r, a.how.Redirect, http.StatusFound)
		return
	case r.URL.Path == "/list.crl" && a.how.Huge:
		zeros := make([]byte, 1<<20)
		for range 40 {
			if _, err := w.Write(zeros); err != nil {
				return
			}
		}
		return
	case r.URL.Path == "/list.crl" && !a.how.NoList:
		body, err = a.list()
	case r.URL.Path == "/ocsp" && !a.how.NoResponder:
		body, err = a.respond(r.Body)
	default:
		http.NotFound(w, r)
		return
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(body)
}

func (a *Authority) times() (time.Time, time.Time) {
	this := a.clock.Now().Add(-a.how.Age)
	life := a.how.Life
	if life == 0 {
		life = 24 * time.Hour
	}
	return this, this.Add(life)
}

func (a *Authority) signer() *Authority {
	if a.how.Signer != nil {
		return a.how.Signer
	}
	return a
}

// List is the list as it is now.
func (a *Authority) List() ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.list()
}

func (a *Authority) list() ([]byte, error) {
	a.number++
	form := &x509.RevocationList{Number: big.NewInt(a.number), ExtraExtensions: a.how.Extra}
	form.ThisUpdate, form.NextUpdate = a.times()
	for _, serial := range a.revoked {
		form.RevokedCertificateEntries = append(form.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: serial, RevocationTime: form.ThisUpdate})
	}
	return x509.CreateRevocationList(rand.Reader, form, a.signer().Cert, a.signer().Key)
}

func (a *Authority) respond(body io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, 1<<16))
	if err != nil {
		return nil, err
	}
	asked, err := ocsp.ParseRequest(raw)
	if err != nil {
		return nil, err
	}
	form := ocsp.Response{Status: ocsp.Good, SerialNumber: asked.SerialNumber, IssuerHash: crypto.SHA1}
	form.ThisUpdate, form.NextUpdate = a.times()
	for _, serial := range a.revoked {
		if serial.Cmp(asked.SerialNumber) == 0 {
			form.Status, form.RevokedAt = ocsp.Revoked, form.ThisUpdate
		}
	}
	if a.how.Unknown {
		form.Status = ocsp.Unknown
	}
	if d := a.how.Delegate; d != nil {
		form.Certificate = d.Cert
		return ocsp.CreateResponse(a.Cert, d.Cert, form, d.Key)
	}
	return ocsp.CreateResponse(a.Cert, a.signer().Cert, form, a.signer().Key)
}

// The attributes of Russian qualified certificates.
var (
	OIDSNILS  = asn1.ObjectIdentifier{1, 2, 643, 100, 3}
	OIDINN    = asn1.ObjectIdentifier{1, 2, 643, 3, 131, 1, 1}
	OIDOGRN   = asn1.ObjectIdentifier{1, 2, 643, 100, 1}
	OIDOrgINN = asn1.ObjectIdentifier{1, 2, 643, 100, 4}
	oidFamily = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidGiven  = asn1.ObjectIdentifier{2, 5, 4, 42}
	oidTitle  = asn1.ObjectIdentifier{2, 5, 4, 12}
)

// Person is the subject of a person's certificate. given holds the given name and the patronymic, as such certificates do.
func Person(family, given, snils string) pkix.Name {
	out := pkix.Name{CommonName: family + " " + given, Country: []string{"RU"}, ExtraNames: []pkix.AttributeTypeAndValue{
		{Type: oidFamily, Value: family}, {Type: oidGiven, Value: given},
	}}
	if snils != "" {
		out.ExtraNames = append(out.ExtraNames, pkix.AttributeTypeAndValue{Type: OIDSNILS, Value: numeric(snils)})
	}
	return out
}

// Head is the subject of the certificate of an organisation's head.
func Head(family, given, snils, organisation, title, ogrn, inn string) pkix.Name {
	out := Person(family, given, snils)
	out.Organization = []string{organisation}
	out.CommonName = organisation
	out.ExtraNames = append(out.ExtraNames, pkix.AttributeTypeAndValue{Type: oidTitle, Value: title},
		pkix.AttributeTypeAndValue{Type: OIDOGRN, Value: numeric(ogrn)}, pkix.AttributeTypeAndValue{Type: OIDOrgINN, Value: numeric(inn)})
	return out
}

// numeric is a NumericString, which encoding/asn1 writes for no Go type by itself.
func numeric(digits string) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagNumericString, Bytes: bytes.TrimSpace([]byte(digits))}
}
