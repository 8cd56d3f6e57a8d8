package approval_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval"
)

// device is a phone on which a person has turned approvals on, with messages when there is somewhere to take them.
func (r *rig) device(t *testing.T, name string, to *receiver) *browser {
	t.Helper()
	phone := r.phone(t, street, r.proof(t, name))
	var sub approval.Subscription
	if to != nil {
		sub = to.subscription()
	}
	got := phone.post("/account/security/push", "endpoint", sub.Endpoint, "p256dh", sub.P256dh, "auth", sub.Auth)
	got.contains(t, "Approvals are on.", "Chrome, Android")
	if phone.cookie("posad_approver") == "" {
		t.Fatal("the browser has no name to be known by")
	}
	return phone
}

// asks begins a sign-in by contact and returns the number that the page shows.
func (r *rig) asks(t *testing.T, desk *browser, contact string) string {
	t.Helper()
	page := desk.post("/sign-in/push", "contact", contact, "back", "/account/profile")
	r.drain(t)
	return page.number(t)
}

// asked is the only question on a device's list.
func asked(t *testing.T, phone *browser) string {
	t.Helper()
	found := linkShown.FindAllStringSubmatch(phone.get("/approve").body, -1)
	if len(found) != 1 {
		t.Fatalf("%d questions wait", len(found))
	}
	return found[0][1]
}

func TestSignInByPush(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		to := newReceiver(t)
		phone := r.device(t, "anna", to)
		r.clock.Move(time.Hour) // the session is over; the device is known all the same
		desk := r.browser(t, home)
		number := r.asks(t, desk, "anna@example.org")
		var said struct{ Title, Body, Path string }
		came := to.all(t)
		if len(came) != 1 {
			t.Fatalf("%d messages came", len(came))
		}
		if err := json.Unmarshal(came[0].body, &said); err != nil || said.Title != "Approve a sign-in" {
			t.Fatalf("came %s, %v", came[0].body, err)
		}
		if strings.Contains(string(came[0].body), number) && strings.Contains(said.Body, number) {
			t.Error("the message tells the number")
		}
		if path := asked(t, phone); path != said.Path {
			t.Errorf("the message leads to %s, the list to %s", said.Path, path)
		}
		page := phone.get(said.Path)
		page.contains(t, "If you did not begin this, refuse", "Firefox, Linux", "No, you have never signed in by it")
		phone.post(said.Path, "number", number).contains(t, "Approved.")
		in := desk.post("/sign-in/push/wait/finish", "back", "/account/profile")
		if in.path != "/account/profile" {
			t.Fatalf("the browser stands on %s: %d", in.path, in.status)
		}
		got := r.session(t, desk)
		if got.Person != personOf("anna") || got.Strong || got.Methods != "push" {
			t.Errorf("the session is %+v", got)
		}
	})
}

// What the browser sees does not tell whether there is an account, or a device.
func TestNobodyLearnsWhoHasADevice(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna", "boris")
		r.device(t, "anna", nil)
		shape := func(contact string) string {
			b := r.browser(t, home)
			page := b.post("/sign-in/push", "contact", contact)
			r.drain(t)
			later := b.get("/sign-in/push/wait")
			plain := func(r reply) string {
				return numberShown.ReplaceAllString(strings.ReplaceAll(r.body, r.number(t), "NN"), "NN")
			}
			return fmt.Sprint(page.status, page.path, len(tokens.ReplaceAllString(plain(page), "")), len(tokens.ReplaceAllString(plain(later), "")))
		}
		want := shape("anna@example.org")
		for _, contact := range []string{"boris@example.org", "nobody@example.org", "+79161234567"} {
			if got := shape(contact); got != want {
				t.Errorf("%s is answered %s, a person with a device %s", contact, got, want)
			}
		}
	})
}

