package bench

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// chargesInFile is how many charges one file of the measurement holds.
const chargesInFile = 20_000

// BenchmarkChargesOfFiles sends files of charges, each to a plate of its own, and takes them to their end: charges a second,
// from the first byte to the last row. One charge in ten has details, which are sealed under keys of new homes.
func BenchmarkChargesOfFiles(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { chargesOfFiles(b, store.Options{Dir: b.TempDir()}) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		b.Run("postgres", func(b *testing.B) { chargesOfFiles(b, storetest.Postgres(b, store.Options{})) })
	}
}

func chargesOfFiles(b *testing.B, o store.Options) {
	c := new(clock.System)
	o.Clock = c
	st, err := store.Open(b.Context(), o, vault.Migrations, jobs.Migrations, journal.Migrations, charge.Migrations)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() }) // the figures are taken
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		b.Fatal(err)
	}
	v, err := vault.Open(b.Context(), vault.Options{Store: st, KEK: kek, Clock: c})
	if err != nil {
		b.Fatal(err)
	}
	text := lang.Text{RU: "Штраф", EN: "Fine"}
	city := &service.City{Charges: []service.ChargeKind{{
		Key: "fine", Agency: "road-police", Title: text, Days: 70, Found: []service.ChargeFound{{By: "plate"}}, Discount: &service.ChargeDiscount{Percent: 25, Days: 30},
	}}}
	m := charge.New(charge.Deps{City: func() *service.City { return city }, Zone: func() *time.Location { return time.UTC }})
	queue := jobs.NewQueue(st, jobs.Options{})
	if err := m.Provision(&module.Base{Store: st, Vault: v, Clock: c, Jobs: queue, Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	police := act.Act{ID: id.New(c.Now()), Actor: act.Actor{Kind: act.Program, Agency: agency.ID("road-police")}}
	done := 0
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		file := fileOfCharges(done)
		b.StartTimer()
		sent, err := m.Send(b.Context(), police, charge.Sent{Content: file})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := queue.Drain(context.Background()); err != nil {
			b.Fatal(err)
		}
		done += chargesInFile
		if now, err := m.ImportOf(b.Context(), police, sent.ID); err != nil || now.Issued != chargesInFile {
			b.Fatalf("%+v %v", now, err)
		}
	}
	b.ReportMetric(float64(done)/b.Elapsed().Seconds(), "charges/s")
	b.ReportMetric(0, "ns/op")
}

// fileOfCharges is a file whose numbers begin after those of the files before.
func fileOfCharges(from int) *bytes.Reader {
	var out bytes.Buffer
	out.WriteString("number;kind;by;value;amount;place\n")
	for n := from; n < from+chargesInFile; n++ {
		place := ""
		if n%10 == 0 {
			place = "Речная улица, 14"
		}
		fmt.Fprintf(&out, "%020d;fine;plate;А%03dМО%03d;750,00;%s\n", n, 1+n%999, 100+n/999%900, place)
	}
	return bytes.NewReader(out.Bytes())
}
