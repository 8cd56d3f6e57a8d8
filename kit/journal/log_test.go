package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
)

// open is a node's side of the log of the test's city.
func (w world) openLog(batch int, folder string) *Log {
	return OpenLog(LogOptions{Store: w.store, Seal: w.Journal.seal, Clock: w.Journal.clock, Folder: folder, Batch: batch})
}

func sampleOf(i int) Entry {
	return Entry{
		Act: id.Derived("act", fmt.Sprint(i)), Kind: "casework.submitted", Title: "Заявление подано", Object: id.Derived("case", fmt.Sprint(i)),
		Facts: []Fact{{"number", "Номер", fmt.Sprint(i)}},
	}
}

// enterMany enters so many acts, from the given number on.
func (w world) enterMany(t testing.TB, from, count int) []Entered {
	t.Helper()
	var ready []*Ready
	for i := range count {
		r, err := w.Prepare(w.keys, sampleOf(from+i))
		if err != nil {
			t.Fatal(err)
		}
		ready = append(ready, r)
	}
	var out []Entered
	err := w.store.Write(t.Context(), func(tx *store.Tx) error {
		out = out[:0]
		for _, r := range ready {
			e, err := Enter(tx, r)
			if err != nil {
				return err
			}
			out = append(out, e)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// round has the node do all that is to do, after every other node's lease.
func round(t testing.TB, l *Log) Published {
	t.Helper()
	l.o.Clock.(*clock.Fixed).Move(lease)
	if err := l.Round(t.Context()); err != nil {
		t.Fatal(err)
	}
	return *l.Published()
}

// rootOf is the root by the leaves in the order of their positions, past the tiles.
func (w world) rootOf(t testing.TB) (int64, tlog.Hash) {
	t.Helper()
	var leaves []tlog.Entry
	err := w.store.Read(t.Context(), func(r *store.Snapshot) error {
		leaves = nil
		return r.Query(placed, func(row *store.Row) error {
			if row.Int(0) != int64(len(leaves)) {
				return fmt.Errorf("position %d after %d entries", row.Int(0), len(leaves))
			}
			leaves = append(leaves, tlog.Entry(row.Bytes(2)))
			return nil
		}, 0, 1<<40)
	})
	if err != nil {
		t.Fatal(err)
	}
	edge, _ := new(tlog.Edge).Grow(leaves)
	return edge.Size(), edge.Root()
}

func TestAReceiptGrowsAProof(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		l := w.openLog(0, t.TempDir())
		w.Attach(l)
		entered := w.enterMany(t, 0, 300)
		read := func() []byte {
			e, err := w.Open(w.keys, w.row(t, entered[17].ID))
			if err != nil {
				t.Fatal(err)
			}
			file, err := w.Receipt(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			return file
		}
		if r, err := Verify(read()); err != nil || r.Place != nil {
			t.Fatalf("before: %v, %v", r.Place, err)
		}
		p := round(t, l)
		file := read()
		keys, err := w.Journal.seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		r, err := Verify(file, keys)
		if err != nil || r.Place == nil || r.Place.Size != 300 || p.Size != 300 || r.Place.Origin != "kitezh/log" {
			t.Fatalf("after: %+v, %v", r.Place, err)
		}
		if late := r.Promise.IncludedBy.Add(time.Hour); r.Overdue(late) {
			t.Error("a receipt with a proof is overdue")
		}
		// A checkpoint that another key signed, a place that is not the entry's.
		text := string(file)
		_, stranger := city("stranger")
		forged, err := OpenLog(LogOptions{Seal: stranger, Clock: w.Journal.clock}).sign(p.Checkpoint)
		if err != nil {
			t.Fatal(err)
		}
		escape := func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) }
		if _, err := Verify([]byte(strings.Replace(text, escape(p.Note), escape(forged), 1)), keys); !errors.Is(err, ErrCheckpoint) {
			t.Errorf("a stranger's checkpoint: %v", err)
		}
		moved := strings.Replace(text, fmt.Sprintf(`\nindex %d\n`, r.Place.Index), fmt.Sprintf(`\nindex %d\n`, r.Place.Index^1), 1)
		if _, err := Verify([]byte(moved), keys); moved == text || !errors.Is(err, ErrProof) {
			t.Errorf("another place: %v", err)
		}
	})
}

// TestAnyHistoryGivesOneRoot: whatever the batches and whoever makes them, the tree is that of the leaves in their order,
// the published files are the same tree, and what was published stays a beginning of what is.
func TestAnyHistoryGivesOneRoot(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		entered, turn := 0, 0
		folder := t.TempDir()
		var history []Published
		rapid.Check(t, func(r *rapid.T) {
			if turn++; turn > 25 {
				return // one history of many turns on one database
			}
			l := w.openLog(rapid.IntRange(1, 400).Draw(r, "batch"), folder) // a node that died and came again
			n := rapid.IntRange(0, 300).Draw(r, "entries")
			w.enterMany(t, entered, n)
			entered += n
			if err := l.Publish(t.Context()); err != nil {
				t.Fatal(err)
			}
			for range rapid.IntRange(0, 3).Draw(r, "steps before it died") {
				if _, err := l.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			w.fixed(t, time.Minute) // the lease of the dead node ends
			p := round(t, w.openLog(rapid.IntRange(1, 400).Draw(r, "batch of the next"), folder))
			size, root := w.rootOf(t)
			if size != int64(entered) || p.Size != size || p.Root != root {
				t.Fatalf("%d entered, %d placed, %d published; roots %v, %v", entered, size, p.Size, root, p.Root)
			}
			history = append(history, p)
		})
		l := w.openLog(0, folder)
		last := round(t, l)
		for _, p := range history {
			if p.Size == 0 {
				continue
			}
			g, err := l.Growth(t.Context(), p.Size, last.Size)
			if err != nil || g.OldRoot != p.Root || tlog.Consistent(p.Checkpoint, last.Checkpoint, g.Hashes) != nil {
				t.Fatalf("%d is no beginning of %d: %v", p.Size, last.Size, err)
			}
		}
		// Any node makes the same files anew.
		again := t.TempDir()
		if p := round(t, w.openLog(0, again)); p.Root != last.Root {
			t.Error("another root")
		}
		if diff := cmp.Diff(files(t, folder), files(t, again)); diff != "" {
			t.Errorf("the files differ: %s", diff)
		}
	})
}

