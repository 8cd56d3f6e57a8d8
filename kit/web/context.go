package web

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Context is one request on its way through a handler. It belongs to one goroutine and ends with the request.
type Context struct {
	s         *Server
	w         *recorder
	r         *http.Request
	ctx       context.Context
	route     *Route // nil until one is found
	session   *Session
	key       *Key  // of a program; then there is no session
	ended     id.ID // the person of a session that was sent but is over
	bearer    bool
	act       act.Act
	reference string
	address   netip.Addr
	language  lang.Language
	leave     leave
	posted    *posted
	held      *Kept
	answered  bool
	streaming bool
	flashed   bool
	visit     string
	repeat    *repeat
	failed    string // the fault that was told, for metrics
}

type contextKey struct{}

// From finds the Context of the page that a component is part of. Outside a request it is nil.
func From(ctx context.Context) *Context {
	c, _ := ctx.Value(contextKey{}).(*Context)
	return c
}

// Context ends when the request or the operation's time does. Pass it to the store.
func (c *Context) Context() context.Context { return c.ctx }

// Request is the request as it came. Read its body by Bind, Fields or Body only.
func (c *Context) Request() *http.Request { return c.r }

// Act is who does what. After May it carries the holder and the mandate by which it was allowed.
func (c *Context) Act() act.Act { return c.act }

// Session is the signed-in person's session; false when nobody is signed in.
func (c *Context) Session() (Session, bool) {
	if c.session == nil {
		return Session{}, false
	}
	return *c.session, true
}

// Person is who is signed in; zero for nobody.
func (c *Context) Person() id.ID { return c.act.Actor.Person }

// Now is the present moment of the house's clock.
func (c *Context) Now() time.Time { return c.s.deps.Clock.Now() }

// Reference names the request in the log; an error page shows it, so that a person can dictate it.
func (c *Context) Reference() string { return c.reference }

// Address is where the request came from, past the trusted proxies. It goes into limits, never into records.
func (c *Context) Address() netip.Addr { return c.address }

// Path is a wildcard of the route's pattern.
func (c *Context) Path(name string) string { return c.r.PathValue(name) }

// ID is a wildcard that names a thing. A text that is no id names nothing: fault.Missing.
func (c *Context) ID(name string) (id.ID, error) {
	got, err := id.Parse(c.r.PathValue(name))
	if err != nil || got.IsZero() {
		return id.ID{}, faultMissing
	}
	return got, nil
}

// Query is the first value of a key in the address, "" when absent. Bind reads more than one, checked.
func (c *Context) Query(key string) string { return c.r.URL.Query().Get(key) }

// Here is the page's own path with its query, fit for Redirect and for the back field of the sign-in page.
func (c *Context) Here() string { return c.r.URL.RequestURI() }

// URL makes a full address of a local path, for letters and documents.
func (c *Context) URL(path string) string { return c.s.conf.BaseURL + path }

// Back is where the person wanted to go before they were sent to sign in: the field back of the form or the address,
// when it is a path of this city, else "/".
func (c *Context) Back() string {
	back := c.Query("back")
	if c.posted != nil {
		if values := c.posted.fields["back"]; len(values) == 1 {
			back = values[0]
		}
	}
	if !LocalPath(back) {
		return "/"
	}
	return back
}

// LocalPath tells whether a text is a path of this city that a person may be sent to: not another host by any browser's
// reading of it.
func LocalPath(path string) bool {
	if len(path) > 2000 || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.Contains(path, `\`) {
		return false
	}
	for _, r := range path {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	u, err := url.Parse(path)
	return err == nil && u.Host == "" && u.Scheme == "" && u.User == nil && !strings.HasPrefix(u.Path, "//")
}

// Partial tells that a script of ours asked for a part of a page (htmx): answer by Fragment.
func (c *Context) Partial() bool { return c.r.Header.Get("HX-Request") == "true" }

// Personal tells whether the answer is for one person: then nothing on the way may keep it.
func (c *Context) Personal() bool {
	return c.session != nil || c.route != nil && c.route.Op != nil && !c.route.Op.Open()
}

// Lang is the language of the answer: as the person chose in this browser, in their account, or as the browser asks.
func (c *Context) Lang() lang.Language {
	if c.language != "" {
		return c.language
	}
	switch chosen := c.cookie(cookieLang); {
	case lang.Known(chosen):
		c.language = lang.Language(chosen)
	case c.session != nil && lang.Known(string(c.session.Lang)):
		c.language = c.session.Lang
	default:
		c.language = lang.Negotiate(c.r.Header.Get("Accept-Language"))
	}
	return c.language
}

// SetLang chooses the language of this browser; an unknown one changes nothing.
func (c *Context) SetLang(l lang.Language) {
	if !lang.Known(string(l)) {
		return
	}
	c.language = l
	c.act.Lang = string(l)
	c.setCookie(cookieLang, string(l), 365*24*time.Hour)
}

// In is the same request speaking another language, for showing a part of a page as others will read it. Nothing else
// changes, and no browser remembers it. Answer by the original alone.
func (c *Context) In(l lang.Language) *Context {
	out := *c
	if lang.Known(string(l)) {
		out.language = l
	}
	return &out
}

// T is the text of a key in the page's language; args are pairs: "name", value.
func (c *Context) T(key string, args ...any) string {
	return c.s.deps.Texts.Text(c.Lang(), key, args...)
}

// FaultText is the sentence of a fault.
func (c *Context) FaultText(f *fault.Fault) string {
	return c.s.deps.Texts.TextWith(c.Lang(), f.ID, f.Params)
}

// FieldText is the sentence of a fault of one answer.
func (c *Context) FieldText(f fault.Field) string {
	if f.Text != "" {
		return f.Text
	}
	return c.s.deps.Texts.TextWith(c.Lang(), f.ID, f.Params)
}
