package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var (
	holder = id.Derived("test", "holder")
	bank   = Named("test bank", money.RUB, Free)
	income = Named("test income", money.RUB, Free)
	purse  = Named("test purse", money.RUB, Credits)
	stock  = Named("test stock", money.RUB, Debits)
	euro   = Named("test bank", "EUR", Free)
	// euroPurse is the purse taken for one of another currency.
	euroPurse = Account{ID: purse.ID, Currency: "EUR", Bound: Credits}
	zone      = time.FixedZone("MSK", 3*3600)
)

func movement(name string, lines ...Line) Movement {
	return Movement{ID: id.Derived("movement", name), Holder: holder, Act: id.Derived("act", name), Lines: lines}
}

func line(from, to Account, kopecks int64) Line {
	return Line{Debit: from, Credit: to, Amount: money.Roubles(kopecks)}
}

func write(t tester, s *store.Store, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := s.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// tester is *testing.T or *rapid.T.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func balance(t tester, s *store.Store, a Account) Balance {
	t.Helper()
	var out Balance
	err := s.Read(context.Background(), func(r *store.Snapshot) error {
		var err error
		out, err = BalanceOf(r, a.ID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func sound(t tester, s *store.Store) {
	t.Helper()
	for _, whole := range []bool{false, true} {
		p, err := Prove(context.Background(), s, whole)
		if err != nil || !p.Sound() {
			t.Fatalf("whole %v: %+v %v", whole, p, err)
		}
	}
}

func TestMovements(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		put := func(m Movement, how func(*store.Tx, Movement) (bool, error)) (bool, error) {
			var did bool
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				var err error
				did, err = how(tx, m)
				return err
			})
			return did, err
		}
		topUp := movement("top up", line(bank, purse, 5000))
		fare := movement("fare", line(purse, income, 3000))
		second := movement("second", line(purse, income, 2500))
		split := movement("split", line(purse, income, 100), line(purse, stock, 200))
		steps := []struct {
			name string
			m    Movement
			how  func(*store.Tx, Movement) (bool, error)
			did  bool
			err  error
			free int64 // of the purse
		}{
			{"an empty purse gives nothing", fare, Post, false, ErrShort, 0},
			{"it is filled", topUp, Post, true, nil, 5000},
			{"again changes nothing", topUp, Post, false, nil, 5000},
			{"a fare is reserved", fare, Reserve, true, nil, 2000},
			{"what is reserved is gone", second, Post, false, ErrShort, 2000},
			{"reserved again changes nothing", fare, Reserve, false, nil, 2000},
			{"it is posted", fare, PostReserved, true, nil, 2000},
			{"once", fare, PostReserved, false, nil, 2000},
			{"and not given up then", fare, VoidReserved, false, nil, 2000},
			{"another is reserved", movement("third", line(purse, income, 2000)), Reserve, true, nil, 0},
			{"and given up", movement("third", line(purse, income, 2000)), VoidReserved, true, nil, 2000},
			{"a stock gives no more than it has", movement("stock", line(bank, stock, 1)), Post, false, ErrShort, 2000},
			{"a split is one movement", movement("stock", line(stock, bank, 900)), Post, true, nil, 2000},
			{"of two lines", split, Post, true, nil, 1700},
			{"the same id with other lines is refused", movement("split", line(purse, income, 100), line(purse, stock, 200), line(purse, bank, 1)), Post, false, ErrOther, 1700},
			{"with fewer", movement("split", line(purse, income, 100)), Post, false, ErrOther, 1700},
			{"with another amount", movement("split", line(purse, income, 101), line(purse, stock, 200)), Post, false, ErrOther, 1700},
			{"from another account", movement("stock", line(bank, purse, 900)), Post, false, ErrOther, 1700},
			{"a fourth is reserved", movement("fourth", line(purse, income, 700)), Reserve, true, nil, 1000},
			{"it is not posted with another amount", movement("fourth", line(purse, income, 699)), PostReserved, false, ErrOther, 1000},
			{"nor given up with one", movement("fourth", line(purse, income, 701)), VoidReserved, false, ErrOther, 1000},
			{"but as it is", movement("fourth", line(purse, income, 700)), VoidReserved, true, nil, 1700},
			{"an amount has a bound", movement("much", line(bank, income, amountMost+1)), Post, false, ErrMovement, 1700},
			{"an account keeps its currency", movement("x", Line{Debit: euro, Credit: euroPurse, Amount: money.Amount{Minor: 1, Currency: "EUR"}}), Post, false, ErrOther, 1700},
			{"an amount is above zero", movement("zero", line(bank, income, 0)), Post, false, ErrMovement, 1700},
			{"between two accounts", movement("same", line(bank, bank, 1)), Post, false, ErrMovement, 1700},
			{"in one currency", movement("euro", Line{Debit: bank, Credit: income, Amount: money.Amount{Minor: 1, Currency: "EUR"}}), Post, false, ErrMovement, 1700},
		}
		for _, step := range steps {
			did, err := put(step.m, step.how)
			if did != step.did && step.err == nil || !errors.Is(err, step.err) || (err == nil) != (step.err == nil) {
				t.Fatalf("%s: %v %v", step.name, did, err)
			}
			if got := balance(t, s, purse).Free(); got != step.free {
				t.Fatalf("%s: %d left, want %d", step.name, got, step.free)
			}
			sound(t, s)
		}
	}, Migrations)
}

