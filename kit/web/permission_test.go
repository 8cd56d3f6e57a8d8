package web

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

func TestPermissionIsFromTheObject(t *testing.T) {
	t.Parallel()
	objects := map[string]act.Object{
		"annas": annas, "boriss": {Kind: "case", Holder: boris}, "agencys": {Kind: "case", Holder: id.Derived("person", "x"), Agency: agency},
		"public": {Kind: "case", Holder: boris, Public: true},
	}
	y := newCity(t, nil, func(s *Server) {
		read := s.Operation(act.Operation{Name: "case.read", Object: "case", Scope: "apply", May: act.Self | act.ByMandate | act.SameAgency})
		change := s.Operation(act.Operation{Name: "case.change", Object: "case", May: act.Self, Changes: true})
		show := func(c *Context) error {
			if err := c.May(objects[c.Path("which")]); err != nil {
				return err
			}
			return c.Render(text("shown by " + c.Act().Mandate.String()))
		}
		s.Page(read, "GET /cases/{which}", show)
		s.Page(change, "POST /cases/{which}", show)
	})
	annasToken, clerksToken := y.signIn(anna), y.signIn(clerk, official)
	for _, one := range []struct {
		name, token, method, which string
		want                       int
	}{
		{"own", annasToken, "GET", "annas", 200},
		{"by mandate", annasToken, "GET", "boriss", 200},
		{"a stranger's is not there", annasToken, "GET", "agencys", 404},
		{"public to a stranger", clerksToken, "GET", "public", 200},
		{"public opens no change", clerksToken, "POST", "public", 404},
		{"own change", annasToken, "POST", "annas", 200},
		{"a mandate of another scope", annasToken, "POST", "boriss", 404},
		{"same agency", clerksToken, "GET", "agencys", 200},
		{"other agency", clerksToken, "GET", "annas", 404},
		{"unsigned", "", "GET", "annas", 303},
	} {
		b := y.browser(one.token)
		if got := b.send(one.method, "/cases/"+one.which, "application/x-www-form-urlencoded", ""); got.StatusCode != one.want {
			t.Errorf("%s: %d, want %d", one.name, got.StatusCode, one.want)
		} else if one.name == "by mandate" && got.body != "shown by "+mandate.String() {
			t.Errorf("the act does not carry its mandate: %q", got.body)
		}
	}
}

func TestAnswerWithoutPermissionIsABreach(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "case.read", Object: "case", May: act.Self})
		s.Page(op, "GET /render", func(c *Context) error { return c.Render(text("secret")) })
		s.Page(op, "GET /redirect", func(c *Context) error { return c.Redirect("/secret") })
		s.Page(op, "GET /file", func(c *Context) error { return c.File(File{Name: "secret", Data: []byte("secret")}, false) })
		s.Page(op, "GET /refused", func(c *Context) error {
			_ = c.May(act.Object{Kind: "case", Holder: boris}) // forgets to look
			_ = c.May(annas)
			return c.Render(text("secret"))
		})
		s.Page(op, "GET /nothing", func(c *Context) error { return c.May(annas) })
		s.API(op, "GET /api/json", func(c *Context) error { return c.JSON(200, "secret") }, Describe{Summary: "x"})
	})
	b := y.browser(y.signIn(anna))
	for path, want := range map[string]int{"/render": 500, "/redirect": 500, "/file": 500, "/api/json": 500, "/refused": 404, "/nothing": 500} {
		got := b.get(path)
		if got.StatusCode != want || strings.Contains(got.body, "secret") || got.Header.Get("Location") != "" {
			t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
		}
	}
	if len(y.breaches) != 4 {
		t.Errorf("breaches: %v", y.breaches)
	}
	if !strings.Contains(y.logged(), "permission was not asked") {
		t.Error("the log is silent")
	}
}

func TestOperationWithoutObjectAsksWhoOneIs(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "desk.queue", May: act.SameAgency})
		s.Page(op, "GET /desk", func(c *Context) error { return c.Render(text(string(c.Act().Channel))) })
	})
	wantStatus(t, y.browser(y.signIn(anna)).get("/desk"), 403)
	if got := y.browser(y.signIn(clerk, official)).get("/desk"); got.StatusCode != 200 || got.body != "desk" {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}

