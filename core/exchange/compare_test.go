package exchange

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/asic"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// change does to the database what somebody with its password can.
func (s *stand) change(sql string, args ...any) {
	s.t.Helper()
	err := s.base.Store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(store.NewQuery("test.Change", sql), args...); return err })
	if err != nil {
		s.t.Fatal(err)
	}
}

// finds checks the log and compares what was found.
func (s *stand) finds(what string, want ...LogFault) {
	s.t.Helper()
	got, err := s.CheckLog(ctx)
	if diff := cmp.Diff(want, got.Faults); err != nil || diff != "" {
		s.t.Errorf("%s: %v %s", what, err, diff)
	}
}

// TestEveryColumnOfAMessageIsCompared: whatever somebody does to a message's row, the check names it.
func TestEveryColumnOfAMessageIsCompared(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.mustPut(s.question(s.newCase(), "residence"))
		s.toTheEnd()
		s.mustSign()
		var row exchangedb.ExchangeMessage
		try := s.log(1)[0]
		err := s.base.Store.Look(ctx, auditor, lookLog, func(p *store.Personal) error {
			var err error
			row, err = exchangedb.MessageByID(p, anna, try.ID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.CheckLog(ctx); err != nil || got.Opened != 1 || got.Erased != 0 || got.Count() != 0 {
			t.Fatalf("a good log: %+v, %v", got, err)
		}
		keys, err := s.base.Vault.Keys(ctx, anna)
		if err != nil {
			t.Fatal(err)
		}
		changed := LogFault{Kind: MessageChanged, Batch: 1, Message: try.ID}
		for _, forged := range [][]byte{
			keys.Seal(tableMessage, columnMessages, []byte(`{"question":{"head":"YQ==","salt":"YQ=="}}`)), keys.Seal(tableMessage, columnMessages, []byte("x")), {1, 2, 3},
		} {
			s.change(`UPDATE exchange_message SET messages = $1 WHERE id = $2`, forged, try.ID)
			s.finds("a changed text", changed)
			if _, err := s.Container(ctx, auditor, anna, try.ID, true); !errors.Is(err, ErrLog) {
				t.Errorf("a changed text is exported: %v", err)
			}
		}
		s.change(`UPDATE exchange_message SET messages = $1 WHERE id = $2`, []byte(row.Messages), try.ID)
		for column, values := range map[string][2]any{
			"case_id": {misha, row.CaseID}, "asking": {misha, row.Asking}, "side": {sideAnswered, row.Side}, "peer": {"tax", row.Peer}, "register": {"debts", row.Register},
			"at": {row.At.Add(time.Second), row.At}, "trouble": {"silent", row.Trouble}, "purpose": {"A-7", row.Purpose},
		} {
			s.change(`UPDATE exchange_message SET `+column+` = $1 WHERE id = $2`, values[0], try.ID)
			s.finds(column, LogFault{Kind: MessageColumn, Batch: 1, Message: try.ID, Column: column})
			if _, err := s.Container(ctx, auditor, anna, try.ID, false); !errors.Is(err, ErrLog) {
				t.Errorf("exported with another %s: %v", column, err)
			}
			s.change(`UPDATE exchange_message SET `+column+` = $1 WHERE id = $2`, values[1], try.ID)
		}
		s.finds("all as it was")
		added := LogFault{Kind: MessageAdded, Message: misha}
		s.change(`INSERT INTO exchange_message (holder, id, case_id, asking, side, peer, register, at, trouble, messages, purpose)
 SELECT holder, $1, case_id, asking, side, peer, register, at, trouble, messages, purpose FROM exchange_message WHERE id = $2`, misha, try.ID)
		s.finds("a row that was put in later", added)
		s.change(`DELETE FROM exchange_message WHERE id = $1`, misha)
		gone := LogFault{Kind: MessageGone, Batch: 1, Message: try.ID}
		s.change(`UPDATE exchange_message SET holder = $1 WHERE id = $2`, misha, try.ID)
		s.finds("another person's", gone)
		s.change(`UPDATE exchange_leaf SET holder = $1 WHERE id = $2`, misha, try.ID)
		s.finds("another person's with its hash", LogFault{Kind: RowChanged, Batch: 1, Message: try.ID}, gone)
		s.change(`DELETE FROM exchange_message WHERE id = $1`, try.ID)
		s.change(`UPDATE exchange_leaf SET holder = $1 WHERE id = $2`, anna, try.ID)
		s.finds("a row that is gone", gone)
		if at, err := s.LogStanding(ctx); err != nil || at.First != gone {
			t.Errorf("the log stands %+v, %v", at, err)
		}
		s.change(`UPDATE exchange_check SET next = 1 WHERE number = 1`)
		if err := s.checkJob(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if at, err := s.LogStanding(ctx); err != nil || at.Faults != 1 {
			t.Errorf("the hourly check: %+v, %v", at, err)
		}
	})
}

// TestAnErasedMessageIsNoFault: neither while its person's key goes nor after that; a key that stays is one.
func TestAnErasedMessageIsNoFault(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.mustPut(s.question(s.newCase(), "residence"))
		s.toTheEnd()
		s.mustSign()
		try := s.log(1)[0].ID
		if err := s.Data().Forget(ctx, anna); err != nil {
			t.Fatal(err)
		}
		s.finds("while the key goes")
		s.clock.Move(erasureLasts + time.Minute)
		s.finds("a key that stays", LogFault{Kind: MessageGone, Batch: 1, Message: try})
		if err := s.base.Store.Write(ctx, func(tx *store.Tx) error { return s.base.Vault.Erase(tx, anna) }); err != nil {
			t.Fatal(err)
		}
		s.finds("erased")
	})
}

