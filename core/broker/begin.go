package broker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/oauth2"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

// returnPath is the redirect address of a provider, without the city's own part. It is exact: no query, nothing that
// changes from one sign-in to the next.
func returnPath(key string) string { return "/sign-in/provider/" + key + "/return" }

// question is one sign-in as it goes out.
type question struct {
	provider Provider
	redirect string // the whole address
	state    string
	asked    asked
	lang     string
}

// values are the parameters of the authorization request (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636).
func (q question) values() url.Values {
	out := url.Values{
		"response_type": {"code"}, "client_id": {q.provider.Client}, "redirect_uri": {q.redirect}, "state": {q.state},
		"scope": {strings.Join(q.provider.scopes(), " ")}, "nonce": {q.asked.Nonce}, "ui_locales": {q.lang},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(q.asked.Verifier)}, "code_challenge_method": {"S256"},
	}
	if len(q.provider.Accepted) > 0 {
		out.Set("acr_values", strings.Join(q.provider.Accepted, " "))
	}
	if q.asked.Renew { // a session at the provider that somebody left open proves nothing of who is here now
		out.Set("prompt", "login")
		out.Set("max_age", "0")
	}
	return out
}

// begin makes a sign-in and returns the provider's address to go to.
func (m *Module) begin(c *web.Context, p Provider, add bool) (string, error) {
	peer := m.peer(p.Issuer)
	meta, err := peer.metadata(c.Context())
	if err == nil {
		err = meta.fit(p.Secret, m.local(p.Issuer))
	}
	if err != nil {
		return "", m.refuse(p, err)
	}
	q := question{provider: p, redirect: c.URL(returnPath(p.Key)), state: random(), lang: string(c.Lang())}
	q.asked = asked{
		Provider: p.Key, Nonce: random(), Verifier: random(), Person: c.Person(), Add: add, Renew: !c.Person().IsZero(),
		Back: c.Back(), Begun: c.Now(),
	}
	values := q.values()
	if meta.Pushed != "" {
		if values, err = peer.push(c.Context(), meta, p, values); err != nil {
			return "", m.refuse(p, err)
		}
	}
	if err := m.keep(c.Context(), stageAsked, q.state, m.browser(c, true), q.asked, askedLife); err != nil {
		return "", err
	}
	return withQuery(meta.Authorize, values)
}

// withQuery adds parameters to an address that may have some of its own.
func withQuery(address string, values url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("broker: %w", errAddress)
	}
	all := u.Query()
	for name, list := range values {
		all[name] = list
	}
	u.RawQuery = all.Encode()
	return u.String(), nil
}

// push sends the request itself ahead and returns what is left for the address (RFC 9126): nothing of it passes through
// the browser, where it could be changed.
func (p *peer) push(ctx context.Context, meta *metadata, conf Provider, values url.Values) (url.Values, error) {
	style, _ := meta.authStyle(conf.Secret)
	if style == oauth2.AuthStyleInParams && conf.Secret != "" {
		values.Set("client_secret", conf.Secret)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, meta.Pushed, strings.NewReader(values.Encode()))
	if err != nil {
		return nil, fmt.Errorf("broker: push a request: %w", errAddress)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if style == oauth2.AuthStyleInHeader {
		r.SetBasicAuth(url.QueryEscape(conf.Client), url.QueryEscape(conf.Secret))
	}
	got, err := p.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("broker: push a request: %w", why(err, errPushed))
	}
	defer func() { _ = got.Body.Close() }() // it lies in memory
	var answer struct {
		Request string `json:"request_uri"`
	}
	if got.StatusCode != http.StatusCreated && got.StatusCode != http.StatusOK || json.NewDecoder(got.Body).Decode(&answer) != nil || answer.Request == "" {
		return nil, fmt.Errorf("broker: push a request: status %d: %w", got.StatusCode, errPushed)
	}
	return url.Values{"client_id": {conf.Client}, "request_uri": {answer.Request}}, nil
}

// exchange gives the code for tokens. The body of a refusal is not kept: it is the provider's, and may hold anything.
func (p *peer) exchange(ctx context.Context, meta *metadata, conf Provider, redirect, code, verifier string) (*oauth2.Token, error) {
	endpoint := meta.provider.Endpoint()
	endpoint.AuthStyle, _ = meta.authStyle(conf.Secret)
	config := oauth2.Config{ClientID: conf.Client, ClientSecret: conf.Secret, Endpoint: endpoint, RedirectURL: redirect}
	token, err := config.Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.client), code, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		return nil, fmt.Errorf("broker: exchange a code: %q: %w", errorCode(refused.ErrorCode), errExchange)
	}
	if err != nil {
		return nil, fmt.Errorf("broker: exchange a code: %w", why(err, errExchange))
	}
	return token, nil
}

// errorCode keeps what is a code of RFC 6749, 5.2; other words of a provider do not enter the log.
func errorCode(text string) string {
	for _, r := range text {
		if (r < 'a' || r > 'z') && r != '_' || len(text) > 40 {
			return "another"
		}
	}
	return text
}

// refuse notes what is wrong with a provider and returns what the person sees of it.
func (m *Module) refuse(p Provider, err error) error {
	if r := why(err, ""); r != "" {
		m.peer(p.Issuer).note(err)
		m.base.Log.Warn("a provider's answer was refused", "provider", p.Key, "why", string(r), "error", err)
	}
	return shown(err)
}

// mine tells whether a person is who is signed in, merged records included.
func mine(s web.Session, person id.ID) bool {
	if s.Person == person {
		return true
	}
	for _, one := range s.Also {
		if one == person {
			return true
		}
	}
	return false
}
