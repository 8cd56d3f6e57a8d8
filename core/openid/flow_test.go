package openid_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"posad.city/core/openid"
	"posad.city/kit/act"
	"posad.city/kit/store"
)

// The client is one that nobody here wrote: coreos/go-oidc on golang.org/x/oauth2.
func TestForeignClientSignsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		for _, alg := range []string{"ES256", "RS256"} {
			c := r.register(func(p *openid.Profile) { p.Alg = alg })
			provider, err := oidc.NewProvider(t.Context(), r.url)
			check(t, err)
			conf := oauth2.Config{ClientID: c.Key(), ClientSecret: c.secret, Endpoint: provider.Endpoint(), RedirectURL: c.Redirects[0], Scopes: []string{"openid", "profile", "email", "offline_access"}}
			verifier := oauth2.GenerateVerifier()
			start := conf.AuthCodeURL("state-1", oidc.Nonce("nonce-1"), oauth2.S256ChallengeOption(verifier))
			back := r.browser().enter("anna").visit(start).returned(t)
			if back.Get("state") != "state-1" || back.Get("iss") != r.url {
				t.Fatalf("came back with %v", back)
			}
			token, err := conf.Exchange(t.Context(), back.Get("code"), oauth2.VerifierOption(verifier))
			check(t, err)
			raw, _ := token.Extra("id_token").(string)
			idToken, err := provider.Verifier(&oidc.Config{ClientID: c.Key(), Now: r.clock.Now}).Verify(t.Context(), raw)
			check(t, err)
			check(t, idToken.VerifyAccessToken(token.AccessToken))
			if idToken.Nonce != "nonce-1" {
				t.Errorf("nonce %q", idToken.Nonce)
			}
			info, err := provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
			check(t, err)
			if info.Subject != idToken.Subject || info.Email != "anna@example.org" || !info.EmailVerified {
				t.Errorf("userinfo %+v of %s", info, idToken.Subject)
			}
			token.Expiry = time.Unix(1, 0)
			again, err := conf.TokenSource(t.Context(), token).Token()
			check(t, err)
			if again.AccessToken == token.AccessToken || again.RefreshToken == token.RefreshToken {
				t.Error("the refresh brought the old tokens")
			}
		}
	})
}

