package account_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// annasPassword is what enrolAnna gives her.
const annasPassword = "correct horse"

// token is a method that a test makes: whoever knows the word of a way has it.
type token struct{ r *rig }

// offer puts the method into the house; it has a page of its own, as a second step and for adding.
func (k token) offer(m *account.Module) {
	m.Offer(account.Offer{Method: account.ByApp, Order: 5, Icon: "key", Title: "account.method.app", Second: "/sign-in/app", Add: "/account/security/app"})
}

func (k token) prove(c *web.Context) error {
	asked, ok, err := k.r.Asked(c)
	if err != nil || !ok {
		return errors.Join(err, c.Redirect("/sign-in"))
	}
	kept, err := k.r.KeptOf(c.Context(), asked.Account, account.ByApp)
	if err != nil {
		return err
	}
	if from, err := id.Parse(c.Query("from")); err == nil { // a code to the contact of another account of theirs
		return k.r.Finish(c, account.Proof{Method: account.ByEmail, Account: from, Person: asked.Person, Level: act.Standard})
	}
	for _, one := range kept {
		if string(one.Secret) == c.Query("word") {
			return k.r.Finish(c, account.Proof{Method: account.ByApp, Account: asked.Account, Person: asked.Person, Way: one.ID, Level: act.Standard})
		}
	}
	return account.ErrWrong
}

// withToken is a house that knows the test's method.
func withToken(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	eachWith(t, func(r *rig, s *web.Server) {
		k := token{r}
		k.offer(r.Module)
		s.Page(s.Operation(act.Operation{Name: "test.token", May: act.Everyone}), "GET /sign-in/app", k.prove)
		fresh := s.Operation(act.Operation{Name: "test.fresh", May: act.SignedIn, Changes: true, Fresh: 15 * time.Minute})
		strong := s.Operation(act.Operation{Name: "test.strong", May: act.SignedIn, Strong: true})
		s.Page(s.Operation(act.Operation{Name: "test.form", May: act.SignedIn}), "GET /fresh", func(c *web.Context) error { return c.JSON(http.StatusOK, "form") })
		s.Page(fresh, "POST /fresh", func(c *web.Context) error { return c.JSON(http.StatusOK, "done freshly") })
		s.Page(strong, "GET /strong", func(c *web.Context) error { return c.JSON(http.StatusOK, "done strongly") })
	}, test)
}

// addWay gives a person's account a way of the test's method.
func (r *rig) addWay(t *testing.T, person id.ID, word string) account.Way {
	t.Helper()
	accounts, err := r.AccountOf(t.Context(), person)
	if err != nil || len(accounts) != 1 {
		t.Fatalf("accounts are %v, %v", accounts, err)
	}
	ready, err := r.PrepareWay(t.Context(), account.NewWay{Account: accounts[0], Method: account.ByApp, Name: "телефон", Secret: []byte(word), Key: word, Second: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.base.Store.Write(t.Context(), ready.Put); err != nil {
		t.Fatal(err)
	}
	ways, err := r.WaysOf(t.Context(), accounts[0])
	if err != nil || len(ways) == 0 {
		t.Fatalf("ways are %v, %v", ways, err)
	}
	return ways[len(ways)-1]
}

// signIn goes through the page of the password and tells where the browser stands then.
func (b *browser) signIn(back string) reply {
	b.t.Helper()
	return b.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", annasPassword, "back", back)
}

func TestASecondStepIsAskedInANewBrowserAndNotInAKnownOne(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		known := r.browser(t)
		if at := known.signIn("/account/profile"); at.path != "/account/profile" {
			t.Fatalf("with no second way: %s", at.path)
		}
		r.addWay(t, anna, "sesame")
		stranger := r.browser(t)
		asked := stranger.signIn("/account/profile?x=1")
		if asked.path != "/sign-in/second" || !strings.Contains(asked.body, "/sign-in/app?") {
			t.Fatalf("in a new browser: %d %s", asked.status, asked.path)
		}
		if in := stranger.get("/account/profile"); !strings.HasPrefix(in.path, "/sign-in?") {
			t.Errorf("one step lets in: %s", in.path)
		}
		if wrong := stranger.get("/sign-in/app?word=open"); wrong.status != 422 {
			t.Errorf("a wrong word: %d %s", wrong.status, wrong.path)
		}
		if in := stranger.get("/sign-in/app?word=sesame"); in.path != "/account/profile?x=1" {
			t.Errorf("after both steps: %d %s", in.status, in.path)
		}
		if strong := stranger.get("/strong"); !strings.Contains(strong.body, "done strongly") {
			t.Errorf("two steps are two factors: %s", strong.path)
		}
		if again := known.signIn("/account/profile"); again.path != "/account/profile" {
			t.Errorf("in a known browser: %s", again.path)
		}
	})
}

