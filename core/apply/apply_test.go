package apply_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/apply"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

var annaPerson = service.Person{
	Name: service.Name{Surname: "Смирнова", Given: "Анна", Patronymic: "Игоревна"}, Birth: "1988-04-12", SNILS: "11223344595", Phone: "+79165550101", Verified: true,
}

// begin makes a draft of a service by its page and returns where the browser stands.
func (b *browser) begin(key string, fields ...string) answer {
	b.r.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		values.Set(fields[i], fields[i+1])
	}
	return b.post("/services/"+key+"/apply", values)
}

var draftInPath = regexp.MustCompile(`/drafts/([0-9a-f-]{36})`)

func (a answer) draft(t *testing.T) id.ID {
	t.Helper()
	found := draftInPath.FindStringSubmatch(a.path)
	if found == nil {
		t.Fatalf("no draft at %s: %d %s", a.path, a.status, a.shown())
	}
	return id.MustParse(found[1])
}

func TestADraftIsContinuedOnAnotherDevice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		first := r.signIn("anna").begin("city-appeal")
		b := r.signIn("anna")
		f := b.get(first.path).form(t, "/steps/")
		f.values.Set("topic", "other")
		f.values.Set("text", "Мало")
		wrong := b.post(f.action, f.values)
		if wrong.status != 422 || !strings.Contains(wrong.body, "Мало") {
			t.Fatalf("a wrong answer: %d", wrong.status)
		}
		other := r.signIn("anna")
		if got := other.call("PATCH", "/api/v1/drafts/"+first.draft(t).String(), map[string]any{"answers": map[string]any{"channel": "account"}}, nil); got.status != 200 {
			t.Fatalf("an answer of another page: %d", got.status)
		}
		again := other.begin("city-appeal")
		if again.draft(t) != first.draft(t) || !strings.Contains(again.body, "Мало") {
			t.Errorf("the second device has another draft, or lost what was typed: %s", again.path)
		}
		if strings.Contains(again.body, "error-summary") {
			t.Error("a page that was only opened calls answers wrong")
		}
		fresh := other.begin("city-appeal", "anew", "true")
		if fresh.draft(t) == first.draft(t) || strings.Contains(fresh.body, "Мало") {
			t.Error("starting anew goes on with the old draft")
		}
		if gone := other.get(first.path); gone.status != 404 {
			t.Errorf("the old draft is still there: %d", gone.status)
		}
		list := other.get("/drafts")
		if strings.Count(list.body, "/drafts/"+fresh.draft(t).String()) == 0 || strings.Contains(list.body, first.draft(t).String()) {
			t.Error("the list does not show the one draft")
		}
	})
}

func TestTwoDevicesLoseNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		draft := r.signIn("anna").begin("city-appeal").draft(t)
		fields := map[string]string{"topic": `"other"`, "text": `"Прошу починить фонарь у дома."`, "channel": `"account"`}
		var wait sync.WaitGroup
		for field, value := range fields {
			wait.Go(func() {
				_, err := r.Save(t.Context(), r.self("anna"), draft, apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) {
					return form.BindJSON(in, []byte(`{"`+field+`":`+value+`}`))
				}})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		var d wireDraft
		r.signIn("anna").call("GET", "/api/v1/drafts/"+draft.String(), nil, &d)
		for field := range fields {
			if d.Answers[field] == nil {
				t.Errorf("%s is lost: %v", field, d.Answers)
			}
		}
	})
}

func TestAnEndedSessionLosesNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("city-appeal")
	f := at.form(t, "/steps/")
	f.values.Set("topic", "other")
	f.values.Set("text", "Во дворе не горит фонарь, прошу починить.")
	r.clock.Move(account.SessionIdle + time.Minute)
	lost := b.post(f.action, f.values)
	if !strings.HasPrefix(lost.path, "/sign-in") {
		t.Fatalf("after half an hour: %s", lost.path)
	}
	delete(r.entries, "anna")
	b.token = r.signIn("anna").token
	back := b.get(at.path)
	if back.status != 200 || !strings.Contains(back.body, "не горит фонарь") || strings.Contains(back.body, "error-summary") {
		t.Errorf("what was typed is lost: %d %s", back.status, back.path)
	}
}

