package bench

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"posad.city/kit/backup"
	"posad.city/kit/store"
)

// span is how long a step took, in seconds.
type span struct {
	Wall      float64
	Processor float64 // of this process; PostgreSQL's own is not in it
}

// copied is what was measured of the copies of one stored size.
type copied struct {
	Engine   string
	Stored   int // cases
	Rows     int64
	Bytes    int64 // of the database in the copy
	Files    int64
	Make     span    // with the check of what was written
	Gentle   float64 // the same at half of the time
	Snapshot float64 // seconds of the gentle one during which the snapshot was held
	Verify   span
	Restore  span      // with the check before it, the indexes, and the comparison after it
	Quiet    quantiles // an official's list before
	During   quantiles // and during the gentle copy
	Peer     peers
	Load     string
}

// BenchmarkBackup: copy, check and restore at each stored size (POSAD_BENCH_CASES=1000000), with progress, and how the
// city answers meanwhile (POSAD_BENCH_GENTLE=no leaves that out).
func BenchmarkBackup(b *testing.B) {
	for _, engine := range engines() {
		for _, cases := range numbersOf("POSAD_BENCH_CASES", 0) {
			b.Run(fmt.Sprintf("%s/%d", engine, int(cases)), func(b *testing.B) {
				t, err := stored(engine, int(cases))
				if err != nil {
					b.Fatal(err)
				}
				keep(b, fmt.Sprintf("backup-%s-%d", engine, int(cases)), t.copies(b))
			})
		}
	}
}

func (t *town) copies(b *testing.B) copied {
	b.Helper()
	ctx := context.Background()
	dir := b.TempDir()
	out := copied{Engine: t.engine, Stored: t.storedCases()}
	var made backup.Made
	out.Make = seconds(b, "copy", func() error {
		one, err := t.MakeBackup(ctx, filepath.Join(dir, "fast"), 0, 1, shown(nil))
		made = one
		return err
	})
	out.Rows, out.Bytes, out.Files = made.Manifest.Rows(), made.Manifest.Bytes(), made.Manifest.Files.Count
	if os.Getenv("POSAD_BENCH_GENTLE") != "no" {
		t.gentle(b, &out, filepath.Join(dir, "gentle"))
	}
	out.Verify = seconds(b, "verify", func() error {
		report, err := backup.Verify(ctx, backup.VerifyOptions{From: filepath.Join(dir, "fast"), Tell: shown(nil)})
		if err == nil && len(report.Faults) > 0 {
			err = backup.ErrFaults
		}
		return err
	})
	into, drop := store.Options{Dir: filepath.Join(dir, "restored", "db")}, func() error { return nil }
	if t.engine == "postgres" {
		var err error
		if into.Postgres, drop, err = emptyDatabase(ctx); err != nil {
			b.Fatal(err)
		}
	}
	out.Restore = seconds(b, "restore", func() error {
		_, err := backup.Restore(ctx, backup.RestoreOptions{
			From: filepath.Join(dir, "fast"), Into: into, Blobs: filepath.Join(dir, "restored", "blobs"), Modules: t.Schemas(), Tell: shown(nil),
		})
		return err
	})
	if err := drop(); err != nil {
		b.Fatal(err)
	}
	removeAll(b, filepath.Join(dir, "restored"))
	out.Peer = t.peers(b, dir)
	b.ReportMetric(float64(out.Rows)/out.Make.Wall, "rows/s-copied")
	b.ReportMetric(float64(out.Rows)/out.Restore.Wall, "rows/s-restored")
	out.Load = loadNow()
	return out
}

// gentle copies at half of the time while an official asks for their list.
func (t *town) gentle(b *testing.B, out *copied, folder string) {
	b.Helper()
	pool := &openPool{address: t.address}
	list := func(n int64) error {
		return answered(http.StatusOK)(pool.ask(t.api("/api/v1/desk/cases", t.official(n%100))))
	}
	out.Quiet = timed(b, "list before", 300, list)
	ended := make(chan error, 1)
	began := time.Now()
	held := time.Duration(0)
	go func() {
		_, err := t.MakeBackup(context.Background(), folder, 0, 0.5, shown(func(p backup.Progress) {
			if p.Stage == backup.StageDatabase {
				held = max(held, p.Spent)
			}
		}))
		ended <- err
	}()
	var took []time.Duration
	for n := int64(0); ; n++ {
		select {
		case err := <-ended:
			if err != nil {
				b.Fatal(err)
			}
		default:
			at := time.Now()
			if err := list(n); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(at))
			time.Sleep(5 * time.Millisecond)
			continue
		}
		break
	}
	out.Gentle, out.Snapshot, out.During = time.Since(began).Seconds(), held.Seconds(), quantilesOf(took)
	b.Logf("list during the gentle copy: %+v ms of %d", out.During, len(took))
	removeAll(b, folder)
}

// seconds times a step once.
func seconds(b *testing.B, name string, do func() error) span {
	b.Helper()
	began, before := time.Now(), processor()
	if err := do(); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	out := span{time.Since(began).Seconds(), (processor() - before).Seconds()}
	b.Logf("%s: %+v s", name, out)
	return out
}

// told prints progress of a step that is no part of a benchmark.
func told(what string) func(backup.Progress) {
	last := time.Now()
	return func(p backup.Progress) {
		if time.Since(last) > 10*time.Second {
			last = time.Now()
			fmt.Fprintf(os.Stderr, "%s: %s %s, %d of %d, %.0f/s, %v left\n", what, p.Stage, p.What, p.Done, p.Total, p.Rate(), p.Left().Round(time.Second))
		}
	}
}

// shown prints progress now and then, and passes it on.
func shown(also func(backup.Progress)) func(backup.Progress) {
	last := time.Now()
	return func(p backup.Progress) {
		if also != nil {
			also(p)
		}
		if time.Since(last) > 5*time.Second {
			last = time.Now()
			fmt.Fprintf(os.Stderr, "%s %s: %.0f %%, %d of %d, %.0f/s, %v left\n", p.Stage, p.What, 100*p.Share(), p.Done, p.Total, p.Rate(), p.Left().Round(time.Second))
		}
	}
}
