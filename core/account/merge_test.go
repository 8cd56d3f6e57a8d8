package account_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
)

// human is a person with an account for a test.
type human struct {
	person  id.ID
	contact string
}

// enrol brings people in, each with an account and an e-mail of their own.
func (r *rig) enrol(t testing.TB, of string, n int, level act.Level) []human {
	t.Helper()
	var out []human
	var list []account.Enrolment
	for i := range n {
		h := human{id.New(r.clock.Now()), fmt.Sprintf("%s-%d@example.org", of, i)}
		out = append(out, h)
		list = append(list, account.Enrolment{Person: h.person, Email: h.contact, Level: level, SignsIn: true})
	}
	if err := r.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return out
}

// signIn opens a session by a contact and returns what the house makes of it.
func (r *rig) signIn(t testing.TB, contact string) (web.Session, act.Act) {
	t.Helper()
	person, err := r.Find(t.Context(), contact)
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := r.AccountOf(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range accounts {
		if !r.signsIn(t, contact, one) {
			continue
		}
		entry, err := r.Begin(t.Context(), account.Proof{Method: account.ByEmail, Account: one, Person: person, Level: act.Standard}, account.Via{Channel: act.API, Device: "test"})
		if err != nil {
			t.Fatal(err)
		}
		session, err := r.Sessions().Find(t.Context(), web.HashToken(entry.Token))
		if err != nil {
			t.Fatal(err)
		}
		a := r.as(entry)
		a.Also = session.Also
		return session, a
	}
	t.Fatalf("%s leads to %s and to none of its accounts", contact, person)
	return web.Session{}, act.Act{}
}

// signsIn tells whether the contact is the account's: enrolled accounts have ids made of their first persons'.
func (r *rig) signsIn(t testing.TB, contact string, one id.ID) bool {
	t.Helper()
	for _, h := range r.people {
		if h.contact == contact {
			return id.Derived("account", h.person.String()) == one
		}
	}
	return true
}

func (r *rig) join(t testing.TB, first, second id.ID, how account.How) (account.Joining, error) {
	t.Helper()
	a := act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.System}, Lang: "en"}
	j, err := r.PrepareJoin(t.Context(), a, first, second, how)
	if err != nil {
		return j, err
	}
	return j, r.base.Store.Write(t.Context(), j.Put)
}

func TestAMergedPersonsThingsAreOnesOwnUntilItIsUndone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people = r.enrol(t, "a", 2, act.Basic)
		first, second := r.people[0], r.people[1]
		old, oldAct := r.signIn(t, second.contact)
		j, err := r.join(t, first.person, second.person, account.MergedBySelf)
		if err != nil || j.Kept.ID != first.person {
			t.Fatalf("%+v, %v", j, err)
		}
		if err := r.try(t, oldAct); !errors.Is(err, account.ErrClosed) {
			t.Errorf("a session of the merged person still writes: %v", err)
		}
		_ = old
		session, a := r.signIn(t, second.contact)
		if session.Person != first.person || !slices.Equal(session.Also, []id.ID{second.person}) || !a.Is(second.person) || !a.Own(second.person) {
			t.Fatalf("the second account leads to %+v", session)
		}
		if err := r.try(t, a); err != nil {
			t.Fatal(err)
		}
		if err := r.Undo(t.Context(), a, j.ID); err != nil {
			t.Fatal(err)
		}
		if err := r.try(t, a); !errors.Is(err, account.ErrClosed) {
			t.Errorf("the session whose account led back still writes: %v", err)
		}
		if session, _ = r.signIn(t, second.contact); session.Person != second.person || len(session.Also) != 0 {
			t.Errorf("after the end the second account leads to %+v", session)
		}
		if session, _ = r.signIn(t, first.contact); session.Person != first.person || len(session.Also) != 0 {
			t.Errorf("after the end the first account leads to %+v", session)
		}
	})
}

