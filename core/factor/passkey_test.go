package factor_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/core/factor"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
)

// device is a phone with passkeys.
type device struct {
	virtualwebauthn.Authenticator
	party virtualwebauthn.RelyingParty
	key   virtualwebauthn.Credential
}

// newKey makes a credential. The library writes a coordinate with leading zeros short, as COSE does not: one key of 128
// would not be taken.
func newKey() virtualwebauthn.Credential {
	for {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			continue
		}
		point, err := key.PublicKey.Bytes()
		if err != nil || point[1] == 0 || point[33] == 0 {
			continue
		}
		if text, err := x509.MarshalPKCS8PrivateKey(key); err == nil {
			return virtualwebauthn.NewCredentialWithImportedKey(virtualwebauthn.KeyTypeEC2, text)
		}
	}
}

func newDevice() *device {
	return &device{
		Authenticator: virtualwebauthn.NewAuthenticator(), key: newKey(),
		party: virtualwebauthn.RelyingParty{ID: "posad.test", Origin: address},
	}
}

type asked struct {
	Try     string          `json:"try"`
	Options json.RawMessage `json:"options"`
}

// asks asks for options as the page's script does.
func (b *browser) asks(path, body string) asked {
	b.t.Helper()
	var out asked
	b.call(http.MethodPost, path, body).json(b.t, &out)
	return out
}

func (d *device) make(t *testing.T, q asked) string {
	t.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(string(q.Options))
	if err != nil {
		t.Fatal(err)
	}
	d.Options.UserHandle = []byte(options.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.party, d.Authenticator, d.key, *options)
}

func (d *device) answer(t *testing.T, q asked) string {
	t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(string(q.Options))
	if err != nil {
		t.Fatal(err)
	}
	return virtualwebauthn.CreateAssertionResponse(d.party, d.Authenticator, d.key, *options)
}

// addPasskey adds the device's key to the account of a signed-in browser.
func (b *browser) addPasskey(d *device, name string) {
	b.t.Helper()
	q := b.asks("/api/v1/passkeys/options", "{}")
	got := b.post("/account/security/passkey", "try", q.Try, "answer", d.make(b.t, q), "name", name)
	if got.status != http.StatusOK || got.path != "/account/security" {
		b.t.Fatalf("the passkey is not added: %d %s %s", got.status, got.path, got.text())
	}
}

// enters signs in by the device.
func (b *browser) enters(d *device) reply {
	b.t.Helper()
	q := b.asks("/api/v1/sign-in/passkey/options", "{}")
	return b.post("/sign-in/passkey", "try", q.Try, "answer", d.answer(b.t, q), "back", "/account/security")
}

func TestPasskeyIsAddedAndSignsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		phone := newDevice()
		home := r.browser(t).signIn("anna")
		home.get("/account/security/passkey").want(t, r, "factor.passkey.add")
		home.addPasskey(phone, "My phone")

		ways, err := r.accounts.WaysOf(t.Context(), of)
		if err != nil || len(ways) != 1 || ways[0].Name != "My phone" || !ways[0].Alone || ways[0].Method != account.ByPasskey {
			t.Fatalf("ways: %+v, %v", ways, err)
		}
		if n := r.words.count("account.word.way_added"); n != 1 {
			t.Errorf("told %d times of the new way, want once", n)
		}
		away := r.browser(t)
		if got := away.enters(phone); got.path != "/account/security" || got.status != http.StatusOK {
			t.Fatalf("not signed in: %d %s", got.status, got.path)
		}
		if diff := cmp.Diff([]string{"passkey", "strong"}, r.methods(t, away)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOptionsAskForADiscoverableKeyWithVerification(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	home.addPasskey(newDevice(), "")
	var made struct {
		Attestation            string
		Timeout                int
		AuthenticatorSelection struct {
			ResidentKey, UserVerification string
			RequireResidentKey            bool
		}
		Rp                 struct{ ID string }
		User               struct{ Name, DisplayName string }
		ExcludeCredentials []any
	}
	if err := json.Unmarshal(home.asks("/api/v1/passkeys/options", "{}").Options, &made); err != nil {
		t.Fatal(err)
	}
	s := made.AuthenticatorSelection
	if made.Attestation != "none" || s.ResidentKey != "required" || !s.RequireResidentKey || s.UserVerification != "required" ||
		made.Rp.ID != "posad.test" || made.Timeout != 300_000 || len(made.ExcludeCredentials) != 1 || made.User.Name != "anna@example.org" {
		t.Errorf("options: %+v", made)
	}
	var wanted map[string]any
	if err := json.Unmarshal(r.browser(t).asks("/api/v1/sign-in/passkey/options", "{}").Options, &wanted); err != nil {
		t.Fatal(err)
	}
	if wanted["userVerification"] != "required" || wanted["rpId"] != "posad.test" || wanted["allowCredentials"] != nil {
		t.Errorf("options of a sign-in: %v", wanted)
	}
}

// TestPasskeyRefuses tries what must not open a session. Each case begins with a passkey that works.
func TestPasskeyRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key string
		try func(t *testing.T, r *rig, b *browser, d *device) reply
	}{
		"another site": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.party.Origin = "http://posad.test.evil.example"
			return b.enters(d)
		}},
		"another host's key": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.party.ID = "evil.example"
			return b.enters(d)
		}},
		"nobody proved who they are": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.Options.UserNotVerified = true
			return b.enters(d)
		}},
		"nobody was there": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.Options.UserNotPresent = true
			return b.enters(d)
		}},
		"another's handle": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.Options.UserHandle = []byte("somebody else entirely")
			return b.enters(d)
		}},
		"another signature": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			other := newKey()
			d.key.Key = other.Key
			return b.enters(d)
		}},
		"a key that became copyable": {"factor.passkey_failed", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.Options.BackupEligible = true
			return b.enters(d)
		}},
		"an unknown key": {"factor.passkey_unknown", func(_ *testing.T, _ *rig, b *browser, d *device) reply {
			d.key = newKey()
			return b.enters(d)
		}},
		"no answer": {"factor.passkey_no_answer", func(t *testing.T, _ *rig, b *browser, _ *device) reply {
			return b.post("/sign-in/passkey", "try", "", "answer", "")
		}},
		"no JSON": {"factor.passkey_failed", func(t *testing.T, _ *rig, b *browser, _ *device) reply {
			return b.post("/sign-in/passkey", "try", b.asks("/api/v1/sign-in/passkey/options", "{}").Try, "answer", "{")
		}},
		"too late": {"factor.question_over", func(t *testing.T, r *rig, b *browser, d *device) reply {
			q := b.asks("/api/v1/sign-in/passkey/options", "{}")
			r.clock.Move(factor.ChallengeLife)
			return b.post("/sign-in/passkey", "try", q.Try, "answer", d.answer(t, q))
		}},
		"another browser's question": {"factor.question_over", func(t *testing.T, r *rig, b *browser, d *device) reply {
			q := r.browser(t).asks("/api/v1/sign-in/passkey/options", "{}")
			return b.post("/sign-in/passkey", "try", q.Try, "answer", d.answer(t, q))
		}},
		"a challenge of one's own": {"factor.question_over", func(t *testing.T, r *rig, b *browser, d *device) reply {
			q := b.asks("/api/v1/sign-in/passkey/options", "{}")
			return b.post("/sign-in/passkey", "try", id.New(r.clock.Now()).String(), "answer", d.answer(t, q))
		}},
		"another question's answer": {"factor.passkey_failed", func(t *testing.T, _ *rig, b *browser, d *device) reply {
			answered := d.answer(t, b.asks("/api/v1/sign-in/passkey/options", "{}"))
			return b.post("/sign-in/passkey", "try", b.asks("/api/v1/sign-in/passkey/options", "{}").Try, "answer", answered)
		}},
		"an answer sent twice": {"factor.question_over", func(t *testing.T, r *rig, b *browser, d *device) reply {
			q := b.asks("/api/v1/sign-in/passkey/options", "{}")
			answered := d.answer(t, q)
			d.party.Origin = "http://evil.example" // the first one fails, and ends the question all the same
			b.post("/sign-in/passkey", "try", q.Try, "answer", d.answer(t, q))
			return b.post("/sign-in/passkey", "try", q.Try, "answer", answered)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			r.enrol(t, "anna")
			phone := newDevice()
			r.browser(t).signIn("anna").addPasskey(phone, "")
			if b := r.browser(t); b.enters(phone).path != "/account/security" || !b.signedIn() {
				t.Fatal("the passkey does not work to begin with")
			}
			b := r.browser(t)
			got := test.try(t, r, b, phone)
			got.want(t, r, test.key)
			if b.signedIn() {
				t.Error("signed in")
			}
		})
	}
}

