package exchange

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/exchange/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/asic"
	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	sim "posad.city/sim/agency"
)

// signing gives a stand a city's key to sign with, and whom to trust.
func signing(t testing.TB, c clock.Clock) (func(*Deps), asic.Trust) {
	t.Helper()
	city := authority.New(authority.Name{City: "Китеж", Country: "RU"}, authoritytest.New(c.Now().Add(-time.Hour)), c)
	roots, err := city.Roots()
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	for _, r := range roots {
		pool.AddCert(r)
	}
	signer := func() (asic.Signer, error) {
		s, err := city.Signer(vault.Exchange)
		return asic.Signer{Key: s.Key, Leaf: s.Leaf, Issued: []*x509.Certificate{s.Root}}, err
	}
	trust := asic.TrustRoots(pool)
	return func(d *Deps) { d.Signer, d.Trust = signer, func() (asic.Trust, error) { return trust, nil } }, trust
}

// signed runs a test on both engines with a stand that signs.
func signed(t *testing.T, test func(t *testing.T, s *stand, trust asic.Trust)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		change, trust := signing(t, c)
		test(t, newStand(t, st, c, change), trust)
	}, Migrations, jobs.Migrations, vault.Migrations)
}

var auditor = act.Act{
	ID: id.MustParse("0190a5d0-0000-7000-8000-0000000000aa"), Actor: act.Actor{Kind: act.System}, Channel: act.Command, Purpose: act.Purpose{Kind: "account"},
}

func (s *stand) log(want int) []Logged {
	s.t.Helper()
	list, err := s.Log(ctx, auditor, anna, id.ID{}, 100)
	if err != nil || len(list) != want {
		s.t.Fatalf("the log has %d messages, want %d: %v", len(list), want, err)
	}
	return list
}

func (s *stand) mustSign() {
	s.t.Helper()
	if err := s.SignLog(ctx); err != nil {
		s.t.Fatal(err)
	}
}

func TestEveryTryIsLoggedAndItsContainerVerifies(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, trust asic.Trust) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		try := s.log(1)[0]
		if try.Case != caseID || try.Register != "residence" || try.Peer != "migration" || try.Side != sideAsked || try.Trouble != None {
			t.Errorf("logged %+v", try)
		}
		s.mustSign()
		heard := s.agency.Requests()[0]
		for answer, want := range map[bool]string{false: heard.Body, true: `"registered":true`} {
			data, err := s.Container(ctx, auditor, anna, try.ID, answer)
			if err != nil {
				t.Fatal(err)
			}
			got, err := asic.Verify(data, trust)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(got.Parts[1].Content), want) {
				t.Errorf("the body is %s, want %s", got.Parts[1].Content, want)
			}
			if bytes.Contains(data, []byte("secret")) || strings.Contains(string(got.Parts[0].Content), "Bearer") {
				t.Error("the key of the agency is in the container")
			}
		}
	})
}

func TestSilenceIsLoggedToo(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.agency.SetFaults("residence", sim.Faults{Fail: 1})
		s.mustPut(s.question(s.newCase(), "residence"))
		s.toTheEnd()
		list := s.log(2)
		if list[1].Trouble != Silent || list[0].Trouble != None || list[0].Asking != list[1].Asking {
			t.Errorf("logged %+v", list)
		}
	})
}

func TestBatchesMakeAChain(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		for range 3 {
			s.mustPut(s.question(s.newCase(), "residence"))
			s.mustPut(s.question(s.newCase(), "debts"))
			s.toTheEnd()
			s.mustSign()
		}
		s.mustSign() // nothing waits: no empty batch
		got, err := s.CheckLog(ctx)
		if err != nil || got.Messages != 6 || len(got.Faults) != 0 {
			t.Fatalf("checked %+v, %v", got, err)
		}
		if at, err := s.LogStanding(ctx); err != nil || at.Batches != 3 || at.Waiting != 0 || at.CheckedMessages != 6 || at.Checked.IsZero() || at.Faults != 0 {
			t.Errorf("the log stands %+v, %v", at, err)
		}
		rows, err := s.leavesOf(ctx, 2)
		if err != nil || len(rows) != 2 {
			t.Fatalf("the second batch has %d rows, %v", len(rows), err)
		}
		row := rows[1].ID
		change := func(sql string, args ...any) {
			t.Helper()
			err := s.base.Store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(store.NewQuery("test.Change", sql), args...); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
		finds := func(what string, want ...LogFault) {
			t.Helper()
			got, err := s.CheckLog(ctx)
			if diff := cmp.Diff(want, got.Faults); err != nil || diff != "" {
				t.Errorf("%s: %v %s", what, err, diff)
			}
		}
		second := LogFault{Kind: RowChanged, Batch: 2, Message: row}
		change(`UPDATE exchange_leaf SET question = answer WHERE id = $1`, row)
		finds("a changed hash", second)
		if at, err := s.LogStanding(ctx); err != nil || at.Faults != 1 || at.First != second {
			t.Errorf("the log stands %+v, %v", at, err)
		}
		change(`DELETE FROM exchange_leaf WHERE id = $1`, row)
		second.Kind = RowGone
		finds("a hash that is gone", second)
		change(`UPDATE exchange_batch SET copy = NULL WHERE number = 2`)
		stray := LogFault{Kind: MessageAdded, Message: row}
		finds("a changed copy", LogFault{Kind: BatchRows, Batch: 2}, stray)
		change(`DELETE FROM exchange_batch WHERE number = 2`)
		finds("a batch that is gone", LogFault{Kind: BatchGone, Batch: 2}, stray)
	})
}

