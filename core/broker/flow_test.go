package broker

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// onBoth runs a test with an honest provider on every engine that is there.
func onBoth(t *testing.T, change func(*Provider), test func(t *testing.T, r *rig, l *liar)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		l := newLiar(t, c)
		p := l.provider("bank")
		if change != nil {
			change(&p)
		}
		test(t, newRig(t, s, c, Deps{Providers: []Provider{p}}), l)
	}, needs()...)
}

const addBank = "/account/provider/bank?back=/account/profile"

// connect has a person who is signed in connect the bank.
func (b *browser) connect(l *liar) reply {
	b.t.Helper()
	page := b.back(l.agree(b.begin(addBank)))
	return b.post("/account/provider/link", "try", page.try(b.t), "back", "/account/profile")
}

func TestANewPersonBegins(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		b := r.browser(t)
		page := b.back(l.agree(b.begin(toBank)))
		page.want(t, http.StatusOK, "We do not know this sign-in yet", "Анна Ивановна Смирнова")
		if strings.Contains(page.body, annaSNILS) || strings.Contains(page.body, "112-233") {
			t.Error("the page shows the whole number")
		}
		if _, err := r.accounts.PersonOf(t.Context(), annaSNILS); err == nil {
			t.Error("a person was made before they said so")
		}
		b.post("/sign-in/provider/new", "try", page.try(t), "back", "/account/profile").want(t, http.StatusOK, "Смирнова")
		again := r.browser(t)
		again.back(l.agree(again.begin(toBank))).want(t, http.StatusOK, "112-233-445")
		if people, err := r.accounts.PersonOf(t.Context(), annaSNILS); err != nil || people.IsZero() {
			t.Error(err)
		}
	})
}

// TestEveryStrangerSeesTheSame shows that the page of an unknown sign-in does not tell whether somebody has the SNILS.
func TestEveryStrangerSeesTheSame(t *testing.T) {
	t.Parallel()
	for _, registers := range []bool{true, false} {
		onBoth(t, func(p *Provider) { p.Registers = registers }, func(t *testing.T, r *rig, l *liar) {
			seen := func() string {
				b := r.browser(t)
				page := b.back(l.agree(b.begin(toBank)))
				return strings.ReplaceAll(page.text(), b.get(page.path).anyTry(), "TRY")
			}
			before := seen()
			r.person(t, "anna", anna(act.Standard))
			if after := seen(); after != before {
				t.Errorf("the page tells of the account:\n%s\n%s", before, after)
			}
		})
	}
}

// anyTry is a try where there may be none.
func (g reply) anyTry() string {
	if found := tryField.FindStringSubmatch(g.body); found != nil {
		return found[1]
	}
	return "nothing"
}

func TestNobodyIsJoinedByWhatAProviderSays(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "anna", anna(act.Standard))
		b := r.browser(t)
		page := b.back(l.agree(b.begin(toBank)))
		b.post("/sign-in/provider/new", "try", page.try(t)).want(t, http.StatusConflict, "Sign in the way you usually do")
		if b.who() != "" {
			t.Fatal("a provider's word opened an account")
		}
		b.signIn("anna") // the usual way, once
		link := b.get(page.path)
		link.want(t, http.StatusOK, "Connect this sign-in?", "They are the same as in your account")
		b.post("/account/provider/link", "try", link.try(t), "back", "/account/profile").want(t, http.StatusOK, "112-233-445")
		if p := r.known(t, id.Derived("person", "anna")); p.Level != act.Verified {
			t.Errorf("level %d after a verified provider", p.Level)
		}
		again := r.browser(t)
		again.back(l.agree(again.begin(toBank))).want(t, http.StatusOK, "112-233-445")
	})
}

func TestSayingNoLeavesEverything(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		person := r.person(t, "anna", anna(act.Basic))
		b := r.browser(t)
		b.signIn("anna")
		b.back(l.agree(b.begin(addBank))).want(t, http.StatusOK, "Connect this sign-in?")
		if p := r.known(t, person); p.Level != act.Basic || p.SNILS != "" {
			t.Errorf("without a yes the person is %+v", p)
		}
		again := r.browser(t)
		again.back(l.agree(again.begin(toBank))).want(t, http.StatusOK, "We do not know this sign-in yet")
	})
}

