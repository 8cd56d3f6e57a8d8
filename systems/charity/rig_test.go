package charity

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/ledger"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/systems/charity/internal/store"
)

var (
	anna     = id.Derived("person", "anna")
	oleg     = id.Derived("person", "oleg")
	opekina  = id.Derived("person", "opekina")
	social   = id.Derived("agency", "social")
	river    = organisation.ID("1025200000014")
	member   = act.Act{ID: id.Derived("act", "member"), Actor: act.Actor{Kind: act.Person, Person: oleg}, Holder: river, Assurance: act.Standard}
	self     = act.Act{ID: id.Derived("act", "self"), Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Standard}
	clearing = ledger.Named("bank clearing", money.RUB, ledger.Free)
)

// desk is a fresh act of an official: one act enters one kind about one thing once.
func (r *rig) desk() act.Act {
	r.clock.Move(time.Second)
	return act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Official, Person: opekina, Agency: social, Role: "officer"}, Assurance: act.Verified}
}

// rig is the module on a fresh store, with a till that pays.
type rig struct {
	*Module
	t     testing.TB
	till  *till
	clock *clock.Fixed
}

var needs = []store.Migrations{vault.Migrations, jobs.Migrations, journal.Migrations, ledger.Migrations, Migrations}

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

func moscow() *time.Location { return time.FixedZone("Moscow", 3*3600) }

func text(ru string) lang.Text { return lang.Text{RU: ru, EN: ru + " (en)"} }

func theCity() City {
	return City{
		Agency: social, Name: text("Китеж"), AgencyName: text("Соцзащита"),
		Categories: []Named{{Key: "children", Title: text("Дети"), Tone: "rose"}, {Key: "animals", Title: text("Звери"), Tone: "mint"}},
		Districts:  []Named{{Key: "zarechye", Title: text("Заречье")}},
	}
}

type companies struct{}

func (companies) Organisation(_ context.Context, company id.ID) (organisation.Organisation, error) {
	if company != river {
		return organisation.Organisation{}, organisation.ErrNone
	}
	return organisation.Organisation{ID: river, OGRN: "1025200000014", INN: "5250000015", Title: "Фонд «Река»"}, nil
}

func (companies) Acting(context.Context, act.Act, id.ID) ([]mandate.Principal, error) {
	return nil, nil
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(context.Background(), vault.Options{Store: s, KEK: kek, Clock: c}))
	r := &rig{t: t, clock: c}
	r.Module = New(Deps{City: theCity, Organisations: companies{}, Members: companies{}, Zone: moscow})
	texts := must[*lang.Catalogue](t)(lang.Load(locales))
	signer := seal.New("kitezh", v, c)
	base := &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Log: slog.New(slog.DiscardHandler), Texts: texts, Journal: journal.New(signer, c),
	}
	r.till = &till{r: r, declines: map[id.ID]bool{}, stands: map[id.ID]int64{}, ended: map[id.ID]bool{}}
	r.Provide(r.till, r.till)
	if err := r.Provision(base); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) drain() {
	r.t.Helper()
	if _, err := r.base.Jobs.Drain(context.Background()); err != nil {
		r.t.Fatal(err)
	}
}

// till takes gifts as core/pay does: one movement in the ledger and one event.
type till struct {
	r        *rig
	declines map[id.ID]bool  // cards
	stands   map[id.ID]int64 // of each gift's charge: what was paid in and not taken out
	ended    map[id.ID]bool  // charges that are owed no more
	moves    int
	begun    int
	silent   bool // events are kept and not told
	kept     []jobs.Event
	fault    error // the bank's answer to Begin
}

type putter func(tx *store.Tx) error

func (p putter) Put(tx *store.Tx) error { return p(tx) }

func (t *till) Prepare(context.Context, NewCharge) (Putter, error) {
	return putter(func(*store.Tx) error { return nil }), nil
}

func (t *till) Drop(_ *store.Tx, _ act.Act, _, gift id.ID) (bool, error) {
	t.ended[gift] = t.ended[gift] || t.stands[gift] == 0
	return t.stands[gift] == 0, nil // also when the Write runs a second time
}

func (t *till) Read(_ store.PersonalReader, _, gift id.ID) (GiftCharge, error) {
	return GiftCharge{Stands: t.stands[gift], Ended: t.ended[gift]}, nil
}

func (t *till) Cards(_ context.Context, _ act.Act, person id.ID) ([]Card, error) {
	return []Card{{ID: id.Derived("card", person.String()), Label: "•• 4242"}}, nil
}

