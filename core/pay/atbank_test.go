package pay

import (
	"errors"
	"testing"

	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// TestAtBank: what a statement must show of a payment is what moved the clearing account, each thing by its name, and the event
// of a refund that was given tells of it.
func TestAtBank(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, b := s.charge(300), s.charge(200)
		p := s.pay(a, b)
		sum := func(what id.ID) (int64, map[string]int) {
			t.Helper()
			list, err := s.AtBank(ctx, what)
			s.must(err)
			total, kinds := int64(0), map[string]int{}
			for _, one := range list {
				total += one.Amount.Minor
				kinds[one.Kind]++
				if one.Amount.Currency != money.RUB || one.Provider != HostedName || one.ID.IsZero() || one.Name.IsZero() || one.At.IsZero() {
					t.Fatalf("%+v", one)
				}
				if again, err := s.AtBank(ctx, one.Movement); err != nil || len(again) != len(list) {
					t.Fatalf("by its movement: %+v %v", again, err)
				}
			}
			return total, kinds
		}
		if total, kinds := sum(p.ID); total != 500 || kinds[AtBankPayment] != 1 {
			t.Fatal(total, kinds)
		}
		attempt, _ := p.taken()
		list, err := s.AtBank(ctx, attempt.ID)
		if err != nil || len(list) != 1 || list[0].Name != attempt.ID || list[0].Reference != attempt.Reference || attempt.Reference == "" {
			t.Fatalf("%+v %v", list, err)
		}
		s.must(s.giveBackOf(p, a, 100))
		if total, _ := sum(p.ID); total != 500 {
			t.Fatal("a refund that was not given is expected", total)
		}
		s.drain()
		total, kinds := sum(p.ID)
		if total != 400 || kinds[AtBankRefund] != 1 {
			t.Fatal(total, kinds)
		}
		s.holds(map[id.ID]int64{clearing: -total})
		if _, err := s.AtBank(ctx, id.ID{9}); !errors.Is(err, store.ErrNone) {
			t.Fatal(err)
		}
	})
}
