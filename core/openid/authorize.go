package openid

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// received is an authorization request with the client whose it is.
type received struct {
	client Client
	ask    ask
}

// receive reads an authorization request and checks whose it is before anything else: only then is there an address that
// a refusal may go to. The first result is good for that when the error is an *Error; any other error is for a page.
func (m *Module) receive(ctx context.Context, values url.Values) (received, error) {
	var out received
	if len(values["client_id"]) != 1 {
		return out, ErrClient
	}
	c, err := m.clientByKey(ctx, values.Get("client_id"))
	if none(err) {
		return out, ErrClient
	}
	if err != nil {
		return out, err
	}
	out.client = c
	if uri := values.Get("request_uri"); strings.HasPrefix(uri, pushedURN) {
		a, err := m.pushed(ctx, c, uri)
		if _, ok := asError(err); ok {
			return out, ErrOver // there is no address yet that a refusal may go to
		}
		out.ask = a
		if err == nil && !c.redirects(a.Redirect) { // the address was taken away since it was pushed
			err = ErrAddress
		}
		return out, err
	}
	return m.plain(ctx, out, values)
}

// plain reads a request whose parameters stand in the address.
func (m *Module) plain(ctx context.Context, out received, values url.Values) (received, error) {
	redirect := values.Get("redirect_uri")
	if len(values["redirect_uri"]) != 1 || !out.client.redirects(redirect) {
		return out, ErrAddress
	}
	a, refused := parseAsk(values, m.base.Clock.Now())
	a.Client, a.Redirect = out.client.Key(), redirect
	out.ask = a
	if refused == nil && out.client.MustPush {
		refused = refuse("invalid_request", "this client pushes its requests")
	}
	if refused == nil {
		refused = m.suits(ctx, out.client, &out.ask)
	}
	if refused != nil {
		return out, refused
	}
	return out, nil
}

// suits checks a request against what its client may do.
func (m *Module) suits(ctx context.Context, c Client, a *ask) *Error {
	switch {
	case !c.allows(GrantCode):
		return refuse("unauthorized_client", "this client may not use authorization codes")
	case c.MustProve && a.Proof == "" && c.Public():
		return nil // the key is bound at the token endpoint
	}
	if a.idToken == "" {
		return nil
	}
	hint, err := m.readHint(ctx, a.idToken)
	if err != nil || hint.client != c.ID {
		return refuse("invalid_request", "id_token_hint is no ID token that this city gave to this client")
	}
	a.Subject = hint.subject
	return nil
}

// authorize meets a browser that a site has sent: the request is kept, and the browser goes on to the page of it.
func (m *Module) authorize(c *web.Context) error {
	values, err := parameters(c)
	if _, unread := asError(err); unread {
		return m.strange(c, ErrClient)
	}
	if err != nil {
		return err
	}
	got, err := m.receive(c.Context(), values)
	if refused, ok := asError(err); ok {
		return m.back(c, got.client, got.ask, refused)
	}
	if err != nil {
		return m.strange(c, err)
	}
	plain, err := encodeAsk(got.ask)
	if err != nil {
		return err
	}
	reference, err := m.wait(c.Context(), got.client.ID, plain, browser(c), RequestLife)
	if err != nil {
		return err
	}
	m.speakAs(c, got.ask.Locales)
	return c.Redirect(requestPath + "?" + url.Values{"request": {reference}}.Encode())
}

// speakAs takes the site's wish of a language where the person has chosen none in this browser.
func (m *Module) speakAs(c *web.Context, locales string) {
	if c.Cookie("lang") != "" {
		return
	}
	for _, tag := range words(locales) {
		if len(tag) >= 2 && lang.Known(tag[:2]) {
			c.SetLang(lang.Language(tag[:2]))
			return
		}
	}
}

// parameters are what a protocol's request carries: in the address of a GET, in the form of a POST.
func parameters(c *web.Context) (url.Values, error) {
	if c.Request().Method == http.MethodGet {
		values, err := url.ParseQuery(c.Request().URL.RawQuery)
		if err != nil {
			return nil, refuse("invalid_request", "the address can't be read")
		}
		return values, nil
	}
	body, err := c.Body()
	if err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, refuse("invalid_request", "the body is no form")
	}
	return values, nil
}

// single refuses a parameter that came more than once (RFC 6749, 3.2).
func single(values url.Values) *Error {
	for name, list := range values {
		if len(list) > 1 && name != "resource" && name != "audience" {
			return refuse("invalid_request", "a parameter was sent more than once")
		}
	}
	return nil
}

// back sends the browser to the site with a refusal. With iss, a site that asks several providers knows who answers (RFC
// 9207).
func (m *Module) back(c *web.Context, client Client, a ask, refused *Error) error {
	values := url.Values{"error": {refused.Code}, "error_description": {refused.Text}}
	return m.leave(c, client, a, values)
}

func (m *Module) leave(c *web.Context, client Client, a ask, values url.Values) error {
	values.Set("iss", m.deps.Address)
	if a.State != "" {
		values.Set("state", a.State)
	}
	address, err := withQuery(a.Redirect, values)
	if err != nil {
		return err
	}
	return c.Leave(address, m.leavingPage(c, client.Name.In(c.Lang()), address))
}

// withQuery adds parameters to an address that may have some.
func withQuery(address string, values url.Values) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += values.Encode()
	return u.String(), nil
}

// strange shows a person why the site's request can't be met, when there is no trusted address to send them to.
func (m *Module) strange(c *web.Context, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) || !slices.Contains([]string{ErrClient.ID, ErrAddress.ID, ErrOver.ID}, f.ID) {
		return err
	}
	return m.strangePage(c, f)
}

// reload opens the request of a page.
func (m *Module) reload(c *web.Context, reference string) (Client, ask, error) {
	client, plain, err := m.waiting(c.Context(), reference, sameBrowser(c))
	if err != nil {
		return Client{}, ask{}, err
	}
	a, err := decodeAsk(plain)
	if err != nil {
		return Client{}, ask{}, err
	}
	found, err := m.Client(c.Context(), client)
	if none(err) || err == nil && (!found.Active || !found.redirects(a.Redirect)) {
		return Client{}, ask{}, ErrOver // it was turned off while the person was typing
	}
	return found, a, err
}

// standingOf says who is there, for the decision.
func (m *Module) standingOf(c *web.Context, client Client) (standing, error) {
	session, ok := c.Session()
	if !ok {
		return standing{}, nil
	}
	out := standing{
		signed: true, subject: m.subject(client, session.Person), level: session.Assurance, strong: session.Strong, proved: session.Proved,
	}
	link, err := m.connection(c.Context(), session.Person, client.ID)
	out.granted, out.offered = link.granted, link.offered
	return out, err
}