func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		out[name] = fmt.Sprintf("%d bytes, leaf %v", len(data), tlog.LeafHash(tlog.Entry(append(bytes.Clone(data[:min(32, len(data))]), make([]byte, 32)...))))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTwoSequencersNeverGiveOneIndexTwice has nodes race, with leases that end at once.
func TestTwoSequencersNeverGiveOneIndexTwice(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		const count = 400
		var group sync.WaitGroup
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		for range 3 {
			l := w.openLog(7, "")
			group.Go(func() {
				for ctx.Err() == nil {
					w.fixed(t, lease) // everybody's lease is over
					if _, err := l.Step(ctx); err != nil && ctx.Err() == nil {
						t.Error(err)
						return
					}
					if s, err := l.state(ctx); err == nil && s.size == count {
						return
					}
				}
			})
		}
		for at := 0; at < count; at += 20 {
			w.enterMany(t, at, 20)
		}
		group.Wait()
		size, root := w.rootOf(t)
		s, err := w.openLog(0, "").state(t.Context())
		if err != nil || size != count || s.size != count || s.root != root {
			t.Errorf("%d placed, the tree has %d: %v", size, s.size, err)
		}
	})
}

func TestTheLeaseKeepsOthersOut(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a, b := w.openLog(5, ""), w.openLog(5, "")
		w.enterMany(t, 0, 20)
		steps := func(l *Log) int {
			n, err := l.Step(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		steps(a) // begins the tree
		if n := steps(a); n != 5 {
			t.Fatalf("a placed %d", n)
		}
		if n := steps(b); n != 0 {
			t.Errorf("b placed %d while a holds the lease", n)
		}
		w.fixed(t, lease)
		if n := steps(b); n != 5 {
			t.Errorf("b placed %d after a's lease", n)
		}
		if n := steps(a); n != 0 {
			t.Errorf("a placed %d after it lost the lease", n)
		}
	})
}

