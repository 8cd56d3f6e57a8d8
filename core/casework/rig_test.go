package casework

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/city/kitezh"
	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	registers "posad.city/sim/agency"
	"posad.city/sim/bank"
	"posad.city/ui"
)

var (
	ctx      = context.Background()
	anna     = id.Derived("person", "anna")
	misha    = id.Derived("person", "misha")
	igor     = id.Derived("person", "igor") // an official
	vera     = id.Derived("person", "vera") // another one
	annaAct  = act.Act{Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Standard, Channel: act.Web}
	migrated = []store.Migrations{Migrations, vault.Migrations, journal.Migrations, jobs.Migrations, ledger.Migrations, charge.Migrations, pay.Migrations, exchange.Migrations, document.Migrations, notice.Migrations}
)

// officer is an act of an official of the agency.
func officer(person id.ID, office string, role agency.Role) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Official, Person: person, Agency: agency.ID(office), Role: string(role)}, Assurance: act.Verified, Channel: act.Desk}
}

var theCity = sync.OnceValue(func() *service.City {
	city, faults := service.LoadCity(trialFiles())
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	return city
})

var masterKey = sync.OnceValue(func() *vault.KEK {
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		panic(err) // a test's own ground
	}
	return kek
})

var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load((&Module{}).Locales(), charge.New(charge.Deps{}).Locales(), pay.New(pay.Deps{}).Locales(), document.New(document.Deps{}).Locales(),
		notice.New(notice.Deps{}).Locales(), exchange.New(exchange.Deps{}).Locales(), ui.Locale, page.Locale, web.Locale, blob.Locale, journal.Locale)
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

// oneCity is Services with one version.
type oneCity struct{}

func (oneCity) Current() *service.City { return theCity() }
func (oneCity) Version(context.Context, service.Hash) (*service.City, error) {
	return theCity(), nil
}

// household stands for accounts and families: Anna and her son Misha.
type household struct{}

func (household) Person(_ context.Context, _ act.Act, _ string, person id.ID) (account.Person, error) {
	return account.Person{ID: person, Name: lang.Name{Family: "Смирнова", Given: "Анна"}}, nil
}

func (household) Names(_ context.Context, _ act.Act, _ string, people ...id.ID) (map[id.ID]lang.Name, error) {
	out := map[id.ID]lang.Name{}
	for _, p := range people {
		out[p] = lang.Name{Family: "Смирнова", Given: "Анна"}
	}
	return out, nil
}

func (household) Acting(_ context.Context, _ act.Act, taker id.ID) ([]mandate.Principal, error) {
	if taker != anna {
		return nil, nil
	}
	return []mandate.Principal{{Mandate: annasMandate, Person: account.Person{ID: misha, Name: lang.Name{Family: "Смирнов", Given: "Михаил"}}}}, nil
}

// misha's mandates, for both of his parents.
var (
	annasMandate = mandate.Mandate{ID: id.Derived("mandate", "misha"), Giver: misha, Taker: anna, Kind: mandate.Parent, Scopes: mandate.Parent.Scopes(), Ends: calendar.MustDate("2038-06-01")}
	olegsMandate = mandate.Mandate{ID: id.Derived("mandate", "misha and oleg"), Giver: misha, Taker: oleg, Kind: mandate.Parent, Scopes: mandate.Parent.Scopes(), Ends: calendar.MustDate("2038-06-01")}
)

func (household) Of(_ context.Context, giver id.ID) ([]mandate.Mandate, error) {
	if giver != misha {
		return nil, nil
	}
	return []mandate.Mandate{annasMandate, olegsMandate}, nil
}

// parents is a household in which Misha has given these mandates.
type parents struct {
	household
	given []mandate.Mandate
}

func (p parents) Of(_ context.Context, giver id.ID) ([]mandate.Mandate, error) {
	if giver != misha {
		return nil, nil
	}
	return p.given, nil
}

// rig is the module with its real neighbours on a fresh store: registers and a bank on the wire.
type rig struct {
	*Module
	t      testing.TB
	store  *store.Store
	clock  *clock.Fixed
	queue  *jobs.Queue
	agency *registers.Agency
	bank   *bank.Bank
	bills  *charge.Module
	pay    *pay.Module
	papers *document.Module
	told   *notice.Module
	heard  map[string]int
	server *httptest.Server
	// replies, when given, are what registers answer, by key of the register: an example's facts.
	replies atomic.Pointer[map[string]any]
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, migrated...)
}

