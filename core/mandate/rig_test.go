package mandate_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/module"
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

	"pgregory.net/rapid"
)

// rig is a house with agencies, accounts and mandates.
type rig struct {
	*mandate.Module
	accounts *account.Module
	agencies *agency.Module
	base     *module.Base
	clock    *clock.Fixed
	server   *httptest.Server
	words    *words
}

// words are those that people were told.
type words struct {
	mu   sync.Mutex
	told []account.Word
}

func (w *words) PrepareWord(_ context.Context, word account.Word) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.told = append(w.told, word)
		})
		return nil
	}, nil
}

func (w *words) SendAside(context.Context, account.Contact, account.Word, lang.Language, id.ID) error {
	return nil
}

// of lists the kinds of words that a person was told since they were last asked, in order.
func (w *words) of(person id.ID) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	w.told = slices.DeleteFunc(w.told, func(word account.Word) bool {
		if word.Person == person && strings.HasPrefix(word.Kind, "mandate.") {
			out = append(out, strings.TrimPrefix(word.Kind, "mandate.word."))
		}
		return word.Person == person
	})
	slices.Sort(out)
	return out
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

// noLetters is a courier of a house in which nobody needs a code.
type noLetters struct{}

func (noLetters) SendCode(context.Context, string, account.Channel, string, lang.Language, id.ID) error {
	return nil
}

// family is a family register.
type family struct {
	children []mandate.Relative
	fail     error
}

func (f *family) Children(context.Context, account.Person, id.ID) ([]mandate.Relative, error) {
	return f.children, f.fail
}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) },
		vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, mandate.Migrations)
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
	r := &rig{clock: c, agencies: agency.New(agency.Deps{})}
	r.accounts = account.New(account.Deps{Agencies: r.agencies, Courier: noLetters{}})
	r.agencies.Provide(r.accounts, nil)
	r.words = &words{}
	r.accounts.ProvideTeller(r.words)
	r.Module = mandate.New(mandate.Deps{Accounts: r.accounts, Guardianship: "guardianship"})
	r.ProvideCity(func(l lang.Language) []agency.Named {
		return []agency.Named{{Key: "parking", Title: "Парковка"}, {Key: "school", Title: "Школа"}}
	}, nil)
	modules := []module.Module{r.agencies, r.accounts, r.Module}
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, r.agencies.Locales(), r.accounts.Locales(), r.Locales())
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	log := slog.New(slog.DiscardHandler)
	server, err := web.New(web.Config{BaseURL: "http://posad.test"}, web.Deps{Texts: texts, Clock: c, Log: log, Relator: r.Relator()})
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
	s.SetGuard(r.Guard)
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
	return r
}

// people enrols a person with an account for each key, born on the day.
func (r *rig) people(t *testing.T, born string, keys ...string) []id.ID {
	t.Helper()
	var out []id.ID
	var list []account.Enrolment
	for _, key := range keys {
		e := account.Enrolment{
			Person: id.Derived("person", key), Name: lang.Name{Family: "Смирнова", Given: key}, Birth: calendar.MustDate(born),
			Email: key + "@example.org", Level: act.Standard, SignsIn: true, Password: "password of " + key,
		}
		list, out = append(list, e), append(out, e.Person)
	}
	if err := r.accounts.Enrol(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	return out
}

// enter opens a session and returns its act.
func (r *rig) enter(t rapid.TB, key string) act.Act {
	t.Helper()
	person := id.Derived("person", key)
	proof := account.Proof{Method: account.ByEmail, Account: id.Derived("account", person.String()), Person: person, Level: act.Standard}
	entry, err := r.accounts.Begin(context.Background(), proof, account.Via{})
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
			values.Set(fields[i], fields[i+1])
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