func TestAContactIsItsOwnAccountsAfterAMerge(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people = r.enrol(t, "a", 2, act.Basic)
		first, second := r.people[0], r.people[1]
		if _, err := r.join(t, first.person, second.person, account.MergedBySelf); err != nil {
			t.Fatal(err)
		}
		contact, err := account.ParseContact(first.contact)
		if err != nil {
			t.Fatal(err)
		}
		_, a := r.signIn(t, second.contact)
		if err := r.DropContact(t.Context(), a, contact.Channel); !errors.Is(err, account.ErrLastWay) {
			t.Errorf("the only contact of the other account was dropped: %v", err)
		}
		if _, _, err := r.MemberOf(t.Context(), contact); err != nil {
			t.Errorf("it signs in no more: %v", err)
		}
		if err := r.Data().Forget(t.Context(), first.person); err != nil {
			t.Fatal(err)
		}
		for _, one := range r.people {
			left, err := account.ParseContact(one.contact)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := r.MemberOf(t.Context(), left); !errors.Is(err, store.ErrNone) {
				t.Errorf("%s still signs in to an erased person: %v", one.contact, err)
			}
		}
	})
}

func TestAnActOfBeforeTheEndOfAMergeWritesNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people = r.enrol(t, "a", 2, act.Basic)
	first, second := r.people[0], r.people[1]
	j, err := r.join(t, first.person, second.person, account.MergedBySelf)
	if err != nil {
		t.Fatal(err)
	}
	_, undoing := r.signIn(t, first.contact)
	if err := r.Undo(t.Context(), undoing, j.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.try(t, undoing); !errors.Is(err, account.ErrClosed) {
		t.Errorf("an act that still counts the other's things as its own wrote: %v", err)
	}
	undoing.Also = nil
	if err := r.try(t, undoing); err != nil {
		t.Errorf("the session itself stays: %v", err)
	}
	if err := r.Undo(t.Context(), undoing, j.ID); !errors.Is(err, account.ErrMergeUndo) {
		t.Errorf("a second end: %v", err)
	}
}

func TestAMergeIsUndoneWithinThirtyDays(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people = r.enrol(t, "a", 3, act.Basic)
	j, err := r.join(t, r.people[0].person, r.people[1].person, account.MergedBySelf)
	if err != nil {
		t.Fatal(err)
	}
	_, stranger := r.signIn(t, r.people[2].contact)
	if err := r.Undo(t.Context(), stranger, j.ID); !errors.Is(err, store.ErrNone) {
		t.Errorf("a stranger's end: %v", err)
	}
	r.clock.Move(account.UndoWithin)
	_, late := r.signIn(t, r.people[0].contact)
	if err := r.Undo(t.Context(), late, j.ID); !errors.Is(err, account.ErrMergeUndo) {
		t.Errorf("after thirty days: %v", err)
	}
}

