package openid

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

func maxAge(d time.Duration) string { return fmt.Sprintf("public, max-age=%d", int(d/time.Second)) }

// userinfo gives a site what its token is good for (OpenID Connect Core, 5.3).
func (m *Module) userinfo(c *web.Context) error {
	values := url.Values{}
	if strings.HasPrefix(c.Request().Header.Get("Content-Type"), "application/x-www-form-urlencoded") && c.Request().Method == http.MethodPost {
		got, err := form(c)
		if err != nil {
			return err
		}
		values = got
	}
	scheme, token, ok := bearer(c.Request(), values)
	if !ok {
		return refuseToken(c, http.StatusUnauthorized, "", "")
	}
	got, err := m.open(c.Context(), token)
	if none(err) || err == nil && got.kind != kindAccess {
		return refuseToken(c, http.StatusUnauthorized, "invalid_token", "the access token is not good, or not any more")
	}
	if err != nil {
		return err
	}
	if refused := m.boundTo(c, got, scheme, token); refused != nil {
		if said, ok := asError(refused); ok {
			return refuseToken(c, http.StatusUnauthorized, said.Code, said.Text)
		}
		return refused
	}
	return m.answerUserinfo(c, got)
}

// boundTo checks that a token which is bound to a key comes with a proof of it.
func (m *Module) boundTo(c *web.Context, got opened, scheme, token string) error {
	bound := got.family.proof != ""
	switch {
	case bound != (scheme == "dpop"):
		return &Error{Code: "invalid_token", Text: "the token's scheme is another one"}
	case !bound:
		return nil
	}
	key, err := m.proven(c, token)
	if err == nil && key != got.family.proof {
		return &Error{Code: "invalid_token", Text: "the token is bound to another key"}
	}
	return err
}

func (m *Module) answerUserinfo(c *web.Context, got opened) error {
	f := got.family
	a := siteAct(c.Act().ID, got.client.ID, act.API, c.Reference())
	claims, err := m.read(c.Context(), a, f.person, f.claimed())
	if none(err) || errors.Is(err, vault.ErrErased) {
		return refuseToken(c, http.StatusUnauthorized, "invalid_token", "there is no such person any more")
	}
	if err != nil {
		return err
	}
	m.touched(c.Context(), f)
	claims["sub"] = m.subject(got.client, f.person)
	if !got.client.SignedInfo {
		return c.JSON(http.StatusOK, claims)
	}
	claims["iss"], claims["aud"] = m.deps.Address, got.client.Key()
	signed, err := m.ring.sign(c.Context(), got.client.Alg, "JWT", claims)
	if err != nil {
		return err
	}
	return c.Answer(http.StatusOK, "application/jwt", []byte(signed))
}

// inspected is what introspection tells (RFC 7662, 2.2; cnf: RFC 9449, 6.2).
type inspected struct {
	Active  bool              `json:"active"`
	Scope   string            `json:"scope,omitempty"`
	Client  string            `json:"client_id,omitempty"`
	Kind    string            `json:"token_type,omitempty"`
	Expires int64             `json:"exp,omitempty"`
	Made    int64             `json:"iat,omitempty"`
	Subject string            `json:"sub,omitempty"`
	Issuer  string            `json:"iss,omitempty"`
	ACR     string            `json:"acr,omitempty"`
	Authed  int64             `json:"auth_time,omitempty"`
	Bound   map[string]string `json:"cnf,omitempty"`
}

// introspect tells a client of its own tokens, and the city's own services of any.
func (m *Module) introspect(c *web.Context) error {
	values, client, err := m.known(c)
	if err != nil {
		return err
	}
	if client.Public() {
		return badClient("a client that can keep no secret may not ask about tokens")
	}
	if values.Get("token") == "" {
		return refuse("invalid_request", "token is missing")
	}
	got, err := m.open(c.Context(), values.Get("token"))
	if none(err) || err == nil && got.client.ID != client.ID && !client.City {
		return c.JSON(http.StatusOK, inspected{})
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.inspect(got))
}

func (m *Module) inspect(got opened) inspected {
	f := got.family
	out := inspected{
		Active: true, Scope: strings.Join(without(f.scopes, f.claims.Part), " "), Client: got.client.Key(), Expires: got.until.Unix(), Made: got.made.Unix(),
		Subject: m.subject(got.client, f.person), Issuer: m.deps.Address, ACR: f.acr, Authed: f.authed.Unix(),
	}
	if got.kind == kindAccess {
		out.Kind = "Bearer"
	}
	if f.proof != "" {
		out.Bound = map[string]string{"jkt": f.proof}
		if got.kind == kindAccess {
			out.Kind = "DPoP"
		}
	}
	return out
}

// revoke ends a token at its client's wish (RFC 7009). A refresh token ends its family; an access token ends alone.
func (m *Module) revoke(c *web.Context) error {
	values, client, err := m.known(c)
	if err != nil {
		return err
	}
	if values.Get("token") == "" {
		return refuse("invalid_request", "token is missing")
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		row, err := openiddb.OpenTokenByHash(tx, hashOf(values.Get("token")))
		if none(err) {
			return nil
		}
		if err != nil {
			return err
		}
		f, err := familyBy(tx.As(house, "openid.revoke"), row.Person, row.Family)
		if none(err) || err == nil && f.client != client.ID {
			return nil // of another client: it is told nothing, and nothing is done
		}
		if err != nil {
			return err
		}
		if row.Kind == kindRefresh {
			_, err = end(tx, f)
			return err
		}
		_, err = openiddb.DropOpenToken(tx, row.Hash)
		return err
	})
	if err != nil {
		return err
	}
	return c.Answer(http.StatusOK, "application/json", []byte("{}\n"))
}

// pushBody is what a push is answered with (RFC 9126, 2.2).
type pushBody struct {
	URI     string `json:"request_uri"`
	Expires int64  `json:"expires_in"`
}

// push takes a request from the client itself, so that nothing of it passes through the browser.
func (m *Module) push(c *web.Context) error {
	values, client, err := m.known(c)
	if err != nil {
		return err
	}
	if values.Get("request_uri") != "" {
		return refuse("invalid_request", "request_uri can't be pushed")
	}
	if !client.redirects(values.Get("redirect_uri")) {
		return refuse("invalid_request", "redirect_uri is not registered")
	}
	a, refused := parseAsk(values, c.Now())
	if refused != nil {
		return refused
	}
	a.Client, a.Redirect = client.Key(), values.Get("redirect_uri")
	if refused := m.suits(c.Context(), client, &a); refused != nil {
		return refused
	}
	if err := m.bindPushed(c, &a); err != nil {
		return err
	}
	plain, err := encodeAsk(a)
	if err != nil {
		return err
	}
	reference, err := m.wait(c.Context(), client.ID, plain, nil, PushLife)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, pushBody{pushedURN + reference, int64(PushLife / time.Second)})
}

// bindPushed binds a pushed request to the key of a proof that came with it (RFC 9449, 10.1).
func (m *Module) bindPushed(c *web.Context, a *ask) error {
	key, err := m.proven(c, "")
	if err != nil || key == "" {
		return err
	}
	if a.Proof != "" && a.Proof != key {
		return badProof("dpop_jkt is another key's than the proof's")
	}
	a.Proof = key
	return nil
}