func TestPushRefuses(t *testing.T) {
	t.Parallel()
	type step = func(t *testing.T, r *rig, desk, phone *browser, number, path string)
	cases := map[string]step{
		"a wrong number, for good": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			phone.post(path, "number", phone.get(path).other(t, number)).contains(t, "The number was wrong")
			if got := phone.post(path, "number", number); got.status != 410 || r.words.count("approval.word.wrong_number") != 1 {
				t.Errorf("after it: %d, told %d times", got.status, r.words.count("approval.word.wrong_number"))
			}
		},
		"somebody else's device": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			other := r.device(t, "boris", nil)
			if got := other.get(path); got.status != 404 {
				t.Errorf("it sees the question: %d", got.status)
			}
			if got := other.post(path, "number", number); got.status != 404 {
				t.Errorf("it answers: %d", got.status)
			}
		},
		"a browser that nobody knows": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			other := r.browser(t, street)
			if got := other.get(path); !strings.HasPrefix(got.path, "/sign-in?back=") {
				t.Errorf("it sees %s", got.path)
			}
			other.post(path, "number", number)
		},
		"the browser that asks": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			desk.setCookie("posad_approver", phone.cookie("posad_approver"))
			if got := desk.post(path, "number", number); got.status != 409 {
				t.Errorf("it approved itself: %d", got.status)
			}
		},
		"a device that was turned off": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			token := phone.cookie("posad_approver")
			phone.post("/account/security/push/off").contains(t, "Approvals are off.")
			other := r.browser(t, street)
			other.setCookie("posad_approver", token)
			if got := other.post(path, "number", number); got.path == "/approve" {
				t.Errorf("it answers: %d %s", got.status, got.path)
			}
		},
		"too late": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			r.clock.Move(3*time.Minute + time.Second)
			if got := phone.post(path, "number", number); got.status != 410 {
				t.Errorf("it answers: %d", got.status)
			}
		},
		"another browser": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			phone.post(path, "number", number)
			other := r.browser(t, home)
			other.post("/sign-in/push", "contact", "anna@example.org")
			if other.post("/sign-in/push/wait/finish"); other.cookie("posad_session") != "" {
				t.Error("it was let in")
			}
			desk.post("/sign-in/push", "contact", "nobody@example.org") // and what was asked before is over
		},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				r.people(t, "anna", "boris")
				phone, desk := r.device(t, "anna", nil), r.browser(t, home)
				number := r.asks(t, desk, "anna@example.org")
				run(t, r, desk, phone, number, asked(t, phone))
				desk.post("/sign-in/push/wait/finish")
				if desk.cookie("posad_session") != "" {
					t.Error("somebody was let in")
				}
			})
		})
	}
}

// "These are not me" silences unknown browsers for a day, and none of one's own.
func TestMute(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		to := newReceiver(t)
		phone := r.device(t, "anna", to)
		own := r.browser(t, home)
		r.knows(t, own, "anna")
		stranger, second := r.browser(t, home), r.browser(t, home)
		r.asks(t, stranger, "anna@example.org")
		path := asked(t, phone)
		r.asks(t, second, "anna@example.org")
		phone.post(path, "not_me", "1").contains(t, "Unknown browsers can't ask you for a day", "Nobody asks you")
		for _, b := range []*browser{stranger, second} {
			b.get("/sign-in/push/wait").number(t) // nobody answered, as if there were nobody
			if b.post("/sign-in/push/wait/finish"); b.cookie("posad_session") != "" {
				t.Error("a stranger was let in")
			}
		}
		before := len(to.all(t))
		r.asks(t, r.browser(t, home), "anna@example.org")
		if n := len(to.all(t)); n != before {
			t.Errorf("a muted stranger brought %d messages", n-before)
		}
		r.asks(t, own, "anna@example.org")
		path = asked(t, phone)
		phone.get(path).contains(t, "Yes, you have signed in by it before")
		phone.post(path, "refuse", "1")
		own.get("/sign-in/push/wait").contains(t, "The sign-in is not approved")
		if n := len(to.all(t)); n != before+1 {
			t.Errorf("one's own browser brought %d messages", n-before)
		}
		phone.get("/account/security/push").contains(t, "You are left alone")
		r.clock.Move(24*time.Hour + time.Second)
		r.asks(t, r.browser(t, home), "anna@example.org")
		if n := len(to.all(t)); n != before+2 {
			t.Errorf("after a day a stranger brought %d messages", n-before-1)
		}
	})
}

func TestUnmute(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	phone := r.device(t, "anna", nil)
	r.asks(t, r.browser(t, home), "anna@example.org")
	phone.post(asked(t, phone), "not_me", "1")
	phone.post("/account/security/push/unmute").contains(t, "Unknown browsers can ask you again")
	r.asks(t, r.browser(t, home), "anna@example.org")
	asked(t, phone)
}

// A flood of questions ends after a few an hour, and does not keep the person's own browser out.
func TestFlood(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		to := newReceiver(t)
		phone := r.device(t, "anna", to)
		own := r.browser(t, home)
		r.knows(t, own, "anna")
		for i := range 12 {
			r.asks(t, r.browser(t, fmt.Sprintf("81.2.70.%d", i)), "anna@example.org")
		}
		if n := len(to.all(t)); n != 5 {
			t.Errorf("a flood brought %d messages", n)
		}
		number := r.asks(t, own, "anna@example.org")
		if n := len(to.all(t)); n != 6 {
			t.Errorf("then one's own browser brought %d messages", n-5)
		}
		var last struct{ Path string }
		if err := json.Unmarshal(to.all(t)[5].body, &last); err != nil {
			t.Fatal(err)
		}
		phone.post(last.Path, "number", number)
		if own.post("/sign-in/push/wait/finish"); own.cookie("posad_session") == "" {
			t.Error("one's own browser was kept out")
		}
		r.clock.Move(time.Hour + time.Second)
		r.asks(t, r.browser(t, home), "anna@example.org")
		if n := len(to.all(t)); n != 7 {
			t.Errorf("an hour later a stranger brought %d messages", n-6)
		}
	})
}