func TestContactsFillTheKeptPersonAndLeaveWithTheMergedOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		kept, merged := id.New(r.clock.Now()), id.New(r.clock.Now())
		err := r.Enrol(t.Context(), []account.Enrolment{
			{Person: kept, Email: "k@example.org", Level: act.Basic, SignsIn: true}, {Person: merged, Phone: "+79160000001", Level: act.Basic, SignsIn: true},
		})
		if err != nil {
			t.Fatal(err)
		}
		j, err := r.join(t, kept, merged, account.MergedBySelf)
		if err != nil {
			t.Fatal(err)
		}
		_, a := r.signIn(t, "k@example.org")
		if p, err := r.Person(t.Context(), a, "account.look.profile", kept); err != nil || p.Phone != "+79160000001" || p.Email != "k@example.org" {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := r.Undo(t.Context(), a, j.ID); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Person(t.Context(), a, "account.look.profile", kept); err != nil || p.Phone != "" || p.Email != "k@example.org" || !p.SignsIn {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestWhoMayNotBeMerged(t *testing.T) {
	t.Parallel()
	r := one(t)
	p := func(key string, e account.Enrolment) id.ID {
		e.Person, e.Email, e.SignsIn = id.Derived("person", key), key+"@example.org", true
		if err := r.Enrol(t.Context(), []account.Enrolment{e}); err != nil {
			t.Fatal(err)
		}
		return e.Person
	}
	anna := p("anna", account.Enrolment{Name: nameOf("Смирнова", "Анна"), Birth: dateOf("1988-04-12"), SNILS: "11223344595", Level: act.Standard})
	oleg := p("oleg", account.Enrolment{Name: nameOf("Смирнов", "Олег"), SNILS: "11223363700", Level: act.Standard})
	clerk := p("clerk", account.Enrolment{Level: act.Basic})
	other := p("other", account.Enrolment{Name: nameOf("Козлова", "Анна"), Level: act.Basic})
	alike := p("alike", account.Enrolment{Name: nameOf(" смирнова", "АННА"), Level: act.Basic})
	if err := r.agencies.Enrol(t.Context(), []agency.Official{{Person: clerk, Agency: agency.ID("transport"), Role: agency.Clerk}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		first, second id.ID
		how           account.How
		want          error
	}{
		"two confirmed people":            {anna, oleg, account.MergedBySelf, account.ErrMergeTwo},
		"two confirmed, by an official":   {anna, oleg, account.MergedAtCentre, account.ErrMergeTwo},
		"an official of less level":       {anna, clerk, account.MergedBySelf, account.ErrMergeOffice},
		"another name":                    {anna, other, account.MergedBySelf, account.ErrMergeDiffers},
		"oneself":                         {anna, anna, account.MergedBySelf, account.ErrMergeSame},
		"another name, order turned":      {other, anna, account.MergedBySelf, account.ErrMergeDiffers},
		"nobody":                          {anna, id.Derived("person", "nobody"), account.MergedBySelf, store.ErrNone},
		"another name, at a centre":       {other, anna, account.MergedAtCentre, nil},
		"the same name written otherwise": {alike, anna, account.MergedBySelf, nil},
	} {
		j, err := r.PrepareJoin(t.Context(), act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.System}}, c.first, c.second, c.how)
		if !errors.Is(err, c.want) || c.want == nil && (err != nil || j.Kept.ID != anna) {
			t.Errorf("%s: kept %s, %v", name, j.Kept.ID, err)
		}
	}
}

// TestMergesNeverMixUnrelatedPeople holds, after any sequence of merges and their ends, that each account leads to one
// person and that what is reachable from two accounts is either the same or nothing in common.
func TestMergesNeverMixUnrelatedPeople(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		round := 0
		rapid.Check(t, func(rt *rapid.T) {
			round++
			r.people = r.enrol(t, fmt.Sprintf("round%d", round), 4, act.Basic)
			parent := map[id.ID]id.ID{} // the model: whom each was merged into
			merges := map[id.ID][2]id.ID{}
			root := func(p id.ID) id.ID {
				for !parent[p].IsZero() {
					p = parent[p]
				}
				return p
			}
			pick := func(what string) human { return r.people[rapid.IntRange(0, len(r.people)-1).Draw(rt, what)] }
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				if rapid.IntRange(0, 2).Draw(rt, "step") > 0 {
					x, y := pick("first").person, pick("second").person
					j, err := r.join(t, x, y, account.MergedBySelf)
					allowed := x != y && parent[x].IsZero() && parent[y].IsZero()
					if allowed != (err == nil) {
						rt.Fatalf("merging %s and %s: %v", x, y, err)
					}
					if err == nil {
						parent[j.Merged.ID], merges[j.ID] = j.Kept.ID, [2]id.ID{j.Merged.ID, j.Kept.ID}
					}
					continue
				}
				_, a := r.signIn(t, pick("who undoes").contact)
				list, err := r.MergesOf(t.Context(), a)
				if err != nil || len(list) == 0 {
					continue
				}
				g := list[rapid.IntRange(0, len(list)-1).Draw(rt, "merge")]
				_, live := merges[g.ID]
				if err := r.Undo(t.Context(), a, g.ID); live != (err == nil) {
					rt.Fatalf("undoing: %v, in force %v", err, live)
				}
				if live {
					delete(parent, merges[g.ID][0])
					delete(merges, g.ID)
				}
			}
			r.checkApart(t, rt, root)
		})
	}, needs()...)
}