// TestARestoredDatabaseStopsTheLog: the database is set back to an earlier state, as a restore does.
func TestARestoredDatabaseStopsTheLog(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		folder := t.TempDir()
		before := w.enterMany(t, 0, 10)
		round(t, w.openLog(0, folder))
		snapshot := w.rows(t)
		lost := w.enterMany(t, 10, 3)
		after := round(t, w.openLog(0, folder))
		w.restore(t, snapshot, lost)

		l := w.openLog(0, folder)
		if err := l.Round(t.Context()); !errors.Is(err, ErrStopped) {
			t.Fatalf("it went on: %v", err)
		}
		d := l.Stopped()
		want := map[tlog.Entry]bool{}
		for _, e := range lost {
			want[e.Leaf] = true
		}
		for i, m := range d.Missing {
			if m.Index != int64(10+i) || !want[m.Leaf] || !m.Entry.IsZero() {
				t.Errorf("missing: %+v", m)
			}
		}
		if d.Published != 13 || d.Database != 10 || d.From != 10 || len(d.Missing) != 3 {
			t.Errorf("%+v", d)
		}
		// What was published can still be shown and proved.
		if p := l.Published(); p.Checkpoint != after.Checkpoint {
			t.Errorf("%v is shown", p)
		}
		if _, err := l.Prove(t.Context(), lost[1].Leaf, placeIn(d, lost[1].Leaf)); err != nil {
			t.Error(err)
		}
		// New acts wait; after the operator has decided, everything goes on and continues what was published.
		w.enterMany(t, 20, 2)
		if _, err := l.Step(t.Context()); !errors.Is(err, ErrStopped) {
			t.Errorf("a place was given: %v", err)
		}
		if err := l.Recover(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := round(t, l)
		g, err := l.Growth(t.Context(), after.Size, last.Size)
		if err != nil || last.Size != 15 || tlog.Consistent(after.Checkpoint, last.Checkpoint, g.Hashes) != nil {
			t.Errorf("%d entries, %v", last.Size, err)
		}
		if at, err := l.Find(t.Context(), before[3].Leaf); err != nil || at > 9 {
			t.Errorf("an old act stands at %d, %v", at, err)
		}
		report, err := l.Check(t.Context(), CheckOptions{})
		if err != nil || len(report.Faults) != 0 || report.Lost != 3 {
			t.Errorf("%+v, %v", report, err)
		}
	})
}

// TestARestoreThatWentOnIsSeen: another node, without the published files, has gone on after the restore.
func TestARestoreThatWentOnIsSeen(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		folder := t.TempDir()
		w.enterMany(t, 0, 10)
		round(t, w.openLog(0, folder))
		snapshot := w.rows(t)
		lost := w.enterMany(t, 10, 3)
		round(t, w.openLog(0, folder))
		w.restore(t, snapshot, lost)
		w.enterMany(t, 20, 8)
		w.fixed(t, lease)
		round(t, w.openLog(0, ""))
		l := w.openLog(0, folder)
		if err := l.Round(t.Context()); !errors.Is(err, ErrStopped) {
			t.Fatalf("it went on: %v", err)
		}
		if d := l.Stopped(); d.From != 10 || d.Database != 18 || len(d.Missing) != 3 {
			t.Errorf("%+v", d)
		}
		if err := l.Recover(t.Context()); !errors.Is(err, ErrForked) {
			t.Errorf("two histories were joined: %v", err)
		}
	})
}

// TestBrokenFilesAreMadeAnew: a power cut left the published files half written.
func TestBrokenFilesAreMadeAnew(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		folder := t.TempDir()
		w.enterMany(t, 0, 300)
		round(t, w.openLog(0, folder))
		if err := os.WriteFile(filepath.Join(folder, "tile", "0", "000"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(folder, "tile", "entries", "001.p", "44"), 10); err != nil {
			t.Fatal(err)
		}
		w.enterMany(t, 300, 5)
		w.fixed(t, lease)
		p := round(t, w.openLog(0, folder))
		m, err := openMirror(folder)
		if err != nil || m.broken || m.last.Root != p.Root || p.Size != 305 {
			t.Errorf("%v, broken %v", err, m.broken)
		}
	})
}

