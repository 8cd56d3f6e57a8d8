package autopay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// NewOrder is what somebody wants to be paid from now on.
type NewOrder struct {
	Person id.ID // the owner
	Charge id.ID // a bill of those that are meant, open or paid
	Name   string
	Card   id.ID
	Terms  Terms
}

// arranged is an order made ready.
type arranged struct {
	order Order
	name  vault.Sealed
	terms string
	open  []Bill
}

// Make makes an order. What is owed already becomes its first turns. Errors: ErrFields, ErrBill, ErrExists, ErrMost,
// ErrWider.
func (m *Module) Make(ctx context.Context, a act.Act, n NewOrder) (id.ID, error) {
	w, err := m.arrange(ctx, a, n)
	if err != nil {
		return id.ID{}, err
	}
	o := w.order
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := autopaydb.LiveOrders(tx.As(a, lookOrders), o.Person)
		if err != nil {
			return err
		}
		if err := room(rows, o.Biller); err != nil {
			return err
		}
		_, err = autopaydb.InsertOrder(tx, autopaydb.InsertOrderParams{
			Person: o.Person, ID: o.ID, Maker: o.Maker, Mandate: o.Mandate, Payee: o.Biller.Payee, Kind: o.Biller.Kind, Home: o.Biller.Home,
			Service: o.Service, Name: w.name, Method: o.Card.method(), Card: o.Card.ID, CardEnds: o.Card.Ends.String(), Currency: string(o.Currency),
			Terms: w.terms, Since: o.Since.String(), Made: tx.Now(),
		})
		if err != nil {
			return err
		}
		return m.begun(tx, w)
	})
	return o.ID, err
}

// room decides whether a person with these live orders may have one more.
func room(rows []autopaydb.AutopayOrder, b Biller) error {
	for _, row := range rows {
		if (Biller{row.Payee, row.Kind, row.Home}) == b {
			return ErrExists
		}
	}
	if len(rows) >= ordersMost {
		return ErrMost
	}
	return nil
}

// begun lets bills find the order, and the order the bills that are open.
func (m *Module) begun(tx *store.Tx, w arranged) error {
	o := w.order
	if err := autopaydb.PutHome(tx, o.ID, o.Person, id.ID{}); err != nil {
		return err
	}
	if err := autopaydb.PutFollow(tx, o.Biller.Home, o.ID, o.Person); err != nil {
		return err
	}
	for _, bill := range w.open {
		if err := m.introduce(tx, o.Person, o.ID, meeting{bill.Home, bill.ID}); err != nil {
			return err
		}
	}
	return nil
}

func (m *Module) arrange(ctx context.Context, a act.Act, n NewOrder) (arranged, error) {
	bills, err := m.deps.Charges.Bills(ctx, a, n.Person, m.base.Clock.Now())
	if err != nil {
		return arranged{}, fmt.Errorf("autopay: bills: %w", err)
	}
	bill, ok := find(bills, n.Charge)
	if !ok || !bill.Follows {
		return arranged{}, ErrBill
	}
	card, err := m.card(ctx, a, n.Person, n.Card)
	if err != nil {
		return arranged{}, err
	}
	faults := n.check(card)
	if len(faults) > 0 {
		return arranged{}, ErrFields.With(faults...)
	}
	w := arranged{order: Order{
		ID: id.New(m.base.Clock.Now()), Person: n.Person, Maker: a.Actor.Person, Biller: bill.Biller, Service: bill.Service, Card: card,
		Currency: bill.Amount.Currency, Terms: n.Terms, Since: m.today(), State: Live, Name: Name{Text: strings.TrimSpace(n.Name), Known: bill.Known, Card: card.Label},
	}}
	if !a.Mandate.IsZero() {
		w.order.Mandate = a.Mandate
		if err := m.within(ctx, w.order); err != nil {
			return w, err
		}
	}
	for _, one := range bills {
		if one.Biller == bill.Biller && one.Open {
			w.open = append(w.open, one)
		}
	}
	return w, m.sealOrder(ctx, &w)
}

func find(bills []Bill, charge id.ID) (Bill, bool) {
	i := slices.IndexFunc(bills, func(b Bill) bool { return b.ID == charge })
	if i < 0 {
		return Bill{}, false
	}
	return bills[i], true
}