func (r *rig) checkApart(t *testing.T, rt *rapid.T, root func(id.ID) id.ID) {
	owners := map[id.ID]id.ID{} // thing (first person's id) → who reaches it
	leads := map[id.ID]int{}
	for _, h := range r.people {
		session, _ := r.signIn(t, h.contact)
		if session.Person != root(h.person) {
			rt.Fatalf("the account of %s leads to %s, want %s", h.person, session.Person, root(h.person))
		}
		for _, thing := range append([]id.ID{session.Person}, session.Also...) {
			if owner := owners[thing]; !owner.IsZero() && owner != session.Person {
				rt.Fatalf("the things of %s are reached by %s and %s", thing, owner, session.Person)
			}
			owners[thing] = session.Person
		}
		if owners[h.person] != session.Person {
			rt.Fatalf("the account of %s does not reach its own things", h.person)
		}
	}
	for _, h := range r.people {
		accounts, err := r.AccountOf(t.Context(), h.person)
		if err != nil {
			rt.Fatal(err)
		}
		for _, one := range accounts {
			leads[one]++
		}
	}
	for _, h := range r.people {
		if n := leads[id.Derived("account", h.person.String())]; n != 1 {
			rt.Fatalf("the account of %s is listed with %d people", h.person, n)
		}
	}
}

func TestTwoMergesAtOnceMakeNoCircle(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for round := range 8 {
			people := r.enrol(t, fmt.Sprintf("race%d", round), 3, act.Basic)
			r.people = people
			pairs := [][2]int{{0, 1}, {1, 0}, {1, 2}}
			var ready []account.Joining
			for _, pair := range pairs {
				j, err := r.PrepareJoin(t.Context(), act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.System}}, people[pair[0]].person, people[pair[1]].person, account.MergedBySelf)
				if err != nil {
					t.Fatal(err)
				}
				ready = append(ready, j)
			}
			errs := make([]error, len(ready))
			var wait sync.WaitGroup
			for i, j := range ready {
				wait.Go(func() { errs[i] = r.base.Store.Write(t.Context(), j.Put) })
			}
			wait.Wait()
			done := 0
			for _, err := range errs {
				switch {
				case err == nil:
					done++
				case !errors.Is(err, account.ErrChanged):
					t.Errorf("%v", err)
				}
			}
			if done != 1 { // all three touch the second person, whose record changes with the first that commits
				t.Errorf("%d of three merges of the same people were carried out", done)
			}
			for _, h := range people {
				r.signIn(t, h.contact)
			}
		}
	})
}

