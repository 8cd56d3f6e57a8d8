package card

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"posad.city/core/ledger"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

// clearing is where money from cards stands between a card and the payees of a payment.
func clearing() ledger.Account { return pay.ClearingOf(pay.WalletName, money.RUB) }

// Purse is the module as core/pay takes money by it.
func (m *Module) Purse() pay.Purse { return purse{m} }

type purse struct{ m *Module }

// Name implements pay.Provider.
func (p purse) Name() string { return pay.WalletName }

// Wallets implements pay.Purse: a person's cards that may pay now.
func (p purse) Wallets(ctx context.Context, a act.Act, person id.ID) ([]pay.WalletCard, error) {
	list, err := p.m.Cards(ctx, a, person, false)
	if err != nil {
		return nil, err
	}
	var out []pay.WalletCard
	for _, one := range list {
		if one.Pays() {
			out = append(out, pay.WalletCard{ID: one.ID, Label: one.Label(), Balance: one.Balance})
		}
	}
	return out, nil
}

// MaySpend implements pay.Purse: the card is among those of whoever acts, and pays.
func (p purse) MaySpend(ctx context.Context, a act.Act, card id.ID) error {
	if a.Actor.Person.IsZero() {
		return pay.ErrNotTheirs
	}
	list, err := p.m.Cards(ctx, a, a.Actor.Person, false)
	if err != nil {
		return wrap("may spend", err)
	}
	if !slices.ContainsFunc(list, func(c Card) bool { return c.ID == card && c.Pays() }) {
		return pay.ErrNotTheirs
	}
	return nil
}

// Start implements pay.Provider: the money leaves the card at once, in one Write with the answer.
func (p purse) Start(ctx context.Context, o pay.Order) (pay.Standing, error) {
	card, err := id.Parse(o.Token)
	if err != nil || o.Amount.Currency != money.RUB || o.Amount.Minor <= 0 {
		return pay.Standing{}, wrap("order", errors.Join(err, errOrder))
	}
	var out pay.Standing
	actID := id.New(p.m.now())
	err = p.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		known, err := carddb.OrderByAttempt(tx, o.Attempt)
		if errors.Is(err, store.ErrNone) {
			known, err = p.m.take(tx, actID, card, o)
		}
		if err != nil {
			return err
		}
		if known.Amount != 0 && (known.Amount != o.Amount.Minor || known.Card != card) {
			return tx.Fail(pay.ErrOtherOrder)
		}
		out = standing(known)
		return nil
	})
	return out, wrap("start", err)
}

var errOrder = errors.New("card: an order needs a card and roubles")

// take decides an order that is new.
func (m *Module) take(tx *store.Tx, actID, card id.ID, o pay.Order) (carddb.CardOrder, error) {
	home, err := homeOf(tx, card)
	reason := pay.Reason("")
	switch {
	case errors.Is(err, ErrNone):
		reason = pay.CardUnknown
	case err != nil:
		return carddb.CardOrder{}, err
	case State(home.State) != Active:
		reason = pay.CardBlocked
	}
	if blocked, err := owing(tx, actID, home.Person); err != nil {
		return carddb.CardOrder{}, err
	} else if blocked {
		reason = pay.CardBlocked
	}
	if reason == "" {
		balance, err := lies(tx, card)
		if err != nil {
			return carddb.CardOrder{}, err
		}
		if balance < o.Amount.Minor {
			reason = pay.NoFunds
		}
	}
	out := carddb.CardOrder{Attempt: o.Attempt, Card: card, Amount: o.Amount.Minor, Currency: string(money.RUB), State: string(pay.Paid), Reason: string(reason), At: tx.Now()}
	if reason != "" {
		out.State = string(pay.Declined)
	} else {
		err = move{id: id.Derived("card order", o.Attempt.String()), act: actID, home: home, from: wallet(card), to: clearing(), amount: out.Amount, kind: Bill, about: o.Attempt}.put(tx)
	}
	if err != nil && reason != pay.CardUnknown {
		return out, err
	}
	return out, insertOrder(tx, out)
}