func TestAddingIsBoundToItsSession(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, anna := r.enrol(t, "anna")
	r.enrol(t, "boris")
	a, b := r.browser(t).signIn("anna"), r.browser(t).signIn("boris")
	phone := newDevice()
	q := b.asks("/api/v1/passkeys/options", "{}")
	a.post("/account/security/passkey", "try", q.Try, "answer", phone.make(t, q)).want(t, r, "factor.question_over")
	if ways, err := r.accounts.WaysOf(t.Context(), anna); err != nil || len(ways) != 0 {
		t.Errorf("ways: %v, %v", ways, err)
	}
	// The question was not spoilt for its owner.
	if got := b.post("/account/security/passkey", "try", q.Try, "answer", phone.make(t, q)); got.path != "/account/security" {
		t.Errorf("its owner can't answer any more: %s", got.path)
	}
	// The same key in two accounts is refused.
	again := a.asks("/api/v1/passkeys/options", "{}")
	a.post("/account/security/passkey", "try", again.Try, "answer", phone.make(t, again)).want(t, r, "account.way_taken")
}

func TestAddingNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	b := r.browser(t).signIn("anna")
	r.clock.Move(act.Lately + time.Second)
	if got := b.get("/account/security/passkey"); !strings.HasPrefix(got.path, "/sign-in/raise") {
		t.Errorf("stands on %s", got.path)
	}
	if got := b.call(http.MethodPost, "/api/v1/passkeys/options", "{}"); got.status != http.StatusForbidden || !strings.Contains(got.body, "web.fresh") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}

func TestCounterThatDoesNotGrowIsACopy(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, "anna")
		phone := newDevice()
		phone.key.Counter = 1
		r.browser(t).signIn("anna").addPasskey(phone, "My phone")
		copied := *phone
		phone.key.Counter = 7
		if got := r.browser(t).enters(phone); got.path != "/account/security" {
			t.Fatalf("a counter that grows is refused: %s", got.path)
		}
		copied.key.Counter = 7
		thief := r.browser(t)
		thief.enters(&copied).want(t, r, "factor.passkey_cloned")
		if thief.signedIn() {
			t.Error("a copy signed in")
		}
		if n := r.words.count("factor.word.cloned"); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		phone.key.Counter = 8
		if got := r.browser(t).enters(phone); got.path != "/account/security" {
			t.Errorf("the owner's own is refused after the copy: %s", got.path)
		}
	})
}

func TestBackupFlagsAreKept(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	phone := newDevice()
	phone.Options.BackupEligible = true
	r.browser(t).signIn("anna").addPasskey(phone, "")
	state := func() bool {
		kept, err := r.accounts.KeptOf(t.Context(), of, account.ByPasskey)
		if err != nil || len(kept) != 1 {
			t.Fatal(kept, err)
		}
		var secret struct {
			Credential struct {
				Flags struct{ BackupEligible, BackupState bool }
			}
		}
		if err := json.Unmarshal(kept[0].Secret, &secret); err != nil || !secret.Credential.Flags.BackupEligible {
			t.Fatalf("%+v, %v", secret, err)
		}
		return secret.Credential.Flags.BackupState
	}
	if state() {
		t.Error("backed up before it was")
	}
	phone.Options.BackupState = true
	if got := r.browser(t).enters(phone); got.path != "/account/security" {
		t.Fatalf("a synced key is refused: %s", got.path)
	}
	if !state() {
		t.Error("the backup is not noted")
	}
}

