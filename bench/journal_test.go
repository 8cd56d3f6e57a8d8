package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
	options store.Options
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
	return publicLog{st, keys, j, l, o}
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

// entered is what was measured of the journal's way into the public log.
type entered struct {
	Engine  string
	Entries int
	Rate    float64 // a second, from the first to the publication of the last: one act a Write, 64 at once
	Commits float64 // a second, to the last commit
	Bare    float64 // rows of the same bytes a second by the driver, gathered by hand
	Load    string
}

var entrySize = store.NewQuery("bench.EntrySize", `SELECT CAST(MAX(length(leaf) + length(salt) + length(body)) AS BIGINT) FROM journal_entry`)

// BenchmarkLogEntries: how many acts a second are entered, each sealed and in a Write of its own, while the log gives them
// places, signs and publishes; the measured time ends when the last is published. POSAD_BENCH_ENTRIES says how many.
func BenchmarkLogEntries(b *testing.B) {
	eachLog(b, func(b *testing.B, p publicLog) {
		count := int(numbersOf("POSAD_BENCH_ENTRIES", 20_000)[0])
		out := entered{Engine: "sqlite", Entries: count}
		if p.options.Postgres != "" {
			out.Engine = "postgres"
		}
		if err := p.log.Start(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ResetTimer()
		began := time.Now()
		err := spread(count, writers, func(i int) error { return p.enterOne(b.Context(), i) })
		if err != nil {
			b.Fatal(err)
		}
		out.Commits = float64(count) / time.Since(began).Seconds()
		for since := time.Now(); p.log.Published() == nil || p.log.Published().Size < int64(count); time.Sleep(time.Millisecond) {
			if time.Since(since) > time.Minute {
				b.Fatalf("%d entered; published is %+v", count, p.log.Published())
			}
		}
		out.Rate = float64(count) / time.Since(began).Seconds()
		p.log.Stop()
		bare, size := p.bare(b)
		body, at := make([]byte, size), time.Now()
		err = spread(count, writers, func(i int) error {
			key := id.Derived("bare", fmt.Sprint(i))
			return bare.put(`INSERT INTO bare_entry (id, body) VALUES ($1, $2)`, []any{key, body})
		})
		if err != nil {
			b.Fatal(err)
		}
		out.Bare = float64(count) / time.Since(at).Seconds()
		out.Load = loadNow()
		b.ReportMetric(out.Rate, "entries/s")
		b.ReportMetric(out.Commits, "commits/s")
		b.ReportMetric(out.Bare, "bare-rows/s")
		keep(b, "journal-"+out.Engine, out)
	})
}

func (p publicLog) enterOne(ctx context.Context, i int) error {
	name := fmt.Sprint("one ", i)
	ready, err := p.journal.Prepare(p.keys, journal.Entry{
		Act: id.Derived("act", name), Kind: "casework.submitted", Title: "Заявление подано", Object: id.Derived("case", name),
		Facts: []journal.Fact{{Name: "number", Label: "Номер заявления", Value: name}},
	})
	if err != nil {
		return err
	}
	return p.store.Write(ctx, func(tx *store.Tx) error { _, err := journal.Enter(tx, ready); return err })
}

// bare is a table beside the log's for the driver alone, and how many bytes an entry has.
func (p publicLog) bare(b *testing.B) (*bare, int) {
	b.Helper()
	size := 0
	err := p.store.Read(b.Context(), func(r *store.Snapshot) error {
		return r.Query(entrySize, func(row *store.Row) error { size = int(row.Int(0)); return nil })
	})
	out := new(bare)
	if err == nil && p.options.Postgres != "" {
		if out.pg, err = openBarePg(b.Context(), p.options.Postgres+"&search_path="+p.options.Schema); err == nil {
			b.Cleanup(out.pg.pool.Close)
			_, err = out.pg.pool.Exec(b.Context(), `CREATE TABLE bare_entry (id UUID PRIMARY KEY, body BYTEA)`)
		}
	} else if err == nil {
		if out.lite, err = openBareLite(filepath.Join(p.options.Dir, "posad.db")); err == nil {
			err = liteRun(out.lite.writer, `CREATE TABLE bare_entry (id BLOB PRIMARY KEY, body BLOB)`, nil, nil)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
	return out, size
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
		engine := "sqlite"
		if p.options.Postgres != "" {
			engine = "postgres"
		}
		q := quantilesOf(took)
		b.ReportMetric(q.P50, "p50-ms")
		b.ReportMetric(q.P99, "p99-ms")
		if len(took) > 1 { // the first run of a benchmark is one alone
			keep(b, "receipt-"+engine, struct {
				Engine   string
				Receipts int
				Ready    quantiles // from the act's commit until the receipt has its place and its proof
				Load     string
			}{engine, len(took), q, loadNow()})
		}
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
