package autopay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/autopay/internal/store"
	"posad.city/core/mandate"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// The looks.
const (
	lookOrders    = "autopay.look.orders"
	lookTemplates = "autopay.look.templates"
)

// standing is what is known of a turn when it is judged.
type standing struct {
	order  Order
	turn   Turn
	bill   Bill
	inputs Inputs
	keys   *vault.Keys
}

// gather reads everything that a judgement rests on. What it read may be old when it is written: the Write compares the
// revisions of the order and of the turn, and every payment of an order raises the order's.
func (m *Module) gather(ctx context.Context, a act.Act, person, turn id.ID) (standing, error) {
	out := standing{}
	var err error
	if out.keys, err = m.base.Vault.Keys(ctx, person); err != nil {
		return out, fmt.Errorf("autopay: keys: %w", err)
	}
	if out.keys.Erased() {
		return out, ErrNone
	}
	if out.turn, out.order, err = m.readTurn(ctx, a, person, turn, out.keys); err != nil {
		return out, err
	}
	now, zone := m.base.Clock.Now(), m.deps.Zone()
	in := Inputs{
		Rules: RulesVersion, Now: now, Today: calendar.DateOf(now, zone), Hour: now.In(zone).Hour(), Terms: out.order.Terms,
		Stopped: out.order.State == Stopped, Paused: out.order.Paused, Known: out.turn.Known, Told: out.turn.Told, ToldAmount: out.turn.ToldAmount,
		Approved: out.turn.Approved, Skipped: out.turn.Skipped, Thinking: out.turn.Thinking, Tries: counted(out.turn.Tries),
	}
	if err := m.readBill(ctx, a, &out, &in); err != nil {
		return out, err
	}
	if in.Past, err = m.past(ctx, a, person, out.order.Biller, out.turn.Charge); err != nil {
		return out, err
	}
	if err := m.readCard(ctx, a, out.order, &in); err != nil {
		return out, err
	}
	if in.Bound, err = m.bound(ctx, out.order, in.Today); err != nil {
		return out, err
	}
	in.Spent, err = m.spent(ctx, out.order, monthOf(calendar.Latest(in.payDay(), in.Today)), turn)
	out.inputs = in
	return out, err
}