func TestUnsignedPersonDoesNotReachTheHandler(t *testing.T) {
	t.Parallel()
	reached := 0
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "case.change", Object: "case", May: act.Self, Changes: true})
		s.Page(op, "POST /change", func(c *Context) error { reached++; return c.May(annas) })
	})
	wantStatus(t, y.browser("").post("/change", nil), 303)
	if reached != 0 {
		t.Error("the handler ran for nobody")
	}
}

func TestLevelOfSignIn(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "vote.cast", May: act.SignedIn, Assurance: act.Verified})
		s.Page(op, "GET /vote", func(c *Context) error { return c.Render(text("ok")) })
	})
	wantStatus(t, y.browser(y.signIn(anna)).get("/vote"), 403)
	wantStatus(t, y.browser(y.signIn(anna, func(s *Session) { s.Assurance = act.Verified })).get("/vote"), 200)
}

// What asks for a fresh proof asks for both steps of who chose two, and the page that they are sent to knows it.
func TestWhoChoseTwoStepsShowsBoth(t *testing.T) {
	t.Parallel()
	raise := func(c *Config, _ *Deps) { c.Raise = "/sign-in/raise" }
	y := newCity(t, raise, func(s *Server) {
		op := s.Operation(act.Operation{Name: "way.drop", May: act.SignedIn, Fresh: 15 * time.Minute})
		s.Page(op, "GET /drop", func(c *Context) error { return c.Render(text("ok")) })
		s.API(op, "GET /api/drop", func(c *Context) error { return c.JSON(200, "ok") }, Describe{Summary: "drop"})
	})
	fresh := func(s *Session) { s.Proved = y.clock.Now() }
	two := func(s *Session) { s.Two = true }
	wantStatus(t, y.browser(y.signIn(anna, fresh)).get("/drop"), 200)
	got := y.browser(y.signIn(anna, fresh, two)).get("/drop")
	if wantStatus(t, got, 303); got.Header.Get("Location") != "/sign-in/raise?back=%2Fdrop&strong=1" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
	wantStatus(t, y.browser(y.signIn(anna, fresh, two)).get("/api/drop"), 403)
	wantStatus(t, y.browser(y.signIn(anna, fresh, two, func(s *Session) { s.Strong = true })).get("/drop"), 200)
}

func TestCanShowsButOpensNothing(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		read := s.Operation(act.Operation{Name: "case.read", Object: "case", May: act.Self})
		s.Page(read, "GET /can", func(c *Context) error {
			if !c.Can(read, annas) || c.Can(read, act.Object{Kind: "case", Holder: boris}) {
				t.Error("Can is wrong")
			}
			return c.Render(text("secret"))
		})
	})
	wantStatus(t, y.browser(y.signIn(anna)).get("/can"), 500)
}

func TestRegistrationRefusesWhatIsUnsafe(t *testing.T) {
	t.Parallel()
	ok := func(c *Context) error { return nil }
	for name, register := range map[string]func(s *Server){
		"changes by GET": func(s *Server) {
			s.Page(s.Operation(act.Operation{Name: "a.b", May: act.Self, Changes: true}), "GET /x", ok)
		},
		"same name": func(s *Server) { s.Operation(open("a.b")); s.Operation(open("a.b")) },
		"same path": func(s *Server) {
			op := s.Operation(open("a.b"))
			s.Page(op, "GET /x", ok)
			s.Page(op, "GET /x", ok)
		},
		"no method":         func(s *Server) { s.Page(s.Operation(open("a.b")), "/x", ok) },
		"page under /api":   func(s *Server) { s.Page(s.Operation(open("a.b")), "GET /api/x", ok) },
		"API without words": func(s *Server) { s.API(s.Operation(open("a.b")), "GET /api/x", ok, Describe{}) },
		"open with a level": func(s *Server) {
			s.Operation(act.Operation{Name: "a.b", May: act.Everyone, Assurance: act.Basic})
		},
	} {
		s, err := New(Config{BaseURL: "http://posad.example"}, newCity(t, nil, func(*Server) {}).server.deps)
		if err != nil {
			t.Fatal(err)
		}
		s.deps.Operations = new(act.Registry)
		register(s)
		if _, err := s.Handler(); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := New(Config{BaseURL: "posad.example"}, Deps{}); err == nil {
		t.Error("an address without a scheme was taken")
	}
	s, err := New(Config{BaseURL: "http://posad.example"}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Handler(); err == nil || !strings.Contains(err.Error(), "Sessions is not provided") {
		t.Errorf("started with nothing: %v", err)
	}
}

func TestUnmatchedPaths(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		s.Page(s.Operation(open("a.b")), "GET /x/{$}", func(c *Context) error { return c.Render(text("ok")) })
	})
	b := y.browser("")
	wantStatus(t, b.get("/nowhere"), 404)
	if got := b.get("/api/nowhere"); got.StatusCode != 404 || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	if got := b.send("POST", "/x/", "", ""); got.StatusCode != http.StatusMethodNotAllowed || got.Header.Get("Allow") == "" {
		t.Errorf("%d, Allow %q", got.StatusCode, got.Header.Get("Allow"))
	}
}

