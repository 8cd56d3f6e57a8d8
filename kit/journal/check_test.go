package journal

import (
	"context"
	"path/filepath"
	"testing"

	"os"

	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/vault"
)

// TestAChangedRowIsNamed changes the database past the program and expects the check to name the very row.
func TestAChangedRowIsNamed(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		folder := t.TempDir()
		entered := w.enterMany(t, 0, 700)
		l := w.openLog(0, folder)
		round(t, l)
		check := func(folder string) CheckReport {
			t.Helper()
			out, err := w.openLog(0, folder).Check(t.Context(), CheckOptions{
				Keys:    func(ctx context.Context, holder id.ID) (*vault.Keys, error) { return w.vault.Keys(ctx, holder) },
				Journal: w.Journal,
			})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		if r := check(folder); len(r.Faults) != 0 || r.Opened != 700 || r.Published != 700 || r.Checkpoint.Size != 700 {
			t.Fatalf("nothing was changed: %+v", r)
		}
		victim := entered[321]
		place := w.row(t, victim.ID).Position
		other := tlog.Entry{1, 2, 3}
		tile, bundle := w.tile(t, 0, place/tlog.Width), w.tile(t, tlog.Entries, place/tlog.Width)
		forge := func(tile []byte, h tlog.Hash) []byte {
			out := append([]byte(nil), tile...)
			copy(out[place%tlog.Width*32:], h[:])
			return out
		}
		for name, c := range map[string]struct {
			do, undo func(tx *store.Tx) error
			want     []Trouble // at the victim
			besides  bool      // further faults may follow from it
		}{
			"its leaf":           {w.sets(setLeaf, other[:], victim.ID), w.sets(setLeaf, victim.Leaf[:], victim.ID), []Trouble{TroubleLeaf, TroubleRow}, false},
			"what it says":       {w.sets(setKind, "casework.decision", victim.ID), w.sets(setKind, victim.Kind, victim.ID), []Trouble{TroubleRow}, false},
			"its place":          {w.sets(setPlace, -1, victim.ID), w.sets(setPlace, place, victim.ID), []Trouble{TroubleGap}, false},
			"the tile of leaves": {w.sets(setTileOf, forge(tile, tlog.LeafHash(other)), 0, place/tlog.Width), w.sets(setTileOf, tile, 0, place/tlog.Width), nil, true},
			"the row, its bundle and its tile": {
				func(tx *store.Tx) error {
					for _, do := range []func(*store.Tx) error{
						w.sets(setLeaf, other[:], victim.ID), w.sets(setTileOf, forge(bundle, tlog.Hash(other)), tlog.Entries, place/tlog.Width),
						w.sets(setTileOf, forge(tile, tlog.LeafHash(other)), 0, place/tlog.Width),
					} {
						if err := do(tx); err != nil {
							return err
						}
					}
					return nil
				},
				func(tx *store.Tx) error {
					for _, do := range []func(*store.Tx) error{
						w.sets(setLeaf, victim.Leaf[:], victim.ID), w.sets(setTileOf, bundle, tlog.Entries, place/tlog.Width), w.sets(setTileOf, tile, 0, place/tlog.Width),
					} {
						if err := do(tx); err != nil {
							return err
						}
					}
					return nil
				}, []Trouble{TroublePublished, TroubleRow}, true,
			},
		} {
			w.change(t, c.do)
			r := check(folder)
			w.change(t, c.undo)
			var got []Trouble
			for _, f := range r.Faults {
				if f.Position == place {
					got = append(got, f.Trouble)
				} else if !c.besides {
					t.Errorf("%s: %+v", name, f)
				}
			}
			if len(r.Faults) == 0 || !same(got, c.want) {
				t.Errorf("%s was changed: %v at its place, all: %+v", name, got, r.Faults)
			}
		}
		if r := check(folder); len(r.Faults) != 0 {
			t.Errorf("all is as it was: %+v", r.Faults)
		}
		// A checkpoint that nobody signed.
		w.change(t, w.sets(setNoteOf, "kitezh/log\n700\n"))
		if r := check(""); len(r.Faults) != 1 || r.Faults[0].Trouble != TroubleNote {
			t.Errorf("the note: %+v", r.Faults)
		}
	})
}

func same(a, b []Trouble) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (w world) sets(q *store.Query, args ...any) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		_, err := tx.Exec(q, args...)
		return err
	}
}

func (w world) tile(t *testing.T, level int, number int64) []byte {
	t.Helper()
	var out []byte
	err := w.store.Read(t.Context(), func(r *store.Snapshot) error {
		tiles, err := rawTiles(r, level, number, number+1)
		out = tiles[number]
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryTroubleHasItsWords(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	for _, trouble := range []Trouble{
		TroubleLeaf, TroubleRow, TroubleGap, TroubleTwice, TroubleBeyond, TroubleTile, TroubleRoot, TroubleNote, TroublePublished, TroubleMissing,
		TroubleDiffers, TroubleRemoved, TroubleUnsaid,
	} {
		if key := "journal.check." + string(trouble); !texts.Has(key) {
			t.Errorf("no text for %s", key)
		}
	}
}

// TestTheFilesAreStatic: what a node publishes can be read by paths alone.
func TestTheFilesAreStatic(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		folder := t.TempDir()
		w.enterMany(t, 0, 520)
		p := round(t, w.openLog(0, folder))
		read := func(tiles []tlog.Tile) ([][]byte, error) {
			var out [][]byte
			for _, tile := range tiles {
				data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(tile.Path())))
				if err != nil {
					return nil, err
				}
				out = append(out, data)
			}
			return out, nil
		}
		file, err := os.ReadFile(filepath.Join(folder, "tile", "entries", "001"))
		if err != nil {
			t.Fatal(err)
		}
		entries, err := tlog.ParseBundle(file)
		if err != nil {
			t.Fatal(err)
		}
		path, err := tlog.Include(p.Checkpoint, 300, read)
		if err != nil {
			t.Fatal(err)
		}
		if err := (tlog.Proof{Index: 300, Hashes: path}).Leads(entries[300-256], p.Checkpoint); err != nil {
			t.Error(err)
		}
	})
}
