package app_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/core/booking"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// heavyLoad is Anna's load on whose way two agencies say what they think: the bridges hold, the road police has its part
// in hand.
func (w *world) heavyLoad() string {
	w.t.Helper()
	anna, fomin, dorogin := w.of("anna", ""), w.of("fomin", "transport"), w.by("dorogin", "road-police", certificate)
	draft := w.begin(anna, "cargo-route", nil)
	if got := anna.program.Upload("/api/v1/drafts/"+draft+"/files", map[string]string{"field": "scheme"}, "file", "scheme.png", picture); got.Status != http.StatusCreated {
		w.t.Fatalf("the drawing: %d %s", got.Status, got.Body)
	}
	number := w.apply(anna, draft, map[string]any{
		"what": "Бытовка", "height": 420, "width": 300, "mass": 45000, "acting": "person", "plate": "Н808ОР52", "phone": "+79165550101", "day": w.Today(20), "hour": "night",
		"points": []any{map[string]any{"where": "Паромная ул., 5", "stop": false}, map[string]any{"where": "Гончарная ул., 3", "stop": false}},
	})
	var theCase struct{ Charge string }
	w.want(anna.program, http.MethodGet, "/api/v1/cases/"+number, nil, &theCase)
	w.payBill(anna, theCase.Charge)
	w.desk(fomin, number, "take", nil)
	w.desk(fomin, number, "opine", map[string]any{"opinion": "agree"})
	w.desk(dorogin, number, "take", nil)
	return number
}

// cityPost is Anna's application for a post with the city: one official has had more time, decided, been asked by a
// second one to look again, and decided anew.
func (w *world) cityPost() string {
	w.t.Helper()
	anna, trudov, lapteva := w.of("anna", ""), w.of("trudov", "employment"), w.of("lapteva", "employment")
	number := w.apply(anna, w.begin(anna, "city-vacancy", nil), map[string]any{
		"citizen": true, "vacancy": "specialist", "reason": "Хочу помогать людям в центре.", "worked": false, "education": "university", "phone": "+79165550101",
	})
	yes := map[string]any{"verdict": "approve"}
	w.desk(trudov, number, "take", nil)
	w.desk(trudov, number, "extend", map[string]any{"days": 5, "words": "Ждём ответа прежней службы."})
	w.desk(trudov, number, "finish", nil)
	w.desk(trudov, number, "take", nil)
	w.desk(trudov, number, "decide", yes)
	w.desk(lapteva, number, "return", map[string]any{"words": "Допишите, на какой срок."})
	w.desk(trudov, number, "decide", yes)
	return number
}

// neighboursStay is Boris's temporary registration in Anna's home, which she is to sign.
func (w *world) neighboursStay() string {
	w.t.Helper()
	boris, anna := w.of(neighbour, ""), w.Resident("anna")
	return w.apply(boris, w.begin(boris, "temporary-stay", nil), map[string]any{
		"address": "Речная ул., 14, кв. 86", "since": w.Today(1), "until": w.Today(200), "owner": map[string]any{
			"name":  map[string]string{"surname": anna.Name.Family, "given": anna.Name.Given, "patronymic": anna.Name.Patronymic},
			"birth": anna.Birth.String(), "snils": anna.SNILS,
		},
	})
}

// mistake tells of a mistake in the pass: the first one is put right, the second is being looked at.
func (w *world) mistake(number string) {
	w.t.Helper()
	anna, belova := w.of("anna", ""), w.of("belova", "transport")
	var theCase struct{ Documents []string }
	ask := func() {
		w.want(anna.program, http.MethodGet, "/api/v1/cases/"+number, nil, &theCase)
		asked := slices.ContainsFunc(theCase.Documents, func(paper string) bool { // the corrected one is revoked
			body := []byte(`{"place":"` + paper + `/to","words":"В адресе ошибка."}`)
			return w.do(anna.program, apptest.Call{Method: http.MethodPost, Path: "/api/v1/cases/" + number + "/corrections", Type: "application/json", Body: body}).Status == http.StatusCreated
		})
		if !asked {
			w.t.Fatalf("no document of %s can be put right", number)
		}
		w.Run()
		w.desk(belova, number, "take", nil)
	}
	ask()
	w.desk(belova, number, "correct", map[string]any{"line": "to", "ru": "Паромная ул., 5", "en": "Paromnaya St, 5"})
	ask()
}