// From one address questions can be begun only so often.
func TestManyFromOneAddress(t *testing.T) {
	t.Parallel()
	r := one(t)
	var last reply
	for range 25 * 3 {
		b := r.browser(t, home)
		last = b.post("/sign-in/push", "contact", "anna@example.org")
		r.clock.Move(5 * time.Second)
		if last.status == 429 {
			break
		}
	}
	if last.status != 429 {
		t.Errorf("the last of 75: %d", last.status)
	}
}

// A subscription that its service knows no more is forgotten; the device still asks on its pages.
func TestGoneSubscription(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		to := newReceiver(t)
		phone := r.device(t, "anna", to)
		phone.get("/account/security/push").contains(t, "Notifications come even when the site is closed")
		to.says(410)
		number := r.asks(t, r.browser(t, home), "anna@example.org")
		phone.get("/account/security/push").contains(t, "There are no notifications")
		phone.post(asked(t, phone), "number", number).contains(t, "Approved.")
		to.says(201)
		sub := to.subscription()
		phone.post("/account/security/push", "endpoint", sub.Endpoint, "p256dh", sub.P256dh, "auth", sub.Auth).contains(t, "Notifications come")
		r.asks(t, r.browser(t, home), "anna@example.org")
		if n := len(to.all(t)); n != 1 {
			t.Errorf("after it was renewed %d messages came", n)
		}
	})
}

// A service in trouble is asked again while the question stands, and no longer.
func TestServiceInTrouble(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	to := newReceiver(t)
	r.device(t, "anna", to)
	to.says(429, "Retry-After", "10")
	desk := r.browser(t, home)
	r.asks(t, desk, "anna@example.org")
	to.says(201)
	r.clock.Move(11 * time.Second)
	r.drain(t)
	if n := len(to.all(t)); n != 1 {
		t.Errorf("%d messages came after the service had asked to wait", n)
	}
	to.says(500)
	r.asks(t, desk, "anna@example.org")
	to.says(201)
	r.clock.Move(4 * time.Minute)
	r.drain(t)
	if n := len(to.all(t)); n != 1 {
		t.Errorf("%d messages came for a question that was over", n-1)
	}
}

func TestWrongSubscription(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	phone := r.phone(t, street, r.proof(t, "anna"))
	good := newReceiver(t).subscription()
	for name, sub := range map[string]approval.Subscription{
		"inside":    {Endpoint: "http://10.0.0.1/x", P256dh: good.P256dh, Auth: good.Auth},
		"no key":    {Endpoint: good.Endpoint, Auth: good.Auth},
		"no point":  {Endpoint: good.Endpoint, P256dh: "B" + strings.Repeat("A", 86), Auth: good.Auth},
		"no secret": {Endpoint: good.Endpoint, P256dh: good.P256dh, Auth: "AAAA"},
	} {
		got := phone.post("/account/security/push", "endpoint", sub.Endpoint, "p256dh", sub.P256dh, "auth", sub.Auth)
		if got.status != 422 || phone.cookie("posad_approver") != "" {
			t.Errorf("%s: %d", name, got.status)
		}
	}
}

func TestSecondStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		phone := r.device(t, "anna", nil)
		desk := r.browser(t, home)
		if got := desk.get("/sign-in/push/second"); !strings.HasPrefix(got.path, "/sign-in") || strings.Contains(got.path, "push") {
			t.Errorf("whoever is asked no second step sees %s", got.path)
		}
		r.firstStep(t, desk, "anna")
		desk.get("/sign-in/push/second").contains(t, "Ask my device")
		page := desk.post("/sign-in/push/second")
		r.drain(t)
		path := asked(t, phone)
		phone.post(path, "number", page.number(t)).contains(t, "Approved.")
		desk.post("/sign-in/push/second/wait/finish")
		got := r.session(t, desk)
		if got.Person != personOf("anna") || !got.Strong || got.Methods != "password push" {
			t.Errorf("the session is %+v", got)
		}
	})
}

// A session is made fresher by another device, and never by the browser that asks.
func TestStepUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		phone := r.device(t, "anna", nil)
		desk := r.phone(t, home, r.proof(t, "anna"))
		r.clock.Move(20 * time.Minute)
		page := desk.post("/sign-in/push/second", "back", "/account/profile")
		r.drain(t)
		if got := desk.post(asked(t, phone), "number", page.number(t)); got.status != 409 {
			t.Errorf("the browser that asks approved itself: %d %s", got.status, got.path)
		}
		phone.post(asked(t, phone), "number", page.number(t)).contains(t, "Approved.")
		if in := desk.post("/sign-in/push/second/wait/finish", "back", "/account/profile"); in.path != "/account/profile" {
			t.Errorf("the browser stands on %s: %d", in.path, in.status)
		}
		if got := r.session(t, desk); !got.Proved.Equal(r.clock.Now()) || !got.Strong || got.Methods != "password push" {
			t.Errorf("the session is %+v", got)
		}
	})
}

