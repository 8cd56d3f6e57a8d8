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
	"posad.city/kit/lang"
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
	Gone     int64 // how many parts were given back
}

// Net is what stayed.
func (i Income) Net() int64 { return i.Came - i.Back }

// otherKind is of income about no charge that anybody knows.
const otherKind = "other"

const (
	placeIncome = "income"
	foldPage    = 500
)

// foldJob adds up the income as far as no Write can be late, and looks how long orders wait.
func (m *Module) foldJob(ctx context.Context, _ jobs.Job) error {
	err := m.Fold(ctx)
	if errors.Is(err, ErrNoCity) {
		err = nil // there is nobody to take money for
	}
	return errors.Join(err, m.measureOrders(ctx))
}

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
	sums, paid, skipped, err := m.addUp(ctx, lines, payees)
	if err != nil {
		return 0, err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := movePlace(tx, placeIncome, lines[len(lines)-1].Place, revision); err != nil {
			return err
		}
		for _, one := range sums {
			if err := reconciledb.AddIncome(tx, reconciledb.AddIncomeParams{Day: one.Day.String(), Payee: one.Payee, Kind: one.Kind, Currency: string(one.Currency), Came: one.Came, Back: one.Back, Lines: one.Lines, Gone: one.Gone}); err != nil {
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
	if err == nil {
		m.skipped.Add(float64(skipped))
	}
	return len(lines), err
}

// paidOf is what a charge's payments changed by.
type paidOf struct {
	charge id.ID
	amount int64
	day    string
}

// addUp sums lines of the books: those into an income and out of it, payouts apart. It tells how many it passed over though they
// are about a charge and touch an account that is nobody's whom it knows. In one order, so that two nodes never wait for each other
// in a circle.
func (m *Module) addUp(ctx context.Context, lines []ledger.PostedLine, payees map[id.ID]id.ID) ([]Income, []paidOf, int, error) {
	sums := map[incomeKey]Income{}
	paid := map[id.ID]paidOf{}
	places := map[id.ID]charge.Place{}
	own := m.ownAccounts()
	skipped := 0
	for _, l := range lines {
		payee, came, err := m.payeeOf(ctx, l, payees, places)
		if err != nil {
			return nil, nil, 0, err
		}
		if payee.IsZero() {
			if place := places[l.About]; !own[l.Debit] && !own[l.Credit] && place.Kind != "" && place.Kind != charge.KindWallet {
				skipped++
			}
			continue
		}
		if m.paidOutBy(l) {
			continue
		}
		place, err := m.placeOf(ctx, l.About, places)
		if err != nil {
			return nil, nil, 0, err
		}
		if place.Kind == "" {
			place.Kind = otherKind
		}
		one, of := lineSums(l, payee, place.Kind, came, calendar.DateOf(l.At, m.deps.Zone()))
		sums[one.key()] = one.plus(sums[one.key()])
		if !l.About.IsZero() && place.Kind != otherKind {
			of.amount += paid[l.About].amount
			paid[l.About] = of
		}
	}
	byIncome := func(a, b Income) int {
		return cmp.Or(a.Day.Compare(b.Day), bytes.Compare(a.Payee[:], b.Payee[:]), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Currency, b.Currency))
	}
	byCharge := func(a, b paidOf) int { return bytes.Compare(a.charge[:], b.charge[:]) }
	return slices.SortedFunc(maps.Values(sums), byIncome), slices.SortedFunc(maps.Values(paid), byCharge), skipped, nil
}

// incomeKey is what one row of the sums is of.
type incomeKey struct {
	day      calendar.Date
	payee    id.ID
	kind     string
	currency money.Currency
}

func (i Income) key() incomeKey { return incomeKey{i.Day, i.Payee, i.Kind, i.Currency} }

func (i Income) plus(other Income) Income {
	i.Came, i.Back, i.Lines, i.Gone = i.Came+other.Came, i.Back+other.Back, i.Lines+other.Lines, i.Gone+other.Gone
	return i
}

// lineSums is what one line of the books brings to a payee, or takes from it.
func lineSums(l ledger.PostedLine, payee id.ID, kind string, came bool, day calendar.Date) (Income, paidOf) {
	one := Income{Day: day, Payee: payee, Kind: kind, Currency: l.Amount.Currency, Back: l.Amount.Minor, Gone: 1}
	of := paidOf{l.About, -l.Amount.Minor, day.String()}
	if came {
		one.Came, one.Back, one.Lines, one.Gone, of.amount = l.Amount.Minor, 0, 1, 0, l.Amount.Minor
	}
	return one, of
}

// payeeOf is whose income a line moves, and whether it comes there; nobody's: the zero id. A payee that was never named is known by
// the charge that the line is about, and is kept then, but not for a top-up of a card: its money is the card's a moment later.
func (m *Module) payeeOf(ctx context.Context, l ledger.PostedLine, payees map[id.ID]id.ID, places map[id.ID]charge.Place) (id.ID, bool, error) {
	if payee, ok := payees[l.Credit]; ok {
		return payee, true, nil
	}
	if payee, ok := payees[l.Debit]; ok {
		return payee, false, nil
	}
	bank := Bank(m.deps.Account.Number, m.deps.Account.Currency).ID
	if l.About.IsZero() || l.Debit == bank || l.Credit == bank {
		return id.ID{}, false, nil // a line of a statement is about what is expected
	}
	place, err := m.placeOf(ctx, l.About, places)
	if err != nil || place.Kind == "" || place.Kind == charge.KindWallet {
		return id.ID{}, false, err
	}
	account := m.income(place.Payee)
	if account != l.Credit && account != l.Debit {
		return id.ID{}, false, nil
	}
	unnamed := place.Payee.String()
	payees[account] = place.Payee
	err = m.keepPayees(ctx, []Payee{{ID: place.Payee, Title: lang.Text{RU: unnamed, EN: unnamed}, Kind: PayeeProvider}})
	return place.Payee, account == l.Credit, err
}

// paidOutBy tells whether a line pays an income out, or brings it back from there.
func (m *Module) paidOutBy(l ledger.PostedLine) bool {
	onPayout, bank := OnPayout(m.deps.Account.Currency).ID, Bank(m.deps.Account.Number, m.deps.Account.Currency).ID
	return l.Debit == onPayout || l.Credit == onPayout || l.Debit == bank
}

// ownAccounts are the accounts between which money moves without being anybody's income.
func (m *Module) ownAccounts() map[id.ID]bool {
	c := m.deps.Account.Currency
	out := map[id.ID]bool{}
	for _, a := range []ledger.Account{Bank(m.deps.Account.Number, c), Opening(c), Fees(c), Unidentified(c), Unexplained(c), OnPayout(c), pay.ToReturn(c), pay.Disputed(c)} {
		out[a.ID] = true
	}
	return out
}

// placeOf is where a charge lies, remembered for one page; nowhere when there is none.
func (m *Module) placeOf(ctx context.Context, about id.ID, known map[id.ID]charge.Place) (charge.Place, error) {
	if place, ok := known[about]; ok || about.IsZero() {
		return place, nil
	}
	place, err := m.deps.Charges.Where(ctx, about)
	if err != nil && !errors.Is(err, charge.ErrNone) {
		return place, fmt.Errorf("reconcile: charge %s: %w", about, err)
	}
	known[about] = place
	return place, nil
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
			out = append(out, Income{Day: day, Payee: row.Payee, Kind: row.Kind, Currency: money.Currency(row.Currency), Came: row.Came, Back: row.Back, Lines: row.Lines, Gone: row.Gone})
		}
		return err
	})
	return out, err
}
