package openid

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// family is all that came of one consent at one sign-in.
type family struct {
	id, person, client, session id.ID

	scopes  []string
	claims  claimsAsked
	nonce   string
	acr     string
	amr     []string
	authed  time.Time // when the person showed that they are there
	proof   string    // thumbprint of the key that tokens are bound to; empty: bearer
	turn    int64     // of the refresh token that is good now
	turned  time.Time
	until   time.Time
	made    time.Time
	ended   time.Time // zero: it lives
	offline bool
}

// familyKeeps is how long a family without offline_access may live at most: longer than any session.
const familyKeeps = 24 * time.Hour

func familyOf(row openiddb.OpenidFamily) (family, error) {
	out := family{
		id: row.ID, person: row.Person, client: row.Client, session: row.SessionID, scopes: words(row.Scopes), nonce: row.Nonce, acr: row.Acr,
		amr: words(row.Amr), authed: row.Authed, proof: row.Proof, turn: row.Turn, turned: row.Turned, until: row.Until, made: row.Made,
		ended: row.Ended, offline: row.Offline,
	}
	if err := json.Unmarshal([]byte(row.Claims), &out.claims); err != nil {
		return family{}, fmt.Errorf("openid: family %s: %w", row.ID, err)
	}
	return out, nil
}

// life is how long a family may be unused.
func (f family) life() time.Duration {
	if f.offline {
		return RefreshLife
	}
	return familyKeeps
}

// ends is when a family that is used now is over if it is not used again. However often it is used, it is over after
// RefreshMost: then its person is asked anew.
func (f family) ends(now time.Time) time.Time {
	out := now.Add(f.life())
	if f.made.IsZero() { // it is just being made
		return out
	}
	if last := f.made.Add(RefreshMost); last.Before(out) {
		return last
	}
	return out
}

// putFamily keeps a new family. Whether it outlives its session follows from its scopes.
func putFamily(tx *store.Tx, f family) error {
	claims, err := json.Marshal(f.claims)
	if err != nil {
		return err
	}
	f.offline = slices.Contains(f.scopes, ScopeOffline)
	return openiddb.InsertFamily(tx, openiddb.InsertFamilyParams{
		Person: f.person, ID: f.id, Client: f.client, SessionID: f.session, Offline: f.offline, Scopes: strings.Join(f.scopes, " "),
		Claims: string(claims), Nonce: f.nonce, Acr: f.acr, Amr: strings.Join(f.amr, " "), Authed: f.authed, Proof: f.proof,
		Made: tx.Now(), Until: tx.Now().Add(f.life()),
	})
}

// familyBy reads a family at its home.
func familyBy(r store.PersonalReader, person, one id.ID) (family, error) {
	row, err := openiddb.FamilyByID(r, person, one)
	if err != nil {
		return family{}, err
	}
	return familyOf(row)
}

// end kills a family. False: it was dead.
func end(tx *store.Tx, f family) (bool, error) {
	n, err := openiddb.EndFamily(tx, tx.Now(), f.person, f.id)
	return n > 0, err
}

// link is what a person has let a site have.
type link struct {
	client      id.ID
	granted     []string
	offered     []string
	first, used time.Time
}

func linkOf(row openiddb.OpenidConnection) link {
	return link{row.Client, words(row.Granted), words(row.Offered), row.First, row.Used}
}

// connection is what a person let a site have; empty when the two are not connected.
func (m *Module) connection(ctx context.Context, person, client id.ID) (link, error) {
	var row openiddb.OpenidConnection
	err := m.base.Store.Look(ctx, house, "openid.connection", func(p *store.Personal) error {
		var err error
		row, err = openiddb.ConnectionByID(p, person, client)
		return err
	})
	if none(err) {
		return link{}, nil
	}
	if err != nil {
		return link{}, fmt.Errorf("openid: read a connection: %w", err)
	}
	return linkOf(row), nil
}

// connect notes what a person lets a site have now, beside what they let it have before.
func (m *Module) connect(tx *store.Tx, f family, offered []string) error {
	before, err := openiddb.ConnectionByID(tx.As(house, "openid.connection"), f.person, f.client)
	if err != nil && !none(err) {
		return err
	}
	old := linkOf(before)
	if err := putFamily(tx, f); err != nil {
		return err
	}
	granted := union(without(old.granted, offered), f.scopes) // what was offered now was answered now
	return openiddb.PutConnection(tx, openiddb.PutConnectionParams{
		Person: f.person, Client: f.client, Granted: strings.Join(granted, " "), Offered: strings.Join(union(old.offered, offered), " "), Now: tx.Now(),
	})
}

// putCode keeps a code for a family.
func (m *Module) putCode(tx *store.Tx, f family, code string, a ask) error {
	return openiddb.InsertCode(tx, openiddb.InsertCodeParams{
		Hash: hashOf(code), Person: f.person, Family: f.id, Client: f.client, Redirect: a.Redirect, Challenge: a.Challenge, Until: tx.Now().Add(CodeLife),
	})
}

// factors are how the ways of signing in are told to sites (RFC 8176; the last ones have no name there).
var factors = map[string]string{
	"password": "pwd", "sms": "sms", "email": "otp", "app": "otp", "recovery": "otp", "passkey": "pop", "certificate": "sc",
	"qr": "mca", "push": "mca", "provider": "provider", "centre": "face",
}

func amrOf(methods string, strong bool) []string {
	var out []string
	for _, method := range words(methods) {
		if name := factors[method]; name != "" {
			out = union(out, []string{name})
		}
	}
	if strong {
		out = append(out, "mfa")
	}
	return out
}
