package charity

import (
	"context"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Suggestion is what a page where bills are paid may offer: add a gift, or round the total up.
type Suggestion struct {
	Fund, Appeal id.ID
	Title        lang.Text // of the appeal
	FundTitle    lang.Text
	Percent      int     // of the target
	Amounts      []int64 // kopecks
	RoundUp      int64   // kopecks that make the total whole hundreds of roubles; 0: nothing to round, or too little to give
	Path         string  // the appeal's page
}

// roundStep is what totals are rounded up to, in kopecks.
const roundStep = 100_00

// Suggest finds an appeal to offer beside a total: the one nearest to its target among those that will be over first. False when
// no appeal is open.
func (m *Module) Suggest(ctx context.Context, total int64) (Suggestion, bool, error) {
	open, err := m.Appeals(ctx, AppealOpen)
	if err != nil {
		return Suggestion{}, false, err
	}
	best := -1
	for i, s := range open {
		if best < 0 || s.Percent() > open[best].Percent() || s.Percent() == open[best].Percent() && s.Until.Before(open[best].Until) {
			best = i
		}
	}
	if best < 0 {
		return Suggestion{}, false, nil
	}
	s := open[best]
	f, err := m.Fund(ctx, s.Fund)
	if err != nil || f.State != FundOpen {
		return Suggestion{}, false, err
	}
	out := Suggestion{Fund: s.Fund, Appeal: s.ID, Title: s.Title, FundTitle: f.Title, Percent: s.Percent(), Amounts: []int64{50_00, 100_00, 300_00}, Path: appealPath(s.ID)}
	if up := RoundUp(total, roundStep); up >= GiftLeast {
		out.RoundUp = up
	}
	return out, true, nil
}

// AddTo makes a gift that is paid in somebody else's basket: its charge stands for the giver from now on, and its id is the
// gift's. A key names it for ever, so that a basket sent twice has one gift. Errors as those of Promise.
func (m *Module) AddTo(ctx context.Context, a act.Act, key id.ID, n NewGift) (Gift, error) {
	if !key.IsZero() {
		n.ID = id.Derived("charity basket", key.String())
	}
	return m.Promise(ctx, a, n)
}
