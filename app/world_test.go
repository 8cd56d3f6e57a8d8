package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/app/apptest"
	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// world is the one house of this package's tests, with what its people have done by the API: the four services, each
// from the first question to where a test needs it.
type world struct {
	*apptest.House
	t *testing.T

	parking, school, appeal, freight string // public numbers: in an official's hands, the same for a child, with a file, decided
	cargo, vacancy, stay             string // on which agencies are asked, on which two decide, that Anna signs
	visits                           string // the day of the appointments
	away                             string // an absence
	appealFile                       id.ID
	people                           map[string]*member

	keys   map[string]*member // of agencies' programs
	things *things            // made by the matrix, used by what comes after it
	ways   map[string]entry   // into every route
}

// member is a person who uses the house both ways.
type member struct {
	kitezh.Resident
	hat     string // key of the agency they act for
	how     way
	entered time.Time // when the session began
	key     bool      // a program of the agency, which has no session
	browser *apptest.Client
	program *apptest.Client
}

// way is how a person comes in.
type way int

const (
	password    way = iota
	twoFactors      // a passkey
	certificate     // the surest there is
	atCentre        // an official opened the session for whoever stands before them
)

func newWorld(t *testing.T, h *apptest.House) *world {
	w := &world{House: h, t: t, people: map[string]*member{}, keys: map[string]*member{}}
	w.appoint("svetlana", "transport", agency.Clerk)
	w.appoint("alexey", "transport", agency.Officer, "parking")
	w.parking = w.parkingPermit()
	w.school = w.firstClass()
	w.appeal, w.appealFile = w.letter()
	w.freight = w.freightPass()
	w.mistake(w.freight)
	w.cargo, w.vacancy, w.stay = w.heavyLoad(), w.cityPost(), w.neighboursStay()
	w.Modules.Organisation.Provide(heads{w.Resident("anna").SNILS})
	return w
}

// appoint makes one of the demo's residents an official, so that every role there is has somebody.
func (w *world) appoint(key, office string, role agency.Role, queues ...string) {
	w.t.Helper()
	w.Must(w.Modules.Agency.Enrol(w.t.Context(), []agency.Official{{
		Person: w.Resident(key).ID(), Agency: agency.ID(office), Role: role, Queues: queues, Since: w.Clock.Now(),
	}}))
}

// of signs a person in by their password, under the hat of an agency when one is named.
func (w *world) of(key, hat string) *member {
	w.t.Helper()
	return w.by(key, hat, password)
}

// by signs a person in.
func (w *world) by(key, hat string, how way) *member {
	w.t.Helper()
	name := fmt.Sprintf("%s %s %d", key, hat, how)
	if w.people[name] == nil {
		w.people[name] = &member{Resident: w.Resident(key), hat: hat, how: how}
		w.enter(w.people[name])
	}
	return w.people[name]
}

// enter begins a new session, past the pages of the sign-in: some operations that the matrix tries take the password away.
func (w *world) enter(m *member) {
	w.t.Helper()
	if m.key {
		return
	}
	p, via := account.Proof{Method: account.ByPassword, Level: act.Standard}, account.Via{Channel: act.Web, Lang: lang.Russian}
	switch m.how {
	case twoFactors:
		p.Method, p.Strong = account.ByPasskey, true
	case certificate:
		p.Method, p.Strong, p.Level = account.ByCertificate, true, act.Verified
	case atCentre:
		p.Method, via.Channel, via.By, via.Most = account.ByCentre, act.Centre, w.Resident("orekhova").ID(), account.VisitMost
	}
	m.entered = w.Clock.Now()
	m.browser = w.Enter(m.Resident, p, via)
	if m.hat != "" {
		m.browser.Wear(m.hat)
	}
	m.program = m.browser.Program()
}

// refresh begins a new session where the old one is not fresh any more, for the operations that ask for that.
func (w *world) refresh(m *member) {
	if !m.entered.IsZero() && w.Clock.Now().Sub(m.entered) > account.VisitIdle/2 {
		w.enter(m)
	}
}

// enterAll begins new sessions for everybody: after hours the old ones are over.
func (w *world) enterAll() {
	for _, m := range w.people {
		w.enter(m)
	}
}

// want sends JSON and reads the answer of a success into out.
func (w *world) want(c *apptest.Client, method, path string, body, out any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	w.Must(err)
	got := w.do(c, apptest.Call{Method: method, Path: path, Type: "application/json", Body: text})
	if got.Status/100 != 2 {
		w.t.Fatalf("%s %s: %d %s", method, path, got.Status, got.Body)
	}
	if out != nil {
		w.Must(got.JSON(out))
	}
}

// begin makes a draft and gives its id.
func (w *world) begin(m *member, service string, child *id.ID) string {
	w.t.Helper()
	var draft struct{ ID string }
	body := map[string]any{"anew": true}
	if child != nil {
		body["child"] = child
	}
	w.want(m.program, http.MethodPost, "/api/v1/services/"+service+"/drafts", body, &draft)
	return draft.ID
}

