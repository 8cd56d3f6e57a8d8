package charity

import (
	"context"
	"strings"

	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// LineState is a line of a budget with what was asked and paid of it.
type LineState struct {
	BudgetLine
	May         int64 // its amount, and its share of what came above the appeal's target
	Asked, Paid int64
}

// Left is what may still be asked of the line; below zero when two officials let more be paid.
func (l LineState) Left() int64 { return l.May - l.Asked - l.Paid }

// linesOf reads the lines of an appeal's budget.
func linesOf(r store.Reader, s Standing) ([]LineState, error) {
	rows, err := charitydb.LinesOf(r, s.Fund, s.ID)
	var out []LineState
	for _, l := range s.Lines {
		one := LineState{BudgetLine: l, May: l.Amount + shareOf(s, l)}
		for _, row := range rows {
			if row.Line == l.Key {
				one.Asked, one.Paid = row.Asked, row.Paid
			}
		}
		out = append(out, one)
	}
	return out, err
}

// shareOf is a line's share of what an appeal has above its target, rounded down to a kopeck.
func shareOf(s Standing, l BudgetLine) int64 {
	above := s.Purse.Given - s.Target
	if above <= 0 || s.Target <= 0 {
		return 0
	}
	out, err := money.Roubles(above).Share(l.Amount, s.Target, money.Down)
	if err != nil {
		return 0
	}
	return out.Minor
}

// Lines are the lines of an appeal's budget with what was paid of them.
func (m *Module) Lines(ctx context.Context, s Standing) ([]LineState, error) {
	var out []LineState
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = linesOf(r, s)
		return err
	})
	return out, wrap("lines", err)
}

// askOfLine counts a payout against its line of the budget. More than the line has left needs a reason.
func askOfLine(tx *store.Tx, n NewPayout) error {
	if err := charitydb.OpenLine(tx, n.Fund, n.Aim, n.Line); err != nil {
		return err
	}
	if n.Aim != n.Fund && strings.TrimSpace(n.Body.Beyond) == "" {
		s, err := standingOf(tx, n.Fund, n.Aim)
		if err != nil {
			return err
		}
		lines, err := linesOf(tx, s)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.Key == n.Line && l.Left() < n.Amount {
				return ErrForm.With(field("beyond", "beyond"))
			}
		}
	}
	return charitydb.MoveLine(tx, charitydb.MoveLineParams{Asked: n.Amount, Fund: n.Fund, Appeal: n.Aim, Line: n.Line})
}

func moveLine(tx *store.Tx, p Payout, asked, paid int64) error {
	return charitydb.MoveLine(tx, charitydb.MoveLineParams{Asked: asked, Paid: paid, Fund: p.Fund, Appeal: p.Appeal, Line: p.Line})
}
