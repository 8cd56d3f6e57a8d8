package crash

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/ledger"
	"posad.city/core/module"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/sim/bank"
	"posad.city/systems/card"
)

// roleVariable makes a process of this test binary one of the two sides of the campaign of payments, which are killed.
const roleVariable = "POSAD_CRASH_ROLE"

// play runs a side until it is killed; false: this process is the test.
func play() bool {
	var err error
	switch os.Getenv(roleVariable) {
	case "till":
		err = runTill()
	case "bank":
		err = runBank()
	default:
		return false
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
	return true
}

// orders are what a side is told at its start.
type orders struct {
	Dir      string // of the embedded engine, the master key, the bank's books
	Database string // empty: the embedded engine
	Listen   string // its own address
	Bank     string // the bank's
	Began    time.Time
}

func (o orders) environment(role string) ([]string, error) {
	text, err := json.Marshal(o)
	return append(os.Environ(), roleVariable+"="+role, ordersVariable+"="+string(text)), err
}

const ordersVariable = "POSAD_CRASH_ORDERS"

func readOrders() (orders, error) {
	var o orders
	return o, json.Unmarshal([]byte(os.Getenv(ordersVariable)), &o)
}

func runBank() error {
	o, err := readOrders()
	if err != nil {
		return err
	}
	b := bank.New("http://"+o.Listen, outsideKey, outsideKey, new(clock.System), slog.New(slog.DiscardHandler))
	if err := b.Keep(filepath.Join(o.Dir, "bank.jsonl")); err != nil {
		return err
	}
	return serve(o.Listen, b.Handler())
}

func serve(listen string, h http.Handler) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	return server.Serve(listener)
}

// quick is how much faster than the world the till's clock runs, so that what it does after minutes is seen.
const quick = 60

// quickClock runs fast from a moment on, over every start of the till, and can be moved ahead.
type quickClock struct {
	began time.Time
	real  clock.System
	ahead clock.System
}

// Now implements clock.Clock.
func (q *quickClock) Now() time.Time {
	return q.began.Add(q.real.Now().Sub(q.began)*quick + q.ahead.Offset()).Truncate(time.Microsecond)
}

// till is everything between a person and the bank: charges, payments, cards, books, on a store of their own.
type till struct {
	store   *store.Store
	queue   *jobs.Queue
	clock   *quickClock
	hosted  *pay.Hosted
	charges *charge.Module
	pays    *pay.Module
	cards   *card.Module
}

// Who is paid.
var (
	tillAgency  = agency.ID("road-police")
	tillCarrier = agency.ID("transport")
)

// tillCity has a kind that may be paid in parts.
func tillCity() *service.City {
	words := lang.Text{RU: "Счёт", EN: "Bill"}
	return &service.City{
		Agencies: []service.Agency{{Key: "road-police", Title: words, Short: words}, {Key: "transport", Title: words, Short: words}},
		Charges: []service.ChargeKind{{
			Key: "flat", Title: words, About: words, Days: 10, Law: words, Parts: true, Found: []service.ChargeFound{{By: "person"}},
			Discount: &service.ChargeDiscount{Percent: 25, Days: 5},
		}},
	}
}

var tillSchemas = []store.Migrations{
	vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, ledger.Migrations, charge.Migrations, pay.Migrations, card.Migrations,
}

// noLimits lets every try through.
type noLimits struct{}

func (noLimits) Limit(context.Context, string, string, int, time.Duration) error { return nil }

func openTill(ctx context.Context, o orders) (*till, error) {
	c := &quickClock{began: o.Began}
	so := store.Options{Dir: filepath.Join(o.Dir, "db"), Clock: c}
	if o.Database != "" {
		so.Dir, so.Postgres = "", o.Database
	}
	s, err := store.Open(ctx, so, tillSchemas...)
	if err != nil {
		return nil, err
	}
	kek, err := vault.OpenKEK(filepath.Join(o.Dir, "master.key"), true)
	if err != nil {
		return nil, err
	}
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		return nil, err
	}
	blobs, err := blob.Open(filepath.Join(o.Dir, "blobs"), c)
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	t := &till{store: s, clock: c, queue: jobs.NewQueue(s, jobs.Options{Workers: 8, Log: quiet})}
	t.hosted = &pay.Hosted{API: o.Bank, Key: outsideKey, Secret: outsideKey, Timeout: 300 * time.Millisecond}
	zone := func() *time.Location { return moscow }
	t.charges = charge.New(charge.Deps{City: tillCity, Zone: zone})
	t.cards = card.New(card.Deps{Charges: t.charges, Limits: noLimits{}, Carrier: func() id.ID { return tillCarrier }, Zone: zone})
	t.pays = pay.New(pay.Deps{
		Charges: t.charges, Bank: t.hosted, Wallet: t.cards.Purse(), Address: "http://" + o.Listen, Zone: zone,
		AgencyName: func(id.ID, lang.Language) string { return "Agency" }, City: func(lang.Language) string { return "City" },
		KindTitle: func(string, lang.Language) string { return "Bill" },
	})
	texts, err := tillTexts(t)
	if err != nil {
		return nil, err
	}
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: t.queue, Blobs: blobs, Log: quiet, Texts: texts}
	for _, m := range []module.Module{t.charges, t.pays, t.cards} {
		if err := m.Provision(base); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func tillTexts(t *till) (*lang.Catalogue, error) {
	return lang.Load(t.charges.Locales(), t.pays.Locales(), t.cards.Locales())
}

// runTill answers the campaign's payers until it is killed.
func runTill() error {
	o, err := readOrders()
	if err != nil {
		return err
	}
	ctx := context.Background()
	t, err := openTill(ctx, o)
	if err != nil {
		return err
	}
	if err := t.queue.Start(ctx); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/v1/pay/notify", t.notify)
	mux.HandleFunc("POST /issue", told(t.issue))
	mux.HandleFunc("POST /begin", told(t.begin))
	mux.HandleFunc("POST /refund", told(t.refund))
	mux.HandleFunc("POST /top-up", told(t.topUp))
	mux.HandleFunc("POST /cards", told(t.savedCards))
	return serve(o.Listen, mux)
}

// notify is the bank's message, taken as core/pay's own endpoint does.
func (t *till) notify(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var m pay.Message
	if err == nil {
		m, err = t.hosted.Message(r.Header, body)
	}
	if err == nil {
		_, err = t.pays.Settle(r.Context(), m.Attempt)
	}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

// told makes a function an endpoint: JSON in, JSON out, 409 with an error's words.
func told[In, Out any](do func(context.Context, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		out, err := do(r.Context(), in)
		if err != nil {
			w.WriteHeader(http.StatusConflict)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) // the payer has gone
			return
		}
		_ = json.NewEncoder(w).Encode(out) // as above
	}
}

func actOf(person id.ID) act.Act {
	return act.Act{ID: id.New(time.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Standard, Channel: act.API}
}
