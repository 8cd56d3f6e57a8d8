package charity

import (
	"context"
	"sync"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// shelfLife is how old the sums on public lists may be. What officials decide is seen at once by the program that it was decided in.
const shelfLife = 5 * time.Second

// shelf is what public lists show of all funds, read once for everybody.
type shelf struct {
	at    time.Time
	funds []Fund // that everybody may read of
	sums  map[id.ID]Totals
	open  []Standing // open appeals of open funds, the newest first
}

// shelves keeps the last shelf.
type shelves struct {
	mu   sync.Mutex
	last *shelf
}

// shelf is the last one while it is fresh. One reads anew, and the others wait for it.
func (m *Module) shelf(ctx context.Context) (*shelf, error) {
	m.shelves.mu.Lock()
	defer m.shelves.mu.Unlock()
	now := m.now()
	if last := m.shelves.last; last != nil && !now.Before(last.at) && now.Sub(last.at) < shelfLife {
		return last, nil
	}
	out := &shelf{at: now}
	if err := m.base.Store.Read(ctx, out.read); err != nil {
		return nil, wrap("lists", err)
	}
	m.shelves.last = out
	return out, nil
}

// unshelve has the next reader read anew.
func (m *Module) unshelve() {
	m.shelves.mu.Lock()
	m.shelves.last = nil
	m.shelves.mu.Unlock()
}

func (s *shelf) read(r *store.Snapshot) error {
	s.funds, s.open, s.sums = nil, nil, map[id.ID]Totals{}
	takes := map[id.ID]bool{}
	for _, state := range []FundState{FundOpen, FundSuspended, FundEnded} {
		some, err := fundsIn(r, state)
		if err != nil {
			return err
		}
		for _, f := range some {
			takes[f.ID] = state == FundOpen
		}
		s.funds = append(s.funds, some...)
	}
	sums, err := charitydb.SumsOfAll(r)
	if err != nil {
		return err
	}
	for _, row := range sums {
		s.sums[row.Fund] = Totals{row.Given, row.Paid}
	}
	rows, err := charitydb.AppealsIn(r, string(AppealOpen), appealsMost)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !takes[row.Fund] {
			continue
		}
		one, err := standingIn(row)
		if err != nil {
			return err
		}
		s.open = append(s.open, one)
	}
	return nil
}

// lines are the funds with what they came to, by title.
func (s *shelf) lines(l lang.Language) []fundLine {
	out := make([]fundLine, 0, len(s.funds))
	for _, f := range s.funds {
		out = append(out, fundLine{f, s.sums[f.ID]})
	}
	lang.SortBy(l, out, func(f fundLine) string { return f.Title.In(l) })
	return out
}

func (s *shelf) byID() map[id.ID]Fund {
	out := make(map[id.ID]Fund, len(s.funds))
	for _, f := range s.funds {
		out[f.ID] = f
	}
	return out
}