// apply fills a draft, sends it, and gives the case's number.
func (w *world) apply(m *member, draft string, answers map[string]any) string {
	w.t.Helper()
	var stands struct {
		Missing, Faults []map[string]string
	}
	w.want(m.program, http.MethodPatch, "/api/v1/drafts/"+draft, map[string]any{"answers": answers}, &stands)
	if len(stands.Missing)+len(stands.Faults) > 0 {
		w.t.Fatalf("%s can't be sent: missing %v, faults %v", draft, stands.Missing, stands.Faults)
	}
	var sent struct{ Number string }
	w.want(m.program, http.MethodPost, "/api/v1/drafts/"+draft+"/submit", map[string]any{"consent": true}, &sent)
	w.Run()
	return sent.Number
}

// desk does an official's act to a case.
func (w *world) desk(m *member, number, what string, body map[string]any) {
	w.t.Helper()
	if body == nil {
		body = map[string]any{}
	}
	w.want(m.program, http.MethodPost, "/api/v1/desk/cases/"+number+"/"+what, body, nil)
	w.Run()
}

// parkingPermit is Anna's application, paid for and taken by an officer who asks a question.
func (w *world) parkingPermit() string {
	anna, kotova := w.of("anna", ""), w.of("kotova", "transport")
	number := w.apply(anna, w.begin(anna, "parking-permit", nil), map[string]any{"car": "А417МО52", "starts": w.Today(5), "second": false})
	var theCase struct{ Charge string }
	w.want(anna.program, http.MethodGet, "/api/v1/cases/"+number, nil, &theCase)
	w.payBill(anna, theCase.Charge)
	w.desk(kotova, number, "take", nil)
	w.desk(kotova, number, "note", map[string]any{"words": "Проверить зону"})
	w.desk(kotova, number, "ask", map[string]any{"words": "Номер на фото другой?"})
	return number
}

// payBill pays a charge on the bank's page.
func (w *world) payBill(m *member, charge string) {
	w.t.Helper()
	w.want(m.program, http.MethodPost, "/api/v1/charges/"+charge+"/payments", map[string]any{}, nil)
	for key, p := range w.Bank.Payments() {
		if p.State == "open" {
			_, err := w.Bank.Decide(key, true)
			w.Must(err)
		}
	}
	w.Bank.Wait()
	w.Run()
}

// firstClass is Anna's application for her son, in an official's hands.
func (w *world) firstClass() string {
	anna, orlova, misha := w.of("anna", ""), w.of("orlova", "education"), w.Resident("misha").ID()
	number := w.apply(anna, w.begin(anna, "school-first-class", &misha), map[string]any{"school": "s4", "phone": "+79165550101"})
	w.desk(orlova, number, "take", nil)
	return number
}

// picture is the least PNG that there is.
var picture = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82")

// letter is Anna's letter to the city with a photograph, forwarded and answered.
func (w *world) letter() (string, id.ID) {
	anna := w.of("anna", "")
	draft := w.begin(anna, "city-appeal", nil)
	w.want(anna.program, http.MethodPatch, "/api/v1/drafts/"+draft, map[string]any{"answers": map[string]any{"topic": "transport", "text": "Знак закрыт ветками."}}, nil)
	got := anna.program.Upload("/api/v1/drafts/"+draft+"/files", map[string]string{"field": "files"}, "file", "знак.png", picture)
	if got.Status != http.StatusCreated {
		w.t.Fatalf("the photograph: %d %s", got.Status, got.Body)
	}
	number := w.apply(anna, draft, map[string]any{"name": map[string]string{"surname": "Смирнова", "given": "Анна"}, "channel": "account"})
	ref, err := w.Modules.Casework.Find(w.t.Context(), number)
	w.Must(err)
	files, err := w.Modules.Document.Files(w.t.Context(), system(w), ref.Holder, ref.ID)
	w.Must(err)
	if len(files) != 1 {
		w.t.Fatalf("the letter has %d files", len(files))
	}
	return number, files[0].ID
}

// freightPass is Anna's pass, which the table decides by itself.
func (w *world) freightPass() string {
	anna := w.of("anna", "")
	return w.apply(anna, w.begin(anna, "freight-pass", nil), map[string]any{
		"acting": "person", "plate": "К505ТТ52", "to": "Паромная ул., 5, кв. 12", "day": w.Today(3), "time": "day",
	})
}

func system(w *world) act.Act {
	return act.ByJob(id.New(w.Clock.Now()), act.Purpose{Kind: "command", ID: "test"})
}

// plate is what the documents of these tests are about.
const plate = "Е404КХ52"

// entry is the entry in the city's own register that a document has made.
func (w *world) entry(holder, paper id.ID) string {
	w.t.Helper()
	list, err := w.Modules.Register.Mine(w.t.Context(), system(w), holder)
	w.Must(err)
	for _, e := range list {
		if e.Source == paper {
			return e.ID.String()
		}
	}
	w.t.Fatalf("the document %s has made no entry", paper)
	return ""
}

