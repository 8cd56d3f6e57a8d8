package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"posad.city/kit/backup"
	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestACopyThatIsNotWhatWasWrittenIsNoCopy lets a disk lose a byte while a copy is made: the run fails, and what stays is the
// copy before it, in a folder as in a file.
func TestACopyThatIsNotWhatWasWrittenIsNoCopy(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		w := newTown(t, s, c)
		w.write(t, 50)
		dir := filepath.Join(t.TempDir(), "copies")
		good := w.backup(t, dir)
		w.write(t, 50)
		c.Move(1e9 * 60)
		spoilt := w.options(dir)
		spoilt.Keep = 1
		spoilt.Tell = whenRead(func() { flip(t, filepath.Join(dir, "copies", "new.part", "db", "act.0000.zst")) })
		if _, err := backup.Make(t.Context(), spoilt); !errors.Is(err, backup.ErrFaults) {
			t.Fatalf("a spoilt copy: %v", err)
		}
		list, err := backup.List(dir)
		if err != nil || len(list) != 1 || list[0].Name != good.Name {
			t.Fatalf("copies %v, %v", list, err)
		}
		if report, err := backup.Verify(t.Context(), backup.VerifyOptions{From: dir}); err != nil || len(report.Faults) > 0 || report.Name != good.Name {
			t.Errorf("the newest copy: %+v, %v", report.Faults, err)
		}
		if again := w.backup(t, dir); again.Manifest.Rows() <= good.Manifest.Rows() {
			t.Errorf("the copy after it has %d rows", again.Manifest.Rows())
		}
		inside, err := os.ReadDir(filepath.Join(dir, "copies"))
		if err != nil || len(inside) != 2 {
			t.Errorf("the folder has %v, %v", inside, err)
		}
		file := filepath.Join(dir+"-file", "city.tar")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		spoilt.To = file
		spoilt.Tell = whenRead(func() { flip(t, file+".part") })
		if _, err := backup.Make(t.Context(), spoilt); err == nil {
			t.Error("a spoilt file is a copy")
		}
		if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) > 0 {
			t.Errorf("left beside it: %v, %v", left, err)
		}
	}, modules...)
}

// whenRead does something once, when the database has been read. On a busy machine that is told twice.
func whenRead(do func()) func(backup.Progress) {
	var once sync.Once
	return func(p backup.Progress) {
		if p.Stage == backup.StageDatabase && p.Done == p.Total {
			once.Do(do)
		}
	}
}

// flip changes a byte in the middle of a file.
func flip(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || len(data) == 0 {
		t.Errorf("%s: %v", strings.TrimSuffix(path, ".part"), err)
		return
	}
	at := len(data) / 2
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := f.WriteAt([]byte{data[at] ^ 1}, int64(at)); err != nil {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}
