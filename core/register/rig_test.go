package register

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var (
	anna, boris = id.Derived("person", "anna"), id.Derived("person", "boris")
	transport   = agency.ID("transport")
	police      = agency.ID("road-police")
	caseID      = id.Derived("case", "1")
	own         = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Basic}
	officer     = official("clerk", transport, "officer")
	head        = official("boss", transport, "head")
	patrol      = official("patrol", police, "officer")
	keeping     = Reading{Register: "permits", Purpose: "keeping"}
)

func official(name string, office id.ID, role string) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", name), Agency: office, Role: role}, Assurance: act.Standard, Channel: act.Desk}
}

func text(word string) lang.Text { return lang.Text{RU: word, EN: word} }

// theCity has one own register, the services whose results it is made of, and a certificate of it.
func theCity() *service.City {
	return &service.City{
		Services: []service.Service{
			{Key: "permit", Agency: "transport"}, {Key: "new-zone", Agency: "transport"}, {Key: "give-back", Agency: "transport"},
			{Key: "fine", Agency: "road-police", Certificates: []service.Certificate{{Key: "permit", Register: "permits-held"}}},
		},
		Registers: []service.Register{{
			Key: "permits-held", Agency: "transport", Transport: service.TransportOwn, Of: "permits", Timeout: "1s", Fresh: "1h",
			Parameters: []service.Parameter{{Name: "plate", Type: "plate"}},
			Values: []service.Value{
				{Name: "found", Type: "yes-no"}, {Name: "count", Type: "number"},
				{Name: "entries", Type: "records", Fields: []service.Value{{Name: "plate", Type: "text"}, {Name: "zone", Type: "text"}, {Name: "until", Type: "date"}, {Name: "fee", Type: "money"}, {Name: "second", Type: "yes-no"}}},
			},
		}},
		OwnRegisters: []service.OwnRegister{{
			Key: "permits", Agency: "transport", Title: lang.Text{RU: "Реестр разрешений", EN: "Register of permits"}, Kept: 5, Corrects: []string{"head"},
			Fields: []service.OwnField{
				{Key: "plate", Type: "plate", Label: text("plate"), Personal: true, Search: true},
				{Key: "zone", Type: "text", Label: text("zone"), Public: true},
				{Key: "person", Type: "name", Label: text("person"), Personal: true},
				{Key: "last", Type: "date", Label: text("last")},
				{Key: "fee", Type: "money", Label: text("fee")},
				{Key: "second", Type: "yes-no", Label: text("second")},
				{Key: "number", Type: "text", Label: text("number")},
			},
			From: []service.OwnSource{
				{Service: "permit", Does: "enter", Fields: map[string]string{"plate": "facts.plate", "zone": "facts.zone", "person": "facts.person", "last": "result.until", "fee": "facts.fee", "second": "facts.second", "number": "result.number"}},
				{Service: "new-zone", Does: "alter", Match: []string{"plate"}, Fields: map[string]string{"plate": "facts.plate", "zone": "facts.zone"}},
				{Service: "give-back", Does: "end", Match: []string{"plate"}, Fields: map[string]string{"plate": "facts.plate"}},
			},
			Purposes: []service.OwnPurpose{
				{Key: "keeping", Agency: "transport", Roles: []string{"officer", "head"}, Title: lang.Text{RU: "Ведение", EN: "Keeping"}},
				{Key: "street", Agency: "road-police", Roles: []string{"officer"}, Title: lang.Text{RU: "Проверка на улице", EN: "Check in the street"}, Fields: []string{"plate", "zone"}},
			},
			Subscriptions: []service.Subscription{
				{Key: "tell", On: []string{"entered"}, Notice: &service.OwnNotice{Title: lang.Text{RU: "Вы в реестре", EN: "You are in the register"}, Text: text("…")}},
				{Key: "patrol", On: []string{"entered", "corrected", "ended"}, Webhook: &service.OwnWebhook{Agency: "road-police", Title: lang.Text{RU: "Патруль", EN: "Patrol"}, Fields: []string{"plate", "zone"}}},
			},
		}},
	}
}

// rig is a house with documents, notices and registers.
type rig struct {
	*Module
	papers  *document.Module
	notices *notice.Module
	clock   *clock.Fixed
	city    *service.City
	heard   []jobs.Job
}

