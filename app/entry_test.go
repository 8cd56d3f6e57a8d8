package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/app/apptest"
	"posad.city/kit/id"
)

// registered is an entry of a register of the city's own as programs read it.
type registered struct {
	ID, Number, Standing string
	Version              int64
	Fields               map[string]string
	History              []struct {
		Change, Reason, Role string
		Fields               map[string]string
	}
}

// entryStory is what befalls Anna's parking permit in the city's own register.
type entryStory struct {
	*world
	anna, kotova, belova, dorogin *member
	number                        string // of the case
	entry                         string
}

// TestARegisterOfTheCitysOwn: a permit is issued and stands in the register; its owner sees it, officials read it for a purpose
// or not at all, correct it with a reason, another agency is told by signed messages, and a revoked permit is over.
func TestARegisterOfTheCitysOwn(t *testing.T) {
	w := &world{House: apptest.Open(t), t: t, people: map[string]*member{}, keys: map[string]*member{}}
	s := &entryStory{world: w, anna: w.of("anna", ""), kotova: w.of("kotova", "transport"), belova: w.of("belova", "transport"), dorogin: w.of("dorogin", "road-police")}
	s.issued()
	s.seenByItsOwner()
	s.foundByTheAgencyThatKeepsIt()
	s.refusedWithoutAPurpose()
	s.corrected()
	s.askedInAnotherService()
	s.revoked()
	s.told()
}

// issued is an application, paid for and approved.
func (s *entryStory) issued() {
	s.number = s.apply(s.anna, s.begin(s.anna, "parking-permit", nil), map[string]any{"car": "А417МО52", "starts": s.Today(0), "second": false})
	var theCase struct{ Charge string }
	s.want(s.anna.program, http.MethodGet, "/api/v1/cases/"+s.number, nil, &theCase)
	s.payBill(s.anna, theCase.Charge)
	if got := s.mine(s.anna); len(got) != 0 {
		s.t.Fatalf("before the decision there are entries: %+v", got)
	}
	s.desk(s.kotova, s.number, "take", nil)
	s.desk(s.kotova, s.number, "decide", map[string]any{"verdict": "approve"})
}

// mine are a person's entries.
func (s *entryStory) mine(m *member) []registered {
	var out struct{ Entries []registered }
	s.want(m.program, http.MethodGet, "/api/v1/registers", nil, &out)
	return out.Entries
}

// whole is Anna's entry with its history, as she reads it.
func (s *entryStory) whole() registered {
	var out registered
	s.want(s.anna.program, http.MethodGet, "/api/v1/registers/"+s.entry, nil, &out)
	return out
}

func (s *entryStory) seenByItsOwner() {
	list := s.mine(s.anna)
	if len(list) != 1 || list[0].Standing != "valid" || list[0].Fields["plate"] != "А417МО52" || list[0].Fields["zone"] != "104" {
		s.t.Fatalf("the permit has made %+v", list)
	}
	s.entry = list[0].ID
	for path, says := range map[string]string{"/account/registers": list[0].Number, "/account/registers/" + s.entry: "А 417 МО 52"} {
		if got := s.anna.browser.Get(path); got.Status != http.StatusOK || !strings.Contains(unbroken(got.Body), unbroken(says)) {
			s.t.Errorf("%s: %d, without %q", path, got.Status, says)
		}
	}
	if got := s.Nobody().Get("/registers/parking-permits?number=" + url.QueryEscape(list[0].Number)); !strings.Contains(got.Body, "104") || strings.Contains(got.Body, "417") {
		s.t.Errorf("the public page tells of a person, or hides what is public")
	}
}

