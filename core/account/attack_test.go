package account_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// What somebody does who is not the owner: with a browser that was left open, with a planted cookie, with a link.

// A browser that was left open an hour ago puts no stranger's e-mail into the account: neither by the page nor by the API.
func TestAContactIsPutOnlyByWhoWasThereJustNow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		b := r.browser(t)
		b.signIn("/account/profile")
		if at := b.post("/account/contact", "/account/contact", "contact", "first@example.org"); !strings.HasPrefix(at.path, "/account/contact/code") {
			t.Fatalf("at once: %d %s", at.status, at.path)
		}
		r.deliver(t) // else the letters might come in another order
		entry, _ := r.enter(t, "anna@example.org")
		r.clock.Move(16 * time.Minute)
		if at := b.post("/account/contact", "/account/contact", "contact", "thief@example.org"); !strings.HasPrefix(at.path, "/sign-in/raise?") {
			t.Errorf("sixteen minutes later: %d %s", at.status, at.path)
		}
		type fields map[string]any
		if status := r.call(t, entry.Token, http.MethodPost, "/api/v1/profile/contact/code", fields{"contact": "thief@example.org"}, nil); status != http.StatusForbidden {
			t.Errorf("the API sixteen minutes later: %d", status)
		}
		code := fields{"try": id.New(r.clock.Now()).String(), "code": "123456"}
		if status := r.call(t, entry.Token, http.MethodPut, "/api/v1/profile/contact", code, nil); status != http.StatusForbidden {
			t.Errorf("the API's code sixteen minutes later: %d", status)
		}
	})
}

// An account without a password gets none from a browser that was left open.
func TestAFirstPasswordIsSetOnlyByWhoWasThereJustNow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, boris := r.enter(t, "boris@example.org")
		r.clock.Move(16 * time.Minute)
		if err := r.SetPassword(t.Context(), boris, "", "violet umbrella 7"); err == nil || fault.Of(err).ID != "web.fresh" {
			t.Errorf("sixteen minutes later: %v", err)
		}
		_, boris = r.enter(t, "boris@example.org")
		if err := r.SetPassword(t.Context(), boris, "", "violet umbrella 7"); err != nil {
			t.Errorf("at once: %v", err)
		}
	})
}

// A code that a program asked for opens no browser: else a link with a stranger's code would sign its reader in to the
// stranger's account, to tell it their secrets.
func TestAProgramsCodeOpensNoBrowser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		sent, code := r.code(t, "stranger@example.org")
		victim := r.browser(t)
		at := victim.get("/sign-in/code?try=" + sent.Try.String() + "&code=" + code)
		if got := victim.post(at.path, "/sign-in/code", "try", sent.Try.String(), "code", code); got.status != http.StatusUnprocessableEntity {
			t.Errorf("a stranger's link: %d %s", got.status, got.path)
		}
		if _, err := r.EnterByCode(t.Context(), sent.Try, code, account.Via{Channel: act.API}); err != nil {
			t.Errorf("the program itself: %v", err)
		}
	})
}

// A stranger who has letters sent to Anna until there may be no more does not keep her out of the browser that she uses.
func TestStrangersLettersLockNobodyOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		own, stranger := r.browser(t), r.browser(t)
		own.signIn("/account/profile")
		own.post("/account/profile", "/sign-out")
		refused := false
		for range 20 {
			r.clock.Move(61 * time.Second)
			got := stranger.post("/sign-in", "/sign-in", "contact", "anna@example.org")
			refused = refused || got.status == http.StatusTooManyRequests
		}
		if !refused {
			t.Fatal("a stranger may send any number of letters")
		}
		if got := own.post("/sign-in", "/sign-in", "contact", "anna@example.org"); !strings.HasPrefix(got.path, "/sign-in/code") {
			t.Errorf("the owner's own browser: %d %s", got.status, got.path)
		}
		r.clock.Move(61 * time.Second)
		if got := own.post("/sign-in", "/sign-in/last"); !strings.HasPrefix(got.path, "/sign-in/code") {
			t.Errorf("the owner's own browser once more: %d %s", got.status, got.path)
		}
		for range 20 {
			r.clock.Move(61 * time.Second)
			refused = own.post("/sign-in", "/sign-in", "contact", "anna@example.org").status == http.StatusTooManyRequests
		}
		if !refused {
			t.Error("a known browser may send any number of letters")
		}
	})
}