func TestAKnownChildBecomesThePersonOfTheirAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.Provide(r.letters, &register{verdict: account.Confirmed})
		child := id.Derived("person", "dasha")
		err := r.Enrol(t.Context(), []account.Enrolment{{
			Person: child, Name: nameOf("Смирнова", "Дарья"), Birth: dateOf("2010-08-21"), SNILS: "11223391100", Level: act.Standard,
		}})
		if err != nil {
			t.Fatal(err)
		}
		_, a := r.enter(t, "dasha@example.org")
		a.Lang = "en"
		says := account.Identity{Name: nameOf("Смирнова", "Дарья"), Birth: dateOf("2010-08-21"), SNILS: "112-233-911 00"}
		liar := says
		liar.Birth = dateOf("2010-08-22")
		if _, err := r.Confirm(t.Context(), a, a.Actor.Person, liar); !errors.Is(err, account.ErrSNILSTaken) {
			t.Errorf("another birth date: %v", err)
		}
		got, err := r.Confirm(t.Context(), a, a.Actor.Person, says)
		if err != nil || got.ID != child || got.Level != act.Standard || !got.SignsIn || got.Email != "dasha@example.org" {
			t.Fatalf("%+v, %v", got, err)
		}
		session, again := r.signIn(t, "dasha@example.org")
		if session.Person != child || !slices.Equal(session.Also, []id.ID{a.Actor.Person}) || session.Assurance != act.Standard {
			t.Errorf("%+v", session)
		}
		list, err := r.MergesOf(t.Context(), again)
		if err != nil || len(list) != 1 || list[0].How != account.MergedByNumber {
			t.Fatalf("%+v, %v", list, err)
		}
		r.clock.Move(2 * time.Minute)
		_, b := r.enter(t, "thief@example.org")
		b.Lang = "en"
		if _, err := r.Confirm(t.Context(), b, b.Actor.Person, says); !errors.Is(err, account.ErrSNILSTaken) {
			t.Errorf("a second account became the child: %v", err)
		}
		if err := r.Undo(t.Context(), again, list[0].ID); err != nil {
			t.Fatal(err)
		}
		if p, err := r.Person(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, "account.enrol", child); err != nil || p.SignsIn || p.Email != "" {
			t.Errorf("after the end the child is %+v, %v", p, err)
		}
	})
}

func TestMergingInOneBrowser(t *testing.T) {
	t.Parallel()
	r := one(t)
	register := func(b *browser, contact, back string) reply {
		t.Helper()
		r.clock.Move(2 * time.Minute)
		asked := b.post("/sign-in", "/sign-in", "contact", contact, "back", back)
		r.deliver(t)
		return b.post("/sign-in/code", "/sign-in/code", "try", asked.try(t), "code", r.letters.last(t).code, "back", back)
	}
	b := r.browser(t)
	register(b, "first@example.org", "/account/security")
	first, _ := r.Find(t.Context(), "first@example.org")
	other := r.browser(t)
	register(other, "second@example.org", "/account/security")
	second, _ := r.Find(t.Context(), "second@example.org")

	if at := b.post("/account/merge", "/account/merge"); !strings.HasPrefix(at.path, "/sign-in?back=") {
		t.Fatalf("beginning led to %s: %d", at.path, at.status)
	}
	if at := b.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
		t.Errorf("the first session goes on: %s", at.path)
	}
	if at := other.get("/account/merge/join"); at.path != "/account/merge" {
		t.Errorf("another browser came to %s", at.path)
	}
	at := register(b, "second@example.org", "/account/merge/join")
	if at.path != "/account/merge/join" || !strings.Contains(at.body, `action="/account/merge/join"`) {
		t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	if strings.Contains(at.body, "first@example.org") || strings.Contains(at.body, "second@example.org") {
		t.Error("the page shows whole contacts")
	}
	if at = b.post("/account/merge/join", "/account/merge/join"); at.path != "/account/merge" || at.status != 200 {
		t.Fatalf("%s %d", at.path, at.status)
	}
	if who, _ := r.Find(t.Context(), "second@example.org"); who != first {
		t.Errorf("the second contact leads to %s", who)
	}
	if at := b.get("/account/profile"); at.status != 200 || at.path != "/account/profile" {
		t.Errorf("the person is not signed in any more: %s %d", at.path, at.status)
	}
	if at := other.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
		t.Errorf("an older session of the merged person goes on: %s", at.path)
	}
	merge := regexpField(t, b.get("/account/merge").body, "merge")
	if at := b.post("/account/merge", "/account/merge/undo", "merge", merge); at.status != 200 {
		t.Fatalf("%s %d", at.path, at.status)
	}
	if who, _ := r.Find(t.Context(), "second@example.org"); who != second {
		t.Errorf("after the end the second contact leads to %s", who)
	}
}
