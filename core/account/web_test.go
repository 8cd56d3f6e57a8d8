package account_test

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/id"
)

func TestANewPersonRegistersAndComesBackWhereTheyWere(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		b := r.browser(t)
		at := b.get("/account/profile?from=card")
		if at.path != "/sign-in?back=%2Faccount%2Fprofile%3Ffrom%3Dcard" {
			t.Fatalf("a stranger is sent to %s", at.path)
		}
		if bad := b.post(at.path, "/sign-in", "contact", "anna", "back", "/account/profile?from=card"); bad.status != 422 ||
			!strings.Contains(bad.body, `href="#f-contact"`) || !strings.Contains(bad.body, `value="anna"`) {
			t.Errorf("a wrong contact: %d %s", bad.status, bad.body)
		}
		code := b.post(at.path, "/sign-in", "contact", "anna@example.org", "back", "/account/profile?from=card")
		r.deliver(t)
		right := r.letters.last(t).code
		if bad := b.post(code.path, "/sign-in/code", "try", code.try(t), "code", wrong(right), "back", "/account/profile?from=card"); bad.status != 422 ||
			!strings.Contains(bad.body, `href="#f-code"`) {
			t.Errorf("a wrong code: %d %s", bad.status, bad.body)
		}
		name := b.post(code.path, "/sign-in/code", "try", code.try(t), "code", right, "back", "/account/profile?from=card")
		if !strings.HasPrefix(name.path, "/register/name?") {
			t.Fatalf("after the code: %d %s", name.status, name.path)
		}
		if bad := b.post(name.path, "/register/name", "family", "", "given", "Anna5"); bad.status != 422 || strings.Count(bad.body, `field-error`) < 2 {
			t.Errorf("a wrong name: %d %s", bad.status, bad.body)
		}
		profile := b.post(name.path, "/register/name", "family", "Смирнова", "given", "Анна", "patronymic", "", "back", "/account/profile?from=card")
		if profile.path != "/account/profile?from=card" || !strings.Contains(profile.body, "Смирнова") || !strings.Contains(profile.body, "anna@example.org") {
			t.Errorf("at the end: %d %s %s", profile.status, profile.path, profile.body)
		}
	})
}

// Whether a contact has an account can't be told from any answer before its code.
func TestAnswersAreAlikeWithAndWithoutAnAccount(t *testing.T) {
	t.Parallel()
	r := one(t)
	enrolAnna(t, r)
	tries := func(contact string) []reply {
		b := r.browser(t)
		sent := b.post("/sign-in", "/sign-in", "contact", contact)
		byPassword := b.post("/sign-in", "/sign-in", "contact", contact, "by_password", "1")
		wrongOne := b.post("/sign-in/password", "/sign-in/password", "contact", contact, "password", "wrong password")
		return []reply{sent, byPassword, wrongOne}
	}
	known, unknown := tries("anna@example.org"), tries("olga@example.org")
	for i := range known {
		same := strings.NewReplacer("anna", "x", "olga", "x", "an•••", "y", "ol•••", "y")
		a, b := same.Replace(known[i].body), same.Replace(unknown[i].body)
		for _, random := range []*regexp.Regexp{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), regexp.MustCompile(`name="_csrf" value="[^"]*"`)} {
			a, b = random.ReplaceAllString(a, "?"), random.ReplaceAllString(b, "?")
		}
		if known[i].status != unknown[i].status || a != b {
			t.Errorf("answer %d differs: %s", i, cmp.Diff(a, b))
		}
	}
}

func TestATypedFormIsGivenBackAfterTheSessionWasClosed(t *testing.T) {
	t.Parallel()
	r := one(t)
	enrolAnna(t, r)
	b := r.browser(t)
	b.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", "correct horse")
	if at := b.get("/account/security"); at.status != 200 || !strings.Contains(at.body, "Firefox, Linux") {
		t.Fatalf("the page of sessions: %d %s", at.status, at.body)
	}
	r.clock.Move(account.SessionIdle)
	lost := b.post("/account/contact", "/account/contact", "contact", "new@example.org")
	if !strings.HasPrefix(lost.path, "/sign-in?back=%2Faccount%2Fcontact") {
		t.Fatalf("after half an hour: %s", lost.path)
	}
	back := b.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", "correct horse", "back", "/account/contact")
	if back.path != "/account/contact" || !strings.Contains(back.body, "new@example.org") {
		t.Errorf("what was typed is lost: %s %s", back.path, back.body)
	}
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	r := one(t)
	enrolAnna(t, r)
	b := r.browser(t)
	if at := b.post("/sign-in/password", "/sign-in/password", "contact", "anna@example.org", "password", "correct horse", "back", "/account/profile"); at.path != "/account/profile" {
		t.Fatalf("signed in at %s", at.path)
	}
	b.post("/account/profile", "/sign-out")
	if at := b.get("/account/profile"); !strings.HasPrefix(at.path, "/sign-in") {
		t.Errorf("after signing out: %s", at.path)
	}
}

func TestBackLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	r := one(t)
	enrolAnna(t, r)
	b := r.browser(t)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	req := b.request(http.MethodPost, "/sign-in/password", "contact=anna%40example.org&password=correct+horse&back=%2F%2Fevil.example")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Host = "posad.test"
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if to := res.Header.Get("Location"); to != "/" {
		t.Errorf("sent to %q (%d)", to, res.StatusCode)
	}
}

// call makes one API call and reads the answer.
func (r *rig) call(t *testing.T, token, method, path string, in, out any) int {
	t.Helper()
	body := ""
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = string(raw)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Host = "posad.test"
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatalf("%s %s answered %s: %v", method, path, raw, err)
		}
	}
	if res.StatusCode >= 400 {
		t.Logf("%s %s: %s", method, path, raw)
	}
	return res.StatusCode
}

type object map[string]any

func TestTheAPISignsInAndChangesTheProfile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		var sent, entry, profile object
		if got := r.call(t, "", "POST", "/api/v1/sign-in/code", object{"contact": "anna@example.org"}, &sent); got != 200 {
			t.Fatalf("ask: %d", got)
		}
		r.deliver(t)
		if got := r.call(t, "", "POST", "/api/v1/sign-in", object{"try": sent["try"], "code": wrong(r.letters.last(t).code)}, nil); got != 422 {
			t.Errorf("a wrong code: %d", got)
		}
		if got := r.call(t, "", "POST", "/api/v1/sign-in", object{"try": sent["try"], "code": r.letters.last(t).code}, &entry); got != 200 || entry["new"] != true {
			t.Fatalf("sign in: %d %v", got, entry)
		}
		token, _ := entry["token"].(string)
		change := object{"name": object{"family": "Смирнова", "given": "Анна"}, "birth": "1986-04-05", "snils": "112-233-445 95", "lang": "en"}
		if got := r.call(t, token, "PATCH", "/api/v1/profile", change, &profile); got != 200 || profile["snils"] != "11223344595" {
			t.Errorf("change: %d %v", got, profile)
		}
		if got := r.call(t, token, "PATCH", "/api/v1/profile", object{"snils": "1"}, nil); got != 422 {
			t.Errorf("a wrong SNILS: %d", got)
		}
		if got := r.call(t, token, "PATCH", "/api/v1/profile", object{"level": 3}, nil); got != 422 {
			t.Errorf("a level of one's own making: %d", got)
		}
		if got := r.call(t, "", "GET", "/api/v1/profile", nil, nil); got != 401 {
			t.Errorf("a stranger: %d", got)
		}
		if got := r.call(t, token, "DELETE", "/api/v1/session", nil, nil); got != 204 {
			t.Errorf("sign out: %d", got)
		}
		if got := r.call(t, token, "GET", "/api/v1/profile", nil, nil); got != 401 {
			t.Errorf("after signing out: %d", got)
		}
	})
}

