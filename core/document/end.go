package document

import (
	"context"
	"errors"

	"posad.city/kit/act"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

const jobEnd = "document.end"

// putEnd has the end of a document told when its last day is over.
func (m *Module) putEnd(tx *store.Tx, r Result) error {
	if r.Until.IsZero() {
		return nil
	}
	return m.base.Jobs.Put(tx, jobs.New{Handler: jobEnd, Holder: r.Holder, Object: r.ID, Version: 1, At: r.Until.AddDays(1).Start(m.deps.Zone())})
}

// end emits document.ended for a document that was good to its last day.
func (m *Module) end(ctx context.Context, j jobs.Job) error {
	row, err := m.row(ctx, j.Act(act.Purpose{}), "document.look.result", j.Holder, j.Object)
	if errors.Is(err, ErrNone) || err == nil && !row.Revoked.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.base.Jobs.Done(tx, j); err != nil {
			return err
		}
		return m.base.Jobs.Emit(tx, jobs.Event{Name: EventEnded, Holder: j.Holder, Object: j.Object, Version: row.Revision})
	})
}
