// Package apptest runs the whole house for tests: a fresh database with the demo city published and its people enrolled,
// the servers of the outside world on real listeners beside it, and clients that behave as a browser or as a program.
//
// Every Write runs twice. A line that the house logs as an error fails the test: a text that is missing, a permission
// that was not asked, a fault of the house's own, a panic. Jobs run when the test says so (Run), by a clock that the test
// can move.
package apptest

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/app"
	"posad.city/city/kitezh"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/sim/agency"
	"posad.city/sim/bank"
	"posad.city/sim/clamd"
	"posad.city/sim/post"
)

// key is what the house and the outside servers know of each other.
const key = "apptest-key-of-the-outside-servers"

// House is a running house with the world around it.
type House struct {
	*app.House
	T        testing.TB
	Config   app.Config
	People   kitezh.People
	City     *service.City
	Agencies *agency.Agency
	Bank     *bank.Bank
	Post     *post.Post
	Scanner  *clamd.Server

	mu     sync.Mutex
	traces []store.TraceRecord
	hosts  int    // of clients, each with an address of its own
	schema string // of the test's database
	node   string // where this node listens, when it is not the first
}

// Open starts a house on the embedded engine, in a folder of its own. It ends with the test.
func Open(t testing.TB) *House {
	t.Helper()
	return open(t, store.Options{})
}

// OpenPostgres starts a house on PostgreSQL, in a schema of its own on the server that storetest.PostgresEnv names.
func OpenPostgres(t testing.TB) *House {
	t.Helper()
	return open(t, storetest.Postgres(t, store.Options{}))
}

func open(t testing.TB, o store.Options) *House {
	t.Helper()
	h := &House{T: t}
	h.people()
	outside := h.outside()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	h.Must(err)
	h.Config = config(t.TempDir(), listener.Addr().String(), outside, h.City)
	h.Config.Providers = []app.Provider{h.provider()}
	h.Config.Database, h.schema = o.Postgres, o.Schema
	h.Config, err = h.Config.Complete()
	h.Must(err)
	h.House, err = app.Open(t.Context(), h.Config, app.Options{
		Log: slog.New(&guard{t: t}), Store: store.Options{RunTwice: true, Trace: h.keepTrace, Schema: o.Schema},
		Breach: func(operation, what string) { t.Errorf("%s: %s", operation, what) },
	})
	h.Must(err)
	h.Must(h.Base.Feed.Start(t.Context()))
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h.Handler, ReadHeaderTimeout: time.Minute}}
	server.Start()
	t.Cleanup(func() {
		server.Close()
		h.Bank.Wait()
		if err := h.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	h.Must(h.Modules.Service.Publish(t.Context(), act.ByJob(id.New(h.Clock.Now()), act.Purpose{Kind: "command", ID: "publish"}), h.City))
	h.Must(h.Enrol(t.Context(), h.People))
	return h
}

// people reads the demo city and its people.
func (h *House) people() {
	var err error
	h.People, err = kitezh.Demo()
	h.Must(err)
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		h.T.Fatal(faults)
	}
	h.City = city
}

// outside starts the registers, the bank, the post office and the virus scanner, and says where they are.
func (h *House) outside() map[string]string {
	quiet := slog.New(slog.DiscardHandler)
	hook, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(app.DemoHook("", key).Secret, "whsec_"))
	h.Must(err)
	h.Agencies = agency.New(agency.Options{Key: key, HookKey: hook, Now: h.now, Answer: func(register string, parameters map[string]string) (any, bool) {
		return h.People.Reply(register, parameters, calendar.DateOf(h.now(), moscow))
	}})
	registers := httptest.NewServer(h.Agencies.Handler())
	h.T.Cleanup(registers.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	h.Must(err)
	h.Bank = bank.New("http://"+listener.Addr().String(), key, key, new(clock.System), quiet)
	till := &httptest.Server{Listener: listener, Config: &http.Server{Handler: h.Bank.Handler(), ReadHeaderTimeout: time.Minute}}
	till.Start()
	h.T.Cleanup(till.Close)
	h.Post = post.New(key, new(clock.System), quiet)
	h.Must(h.Post.Start("127.0.0.1:0", "127.0.0.1:0"))
	h.T.Cleanup(func() {
		if err := h.Post.Close(context.WithoutCancel(h.T.Context())); err != nil {
			h.T.Error(err)
		}
	})
	h.Scanner, err = clamd.Start()
	h.Must(err)
	h.T.Cleanup(h.Scanner.Close)
	return map[string]string{
		"agencies": registers.URL, "bank": till.URL, "post": "http://" + h.Post.WebAddress(), "mail": h.Post.MailAddress(), "scanner": h.Scanner.Address(),
	}
}

var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

// now is the house's moment, the machine's before there is a house.
func (h *House) now() time.Time {
	if h.House == nil {
		return new(clock.System).Now()
	}
	return h.Clock.Now()
}

func config(folder, listen string, outside map[string]string, city *service.City) app.Config {
	conf := app.Config{
		Data: folder, Listen: listen, Demo: true, Proxies: []string{"127.0.0.0/8"},
		Mail: app.Mail{Server: outside["mail"], From: "portal@kitezh.example", TLS: "none"},
		SMS:  app.SMS{Gateway: outside["post"], Key: key, Sender: "Kitezh"},
		Bank: app.Bank{API: outside["bank"], Key: key, Secret: key}, Agencies: map[string]app.Agency{},
		Scanner: app.Scanner{Address: outside["scanner"]},
	}
	for _, a := range city.Agencies {
		conf.Agencies[a.Key] = app.Agency{Endpoint: outside["agencies"] + "/" + a.Key, Key: key, Hook: app.DemoHook(outside["agencies"]+"/"+a.Key, key)}
	}
	return conf
}

// Must ends the test on an error.
func (h *House) Must(err error) {
	h.T.Helper()
	if err != nil {
		h.T.Fatal(err)
	}
}

// Run carries out every job that is due now, and what these bring.
func (h *House) Run() {
	h.T.Helper()
	_, err := h.Base.Jobs.Drain(h.T.Context())
	h.Must(err)
}

// Resident is one of the demo's people by their key.
func (h *House) Resident(key string) kitezh.Resident {
	h.T.Helper()
	r, ok := h.People.ByKey(key)
	if !ok {
		h.T.Fatalf("the demo has no %s", key)
	}
	return r
}

func (h *House) keepTrace(r store.TraceRecord) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.traces = append(h.traces, r)
}

// Traces are what every Write and Append so far has changed.
func (h *House) Traces() []store.TraceRecord {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]store.TraceRecord(nil), h.traces...)
}

// Today is the day in the city so many days from now, as a form takes it.
func (h *House) Today(plus int) string {
	return calendar.DateOf(h.now(), moscow).AddDays(plus).String()
}
