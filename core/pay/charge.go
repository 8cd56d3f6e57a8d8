package pay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// NewCharge is what somebody is to owe.
type NewCharge struct {
	ID      id.ID // made by the caller, so that a second Put of the same charge changes nothing
	Payer   id.ID
	Agency  id.ID
	Service string
	Subject id.ID
	Amount  money.Amount
	Title   lang.Text
	Due     time.Time // zero: no term
}

// PreparedCharge waits for its Write.
type PreparedCharge struct {
	m      *Module
	params paydb.InsertChargeParams
}

// PrepareCharge makes a charge ready to be put. The amount is positive.
func (m *Module) PrepareCharge(n NewCharge) (*PreparedCharge, error) {
	if n.Amount.Minor <= 0 || n.Payer.IsZero() || n.ID.IsZero() {
		return nil, errors.New("pay: a charge needs an id, a payer and an amount above zero")
	}
	title, err := json.Marshal(n.Title)
	if err != nil {
		return nil, fmt.Errorf("pay: title: %w", err)
	}
	return &PreparedCharge{m: m, params: paydb.InsertChargeParams{
		Payer: n.Payer, ID: n.ID, Number: id.NewNumber(), Agency: n.Agency, Service: n.Service, Subject: n.Subject,
		Amount: n.Amount.Minor, Currency: string(n.Amount.Currency), Title: string(title), Due: n.Due,
	}}, nil
}

// Put issues the charge in the caller's Write and emits pay.due.
func (p *PreparedCharge) Put(tx *store.Tx) error {
	params := p.params
	params.Issued = tx.Now()
	n, err := paydb.InsertCharge(tx, params)
	if err != nil || n == 0 {
		return err
	}
	if err := paydb.InsertHome(tx, paydb.InsertHomeParams{ID: params.ID, Payer: params.Payer, Service: params.Service}); err != nil {
		return err
	}
	return p.m.base.Jobs.Emit(tx, jobs.Event{Name: EventDue, Holder: params.Payer, Object: params.ID, Version: 1})
}

// Cancel ends a charge that is no longer owed; it tells whether it was still due.
func (m *Module) Cancel(tx *store.Tx, payer, charge id.ID) (bool, error) {
	n, err := paydb.CancelCharge(tx, payer, charge, tx.Now())
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.base.Jobs.Emit(tx, jobs.Event{Name: EventCancelled, Holder: payer, Object: charge, Version: 2})
}

// Charge reads one charge; ErrNone when there is none.
func (m *Module) Charge(ctx context.Context, a act.Act, payer, charge id.ID) (Charge, error) {
	var out Charge
	err := m.base.Store.Look(ctx, a, "pay.look.charge", func(p *store.Personal) error {
		row, err := paydb.ChargeByID(p, payer, charge)
		if err != nil {
			return err
		}
		out, err = chargeOf(row)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// chargesMost is how many of a person's charges a list shows, the newest first.
const chargesMost = 200

// Charges lists what a person owes and has paid, newest first, at most 200. subject narrows it to one case; zero: all.
func (m *Module) Charges(ctx context.Context, a act.Act, payer, subject id.ID) ([]Charge, error) {
	var out []Charge
	err := m.base.Store.Look(ctx, a, "pay.look.charges", func(p *store.Personal) error {
		out = out[:0]
		var rows []paydb.Charge
		for _, person := range a.Records(payer) {
			some, err := paydb.ChargesOf(p, person, chargesMost)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		for _, row := range rows {
			c, err := chargeOf(row)
			if err != nil {
				return err
			}
			if subject.IsZero() || c.Subject == subject {
				out = append(out, c)
			}
		}
		return nil
	})
	return out, err
}

// home finds who pays a charge, a payment or an attempt.
func (m *Module) home(ctx context.Context, what id.ID) (paydb.PayHome, error) {
	var out paydb.PayHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := paydb.HomeOf(r, what)
		out = row
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

func chargeOf(row paydb.Charge) (Charge, error) {
	out := Charge{
		ID: row.ID, Payer: row.Payer, Number: row.Number, Agency: row.Agency, Service: row.Service, Subject: row.Subject,
		Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)}, State: State(row.State),
		Issued: row.Issued, Due: row.Due, Settled: row.Settled, Payment: row.Payment, Revision: row.Revision,
	}
	if err := json.Unmarshal([]byte(row.Title), &out.Title); err != nil {
		return out, fmt.Errorf("pay: title of charge %s: %w", row.ID, err)
	}
	return out, nil
}

func paymentOf(row paydb.Payment, lines []paydb.PaymentLine) Payment {
	out := Payment{
		ID: row.ID, Payer: row.Payer, Actor: row.Actor, State: State(row.State), Started: row.Started, Ended: row.Ended, Code: row.Code,
		Amount: money.Amount{Minor: row.Amount, Currency: money.Currency(row.Currency)},
	}
	for _, line := range lines {
		out.Lines = append(out.Lines, Line{Charge: line.Charge, Amount: line.Amount})
	}
	return out
}

func attemptOf(row paydb.Attempt) Attempt {
	return Attempt{ID: row.ID, Payment: row.Payment, Payer: row.Payer, State: State(row.State), Page: row.Page, Started: row.Started, Ended: row.Ended}
}
