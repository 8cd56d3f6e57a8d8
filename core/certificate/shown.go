package certificate

import (
	"context"
	"crypto/hmac"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/certificate/internal/store"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// road is how a certificate came.
type road string

// The roads.
const (
	byConnection road = "connection"
	bySignature  road = "signature"
)

// Stages of what a browser showed.
const (
	stageTicket = "ticket" // it came by a connection; nothing but the possession of its key was checked for good
	stageShown  = "shown"  // it was checked, and waits for its person's word
)

// shown is a certificate that a browser showed, with the links that came with it.
type shown struct {
	Chain [][]byte `json:"chain"`
	Road  road     `json:"road"`
}

func (s shown) certificates() (*x509.Certificate, []*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, der := range s.Chain {
		one, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, nil, fmt.Errorf("certificate: what was shown: %w", err)
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, nil, ErrOver
	}
	return all[0], all[1:], nil
}

func chainOf(leaf *x509.Certificate, others []*x509.Certificate) [][]byte {
	const most = 8
	out := [][]byte{leaf.Raw}
	for _, one := range others[:min(len(others), most)] {
		out = append(out, one.Raw)
	}
	return out
}

// cookieShown holds the name of what this browser showed; the name of anything else stands in an address.
const cookieShown = "certificate"

// anyVisit stands for the visit of what is bound to a cookie of its own, and so outlives a sign-in.
var anyVisit = []byte("cookie")

// prepareShown makes a row of what was shown and returns the name that it is found by.
func (m *Module) prepareShown(stage string, visit []byte, s shown, life time.Duration) (string, certificatedb.InsertShownParams, error) {
	name, hash := web.NewToken()
	plain, err := json.Marshal(s)
	if err != nil {
		return "", certificatedb.InsertShownParams{}, fmt.Errorf("certificate: keep what was shown: %w", err)
	}
	kept, err := m.seal(hash[:], plain)
	return name, certificatedb.InsertShownParams{Hash: hash[:], Stage: stage, Visit: visit, Kept: kept, Until: m.base.Clock.Now().Add(life)}, err
}

// peek reads what is there by a name, without using it. visits are those that it may be of. Errors: ErrOver.
func (m *Module) peek(ctx context.Context, stage, name string, visits ...[]byte) (shown, use, error) {
	hash := web.HashToken(name)
	var row certificatedb.CertificateShown
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = certificatedb.ShownByHash(r, hash[:])
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return shown{}, nil, ErrOver
	}
	if err != nil {
		return shown{}, nil, fmt.Errorf("certificate: what was shown: %w", err)
	}
	own := false
	for _, visit := range visits {
		own = own || hmac.Equal(visit, row.Visit)
	}
	if !own || row.Stage != stage || !row.Used.IsZero() || !m.base.Clock.Now().Before(row.Until) {
		return shown{}, nil, ErrOver
	}
	plain, err := m.unseal(hash[:], row.Kept)
	if err != nil {
		return shown{}, nil, err
	}
	var out shown
	if err := json.Unmarshal(plain, &out); err != nil {
		return shown{}, nil, fmt.Errorf("certificate: what was shown: %w", err)
	}
	return out, useShown(stage, hash[:], row.Visit), nil
}

// use makes a proof worthless for the next one who comes with it, in the Write of what it is used for. Errors: ErrOver.
type use func(*store.Tx) error

func useShown(stage string, hash, visit []byte) use {
	return func(tx *store.Tx) error {
		n, err := certificatedb.UseShown(tx, certificatedb.UseShownParams{Used: tx.Now(), Hash: hash, Stage: stage, Visit: visit, Now: tx.Now()})
		if err == nil && n == 0 {
			return ErrOver
		}
		return err
	}
}

func (ch challenge) use() use {
	return func(tx *store.Tx) error {
		n, err := certificatedb.InsertChallenge(tx, ch.hash(), ch.issued.Add(2*challengeLife))
		if err == nil && n == 0 {
			return ErrOver
		}
		return err
	}
}

// waits keeps a checked certificate for this browser until its person has said what to do with it.
func (m *Module) waits(c *web.Context, p proof, used use) error {
	name, row, err := m.prepareShown(stageShown, anyVisit, shown{chainOf(p.leaf, p.others), p.road}, shownLife)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		if err := used(tx); err != nil {
			return err
		}
		return certificatedb.InsertShown(tx, row)
	})
	if err != nil {
		return err
	}
	c.SetCookie(cookieShown, name, shownLife)
	return nil
}

// waiting is the certificate that waits in this browser, checked anew. Errors: ErrOver when none does.
func (m *Module) waiting(c *web.Context) (proof, use, error) {
	s, used, err := m.peek(c.Context(), stageShown, c.Cookie(cookieShown), anyVisit)
	if err != nil {
		return proof{}, nil, err
	}
	leaf, others, err := s.certificates()
	if err != nil {
		return proof{}, nil, err
	}
	p, err := m.examine(c.Context(), leaf, others, s.Road)
	return p, used, err
}
