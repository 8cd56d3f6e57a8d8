package charge

import (
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Instalments are chosen by the payer, once, while no penalty has grown: what has grown would shrink by them, and that is not the
// payer's to decide.
var (
	ErrPlan     = fault.New(fault.Invalid, "charge.plan_fault")       // not into so many parts
	ErrPlanLate = fault.New(fault.Conflict, "charge.plan_late_fault") // a penalty has grown
	// ErrPlanOther: it is another's bill; whoever found it may pay it.
	ErrPlanOther = fault.New(fault.Conflict, "charge.plan_other_fault")
)

// Divides tells into how many parts, at most, a charge may be divided at a moment: each of a rouble at least; below two, it may not.
func (c Charge) Divides(at time.Time, zone *time.Location) int {
	i := c.Terms.Instalments
	if i == nil || i.Chosen != 0 || !c.State.Open() || c.Due.IsZero() || c.Owed(at, zone).Penalty > 0 {
		return 0
	}
	return int(min(int64(i.Most), c.Amount.Minor/100))
}

// Divided is the charge in n parts, as Plan would make it. Its terms must let instalments.
func (c Charge) Divided(n int) Charge {
	chosen := *c.Terms.Instalments
	chosen.Chosen = n
	c.Terms.Instalments = &chosen
	return c
}

// Plan puts a charge on instalments: into n parts, as its terms let. revision is the one that was read; 0: whatever it is now. Errors:
// ErrPlan, ErrPlanLate, ErrSettled, ErrChanged.
func (m *Module) Plan(tx *store.Tx, a act.Act, home, charge id.ID, n int, revision int64) error {
	c, err := m.begin(tx, a, home, charge, StepPlan)
	if err != nil {
		return err
	}
	if err := c.was.mayPlan(n, tx.Now(), m.Zone()); err != nil {
		return tx.Fail(err)
	}
	if revision != 0 && revision != c.was.Revision {
		return tx.Fail(ErrChanged)
	}
	c.is, c.amount = c.was.Divided(n), int64(n)
	return c.put()
}

// mayPlan says why a charge may not be divided into n parts.
func (c Charge) mayPlan(n int, at time.Time, zone *time.Location) error {
	switch {
	case !c.State.Open():
		return ErrSettled
	case n >= 2 && n <= c.Divides(at, zone):
		return nil
	case c.Terms.Instalments != nil && c.Owed(at, zone).Penalty > 0:
		return ErrPlanLate
	}
	return ErrPlan
}

// PlanRows are the parts of a charge that is paid by instalments, with their days and what is left of each; none of another.
func PlanRows(c *web.Context, one Charge, o Owed) []ui.SummaryRow {
	var out []ui.SummaryRow
	for n, part := range o.Instalments {
		value := minor(c, one, part.Amount)
		switch {
		case part.Left == 0:
			value += "\n" + c.T("charge.plan.paid")
		case part.Left < part.Amount:
			value += "\n" + c.T("charge.plan.left", "amount", minor(c, one, part.Left))
		}
		out = append(out, ui.SummaryRow{Name: c.T("charge.plan.part", "number", n+1, "day", lang.Date(c.Lang(), part.Due)), Value: value})
	}
	return out
}

// planChoices are the numbers of parts that may be chosen, each with what the parts are and when the last is due.
func planChoices(c *web.Context, one Charge, zone *time.Location) []ui.Choice {
	var out []ui.Choice
	for n := 2; n <= one.Divides(c.Now(), zone); n++ {
		parts := one.Divided(n).Owed(c.Now(), zone).Instalments
		if len(parts) != n {
			break
		}
		largest := money.Amount{Minor: parts[0].Amount, Currency: one.Amount.Currency}
		out = append(out, ui.Choice{Value: fmtInt(n), Text: c.T("charge.plan.choice", "count", n, "amount", largest.In(c.Lang()), "day", lang.Date(c.Lang(), parts[n-1].Due))})
	}
	return out
}