// A sign-in that waits belongs to its browser, to one use, and to ten minutes.
func TestAWaitingSignInIsItsBrowsersAlone(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		r.addWay(t, enrolAnna(t, r).Person, "sesame")
		b := r.browser(t)
		b.signIn("/account/profile")
		if other := r.browser(t).get("/sign-in/app?word=sesame"); other.path != "/sign-in" {
			t.Errorf("another browser: %d %s", other.status, other.path)
		}
		r.clock.Move(11 * time.Minute)
		if late := b.get("/sign-in/app?word=sesame"); late.path != "/sign-in" {
			t.Errorf("eleven minutes after: %d %s", late.status, late.path)
		}
	})
}

func TestAnImportantActAsksOnceMoreAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		b := r.browser(t)
		b.signIn("/fresh")
		if done := b.post("/fresh", "/fresh", "name", "Анна"); !strings.Contains(done.body, "done freshly") {
			t.Fatalf("just after the sign-in: %d %s", done.status, done.path)
		}
		r.clock.Move(20 * time.Minute)
		asked := b.post("/fresh", "/fresh", "name", "Анна")
		if !strings.HasPrefix(asked.path, "/sign-in/raise?back=%2Ffresh") || !strings.Contains(asked.body, `name="password"`) {
			t.Fatalf("twenty minutes after: %d %s", asked.status, asked.path)
		}
		if wrong := b.post(asked.path, "/sign-in/second", "method", "password", "password", "no", "back", "/fresh"); wrong.status != 422 {
			t.Errorf("a wrong password: %d %s", wrong.status, wrong.path)
		}
		before := b.cookie("posad_session")
		if back := b.post(asked.path, "/sign-in/second", "method", "password", "password", annasPassword, "back", "/fresh"); back.path != "/fresh" {
			t.Fatalf("after the password: %d %s", back.status, back.path)
		}
		if b.cookie("posad_session") == before {
			t.Errorf("the token stays %q when the session is raised", before)
		}
		if done := b.post("/fresh", "/fresh", "name", "Анна"); !strings.Contains(done.body, "done freshly") {
			t.Errorf("after it was shown again: %d %s", done.status, done.path)
		}
		if strong := b.get("/strong"); !strings.HasPrefix(strong.path, "/sign-in/raise?") || !strings.Contains(strong.path, "strong=1") {
			t.Errorf("two factors are asked: %d %s", strong.status, strong.path)
		}
	})
}

func TestTheLastWayInStays(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		way := r.addWay(t, anna, "sesame")
		b := r.browser(t)
		b.signIn("/account/profile")
		b.get("/sign-in/app?word=sesame")
		if gone := b.post("/account/security", "/account/contact/drop", "channel", "phone"); gone.path != "/account/security" {
			t.Errorf("one of two contacts: %d %s", gone.status, gone.path)
		}
		if last := b.post("/account/security", "/account/contact/drop", "channel", "email"); last.status != 409 || !strings.Contains(last.body, "последний способ") {
			t.Errorf("the only contact: %d %s", last.status, last.path)
		}
		if gone := b.post("/account/security", "/account/security/way/drop", "account", way.Account.String(), "way", way.ID.String()); gone.path != "/account/security" {
			t.Errorf("a second way: %d %s", gone.status, gone.path)
		}
		if _, err := r.KeptByKey(t.Context(), account.ByApp, "sesame"); !errors.Is(err, store.ErrNone) {
			t.Errorf("a dropped way is found by its key: %v", err)
		}
		r.addWay(t, anna, "sesame") // its key is free again
	})
}

