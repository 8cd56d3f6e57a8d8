package backup_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/backup"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var sample = store.Migrations{Module: "sample", Files: fstest.MapFS{"schema/001_sample.sql": {Data: []byte(`
CREATE TABLE act (holder UUID NOT NULL, number BIGINT NOT NULL, name TEXT NOT NULL, body SEALED, at TIMESTAMPTZ NOT NULL, PRIMARY KEY (holder, number));
COMMENT ON TABLE act IS 'holder: holder; personal: holder';
CREATE INDEX act_by_number ON act (number, holder);
CREATE TABLE act_line (holder UUID NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (holder, number));
COMMENT ON TABLE act_line IS 'holder: holder; narrow';
`)}}}

var (
	putAct  = store.NewQuery("sample.Act", `INSERT INTO act (holder, number, name, body, at) VALUES ($1, $2, $3, $4, $5)`)
	putLine = store.NewQuery("sample.Line", `INSERT INTO act_line (holder, number) VALUES ($1, $2)`)
	acts    = store.NewQuery("sample.Acts", `SELECT number FROM act_line ORDER BY holder, number`)
	orphans = store.NewQuery("sample.Orphans", `SELECT COUNT(*) FROM act a WHERE NOT EXISTS (SELECT 1 FROM act_line l WHERE l.holder = a.holder AND l.number = a.number)`)
	counted = store.NewQuery("sample.Count", `SELECT COUNT(*) FROM act`)
)

var modules = []store.Migrations{sample, vault.Migrations, journal.Migrations}

// town is a small city: rows that come in pairs, and files.
type town struct {
	*store.Store
	clock *clock.Fixed
	seal  *seal.Seal
	keys  *vault.Keys
	files *blob.Folder
	blobs string
	next  atomic.Int64
}

func newTown(t testing.TB, s *store.Store, c *clock.Fixed) *town {
	t.Helper()
	return newTownWith(t, s, c, vault.NewKEKText())
}

func newTownWith(t testing.TB, s *store.Store, c *clock.Fixed, key string) *town {
	t.Helper()
	kek, err := vault.ParseKEK(key)
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	out := &town{Store: s, clock: c, seal: seal.New("https://kitezh.example", v, c), blobs: filepath.Join(t.TempDir(), "blobs")}
	if out.keys, err = v.Keys(t.Context(), id.Derived("person", "anna")); err != nil {
		t.Fatal(err)
	}
	if out.files, err = blob.Open(out.blobs, c); err != nil {
		t.Fatal(err)
	}
	return out
}

// act writes one act, which is two rows in one Write, and tells its number.
func (w *town) act(ctx context.Context) (int64, error) {
	n := w.next.Add(1)
	holder := id.Derived("holder", fmt.Sprint(n%50))
	return n, w.Write(ctx, func(tx *store.Tx) error {
		body := bytes.Repeat([]byte{byte(n)}, int(n%700))
		if _, err := tx.Exec(putAct, holder, n, fmt.Sprintf("act %d", n), body, w.clock.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(putLine, holder, n)
		return err
	})
}

func (w *town) write(t testing.TB, n int) {
	t.Helper()
	for range n {
		if _, err := w.act(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *town) file(t testing.TB, size int) id.ID {
	t.Helper()
	body := make([]byte, size)
	_, _ = rand.Read(body)
	b, err := w.files.Put(t.Context(), w.keys, bytes.NewReader(append([]byte("%PDF-1.7\n"), body...)), blob.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	w.clock.Move(1e6)
	return b.ID
}

func (w *town) options(to string) backup.MakeOptions {
	return backup.MakeOptions{Store: w.Store, Modules: modules, Blobs: w.blobs, Seal: w.seal, Clock: w.clock, Program: "test", To: to}
}

func (w *town) backup(t testing.TB, to string) backup.Made {
	t.Helper()
	made, err := backup.Make(t.Context(), w.options(to))
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// engines are empty databases of each engine that there is.
func engines(t *testing.T) map[string]store.Options {
	out := map[string]store.Options{"sqlite": {Dir: filepath.Join(t.TempDir(), "db")}}
	if os.Getenv(storetest.PostgresEnv) != "" {
		out["postgres"] = storetest.Postgres(t, store.Options{})
	}
	return out
}

func restore(t testing.TB, from string, into store.Options) (backup.RestoreOptions, backup.Report) {
	t.Helper()
	o := backup.RestoreOptions{From: from, Into: into, Blobs: filepath.Join(t.TempDir(), "blobs"), Modules: modules}
	report, err := backup.Restore(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return o, report
}

// sums are what a manifest says of the tables' content.
func sums(m backup.Manifest) map[string]string {
	out := map[string]string{}
	for _, t := range m.Tables {
		out[t.Name] = fmt.Sprint(t.Rows, " ", t.Sum)
	}
	return out
}

// tree is every file of a folder with its content.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWhatComesBackIsWhatWasThereOnEitherEngine(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		w := newTown(t, s, c)
		w.write(t, 300)
		for n := range 20 {
			w.file(t, n*1000)
		}
		for name, to := range map[string]string{"folder": filepath.Join(t.TempDir(), "copies"), "file": filepath.Join(t.TempDir(), "city.tar")} {
			made := w.backup(t, to)
			if made.Fresh != 20 || made.Manifest.Files.Count != 20 || made.Manifest.Rows() < 600 {
				t.Fatalf("%s: %d of %d files, %d rows", name, made.Fresh, made.Manifest.Files.Count, made.Manifest.Rows())
			}
			for engine, into := range engines(t) {
				t.Run(name+" into "+engine, func(t *testing.T) {
					o, _ := restore(t, to, into)
					if diff := cmp.Diff(tree(t, w.blobs), tree(t, o.Blobs)); diff != "" {
						t.Error(diff)
					}
					again := reopened(t, o, w)
					if diff := cmp.Diff(sums(made.Manifest), sums(again.backup(t, filepath.Join(t.TempDir(), "again")).Manifest)); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}, modules...)
}

// reopened is the town that was restored, with the keys of the old one.
func reopened(t testing.TB, o backup.RestoreOptions, w *town) *town {
	t.Helper()
	o.Into.Clock = w.clock
	s, err := store.Open(t.Context(), o.Into, modules...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &town{Store: s, clock: w.clock, seal: w.seal, blobs: o.Blobs}
}

func TestACopyUnderLoadIsWholeAndHasAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		w := newTown(t, s, c)
		ctx, stop := context.WithCancel(t.Context())
		var acked sync.Map
		var writers sync.WaitGroup
		for range 6 {
			writers.Go(func() {
				for ctx.Err() == nil {
					if n, err := w.act(ctx); err == nil {
						acked.Store(n, true)
					}
				}
			})
		}
		for w.next.Load() < 300 {
			w.file(t, 500)
		}
		before := []int64{}
		acked.Range(func(n, _ any) bool { before = append(before, n.(int64)); return true })
		to := filepath.Join(t.TempDir(), "copies")
		made := w.backup(t, to)
		during := w.next.Load() - int64(len(before))
		stop()
		writers.Wait()
		if during < 10 {
			t.Errorf("only %d acts were written while the copy was made", during)
		}
		for engine, into := range engines(t) {
			t.Run("into "+engine, func(t *testing.T) {
				o, _ := restore(t, to, into)
				got := reopened(t, o, w)
				holds(t, got, before)
				if diff := cmp.Diff(sums(made.Manifest), sums(got.backup(t, filepath.Join(t.TempDir(), "again")).Manifest)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}, modules...)
}

// holds checks that the acts are there, and that no act has one of its rows alone.
func holds(t *testing.T, w *town, want []int64) {
	t.Helper()
	has := map[int64]bool{}
	alone, all := int64(0), int64(0)
	err := w.Read(t.Context(), func(r *store.Snapshot) error {
		if err := r.Query(acts, func(row *store.Row) error { has[row.Int(0)] = true; return nil }); err != nil {
			return err
		}
		if err := r.Query(counted, func(row *store.Row) error { all = row.Int(0); return nil }); err != nil {
			return err
		}
		return r.Query(orphans, func(row *store.Row) error { alone = row.Int(0); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	if alone != 0 || all != int64(len(has)) {
		t.Errorf("%d acts came back by half; %d and %d rows", alone, all, len(has))
	}
	for _, n := range want {
		if !has[n] {
			t.Errorf("act %d was acknowledged before the copy and is not in it", n)
		}
	}
}

func TestALaterCopyTakesOnlyWhatIsNewAndOldOnesGo(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, modules...)
	w, to := newTown(t, s, c), filepath.Join(t.TempDir(), "copies")
	gone := w.file(t, 100)
	w.file(t, 200)
	if made := w.backup(t, to); made.Fresh != 2 {
		t.Errorf("the first copy took %d files", made.Fresh)
	}
	w.file(t, 300)
	if err := w.files.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	w.write(t, 3)
	second := w.backup(t, to)
	if second.Fresh != 1 || second.Manifest.Files.Count != 2 {
		t.Errorf("the second copy took %d files and lists %d", second.Fresh, second.Manifest.Files.Count)
	}
	shared := func() int { return len(tree(t, filepath.Join(to, "blobs"))) }
	if n := shared(); n != 3 {
		t.Errorf("%d files are kept for two copies", n)
	}
	o := w.options(to)
	o.Keep = 2
	made, err := backup.Make(t.Context(), o)
	if err != nil || made.Removed != 1 || made.Fresh != 0 {
		t.Errorf("the third copy: %+v, %v", made, err)
	}
	if n := shared(); n != 2 {
		t.Errorf("%d files are kept after the first copy went", n)
	}
	if _, report := restore(t, to, store.Options{Dir: filepath.Join(t.TempDir(), "db")}); report.Name != made.Name {
		t.Errorf("the newest copy is %s, restored was %s", made.Name, report.Name)
	}
	if _, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to, Copy: second.Name}); err != nil {
		t.Error(err)
	}
}

func TestEveryFlippedByteIsFoundAndNamed(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, modules...)
	w := newTown(t, s, c)
	w.write(t, 40)
	w.file(t, 3000)
	to := filepath.Join(t.TempDir(), "copies")
	w.backup(t, to)
	var all []string
	for path := range tree(t, to) {
		if name := filepath.Base(path); name != "lock" {
			all = append(all, path)
		}
	}
	slices.Sort(all)
	for _, path := range all {
		text, err := os.ReadFile(to + path)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []int{0, len(text) / 2, len(text) - 1} {
			damaged := slices.Clone(text)
			damaged[at] ^= 1
			if err := os.WriteFile(to+path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to})
			named := err != nil || len(report.Faults) == 1 && strings.HasSuffix(path, "/"+report.Faults[0].File)
			if !named {
				t.Errorf("byte %d of %s: %v, %v", at, path, report.Faults, err)
			}
			if at != len(text)/2 {
				continue
			}
			into := backup.RestoreOptions{From: to, Into: store.Options{Dir: filepath.Join(t.TempDir(), "db")}, Blobs: filepath.Join(t.TempDir(), "blobs"), Modules: modules}
			if _, err := backup.Restore(t.Context(), into); err == nil {
				t.Errorf("byte %d of %s: it was restored", at, path)
			}
			if state, _, err := store.Inspect(t.Context(), into.Into); err != nil || state != store.StateEmpty {
				t.Errorf("byte %d of %s: the refused restore left something: %v, %v", at, path, state, err)
			}
		}
		if err := os.WriteFile(to+path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if report, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to}); err != nil || len(report.Faults) > 0 {
		t.Errorf("mended: %v, %v", report.Faults, err)
	}
}

func TestARestoreGoesNowhereWhereSomethingIs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		w := newTown(t, s, c)
		w.write(t, 5)
		w.file(t, 100)
		to := filepath.Join(t.TempDir(), "copies")
		w.backup(t, to)
		for engine, into := range engines(t) {
			o, _ := restore(t, to, into)
			if _, err := backup.Restore(t.Context(), o); !errors.Is(err, backup.ErrUsed) {
				t.Errorf("%s: a second restore over the first: %v", engine, err)
			}
			o.Into = store.Options{Dir: filepath.Join(t.TempDir(), "db")}
			if _, err := backup.Restore(t.Context(), o); !errors.Is(err, backup.ErrUsed) {
				t.Errorf("%s: a folder with files: %v", engine, err)
			}
		}
		used := t.TempDir()
		if err := os.WriteFile(filepath.Join(used, "letter.txt"), []byte("dear"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Make(t.Context(), w.options(used)); !errors.Is(err, backup.ErrNotBackup) {
			t.Errorf("a folder of something else: %v", err)
		}
	}, modules...)
}

func TestAnotherCitysKeysDoNotVouch(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, modules...)
	w, to := newTown(t, s, c), filepath.Join(t.TempDir(), "copies")
	w.backup(t, to)
	own, err := w.seal.Keys()
	if err != nil {
		t.Fatal(err)
	}
	other, oc := storetest.Open(t, modules...)
	theirs, err := newTown(t, other, oc).seal.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if report, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to, Trusted: []seal.KeySet{own}}); err != nil || !report.Trusted {
		t.Errorf("the city's own keys: %v, %v", report.Trusted, err)
	}
	if _, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to, Trusted: []seal.KeySet{theirs}}); !errors.Is(err, backup.ErrSignature) {
		t.Errorf("another city's keys: %v", err)
	}
}
