package exchange

import (
	"errors"
	"net/http"
	"os"
	"runtime"
	"testing"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// askersAtOnce are as many as wait for one register in a busy hour.
const askersAtOnce = 64

// BenchmarkExchange is one exchange from end to end: a question over HTTP to a register of the same machine, its answer held
// to the schema, both sealed and logged with their hashes in a durable Write, and all of them signed.
func BenchmarkExchange(b *testing.B) {
	eachEngine(b, func(b *testing.B, st *store.Store, c *clock.Fixed) {
		change, _ := signing(b, c)
		s := newStand(b, st, c, change, func(d *Deps) {
			d.Client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askersAtOnce}}
		})
		keys, err := s.base.Vault.Keys(ctx, anna)
		if err != nil {
			b.Fatal(err)
		}
		register, _ := s.register("residence")
		endpoint, _ := s.endpoint(register)
		b.SetParallelism(max(1, askersAtOnce/runtime.GOMAXPROCS(0)))
		b.ResetTimer()
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				ask := wireAsk{
					RequestID: id.New(s.clock.Now()), Register: "residence", OnBehalfOf: "city", Purpose: wirePurpose{Kind: "account"},
					Parameters: map[string]string{"snils": annaSNILS},
				}
				a := s.send(ctx, register, endpoint, ask)
				made, err := s.record(keys, recordOf{asking: ask.RequestID, side: sideAsked, peer: register.Agency, register: register.Key, trouble: a.trouble}, a.wire)
				if err := errors.Join(err, a.cause, s.base.Store.Write(ctx, made.put)); err != nil {
					b.Error(err)
					return
				}
			}
		})
		s.signAll(b)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "exchanges/s")
		b.StopTimer()
		if got, err := s.CheckLog(ctx); err != nil || got.Messages != int64(b.N) || len(got.Faults) != 0 {
			b.Fatalf("checked %+v, %v", got, err)
		}
	})
}

// eachEngine opens a store that runs nothing twice, as a city's does.
func eachEngine(b *testing.B, bench func(b *testing.B, st *store.Store, c *clock.Fixed)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		if engine == "postgres" && os.Getenv(storetest.PostgresEnv) == "" {
			continue
		}
		b.Run(engine, func(b *testing.B) {
			c := clock.At(storetest.Start)
			o := store.Options{Dir: b.TempDir(), Clock: c}
			if engine == "postgres" {
				o = storetest.Postgres(b, store.Options{Clock: c})
			}
			st, err := store.Open(ctx, o, Migrations, jobs.Migrations, vault.Migrations)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = st.Close() }) // a benchmark's own
			bench(b, st, c)
		})
	}
}

func (s *stand) signAll(b *testing.B) {
	if err := s.SignLog(ctx); err != nil {
		b.Fatal(err)
	}
}