func (t *till) Begin(_ context.Context, _ act.Act, p Paying, _ lang.Language) (Begun, error) {
	t.begun++
	if t.fault != nil {
		return Begun{}, t.fault
	}
	if t.declines[p.Card] {
		return Begun{Over: true}, nil
	}
	g := must[Gift](t.r.t)(t.r.Gift(context.Background(), t.r.system(p.Gift), p.Giver, p.Gift))
	if t.stands[g.ID] == 0 && !t.ended[g.ID] {
		t.moves++
		t.write(func(tx *store.Tx) error { return t.move(tx, g, g.Amount, g.Amount, eventPaid) })
	}
	return Begun{Done: true}, nil
}

func (t *till) write(fn func(tx *store.Tx) error) {
	t.r.t.Helper()
	if err := t.r.base.Store.Write(context.Background(), fn); err != nil {
		t.r.t.Fatal(err)
	}
}

// move puts an amount to a gift's charge, or takes it out. A Write may run it twice, so what stands then is told.
func (t *till) move(tx *store.Tx, g Gift, amount, stands int64, event string) error {
	line := ledger.Line{Debit: clearing, Credit: Account(g.Fund), Amount: money.Roubles(amount), About: g.ID}
	if amount < 0 {
		line = ledger.Line{Debit: Account(g.Fund), Credit: clearing, Amount: money.Roubles(-amount), About: g.ID}
	}
	name := id.Derived("till", g.ID.String()+strconv.Itoa(t.moves))
	fresh, err := ledger.Post(tx, ledger.Movement{ID: name, Holder: g.Giver, Act: name, Lines: []ledger.Line{line}})
	if err != nil || !fresh {
		return err
	}
	t.stands[g.ID] = stands
	if event == eventRefunded {
		t.ended[g.ID] = true
	}
	told := jobs.Event{Name: event, Holder: g.Giver, Object: g.ID, Version: int64(t.moves)}
	if t.silent {
		if !slices.Contains(t.kept, told) {
			t.kept = append(t.kept, told)
		}
		return nil
	}
	return t.r.base.Jobs.Emit(tx, told)
}

func (t *till) PrepareRefund(ctx context.Context, a act.Act, giver, gift id.ID) (Putter, error) {
	g, err := t.r.Gift(ctx, a, giver, gift)
	t.moves++
	stands := t.stands[gift]
	return putter(func(tx *store.Tx) error { return t.move(tx, g, -stands, 0, eventRefunded) }), err
}

// reverse is the bank taking the money back.
func (t *till) reverse(g Gift) { t.reversePart(g, t.stands[g.ID]) }

func (t *till) reversePart(g Gift, amount int64) {
	t.r.t.Helper()
	t.moves++
	stands := t.stands[g.ID] - amount
	t.write(func(tx *store.Tx) error { return t.move(tx, g, -amount, stands, eventChanged) })
}

func (r *rig) body() FundBody {
	return FundBody{About: text("Помогаем"), People: []Member{{Name: text("Иванова"), Role: text("директор")}}, Bank: Bank{
		Account: "40703810000000000001", Correspondent: "30101810000000000001", BIC: "042202001", Name: "Банк",
	}}
}

// fund is a verified fund.
func (r *rig) fund() Fund {
	r.t.Helper()
	ctx := context.Background()
	if err := r.AskFund(ctx, member, NewFund{Organisation: river, Title: text("Река"), Category: "children", Body: r.body()}); err != nil {
		r.t.Fatal(err)
	}
	if err := r.DecideFund(ctx, r.desk(), river, Publish, "Всё в порядке", Checks); err != nil {
		r.t.Fatal(err)
	}
	return must[Fund](r.t)(r.Fund(ctx, river))
}

func (r *rig) newAppeal(over Over, target int64) NewAppeal {
	return NewAppeal{Fund: river, Category: "children", Until: calendar.DateOf(r.clock.Now(), moscow()).AddDays(60), Over: over, Send: true, Body: AppealBody{
		Title: text("Кроватка"), Story: text("Нужна"), Lines: []BudgetLine{{Key: "a", Title: text("Кровать"), Amount: target - target/4}, {Key: "b", Title: text("Матрас"), Amount: target / 4}},
	}}
}

// appeal is an open appeal.
func (r *rig) appeal(over Over, target int64) Standing {
	r.t.Helper()
	ctx := context.Background()
	made := must[id.ID](r.t)(r.PutAppeal(ctx, member, r.newAppeal(over, target)))
	if err := r.DecideAppeal(ctx, r.desk(), made, OpenAppeal, "Проверено"); err != nil {
		r.t.Fatal(err)
	}
	return must[Standing](r.t)(r.Appeal(ctx, made))
}