func insertOrder(tx *store.Tx, o carddb.CardOrder) error {
	_, err := carddb.InsertOrder(tx, carddb.InsertOrderParams{Attempt: o.Attempt, Card: o.Card, Amount: o.Amount, Currency: o.Currency, State: o.State, Reason: o.Reason, At: o.At})
	return err
}

func standing(o carddb.CardOrder) pay.Standing {
	out := pay.Standing{State: pay.State(o.State), Amount: o.Amount, Currency: money.Currency(o.Currency), Reason: pay.Reason(o.Reason), Refunded: o.Refunded}
	if out.State == pay.Paid {
		out.Reference, out.Taken = o.Attempt.String(), o.At
		if o.Refunded == o.Amount {
			out.State = pay.Refunded
		}
	}
	return out
}

// Ask implements pay.Provider.
func (p purse) Ask(ctx context.Context, attempt id.ID) (pay.Standing, error) {
	var out carddb.CardOrder
	err := p.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = carddb.OrderByAttempt(r, attempt)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return pay.Standing{}, pay.ErrUnknownAttempt
	}
	return standing(out), wrap("ask", err)
}

// Cancel implements pay.Provider: an order that has not come is closed before it comes.
func (p purse) Cancel(ctx context.Context, attempt id.ID) (pay.Standing, error) {
	var out pay.Standing
	err := p.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		known, err := carddb.OrderByAttempt(tx, attempt)
		if errors.Is(err, store.ErrNone) {
			known = carddb.CardOrder{Attempt: attempt, Currency: string(money.RUB), State: string(pay.Expired), At: tx.Now()}
			err = insertOrder(tx, known)
		}
		out = standing(known)
		return err
	})
	return out, wrap("cancel", err)
}

// Refund implements pay.Provider: the money goes back onto the card, or onto the one that replaced it.
func (p purse) Refund(ctx context.Context, attempt, refund id.ID, amount int64) (pay.RefundStanding, error) {
	var out pay.RefundStanding
	actID := id.New(p.m.now())
	err := p.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		known, err := carddb.RefundByID(tx, attempt, refund)
		if errors.Is(err, store.ErrNone) {
			known, err = p.m.giveBack(tx, actID, carddb.CardRefund{Attempt: attempt, ID: refund, Amount: amount, At: tx.Now()})
		}
		if err != nil {
			return err
		}
		if known.Amount != amount {
			return tx.Fail(pay.ErrOtherOrder)
		}
		out = pay.RefundStanding{State: pay.RefundDone, Amount: amount, Reference: refund.String()}
		if known.Reason != "" {
			out = pay.RefundStanding{State: pay.RefundRefused, Amount: amount, Reason: known.Reason}
		}
		return nil
	})
	return out, wrap("refund", err)
}

func (m *Module) giveBack(tx *store.Tx, actID id.ID, r carddb.CardRefund) (carddb.CardRefund, error) {
	order, err := carddb.OrderByAttempt(tx, r.Attempt)
	if errors.Is(err, store.ErrNone) {
		return r, tx.Fail(pay.ErrUnknownAttempt)
	}
	if err != nil {
		return r, err
	}
	switch {
	case pay.State(order.State) != pay.Paid:
		r.Reason = "not_paid"
	case r.Amount > order.Amount-order.Refunded:
		r.Reason = "more_than_paid"
	}
	if r.Reason == "" {
		if err := putBack(tx, actID, order.Card, r); err != nil {
			return r, err
		}
	}
	return r, carddb.InsertRefund(tx, carddb.InsertRefundParams{Attempt: r.Attempt, ID: r.ID, Amount: r.Amount, Reason: r.Reason, At: r.At})
}

func putBack(tx *store.Tx, actID, card id.ID, r carddb.CardRefund) error {
	home, err := newest(tx, card)
	if err != nil {
		return err
	}
	if _, err := carddb.RefundOrder(tx, r.Amount, r.Attempt); err != nil {
		return err
	}
	return move{id: id.Derived("card refund", r.ID.String()), act: actID, home: home, from: clearing(), to: wallet(home.ID), amount: r.Amount, kind: BillBack, about: r.Attempt}.put(tx)
}

// Message implements pay.Provider: the city's own books send none.
func (p purse) Message(http.Header, []byte) (pay.Message, error) {
	return pay.Message{}, pay.ErrSignature
}
