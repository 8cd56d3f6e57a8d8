package apply_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/apply"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// changed is Kitezh with words of one service's file replaced.
func changed(t *testing.T, key string, pairs ...string) *service.City {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(kitezh.Files(), name)
		text := string(content)
		if name == "services/"+key+".yaml" {
			for i := 0; i < len(pairs); i += 2 {
				if !strings.Contains(text, pairs[i]) {
					t.Fatalf("%s has no %q", name, pairs[i])
				}
				text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
			}
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	city, faults := service.LoadCity(files)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return city
}

// on runs a test in a house of the city, on both engines.
func on(t *testing.T, city *service.City, test func(*testing.T, *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c, city)) }, needs...)
}

func TestADraftKeepsItsFormUntilThePersonGoesOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		b := r.signIn("anna")
		at := b.begin("city-appeal")
		if strings.Contains(at.body, "/version") {
			t.Error("a form of the current version offers another")
		}
		publish := func(city *service.City) {
			t.Helper()
			if err := r.services.Publish(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, city); err != nil {
				t.Fatal(err)
			}
		}
		publish(changed(t, "parking-permit", "Ваше имя", "Как вас зовут"))
		if at = b.get(at.path); strings.Contains(at.body, "/version") {
			t.Error("a change of another service is told of")
		}
		publish(changed(t, "city-appeal", "Что случилось и чего вы хотите", "Расскажите по порядку", "    - key: answer\n",
			"        - {key: since, type: text, optional: true, label: {ru: С каких пор, en: Since when}, why: {ru: Чтобы знать, en: To know}}\n    - key: answer\n",
			"files, name, channel", "files, since, name, channel"))
		at = b.get(at.path)
		if !strings.Contains(at.body, "/version") || strings.Contains(at.body, "Расскажите по порядку") {
			t.Fatal("the draft does not stay with the form it was begun on, or does not say so")
		}
		f := at.form(t, "/steps/")
		f.values.Set("topic", "other")
		f.values.Set("text", "Прошу починить фонарь у дома.")
		b.post(f.action, f.values)
		if again := b.get(at.path); !strings.Contains(again.body, "/version") || !strings.Contains(again.body, "починить фонарь") ||
			!strings.Contains(again.body, "Новый вопрос: «С каких пор».") || !strings.Contains(again.body, "Остальные ответы сохранятся: ") {
			t.Fatal("saving takes the draft over to the new form without being asked, loses an answer, or what changes is not told")
		}
		over := b.get(at.path).form(t, "/version")
		b.post(over.action, over.values)
		now := b.get(at.path)
		if strings.Contains(now.body, "/version") || !strings.Contains(now.body, "Расскажите по порядку") || !strings.Contains(now.body, "починить фонарь") {
			t.Errorf("the new form: %d", now.status)
		}
	})
}

// earlier is a case of Anna's that was decided.
func earlier(key string, p apply.Past) apply.Past {
	p.ID, p.Number, p.Service = id.Derived("past", key), id.NewNumber(), key
	return p
}

func TestAnApplicationAboutADecisionNamesOne(t *testing.T) {
	t.Parallel()
	on(t, changed(t, "city-appeal", "for: person", "for: person\nabout: decision"), func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		b := r.signIn("anna")
		if empty := b.get("/services/city-appeal/apply"); strings.Contains(empty.body, `name="about"`) {
			t.Error("with no decided case there is nothing to choose")
		}
		refused := earlier("parking-permit", apply.Past{Decided: r.clock.Now().Add(-time.Hour)})
		open := earlier("freight-pass", apply.Past{Open: true})
		r.cases.past = []apply.Past{refused, open}
		offer := b.get("/services/city-appeal/apply?about=" + refused.Number)
		if strings.Contains(offer.body, open.Number) || !strings.Contains(offer.body, refused.Number) {
			t.Fatal("the page offers a case that is not decided, or not the one that is")
		}
		f := offer.form(t, "/apply")
		f.values.Del("about")
		if none := b.post(f.action, f.values); none.status != 422 {
			t.Errorf("without a case: %d", none.status)
		}
		f.values.Set("about", open.Number)
		if wrong := b.post(f.action, f.values); wrong.status != 422 {
			t.Errorf("about an open case: %d", wrong.status)
		}
		f.values.Set("about", refused.Number)
		draft := b.post(f.action, f.values).draft(t)
		b.call("PATCH", "/api/v1/drafts/"+draft.String(), map[string]any{"answers": map[string]any{"topic": "other", "text": "Не согласна с отказом.", "channel": "account", "name": map[string]any{"surname": "Смирнова", "given": "Анна", "patronymic": "Игоревна"}}}, nil)
		if got := b.call("POST", "/api/v1/drafts/"+draft.String()+"/submit", map[string]any{"consent": true}, nil); got.status != 201 {
			t.Fatalf("submit: %d %s", got.status, got.shown())
		}
		if len(r.cases.sent) != 1 || r.cases.sent[0].About != refused.ID {
			t.Errorf("sent: %+v", r.cases.sent)
		}
	})
}

