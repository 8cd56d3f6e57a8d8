package utility

import (
	"context"
	"io/fs"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/decimal"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var (
	ctx       = context.Background()
	anna      = id.Derived("person", "anna")
	annaAct   = act.Act{ID: id.Derived("act", "anna"), Actor: act.Actor{Kind: act.Person, Person: anna}, Holder: anna, Assurance: act.Standard, Channel: act.Web}
	clerkAct  = act.Act{ID: id.Derived("act", "clerk"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "clerk"), Agency: agency.ID("housing"), Role: "officer"}, Assurance: act.Standard, Channel: act.Desk}
	otherAct  = act.Act{ID: id.Derived("act", "other clerk"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "other clerk"), Agency: agency.ID("housing"), Role: "officer"}, Assurance: act.Standard, Channel: act.Desk}
	moscow    = time.FixedZone("MSK", 3*3600)
	annasFlat = "5299 0000 86"
)

var popular = regexp.MustCompile(`(?m)^popular: .*\n`)

// plainCity is the demo city's utilities without its services, with a kind of charge for bills.
var plainCity = sync.OnceValue(func() *service.City {
	files := fstest.MapFS{}
	kept := []string{"city.yaml", "calendar.yaml", "topics.yaml", "situations.yaml", "places.yaml", "utilities.yaml", "agencies", "tariffs"}
	err := fs.WalkDir(kitezh.Files(), ".", func(name string, entry fs.DirEntry, err error) error {
		top, _, _ := strings.Cut(name, "/")
		if err != nil || entry.IsDir() || !containsWord(kept, top) {
			return err
		}
		content, err := fs.ReadFile(kitezh.Files(), name)
		if name == "city.yaml" {
			content = popular.ReplaceAll(content, nil)
		}
		files[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		panic(err) // a test's own ground
	}
	city, faults := service.LoadCity(files)
	if len(faults) > 0 {
		panic(faults) // a test's own ground
	}
	text := lang.Text{RU: "Счёт за квартиру", EN: "Flat bill"}
	city.Charges = []service.ChargeKind{{Key: "utility", Agency: "housing", Title: text, About: text, Law: text, Parts: true, Found: []service.ChargeFound{{By: "flat-account"}}}}
	return city
})

func containsWord(list []string, word string) bool {
	for _, one := range list {
		if one == word {
			return true
		}
	}
	return false
}

type oneVersion struct{ city *service.City }

func (v oneVersion) Current() *service.City { return v.city }
func (v oneVersion) Version(context.Context, service.Hash) (*service.City, error) {
	return v.city, nil
}

type rig struct {
	*Module
	t     testing.TB
	queue *jobs.Queue
	clock *clock.Fixed
}

var needs = []store.Migrations{vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, charge.Migrations, Migrations}

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
	at(c, time.Date(2026, 10, 20, 12, 0, 0, 0, moscow))
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c}))
	out := &rig{t: t, clock: c, queue: jobs.NewQueue(s, jobs.Options{})}
	zone := func() *time.Location { return moscow }
	texts := must[*lang.Catalogue](t)(lang.Load(locales))
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: out.queue, Blobs: must[*blob.Folder](t)(blob.Open(t.TempDir(), c)), Log: slog.New(slog.DiscardHandler), Texts: texts}
	base.Seal = seal.New("kitezh", v, c)
	base.Journal = journal.New(base.Seal, c)
	charges := charge.New(charge.Deps{City: plainCity, Zone: zone})
	out.Module = New(Deps{Services: oneVersion{plainCity()}, Charges: charges, Zone: zone})
	for _, m := range []module.Module{charges, out.Module} {
		if err := m.Provision(base); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// account is a flat of a test: two people, 52.3 m², meters of cold and hot water and of power by day and night.
func account(number string) Account {
	verified := calendar.MustDate("2030-01-01")
	zero := map[string]Decimal{"": decimal.Of(100)}
	return Account{
		Flat: Flat{
			Account: number, House: "rechnaya:14", Number: strings.TrimLeft(number[len(number)-3:], "0 "), Area: decimal.Hundredths(5230), People: 2, Since: calendar.MustDate("2025-01-01"),
			Tariffs: []string{"cold-water", "hot-water", "drainage", "heating", "power", "upkeep", "repairs", "waste"}, Owners: []Owner{{"А", Share{1, 2}}, {"Б", Share{1, 2}}},
		},
		Meters: []NewMeter{
			{Tariff: "cold-water", Number: "C1", First: zero, Verified: verified, Since: calendar.MustDate("2025-01-01")},
			{Tariff: "hot-water", Number: "H1", First: zero, Verified: verified, Since: calendar.MustDate("2025-01-01")},
			{Tariff: "power", Number: "P1", Zones: []string{"day", "night"}, First: map[string]Decimal{"day": decimal.Of(1000), "night": decimal.Of(500)}, Verified: verified, Since: calendar.MustDate("2025-01-01")},
		},
	}
}

func (r *rig) enter(accounts ...Account) []id.ID {
	r.t.Helper()
	if err := r.Enter(ctx, accounts); err != nil {
		r.t.Fatal(err)
	}
	var homes []id.ID
	for _, a := range accounts {
		homes = append(homes, must[id.ID](r.t)(r.HomeOf(a.Account)))
	}
	return homes
}

// give gives readings of the open month by meter and zone: "C1" 105, "P1/day" 1100.
func (r *rig) give(home id.ID, values map[string]int64) []Reading {
	r.t.Helper()
	var list []Given
	for _, d := range must[[]DialView](r.t)(r.Dials(ctx, r.system(), home)) {
		key := d.Number
		if d.Zone != "" {
			key += "/" + d.Zone
		}
		if v, there := values[key]; there {
			list = append(list, Given{Meter: d.Meter, Zone: d.Zone, Value: decimal.Of(v)})
		}
	}
	return must[[]Reading](r.t)(r.Give(ctx, annaAct, home, FromResident, list))
}

// at sets the clock.
func at(c *clock.Fixed, to time.Time) { c.Move(to.Sub(c.Now())) }

// month makes the bills of a month, as of its 28th day.
func (r *rig) month(period string) {
	r.t.Helper()
	p := month(r.t, period)
	at(r.clock, p.Day(28).Start(moscow).Add(12*time.Hour))
	if err := r.Begin(ctx, clerkAct, p); err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.queue.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
}