// booking makes an appointment at the service centre in an account, instead of an older one.
func (w *world) booking(person id.ID, old string) string {
	w.t.Helper()
	ctx, anna := w.t.Context(), w.of("anna", "")
	if old != "" {
		w.refresh(anna)
		w.do(anna.program, apptest.Call{Method: http.MethodPost, Path: "/api/v1/visits/" + old + "/cancel"}) // one that is over gives no place back
	}
	day, err := calendar.ParseDate(w.Today(3))
	w.Must(err)
	free, err := w.Modules.Booking.Free(ctx, "centre", day, day.AddDays(3))
	w.Must(err)
	zone, err := time.LoadLocation(w.Config.Zone)
	w.Must(err)
	w.visits = calendar.DateOf(free[0].Start, zone).String()
	by := act.Act{ID: id.New(w.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: anna.ID()}, Holder: person, Assurance: act.Standard, Channel: act.Web}
	hold, err := w.Modules.Booking.PrepareHold(ctx, by, booking.Hold{Person: person, Resource: "centre", Start: free[0].Start})
	w.Must(err)
	var held booking.Booking
	w.Must(w.Base.Store.Write(ctx, func(tx *store.Tx) error {
		held, err = hold.Put(tx)
		return err
	}))
	ready, err := w.Modules.Booking.PrepareConfirm(ctx, by, held.ID)
	w.Must(err)
	w.Must(w.Base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := ready.Put(tx)
		return err
	}))
	w.Run()
	return held.ID.String()
}

// sendingOf names the draft and the question of a file that is sent in parts.
func sendingOf(draft string) string {
	var out []string
	for _, pair := range [][2]string{{"filename", "знак.png"}, {"draft", draft}, {"field", "files"}} {
		out = append(out, pair[0]+" "+base64.StdEncoding.EncodeToString([]byte(pair[1])))
	}
	return strings.Join(out, ",")
}

// sending begins to send a file into a draft of Anna's.
func (w *world) sending(draft string) string {
	w.t.Helper()
	got := w.do(w.of("anna", "").program, apptest.Call{Method: http.MethodPost, Path: "/api/v1/files", Header: map[string]string{
		"Tus-Resumable": "1.0.0", "Upload-Length": "5", "Upload-Metadata": sendingOf(draft),
	}})
	where, found := strings.CutPrefix(got.Header.Get("Location"), "/api/v1/files/")
	if got.Status != http.StatusCreated || !found {
		w.t.Fatalf("the sending: %d %s", got.Status, got.Body)
	}
	return where
}

// bulk is an act of Fomin's on one case, which he has taken back.
func (w *world) bulk() string {
	w.t.Helper()
	m := w.of("fomin", "transport")
	w.refresh(m)
	var made struct{ ID string }
	w.want(m.program, http.MethodPost, "/api/v1/desk/bulk", map[string]any{"verb": "assign", "cases": []string{w.appeal}, "to": m.ID()}, &made)
	w.want(m.program, http.MethodPost, "/api/v1/desk/bulk/"+made.ID+"/undo", map[string]any{}, nil)
	w.Run()
	return made.ID
}

// putBack puts a case that Fomin has taken back into its queue.
func (w *world) putBack(number string) {
	w.t.Helper()
	m := w.of("fomin", "transport")
	ref, err := w.Modules.Casework.Find(w.t.Context(), number)
	w.Must(err)
	if ref.Official == m.ID() {
		w.refresh(m)
		w.desk(m, number, "release", nil)
	}
}