func TestWhoseDataDifferIsNotConnected(t *testing.T) {
	t.Parallel()
	boris := account.Enrolment{Name: lang.Name{Family: "Ким", Given: "Борис"}, Level: act.Basic}
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "boris", boris)
		b := r.browser(t)
		b.signIn("boris")
		page := b.back(l.agree(b.begin(addBank)))
		page.want(t, http.StatusConflict, "does not fit the data in this account")
		for _, secret := range []string{"Смирнова", "1986", "112-233", "45 95"} {
			if strings.Contains(page.text(), secret) {
				t.Errorf("the page tells %q of the other person", secret)
			}
		}
		// A link form posted anyway, by a page made by hand, is refused the same.
		_, query, _ := strings.Cut(page.path, "?")
		values, _ := url.ParseQuery(query)
		b.post("/account/provider/link", "try", values.Get("try")).want(t, http.StatusConflict, "does not fit")
		if p := r.known(t, id.Derived("person", "boris")); p.Level != act.Basic {
			t.Errorf("level %d", p.Level)
		}
	})
}

func TestANumberOfAnotherAccountIsNotTold(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "anna", anna(act.Standard))
		second := r.person(t, "anna2", anna(act.Basic)) // the same name, nothing confirmed
		b := r.browser(t)
		b.signIn("anna2")
		got := b.connect(l)
		got.want(t, http.StatusConflict, "does not fit the data in this account")
		if p := r.known(t, second); p.Level != act.Basic || p.SNILS != "" {
			t.Errorf("the second record became %+v", p)
		}
	})
}

func TestASubjectOpensOneAccount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(p *Provider) { p.Level, p.Claims.SNILS = act.Basic, "" }, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "anna", anna(act.Basic))
		r.person(t, "boris", account.Enrolment{Name: lang.Name{Family: "Ким", Given: "Борис"}, Level: act.Basic})
		b := r.browser(t)
		b.signIn("anna")
		b.connect(l).want(t, http.StatusOK, "Смирнова")
		b.back(l.agree(b.begin(addBank))).want(t, http.StatusOK)
		other := r.browser(t)
		other.signIn("boris")
		page := other.back(l.agree(other.begin(addBank)))
		page.want(t, http.StatusConflict, "opens another account")
		if other.back(l.agree(other.begin(toBank))).status != http.StatusConflict || !strings.Contains(other.who(), "Ким") {
			t.Error("a session was changed into another person's")
		}
	})
}

func TestABasicProviderVouchesForNobody(t *testing.T) {
	t.Parallel()
	onBoth(t, func(p *Provider) { p.Level = act.Basic }, func(t *testing.T, r *rig, l *liar) {
		b := r.browser(t)
		page := b.back(l.agree(b.begin(toBank)))
		b.post("/sign-in/provider/new", "try", page.try(t), "back", "/account/profile").want(t, http.StatusOK, "Смирнова")
		if _, err := r.accounts.PersonOf(t.Context(), annaSNILS); err == nil {
			t.Error("a number nobody checked was kept as confirmed")
		}
	})
}

func TestALowerClassLendsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(p *Provider) { p.Accepted = []string{"high"} }, func(t *testing.T, r *rig, l *liar) {
		person := r.person(t, "anna", anna(act.Basic))
		b := r.browser(t)
		b.signIn("anna")
		b.connect(l).want(t, http.StatusOK)
		if p := r.known(t, person); p.Level != act.Basic {
			t.Errorf("acr was not there and the level is %d", p.Level)
		}
		l.claims = set("acr", "high")
		b.connect(l).want(t, http.StatusOK, "112-233-445") // connected already: asked whether to take the data over
		if p := r.known(t, person); p.Level != act.Verified {
			t.Errorf("acr was there and the level is %d", p.Level)
		}
	})
}

