package broker

import (
	"net/http"
	"strings"
	"testing"

	"posad.city/core/account"
	"posad.city/core/broker/internal/store"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/web"
	"posad.city/ui"
)

// admin is the administrator's browser with the hat on.
func (r *rig) admin(t *testing.T) *browser {
	t.Helper()
	b := r.browser(t)
	b.signIn("admin")
	b.post("/hat", "agency", city().String())
	return b
}

// form is a provider as the administrator types it.
func form(l *liar, change ...string) []string {
	p := l.provider("gos")
	values := []string{
		"version", "0", "key", p.Key, "title_ru", p.TitleRu, "title_en", p.TitleEn, "issuer", p.Issuer, "client", p.Client, "secret", p.Secret,
		"scopes", "profile  email", "level", "3", "accepted", "", "claim_family", "family_name", "claim_given", "given_name",
		"claim_patronymic", "", "claim_birth", "birthdate", "claim_snils", "snils", "claim_phone", "", "claim_email", "", "registers", "true", "on", "true",
	}
	return append(values, change...) // a later value wins
}

func TestTheAdministratorAddsAProvider(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		l := newLiar(t, c)
		r := newRig(t, s, c, Deps{})
		b := r.admin(t)
		b.get("/admin/providers").want(t, http.StatusOK, "There are none yet")
		b.get("/admin/providers/edit").want(t, http.StatusOK, "http://posad.test/sign-in/provider/KEY/return")
		b.post("/admin/providers/edit", form(l)...).want(t, http.StatusOK, "The provider is saved", "The gos", "Verified")

		var row brokerdb.Provider
		err := s.Read(t.Context(), func(snap *store.Snapshot) error {
			var err error
			row, err = brokerdb.ProviderByKey(snap, city(), "gos")
			return err
		})
		if err != nil || strings.Contains(string(row.Secret), "s3cret") || len(row.Secret) == 0 {
			t.Fatalf("the secret lies as %q: %v", []byte(row.Secret), err)
		}
		edit := b.get("/admin/providers/edit?key=gos")
		edit.want(t, http.StatusOK, "http://posad.test/sign-in/provider/gos/logout", "A secret is kept")
		if strings.Contains(edit.body, "s3cret") {
			t.Error("the page shows the secret")
		}

		visitor := r.browser(t) // what the administrator added works at once
		visitor.get("/sign-in/provider?back=/account/profile").want(t, http.StatusOK, "You are going to another page")
		visitor.back(l.agree(visitor.begin("/sign-in/provider/gos?back=/account/profile"))).want(t, http.StatusOK, "We do not know this sign-in yet")

		b.post("/admin/providers/edit", form(l, "version", "1", "secret", "", "title_en", "The state")...).want(t, http.StatusOK, "The state")
		if p, err := r.Provider(t.Context(), "gos"); err != nil || p.Secret != "s3cret-of-the-city" || p.TitleEn != "The state" {
			t.Errorf("after a change: %v %v", p.TitleEn, err)
		}
		b.post("/admin/providers/edit", form(l, "version", "1")...).want(t, http.StatusUnprocessableEntity, "Somebody changed this provider")
		b.post("/admin/providers/edit", form(l)...).want(t, http.StatusUnprocessableEntity, "There is a provider with this short name")
		b.post("/admin/providers/test", "key", "gos").want(t, http.StatusOK, "were read", "Keys that can sign: 1", "PKCE S256", "RFC 9207", "has no PAR")
		b.post("/admin/providers/switch", "key", "gos").want(t, http.StatusOK, "The provider is off")
		visitor.get("/sign-in/provider").want(t, http.StatusNotFound, "no such way")
		b.post("/admin/providers/switch", "key", "gos", "on", "true").want(t, http.StatusOK, "The provider is on")
		b.post("/admin/providers/edit", form(l, "version", "4", "secret", "", "no_secret", "true")...).want(t, http.StatusOK, "saved")
		if p, err := r.Provider(t.Context(), "gos"); err != nil || p.Secret != "" {
			t.Errorf("the secret is still there: %v", err)
		}
	}, needs()...)
}