// absence is one of Fomin's, for whom Kotova stands in.
func (w *world) absence() string {
	w.t.Helper()
	m := w.of("fomin", "transport")
	w.refresh(m)
	if w.away != "" {
		w.do(m.program, apptest.Call{Method: http.MethodDelete, Path: "/api/v1/desk/absences/" + w.away}) // it may have been ended
	}
	var made struct{ ID string }
	w.want(m.program, http.MethodPost, "/api/v1/desk/absences", map[string]any{
		"person": m.ID(), "substitute": w.Resident("kotova").ID(), "since": w.Today(60), "until": w.Today(61),
	}, &made)
	w.away = made.ID
	return made.ID
}

// template is a ready question of the Department of Transport.
func (w *world) template() string {
	w.t.Helper()
	m := w.of("belova", "transport")
	w.refresh(m)
	var made struct{ ID string }
	w.want(m.program, http.MethodPut, "/api/v1/desk/templates", map[string]any{
		"kind": "question", "title": map[string]string{"ru": "Номер", "en": "Plate"}, "text": map[string]string{"ru": "Какой номер?", "en": "Which plate?"},
	}, &made)
	return made.ID
}

// studied is the file that the change set changes.
const studied = "services/parking-permit.yaml"

// change is a change set of Belova's, with one file changed and a simulation run.
func (w *world) change() (string, string) {
	w.t.Helper()
	m := w.of("belova", "transport")
	w.refresh(m)
	var made, run struct{ ID string }
	w.want(m.program, http.MethodPost, "/api/v1/studio/changes", map[string]any{"title": "Парковка: яснее"}, &made)
	at := "/api/v1/studio/changes/" + made.ID
	var file struct {
		Text, Base string
		Seen       int64
	}
	w.want(m.program, http.MethodGet, at+"/file?"+url.Values{"path": {studied}}.Encode(), nil, &file)
	w.want(m.program, http.MethodPut, at+"/file", map[string]any{"path": studied, "text": file.Text + "# The words of the studio\n", "seen": file.Seen, "base": file.Base}, nil)
	w.want(m.program, http.MethodPost, at+"/simulations", map[string]any{"service": "parking-permit", "cases": 3}, &run)
	w.Run()
	return made.ID, run.ID
}

// version is the city's version in force.
func (w *world) version() string {
	w.t.Helper()
	list, err := w.Modules.Service.Switches(w.t.Context(), 1)
	w.Must(err)
	return string(list[0].Hash)
}

// testActs goes on with the cases that waited for the matrix: who may does what it asked for without doing it.
func testActs(t *testing.T, w *world) {
	w.enterAll()
	w.desk(w.by("dorogin", "road-police", certificate), w.cargo, "opine", map[string]any{"opinion": "object", "words": "Нужна машина сопровождения."})
	w.desk(w.of("lapteva", "employment"), w.vacancy, "confirm", nil)
	w.stands(t, w.cargo, "open")
	w.stands(t, w.vacancy, "approved")
}

// testReopen ends the look at a mistake and has a decided case decided anew.
func testReopen(t *testing.T, w *world) {
	w.enterAll()
	belova := w.of("belova", "transport")
	w.desk(belova, w.freight, "decline", map[string]any{"words": "Адрес верен."})
	w.stands(t, w.freight, "approved")
	w.desk(belova, w.freight, "reopen", map[string]any{"words": "Проверим маршрут заново."})
	w.stands(t, w.freight, "open")
}

// stands holds a case of Anna's to the stage where it should be.
func (w *world) stands(t *testing.T, number, stage string) {
	t.Helper()
	var got struct{ Stage, Status string }
	w.want(w.of("anna", "").program, http.MethodGet, "/api/v1/cases/"+number, nil, &got)
	if got.Stage != stage {
		t.Errorf("%s is %s (%s), want %s", number, got.Stage, got.Status, stage)
	}
}
