package backup_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/kit/backup"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// home is where a file lies in the town's folder.
func (w *town) home(blobs string, file id.ID) string {
	name := file.String()
	return filepath.Join(blobs, name[len(name)-2:], name+".blob")
}

// A file that a row of the snapshot names is in the copy, though it was removed or sealed anew right after the snapshot,
// and one that came after it is there too.
func TestFilesGoWithTheRowsOfTheSnapshot(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]string{"folder": filepath.Join(t.TempDir(), "copies"), "file": filepath.Join(t.TempDir(), "city.tar")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := storetest.Open(t, modules...)
			w := newTown(t, s, c)
			gone, sealed := w.file(t, 100), w.file(t, 200)
			was, err := os.ReadFile(w.home(w.blobs, sealed))
			if err != nil {
				t.Fatal(err)
			}
			var late id.ID
			o := w.options(to)
			o.Tell = func(p backup.Progress) {
				if p.Stage != backup.StageDatabase || p.Done != p.Total || !late.IsZero() {
					return
				}
				late = w.file(t, 300)
				if err := w.files.Remove(t.Context(), gone); err != nil {
					t.Error(err)
				}
				anew(t, w.home(w.blobs, sealed))
			}
			made, err := backup.Make(t.Context(), o)
			if err != nil || made.Manifest.Files.Count != 3 {
				t.Fatalf("%d files, %v", made.Manifest.Files.Count, err)
			}
			ro, _ := restore(t, to, store.Options{Dir: filepath.Join(t.TempDir(), "db")})
			if is, err := os.ReadFile(w.home(ro.Blobs, sealed)); err != nil || !bytes.Equal(was, is) {
				t.Errorf("the file of the snapshot was sealed anew after it, and the copy has another one: %v", err)
			}
			for _, file := range []id.ID{gone, late} {
				if _, err := os.Stat(w.home(ro.Blobs, file)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// anew writes a file in its place, as whoever seals it by another key does.
func anew(t *testing.T, path string) {
	if err := os.WriteFile(path+".new", []byte(strings.Repeat("sealed anew", 9)), 0o600); err != nil {
		t.Error(err)
	}
	later := storetest.Start.Add(time.Hour)
	if err := os.Chtimes(path+".new", later, later); err != nil {
		t.Error(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Error(err)
	}
}