func TestAnIdentityIsConfirmedOnceForOnePerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		reg := &register{verdict: account.Differs}
		r.Provide(r.letters, reg)
		_, a := r.enter(t, "a@example.org")
		_, b := r.enter(t, "b@example.org")
		identity := account.Identity{Name: nameOf("Смирнова", "Анна"), Birth: dateOf("1986-04-05"), SNILS: "112-233-445 95"}
		if _, err := r.Confirm(t.Context(), a, a.Holder, account.Identity{Name: identity.Name}); !isFault(err, "account.fields", 2) {
			t.Errorf("half an identity: %v", err)
		}
		if _, err := r.Confirm(t.Context(), a, a.Holder, identity); !isFault(err, "account.identity_differs", 0) {
			t.Errorf("an identity that differs: %v", err)
		}
		reg.fail = io.ErrUnexpectedEOF
		if _, err := r.Confirm(t.Context(), a, a.Holder, identity); !isFault(err, "account.register_down", 0) {
			t.Errorf("a register that is down: %v", err)
		}
		reg.fail, reg.verdict = nil, account.Confirmed
		if got, err := r.Confirm(t.Context(), a, a.Holder, identity); err != nil || got.Level != 2 {
			t.Fatalf("confirmed: %+v, %v", got, err)
		}
		if _, err := r.Confirm(t.Context(), b, b.Holder, identity); !isFault(err, "account.snils_taken", 0) {
			t.Errorf("a second person with the SNILS: %v", err)
		}
		name := nameOf("Иванова", "Анна")
		if _, err := r.ChangeProfile(t.Context(), a, a.Holder, 0, account.Change{Name: &name}); !isFault(err, "account.already_confirmed", 0) {
			t.Errorf("a confirmed name was changed: %v", err)
		}
	})
}

func TestAContactIsReplacedByACodeAndNeverTakenFromAnother(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, a := r.enter(t, "a@example.org")
		_, b := r.enter(t, "b@example.org")
		prove := func(contact string) error {
			r.clock.Move(2 * time.Minute)
			c, err := account.ParseContact(contact)
			if err != nil {
				t.Fatal(err)
			}
			sent, err := r.AskContactCode(t.Context(), a, c, "", "")
			if err != nil {
				t.Fatal(err)
			}
			r.deliver(t)
			if _, err := r.EnterByCode(t.Context(), sent.Try, r.letters.last(t).code, account.Via{}); !isFault(err, "account.wrong_code", 0) {
				t.Errorf("a code of one purpose served another: %v", err)
			}
			if _, err := r.PutContact(t.Context(), b, sent.Try, wrong(r.letters.last(t).code)); !isFault(err, "account.wrong_code", 0) {
				t.Errorf("a wrong code: %v", err)
			}
			_, err = r.PutContact(t.Context(), a, sent.Try, r.letters.last(t).code)
			return err
		}
		if err := prove("b@example.org"); !isFault(err, "account.contact_taken", 0) {
			t.Errorf("another's contact: %v", err)
		}
		if err := prove("+79161234567"); err != nil {
			t.Errorf("a phone: %v", err)
		}
		if err := prove("new@example.org"); err != nil {
			t.Errorf("a new e-mail: %v", err)
		}
		for contact, isNew := range map[string]bool{"new@example.org": false, "8 916 123-45-67": false, "a@example.org": true} {
			r.clock.Move(2 * time.Minute)
			if entry, _ := r.enter(t, contact); entry.New != isNew || !isNew && entry.Person != a.Holder {
				t.Errorf("%s now leads to %+v", contact, entry)
			}
		}
	})
}

func TestHats(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		entry, a := r.enter(t, "a@example.org")
		transport := agency.ID("transport")
		if err := r.Wear(t.Context(), a, transport); !isFault(err, "account.no_such_role", 0) {
			t.Errorf("a hat of nobody's: %v", err)
		}
		official := agency.Official{Person: entry.Person, Agency: transport, Role: agency.Officer, Queues: []string{"parking"}}
		if err := r.agencies.Enrol(t.Context(), []agency.Official{official}); err != nil {
			t.Fatal(err)
		}
		if err := r.Wear(t.Context(), a, transport); err != nil {
			t.Fatal(err)
		}
		session := r.session(t, entry.Token)
		if session.Agency != transport || session.Role != "officer" {
			t.Errorf("the session is %+v", session)
		}
		a.Actor.Kind, a.Actor.Agency, a.Actor.Role = "official", transport, "officer"
		if err := r.try(t, a); err != nil {
			t.Errorf("an official's act: %v", err)
		}
		official.Role = agency.Head
		if err := r.agencies.Enrol(t.Context(), []agency.Official{official}); err != nil {
			t.Fatal(err)
		}
		if err := r.try(t, a); !isFault(err, "account.no_such_role", 0) {
			t.Errorf("an act in a role that changed: %v", err)
		}
		if session := r.session(t, entry.Token); session.Role != "head" {
			t.Errorf("the session is %+v", session)
		}
		r.drop(t, transport, entry.Person)
		if session := r.session(t, entry.Token); session.Agency != (id.ID{}) {
			t.Errorf("after the role was taken away: %+v", session)
		}
	})
}
