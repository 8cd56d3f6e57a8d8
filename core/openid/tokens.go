package openid

import (
	"context"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// handed is what the token endpoint hands out.
type handed struct {
	Access  string `json:"access_token"`
	Kind    string `json:"token_type"`
	Expires int64  `json:"expires_in"`
	Refresh string `json:"refresh_token,omitempty"`
	IDToken string `json:"id_token,omitempty"`
	Scope   string `json:"scope"`
}

// pair is an access token with the refresh token beside it, not kept yet.
type pair struct{ access, refresh string }

func newPair(c Client) pair {
	p := pair{access: fresh(prefixAccess)}
	if c.allows(GrantRefresh) {
		p.refresh = fresh(prefixRefresh)
	}
	return p
}

const (
	kindAccess  = "access"
	kindRefresh = "refresh"
)

// keep puts the tokens of a family's turn.
func (p pair) keep(tx *store.Tx, f family, turn int64) error {
	now := tx.Now()
	row := openiddb.InsertOpenTokenParams{Hash: hashOf(p.access), Kind: kindAccess, Person: f.person, Family: f.id, Turn: turn, Made: now, Until: now.Add(AccessLife)}
	if err := openiddb.InsertOpenToken(tx, row); err != nil || p.refresh == "" {
		return err
	}
	row.Hash, row.Kind, row.Until = hashOf(p.refresh), kindRefresh, f.ends(now)
	return openiddb.InsertOpenToken(tx, row)
}

// hand makes the answer of the token endpoint.
func (m *Module) hand(ctx context.Context, c Client, f family, p pair, nonce string) (handed, error) {
	kind := "Bearer"
	if f.proof != "" {
		kind = "DPoP"
	}
	token, err := m.idToken(ctx, c, f, p.access, nonce)
	return handed{
		Access: p.access, Kind: kind, Expires: int64(AccessLife / time.Second), Refresh: p.refresh, IDToken: token, Scope: strings.Join(without(f.scopes, f.claims.Part), " "),
	}, err
}

// idToken is the signed word on who signed in, when and how (OpenID Connect Core, 2).
func (m *Module) idToken(ctx context.Context, c Client, f family, access, nonce string) (string, error) {
	now := m.base.Clock.Now()
	claims, err := m.read(ctx, siteAct(id.New(now), c.ID, "api", ""), f.person, picked(f.scopes, f.claims.Token, false))
	if err != nil {
		return "", err
	}
	claims["iss"], claims["aud"], claims["sub"] = m.deps.Address, c.Key(), m.subject(c, f.person)
	claims["iat"], claims["exp"], claims["auth_time"] = now.Unix(), now.Add(IDTokenLife).Unix(), f.authed.Unix()
	claims["sid"], claims["at_hash"] = m.sid(c, f.session), half(access)
	if f.acr != "" {
		claims["acr"] = f.acr
	}
	if len(f.amr) > 0 {
		claims["amr"] = f.amr
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	return m.ring.sign(ctx, c.Alg, "JWT", claims)
}

// opened is a token that is good now, with what it stands for.
type opened struct {
	kind   string
	family family
	client Client
	made   time.Time
	until  time.Time
}

// open finds a token and tells whether it is good at this moment: not over, its family alive, its turn the present one,
// its session open, its site on. store.ErrNone for one that is not, for whatever reason.
func (m *Module) open(ctx context.Context, text string) (opened, error) {
	var out opened
	now := m.base.Clock.Now()
	err := m.base.Store.Look(ctx, house, "openid.token", func(p *store.Personal) error {
		row, err := openiddb.OpenTokenByHash(p, hashOf(text))
		if err != nil {
			return err
		}
		f, err := familyBy(p, row.Person, row.Family)
		if err != nil {
			return err
		}
		client, err := openiddb.ClientByID(p, f.client)
		if err != nil {
			return err
		}
		out = opened{kind: row.Kind, family: f, made: row.Made, until: row.Until}
		if out.client, err = clientOf(client); err != nil {
			return err
		}
		if !now.Before(row.Until) || !f.ended.IsZero() || !out.client.Active || row.Kind == kindRefresh && row.Turn != f.turn {
			return store.ErrNone
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	holds, err := m.holds(ctx, out.family)
	if err == nil && !holds {
		err = store.ErrNone
	}
	return out, err
}

// claimed are the claims that userinfo gives: whole scopes, and of scopes that came by single claims those alone.
func (f family) claimed() map[string][]string {
	out := picked(without(f.scopes, f.claims.Part), nil, true)
	for scope, claims := range picked(f.claims.Part, f.claims.Info, false) {
		out[scope] = claims
	}
	return out
}
