package charity

import (
	"context"
	"errors"
	"strings"

	"posad.city/core/ledger"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// NewPayout is money that a fund asks to spend.
type NewPayout struct {
	Fund   id.ID
	Aim    id.ID  // an appeal, or the fund for its own aims
	Line   string // of the appeal's budget; empty for the fund's own aims
	Amount int64
	Body   PayoutBody // with Beyond when it is more than the line has left
}

func field(name, why string) fault.Field { return fault.Field{Name: name, ID: "charity.field." + why} }

// AskPayout asks the city to pay out of a purse. The money is set aside at once. Errors: ErrForm (also without a reason for more
// than the budget's line has left), ErrClosed (the fund is not open, or the appeal was stopped), ErrShort.
func (m *Module) AskPayout(ctx context.Context, a act.Act, n NewPayout) (id.ID, error) {
	if err := m.checkPayout(ctx, n); err != nil {
		return id.ID{}, err
	}
	payout, row := id.New(m.now()), id.New(m.now())
	return payout, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := flows(tx, n.Fund, n.Aim); err != nil {
			return err
		}
		left, err := charitydb.AskOfPurse(tx, n.Amount, n.Fund, n.Aim)
		if err != nil {
			return err
		}
		if left == 0 {
			return ErrShort
		}
		if err := askOfLine(tx, n); err != nil {
			return err
		}
		if err := charitydb.InsertHome(tx, payout, n.Fund); err != nil {
			return err
		}
		_, err = charitydb.InsertPayout(tx, charitydb.InsertPayoutParams{
			Fund: n.Fund, ID: payout, Appeal: n.Aim, Line: n.Line, Amount: n.Amount, Body: write(n.Body), State: string(PayoutAsked), Asked: tx.Now(),
		})
		if err != nil {
			return err
		}
		return did(tx, n.Fund, row, payout, a.Actor.Person, "payout_asked")
	})
}

func (m *Module) checkPayout(ctx context.Context, n NewPayout) error {
	var faults []fault.Field
	if n.Amount <= 0 {
		faults = append(faults, field("amount", "amount_above"))
	}
	if strings.TrimSpace(n.Body.To.RU) == "" {
		faults = append(faults, field("to", "empty"))
	}
	if strings.TrimSpace(n.Body.What.RU) == "" {
		faults = append(faults, field("what", "empty"))
	}
	if !digits(n.Body.Account, 20) {
		faults = append(faults, field("account", "digits_account"))
	}
	if !digits(n.Body.BIC, 9) {
		faults = append(faults, field("bic", "digits_bic"))
	}
	if n.Aim != n.Fund {
		s, err := m.Appeal(ctx, n.Aim)
		if err != nil {
			return err
		}
		if s.Fund != n.Fund {
			return ErrNone
		}
		if _, known := s.Line(n.Line); !known {
			faults = append(faults, field("line", "choose"))
		}
	}
	if len(faults) > 0 {
		return ErrForm.With(faults...)
	}
	return nil
}

// Payout finds a payout; ErrNone when there is none.
func (m *Module) Payout(ctx context.Context, payout id.ID) (Payout, error) {
	var out Payout
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		home, err := charitydb.HomeOf(r, payout)
		if err != nil {
			return err
		}
		row, err := charitydb.PayoutByID(r, home.Fund, payout)
		if err != nil {
			return err
		}
		out, err = payoutOf(row)
		return err
	})
	return out, none(err)
}

// PayoutsOf lists a fund's last 200 payouts, the newest first.
func (m *Module) PayoutsOf(ctx context.Context, fund id.ID) ([]Payout, error) {
	return listed(ctx, m, "payouts", payoutOf, func(r store.Reader) ([]charitydb.CharityPayout, error) {
		return charitydb.PayoutsOf(r, fund, listMost)
	})
}

// PayoutsIn lists the payouts of all funds in a state, the longest waiting first.
func (m *Module) PayoutsIn(ctx context.Context, state PayoutState) ([]Payout, error) {
	return listed(ctx, m, "payouts", payoutOf, func(r store.Reader) ([]charitydb.CharityPayout, error) {
		return charitydb.PayoutsIn(r, string(state), appealsMost)
	})
}

