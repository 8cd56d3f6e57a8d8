package account

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/core/module"
	"posad.city/kit/store"
)

const (
	jobSweep   = "account.sweep"
	sweepEvery = 10 * time.Minute
)

// Sweep removes what nobody can use any more; a job calls it every ten minutes. Sessions themselves stay: they are the
// person's history.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for name, drop := range map[string]func(*store.Tx) (int64, error){
		"tokens": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepTokens(tx, now.Add(-24*time.Hour), module.SweepMost)
		},
		"challenges": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepChallenges(tx, now.Add(-time.Hour), module.SweepMost)
		},
		"counters":   func(tx *store.Tx) (int64, error) { return accountdb.SweepCounters(tx, now, module.SweepMost) },
		"forms":      func(tx *store.Tx) (int64, error) { return accountdb.SweepForms(tx, now, module.SweepMost) },
		"recoveries": func(tx *store.Tx) (int64, error) { return accountdb.SweepRecoveryTokens(tx, now, module.SweepMost) },
		"attempts": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepAttempts(tx, now.Add(-time.Hour), module.SweepMost)
		},
		"browsers": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepDeviceKeys(tx, now.Add(-deviceLife), module.SweepMost)
		},
		"merges": func(tx *store.Tx) (int64, error) { return accountdb.SweepMergeTries(tx, now, module.SweepMost) },
		"links": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepNotMe(tx, now.Add(-24*time.Hour), module.SweepMost)
		},
		"calls": func(tx *store.Tx) (int64, error) { return accountdb.SweepCalls(tx, now, module.SweepMost) },
	} {
		if err := m.base.Sweep(ctx, drop); err != nil {
			return fmt.Errorf("account: sweep %s: %w", name, err)
		}
	}
	return nil
}
