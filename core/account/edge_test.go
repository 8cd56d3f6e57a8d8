package account_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
)

func TestCountersHoldUnderManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		var passed atomic.Int64
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				ok, wait, err := r.Counters().Count(context.Background(), "test.guard", "127.0.0.1", 7, time.Minute)
				if err != nil || !ok && (wait <= 0 || wait > time.Minute) {
					t.Errorf("%v, %v, %v", ok, wait, err)
				}
				if ok {
					passed.Add(1)
				}
			})
		}
		all.Wait()
		if passed.Load() != 7 {
			t.Errorf("%d passed of 7", passed.Load())
		}
		if ok, _, err := r.Counters().Count(t.Context(), "test.guard", "127.0.0.2", 7, time.Minute); !ok || err != nil {
			t.Errorf("another key: %v, %v", ok, err)
		}
		r.clock.Move(time.Minute)
		if ok, _, err := r.Counters().Count(t.Context(), "test.guard", "127.0.0.1", 7, time.Minute); !ok || err != nil {
			t.Errorf("a minute later: %v, %v", ok, err)
		}
	})
}

func TestHeldFormsAreGivenOnceAndNotForLong(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		forms := r.HeldForms()
		key, late := [32]byte{1}, [32]byte{2}
		for _, k := range [][32]byte{key, late} {
			if err := forms.Put(t.Context(), k, []byte("sealed"), r.clock.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := forms.Take(t.Context(), key); err != nil || string(got) != "sealed" {
			t.Errorf("%q, %v", got, err)
		}
		if _, err := forms.Take(t.Context(), key); !errors.Is(err, web.ErrNotHeld) {
			t.Errorf("a second time: %v", err)
		}
		r.clock.Move(time.Hour)
		if _, err := forms.Take(t.Context(), late); !errors.Is(err, web.ErrNotHeld) {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestAnswersToRepeatedCalls(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		call := web.Call{Person: id.New(r.clock.Now()), Operation: "pay.start", Key: [32]byte{1}, Body: [32]byte{2}}
		other := call
		other.Body = [32]byte{3}
		begin := func(c web.Call, want web.CallState) web.Answer {
			t.Helper()
			state, answer, err := r.Answers().Begin(t.Context(), c, time.Minute)
			if err != nil || state != want {
				t.Errorf("state %v, want %v: %v", state, want, err)
			}
			return answer
		}
		begin(call, web.CallFresh)
		begin(call, web.CallRunning)
		begin(other, web.CallDiffers)
		r.clock.Move(2 * time.Minute)
		begin(call, web.CallFresh) // the first one died
		if err := r.Answers().Drop(t.Context(), call); err != nil {
			t.Fatal(err)
		}
		begin(call, web.CallFresh)
		want := web.Answer{Status: 201, Type: "application/json", Body: []byte(`{"name":"Анна"}`)}
		if err := r.Answers().Finish(t.Context(), call, want); err != nil {
			t.Fatal(err)
		}
		if got := begin(call, web.CallAnswered); got.Status != 201 || got.Type != want.Type || !bytes.Equal(got.Body, want.Body) {
			t.Errorf("the answer is %+v", got)
		}
		begin(other, web.CallDiffers)
		r.clock.Move(24*time.Hour - time.Second)
		begin(call, web.CallAnswered)
		r.clock.Move(time.Second)
		begin(call, web.CallFresh) // a day later nobody is given it
	})
}

// Another node hears of a closed session by the feed, and trusts nothing before it has read the feed.
func TestAnotherNodeForgetsAClosedSession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		entry, _ := r.enter(t, "a@example.org")
		second := *r.base
		second.Feed, second.Jobs, second.Web = feed.Open(r.base.Store, r.base.Log), jobs.NewQueue(r.base.Store, jobs.Options{}), nil
		node := account.New(account.Deps{Agencies: r.agencies, Courier: r.letters})
		if err := node.Provision(&second); err != nil {
			t.Fatal(err)
		}
		third := second
		third.Feed, third.Jobs = feed.Open(r.base.Store, r.base.Log), jobs.NewQueue(r.base.Store, jobs.Options{})
		deaf := account.New(account.Deps{Agencies: r.agencies, Courier: r.letters}) // never reads its feed
		if err := errors.Join(deaf.Provision(&third), second.Feed.Poll(t.Context())); err != nil {
			t.Fatal(err)
		}
		hash := web.HashToken(entry.Token)
		if _, err := deaf.Sessions().Find(t.Context(), hash); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := node.Sessions().Find(t.Context(), hash); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(t.Context(), entry.Person, entry.Session); err != nil {
			t.Fatal(err)
		}
		if err := second.Feed.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := node.Sessions().Find(t.Context(), hash); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("the other node still knows the session: %v", err)
		}
		if _, err := deaf.Sessions().Find(t.Context(), hash); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("a node that does not hear the feed trusts its cache: %v", err)
		}
	})
}