func placeIn(d *Divergence, leaf tlog.Entry) int64 {
	for _, m := range d.Missing {
		if m.Leaf == leaf {
			return m.Index
		}
	}
	return -1
}

func TestRotationKeepsOlderReaders(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		old, err := w.Journal.seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		rotate(t, w)
		l := w.openLog(0, "")
		w.enterMany(t, 0, 2)
		p := round(t, l)
		if _, by, err := tlog.Open(p.Note, PublicKeys(old)); err != nil || len(by) != 1 {
			t.Errorf("who knows the older key alone: %v, %v", by, err)
		}
		fresh, err := w.Journal.seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		if _, by, err := tlog.Open(p.Note, PublicKeys(fresh)); err != nil || len(by) != 2 {
			t.Errorf("who knows both: %v, %v", by, err)
		}
	})
}

func rotate(t *testing.T, w world) {
	t.Helper()
	if err := w.vault.Rotate(t.Context(), vault.Journal, 0); err != nil {
		t.Fatal(err)
	}
	w.fixed(t, time.Second)
}

// fixed moves the clock on.
func (w world) fixed(t *testing.T, d time.Duration) {
	t.Helper()
	w.Journal.clock.(*clock.Fixed).Move(d)
}

var (
	anyTiles  = store.NewQuery("test.Tiles", `SELECT level, number, hashes FROM journal_tile`)
	dropTiles = store.NewQuery("test.DropTiles", `DELETE FROM journal_tile`)
	setTree   = store.NewQuery("test.SetTree", `UPDATE journal_tree SET size = $1, root = $2, note = $3, until = $4`)
	dropEntry = store.NewQuery("test.DropEntry", `DELETE FROM journal_entry WHERE id = $1`)
	setLeaf   = store.NewQuery("test.SetLeaf", `UPDATE journal_entry SET leaf = $1 WHERE id = $2`)
	setKind   = store.NewQuery("test.SetKind", `UPDATE journal_entry SET kind = $1 WHERE id = $2`)
	setPlace  = store.NewQuery("test.SetPlace", `UPDATE journal_entry SET position = $1 WHERE id = $2`)
	setTileOf = store.NewQuery("test.SetTile", `UPDATE journal_tile SET hashes = $1 WHERE level = $2 AND number = $3`)
	setNoteOf = store.NewQuery("test.SetNote", `UPDATE journal_tree SET note = $1`)
)

// snapshot is what a restore brings back.
type snapshot struct {
	tree  state
	tiles []tlog.Grown
}

func (w world) rows(t *testing.T) snapshot {
	t.Helper()
	var out snapshot
	err := w.store.Read(t.Context(), func(r *store.Snapshot) error {
		out.tiles = nil
		s, err := readState(r)
		if err != nil {
			return err
		}
		out.tree = s
		return r.Query(anyTiles, func(row *store.Row) error {
			out.tiles = append(out.tiles, tlog.Grown{Tile: tlog.Tile{Level: int(row.Int(0)), Number: row.Int(1)}, Hashes: bytes.Clone(row.Bytes(2))})
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w world) restore(t *testing.T, s snapshot, lost []Entered) {
	t.Helper()
	w.change(t, func(tx *store.Tx) error {
		exec := func(q *store.Query, args ...any) {
			_, _ = tx.Exec(q, args...) // the Write fails by itself
		}
		exec(dropTiles)
		for _, tile := range s.tiles {
			exec(putTile, tile.Level, tile.Number, tile.Hashes)
		}
		exec(setTree, s.tree.size, s.tree.root[:], s.tree.note, tx.Now())
		for _, e := range lost {
			exec(dropEntry, e.ID)
		}
		return nil
	})
}

func (w world) change(t *testing.T, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := w.store.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