// DecidePayout is the official's word about a payout. Approved, the money leaves the fund's account in the same Write; of one
// that is more than its line of the budget has, only after two officials. It tells whether the payout was decided: a first of
// two approvals waits for the second. Errors: ErrTwo, ErrState, ErrShort, ErrClosed (the fund is suspended, or the appeal was
// stopped), ErrForm (no reason).
func (m *Module) DecidePayout(ctx context.Context, a act.Act, payout id.ID, approve bool, reason string) (bool, error) {
	p, err := m.Payout(ctx, payout)
	if err != nil {
		return false, err
	}
	f, err := m.Fund(ctx, p.Fund)
	if err != nil {
		return false, err
	}
	switch reason = strings.TrimSpace(reason); {
	case p.State != PayoutAsked:
		return false, ErrState
	case reason == "":
		return false, ErrForm.With(field("reason", "reason"))
	}
	seconds, kind, err := m.payoutKind(ctx, p, approve)
	if err != nil {
		return false, err
	}
	ready, err := m.prepareOfficial(ctx, a, official{fund: f, object: payout, kind: kind, reason: reason, facts: m.payoutFacts(p)})
	if err != nil {
		return false, err
	}
	var order Putter
	if kind == payoutApproved && m.deps.Payouts != nil {
		if order, err = m.order(ctx, a, p); err != nil {
			return false, err
		}
	}
	return kind != payoutSeconded, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := another(tx, a, p.Fund, payout); err != nil {
			return err
		}
		if approve {
			if err := flows(tx, p.Fund, p.Appeal); err != nil {
				return err
			}
		}
		now, err := secondsOf(tx, p)
		if err != nil {
			return err
		}
		if len(now) != len(seconds) {
			return ErrChanged
		}
		for _, one := range now {
			if a.Is(one) && approve {
				return ErrTwo
			}
		}
		if err := ready.put(tx); err != nil {
			return err
		}
		switch kind {
		case payoutSeconded:
			return nil
		case payoutApproved:
			return m.payOut(tx, a, p, order)
		}
		return m.letBe(tx, p, PayoutRefused)
	})
}

// What may be decided of a payout.
const (
	payoutApproved = "payout_approved"
	payoutSeconded = "payout_seconded" // one of two officials has approved what is beyond the budget
	payoutRefused  = "payout_refused"
)

// flows tells whether money may leave an aim: ErrClosed when its fund is not open, or its appeal was stopped. It is asked in the
// Write that sets money aside or lets it go, since an official may stop both at the same moment.
func flows(tx *store.Tx, fund, aim id.ID) error {
	f, err := charitydb.FundByID(tx, fund)
	if err == nil && FundState(f.State) != FundOpen {
		return ErrClosed
	}
	if err != nil || aim == fund {
		return none(err)
	}
	s, err := charitydb.AppealByID(tx, fund, aim)
	if err == nil && AppealState(s.State) == AppealStopped {
		return ErrClosed
	}
	return none(err)
}

// payoutKind is what a verdict comes to, with the officials who approved before.
func (m *Module) payoutKind(ctx context.Context, p Payout, approve bool) ([]id.ID, string, error) {
	var seconds []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		seconds, err = secondsOf(r, p)
		return err
	})
	switch {
	case err != nil || !approve:
		return seconds, payoutRefused, wrap("payout", err)
	case p.Beyond != "" && len(seconds) == 0:
		return seconds, payoutSeconded, nil
	}
	return seconds, payoutApproved, nil
}

// secondsOf are the officials who have approved a payout beyond the budget, of whom one alone is not enough.
func secondsOf(r store.Reader, p Payout) ([]id.ID, error) {
	rows, err := charitydb.DecisionsOn(r, p.Fund, p.ID, listMost)
	var out []id.ID
	for _, row := range rows {
		if row.Kind == payoutSeconded {
			out = append(out, row.Official)
		}
	}
	return out, err
}

