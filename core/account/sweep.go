package account

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/store"
)

const (
	jobSweep   = "account.sweep"
	sweepEvery = 10 * time.Minute
	sweepMost  = 500 // rows a Write, so that a big sweep keeps nobody waiting
)

// Sweep removes what nobody can use any more; a job calls it every ten minutes. Sessions themselves stay: they are the
// person's history.
func (m *Module) Sweep(ctx context.Context) error {
	now := m.base.Clock.Now()
	for name, drop := range map[string]func(*store.Tx) (int64, error){
		"tokens": func(tx *store.Tx) (int64, error) { return accountdb.SweepTokens(tx, now.Add(-24*time.Hour), sweepMost) },
		"challenges": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepChallenges(tx, now.Add(-time.Hour), sweepMost)
		},
		"counters":   func(tx *store.Tx) (int64, error) { return accountdb.SweepCounters(tx, now, sweepMost) },
		"forms":      func(tx *store.Tx) (int64, error) { return accountdb.SweepForms(tx, now, sweepMost) },
		"recoveries": func(tx *store.Tx) (int64, error) { return accountdb.SweepRecoveryTokens(tx, now, sweepMost) },
		"attempts":   func(tx *store.Tx) (int64, error) { return accountdb.SweepAttempts(tx, now.Add(-time.Hour), sweepMost) },
		"browsers": func(tx *store.Tx) (int64, error) {
			return accountdb.SweepDeviceKeys(tx, now.Add(-deviceLife), sweepMost)
		},
		"merges": func(tx *store.Tx) (int64, error) { return accountdb.SweepMergeTries(tx, now, sweepMost) },
		"links":  func(tx *store.Tx) (int64, error) { return accountdb.SweepNotMe(tx, now.Add(-24*time.Hour), sweepMost) },
		"calls":  func(tx *store.Tx) (int64, error) { return accountdb.SweepCalls(tx, now, sweepMost) },
	} {
		if err := m.sweepAll(ctx, drop); err != nil {
			return fmt.Errorf("account: sweep %s: %w", name, err)
		}
	}
	return nil
}

func (m *Module) sweepAll(ctx context.Context, drop func(*store.Tx) (int64, error)) error {
	for {
		var n int64
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			var err error
			n, err = drop(tx)
			return err
		})
		if err != nil || n < sweepMost {
			return err
		}
	}
}
