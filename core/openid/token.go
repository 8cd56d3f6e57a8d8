package openid

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// asks is a request at the token endpoint, its client known.
type asks struct {
	client Client
	values url.Values
	key    string // thumbprint of the DPoP key; empty: none was shown
}

func badGrant(text string) *Error { return refuse("invalid_grant", text) }

// token is the endpoint where what a browser or a device brought becomes tokens.
func (m *Module) token(c *web.Context) error {
	values, client, err := m.known(c)
	if err != nil {
		return err
	}
	in := asks{client: client, values: values}
	if in.key, err = m.proven(c, ""); err != nil {
		return err
	}
	if client.MustProve && in.key == "" {
		return badProof("this client binds its tokens to a key")
	}
	kind := values.Get("grant_type")
	handlers := map[string]func(context.Context, asks) (handed, error){GrantCode: m.byCode, GrantRefresh: m.byRefresh, GrantDevice: m.byDevice}
	handler := handlers[kind]
	switch {
	case kind == "":
		return refuse("invalid_request", "grant_type is missing")
	case handler == nil:
		return refuse("unsupported_grant_type", "grant_type is authorization_code, refresh_token or the device's")
	case !client.allows(kind):
		return refuse("unauthorized_client", "this client may not use the grant")
	}
	out, err := handler(c.Context(), in)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// known reads the form of an endpoint that only clients use, and which client asks.
func (m *Module) known(c *web.Context) (url.Values, Client, error) {
	values, err := form(c)
	if err != nil {
		return nil, Client{}, err
	}
	client, err := m.authenticate(c, values)
	return values, client, err
}

// form reads a form of a protocol: its own type, each parameter once.
func form(c *web.Context) (url.Values, error) {
	kind, _, _ := strings.Cut(c.Request().Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, refuse("invalid_request", "want a form: application/x-www-form-urlencoded")
	}
	values, err := parameters(c)
	if err != nil {
		return nil, err
	}
	if refused := single(values); refused != nil {
		return nil, refused
	}
	return values, nil
}

// byCode turns a code into tokens, once. A second use shows that two have it: everything that came of it dies (RFC 6749,
// 4.1.2).
func (m *Module) byCode(ctx context.Context, in asks) (handed, error) {
	tokens := newPair(in.client)
	var f family
	var failed error
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		f, failed = family{}, nil
		row, err := openiddb.CodeByHash(tx, hashOf(in.values.Get("code")))
		if none(err) || err == nil && row.Client != in.client.ID {
			failed = badGrant("the code is not known, or is another client's")
			return nil
		}
		if err != nil {
			return err
		}
		if f, err = familyBy(tx.As(house, "openid.code"), row.Person, row.Family); none(err) {
			failed = badGrant("what it stands for was deleted")
			return nil
		} else if err != nil {
			return err
		}
		if failed = m.checkCode(tx, row, f, in); failed != nil {
			if _, refused := asError(failed); !refused {
				return failed
			}
			return m.afterRefusal(tx, row, f)
		}
		return m.useCode(tx, row, &f, in, tokens)
	})
	if err != nil {
		return handed{}, err
	}
	if failed != nil {
		return handed{}, failed
	}
	return m.hand(ctx, in.client, f, tokens, f.nonce)
}

// checkCode says why a code is good for nothing, or nil.
func (m *Module) checkCode(tx *store.Tx, row openiddb.OpenidCode, f family, in asks) error {
	verifier := in.values.Get("code_verifier")
	switch {
	case !row.Used.IsZero():
		return badGrant("the code was used before")
	case !tx.Now().Before(row.Until):
		return badGrant("the code is over")
	case !f.ended.IsZero():
		return badGrant("what the code stands for was withdrawn")
	case in.values.Get("redirect_uri") != row.Redirect:
		return badGrant("redirect_uri is another one than the request's")
	case len(verifier) < 43 || len(verifier) > 128 || subtle.ConstantTimeCompare([]byte(encode(hashOf(verifier))), []byte(row.Challenge)) != 1:
		return badGrant("code_verifier does not fit the challenge")
	case f.proof != "" && f.proof != in.key:
		return badGrant("the request bound the code to another DPoP key")
	}
	return m.sessionHolds(tx, f)
}

// sessionHolds tells, inside a Write, whether the session that a family hangs on is open: an *Error when it is not. That the
// database failed is no such word, and costs nobody their tokens.
func (m *Module) sessionHolds(tx *store.Tx, f family) error {
	if f.offline {
		return nil
	}
	as := act.Act{Actor: act.Actor{Kind: act.Person, Person: f.person}, Session: f.session}
	err := m.deps.Accounts.Guard(tx, as)
	if f := (*fault.Fault)(nil); errors.As(err, &f) {
		return &Error{Code: "invalid_grant", Text: "the person's session is over", Cause: err}
	}
	return err
}