func TestAnotherPersonsDraftIsNotThere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := r.enrol("anna", annaPerson)
		oleg := r.enrol("oleg", service.Person{Name: service.Name{Surname: "Смирнов", Given: "Олег"}, Birth: "1986-11-02", SNILS: "11223363700", Verified: true})
		misha := service.Child{ID: id.Derived("person", "misha").String(), Name: service.Name{Surname: "Смирнов", Given: "Михаил"}, Birth: "2020-03-05"}
		r.child(anna, misha)
		r.child(oleg, misha)
		at := r.signIn("anna").begin("school-first-class", "child", misha.ID)
		father, stranger := r.signIn("oleg"), r.stranger()
		paths := []string{at.path, "/drafts/" + at.draft(t).String(), "/drafts/" + at.draft(t).String() + "/check", "/api/v1/drafts/" + at.draft(t).String()}
		for _, path := range paths {
			if got := father.get(path); got.status != 404 {
				t.Errorf("the other parent reads %s: %d", path, got.status)
			}
			if got := stranger.get(path); got.status == 200 && !strings.HasPrefix(got.path, "/sign-in") {
				t.Errorf("a stranger reads %s", path)
			}
		}
		if got := father.post(at.path, url.Values{"school": {"s1"}}); got.status != 404 {
			t.Errorf("the other parent writes: %d", got.status)
		}
		if lines, err := r.Drafts(t.Context(), r.self("oleg")); err != nil || len(lines) > 0 {
			t.Errorf("the other parent's list: %v %v", lines, err)
		}
		r.enrol("someone", service.Person{Name: service.Name{Surname: "Ли", Given: "Елена"}, SNILS: "11223344696", Verified: true})
		if _, _, err := r.Begin(t.Context(), r.self("someone"), apply.Beginning{Service: "school-first-class", Child: id.MustParse(misha.ID), Lang: lang.Russian}); !errors.Is(err, apply.ErrChild) {
			t.Errorf("a stranger applies for a child: %v", err)
		}
		if got := r.signIn("someone").begin("school-first-class", "child", misha.ID); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			t.Errorf("a stranger applies for a child by the page: %d", got.status)
		}
	})
}

func TestRegistersAnswerForLiveDraftsAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := r.enrol("anna", annaPerson)
		draft := r.signIn("anna").begin("parking-permit").draft(t)
		use := exchange.Use{Holder: anna, Case: draft, Applicant: anna, About: anna, Service: "parking-permit", Certificate: "residence", Register: "residence"}
		lives := func(u exchange.Use) bool {
			t.Helper()
			out := false
			err := r.base.Store.Look(t.Context(), r.self("anna"), "test", func(p *store.Personal) error {
				var err error
				out, err = r.Lives(p, u)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if !lives(use) {
			t.Error("the draft does not live")
		}
		for name, change := range map[string]func(*exchange.Use){
			"another certificate": func(u *exchange.Use) { u.Certificate = "wealth" },
			"another register":    func(u *exchange.Use) { u.Register = "debts" },
			"another applicant":   func(u *exchange.Use) { u.Applicant = id.Derived("person", "oleg") },
			"about another":       func(u *exchange.Use) { u.About = id.Derived("person", "oleg") },
			"another service":     func(u *exchange.Use) { u.Service = "freight-pass" },
			"another draft":       func(u *exchange.Use) { u.Case = id.Derived("case", "x") },
		} {
			u := use
			change(&u)
			if lives(u) {
				t.Errorf("%s lives", name)
			}
		}
		if err := r.Delete(t.Context(), r.self("anna"), draft); err != nil || lives(use) {
			t.Errorf("after deletion: %v", err)
		}
	})
}

func TestADraftEndsThirtyDaysAfterItWasSaved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		draft := r.signIn("anna").begin("city-appeal").draft(t)
		r.clock.Move(apply.DraftLife - time.Hour)
		delete(r.entries, "anna")
		if _, err := r.Save(t.Context(), r.self("anna"), draft, apply.Change{Lang: lang.Russian}); err != nil {
			t.Fatal(err)
		}
		r.clock.Move(2 * time.Hour)
		r.drain()
		if lines, err := r.Drafts(t.Context(), r.self("anna")); err != nil || len(lines) != 1 {
			t.Fatalf("a draft that was saved is gone: %v %v", lines, err)
		}
		r.clock.Move(apply.DraftLife)
		r.drain()
		if lines, err := r.Drafts(t.Context(), r.self("anna")); err != nil || len(lines) != 0 {
			t.Errorf("the draft is kept: %v %v", lines, err)
		}
	})
}

func TestSubmissionIsAllOrNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		draft := r.signIn("anna").begin("city-appeal").draft(t)
		if _, err := r.Submit(t.Context(), r.self("anna"), draft, true, lang.Russian); !errors.Is(err, apply.ErrMissing) {
			t.Fatalf("an empty form is sent: %v", err)
		}
		_, err := r.Save(t.Context(), r.self("anna"), draft, apply.Change{Lang: lang.Russian, Bind: func(in form.Input) (form.Bound, error) {
			return form.BindJSON(in, []byte(`{"topic":"other","text":"Прошу починить фонарь у дома.","name":{"surname":"Смирнова","given":"Анна","patronymic":""},"channel":"account"}`))
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Submit(t.Context(), r.self("anna"), draft, false, lang.Russian); !errors.Is(err, apply.ErrConsent) {
			t.Fatalf("sent without consent: %v", err)
		}
		r.cases.fail = errors.New("cases are down")
		if _, err := r.Submit(t.Context(), r.self("anna"), draft, true, lang.Russian); err == nil {
			t.Fatal("sent to nobody")
		}
		r.cases.fail = nil
		numbers := make([]string, 4)
		var wait sync.WaitGroup
		for i := range numbers {
			wait.Go(func() {
				var err error
				if numbers[i], err = r.Submit(t.Context(), r.self("anna"), draft, true, lang.Russian); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, number := range numbers {
			if number != numberOf(draft) {
				t.Errorf("numbers %v", numbers)
			}
		}
		if r.cases.puts != 1 {
			t.Errorf("%d cases", r.cases.puts)
		}
		b := r.signIn("anna")
		if at := b.get("/drafts/" + draft.String()); !strings.HasSuffix(at.path, "/sent") || !strings.Contains(at.body, id.FormatNumber(numberOf(draft))) {
			t.Errorf("a sent draft leads to %s", at.path)
		}
		if _, err := r.Save(t.Context(), r.self("anna"), draft, apply.Change{}); !errors.Is(err, apply.ErrSent) {
			t.Errorf("a sent draft is saved: %v", err)
		}
	})
}

// A draft follows the current version of the city: it never asks by rules that no longer hold.
func TestADraftFollowsTheCity(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("freight-pass")
	dir := t.TempDir()
	if err := os.CopyFS(dir, kitezh.Files()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "services", "freight-pass.yaml")
	content := must[[]byte](t)(os.ReadFile(name))
	if err := os.WriteFile(name, bytes.ReplaceAll(content, []byte("Кто заявитель"), []byte("Чья это поездка")), 0o644); err != nil {
		t.Fatal(err)
	}
	next, faults := service.LoadCity(os.DirFS(dir))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if err := r.services.Publish(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, next); err != nil {
		t.Fatal(err)
	}
	if now := b.get(at.path); strings.Contains(now.body, "Чья это поездка") {
		t.Error("the draft is taken over to the new form without being asked")
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, "messages", "freight-pass.yaml")) // may not be there
	_ = os.Remove(filepath.Join(dir, "queries.yaml"))                  // it may want the service
	without, faults := service.LoadCity(os.DirFS(dir))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if err := r.services.Publish(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, without); err != nil {
		t.Fatal(err)
	}
	if now := b.get(at.path); now.status != 404 || !strings.Contains(now.body, "не предлагает") {
		t.Errorf("a service that is gone: %d", now.status)
	}
	if list := b.get("/drafts"); list.status != 200 || !strings.Contains(list.body, "больше не предлагается") {
		t.Errorf("the list: %d", list.status)
	}
	if gone := b.post("/drafts/"+at.draft(t).String()+"/delete", url.Values{}); gone.path != "/drafts" {
		t.Errorf("it can't be deleted: %d %s", gone.status, gone.path)
	}
}
