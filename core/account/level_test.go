package account_test

import (
	"strings"
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

// Whom the city has proved needs only another factor: it is asked by their own methods, and the session becomes as sure.
func TestWhoIsProvedShowsASecondFactor(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		if err := r.Raise(t.Context(), anna, act.Verified); err != nil {
			t.Fatal(err)
		}
		b := r.browser(t)
		b.signIn("/account/profile")
		const asked = "/sign-in/raise?level=3&back=%2Faccount%2Fprofile%3Fx%3D1"
		at := b.get(asked)
		if !strings.Contains(at.body, "Город уже знает, кто вы") || strings.Contains(at.body, "В центре услуг") || strings.Contains(at.body, `name="password"`) {
			t.Errorf("what is asked of whom the city has proved: %d %s", at.status, at.path)
		}
		at = b.post(asked, "/sign-in/second?level=3", "method", "sms", "back", "/account/profile?x=1")
		if !strings.HasPrefix(at.path, "/sign-in/code?") {
			t.Fatalf("a code is asked for: %d %s", at.status, at.path)
		}
		r.deliver(t)
		if at = b.post(at.path, "/sign-in/code", "try", at.try(t), "code", r.letters.last(t).code, "back", "/account/profile?x=1"); at.path != "/account/profile?x=1" {
			t.Fatalf("after the second factor: %d %s", at.status, at.path)
		}
		if got := r.session(t, b.cookie("posad_session")); got.Assurance != act.Verified {
			t.Errorf("the session is of level %d", got.Assurance)
		}
	})
}

// What was asked for stays asked for when the answer is wrong: else the factor that was shown already would be offered.
func TestAWrongAnswerKeepsWhatIsAsked(t *testing.T) {
	t.Parallel()
	r := one(t)
	anna := enrolAnna(t, r).Person
	if err := r.Raise(t.Context(), anna, act.Verified); err != nil {
		t.Fatal(err)
	}
	b := r.browser(t)
	r.enterHere(t, b, "anna@example.org")
	for _, need := range []string{"level=3", "strong=1"} {
		at := b.get("/sign-in/raise?back=%2Faccount%2Fprofile&" + need)
		if !strings.Contains(at.body, `action="/sign-in/second?`+need+`"`) || !strings.Contains(at.body, `name="password"`) {
			t.Errorf("%s: the form forgets what is asked: %d %s", need, at.status, at.path)
		}
		at = b.post(at.path, "/sign-in/second?"+need, "method", "password", "password", "no", "back", "/account/profile")
		if at.status != 422 || !strings.Contains(at.body, `action="/sign-in/second?`+need+`"`) || strings.Contains(at.body, `value="email"`) {
			t.Errorf("%s: after a wrong password: %d %s", need, at.status, at.path)
		}
	}
}

// Whom the city has not proved is shown where that is done; the register is no way to a document shown in person.
func TestWhoIsNotProvedIsShownWhere(t *testing.T) {
	t.Parallel()
	r := one(t)
	enrolAnna(t, r)
	b := r.browser(t)
	b.signIn("/account/profile")
	at := b.get("/sign-in/raise?level=3&back=%2F")
	if !strings.Contains(at.body, "В центре услуг") || !strings.Contains(at.body, `href="/agencies"`) || strings.Contains(at.body, "/account/identity") || strings.Contains(at.body, `name="password"`) {
		t.Errorf("Standard, for a service of Verified: %d %s", at.status, at.path)
	}
	fresh := r.browser(t)
	r.enterHere(t, fresh, "new@example.org")
	if at = fresh.get("/sign-in/raise?level=2&back=%2Fx"); !strings.Contains(at.body, "/account/identity?back=%2Fx") || strings.Contains(at.body, "В центре услуг") {
		t.Errorf("Basic, for a service of Standard: %d %s", at.status, at.path)
	}
	if at = fresh.get("/sign-in/raise?level=3&back=%2Fx"); !strings.Contains(at.body, "В центре услуг") || strings.Contains(at.body, "/account/identity") {
		t.Errorf("Basic, for a service of Verified: %d %s", at.status, at.path)
	}
}

// Whoever has shown all that they have adds a second way here and now.
func TestWhoHasOneFactorAddsAnother(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		b := r.browser(t)
		r.enterHere(t, b, "new@example.org")
		person := r.session(t, b.cookie("posad_session")).Person
		if err := r.Raise(t.Context(), person, act.Verified); err != nil {
			t.Fatal(err)
		}
		at := b.get("/sign-in/raise?level=3&back=%2Fx")
		if !strings.Contains(at.body, `href="/account/security/app?back=%2Fx"`) || !strings.Contains(at.body, "Второго способа у вас ещё нет") {
			t.Errorf("%d %s", at.status, at.path)
		}
	})
}
