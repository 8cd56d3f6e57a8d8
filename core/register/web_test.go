package register

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// hats are sessions by a token that is the name.
var hats = map[string]act.Act{"anna": own, "boris": {Actor: act.Actor{Kind: act.Person, Person: boris}}, "officer": officer, "head": head, "patrol": patrol}

type hatted struct{}

func (hatted) Find(_ context.Context, hash web.TokenHash) (web.Session, error) {
	for name, a := range hats {
		if web.HashToken("token of "+name) == hash {
			return web.Session{ID: a.Actor.Person, Person: a.Actor.Person, Agency: a.Actor.Agency, Role: a.Actor.Role, Assurance: act.Standard, CSRF: []byte(strings.Repeat("k", 32))}, nil
		}
	}
	return web.Session{}, web.ErrNoSession
}
func (hatted) Touch(context.Context, id.ID, time.Time) {}

func (hatted) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	switch {
	case a.Actor.Kind == act.Nobody:
		return web.Tie{Relation: act.Unsigned}, nil
	case a.Is(o.Holder):
		return web.Tie{Relation: act.Self}, nil
	case a.Actor.Kind == act.Official && a.Actor.Agency == o.Agency:
		return web.Tie{Relation: act.SameAgency}, nil
	case a.Actor.Kind == act.Official:
		return web.Tie{Relation: act.OtherAgency}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

// serve puts the module behind a server.
func (r *rig) serve(t *testing.T) *httptest.Server {
	t.Helper()
	server := must[*web.Server](t)(web.New(web.Config{BaseURL: "http://posad.test"}, web.Deps{Texts: r.base.Texts, Clock: r.clock, Log: r.base.Log, Relator: hatted{}}))
	r.base.Web, r.base.Pages = server, page.New()
	r.routes(server)
	server.Provide(web.Deps{Sessions: hatted{}, ErrorPage: r.base.Pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) }})
	out := httptest.NewServer(must[http.Handler](t)(server.Handler()))
	t.Cleanup(out.Close)
	return out
}

// ask sends one request under a hat, with a form or JSON as its body, and gives status and body.
func ask(t *testing.T, s *httptest.Server, hat, method, path, body string) (int, string) {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body)))
	req.Host = "posad.test"
	req.Header.Set("Accept-Language", "en")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if hat != "" {
		req.AddCookie(&http.Cookie{Name: "posad_session", Value: "token of " + hat})
	}
	if strings.HasPrefix(body, "{") {
		req.Header.Set("Content-Type", "application/json")
	} else if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res := must[*http.Response](t)(client.Do(req))
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode, string(must[[]byte](t)(io.ReadAll(res.Body)))
}

// TestPages: the person sees their entry with its history, officials find and correct it for a purpose, others see nothing.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		s := r.serve(t)
		number := id.FormatNumber(e.Number)
		at := "/desk/registers/permits/" + e.ID.String()
		for name, c := range map[string]struct {
			hat, path string
			status    int
			says      string
		}{
			"the list of registers":      {"", "/registers", 200, "Register of permits"},
			"a register":                 {"", "/registers/permits?number=" + url.QueryEscape(number), 200, "In force"},
			"an unknown number":          {"", "/registers/permits?number=" + id.NewNumber(), 422, "no such register or entry"},
			"my entries":                 {"anna", "/account/registers", 200, number},
			"my entry":                   {"anna", "/account/registers/" + e.ID.String(), 200, "Смирнова Анна"},
			"another's entry":            {"boris", "/account/registers/" + e.ID.String(), 404, ""},
			"the desk":                   {"officer", "/desk/registers", 200, "Register of permits"},
			"a search":                   {"officer", "/desk/registers/permits?purpose=keeping&field=plate&q=a417mo52", 200, number},
			"a search by a part":         {"officer", "/desk/registers/permits?purpose=keeping&field=plate&q=a4", 422, "no value of the field"},
			"a search for another's":     {"officer", "/desk/registers/permits?purpose=street&field=plate&q=a417mo52", 403, "purpose"},
			"an entry for a purpose":     {"patrol", at + "?purpose=street", 200, "105"},
			"an entry for no purpose":    {"patrol", at + "?purpose=none", 403, ""},
			"an entry, by a person":      {"anna", at + "?purpose=keeping", 404, ""},
			"an officer can not correct": {"officer", at + "?purpose=keeping", 200, "History"},
		} {
			status, body := ask(t, s, c.hat, http.MethodGet, c.path, "")
			if status != c.status && !(c.status == 404 && status == 403) || !strings.Contains(body, c.says) {
				t.Errorf("%s: %d, want %d with %q", name, status, c.status, c.says)
			}
		}
		if _, body := ask(t, s, "patrol", http.MethodGet, at+"?purpose=street", ""); strings.Contains(body, "Смирнова") {
			t.Error("the patrol sees who it is")
		}
		if _, body := ask(t, s, "", http.MethodGet, "/registers/permits?number="+url.QueryEscape(number), ""); strings.Contains(body, "417") || !strings.Contains(body, "105") {
			t.Error("the public page tells of a person, or hides what is public")
		}
	})
}

// TestCorrectionByPage: what is wrong is told with what was typed, what is right is done once.
func TestCorrectionByPage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		s := r.serve(t)
		at := "/desk/registers/permits/" + e.ID.String()
		form := url.Values{"version": {"1"}, "field_plate": {"В202КХ52"}, "field_zone": {"105"}, "field_zone__en": {"105 (en)"}, "field_person": {"Смирнова Анна"}, "field_person__en": {"Смирнова Анна"}, "field_last": {"2027-11-20"}, "reason": {"so"}}
		status, body := ask(t, s, "head", http.MethodPost, at+"/correct?purpose=keeping", form.Encode())
		if status != 422 || !strings.Contains(body, "В202КХ52") || !strings.Contains(body, "ten characters") {
			t.Errorf("without a reason: %d", status)
		}
		form.Set("reason", "The plate was mistyped")
		if status, _ := ask(t, s, "officer", http.MethodPost, at+"/correct?purpose=keeping", form.Encode()); status != 403 {
			t.Errorf("by an officer: %d", status)
		}
		if status, _ := ask(t, s, "head", http.MethodPost, at+"/correct?purpose=keeping", form.Encode()); status != 303 {
			t.Errorf("rightly: %d", status)
		}
		if status, _ := ask(t, s, "head", http.MethodPost, at+"/correct?purpose=keeping", form.Encode()); status != 409 {
			t.Errorf("a second time: %d", status)
		}
		now := must[Entry](t)(r.entry(t.Context(), anna, e.ID))
		if now.Version != 2 || now.Values["plate"].RU != "В202КХ52" || now.Values["zone"] != (lang.Text{RU: "105", EN: "105 (en)"}) {
			t.Errorf("corrected: %+v", now)
		}
		r.drain(t)
		status, body = ask(t, s, "head", http.MethodPost, "/api/v1"+at+"/end", `{"version": 2, "reason": "The car was sold"}`)
		if status != 200 || !strings.Contains(body, `"version":3`) {
			t.Errorf("an end by the API: %d %s", status, body)
		}
		var out wireEntry
		status, body = ask(t, s, "anna", http.MethodGet, "/api/v1/registers/"+e.ID.String(), "")
		if err := json.Unmarshal([]byte(body), &out); err != nil || status != 200 || len(out.History) != 3 || out.Standing != Over || out.History[2].Reason != "The car was sold" {
			t.Errorf("by the API: %d %v %+v", status, err, out)
		}
	})
}
