package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/register/internal/store"
	"posad.city/core/service"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// sweepChunk is how many entries a sweep finds at once.
const sweepChunk = 100

// sweep lets go of entries whose years after the end are over, with their history, and of old refusals.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	city := m.deps.City()
	if city == nil {
		return nil
	}
	for i := range city.OwnRegisters {
		r := &city.OwnRegisters[i]
		if err := errors.Join(m.sweepOne(ctx, r), m.sweepRefusals(ctx, r.Key)); err != nil {
			return fmt.Errorf("register: sweep: %w", err)
		}
	}
	return nil
}

func (m *Module) sweepOne(ctx context.Context, r *service.OwnRegister) error {
	before := m.today().AddYears(-r.Kept).Start(m.deps.Zone())
	for {
		rows, err := m.over(ctx, r.Key, before)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return letGo(tx, row) }); err != nil {
				return err
			}
		}
	}
}

// sweepRefusals lets go of refusals whose years are over.
func (m *Module) sweepRefusals(ctx context.Context, register string) error {
	before := m.today().AddYears(-refusalsKept).Start(m.deps.Zone())
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := registerdb.DeleteRefusals(tx, register, before)
		return err
	})
}

func (m *Module) over(ctx context.Context, register string, before time.Time) ([]registerdb.RegisterOver, error) {
	var out []registerdb.RegisterOver
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = registerdb.OverBefore(r, register, before, sweepChunk)
		return err
	})
	return out, err
}

// letGo deletes an entry with all that belongs to it.
func letGo(tx *store.Tx, row registerdb.RegisterOver) error {
	home, err := registerdb.HomeOf(tx, row.Entry)
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	return errors.Join(
		registerdb.DeleteVersions(tx, home.Holder, row.Entry), registerdb.DeleteEntry(tx, home.Holder, row.Entry), registerdb.DeleteSent(tx, home.Holder, row.Entry),
		registerdb.DeleteKeys(tx, row.Entry), registerdb.DeleteSources(tx, row.Entry), registerdb.DeleteHome(tx, row.Entry), registerdb.DeleteOver(tx, row.Entry),
	)
}