// A token opens its own session and no other text opens any.
func TestTokensAreTheirOwn(t *testing.T) {
	t.Parallel()
	r := one(t)
	tokens := map[string]id.ID{}
	rapid.Check(t, func(t *rapid.T) {
		token, hash := web.NewToken()
		if _, taken := tokens[token]; taken || web.HashToken(token) != hash {
			t.Fatalf("token %q, hash %x", token, hash)
		}
		tokens[token] = id.ID{}
	})
	entry, _ := r.enter(t, "a@example.org")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Just(entry.Token[:len(entry.Token)-1]+"_"), rapid.Just(entry.Token+" ")).Draw(t, "text")
		if text == entry.Token {
			return
		}
		if got, err := r.Sessions().Find(context.Background(), web.HashToken(text)); !errors.Is(err, web.ErrNoSession) {
			t.Fatalf("%q opened %+v, %v", text, got, err)
		}
	})
}

// Whoever looks at a person is on record; the person's own look and the house's own work are not.
func TestLooksAtPeopleAreRecorded(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r)
		entry, me := r.enter(t, "anna@example.org")
		if entry.Person != anna.Person {
			t.Fatalf("signed in as %v", entry.Person)
		}
		look := func(a act.Act) int {
			t.Helper()
			people, err := r.People(t.Context(), a, "account.look.profile", anna.Person, id.New(r.clock.Now()))
			if err != nil || len(people) != 1 || people[anna.Person].Name != anna.Name || people[anna.Person].Birth != anna.Birth {
				t.Errorf("people are %+v, %v", people, err)
			}
			return countLooks(t, r.base.Store)
		}
		if n := look(me); n != 0 {
			t.Errorf("%d records after the person's own look", n)
		}
		official := act.Act{Actor: act.Actor{Kind: act.Official, Person: id.New(r.clock.Now()), Agency: agency.ID("transport"), Role: "officer"}, Channel: act.Desk}
		if n := look(official); n != 1 {
			t.Errorf("%d records after an official's look", n)
		}
	})
}

var looks = store.NewQuery("test.CountLooks", `SELECT COUNT(*) FROM look`)

func countLooks(t *testing.T, s *store.Store) int {
	t.Helper()
	n := 0
	err := s.Read(t.Context(), func(r *store.Snapshot) error {
		return r.Query(looks, func(row *store.Row) error { n = int(row.Int(0)); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A stolen database shows no name, birth date, number, contact, code, token or password.
func TestTheFilesTellNothing(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), clock.At(storetest.Start)
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Clock: c}, needs()...)
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, s, c)
	enrolAnna(t, r)
	sent, code := r.code(t, "zinaida@example.org")
	entry, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{Device: "Konqueror"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.AskCode(t.Context(), mustContact(t, "+7 999 888-77-66"), "ru", "198.51.100.7"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	secrets := []string{"Смирнова", "Анна", "1986-04-05", "11223344595", "9161234567", "9998887766", "anna@", "zinaida", "Konqueror", "correct horse", entry.Token, "198.51.100"}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, secret := range secrets {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s holds %q", d.Name(), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func mustContact(t *testing.T, text string) account.Contact {
	t.Helper()
	c, err := account.ParseContact(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSweepingKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		entry, _ := r.enter(t, "a@example.org")
		sent, code := r.code(t, "b@example.org")
		r.clock.Move(5 * time.Minute)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{}); err != nil {
			t.Errorf("a code was swept in its time: %v", err)
		}
		r.session(t, entry.Token)
		r.clock.Move(48 * time.Hour)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []*store.Query{countOf("session_token"), countOf("challenge"), countOf("counter")} {
			err := r.base.Store.Read(t.Context(), func(s *store.Snapshot) error {
				return s.Query(table, func(row *store.Row) error {
					if row.Int(0) != 0 {
						t.Errorf("%s: %d rows are left", table.Name(), row.Int(0))
					}
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func countOf(table string) *store.Query {
	return store.NewQuery("test."+table, "SELECT COUNT(*) FROM "+table)
}

func BenchmarkFindASession(b *testing.B) {
	s, c := storetest.Open(b, needs()...)
	r := newRig(b, s, c)
	entry, _ := r.enter(b, "a@example.org")
	hash := web.HashToken(entry.Token)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Sessions().Find(b.Context(), hash); err != nil {
			b.Fatal(err)
		}
	}
}
