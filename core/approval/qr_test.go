package approval_test

import (
	"bytes"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/clock"
)

const (
	home   = "81.2.69.160"
	street = "92.63.104.7"
)

// read reads a QR code as a phone's camera would, where there is a reader on this machine, and gives its path.
func read(t *testing.T, picture []byte) string {
	t.Helper()
	reader, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed")
	}
	cmd := exec.CommandContext(t.Context(), reader, "--quiet", "--raw", "PNG:-")
	cmd.Stdin = bytes.NewReader(picture)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	path, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "http://posad.test")
	if !ok {
		t.Fatalf("the code reads %q", out)
	}
	return path
}

// shows begins a sign-in by QR and returns the number and the path in the code.
func shows(t *testing.T, b *browser) (string, string) {
	t.Helper()
	page := b.get("/sign-in/qr?back=%2Faccount%2Fprofile")
	return page.number(t), read(t, page.picture(t))
}

func TestSignInByQR(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		strong := r.proof(t, "anna")
		strong.Strong, strong.Level = true, act.Verified
		desk, phone := r.browser(t, home), r.phone(t, street, strong)
		number, path := shows(t, desk)
		if again, same := shows(t, desk); again != number || same != path {
			t.Fatalf("a look at the page again shows %s %s after %s %s", again, same, number, path)
		}
		page := phone.get(path)
		page.contains(t, "If you did not begin this, refuse", "Firefox, Linux", "From another network")
		if got := page.choices(); len(got) != 3 {
			t.Fatalf("the phone offers %v", got)
		}
		told := make(chan reply)
		took := clock.Measure()
		go func() { told <- desk.script("GET", "/sign-in/qr/state?back=%2Faccount%2Fprofile") }()
		phone.post(path, "number", number).contains(t, "Approved.")
		if state := <-told; !strings.HasPrefix(state.header.Get("HX-Redirect"), "/sign-in/qr") || took() > 4*time.Second {
			t.Fatalf("the waiting page is told %d %v after %v", state.status, state.header, took())
		}
		desk.get("/sign-in/qr?back=%2Faccount%2Fprofile").contains(t, "The sign-in is approved", "hx-trigger=\"load\"")
		in := desk.post("/sign-in/qr/finish", "back", "/account/profile")
		if in.path != "/account/profile" || in.status != 200 {
			t.Fatalf("after the yes the browser stands on %s: %d", in.path, in.status)
		}
		got := r.session(t, desk)
		if got.Person != personOf("anna") || !got.Strong || got.Assurance != act.Verified || got.Methods != "qr" {
			t.Errorf("the session is %+v", got)
		}
	})
}

// A weak session makes no strong one.
func TestSignInByQRIsNoStrongerThanWhoSaidYes(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	desk, phone := r.browser(t, home), r.phone(t, home, r.proof(t, "anna"))
	number, path := shows(t, desk)
	phone.get(path).contains(t, "From the same network")
	phone.post(path, "number", number)
	desk.post("/sign-in/qr/finish")
	if got := r.session(t, desk); got.Strong || got.Assurance != act.Standard {
		t.Errorf("the session is %+v", got)
	}
}

func TestQRRefuses(t *testing.T) {
	t.Parallel()
	type step = func(t *testing.T, r *rig, desk, phone *browser, number, path string)
	left := func(t *testing.T, r *rig, desk *browser) {
		t.Helper()
		desk.post("/sign-in/qr/finish")
		if desk.cookie("posad_session") != "" || len(r.sessions(t, "anna")) != 1 {
			t.Error("somebody was let in")
		}
	}
	cases := map[string]step{
		"a wrong number, for good": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			page := phone.get(path)
			phone.post(path, "number", page.other(t, number)).contains(t, "The number was wrong")
			if again := phone.post(path, "number", number); again.status != 410 {
				t.Errorf("the right number after the wrong one: %d", again.status)
			}
			if r.words.count("approval.word.wrong_number") != 1 {
				t.Error("the person was not told")
			}
			desk.get("/sign-in/qr").contains(t, "The sign-in is not approved")
			left(t, r, desk)
		},
		"no": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			phone.post(path, "refuse", "1").contains(t, "You refused.")
			if again := phone.post(path, "number", number); again.status != 410 {
				t.Errorf("a yes after a no: %d", again.status)
			}
			left(t, r, desk)
		},
		"another browser": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			other := r.browser(t, home)
			other.get("/sign-in/qr")
			phone.post(path, "number", number)
			other.post("/sign-in/qr/finish")
			if other.cookie("posad_session") != "" {
				t.Error("a browser that did not begin was let in")
			}
			phone.get(path) // and the code opens nothing by itself
			other.get(path)
			if other.cookie("posad_session") != "" {
				t.Error("the code's address let somebody in")
			}
		},
		"too late": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			r.clock.Move(3*time.Minute + time.Second)
			if got := phone.post(path, "number", number); got.status != 410 {
				t.Errorf("an answer after three minutes: %d", got.status)
			}
			desk.get("/sign-in/qr").contains(t, "Time is over")
			left(t, r, desk)
		},
		"taken too late": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			phone.post(path, "number", number)
			r.clock.Move(time.Minute + time.Second)
			left(t, r, desk)
		},
		"a number that was not offered": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			got := phone.post(path, "number", "7")
			got.contains(t, "Choose the number")
			if got.status != 422 {
				t.Errorf("status %d", got.status)
			}
		},
		"a token that nobody made": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			if got := phone.post(path[:len(path)-2]+"AA", "number", number); got.status != 404 {
				t.Errorf("status %d", got.status)
			}
			left(t, r, desk)
		},
		"a session of long ago": func(t *testing.T, r *rig, desk, phone *browser, number, path string) {
			r.clock.Move(16 * time.Minute)
			number, path = shows(t, desk)
			if got := phone.get(path); !strings.HasPrefix(got.path, "/sign-in/raise") {
				t.Errorf("an old session sees %s", got.path)
			}
			if got := phone.post(path, "number", number); !strings.HasPrefix(got.path, "/sign-in/raise") {
				t.Errorf("an old session answers %s", got.path)
			}
			left(t, r, desk)
		},
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, r *rig) {
				r.people(t, "anna")
				desk, phone := r.browser(t, home), r.phone(t, street, r.proof(t, "anna"))
				number, path := shows(t, desk)
				run(t, r, desk, phone, number, path)
			})
		})
	}
}

