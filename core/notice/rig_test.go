package notice

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/sim/post"
	"posad.city/ui"
)

var (
	anna    = id.Derived("person", "anna")  // e-mail and phone
	boris   = id.Derived("person", "boris") // phone alone
	vera    = id.Derived("person", "vera")  // neither
	caseOne = id.Derived("case", "one")
)

const (
	annaMail  = "anna.smirnova@example.org"
	annaPhone = "+79161234567"
)

// words are those of a later module.
var casework = fstest.MapFS{
	"locale/ru.yaml": {Data: []byte("casework:\n  decided:\n    title: Решение по заявлению {number}\n    text: \"Разрешение выдано.\\n\\nДействует до {until}.\"\n    action: Открыть заявление\n")},
	"locale/en.yaml": {Data: []byte("casework:\n  decided:\n    title: Decision on application {number}\n    text: \"The permit is granted.\\n\\nIt is valid until {until}.\"\n    action: Open the application\n")},
}

// rig is a house with accounts and notices, with a real post office outside.
type rig struct {
	*Module
	t       testing.TB
	people  *account.Module
	post    *post.Post
	queue   *jobs.Queue
	clock   *clock.Fixed
	store   *store.Store
	crash   *crashing
	server  *httptest.Server
	log     *bytes.Buffer
	logGate sync.Mutex
	heard   map[string]int // events
	metrics *prometheus.Registry
}

// crashing hands letters over for real and then, when it is told so, dies before its caller can note it.
type crashing struct {
	Mailer
	dies int
}

func (c *crashing) Send(ctx context.Context, m mail.Message) error {
	err := c.Mailer.Send(ctx, m)
	if err == nil && c.dies > 0 {
		c.dies--
		panic("the process dies between the letter and the commit")
	}
	return err
}

func needs() []store.Migrations {
	return []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, agency.Migrations, account.Migrations, Migrations}
}

// each runs the test on every engine that is there.
func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs()...)
}

func one(t *testing.T) *rig {
	t.Helper()
	s, c := storetest.Open(t, needs()...)
	return newRig(t, s, c)
}