// unbroken has plain spaces alone.
func unbroken(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

func (s *entryStory) foundByTheAgencyThatKeepsIt() {
	from := len(s.Traces())
	got := s.kotova.browser.Get("/desk/registers/parking-permits?purpose=keeping&field=plate&q=a417mo52")
	if got.Status != http.StatusOK || !strings.Contains(got.Body, s.entry) || !strings.Contains(got.Body, "Смирнова") {
		s.t.Fatalf("found by the plate: %d", got.Status)
	}
	got = s.kotova.browser.Get("/desk/registers/parking-permits/" + s.entry + "?purpose=keeping")
	if got.Status != http.StatusOK || !strings.Contains(got.Body, "Исправить запись") || strings.Contains(got.Body, "Окончить запись") {
		s.t.Errorf("an officer's page: %d", got.Status)
	}
	if seen := looked(s.world, from); !slices.Contains(seen, s.anna.ID()) {
		s.t.Error("the look is not on record")
	}
	got = s.dorogin.browser.Get("/desk/registers/parking-permits?purpose=street&field=plate&q=a417mo52")
	if got.Status != http.StatusOK || !strings.Contains(got.Body, "104") || strings.Contains(got.Body, "Смирнова") {
		s.t.Errorf("the patrol sees more or less than the plate and the zone: %d", got.Status)
	}
	s.looksSay("Реестр разрешений на парковку жителей: Ведение реестра", "Реестр разрешений на парковку жителей: Проверка стоящего автомобиля")
}

// looksSay wants Anna to read of looks in these words.
func (s *entryStory) looksSay(want ...string) {
	s.t.Helper()
	var looks []struct{ What string }
	s.want(s.anna.program, http.MethodGet, "/api/v1/looks", nil, &looks)
	for _, words := range want {
		if !slices.ContainsFunc(looks, func(l struct{ What string }) bool { return l.What == words }) {
			s.t.Errorf("Anna does not read of %q: %v", words, looks)
		}
	}
}

// refusedWithoutAPurpose: nothing is shown, no look is left, and the head of the agency reads who it was.
func (s *entryStory) refusedWithoutAPurpose() {
	from := len(s.Traces())
	for _, path := range []string{
		"/desk/registers/parking-permits/" + s.entry + "?purpose=curiosity", "/desk/registers/parking-permits/" + s.entry + "?purpose=keeping",
		"/desk/registers/parking-permits?purpose=keeping&field=plate&q=a417mo52", "/api/v1/desk/registers/parking-permits/" + s.entry,
	} {
		if got := s.dorogin.browser.Get(path); got.Status != http.StatusForbidden || strings.Contains(got.Body, "104") {
			s.t.Errorf("%s: %d", path, got.Status)
		}
	}
	if got := s.kotova.browser.Send(http.MethodPost, "/api/v1/desk/registers/parking-permits/"+s.entry+"/end", map[string]any{"version": 1, "reason": "Машина продана вчера"}); got.Status != http.StatusForbidden {
		s.t.Errorf("an officer ends an entry: %d", got.Status)
	}
	if seen := looked(s.world, from); len(seen) != 0 {
		s.t.Errorf("refusals left looks at %v", seen)
	}
	got := s.belova.browser.Get("/desk/registers/parking-permits?purpose=keeping")
	for _, says := range []string{"Кого не допустили", "Дорогин", "Котова", "Чужая цель", "Цель не названа", "Не та роль"} {
		if !strings.Contains(got.Body, says) {
			s.t.Errorf("the head does not read %q", says)
		}
	}
	if got := s.kotova.browser.Get("/desk/registers/parking-permits?purpose=keeping"); strings.Contains(got.Body, "Кого не допустили") {
		s.t.Error("an officer reads of refusals")
	}
}

// corrected: the zone was wrong. The person is told, the permit is issued anew, and the history shows both.
func (s *entryStory) corrected() {
	old := s.whole()
	at := "/desk/registers/parking-permits/" + s.entry + "/correct?purpose=keeping"
	form := url.Values{"version": {"1"}, "field_zone": {"106"}, "reason": {"нет"}}
	if got := s.kotova.browser.Post(at, form); got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "106") {
		s.t.Errorf("without a reason: %d", got.Status)
	}
	form.Set("reason", "Дом отнесли к другой зоне")
	if got := s.kotova.browser.Post(at, form); got.Status != http.StatusSeeOther {
		s.t.Fatalf("corrected: %d %s", got.Status, got.Body)
	}
	s.Run()
	now := s.whole()
	var history []string
	for _, v := range now.History {
		history = append(history, v.Change+" "+v.Role+" "+v.Fields["zone"]+" "+v.Reason)
	}
	if diff := cmp.Diff([]string{"entered  104 ", "corrected officer 106 Дом отнесли к другой зоне"}, history); diff != "" || now.Version != 2 || now.Number == old.Number {
		s.t.Errorf("version %d, number %s after %s:\n%s", now.Version, now.Number, old.Number, diff)
	}
	if got := s.anna.program.Get("/api/v1/notices"); !strings.Contains(got.Body, "документ выдан заново") {
		s.t.Error("Anna is not told")
	}
	papers, err := s.Modules.Document.Results(s.t.Context(), system(s.world), s.anna.ID(), id.ID{})
	s.Must(err)
	said := map[string]string{}
	for _, p := range papers {
		for _, f := range p.Facts {
			if f.Key == "zone" {
				said[id.FormatNumber(p.Number)] = f.Value.RU + map[bool]string{true: " revoked"}[!p.Revoked.IsZero()]
			}
		}
	}
	if diff := cmp.Diff(map[string]string{old.Number: "104 revoked", now.Number: "106"}, said); diff != "" {
		s.t.Error(diff)
	}
}

