package apply_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

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
		t.Fatalf("no draft at %s: %d %s", a.path, a.status, a.body)
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

// Every page of every service, sent empty, says what is wrong with each question, and each line leads to a control.
func TestAnEmptyStepSaysWhatToMend(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			for _, language := range []string{"ru", "en"} {
				x := newExample(t, city, d, &d.Examples[0])
				x.b.lang = language
				at := x.b.begin(d.Key, "child", x.child.ID)
				typed := x.typed()
				for range 2*len(d.Form.Steps) + 2 {
					if !strings.Contains(at.path, "/steps/") {
						break
					}
					f := at.form(t, "/steps/")
					for name := range f.values {
						if !strings.HasPrefix(name, "_") {
							f.values.Set(name, "")
						}
					}
					checkFaults(t, x.b.post(f.action, f.values), language)
					from := at.path
					for range 3 { // an answer may open more questions of the page
						if at = x.fill(x.b.get(from), typed); at.path != from {
							break
						}
					}
				}
				if !strings.HasSuffix(at.path, "/check") {
					t.Fatalf("the form ends at %s", at.path)
				}
			}
		})
	}
}

func checkFaults(t *testing.T, got answer, language string) {
	t.Helper()
	if got.status == 200 && strings.Contains(got.path, "/steps/") || strings.HasSuffix(got.path, "/check") {
		return // nothing of the page was required
	}
	prefix := map[string]string{"ru": "<title>Ошибка:", "en": "<title>Error:"}[language]
	if got.status != 422 || !strings.Contains(got.body, prefix) {
		t.Fatalf("%s: %d, title %q", got.path, got.status, regexp.MustCompile(`<title>[^<]*`).FindString(got.body))
	}
	ids, links := map[string]int{}, 0
	for n := range got.document(t).Descendants() {
		if n.Type == html.ElementNode && attribute(n, "id") != "" {
			ids[attribute(n, "id")]++
		}
	}
	for name, count := range ids {
		if count > 1 {
			t.Errorf("%s: the id %s stands %d times", got.path, name, count)
		}
	}
	for n := range got.document(t).Descendants() {
		if n.Type == html.ElementNode && n.Data == "a" && strings.HasPrefix(attribute(n, "href"), "#f-") {
			links++
			if ids[strings.TrimPrefix(attribute(n, "href"), "#")] != 1 {
				t.Errorf("%s: a fault leads to %s, which is not there", got.path, attribute(n, "href"))
			}
		}
	}
	if marks := strings.Count(got.body, `class="field-error"`); links == 0 || marks < links {
		t.Errorf("%s: %d lines in the summary, %d marks at questions", got.path, links, marks)
	}
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

func TestAServiceThatNeedsAConfirmedIdentityOffersIt(t *testing.T) {
	t.Parallel()
	r := one(t)
	basic := annaPerson
	basic.Verified, basic.SNILS = false, ""
	r.enrol("anna", basic)
	b := r.signIn("anna")
	at := b.get("/services/parking-permit/apply")
	if at.status != 200 || !strings.Contains(at.body, "/account/identity?back=%2Fservices%2Fparking-permit%2Fapply") || strings.Contains(at.body, `action="/services/`) {
		t.Errorf("%d %s", at.status, at.path)
	}
	if got := b.call("POST", "/api/v1/services/parking-permit/drafts", map[string]any{}, nil); got.status != 403 || !strings.Contains(got.body, "apply.level") {
		t.Errorf("%d %s", got.status, got.body)
	}
	if at := r.stranger().get("/services/city-appeal/apply"); at.path != "/sign-in?back=%2Fservices%2Fcity-appeal%2Fapply" {
		t.Errorf("a stranger is sent to %s", at.path)
	}
}

func TestAddressesAreFoundWithoutAScript(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("freight-pass")
	f := at.form(t, "/steps/")
	f.values.Set("acting", "person")
	at = b.post(f.action, f.values)
	f = at.form(t, "/steps/trip")
	f.values.Set("to", "паромная 5")
	f.values.Set("plate", "А 1")
	f.values.Set("_find", "to")
	at = b.post(f.action, f.values)
	if at.status != 200 || !strings.Contains(at.body, `value="paromnaya:5"`) || !strings.Contains(at.body, `value="А 1"`) || strings.Contains(at.body, "error-summary") {
		t.Fatalf("suggestions: %d", at.status)
	}
	f = at.form(t, "/steps/trip")
	f.values.Set("to.choose", "paromnaya:5")
	f.values.Set("to.flat", "12")
	at = b.post(f.action, f.values)
	var d wireDraft
	b.call("GET", "/api/v1/drafts/"+at.draft(t).String(), nil, &d)
	if address, _ := d.Answers["to"].(map[string]any); address["id"] != "paromnaya:5" || address["flat"] != "12" {
		t.Errorf("chosen: %v", d.Answers["to"])
	}
	var list []struct {
		ID, Text string
		Flats    int
	}
	if b.call("GET", "/api/v1/addresses?q="+url.QueryEscape("rechnaya 14"), nil, &list); len(list) == 0 || !strings.HasPrefix(list[0].ID, "rechnaya:14") || list[0].Flats == 0 {
		t.Errorf("addresses: %v", list)
	}
	options := b.get("/addresses?field=to&to=" + url.QueryEscape("речная 14"))
	if !strings.Contains(options.body, `<option value="Речная ул., 14"`) || strings.Contains(options.body, "<html") {
		t.Errorf("options: %s", options.body)
	}
}

func TestFilesAreCheckedKeptAndTakenOut(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("city-appeal")
	send := func(name string, content []byte) answer {
		t.Helper()
		f := b.get(at.path).form(t, "/steps/")
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		for key, values := range f.values {
			for _, value := range values {
				if err := w.WriteField(key, value); err != nil {
					t.Fatal(err)
				}
			}
		}
		part := must2(t, func(name string) (interface{ Write([]byte) (int, error) }, error) {
			return w.CreateFormFile("files", name)
		}, name)
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.send("POST", f.action, w.FormDataContentType(), &body)
	}
	bad := send("вирус.exe", []byte("MZ\x90\x00 not a picture at all"))
	if bad.status != 422 || !strings.Contains(bad.body, "вирус.exe") || !strings.Contains(bad.body, `href="#f-files"`) {
		t.Fatalf("a wrong file: %d", bad.status)
	}
	good := send("яма.jpg", contents["jpg"])
	if !strings.Contains(good.body, "яма.jpg") {
		t.Fatalf("the file is not kept beside other faults: %d %s", good.status, good.path)
	}
	var d wireDraft
	b.call("GET", "/api/v1/drafts/"+at.draft(t).String(), nil, &d)
	list, _ := d.Answers["files"].([]any)
	if len(list) != 1 {
		t.Fatalf("files: %v", d.Answers)
	}
	f := b.get(at.path).form(t, "/steps/")
	if len(f.buttons["_remove"]) != 1 {
		t.Fatalf("no button takes the file out: %v", f.buttons)
	}
	f.values.Set("_remove", f.buttons.Get("_remove"))
	if gone := b.post(f.action, f.values); strings.Contains(gone.body, "яма.jpg") {
		t.Error("the file is still there")
	}
	if _, err := r.Save(t.Context(), r.self("anna"), at.draft(t), apply.Change{Remove: id.Derived("file", "none")}); err != nil {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestTypingIsSavedByItself(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("city-appeal")
	f := at.form(t, "/steps/")
	f.values.Set("text", "Начало фра")
	saved := b.post(f.action+"/save", f.values)
	if saved.status != 200 || saved.body != "Черновик сохранён в 12:00" || !strings.HasPrefix(saved.kind, "text/plain") {
		t.Errorf("autosave: %d %q", saved.status, saved.body)
	}
	if back := b.get(at.path); !strings.Contains(back.body, "Начало фра") {
		t.Error("what was typed is not there")
	}
	f.values.Set("_later", "1")
	if later := b.post(f.action, f.values); later.path != "/drafts" || !strings.Contains(later.body, "декабря") {
		t.Errorf("finish later: %s", later.path)
	}
}

// A draft follows the current version of the city: it never asks by rules that no longer hold.
func TestADraftFollowsTheCity(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := b.begin("city-appeal")
	dir := t.TempDir()
	if err := os.CopyFS(dir, kitezh.Files()); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "services", "city-appeal.yaml")
	content := must[[]byte](t)(os.ReadFile(name))
	if err := os.WriteFile(name, bytes.ReplaceAll(content, []byte("О чём вы пишете"), []byte("Что случилось")), 0o644); err != nil {
		t.Fatal(err)
	}
	next, faults := service.LoadCity(os.DirFS(dir))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if err := r.services.Publish(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, next); err != nil {
		t.Fatal(err)
	}
	if now := b.get(at.path); !strings.Contains(now.body, "Что случилось") {
		t.Error("the draft shows the old form")
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, "messages", "city-appeal.yaml")) // may not be there
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

func TestTheAPITellsWrongAnswersAndKeepsThem(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	var d wireDraft
	if got := b.call("POST", "/api/v1/services/city-appeal/drafts", map[string]any{}, &d); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var again wireDraft
	if got := b.call("POST", "/api/v1/services/city-appeal/drafts", map[string]any{}, &again); got.status != 200 || again.ID != d.ID {
		t.Errorf("begun twice: %d %s", got.status, again.ID)
	}
	at := "/api/v1/drafts/" + d.ID.String()
	got := b.call("PATCH", at, map[string]any{"answers": map[string]any{"topic": "other", "text": "Мало", "nonsense": 1}}, &d)
	if got.status != 200 || len(d.Faults) != 2 || d.Answers["topic"] != "other" || d.Answers["text"] != nil {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := b.call("PATCH", at, json.RawMessage(`{"answers":[1]}`), nil); got.status != 422 && got.status != 400 {
		t.Errorf("answers that are no object: %d %s", got.status, got.body)
	}
	if got := b.call("POST", at+"/submit", map[string]any{"consent": true}, nil); got.status != 422 || !strings.Contains(got.body, "apply.incomplete") || !strings.Contains(got.body, "#/channel") {
		t.Errorf("incomplete: %d %s", got.status, got.body)
	}
	if got := b.call("DELETE", at, nil, nil); got.status != 204 {
		t.Errorf("deleted: %d", got.status)
	}
	if got := b.call("GET", at, nil, nil); got.status != 404 {
		t.Errorf("still there: %d", got.status)
	}
}

var outOfText = regexp.MustCompile(`(?s)<svg.*?</svg>|<head>.*?</head>|<option[^>]*>|(value|placeholder|data-[a-z-]+)="[^"]*"`)

// An English form says nothing in Russian but names and plates as they are written.
func TestTheFormSpeaksEnglish(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	for i := range city.Services {
		d := &city.Services[i]
		t.Run(d.Key, func(t *testing.T) {
			t.Parallel()
			x := newExample(t, city, d, &d.Examples[0])
			x.b.lang = "en"
			at := x.b.get("/services/" + d.Key + "/apply")
			english(t, x, at)
			at = x.b.begin(d.Key, "child", x.child.ID)
			typed := x.typed()
			for range 2*len(d.Form.Steps) + 2 {
				english(t, x, at)
				if !strings.Contains(at.path, "/steps/") {
					break
				}
				at = x.fill(at, typed)
			}
			english(t, x, x.b.get("/drafts"))
			english(t, x, x.b.get("/drafts/"+at.draft(t).String()+"/delete"))
		})
	}
}

func english(t *testing.T, x *example, at answer) {
	t.Helper()
	text := outOfText.ReplaceAllString(at.body, "")
	own := append([]string{"Русский", "А 123 ВС"}, strings.Fields(x.e.Applicant.Name.Full()+" "+x.child.Name.Full())...)
	for _, v := range x.vehicles {
		own = append(own, form.ShowPlate(v.Plate))
	}
	for _, answer := range x.e.Answers {
		switch said := answer.(type) {
		case string:
			own = append(own, said, form.ShowPlate(said))
		case []any:
			for _, item := range said {
				if file, ok := item.(map[string]any); ok {
					name, _ := file["name"].(string)
					own = append(own, name)
				}
			}
		}
	}
	for _, word := range own {
		if word != "" {
			text = strings.ReplaceAll(text, word, "")
		}
	}
	if russian := regexp.MustCompile(`[А-Яа-яЁё]{2,}[^<]{0,60}`).FindString(text); russian != "" {
		t.Errorf("%s says in Russian: %q", at.path, russian)
	}
}
