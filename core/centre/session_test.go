package centre_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/centre"
	"posad.city/kit/act"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// begin begins a session for Anna, who agrees by a code, and returns the visit's path.
func (b *browser) begin() string {
	b.t.Helper()
	path := b.proved(anna)
	at := b.post(path + "/consent")
	at = b.post(path+"/begin", "try", at.field(b.t, "try"), "code", b.r.code(b.t, "+79165550101"), "agree", "true")
	if b.cookie("aside") == "" {
		b.t.Fatalf("%s %d %s", at.path, at.status, at.body)
	}
	return path
}

func (b *browser) session() (web.Session, error) {
	return b.r.accounts.Sessions().Find(b.t.Context(), web.HashToken(b.cookie("session")))
}

func TestAVisitUsesTheOfficialsBrowserAndNeitherHasTheOthersRights(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.official(t, "natalya")
		officials := b.cookie("session")
		before, err := b.session()
		if err != nil {
			t.Fatal(err)
		}
		r.clock.Move(5 * time.Minute)
		path := b.begin()
		now, err := b.session()
		if err != nil || now.Person != personOf("anna") || now.By != personOf("natalya") || now.Assurance != act.Verified || now.Strong {
			t.Fatalf("%+v, %v", now, err)
		}
		if _, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(officials)); !errors.Is(err, web.ErrNoSession) {
			t.Errorf("the official's session goes on beside the visit: %v", err)
		}
		if at := b.get("/account/profile"); at.status != 200 || !strings.Contains(at.body, `action="/desk/centre/return"`) {
			t.Errorf("the banner is not on the page: %s %d", at.path, at.status)
		}
		for _, path := range []string{"/desk/centre", path, "/account/security"} {
			if at := b.get(path); at.status == 200 && at.path == path {
				t.Errorf("a visit opens %s", path)
			}
		}
		if at := b.post("/account/security/password", "password", "a new and long one"); at.status != http.StatusForbidden {
			t.Errorf("a visit sets a password: %s %d", at.path, at.status)
		}
		if at := b.post("/account/merge"); at.status != http.StatusForbidden {
			t.Errorf("a visit begins a merge: %s %d", at.path, at.status)
		}
		if at := b.post("/hat", "agency", centre.AgencyID().String()); at.status != http.StatusForbidden {
			t.Errorf("a visit puts a hat on: %s %d", at.path, at.status)
		}
		if !slices.ContainsFunc(r.looks(t, personOf("anna")), func(l store.LookRecord) bool { return l.Channel == act.Centre && l.Actor.Person == personOf("anna") }) {
			t.Error("what was seen in the visit left no look")
		}
		at := b.post("/desk/centre/return")
		if at.path != "/desk/centre" || at.status != 200 || b.cookie("aside") != "" {
			t.Fatalf("%s %d %s", at.path, at.status, at.body)
		}
		after, err := b.session()
		if err != nil || after.Person != personOf("natalya") || after.Agency != centre.AgencyID() || !after.By.IsZero() || after.ID == before.ID || after.Proved.After(before.Proved) {
			t.Errorf("the official comes back as %+v, %v; before %+v", after, err, before)
		}
		if got := r.entries(t, personOf("anna"), visitOf(t, path)); !slices.Equal(got, []string{"centre.proved", "centre.session"}) {
			t.Errorf("entries %v", got)
		}
		r.word(t, "centre.word.served")
		if at := r.resident(t, "anna").get("/account/visits"); !strings.Contains(at.body, "Орехова Наталья") {
			t.Errorf("Anna does not see her visit: %d %s", at.status, at.body)
		}
	})
}

