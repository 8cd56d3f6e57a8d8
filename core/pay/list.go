package pay

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// IncomeState is how a line of a payee's income stands.
type IncomeState string

// The states of a payee's line.
const (
	IncomePaid     IncomeState = "paid"
	IncomePartBack IncomeState = "part_back"
	IncomeBack     IncomeState = "back"
	IncomeDisputed IncomeState = "disputed"
	IncomeLost     IncomeState = "lost"
)

// Income is one line of what a payee received. It names nobody.
type IncomeLine struct {
	Payee, Payment, Charge id.ID
	Number, Kind, Service  string
	Title                  lang.Text
	Amount                 money.Amount
	Refunded               int64
	State                  IncomeState
	Method                 Method
	At                     time.Time
}

// listAgain has the payees' lists follow a payment.
func (m *Module) listAgain(tx *store.Tx, p Payment) error {
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobList, Holder: p.Payer, Object: p.ID, Version: p.Revision})
}

// list writes a payment's lines as they are now into its payees' lists. It may be done again.
func (m *Module) list(ctx context.Context, j jobs.Job) error {
	a := j.Act(act.Purpose{})
	p, err := m.Payment(ctx, a, j.Holder, j.Object)
	if err != nil || p.Code == "" {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		now, err := whole(tx.As(a, lookPayment), p.Payer, p.ID)
		if err != nil {
			return err
		}
		var list []error
		for _, l := range now.Lines {
			title, err := json.Marshal(l.Title)
			list = append(list, err, paydb.PutIncome(tx, paydb.PutIncomeParams{
				Payee: l.Payee, Payment: p.ID, Charge: l.Charge, Number: l.Number, Title: string(title), Kind: l.Kind, Service: l.Service, Amount: l.Taken,
				Refunded: l.Refunded + l.Disputed, Currency: string(p.Amount.Currency), State: string(incomeState(now, l)), Method: string(p.Method), At: now.Ended,
			}))
		}
		return errors.Join(append(list, m.base.Jobs.Done(tx, j))...)
	})
}

// incomeState tells how a line stands with its payee.
func incomeState(p Payment, l Line) IncomeState {
	switch {
	case l.Disputed > 0:
		return IncomeLost
	case p.Disputed > 0 && l.Left() > 0:
		return IncomeDisputed
	case l.Left() == 0:
		return IncomeBack
	case l.Refunded > 0:
		return IncomePartBack
	}
	return IncomePaid
}

// incomeMost is how many lines a page of a payee's list shows.
const incomeMost = 50

// IncomeOf lists what a payee received, newest first, some 50 lines of those before a payment (none is cut); state narrows it, empty: all.
func (m *Module) IncomeOf(ctx context.Context, payee id.ID, state IncomeState, before id.ID) ([]IncomeLine, error) {
	var rows []paydb.IncomeLine
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		from := newest
		if !before.IsZero() {
			known, err := paydb.IncomeByPayment(r, payee, before)
			if err != nil || len(known) == 0 {
				rows = nil
				return err
			}
			from = cursor{known[0].At, before}
		}
		var err error
		rows, err = incomeRows(r, payee, state, from)
		return err
	})
	if err != nil {
		return nil, err
	}
	return incomeLines(rows)
}

// incomeRows reads a page of a list. It ends with all lines of its last payment, since the next page begins after that one.
func incomeRows(r store.Reader, payee id.ID, state IncomeState, from cursor) ([]paydb.IncomeLine, error) {
	var rows []paydb.IncomeLine
	var err error
	if state == "" {
		rows, err = paydb.IncomeOf(r, paydb.IncomeOfParams{Payee: payee, At: from.at, Before: from.id, Most: incomeMost})
	} else {
		rows, err = paydb.IncomeInState(r, paydb.IncomeInStateParams{Payee: payee, State: string(state), At: from.at, Before: from.id, Most: incomeMost})
	}
	if err != nil || len(rows) < incomeMost {
		return rows, err
	}
	cut := rows[len(rows)-1].Payment
	all, err := paydb.IncomeByPayment(r, payee, cut)
	rows = slices.DeleteFunc(rows, func(row paydb.IncomeLine) bool { return row.Payment == cut })
	for _, row := range all {
		if state == "" || row.State == string(state) {
			rows = append(rows, row)
		}
	}
	return rows, err
}

func incomeLines(rows []paydb.IncomeLine) ([]IncomeLine, error) {
	out := make([]IncomeLine, 0, len(rows))
	for _, row := range rows {
		one := IncomeLine{
			Payee: row.Payee, Payment: row.Payment, Charge: row.Charge, Number: row.Number, Kind: row.Kind, Service: row.Service, Refunded: row.Refunded,
			Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, State: IncomeState(row.State), Method: Method(row.Method), At: row.At,
		}
		if err := json.Unmarshal([]byte(row.Title), &one.Title); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