func TestAWayIsOneAccountsAndItsSecretIsUsedInOrder(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		boris, _ := r.enter(t, "boris@example.org")
		way := r.addWay(t, anna, "sesame")
		accounts, err := r.AccountOf(t.Context(), boris.Person)
		if err != nil {
			t.Fatal(err)
		}
		taken, err := r.PrepareWay(t.Context(), account.NewWay{Account: accounts[0], Method: account.ByApp, Key: "sesame", Secret: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.base.Store.Write(t.Context(), taken.Put); !errors.Is(err, account.ErrWayTaken) {
			t.Errorf("another account's way: %v", err)
		}
		kept, err := r.KeptByKey(t.Context(), account.ByApp, "sesame")
		if err != nil || kept.ID != way.ID || kept.Person != anna || string(kept.Secret) != "sesame" {
			t.Fatalf("kept is %+v, %v", kept, err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		done := map[bool]int{}
		for range 8 {
			wg.Go(func() {
				put, err := r.PrepareSecret(context.Background(), kept, []byte("next"))
				if err == nil {
					err = r.base.Store.Write(context.Background(), put)
				}
				mu.Lock()
				defer mu.Unlock()
				done[err == nil]++
			})
		}
		wg.Wait()
		if diff := cmp.Diff(map[bool]int{true: 1, false: 7}, done); diff != "" {
			t.Errorf("one use of eight holds:\n%s", diff)
		}
		if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestALostSecondStepIsDoneWithoutAfterThreeDays(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		r.addWay(t, enrolAnna(t, r).Person, "sesame")
		b := r.browser(t)
		b.signIn("/account/profile")
		if asked := b.post("/recover", "/recover"); !strings.Contains(asked.body, "Восстановление начато") {
			t.Fatalf("asked: %d %s %s", asked.status, asked.path, asked.body)
		}
		if early := b.signIn("/account/profile"); early.path != "/sign-in/second" {
			t.Errorf("at once: %s", early.path)
		}
		r.clock.Move(account.RecoveryWait - time.Minute)
		if early := b.signIn("/account/profile"); early.path != "/sign-in/second" {
			t.Errorf("a minute too early: %s", early.path)
		}
		r.clock.Move(time.Minute)
		if in := b.signIn("/account/profile"); in.path != "/account/profile" {
			t.Errorf("after three days: %s", in.path)
		}
		if strong := b.get("/strong"); strings.HasPrefix(strong.path, "/strong") {
			t.Error("a recovery counts as a second factor")
		}
		if again := r.browser(t).signIn("/account/profile"); again.path != "/sign-in/second" {
			t.Errorf("a recovery is used twice: %s", again.path)
		}
	})
}

func TestARecoveryIsCancelledByItsLinkAndByTheSecondStep(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		words := &words{}
		r.ProvideTeller(words)
		anna := enrolAnna(t, r).Person
		r.addWay(t, anna, "sesame")
		b := r.browser(t)
		b.signIn("/account/profile")
		b.post("/recover", "/recover")
		link := words.path(t, "account.word.recovery")
		page := r.browser(t).get(link)
		_, token, _ := strings.Cut(link, "token=")
		if done := r.browser(t).post(page.path, "/recover/cancel", "token", token); !strings.Contains(done.body, "Восстановление отменено") {
			t.Fatalf("cancelled: %d %s", done.status, done.path)
		}
		r.clock.Move(account.RecoveryWait + time.Minute)
		if in := b.signIn("/account/profile"); in.path != "/sign-in/second" {
			t.Errorf("a cancelled recovery holds: %s", in.path)
		}
		b.post("/recover", "/recover")
		b.get("/sign-in/app?word=sesame")
		accounts, err := r.AccountOf(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		if open, err := r.RecoveryOf(t.Context(), accounts[0]); err != nil || !open.ID.IsZero() {
			t.Errorf("the second step was found, and the recovery is %+v, %v", open, err)
		}
	})
}

// Whoever has two accounts may show the second step by the other one: what waited is not lost then either.
func TestARecoveryIsCancelledByASecondStepOfTheOtherAccount(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		r.addWay(t, anna, "sesame")
		before, err := r.AccountOf(t.Context(), anna)
		if err != nil {
			t.Fatal(err)
		}
		r.people = r.enrol(t, "b", 1, act.Basic)
		if _, err := r.join(t, anna, r.people[0].person, account.MergedBySelf); err != nil {
			t.Fatal(err)
		}
		after, err := r.AccountOf(t.Context(), anna)
		if err != nil || len(after) != 2 {
			t.Fatalf("accounts are %v, %v", after, err)
		}
		other := after[0]
		if other == before[0] {
			other = after[1]
		}
		b := r.browser(t)
		b.signIn("/account/profile")
		b.post("/recover", "/recover")
		if open, err := r.RecoveryOf(t.Context(), before[0]); err != nil || open.ID.IsZero() {
			t.Fatalf("asked: %+v, %v", open, err)
		}
		if in := b.get("/sign-in/app?from=" + other.String()); in.path != "/account/profile" {
			t.Fatalf("the second step leads to %s", in.path)
		}
		if open, err := r.RecoveryOf(t.Context(), before[0]); err != nil || !open.ID.IsZero() {
			t.Errorf("the second step was shown, and the recovery is %+v, %v", open, err)
		}
	})
}