func (m *Module) readTurn(ctx context.Context, a act.Act, person, turn id.ID, keys *vault.Keys) (Turn, Order, error) {
	var t Turn
	var o Order
	err := m.base.Store.Look(ctx, a, lookOrders, func(p *store.Personal) error {
		row, err := autopaydb.TurnByID(p, person, turn)
		if err != nil {
			return err
		}
		tries, err := autopaydb.TriesOf(p, person, turn)
		if err != nil {
			return err
		}
		order, err := autopaydb.OrderByID(p, person, row.Standing)
		if err != nil {
			return err
		}
		if t, err = turnOf(row, tries); err != nil {
			return err
		}
		o, err = orderOf(order, keys)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return t, o, ErrNone.Because(err)
	}
	return t, o, err
}

// readBill reads the bill as it will stand on the day of paying: a discount may be over then, and a penalty begun.
func (m *Module) readBill(ctx context.Context, a act.Act, s *standing, in *Inputs) error {
	zone := m.deps.Zone()
	bill, err := m.deps.Charges.Bill(ctx, a, s.order.Person, s.turn.Home, s.turn.Charge, in.Now)
	if errors.Is(err, ErrNone) {
		return nil // nothing is owed
	}
	if err != nil {
		return fmt.Errorf("autopay: bill: %w", err)
	}
	if !bill.Due.IsZero() {
		in.Due = calendar.DateOf(bill.Due, zone)
	}
	mine, again := s.turn.of(s.order, bill)
	s.bill, in.Open, in.Again, in.Follows, in.Refundable = bill, bill.Open && mine, again, bill.Follows, bill.Refundable
	in.Amount = bill.Amount.Minor
	if !in.Open {
		return nil
	}
	if then := at(in.payDay(), payHour, zone); then.After(in.Now) {
		if s.bill, err = m.deps.Charges.Bill(ctx, a, s.order.Person, s.turn.Home, s.turn.Charge, then); err != nil {
			return fmt.Errorf("autopay: bill: %w", err)
		}
		in.Amount = s.bill.Amount.Minor
	}
	then := at(calendar.Latest(in.payDay(), in.Today.AddDays(1)), payHour, zone)
	ahead, err := m.deps.Charges.Bill(ctx, a, s.order.Person, s.turn.Home, s.turn.Charge, then)
	if err != nil {
		return fmt.Errorf("autopay: bill: %w", err)
	}
	in.Ahead = ahead.Amount.Minor
	return nil
}

// of tells whether a turn is about what its bill asks for now, and whether the order has paid that before. A bill on instalments
// asks for one after the other.
func (t Turn) of(o Order, bill Bill) (mine, again bool) {
	for before := range againMost {
		if t.ID == turnAt(o.ID, bill.ID, bill.Term, before) {
			return true, before > 0
		}
	}
	return false, false
}

// counted are the tries of which the bank heard.
func counted(tries []Try) []Try {
	var out []Try
	for _, one := range tries {
		if one.Fate != Withdrawn {
			out = append(out, one)
		}
	}
	return out
}

// past is what was paid for earlier bills of the same kind at the same home, by whatever hand, newest first.
func (m *Module) past(ctx context.Context, a act.Act, person id.ID, b Biller, besides id.ID) ([]int64, error) {
	bills, err := m.deps.Charges.Bills(ctx, a, person, m.base.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("autopay: bills: %w", err)
	}
	return pastOf(bills, b, besides), nil
}

func pastOf(bills []Bill, b Biller, besides id.ID) []int64 {
	paid := paidOf(bills, b, besides)
	out := make([]int64, 0, len(paid))
	for _, one := range paid {
		out = append(out, one.Amount.Minor)
	}
	return out
}

// paidOf are the bills that pastOf tells of.
func paidOf(bills []Bill, b Biller, besides id.ID) []Bill {
	var paid []Bill
	for _, one := range bills {
		if one.Biller == b && one.ID != besides && !one.Paid.IsZero() && one.Amount.Minor > 0 {
			paid = append(paid, one)
		}
	}
	slices.SortFunc(paid, func(x, y Bill) int { return y.Paid.Compare(x.Paid) })
	return paid[:min(len(paid), pastMost)]
}

func (m *Module) readCard(ctx context.Context, a act.Act, o Order, in *Inputs) error {
	cards, err := m.deps.Payments.Cards(ctx, a, o.Person)
	if err != nil {
		return fmt.Errorf("autopay: cards: %w", err)
	}
	i := slices.IndexFunc(cards, func(c Card) bool { return c.ID == o.Card.ID && c.Wallet == o.Card.Wallet })
	if i < 0 {
		in.CardGone = true
		return nil
	}
	in.CardEnds = cards[i].Ends
	return nil
}

// bound is what the mandate lets under which an order was made for its owner; nil: the owner made it.
func (m *Module) bound(ctx context.Context, o Order, today calendar.Date) (*Bound, error) {
	if o.Mandate.IsZero() {
		return nil, nil
	}
	if m.deps.Mandates == nil {
		return &Bound{}, nil
	}
	one, err := m.deps.Mandates.Mandate(ctx, o.Person, o.Mandate)
	if errors.Is(err, mandate.ErrNone) {
		return &Bound{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("autopay: mandate: %w", err)
	}
	out := &Bound{Live: one.Covers(mandate.ScopePay, o.Service, today)}
	purse, caps, err := m.deps.Mandates.Purse(ctx, o.Person, o.Mandate)
	if err != nil {
		return nil, fmt.Errorf("autopay: purse: %w", err)
	}
	if caps {
		out.Caps, out.Each, out.Left = true, purse.Each.Minor, purse.Left().Minor
	}
	return out, nil
}

func (m *Module) spent(ctx context.Context, o Order, month string, besides id.ID) (int64, error) {
	var out int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = autopaydb.SpentIn(r, autopaydb.SpentInParams{Person: o.Person, Standing: o.ID, Month: month, Besides: besides})
		return err
	})
	return out, err
}