// model is the books in plain Go, for the property.
type model struct {
	balances  map[id.ID]Balance
	movements map[id.ID]State
	history   []moment
}

type moment struct {
	at       time.Time
	balances map[id.ID]Balance
}

func (m *model) may(lines []Line, state State) bool {
	next := map[id.ID]Balance{}
	bounds := map[id.ID]Bound{}
	for _, l := range lines {
		for _, side := range []struct {
			a     Account
			debit bool
		}{{l.Debit, true}, {l.Credit, false}} {
			b, ok := next[side.a.ID]
			if !ok {
				b = m.balances[side.a.ID]
			}
			next[side.a.ID] = add(b, l.Amount.Minor, side.debit, state)
			bounds[side.a.ID] = side.a.Bound
		}
	}
	for account, b := range next {
		if bounds[account] == Credits && b.Free() < 0 || bounds[account] == Debits && b.Debits-b.Credits-b.CreditsReserved < 0 {
			return false
		}
	}
	for account, b := range next {
		m.balances[account] = b
	}
	return true
}

func add(b Balance, amount int64, debit bool, state State) Balance {
	switch {
	case state == Reserved && debit:
		b.DebitsReserved += amount
	case state == Reserved:
		b.CreditsReserved += amount
	case debit:
		b.Debits += amount
	default:
		b.Credits += amount
	}
	return b
}

func (m *model) end(lines []Line, state State) {
	for _, l := range lines {
		d, c := m.balances[l.Debit.ID], m.balances[l.Credit.ID]
		d.DebitsReserved -= l.Amount.Minor
		c.CreditsReserved -= l.Amount.Minor
		if state == Posted {
			d.Debits += l.Amount.Minor
			c.Credits += l.Amount.Minor
		}
		m.balances[l.Debit.ID], m.balances[l.Credit.ID] = d, c
	}
}

// TestAnyHistory: whatever is put, again, in any order, refused or given up, over days that are closed now and then, the
// balances are those of plain arithmetic, the proof holds, and the books tell each past moment.
func TestAnyHistory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			h := history{t: rt, s: s, c: c, run: run, model: model{balances: map[id.ID]Balance{}, movements: map[id.ID]State{}}, known: map[id.ID]Movement{}}
			h.accounts()
			for range rapid.IntRange(1, 25).Draw(rt, "steps") {
				h.step()
			}
			h.compare()
		})
	}, Migrations)
}

type history struct {
	t     *rapid.T
	s     *store.Store
	c     *clock.Fixed
	run   int
	model model
	known map[id.ID]Movement
	all   []Account
	order []id.ID
}

func (h *history) accounts() {
	for i, bound := range []Bound{Free, Free, Credits, Credits, Debits} {
		h.all = append(h.all, Named(fmt.Sprintf("run %d account %d", h.run, i), money.RUB, bound))
	}
}

