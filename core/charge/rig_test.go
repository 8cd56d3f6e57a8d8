package charge

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var (
	ctx         = context.Background()
	anna, boris = id.Derived("person", "anna"), id.Derived("person", "boris")
	police      = agency.ID("road-police")
	transport   = agency.ID("transport")
	self        = act.Act{ID: id.Derived("act", "anna"), Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Standard, Channel: act.Web}
	officer     = act.Act{ID: id.Derived("act", "officer"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "clerk"), Agency: police, Role: "officer"}, Assurance: act.Standard, Channel: act.Desk}
	plate       = Identifier{By: ByPlate, Value: "А417МО52"}
)

func text(word string) lang.Text { return lang.Text{RU: word, EN: word} }

// theCity has kinds with every sort of terms.
func theCity() *service.City {
	return &service.City{
		Agencies: []service.Agency{{Key: "road-police", Title: text("Road police"), Short: text("Police")}, {Key: "transport", Title: text("Transport"), Short: text("Transport")}},
		Charges: []service.ChargeKind{
			{
				Key: "fine", Agency: "road-police", Title: text("Fine"), About: text("…"), Days: 60, Law: text("Law"), Parts: true,
				Found:    []service.ChargeFound{{By: "plate", Open: true, Second: text("Registration certificate")}, {By: "licence"}, {By: "person"}, {By: "number", Open: true}, {By: "snils"}},
				Discount: &service.ChargeDiscount{Percent: 25, Days: 30},
			},
			{
				Key: "flat", Title: text("Flat"), About: text("…"), Days: 10, Law: text("Law"), Parts: true, Found: []service.ChargeFound{{By: "flat-account"}},
				Penalty:     &service.ChargePenalty{Rate: "key", Steps: []service.ChargePenaltyStep{{From: 31, Share: "1/300"}, {From: 91, Share: "1/130"}}, Cap: 50},
				Instalments: &service.ChargeInstalments{Most: 6, Every: 1},
			},
		},
		Rates: []service.Rate{{Key: "key", Title: text("Key rate"), Values: []service.RateValue{{From: "2025-10-27", Percent: "16.50"}, {From: "2026-12-21", Percent: "16.00"}}}},
	}
}

// rig is the module on a fresh store.
type rig struct {
	*Module
	t     testing.TB
	queue *jobs.Queue
	clock *clock.Fixed
	city  *service.City
	heard map[string]int  // events, by name and charge
	told  map[string]News // notices, by person and key
	mute  error           // why nothing can be told now
	pays  func(Charge) bool
}

var needs = []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, Migrations}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs...)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func newRig(t testing.TB, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c}))
	blobs := must[*blob.Folder](t)(blob.Open(t.TempDir(), c))
	out := &rig{t: t, clock: c, city: theCity(), queue: jobs.NewQueue(s, jobs.Options{}), heard: map[string]int{}, told: map[string]News{}}
	for _, name := range []string{EventDue, EventChanged, EventPaid, EventCancelled, EventRefunded, EventOver} {
		out.queue.On(name, "test."+name, func(_ context.Context, j jobs.Job) error { out.heard[name+" "+j.Object.String()]++; return nil })
	}
	out.Module = New(Deps{City: func() *service.City { return out.city }, Zone: func() *time.Location { return moscow }, Tell: out.tellOne, Arranged: out.arranged,
		Known: func(_ context.Context, home id.ID) (bool, error) { return home == anna || home == boris, nil },
	})
	if err := out.Provision(&module.Base{Store: s, Vault: v, Clock: c, Jobs: out.queue, Blobs: blobs, Texts: theTexts(), Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	return out
}

func (r *rig) write(fn func(tx *store.Tx) error) {
	r.t.Helper()
	if err := r.base.Store.Write(ctx, fn); err != nil {
		r.t.Fatal(err)
	}
}

// issue puts a charge of a kind at anna's.
func (r *rig) issue(n NewCharge) *Prepared {
	r.t.Helper()
	p := must[*Prepared](r.t)(r.Prepare(ctx, n))
	r.write(p.Put)
	return p
}

func fine(external string) NewCharge {
	return NewCharge{Person: anna, Payee: police, External: external, Kind: "fine", Amount: money.Roubles(75_000)}
}

func (r *rig) drain() {
	r.t.Helper()
	if _, err := r.queue.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) ofAgency(a act.Act, q ListQuery) []Charge {
	r.t.Helper()
	list, _, err := r.OfAgency(ctx, a, q)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}
