package account_test

import (
	"testing"

	"posad.city/core/account"
	"posad.city/kit/act"
)

// Whoever was proved in person is Verified whenever they sign in by two factors, and Standard by one.
func TestTwoFactorsReachWhatTheCityHasProved(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		if err := r.Raise(t.Context(), anna, act.Verified); err != nil {
			t.Fatal(err)
		}
		r.addWay(t, anna, "sesame")
		b := r.browser(t)
		b.signIn("/account/profile")
		b.get("/sign-in/app?word=sesame")
		if got := r.session(t, b.cookie("posad_session")); got.Assurance != act.Verified || !got.Strong {
			t.Errorf("by two factors: level %d, strong %v", got.Assurance, got.Strong)
		}
		one := account.Proof{Method: account.ByPassword, Account: r.session(t, b.cookie("posad_session")).Account, Person: anna, Level: act.Standard}
		entry, err := r.Begin(t.Context(), one, account.Via{Channel: act.API})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.session(t, entry.Token); got.Assurance != act.Standard {
			t.Errorf("by one factor: level %d", got.Assurance)
		}
	})
}
