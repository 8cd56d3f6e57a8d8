package charge

import (
	"context"
	"errors"
	"slices"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// span is a time in which a home is somebody's: bills that were decided in it are theirs to see. A zero end bounds nothing.
type span struct{ from, until time.Time }

// The ends of a span that has none, for comparisons in the store.
var (
	everBefore = time.Unix(0, 0).UTC()
	everAfter  = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (s span) begins() time.Time {
	if s.from.IsZero() {
		return everBefore
	}
	return s.from
}

func (s span) ends() time.Time {
	if s.until.IsZero() {
		return everAfter
	}
	return s.until
}

// holds tells whether a moment is in the span.
func (s span) holds(at time.Time) bool { return !at.Before(s.begins()) && !at.After(s.ends()) }

// reach is a home that an account looks at, and in which time.
type reach struct {
	home id.ID
	span span
}

// reaches are the homes that a person's account watches, their own first. The look at the person is recorded.
func (m *Module) reaches(ctx context.Context, a act.Act, person id.ID) ([]reach, error) {
	for _, record := range a.Records(person) {
		if err := m.discover(ctx, record); err != nil {
			m.base.Log.Warn("charge: a person's own numbers", "error", err)
		}
	}
	var out []reach
	err := m.base.Store.Look(ctx, a, "charge.look.watches", func(p *store.Personal) error {
		out = out[:0]
		for _, record := range a.Records(person) {
			out = append(out, reach{home: record})
		}
		for _, record := range a.Records(person) {
			rows, err := chargedb.WatchesOf(p, record)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if !Source(row.Source).shut() {
					out = widened(out, reach{row.Home, span{row.Begins, row.Ends}})
				}
			}
		}
		return nil
	})
	return out, err
}

// widened adds a home. Records of one person that watch the same home see it in the time of both.
func widened(list []reach, one reach) []reach {
	at := slices.IndexFunc(list, func(r reach) bool { return r.home == one.home })
	if at < 0 {
		return append(list, one)
	}
	s := &list[at].span
	if one.span.from.IsZero() || !s.from.IsZero() && one.span.from.Before(s.from) {
		s.from = one.span.from
	}
	if one.span.until.IsZero() || !s.until.IsZero() && one.span.until.After(s.until) {
		s.until = one.span.until
	}
	return list
}

// HomesOf are the homes that a person's account watches, their own first. The look at the person is recorded.
func (m *Module) HomesOf(ctx context.Context, a act.Act, person id.ID) ([]id.ID, error) {
	list, err := m.reaches(ctx, a, person)
	out := make([]id.ID, len(list))
	for i, r := range list {
		out[i] = r.home
	}
	return out, err
}

// Watchers are the people whose accounts watch a home, whenever: others are in the list once they were found or saved. The home of a
// person is watched by that person. Who sees one bill there is FollowersOf.
func (m *Module) Watchers(ctx context.Context, home id.ID) ([]id.ID, error) {
	return m.watchers(ctx, home, func(span) bool { return true })
}

// FollowersOf are the people whose accounts see a charge by watching its home: those whose the home was when the charge was decided.
func (m *Module) FollowersOf(ctx context.Context, p Place) ([]id.ID, error) {
	return m.watchers(ctx, p.Home, func(s span) bool { return s.holds(p.Decided) })
}

func (m *Module) watchers(ctx context.Context, home id.ID, fits func(span) bool) ([]id.ID, error) {
	var out []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := chargedb.WatchersOf(r, home, watchersMost)
		out = out[:0]
		for _, row := range rows {
			if fits(span{row.Begins, row.Ends}) {
				out = append(out, row.Person)
			}
		}
		return err
	})
	return out, err
}

// Whose is in whose account a charge lies, as far as the act goes: the actor's own, or that of the person whom they act for.
// It is what a permission is asked of (act.Object.Holder). Anybody else's comes back as its home.
func (m *Module) Whose(ctx context.Context, a act.Act, p Place) (id.ID, error) {
	if a.Is(p.Home) || a.Holder == p.Home {
		return p.Home, nil
	}
	watchers, err := m.FollowersOf(ctx, p)
	if err != nil {
		return p.Home, err
	}
	switch {
	case slices.Contains(watchers, a.Holder):
		return a.Holder, nil
	case slices.ContainsFunc(watchers, a.Is):
		return a.Actor.Person, nil
	}
	return p.Home, nil
}

// bounded tells whether homes of an identifier go from one person to another, so that a watch of them always has its time.
func bounded(by By) bool { return by == ByPlate }

// dayOf is when the day of a moment begins in the city.
func (m *Module) dayOf(at time.Time) time.Time {
	return calendar.DateOf(at, m.Zone()).Start(m.Zone())
}

// spanOf says in which time a watch that is being put sees its home, and when a register named it. One that goes on keeps its
// beginning; one that nobody says the beginning of begins today.
func (p *PreparedWatch) spanOf(tx *store.Tx, known chargedb.ChargeWatch, there bool) (time.Time, time.Time) {
	named := time.Time{}
	if p.row.Source == string(SourceRegister) {
		named = tx.Now()
	}
	switch {
	case !p.from.IsZero():
		return p.m.dayOf(p.from), named
	case !bounded(By(p.row.Means)):
		return time.Time{}, named
	case there && known.Ends.IsZero():
		return known.Begins, named
	}
	return p.m.dayOf(tx.Now()), named
}

// Put has the account watch the home. A second time it says anew why, and moves the span: a register may say since when, and names it
// as of today.
func (p *PreparedWatch) Put(tx *store.Tx) error {
	known, err := chargedb.WatchOf(tx.As(p.m.system(), "charge.look.watches"), p.row.Person, p.Home)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	row := p.row
	row.Since = tx.Now()
	row.Begins, row.Named = p.spanOf(tx, known, err == nil)
	if err := chargedb.PutWatch(tx, row); err != nil {
		return err
	}
	return chargedb.PutWatcher(tx, p.Home, row.Person, row.Begins)
}

// end ends a watch of what is a person's no more by a register: what was decided while it was theirs, as far as the register said
// so, they see on.
func (m *Module) end(tx *store.Tx, person id.ID, w Watch) error {
	at := w.named
	if at.IsZero() {
		at = tx.Now()
	}
	if err := chargedb.EndWatch(tx, at, person, w.Home); err != nil {
		return err
	}
	return chargedb.EndWatcher(tx, at, w.Home, person)
}