// Letters are counted by the wider network too, as passwords are.
func TestLettersAreCountedByTheWiderNetwork(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		var last error
		for n := range 400 {
			to, err := account.ParseContact("p" + id.New(r.clock.Now()).String() + "@example.org")
			if err != nil {
				t.Fatal(err)
			}
			from := "198.51.100." + string(rune('0'+n%10))
			if _, last = r.AskCode(t.Context(), to, lang.English, from); last != nil {
				if n < 200 {
					t.Fatalf("letter %d: %v", n, last)
				}
				break
			}
		}
		if last == nil {
			t.Error("a network of ten addresses sends four hundred letters")
		}
	})
}

// Whoever names a shared browser before Anna signs in by it has gained nothing: the name is another after each sign-in.
func TestAPlantedNameOfABrowserIsWorthNothing(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		shared := r.browser(t)
		r.enterHere(t, shared, "thief@example.org")
		planted := shared.cookie("posad_device")
		shared.post("/account/profile", "/sign-out")
		r.addWay(t, anna, "sesame")
		if at := shared.signIn("/account/profile"); at.path != "/sign-in/second" {
			t.Fatalf("a browser that is new to Anna: %s", at.path)
		}
		if at := shared.get("/sign-in/app?word=sesame"); at.path != "/account/profile" {
			t.Fatalf("with both steps: %s", at.path)
		}
		thief := r.browser(t)
		thief.plant("posad_device", planted)
		if at := thief.signIn("/account/profile"); at.path != "/sign-in/second" {
			t.Errorf("by the planted name: %s", at.path)
		}
		stolen := shared.cookie("posad_device")
		shared.post("/account/profile", "/sign-out")
		if at := shared.signIn("/account/profile"); at.path != "/account/profile" {
			t.Errorf("Anna's own browser: %s", at.path)
		}
		thief = r.browser(t)
		thief.plant("posad_device", stolen)
		if at := thief.signIn("/account/profile"); at.path != "/sign-in/second" {
			t.Errorf("by a name of before the last sign-in: %s", at.path)
		}
		shared.post("/account/profile", "/sign-out")
		r.clock.Move(2 * time.Minute)
		r.enterHere(t, shared, "thief@example.org")
		shared.post("/account/profile", "/sign-out")
		if at := shared.signIn("/account/profile"); at.path != "/account/profile" {
			t.Errorf("Anna after another member of the family: %s", at.path)
		}
		if list, err := r.DevicesOf(t.Context(), r.asPerson(anna), anna); err != nil || len(list) != 1 {
			t.Errorf("devices are %d, %v: one browser is one device, whatever it is named", len(list), err)
		}
	})
}

// A known phone by itself is one step. Who wants two is asked for what they know, although no other way was added.
func TestADeviceAloneIsNotTwoSteps(t *testing.T) {
	t.Parallel()
	eachWith(t, func(r *rig, s *web.Server) {
		token{r}.offer(r.Module)
		s.Page(s.Operation(act.Operation{Name: "test.push", May: act.Everyone}), "GET /test/push", func(c *web.Context) error {
			anna := id.Derived("person", "anna")
			accounts, err := r.AccountOf(c.Context(), anna)
			if err != nil {
				return err
			}
			return r.Finish(c, account.Proof{Method: account.ByPush, Account: accounts[0], Person: anna, Level: act.Standard})
		})
	}, func(t *testing.T, r *rig) {
		r.addWay(t, enrolAnna(t, r).Person, "sesame")
		b := r.browser(t)
		asked := b.get("/test/push")
		if asked.path != "/sign-in/second" {
			t.Fatalf("a device alone lets in: %s", asked.path)
		}
		if strings.Contains(asked.body, "/sign-in/app?") {
			t.Error("a second device is offered as another factor")
		}
		if in := b.post("/sign-in/second", "/sign-in/second", "method", "password", "password", annasPassword); in.path != "/" {
			t.Errorf("with the password: %d %s", in.status, in.path)
		}
	})
}

