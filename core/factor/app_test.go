package factor_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp"

	"posad.city/core/account"
	"posad.city/core/factor"
	"posad.city/kit/id"
)

// tool is a program of the machine, or the test is passed over.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s here", name)
	}
	return path
}

// oath is the code that oathtool makes of a key.
func oath(t *testing.T, key string, at time.Time) string {
	t.Helper()
	out, err := exec.Command(tool(t, "oathtool"), "--totp", "--base32", "--now", at.UTC().Format("2006-01-02 15:04:05 UTC"), key).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

var (
	tryField = regexp.MustCompile(`name="try" value="([^"]+)"`)
	picture  = regexp.MustCompile(`src="data:image/png;base64,([^"]+)"`)
	typedKey = regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`)
)

func find(t *testing.T, what *regexp.Regexp, r reply) string {
	t.Helper()
	found := what.FindStringSubmatch(r.body)
	if found == nil {
		t.Fatalf("no %s on %s: %s", what, r.path, r.text())
	}
	return found[1]
}

// addApp adds an app to the account of a signed-in browser and returns its key.
func (b *browser) addApp(name string) string {
	b.t.Helper()
	page := b.post("/account/security/app", "name", name)
	key := strings.ReplaceAll(find(b.t, typedKey, page), " ", "")
	got := b.post("/account/security/app/code", "try", find(b.t, tryField, page), "code", oath(b.t, key, b.r.clock.Now()))
	if got.path != "/account/security" {
		b.t.Fatalf("the app is not added: %d %s %s", got.status, got.path, got.text())
	}
	return key
}

// begins gives the password in a new browser and expects the second step to be asked.
func (b *browser) begins(key string) *browser {
	b.t.Helper()
	got := b.post("/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/security")
	if got.path != "/sign-in/second" {
		b.t.Fatalf("no second step is asked: %s %s", got.path, got.text())
	}
	return b
}

func TestAppIsAddedByItsFirstCodeAndIsASecondStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		home := r.browser(t).signIn("anna")
		page := home.post("/account/security/app", "name", "")
		key := strings.ReplaceAll(find(t, typedKey, page), " ", "")
		if len(key) != 32 {
			t.Errorf("a key of %d letters, want 32 for 20 bytes", len(key))
		}
		again := home.get(page.path)
		if find(t, typedKey, again) != find(t, typedKey, page) {
			t.Error("the page loaded again shows another key")
		}
		home.post("/account/security/app/code", "try", find(t, tryField, page), "code", "000000").want(t, r, "factor.wrong_app_code")
		if ways, err := r.accounts.WaysOf(t.Context(), of); err != nil || len(ways) != 0 {
			t.Fatalf("added without a code: %v, %v", ways, err)
		}
		first := oath(t, key, r.clock.Now())
		home.post("/account/security/app/code", "try", find(t, tryField, page), "code", first[:3]+" "+first[3:]).want(t, r, "factor.app.added")
		ways, err := r.accounts.WaysOf(t.Context(), of)
		if err != nil || len(ways) != 1 || ways[0].Alone || !ways[0].Second || !strings.Contains(ways[0].Name, "2026") {
			t.Fatalf("ways: %+v, %v", ways, err)
		}
		away := r.browser(t).begins("anna")
		away.get("/sign-in/second").want(t, r, "factor.app.offer")
		away.get("/sign-in/second/app").want(t, r, "factor.app.second_title")
		away.post("/sign-in/second/app", "code", first).want(t, r, "factor.wrong_app_code") // it was taken when the app was added
		r.clock.Move(30 * time.Second)
		if got := away.post("/sign-in/second/app", "code", oath(t, key, r.clock.Now())); got.path != "/account/security" {
			t.Fatalf("stands on %s: %s", got.path, got.text())
		}
		if diff := cmp.Diff([]string{"app", "password", "strong"}, r.methods(t, away)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQRCodeSaysWhatThePageTypes(t *testing.T) {
	t.Parallel()
	reader := tool(t, "zbarimg")
	r := one(t)
	r.enrol(t, "anna")
	page := r.browser(t).signIn("anna").post("/account/security/app", "name", "phone")
	raw, err := base64.StdEncoding.DecodeString(find(t, picture, page))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "qr.png")
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(reader, "--raw", "-q", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	said := string(bytes.TrimSpace(out))
	key, err := otp.NewKeyFromURL(said)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{key.Type(), key.Issuer(), key.AccountName(), key.Secret(), fmt.Sprint(key.Period(), key.Digits(), key.Algorithm())}
	want := []string{"totp", "posad.test", "anna@example.org", strings.ReplaceAll(find(t, typedKey, page), " ", ""), "30 6 SHA1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", said, diff)
	}
	if strings.Contains(page.path, key.Secret()) {
		t.Error("the key stands in the address")
	}
}

func TestCodeIsTakenOnceAndWithinOneStep(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		key := r.browser(t).signIn("anna").addApp("")
		r.clock.Move(10 * time.Minute)
		now := r.clock.Now()
		try := func(at time.Time) error {
			_, err := r.SecondByApp(t.Context(), of, "", oath(t, key, at))
			return err
		}
		for _, step := range []struct {
			name  string
			at    time.Duration
			taken bool
		}{
			{"two steps ago", -60 * time.Second, false}, {"two steps ahead", 60 * time.Second, false},
			{"a step ago", -30 * time.Second, true}, {"the same again", -30 * time.Second, false},
			{"now", 0, true}, {"now again", 0, false}, {"a step ago after now", -30 * time.Second, false},
			{"a step ahead", 30 * time.Second, true}, {"now after a step ahead", 0, false},
		} {
			if err := try(now.Add(step.at)); (err == nil) != step.taken {
				t.Errorf("%s: %v", step.name, err)
			}
		}
	})
}

func TestManyAtOnceTakeACodeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		key := r.browser(t).signIn("anna").addApp("")
		r.clock.Move(time.Minute)
		code := oath(t, key, r.clock.Now())
		var taken atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				if _, err := r.SecondByApp(t.Context(), of, fmt.Sprint("browser ", i), code); err == nil {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 {
			t.Errorf("taken %d times", taken.Load())
		}
	})
}

func TestGuessesAreCountedBeforeTheyAreCompared(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	key := home.addApp("")
	thief := r.browser(t).begins("anna")
	r.clock.Move(time.Minute)
	for range 10 {
		thief.post("/sign-in/second/app", "code", "000000").want(t, r, "factor.wrong_app_code")
	}
	right := oath(t, key, r.clock.Now())
	if got := thief.post("/sign-in/second/app", "code", right); got.status != http.StatusTooManyRequests {
		t.Fatalf("the eleventh try is answered %d", got.status)
	}
	if thief.signedIn() {
		t.Fatal("signed in by the eleventh try")
	}
	// The owner's own browser, which they are known by, has tries of its own.
	home.post("/sign-out")
	got := home.post("/sign-in/password", "contact", "anna@example.org", "password", "password of anna", "back", "/account/security")
	if got.path == "/sign-in/second" {
		t.Fatal("a known browser is asked by risk")
	}
	if got := home.post("/sign-in/second/app", "code", right, "back", "/account/security"); got.path != "/account/security" {
		t.Errorf("the owner is kept out: %d %s", got.status, got.text())
	}
	if _, err := r.SecondByApp(t.Context(), of, "", right); !isFault(err, account.ErrOften.ID) {
		t.Errorf("an unknown browser: %v", err)
	}
}

func TestOneAppsKeyIsBoundToItsSession(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	r.enrol(t, "boris")
	page := r.browser(t).signIn("anna").post("/account/security/app", "name", "phone")
	key, try := strings.ReplaceAll(find(t, typedKey, page), " ", ""), find(t, tryField, page)
	boris := r.browser(t).signIn("boris")
	if got := boris.get("/account/security/app/code?" + url.Values{"try": {try}}.Encode()); strings.Contains(got.body, "data:image/png") {
		t.Error("another person sees the key")
	}
	boris.post("/account/security/app/code", "try", try, "code", oath(t, key, r.clock.Now())).want(t, r, "factor.question_over")
	other := r.browser(t).signIn("anna") // another session of the same person
	other.post("/account/security/app/code", "try", try, "code", oath(t, key, r.clock.Now())).want(t, r, "factor.question_over")
	if got := r.browser(t).get("/sign-in/second/app"); !strings.HasPrefix(got.path, "/sign-in?") {
		t.Errorf("a stranger stands on %s", got.path)
	}
}

func TestAppsKeyWaitsAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	a := r.actOf(t, home)
	self := factor.Self{Account: of, Visit: "session " + a.Session.String(), City: "Kitezh: the city", Contact: "anna@example.org"}
	try, err := r.BeginApp(t.Context(), self, "phone")
	if err != nil {
		t.Fatal(err)
	}
	app, err := r.AppOf(t.Context(), self, try)
	if err != nil || !strings.HasPrefix(app.Address, "otpauth://totp/Kitezh%20%20the%20city:anna@example.org?") {
		t.Fatalf("%+v, %v", app, err)
	}
	r.clock.Move(factor.AppKeyLife)
	if _, err := r.AppOf(t.Context(), self, try); !isFault(err, factor.ErrOver.ID) {
		t.Errorf("after its time: %v", err)
	}
	if err := r.AddApp(t.Context(), a, self, try, oath(t, app.Key, r.clock.Now())); !isFault(err, factor.ErrOver.ID) {
		t.Errorf("added after its time: %v", err)
	}
	if _, err := r.AppOf(t.Context(), self, id.New(r.clock.Now())); !isFault(err, factor.ErrOver.ID) {
		t.Errorf("one that never was: %v", err)
	}
}

func TestAppByAPI(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	var made struct{ Try, Key, Address string }
	home.call(http.MethodPost, "/api/v1/authenticator-apps/key", `{"name":"phone"}`).json(t, &made)
	got := home.call(http.MethodPost, "/api/v1/authenticator-apps", fmt.Sprintf(`{"try":%q,"code":%q}`, made.Try, oath(t, made.Key, r.clock.Now())))
	if got.status != http.StatusNoContent {
		t.Fatalf("%d %s", got.status, got.body)
	}
	kept, err := r.accounts.KeptOf(t.Context(), of, account.ByApp)
	if err != nil || len(kept) != 1 || kept[0].Name != "phone" {
		t.Errorf("%+v, %v", kept, err)
	}
	if got := r.browser(t).call(http.MethodPost, "/api/v1/authenticator-apps/key", `{}`); got.status != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", got.status)
	}
}
