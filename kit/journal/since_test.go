package journal

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestWhoWatchesFromOutsideFindsAFork: an older checkpoint and the files that a city shows now tell whether it has one
// history, with nothing but the city's keys.
func TestWhoWatchesFromOutsideFindsAFork(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a := w.stand(t, "a")
		one, two := t.TempDir(), t.TempDir()
		l := w.witnessed(one, 1, a)
		w.enterMany(t, 0, 300)
		turn(t, l)
		before, old := w.rows(t), l.Published().Note
		lost := w.enterMany(t, 300, 50)
		turn(t, l)
		first := l.Published().Note
		w.restore(t, before, lost)
		w.forget(t)
		w.enterMany(t, 1000, 50)
		w.fixed(t, time.Hour)
		second := round(t, w.openLog(0, two)).Note
		w.enterMany(t, 2000, 400)
		longer := round(t, w.openLog(0, two)).Note
		keys, err := w.Journal.seal.Keys()
		if err != nil {
			t.Fatal(err)
		}
		_, stranger := city("stranger")
		foreign, err := stranger.Keys()
		if err != nil {
			t.Fatal(err)
		}
		damaged := func(ctx context.Context, path string) ([]byte, error) {
			data, err := ReadFolder(two)(ctx, path)
			if err == nil && strings.HasPrefix(path, "tile/0/") {
				data = append([]byte{data[0] ^ 1}, data[1:]...)
			}
			return data, err
		}
		type read = func(context.Context, string) ([]byte, error)
		for name, test := range map[string]struct {
			since           string
			read            read
			forked, shorter bool
			confirmed       int
		}{
			"it continues":                {old, ReadFolder(one), false, false, 1},
			"the same":                    {first, ReadFolder(one), false, false, 1},
			"the other continues too":     {old, ReadFolder(two), false, false, 0},
			"its own beginning":           {second, ReadFolder(two), false, false, 0},
			"another of the same size":    {second, ReadFolder(one), true, false, 1},
			"another that is longer":      {first, ReadFolder(two), true, false, 0},
			"one that has become shorter": {longer, ReadFolder(one), false, true, 1},
		} {
			got, err := Watch(t.Context(), test.since, test.read, PublicKeys(keys), witnesses(a))
			if err != nil || got.Forked != test.forked || got.Shorter != test.shorter || len(got.Confirmed) != test.confirmed {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
		if _, err := Watch(t.Context(), old, ReadFolder(one), PublicKeys(foreign), nil); !errors.Is(err, ErrOutside) {
			t.Errorf("a stranger's keys: %v", err)
		}
		if _, err := Watch(t.Context(), old, damaged, PublicKeys(keys), nil); !errors.Is(err, ErrOutside) {
			t.Errorf("damaged tiles: %v", err)
		}
		if got, err := w.openLog(0, two).Check(t.Context(), CheckOptions{Since: "nonsense"}); !errors.Is(err, ErrOutside) {
			t.Errorf("since nonsense: %+v, %v", got, err)
		}
	})
}
