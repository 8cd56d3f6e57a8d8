package bench

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"posad.city/core/openid"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

const (
	siteSecret   = "bench-secret-of-the-site-of-256-random-bits"
	siteRedirect = "https://site.kitezh.example/back"
	verifier     = "bench-verifier-of-at-least-forty-three-characters-long"
	grantsAtOnce = 256
)

// grant is what a site holds for one person.
type grant struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

// site is a confidential client of the city that is asked by nobody for consent.
func (c *crowd) site(ctx context.Context) (id.ID, error) {
	site := id.Derived("bench site", c.engine)
	return site, c.Modules.OpenID.Enrol(ctx, site, openid.Profile{
		Name: lang.Text{RU: "Сайт", EN: "Site"}, Purpose: lang.Text{RU: "Измерение", EN: "A measurement"}, Home: "https://site.kitezh.example",
		Policy: "https://site.kitezh.example/policy", City: true, Trusted: true, Redirects: []string{siteRedirect}, Method: openid.AuthBasic,
		Scopes: []string{"openid", "profile", "offline_access"}, Grants: []string{openid.GrantCode, openid.GrantRefresh}, Alg: "ES256",
	}, siteSecret)
}

// raw is a request with a body of a form.
func (c *crowd) raw(method, path, token, site string, n int64, form url.Values) string {
	body := form.Encode()
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: 10.%d.%d.%d\r\nContent-Length: %d\r\n", method, path, c.address, n>>16&255, n>>8&255, n&255, len(body))
	if token != "" {
		head += "Cookie: posad_session=" + token + "\r\n"
	}
	if site != "" {
		head += "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(site)+":"+url.QueryEscape(siteSecret))) + "\r\n"
	}
	if body != "" {
		head += "Content-Type: application/x-www-form-urlencoded\r\n"
	}
	return head + "\r\n" + body
}

// enter signs a person in to the site and returns what it holds then.
func (c *crowd) enter(l *lines, site id.ID, n int64) (grant, error) {
	sum := sha256.Sum256([]byte(verifier))
	ask := url.Values{
		"response_type": {"code"}, "client_id": {site.String()}, "redirect_uri": {siteRedirect}, "scope": {"openid profile offline_access"}, "state": {"s"},
		"nonce": {"n"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	var out grant
	path := "/oauth/authorize?" + ask.Encode()
	browser := c.tokens[n%int64(len(c.tokens))]
	for range 4 { // the request is kept under a short address, for this browser, before it is answered
		where, cookies, err := l.where(c.raw(http.MethodGet, path, browser, "", n, nil))
		if err != nil || where == nil {
			return out, errors.Join(err, fmt.Errorf("authorize: %s leads nowhere", path))
		}
		for _, one := range cookies {
			browser += "; " + one.Name + "=" + one.Value
		}
		if code := where.Query().Get("code"); code != "" {
			_, body, err := l.ask(c.raw(http.MethodPost, "/oauth/token", "", site.String(), n, url.Values{
				"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {siteRedirect}, "code_verifier": {verifier},
			}), true)
			if err != nil {
				return out, err
			}
			if err := json.Unmarshal(body, &out); err != nil || out.Access == "" {
				return out, fmt.Errorf("token: %s", body)
			}
			return out, nil
		}
		path = where.RequestURI()
	}
	return out, fmt.Errorf("authorize leads nowhere: %s", path)
}

// where is the place that an answer leads to.
func (l *lines) where(request string) (*url.URL, []*http.Cookie, error) {
	one := <-l.free
	defer func() { l.free <- one }()
	return one.where(request)
}

// grants are the tokens of many people at one site.
func (c *crowd) grants(b *testing.B, l *lines) (id.ID, []grant) {
	b.Helper()
	site, err := c.site(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	out := make([]grant, min(grantsAtOnce, len(c.tokens)))
	err = spread(len(out), 16, func(i int) error {
		var err error
		out[i], err = c.enter(l, site, int64(i))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return site, out
}

// BenchmarkIntrospect: a site asks whether a token is good, over HTTP. The prototype sends the same bytes.
func BenchmarkIntrospect(b *testing.B) {
	eachCrowd(b, func(b *testing.B, c *crowd) {
		l := newLines(c.address)
		site, held := c.grants(b, l)
		ask := func(n int64) string {
			return c.raw(http.MethodPost, "/oauth/introspect", "", site.String(), n, url.Values{"token": {held[n%int64(len(held))].Access}})
		}
		status, body, err := l.ask(ask(0), true)
		if err := answered(http.StatusOK)(status, body, err); err != nil {
			b.Fatal(err)
		}
		bare := hello(b, http.StatusOK, body)
		both(b, clients, func(n int64) error { return answered(http.StatusOK)(l.ask(ask(n), false)) },
			func(n int64) error { return answered(http.StatusOK)(bare.ask(ask(n), false)) })
	})
}

// BenchmarkRefresh: a site takes new tokens for an old one, over HTTP: one durable Write, a signature.
func BenchmarkRefresh(b *testing.B) {
	eachCrowd(b, func(b *testing.B, c *crowd) {
		l := newLines(c.address)
		site, held := c.grants(b, l)
		free := make(chan grant, len(held))
		for _, g := range held {
			free <- g
		}
		rate(b, clients, func(n int64) error {
			g := <-free
			status, body, err := l.ask(c.raw(http.MethodPost, "/oauth/token", "", site.String(), n, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.Refresh}}), true)
			if err := answered(http.StatusOK)(status, body, err); err != nil {
				return err
			}
			if err := json.Unmarshal(body, &g); err != nil {
				return err
			}
			free <- g
			return nil
		})
	})
}
