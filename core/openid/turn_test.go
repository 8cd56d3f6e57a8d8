package openid_test

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"pgregory.net/rapid"

	"posad.city/core/openid"
)

// Whatever clients do with the refresh tokens of a family, all at once or one by one, quickly or slowly: at no moment are
// two of them good.
func TestNeverTwoLiveBranches(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		clients := []client{r.register(), r.register(func(p *openid.Profile) { p.Method = openid.AuthNone })}
		inspector := r.register(func(p *openid.Profile) { p.City = true })
		most := 0
		rapid.Check(t, func(rt *rapid.T) {
			c := rapid.SampledFrom(clients).Draw(rt, "client")
			known := []string{r.signIn(r.browser().enter("anna"), c, "scope", "openid offline_access").Refresh}
			for range rapid.IntRange(1, 5).Draw(rt, "steps") {
				r.clock.Move(time.Duration(rapid.SampledFrom([]int{0, 1, 11}).Draw(rt, "pause")) * time.Second)
				token := rapid.SampledFrom(known).Draw(rt, "token")
				known = append(known, r.atOnce(c, token, rapid.IntRange(1, 4).Draw(rt, "at once"))...)
				most = max(most, len(known))
				if live := r.live(inspector, known); live > 1 {
					rt.Fatalf("%d refresh tokens of one family are good", live)
				}
			}
			r.clock.Move(openid.LostAnswer + time.Second)
			worked := 0
			for _, token := range rapid.Permutation(known).Draw(rt, "order") { // what introspection says must be what use says
				if r.refresh(c, token).Error == "" {
					worked++
				}
			}
			if worked > 1 {
				rt.Fatalf("%d refresh tokens of one family could be used", worked)
			}
		})
		if most < 3 {
			t.Error("no family got far: the property was tried on nothing")
		}
	})
}

// A site that uses its access again and again asks its person anew after a year.
func TestNoFamilyLivesForEver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		token := r.signIn(r.browser().enter("anna"), c, "scope", "openid offline_access").Refresh
		for day := 0; day < 360; day += 20 {
			got := r.refresh(c, token)
			if got.Error != "" {
				t.Fatalf("after %d days: %s", day, got.Error)
			}
			token = got.Refresh
			r.clock.Move(20 * 24 * time.Hour)
		}
		r.clock.Move(6 * 24 * time.Hour)
		if got := r.refresh(c, token); got.Error != "invalid_grant" {
			t.Errorf("after a year and a day: %q", got.Error)
		}
	})
}

// atOnce refreshes with one token from several goroutines and returns the new ones.
func (r *rig) atOnce(c client, token string, times int) []string {
	var mu sync.Mutex
	var out []string
	var group sync.WaitGroup
	for range times {
		group.Go(func() {
			if got := r.refresh(c, token); got.Refresh != "" {
				mu.Lock()
				defer mu.Unlock()
				out = append(out, got.Refresh)
			}
		})
	}
	group.Wait()
	return out
}

// live counts the tokens that introspection calls active.
func (r *rig) live(inspector client, known []string) int {
	out := 0
	for _, token := range known {
		if r.active(inspector, token) {
			out++
		}
	}
	return out
}

// Keys change while clients sign in: no token is made that a client can't check by the set that it reads when it needs
// to, and an old token is good until its end.
func TestKeysRotateWithNoFailure(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		b := r.browser().enter("anna")
		first := r.signIn(b, c, "scope", "openid offline_access")
		keys := oidc.NewRemoteKeySet(context.Background(), r.url+"/oauth/jwks")
		verifier := oidc.NewVerifier(r.url, keys, &oidc.Config{ClientID: c.Key(), Now: r.clock.Now, SupportedSigningAlgs: []string{"ES256"}})
		_, err := verifier.Verify(t.Context(), first.IDToken)
		check(t, err)
		stop, checked := make(chan struct{}), atomic.Int64{}
		var group sync.WaitGroup
		group.Go(func() {
			refresh := first.Refresh
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := r.refresh(c, refresh)
				if got.Error != "" {
					t.Errorf("refresh: %s: %s", got.Error, got.Text)
					return
				}
				_, err := verifier.Verify(context.Background(), got.IDToken)
				var late *oidc.TokenExpiredError
				if errors.As(err, &late) { // the clock was moved between the answer and its check
					refresh = got.Refresh
					continue
				}
				if err != nil {
					t.Errorf("a token can't be checked: %v", err)
					return
				}
				checked.Add(1)
				refresh = got.Refresh
			}
		})
		kids := map[string]bool{}
		for range 3 {
			kids[kidOf(t, r.signIn(r.browser().enter("anna"), c).IDToken)] = true
			check(t, r.RotateKeys(t.Context()))
			for _, step := range []time.Duration{2 * time.Minute, 59 * time.Minute, 2 * time.Minute} {
				r.clock.Move(step)
				before := checked.Load()
				for checked.Load() < before+3 && !t.Failed() {
					time.Sleep(time.Millisecond)
				}
			}
			check(t, r.KeepKeys(t.Context()))
		}
		close(stop)
		group.Wait()
		if len(kids) != 3 {
			t.Errorf("%d keys have signed, want 3", len(kids))
		}
		t.Logf("%d tokens were checked", checked.Load())
	})
}

func TestOldKeysLeaveAndTheirSecretsAreWiped(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		old := r.signIn(r.browser().enter("anna"), c).IDToken
		if n := len(r.published(t)); n != 2 {
			t.Fatalf("%d keys are published, want one of each kind", n)
		}
		check(t, r.RotateKeys(t.Context()))
		if n := len(r.published(t)); n != 4 {
			t.Errorf("%d keys are published, want the next beside the present", n)
		}
		r.clock.Move(time.Hour + time.Minute)
		if !r.published(t)[kidOf(t, old)] {
			t.Error("a key left while its tokens are good")
		}
		r.clock.Move(2 * time.Hour)
		check(t, r.KeepKeys(t.Context()))
		if n := len(r.published(t)); n != 2 || r.published(t)[kidOf(t, old)] {
			t.Errorf("%d keys are published after the old ones' time", n)
		}
		r.clock.Move(2 * time.Minute)
		got := r.signIn(r.browser().enter("anna"), c, "id_token_hint", old)
		if kidOf(t, got.IDToken) == kidOf(t, old) {
			t.Error("the old key signs")
		}
		r.clock.Move(91 * 24 * time.Hour)
		check(t, r.KeepKeys(t.Context()))
		if n := len(r.published(t)); n != 4 {
			t.Errorf("%d keys are published after their period", n)
		}
	})
}

func (r *rig) published(t *testing.T) map[string]bool {
	t.Helper()
	var set struct {
		Keys []struct {
			Kid string `json:"kid"`
			D   string `json:"d"`
		} `json:"keys"`
	}
	readJSON(t, r.browser().send(http.MethodGet, "/oauth/jwks", nil, ""), &set)
	out := map[string]bool{}
	for _, key := range set.Keys {
		out[key.Kid] = true
		if key.D != "" {
			t.Error("a private key is published")
		}
	}
	return out
}

// TestMain lets properties try fewer cases than usual: each of them is a whole sign-in.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		_ = flag.Set("rapid.checks", "20")
	}
	os.Exit(m.Run())
}
