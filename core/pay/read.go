package pay

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// The kinds of look.
const (
	lookPayment  = "pay.look.payment"
	lookPayments = "pay.look.payments"
	lookCards    = "pay.look.cards"
	lookCharge   = "pay.look.charge"
)

// Payment reads a payment with its lines and attempts; ErrNone when there is none.
func (m *Module) Payment(ctx context.Context, a act.Act, payer, payment id.ID) (Payment, error) {
	var out Payment
	err := m.base.Store.Look(ctx, a, lookPayment, func(p *store.Personal) error {
		var err error
		out, err = whole(p, payer, payment)
		return err
	})
	return out, none(err)
}

// paymentsMost is how many payments a page of the history shows.
const paymentsMost = 50

// newestFirst orders payments by when they began. Their ids don't: some are derived from a key.
func newestFirst(a, b Payment) int {
	return cmp.Or(b.Started.Compare(a.Started), strings.Compare(b.ID.String(), a.ID.String()))
}

// cursor is a place in a list that is ordered by time.
type cursor struct {
	at time.Time
	id id.ID
}

// newest is before everything of such a list.
var newest = cursor{at: time.Date(9999, time.January, 1, 0, 0, 0, 0, time.UTC), id: last}

// placeOf is where a payment stands in the history of some people; ErrNone when it is not theirs.
func placeOf(r store.PersonalReader, people []id.ID, payment id.ID) (cursor, error) {
	if payment.IsZero() {
		return newest, nil
	}
	for _, person := range people {
		row, err := paydb.PaymentByID(r, person, payment)
		if err == nil {
			return cursor{row.Started, row.ID}, nil
		}
		if !errors.Is(err, store.ErrNone) {
			return cursor{}, err
		}
	}
	return cursor{}, ErrNone
}

// Payments lists a person's payments, newest first, at most 50 of those before one; before zero: the newest.
func (m *Module) Payments(ctx context.Context, a act.Act, payer, before id.ID) ([]Payment, error) {
	var out []Payment
	err := m.base.Store.Look(ctx, a, lookPayments, func(p *store.Personal) error {
		out = out[:0]
		people := a.Records(payer)
		from, err := placeOf(p, people, before)
		if err != nil {
			return err
		}
		for _, person := range people {
			some, err := history(p, person, from, paymentsMost)
			if err != nil {
				return err
			}
			out = append(out, some...)
		}
		return nil
	})
	slices.SortFunc(out, newestFirst)
	return out[:min(len(out), paymentsMost)], err
}

func history(r store.PersonalReader, payer id.ID, from cursor, most int64) ([]Payment, error) {
	rows, err := paydb.PaymentsOf(r, paydb.PaymentsOfParams{Payer: payer, At: from.at, Before: from.id, Most: most})
	if err != nil {
		return nil, err
	}
	out := make([]Payment, 0, len(rows))
	for _, row := range rows {
		one, err := completed(r, row)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// last is after every id.
var last = id.MustParse("ffffffffffffffffffffffffffffffff")

// whole reads a payment with all that hangs on it.
func whole(r store.PersonalReader, payer, payment id.ID) (Payment, error) {
	row, err := paydb.PaymentByID(r, payer, payment)
	if err != nil {
		return Payment{}, err
	}
	return completed(r, row)
}

func completed(r store.PersonalReader, row paydb.Payment) (Payment, error) {
	out, err := paymentOf(row)
	if err != nil {
		return out, err
	}
	lines, err := paydb.LinesOf(r, row.Payer, row.ID)
	if err != nil {
		return out, err
	}
	for _, line := range lines {
		one, err := lineOf(line)
		if err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, one)
	}
	attempts, err := paydb.AttemptsOf(r, row.Payer, row.ID)
	if err != nil {
		return out, err
	}
	for _, attempt := range attempts {
		out.Attempts = append(out.Attempts, attemptOf(attempt))
	}
	return out, nil
}

// home finds who pays an attempt or a payment, or whose a refund is.
func (m *Module) home(ctx context.Context, what id.ID) (paydb.PayHome, error) {
	var out paydb.PayHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := paydb.HomeOf(r, what)
		out = row
		return err
	})
	return out, none(err)
}

// Receipt finds a payment by its check code: ErrNone when there is none. What it shows tells of no person.
func (m *Module) Receipt(ctx context.Context, code string) (Payment, error) {
	number, err := id.ParseCode(code)
	if err != nil {
		return Payment{}, ErrNone.Because(err)
	}
	var row paydb.PayCode
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err = paydb.CodeOf(r, number)
		return err
	})
	if err != nil {
		return Payment{}, none(err)
	}
	return m.Payment(ctx, m.system(), row.Payer, row.Payment)
}

// none turns the store's word for an absent row into the module's.
func none(err error) error {
	if errors.Is(err, store.ErrNone) {
		return ErrNone.Because(err)
	}
	return err
}

// system is the act of the module itself: what it reads to carry money is nobody's look.
func (m *Module) system() act.Act {
	return act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account"})
}