func TestIDTokenSaysWhoWhenAndHow(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	got := r.signIn(r.browser().enter("anna"), c)
	said := payload(t, got.IDToken)
	now := float64(r.clock.Now().Unix())
	for name, want := range map[string]any{
		"iss": r.url, "aud": c.Key(), "nonce": "n-1", "acr": "standard", "auth_time": now, "iat": now, "exp": now + 600,
	} {
		if said[name] != want {
			t.Errorf("%s is %v, want %v", name, said[name], want)
		}
	}
	for _, name := range []string{"sub", "sid", "at_hash", "amr"} {
		if said[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	for _, name := range []string{"name", "email", "snils"} {
		if said[name] != nil {
			t.Errorf("the ID token carries %s, which nobody asked for", name)
		}
	}
	if strings.Contains(got.IDToken, person("anna").String()) || said["sub"] == person("anna").String() {
		t.Error("the person's own id went out")
	}
}

func TestOutsideSitesCannotComparePeople(t *testing.T) {
	t.Parallel()
	r := one(t)
	sub := func(change ...func(*openid.Profile)) any {
		return payload(t, r.signIn(r.browser().enter("anna"), r.register(change...)).IDToken)["sub"]
	}
	host := func(name string) func(*openid.Profile) {
		return func(p *openid.Profile) { p.Redirects = []string{"https://" + name + "/cb"} }
	}
	city := func(p *openid.Profile) { p.City = true }
	if a, b := sub(host("one.example")), sub(host("two.example")); a == b {
		t.Error("two sites know the person by one name")
	}
	if a, b := sub(host("one.example")), sub(host("one.example")); a != b {
		t.Error("two clients of one sector know the person by two names")
	}
	if a, b := sub(host("one.example"), city), sub(host("two.example"), city); a != b {
		t.Error("the city's own sites know the person by two names")
	}
}

// A site gets a claim by its scope, by what the administrator allowed, by what the person ticked, and by the person's
// level; each read leaves a look.
func TestClaimsByScopeClientConsentAndLevel(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		all := "openid profile email phone snils level"
		c := r.register()
		w := c.want("scope", all)
		code := r.browser().enter("anna").visit(w.path(), openid.ScopePhone).returned(t).Get("code")
		got := r.exchange(c, code, w.verifier)
		_, info := r.userinfo(got.Access)
		for name, want := range map[string]any{
			"family_name": "Смирнова", "given_name": "Анна", "middle_name": "Ивановна", "birthdate": "1990-04-05", "email": "anna@example.org",
			"email_verified": true, "phone_number": "+79161234567", "snils": "11223344595", "level": "standard",
		} {
			if info[name] != want {
				t.Errorf("%s is %v, want %v", name, info[name], want)
			}
		}
		checked, _ := info["verified_claims"].(map[string]any)
		claims, _ := checked["claims"].(map[string]any)
		if claims["family_name"] != "Смирнова" || claims["email"] != nil {
			t.Errorf("the register vouches for %v", checked)
		}
		whats := r.looks(t, "anna", c)
		for _, scope := range []string{"profile", "email", "phone", "snils", "level"} {
			if !slices.Contains(whats, "openid.look."+scope) {
				t.Errorf("no look was left of %s: %v", scope, whats)
			}
		}
		// Without the tick there is no phone; with fewer rights there is less; a basic person has no register behind them.
		b := r.browser().enter("boris")
		w = c.want("scope", all)
		got = r.exchange(c, b.visit(w.path()).returned(t).Get("code"), w.verifier)
		if _, info = r.userinfo(got.Access); info["phone_number"] != nil || info["snils"] != nil || info["verified_claims"] != nil || info["email"] == nil {
			t.Errorf("a basic person without the tick: %v", info)
		}
		few := r.register(func(p *openid.Profile) { p.Scopes, p.Optional = []string{"openid", "email"}, nil })
		got = r.signIn(r.browser().enter("anna"), few, "scope", all)
		if _, info = r.userinfo(got.Access); info["name"] != nil || info["email"] == nil || got.Scope != "openid email" {
			t.Errorf("a site with few rights: %v, scope %q", info, got.Scope)
		}
	})
}

// looks are the kinds of look that a site has left with a person.
func (r *rig) looks(t *testing.T, key string, c client) []string {
	t.Helper()
	var out []string
	own := act.Act{Actor: act.Actor{Kind: act.Person, Person: person(key)}}
	check(t, r.base.Store.Look(t.Context(), own, "test", func(p *store.Personal) error {
		list, err := store.LooksAt(p, person(key), r.clock.Now().Add(time.Hour), 100)
		for _, look := range list {
			if look.Actor.Kind != act.Agency || look.Actor.Agency != c.ID || look.Purpose.Kind != "site" || look.Purpose.ID != c.Key() {
				continue
			}
			out = append(out, look.What)
		}
		return err
	}))
	return out
}

func TestSingleClaimsBringNoMore(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	w := c.want("claims", `{"userinfo":{"given_name":{"essential":true}},"id_token":{"email":null}}`)
	code := r.browser().enter("anna").visit(w.path()).returned(t).Get("code")
	got := r.exchange(c, code, w.verifier)
	said := payload(t, got.IDToken)
	_, info := r.userinfo(got.Access)
	if said["email"] != "anna@example.org" || said["given_name"] != nil {
		t.Errorf("the ID token says %v", said)
	}
	if info["given_name"] != "Анна" || info["family_name"] != nil || info["email"] != nil {
		t.Errorf("userinfo says %v", info)
	}
}

func TestConsentIsRememberedAndWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		b := r.browser().enter("anna")
		first := r.signIn(b, c, "scope", "openid email offline_access")
		w := c.want("scope", "openid email", "prompt", "none")
		if got := b.visit(w.path()).returned(t); got.Get("code") == "" {
			t.Errorf("asked again for what was allowed: %v", got)
		}
		w = c.want("scope", "openid email profile", "prompt", "none")
		if got := b.visit(w.path()).returned(t); got.Get("error") != "consent_required" {
			t.Errorf("more was given without asking: %v", got)
		}
		page := b.get("/account/sites")
		if !strings.Contains(page.body, "Театры") || !strings.Contains(page.body, "Электронная почта") {
			t.Errorf("the page of sites has not the site: %.300s", page.body)
		}
		if got := b.post("/account/sites/withdraw", "site", c.Key()); got.status != http.StatusSeeOther {
			t.Fatalf("withdraw: %d %.300s", got.status, got.body)
		}
		if status, _ := r.userinfo(first.Access); status != http.StatusUnauthorized {
			t.Errorf("the access token lives after the withdrawal: %d", status)
		}
		if got := r.refresh(c, first.Refresh); got.Error != "invalid_grant" {
			t.Errorf("the refresh token lives after the withdrawal: %+v", got)
		}
		r.drain()
		select {
		case form := <-r.site.heard:
			if payload(t, form.Get("logout_token"))["sub"] != payload(t, first.IDToken)["sub"] {
				t.Error("the site was told of another person")
			}
		default:
			t.Error("the site was not told")
		}
		w = c.want("scope", "openid email", "prompt", "none")
		if got := b.visit(w.path()).returned(t); got.Get("error") != "consent_required" {
			t.Errorf("the consent lived on: %v", got)
		}
	})
}

func TestTrustedSiteOfTheCityAsksNothingAndIsListed(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register(func(p *openid.Profile) { p.City, p.Trusted = true, true })
	b := r.browser().enter("anna")
	w := c.want("scope", "openid email phone", "prompt", "none")
	code := b.visit(w.path()).returned(t).Get("code")
	if got := r.exchange(c, code, w.verifier); got.Scope != "openid email phone" {
		t.Errorf("scope %q, %s", got.Scope, got.Error)
	}
	if page := b.get("/account/sites"); !strings.Contains(page.body, "Театры") {
		t.Error("the site is not listed")
	}
}

func TestClosedSessionKillsTokensAtOnceAndSitesAreTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		b := r.browser().enter("anna")
		online, offline := r.signIn(b, c, "scope", "openid email"), r.signIn(b, c, "scope", "openid email offline_access")
		sessions, err := r.accounts.SessionsOf(t.Context(), act.Act{Actor: act.Actor{Kind: act.Person, Person: person("anna")}}, person("anna"))
		check(t, err)
		check(t, r.accounts.Close(t.Context(), person("anna"), sessions[0].ID))
		if status, _ := r.userinfo(online.Access); status != http.StatusUnauthorized {
			t.Errorf("the access token lives: %d", status)
		}
		if got := r.refresh(c, online.Refresh); got.Error != "invalid_grant" {
			t.Errorf("the refresh token lives: %+v", got)
		}
		if got := r.refresh(c, offline.Refresh); got.Error != "" {
			t.Errorf("offline_access ended with the session: %+v", got)
		}
		if got := r.refresh(c, online.Refresh); got.Error != "invalid_grant" {
			t.Errorf("the refresh token lives: %+v", got)
		}
		r.drain()
		heard := 0
		for len(r.site.heard) > 0 {
			form := <-r.site.heard
			said := payload(t, form.Get("logout_token"))
			events, _ := said["events"].(map[string]any)
			if said["sid"] != payload(t, online.IDToken)["sid"] || said["aud"] != c.Key() || events["http://schemas.openid.net/event/backchannel-logout"] == nil || said["nonce"] != nil {
				t.Errorf("told %v", said)
			}
			heard++
		}
		if heard != 1 {
			t.Errorf("told %d times", heard)
		}
	})
}

func TestSiteThatDoesNotHearIsToldAgainAndShown(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	r.site.say.Store(http.StatusBadGateway)
	r.signIn(r.browser().enter("anna"), c)
	check(t, r.Withdraw(t.Context(), person("anna"), c.ID))
	r.drain()
	admin := r.browser().enter("boris")
	admin.post("/hat", "agency", adminAgency())
	if page := admin.get("/admin/clients"); !strings.Contains(page.body, "refused 502") {
		t.Errorf("the administrator is not told: %d %.500s", page.status, page.body)
	}
	r.site.say.Store(http.StatusOK)
	r.clock.Move(5 * time.Second)
	r.drain()
	if len(r.site.heard) != 2 {
		t.Errorf("the site was called %d times", len(r.site.heard))
	}
	if page := admin.get("/admin/clients"); strings.Contains(page.body, "refused 502") {
		t.Error("the failure stands though the site has heard")
	}
}