// card finds a person's card; the zero Card when they have no such one.
func (m *Module) card(ctx context.Context, a act.Act, person, card id.ID) (Card, error) {
	cards, err := m.deps.Payments.Cards(ctx, a, person)
	if err != nil {
		return Card{}, fmt.Errorf("autopay: cards: %w", err)
	}
	for _, one := range cards {
		if one.ID == card {
			return one, nil
		}
	}
	return Card{}, nil
}

func (n NewOrder) check(card Card) []fault.Field {
	out := n.Terms.check()
	if name := strings.TrimSpace(n.Name); name == "" || len([]rune(name)) > nameMost {
		out = append([]fault.Field{{Name: "name", ID: "autopay.fault.name"}}, out...)
	}
	if card.ID.IsZero() {
		out = append(out, fault.Field{Name: "card", ID: "autopay.fault.card"})
	}
	return out
}

// within refuses caps above what the mandate lets under which an order is made for its owner.
func (m *Module) within(ctx context.Context, o Order) error {
	b, err := m.bound(ctx, o, m.today())
	if err != nil {
		return err
	}
	if !b.Live || b.Caps && (o.Terms.Each > b.Each || o.Terms.Month > b.Left) {
		return ErrWider
	}
	return nil
}

func (m *Module) sealOrder(ctx context.Context, w *arranged) error {
	keys, err := m.base.Vault.Keys(ctx, w.order.Person)
	if err != nil {
		return fmt.Errorf("autopay: keys: %w", err)
	}
	if w.name, err = sealName(keys, "autopay_order", w.order.Name); err != nil {
		return err
	}
	terms, err := json.Marshal(w.order.Terms)
	w.terms = string(terms)
	return err
}

// mayWiden tells whether somebody may let an order pay more: its owner, or whoever acts by the mandate that bounds it. Whoever acts
// by another mandate may only hold it.
func (o Order) mayWiden(a act.Act) bool { return a.Mandate.IsZero() || a.Mandate == o.Mandate }

// Change gives an order other terms, another name or card, and looks anew at what waits. The caller has made sure that
// its owner is there.
func (m *Module) Change(ctx context.Context, a act.Act, o Order, n NewOrder) error {
	if !o.mayWiden(a) {
		return ErrWider
	}
	card, err := m.card(ctx, a, o.Person, n.Card)
	if err != nil {
		return err
	}
	if faults := n.check(card); len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	o.Terms, o.Card, o.Name.Text, o.Name.Card = n.Terms, card, strings.TrimSpace(n.Name), card.Label
	if !o.Mandate.IsZero() {
		if err := m.within(ctx, o); err != nil {
			return err
		}
	}
	w := arranged{order: o}
	if err := m.sealOrder(ctx, &w); err != nil {
		return err
	}
	turns, err := m.pendingOf(ctx, a, o)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := autopaydb.ChangeOrder(tx, autopaydb.ChangeOrderParams{
			Name: w.name, Method: card.method(), Card: card.ID, CardEnds: card.Ends.String(), Terms: w.terms, Person: o.Person, ID: o.ID, Was: o.Revision,
		})
		if err != nil {
			return err
		}
		if rows == 0 {
			return ErrStopped
		}
		return m.renew(tx, o, turns)
	})
}

// renew has the owner told anew of what waits.
func (m *Module) renew(tx *store.Tx, o Order, turns []Turn) error {
	if _, err := autopaydb.RenewTurns(tx, tx.Now(), o.Person, o.ID); err != nil {
		return err
	}
	for _, t := range turns {
		if err := m.wake(tx, t.Person, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// Pause lets an order stand still until a day, on which it pays again; the zero day ends a pause.
func (m *Module) Pause(ctx context.Context, a act.Act, o Order, until calendar.Date) error {
	today := m.today()
	if !until.IsZero() && (!today.Before(until) || today.AddDays(PauseMost).Before(until)) {
		return ErrFields.With(fault.Field{Name: "until", ID: "autopay.fault.until"})
	}
	if !o.mayWiden(a) && until.Before(o.Paused) {
		return ErrWider
	}
	turns, err := m.pendingOf(ctx, a, o)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := autopaydb.PauseOrder(tx, until.String(), o.Person, o.ID)
		if err != nil || n == 0 {
			return err
		}
		return m.renew(tx, o, turns)
	})
}

// End stops an order for good. What the bank has is not stopped; nothing new is taken.
func (m *Module) End(ctx context.Context, a act.Act, o Order) error {
	turns, err := m.pendingOf(ctx, a, o)
	if err != nil {
		return err
	}
	told, err := m.deps.Teller.Prepare(ctx, m.stopNotice(o))
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := autopaydb.StopOrder(tx, autopaydb.StopOrderParams{Stopped: tx.Now(), StoppedBy: a.Actor.Person, Person: o.Person, ID: o.ID})
		if err != nil || n == 0 {
			return err
		}
		if _, err := autopaydb.DropFollow(tx, o.Biller.Home, o.ID); err != nil {
			return err
		}
		if err := m.renew(tx, o, turns); err != nil {
			return err
		}
		if err := told.Put(tx); err != nil {
			return err
		}
		return m.base.Jobs.Emit(tx, jobs.Event{Name: EventStopped, Holder: o.Person, Object: o.ID, Version: o.Revision})
	})
}

