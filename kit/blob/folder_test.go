package blob

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

var (
	pdfHead  = []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
	jpegHead = []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01")
	pngHead  = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
	heicHead = []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")
)

func keysOf(t *testing.T, names ...string) []*vault.Keys {
	t.Helper()
	s, c := storetest.Open(t, vault.Migrations)
	kek, err := vault.ParseKEK(vault.NewKEKText())
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	var out []*vault.Keys
	for _, name := range names {
		k, err := v.Keys(t.Context(), id.Derived("test", name))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, k)
	}
	return out
}

func open(t *testing.T) *Folder {
	t.Helper()
	f, err := Open(filepath.Join(t.TempDir(), "blobs"), clock.At(storetest.Start))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *Folder) files(t *testing.T) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(f.dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func read(f *Folder, keys *vault.Keys, blob id.ID) ([]byte, error) {
	r, err := f.Open(context.Background(), keys, blob)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r)
	return body, errors.Join(err, r.Close())
}

func random(head []byte, size int) []byte {
	out := make([]byte, size)
	_, _ = rand.Read(out)
	copy(out, head)
	return out
}

func TestAFileComesBackToItsHolderAlone(t *testing.T) {
	t.Parallel()
	keys, f := keysOf(t, "anna", "boris"), open(t)
	for _, size := range []int{40, sniffSize, sniffSize + 1, 64 << 10, 300_000} {
		body := random(pdfHead, size)
		blob, err := f.Put(t.Context(), keys[0], iotest.HalfReader(bytes.NewReader(body)), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if blob.Size != int64(size) || blob.Type != "application/pdf" || blob.SHA256 != sha256.Sum256(body) {
			t.Errorf("%+v", blob)
		}
		if got, err := read(f, keys[0], blob.ID); err != nil || !bytes.Equal(got, body) {
			t.Errorf("size %d: %d bytes, %v", size, len(got), err)
		}
		if _, err := read(f, keys[1], blob.ID); !errors.Is(err, vault.ErrOpen) {
			t.Errorf("another holder: %v", err)
		}
		kept, err := os.ReadFile(f.path(blob.ID))
		if err != nil || bytes.Contains(kept, body[:24]) {
			t.Errorf("the file on disk shows its content: %v", err)
		}
	}
	if _, err := read(f, keys[0], id.Derived("blob", "none")); !errors.Is(err, ErrNone) {
		t.Errorf("no such file: %v", err)
	}
}

func TestWhatIsRefusedLeavesNothing(t *testing.T) {
	t.Parallel()
	keys, f := keysOf(t, "anna")[0], open(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the line broke")
	for name, c := range map[string]struct {
		ctx    context.Context
		body   io.Reader
		limits Limits
		want   error
	}{
		"empty":        {t.Context(), bytes.NewReader(nil), Limits{}, ErrEmpty},
		"text":         {t.Context(), bytes.NewReader([]byte("hello")), Limits{}, ErrType},
		"html":         {t.Context(), bytes.NewReader([]byte("<!doctype html><script>1</script>")), Limits{}, ErrType},
		"program":      {t.Context(), bytes.NewReader([]byte("MZ\x90\x00\x03")), Limits{}, ErrType},
		"heic":         {t.Context(), bytes.NewReader(heicHead), Limits{}, ErrHEIC},
		"not wanted":   {t.Context(), bytes.NewReader(pdfHead), Limits{Types: []string{"image/png"}}, ErrType},
		"one too many": {t.Context(), bytes.NewReader(random(pngHead, 5001)), Limits{Bytes: 5000}, ErrTooLarge},
		"endless":      {t.Context(), io.MultiReader(bytes.NewReader(jpegHead), rand.Reader), Limits{Bytes: 1 << 20}, ErrTooLarge},
		"broken":       {t.Context(), io.MultiReader(bytes.NewReader(random(pngHead, 9000)), iotest.ErrReader(broken)), Limits{}, broken},
		"broken early": {t.Context(), io.MultiReader(bytes.NewReader(pngHead), iotest.ErrReader(broken)), Limits{}, broken},
		"cancelled":    {cancelled, bytes.NewReader(random(pngHead, 9000)), Limits{}, context.Canceled},
	} {
		if _, err := f.Put(c.ctx, keys, c.body, c.limits); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left := f.files(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	for name, head := range map[string][]byte{"jpeg": jpegHead, "png": pngHead} {
		if _, err := f.Put(t.Context(), keys, bytes.NewReader(random(head, 5000)), Limits{Bytes: 5000}); err != nil {
			t.Errorf("%s of just the limit: %v", name, err)
		}
	}
}

// TestADamagedFileNeverPasses stands for a crash or a thief: cut, extended, changed, put under another name.
func TestADamagedFileNeverPasses(t *testing.T) {
	t.Parallel()
	keys, f := keysOf(t, "anna")[0], open(t)
	body := random(pdfHead, 200_000)
	blob, err := f.Put(t.Context(), keys, bytes.NewReader(body), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(f.path(blob.ID))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(kept)
	flipped[len(flipped)/2] ^= 1
	for name, bad := range map[string][]byte{
		"empty": nil, "header": kept[:20], "one segment": kept[:64<<10], "two segments": kept[:128<<10],
		"a byte less": kept[:len(kept)-1], "a byte more": append(bytes.Clone(kept), 0), "a flipped bit": flipped,
	} {
		if err := os.WriteFile(f.path(blob.ID), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := read(f, keys, blob.ID); !errors.Is(err, vault.ErrOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := f.Put(t.Context(), keys, bytes.NewReader(pdfHead), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f.path(other.ID), kept, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read(f, keys, other.ID); !errors.Is(err, vault.ErrOpen) {
		t.Errorf("under another name: %v", err)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	keys, f := keysOf(t, "anna")[0], open(t)
	put := func(age time.Duration) Blob {
		blob, err := f.Put(t.Context(), keys, bytes.NewReader(pdfHead), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		old(t, f.path(blob.ID), age)
		return blob
	}
	named, orphan, young := put(3*time.Hour), put(3*time.Hour), put(0)
	partial, writing := filepath.Join(f.dir, incoming, "1.blob"), filepath.Join(f.dir, incoming, "2.blob")
	foreign := filepath.Join(f.dir, "notes.txt")
	for _, path := range []string{partial, writing, foreign} {
		if err := os.WriteFile(path, pdfHead, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old(t, partial, 3*time.Hour)
	old(t, foreign, 3*time.Hour)
	known := func(_ context.Context, blob id.ID) (bool, error) { return blob == named.ID, nil }
	trouble := errors.New("the database is away")
	if _, err := f.Sweep(t.Context(), func(context.Context, id.ID) (bool, error) { return false, trouble }, 2*time.Hour); !errors.Is(err, trouble) {
		t.Errorf("known failed: %v", err)
	}
	old(t, f.path(orphan.ID), 3*time.Hour)
	if _, err := os.Stat(f.path(orphan.ID)); err != nil {
		t.Errorf("a file went although nobody could say whether it is known: %v", err)
	}
	if _, err := f.Sweep(t.Context(), known, 2*time.Hour); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{f.path(named.ID): true, f.path(young.ID): true, writing: true, foreign: true, f.path(orphan.ID): false, partial: false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := errors.Join(f.Remove(t.Context(), named.ID), f.Remove(t.Context(), named.ID)); err != nil {
		t.Error(err)
	}
	if _, err := read(f, keys, named.ID); !errors.Is(err, ErrNone) {
		t.Errorf("removed: %v", err)
	}
}

func old(t *testing.T, path string, age time.Duration) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	at := info.ModTime().Add(-age)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestEveryFaultHasItsText(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	for _, f := range []error{ErrEmpty, tooLarge(DefaultBytes), tooLarge(1500 << 10), ErrType, ErrHEIC} {
		for _, l := range lang.All() {
			t.Log(texts.TextWith(l, fault.Of(f).ID, fault.Of(f).Params))
		}
	}
}

func TestAPartOfAFileHasNoTypeOfItsOwn(t *testing.T) {
	t.Parallel()
	keys, f := keysOf(t, "anna")[0], open(t)
	for _, body := range [][]byte{[]byte("MZ\x90\x00\x03 in the middle of something"), random(pdfHead, 9000), {0}} {
		kept, err := f.Put(t.Context(), keys, bytes.NewReader(body), Limits{Any: true})
		if err != nil || kept.Type != "application/octet-stream" {
			t.Fatalf("%+v %v", kept, err)
		}
		if got, err := read(f, keys, kept.ID); err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := f.Put(t.Context(), keys, bytes.NewReader(nil), Limits{Any: true}); !errors.Is(err, ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
}
