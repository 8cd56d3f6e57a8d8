package document

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// disk lists the blobs that lie on the disk.
func (r *rig) disk(t testing.TB) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(r.folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAFileIsOnTheDiskSealedBeforeItsRow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		p := must[*PreparedUpload](t)(r.PrepareUpload(t.Context(), own, upload("договор.pdf", pdfBytes)))
		paths := r.disk(t)
		if len(paths) != 1 || bytes.Contains(must[[]byte](t)(os.ReadFile(paths[0])), []byte("secret")) {
			t.Fatalf("on the disk: %v", paths)
		}
		if files, err := r.Files(t.Context(), own, anna, caseID); err != nil || len(files) != 0 {
			t.Fatalf("before the row: %v %v", files, err)
		}
		for range 2 {
			r.write(t, p.Put)
		}
		files, err := r.Files(t.Context(), own, anna, caseID)
		if err != nil || len(files) != 1 || files[0].Name != "договор.pdf" || files[0].Type != "pdf" || files[0].Size != int64(len(pdfBytes)) || files[0].SHA256 != p.File().SHA256 {
			t.Fatalf("after the row: %+v %v", files, err)
		}
		_, from, err := r.OpenFile(t.Context(), own, anna, p.File().ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := must[[]byte](t)(io.ReadAll(from)); !bytes.Equal(got, pdfBytes) {
			t.Errorf("came back: %q", got)
		}
		_ = from.Close()
		if looks := r.looks(t, anna); len(looks) != 0 {
			t.Errorf("one's own look was recorded: %v", looks)
		}
	})
}

func TestAnOfficialsLookAtAFileIsRecordedWithItsCase(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		f := r.kept(t, "a.pdf", pdfBytes)
		_, from, err := r.OpenFile(t.Context(), officer, anna, f.ID)
		if err != nil {
			t.Fatal(err)
		}
		_ = from.Close()
		want := []string{"official document.look.file " + caseID.String()}
		if got := r.looks(t, anna); !slices.Equal(got, want) {
			t.Errorf("looks: %v", got)
		}
		if _, _, err := r.OpenFile(t.Context(), officer, boris, f.ID); !errors.Is(err, ErrNone) {
			t.Errorf("under another holder: %v", err)
		}
	})
}

func TestWhatIsWrongWithAFileIsSaid(t *testing.T) {
	t.Parallel()
	r := one(t)
	heic := append([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), make([]byte, 64)...)
	for name, tt := range map[string]struct {
		change func(*Upload)
		want   error
		words  string
	}{
		"empty":      {func(u *Upload) { u.File.Data = nil }, ErrEmpty, "Файл «снимок.png» пустой"},
		"too large":  {func(u *Upload) { u.MaxBytes = 20 }, ErrLarge, "не больше 20"},
		"wrong type": {func(u *Upload) { u.Accept = []string{"pdf", "jpg"} }, ErrType, "Пришлите PDF или JPG"},
		"a start":    {func(u *Upload) { u.File.Data = pngBytes[:40] }, ErrPicture, "не открывается как картинка"},
		"a lie":      {func(u *Upload) { u.File.Data = []byte("<html><script>alert(1)</script>") }, ErrType, "снимок.png"},
		"HEIC":       {func(u *Upload) { u.File.Data = heic }, ErrHEIC, "HEIC"},
		"executable": {func(u *Upload) { u.File.Data = []byte("MZ\x90\x00\x03\x00\x00\x00") }, ErrType, "не подойдёт"},
	} {
		u := upload("снимок.png", pngBytes)
		tt.change(&u)
		_, err := r.PrepareUpload(t.Context(), own, u)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f := fault.Of(err)
		for _, l := range lang.All() {
			if words := r.base.Texts.TextWith(l, f.ID, f.Params); l == lang.Russian && !strings.Contains(words, tt.words) {
				t.Errorf("%s says %q", name, words)
			}
		}
	}
	if left := r.disk(t); len(left) != 0 {
		t.Errorf("refused files lie on the disk: %v", left)
	}
	u := upload("снимок.heic", heic)
	u.Accept = []string{"heic"}
	if p, err := r.PrepareUpload(t.Context(), own, u); err != nil || p.File().Type != "heic" {
		t.Errorf("HEIC where it is asked for: %v", err)
	}
}