func TestAPersonWithoutAPhoneAgreesOnPaper(t *testing.T) {
	t.Parallel()
	r := one(t)
	b := r.official(t, "natalya")
	path := b.proved(oleg)
	for name, fields := range map[string][]string{"no tick": {"note", "17/2026"}, "no number": {"agree", "true"}, "a code of nobody": {"agree", "true", "code", "123456"}} {
		if b.post(path+"/begin", fields...); b.cookie("aside") != "" {
			t.Errorf("%s: a session began", name)
		}
	}
	b.post(path+"/begin", "agree", "true", "note", "17/2026")
	if s, err := b.session(); err != nil || s.Person != personOf("oleg") {
		t.Fatalf("%+v, %v", s, err)
	}
	v, err := r.Visit(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, personOf("oleg"), visitOf(t, path))
	if err != nil || v.Consent != centre.ByPaper || v.Note != "17/2026" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestAPhoneIsAskedOfWhoeverHasOne(t *testing.T) {
	t.Parallel()
	r := one(t)
	b := r.official(t, "natalya")
	path := b.proved(anna)
	if b.post(path+"/begin", "agree", "true", "note", "17/2026"); b.cookie("aside") != "" {
		t.Error("a paper stood in for the phone")
	}
	other := b.post(path+"/join", "contact", "oleg@example.org") // a code that went elsewhere
	if b.post(path+"/begin", "agree", "true", "try", other.field(t, "try"), "code", r.code(t, "oleg@example.org")); b.cookie("aside") != "" {
		t.Error("a code of another contact stood in for the phone's")
	}
}

func TestAVisitEndsByItselfAndTheTicketDoesNotOutliveIt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.official(t, "natalya")
		b.begin()
		r.clock.Move(account.VisitIdle)
		if at := b.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
			t.Errorf("after ten idle minutes: %s", at.path)
		}
		if at := b.get("/desk/centre/return"); at.status != 200 || !strings.Contains(at.body, `action="/desk/centre/return"`) {
			t.Errorf("%s %d", at.path, at.status)
		}
		if at := b.post("/desk/centre/return"); at.path != "/desk/centre" {
			t.Fatalf("%s %d", at.path, at.status)
		}
		r.clock.Move(2 * time.Minute) // another code
		path := b.begin()
		for range 6 { // in use all the time
			r.clock.Move(5 * time.Minute)
			b.get("/account/profile")
		}
		if at := b.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
			t.Errorf("after thirty minutes: %s", at.path)
		}
		r.drain(t)
		v, err := r.Visit(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, personOf("anna"), visitOf(t, path))
		if err != nil || v.Ended.IsZero() {
			t.Errorf("nobody ended the visit: %+v, %v", v, err)
		}
		r.clock.Move(10 * time.Minute)
		if at := b.post("/desk/centre/return"); !strings.HasPrefix(at.path, "/sign-in") {
			t.Errorf("the ticket is good for ever: %s", at.path)
		}
	})
}

func TestATicketIsUsedOnceAndOnlyWithItsOwnVisit(t *testing.T) {
	t.Parallel()
	r := one(t)
	b := r.official(t, "natalya")
	b.begin()
	ticket := b.cookie("aside")
	visitors := b.cookie("session")
	// Somebody else's browser with the ticket and a session of its own is sent away, and the visit goes on.
	thief := r.resident(t, "oleg")
	thief.put("aside", ticket)
	thief.post("/desk/centre/return")
	if s, err := thief.session(); err != nil || s.Person != personOf("oleg") {
		t.Fatalf("another session came back as %+v, %v", s, err)
	}
	if _, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(visitors)); err != nil {
		t.Errorf("a stranger ended the visit: %v", err)
	}
	b.post("/desk/centre/return")
	again := r.browser(t)
	again.put("aside", ticket)
	if at := again.post("/desk/centre/return"); at.path == "/desk/centre" {
		t.Error("a ticket was used twice")
	}
	if _, err := r.accounts.Sessions().Find(t.Context(), web.HashToken(visitors)); !errors.Is(err, web.ErrNoSession) {
		t.Errorf("the visit's session outlives the visit: %v", err)
	}
}
