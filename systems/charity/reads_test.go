package charity

import (
	"strconv"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/systems/charity/internal/store"
)

// crowd puts gifts into an appeal without their payments, as a telethon would, and returns the last.
func (r *rig) crowd(aim id.ID, n int) Gift {
	r.t.Helper()
	g := Gift{Fund: river, Appeal: aim, Giver: anna}
	for at := 0; at < n; at += 500 {
		r.till.write(func(tx *store.Tx) error {
			for i := at; i < min(at+500, n); i++ {
				g.ID = id.Derived("crowd", strconv.Itoa(i))
				if err := r.enterShare(tx, g, 0, Share{aim, 10_00}, tx.Now()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g
}

// Where a gift is and what a fund has is told without reading the other gifts: as many rows for the last of many as for the first.
func TestAGiftIsTracedAmongMany(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs...)
	r := newRig(t, s, c)
	r.fund()
	const many = 2000
	aim := r.appeal(OverStays, many*10_00).ID
	last := r.crowd(aim, many)
	r.payOutNow(aim, "a", 1000_00) // the first hundred gifts
	for _, one := range []struct {
		gift id.ID
		lies int64
	}{{id.Derived("crowd", "0"), 0}, {id.Derived("crowd", "99"), 0}, {id.Derived("crowd", "100"), 10_00}, {last.ID, 10_00}} {
		err := s.Read(ctx, func(snap *store.Snapshot) error {
			entries, err := charitydb.EntriesOf(snap, river, one.gift)
			if err != nil {
				return err
			}
			u, err := usesOf(snap, river, aim)
			if err != nil {
				return err
			}
			way, err := wayOf(snap, entries[0], u)
			if way.Lies != one.lies || way.Given != 10_00 {
				t.Errorf("of gift %s %d lies", one.gift, way.Lies)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := must[Totals](t)(r.Totals(ctx, river)); got.Given != many*10_00 || got.Paid != 1000_00 {
		t.Errorf("the fund has %+v", got)
	}
}

// BenchmarkReadsOfALargeAppeal tells what public pages cost when an appeal has 20,000 gifts.
func BenchmarkReadsOfALargeAppeal(b *testing.B) {
	s, c := storetest.Open(b, needs...)
	r := newRig(b, s, c)
	r.fund()
	const many = 20_000
	aim := r.appeal(OverStays, many*10_00).ID
	last := r.crowd(aim, many)
	for name, read := range map[string]func() error{
		"totals of a fund": func() error { _, err := r.Totals(ctx, river); return err },
		"lines of a budget": func() error {
			s, err := r.Appeal(ctx, aim)
			if err != nil {
				return err
			}
			_, err = r.Lines(ctx, s)
			return err
		},
		"a gift's way": func() error {
			return s.Read(ctx, func(snap *store.Snapshot) error { return r.mayGoBack(snap, last) })
		},
		"a month of books": func() error { _, err := r.Books(ctx, river, r.today().AddDays(-30), r.today()); return err },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