// afterRefusal ends what a used code has brought. A code that failed for any other reason is spent too: it had one try.
func (m *Module) afterRefusal(tx *store.Tx, row openiddb.OpenidCode, f family) error {
	if _, err := openiddb.UseCode(tx, tx.Now(), row.Hash); err != nil {
		return err
	}
	_, err := end(tx, f)
	return err
}

func (m *Module) useCode(tx *store.Tx, row openiddb.OpenidCode, f *family, in asks, tokens pair) error {
	n, err := openiddb.UseCode(tx, tx.Now(), row.Hash)
	if err != nil || n == 0 {
		return err
	}
	if f.proof == "" && in.key != "" {
		f.proof = in.key
		if _, err := openiddb.BindFamily(tx, in.key, f.person, f.id); err != nil {
			return err
		}
	}
	return tokens.keep(tx, *f, 0)
}

// byRefresh turns the refresh token of a family's present turn into the tokens of its next turn. A token of an earlier
// turn shows that two have it: the family dies (RFC 9700, 4.14.2). One case is forgiven: the answer was lost on its way,
// and the client, which has shown that it is itself, asks again within seconds with the turn just before, before the
// present turn was used. Then the present turn is given up for a next one: there is never a second live branch.
func (m *Module) byRefresh(ctx context.Context, in asks) (handed, error) {
	if err := m.mayRefresh(ctx, in.values.Get("refresh_token")); err != nil {
		return handed{}, err
	}
	tokens := newPair(in.client)
	var f family
	var failed error
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		f, failed = family{}, nil
		row, err := openiddb.OpenTokenByHash(tx, hashOf(in.values.Get("refresh_token")))
		if none(err) || err == nil && row.Kind != kindRefresh {
			failed = badGrant("the refresh token is not known")
			return nil
		}
		if err != nil {
			return err
		}
		if f, err = familyBy(tx.As(house, "openid.refresh"), row.Person, row.Family); none(err) {
			failed = badGrant("what it stands for was deleted")
			return nil
		} else if err != nil {
			return err
		}
		if failed = m.checkRefresh(tx, row, f, in); failed != nil {
			if _, refused := asError(failed); !refused {
				return failed
			}
			return nil
		}
		if row.Turn != f.turn && !m.lostAnswer(tx, row, f, in) {
			failed = badGrant("the refresh token was used before; all tokens of its family are dead")
			_, err := end(tx, f)
			return err
		}
		return m.turn(tx, f, tokens)
	})
	if err != nil {
		return handed{}, err
	}
	if failed != nil {
		return handed{}, failed
	}
	return m.hand(ctx, in.client, f, tokens, f.nonce)
}

// mayRefresh refuses a family that outlives its session while its person's account is closed. Nothing is spent: the
// account may open again.
func (m *Module) mayRefresh(ctx context.Context, token string) error {
	var f family
	err := m.base.Store.Look(ctx, house, "openid.refresh", func(p *store.Personal) error {
		row, err := openiddb.OpenTokenByHash(p, hashOf(token))
		if err == nil {
			f, err = familyBy(p, row.Person, row.Family)
		}
		return err
	})
	if none(err) || err == nil && !f.offline {
		return nil // what is wrong with it is found where it is used
	}
	if err != nil {
		return err
	}
	holds, err := m.holds(ctx, f)
	if err == nil && !holds {
		return badGrant("the person's account is closed")
	}
	return err
}

func (m *Module) checkRefresh(tx *store.Tx, row openiddb.OpenidToken, f family, in asks) error {
	switch {
	case f.client != in.client.ID:
		return badGrant("the refresh token is another client's")
	case !f.ended.IsZero():
		return badGrant("what the token stands for was withdrawn")
	case !tx.Now().Before(row.Until):
		return badGrant("the refresh token is over")
	case f.proof != in.key && f.proof != "":
		return badGrant("the refresh token is bound to another DPoP key")
	case !contains(f.scopes, words(in.values.Get("scope"))):
		return refuse("invalid_scope", "scope asks for more than was granted")
	}
	return m.sessionHolds(tx, f)
}

// lostAnswer tells a repeat of a client that never got its answer from a theft. Nobody but the client itself gets this
// grace: it must have shown a secret or the key that the tokens are bound to.
func (m *Module) lostAnswer(tx *store.Tx, row openiddb.OpenidToken, f family, in asks) bool {
	itself := !in.client.Public() || f.proof != "" && f.proof == in.key
	return itself && row.Turn == f.turn-1 && tx.Now().Sub(f.turned) <= LostAnswer
}

// turn moves a family to its next turn.
func (m *Module) turn(tx *store.Tx, f family, tokens pair) error {
	n, err := openiddb.TurnFamily(tx, openiddb.TurnFamilyParams{Now: tx.Now(), Until: f.ends(tx.Now()), Person: f.person, ID: f.id, Turn: f.turn})
	if err != nil {
		return err
	}
	if n == 0 {
		return badGrant("the family has moved on")
	}
	return tokens.keep(tx, f, f.turn+1)
}