// A code that a browser asked for is worth nothing in another one, and its letter's button fills it in.
func TestACodeIsItsBrowsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b, thief := r.browser(t), r.browser(t)
		page := b.post("/sign-in", "/sign-in", "contact", "anna@example.org")
		r.deliver(t)
		code := r.letters.last(t).code
		thief.get("/sign-in")
		if got := thief.post("/sign-in/code", "/sign-in/code", "try", page.try(t), "code", code); got.status != 422 {
			t.Errorf("another browser: %d %s", got.status, got.path)
		}
		if filled := b.get(page.path + "&code=" + code); !strings.Contains(filled.body, `value="`+code+`"`) {
			t.Error("the letter's link does not fill the code in")
		}
		if in := b.post(page.path, "/sign-in/code", "try", page.try(t), "code", code); !strings.HasPrefix(in.path, "/register/name") {
			t.Errorf("its own browser: %d %s", in.status, in.path)
		}
	})
}

// Guesses from elsewhere do not lock a person out of the browser that they use.
func TestStrangersGuessesLockNobodyOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		own, stranger := r.browser(t), r.browser(t)
		own.signIn("/account/profile")
		own.post("/account/profile", "/sign-out")
		for range 11 {
			stranger.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", "guess")
		}
		if locked := stranger.signIn("/account/profile"); locked.status != 429 {
			t.Errorf("the eleventh guess: %d %s", locked.status, locked.path)
		}
		if in := own.signIn("/account/profile"); in.path != "/account/profile" {
			t.Errorf("the owner's own browser: %d %s", in.status, in.path)
		}
	})
}

func TestThePageLeadsWithWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		b := r.browser(t)
		b.signIn("/account/profile")
		b.post("/account/profile", "/sign-out")
		at := b.get("/sign-in")
		if !strings.Contains(at.body, "an•••@example.org") || !strings.Contains(at.body, "last=1") {
			t.Fatalf("the last sign-in is not led with: %s", at.body)
		}
		if strings.Contains(at.body, "anna@example.org") {
			t.Error("the whole contact is shown to whoever sits here")
		}
		if in := b.post("/sign-in/password?last=1", "/sign-in/password", "last", "true", "password", annasPassword, "back", "/account/profile"); in.path != "/account/profile" {
			t.Errorf("with the password alone: %d %s", in.status, in.path)
		}
		b.post("/account/profile", "/sign-out")
		if forgotten := b.post("/sign-in", "/sign-in/forget"); strings.Contains(forgotten.body, "an•••") {
			t.Error("a forgotten browser still knows")
		}
	})
}

func TestTheOwnerIsToldOfNewDevicesAndWays(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		words := &words{}
		r.ProvideTeller(words)
		anna := enrolAnna(t, r).Person
		b := r.browser(t)
		b.signIn("/account/profile")
		b.post("/account/profile", "/sign-out")
		b.signIn("/account/profile")
		if n := words.count("account.word.new_device"); n != 1 {
			t.Errorf("told %d times of one device", n)
		}
		r.addWay(t, anna, "sesame")
		if n := words.count("account.word.way_added"); n != 1 {
			t.Errorf("told %d times of one way", n)
		}
	})
}

func TestTheFunnelCountsAndKnowsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		b := r.browser(t)
		b.get("/sign-in")
		b.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", "guess")
		b.signIn("/account/profile")
		if err := errors.Join(r.Start(t.Context()), r.Stop(t.Context())); err != nil { // what was counted is written down
			t.Fatal(err)
		}
		started, methods, err := r.FunnelSince(t.Context(), calendar.MustDate("2020-01-01"))
		if err != nil || started < 1 {
			t.Fatalf("started %d, %v", started, err)
		}
		want := []account.Funnel{{Method: account.ByPassword, Chosen: 2, Failed: 1, Entered: 1}}
		if diff := cmp.Diff(want, methods); diff != "" {
			t.Error(diff)
		}
	})
}

// words is a teller that keeps what it is given.
type words struct {
	mu   sync.Mutex
	told map[string]account.Word // by key: a Write runs twice
}

func (w *words) PrepareWord(_ context.Context, word account.Word) (func(*store.Tx) error, error) {
	return func(*store.Tx) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.told == nil {
			w.told = map[string]account.Word{}
		}
		w.told[word.Key] = word
		return nil
	}, nil
}

func (w *words) SendAside(context.Context, account.Contact, account.Word, lang.Language, id.ID) error {
	return nil
}

func (w *words) count(kind string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, word := range w.told {
		if word.Kind == kind {
			n++
		}
	}
	return n
}

func (w *words) path(t *testing.T, kind string) string {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, word := range w.told {
		if word.Kind == kind {
			return word.Path
		}
	}
	t.Fatalf("nobody was told %s", kind)
	return ""
}