// A session with no known device answers only when its person has proved themselves lately.
func TestOldSessionAnswersNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	device := r.device(t, "anna", nil)
	old := r.phone(t, street, r.proof(t, "anna"))
	r.clock.Move(16 * time.Minute)
	number := r.asks(t, r.browser(t, home), "anna@example.org")
	path := asked(t, device)
	if got := old.get(path); !strings.HasPrefix(got.path, "/sign-in/raise") {
		t.Errorf("it sees %s", got.path)
	}
	if got := old.post(path, "number", number); !strings.HasPrefix(got.path, "/sign-in/raise") {
		t.Errorf("it answers %s", got.path)
	}
	old.post(path, "refuse", "1").contains(t, "You refused.") // a no needs no proof
}

// Open pages hear of a question with no cookie, and nobody else does.
func TestOpenPages(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna", "boris")
	phone := r.device(t, "anna", nil)
	key := pollKey.FindStringSubmatch(phone.get("/account/security/push").body)
	if key == nil {
		t.Fatal("the page gives no key")
	}
	look := func(key string) reply {
		b := r.browser(t, street)
		req := b.request("GET", "/approve/push/waits", "")
		req.Header.Set("X-Approver", key)
		return b.do(req)
	}
	if got := look(key[1]); got.status != 204 {
		t.Errorf("nothing waits, but the page is told %d", got.status)
	}
	number := r.asks(t, r.browser(t, home), "anna@example.org")
	if got := look(key[1]); got.status != 200 || !strings.Contains(got.body, "Somebody is signing in") {
		t.Errorf("a question waits, the page is told %d %s", got.status, got.body)
	}
	for _, wrong := range []string{"", "AAAA", key[1][:len(key[1])-4] + "AAAA"} {
		if got := look(wrong); got.status != 204 {
			t.Errorf("the key %q is told %d", wrong, got.status)
		}
	}
	phone.get("/account/security").contains(t, "/approve\"")
	phone.post(asked(t, phone), "number", number)
	if got := look(key[1]); got.status != 204 {
		t.Errorf("it was answered, but the page is told %d", got.status)
	}
}

func TestPushByApp(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna", "boris")
	r.device(t, "anna", nil)
	app, other := r.browser(t, street), r.browser(t, street)
	app.token, other.token = app.enter(r.proof(t, "anna")).Token, other.enter(r.proof(t, "boris")).Token
	desk := r.browser(t, home)
	number := r.asks(t, desk, "anna@example.org")
	var list []struct {
		ID      string
		Kind    string
		Choices []int64
	}
	if err := json.Unmarshal([]byte(app.call("GET", "/api/v1/approvals", "").body), &list); err != nil || len(list) != 1 || len(list[0].Choices) != 3 {
		t.Fatalf("the list is %+v, %v", list, err)
	}
	other.call("GET", "/api/v1/approvals", "").contains(t, "[]")
	path := "/api/v1/approvals/" + list[0].ID
	if got := other.call("POST", path, `{"number":`+number+`}`); got.status != 404 {
		t.Errorf("another person answers: %d", got.status)
	}
	app.call("POST", path, `{"number":`+number+`}`).contains(t, `"answer":"yes"`)
	if desk.post("/sign-in/push/wait/finish"); r.session(t, desk).Person != personOf("anna") {
		t.Error("nobody was let in")
	}
}

func TestTenDevices(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	for range 10 {
		r.device(t, "anna", nil)
		r.clock.Move(time.Minute)
	}
	phone := r.phone(t, street, r.proof(t, "anna"))
	got := phone.post("/account/security/push")
	got.contains(t, "Approvals are on in ten browsers already")
	ways, err := r.accounts.KeptOf(t.Context(), r.accountOf(t, "anna"), account.ByPush)
	if err != nil || len(ways) != 10 || got.status != 409 {
		t.Errorf("%d ways, status %d, %v", len(ways), got.status, err)
	}
}

// What is held of a person goes at their wish.
func TestForget(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		phone := r.device(t, "anna", nil)
		r.asks(t, r.browser(t, home), "anna@example.org")
		phone.post(asked(t, phone), "not_me", "1")
		for range 2 {
			if err := r.Data().Forget(t.Context(), personOf("anna")); err != nil {
				t.Fatal(err)
			}
		}
		if page := phone.get("/account/security/push"); strings.Contains(page.body, "You are left alone") {
			t.Error("the wish to be left alone is still there")
		}
		if err := r.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