// TestALogOfBeforeIsChecked: batches that were signed over hashes alone, with messages whose columns were not signed.
func TestALogOfBeforeIsChecked(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.mustPut(s.question(s.newCase(), "residence"))
		good := s.deps.Signer
		s.deps.Signer = func() (asic.Signer, error) { return asic.Signer{}, errors.New("later") }
		s.drain()
		if err := s.SignLog(ctx); err == nil {
			t.Fatal("it was signed")
		}
		s.change(`UPDATE exchange_batch SET form = 0`)
		s.deps.Signer = good
		s.mustSign()
		s.finds("as it was")
		try := s.log(1)[0].ID
		if data, err := s.Container(ctx, auditor, anna, try, true); err != nil || len(data) == 0 {
			t.Errorf("a message of before: %v", err)
		}
		if other := (loggedTry{Question: logged{Salt: newSalt()}}).other(exchangedb.ExchangeMessage{ID: try}); other != "" {
			t.Errorf("the column %s of an old message was not signed", other)
		}
		s.change(`UPDATE exchange_batch SET form = 1`)
		s.finds("a batch of another form", LogFault{Kind: BatchRows, Batch: 1})
		s.change(`UPDATE exchange_batch SET form = 0`)
		s.change(`DELETE FROM exchange_leaf WHERE id = $1`, try)
		s.finds("a hash that is gone", LogFault{Kind: RowGone, Batch: 1, Message: try})
	})
}

// TestWhatAnExchangeWasFor: the case's public number where it is known, an agreement by its number.
func TestWhatAnExchangeWasFor(t *testing.T) {
	t.Parallel()
	s, address := asked(t)
	caseID := id.Derived("case", "of a number")
	s.asking.Number = func(_ context.Context, of id.ID) (string, error) {
		if of == caseID {
			return liveNumber, nil
		}
		return "", store.ErrNone
	}
	if _, err := s.askAs(address, police, policeKey, call("A-7", annaSNILS, "parking-permit")); err != nil {
		t.Fatal(err)
	}
	logged := s.log(1)[0]
	if logged.Purpose != "A-7" {
		t.Errorf("logged %+v", logged)
	}
	for _, one := range []struct {
		of   Logged
		want string
	}{
		{logged, "exchange.log.agreement number A-7"}, {Logged{Side: sideAsked}, "exchange.log.account"}, {Logged{Side: sideAnswered}, "exchange.log.some_agreement"},
		{Logged{Side: sideAsked, Case: caseID}, id.FormatNumber(liveNumber)}, {Logged{Side: sideAsked, Case: misha}, misha.String()},
	} {
		got, err := s.Why(ctx, one.of, func(key string, args ...any) string {
			for _, a := range args {
				key += " " + a.(string)
			}
			return key
		})
		if err != nil || got != one.want {
			t.Errorf("%+v: %q, %v, want %q", one.of, got, err, one.want)
		}
	}
}