// Whoever is not signed in sees the warning after their sign-in, and is never let in by the code.
func TestQRSeenByNobody(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	desk, phone := r.browser(t, home), r.browser(t, street)
	_, path := shows(t, desk)
	got := phone.get(path)
	if !strings.HasPrefix(got.path, "/sign-in?back=%2Fapprove%2F") {
		t.Fatalf("an unsigned phone sees %s", got.path)
	}
	phone.enter(r.proof(t, "anna"))
	phone.get(path).contains(t, "If you did not begin this, refuse")
}

// A yes is taken once, however often the browser presses.
func TestTakenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna")
		desk, phone := r.browser(t, home), r.phone(t, street, r.proof(t, "anna"))
		number, path := shows(t, desk)
		phone.post(path, "number", number)
		visit := desk.cookie("posad_visit")
		var race sync.WaitGroup
		for range 6 {
			twin := r.browser(t, home)
			twin.setCookie("posad_visit", visit)
			race.Go(func() { twin.post("/sign-in/qr/finish") })
		}
		race.Wait()
		if got := r.sessions(t, "anna"); len(got) != 2 {
			t.Errorf("%d sessions: the phone's and more than one other", len(got))
		}
		replay := r.browser(t, home)
		replay.setCookie("posad_visit", visit)
		replay.post("/sign-in/qr/finish")
		if got := r.sessions(t, "anna"); len(got) != 2 {
			t.Errorf("a replay made a session: %d", len(got))
		}
	})
}

// Of two people who answer at once, one lets the browser in.
func TestTwoAnswers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.people(t, "anna", "boris")
		desk := r.browser(t, home)
		anna, boris := r.phone(t, street, r.proof(t, "anna")), r.phone(t, street, r.proof(t, "boris"))
		number, path := shows(t, desk)
		statuses := make([]int, 2)
		var race sync.WaitGroup
		for i, phone := range []*browser{anna, boris} {
			race.Go(func() { statuses[i] = phone.post(path, "number", number).status })
		}
		race.Wait()
		if statuses[0]+statuses[1] != 200+410 {
			t.Errorf("two answers at once: %v", statuses)
		}
		desk.post("/sign-in/qr/finish")
		if n := len(r.sessions(t, "anna")) + len(r.sessions(t, "boris")); n != 3 {
			t.Errorf("%d sessions, want the two phones' and one more", n)
		}
	})
}

// A visit to a service centre approves nothing: the keyboard is an official's.
func TestCentreApprovesNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	p := r.proof(t, "anna")
	p.Method = account.ByCentre
	desk, phone := r.browser(t, home), r.browser(t, street)
	number, path := shows(t, desk)
	r.centre(t, phone, p)
	if got := phone.post(path, "number", number); got.status == 200 && got.path == "/approve" {
		t.Errorf("a visit to a centre approved: %d %s", got.status, got.path)
	}
	if desk.post("/sign-in/qr/finish"); desk.cookie("posad_session") != "" {
		t.Error("it let somebody in")
	}
	if got := phone.get("/approve"); got.status != 403 {
		t.Errorf("a visit to a centre lists what waits: %d", got.status)
	}
}

// The city's app answers by JSON.
func TestQRByApp(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.people(t, "anna")
	desk, app := r.browser(t, home), r.browser(t, street)
	app.token = app.enter(r.proof(t, "anna")).Token
	number, path := shows(t, desk)
	token := strings.TrimPrefix(path, "/approve/")
	app.call("GET", "/api/v1/approvals/"+token, "").contains(t, `"kind":"qr"`, `"network":"far"`, `"browser":"Firefox, Linux"`)
	app.call("POST", "/api/v1/approvals/"+token, `{"number":`+number+`}`).contains(t, `"answer":"yes"`)
	if got := app.call("POST", "/api/v1/approvals/"+token, `{"number":`+number+`}`); got.status != 410 {
		t.Errorf("a second answer: %d", got.status)
	}
	desk.post("/sign-in/qr/finish")
	if got := r.session(t, desk); got.Person != personOf("anna") {
		t.Errorf("the session is %+v", got)
	}
}