func TestTheLogIsCheckedStretchByStretch(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		for range 3 {
			s.mustPut(s.question(s.newCase(), "residence"))
			s.toTheEnd()
			s.mustSign()
		}
		err := s.base.Store.Write(ctx, func(tx *store.Tx) error { // the hourly job has been here
			_, err := tx.Exec(store.NewQuery("test.Unchecked", `DELETE FROM exchange_check WHERE number = 1`))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		first, next, err := s.checkFrom(ctx, 1, 2)
		if err != nil || first.Batches != 2 || next != 3 {
			t.Fatalf("checked %+v, next %d: %v", first, next, err)
		}
		if err := s.keepCheck(ctx, round{began: s.clock.Now()}, first, next, false); err != nil {
			t.Fatal(err)
		}
		if at, err := s.LogStanding(ctx); err != nil || !at.Checked.IsZero() {
			t.Errorf("half a check is told as a whole one: %+v, %v", at, err)
		}
		if err := s.checkJob(ctx, jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if at, err := s.LogStanding(ctx); err != nil || at.CheckedBatches != 3 || at.CheckedMessages != 3 {
			t.Errorf("after two stretches: %+v, %v", at, err)
		}
	})
}

func TestSignaturesOfAStrangerAreFound(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.mustPut(s.question(s.newCase(), "residence"))
		s.toTheEnd()
		s.mustSign()
		other := authority.New(authority.Name{City: "Другой город"}, authoritytest.New(s.clock.Now().Add(-time.Hour)), s.clock)
		s.deps.Trust = func() (asic.Trust, error) { return TrustOf(other) }
		got, err := s.CheckLog(ctx)
		if diff := cmp.Diff([]LogFault{{Kind: Signature, Batch: 1}}, got.Faults); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}

func TestAChangedMessageIsFound(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		good := s.deps.Signer
		s.deps.Signer = func() (asic.Signer, error) { return asic.Signer{}, authority.ErrNoKey }
		s.mustPut(s.question(s.newCase(), "residence"))
		s.drain()
		try := s.log(1)[0]
		if _, err := s.Container(ctx, auditor, anna, try.ID, false); !errors.Is(err, ErrUnsigned) {
			t.Errorf("a message that nobody has signed: %v", err)
		}
		s.deps.Signer = good
		s.mustSign()
		keys, err := s.base.Vault.Keys(ctx, anna)
		if err != nil {
			t.Fatal(err)
		}
		forged := keys.Seal(tableMessage, columnMessages, []byte(`{"question":{"head":"YQ==","salt":"YQ=="}}`))
		err = s.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := tx.Exec(store.NewQuery("test.Forge", `UPDATE exchange_message SET messages = $1 WHERE holder = $2`), forged, anna)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Container(ctx, auditor, anna, try.ID, false); !errors.Is(err, ErrLog) {
			t.Errorf("a forged message: %v", err)
		}
	})
}

func TestABatchThatWasBegunIsFinished(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		good := s.deps.Signer
		s.deps.Signer = func() (asic.Signer, error) { return asic.Signer{}, authority.ErrNoKey }
		s.mustPut(s.question(s.newCase(), "residence"))
		s.drain()
		if err := s.SignLog(ctx); !errors.Is(err, authority.ErrNoKey) {
			t.Fatalf("signed without a key: %v", err)
		}
		s.deps.Signer = good
		s.mustSign()
		if got, err := s.CheckLog(ctx); err != nil || got.Batches != 1 || got.Messages != 1 || len(got.Faults) != 0 {
			t.Errorf("checked %+v, %v", got, err)
		}
	})
}

func TestErasureLeavesHashesAlone(t *testing.T) {
	signed(t, func(t *testing.T, s *stand, _ asic.Trust) {
		s.mustPut(s.question(s.newCase(), "residence"))
		s.toTheEnd()
		try := s.log(1)[0]
		s.mustSign()
		if err := s.Data().Forget(ctx, anna); err != nil {
			t.Fatal(err)
		}
		s.log(0)
		if _, err := s.Container(ctx, auditor, anna, try.ID, false); !errors.Is(err, ErrNoMessage) {
			t.Errorf("an erased message: %v", err)
		}
		if got, err := s.CheckLog(ctx); err != nil || got.Messages != 1 || got.Erased != 1 || len(got.Faults) != 0 {
			t.Errorf("the chain broke: %+v, %v", got, err)
		}
		err := s.base.Store.Read(context.Background(), func(r *store.Snapshot) error { _, err := exchangedb.LeafByID(r, try.ID); return err })
		if err != nil {
			t.Errorf("the hash is gone: %v", err)
		}
	})
}
