package certificate_test

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/certificate"
	"posad.city/core/certificate/authoritytest"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

func TestLinkedThenInByBothRoads(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		first := r.linked(t, anna, h)
		if got := r.level(t, anna.Person); got != act.Verified {
			t.Errorf("level %v after linking", got)
		}
		if s, ok := first.who(); !ok || !s.Strong || s.Assurance != act.Verified || !strings.Contains(s.Methods, "certificate") {
			t.Errorf("session after linking: %+v", s)
		}
		for name, enter := range map[string]func(*browser) reply{
			"connection": func(b *browser) reply { return b.connect("/account/profile", &h) },
			"signature":  func(b *browser) reply { return b.sign("/account/profile", h) },
			"openssl": func(b *browser) reply {
				_, try := b.open("/account/profile")
				return b.send(try, "/account/profile", opensslSigns(t, b.text(try), h, "-outform", "PEM", "-nodetach"))
			},
		} {
			b := r.browser(t)
			got := enter(b)
			s, ok := b.who()
			if !ok || s.Person != anna.Person || got.at.Path != "/account/profile" {
				t.Fatalf("%s: signed in %v as %v at %s: %s", name, ok, s.Person, got.at, plainOf(got.body))
			}
			if s.Assurance != act.Verified || !s.Strong || s.Methods != "certificate" {
				t.Errorf("%s: session %+v", name, s)
			}
		}
		if kinds := r.words.kinds(anna.Person); !slices.Contains(kinds, "account.word.way_added") {
			t.Errorf("words %v", kinds)
		}
	})
}

func TestAChallengeIsGoodOnceAndHere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		const over = "The time is over, or this try was made already"

		b := r.browser(t)
		_, try := b.open("/")
		file := signature(t, b.text(try), h)
		thief := r.browser(t)
		thief.open("/")
		thief.send(try, "/", file).says(t, http.StatusGone, over)
		if _, ok := thief.who(); ok {
			t.Fatal("another browser came in by a stolen signature")
		}
		thief.get("/sign-in/certificate/text?try="+try).says(t, http.StatusGone, over)
		if b.send(try, "/account/profile", file).at.Path != "/account/profile" {
			t.Fatal("its own browser did not come in")
		}
		b.send(try, "/", file).says(t, http.StatusGone, over) // the visit has ended with the sign-in

		late := r.browser(t)
		_, try = late.open("/")
		file = signature(t, late.text(try), h)
		r.clock.Move(15 * time.Minute)
		late.send(try, "/", file).says(t, http.StatusGone, over)
	})
}

// TestAReplayIsNoticed sends one signed file twice at once in the same browser: the second finds it used.
func TestAReplayIsNoticed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := r.certificateOf(t, anna, nil) // nobody's yet: the visit goes on after each answer
		b := r.browser(t)
		_, try := b.open("/")
		file := signature(t, b.text(try), h)
		b.send(try, "/", file).says(t, http.StatusOK, "We meet this certificate for the first time")
		b.send(try, "/", file).says(t, http.StatusGone, "this try was made already")

		link, _ := b.open("/")
		b.holder = &h
		ticket := b.ticket(link)
		b.get(ticket).says(t, http.StatusOK, "We meet this certificate for the first time")
		b.get(ticket).says(t, http.StatusGone, "this try was made already")
	})
}

// TestATicketIsUsedOnceByManyAtOnce asks for the same page several times together.
func TestATicketIsUsedOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		h := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		link, _ := b.open("/")
		b.holder = &h
		ticket := b.ticket(link)
		var in atomic.Int32
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if b.get(ticket).status == http.StatusOK {
					in.Add(1)
				}
			})
		}
		all.Wait()
		if in.Load() != 1 {
			t.Errorf("it was good %d times", in.Load())
		}
	})
}

