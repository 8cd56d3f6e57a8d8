package charge

import (
	"context"
	"errors"
	"time"

	"posad.city/core/charge/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A watch that is shut sees nothing. Its row stays, so that the bill which once opened the home does not open it again.
func (s Source) shut() bool { return s == SourceSent || s == SourceLeft }

// byRight tells whether a home is watched by right and not by holding a bill.
func (s Source) byRight() bool {
	return s == SourceRegister || s == SourceResident || s == SourceOwn
}

// sends tells whether a watch is by right now: whoever has one may send away those who only hold a bill.
func (w Watch) sends() bool { return w.Ends.IsZero() && w.Source.byRight() }

// found turns what finds nothing into no.
func found(_ int64, err error) (bool, error) {
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// those are the watchers of a home, but for one person, of whom a question is true. Nothing else of what they watch is read.
func (m *Module) those(ctx context.Context, home, but id.ID, ask func(r *store.Snapshot, person, home id.ID) (int64, error)) ([]id.ID, error) {
	others, err := m.Watchers(ctx, home)
	if err != nil {
		return nil, err
	}
	var out []id.ID
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = out[:0]
		for _, other := range others {
			yes, err := found(ask(r, other, home))
			if err != nil {
				return err
			}
			if yes && other != but {
				out = append(out, other)
			}
		}
		return nil
	})
	return out, err
}

// guests are the other people who watch a home because they once held a bill of it.
func (m *Module) guests(ctx context.Context, person, home id.ID) ([]id.ID, error) {
	return m.those(ctx, home, person, func(r *store.Snapshot, who, home id.ID) (int64, error) { return chargedb.IsGuest(r, who, home) })
}

// rightful are the other people who watch a home by right.
func (m *Module) rightful(ctx context.Context, person, home id.ID) ([]id.ID, error) {
	return m.those(ctx, home, person, func(r *store.Snapshot, who, home id.ID) (int64, error) { return chargedb.IsRightful(r, who, home) })
}

// watchOf is what a person's account keeps of a home; a zero row: nothing.
func (m *Module) watchOf(ctx context.Context, a act.Act, person, home id.ID) (chargedb.ChargeWatch, error) {
	var out chargedb.ChargeWatch
	err := m.base.Store.Look(ctx, a, "charge.look.watches", func(p *store.Personal) error {
		out = chargedb.ChargeWatch{}
		row, err := chargedb.WatchOf(p, person, home)
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		out = row
		return err
	})
	return out, err
}

// opensAfter says what a person's bill of a home must be decided after to open it; zero: any bill opens it. ErrShut: none does. A
// register that ended a watch begins it as well: an old bill says nothing against it. Whoever was sent away comes back
// once nobody watches by right any more.
func (m *Module) opensAfter(ctx context.Context, person, home id.ID) (time.Time, error) {
	was, err := m.watchOf(ctx, m.system(), person, home)
	if err != nil || was.Ends.IsZero() {
		return time.Time{}, err
	}
	if Source(was.Source) != SourceSent {
		if By(was.Means) == ByFlat { // who moved out may still be sent the bills of those who stayed
			return was.Ends, nil
		}
		return time.Time{}, ErrShut
	}
	owners, err := m.rightful(ctx, person, home)
	if err == nil && len(owners) > 0 {
		err = ErrShut
	}
	return time.Time{}, err
}

// SendAway has all those watch a home no longer who only once held a bill of it, nor by a bill again. It is for whoever watches it
// by right: by a register, as a resident, or as of their own number. ErrNone for others.
func (m *Module) SendAway(ctx context.Context, person, home id.ID) error {
	watched, err := m.Watched(ctx, m.system(), person)
	if err != nil {
		return err
	}
	mine := false
	for _, w := range watched {
		mine = mine || w.Home == home && w.sends()
	}
	if !mine {
		return ErrNone
	}
	guests, err := m.guests(ctx, person, home)
	if err != nil || len(guests) == 0 {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, guest := range guests {
			if err := m.shut(tx, guest, home, SourceSent, tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
}

// shut has a person see nothing of a home by its watch, which stays.
func (m *Module) shut(tx *store.Tx, person, home id.ID, why Source, at time.Time) error {
	if err := chargedb.ShutWatch(tx, chargedb.ShutWatchParams{Source: string(why), Ends: at, Person: person, Home: home}); err != nil {
		return err
	}
	return chargedb.DeleteWatcher(tx, home, person)
}

// Drop has an account watch a home no longer. What is the person's own comes back by itself; what a register once named stays
// shut to old bills.
func (m *Module) Drop(ctx context.Context, person, home id.ID) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		was, err := chargedb.WatchOf(tx.As(m.system(), "charge.look.watches"), person, home)
		source := Source(was.Source)
		switch {
		case err != nil && !errors.Is(err, store.ErrNone):
			return err
		case source.shut():
			return nil
		case source != SourceRegister:
			return m.drop(tx, person, home)
		case was.Ends.IsZero():
			was.Ends = tx.Now()
		}
		return m.shut(tx, person, home, SourceLeft, was.Ends)
	})
}
