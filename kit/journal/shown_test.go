package journal

import (
	"bytes"
	"errors"
	"testing"

	"posad.city/kit/store"
	"posad.city/kit/tlog"
)

// TestAChangedTileIsNotShown: whoever copies the log keeps a tile for ever, so that a changed one must not leave.
func TestAChangedTileIsNotShown(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		w.enterMany(t, 0, 700)
		l := w.openLog(0, t.TempDir())
		round(t, l)
		for _, tile := range []tlog.Tile{
			{Level: 0, Number: 0, Width: 256}, {Level: 0, Number: 2, Width: 188}, {Level: 0, Number: 2, Width: 17}, {Level: 1, Number: 0, Width: 2},
			{Level: tlog.Entries, Number: 1, Width: 256}, {Level: tlog.Entries, Number: 2, Width: 100},
		} {
			plain, err := l.Tiles(t.Context(), tile)
			if err != nil {
				t.Fatal(err)
			}
			got, err := l.Tile(t.Context(), tile)
			if err != nil || !bytes.Equal(got, plain[0]) {
				t.Errorf("%s: %v", tile.Path(), err)
			}
			kept := w.tile(t, tile.Level, tile.Number)
			forged := bytes.Clone(kept)
			forged[40] ^= 1
			set := func(hashes []byte) {
				if err := w.store.Write(t.Context(), func(tx *store.Tx) error { return w.sets(setTileOf, hashes, tile.Level, tile.Number)(tx) }); err != nil {
					t.Fatal(err)
				}
			}
			set(forged)
			if _, err := l.Tile(t.Context(), tile); !errors.Is(err, ErrTree) {
				t.Errorf("%s, changed: %v", tile.Path(), err)
			}
			set(kept)
		}
		if _, err := l.Tile(t.Context(), tlog.Tile{Level: 0, Number: 2, Width: 200}); !errors.Is(err, ErrNotYet) {
			t.Errorf("beyond the log: %v", err)
		}
	})
}
