package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"

	"posad.city/kit/act"
	"posad.city/kit/fault"
)

func failing(err error) func(*Context) error { return func(*Context) error { return err } }

func TestUnknownErrorsShowNothingOfThemselves(t *testing.T) {
	t.Parallel()
	secret := errors.New("sql: password=hunter2")
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(open("x.y"))
		s.Page(op, "GET /plain", failing(secret))
		s.Page(op, "GET /internal", failing(fault.New(fault.Internal, "store.secret").Because(secret)))
		s.Page(op, "GET /panic", func(*Context) error { panic(secret) })
		s.Page(op, "GET /half", func(c *Context) error {
			return c.Render(templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				_, _ = io.WriteString(w, "half a page")
				return secret
			}))
		})
		s.API(op, "GET /api/plain", failing(secret), Describe{Summary: "x"})
		s.API(op, "GET /api/panic", func(*Context) error { panic("hunter2") }, Describe{Summary: "x"})
	})
	for _, path := range []string{"/plain", "/internal", "/panic", "/half", "/api/plain", "/api/panic"} {
		got := y.browser("").get(path)
		if got.StatusCode != 500 || strings.Contains(got.body, "hunter2") || strings.Contains(got.body, "store.secret") || strings.Contains(got.body, "half") {
			t.Errorf("%s: %d %q", path, got.StatusCode, got.body)
		}
	}
	if log := y.logged(); strings.Count(log, "hunter2") != 6 {
		t.Errorf("the log has the cause %d times: %s", strings.Count(log, "hunter2"), log)
	}
}

func TestProblemDetails(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(open("x.y"))
		wrong := faultFields.With(fault.Field{Name: "vehicle.plate", ID: "web.too_long", Params: map[string]string{"max": "9"}},
			fault.Field{Name: "a/b", Text: "From the definition"})
		s.API(op, "GET /api/wrong", failing(fmt.Errorf("wrapped: %w", wrong)), Describe{Summary: "x"})
	})
	got := y.browser("").get("/api/wrong", with("Accept-Language", "en"))
	wantStatus(t, got, 422)
	var problem Problem
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(problem.Instance, "urn:posad:request:") {
		t.Errorf("instance %q", problem.Instance)
	}
	problem.Instance = ""
	want := Problem{
		Type: "http://posad.example/api/problems/web.fields", Title: "Needs correcting", Status: 422, Code: "web.fields",
		Detail: "Check the marked fields and send again.",
		Errors: []ProblemField{
			{"#/vehicle/plate", "web.too_long", "Too long. Leave at most 9 characters."},
			{"#/a~1b", "web.field", "From the definition"},
		},
	}
	if diff := cmp.Diff(want, problem); diff != "" {
		t.Error(diff)
	}
	wantStatus(t, y.browser("").get("/api/problems/web.fields"), 200)
	wantStatus(t, y.browser("").get("/api/problems/web.nonsense"), 404)
}

func TestEveryKindHasAStatusAndATitle(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(*Server) {})
	for kind, status := range statuses {
		if got := Status(fault.New(kind, "x")); got != status || !y.server.deps.Texts.Has("web.kind."+string(kind)) {
			t.Errorf("%s: %d", kind, got)
		}
	}
	if len(statuses) != 11 {
		t.Errorf("%d kinds", len(statuses))
	}
}

func TestLogNamesNobody(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "case.read", May: act.Self})
		s.Page(op, "GET /cases/{number}", func(c *Context) error { return c.Render(text("ok")) })
		s.Page(op, "GET /broken/{number}", failing(errors.New("disk")))
	})
	token := y.signIn(anna)
	y.browser(token).get("/cases/SECRET?phone=SECRET", with("User-Agent", "SECRET"))
	y.browser(token).get("/broken/SECRET?phone=SECRET")
	y.browser(token).get("/nowhere/SECRET?phone=SECRET")
	log := y.logged()
	if strings.Contains(log, "SECRET") || strings.Contains(log, anna.String()) || strings.Contains(log, "127.0.0.1") {
		t.Errorf("the log names somebody: %s", log)
	}
	for _, want := range []string{`"route":"GET /cases/{number}","status":200`, `"actor":"person"`, `"route":"none","status":404`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}

func TestErrorPageThatFailsStillAnswers(t *testing.T) {
	t.Parallel()
	y := newCity(t, func(_ *Config, d *Deps) {
		d.ErrorPage = func(*Context, *fault.Fault) templ.Component { panic("no page") }
	}, func(s *Server) {
		s.Page(s.Operation(open("x.y")), "GET /x", failing(errors.New("x")))
	})
	if got := y.browser("").get("/x"); got.StatusCode != 500 || !strings.Contains(got.body, "Something broke") {
		t.Errorf("%d %q", got.StatusCode, got.body)
	}
}
