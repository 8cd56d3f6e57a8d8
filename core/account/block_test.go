package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// link makes a link of a letter good and returns its path.
func (r *rig) link(t *testing.T, person id.ID) string {
	t.Helper()
	link := r.PrepareNotMe(person)
	if err := r.base.Store.Write(t.Context(), link.Put); err != nil {
		t.Fatal(err)
	}
	return link.Path
}

func TestALetterFreezesAnAccountOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		entry, a := r.enter(t, "anna@example.org")
		path := r.link(t, a.Actor.Person)
		b := r.browser(t)
		if at := b.get(path); at.status != 200 || !strings.Contains(at.body, `action="`+path+`"`) {
			t.Fatalf("%d %s", at.status, at.body)
		}
		if err := r.try(t, a); err != nil {
			t.Fatalf("looking at the page froze: %v", err)
		}
		if at := b.post(path, path); at.status != 200 {
			t.Fatal(at.status)
		}
		if err := r.try(t, a); !errors.Is(err, account.ErrClosed) {
			t.Errorf("a session of a frozen account writes: %v", err)
		}
		if _, err := r.Sessions().Find(t.Context(), web.HashToken(entry.Token)); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("a session of a frozen account is found: %v", err)
		}
		token := strings.TrimPrefix(path, "/not-me/")
		if err := r.Freeze(t.Context(), id.New(r.clock.Now()), token); !errors.Is(err, account.ErrNotMe) {
			t.Errorf("a second time: %v", err)
		}
		r.clock.Move(2 * time.Minute)
		sent, code := r.code(t, "anna@example.org")
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{}); !errors.Is(err, account.ErrFrozen) {
			t.Errorf("a code lets in: %v", err)
		}
	})
}

func TestALinkIsGoodForThreeDaysAndHardToGuess(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, a := r.enter(t, "anna@example.org")
	token := strings.TrimPrefix(r.link(t, a.Actor.Person), "/not-me/")
	for _, other := range []string{"", "x", token[1:], strings.ToLower(token) + "A"} {
		if err := r.Freeze(t.Context(), id.New(r.clock.Now()), other); !errors.Is(err, account.ErrNotMe) {
			t.Errorf("%q: %v", other, err)
		}
	}
	r.clock.Move(72 * time.Hour)
	if err := r.Freeze(t.Context(), id.New(r.clock.Now()), token); !errors.Is(err, account.ErrNotMe) {
		t.Errorf("after 72 hours: %v", err)
	}
}