func TestAnotherNumberUnderAKnownSubject(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		r.person(t, "anna", anna(act.Standard))
		b := r.browser(t)
		b.signIn("anna")
		b.connect(l).want(t, http.StatusOK)
		l.userinfo = set("snils", "087-654-303 00")
		other := r.browser(t)
		other.back(l.agree(other.begin(toBank))).want(t, http.StatusConflict, "does not fit")
		if other.who() != "" {
			t.Error("somebody with another number was let in")
		}
		l.userinfo = set("family_name", "Петрова") // a marriage changes no number
		other.back(l.agree(other.begin(toBank))).want(t, http.StatusOK, "112-233-445")
	})
}

func TestADroppedWayIsForgotten(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		person := r.person(t, "anna", anna(act.Standard))
		b := r.browser(t)
		b.signIn("anna")
		b.connect(l).want(t, http.StatusOK)
		second := r.browser(t)
		second.back(l.agree(second.begin(toBank))).want(t, http.StatusOK, "112-233-445")
		accounts, err := r.accounts.AccountOf(t.Context(), person)
		if err != nil {
			t.Fatal(err)
		}
		ways, err := r.accounts.WaysOf(t.Context(), accounts[0])
		if err != nil || len(ways) != 1 {
			t.Fatal(ways, err)
		}
		if got := r.entries(t, "anna"); got != 1 {
			t.Fatalf("%d entries", got)
		}
		a := r.actOf(t, person)
		if err := r.accounts.DropWay(t.Context(), a, accounts[0], ways[0].ID); err != nil {
			t.Fatal(err)
		}
		if got := r.entries(t, "anna"); got != 0 {
			t.Errorf("%d entries outlived the way", got)
		}
		third := r.browser(t)
		third.back(l.agree(third.begin(toBank))).want(t, http.StatusOK, "We do not know this sign-in yet")
	})
}

func TestWhatIsOverIsSwept(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		b := r.browser(t)
		page := b.back(l.agree(b.begin(toBank)))
		b.post("/sign-in/provider/new", "try", page.try(t), "back", "/account/profile").want(t, http.StatusOK)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.entries(t, "anna"); got != 1 {
			t.Errorf("%d entries of one sign-in", got)
		}
		r.clock.Move(entryLife + entrySpan + time.Minute)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.entries(t, "anna"); got != 0 {
			t.Errorf("%d entries are left", got)
		}
	})
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	onBoth(t, nil, func(t *testing.T, r *rig, l *liar) {
		b := r.browser(t)
		location := l.agree(b.begin(toBank))
		r.deps.Providers[0].On = false
		b.get(toBank).want(t, http.StatusNotFound, "no such way to sign in now")
		b.back(location).want(t, http.StatusNotFound)
		b.get("/sign-in/provider").want(t, http.StatusNotFound)
		b.get("/sign-in/provider/nobody").want(t, http.StatusNotFound)
	})
}

func TestNobodyConnectsUnsigned(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	b := r.browser(t)
	if got := b.get(addBank); !strings.HasPrefix(got.path, "/sign-in?") {
		t.Errorf("stands on %s", got.path)
	}
	page := b.back(l.agree(b.begin(toBank)))
	if got := b.post("/account/provider/link", "try", page.try(t)); !strings.HasPrefix(got.path, "/sign-in?") {
		t.Errorf("stands on %s: %s", got.path, got.text())
	}
}

func TestWhatOnePersonBeganAnotherDoesNotEnd(t *testing.T) {
	t.Parallel()
	r, l := honest(t, func(p *Provider) { p.Level = act.Basic })
	r.person(t, "anna", anna(act.Basic))
	r.person(t, "boris", account.Enrolment{Name: lang.Name{Family: "Ким", Given: "Борис"}, Level: act.Basic})
	b := r.browser(t)
	b.signIn("anna")
	page := b.back(l.agree(b.begin(addBank)))
	b.post("/sign-out")
	b.signIn("boris")
	b.get(page.path).want(t, http.StatusGone, "This sign-in is over")
	b.post("/account/provider/link", "try", page.try(t)).want(t, http.StatusGone, "This sign-in is over")
}
