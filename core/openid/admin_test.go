package openid_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/core/openid"
	"posad.city/kit/act"
)

var shownSecret = regexp.MustCompile(`posad_cs_[A-Za-z0-9_-]{43}`)

// admin is a browser with the administrator's hat on.
func (r *rig) admin() *browser {
	r.t.Helper()
	b := r.browser().enter("boris")
	b.post("/hat", "agency", adminAgency())
	return b
}

func registration(change ...string) []string {
	fields := map[string]string{
		"name_ru": "Библиотеки", "name_en": "Libraries", "purpose_ru": "Читательский билет", "purpose_en": "A reader's card", "home": "https://lib.example",
		"policy": "https://lib.example/privacy", "redirects": "https://lib.example/cb", "method": openid.AuthBasic, "grants": openid.GrantCode,
		"scopes": openid.ScopeEmail, "alg": "ES256",
	}
	for i := 0; i+1 < len(change); i += 2 {
		fields[change[i]] = change[i+1]
	}
	var out []string
	for name, value := range fields {
		out = append(out, name, value)
	}
	return out
}

func TestAdministratorRegistersASite(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		if got := r.browser().enter("anna").get("/admin/clients"); got.status != http.StatusForbidden && got.status != http.StatusNotFound {
			t.Errorf("a resident sees the sites: %d", got.status)
		}
		b := r.admin()
		if got := b.get("/admin/clients/new"); got.status != http.StatusOK || !strings.Contains(got.body, "Адреса возврата") {
			t.Fatalf("%d %.500s", got.status, got.body)
		}
		got := b.post("/admin/clients", registration("redirects", "https://*.example/cb")...)
		if got.status != http.StatusUnprocessableEntity || !strings.Contains(got.body, "Звёздочки не годятся") || !strings.Contains(got.body, "Библиотеки") {
			t.Errorf("%d %.500s", got.status, got.body)
		}
		got = b.post("/admin/clients", registration()...)
		secret := shownSecret.FindString(got.body)
		if secret == "" {
			t.Fatalf("no secret is shown: %d %.800s", got.status, got.body)
		}
		list, err := r.Clients(t.Context())
		check(t, err)
		c := client{list[0], secret}
		path := "/admin/clients/" + c.Key()
		if page := b.get(path); shownSecret.MatchString(page.body) || !strings.Contains(page.body, c.Key()) {
			t.Error("the secret is shown again, or the client_id is not")
		}
		r.signIn(r.browser().enter("anna"), c, "scope", "openid email")
		if next := shownSecret.FindString(b.post(path + "/secret").body); next == "" || next == secret {
			t.Errorf("the next secret is %q", next)
		}
		if page := b.get(path); !strings.Contains(page.body, "Прежний секрет") {
			t.Error("the page does not say until when the old secret holds")
		}
		stale := b.post(path, registration("version", "1", "name_ru", "Другое")...)
		if stale.status != http.StatusUnprocessableEntity {
			t.Errorf("a change over an old version: %d", stale.status)
		}
		if got := b.post(path, registration("version", "2", "name_ru", "Читальни")...); got.status != http.StatusSeeOther {
			t.Errorf("a change: %d %.500s", got.status, got.body)
		}
		b.post(path + "/switch")
		if page := b.get("/admin/clients"); !strings.Contains(page.body, "Читальни") || !strings.Contains(page.body, "Выключен") {
			t.Errorf("%.500s", page.body)
		}
		b.post("/admin/keys")
		if page := b.get("/admin/clients"); !strings.Contains(page.body, "ещё не подписывает") {
			t.Error("the next key is not shown")
		}
	})
}

func TestSectorDocumentNamesEveryAddress(t *testing.T) {
	t.Parallel()
	r := one(t)
	// A sector's document comes by https alone, and the site of these tests has none: what is fetched is tried below the
	// check of the form.
	p := r.profile(func(p *openid.Profile) {
		p.Redirects, p.Sector = []string{"https://a.example/cb", "https://b.example/cb"}, r.site.url+"/sector"
	})
	r.site.docs["/sector"] = `["https://a.example/cb","https://b.example/cb","https://c.example/cb"]`
	check(t, r.SectorNames(t.Context(), p))
	for _, doc := range []string{`["https://a.example/cb"]`, `{}`, `[]`, `nonsense`, `["https://a.example/cb","https://b.example/cb"] more`} {
		r.site.docs["/sector"] = doc
		if err := r.SectorNames(t.Context(), p); err == nil {
			t.Errorf("taken: %s", doc)
		}
	}
	inside := openid.New(openid.Deps{Address: r.url})
	if err := inside.SectorNames(t.Context(), p); err == nil {
		t.Error("the city called its own machine")
	}
}

func TestOfflineAccessEndsWithAClosedAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		got := r.signIn(r.browser().enter("anna"), c, "scope", "openid offline_access")
		r.clock.Move(time.Minute)
		accounts, err := r.accounts.AccountOf(t.Context(), person("anna"))
		check(t, err)
		check(t, r.accounts.Bar(t.Context(), jobAct(), accounts[0], "fraud", "a complaint"))
		if again := r.refresh(c, got.Refresh); again.Error != "invalid_grant" {
			t.Errorf("%+v", again)
		}
		if status, _ := r.userinfo(got.Access); status != http.StatusUnauthorized {
			t.Errorf("userinfo: %d", status)
		}
		check(t, r.accounts.Unbar(t.Context(), jobAct(), accounts[0]))
		if again := r.refresh(c, got.Refresh); again.Error != "" {
			t.Errorf("after it was opened again: %+v", again)
		}
	})
}

func TestNothingOfARequestStandsInTheAddressOrTheTable(t *testing.T) {
	t.Parallel()
	r := one(t)
	c := r.register()
	w := c.want("login_hint", "anna@example.org", "nonce", "a-nonce-to-find")
	got := r.browser().send(http.MethodGet, w.path(), nil, "cross-site")
	u, err := url.Parse(got.location)
	check(t, err)
	if u.Path != "/oauth/continue" || len(u.Query()) != 1 || len(got.location) > 100 {
		t.Errorf("the address is %q", got.location)
	}
	if body := openid.KeptRequest(t, r.base.Store, u.Query().Get("request")); body == "" || strings.Contains(body, "anna") || strings.Contains(body, "a-nonce") {
		t.Errorf("the table has %q", body)
	}
}

func TestPersonIsForgotten(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		c := r.register()
		got := r.signIn(r.browser().enter("anna"), c, "scope", "openid email offline_access")
		own := act.Act{Actor: act.Actor{Kind: act.Person, Person: person("anna")}}
		holdings, err := r.Data().Held(t.Context(), own, person("anna"), 0)
		check(t, err)
		if len(holdings) != 1 || len(holdings[0].Items) != 1 || holdings[0].Items[0].Title.RU != "Театры" || len(holdings[0].Items[0].Facts) != 3 {
			t.Errorf("held %+v", holdings)
		}
		for range 2 { // a second time changes nothing
			check(t, r.Data().Forget(t.Context(), person("anna")))
		}
		r.drain()
		if again := r.refresh(c, got.Refresh); again.Error != "invalid_grant" {
			t.Errorf("%+v", again)
		}
		if status, _ := r.userinfo(got.Access); status != http.StatusUnauthorized || len(r.site.heard) != 1 {
			t.Errorf("userinfo %d, the site was told %d times", status, len(r.site.heard))
		}
		if left, err := r.Data().Held(t.Context(), own, person("anna"), 0); err != nil || len(left) != 0 {
			t.Errorf("left %+v, %v", left, err)
		}
	})
}
