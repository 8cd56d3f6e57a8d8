package web

import (
	"crypto/hmac"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Two guards stand against a request that another site makes a person's browser send. The first is the browser's own
// word (Sec-Fetch-Site, else Origin against Host). The second, for browsers that say nothing of where a request comes
// from, is a token in the form that only our pages know. A program with a bearer token needs neither: a browser does
// not send that by itself.

// HeaderToken is where scripts put the form token.
const HeaderToken = "X-CSRF-Token"

// visitLife is how long an unsigned visit's form tokens live.
const visitLife = 12 * time.Hour

func safeMethod(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// checkOrigin is the first guard. It comes before anything is read, so that no trace of a foreign form is kept.
func (c *Context) checkOrigin() error {
	if c.r.Header.Get("Authorization") != "" && c.route.Surface == SurfaceAPI {
		return nil
	}
	if err := c.s.origin.Check(c.r); err != nil {
		return faultOrigin.Because(err)
	}
	return nil
}

// checkToken is the second guard. A form from our own page with a stale token is kept, and its page asks to send it
// again.
func (c *Context) checkToken() error {
	if safeMethod(c.r.Method) || c.bearer || c.r.Header.Get("Sec-Fetch-Site") != "" {
		return nil // Sec-Fetch-Site was judged by checkOrigin
	}
	if c.route.Surface == SurfaceAPI && c.session == nil {
		return nil // nothing is done in anybody's name
	}
	token := c.r.Header.Get(HeaderToken)
	if token == "" && c.route.Surface == SurfacePage {
		p, err := c.read()
		if err != nil {
			return err
		}
		if sent := p.values[fieldToken]; len(sent) == 1 {
			token = sent[0]
		}
	}
	if !c.tokenFits(token) {
		return faultStale
	}
	return nil
}

// fromOurPage tells, of a request that passed checkOrigin with no word of Sec-Fetch-Site, whether anything in it shows
// that its form stood on a page of ours. Only then is what it carries worth keeping: a stranger's words must not wait in
// a person's form.
func (c *Context) fromOurPage() bool {
	if site := c.r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	for _, header := range []string{"Origin", "Referer"} {
		if from, err := url.Parse(c.r.Header.Get(header)); err == nil && from.Host != "" {
			return from.Host == c.r.Host
		}
	}
	return false
}

// FormToken is the value of the hidden field _csrf that every form of a page carries, and of X-CSRF-Token for scripts.
// It is masked afresh at each call, so that its bytes in a packed page tell nothing.
func (c *Context) FormToken() string {
	sum := c.tokenSums(true)[0]
	c.header().Set("Cache-Control", "no-store") // a page with a token is for one browser, whatever its handler says
	mask := randomBytes(len(sum))
	out := slices.Clone(mask)
	subtle.XORBytes(sum, sum, mask)
	return base64.RawURLEncoding.EncodeToString(append(out, sum...))
}

// FormTokenField is the name of the hidden field.
func (c *Context) FormTokenField() string { return fieldToken }

func (c *Context) tokenFits(token string) bool {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 64 {
		return false
	}
	sum := make([]byte, 32)
	subtle.XORBytes(sum, raw[:32], raw[32:])
	for _, want := range c.tokenSums(false) {
		if hmac.Equal(sum, want) {
			return true
		}
	}
	return false
}

// tokenSums are the sums that a token may hide, one for each key of the server: of the session, or of the visit before
// sign-in. start begins a visit where there is none.
func (c *Context) tokenSums(start bool) [][]byte {
	kind, name, own := "visit", c.visitName(start), ""
	if c.session != nil {
		kind, name, own = "session", c.session.ID.String(), string(c.session.CSRF)
	}
	if name == "" {
		return nil
	}
	var out [][]byte
	for _, key := range c.s.box.Load().sums {
		out = append(out, keyedSum(key, kind, name, own))
	}
	return out
}

// Visit names this browser's session, or its visit before a sign-in, which begins here when there is none. What is bound
// to it, such as a challenge, is worth nothing in another browser and nothing after the next sign-in.
func (c *Context) Visit() string {
	if c.session != nil {
		return "session " + c.session.ID.String()
	}
	return "visit " + c.visitName(true)
}

func (c *Context) visitName(start bool) string {
	if c.session != nil {
		return ""
	}
	if c.visit == "" {
		c.visit = c.cookie(cookieVisit)
	}
	if len(c.visit) < 40 {
		c.visit = ""
	}
	if c.visit == "" && start {
		c.visit = base64.RawURLEncoding.EncodeToString(randomBytes(32))
		c.setCookie(cookieVisit, c.visit, visitLife)
	}
	return c.visit
}
