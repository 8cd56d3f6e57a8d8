package factor

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/factor/internal/store"
	"posad.city/core/module"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// purpose is what a question is asked for.
type purpose string

const (
	toEnter  purpose = "enter"  // a passkey as the way in
	toSecond purpose = "second" // a passkey as the second step of one account
	toAdd    purpose = "add"    // a new passkey for one account
	toAddApp purpose = "app"    // a new authenticator app for one account
)

// question is what was asked of one browser.
type question struct {
	account id.ID // zero for toEnter: nobody is known yet
	state   []byte
	secret  vault.Sealed
}

// bound is what a question keeps of the visit or session that was asked: its hash, so that a stolen table answers nothing.
func bound(visit string) []byte {
	sum := sha256.Sum256([]byte("factor question " + visit))
	return sum[:]
}

// ask keeps a question until life is over. state is written as JSON.
func (m *Module) ask(ctx context.Context, why purpose, visit string, account id.ID, state any, secret vault.Sealed, life time.Duration) (id.ID, error) {
	text, err := json.Marshal(state)
	if err != nil {
		return id.ID{}, fmt.Errorf("factor: write a question: %w", err)
	}
	now := m.base.Clock.Now()
	row := factordb.InsertQuestionParams{
		ID: id.New(now), Purpose: string(why), Visit: bound(visit), Account: account, State: text, Secret: secret, Until: now.Add(life),
	}
	if err := m.base.Store.Append(ctx, factordb.InsertQuestionStmt(row)); err != nil {
		return id.ID{}, fmt.Errorf("factor: keep a question: %w", err)
	}
	return row.ID, nil
}

// asked reads a question and leaves it. One that is over, another's, or never was is ErrOver.
func (m *Module) asked(ctx context.Context, try id.ID, why purpose, visit string) (question, error) {
	var row factordb.QuestionByIDRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = factordb.QuestionByID(r, try, string(why), bound(visit))
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && !row.Until.After(m.base.Clock.Now()) {
		return question{}, ErrOver
	}
	if err != nil {
		return question{}, fmt.Errorf("factor: read a question: %w", err)
	}
	return question{row.Account, row.State, row.Secret}, nil
}

// take takes a question away in a Write of its own, so that it is answered once whatever the answer is.
func (m *Module) take(ctx context.Context, try id.ID, why purpose, visit string) (question, error) {
	var out question
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		out, err = takeIn(tx, try, why, visit)
		return err
	})
	if err != nil {
		return question{}, fmt.Errorf("factor: take a question: %w", err)
	}
	return out, nil
}

// takeIn is take in the caller's Write. A question that is over stays for the sweep.
func takeIn(tx *store.Tx, try id.ID, why purpose, visit string) (question, error) {
	row, err := factordb.TakeQuestion(tx, try, string(why), bound(visit))
	if errors.Is(err, store.ErrNone) || err == nil && !row.Until.After(tx.Now()) {
		return question{}, ErrOver
	}
	return question{row.Account, row.State, row.Secret}, err
}

const (
	jobSweep   = "factor.sweep"
	sweepEvery = 10 * time.Minute
)

// Sweep removes questions that nobody can answer any more; a job calls it every ten minutes.
func (m *Module) Sweep(ctx context.Context) error {
	err := m.base.Sweep(ctx, func(tx *store.Tx) (int64, error) { return factordb.SweepQuestions(tx, tx.Now(), module.SweepMost) })
	if err != nil {
		return fmt.Errorf("factor: sweep: %w", err)
	}
	return nil
}
