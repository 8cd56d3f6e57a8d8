package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"testing"
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
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/systems/utility"
)

// flatsEnv is how many flats BenchmarkBills has; 10,000 when it is not set.
const flatsEnv = "POSAD_BENCH_FLATS"

// moscowFlats is how many flats Moscow bills a month.
const moscowFlats = 4_000_000

type kitezhNow struct{ city *service.City }

func (k kitezhNow) Current() *service.City { return k.city }
func (k kitezhNow) Version(context.Context, service.Hash) (*service.City, error) {
	return k.city, nil
}

// BenchmarkBills: the bills of a month for all flats, by the very job that the settlement centre starts: read, computed, sealed,
// written, charged, the progress noted. Beside it, the processor's own time of a bill, and computing alone. A flat has three meters with four dials, a year of habits and
// nine services.
func BenchmarkBills(b *testing.B) {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	b.Run("sqlite", func(b *testing.B) { billMonth(b, city, store.Options{Dir: b.TempDir()}) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		b.Run("postgres", func(b *testing.B) { billMonth(b, city, storetest.Postgres(b, store.Options{})) })
	}
}

func billMonth(b *testing.B, city *service.City, o store.Options) {
	ctx := context.Background()
	c := clock.At(time.Date(2026, 10, 28, 9, 0, 0, 0, time.UTC))
	o.Clock = c
	charges := charge.New(charge.Deps{City: func() *service.City { return city }, Zone: city.Days().Zone})
	bills := utility.New(utility.Deps{Services: kitezhNow{city}, Charges: charges, Zone: city.Days().Zone})
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	s, err := store.Open(ctx, o, vault.Migrations, jobs.Migrations, feed.Migrations, journal.Migrations, agency.Migrations, charge.Migrations, utility.Migrations)
	must(err)
	b.Cleanup(func() { must(s.Close()) })
	kek, err := vault.ParseKEK(vault.NewKEKText())
	must(err)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	must(err)
	blobs, err := blob.Open(b.TempDir(), c)
	must(err)
	texts, err := lang.Load(bills.Locales(), charges.Locales())
	must(err)
	queue := jobs.NewQueue(s, jobs.Options{})
	base := &module.Base{Store: s, Vault: v, Clock: c, Jobs: queue, Blobs: blobs, Texts: texts, Log: slog.New(slog.DiscardHandler)}
	must(charges.Provision(base))
	must(bills.Provision(base))

	accounts := benchFlats(b)
	must(bills.Enter(ctx, accounts))
	period := utility.PeriodOf(calendar.MustDate("2026-10-01"))
	for back := 4; back >= 0; back-- {
		must(bills.EnterReadings(ctx, period.Add(-back), benchReadings(accounts, 5-back)))
		if back > 0 {
			must(bills.EnterBills(ctx, period.Add(-back), false))
		}
	}
	clerk := act.Act{ID: id.Derived("act", "bench"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "bench"), Agency: agency.ID(city.Utilities.Agency)}, Channel: act.Command}
	before := processor()
	b.ResetTimer()
	for b.Loop() {
		must(bills.Begin(ctx, clerk, period))
		_, err := queue.Drain(ctx)
		must(err)
		c.Move(31 * 24 * time.Hour)
		period = period.Add(1)
	}
	b.StopTimer()
	b.ReportMetric((processor()-before).Seconds()*1e6/float64(len(accounts)*b.N), "µs-processor/bill")
	runs, err := bills.Runs(ctx, clerk, 100)
	must(err)
	if len(runs) == 0 || !runs[0].Done || runs[0].Made != int64(len(accounts)) {
		b.Fatalf("runs: %+v", runs)
	}
	rate := float64(len(accounts)) * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "bills/s")
	b.ReportMetric(float64(moscowFlats)/rate/60, "minutes/Moscow")
	b.ReportMetric(computeRate(b, ctx, bills, clerk, accounts), "computed/s")
}

// computeRate is how many bills a second are computed when nothing is read or written.
func computeRate(b *testing.B, ctx context.Context, bills *utility.Module, a act.Act, accounts []utility.Account) float64 {
	home, err := bills.HomeOf(accounts[0].Account)
	if err != nil {
		b.Fatal(err)
	}
	list, err := bills.Bills(ctx, a, home, utility.PeriodOf(calendar.MustDate("2026-10-01")))
	if err != nil || len(list) == 0 {
		b.Fatal(len(list), err)
	}
	in, err := bills.Whole(ctx, list[0])
	if err != nil {
		b.Fatal(err)
	}
	const times = 5000
	began := time.Now()
	for range times {
		if _, err := utility.Compute(in); err != nil {
			b.Fatal(err)
		}
	}
	return times / time.Since(began).Seconds()
}

func benchFlats(b *testing.B) []utility.Account {
	n := 10_000
	if text := os.Getenv(flatsEnv); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	since, verified := calendar.MustDate("2026-01-01"), calendar.MustDate("2032-01-01")
	out := make([]utility.Account, n)
	for i := range out {
		number := fmt.Sprintf("53%08d", i)
		address := fmt.Sprintf("%d, %d", i/100, i%100)
		one := map[string]utility.Decimal{"": decimal.Of(100)}
		out[i] = utility.Account{Flat: utility.Flat{
			Account: number, House: fmt.Sprintf("bench:%d", i/100), Number: strconv.Itoa(i % 100), Address: lang.Text{RU: address, EN: address}, Since: since,
			Area: decimal.Hundredths(int64(3000 + i%5000)), People: 1 + i%4, Tariffs: []string{"cold-water", "hot-water", "drainage", "heating", "power", "gas", "upkeep", "repairs", "waste"},
		}, Meters: []utility.NewMeter{
			{Tariff: "cold-water", Number: "C" + number, First: one, Verified: verified, Since: since}, {Tariff: "hot-water", Number: "H" + number, First: one, Verified: verified, Since: since},
			{Tariff: "power", Number: "P" + number, Zones: []string{"day", "night"}, First: map[string]utility.Decimal{"day": 0, "night": 0}, Verified: verified, Since: since},
		}}
	}
	return out
}

func benchReadings(accounts []utility.Account, n int) []utility.PastReading {
	var out []utility.PastReading
	for i, a := range accounts {
		for _, m := range a.Meters {
			for zone, first := range m.First {
				used := int64(n * (3 + i%7))
				if m.Tariff == "power" {
					used *= 20
				}
				out = append(out, utility.PastReading{Account: a.Account, Tariff: m.Tariff, Number: m.Number, Zone: zone, Value: first + decimal.Of(used)})
			}
		}
	}
	return out
}
