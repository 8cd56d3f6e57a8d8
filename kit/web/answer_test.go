package web

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

func TestHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(c *Config, _ *Deps) { c.Secure = true; c.FormTargets = []string{"https://bank.example"} }, func(s *Server) {
		s.Page(s.Operation(open("x.y")), "GET /open", func(c *Context) error { return c.Render(text("ok")) })
		s.Page(s.Operation(act.Operation{Name: "x.own", May: act.SignedIn}), "GET /own", func(c *Context) error {
			c.Public(time.Hour)
			return c.Render(text("ok"))
		})
		s.Static("GET /a/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			_, _ = io.WriteString(w, "css")
		}))
	})
	b := y.browser(y.signIn(anna))
	stranger := y.browser("")
	for path, caching := range map[string]string{
		"/open": "no-store", "/own": "no-store", "/nowhere": "no-store", "/a/x.css": "public, max-age=31536000, immutable",
	} {
		got := b.get(path)
		if h := got.Header.Get("Cache-Control"); h != caching {
			t.Errorf("%s: Cache-Control %q", path, h)
		}
		want := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
			"manifest-src 'self'; form-action 'self' https://bank.example; frame-ancestors 'none'; base-uri 'none'"
		if h := got.Header.Get("Content-Security-Policy"); h != want {
			t.Errorf("%s: policy %q", path, h)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=63072000; includeSubDomains",
		} {
			if h := got.Header.Get(name); h != want {
				t.Errorf("%s: %s %q", path, name, h)
			}
		}
	}
	if h := stranger.get("/open").Header.Get("Cache-Control"); h != "private, no-cache" {
		t.Errorf("open page to a stranger: %q", h)
	}
}

func TestRedirectsStayInTheCity(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(c *Config, _ *Deps) { c.FormTargets = []string{"https://bank.example"} }, func(s *Server) {
		op := s.Operation(open("x.y"))
		s.Page(op, "GET /in", func(c *Context) error { return c.Redirect(c.Query("to")) })
		s.Page(op, "GET /out", func(c *Context) error { return c.RedirectOut(c.Query("to")) })
	})
	for _, one := range []struct {
		path, to string
		want     int
	}{
		{"/in", "/x?a=b", 303}, {"/in", "//evil.example", 500}, {"/in", "https://evil.example", 500},
		{"/out", "https://bank.example/pay", 303}, {"/out", "https://evil.example/", 500}, {"/out", "https://bank.example@evil.example/", 500},
	} {
		if got := y.browser("").get(one.path + "?to=" + url.QueryEscape(one.to)); got.StatusCode != one.want {
			t.Errorf("%s %s: %d", one.path, one.to, got.StatusCode)
		}
	}
}

func TestPacking(t *testing.T) {
	t.Parallel()
	page := strings.Repeat("привет ", 1000)
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("x.y")), "GET /x", func(c *Context) error { return c.Render(text(page)) })
		s.Page(s.Operation(open("x.small")), "GET /small", func(c *Context) error { return c.Render(text("ok")) })
	})
	for accept, open := range map[string]func(io.Reader) (io.Reader, error){
		"gzip, br": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"br":       func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
		"gzip;q=0": func(r io.Reader) (io.Reader, error) { return r, nil },
		"identity": func(r io.Reader) (io.Reader, error) { return r, nil },
	} {
		got := y.browser("").get("/x", with("Accept-Encoding", accept))
		reader, err := open(strings.NewReader(got.body))
		if err != nil {
			t.Errorf("%s: %v", accept, err)
			continue
		}
		if plain, err := io.ReadAll(reader); err != nil || string(plain) != page {
			t.Errorf("%s: %d bytes, %v", accept, len(plain), err)
		}
	}
	if got := y.browser("").get("/small", with("Accept-Encoding", "gzip")); got.body != "ok" {
		t.Errorf("a small page is packed: %q", got.body)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(open("x.y"))
		s.API(op, "GET /api/x", func(c *Context) error {
			if c.NotModified(7) {
				return nil
			}
			return c.JSON(200, "seven")
		}, Describe{Summary: "x"})
		change := s.Operation(act.Operation{Name: "x.change", May: act.Everyone, Changes: true})
		s.API(change, "PUT /api/x", func(c *Context) error {
			if err := c.Expect(7); err != nil {
				return err
			}
			return c.Empty()
		}, Describe{Summary: "x"})
	})
	b := y.browser("")
	tag := b.get("/api/x").Header.Get("ETag")
	wantStatus(t, b.get("/api/x", with("If-None-Match", `"other", W/`+tag)), 304)
	wantStatus(t, b.get("/api/x", with("If-None-Match", `"other"`)), 200)
	wantStatus(t, b.json("PUT", "/api/x", "", with("If-Match", tag)), 204)
	wantStatus(t, b.json("PUT", "/api/x", "", with("If-Match", `"v6"`)), 409)
	wantStatus(t, b.json("PUT", "/api/x", ""), 204)
}