// askedInAnotherService: Oleg contests a fine, says that he has a permit, and brings no paper.
func (s *entryStory) askedInAnotherService() {
	oleg := s.of("oleg", "")
	s.paper(oleg.ID())
	answers := map[string]any{
		"number": "03520052261103000417", "received": s.Today(0), "reason": "permit", "story": "Машина стояла у дома, разрешение жителя у меня есть.",
	}
	number := s.apply(oleg, s.begin(oleg, "fine-contest", nil), answers)
	ref, err := s.Modules.Casework.Find(s.t.Context(), number)
	s.Must(err)
	list, err := s.Modules.Exchange.Certificates(s.t.Context(), system(s.world), []id.ID{oleg.ID()}, ref.ID)
	s.Must(err)
	found := false
	for _, c := range list {
		found = found || c.Register == "parking-permits-held" && c.Values["found"] == true
	}
	if !found {
		s.t.Errorf("the register was not asked, or says that there is no permit: %+v", list)
	}
}

// revoked: the head takes the permit back, and the entry is over.
func (s *entryStory) revoked() {
	papers, err := s.Modules.Document.Results(s.t.Context(), system(s.world), s.anna.ID(), id.ID{})
	s.Must(err)
	for _, p := range papers {
		if p.Revoked.IsZero() && p.Service == "parking-permit" {
			got := s.belova.browser.Post("/desk/documents/"+p.ID.String()+"/revoke", url.Values{"reason": {"Машина продана другому человеку"}})
			if got.Status != http.StatusSeeOther {
				s.t.Fatalf("revoked: %d", got.Status)
			}
		}
	}
	s.Run()
	now := s.whole()
	if last := now.History[len(now.History)-1]; now.Standing != "over" || last.Change != "ended" || last.Reason != "Машина продана другому человеку" {
		s.t.Errorf("a revoked permit: %s, %+v", now.Standing, last)
	}
}

// told: the road police's real server has taken a signed message of each change, in order, with the fields of the
// subscription alone.
func (s *entryStory) told() {
	var heard []string
	for _, m := range s.Agencies.Messages() {
		var body struct {
			Type string
			Data struct {
				Entry, Change string
				Fields        map[string]string
			}
		}
		s.Must(json.Unmarshal(m.Body, &body))
		if m.Agency != "road-police" || body.Type != "register.changed" {
			s.t.Errorf("%s was sent %s", m.Agency, body.Type)
		}
		if body.Data.Entry == s.entry {
			heard = append(heard, body.Data.Change+" "+body.Data.Fields["plate"]+" "+body.Data.Fields["zone"])
			if len(body.Data.Fields) != 2 {
				s.t.Errorf("it was told %v", body.Data.Fields)
			}
		}
	}
	if diff := cmp.Diff([]string{"entered А417МО52 104", "corrected А417МО52 106", "ended А417МО52 106"}, heard); diff != "" {
		s.t.Error(diff)
	}
	s.looksSay("Реестр разрешений на парковку жителей: Список для патрулей")
}
