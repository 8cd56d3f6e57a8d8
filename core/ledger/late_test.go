package ledger

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestALateWrite: a Write of yesterday's moment that lands after yesterday was closed is in the books of the day that is open,
// and one that lands while it is being closed is counted first.
func TestALateWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		ctx := context.Background()
		write(t, s, func(tx *store.Tx) error { _, err := Post(tx, movement("first", line(bank, income, 100))); return err })
		yesterday := c.Now()
		c.Move(26 * time.Hour)

		// It lands between the counting and the closing: nothing is closed until it is counted.
		once := true
		held := func(Day) (*journal.Ready, error) {
			if once {
				once = false
				asOf(t, s, c, yesterday, movement("second", line(bank, income, 20)))
			}
			return nil, nil
		}
		if _, did, err := closeNext(ctx, s, zone, c.Now(), held); err != nil || did {
			t.Fatalf("closed %v without it: %v", did, err)
		}
		d, did, err := closeNext(ctx, s, zone, c.Now(), held)
		if err != nil || !did || d.Transfers != 2 || d.Amount != 120 {
			t.Fatalf("%+v %v %v", d, did, err)
		}
		sound(t, s)

		// It lands after the closing.
		asOf(t, s, c, yesterday, movement("third", line(bank, income, 3)))
		asOf(t, s, c, yesterday, movement("fourth", line(bank, purse, 7)))
		write(t, s, func(tx *store.Tx) error {
			_, err := Reserve(tx, movement("fifth", line(purse, income, 5)))
			return err
		})
		now := c.Now()
		c.Move(yesterday.Sub(now))
		write(t, s, func(tx *store.Tx) error {
			_, err := PostReserved(tx, movement("fifth", line(purse, income, 5)))
			return err
		})
		stmts, err := PostStmts(movement("sixth", line(bank, income, 1)), c.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Append(ctx, stmts...); err != nil {
			t.Fatal(err)
		}
		c.Move(now.Sub(yesterday))
		sound(t, s)
		then, err := BalanceAt(ctx, s, income.ID, d.Until)
		if err != nil || then.Net() != 120 {
			t.Fatalf("the closed day tells %d now: %v", then.Net(), err)
		}
		at, err := BalancesAt(ctx, s, c.Now(), income.ID, purse.ID, id.ID{9})
		if err != nil || at[income.ID].Net() != 129 || at[purse.ID].Net() != 2 || at[id.ID{9}] != (Balance{}) {
			t.Fatalf("%+v %v", at, err)
		}
		seen := 0
		err = s.Read(ctx, func(r *store.Snapshot) error {
			lines, err := PostedAfter(r, Place{At: d.Until.Add(-time.Microsecond), Movement: every.last}, endless, 100)
			seen = len(lines)
			return err
		})
		if err != nil || seen != 4 {
			t.Fatalf("who read up to the closing sees %d of 4 late lines: %v", seen, err)
		}
	}, Migrations)
}

// TestAHeldWrite: a Write that began yesterday and is let go after yesterday was closed, or would have been, spoils nothing.
func TestAHeldWrite(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		ctx := context.Background()
		write(t, s, func(tx *store.Tx) error { _, err := Post(tx, movement("first", line(bank, income, 100))); return err })
		closed := make(chan error, 1)
		once := true
		write(t, s, func(tx *store.Tx) error {
			if _, err := BalanceOf(tx, income.ID); err != nil { // its snapshot stands
				return err
			}
			if once {
				once = false
				c.Move(26 * time.Hour)
				go func() {
					_, _, err := closeNext(ctx, s, zone, c.Now(), nil)
					closed <- err
				}()
				select {
				case err := <-closed: // it did not wait for this Write
					closed <- err
				case <-time.After(time.Second):
				}
			}
			_, err := Post(tx, movement("held", line(bank, income, 20)))
			return err
		})
		if err := <-closed; err != nil {
			t.Fatal(err)
		}
		if _, _, err := closeNext(ctx, s, zone, c.Now(), nil); err != nil {
			t.Fatal(err)
		}
		sound(t, s)
		if b := balance(t, s, income); b.Net() != 120 {
			t.Fatal(b)
		}
	}, Migrations)
}

// TestTwoCloseADay: a slow node that writes down an older count of a day spoils nothing of what another has counted since.
func TestTwoCloseADay(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		ctx := context.Background()
		write(t, s, func(tx *store.Tx) error { _, err := Post(tx, movement("first", line(bank, income, 100))); return err })
		yesterday := c.Now()
		c.Move(26 * time.Hour)
		slow, parts, err := due(ctx, s, zone, c.Now())
		if err != nil {
			t.Fatal(err)
		}
		var older []ledgerdb.PutClosingParams
		for _, part := range parts {
			err := s.Read(ctx, func(r *store.Snapshot) error {
				day := slow
				rows, err := closings(r, &day, part)
				older = append(older, rows...)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		asOf(t, s, c, yesterday, movement("second", line(bank, income, 20)))
		between := func(Day) (*journal.Ready, error) { return nil, keepClosings(ctx, s, slow, older) }
		d, did, err := closeNext(ctx, s, zone, c.Now(), between)
		if err != nil || !did || d.Amount != 120 {
			t.Fatalf("%+v %v %v", d, did, err)
		}
		sound(t, s)
		if then, err := BalanceAt(ctx, s, income.ID, d.Until); err != nil || then.Net() != 120 {
			t.Fatalf("the closed day tells %d: %v", then.Net(), err)
		}
	}, Migrations)
}

// asOf posts a movement on a machine whose clock shows another moment.
func asOf(t *testing.T, s *store.Store, c *clock.Fixed, at time.Time, m Movement) {
	t.Helper()
	now := c.Now()
	c.Move(at.Sub(now))
	write(t, s, func(tx *store.Tx) error { _, err := Post(tx, m); return err })
	c.Move(now.Sub(at))
}

// TestCut: spans have every account once, in order.
func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := 1 << rapid.IntRange(0, 8).Draw(t, "count")
		raw := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "account")
		account := id.ID(raw)
		in := 0
		for _, part := range cut(count) {
			if account.String() >= part.first.String() && account.String() <= part.last.String() {
				in++
			}
		}
		if in != 1 {
			t.Fatalf("%s is in %d of %d spans", account, in, count)
		}
	})
}

// TestProveBySpans: however the accounts are divided, a proof and a closing say the same.
func TestProveBySpans(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		write(t, s, func(tx *store.Tx) error {
			_, err := Post(tx, movement("one", line(bank, income, 100), line(bank, purse, 50), line(purse, income, 1), line(bank, purse, 3)))
			return err
		})
		c.Move(26 * time.Hour)
		var whole, parts Day
		for count, into := range map[int]*Day{1: &whole, 256: &parts} {
			d, _, err := due(t.Context(), s, zone, c.Now())
			if err != nil {
				t.Fatal(err)
			}
			if err := closeAccounts(t.Context(), s, &d, cut(count)); err != nil {
				t.Fatal(err)
			}
			*into = d
		}
		if whole != parts || whole.Transfers != 4 {
			t.Fatalf("%+v\n%+v", whole, parts)
		}
		var proof Proof
		for _, part := range cut(64) {
			if err := proof.prove(t.Context(), s, part, true); err != nil {
				t.Fatal(err)
			}
		}
		if !proof.Sound() || proof.Accounts != 3 || proof.Transfers != 8 {
			t.Fatalf("%+v", proof)
		}
	}, Migrations)
}
