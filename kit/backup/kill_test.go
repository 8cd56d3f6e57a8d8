package backup_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/backup"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// What the helper process is told by its environment.
const (
	helperDoes  = "POSAD_BACKUP_HELPER" // make or restore
	helperTo    = "POSAD_BACKUP_TO"     // the copies
	helperDB    = "POSAD_BACKUP_DB"     // folder of the embedded database
	helperPG    = "POSAD_BACKUP_PG"     // or the schema on the test server
	helperBlobs = "POSAD_BACKUP_BLOBS"
	helperKey   = "POSAD_BACKUP_KEY"
)

// TestHelper is the process that is killed; by itself it is nothing.
func TestHelper(t *testing.T) {
	o := store.Options{Dir: os.Getenv(helperDB)}
	if o.Schema = os.Getenv(helperPG); o.Schema != "" {
		o.Dir, o.Postgres = "", os.Getenv(storetest.PostgresEnv)
	}
	var err error
	switch os.Getenv(helperDoes) {
	case "":
		return
	case "make":
		err = makeCopy(t.Context(), o)
	case "restore":
		_, err = backup.Restore(t.Context(), backup.RestoreOptions{From: os.Getenv(helperTo), Into: o, Blobs: os.Getenv(helperBlobs), Modules: modules})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func makeCopy(ctx context.Context, o store.Options) error {
	s, err := store.Open(ctx, o, modules...)
	if err != nil {
		return err
	}
	kek, err := vault.ParseKEK(os.Getenv(helperKey))
	if err != nil {
		return err
	}
	c := new(clock.System)
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		return err
	}
	_, err = backup.Make(ctx, backup.MakeOptions{
		Store: s, Modules: modules, Blobs: os.Getenv(helperBlobs), Seal: seal.New("https://kitezh.example", v, c), Clock: c,
		Program: "test", To: os.Getenv(helperTo), Share: 0.2,
	})
	return errors.Join(err, s.Close())
}

// killed runs the helper and kills it after the time; false: it had ended before.
func killed(t *testing.T, after time.Duration, env ...string) bool {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestHelper$")
	c.Env = append(os.Environ(), env...)
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	c.Stdout, c.Stderr = said, said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(after, func() { _ = c.Process.Signal(syscall.SIGKILL) })
	err = c.Wait()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL) {
		text, _ := os.ReadFile(said.Name())
		t.Fatalf("the helper failed by itself: %v\n%s", err, text)
	}
	return err != nil
}

func TestAKillInTheMiddleLeavesNothingHalf(t *testing.T) {
	t.Parallel()
	for engine, o := range engines(t) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			o.Clock = clock.At(storetest.Start)
			key := vault.NewKEKText()
			w := openTown(t, o, key)
			for range 30 {
				w.file(t, 30_000)
			}
			w.bulk(t, 20_000)
			first := w.backup(t, filepath.Join(t.TempDir(), "first"))
			w.shut(t)
			to := filepath.Join(t.TempDir(), "copies")
			cut := killedBackups(t, to, first, append(place(o), helperTo+"="+to, helperBlobs+"="+w.blobs, helperKey+"="+key, helperDoes+"=make"))
			blobs := w.blobs
			w = openTown(t, o, key)
			w.blobs = blobs
			made := w.backup(t, to)
			if diff := cmp.Diff(sums(first.Manifest), sums(made.Manifest)); diff != "" || made.Manifest.Files.Count != 30 {
				t.Errorf("after the kills: %s", diff)
			}
			for name, into := range engines(t) {
				ro := backup.RestoreOptions{From: to, Into: into, Blobs: filepath.Join(t.TempDir(), "blobs"), Modules: modules}
				cut += killedRestores(t, ro)
				got := reopened(t, ro, w)
				if diff := cmp.Diff(sums(first.Manifest), sums(got.backup(t, filepath.Join(t.TempDir(), "again")).Manifest)); diff != "" {
					t.Errorf("into %s: %s", name, diff)
				}
				if diff := cmp.Diff(tree(t, blobs), tree(t, ro.Blobs)); diff != "" {
					t.Errorf("into %s: files: %s", name, diff)
				}
			}
			w.shut(t)
			if cut < 4 {
				t.Errorf("only %d runs were cut off", cut)
			}
		})
	}
}

// killedBackups kills backups, each later than the one before. Whatever copy counts must be whole.
func killedBackups(t *testing.T, to string, first backup.Made, env []string) int {
	t.Helper()
	cut := 0
	for try := range 6 {
		if killed(t, 60*time.Millisecond*time.Duration(try+1)+time.Duration(rand.IntN(100))*time.Millisecond, env...) {
			cut++
		}
		report, err := backup.Verify(t.Context(), backup.VerifyOptions{From: to})
		if err == nil && (len(report.Faults) > 0 || !cmp.Equal(sums(report.Manifest), sums(first.Manifest))) {
			t.Errorf("a killed backup left a copy that counts: %v", report.Faults)
		}
	}
	return cut
}

// killedRestores kills restores, each later than the one before, and then lets one end.
func killedRestores(t *testing.T, o backup.RestoreOptions) int {
	t.Helper()
	env := append(place(o.Into), helperTo+"="+o.From, helperBlobs+"="+o.Blobs, helperDoes+"=restore")
	cut := 0
	for try := range 5 {
		if killed(t, 100*time.Millisecond*time.Duration(try+1)+time.Duration(rand.IntN(100))*time.Millisecond, env...) {
			cut++
		}
		state, _, err := store.Inspect(t.Context(), o.Into)
		if err != nil {
			t.Fatal(err)
		}
		if state == store.StateUsed {
			return cut // it came to its end
		}
		if state != store.StateUnfinished {
			continue // it had not begun
		}
		if _, err := store.Open(t.Context(), o.Into, modules...); !errors.Is(err, store.ErrUnfinished) {
			t.Errorf("a city starts on half a database: %v", err)
		}
	}
	if _, err := backup.Restore(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return cut
}

// openTown opens a town that this process may close.
func openTown(t *testing.T, o store.Options, key string) *town {
	t.Helper()
	s, err := store.Open(t.Context(), o, modules...)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := o.Clock.(*clock.Fixed)
	return newTownWith(t, s, c, key)
}

func (w *town) shut(t *testing.T) {
	t.Helper()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func place(o store.Options) []string {
	return []string{helperDB + "=" + o.Dir, helperPG + "=" + o.Schema}
}

// bulk writes many small acts, in few Writes.
func (w *town) bulk(t testing.TB, n int) {
	t.Helper()
	for range n / 2000 {
		from := w.next.Add(2000) - 2000
		err := w.Write(t.Context(), func(tx *store.Tx) error {
			for n := from; n < from+2000; n++ {
				holder := id.Derived("holder", fmt.Sprint(n%500))
				if _, err := tx.Exec(putAct, holder, n, fmt.Sprintf("act %d of many, with some text", n), []byte("sealed"), w.clock.Now()); err != nil {
					return err
				}
				if _, err := tx.Exec(putLine, holder, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