func one(t testing.TB) *rig {
	s, c := storetest.Open(t, migrated...)
	return newRig(t, s, c)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	r := &rig{t: t, store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{}), heard: map[string]int{}}
	log := slog.New(slog.DiscardHandler)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: masterKey(), Clock: c})
	r.must(err)
	blobs, err := blob.Open(t.TempDir(), c)
	r.must(err)
	sealer := seal.New("kitezh", v, c)
	server, err := web.New(web.Config{BaseURL: "http://city.test"}, web.Deps{Texts: theTexts().Reporting(func(err error) { t.Error(err) }), Clock: c, Log: log, Relator: ties{}, Sessions: cookies{}})
	r.must(err)
	base := &module.Base{Web: server, Pages: page.New(), Store: s, Vault: v, Clock: c, Jobs: r.queue, Blobs: blobs, Seal: sealer, Journal: journal.New(sealer, c), Texts: theTexts(), Log: log}
	zone := func() *time.Location { return theCity().Days().Zone() }

	r.bank = bank.New("http://bank.test", "key", "secret", c, log)
	r.bank.SetFaults(bank.Faults{Messages: -1})
	bankServer := httptest.NewServer(r.bank.Handler())
	t.Cleanup(bankServer.Close)
	r.bills = charge.New(charge.Deps{City: theCity, Zone: zone})
	r.pay = pay.New(pay.Deps{
		Charges: r.bills, Bank: &pay.Hosted{API: bankServer.URL, Key: "key", Secret: "secret", Client: bankServer.Client()}, Address: "http://city.test",
		AgencyName: func(id.ID, lang.Language) string { return "Agency" }, Zone: zone,
	})
	asks := exchange.New(r.connect(zone))
	r.papers = document.New(document.Deps{Address: "http://city.test", Zone: zone, Families: household{}})
	r.told = notice.New(notice.Deps{People: household{}, Address: "http://city.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	r.Module = New(Deps{Services: oneCity{}, Registers: asks, Bills: r.bills, Payments: r.pay, Papers: r.papers, Teller: r.told, People: household{}, Family: household{}})
	r.Module.memory.check = r.asRead
	asks.Provide(r.Lives)
	for _, m := range []interface{ Provision(*module.Base) error }{r.bills, r.pay, asks, r.papers, r.told, r.Module} {
		r.must(m.Provision(base))
	}
	t.Cleanup(func() { _ = asks.Stop(ctx) }) // never fails
	server.Provide(web.Deps{ErrorPage: base.Pages.FaultPage, Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) }})
	handler, err := server.Handler()
	r.must(err)
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	for _, event := range []string{EventSubmitted, EventAsked, EventAnswered, EventDecided, EventSettled, EventIssued, EventLate, EventClosed, charge.EventDue, document.EventIssued} {
		r.queue.On(event, "test."+event, func(context.Context, jobs.Job) error { r.heard[event]++; return nil })
	}
	return r
}

// asRead makes sure that a case that was taken from the memory is what a reading gives.
func (r *rig) asRead(k *known) {
	read := &known{}
	err := r.store.Look(ctx, act.ByJob(k.file.ID, act.Purpose{}), lookCase, func(p *store.Personal) error {
		*read = known{}
		return read.read(p, k.file.Holder, k.file.ID)
	})
	if err != nil {
		r.t.Errorf("a remembered case is not there: %v", err)
		return
	}
	if read.file.Revision != k.file.Revision {
		return // it has moved on meanwhile
	}
	if read.keys, err = r.base.Vault.Keys(ctx, k.file.Holder); err != nil || read.keys.Erased() {
		return
	}
	if err := read.openInputs(); err != nil {
		r.t.Error(err)
	}
	if diff := cmp.Diff(read.file, k.file); diff != "" {
		r.t.Errorf("remembered otherwise than kept:\n%s", diff)
	}
	if diff := cmp.Diff(read.tasks, k.tasks); diff != "" {
		r.t.Errorf("tasks remembered otherwise than kept:\n%s", diff)
	}
	if diff := cmp.Diff(read.inputs, k.inputs, cmp.AllowUnexported(calendar.Date{})); diff != "" {
		r.t.Errorf("inputs remembered otherwise than kept:\n%s", diff)
	}
	if rest := len(read.pauses) + len(read.questions) + len(read.done) + len(read.rounds) + len(read.signers) + len(read.mended); rest > 0 || read.other != nil {
		r.t.Errorf("%d rows are not remembered", rest)
	}
}

