package ledger

import (
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestPostedAfter: who reads page by page sees each line once, in order, and nothing that is reserved.
func TestPostedAfter(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		charge := id.Derived("charge", "1")
		for i, name := range []string{"one", "two", "three"} {
			m := movement(name, line(bank, income, 100+int64(i)), line(bank, income, 200+int64(i)))
			m.Lines[0].About = charge
			write(t, s, func(tx *store.Tx) error { _, err := Post(tx, m); return err })
			if i > 0 {
				c.Move(time.Second)
			}
		}
		write(t, s, func(tx *store.Tx) error {
			_, err := Reserve(tx, movement("four", line(bank, income, 1)))
			return err
		})
		for _, most := range []int64{1, 4, 100} {
			var place Place
			var sum, about int64
			n := 0
			for {
				var lines []PostedLine
				err := s.Read(t.Context(), func(r *store.Snapshot) error {
					var err error
					lines, err = PostedAfter(r, place, c.Now().Add(time.Hour), most)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if len(lines) == 0 {
					break
				}
				for _, l := range lines {
					if l.Debit != bank.ID || l.Credit != income.ID {
						t.Fatalf("%+v", l)
					}
					sum += l.Amount.Minor
					if l.About == charge {
						about += l.Amount.Minor
					}
					n++
				}
				place = lines[len(lines)-1].Place
			}
			if n != 6 || sum != 906 || about != 303 {
				t.Fatalf("by %d: %d lines, %d, %d about the charge", most, n, sum, about)
			}
		}
	}, Migrations)
}