// give gives and pays.
func (r *rig) give(aim id.ID, amount int64) Gift {
	r.t.Helper()
	ctx := context.Background()
	g := must[Gift](r.t)(r.Promise(ctx, self, NewGift{Giver: anna, Fund: river, Appeal: aim, Amount: amount, Shown: "Анна"}))
	must[Begun](r.t)(r.till.Begin(ctx, self, Paying{Giver: anna, Gift: g.ID}, lang.Russian))
	r.drain()
	return must[Gift](r.t)(r.Gift(ctx, self, anna, g.ID))
}

func (r *rig) newPayout(aim id.ID, line string, amount int64) NewPayout {
	return NewPayout{Fund: river, Aim: aim, Line: line, Amount: amount, Body: PayoutBody{To: text("Магазин"), Account: "40702810000000000002", BIC: "042202001", What: text("Кровать")}}
}

// payOutNow asks and approves.
func (r *rig) payOutNow(aim id.ID, line string, amount int64) id.ID {
	r.t.Helper()
	ctx := context.Background()
	p := must[id.ID](r.t)(r.AskPayout(ctx, member, r.newPayout(aim, line, amount)))
	must[bool](r.t)(r.DecidePayout(ctx, r.desk(), p, true, "По смете"))
	return p
}

// sound holds the books to the ledger, the purses to the entries, and every gift to its trace.
func (r *rig) sound(t interface{ Fatalf(string, ...any) }, reversed bool) {
	ctx := context.Background()
	today := calendar.DateOf(r.clock.Now(), moscow())
	b, err := r.Books(ctx, river, today.AddDays(-40), today)
	if err != nil || !b.Fits {
		t.Fatalf("the books say %d, the ledger %d: %v", b.After, b.Ledger, err)
	}
	appeals, err := r.AppealsOf(ctx, river)
	if err != nil {
		t.Fatalf("%v", err)
	}
	own, err := r.Purse(ctx, river, river)
	if err != nil {
		t.Fatalf("%v", err)
	}
	total := int64(0)
	for _, s := range append(appeals, Standing{Purse: own}) {
		p := s.Purse
		total += p.Given - p.Paid
		if !reversed && p.Paid+p.Asked > p.Given {
			t.Fatalf("more goes out than came: %+v", p)
		}
		if s.Over == OverSimilar && p.Given > s.Target {
			t.Fatalf("an appeal has %d of %d", p.Given, s.Target)
		}
		given, traced := r.traced(t, p.Appeal)
		if given != p.Given || traced != given {
			t.Fatalf("the purse has %d, its gifts %d, their pieces %d", p.Given, given, traced)
		}
	}
	if total != b.Ledger {
		t.Fatalf("the purses come to %d, the ledger to %d", total, b.Ledger)
	}
}

// traced adds up the gifts of a purse and the pieces of their traces. Each part that is traced alone, by what came before it, is where
// the trace of the whole purse has it.
func (r *rig) traced(t interface{ Fatalf(string, ...any) }, aim id.ID) (int64, int64) {
	given, pieces := int64(0), int64(0)
	err := r.base.Store.Read(ctx, func(s *store.Snapshot) error {
		given, pieces = 0, 0
		came, err := charitydb.MovesOfPurse(s, river, aim, string(EntryGift))
		if err != nil {
			return err
		}
		left, err := charitydb.MovesOfPurse(s, river, aim, string(EntryBack))
		if err != nil {
			return err
		}
		u, err := usesOf(s, river, aim)
		if err != nil {
			return err
		}
		parts, _ := lying(append(came, left...))
		var all []Given
		for _, p := range parts {
			all = append(all, Given{p.ID, p.Part, p.Amount})
			given += p.Amount
		}
		whole := Trace(all, u.spent, u.told)
		for _, piece := range whole {
			pieces += piece.Amount
		}
		for _, p := range parts {
			way, err := wayOf(s, p, u)
			if err != nil {
				return err
			}
			want := slices.DeleteFunc(slices.Clone(whole), func(piece Piece) bool { return piece.Given.Gift != p.ID || piece.Given.Part != p.Part })
			if diff := cmp.Diff(want, way.Pieces); diff != "" {
				t.Fatalf("alone, a gift is elsewhere: %s", diff)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return given, pieces
}

// until moves the clock to a moment.
func (r *rig) until(at time.Time) { r.clock.Move(at.Sub(r.clock.Now())) }