// Who chose two steps changes the ways in by two: a session of one step, in a browser that is known, takes none away.
func TestWhoChoseTwoStepsChangesTheirWaysByTwo(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		b := r.browser(t)
		b.signIn("/account/profile")
		if at := b.post("/fresh", "/fresh"); !strings.Contains(at.body, "done freshly") {
			t.Fatalf("one step was chosen, and one is enough: %d %s", at.status, at.path)
		}
		way := r.addWay(t, anna, "sesame")
		b.post("/account/security", "/sign-out")
		if at := b.signIn("/account/profile"); at.path != "/account/profile" {
			t.Fatalf("a known browser: %s", at.path)
		}
		for path, fields := range map[string][]string{
			"/account/security/way/drop": {"account", way.Account.String(), "way", way.ID.String()},
			"/account/security/second":   {"second", "needed"},
			"/account/contact":           {"contact", "thief@example.org"},
			"/account/security/password": {"password", "violet umbrella 7"},
			"/fresh":                     nil,
		} {
			if at := b.post(path, path, fields...); !strings.HasPrefix(at.path, "/sign-in/raise?") || !strings.Contains(at.path, "strong=1") {
				t.Errorf("%s by one step: %d %s", path, at.status, at.path)
			}
		}
		raise := b.post("/account/security", "/account/security/second", "second", "needed")
		if !strings.Contains(raise.body, "/sign-in/app?") {
			t.Fatalf("the other step is not offered: %s", raise.body)
		}
		b.get("/sign-in/app?word=sesame&back=/account/security")
		if at := b.post("/account/security", "/account/security/second", "second", "needed"); at.path != "/account/security" {
			t.Errorf("by two steps: %d %s", at.status, at.path)
		}
	})
}

// Every change of the ways in is told, the two that add nothing too.
func TestTheOwnerIsToldOfADroppedPasswordAndOfFewerSteps(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		words := &words{}
		r.ProvideTeller(words)
		enrolAnna(t, r)
		b := r.browser(t)
		b.signIn("/account/profile")
		b.post("/account/security", "/account/security/second", "second", "needed")
		if n := words.count("account.word.steps"); n != 1 {
			t.Errorf("told %d times of another rule of steps", n)
		}
		b.post("/account/security", "/account/security/password/drop")
		if n := words.count("account.word.way_dropped"); n != 1 {
			t.Errorf("told %d times of a dropped password", n)
		}
	})
}

// A code that was sent for one thing at a service centre does no other: who agrees to a session has not agreed to lose
// their ways in.
func TestACodeAtTheCentreIsForOneThing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r)
		phone, err := account.ParseContact(anna.Phone)
		if err != nil {
			t.Fatal(err)
		}
		sent, err := r.AskVisitCode(t.Context(), anna.Person, "begin", phone, lang.Russian)
		if err != nil {
			t.Fatal(err)
		}
		r.deliver(t)
		code := r.letters.last(t).code
		if _, err := r.ProveVisitCode(t.Context(), anna.Person, "contact", sent.Try, code); err == nil || fault.Of(err).ID != account.ErrCode.ID {
			t.Errorf("for another thing: %v", err)
		}
		if _, err := r.ProveVisitCode(t.Context(), anna.Person, "begin", sent.Try, code); err != nil {
			t.Errorf("for its own: %v", err)
		}
	})
}

// The register's answer about one number can't be asked for again and again by many accounts: a stranger would find out a
// birth date by trying each.
func TestOneNumberIsAskedAboutTwentyTimesADay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		reg := &register{verdict: account.Differs}
		r.Provide(r.letters, reg)
		birth := dateOf("1986-04-05")
		var last error
		for n := range 6 {
			_, a := r.enter(t, "stranger"+string(rune('a'+n))+"@example.org")
			for range 5 {
				birth = birth.AddDays(1)
				_, last = r.Confirm(t.Context(), a, a.Holder, account.Identity{Name: nameOf("Смирнова", "Анна"), Birth: birth, SNILS: "112-233-445 95"})
			}
		}
		if reg.asked != 20 || fault.Of(last).Kind != fault.TooMany {
			t.Errorf("the register was asked %d times, at last %v", reg.asked, last)
		}
	})
}

