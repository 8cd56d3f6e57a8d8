package organisation_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/certificate"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/organisation"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
)

const ogrn, ogrnip, inn = "1027700132195", "304500116000157", "500100732259"

// rig is a house with accounts, mandates and organisations.
type rig struct {
	*organisation.Module
	accounts *account.Module
	mandates *mandate.Module
	base     *module.Base
	clock    *clock.Fixed
	register *register
	papers   *papers
	server   *httptest.Server
}

// register is a state register.
type register struct {
	head, trader string // SNILS
	closed       bool
	fail         error
}

func (r *register) Organisation(_ context.Context, number string, _ id.ID) (organisation.Entry, error) {
	if r.fail != nil || number != ogrn {
		return organisation.Entry{}, orElse(r.fail, organisation.ErrUnknown)
	}
	return organisation.Entry{OGRN: ogrn, INN: "7707083893", Title: "ООО «Ромашка»", HeadSNILS: r.head, Active: !r.closed}, nil
}

func (r *register) Trader(_ context.Context, number string, _ id.ID) (organisation.TraderEntry, error) {
	if r.fail != nil || number != ogrnip {
		return organisation.TraderEntry{}, orElse(r.fail, organisation.ErrUnknown)
	}
	return organisation.TraderEntry{Trader: organisation.Trader{OGRNIP: ogrnip, INN: inn, Title: "ИП Смирнова"}, SNILS: r.trader, Active: true}, nil
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// papers are the certificates that people sign in by.
type papers struct {
	linked  []certificate.Linked
	revoked error
}

func (p *papers) Linked(context.Context, id.ID) ([]certificate.Linked, error) { return p.linked, nil }
func (p *papers) Holds(context.Context, certificate.Linked) error             { return p.revoked }

type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// strong makes every session one of two factors shown a moment ago.
type strong struct {
	web.Sessions
	clock *clock.Fixed
}

func (s strong) Find(ctx context.Context, hash web.TokenHash) (web.Session, error) {
	out, err := s.Sessions.Find(ctx, hash)
	out.Strong, out.Proved = true, s.clock.Now()
	return out, err
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) },
		vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, mandate.Migrations, organisation.Migrations)
}

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{clock: c, register: &register{head: "11223344595", trader: "11223344595"}, papers: &papers{}}
	agencies := agency.New(agency.Deps{})
	r.accounts = account.New(account.Deps{Agencies: agencies, Courier: noLetters{}})
	agencies.Provide(r.accounts, nil)
	r.mandates = mandate.New(mandate.Deps{Accounts: r.accounts})
	r.Module = organisation.New(organisation.Deps{Accounts: r.accounts, Mandates: r.mandates, Register: r.register, Certificates: r.papers})
	modules := []module.Module{agencies, r.accounts, r.mandates, r.Module}
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.accounts.Locales(), r.mandates.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test"}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: r.mandates.Relator()})
	if err != nil {
		t.Fatal(err)
	}
	r.base = &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Feed: feed.Open(s, log), Web: server, Pages: page.New(), Texts: texts, Log: log,
	}
	for _, m := range modules {
		if err := m.Provision(r.base); err != nil {
			t.Fatal(err)
		}
	}
	s.SetGuard(r.mandates.Guard)
	server.Provide(web.Deps{
		Sessions: strong{r.accounts.Sessions(), c}, Counters: r.accounts.Counters(), Answers: r.accounts.Answers(), ErrorPage: r.base.Pages.FaultPage,
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		t.Fatal(err)
	}
	r.server = httptest.NewServer(handler)
	t.Cleanup(r.server.Close)
	r.enrol(t)
	return r
}

// enrol brings in Maria, who may head the organisation, and Ivan and Boris, who may work there.
func (r *rig) enrol(t *testing.T) {
	t.Helper()
	for key, snils := range map[string]string{"maria": "112-233-445 95", "ivan": "087-654-303 00", "boris": ""} {
		err := r.accounts.Enrol(t.Context(), []account.Enrolment{{
			Person: person(key), Name: lang.Name{Family: "Смирнов", Given: key}, Birth: calendar.MustDate("1980-01-01"), SNILS: snils,
			Email: key + "@example.org", Level: act.Standard, SignsIn: true, Password: "password of " + key,
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func person(key string) id.ID { return id.Derived("person", key) }

func (r *rig) enter(t *testing.T, key string) act.Act {
	t.Helper()
	proof := account.Proof{Method: account.ByEmail, Account: id.Derived("account", person(key).String()), Person: person(key), Level: act.Standard}
	entry, err := r.accounts.Begin(t.Context(), proof, account.Via{})
	if err != nil {
		t.Fatal(err)
	}
	return act.Act{
		ID: id.New(r.clock.Now()), Actor: act.Actor{Kind: act.Person, Person: entry.Person}, Holder: entry.Person, Session: entry.Session,
		Assurance: act.Standard, Channel: act.Web,
	}
}

func (r *rig) drain(t *testing.T) {
	t.Helper()
	if _, err := r.base.Jobs.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// headed registers the organisation by Maria and returns her mandate.
func (r *rig) headed(t *testing.T) mandate.Mandate {
	t.Helper()
	if _, err := r.Register(t.Context(), r.enter(t, "maria"), ogrn); err != nil {
		t.Fatal(err)
	}
	r.drain(t)
	given, err := r.mandates.Of(t.Context(), organisation.ID(ogrn))
	if err != nil || len(given) != 1 {
		t.Fatal(given, err)
	}
	return given[0]
}

// browser signs a person in by their password and returns a way to ask for pages.
func (r *rig) browser(t *testing.T, key string) func(method, path string, fields ...string) (int, string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	ask := func(method, path string, fields ...string) (int, string) {
		t.Helper()
		values := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			values.Add(fields[i], fields[i+1])
		}
		req, err := http.NewRequestWithContext(t.Context(), method, r.server.URL+path, strings.NewReader(values.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "posad.test"
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		if method == http.MethodPost {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	ask(http.MethodPost, "/sign-in/password", "contact", key+"@example.org", "password", "password of "+key, "back", "/account/profile")
	return ask
}
