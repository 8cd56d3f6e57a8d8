package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

// formCity has a form page that needs signing in and one that does not.
func formCity(t *testing.T) *city {
	show := func(c *Context) error {
		held, _ := c.Held()
		flash, _ := c.Flash()
		return c.Render(text("form token=" + c.FormToken() + " name=" + held.Get("name") + " password=" + held.Get("password") + " flash=" + flash.Key))
	}
	return newCity(t, nil, func(s *Server) {
		read := s.Operation(act.Operation{Name: "draft.read", May: act.SignedIn})
		write := s.Operation(act.Operation{Name: "draft.write", May: act.SignedIn, Changes: true})
		s.Page(read, "GET /apply/{step}", show)
		s.Page(write, "POST /apply/{step}", func(c *Context) error {
			var form struct {
				Name string `json:"name"`
			}
			if err := c.Bind(&form); err != nil {
				return err
			}
			return c.Redirect("/done")
		})
		s.Page(s.Operation(act.Operation{Name: "sign.in", May: act.Everyone}), "GET /sign-in", func(c *Context) error {
			return c.Render(text("back=" + c.Back()))
		})
		s.Page(s.Operation(act.Operation{Name: "broken.form", May: act.SignedIn, Changes: true}), "POST /broken", func(c *Context) error {
			if _, err := c.Fields(); err != nil {
				return err
			}
			return faultTimeout
		})
	})
}

func TestUnsignedPersonComesBackWithWhatTheyTyped(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser("no such token")
	got := b.post("/apply/2", url.Values{"name": {"Анна"}, "password": {"hunter2"}, "_csrf": {"x"}})
	wantStatus(t, got, 303)
	if want := "/sign-in?back=%2Fapply%2F2"; got.Header.Get("Location") != want {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
	if page := b.get(got.Header.Get("Location")); page.body != "back=/apply/2" {
		t.Errorf("the sign-in page has %q", page.body)
	}
	b.cookies[cookieSession] = y.signIn(anna)
	if page := b.get("/apply/1"); strings.Contains(page.body, "Анна") {
		t.Error("another page took the form")
	}
	page := b.get("/apply/2")
	if !strings.Contains(page.body, "name=Анна ") || strings.Contains(page.body, "hunter2") {
		t.Errorf("the page has %q", page.body)
	}
	if again := b.get("/apply/2"); strings.Contains(again.body, "Анна") {
		t.Error("the form was given twice")
	}
}

func TestHeldFormOfAnEndedSessionIsItsPersonsAlone(t *testing.T) {
	t.Parallel()
	for person, want := range map[id.ID]bool{anna: true, boris: false} {
		y := formCity(t)
		b := y.browser(y.signIn(anna, func(s *Session) { s.Over = true }))
		wantStatus(t, b.post("/apply/2", url.Values{"name": {"Анна"}}), 303)
		b.cookies[cookieSession] = y.signIn(person)
		if page := b.get("/apply/2"); strings.Contains(page.body, "Анна") != want {
			t.Errorf("%v: %q", person == anna, page.body)
		}
	}
}

func TestHeldFormGoesToThePageItStoodOn(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser("")
	got := b.post("/broken", url.Values{"name": {"Анна"}}, with("Referer", y.url+"/apply/3?a=b"))
	if got.Header.Get("Location") != "/sign-in?back=%2Fapply%2F3%3Fa%3Db" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
	got = b.post("/broken", url.Values{"name": {"Анна"}}, with("Referer", "http://evil.example/apply/3"))
	if got.Header.Get("Location") != "/sign-in?back=%2F" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
}

// A handler sends a person to show more of themselves as the kit does: they come back to their page, with what they typed.
func TestADetourComesBackWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "show", May: act.SignedIn})
		s.Page(op, "GET /apply", func(c *Context) error {
			fields, _ := c.Held()
			return c.Render(text("name=" + fields.Get("name") + "."))
		})
		s.Page(op, "POST /apply", func(c *Context) error {
			if _, err := c.Fields(); err != nil {
				return err
			}
			return c.Detour("/raise", url.Values{"level": {"3"}})
		})
		s.Page(op, "GET /away", func(c *Context) error { return c.Detour("/raise", nil) })
	})
	b := y.browser(y.signIn(anna))
	got := b.post("/apply", url.Values{"name": {"Анна"}}, with("Referer", y.url+"/apply?a=b"))
	if got.Header.Get("Location") != "/raise?back=%2Fapply%3Fa%3Db&level=3" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
	if page := b.get("/apply"); !strings.Contains(page.body, "name=Анна.") {
		t.Errorf("lost: %q", page.body)
	}
	if got := b.get("/away?x=1"); got.Header.Get("Location") != "/raise?back=%2Faway%3Fx%3D1" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
}

