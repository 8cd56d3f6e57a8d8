package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Income is what a payee had of a kind of charges on a day.
type Income struct {
	Day      calendar.Date
	Payee    id.ID
	Kind     string
	Currency money.Currency
	Came     int64 // minor units
	Back     int64 // given back
	Lines    int64 // payments of charges
}

// Net is what stayed.
func (i Income) Net() int64 { return i.Came - i.Back }

// otherKind is of income about no charge that anybody knows.
const otherKind = "other"

const (
	placeIncome = "income"
	foldPage    = 500
)

// foldJob adds up the income as far as no Write can be late.
func (m *Module) foldJob(ctx context.Context, _ jobs.Job) error { return m.Fold(ctx) }

// Fold reads the books on from where it stopped and adds up the income by day, payee and kind. What it adds commits with how far
// it has read, so that no line counts twice.
func (m *Module) Fold(ctx context.Context) error {
	ctx = store.Background(ctx)
	payees, err := m.incomeAccounts(ctx)
	if err != nil {
		return err
	}
	for {
		n, err := m.foldPage(ctx, payees)
		if err != nil || n < foldPage {
			return err
		}
	}
}

// incomeAccounts are the payees by the account of their income.
func (m *Module) incomeAccounts(ctx context.Context) (map[id.ID]id.ID, error) {
	list, err := m.deps.Payees(ctx)
	if err != nil {
		return nil, fmt.Errorf("reconcile: payees: %w", err)
	}
	out := make(map[id.ID]id.ID, len(list))
	for _, p := range list {
		out[pay.Income(p.ID, m.deps.Account.Currency).ID] = p.ID
	}
	return out, nil
}

func (m *Module) foldPage(ctx context.Context, payees map[id.ID]id.ID) (int, error) {
	place, revision, err := m.place(ctx, placeIncome)
	if err != nil {
		return 0, err
	}
	var lines []ledger.PostedLine
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		lines, err = ledger.PostedAfter(r, place, m.base.Clock.Now().Add(-ledger.Settled), foldPage)
		return err
	})
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	sums, paid, err := m.addUp(ctx, lines, payees)
	if err != nil {
		return 0, err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := movePlace(tx, placeIncome, lines[len(lines)-1].Place, revision); err != nil {
			return err
		}
		for _, one := range sums {
			if err := reconciledb.AddIncome(tx, reconciledb.AddIncomeParams{Day: one.Day.String(), Payee: one.Payee, Kind: one.Kind, Currency: string(one.Currency), Came: one.Came, Back: one.Back, Lines: one.Lines}); err != nil {
				return err
			}
		}
		for _, one := range paid {
			if err := reconciledb.AddPaid(tx, one.charge, one.amount, one.day); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, ErrChanged) {
		return foldPage, nil // another was first: it may have left more
	}
	return len(lines), err
}

// paidOf is what a charge's payments changed by.
type paidOf struct {
	charge id.ID
	amount int64
	day    string
}

// addUp sums lines of the books: those into an income and out of it, payouts apart. In one order, so that two nodes never
// wait for each other in a circle.
func (m *Module) addUp(ctx context.Context, lines []ledger.PostedLine, payees map[id.ID]id.ID) ([]Income, []paidOf, error) {
	type key struct {
		day      calendar.Date
		payee    id.ID
		kind     string
		currency money.Currency
	}
	sums := map[key]Income{}
	paid := map[id.ID]paidOf{}
	kinds := map[id.ID]string{}
	onPayout := OnPayout(m.deps.Account.Currency).ID
	bank := Bank(m.deps.Account.Number, m.deps.Account.Currency).ID
	for _, l := range lines {
		payee, came := payees[l.Credit]
		if !came {
			var back bool
			if payee, back = payees[l.Debit]; !back {
				continue
			}
		}
		if l.Debit == onPayout || l.Credit == onPayout || l.Debit == bank {
			continue // paid out, or come back from there
		}
		kind, err := m.kindOf(ctx, l.About, kinds)
		if err != nil {
			return nil, nil, err
		}
		day := calendar.DateOf(l.At, m.deps.Zone())
		k := key{day, payee, kind, l.Amount.Currency}
		one := sums[k]
		one.Day, one.Payee, one.Kind, one.Currency = day, payee, kind, l.Amount.Currency
		of := paid[l.About]
		of.charge, of.day = l.About, day.String()
		if came {
			one.Came += l.Amount.Minor
			one.Lines++
			of.amount += l.Amount.Minor
		} else {
			one.Back += l.Amount.Minor
			of.amount -= l.Amount.Minor
		}
		sums[k] = one
		if !l.About.IsZero() && kind != otherKind {
			paid[l.About] = of
		}
	}
	byIncome := func(a, b Income) int {
		return cmp.Or(a.Day.Compare(b.Day), bytes.Compare(a.Payee[:], b.Payee[:]), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Currency, b.Currency))
	}
	byCharge := func(a, b paidOf) int { return bytes.Compare(a.charge[:], b.charge[:]) }
	return slices.SortedFunc(maps.Values(sums), byIncome), slices.SortedFunc(maps.Values(paid), byCharge), nil
}

// kindOf is the kind of a charge, remembered for one page.
func (m *Module) kindOf(ctx context.Context, about id.ID, known map[id.ID]string) (string, error) {
	if about.IsZero() {
		return otherKind, nil
	}
	if kind, ok := known[about]; ok {
		return kind, nil
	}
	place, err := m.deps.Charges.Where(ctx, about)
	switch {
	case errors.Is(err, charge.ErrNone):
		place.Kind = otherKind
	case err != nil:
		return "", fmt.Errorf("reconcile: charge %s: %w", about, err)
	}
	known[about] = place.Kind
	return place.Kind, nil
}

// place is how far the books were read under a name, and how often it moved.
func (m *Module) place(ctx context.Context, name string) (ledger.Place, int64, error) {
	var out ledger.Place
	revision := int64(0)
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := reconciledb.PlaceOf(r, name)
		if errors.Is(err, store.ErrNone) {
			out, revision = ledger.Place{}, 0
			return nil
		}
		out, revision = ledger.Place{At: row.At, Movement: row.Movement, Line: row.Line}, row.Revision
		return err
	})
	return out, revision, err
}

func movePlace(tx *store.Tx, name string, to ledger.Place, revision int64) error {
	if revision == 0 {
		err := reconciledb.InsertPlace(tx, reconciledb.InsertPlaceParams{Name: name, At: to.At, Movement: to.Movement, Line: to.Line})
		if errors.Is(err, store.ErrExists) {
			return tx.Fail(ErrChanged)
		}
		return err
	}
	n, err := reconciledb.MovePlace(tx, reconciledb.MovePlaceParams{Name: name, At: to.At, Movement: to.Movement, Line: to.Line, Revision: revision})
	if err == nil && n == 0 {
		return tx.Fail(ErrChanged)
	}
	return err
}

// IncomeBetween lists the income of days, both included, as far as it is added up.
func (m *Module) IncomeBetween(ctx context.Context, since, until calendar.Date) ([]Income, error) {
	var out []Income
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.IncomeBetween(r, since.String(), until.String())
		out = out[:0]
		for _, row := range rows {
			day, err := calendar.ParseDate(row.Day)
			if err != nil {
				return err
			}
			out = append(out, Income{Day: day, Payee: row.Payee, Kind: row.Kind, Currency: money.Currency(row.Currency), Came: row.Came, Back: row.Back, Lines: row.Lines})
		}
		return err
	})
	return out, err
}