// Answer is what the owner says of one bill: pay it though it is unusual, or leave it to them. Yes is for the amount that
// they saw. Errors: ErrLate.
func (m *Module) Answer(ctx context.Context, a act.Act, t Turn, yes bool, amount int64) error {
	p := autopaydb.AnswerTurnParams{Person: t.Person, ID: t.ID, Skipped: !yes, State: string(Refused)}
	if yes {
		o, err := m.order(ctx, a, t.Person, t.Order, nil)
		if err != nil {
			return err
		}
		if !o.mayWiden(a) {
			return ErrWider
		}
		p.Approved, p.State = amount, string(Waiting)
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		p := p
		p.Next = tx.Now()
		n, err := autopaydb.AnswerTurn(tx, p)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrLate
		}
		return m.wake(tx, t.Person, t.ID)
	})
}

// Undo gives back what was paid, within the hours that the order has for it and where the payee gives back. Whoever acts by another
// mandate than the order's leaves the owner's payments as they are. Errors: ErrLate, ErrWider.
func (m *Module) Undo(ctx context.Context, a act.Act, o Order, t Turn) error {
	if !o.mayWiden(a) {
		return ErrWider
	}
	if !t.undoable(m.base.Clock.Now()) {
		return ErrLate
	}
	back, err := m.deps.Payments.PrepareUndo(ctx, a, t.Person, t.paidBy(), t.Charge)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := autopaydb.UndoTurn(tx, t.Person, t.ID, tx.Now())
		if err == nil && n == 0 {
			return ErrLate
		}
		if err != nil {
			return err
		}
		return back(tx)
	})
}

// undoable tells whether a paid turn may be taken back now.
func (t Turn) undoable(now time.Time) bool {
	return t.State == Paid && now.Before(t.Thinking) && !t.paidBy().IsZero()
}

// paidBy is the payment that paid a turn.
func (t Turn) paidBy() id.ID {
	for i, try := range t.Tries {
		if try.Fate == Taken {
			return t.attempts[i].payment
		}
	}
	return id.ID{}
}

// cards tells owners ahead of cards that end. A job.
func (m *Module) cards(ctx context.Context, _ jobs.Job) error {
	soon := m.today().AddDays(cardAhead).String()
	var rows []autopaydb.CardsEndingRow
	err := m.base.Store.Look(ctx, m.system(), lookOrders, func(p *store.Personal) error {
		var err error
		rows, err = autopaydb.CardsEnding(p, soon, sweepMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("autopay: cards that end: %w", err)
	}
	for _, row := range rows {
		if err := m.tellCard(store.Background(ctx), row.Person, row.ID); err != nil {
			return err
		}
	}
	return nil
}

// cardAhead is how many days ahead an owner is told that a card ends.
const cardAhead = 30

func (m *Module) tellCard(ctx context.Context, person, order id.ID) error {
	o, err := m.Order(ctx, m.system(), person, order)
	if errors.Is(err, ErrNone) || errors.Is(err, vault.ErrErased) {
		return nil
	}
	if err != nil {
		return err
	}
	told, err := m.deps.Teller.Prepare(ctx, m.cardNotice(o))
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := autopaydb.TellCard(tx, person, order)
		if err != nil || n == 0 {
			return err
		}
		return told.Put(tx)
	})
}

// amountOf is an order's money in words' currency.
func (o Order) amountOf(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: o.Currency}
}