func TestARenewalBeginsWithTheAnswersOfItsCase(t *testing.T) {
	t.Parallel()
	city := changed(t, "city-appeal", "for: person", "for: person\nrenewal: {from: 60 days, again: [channel]}", "  key: city-answer", "  valid: 12 months\n  key: city-answer")
	on(t, city, func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		b := r.signIn("anna")
		before := earlier("city-appeal", apply.Past{Valid: true, Inputs: service.Inputs{Answers: service.Answers{"topic": "other", "text": "Прошу продлить разрешение.", "channel": "post"}}})
		r.cases.past = []apply.Past{before}
		offer := b.get("/services/city-appeal/apply?renew=" + before.Number)
		f := offer.form(t, "/apply")
		at := b.post(f.action, f.values)
		first := b.get("/drafts/" + at.draft(t).String() + "/steps/matter")
		if !strings.Contains(first.body, "Прошу продлить разрешение.") {
			t.Error("the answers of the case are not filled in")
		}
		second := b.get("/drafts/"+at.draft(t).String()+"/steps/answer").form(t, "/steps/")
		if second.values.Get("channel") != "" {
			t.Error("what is asked anew is filled in")
		}
	})
}

func TestWhatOneHasAlreadyIsNotSentAgain(t *testing.T) {
	t.Parallel()
	already := "for: person\nalready: {same: [answers.topic], while: [open, valid], say: {ru: Такое обращение у вас уже есть., en: You have such a letter.}}"
	on(t, changed(t, "city-appeal", "for: person", already), func(t *testing.T, r *rig) {
		r.enrol("anna", annaPerson)
		b := r.signIn("anna")
		topic := func(key string) service.Inputs { return service.Inputs{Answers: service.Answers{"topic": key}} }
		r.cases.past = []apply.Past{
			earlier("city-appeal", apply.Past{Inputs: topic("other"), Decided: r.clock.Now()}),
			earlier("city-appeal", apply.Past{Inputs: topic("schools"), Open: true}),
		}
		draft := b.begin("city-appeal").draft(t).String()
		send := func(topic string) answer {
			b.call("PATCH", "/api/v1/drafts/"+draft, map[string]any{"answers": map[string]any{"topic": topic, "text": "Прошу ответить мне.", "channel": "account", "name": map[string]any{"surname": "Смирнова", "given": "Анна", "patronymic": "Игоревна"}}}, nil)
			return b.call("POST", "/api/v1/drafts/"+draft+"/submit", map[string]any{"consent": true}, nil)
		}
		if got := send("schools"); got.status != 409 || !strings.Contains(got.body, "apply.already") {
			t.Errorf("the same again: %d %s", got.status, got.shown())
		}
		if check := b.get("/drafts/" + draft + "/check"); !strings.Contains(check.body, "уже есть") || strings.Contains(check.body, `name="consent"`) {
			t.Error("the check does not say so, or can be sent")
		}
		if got := send("other"); got.status != 201 {
			t.Errorf("another one, and one whose result is no more: %d %s", got.status, got.shown())
		}
	})
}
