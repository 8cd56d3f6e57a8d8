package charge

import (
	"context"
	"slices"

	"posad.city/core/account"
	"posad.city/core/charge/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// jobTell tells one of those who watch a home that somebody new does; its holder is who is told, its object the home.
const jobTell = "charge.tell_watched"

// tellOthers has everybody who watches a home told that somebody new watches it: once for each who comes.
func (m *Module) tellOthers(tx *store.Tx, home, who id.ID, others []id.ID) error {
	for _, other := range others {
		if other == who || m.deps.Word == nil {
			continue
		}
		key := id.Derived("watch told", home.String()+"/"+who.String()+"/"+other.String()+"/"+tx.Now().Format("2006-01-02"))
		if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobTell, Holder: other, Object: home, Key: key.String()}); err != nil {
			return err
		}
	}
	return nil
}

// tell is the job. Who watches no longer is not told.
func (m *Module) tell(ctx context.Context, j jobs.Job) error {
	watched, err := m.Watched(ctx, m.system(), j.Holder)
	if err != nil {
		return err
	}
	put := func(*store.Tx) error { return nil }
	at := slices.IndexFunc(watched, func(w Watch) bool { return w.Home == j.Object && w.Ends.IsZero() })
	if at >= 0 {
		if put, err = m.deps.Word(ctx, account.Word{
			Person: j.Holder, Key: "charge.watched/" + j.ID.String(), Kind: "charge.word.watched", Path: "/charges/watch", Params: map[string]any{"number": watched[at].Show()},
		}); err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := put(tx); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// sends tells whether a watch is by right and not by holding a bill: whoever has one may send away those who only hold a bill.
func (w Watch) sends() bool {
	return w.Ends.IsZero() && (w.Source == SourceRegister || w.Source == SourceResident || w.Source == SourceOwn)
}

// guests are the other people who watch a home because they once held a bill of it.
func (m *Module) guests(ctx context.Context, person, home id.ID) ([]id.ID, error) {
	others, err := m.Watchers(ctx, home)
	if err != nil {
		return nil, err
	}
	var out []id.ID
	err = m.base.Store.Look(ctx, m.system(), "charge.look.watches", func(p *store.Personal) error {
		out = out[:0]
		for _, other := range others {
			if other == person {
				continue
			}
			rows, err := chargedb.WatchesOf(p, other)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(rows, func(row chargedb.ChargeWatch) bool { return row.Home == home && row.Source == string(SourceSaved) }) {
				out = append(out, other)
			}
		}
		return nil
	})
	return out, err
}

// SendAway has all those watch a home no longer who only once held a bill of it. It is for whoever watches it by right: by a register, as
// a resident, or as of their own number. ErrNone for others.
func (m *Module) SendAway(ctx context.Context, person, home id.ID) error {
	watched, err := m.Watched(ctx, m.system(), person)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(watched, func(w Watch) bool { return w.Home == home && w.sends() }) {
		return ErrNone
	}
	guests, err := m.guests(ctx, person, home)
	if err != nil {
		return err
	}
	for _, guest := range guests {
		if err := m.Drop(ctx, guest, home); err != nil {
			return err
		}
	}
	return nil
}
