package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/kit/act"
)

func tokenIn(page string) string {
	_, rest, _ := strings.Cut(page, "token=")
	token, _, _ := strings.Cut(rest, " ")
	return token
}

func TestForeignSitesCannotPost(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	form := url.Values{"name": {"x"}}
	old := with("Sec-Fetch-Site", "") // a browser that does not say
	for name, one := range map[string]struct {
		change []func(*http.Request)
		want   int
	}{
		"same origin":         {nil, 303},
		"cross site":          {[]func(*http.Request){with("Sec-Fetch-Site", "cross-site")}, 403},
		"a sister host":       {[]func(*http.Request){with("Sec-Fetch-Site", "same-site")}, 403},
		"old, foreign origin": {[]func(*http.Request){old, with("Origin", "http://evil.example")}, 403},
		"old, null origin":    {[]func(*http.Request){old, with("Origin", "null")}, 403},
		"old, no token":       {[]func(*http.Request){old}, 403},
	} {
		b := y.browser(y.signIn(anna))
		got := b.post("/apply/1", form, one.change...)
		if got.StatusCode != one.want || one.want == 403 && b.cookies[cookieHeld] != "" {
			t.Errorf("%s: %d to %q, kept %q", name, got.StatusCode, got.Header.Get("Location"), b.cookies[cookieHeld])
		}
	}
}

func TestOnlyOurOwnPagesFormsAreKept(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	form := url.Values{"name": {"a stranger's words"}}
	for name, change := range map[string][]func(*http.Request){
		"typed by nobody":      {with("Sec-Fetch-Site", "none")},
		"old, foreign referer": {with("Sec-Fetch-Site", ""), with("Referer", "http://evil.example/apply/1")},
		"old, no word at all":  {with("Sec-Fetch-Site", "")},
	} {
		for _, token := range []string{"", y.signIn(anna, func(s *Session) { s.Over = true })} {
			b := y.browser(token)
			if got := b.post("/apply/1", form, change...); b.cookies[cookieHeld] != "" || got.Header.Get("Location") != "/sign-in?back=%2F" {
				t.Errorf("%s: kept %q, sent to %q", name, b.cookies[cookieHeld], got.Header.Get("Location"))
			}
		}
	}
}

func TestFormTokenForOldBrowsers(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser(y.signIn(anna))
	old := with("Sec-Fetch-Site", "")
	first, second := tokenIn(b.get("/apply/1").body), tokenIn(b.get("/apply/1").body)
	if first == second {
		t.Error("the token's bytes are the same in two pages: BREACH can guess them")
	}
	for _, token := range []string{first, second} {
		got := b.post("/apply/1", url.Values{"name": {"x"}, "_csrf": {token}}, old)
		if got.Header.Get("Location") != "/done" {
			t.Errorf("a good token: %d %q", got.StatusCode, got.Header.Get("Location"))
		}
	}
	foreign := tokenIn(y.browser(y.signIn(boris)).get("/apply/1").body)
	wantStatus(t, b.post("/apply/1", url.Values{"_csrf": {foreign}}, old), 403)
}

func TestStaleTokenFromOurPageLosesNothing(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser(y.signIn(anna))
	got := b.post("/apply/1", url.Values{"name": {"Анна"}, "_csrf": {"stale"}}, with("Sec-Fetch-Site", ""), with("Origin", y.url))
	if got.StatusCode != 303 || got.Header.Get("Location") != "/apply/1" {
		t.Fatalf("%d %q", got.StatusCode, got.Header.Get("Location"))
	}
	page := b.get("/apply/1")
	if !strings.Contains(page.body, "name=Анна") || !strings.Contains(page.body, "flash=web.stale_form") {
		t.Errorf("page %q", page.body)
	}
}

func TestTokenOfAVisitBeforeSignIn(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("join.show")), "GET /join", func(c *Context) error { c.Public(time.Hour); return c.Render(text("token=" + c.FormToken() + " ")) })
		op := s.Operation(act.Operation{Name: "join.do", May: act.Everyone, Changes: true})
		s.Page(op, "POST /join", func(c *Context) error { return c.Redirect("/done") })
	})
	b, old := y.browser(""), with("Sec-Fetch-Site", "")
	b.get("/join")
	page := b.get("/join") // the second one, whose visit has begun already
	if !strings.Contains(page.Header.Get("Cache-Control"), "no-store") {
		t.Errorf("a page with a token may be kept: %q", page.Header.Get("Cache-Control"))
	}
	wantStatus(t, b.post("/join", url.Values{"_csrf": {tokenIn(page.body)}}, old), 303)
	stranger := y.browser("")
	stranger.get("/join")
	wantStatus(t, stranger.post("/join", url.Values{"_csrf": {tokenIn(page.body)}}, old), 403)
}

func TestAPIByCookieNeedsTheSame(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "thing.do", May: act.SignedIn, Changes: true})
		s.API(op, "POST /api/thing", func(c *Context) error { return c.Empty() }, Describe{Summary: "x"})
		s.Page(s.Operation(open("t.t")), "GET /t", func(c *Context) error { return c.Render(text("token=" + c.FormToken() + " ")) })
	})
	token := y.signIn(anna)
	b, old := y.browser(token), with("Sec-Fetch-Site", "")
	wantStatus(t, b.json("POST", "/api/thing", ""), 204)
	wantStatus(t, b.json("POST", "/api/thing", "", with("Sec-Fetch-Site", "cross-site")), 403)
	wantStatus(t, b.json("POST", "/api/thing", "", old), 403)
	wantStatus(t, b.json("POST", "/api/thing", "", old, with(HeaderToken, tokenIn(b.get("/t").body))), 204)
	wantStatus(t, y.browser("").json("POST", "/api/thing", "", old, with("Authorization", "Bearer "+token)), 204)
	// A token in the header does not make the cookie good: the header's own token is what is looked at.
	wantStatus(t, b.json("POST", "/api/thing", "", with("Sec-Fetch-Site", "cross-site"), with("Authorization", "Bearer x")), 401)
}