// A token that stood in the browser before a sign-in is not the one after it, and a copy of it opens nothing.
func TestATokenFromBeforeASignInOpensNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		enrolAnna(t, r)
		planted, _ := web.NewToken()
		b := r.browser(t)
		b.plant("posad_session", planted)
		visit := "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		b.plant("posad_visit", visit)
		b.signIn("/account/profile")
		if token := b.cookie("posad_session"); token == planted || token == "" || b.cookie("posad_visit") == visit {
			t.Fatalf("the browser keeps what stood there before: %q", token)
		}
		thief := r.browser(t)
		thief.plant("posad_session", planted)
		if at := thief.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in?") {
			t.Errorf("a planted token opens %s", at.path)
		}
	})
}

// A token that was copied before its session was made stronger does not become stronger with it: it is dead.
func TestATokenFromBeforeAStepUpIsDead(t *testing.T) {
	t.Parallel()
	withToken(t, func(t *testing.T, r *rig) {
		anna := enrolAnna(t, r).Person
		b := r.browser(t)
		b.signIn("/account/profile")
		r.addWay(t, anna, "sesame")
		copied := b.cookie("posad_session")
		b.get("/sign-in/app?word=sesame&back=/account/profile")
		if at := b.get("/strong"); !strings.Contains(at.body, "done strongly") {
			t.Fatalf("the owner's session is not stronger: %d %s", at.status, at.path)
		}
		thief := r.browser(t)
		thief.plant("posad_session", copied)
		if at := thief.get("/strong"); !strings.HasPrefix(at.path, "/sign-in?") {
			t.Errorf("the copied token opens %d %s", at.status, at.path)
		}
	})
}

// A password is judged by its length and by whether thieves know it, and by nothing else; it is compared whole.
func TestWhatAPasswordMayBe(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, a := r.enter(t, "boris@example.org")
	for password, want := range map[string]string{
		"zxlqwpv": "account.password_short", "zxlqwpvb": "", "тетива лук": "", "        ~~~~": "",
		strings.Repeat("ab cd ", 11): "", strings.Repeat("ñ", 200): "", strings.Repeat("ñ", 201): "account.password_long",
		"password": "account.password_common", "12345678": "account.password_common",
	} {
		err := r.SetPassword(t.Context(), a, "", password)
		switch f := fault.Of(err); {
		case want == "" && err != nil, want != "" && (err == nil || len(f.Fields) != 1 || f.Fields[0].ID != want):
			t.Errorf("%q: %v, want %q", password, err, want)
		case want != "":
			continue
		}
		boris, err := account.ParseContact("boris@example.org")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.ProvePassword(t.Context(), boris, password, account.Via{}); err != nil {
			t.Errorf("%q signs nobody in: %v", password, err)
		}
		if _, err := r.ProvePassword(t.Context(), boris, password+"x", account.Via{}); err == nil {
			t.Errorf("%q is cut before it is compared", password)
		}
	}
}

// enterHere signs a browser in by a code.
func (r *rig) enterHere(t *testing.T, b *browser, contact string) {
	t.Helper()
	page := b.post("/sign-in", "/sign-in", "contact", contact)
	r.deliver(t)
	b.post(page.path, "/sign-in/code", "try", page.try(t), "code", r.letters.last(t).code)
}

// asPerson is an act of a person about themselves.
func (r *rig) asPerson(person id.ID) act.Act {
	return act.Act{ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Channel: act.Web}
}

// plant puts a cookie into the browser.
func (b *browser) plant(name, value string) {
	b.client.Jar.SetCookies(&url.URL{Scheme: "http", Host: "posad.test", Path: "/"}, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}
