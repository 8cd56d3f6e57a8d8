package reconcile

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// settledPayment is the payment by which a line, as it stood, settled a charge.
func settledPayment(part id.ID, revision int64) id.ID {
	return id.Derived("settled by an official", part.String()+" "+strconv.FormatInt(revision, 10))
}

// over frees what officials put to a charge beyond what is owed since it was corrected or ended.
func (m *Module) over(ctx context.Context, j jobs.Job) error {
	return m.free(ctx, j, func(c charge.Charge, now time.Time) int64 { return c.Owed(now, m.deps.Zone()).Over })
}

// giveBack frees all that officials put to a charge.
func (m *Module) giveBack(ctx context.Context, j jobs.Job) error {
	return m.free(ctx, j, func(charge.Charge, time.Time) int64 { return math.MaxInt64 })
}

// free takes up to so much of what officials put to a charge out of it again: the money lies among what nobody knows, its line is
// open, and an official pays another charge with it or sends it back. Everything is read in the Write that moves it, for core/pay
// gives back at the same time what was paid by payments.
func (m *Module) free(ctx context.Context, j jobs.Job, most func(charge.Charge, time.Time) int64) error {
	a := j.Act(act.Purpose{Kind: "books"})
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		settled, err := m.settledWith(tx, j.Object)
		if err != nil || len(settled) == 0 {
			return err
		}
		c, err := m.deps.Charges.Read(tx.As(a, lookCharge), j.Holder, j.Object)
		if err != nil {
			return err
		}
		left := most(c, tx.Now())
		for _, p := range c.Parts {
			part, ours := settled[p.Payment]
			amount := min(left, p.Amount-p.Given-p.Reversed)
			if !ours || amount <= 0 {
				continue
			}
			if err := m.freePart(tx, a, c, p.Payment, part, amount); err != nil {
				return err
			}
			left -= amount
		}
		return nil
	})
}

// settledWith are the lines that officials have settled a charge with, by the payments that did.
func (m *Module) settledWith(r store.Reader, of id.ID) (map[id.ID]id.ID, error) {
	acts, err := reconciledb.SettledOf(r, m.treasury(), of)
	if err != nil {
		return nil, err
	}
	out := map[id.ID]id.ID{}
	for _, one := range acts {
		if one.Kind != ActSettle {
			continue
		}
		row, err := reconciledb.PartByID(r, m.treasury(), one.Part)
		if err != nil {
			return nil, err
		}
		for revision := range row.Revision {
			out[settledPayment(row.ID, revision)] = row.ID
		}
	}
	return out, nil
}

func (m *Module) freePart(tx *store.Tx, a act.Act, c charge.Charge, payment, part id.ID, amount int64) error {
	if err := m.deps.Charges.GiveBack(tx, a, c.Home, c.ID, payment, amount); err != nil {
		return err
	}
	row, err := reconciledb.PartByID(tx, m.treasury(), part)
	if err != nil {
		return err
	}
	p, err := partOf(row)
	if err != nil {
		return err
	}
	_, err = ledger.Post(tx, ledger.Movement{ID: id.Derived("freed", payment.String()+" "+strconv.FormatInt(p.Revision, 10)), Holder: m.treasury(), Act: a.ID, Lines: []ledger.Line{{
		Debit: pay.Income(c.Payee, p.Currency), Credit: Unidentified(p.Currency), Amount: money.Amount{Minor: amount, Currency: p.Currency}, About: c.ID,
	}}})
	if err != nil {
		return err
	}
	return m.putBack(tx, p, amount, ActOn{Kind: ActFreed, Charge: c.ID, ChargeNumber: c.Number, Amount: amount}, a.ID)
}

// putBack opens a line again for so much that was taken of it.
func (m *Module) putBack(tx *store.Tx, p Part, amount int64, word ActOn, actID id.ID) error {
	n, err := reconciledb.ChangePart(tx, reconciledb.ChangePartParams{
		Treasury: m.treasury(), ID: p.ID, State: string(Unknown), Met: p.Met - amount, Rest: p.Rest + amount, Revision: p.Revision,
	})
	if err != nil || n == 0 {
		return errors.Join(err, changed(tx, n))
	}
	return m.noteAct(tx, p, word, actID)
}
