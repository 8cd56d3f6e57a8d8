package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// Part is a line of a statement: an entry, or one payment of a batch.
type Part struct {
	ID, Statement            id.ID
	Number                   int64
	Day                      calendar.Date
	Amount                   int64 // minor units; above zero it came
	Currency                 money.Currency
	Code                     string
	Reference, BankReference string
	State                    State
	Met, Rest                int64
	Revision                 int64
}

// Sum is the line's amount with its currency.
func (p Part) Sum() money.Amount { return money.Amount{Minor: p.Amount, Currency: p.Currency} }

// Left is what nobody knows what for.
func (p Part) Left() money.Amount { return money.Amount{Minor: p.Rest, Currency: p.Currency} }

func partOf(row reconciledb.ReconcilePart) (Part, error) {
	day, err := calendar.ParseDate(row.Day)
	if err != nil {
		return Part{}, fmt.Errorf("reconcile: day of a line: %w", err)
	}
	return Part{
		ID: row.ID, Statement: row.Statement, Number: row.Number, Day: day, Amount: row.Amount, Currency: money.Currency(row.Currency), Code: row.Code,
		Reference: row.Reference, BankReference: row.BankReference, State: State(row.State), Met: row.Met, Rest: row.Rest, Revision: row.Revision,
	}, nil
}

func partRows(rows []reconciledb.ReconcilePart) ([]Part, error) {
	out := make([]Part, len(rows))
	var err error
	for i, row := range rows {
		if out[i], err = partOf(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lookPayer is the kind of look at what the bank says of a line.
const lookPayer = "reconcile.look.payer"

// Details opens what the bank says of a line; the zero Details when it says nothing. The look is on the treasury's record.
func (m *Module) Details(ctx context.Context, a act.Act, part id.ID) (Details, error) {
	keys, err := m.base.Vault.Keys(ctx, m.treasury())
	if err != nil {
		return Details{}, fmt.Errorf("reconcile: the treasury's key: %w", err)
	}
	a.Purpose = act.Purpose{Kind: "books", ID: part.String()}
	var out Details
	err = m.base.Store.Look(ctx, a, lookPayer, func(r *store.Personal) error {
		out = Details{}
		row, err := reconciledb.PayerOf(r, m.treasury(), part)
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		plain, err := keys.Open("reconcile_part", "details", row.Details)
		if err != nil {
			return fmt.Errorf("reconcile: details: %w", err)
		}
		return json.Unmarshal(plain, &out)
	})
	return out, err
}

// Part reads a line; ErrNone.
func (m *Module) Part(ctx context.Context, part id.ID) (Part, error) {
	var out Part
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := reconciledb.PartByID(r, m.treasury(), part)
		if err != nil {
			return err
		}
		out, err = partOf(row)
		return err
	})
	return out, none(err)
}

// none turns the store's word for an absent row into the module's.
func none(err error) error {
	if errors.Is(err, store.ErrNone) {
		return ErrNone.Because(err)
	}
	return err
}

// partsShown is how many lines a page shows.
const partsShown = 100

// PartsOf lists a statement's lines after a number.
func (m *Module) PartsOf(ctx context.Context, statement id.ID, after int64) ([]Part, error) {
	var out []Part
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.PartsOf(r, reconciledb.PartsOfParams{Treasury: m.treasury(), Statement: statement, After: after, Most: partsShown})
		if err != nil {
			return err
		}
		out, err = partRows(rows)
		return err
	})
	return out, err
}

// PartsIn lists lines in a state, the oldest first, after one; the zero Part: from the oldest.
func (m *Module) PartsIn(ctx context.Context, state State, after Part) ([]Part, error) {
	var out []Part
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		p := reconciledb.PartsInParams{Treasury: m.treasury(), State: string(state), ID: after.ID, Most: partsShown}
		if !after.Day.IsZero() {
			p.Day = after.Day.String()
		}
		rows, err := reconciledb.PartsIn(r, p)
		if err != nil {
			return err
		}
		out, err = partRows(rows)
		return err
	})
	return out, err
}

// Count is how many lines are in a state, and what is left of them.
type Count struct {
	State    State
	Currency money.Currency
	Lines    int64
	Amount   int64 // of a statement's lines
	Rest     int64
}

// Counts counts all lines by state.
func (m *Module) Counts(ctx context.Context) ([]Count, error) {
	var out []Count
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.PartCounts(r, m.treasury())
		out = out[:0]
		for _, row := range rows {
			out = append(out, Count{State: State(row.State), Currency: money.Currency(row.Currency), Lines: row.N, Rest: row.Rest})
		}
		return err
	})
	return out, err
}

// CountsOf counts a statement's lines by state.
func (m *Module) CountsOf(ctx context.Context, statement id.ID) ([]Count, error) {
	var out []Count
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.PartCountsOf(r, m.treasury(), statement)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Count{State: State(row.State), Lines: row.N, Amount: row.Amount, Rest: row.Rest})
		}
		return err
	})
	return out, err
}

func statementOf(row reconciledb.ReconcileStatement) (Statement, error) {
	since, err := calendar.ParseDate(row.Since)
	if err != nil {
		return Statement{}, fmt.Errorf("reconcile: day of a statement: %w", err)
	}
	until, err := calendar.ParseDate(row.Until)
	if err != nil {
		return Statement{}, fmt.Errorf("reconcile: day of a statement: %w", err)
	}
	out := Statement{
		ID: row.ID, Account: row.Account, BankID: row.BankID, Sequence: row.Sequence, Since: since, Until: until, Opening: row.Opening, Closing: row.Closing,
		Currency: money.Currency(row.Currency), Lines: row.Lines, Came: row.Came, Went: row.Went, Source: row.Source, Official: row.Official, Loaded: row.Loaded, Done: row.State == "done",
	}
	copy(out.Digest[:], row.Digest)
	return out, nil
}

// Statement reads the head of a statement; ErrNone.
func (m *Module) Statement(ctx context.Context, statement id.ID) (Statement, error) {
	var out Statement
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := reconciledb.StatementByID(r, statement)
		if err != nil {
			return err
		}
		out, err = statementOf(row)
		return err
	})
	return out, none(err)
}

// statementsShown is how many statements a page lists.
const statementsShown = 40

// Statements lists statements, the newest first, of days before one; the zero Date: from the last.
func (m *Module) Statements(ctx context.Context, before calendar.Date) ([]Statement, error) {
	until := "9999-12-31"
	if !before.IsZero() {
		until = before.String()
	}
	var out []Statement
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := reconciledb.Statements(r, until, statementsShown)
		out = out[:0]
		for _, row := range rows {
			one, err := statementOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return err
	})
	return out, err
}