func startPost(t testing.TB, c clock.Clock) *post.Post {
	t.Helper()
	p := post.New("key", c, slog.New(slog.DiscardHandler))
	if err := p.Start("127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return p
}

func sender(t testing.TB, address string) *mail.Sender {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	out, err := mail.NewSender(mail.Config{Host: host, Port: number, Security: mail.Plaintext, Timeout: 2 * time.Second, Hello: "posad.example"})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func gateway(t testing.TB, address string) *Gateway {
	t.Helper()
	out, err := NewGateway(GatewayConfig{API: "http://" + address, Key: "key", Sender: "Kitezh", Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// relator knows oneself and strangers.
type relator struct{}

func (relator) Relate(_ context.Context, a act.Act, o act.Object, _ string) (web.Tie, error) {
	if o.Kind == "" || o.Holder == a.Actor.Person {
		return web.Tie{Relation: act.Self}, nil
	}
	return web.Tie{Relation: act.Stranger}, nil
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, clock: c, store: s, post: startPost(t, c), log: &bytes.Buffer{}, heard: map[string]int{}, metrics: prometheus.NewRegistry()}
	agencies := agency.New(agency.Deps{})
	r.people = account.New(account.Deps{Agencies: agencies})
	r.crash = &crashing{Mailer: sender(t, r.post.MailAddress())}
	r.Module = New(Deps{
		People: r.people, Mail: r.crash, SMS: gateway(t, r.post.WebAddress()), From: "portal@kitezh.example", Address: "https://kitezh.example",
		City: func(l lang.Language) string { return lang.Text{RU: "Китеж", EN: "Kitezh"}.In(l) }, Zone: func() *time.Location { return time.UTC },
	})
	r.people.Provide(r.Module, nil)
	texts, err := lang.Load(ui.Locale, page.Locale, web.Locale, agencies.Locales(), r.people.Locales(), r.Locales(), casework)
	if err != nil {
		t.Fatal(err)
	}
	r.provision(v, texts.Reporting(func(err error) { t.Error(err) }), agencies)
	r.enrol()
	return r
}

func (r *rig) provision(v *vault.Vault, texts *lang.Catalogue, agencies *agency.Module) {
	r.t.Helper()
	log := slog.New(slog.NewTextHandler(lockedWriter{r}, nil))
	r.queue = jobs.NewQueue(r.store, jobs.Options{Log: slog.New(slog.DiscardHandler)})
	for _, event := range []string{EventReached, EventUnreached} {
		r.queue.On(event, "test."+event, func(_ context.Context, j jobs.Job) error {
			if j.Holder != anna && j.Holder != vera || j.Object != caseOne || j.Version != 7 {
				r.t.Errorf("event %s of %s, %s, version %d", event, j.Holder, j.Object, j.Version)
			}
			r.heard[event]++
			return nil
		})
	}
	server, err := web.New(web.Config{BaseURL: "https://kitezh.example", PerAddress: 100_000, PerPerson: 100_000}, web.Deps{Texts: texts, Clock: r.clock, Log: log, Relator: relator{}})
	if err != nil {
		r.t.Fatal(err)
	}
	base := &module.Base{Store: r.store, Vault: v, Clock: r.clock, Jobs: r.queue, Feed: feed.Open(r.store, log), Web: server, Pages: page.New(), Texts: texts, Log: log, Metrics: r.metrics}
	for _, m := range []module.Module{agencies, r.people, r.Module} {
		if err := m.Provision(base); err != nil {
			r.t.Fatal(err)
		}
	}
	r.store.SetGuard(func(tx *store.Tx, a act.Act) error {
		if a.Session.IsZero() {
			return nil // of self, below; requests have a session
		}
		return r.people.Guard(tx, a)
	})
	if err := base.Feed.Poll(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
	server.Provide(web.Deps{
		Sessions: r.people.Sessions(), Counters: r.people.Counters(), Answers: r.people.Answers(), ErrorPage: base.Pages.FaultPage,
		Breach: func(operation, what string) { r.t.Errorf("%s: %s", operation, what) },
	})
	handler, err := server.Handler()
	if err != nil {
		r.t.Fatal(err)
	}
	r.server = httptest.NewServer(handler)
	r.t.Cleanup(r.server.Close)
}

type lockedWriter struct{ r *rig }

func (w lockedWriter) Write(b []byte) (int, error) {
	w.r.logGate.Lock()
	defer w.r.logGate.Unlock()
	return w.r.log.Write(b)
}

func (r *rig) logged() string {
	r.logGate.Lock()
	defer r.logGate.Unlock()
	return r.log.String()
}

func (r *rig) enrol() {
	r.t.Helper()
	err := r.people.Enrol(r.t.Context(), []account.Enrolment{
		{Person: anna, Name: lang.Name{Family: "Смирнова", Given: "Анна", Patronymic: "Ивановна"}, Email: annaMail, Phone: annaPhone, SignsIn: true, Level: act.Basic, Lang: lang.Russian},
		{Person: boris, Name: lang.Name{Family: "Петров", Given: "Борис"}, Phone: "+79167654321", SignsIn: true, Level: act.Basic, Lang: lang.English},
		{Person: vera, Name: lang.Name{Family: "Орлова", Given: "Вера"}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// decided is a notice in the words of a locale.
func decided(to id.ID, key string) Notice {
	return Notice{
		Key: key, To: to, Case: caseOne, Version: 7, Kind: "casework.decided", Path: "/cases/" + caseOne.String(),
		Params: map[string]any{"number": "1234-567-890", "until": "21 ноября 2027"},
	}
}

// tell prepares and puts a notice, and returns its id.
func (r *rig) tell(n Notice) id.ID {
	r.t.Helper()
	p, err := r.Prepare(r.t.Context(), n)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.store.Write(r.t.Context(), p.Put); err != nil {
		r.t.Fatal(err)
	}
	return p.ID()
}

// drain runs what is due now.
func (r *rig) drain() {
	r.t.Helper()
	if _, err := r.queue.Drain(r.t.Context()); err != nil {
		r.t.Fatal(err)
	}
}

// exhaust runs all jobs to their end, moving the clock over their pauses.
func (r *rig) exhaust() {
	r.t.Helper()
	for range 60 {
		r.drain()
		next, err := r.queue.NextDue(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		r.clock.Move(max(0, next.Sub(r.clock.Now())))
	}
	r.t.Fatal("the jobs do not end")
}

func self(person id.ID) act.Act {
	return act.Act{ID: id.Derived("act", "test"), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Basic}
}

// counted reads the metric of sendings as Prometheus would.
func (r *rig) counted(labels ...string) float64 {
	r.t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	total := 0.0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var values []string
			for _, pair := range metric.GetLabel() { // in the order of their names: channel, outcome, what
				values = append(values, pair.GetValue())
			}
			if family.GetName() == "posad_notice_sendings_total" && slices.Equal(values, []string{labels[0], labels[2], labels[1]}) {
				total += metric.GetCounter().GetValue()
			}
		}
	}
	return total
}

func (r *rig) message(person, one id.ID) Message {
	r.t.Helper()
	out, err := r.Message(r.t.Context(), self(person), person, one)
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// enter signs a person in by a code that comes through the post office, and returns the session's token.
func (r *rig) enter(contact string, read func() string) string {
	r.t.Helper()
	to, err := account.ParseContact(contact)
	if err != nil {
		r.t.Fatal(err)
	}
	sent, err := r.people.AskCode(r.t.Context(), to, lang.Russian, "")
	if err != nil {
		r.t.Fatal(err)
	}
	r.drain()
	entry, err := r.people.EnterByCode(r.t.Context(), sent.Try, read(), account.Via{Channel: act.Web, Lang: lang.Russian})
	if err != nil {
		r.t.Fatal(err)
	}
	return entry.Token
}

// browse is one request of a signed-in person, without following redirects. A path under /api goes as a program's.
func (r *rig) browse(token, method, path, body string) (int, string, string) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", "ru")
	switch {
	case strings.HasPrefix(path, "/api/"):
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
	default:
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.AddCookie(&http.Cookie{Name: "posad_session", Value: token})
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	got, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer got.Body.Close()
	content, err := io.ReadAll(got.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return got.StatusCode, got.Header.Get("Location"), string(content)
}