func TestSeveralPasskeysShareOneHandleAndSignInEach(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	phone, laptop := newDevice(), newDevice()
	home.addPasskey(phone, "phone")
	home.addPasskey(laptop, "laptop")
	if string(phone.Options.UserHandle) != string(laptop.Options.UserHandle) {
		t.Error("two handles: to an authenticator these are two accounts")
	}
	for _, d := range []*device{phone, laptop} {
		if got := r.browser(t).enters(d); got.path != "/account/security" {
			t.Errorf("stands on %s", got.path)
		}
	}
}

func TestPasskeyRaisesASession(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, "anna")
		r.enrol(t, "boris")
		phone, other := newDevice(), newDevice()
		home := r.browser(t).signIn("anna")
		home.addPasskey(phone, "")
		r.browser(t).signIn("boris").addPasskey(other, "")
		r.clock.Move(act.Lately + time.Second)
		if got := home.get("/account/security/app"); !strings.HasPrefix(got.path, "/sign-in/raise") {
			t.Fatalf("stands on %s", got.path)
		}
		home.get("/sign-in/second/passkey").want(t, r, "factor.passkey.second_title")
		q := home.asks("/api/v1/sign-in/passkey/options", `{"second":true}`)
		home.post("/sign-in/second/passkey", "try", q.Try, "answer", other.answer(t, q)).want(t, r, "factor.passkey_failed")

		q = home.asks("/api/v1/sign-in/passkey/options", `{"second":true}`)
		handle := phone.Options.UserHandle
		phone.Options.UserHandle = nil // as an authenticator may leave out when it was told which keys may answer
		got := home.post("/sign-in/second/passkey", "try", q.Try, "answer", phone.answer(t, q), "back", "/account/security/app")
		phone.Options.UserHandle = handle
		if got.path != "/account/security/app" {
			t.Fatalf("stands on %s: %s", got.path, got.text())
		}
		if diff := cmp.Diff([]string{"passkey", "password", "strong"}, r.methods(t, home)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRemovedPasskeySignsInNoMore(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	phone := newDevice()
	home := r.browser(t).signIn("anna")
	home.addPasskey(phone, "")
	ways, err := r.accounts.WaysOf(t.Context(), of)
	if err != nil {
		t.Fatal(err)
	}
	a := r.actOf(t, home)
	if err := r.accounts.DropWay(t.Context(), a, of, ways[0].ID); err != nil {
		t.Fatal(err)
	}
	got := r.browser(t).enters(phone)
	got.want(t, r, "factor.passkey_unknown")
	if !strings.Contains(got.body, "data-unknown=") {
		t.Error("the authenticator is not told that the key is unknown")
	}
}

func TestNoPasskeysWhereTheAddressIsANumber(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	r := newRig(t, s, c, "http://127.0.0.1:8080")
	b := r.browser(t)
	req := b.request(http.MethodPost, "/api/v1/sign-in/passkey/options", "{}")
	req.Header.Set("Content-Type", "application/json")
	if got := b.do(req); !strings.Contains(got.body, "factor.no_passkeys_here") {
		t.Errorf("answered %d %s", got.status, got.body)
	}
	if got := b.get("/sign-in"); strings.Contains(got.body, "/sign-in/passkey") {
		t.Error("offered where no browser can do it")
	}
}

func TestSweepLeavesWhatCanStillBeAnswered(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.enrol(t, "anna")
		phone := newDevice()
		r.browser(t).signIn("anna").addPasskey(phone, "")
		b := r.browser(t)
		old := b.asks("/api/v1/sign-in/passkey/options", "{}")
		r.clock.Move(factor.ChallengeLife - time.Second)
		young := b.asks("/api/v1/sign-in/passkey/options", "{}")
		r.clock.Move(2 * time.Second)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.clock.Move(-2 * time.Second) // what is left decides, not the clock
		b.post("/sign-in/passkey", "try", old.Try, "answer", phone.answer(t, old)).want(t, r, "factor.question_over")
		if got := b.post("/sign-in/passkey", "try", young.Try, "answer", phone.answer(t, young), "back", "/account/security"); got.path != "/account/security" {
			t.Errorf("stands on %s", got.path)
		}
	})
}
