package exchange

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// askersAtOnce are as many as wait for one register in a busy hour.
const askersAtOnce = 64

// BenchmarkExchange is one exchange from end to end: a signed question over HTTP to a register of the same machine, its answer
// held to the schema, both sealed and logged durably with their hashes (posad as the account's questions are, by Append; write
// in a Write of their own), and all of them signed in the measured time.
//
// The bare one sends the same signed question to the same register by the same client, reads the answer, and keeps the bytes
// of both in one row, gathered by hand into commits: nothing is held to a schema, sealed, hashed or signed for the log.
func BenchmarkExchange(b *testing.B) {
	eachEngine(b, func(b *testing.B, st *store.Store, c *clock.Fixed, o store.Options) {
		change, _ := signing(b, c)
		s := newStand(b, st, c, change, func(d *Deps) {
			d.Client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: askersAtOnce}}
		})
		register, _ := s.register("residence")
		endpoint, _ := s.endpoint(register)
		keys, err := s.base.Vault.Keys(ctx, anna)
		if err != nil {
			b.Fatal(err)
		}
		ask := func() wireAsk {
			return wireAsk{
				RequestID: id.New(s.clock.Now()), Register: "residence", OnBehalfOf: "city", Purpose: wirePurpose{Kind: "account"},
				Parameters: map[string]string{"snils": annaSNILS},
			}
		}
		logged := int64(0)
		run := func(name string, keep func(asked wireAsk, a answer) error) float64 {
			rate := 0.0
			b.Run(name, func(b *testing.B) {
				rate = atOnce(b, func() error {
					q := ask()
					a := s.send(ctx, register, endpoint, q)
					return errors.Join(a.cause, keep(q, a))
				}, s.signAll)
				logged += int64(b.N)
				if got, err := s.CheckLog(ctx); err != nil || got.Messages < int64(b.N) || len(got.Faults) != 0 {
					b.Fatalf("checked %+v of %d, %v", got, logged, err)
				}
			})
			return rate
		}
		ours := run("posad", func(q wireAsk, a answer) error { return s.keepForAccount(ctx, anna, q.RequestID, register, a) })
		run("write", func(q wireAsk, a answer) error {
			made, err := s.record(keys, recordOf{asking: q.RequestID, side: sideAsked, peer: register.Agency, register: register.Key, trouble: a.trouble}, a.wire)
			return errors.Join(err, s.base.Store.Write(ctx, made.put))
		})
		b.Run("bare", func(b *testing.B) {
			bare := openBareLog(b, o)
			rate := atOnce(b, func() error {
				q := ask()
				body, err := json.Marshal(q)
				if err != nil {
					return err
				}
				request, err := s.request(ctx, endpoint, q, body)
				if err != nil {
					return err
				}
				response, err := s.client.Do(request)
				if err != nil {
					return err
				}
				answer, err := io.ReadAll(response.Body)
				return errors.Join(err, response.Body.Close(), bare.keep(q.RequestID, append(body, answer...)))
			}, func(*testing.B) {})
			b.ReportMetric(100*ours/rate, "posad-%-of-bare")
		})
	})
}

// atOnce runs one exchange after another in many goroutines and tells how many ended a second, what comes after them included.
func atOnce(b *testing.B, one func() error, after func(*testing.B)) float64 {
	b.Helper()
	b.SetParallelism(max(1, askersAtOnce/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := one(); err != nil {
				b.Error(err)
				return
			}
		}
	})
	after(b)
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "exchanges/s")
	return rate
}

// bareLog keeps rows by the driver alone.
type bareLog struct {
	queue chan bareRow
}

type bareRow struct {
	key  id.ID
	text []byte
	done chan error
}

const (
	bareTable  = `CREATE TABLE IF NOT EXISTS bare_log (id BLOB PRIMARY KEY, text BLOB)`
	bareInsert = `INSERT INTO bare_log (id, text) VALUES ($1, $2)`
)

func openBareLog(b *testing.B, o store.Options) *bareLog {
	b.Helper()
	out := &bareLog{queue: make(chan bareRow, 1024)}
	commit, gatherers := bareOnSQLite(b, o), 1
	if o.Postgres != "" {
		commit, gatherers = bareOnPostgres(b, o), 4
	}
	for range gatherers {
		go out.loop(commit)
	}
	b.Cleanup(func() { close(out.queue) })
	return out
}

func (l *bareLog) keep(key id.ID, text []byte) error {
	row := bareRow{key, bytes.Clone(text), make(chan error, 1)}
	l.queue <- row
	return <-row.done
}

func (l *bareLog) loop(commit func([]bareRow) error) {
	for first := range l.queue {
		batch := []bareRow{first}
		for more := true; more && len(batch) < 256; {
			select {
			case row := <-l.queue:
				batch = append(batch, row)
			default:
				more = false
			}
		}
		err := commit(batch)
		for _, row := range batch {
			row.done <- err
		}
	}
}

func bareOnSQLite(b *testing.B, o store.Options) func([]bareRow) error {
	b.Helper()
	if o.Postgres != "" {
		return nil
	}
	c, err := sqlite.OpenConn(filepath.Join(o.Dir, "posad.db"), sqlite.OpenReadWrite)
	if err != nil {
		b.Fatal(err)
	}
	c.SetBusyTimeout(10 * time.Second)
	for _, statement := range []string{"PRAGMA synchronous = FULL", bareTable} {
		if err := sqlitex.ExecuteTransient(c, statement, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.Cleanup(func() { _ = c.Close() }) // a benchmark's own
	return func(rows []bareRow) error {
		if err := sqlitex.Execute(c, "BEGIN IMMEDIATE", nil); err != nil {
			return err
		}
		for _, row := range rows {
			if err := sqlitex.Execute(c, bareInsert, &sqlitex.ExecOptions{Args: []any{row.key[:], row.text}}); err != nil {
				return errors.Join(err, sqlitex.Execute(c, "ROLLBACK", nil))
			}
		}
		return sqlitex.Execute(c, "COMMIT", nil)
	}
}

func bareOnPostgres(b *testing.B, o store.Options) func([]bareRow) error {
	b.Helper()
	conf, err := pgxpool.ParseConfig(o.Postgres)
	if err != nil {
		b.Fatal(err)
	}
	conf.ConnConfig.RuntimeParams["search_path"] = o.Schema
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err == nil {
		_, err = pool.Exec(ctx, `CREATE TABLE IF NOT EXISTS bare_log (id UUID PRIMARY KEY, text BYTEA)`)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	return func(rows []bareRow) error {
		round := new(pgx.Batch)
		for _, row := range rows {
			round.Queue(bareInsert, [16]byte(row.key), row.text)
		}
		return pool.SendBatch(context.Background(), round).Close()
	}
}

// eachEngine opens a store that runs nothing twice, as a city's does.
func eachEngine(b *testing.B, bench func(b *testing.B, st *store.Store, c *clock.Fixed, o store.Options)) {
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
			bench(b, st, c, o)
		})
	}
}

func (s *stand) signAll(b *testing.B) {
	if err := s.SignLog(ctx); err != nil {
		b.Fatal(err)
	}
}