func TestAnOfficialDealsWithTheirOwnAsAPerson(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "case.read", Object: "case", May: act.Self | act.SameAgency})
		s.Page(op, "GET /own", func(c *Context) error {
			if err := c.May(act.Object{Kind: "case", Holder: clerk}); err != nil {
				return err
			}
			return c.Render(text(string(c.Act().Actor.Kind)))
		})
		s.Page(op, "GET /agencys", func(c *Context) error {
			if err := c.May(act.Object{Kind: "case", Holder: boris, Agency: agency}); err != nil {
				return err
			}
			return c.Render(text(string(c.Act().Actor.Kind)))
		})
	})
	b := y.browser(y.signIn(clerk, official))
	for path, want := range map[string]string{"/own": "person", "/agencys": "official"} {
		if got := b.get(path); got.body != want {
			t.Errorf("%s: %d %q, want %q", path, got.StatusCode, got.body, want)
		}
	}
}

// A stranger can't tell a thing that is another's from one that is not there, neither by the page nor by the API.
func TestAnothersLooksLikeNone(t *testing.T) {
	t.Parallel()
	none := fault.New(fault.Missing, "web.method") // stands for a module's own words
	y := newCity(t, nil, func(s *Server) {
		show := func(c *Context) error {
			if c.Path("which") == "none" {
				return fmt.Errorf("read: %w", none)
			}
			if err := c.May(map[string]act.Object{"annas": annas, "agencys": {Kind: "case", Agency: agency}}[c.Path("which")]); err != nil {
				return err
			}
			return none // a part of what one may see
		}
		closed := s.Operation(act.Operation{Name: "case.read", Object: "case", May: act.Self})
		s.Page(closed, "GET /cases/{which}", show)
		s.API(closed, "GET /api/cases/{which}", show, Describe{Summary: "x"})
		s.API(s.Operation(open("town.read")), "GET /api/town/{which}", show, Describe{Summary: "x"})
	})
	b := y.browser(y.signIn(anna))
	reference := regexp.MustCompile(`[2-9A-Z]{4}-[2-9A-Z]{4}`)
	token, hash := NewToken()
	y.sessions[hash] = Session{ID: id.New(moment), Person: anna, Assurance: act.Standard, Seen: moment}
	seen := func(path string) string {
		got := b.get(path, with("Authorization", map[bool]string{true: "Bearer " + token}[strings.HasPrefix(path, "/api/")]))
		wantStatus(t, got, 404)
		return reference.ReplaceAllString(got.body, "")
	}
	for _, at := range []string{"/cases/", "/api/cases/"} {
		if anothers, absent := seen(at+"agencys"), seen(at+"none"); anothers != absent {
			t.Errorf("%s: another's says %s, none says %s", at, anothers, absent)
		}
		if own, absent := seen(at+"annas"), seen(at+"none"); own == absent {
			t.Errorf("%s: what was permitted has lost its own words: %s", at, own)
		}
	}
	if got := seen("/api/town/none"); !strings.Contains(got, none.ID) {
		t.Errorf("what lies open to all has lost its own words: %s", got)
	}
}
