package charity

import (
	"context"
	"errors"
	"fmt"
	"time"

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
	lists, err := m.shelf(ctx)
	if err != nil {
		return Suggestion{}, false, err
	}
	open := lists.open
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
	f := lists.byID()[s.Fund]
	out := Suggestion{Fund: s.Fund, Appeal: s.ID, Title: s.Title, FundTitle: f.Title, Percent: s.Percent(), Amounts: []int64{50_00, 100_00}, Path: appealPath(s.ID)}
	if up := RoundUp(total, roundStep); up >= GiftLeast {
		out.RoundUp = up
	}
	return out, true, nil
}

// basketWait is how long a gift in a basket waits to be paid: a payment that goes on is over sooner.
const basketWait = 24 * time.Hour

// AddTo makes a gift of the actor that is paid in a basket with their bills: its charge stands from now on, and its id is the
// gift's. A key names it, with its aim and amount, for ever, so that a basket sent twice has one gift. Errors as those of Promise.
func (m *Module) AddTo(ctx context.Context, a act.Act, key, aim id.ID, amount int64) (Gift, error) {
	fund := aim
	s, err := m.Appeal(ctx, aim)
	switch {
	case err == nil:
		fund = s.Fund
	case !errors.Is(err, ErrNone):
		return Gift{}, err
	}
	n := NewGift{Giver: a.Actor.Person, Fund: fund, Appeal: aim, Amount: amount, Wait: basketWait}
	if !key.IsZero() {
		n.ID = id.Derived("charity basket", fmt.Sprintf("%s/%s/%d", key, aim, amount))
	}
	return m.Promise(ctx, a, n)
}
