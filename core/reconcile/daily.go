package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"posad.city/core/ledger"
	"posad.city/core/reconcile/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

const placeProved = "proved"

// daily publishes the days that are over and proves the books once after each.
func (m *Module) daily(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	if err := m.Fold(ctx); errors.Is(err, ErrNoCity) {
		return nil // there is nobody to take money for
	} else if err != nil {
		return err
	}
	if err := m.publishDays(ctx); err != nil {
		return err
	}
	last, revision, err := m.place(ctx, placeProved)
	if err != nil {
		return err
	}
	start := m.today().Start(m.deps.Zone())
	if !last.At.Before(start) || m.base.Clock.Now().Before(start.Add(signAfter)) {
		return nil
	}
	if err := m.refresh(ctx); err != nil {
		return err
	}
	if _, err := m.Prove(ctx); err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		return movePlace(tx, placeProved, ledger.Place{At: tx.Now(), Movement: id.ID{15: 1}}, revision)
	})
	if errors.Is(err, ErrChanged) {
		return nil // another node was first
	}
	return err
}

// fetchBack is how many days back a statement that is not here is asked for.
const fetchBack = 7

// askBank fetches the statements of the last days and carries orders.
func (m *Module) askBank(ctx context.Context, _ jobs.Job) error {
	ctx = store.Background(ctx)
	if err := errors.Join(m.fetch(ctx), m.Carry(ctx)); err != nil {
		if errors.Is(err, ErrNoBank) {
			m.base.Log.Warn("reconcile: the bank is silent and is asked again later", "error", err)
			return nil
		}
		return err
	}
	return nil
}

// fetch asks the bank for the statements that are not here, the oldest first: a day that the bank has not closed ends it.
func (m *Module) fetch(ctx context.Context) error {
	list, err := m.Statements(ctx, calendarNone)
	if err != nil {
		return err
	}
	day := m.today().AddDays(-fetchBack)
	if len(list) > 0 && list[0].Done {
		day = list[0].Until.AddDays(1)
	} else if len(list) > 0 {
		day = list[0].Until
	}
	for ; day.Before(m.today()); day = day.AddDays(1) {
		file, err := m.deps.Bank.Statement(ctx, day)
		if errors.Is(err, ErrNoStatement) {
			if len(list) == 0 {
				continue // the account is younger than that
			}
			return nil
		}
		if err != nil {
			return ErrNoBank.Because(err)
		}
		if err := m.loadFetched(ctx, file); err != nil {
			return fmt.Errorf("reconcile: the bank's statement of %s: %w", day, err)
		}
	}
	_, err = m.again(ctx)
	return err
}

func (m *Module) loadFetched(ctx context.Context, file io.ReadCloser) error {
	content, err := io.ReadAll(io.LimitReader(file, statementMost+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return ErrNoBank.Because(err)
	}
	_, err = m.Load(ctx, m.system(), SourceBank, content)
	if errors.Is(err, ErrKnown) {
		return nil
	}
	return err
}

// measureOrders tells for how long the oldest order waits that was let out and that the bank has not taken.
func (m *Module) measureOrders(ctx context.Context) error {
	var oldest time.Time
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		oldest, err = reconciledb.OldestApproved(r)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNone):
		m.waiting.Set(0)
	case err != nil:
		return err
	default:
		m.waiting.Set(m.base.Clock.Now().Sub(oldest).Seconds())
	}
	return nil
}
