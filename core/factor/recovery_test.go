package factor_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/account"
	"posad.city/core/factor"
	"posad.city/kit/act"
	"posad.city/kit/fault"
)

func isFault(err error, key string) bool { return err != nil && fault.Of(err).ID == key }

var codeForm = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}`)

// codes makes a set of recovery codes for a signed-in browser.
func (b *browser) codes() []string {
	b.t.Helper()
	page := b.post("/account/security/recovery")
	middle := main.FindString(page.body)
	list := codeForm.FindAllString(tags.ReplaceAllString(middle, " "), -1)
	if len(list) != factor.CodesInSet {
		b.t.Fatalf("%d codes: %s", len(list), page.text())
	}
	return list
}

func TestRecoveryCodesAreShownOnceAndEachIsTakenOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		home := r.browser(t).signIn("anna")
		home.get("/account/security/recovery").want(t, r, "factor.recovery.none")
		codes := home.codes()
		if page := home.get("/account/security/recovery"); strings.Contains(page.body, codes[0]) || !strings.Contains(page.body, "10 of 10") {
			t.Errorf("the page afterwards: %s", page.text())
		}
		if sorted := slices.Compact(slices.Sorted(slices.Values(codes))); len(sorted) != factor.CodesInSet {
			t.Error("a code came twice")
		}
		away := r.browser(t)
		typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
		got := away.post("/sign-in/recovery", "contact", " ANNA@example.org ", "code", typed, "back", "/account/security")
		if got.path != "/account/security" {
			t.Fatalf("stands on %s: %s", got.path, got.text())
		}
		if diff := cmp.Diff([]string{"recovery"}, r.methods(t, away)); diff != "" {
			t.Error(diff)
		}
		if n := r.words.count("factor.word.code_used"); n != 1 {
			t.Errorf("told %d times of the use, want once", n)
		}
		if page := home.get("/account/security/recovery"); !strings.Contains(page.body, "9 of 10") {
			t.Errorf("the page after a use: %s", page.text())
		}
		r.browser(t).post("/sign-in/recovery", "contact", "anna@example.org", "code", codes[3]).want(t, r, "factor.wrong_recovery")
		kept, err := r.accounts.KeptOf(t.Context(), of, account.ByRecovery)
		if err != nil || len(kept) != 1 || kept[0].Alone || !kept[0].Second || kept[0].Used.IsZero() || strings.Contains(string(kept[0].Secret), codes[0]) {
			t.Errorf("the way: %+v, %v", kept, err)
		}
	})
}

func TestANewSetEndsTheOldOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		home := r.browser(t).signIn("anna")
		old := home.codes()
		fresh := home.codes()
		if n := r.words.count("factor.word.new_codes"); n != 1 {
			t.Errorf("told %d times, want once", n)
		}
		if _, err := r.SecondByCode(t.Context(), of, old[0], "192.0.2.1"); !isFault(err, factor.ErrRecovery.ID) {
			t.Errorf("an old code: %v", err)
		}
		if _, err := r.SecondByCode(t.Context(), of, fresh[0], "192.0.2.1"); err != nil {
			t.Errorf("a new code: %v", err)
		}
		if ways, err := r.accounts.WaysOf(t.Context(), of); err != nil || len(ways) != 1 {
			t.Errorf("ways: %v, %v", ways, err)
		}
	})
}

func TestFewCodesAreToldOf(t *testing.T) {
	t.Parallel()
	r := one(t)
	_, of := r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	for i, code := range home.codes() {
		if _, err := r.SecondByCode(t.Context(), of, code, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		r.clock.Move(time.Second)
		left := factor.CodesInSet - 1 - i
		if n := r.words.count("factor.word.few_codes"); n != max(0, factor.FewLeft+1-left) {
			t.Errorf("with %d left told %d times", left, n)
		}
	}
	home.get("/account/security/recovery").want(t, r, "factor.recovery.few")
}

func TestDroppedCodesOpenNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		home := r.browser(t).signIn("anna")
		codes := home.codes()
		ways, err := r.accounts.WaysOf(t.Context(), of)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.accounts.DropWay(t.Context(), r.actOf(t, home), of, ways[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.SecondByCode(t.Context(), of, codes[0], "192.0.2.1"); !isFault(err, factor.ErrRecovery.ID) {
			t.Errorf("a dropped code: %v", err)
		}
		if left, err := r.CodesOf(t.Context(), of); err != nil || left.Left != 0 {
			t.Errorf("%+v, %v", left, err)
		}
	})
}

func TestManyAtOnceTakeARecoveryCodeOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		_, of := r.enrol(t, "anna")
		codes := r.browser(t).signIn("anna").codes()
		var taken atomic.Int32
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				_, err := r.SecondByCode(t.Context(), of, codes[0], fmt.Sprint("192.0.2.", i))
				if err == nil {
					taken.Add(1)
				} else if !errors.Is(err, factor.ErrRecovery) && !errors.Is(err, account.ErrChanged) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if taken.Load() != 1 {
			t.Errorf("taken %d times", taken.Load())
		}
	})
}

// TestNobodyLearnsWhoHasAnAccount compares the answers for a contact with codes, one without, and one that is nobody's.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "clara")
	r.enrol(t, "boris")
	r.browser(t).signIn("clara").codes()
	var texts []string
	for _, key := range []string{"clara", "boris", "nobody"} {
		got := r.browser(t).post("/sign-in/recovery", "contact", key+"@example.org", "code", "0000-0000-0000-0000")
		texts = append(texts, fmt.Sprint(got.status, strings.ReplaceAll(got.text(), key, "")))
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Error(cmp.Diff(texts[0], texts[1]), cmp.Diff(texts[0], texts[2]))
	}
	r.browser(t).post("/sign-in/recovery", "contact", "no contact", "code", "0").want(t, r, "account.contact_form")
}

func TestTriesFromOneNetworkAreLimitedAndKeepNobodyElseOut(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	codes := r.browser(t).signIn("anna").codes()
	var err error
	for range 31 {
		_, err = r.Recover(t.Context(), "anna@example.org", "0000-0000-0000-0000", "192.0.2.1")
	}
	if !isFault(err, account.ErrOften.ID) {
		t.Errorf("the 31st try: %v", err)
	}
	if _, err := r.Recover(t.Context(), "anna@example.org", codes[0], "192.0.2.1"); !isFault(err, account.ErrOften.ID) {
		t.Errorf("the right code after too many tries: %v", err)
	}
	if _, err := r.Recover(t.Context(), "anna@example.org", codes[0], "198.51.100.7"); err != nil {
		t.Errorf("the owner from elsewhere: %v", err)
	}
}

func TestRecoveryCodeIsASecondStep(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	home.addApp("")
	codes := home.codes()
	away := r.browser(t).begins("anna")
	away.get("/sign-in/second").want(t, r, "factor.recovery.offer")
	away.post("/sign-in/second/recovery", "code", "0000-0000-0000-0000").want(t, r, "factor.wrong_recovery")
	if got := away.post("/sign-in/second/recovery", "code", codes[9]); got.path != "/account/security" {
		t.Fatalf("stands on %s: %s", got.path, got.text())
	}
	if diff := cmp.Diff([]string{"password", "recovery", "strong"}, r.methods(t, away)); diff != "" {
		t.Error(diff)
	}
}

func TestRecoveryByAPI(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol(t, "anna")
	home := r.browser(t).signIn("anna")
	var made struct{ Codes []string }
	home.call(http.MethodPost, "/api/v1/recovery-codes", "").json(t, &made)
	var now struct {
		Left int
		Made time.Time
	}
	home.call(http.MethodGet, "/api/v1/recovery-codes", "").json(t, &now)
	if len(made.Codes) != 10 || now.Left != 10 || !now.Made.Equal(r.clock.Now()) {
		t.Errorf("%v, %+v", made, now)
	}
	r.clock.Move(act.Lately + time.Second)
	got := home.call(http.MethodPost, "/api/v1/recovery-codes", "")
	var problem struct{ Code string }
	if err := json.Unmarshal([]byte(got.body), &problem); err != nil || got.status != http.StatusForbidden || problem.Code != "web.fresh" {
		t.Errorf("without a fresh proof: %d %s", got.status, got.body)
	}
}
