package reconcile

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Expected is what a statement must show.
type Expected struct {
	ID, Name, Payment id.ID
	Kind, Provider    string
	Amount, Met       int64 // minor units, with their sign
	Currency          money.Currency
	Reference         string
	Day               calendar.Date
	State             string // open, met, void
}

// The states of what is expected.
const (
	expectedOpen = "open"
	expectedVoid = "void"
)

// left is what no statement has shown yet.
func (e Expected) left() int64 { return e.Amount - e.Met }

func (e Expected) ours() Ours {
	return Ours{ID: e.ID, Name: e.Name, Reference: e.Reference, Amount: e.left(), Currency: string(e.Currency), Day: e.Day}
}

// account is whose balance a line of a statement that shows it closes.
func (e Expected) account() ledger.Account {
	if e.Kind == KindPayout {
		return OnPayout(e.Currency)
	}
	return pay.ClearingOf(e.Provider, e.Currency)
}

func expectedOf(row reconciledb.ReconcileExpected) (Expected, error) {
	day, err := calendar.ParseDate(row.Day)
	if err != nil {
		return Expected{}, fmt.Errorf("reconcile: day of %s: %w", row.ID, err)
	}
	return Expected{
		ID: row.ID, Name: row.Name, Payment: row.Payment, Kind: row.Kind, Provider: row.Provider, Amount: row.Amount, Met: row.Met,
		Currency: money.Currency(row.Currency), Reference: row.Reference, Day: day, State: row.State,
	}, nil
}

func expectedRows(rows []reconciledb.ReconcileExpected) ([]Expected, error) {
	out := make([]Expected, len(rows))
	var err error
	for i, row := range rows {
		if out[i], err = expectedOf(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// follow writes down what statements must show because of a payment.
func (m *Module) follow(ctx context.Context, j jobs.Job) error { return m.expect(ctx, j.Object) }

// expect compares what is expected because of a payment, an attempt, a refund or a movement with the payment; it may be repeated.
func (m *Module) expect(ctx context.Context, payment id.ID) error {
	list, err := m.deps.Payments.AtBank(ctx, payment)
	if errors.Is(err, store.ErrNone) {
		return nil // of a sandbox
	}
	if err != nil {
		return fmt.Errorf("reconcile: payment %s: %w", payment, err)
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		for _, one := range list {
			if err := m.putExpected(tx, payment, one); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *Module) putExpected(tx *store.Tx, payment id.ID, one AtBank) error {
	if one.Name.IsZero() {
		one.Name = one.ID
	}
	state := expectedOpen
	if one.Void {
		state = expectedVoid
	}
	return reconciledb.PutExpected(tx, reconciledb.PutExpectedParams{
		ID: one.ID, Name: one.Name, Payment: payment, Kind: one.Kind, Provider: one.Provider, Amount: one.Amount.Minor, Currency: string(one.Amount.Currency),
		Reference: one.Reference, At: one.At, Day: calendar.DateOf(one.At, m.deps.Zone()).String(), State: state, Asked: tx.Now(), Movement: one.Movement,
	})
}

// openPage is how much of what is expected is read at once.
const openPage = 500

// eachOpen goes through everything that no statement has shown, the oldest first.
func (m *Module) eachOpen(ctx context.Context, fn func(Expected) error) error {
	day, after := "", id.ID{}
	for {
		var list []Expected
		err := m.base.Store.Read(store.Background(ctx), func(r *store.Snapshot) error {
			rows, err := reconciledb.ExpectedOpen(r, day, after, openPage)
			if err != nil {
				return err
			}
			list, err = expectedRows(rows)
			return err
		})
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := fn(e); err != nil {
				return err
			}
		}
		if len(list) < openPage {
			return nil
		}
		last := list[len(list)-1]
		day, after = last.Day.String(), last.ID
	}
}

// lateAfter is how many days a bank has to show what was taken.
const lateAfter = 4

// refresh asks anew about what was due days ago: a refund may have been refused since, without an event.
func (m *Module) refresh(ctx context.Context) error {
	if m.deps.Payments == nil {
		return nil
	}
	before := m.today().AddDays(-1)
	seen := map[id.ID]bool{}
	return m.eachOpen(ctx, func(e Expected) error {
		if e.Kind == KindPayout || e.Kind == KindPayment || seen[e.Payment] || e.Day.After(before) {
			return nil
		}
		seen[e.Payment] = true
		return m.expect(ctx, e.Payment)
	})
}

// Way is what no statement has shown yet, of a provider and a kind.
type Way struct {
	Provider, Kind string
	Amount         money.Amount
	Count          int64
	Oldest         calendar.Date
}

// Ways is what is on its way.
func (m *Module) Ways(ctx context.Context) ([]Way, error) {
	var out []Way
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.OnItsWay(r)
		out = out[:0]
		for _, row := range rows {
			oldest, err := calendar.ParseDate(row.Oldest)
			if err != nil {
				return err
			}
			out = append(out, Way{Provider: row.Provider, Kind: row.Kind, Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, Count: row.N, Oldest: oldest})
		}
		return err
	})
	return out, err
}