// ticket goes to the door alone and returns where it leads.
func (b *browser) ticket(link string) string {
	b.t.Helper()
	follow := b.client.CheckRedirect
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	defer func() { b.client.CheckRedirect = follow }()
	req := must(http.NewRequestWithContext(b.t.Context(), http.MethodGet, link, nil))(b.t)
	res := must(b.client.Do(req))(b.t)
	defer func() { _ = res.Body.Close() }()
	return res.Header.Get("Location")
}

func TestATicketIsGoodInItsBrowserForAMinute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		b := r.browser(t)
		link, _ := b.open("/account/profile")
		b.holder = &h
		ticket := b.ticket(link)
		if !strings.HasPrefix(ticket, city+"/sign-in/certificate/ticket?") || strings.Contains(ticket, "11223344595") {
			t.Fatalf("the door leads to %s", ticket)
		}
		thief := r.browser(t)
		thief.open("/")
		thief.get(ticket).says(t, http.StatusGone, "The time is over")
		if _, ok := thief.who(); ok {
			t.Fatal("another browser came in by a ticket")
		}
		r.clock.Move(61 * time.Second)
		b.get(ticket).says(t, http.StatusGone, "The time is over")
		if got := b.connect("/account/profile", &h); got.at.Path != "/account/profile" {
			t.Fatalf("anew: %s %s", got.at, plainOf(got.body))
		}
	})
}

func TestWhatTheDoorRefuses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		stranger := authoritytest.New(t, r.clock, "УЦ Китежа")
		issue := func(a *authoritytest.Authority, form func(*x509.Certificate)) *authoritytest.Holder {
			h := a.Issue(t, authoritytest.Person("Смирнова", "Анна", anna.SNILS), nil, form)
			return &h
		}
		for name, test := range map[string]struct {
			holder *authoritytest.Holder
			want   string
		}{
			"no certificate":    {nil, "The browser showed no certificate"},
			"another authority": {issue(stranger, nil), "The city does not trust whoever issued this certificate"},
			"expired":           {issue(r.authority, func(c *x509.Certificate) { c.NotAfter = r.clock.Now().Add(-time.Minute) }), "The certificate has expired"},
			"not yet":           {issue(r.authority, func(c *x509.Certificate) { c.NotBefore = r.clock.Now().Add(time.Hour) }), "not valid yet"},
			"for servers":       {issue(r.authority, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }), "not meant for signing in"},
		} {
			b := r.browser(t)
			got := b.connect("/cases/7", test.holder)
			got.says(t, http.StatusUnprocessableEntity, test.want)
			if got.at.Query().Get("back") != "/cases/7" {
				t.Errorf("%s: the way back is lost: %s", name, got.at)
			}
		}
		b := r.browser(t)
		b.holder = issue(r.authority, nil)
		b.get(door+"/sign-in/certificate/tls?try=nonsense&back=//evil.example").says(t, http.StatusGone, "The time is over")
		if got := b.ticket(door + "/sign-in/certificate/tls?back=https://evil.example/"); !strings.HasPrefix(got, city+"/") || strings.Contains(got, "evil") {
			t.Errorf("the door leads out: %s", got)
		}
		if said := r.counted(t); !strings.Contains(said, "The browser showed no certificate") || strings.Contains(said, "Смирнова") || strings.Contains(said, anna.SNILS) {
			t.Errorf("the administrator's page: %s", said)
		}
	})
}