var needs = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, account.Migrations, mandate.Migrations, document.Migrations,
	notice.Migrations, Migrations,
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs...)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func inMoscow() *time.Location { return time.FixedZone("Moscow", 3*3600) }

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c}))
	r := &rig{clock: c, city: theCity()}
	log := slog.New(slog.DiscardHandler)
	agencies := agency.New(agency.Deps{})
	accounts := account.New(account.Deps{Agencies: agencies})
	agencies.Provide(accounts, nil)
	city := func() *service.City { return r.city }
	r.papers = document.New(document.Deps{Address: "https://kitezh.example", Zone: inMoscow})
	r.notices = notice.New(notice.Deps{People: accounts, From: "city@kitezh.example", Address: "https://kitezh.example", City: func(lang.Language) string { return "Kitezh" }, Zone: inMoscow})
	r.Module = New(Deps{City: city, Papers: r.papers, Teller: r.notices, Zone: inMoscow})
	modules := []module.Module{agencies, accounts, r.papers, r.notices, r.Module}
	signer := seal.New("kitezh", v, c)
	base := &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Log: log, Texts: texts(t, modules),
		Blobs: must[*blob.Folder](t)(blob.Open(t.TempDir(), c)), Seal: signer, Journal: journal.New(signer, c),
	}
	base.Jobs.On(EventChanged, "test.changed", func(_ context.Context, j jobs.Job) error { r.heard = append(r.heard, j); return nil })
	for _, m := range modules {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

func (r *rig) drain(t testing.TB) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) write(t testing.TB, fn func(*store.Tx) error) {
	t.Helper()
	if err := r.base.Store.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// result is a document of a service for a plate.
func result(name string, holder id.ID, by, plate, zone string) document.NewResult {
	return document.NewResult{
		ID: id.Derived("result", name), Holder: holder, Case: caseID, Service: by, Kind: "permit", Agency: transport, Office: text("Transport"), City: text("Kitezh"),
		Title: lang.Text{RU: "Разрешение", EN: "Permit"}, Text: text("…"), From: calendar.MustDate("2026-11-21"), Until: calendar.MustDate("2027-11-20"), Lang: lang.Russian,
		Facts: []document.Fact{
			{Key: "plate", Label: text("plate"), Value: text(plate)}, {Key: "zone", Label: text("zone"), Value: lang.Text{RU: zone, EN: zone + " (en)"}},
			{Key: "person", Label: text("person"), Value: text("Смирнова Анна")},
			{Key: "fee", Label: text("fee"), Value: lang.Text{RU: "3 000 ₽", EN: "3,000 ₽"}}, {Key: "second", Label: text("second"), Value: lang.Text{RU: "Нет", EN: "No"}},
		},
	}
}

// issue issues a document without doing what follows from it.
func (r *rig) issue(t testing.TB, n document.NewResult) document.Result {
	t.Helper()
	p := must[*document.PreparedResult](t)(r.papers.PrepareResult(t.Context(), n))
	r.write(t, p.Put)
	return p.Result()
}

// permit enters a permit and returns its entry.
func (r *rig) permit(t testing.TB, name string, holder id.ID, plate, zone string) Entry {
	t.Helper()
	d := r.issue(t, result(name, holder, "permit", plate, zone))
	r.drain(t)
	return r.ofDocument(t, d.ID, holder)
}

func (r *rig) ofDocument(t testing.TB, d, holder id.ID) Entry {
	t.Helper()
	which := must[id.ID](t)(r.sourced(t.Context(), "permits", d))
	return must[Entry](t)(r.entry(t.Context(), holder, which))
}

// history are the versions of an entry, read by the house itself.
func (r *rig) history(t testing.TB, e Entry) []Version {
	t.Helper()
	return must[[]Version](t)(r.versions(t.Context(), r.system(e.ID), lookEntry, e.Holder, e.ID))
}

// fits holds the entry to what its versions come to.
func (r *rig) fits(t testing.TB, e Entry) {
	t.Helper()
	replayed, ok := Replay(r.history(t, e))
	replayed.Holder, replayed.ID, replayed.Register = e.Holder, e.ID, e.Register
	if !ok || !equal(replayed, e) {
		t.Errorf("the versions come to %+v, %v; the entry is %+v", replayed, ok, e)
	}
}

// looks lists the kinds and purposes of the looks at a person.
func (r *rig) looks(t testing.TB, person id.ID) []string {
	t.Helper()
	var list []store.LookRecord
	err := r.base.Store.Look(t.Context(), act.ByJob(id.ID{}, act.Purpose{}), "test", func(p *store.Personal) error {
		var err error
		list, err = store.LooksAt(p, person, r.clock.Now().Add(time.Hour), 100)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, string(l.Actor.Kind)+" "+l.What+" "+l.Purpose.ID)
	}
	return out
}

// lives is a judge of cases by which the case lives or not.
func lives(yes bool) exchange.Lives {
	return func(_ store.PersonalReader, u exchange.Use) (bool, error) {
		return yes && u.Case == caseID && u.Certificate == "permit" && u.Register == "permits-held", nil
	}
}

func caseOf(_ context.Context, which id.ID) (Case, error) {
	if which != caseID {
		return Case{}, store.ErrNone
	}
	return Case{Holder: anna, Applicant: anna, Agency: police, Service: "fine"}, nil
}
