package pay

import (
	"testing"
	"time"

	"posad.city/kit/lang"
	"posad.city/kit/store"
)

var dropToken = store.NewQuery("pay.test.token", `UPDATE payment SET token = NULL WHERE payer = $1 AND id = $1`)

// Whoever was on the bank's page while the city learned of tokens comes back to their payment, for a day; nobody else does.
func TestAGuestOfTheTimeBeforeTokensComesBack(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		b, err := s.Begin(ctx, nobody(s), Basket{Asks: []Ask{s.charge(300)}}, lang.Russian)
		s.must(err)
		opens := func(want bool, when string) {
			t.Helper()
			p, path, err := s.guestAt(ctx, b.Payment.String())
			if err == nil != want || want && (p.ID != b.Payment || path != "/pay/guest/"+b.Payment.String()) {
				t.Errorf("%s: %q %v", when, path, err)
			}
		}
		opens(false, "with a token")
		s.must(s.base.Store.Append(ctx, store.Stmt{Query: dropToken, Args: []any{b.Payment}}))
		opens(true, "on the way")
		s.decide(b.Attempt, true)
		s.clock.Move(23 * time.Hour)
		opens(true, "paid")
		s.clock.Move(2 * time.Hour)
		opens(false, "a day after")
	})
}