func TestFilesCannotRun(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(open("x.y"))
		s.Page(op, "GET /html", func(c *Context) error {
			return c.File(File{Name: "пропуск.html", Type: "text/html", Data: []byte("<script>")}, true)
		})
		s.Page(op, "GET /pdf", func(c *Context) error {
			return c.File(File{Name: "a.pdf", Type: "application/pdf", Data: []byte("%PDF")}, true)
		})
	})
	got := y.browser("").get("/html")
	if h := got.Header.Get("Content-Disposition"); !strings.HasPrefix(h, "attachment; filename*=utf-8''") || !strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%q", h)
	}
	if h := y.browser("").get("/pdf").Header.Get("Content-Disposition"); h != "inline; filename=a.pdf" {
		t.Errorf("%q", h)
	}
}

func TestBrokenStreamIsNotTakenForTheWhole(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("x.y")), "GET /x", func(c *Context) error {
			return c.Stream("text/csv", func(w io.Writer) error {
				_, _ = io.WriteString(w, "half")
				return errors.New("disk")
			})
		})
	})
	response, err := http.Get(y.url + "/x")
	if err == nil {
		defer response.Body.Close()
		_, err = io.ReadAll(response.Body)
	}
	if err == nil {
		t.Error("half a file looks whole")
	}
}

func TestFlashAndViewAndLanguage(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(open("x.y"))
		s.Page(op, "GET /set", func(c *Context) error {
			c.SetFlash("success", "web.too_long", "max", 5)
			c.SetView(View{Scheme: "blue", Scale: "200", Theme: "<script>"})
			c.SetLang("en")
			return c.Redirect("/show")
		})
		s.Page(op, "GET /show", func(c *Context) error {
			flash, ok := c.Flash()
			out := string(c.Lang()) + " " + c.View().Scheme + c.View().Scale + c.View().Theme
			if ok {
				out += " " + c.FlashText(flash)
			}
			return c.Render(text(out))
		})
	})
	b := y.browser("")
	wantStatus(t, b.get("/set"), 303)
	kept := b.cookies[cookieFlash]
	if got := b.get("/show").body; got != "en blue200 Too long. Leave at most 5 characters." {
		t.Errorf("%q", got)
	}
	if got := b.get("/show").body; got != "en blue200" {
		t.Errorf("told twice: %q", got)
	}
	y.clock.Move(6 * time.Minute)
	b.cookies[cookieFlash] = kept
	if got := b.get("/show").body; got != "en blue200" {
		t.Errorf("told too late: %q", got)
	}
	b.cookies[cookieFlash] = "forged"
	b.cookies[cookieView] = "scheme=evil&scale=900;x"
	if got := b.get("/show").body; got != "en " {
		t.Errorf("took a forged cookie: %q", got)
	}
}

func TestBoxOpensWithAnOldKeyAndItsOwnNameOnly(t *testing.T) {
	t.Parallel()
	older, newer := randomBytes(32), randomBytes(32)
	before, err := newBox([][]byte{older})
	if err != nil {
		t.Fatal(err)
	}
	after, err := newBox([][]byte{newer, older})
	if err != nil {
		t.Fatal(err)
	}
	sealed := before.seal("a", []byte("x"))
	if got, err := after.open("a", sealed); err != nil || string(got) != "x" {
		t.Errorf("after the change of keys: %q %v", got, err)
	}
	if _, err := after.open("b", sealed); err == nil {
		t.Error("opened under another name")
	}
	if _, err := newBox([][]byte{randomBytes(16)}); err == nil {
		t.Error("took a short secret")
	}
}

// answers is a store of answers in memory.
type answers struct {
	mu   sync.Mutex
	done map[[32]byte]Call
	kept map[[32]byte]Answer
}

func (a *answers) Begin(_ context.Context, call Call, _ time.Duration) (CallState, Answer, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	before, seen := a.done[call.Key]
	kept, answered := a.kept[call.Key]
	switch {
	case !seen:
		a.done[call.Key] = call
		return CallFresh, Answer{}, nil
	case before.Body != call.Body:
		return CallDiffers, Answer{}, nil
	case answered:
		return CallAnswered, kept, nil
	}
	return CallRunning, Answer{}, nil
}

