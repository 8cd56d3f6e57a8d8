package apply_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/kit/id"
)

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
				at := x.start()
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
		t.Errorf("options: %s", options.shown())
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
		t.Errorf("autosave: %d %q", saved.status, saved.shown())
	}
	if back := b.get(at.path); !strings.Contains(back.body, "Начало фра") {
		t.Error("what was typed is not there")
	}
	f.values.Set("_later", "1")
	if later := b.post(f.action, f.values); later.path != "/drafts" || !strings.Contains(later.body, "декабря") {
		t.Errorf("finish later: %s", later.path)
	}
}

func TestTheAPITellsWrongAnswersAndKeepsThem(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	var d wireDraft
	if got := b.call("POST", "/api/v1/services/city-appeal/drafts", map[string]any{}, &d); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.shown())
	}
	var again wireDraft
	if got := b.call("POST", "/api/v1/services/city-appeal/drafts", map[string]any{}, &again); got.status != 200 || again.ID != d.ID {
		t.Errorf("begun twice: %d %s", got.status, again.ID)
	}
	at := "/api/v1/drafts/" + d.ID.String()
	got := b.call("PATCH", at, map[string]any{"answers": map[string]any{"topic": "other", "text": "Мало", "nonsense": 1}}, &d)
	if got.status != 200 || len(d.Faults) != 2 || d.Answers["topic"] != "other" || d.Answers["text"] != nil {
		t.Errorf("%d %s", got.status, got.shown())
	}
	if got := b.call("PATCH", at, json.RawMessage(`{"answers":[1]}`), nil); got.status != 422 && got.status != 400 {
		t.Errorf("answers that are no object: %d %s", got.status, got.shown())
	}
	if got := b.call("POST", at+"/submit", map[string]any{"consent": true}, nil); got.status != 422 || !strings.Contains(got.body, "apply.incomplete") || !strings.Contains(got.body, "#/channel") {
		t.Errorf("incomplete: %d %s", got.status, got.shown())
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
			at = x.start()
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
	own := append([]string{"Русский", "А 123 ВС", "ООО «Ромашка»"}, strings.Fields(x.e.Applicant.Name.Full()+" "+x.child.Name.Full())...)
	for _, v := range x.vehicles {
		own = append(own, form.ShowPlate(v.Plate))
	}
	for _, answer := range x.e.Answers {
		own = append(own, saidIn(answer)...)
	}
	for _, values := range x.e.Facts { // a register's names are as it writes them
		own = append(own, saidIn(values)...)
	}
	slices.SortFunc(own, func(a, b string) int { return len(b) - len(a) }) // a short word may be a part of a longer one
	for _, word := range own {
		if word != "" {
			text = strings.ReplaceAll(text, word, "")
		}
	}
	if russian := regexp.MustCompile(`[А-Яа-яЁё]{2,}[^<]{0,60}`).FindString(text); russian != "" {
		t.Errorf("%s says in Russian: %q", at.path, russian)
	}
}

// saidIn are all texts of an answer, and a person's name as pages write it.
func saidIn(answer any) []string {
	switch said := answer.(type) {
	case string:
		return []string{said, form.ShowPlate(said)}
	case []any:
		var out []string
		for _, item := range said {
			out = append(out, saidIn(item)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, part := range said {
			out = append(out, saidIn(part)...)
		}
		return out
	}
	return nil
}

// A file that came by another way while the page stood open stays when the page is sent: only its button takes it out.
func TestAPageTakesNoFileOutThatItHasNotSeen(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	page := b.begin("city-appeal")
	draft := "/drafts/" + page.draft(t).String()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part := must2(t, w.CreatePart, textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="hole.png"`}})
	if _, err := part.Write(contents["png"]); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.WriteField("field", "files"), w.Close()); err != nil {
		t.Fatal(err)
	}
	if got := b.send("POST", "/api/v1"+draft+"/files", w.FormDataContentType(), &body); got.status != 201 {
		t.Fatalf("upload: %d", got.status)
	}
	f := page.form(t, "/steps/matter")
	f.values.Set("topic", "yards")
	if got := b.post(f.action+"/save", f.values); got.status != 200 {
		t.Fatalf("autosave: %d", got.status)
	}
	f = b.get(f.action).form(t, "/steps/matter")
	if len(f.values["files"]) != 1 {
		t.Fatalf("files after the page was saved: %v", f.values["files"])
	}
	f.values.Set("_remove", f.values.Get("files"))
	b.post(f.action, f.values)
	if f = b.get(f.action).form(t, "/steps/matter"); len(f.values["files"]) != 0 {
		t.Errorf("taken out by its button: %v", f.values["files"])
	}
}
