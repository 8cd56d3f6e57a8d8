package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// answersKept is how long an answer waits for its repeat, from when the call was claimed.
const answersKept = 24 * time.Hour

// Answers keeps answers of repeatable API calls, sealed by the caller's key, for kit/web.
func (m *Module) Answers() web.Answers { return answers{m} }

type answers struct{ m *Module }

// Begin implements web.Answers.
func (s answers) Begin(ctx context.Context, call web.Call, lease time.Duration) (web.CallState, web.Answer, error) {
	var row accountdb.CallByKeyRow
	fresh := false
	err := s.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		n, err := accountdb.ClaimCall(tx, accountdb.ClaimCallParams{
			Person: call.Person, Operation: call.Operation, Key: call.Key[:], Body: call.Body[:],
			Claimed: now.Add(lease), Until: now.Add(answersKept), Now: now,
		})
		if fresh = n == 1; err != nil || fresh {
			return err
		}
		row, err = accountdb.CallByKey(tx.As(reader, "account.repeat"), call.Person, call.Operation, call.Key[:])
		return err
	})
	switch {
	case err != nil:
		return web.CallRunning, web.Answer{}, fmt.Errorf("account: begin a call: %w", err)
	case fresh:
		return web.CallFresh, web.Answer{}, nil
	case !bytes.Equal(row.Body, call.Body[:]):
		return web.CallDiffers, web.Answer{}, nil
	case !row.Answered:
		return web.CallRunning, web.Answer{}, nil
	}
	return s.answered(ctx, row)
}

func (s answers) answered(ctx context.Context, row accountdb.CallByKeyRow) (web.CallState, web.Answer, error) {
	keys, err := s.m.base.Vault.Keys(ctx, row.Person)
	if err != nil {
		return web.CallRunning, web.Answer{}, err
	}
	body, err := keys.Open("repeat_call", "answer", row.Answer)
	if err != nil {
		return web.CallRunning, web.Answer{}, fmt.Errorf("account: open an answer: %w", err)
	}
	return web.CallAnswered, web.Answer{Status: int(row.Status), Type: row.Kind, Body: body}, nil
}

// Finish implements web.Answers.
func (s answers) Finish(ctx context.Context, call web.Call, answer web.Answer) error {
	keys, err := s.m.base.Vault.Keys(ctx, call.Person)
	if err != nil {
		return err
	}
	sealed := keys.Seal("repeat_call", "answer", answer.Body)
	err = s.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := accountdb.FinishCall(tx, accountdb.FinishCallParams{
			Person: call.Person, Operation: call.Operation, Key: call.Key[:], Status: int64(answer.Status), Kind: answer.Type, Answer: sealed,
		})
		if err == nil && n == 0 {
			return errors.New("account: the call is not claimed")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("account: keep an answer: %w", err)
	}
	return nil
}

// Drop implements web.Answers.
func (s answers) Drop(ctx context.Context, call web.Call) error {
	return s.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := accountdb.DropCall(tx, call.Person, call.Operation, call.Key[:])
		return err
	})
}