func TestTwoFactorsThatWereThereBeforeOpenAFrozenAccount(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people = r.enrol(t, "a", 1, act.Basic)
	who := r.people[0]
	of := id.Derived("account", who.person.String())
	way := func() id.ID {
		ready, err := r.PrepareWay(t.Context(), account.NewWay{Account: of, Method: account.ByPasskey, Name: "key", Secret: []byte("x"), Alone: true, Second: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.base.Store.Write(t.Context(), ready.Put); err != nil {
			t.Fatal(err)
		}
		return ready.ID
	}
	older := way()
	r.clock.Move(time.Hour)
	path := r.link(t, who.person)
	r.clock.Move(time.Hour)
	newer := way()
	if err := r.Freeze(t.Context(), id.New(r.clock.Now()), strings.TrimPrefix(path, "/not-me/")); err != nil {
		t.Fatal(err)
	}
	proof := func(way id.ID) account.Proof {
		return account.Proof{Method: account.ByPasskey, Account: of, Person: who.person, Way: way, Strong: true}
	}
	for name, c := range map[string]struct {
		p      account.Proof
		strong bool
	}{
		"one factor": {proof(older), false}, "a way that came after what the owner denied": {proof(newer), true}, "no way": {proof(id.ID{}), true},
		"a way of nobody": {proof(id.Derived("way", "x")), true},
	} {
		if err := r.Admit(t.Context(), c.p, c.strong); !errors.Is(err, account.ErrFrozen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := r.Admit(t.Context(), proof(older), true); err != nil {
		t.Fatal(err)
	}
	if b, err := r.Blocked(t.Context(), of); err != nil || b.Any() {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestTheCityClosesEveryAccountOfAPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people = r.enrol(t, "a", 2, act.Basic)
		if _, err := r.join(t, r.people[0].person, r.people[1].person, account.MergedBySelf); err != nil {
			t.Fatal(err)
		}
		_, first := r.signIn(t, r.people[0].contact)
		_, second := r.signIn(t, r.people[1].contact)
		_, admin := r.enter(t, "admin@example.org")
		admin.Lang = "en"
		of := id.Derived("account", r.people[1].person.String())
		if err := r.Bar(t.Context(), admin, of, account.ReasonCourt, ""); !errors.Is(err, account.ErrReason) {
			t.Errorf("without an order: %v", err)
		}
		if err := r.Bar(t.Context(), admin, of, account.ReasonCourt, "order 2-114/2026"); err != nil {
			t.Fatal(err)
		}
		for i, a := range []act.Act{first, second} {
			if err := r.try(t, a); !errors.Is(err, account.ErrClosed) {
				t.Errorf("session %d: %v", i, err)
			}
		}
		list, err := r.Blocks(t.Context(), id.ID{}, 10)
		if err != nil || len(list) != 2 || list[0].Official != admin.Actor.Person {
			t.Fatalf("%+v, %v", list, err)
		}
		p := account.Proof{Account: of, Person: r.people[0].person, Way: id.Derived("way", "x"), Strong: true}
		if err := r.Admit(t.Context(), p, true); !errors.Is(err, account.ErrBlocked) {
			t.Errorf("two factors open what the city closed: %v", err)
		}
		if _, err := r.Begin(t.Context(), p, account.Via{}); !errors.Is(err, account.ErrBlocked) {
			t.Errorf("a session begins: %v", err)
		}
		if err := r.Unbar(t.Context(), admin, of); err != nil {
			t.Fatal(err)
		}
		if list, err := r.Blocks(t.Context(), id.ID{}, 10); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// TestNoSessionOutlivesABlockThatCameWhileItBegan holds that a sign-in and a block at the same moment leave no session.
func TestNoSessionOutlivesABlockThatCameWhileItBegan(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		people := r.enrol(t, "race", 6, act.Basic)
		for _, h := range people {
			token := strings.TrimPrefix(r.link(t, h.person), "/not-me/")
			of := id.Derived("account", h.person.String())
			var wait sync.WaitGroup
			var entry account.Entry
			var began, froze error
			wait.Go(func() {
				entry, began = r.Begin(t.Context(), account.Proof{Method: account.ByEmail, Account: of, Person: h.person, Level: act.Standard}, account.Via{})
			})
			wait.Go(func() { froze = r.Freeze(t.Context(), id.New(r.clock.Now()), token) })
			wait.Wait()
			if froze != nil || began != nil && !errors.Is(began, account.ErrFrozen) {
				t.Fatal(froze, began)
			}
			if began == nil {
				if _, err := r.Sessions().Find(t.Context(), web.HashToken(entry.Token)); !errors.Is(err, web.ErrNoSession) {
					t.Errorf("a session of a frozen account is found: %v", err)
				}
			}
		}
	})
}

func TestTheAdministratorClosesAndOpensAnAccount(t *testing.T) {
	t.Parallel()
	r := one(t)
	err := r.Enrol(t.Context(), []account.Enrolment{
		{Person: id.Derived("person", "anna"), Name: nameOf("Смирнова", "Анна"), Email: "anna@example.org", Level: act.Basic, SignsIn: true},
		{Person: id.Derived("person", "gorsky"), Name: nameOf("Горский", "Вадим"), Email: "gorsky@example.org", Level: act.Verified, SignsIn: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	err = r.agencies.Enrol(t.Context(), []agency.Official{{Person: id.Derived("person", "gorsky"), Agency: agency.ID(agency.City), Role: agency.Admin}})
	if err != nil {
		t.Fatal(err)
	}
	b := r.browser(t)
	asked := b.post("/sign-in", "/sign-in", "contact", "gorsky@example.org", "back", "/account/profile")
	r.deliver(t)
	b.post("/sign-in/code", "/sign-in/code", "try", asked.try(t), "code", r.letters.last(t).code, "back", "/account/profile")
	if at := b.get("/admin/blocked"); at.status == 200 {
		t.Fatal("a resident sees the list")
	}
	b.post("/account/profile", "/hat", "agency", agency.ID(agency.City).String(), "back", "/admin/blocked")
	if at := b.post("/admin/blocked", "/admin/blocked", "by", "contact", "who", "nobody@example.org", "reason", "fraud", "note", ""); at.status != 422 {
		t.Errorf("nobody is closed without an order: %d", at.status)
	}
	at := b.post("/admin/blocked", "/admin/blocked", "by", "contact", "who", "anna@example.org", "reason", "court", "note", "2-114/2026")
	of := id.Derived("account", id.Derived("person", "anna").String())
	page := "/admin/blocked/" + of.String()
	if at.path != page || !strings.Contains(at.body, "Смирнова") || !strings.Contains(at.body, "2-114/2026") {
		t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	if at := b.get("/admin/blocked"); !strings.Contains(at.body, of.String()) || strings.Contains(at.body, "Смирнова") || strings.Contains(at.body, "2-114/2026") {
		t.Errorf("the list: %d %s", at.status, at.body)
	}
	var looks []store.LookRecord
	err = r.base.Store.Look(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "test", func(p *store.Personal) error {
		var err error
		looks, err = store.LooksAt(p, id.Derived("person", "anna"), r.clock.Now().Add(time.Minute), 10)
		return err
	})
	if err != nil || len(looks) == 0 || looks[0].What != "account.look.block" || looks[0].Actor.Person != id.Derived("person", "gorsky") {
		t.Errorf("looks %+v, %v", looks, err)
	}
	if at := b.post(page, page+"/open"); at.path != page {
		t.Errorf("%s %d", at.path, at.status)
	}
	if block, err := r.Blocked(t.Context(), of); err != nil || block.Any() {
		t.Errorf("%+v, %v", block, err)
	}
}
