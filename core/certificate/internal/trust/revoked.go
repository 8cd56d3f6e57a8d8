package trust

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/crypto/ocsp"
)

// skew is how far another house's clock may stand from ours.
const skew = 5 * time.Minute

// unrevoked asks of every certificate below the anchor whether it was revoked. The error is nil, ErrRevoked or ErrSilent.
// A link that the operator configured and that names nobody to ask is the operator's to take away.
func (t *Trust) unrevoked(ctx context.Context, a *Authority, chain []*x509.Certificate) error {
	var silent error
	for i, one := range chain[:len(chain)-1] {
		own := i > 0 && slices.ContainsFunc(a.Between, one.Equal)
		if own && len(one.CRLDistributionPoints)+len(one.OCSPServer) == 0 {
			continue
		}
		err := t.ask(ctx, question{a, one, chain[i+1], i == 0})
		if errors.Is(err, ErrRevoked) {
			return err
		}
		if err != nil {
			silent = err
		}
	}
	return silent
}

// question is whether one certificate was revoked.
type question struct {
	authority *Authority
	cert      *x509.Certificate
	issuer    *x509.Certificate
	leaf      bool
}

// lists are the addresses of lists that may hold the certificate.
func (q question) lists() []string {
	return append(slices.Clone(q.authority.Lists), q.cert.CRLDistributionPoints...)
}

// responder is whom to ask, "" for nobody. A configured one answers for the certificates of people alone.
func (q question) responder() string {
	if q.leaf && q.authority.Responder != "" {
		return q.authority.Responder
	}
	if len(q.cert.OCSPServer) > 0 {
		return q.cert.OCSPServer[0]
	}
	return ""
}

// ask: a list at hand that names the certificate settles it without a question, however old the list is; then the responder, who knows soonest; then
// the lists. A list that is being fetched for the first time may take a while, so it comes last.
func (t *Trust) ask(ctx context.Context, q question) error {
	for _, address := range q.lists() {
		if held := t.atHand(ctx, address); held != nil && held.says(q) == nil && held.names(q.cert.SerialNumber) {
			return ErrRevoked
		}
	}
	why := []error{ErrSilent}
	if q.responder() != "" {
		err := t.askResponder(ctx, q)
		if err == nil || errors.Is(err, ErrRevoked) {
			return err
		}
		why = append(why, err)
	}
	for _, address := range q.lists() {
		held, err := t.list(ctx, address, q)
		if err == nil {
			err = held.says(q)
		}
		switch {
		case err != nil:
			why = append(why, err)
		case held.names(q.cert.SerialNumber):
			return ErrRevoked
		default:
			return nil
		}
	}
	return errors.Join(why...)
}

const (
	responderWait = 4 * time.Second
	responseMost  = 64 << 10
	withoutNext   = time.Hour // how long an answer that names no end is believed
)

// askResponder returns nil for good, ErrRevoked, or why there is no answer.
func (t *Trust) askResponder(ctx context.Context, q question) error {
	body, err := ocsp.CreateRequest(q.cert, q.issuer, &ocsp.RequestOptions{Hash: crypto.SHA1}) // a name by hash, not a proof; RFC 5019 asks for it
	if err != nil {
		return fmt.Errorf("trust: responder: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, responderWait)
	defer cancel()
	answer, err := t.fetch.post(ctx, q.responder(), "application/ocsp-request", body, responseMost)
	if err != nil {
		return err
	}
	response, err := ocsp.ParseResponseForCert(answer, q.cert, q.issuer)
	if err != nil {
		return fmt.Errorf("trust: responder: %w", err)
	}
	now := t.o.Clock.Now()
	if err := delegated(response, q.issuer, now); err != nil {
		return err
	}
	next := response.NextUpdate
	if next.IsZero() {
		next = response.ThisUpdate.Add(withoutNext)
	}
	if response.ThisUpdate.After(now.Add(skew)) || !now.Before(next) {
		return errors.New("trust: responder: the answer is not of now")
	}
	switch response.Status {
	case ocsp.Good:
		return nil
	case ocsp.Revoked:
		return ErrRevoked
	}
	return errors.New("trust: responder: it does not know the certificate")
}

// delegated checks the certificate of a responder that is not the issuer itself. That the issuer signed it is checked by
// x/crypto/ocsp; that it is a responder's is not, and without this any certificate of the authority could answer for all.
func delegated(r *ocsp.Response, issuer *x509.Certificate, now time.Time) error {
	c := r.Certificate
	if c == nil || c.Equal(issuer) {
		return nil
	}
	if !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning) {
		return errors.New("trust: responder: its certificate is not for answers (RFC 6960, 4.2.2.2)")
	}
	if !bytes.Equal(c.RawIssuer, issuer.RawSubject) || now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return errors.New("trust: responder: its certificate does not hold now")
	}
	return nil
}

// says tells whether a list has a word on the certificate: it is its issuer's, and covers certificates of its kind.
func (l *list) says(q question) error {
	switch {
	case !bytes.Equal(l.issuer, q.issuer.RawSubject):
		return errors.New("trust: list: it is another issuer's")
	case l.scope.OnlyPeople && q.cert.IsCA, l.scope.OnlyAuthorities && !q.cert.IsCA:
		return errors.New("trust: list: it is of other certificates")
	case !l.scope.covers(q.cert.CRLDistributionPoints):
		return errors.New("trust: list: it is of another part")
	}
	return l.signedBy(q.issuer)
}

// Shelf keeps lists between requests and between nodes.
type Shelf interface {
	// Info returns what is known of the list of an address without the list; ok is false when nothing is.
	Info(ctx context.Context, address string) (info Info, ok bool, err error)
	// Load returns the list itself, DER; fs.ErrNotExist when there is none.
	Load(ctx context.Context, address string) ([]byte, error)
	// Save keeps a list that was fetched and checked, or, with a nil list, that it could not be.
	Save(ctx context.Context, info Info, list []byte) error
	// Used notes that the list of an address was asked for; a note a day is enough.
	Used(ctx context.Context, address string) error
	// Known lists every address.
	Known(ctx context.Context) ([]Info, error)
}

// Info is what is known of a list.
type Info struct {
	Address string
	Issuer  string // in words
	Number  string
	This    time.Time
	Next    time.Time
	Count   int
	Fetched time.Time // zero: never
	Tried   time.Time
	Fault   string // why the last try failed; empty: it did not
}

var errNoList = fmt.Errorf("trust: list: %w", fs.ErrNotExist)