func (a *answers) Finish(_ context.Context, call Call, answer Answer) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.kept[call.Key] = answer
	return nil
}

func (a *answers) Drop(_ context.Context, call Call) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.done, call.Key)
	return nil
}

func TestRepeatedCallIsDoneOnce(t *testing.T) {
	t.Parallel()
	done, acts := 0, map[string]bool{}
	y := newCity(t, func(_ *Config, d *Deps) { d.Answers = &answers{done: map[[32]byte]Call{}, kept: map[[32]byte]Answer{}} }, func(s *Server) {
		op := s.Operation(act.Operation{Name: "pay.do", May: act.SignedIn, Changes: true})
		s.API(op, "POST /api/pay", func(c *Context) error {
			acts[c.Act().ID.String()] = true
			var in struct {
				Sum int64 `json:"sum"`
			}
			if err := c.Bind(&in); err != nil {
				return err
			}
			if in.Sum == 13 {
				return faultBusy
			}
			if in.Sum == 14 {
				panic("x")
			}
			done++
			return c.JSON(201, done)
		}, Describe{Summary: "x"})
	})
	b := y.browser(y.signIn(anna))
	key := with(HeaderRepeat, "k1")
	first := b.json("POST", "/api/pay", `{"sum":1}`, key)
	second := b.json("POST", "/api/pay", `{"sum":1}`, key)
	if first.StatusCode != 201 || second.StatusCode != 201 || first.body != second.body || done != 1 || second.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("%d %q, %d %q, done %d", first.StatusCode, first.body, second.StatusCode, second.body, done)
	}
	wantStatus(t, b.json("POST", "/api/pay", `{"sum":2}`, key), 422)
	wantStatus(t, b.json("POST", "/api/pay?account=2", `{"sum":1}`, key), 422)
	for _, sum := range []string{"13", "14"} { // a call that failed may be sent again, and is the same act
		acts = map[string]bool{}
		for range 2 {
			if got := b.json("POST", "/api/pay", `{"sum":`+sum+`}`, with(HeaderRepeat, "k"+sum)); got.StatusCode < 500 {
				t.Errorf("%s: %d", sum, got.StatusCode)
			}
		}
		if len(acts) != 1 {
			t.Errorf("%s: %d acts", sum, len(acts))
		}
	}
	wantStatus(t, b.json("POST", "/api/pay", `{"sum":3}`, with(HeaderRepeat, "a b")), 422)
}

// Who was an official and is one no more, or whose session is over, gets nothing that was answered to the official.
func TestAKeptAnswerIsForTheSameHatAlone(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(_ *Config, d *Deps) { d.Answers = &answers{done: map[[32]byte]Call{}, kept: map[[32]byte]Answer{}} }, func(s *Server) {
		op := s.Operation(act.Operation{Name: "case.take", Object: "case", May: act.SameAgency, Changes: true})
		s.API(op, "POST /api/take", func(c *Context) error {
			if err := c.May(act.Object{Kind: "case", Agency: agency}); err != nil {
				return err
			}
			return c.JSON(201, "secret")
		}, Describe{Summary: "x"})
	})
	send := func(token string) reply {
		return y.browser(token).json("POST", "/api/take", `{}`, with(HeaderRepeat, "k1"))
	}
	token := y.signIn(clerk, official)
	wantStatus(t, send(token), 201)
	if got := send(y.signIn(clerk, official)); got.StatusCode != 201 || got.Header.Get("Idempotency-Replayed") == "" {
		t.Errorf("the same official, signed in anew: %d", got.StatusCode)
	}
	other := func(s *Session) { s.Agency, s.Role = id.Derived("agency", "other"), "clerk" }
	for name, change := range map[string]func(*Session){"a resident now": func(*Session) {}, "another agency's now": other} {
		if got := send(y.signIn(clerk, change)); got.StatusCode != 404 || strings.Contains(got.body, "secret") {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
	y.mu.Lock()
	delete(y.sessions, HashToken(token))
	y.mu.Unlock()
	if got := send(token); got.StatusCode != 401 || strings.Contains(got.body, "secret") {
		t.Errorf("a session that is over: %d %s", got.StatusCode, got.body)
	}
}

func TestHeadAnswersWithoutABody(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("x.y")), "GET /x", func(c *Context) error { return c.Render(text("hello")) })
	})
	r := httptest.NewRecorder()
	y.server.serve(r, httptest.NewRequest("HEAD", "/x", nil))
	if r.Body.Len() != 0 || r.Header().Get("Content-Length") != "5" {
		t.Errorf("%d bytes, length %q", r.Body.Len(), r.Header().Get("Content-Length"))
	}
}
