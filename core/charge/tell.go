package charge

import (
	"context"
	"slices"

	"posad.city/core/account"
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