func TestRevokedAfterLinking(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		list := must(r.Linked(t.Context(), r.accountOf(t, anna.Person)))(t)
		if len(list) != 1 || r.Holds(t.Context(), list[0]) != nil {
			t.Fatalf("linked %+v", list)
		}
		r.authority.Revoke(h.Cert)
		b := r.browser(t)
		b.sign("/", h).says(t, http.StatusUnprocessableEntity, "This certificate was revoked")
		b.connect("/", &h).says(t, http.StatusUnprocessableEntity, "This certificate was revoked")
		if _, ok := b.who(); ok {
			t.Error("a revoked certificate lets in")
		}
		if err := r.Holds(t.Context(), list[0]); !isFault(err, certificate.ErrRevoked.ID) {
			t.Errorf("a linked certificate that was revoked: %v", err)
		}
		if said := r.counted(t); !strings.Contains(said, "This certificate was revoked") || !strings.Contains(said, "УЦ Китежа") {
			t.Errorf("the administrator's page: %s", said)
		}
	})
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	silent := authoritytest.How{NoList: true, NoResponder: true}
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		r.authority.Change(silent)
		r.clock.Move(25 * time.Hour) // the list at hand is over
		b := r.browser(t)
		h = authoritytest.Holder{Cert: h.Cert, Key: h.Key}
		b.connect("/", &h).says(t, http.StatusServiceUnavailable, "does not answer, so we cannot tell")
		if _, ok := b.who(); ok {
			t.Error("an unchecked certificate lets in")
		}
	})
	eachWith(t, func(c *certificate.Config, _ *rig) { c.Unchecked = "lower" }, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		r.linked(t, anna, h)
		r.authority.Change(silent)
		r.clock.Move(25 * time.Hour)
		b := r.browser(t)
		b.connect("/account/profile", &h)
		if s, ok := b.who(); !ok || s.Assurance != act.Standard {
			t.Errorf("by configuration it lends Standard: %v %+v", ok, s)
		}
		other := r.certificateOf(t, anna, nil)
		r.browser(t).connect("/", &other).says(t, http.StatusServiceUnavailable, "does not answer")
		if err := r.Holds(t.Context(), must(r.Linked(t.Context(), r.accountOf(t, anna.Person)))(t)[0]); !isFault(err, certificate.ErrSilent.ID) {
			t.Errorf("something may be decided by an unchecked certificate: %v", err)
		}
	})
}

func TestARenewedCertificateIsTakenOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		r.linked(t, anna, r.certificateOf(t, anna, nil))
		renewed := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		b.sign("/account/profile", renewed)
		if s, ok := b.who(); !ok || s.Person != anna.Person {
			t.Fatal("a renewed certificate does not let in")
		}
		if kinds := r.words.kinds(anna.Person); !slices.Contains(kinds, "certificate.word.renewed") {
			t.Errorf("words %v", kinds)
		}
		if list := must(r.Linked(t.Context(), r.accountOf(t, anna.Person)))(t); len(list) != 2 {
			t.Errorf("%d certificates", len(list))
		}
		second := r.browser(t)
		second.connect("/account/profile", &renewed)
		if s, ok := second.who(); !ok || s.Person != anna.Person {
			t.Error("the renewed one is not known the second time")
		}
		namesake := anna
		namesake.SNILS = "08765430300"
		other := r.certificateOf(t, namesake, nil)
		r.browser(t).sign("/", other).says(t, http.StatusOK, "We meet this certificate for the first time")
	})
}

// TestAnotherAuthorityDoesNotRenew: a number in a certificate of an authority that the person never used lets nobody in.
func TestAnotherAuthorityDoesNotRenew(t *testing.T) {
	t.Parallel()
	var second *authoritytest.Authority
	eachWith(t, func(c *certificate.Config, r *rig) {
		second = authoritytest.New(t, r.clock, "Second")
		c.Inside = append(c.Inside, second.Host)
		c.Authorities = append(c.Authorities, certificate.AuthorityConfig{Name: "Second", Files: []string{second.File(t)}})
	}, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		r.linked(t, anna, r.certificateOf(t, anna, nil))
		h := second.Issue(t, authoritytest.Person("Смирнова", "Анна Петровна", anna.SNILS), nil, nil)
		b := r.browser(t)
		b.sign("/", h).says(t, http.StatusOK, "We meet this certificate for the first time")
		if _, ok := b.who(); ok {
			t.Error("let in")
		}
	})
}

func TestANewPerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		oleg := account.Enrolment{Name: lang.Name{Family: "Козлов", Given: "Олег", Patronymic: "Ильич"}, SNILS: "08765430300"}
		born := calendar.MustDate("1971-03-09")
		h := r.certificateOf(t, oleg, nil)
		b := r.browser(t)
		page := b.connect("/cases/7", &h)
		page.says(t, http.StatusOK, "Олег Ильич Козлов")
		after := "/account/certificate/link?back=%2Fcases%2F7"
		got := b.post("/sign-in/certificate/new", "back", after)
		got.says(t, http.StatusOK, "Prove who you are")
		s, ok := b.who()
		if !ok || s.Assurance != act.Basic {
			t.Fatalf("a new person: %v %+v", ok, s)
		}
		b.post("/account/certificate/link", "back", "/account/profile").says(t, http.StatusUnprocessableEntity, "date of birth")
		birth := []string{"birth.day", "9", "birth.month", "3", "birth.year", "1971", "back", "/account/profile"}
		b.post("/account/certificate/link", birth...).says(t, http.StatusUnprocessableEntity, "population register did not confirm")
		if r.level(t, s.Person) != act.Basic {
			t.Fatal("confirmed without the register")
		}
		r.people.known = []account.Identity{{Name: oleg.Name, Birth: born, SNILS: oleg.SNILS}}
		if got := b.post("/account/certificate/link", birth...); got.at.Path != "/account/profile" {
			t.Fatalf("%d %s %s", got.status, got.at, plainOf(got.body))
		}
		if r.level(t, s.Person) != act.Verified {
			t.Errorf("level %v", r.level(t, s.Person))
		}
		if person := must(r.accounts.PersonOf(t.Context(), oleg.SNILS))(t); person != s.Person {
			t.Error("the number is not theirs")
		}
		again := r.browser(t)
		again.sign("/account/profile", h)
		if s, ok := again.who(); !ok || s.Assurance != act.Verified {
			t.Errorf("the second time: %v %+v", ok, s)
		}
	})
}

// TestWhoHasAnAccountLinksIt: the page is the same as for a new person, and beginning anew leads to the usual sign-in.
func TestWhoHasAnAccountLinksIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		known := b.sign("/cases/7", h)
		known.says(t, http.StatusOK, "We meet this certificate for the first time")
		b.post("/sign-in/certificate/new", "back", "/account/certificate/link").says(t, http.StatusConflict, "Sign in the usual way once")
		if _, ok := b.who(); ok {
			t.Fatal("let in by the number alone")
		}
		got := b.post("/sign-in/password", "contact", anna.Email, "password", anna.Password, "back", "/account/certificate/link?back=%2Faccount%2Fprofile")
		got.says(t, http.StatusOK, "Link a certificate")
		if got := b.post("/account/certificate/link", "back", "/account/profile"); got.at.Path != "/account/profile" {
			t.Fatalf("%s %s", got.at, plainOf(got.body))
		}
		b.get("/account/certificate/link").says(t, http.StatusGone, "The time is over")
		if r.level(t, anna.Person) != act.Verified {
			t.Error("not verified")
		}
	})
}

func TestWhatIsNotLinked(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		boris := account.Enrolment{
			Person: id.Derived("person", "boris"), Name: lang.Name{Family: "Орлов", Given: "Борис"}, Birth: calendar.MustDate("1980-01-02"), SNILS: "08765430300",
			Email: "boris@example.org", Level: act.Standard, SignsIn: true, Password: "password of boris",
		}
		fresh := account.Enrolment{Person: id.Derived("person", "fresh"), Email: "fresh@example.org", Level: act.Basic, SignsIn: true, Password: "password of fresh"}
		r.enrol(t, anna, boris, fresh)
		h := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		b.signIn(boris)
		b.sign("/", h).says(t, http.StatusConflict, "is not the one in your account")
		b.post("/account/certificate/link").says(t, http.StatusConflict, "is not the one in your account")

		r.people.known = []account.Identity{{Name: anna.Name, Birth: anna.Birth, SNILS: anna.SNILS}}
		c := r.browser(t)
		c.signIn(fresh)
		c.sign("/", h).says(t, http.StatusOK, "Link a certificate")
		got := c.post("/account/certificate/link", "birth.day", "5", "birth.month", "4", "birth.year", "1986")
		got.says(t, http.StatusConflict, "SNILS is confirmed in another account")
		if list := must(r.Linked(t.Context(), r.accountOf(t, fresh.Person)))(t); len(list) != 0 {
			t.Error("somebody else's certificate was linked")
		}

		r.linked(t, anna, h)
		c.sign("/", h).says(t, http.StatusConflict, "does not fit the account")
		b.connect("/", &h).says(t, http.StatusConflict, "does not fit the account")
		if s, ok := b.who(); !ok || s.Person != boris.Person {
			t.Error("the session was changed")
		}
	})
}

func TestLinkingAsksForAFreshSignIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.certificateOf(t, anna, nil)
		b := r.browser(t)
		b.signIn(anna)
		r.clock.Move(16 * time.Minute)
		b.sign("/account/security", h).says(t, http.StatusOK, "Link a certificate")
		got := b.post("/account/certificate/link", "back", "/account/profile")
		if got.at.Path != "/sign-in/raise" {
			t.Fatalf("%d %s", got.status, got.at)
		}
		if list := must(r.Linked(t.Context(), r.accountOf(t, anna.Person)))(t); len(list) != 0 {
			t.Error("linked by a stale sign-in")
		}
	})
}

func TestItIsASecondStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		boris := account.Enrolment{
			Person: id.Derived("person", "boris"), Name: lang.Name{Family: "Орлов", Given: "Борис"}, Birth: calendar.MustDate("1980-01-02"), SNILS: "08765430300",
			Email: "boris@example.org", Level: act.Standard, SignsIn: true, Password: "password of boris",
		}
		r.enrol(t, anna, boris)
		h, other := r.certificateOf(t, anna, nil), r.certificateOf(t, boris, nil)
		r.linked(t, anna, h)
		r.linked(t, boris, other)
		b := r.browser(t)
		got := b.post("/sign-in/password", "contact", anna.Email, "password", anna.Password, "back", "/account/profile")
		if got.at.Path != "/sign-in/second" || !strings.Contains(got.body, "/sign-in/certificate?back=") {
			t.Fatalf("no second step by certificate: %s %s", got.at, plainOf(got.body))
		}
		b.sign("/account/profile", other).says(t, http.StatusConflict, "does not fit the account")
		stranger := r.certificateOf(t, account.Enrolment{Name: lang.Name{Family: "Чужой", Given: "Пётр"}}, nil)
		b.sign("/account/profile", stranger).says(t, http.StatusConflict, "does not fit the account")
		b.sign("/account/profile", h)
		if s, ok := b.who(); !ok || s.Person != anna.Person || s.Methods != "password certificate" {
			t.Errorf("after the second step: %v %+v", ok, s)
		}
	})
}

func TestAHeadsCertificate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, anna)
		h := r.authority.Issue(t, authoritytest.Head("Смирнова", "Анна Петровна", anna.SNILS, "ООО «Ромашка»", "Директор", "1027700132195", "7707083893"), nil, nil)
		r.linked(t, anna, h)
		list := must(r.Linked(t.Context(), r.accountOf(t, anna.Person)))(t)
		if len(list) != 1 {
			t.Fatalf("linked %+v", list)
		}
		got := list[0]
		want := certificate.Subject{Name: anna.Name, SNILS: anna.SNILS, Organisation: "ООО «Ромашка»", Title: "Директор", OGRN: "1027700132195", OrgINN: "7707083893"}
		if got.Subject != want || !got.Subject.Organisational() || got.Person != anna.Person || got.Authority != "УЦ Китежа" {
			t.Errorf("subject %+v", got.Subject)
		}
		if err := r.Holds(t.Context(), got); err != nil {
			t.Error(err)
		}
	})
}