func (h *history) write(fn func(tx *store.Tx) error) {
	if err := h.s.Write(context.Background(), fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *history) step() {
	switch rapid.IntRange(0, 9).Draw(h.t, "kind") {
	case 0:
		h.c.Move(time.Duration(rapid.IntRange(1, 30).Draw(h.t, "hours")) * time.Hour)
	case 1:
		if _, _, err := closeNext(context.Background(), h.s, zone, h.c.Now(), nil); err != nil {
			h.t.Fatal(err)
		}
	case 2, 3:
		if len(h.order) > 0 {
			m := h.known[rapid.SampledFrom(h.order).Draw(h.t, "known")]
			h.end(m, rapid.SampledFrom([]State{Posted, Void}).Draw(h.t, "end"))
		}
	case 4:
		if len(h.order) > 0 { // the same again
			h.put(h.known[rapid.SampledFrom(h.order).Draw(h.t, "known")], rapid.SampledFrom([]State{Posted, Reserved}).Draw(h.t, "state"))
		}
	default:
		m := Movement{ID: id.Derived("movement", fmt.Sprint(h.run, "/", len(h.order))), Holder: holder, Act: holder}
		for range rapid.IntRange(1, 3).Draw(h.t, "lines") {
			from := rapid.IntRange(0, len(h.all)-1).Draw(h.t, "from")
			to := (from + rapid.IntRange(1, len(h.all)-1).Draw(h.t, "to")) % len(h.all)
			m.Lines = append(m.Lines, line(h.all[from], h.all[to], int64(rapid.IntRange(1, 1000).Draw(h.t, "amount"))))
		}
		h.put(m, rapid.SampledFrom([]State{Posted, Posted, Reserved}).Draw(h.t, "state"))
	}
}

func (h *history) put(m Movement, state State) {
	how := map[State]func(*store.Tx, Movement) (bool, error){Posted: Post, Reserved: Reserve}[state]
	var did bool
	err := h.s.Write(context.Background(), func(tx *store.Tx) error {
		var err error
		did, err = how(tx, m)
		return err
	})
	was, stood := h.model.movements[m.ID]
	if stood && was != state && was != Posted {
		if !errors.Is(err, ErrOther) {
			h.t.Fatalf("%s of what is %s: %v", state, was, err)
		}
		return
	}
	want := !stood && h.model.may(m.Lines, state)
	if !stood && !want {
		if !errors.Is(err, ErrShort) {
			h.t.Fatalf("want short: %v", err)
		}
		return
	}
	if err != nil || did != want {
		h.t.Fatalf("%v, did %v, want %v", err, did, want)
	}
	if want {
		h.known[m.ID], h.model.movements[m.ID] = m, state
		h.order = append(h.order, m.ID)
		h.remember()
	}
}

func (h *history) end(m Movement, state State) {
	how := map[State]func(*store.Tx, Movement) (bool, error){Posted: PostReserved, Void: VoidReserved}[state]
	var did bool
	h.write(func(tx *store.Tx) error {
		var err error
		did, err = how(tx, m)
		return err
	})
	want := h.model.movements[m.ID] == Reserved
	if did != want {
		h.t.Fatalf("ended %v, want %v", did, want)
	}
	if want {
		h.model.movements[m.ID] = state
		h.model.end(m.Lines, state)
		h.remember()
	}
}

// remember keeps what was posted so far, and lets a moment pass.
func (h *history) remember() {
	h.c.Move(time.Millisecond)
	now := map[id.ID]Balance{}
	for account, b := range h.model.balances {
		now[account] = Balance{Debits: b.Debits, Credits: b.Credits}
	}
	h.model.history = append(h.model.history, moment{h.c.Now(), now})
}

func (h *history) compare() {
	ctx := context.Background()
	for _, a := range h.all {
		if got := balance(h.t, h.s, a); got != h.model.balances[a.ID] {
			h.t.Fatalf("%+v, want %+v", got, h.model.balances[a.ID])
		}
		for _, then := range h.model.history {
			got, err := BalanceAt(ctx, h.s, a.ID, then.at)
			if err != nil || got != then.balances[a.ID] {
				h.t.Fatalf("as of %s: %+v, want %+v: %v", then.at, got, then.balances[a.ID], err)
			}
		}
	}
	sound(h.t, h.s)
}

// TestManyAtOnce: movements of busy accounts and of one purse from many hands end in the same books as one after another.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, _ *clock.Fixed) {
		write(t, s, func(tx *store.Tx) error { _, err := Post(tx, movement("fill", line(bank, purse, 500))); return err })
		const hands, each = 12, 15
		var took sync.Map
		var wg sync.WaitGroup
		for hand := range hands {
			wg.Go(func() {
				for i := range each {
					m := movement(fmt.Sprintf("%d/%d", hand, i), line(purse, income, 7), line(bank, income, 3))
					if i%2 == 1 { // touches the accounts the other way round
						m.Lines = []Line{line(income, bank, 2), line(bank, income, 1)}
					}
					err := s.Write(context.Background(), func(tx *store.Tx) error { _, err := Post(tx, m); return err })
					if err == nil && i%2 == 0 {
						took.Store(m.ID, true)
					}
					if err != nil && !errors.Is(err, ErrShort) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		taken := int64(0)
		took.Range(func(_, _ any) bool { taken++; return true })
		if taken != 500/7 {
			t.Errorf("%d were taken from a purse for %d", taken, 500/7)
		}
		want := Balance{Debits: hands * (each / 2) * 2, Credits: taken*10 + hands*(each/2)}
		if diff := cmp.Diff(want, balance(t, s, income)); diff != "" {
			t.Error(diff)
		}
		sound(t, s)
	}, Migrations)
}
