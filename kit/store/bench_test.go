package store_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// eachForBench runs the benchmark on both engines, without the double run of tests.
func eachForBench(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	b.Helper()
	engines := map[string]func(*testing.B) store.Options{
		"sqlite":   func(b *testing.B) store.Options { return store.Options{Dir: b.TempDir()} },
		"postgres": func(b *testing.B) store.Options { return storetest.Postgres(b, store.Options{}) },
	}
	for _, name := range []string{"sqlite", "postgres"} {
		if name == "postgres" && os.Getenv(storetest.PostgresEnv) == "" {
			continue
		}
		b.Run(name, func(b *testing.B) {
			s, err := store.Open(ctx, engines[name](b), sample, queue)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			bench(b, s)
		})
	}
}

// parallel runs work in 64 goroutines on a machine of two cores, each with a number of its own. It tells the processor
// time beside the time, which others' work on the machine changes less.
func parallel(b *testing.B, work func(n int64) error) {
	b.Helper()
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	before := processor()
	defer func() { b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op") }()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := work(n.Add(1)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func holderOf(n int64) id.ID { return id.Derived("bench", fmt.Sprint(n%1000)) }

func BenchmarkWrite(b *testing.B) {
	eachForBench(b, func(b *testing.B, s *store.Store) {
		parallel(b, func(n int64) error {
			holder, name := holderOf(n), fmt.Sprint(n)
			return s.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(putThing, putArgs(holder, name, n)...); return err })
		})
	})
}

func BenchmarkAppend(b *testing.B) {
	eachForBench(b, func(b *testing.B, s *store.Store) {
		parallel(b, func(n int64) error {
			return s.Append(ctx, store.Stmt{Query: putThing, Args: putArgs(holderOf(n), fmt.Sprint(n), n)})
		})
	})
}

func BenchmarkPointRead(b *testing.B) {
	eachForBench(b, func(b *testing.B, s *store.Store) {
		put(b, s, anna, "a", 1)
		parallel(b, func(int64) error {
			return s.Read(ctx, func(r *store.Snapshot) error { _, err := size(r, "a"); return err })
		})
	})
}

func BenchmarkListOf20(b *testing.B) {
	eachForBench(b, func(b *testing.B, s *store.Store) {
		fillQueue(b, s)
		l := newList(b)
		q := store.ListQuery{Fixed: []any{anna}, Sort: "due"}
		parallel(b, func(int64) error {
			_, _, err := page(s, l, q)
			return err
		})
	})
}

// BenchmarkReadsBesideWrites is the store's day: many short reads, of which each tenth stands beside a Write.
func BenchmarkReadsBesideWrites(b *testing.B) {
	eachForBench(b, func(b *testing.B, s *store.Store) {
		put(b, s, anna, "a", 1)
		fillQueue(b, s)
		parallel(b, func(n int64) error {
			if n%10 == 0 {
				holder, name := holderOf(n), fmt.Sprint(n)
				return s.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(putThing, putArgs(holder, name, n)...); return err })
			}
			own, cancel := context.WithCancel(ctx) // as a request's
			defer cancel()
			return s.Read(own, func(r *store.Snapshot) error { _, err := size(r, "a"); return err })
		})
	})
}
