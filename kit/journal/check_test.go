package journal

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

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
		round(t, w.openLog(0, folder))
		if r := w.checkDeep(t, folder); len(r.Faults) != 0 || r.Opened != 700 || r.Published != 700 || r.Checkpoint.Size != 700 {
			t.Fatalf("nothing was changed: %+v", r)
		}
		victim := entered[321]
		place := w.row(t, victim.ID).Position
		for _, c := range w.tamperings(t, victim, place) {
			w.change(t, c.do)
			r := w.checkDeep(t, folder)
			w.change(t, c.undo)
			var got []Trouble
			for _, f := range r.Faults {
				if f.Position == place {
					got = append(got, f.Trouble)
				} else if !c.besides {
					t.Errorf("%s: %+v", c.name, f)
				}
			}
			if len(r.Faults) == 0 || !slices.Equal(got, c.want) {
				t.Errorf("%s was changed: %v at its place, all: %+v", c.name, got, r.Faults)
			}
		}
		if r := w.checkDeep(t, folder); len(r.Faults) != 0 {
			t.Errorf("all is as it was: %+v", r.Faults)
		}
		// A checkpoint that nobody signed.
		w.change(t, w.sets(setNoteOf, "kitezh/log\n700\n"))
		if r := w.checkDeep(t, ""); len(r.Faults) != 1 || r.Faults[0].Trouble != TroubleNote {
			t.Errorf("the note: %+v", r.Faults)
		}
	})
}

// checkDeep checks the log with every row opened.
func (w world) checkDeep(t *testing.T, folder string) CheckReport {
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

// tampering is a change of the database past the program, and how it is taken back.
type tampering struct {
	name     string
	do, undo func(tx *store.Tx) error
	want     []Trouble // at the victim
	besides  bool      // further faults may follow from it
}

// tamperings are what a forger may do to one act and to what is published of it.
func (w world) tamperings(t *testing.T, victim Entered, place int64) []tampering {
	t.Helper()
	other := tlog.Entry{1, 2, 3}
	at := place / tlog.Width
	tile, bundle := w.tile(t, 0, at), w.tile(t, tlog.Entries, at)
	forge := func(tile []byte, h tlog.Hash) []byte {
		out := slices.Clone(tile)
		copy(out[place%tlog.Width*32:], h[:])
		return out
	}
	leaf, leafBack := w.sets(setLeaf, other[:], victim.ID), w.sets(setLeaf, victim.Leaf[:], victim.ID)
	forged, tileBack := w.sets(setTileOf, forge(tile, tlog.LeafHash(other)), 0, at), w.sets(setTileOf, tile, 0, at)
	bundled, bundleBack := w.sets(setTileOf, forge(bundle, tlog.Hash(other)), tlog.Entries, at), w.sets(setTileOf, bundle, tlog.Entries, at)
	return []tampering{
		{"its leaf", leaf, leafBack, []Trouble{TroubleLeaf, TroubleRow}, false},
		{"what it says", w.sets(setKind, "casework.decision", victim.ID), w.sets(setKind, victim.Kind, victim.ID), []Trouble{TroubleRow}, false},
		{"its place", w.sets(setPlace, -1, victim.ID), w.sets(setPlace, place, victim.ID), []Trouble{TroubleGap}, false},
		{"the tile of leaves", forged, tileBack, nil, true},
		{
			"the row, its bundle and its tile", inOrder(leaf, bundled, forged), inOrder(leafBack, bundleBack, tileBack),
			[]Trouble{TroublePublished, TroubleRow}, true,
		},
	}
}

func inOrder(steps ...func(tx *store.Tx) error) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		for _, step := range steps {
			if err := step(tx); err != nil {
				return err
			}
		}
		return nil
	}
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
