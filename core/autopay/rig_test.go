package autopay

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/notice"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

var (
	ctx      = context.Background()
	anna     = id.Derived("person", "anna")
	water    = id.Derived("agency", "water")
	flat     = id.Derived("home", "flat")
	card     = Card{ID: id.Derived("card", "one"), Label: "•• 4242", Ends: day("2028-11-30")}
	biller   = Biller{Payee: water, Kind: "utility", Home: flat}
	migrated = []store.Migrations{Migrations, vault.Migrations, jobs.Migrations, feed.Migrations, notice.Migrations}
)

func personAct(person id.ID) act.Act {
	return act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.Web, Lang: "ru"}
}

// world stands for bills and for the bank behind core/pay.
type world struct {
	mu       sync.Mutex
	bills    map[id.ID]Bill
	paid     map[id.ID]id.ID // payment by key
	fates    map[id.ID]Fate  // by payment
	charging map[id.ID]Charging
	begun    int
	declines int   // the next so many payments are declined
	silent   int   // the next so many calls of Begin fail, though the bank may have heard
	deaf     bool  // nothing reaches core/pay
	changed  int   // the next so many payments are not begun: things are not as they were
	slow     bool  // payments stay unknown until told
	daily    int64 // what a bill grows each day after its term
	cards    []Card
	undone   []id.ID
}

func newWorld() *world {
	return &world{bills: map[id.ID]Bill{}, paid: map[id.ID]id.ID{}, fates: map[id.ID]Fate{}, charging: map[id.ID]Charging{}, cards: []Card{card}}
}

func (w *world) Bill(_ context.Context, _ act.Act, _, home, charge id.ID, at time.Time) (Bill, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b, ok := w.bills[charge]
	if !ok || b.Home != home {
		return Bill{}, ErrNone
	}
	if b.Open && !b.Due.IsZero() {
		b.Amount.Minor += w.daily * int64(max(0, calendar.DateOf(b.Due, moscow).DaysUntil(calendar.DateOf(at, moscow))))
	}
	return b, nil
}

// Known implements Payments.
func (w *world) Known(_ context.Context, _, key id.ID) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.paid[key]
	return ok, nil
}

func (w *world) Bills(context.Context, act.Act, id.ID, time.Time) ([]Bill, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Bill
	for _, b := range w.bills {
		out = append(out, b)
	}
	slices.SortFunc(out, func(x, y Bill) int { return strings.Compare(x.ID.String(), y.ID.String()) })
	return out, nil
}

var errSilent = errors.New("the bank is silent")

func (w *world) Begin(_ context.Context, _ act.Act, c Charging) (id.ID, Fate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	payment, known := w.paid[c.Key]
	if w.deaf {
		return id.ID{}, Unknown, errSilent
	}
	if !known && w.changed > 0 {
		w.changed--
		return id.ID{}, Withdrawn, nil
	}
	if !known {
		payment = id.Derived("payment", c.Key.String())
		w.begun++
		w.paid[c.Key], w.charging[payment], w.fates[payment] = payment, c, Unknown
		if !w.slow {
			w.end(payment)
		}
	}
	if w.silent > 0 {
		w.silent--
		return id.ID{}, Unknown, errSilent
	}
	return payment, w.fates[payment], nil
}

// end lets the bank decide about a payment.
func (w *world) end(payment id.ID) {
	c := w.charging[payment]
	bill := w.bills[c.Charge]
	if w.declines > 0 || !bill.Open {
		w.declines = max(0, w.declines-1)
		w.fates[payment] = Declined
		return
	}
	w.fates[payment] = Taken
	if !bill.Term.IsZero() { // the next instalment
		bill.Term = bill.Term.AddMonths(1)
		bill.Due = at(bill.Term, 23, moscow)
		w.bills[c.Charge] = bill
		return
	}
	bill.Open, bill.Paid = false, time.Unix(1, 0)
	w.bills[c.Charge] = bill
}

func (w *world) Fate(_ context.Context, _ act.Act, _, payment id.ID) (Fate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.slow && w.fates[payment] == Unknown {
		w.end(payment)
	}
	return w.fates[payment], nil
}

func (w *world) Cards(context.Context, act.Act, id.ID) ([]Card, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.cards), nil
}

func (w *world) PrepareUndo(_ context.Context, _ act.Act, _, payment, _ id.ID) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() { w.undone = append(w.undone, payment) })
		return nil
	}, nil
}

func (w *world) Paid(_ context.Context, _ act.Act, _, payment id.ID) (id.ID, id.ID, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.charging[payment]
	return c.Home, c.Charge, nil
}

// household stands for accounts.
type household struct{}

func (household) Person(_ context.Context, _ act.Act, _ string, person id.ID) (account.Person, error) {
	return account.Person{ID: person, Name: lang.Name{Family: "Смирнова", Given: "Анна"}}, nil
}

// nobodyElse is a house without mandates.
var theTexts = sync.OnceValue(func() *lang.Catalogue {
	texts, err := lang.Load(New(Deps{}).Locales(), notice.New(notice.Deps{}).Locales(), ui.Locale, page.Locale, web.Locale, fs.FS(mandate.New(mandate.Deps{}).Locales()))
	if err != nil {
		panic(err) // a test's own ground
	}
	return texts
})

