package jobs_test

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// BenchmarkJob is one job from its Put to its end, put by 64 at once: one that shares its Write, one with its own, one that
// finds nothing to do.
func BenchmarkJob(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			o := store.Options{}
			if engine == "postgres" {
				if os.Getenv(storetest.PostgresEnv) == "" {
					b.Skip("no server")
				}
				o = storetest.Postgres(b, o)
			} else {
				o.Dir = b.TempDir()
			}
			s, err := store.Open(ctx, o, jobs.Migrations, marks)
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			runJobs(b, s)
		})
	}
}

func runJobs(b *testing.B, s *store.Store) {
	q := jobs.NewQueue(s, jobs.Options{})
	var ended atomic.Int64
	q.HandleShared("shared", func(_ context.Context, j jobs.Job) (func(*store.Tx) error, error) {
		return func(tx *store.Tx) error { tx.AfterCommit(func() { ended.Add(1) }); return mark(tx, j.Object) }, nil
	})
	q.Handle("alone", func(ctx context.Context, j jobs.Job) error {
		return s.Write(ctx, func(tx *store.Tx) error {
			tx.AfterCommit(func() { ended.Add(1) })
			if err := mark(tx, j.Object); err != nil {
				return err
			}
			return q.Done(tx, j)
		})
	})
	q.Handle("idle", func(context.Context, jobs.Job) error { ended.Add(1); return nil }) // finds nothing to do
	if err := q.Start(ctx); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	before := processor()
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			err := s.Write(ctx, func(tx *store.Tx) error {
				return q.Put(tx, jobs.New{Handler: []string{"shared", "alone", "idle"}[i%3], Object: id.Derived("bench", fmt.Sprint(i))})
			})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	for ended.Load() < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	b.ReportMetric(float64(processor()-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(s.Stats().Retries)/float64(b.N), "crossings/op")
	if err := q.Stop(ctx); err != nil {
		b.Error(err)
	}
}

func processor() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
