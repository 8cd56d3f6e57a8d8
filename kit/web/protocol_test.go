package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posad.city/kit/act"
	"posad.city/kit/fault"
)

// tokenCity has an endpoint of a protocol, one of its pages for people, and a page of ours.
func tokenCity(t *testing.T, perMinute int) *city {
	return newCity(t, func(c *Config, _ *Deps) { c.PerAddress = 20 }, func(s *Server) {
		op := open("token.make")
		op.Changes, op.PerMinute, op.Body = true, perMinute, 1000
		fail := func(c *Context, status int, f *fault.Fault) error {
			return c.Answer(status, "application/json", []byte(`{"error":"`+f.ID+`"}`))
		}
		wire := Wire{Fail: fail, Headers: []string{"DPoP"}, Origin: func(_ *Context, origin string) bool { return origin == "https://site.example" }}
		s.Protocol(s.Operation(op), "POST /token", func(c *Context) error {
			if _, signed := c.Session(); signed {
				t.Error("a protocol knows a session")
			}
			body, err := c.Body()
			if err != nil {
				return err
			}
			if string(body) == "break" {
				return errors.New("broken")
			}
			if err := c.Header("X-Own", "1"); err != nil {
				return err
			}
			return c.Answer(http.StatusCreated, "application/json", []byte(`{"as":"`+c.Request().Header.Get("Authorization")+`"}`))
		}, wire)
		s.Protocol(s.Operation(open("token.ask")), "GET /ask", func(c *Context) error {
			return c.Leave("https://site.example/back?a=1", text("going on"))
		}, Wire{People: true})
		s.Protocol(s.Operation(open("token.lost")), "GET /lost", func(*Context) error { return faultMissing }, Wire{People: true})
		s.Page(s.Operation(open("page.read")), "GET /page", func(c *Context) error {
			if err := c.Header("X-Own", "1"); err == nil {
				t.Error("a page has set a header")
			}
			return c.Leave(c.Query("to"), text("going on"))
		})
		s.Protocol(s.Operation(act.Operation{Name: "token.signed", May: act.Self}), "GET /signed", func(c *Context) error {
			return c.Answer(http.StatusOK, "text/plain", nil)
		}, Wire{Fail: fail})
	})
}

func form(text string) (string, string, string, string) {
	return http.MethodPost, "/token", "application/x-www-form-urlencoded", text
}

func TestProtocolKnowsNoCookiesTokensOrOrigins(t *testing.T) {
	t.Parallel()
	y := tokenCity(t, 0)
	b := y.browser(y.signIn(anna))
	for _, site := range []string{"same-origin", "cross-site", ""} {
		method, path, kind, body := form("a=b")
		got := b.send(method, path, kind, body, with("Sec-Fetch-Site", site), with("Origin", "https://evil.example"), with("Authorization", "Basic abc"))
		wantStatus(t, got, http.StatusCreated)
		if got.body != `{"as":"Basic abc"}` || got.Header.Get("X-Own") != "1" || got.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("from %q: %s %v", site, got.body, got.Header)
		}
		if got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Error("a stranger's script may read the answer")
		}
	}
	wantStatus(t, b.get("/signed"), http.StatusUnauthorized) // a cookie opens nothing
}

