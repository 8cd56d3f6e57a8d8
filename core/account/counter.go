package account

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// limit bounds tries of one guard against one key: at most Most in a window that begins with the first of them.
type limit struct {
	guard  string
	key    vault.Keyed
	most   int
	window time.Duration
}

// Counters counts tries in the database, for kit/web.
func (m *Module) Counters() web.Counters { return counters{m} }

type counters struct{ m *Module }

// Count implements web.Counters. The key is hashed before it is kept.
func (c counters) Count(ctx context.Context, guard, key string, most int, window time.Duration) (bool, time.Duration, error) {
	l := limit{guard, c.m.guardKey(guard, key), most, window}
	var wait time.Duration
	err := c.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		wait, err = l.count(tx)
		return err
	})
	if err != nil {
		return false, 0, fmt.Errorf("account: count %s: %w", guard, err)
	}
	return wait == 0, wait, nil
}

func (m *Module) guardKey(guard, key string) vault.Keyed {
	return m.base.Vault.Keyed("account.guard."+guard, key)
}

// count notes a try in the caller's Write and tells how long to wait when there were too many; 0 for none.
func (l limit) count(tx *store.Tx) (time.Duration, error) {
	now := tx.Now()
	row, err := accountdb.CountTry(tx, accountdb.CountTryParams{Guard: l.guard, Key: l.key, Until: now.Add(l.window), Now: now})
	if err != nil {
		return 0, err
	}
	if row.Tries <= int64(l.most) {
		return 0, nil
	}
	return max(row.Until.Sub(now), time.Second), nil
}

// countAll notes a try against each limit in one Write of its own. When one of them is passed nothing is noted, and f is
// returned with the seconds to wait.
func (m *Module) countAll(ctx context.Context, f *fault.Fault, limits ...limit) error {
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var longest time.Duration
		for _, l := range limits {
			wait, err := l.count(tx)
			if err != nil {
				return err
			}
			longest = max(longest, wait)
		}
		if longest > 0 {
			return tooOften(f, longest)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("account: count tries: %w", err)
	}
	return nil
}

func tooOften(f *fault.Fault, wait time.Duration) error {
	return fault.New(f.Kind, f.ID, "seconds", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}