// paper issues a document of a person's.
func (w *world) paper(holder id.ID) id.ID {
	w.t.Helper()
	n := document.NewResult{
		ID: id.New(w.Clock.Now()), Holder: holder, Case: id.New(w.Clock.Now()), Service: "parking-permit", Kind: "permit", Agency: agency.ID("transport"),
		Office: lang.Text{RU: "Ведомство", EN: "Agency"}, City: lang.Text{RU: "Китеж", EN: "Kitezh"},
		Title: lang.Text{RU: "Справка", EN: "Certificate"}, Text: lang.Text{RU: "Дана в том.", EN: "This is to say."}, Lang: lang.Russian,
		Until: calendar.MustDate("2099-01-01"), Facts: []document.Fact{
			{Key: "plate", Label: lang.Text{RU: "Госномер", EN: "Plate"}, Value: document.Same(plate)},
			{Key: "holder", Label: lang.Text{RU: "Владелец", EN: "Holder"}, Value: document.Same("Смирнова Анна")},
		},
	}
	ready, err := w.Modules.Document.PrepareResult(w.t.Context(), n)
	w.Must(err)
	w.Must(w.Base.Store.Write(w.t.Context(), ready.Put))
	w.Run()
	return n.ID
}

// bill issues a charge of a person's.
func (w *world) bill(payer id.ID) string {
	w.t.Helper()
	bill := id.New(w.Clock.Now())
	ready, err := w.Modules.Charge.Prepare(w.t.Context(), charge.NewCharge{
		ID: bill, Person: payer, Payee: agency.ID("transport"), Kind: charge.KindFee, Service: "parking-permit", Subject: id.New(w.Clock.Now()),
		Amount: money.Amount{Minor: 10000, Currency: money.RUB}, Title: lang.Text{RU: "Сбор", EN: "Fee"},
	})
	w.Must(err)
	w.Must(w.Base.Store.Write(w.t.Context(), ready.Put))
	w.Run()
	return bill.String()
}

// upload keeps a file in a person's draft.
func (w *world) upload(holder id.ID, sender act.Act, draft string) id.ID {
	w.t.Helper()
	purpose, err := id.Parse(draft)
	w.Must(err)
	ready, err := w.Modules.Document.PrepareUpload(w.t.Context(), sender, document.Upload{
		Holder: holder, Purpose: purpose, Field: "files", File: web.File{Name: "a.png", Data: picture}, Accept: []string{"png"},
	})
	w.Must(err)
	w.Must(w.Base.Store.Write(w.t.Context(), func(tx *store.Tx) error { return ready.Put(tx) }))
	return ready.File().ID
}

// session begins one more session of a person's and gives its id.
func (w *world) session(key string) string {
	w.t.Helper()
	accounts, err := w.Modules.Account.AccountOf(w.t.Context(), w.Resident(key).ID())
	w.Must(err)
	entry, err := w.Modules.Account.Begin(w.t.Context(), account.Proof{
		Method: account.ByPassword, Account: accounts[0], Person: w.Resident(key).ID(), Level: act.Standard,
	}, account.Via{Channel: act.Web, Lang: lang.Russian})
	w.Must(err)
	return entry.Session.String()
}

// do sends a call and waits out a limit of requests.
func (w *world) do(c *apptest.Client, call apptest.Call) apptest.Answer {
	w.t.Helper()
	got := c.Do(call)
	if got.Status == http.StatusTooManyRequests {
		w.Clock.Move(time.Minute)
		got = c.Do(call)
	}
	return got
}

// refused tells whether an answer says that the caller may not: by its status, or by the way to the sign-in page. Routes
// that are open to all send people there as they please.
func refused(r web.Route, got apptest.Answer) bool {
	switch got.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return true
	case http.StatusSeeOther:
		where, err := url.Parse(got.Where())
		sent := err == nil && (where.Path == "/sign-in" || where.Path == "/sign-in/raise") && strings.Contains(where.RawQuery, "back=")
		return sent && !r.Op.Open() && got.Where() != leads[r.Pattern]
	}
	return false
}

// leads are routes that lead to the sign-in page when they let in.
var leads = map[string]string{"POST /account/merge": "/sign-in?back=%2Faccount%2Fmerge%2Fjoin"}

// checkCode is what the QR code on a document says.
func (w *world) checkCode(documentID string) string {
	w.t.Helper()
	var paper struct{ Check string }
	w.want(w.of("anna", "").program, http.MethodGet, "/api/v1/documents/"+documentID, nil, &paper)
	return paper.Check[strings.LastIndex(paper.Check, "/")+1:]
}

// call is a request to a route that the matrix found to be let in.
func (w *world) call(r web.Route) apptest.Call {
	return w.things.targets(r)[w.ways[r.Pattern].target].call(r)
}
