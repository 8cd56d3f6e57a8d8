package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/tlog"
)

// enter enters official acts into the journal and gives them their places, shown in the folder.
func (w *town) enter(t *testing.T, folder string, from, count int) []journal.Entered {
	t.Helper()
	j := journal.New(w.seal, w.clock)
	var out []journal.Entered
	for i := range count {
		w.clock.Move(time.Second) // ids, and with them places, in the order of the acts
		ready, err := j.Prepare(w.keys, journal.Entry{
			Act: id.Derived("act", fmt.Sprint(from+i)), Kind: "casework.submitted", Title: "Заявление подано", Object: id.Derived("case", fmt.Sprint(from+i)),
			Facts: []journal.Fact{{Name: "number", Label: "Номер", Value: fmt.Sprint(from + i)}},
		})
		if err != nil {
			t.Fatal(err)
		}
		var one journal.Entered
		err = w.Write(t.Context(), func(tx *store.Tx) error { e, err := journal.Enter(tx, ready); one = e; return err })
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, one)
	}
	w.publish(t, folder)
	return out
}

// publish gives places to what waits and shows them.
func (w *town) publish(t *testing.T, folder string) *journal.Log {
	t.Helper()
	log := journal.OpenLog(journal.LogOptions{Store: w.Store, Seal: w.seal, Clock: w.clock, Folder: folder})
	w.clock.Move(time.Minute) // past every lease
	if err := log.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestARestoreThatLostActsNamesThem(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		w := newTown(t, s, c)
		shown, to := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "copies")
		w.enter(t, shown, 0, 300)
		made := w.backup(t, to)
		if made.Manifest.Log == nil || made.Manifest.Log.Size != 300 {
			t.Fatalf("the manifest's log: %+v", made.Manifest.Log)
		}
		lost := w.enter(t, shown, 300, 260)
		keys, err := w.seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		o, _ := restore(t, to, store.Options{Dir: filepath.Join(t.TempDir(), "db")})
		got := reopened(t, o, w)
		got.keys = w.keys
		folder := filepath.Join(t.TempDir(), "fetched")
		if _, err := journal.Fetch(t.Context(), folder, journal.ReadFolder(shown), journal.PublicKeys(keys)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tree(t, shown), tree(t, folder)); diff != "" {
			t.Errorf("the fetched log is another: %s", diff)
		}
		found, err := journal.Compare(t.Context(), got.Store, folder, keys)
		if err != nil || found.Forked() || found.Lost() != 260 || found.From != 300 {
			t.Fatalf("%d lost from %d, %v", found.Lost(), found.From, err)
		}
		for i, m := range found.Missing {
			if m.Index != int64(300+i) || m.Leaf != tlog.Entry(lost[i].Leaf) {
				t.Fatalf("the %dth lost act is %+v, want the leaf %x", i, m, lost[i].Leaf)
			}
		}
		bare(t, got, shown, keys)
		provable(t, got, folder, lost[7])
	}, append([]store.Migrations{}, modules...)...)
}

// bare compares with nothing but the checkpoint.
func bare(t *testing.T, w *town, shown string, keys seal.KeySet) {
	t.Helper()
	note, err := journal.ReadFolder(shown)(t.Context(), "checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	found, err := journal.CompareCheckpoint(t.Context(), w.Store, string(note), keys)
	if err != nil || found.Lost() != 260 || found.Forked() || found.Missing[0].Index != 300 || found.Missing[0].Leaf != (tlog.Entry{}) {
		t.Errorf("by the checkpoint alone: %d lost, %v", found.Lost(), err)
	}
	note[len(note)-5] ^= 1
	if _, err := journal.CompareCheckpoint(t.Context(), w.Store, string(note), keys); !errors.Is(err, journal.ErrOutside) {
		t.Errorf("a checkpoint that nobody signed: %v", err)
	}
}

// provable recovers the restored city's log and proves an act that it has lost.
func provable(t *testing.T, w *town, folder string, lost journal.Entered) {
	t.Helper()
	log := journal.OpenLog(journal.LogOptions{Store: w.Store, Seal: w.seal, Clock: w.clock, Folder: folder})
	w.clock.Move(time.Minute)
	if err := log.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.enter(t, folder, 1000, 3)
	log = w.publish(t, folder)
	if p := log.Published(); p == nil || p.Size != 563 {
		t.Fatalf("the log did not go on: %+v", p)
	}
	if at, err := log.Find(t.Context(), tlog.Entry(lost.Leaf)); err != nil || at != 307 {
		t.Errorf("the leaf of a lost act is found at %d, %v", at, err) // whoever has a promise alone knows no place
	}
	if _, err := log.Prove(t.Context(), tlog.Entry(lost.Leaf), 307); err != nil {
		t.Errorf("the receipt of a lost act is not provable: %v", err)
	}
}

func TestALogOfAnotherHistoryIsToldApart(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, modules...)
	w := newTown(t, s, c)
	shown, to := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "copies")
	w.enter(t, shown, 0, 20)
	w.backup(t, to)
	w.enter(t, shown, 20, 20)
	keys, err := w.seal.Keys()
	if err != nil {
		t.Fatal(err)
	}
	o, _ := restore(t, to, store.Options{Dir: filepath.Join(t.TempDir(), "db")})
	got := reopened(t, o, w)
	got.keys = w.keys
	got.enter(t, filepath.Join(t.TempDir(), "other"), 5000, 30) // the restored city went on by itself
	found, err := journal.Compare(t.Context(), got.Store, shown, keys)
	if err != nil || !found.Forked() || found.From != 20 || found.Lost() != 20 {
		t.Errorf("%d lost from %d, forked %v, %v", found.Lost(), found.From, found.Forked(), err)
	}
	read := journal.ReadFolder(shown)
	_, err = journal.Fetch(t.Context(), t.TempDir(), func(ctx context.Context, path string) ([]byte, error) {
		file, err := read(ctx, path)
		if path == (tlog.Tile{Level: tlog.Entries, Width: 40}).Path() {
			file[40] ^= 1
		}
		return file, err
	}, journal.PublicKeys(keys))
	if !errors.Is(err, journal.ErrOutside) {
		t.Errorf("a mirror that lies: %v", err)
	}
}

// TestDamagedFilesAreNotFilledWithAnotherHistory has the files of what was shown damaged, and fetches a longer log that the
// same city signed after it was set back.
func TestDamagedFilesAreNotFilledWithAnotherHistory(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t, modules...)
	w := newTown(t, s, c)
	shown, other, to := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "other"), filepath.Join(t.TempDir(), "copies")
	w.enter(t, shown, 0, 20)
	w.backup(t, to)
	w.enter(t, shown, 20, 20)
	keys, err := w.seal.Keys()
	if err != nil {
		t.Fatal(err)
	}
	o, _ := restore(t, to, store.Options{Dir: filepath.Join(t.TempDir(), "db")})
	got := reopened(t, o, w)
	got.keys = w.keys
	got.enter(t, other, 5000, 30)
	bundle := filepath.Join(shown, filepath.FromSlash(tlog.Tile{Level: tlog.Entries, Width: 40}.Path()))
	if err := os.Remove(bundle); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(shown, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Fetch(t.Context(), shown, journal.ReadFolder(other), journal.PublicKeys(keys)); !errors.Is(err, journal.ErrOutside) {
		t.Errorf("another history: %v", err)
	}
	if after, err := os.ReadFile(filepath.Join(shown, "checkpoint")); err != nil || !bytes.Equal(before, after) {
		t.Errorf("what was shown is forgotten: %s, %v", after, err)
	}
}
