package reconcile

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// busy is a city in which somebody pays all the time, and has some of it back; each is told of a moment later.
type busy struct {
	*rig
	mu   sync.Mutex
	told map[id.ID][]AtBank // by payment
	of   map[id.ID]id.ID    // the payment of each movement
}

func (b *busy) AtBank(_ context.Context, what id.ID) ([]AtBank, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if list, ok := b.told[b.of[what]]; ok {
		return slices.Clone(list), nil
	}
	return nil, store.ErrNone
}

// moves posts a movement of a payment, of which the bank will show something.
func (b *busy) moves(payment, movement id.ID, kind string, debit, credit ledger.Account, kopecks int64) error {
	b.clock.Move(time.Millisecond)
	one := AtBank{ID: id.Derived("busy "+kind, movement.String()), Movement: movement, Kind: kind, Provider: pay.HostedName, Amount: money.Roubles(kopecks), At: b.clock.Now()}
	if credit.ID == pay.Clearing(money.RUB).ID {
		one.Amount.Minor = -kopecks
	}
	return b.s.Write(context.Background(), func(tx *store.Tx) error {
		_, err := ledger.Post(tx, ledger.Movement{ID: movement, Holder: anna, Act: payment, Lines: []ledger.Line{{Debit: debit, Credit: credit, Amount: money.Roubles(kopecks)}}})
		tx.AfterCommit(func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.told[payment], b.of[movement] = append(b.told[payment], one), payment
		})
		return err
	})
}

// hands is how many pay at once.
const hands = 4

// traffic pays until it is ended; of every second payment something goes back.
func (b *busy) traffic(ctx context.Context, t *testing.T, hand int) {
	clearing, income := pay.Clearing(money.RUB), pay.Income(police, money.RUB)
	for n := hand; ctx.Err() == nil; n += hands {
		payment := id.Derived("busy payment", fmt.Sprint(n))
		err := b.moves(payment, payment, KindPayment, clearing, income, int64(100+n))
		time.Sleep(20 * time.Millisecond)
		if err == nil {
			err = b.expect(context.Background(), payment)
		}
		if kind := []string{KindRefund, KindReversal, KindDispute}[n/hands%3]; err == nil && n/hands%2 == 0 {
			err = b.moves(payment, id.Derived("busy back", payment.String()), kind, income, clearing, int64(10+n))
			time.Sleep(20 * time.Millisecond)
			if err == nil && n/hands%4 == 0 { // of the others no event tells
				err = b.expect(context.Background(), payment)
			}
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// TestProofAwake: books that are right are proved while people pay.
func TestProofAwake(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b := &busy{rig: r, told: map[id.ID][]AtBank{}, of: map[id.ID]id.ID{}}
		r.deps.Payments = b
		ctx, stop := context.WithCancel(context.Background())
		var all sync.WaitGroup
		for hand := range hands {
			all.Go(func() { b.traffic(ctx, t, hand) })
		}
		all.Go(func() {
			for ctx.Err() == nil {
				if err := r.Fold(context.Background()); err != nil {
					t.Error(err)
					return
				}
				r.clock.Move(100 * time.Millisecond) // far less than a Write may last
				time.Sleep(time.Millisecond)
			}
		})
		for range 8 {
			if p := r.prove(); !p.Sound() {
				t.Errorf("%+v", p.Differences)
				break
			}
		}
		stop()
		all.Wait()
		r.sound()
	})
}

// TestUnnamedPayee: what a payee has that the city names no more, or never named, is in the sums, in the proof and in the list.
func TestUnnamedPayee(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		day := r.today2()
		r.pay(r.bill(100_00), 100_00)
		r.clock.Move(2 * ledger.Settled)
		r.must(r.Fold(ctx))
		r.deps.Payees = func(context.Context) ([]Payee, error) {
			return []Payee{{ID: treasury, Title: text("Finance"), Kind: PayeeAgency}}, nil
		}
		r.pay(r.bill(5_00), 5_00)
		r.clock.Move(2 * ledger.Settled)
		r.sound()
		list, err := r.IncomeBetween(ctx, day, day)
		if err != nil || len(list) != 1 || list[0].Payee != police || list[0].Came != 105_00 {
			t.Fatalf("%+v %v", list, err)
		}
		payees, err := r.payees(ctx)
		if err != nil || len(payees) != 2 || payees[1].Title != text("Road police") {
			t.Fatalf("%+v %v", payees, err)
		}
		r.must(r.spoil("UPDATE ledger_balance SET credits = credits + $1 WHERE account = $2", 17, pay.Income(police, money.RUB).ID))
		found := false
		for _, d := range r.prove().Differences {
			found = found || d.Kind == DiffIncome && d.About == police.String()
		}
		if !found {
			t.Fatal("its account is in no proof")
		}
	})
}

// TestNeverNamed: a payee whose charge was issued before the city named anybody is found by the charge.
func TestNeverNamed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ctx := context.Background()
		r.deps.Payees = func(context.Context) ([]Payee, error) { return nil, nil }
		day := r.today2()
		r.pay(r.bill(100_00), 100_00)
		r.clock.Move(2 * ledger.Settled)
		r.sound()
		list, err := r.IncomeBetween(ctx, day, day)
		if err != nil || len(list) != 1 || list[0].Payee != police || list[0].Kind != "fine" {
			t.Fatalf("%+v %v", list, err)
		}
		r.deps.Payees = func(context.Context) ([]Payee, error) { return nil, ErrNoCity }
		r.must(r.foldJob(ctx, jobNow()))
		r.must(r.daily(ctx, jobNow()))
	})
}