// connect starts the registers of the demo's people.
func (r *rig) connect(zone func() *time.Location) exchange.Deps {
	people, err := kitezh.Demo()
	r.must(err)
	r.agency = registers.New(registers.Options{Key: "secret", Answer: func(register string, p map[string]string) (any, bool) {
		if replies := r.replies.Load(); replies != nil {
			values, ok := (*replies)[register]
			return values, ok
		}
		return people.Reply(register, p, calendar.DateOf(r.clock.Now(), time.UTC))
	}})
	server := httptest.NewServer(r.agency.Handler())
	r.t.Cleanup(server.Close)
	out := exchange.Deps{City: theCity, Endpoints: map[string]exchange.Endpoint{}, Zone: zone, Pause: time.Second, Rest: 20 * time.Millisecond}
	for i := range theCity().Agencies {
		key := theCity().Agencies[i].Key
		out.Endpoints[key] = exchange.Endpoint{URL: server.URL + "/" + key, Key: "secret"}
	}
	return out
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// open files an example of a service as Anna, for whoever holds the case, with the answers as a form would send them.
func (r *rig) open(serviceKey, example string, holder id.ID) Ref {
	r.t.Helper()
	return r.openAs(serviceKey, r.inputs(serviceKey, example), holder)
}

func (r *rig) openAs(serviceKey string, in service.Inputs, holder id.ID) Ref {
	r.t.Helper()
	caseID := id.New(r.clock.Now())
	prepared, err := r.PrepareOpen(ctx, Opening{
		ID: caseID, Service: serviceKey, Definition: theCity().Hash(), Holder: holder, Applicant: anna, Inputs: in, Channel: act.Web, Lang: lang.Russian,
		Act: act.Act{ID: id.New(r.clock.Now()), Actor: annaAct.Actor, Holder: holder},
	})
	r.must(err)
	var number string
	for range 2 { // pressed twice
		r.must(r.store.Write(ctx, func(tx *store.Tx) error {
			n, err := prepared.Put(tx)
			if number != "" && n != number {
				r.t.Errorf("a second opening has the number %s, not %s", n, number)
			}
			if err == nil {
				number = n
			}
			return err
		}))
	}
	ref, err := r.Find(ctx, id.FormatNumber(number))
	r.must(err)
	return ref
}

// inputs are an example's, with what the city knows put in and early certificates alone.
func (r *rig) inputs(serviceKey, example string) service.Inputs {
	r.t.Helper()
	definition, ok := theCity().Service(serviceKey)
	if !ok {
		r.t.Fatalf("no service %s", serviceKey)
	}
	for _, e := range definition.Examples {
		if e.Key != example {
			continue
		}
		in := service.Inputs{Today: calendar.MustDate(e.Today), Applicant: e.Applicant, Answers: asJSON(r.t, e.Answers), Facts: service.Facts{}}
		for i := range definition.Certificates {
			if c := &definition.Certificates[i]; c.Early && e.Facts[c.Key] != nil {
				in.Facts[c.Key] = service.Fact{State: service.FactKnown, Day: in.Today, Values: asJSON(r.t, e.Facts[c.Key])}
			}
		}
		_, answers, err := theCity().Rules(serviceKey).Asked(in)
		r.must(err)
		in.Answers = answers
		return in
	}
	r.t.Fatalf("no example %s of %s", example, serviceKey)
	return service.Inputs{}
}

// replyAs has the registers answer what an example says.
func (r *rig) replyAs(s *service.Service, e service.Example) {
	replies := map[string]any{}
	for key, values := range e.Facts {
		if c, ok := s.Certificate(key); ok {
			replies[c.Register] = values
		}
	}
	r.replies.Store(&replies)
}

// asJSON makes of a value what encoding/json reads back.
func asJSON(t testing.TB, value map[string]any) map[string]any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// run lets everything happen that is due, and what falls due within the time.
func (r *rig) run(d time.Duration) {
	r.t.Helper()
	end := r.clock.Now().Add(d)
	for {
		_, err := r.queue.Drain(ctx)
		r.must(err)
		next, err := r.queue.NextDue(ctx)
		r.must(err)
		if next.IsZero() || next.After(end) {
			r.clock.Move(end.Sub(r.clock.Now()))
			return
		}
		r.clock.Move(max(next.Sub(r.clock.Now()), time.Millisecond))
	}
}

func (r *rig) read(ref Ref) Case {
	r.t.Helper()
	c, err := r.Read(ctx, annaAct.For(ref.Holder, id.ID{}), ref.Holder, ref.ID)
	r.must(err)
	return c
}

// events are the timeline's, in order.
func (r *rig) events(ref Ref) []string {
	r.t.Helper()
	list, err := r.Timeline(ctx, officer(igor, "transport", agency.Officer), ref.Holder, ref.ID)
	r.must(err)
	var out []string
	for _, e := range list {
		out = append(out, e.Event)
	}
	return out
}

// payBill pays the case's bill at the bank.
func (r *rig) payBill(ref Ref) {
	r.t.Helper()
	c := r.read(ref)
	bill := openTask(c.Tasks).Reference
	_, err := r.pay.Begin(ctx, annaAct, pay.Basket{Payer: anna, Asks: []pay.Ask{{Home: anna, Charge: bill}}}, lang.Russian)
	r.must(err)
	for attempt, p := range r.bank.Payments() {
		if p.State == "open" {
			_, err := r.bank.Decide(attempt, true)
			r.must(err)
			_, err = r.pay.Settle(ctx, id.MustParse(attempt))
			r.must(err)
		}
	}
}

func (r *rig) status(ref Ref, want Status) Case {
	r.t.Helper()
	c := r.read(ref)
	if c.Status != want {
		r.t.Fatalf("the case is %q at %q, want %q; %v", c.Status, c.Step, want, r.events(ref))
	}
	return c
}
