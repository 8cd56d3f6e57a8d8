package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// How a lost second step is done without: whoever proves the first one asks for it, every channel of the person is told,
// and it holds only after a time in which anybody who was told can cancel.
const (
	RecoveryWait = 72 * time.Hour     // from asking to holding
	recoveryHold = 7 * 24 * time.Hour // how long it holds then
	recoveryRest = 24 * time.Hour     // after one was cancelled, none can be asked for
)

// ErrRecoveryRest says that a recovery was cancelled lately.
var ErrRecoveryRest = fault.New(fault.Conflict, "account.recovery_rest")

// SelfRecovery is a wish to do without a lost second step.
type SelfRecovery struct {
	ID      id.ID
	Account id.ID
	Since   time.Time
	Ready   time.Time // from when it holds
	Until   time.Time // as long as it holds
}

// recoveryOf is the recovery that is open for an account now; the zero SelfRecovery for none. rested tells whether one may be
// asked for.
func (m *Module) recoveryOf(r store.PersonalReader, account id.ID, now time.Time) (SelfRecovery, bool, error) {
	rows, err := accountdb.RecoveriesOf(r, account, now)
	if err != nil {
		return SelfRecovery{}, false, err
	}
	var open SelfRecovery
	rested := true
	for _, row := range rows {
		if row.Ended.IsZero() {
			open = SelfRecovery{ID: row.ID, Account: account, Since: row.Since, Ready: row.Ready, Until: row.Until}
		}
		if row.Outcome == "cancelled" && now.Sub(row.Ended) < recoveryRest {
			rested = false
		}
	}
	return open, rested, nil
}

// RecoveryOf is the recovery that is open for an account; the zero SelfRecovery for none.
func (m *Module) RecoveryOf(ctx context.Context, account id.ID) (SelfRecovery, error) {
	var out SelfRecovery
	err := m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		var err error
		out, _, err = m.recoveryOf(p, account, m.base.Clock.Now())
		return err
	})
	if err != nil {
		return SelfRecovery{}, fmt.Errorf("account: recovery: %w", err)
	}
	return out, nil
}

// AskRecovery asks to do without the second step of an account whose first one was proved. Asking again changes nothing:
// the first wish stands. Errors: ErrRecoveryRest.
func (m *Module) AskRecovery(ctx context.Context, account, person id.ID) (SelfRecovery, error) {
	token, hash := web.NewToken()
	now := m.base.Clock.Now()
	out := SelfRecovery{ID: id.New(now), Account: account, Since: now, Ready: now.Add(RecoveryWait), Until: now.Add(RecoveryWait + recoveryHold)}
	words, err := m.PrepareWord(ctx, Word{
		Person: person, Key: "account.recovery/" + out.ID.String(), Kind: "account.word.recovery", Path: "/recover/cancel?token=" + token,
	})
	if err != nil {
		return SelfRecovery{}, err
	}
	wish := out
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		out = wish
		open, rested, err := m.recoveryOf(tx.As(reader, "account.session"), account, tx.Now())
		if err != nil {
			return err
		}
		if !open.ID.IsZero() {
			out = open
			return nil
		}
		if !rested {
			return ErrRecoveryRest
		}
		err = accountdb.InsertRecovery(tx, accountdb.InsertRecoveryParams{
			Account: account, ID: out.ID, Person: person, Since: out.Since, Ready: out.Ready, Until: out.Until,
		})
		if err != nil {
			return err
		}
		err = accountdb.InsertRecoveryToken(tx, accountdb.InsertRecoveryTokenParams{Hash: hash[:], Account: account, Recovery: out.ID, Until: out.Until})
		if err != nil {
			return err
		}
		return words(tx)
	})
	if err != nil {
		return SelfRecovery{}, fmt.Errorf("account: ask a recovery: %w", err)
	}
	return out, nil
}

// CancelRecovery takes the link of a letter. A link that was used, or is over, changes nothing.
func (m *Module) CancelRecovery(ctx context.Context, token string) error {
	hash := web.HashToken(token)
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		row, err := accountdb.RecoveryByToken(tx, hash[:])
		if errors.Is(err, store.ErrNone) {
			return nil
		}
		if err != nil {
			return err
		}
		return endRecovery(tx, row.Account, row.Recovery, "cancelled")
	})
	if err != nil {
		return fmt.Errorf("account: cancel a recovery: %w", err)
	}
	return nil
}

func endRecovery(tx *store.Tx, account, recovery id.ID, outcome string) error {
	_, err := accountdb.EndRecovery(tx, accountdb.EndRecoveryParams{Ended: tx.Now(), Outcome: outcome, Account: account, ID: recovery})
	return err
}

// recovered tells whether an account may do without its second step now, and uses that up.
func (m *Module) recovered(ctx context.Context, p Proof) (bool, error) {
	open, err := m.RecoveryOf(ctx, p.Account)
	now := m.base.Clock.Now()
	if err != nil || open.ID.IsZero() || now.Before(open.Ready) {
		return false, err
	}
	words, err := m.PrepareWord(ctx, Word{
		Person: p.Person, Key: "account.recovered/" + open.ID.String(), Kind: "account.word.recovered", Path: securityPath,
	})
	if err != nil {
		return false, err
	}
	used := false
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := accountdb.EndRecovery(tx, accountdb.EndRecoveryParams{Ended: tx.Now(), Outcome: "used", Account: p.Account, ID: open.ID})
		if used = n == 1; err != nil || !used {
			return err
		}
		return words(tx)
	})
	return used, err
}

// notLost cancels a recovery of an account whose second step was just shown.
func (m *Module) notLost(ctx context.Context, account id.ID) error {
	open, err := m.RecoveryOf(ctx, account)
	if err != nil || open.ID.IsZero() {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return endRecovery(tx, account, open.ID, "cancelled") })
}