func TestHeldFormSurvivesATroubleAndExpires(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser(y.signIn(anna))
	from := with("Referer", y.url+"/apply/3")
	wantStatus(t, b.post("/broken", url.Values{"name": {"Анна"}}, from), 503)
	if page := b.get("/apply/3"); !strings.Contains(page.body, "Анна") {
		t.Errorf("lost: %q", page.body)
	}
	wantStatus(t, b.post("/broken", url.Values{"name": {"Анна"}}, from), 503)
	y.clock.Move(61 * time.Minute)
	if page := b.get("/apply/3"); strings.Contains(page.body, "Анна") {
		t.Error("kept for ever")
	}
}

func TestUnsignedGetKeepsItsAddress(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	got := y.browser("").get("/apply/1?service=parking")
	if got.Header.Get("Location") != "/sign-in?back=%2Fapply%2F1%3Fservice%3Dparking" {
		t.Errorf("sent to %q", got.Header.Get("Location"))
	}
	partial := y.browser("").get("/apply/1", with("HX-Request", "true"), with("HX-Current-URL", y.url+"/apply/9"))
	if partial.StatusCode != 200 || partial.Header.Get("HX-Redirect") != "/sign-in?back=%2Fapply%2F9" {
		t.Errorf("htmx: %d %v", partial.StatusCode, partial.Header)
	}
}

func TestBackIsALocalPath(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	for _, bad := range []string{"//evil.example", "https://evil.example/", `/\evil.example`, "///evil.example", "javascript:x", "/\tx", "", "/%0aSet-Cookie"} {
		got := y.browser("").get("/sign-in?back=" + url.QueryEscape(bad))
		if want := "back=/"; got.body != want && bad != "/%0aSet-Cookie" {
			t.Errorf("%q: %q", bad, got.body)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/a//b")
	f.Add(`/\x`)
	base, _ := url.Parse("https://posad.example/page")
	f.Fuzz(func(t *testing.T, path string) {
		if !LocalPath(path) {
			return
		}
		if to, err := base.Parse(path); err != nil || to.Host != base.Host || to.Scheme != base.Scheme {
			t.Errorf("%q leads to %v, %v", path, to, err)
		}
	})
}

func TestSessionCookie(t *testing.T) {
	t.Parallel()
	token, _ := NewToken()
	y := newCity(t, func(c *Config, _ *Deps) { c.Secure = true }, func(s *Server) {
		op := s.Operation(act.Operation{Name: "account.in", May: act.Everyone, Changes: true})
		s.Page(op, "POST /sign-in", func(c *Context) error { c.SignIn(token, time.Hour); return c.Redirect("/") })
		s.Page(s.Operation(open("who.am")), "GET /who", func(c *Context) error { return c.Render(text(string(c.Act().Actor.Kind))) })
	})
	got := y.browser("").post("/sign-in", nil)
	for _, cookie := range got.Cookies() {
		if cookie.Name == "__Host-posad_session" {
			if !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" || cookie.Path != "/" || cookie.Value != token {
				t.Errorf("cookie %v", cookie)
			}
			return
		}
	}
	t.Errorf("no session cookie: %v", got.Cookies())
}

func TestBearerTokenIsForTheAPI(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "who.am", May: act.SignedIn})
		who := func(c *Context) error { return c.JSON(200, c.Person()) }
		s.API(op, "GET /api/who", who, Describe{Summary: "x"})
		s.Page(op, "GET /who", who)
	})
	b := y.browser("")
	token := with("Authorization", "Bearer "+y.signIn(anna))
	wantStatus(t, b.get("/api/who", token), 200)
	wantStatus(t, b.get("/who", token), 303)
	wantStatus(t, b.get("/api/who", with("Authorization", "Bearer wrong")), 401)
	wantStatus(t, b.get("/api/who", with("Authorization", "Basic YTpi")), 401)
	wantStatus(t, b.get("/api/who"), 401)
	bad := y.browser(y.signIn(anna)) // a good cookie does not stand in for a bad token
	wantStatus(t, bad.get("/api/who", with("Authorization", "Bearer wrong")), 401)
}

func TestTouchOnceAMinute(t *testing.T) {
	t.Parallel()
	y := formCity(t)
	b := y.browser(y.signIn(anna))
	b.get("/apply/1")
	if y.touched != 0 {
		t.Error("touched within the minute")
	}
	y.clock.Move(2 * time.Minute)
	b.get("/apply/1")
	if y.touched != 1 {
		t.Errorf("touched %d times", y.touched)
	}
}