func TestFaultsOfSettingsAreTold(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	l := newLiar(t, c)
	r := newRig(t, s, c, Deps{Providers: []Provider{l.provider("fixed")}})
	b := r.admin(t)
	for _, one := range []struct{ field, value, want string }{
		{"key", "Gos/1", "Use small Latin letters"}, {"key", "found", "Use small Latin letters"}, {"key", "fixed", "configuration file"},
		{"title_ru", "", "Enter a name"}, {"title_en", strings.Repeat("x", 61), "Enter a name"},
		{"issuer", "http://bank.example", "It begins with https://"}, {"issuer", "https://bank.example?x=1", "It begins with https://"},
		{"issuer", "https://user:pass@bank.example", "It begins with https://"}, {"issuer", "", "It begins with https://"},
		{"client", "", "Enter the client id"}, {"client", "a b", "Enter the client id"}, {"secret", "a b", "no spaces and no quotes"},
		{"scopes", strings.Repeat("a ", 21), "20 at most"}, {"level", "7", "Choose the level"}, {"level", "", "Choose the level"},
		{"accepted", `"`, "20 at most"}, {"claim_snils", "a b", "without spaces"}, {"claim_family", "", "must tell this part of the name"},
	} {
		b.post("/admin/providers/edit", form(l, one.field, one.value)...).want(t, http.StatusUnprocessableEntity, one.want)
	}
	b.get("/admin/providers/edit?key=fixed").want(t, http.StatusOK, "configuration file")
	b.post("/admin/providers/switch", "key", "fixed").want(t, http.StatusConflict, "configuration file")
	l.discovery = set("issuer", "https://evil.example")
	b.post("/admin/providers/test", "key", "fixed").want(t, http.StatusOK, "The settings name another issuer")
	r.browser(t).get("/sign-in/provider/fixed")
	b.get("/admin/providers").want(t, http.StatusOK, "Last trouble", "The settings name another issuer", "From the configuration")
}

func TestOnlyTheAdministratorRulesProviders(t *testing.T) {
	t.Parallel()
	r, l := honest(t, nil)
	r.person(t, "anna", anna(act.Standard))
	b := r.browser(t)
	b.signIn("anna")
	for _, path := range []string{"/admin/providers", "/admin/providers/edit", "/admin/providers/edit?key=bank"} {
		b.get(path).want(t, http.StatusNotFound)
	}
	b.post("/admin/providers/edit", form(l)...).want(t, http.StatusNotFound)
	b.post("/admin/providers/test", "key", "bank").want(t, http.StatusNotFound)
	b.post("/admin/providers/switch", "key", "bank").want(t, http.StatusNotFound)
}

func TestTheConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	good := Provider{Key: "bank", Issuer: "https://bank.example", Client: "city", TitleRu: "Банк", TitleEn: "Bank", Level: act.Basic, On: true}
	bad := good
	bad.Issuer = "bank.example"
	accounts := account.New(account.Deps{})
	for name, list := range map[string][]Provider{"a fault": {bad}, "twice": {good, good}} {
		if _, err := New(Deps{Accounts: accounts, Providers: list}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := New(Deps{Accounts: accounts, Providers: []Provider{good}}); err != nil {
		t.Error(err)
	}
}

func TestSeveralProvidersAreListed(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, needs()...)
	r := newRig(t, s, c, Deps{Providers: []Provider{newLiar(t, c).provider("one"), newLiar(t, c).provider("two")}})
	r.browser(t).get("/sign-in/provider?back=/account/profile").want(t, http.StatusOK, "The one", "The two", "/sign-in/provider/two?back=%2Faccount%2Fprofile")
}

// TestEveryRefusalHasWords holds the texts of both languages.
func TestEveryRefusalHasWords(t *testing.T) {
	t.Parallel()
	m, err := New(Deps{Accounts: account.New(account.Deps{})})
	if err != nil {
		t.Fatal(err)
	}
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, m.Locales())
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{}
	for _, one := range []refusal{
		errAddress, errRedirect, errHuge, errSilent, errResting, errKeysOften, errDiscovery, errMismatch, errFlow, errResponse, errMixUp,
		errExchange, errNoToken, errSignature, errIssuer, errAudience, errParty, errExpired, errIssued, errNonce, errToken, errRenewed,
		errUserinfo, errSubject, errPushed,
	} {
		keys = append(keys, "broker.why."+string(one))
	}
	for _, one := range told {
		keys = append(keys, one.ID)
	}
	for _, key := range keys {
		if !texts.Has(key) {
			t.Errorf("%s has no words", key)
		}
	}
}
