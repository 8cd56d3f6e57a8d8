package bench

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// log is a city that has a journal and its public log, and nothing else.
type publicLog struct {
	store   *store.Store
	keys    *vault.Keys
	journal *journal.Journal
	log     *journal.Log
}

func eachLog(b *testing.B, run func(b *testing.B, l publicLog)) {
	b.Run("sqlite", func(b *testing.B) { run(b, newLog(b, store.Options{Dir: b.TempDir()})) })
	if os.Getenv(storetest.PostgresEnv) != "" {
		b.Run("postgres", func(b *testing.B) { run(b, newLog(b, storetest.Postgres(b, store.Options{}))) })
	}
}

func newLog(b *testing.B, o store.Options) publicLog {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	o.Clock = new(clock.System)
	st, err := store.Open(b.Context(), o, vault.Migrations, journal.Migrations)
	must(err)
	b.Cleanup(func() { _ = st.Close() }) // the figures are taken
	kek, err := vault.ParseKEK(vault.NewKEKText())
	must(err)
	v, err := vault.Open(b.Context(), vault.Options{Store: st, KEK: kek, Clock: o.Clock})
	must(err)
	keys, err := v.Keys(b.Context(), id.Derived("person", "anna"))
	must(err)
	s := seal.New("https://kitezh.example", v, o.Clock)
	j := journal.New(s, o.Clock)
	l := journal.OpenLog(journal.LogOptions{Store: st, Seal: s, Clock: o.Clock, Folder: b.TempDir()})
	j.Attach(l)
	return publicLog{st, keys, j, l}
}

// enter enters so many acts in one Write.
func (p publicLog) enter(b *testing.B, from, count int) []journal.Entered {
	b.Helper()
	ready := make([]*journal.Ready, count)
	for i := range ready {
		var err error
		name := fmt.Sprint(from + i)
		if ready[i], err = p.journal.Prepare(p.keys, journal.Entry{
			Act: id.Derived("act", name), Kind: "casework.submitted", Title: "Заявление подано", Object: id.Derived("case", name),
			Facts: []journal.Fact{{Name: "number", Label: "Номер заявления", Value: name}},
		}); err != nil {
			b.Fatal(err)
		}
	}
	out := make([]journal.Entered, count)
	err := p.store.Write(b.Context(), func(tx *store.Tx) error {
		for i, r := range ready {
			e, err := journal.Enter(tx, r)
			if err != nil {
				return err
			}
			out[i] = e
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

// BenchmarkLogPlaces: how many waiting entries a second get their place, their tiles, a signed checkpoint and files.
func BenchmarkLogPlaces(b *testing.B) {
	const waiting = 20_000
	eachLog(b, func(b *testing.B, p publicLog) {
		entered := 0
		for b.Loop() {
			b.StopTimer()
			for to := entered + waiting; entered < to; entered += 1000 {
				p.enter(b, entered, 1000)
			}
			b.StartTimer()
			if err := p.log.Round(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		if size := p.log.Published().Size; size != int64(entered) {
			b.Fatalf("%d entered, %d published", entered, size)
		}
		b.ReportMetric(float64(entered)/b.Elapsed().Seconds(), "entries/s")
	})
}

// BenchmarkLogReceipt: how long after the commit of an act its receipt has a proof.
func BenchmarkLogReceipt(b *testing.B) {
	eachLog(b, func(b *testing.B, p publicLog) {
		if err := p.log.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		defer p.log.Stop()
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			e := p.enter(b, i, 1)[0]
			b.StartTimer()
			began := time.Now()
			for {
				index, err := p.log.Find(b.Context(), e.Leaf)
				if err == nil {
					if _, err = p.log.Prove(b.Context(), e.Leaf, index); err == nil {
						break
					}
				}
				if !errors.Is(err, journal.ErrNotYet) {
					b.Fatal(err)
				}
				time.Sleep(2 * time.Millisecond)
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/median")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
	})
}

// BenchmarkLogVerify: how long the check of a receipt with a proof takes, as posad verify does it.
func BenchmarkLogVerify(b *testing.B) {
	eachLog(b, func(b *testing.B, p publicLog) {
		e := p.enter(b, 0, 1000)[500]
		if err := p.log.Round(b.Context()); err != nil {
			b.Fatal(err)
		}
		index, err := p.log.Find(b.Context(), e.Leaf)
		if err != nil {
			b.Fatal(err)
		}
		e.Position = index
		file, err := p.journal.Receipt(b.Context(), e)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if r, err := journal.Verify(file); err != nil || r.Place == nil {
				b.Fatal(err)
			}
		}
	})
}