// rig is the module with a world around it, on a fresh store. Its clock stands at Saturday, 21 November 2026, noon in Moscow.
type rig struct {
	*Module
	t     testing.TB
	store *store.Store
	clock *clock.Fixed
	queue *jobs.Queue
	told  *notice.Module
	world *world
	vault *vault.Vault
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, migrated...)
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: s, clock: c, world: newWorld(), vault: v}
	r.restart(jobs.Options{})
	return r
}

// node is one more node on the same store, with the same world.
func (r *rig) restart(o jobs.Options) {
	r.t.Helper()
	r.queue = jobs.NewQueue(r.store, o)
	base := &module.Base{
		Store: r.store, Vault: r.vault, Clock: r.clock, Jobs: r.queue, Texts: theTexts().Reporting(func(err error) { r.t.Error(err) }), Log: slog.New(slog.DiscardHandler),
	}
	zone := func() *time.Location { return moscow }
	r.told = notice.New(notice.Deps{People: household{}, Address: "http://city.test", City: func(lang.Language) string { return "Kitezh" }, Zone: zone})
	r.Module = New(Deps{
		Charges: r.world, Payments: r.world, Teller: r.told, Zone: zone, KindName: func(string, lang.Language) string { return "Коммунальные услуги" },
		AgencyName: func(id.ID, lang.Language) string { return "Водоканал" }, Basket: func([]id.ID) string { return "/pay" },
	})
	for _, m := range []module.Module{r.told, r.Module} {
		if err := m.Provision(base); err != nil {
			r.t.Fatal(err)
		}
	}
}

// node is a second node beside this one.
func (r *rig) node() *rig {
	other := *r
	other.restart(jobs.Options{})
	return &other
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) run() {
	r.t.Helper()
	_, err := r.queue.Drain(ctx)
	r.must(err)
}

// bill issues a bill of the flat, and tells of it.
func (r *rig) bill(name string, amount int64, due string) id.ID {
	r.t.Helper()
	one := Bill{
		Biller: biller, ID: id.Derived("bill", name), Number: "1", Title: lang.Text{RU: "Счёт " + name, EN: "Bill " + name}, Known: "ЛС 1000",
		Amount: money.Roubles(amount), Open: true, Follows: true,
	}
	if due != "" {
		one.Due = at(day(due), 23, moscow)
	}
	r.world.mu.Lock()
	r.world.bills[one.ID] = one
	r.world.mu.Unlock()
	r.event("charge.due", flat, one.ID)
	return one.ID
}

// past adds bills that were paid by hand.
func (r *rig) past(amounts ...int64) {
	for i, amount := range amounts {
		one := Bill{Biller: biller, ID: id.Derived("past", string(rune('a'+i))), Title: lang.Text{RU: "Счёт", EN: "Bill"}, Known: "ЛС 1000", Amount: money.Roubles(amount), Paid: storetest.Start.Add(time.Duration(-i) * time.Hour), Follows: true}
		r.world.bills[one.ID] = one
	}
}

func (r *rig) event(name string, holder, object id.ID) {
	r.t.Helper()
	r.must(r.store.Write(ctx, func(tx *store.Tx) error {
		return r.queue.Emit(tx, jobs.Event{Name: name, Holder: holder, Object: object, Version: 1})
	}))
}

var usualTerms = Terms{Each: 600000, Month: 800000, Over: 30, When: Before, Days: 2, Notice: 3, Window: 4}

func (r *rig) make(terms Terms) Order {
	r.t.Helper()
	if len(r.world.bills) == 0 {
		r.past(420000)
	}
	var charge id.ID
	for key := range r.world.bills {
		charge = key
	}
	made, err := r.Make(ctx, personAct(anna), NewOrder{Person: anna, Charge: charge, Name: "Квартира", Card: card.ID, Terms: terms})
	r.must(err)
	o, err := r.Order(ctx, personAct(anna), anna, made)
	r.must(err)
	return o
}

func (r *rig) turn(o Order, charge id.ID) Turn {
	r.t.Helper()
	t, _, err := r.Turn(ctx, personAct(anna), anna, turnID(o.ID, charge))
	r.must(err)
	return t
}

// to moves the clock to an hour of a day, from one due job to the next.
func (r *rig) to(date string, hour int) {
	r.t.Helper()
	for until := at(day(date), hour, moscow); r.clock.Now().Before(until); r.run() {
		next, err := r.queue.NextDue(ctx)
		r.must(err)
		if next.IsZero() || next.After(until) {
			next = until
		}
		r.clock.Move(max(time.Minute, next.Sub(r.clock.Now())))
	}
}

// letters are the kinds of what Anna was told, oldest first.
func (r *rig) letters() []string {
	r.t.Helper()
	inbox, err := r.told.Inbox(ctx, personAct(anna), anna, id.ID{}, 100)
	r.must(err)
	var out []string
	for i := len(inbox.Messages) - 1; i >= 0; i-- {
		out = append(out, strings.TrimPrefix(inbox.Messages[i].Kind, "autopay."))
	}
	return out
}