func (m *Module) letBe(tx *store.Tx, p Payout, state PayoutState) error {
	n, err := charitydb.SetPayoutState(tx, charitydb.SetPayoutStateParams{State: string(state), Decided: tx.Now(), Fund: p.Fund, ID: p.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	if _, err = charitydb.LetBePurse(tx, p.Amount, p.Fund, p.Appeal); err != nil {
		return err
	}
	return moveLine(tx, p, -p.Amount, 0)
}

// payOut moves the money: the payout, the purse, the public books, the ledger and the order to the bank, or none of these.
func (m *Module) payOut(tx *store.Tx, a act.Act, p Payout, order Putter) error {
	n, err := charitydb.SetPayoutState(tx, charitydb.SetPayoutStateParams{State: string(PayoutPaid), Decided: tx.Now(), Fund: p.Fund, ID: p.ID})
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	if n, err = charitydb.PayFromPurse(tx, p.Amount, p.Fund, p.Appeal); err != nil {
		return err
	}
	if n == 0 {
		return ErrShort
	}
	if err := moveLine(tx, p, -p.Amount, p.Amount); err != nil {
		return err
	}
	now, err := purse(tx, p.Fund, p.Appeal)
	if err != nil {
		return err
	}
	err = enter(tx, charitydb.InsertEntryParams{
		Fund: p.Fund, ID: p.ID, Kind: string(EntryPayout), Appeal: p.Appeal, Place: now.Place, Amount: p.Amount, Line: p.Line, At: tx.Now(), Day: m.dayOf(tx.Now()),
	})
	if err != nil {
		return err
	}
	_, err = ledger.Post(tx, ledger.Movement{ID: p.ID, Holder: p.Fund, Act: a.ID, Lines: []ledger.Line{
		{Debit: Account(p.Fund), Credit: m.payoutsAccount(), Amount: money.Roubles(p.Amount), About: p.ID},
	}})
	if err != nil || order == nil {
		return err
	}
	return order.Put(tx)
}

// order makes a payout ready for the bank. Whoever approves what they asked for is refused here too.
func (m *Module) order(ctx context.Context, a act.Act, p Payout) (Putter, error) {
	var asker id.ID
	err := m.base.Store.Look(ctx, a, lookActs, func(r *store.Personal) error {
		acts, err := charitydb.ActsOn(r, p.Fund, p.ID)
		for _, one := range acts {
			asker = one.Person
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if a.Is(asker) {
		return nil, ErrTwo
	}
	return m.deps.Payouts.Prepare(ctx, Order{Payout: p, AskedBy: asker, ApprovedBy: a.Actor.Person})
}

// heardReturned puts a payout that the bank sent back into its purse again. It may come twice.
func (m *Module) heardReturned(ctx context.Context, j jobs.Job) error {
	p, err := m.Payout(ctx, j.Object)
	if errors.Is(err, ErrNone) {
		return nil // somebody else's
	}
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := charitydb.ReturnPayout(tx, p.Fund, p.ID)
		if err != nil {
			return err
		}
		if n > 0 {
			if _, err := charitydb.ReturnToPurse(tx, p.Amount, p.Fund, p.Appeal); err != nil {
				return err
			}
			if err := moveLine(tx, p, 0, -p.Amount); err != nil {
				return err
			}
			err = enter(tx, charitydb.InsertEntryParams{
				Fund: p.Fund, ID: p.ID, Kind: string(EntryReturn), Appeal: p.Appeal, Amount: p.Amount, Line: p.Line, At: j.Made, Day: m.dayOf(j.Made),
			})
			if err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// TakeBackPayout lets a fund withdraw what it asked for.
func (m *Module) TakeBackPayout(ctx context.Context, a act.Act, payout id.ID) error {
	p, err := m.Payout(ctx, payout)
	if err != nil {
		return err
	}
	if p.State != PayoutAsked {
		return ErrState
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return m.letBe(tx, p, PayoutTakenBack) })
}

func (m *Module) payoutFacts(p Payout) []journal.Fact {
	t := func(key string) string { return m.base.Texts.Text(lang.Russian, key) }
	return []journal.Fact{
		{Name: "amount", Label: t("charity.amount"), Value: money.Roubles(p.Amount).In(lang.Russian)},
		{Name: "to", Label: t("charity.to"), Value: p.To.RU}, {Name: "what", Label: t("charity.what"), Value: p.What.RU},
	}
}