func TestAFileCanBeRemovedUntilTheApplicationIsIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		first, second := r.kept(t, "1.pdf", pdfBytes), r.kept(t, "2.png", pngBytes)
		r.clock.Move(time.Second)
		third := r.kept(t, "3.png", pngBytes)
		failed := errors.New("the draft is not there")
		err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
			return errors.Join(r.Remove(tx, anna, caseID, first.ID), failed)
		})
		if !errors.Is(err, failed) || len(r.disk(t)) != 5 { // two pictures with their previews
			t.Fatalf("a Write that failed: %v, %d files", err, len(r.disk(t)))
		}
		r.write(t, func(tx *store.Tx) error { return r.Remove(tx, anna, caseID, first.ID) })
		if len(r.disk(t)) != 4 {
			t.Errorf("%d files are left", len(r.disk(t)))
		}
		r.write(t, func(tx *store.Tx) error { return r.Keep(tx, anna, caseID) })
		for name, tt := range map[string]struct {
			file id.ID
			want error
		}{"kept": {second.ID, ErrKept}, "gone": {first.ID, ErrNone}} {
			err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error { return r.Remove(tx, anna, caseID, tt.file) })
			if !errors.Is(err, tt.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		late := r.kept(t, "4.png", pngBytes)
		r.write(t, func(tx *store.Tx) error { return r.Discard(tx, anna, caseID) })
		files := must[[]File](t)(r.Files(t.Context(), own, anna, caseID))
		var left []id.ID
		for _, f := range files {
			left = append(left, f.ID)
		}
		if !slices.Equal(left, []id.ID{second.ID, third.ID}) || slices.Contains(left, late.ID) || len(r.disk(t)) != 4 {
			t.Errorf("left: %v, on the disk %d", left, len(r.disk(t)))
		}
	})
}

func TestAFileWhoseRowNeverCameIsSweptAndNoOther(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		kept := r.kept(t, "kept.pdf", pdfBytes)
		issued := r.issue(t, permit(anna))
		old := must[*PreparedUpload](t)(r.PrepareUpload(t.Context(), own, upload("lost.pdf", pdfBytes)))
		for _, path := range r.disk(t) {
			if err := os.Chtimes(path, time.Time{}, time.Unix(1_000_000_000, 0)); err != nil {
				t.Fatal(err)
			}
		}
		fresh := must[*PreparedUpload](t)(r.PrepareUpload(t.Context(), own, upload("fresh.pdf", pdfBytes)))
		if err := r.sweep(t.Context(), jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		left := strings.Join(r.disk(t), " ")
		if strings.Contains(left, old.File().ID.String()) || !strings.Contains(left, kept.ID.String()) || !strings.Contains(left, fresh.File().ID.String()) {
			t.Errorf("left: %s", left)
		}
		if _, from, err := r.OpenPDF(t.Context(), own, anna, issued.ID); err != nil {
			t.Errorf("the PDF was swept: %v", err)
		} else {
			_ = from.Close()
		}
	})
}

func TestAnErasedHolderGetsNoNewFile(t *testing.T) {
	t.Parallel()
	r := one(t)
	must[*vault.Keys](t)(r.base.Vault.Keys(t.Context(), anna))
	r.write(t, func(tx *store.Tx) error { return r.base.Vault.Erase(tx, anna) })
	if _, err := r.PrepareUpload(t.Context(), own, upload("a.pdf", pdfBytes)); !errors.Is(err, vault.ErrErased) {
		t.Errorf("upload: %v", err)
	}
	if _, err := r.PrepareResult(t.Context(), permit(anna)); !errors.Is(err, vault.ErrErased) {
		t.Errorf("result: %v", err)
	}
}

func TestNamesOfFilesAreClean(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"договор.pdf": "договор.pdf", `C:\scans\Scan.PDF`: "Scan.pdf", "../../etc/passwd": "passwd.pdf", "": "proof.pdf", "...": "proof.pdf",
		"invoice\u202efdp.exe": "invoicefdp.exe.pdf", "a\x00b\n.pdf": "ab.pdf", `"><script>.pdf`: "script.pdf",
	} {
		if got := cleanName(name, "proof", kinds[0]); got != want {
			t.Errorf("%q became %q, not %q", name, got, want)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		got := cleanName(rapid.String().Draw(rt, "name"), "proof", kinds[0])
		bad := strings.IndexFunc(got, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '/' || r == '\\' })
		if bad >= 0 || !strings.HasSuffix(got, ".pdf") || got == ".pdf" || len([]rune(got)) > nameMost+4 {
			rt.Errorf("got %q", got)
		}
	})
}