func TestProtocolTellsFaultsInItsOwnWords(t *testing.T) {
	t.Parallel()
	y := tokenCity(t, 0)
	b := y.browser("")
	for body, want := range map[string]string{"break": "web.internal", strings.Repeat("a", 2000): "web.too_large"} {
		method, path, kind, text := form(body)
		if got := b.send(method, path, kind, text); got.body != `{"error":"`+want+`"}` || got.StatusCode < 400 {
			t.Errorf("%d %s", got.StatusCode, got.body)
		}
	}
	if got := b.get("/lost"); got.StatusCode != http.StatusNotFound || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") {
		t.Errorf("people are told %d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
}

func TestProtocolHasItsOwnRate(t *testing.T) {
	t.Parallel()
	for perMinute, most := range map[int]int{0: 12, 1000: 200} { // the common limit here is 20 a minute
		b := tokenCity(t, perMinute).browser("")
		passed := 0
		for range most {
			if got := b.send(form("a=b")); got.StatusCode == http.StatusCreated {
				passed++
			} else if got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" || !strings.Contains(got.body, "web.too_many") {
				t.Errorf("%d %s", got.StatusCode, got.body)
			}
		}
		if (perMinute == 0) == (passed == most) {
			t.Errorf("of %d calls %d passed at %d a minute", most, passed, perMinute)
		}
	}
}

func TestProtocolSharesWithOriginsThatItKnows(t *testing.T) {
	t.Parallel()
	y := tokenCity(t, 1000)
	b := y.browser("")
	for origin, want := range map[string]string{"https://site.example": "https://site.example", "https://evil.example": "", "null": ""} {
		got := b.send(http.MethodOptions, "/token", "", "", with("Origin", origin), with("Access-Control-Request-Method", "POST"))
		wantStatus(t, got, http.StatusNoContent)
		if got.Header.Get("Access-Control-Allow-Origin") != want || want != "" && !strings.Contains(got.Header.Get("Access-Control-Allow-Headers"), "DPoP") {
			t.Errorf("%s: %v", origin, got.Header)
		}
		method, path, kind, body := form("a=b")
		got = b.send(method, path, kind, body, with("Origin", origin))
		if got.Header.Get("Access-Control-Allow-Origin") != want || got.Header.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("%s: %v", origin, got.Header)
		}
	}
	wantStatus(t, b.send(http.MethodOptions, "/ask", "", ""), http.StatusMethodNotAllowed)
}

// A redirect after a form of ours is held to form-action by browsers, so the page goes on by itself there.
func TestLeaving(t *testing.T) {
	t.Parallel()
	y := tokenCity(t, 0)
	b := y.browser("")
	got := b.get("/ask", with("Sec-Fetch-Site", "cross-site"))
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "https://site.example/back?a=1" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	got = b.get("/ask", with("Sec-Fetch-Site", "same-origin"))
	if got.StatusCode != http.StatusOK || got.Header.Get("Refresh") != "0; url=https://site.example/back?a=1" || got.body != "going on" {
		t.Errorf("%d %v", got.StatusCode, got.Header)
	}
	for _, address := range []string{"/local", "javascript:alert(1)", "https://a@b.example/", "ftp://b.example/", "https://b.example/\"x"} {
		if got := b.get("/page?to="+url.QueryEscape(address), with("Sec-Fetch-Site", "cross-site")); got.StatusCode != http.StatusInternalServerError {
			t.Errorf("%s: %d to %q", address, got.StatusCode, got.Header.Get("Location"))
		}
	}
}

func TestProtocolIsCheckedWhenItIsHung(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(*Server){
		"under /api/": func(s *Server) {
			s.Protocol(s.Operation(open("a.b")), "GET /api/x", func(*Context) error { return nil }, Wire{})
		},
		"without method": func(s *Server) {
			s.Protocol(s.Operation(open("a.b")), "/x", func(*Context) error { return nil }, Wire{})
		},
		"no operation": func(s *Server) { s.Protocol(nil, "GET /x", func(*Context) error { return nil }, Wire{}) },
		"changes by GET": func(s *Server) {
			op := open("a.b")
			op.Changes = true
			s.Protocol(s.Operation(op), "GET /x", func(*Context) error { return nil }, Wire{})
		},
	} {
		s, err := New(Config{BaseURL: "http://posad.example"}, Deps{})
		if err != nil {
			t.Fatal(err)
		}
		hang(s)
		if len(s.faults) == 0 {
			t.Errorf("%s: hung without a fault", name)
		}
	}
}
