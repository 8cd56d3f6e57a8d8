package document

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/pdf/view"
	"posad.city/kit/scan"
	"posad.city/kit/store"
	"posad.city/sim/clamd"
)

// infected is a PDF with the test virus in it.
var infected = append(bytes.Clone(pdfBytes), scan.EICAR()...)

// scanned is a house with a scanner.
func (r *rig) scanned(t testing.TB) *clamd.Server {
	t.Helper()
	server := must[*clamd.Server](t)(clamd.Start())
	t.Cleanup(server.Close)
	r.deps.Scanner = must[*scan.Clamd](t)(scan.New(server.Address(), time.Second))
	return server
}

// told notes who was told of what.
type told struct {
	m    *Module
	list []Infected
}

func (d *told) PrepareInfected(_ context.Context, i Infected) (func(*store.Tx) error, error) {
	return func(tx *store.Tx) error {
		tx.AfterCommit(func() { d.list = append(d.list, i) })
		return nil
	}, nil
}

func TestAVirusIsNotTakenAndTheSenderIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.scanned(t)
		_, err := r.PrepareUpload(t.Context(), own, upload("договор.pdf", infected))
		if !errors.Is(err, ErrInfected) || len(r.disk(t)) != 0 {
			t.Fatalf("%v, %d files on the disk", err, len(r.disk(t)))
		}
		f := fault.Of(err)
		if words := r.base.Texts.TextWith(lang.Russian, f.ID, f.Params); !strings.Contains(words, "договор.pdf") || !strings.Contains(words, "антивирусом") {
			t.Errorf("it says %q", words)
		}
		if f := r.kept(t, "чистый.pdf", pdfBytes); f.State != FileClean {
			t.Errorf("a clean file is %q", f.State)
		}
	})
}

func TestAFileWaitsForASilentScannerAndIsCheckedLater(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		server, ears := r.scanned(t), &told{}
		r.ProvideTeller(ears)
		server.Set(clamd.Sick, 0)
		clean, bad := r.kept(t, "чистый.pdf", pdfBytes), r.kept(t, "плохой.pdf", infected)
		for _, f := range []File{clean, bad} {
			if f.State != FileWaits {
				t.Fatalf("%s is %q", f.Name, f.State)
			}
			if _, _, err := r.OpenFile(t.Context(), officer, anna, f.ID); !errors.Is(err, ErrUnchecked) {
				t.Errorf("an official opens %s: %v", f.Name, err)
			}
			_, from, err := r.OpenFile(t.Context(), own, anna, f.ID)
			if err != nil {
				t.Fatalf("its sender: %v", err)
			}
			_ = from.Close()
		}
		r.clock.Move(2 * scanAgain)
		r.drain(t) // the scanner is still silent
		if got := r.state(t, clean.ID); got != FileWaits || r.heard[EventChecked] != 0 {
			t.Fatalf("while it is silent: %q", got)
		}
		server.Set(clamd.Well, 0)
		r.clock.Move(2 * scanAgain)
		r.drain(t)
		if a, b := r.state(t, clean.ID), r.state(t, bad.ID); a != FileClean || b != FileInfected {
			t.Fatalf("they are %q and %q", a, b)
		}
		if r.heard[EventChecked] != 1 || r.heard[EventInfected] != 1 {
			t.Errorf("heard: %v", r.heard)
		}
		want := Infected{To: anna, Holder: anna, Case: caseID, File: bad.ID, Name: "плохой.pdf"}
		if len(ears.list) != 1 || ears.list[0] != want {
			t.Errorf("told: %+v", ears.list)
		}
		_, from, err := r.OpenFile(t.Context(), officer, anna, clean.ID)
		if err != nil {
			t.Fatalf("the clean one: %v", err)
		}
		_ = from.Close()
		if _, _, err := r.OpenFile(t.Context(), own, anna, bad.ID); !errors.Is(err, ErrDeleted) {
			t.Errorf("the bad one: %v", err)
		}
		if left := strings.Join(r.disk(t), " "); strings.Contains(left, bad.ID.String()) || !strings.Contains(left, clean.ID.String()) {
			t.Errorf("on the disk: %s", left)
		}
		if _, blobs, err := r.KeptFiles(t.Context(), anna, caseID); err != nil || len(blobs) != 1 || blobs[0] != clean.ID {
			t.Errorf("kept for an erasure: %v %v", blobs, err)
		}
	})
}

func (r *rig) state(t testing.TB, file id.ID) FileState {
	t.Helper()
	for _, f := range must[[]File](t)(r.Files(t.Context(), own, anna, caseID)) {
		if f.ID == file {
			return f.State
		}
	}
	t.Fatal("no such file")
	return ""
}

func TestAFileThatIsGoneMeanwhileIsNotScanned(t *testing.T) {
	t.Parallel()
	r := one(t)
	server := r.scanned(t)
	server.Set(clamd.Sick, 0)
	f := r.kept(t, "a.pdf", infected)
	r.write(t, func(tx *store.Tx) error { return r.Remove(tx, anna, caseID, f.ID) })
	server.Set(clamd.Well, 0)
	if err := r.scanLater(t.Context(), jobs.Job{ID: f.ID, Holder: anna, Object: f.ID}); err != nil || server.Scanned() != 0 {
		t.Errorf("%v, %d scans", err, server.Scanned())
	}
}

func TestACityMayTakeNothingWithoutItsScanner(t *testing.T) {
	t.Parallel()
	r := one(t)
	server := r.scanned(t)
	r.deps.ScannerRequired = true
	server.Set(clamd.Sick, 0)
	if _, err := r.PrepareUpload(t.Context(), own, upload("a.pdf", pdfBytes)); !errors.Is(err, ErrScanner) || len(r.disk(t)) != 0 {
		t.Errorf("%v", err)
	}
}

func TestAWaitingFileOpensWhenTheCityHasNoScannerAnyMore(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.scanned(t).Set(clamd.Sick, 0)
	f := r.kept(t, "a.pdf", pdfBytes)
	r.deps.Scanner = nil
	_, from, err := r.OpenFile(t.Context(), officer, anna, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	_ = from.Close()
	r.clock.Move(2 * scanAgain)
	r.drain(t)
	if got := r.state(t, f.ID); got != FileUnscanned {
		t.Errorf("it is %q", got)
	}
}

func TestAPhotoIsKeptSmallWithAPreview(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		f := r.kept(t, "снимок.png", picturePNG(3000, 1000))
		for what, open := range map[string]func() (File, io.ReadCloser, error){
			"file": func() (File, io.ReadCloser, error) { return r.OpenFile(t.Context(), own, anna, f.ID) },
			"preview": func() (File, io.ReadCloser, error) {
				return r.OpenPreview(t.Context(), officer, anna, f.ID)
			},
		} {
			_, from, err := open()
			if err != nil {
				t.Fatal(err)
			}
			conf, kind, err := image.DecodeConfig(from)
			_ = from.Close()
			want, wide := "png", 2400
			if what == "preview" {
				want, wide = "jpeg", previewMost
			}
			if err != nil || kind != want || conf.Width != wide {
				t.Errorf("%s: %s %d wide, %v", what, kind, conf.Width, err)
			}
		}
		if looks := r.looks(t, anna); len(looks) != 1 || !strings.HasPrefix(looks[0], "official document.look.file ") {
			t.Errorf("looks: %v", looks)
		}
		plain := r.kept(t, "a.pdf", pdfBytes)
		if _, _, err := r.OpenPreview(t.Context(), own, anna, plain.ID); !errors.Is(err, ErrNone) {
			t.Errorf("a file without a preview: %v", err)
		}
	})
}

func TestAPDFIsLookedIntoBeforeItIsTaken(t *testing.T) {
	t.Parallel()
	r := one(t)
	reader := view.New()
	t.Cleanup(reader.Close)
	r.deps.PDFs = reader
	sample := func(name string) []byte { return must[[]byte](t)(os.ReadFile("../../kit/pdf/view/testdata/" + name)) }
	f := r.kept(t, "договор.pdf", sample("plain.pdf"))
	if f.Pages != 2 || f.Preview.IsZero() {
		t.Errorf("%d pages, preview %v", f.Pages, f.Preview)
	}
	if list := must[[]File](t)(r.Files(t.Context(), own, anna, caseID)); list[0].Pages != 2 || list[0].Preview != f.Preview {
		t.Errorf("its row: %+v", list[0])
	}
	for want, data := range map[error][]byte{ErrLocked: sample("locked.pdf"), ErrBroken: pdfBytes} {
		if _, err := r.PrepareUpload(t.Context(), own, upload("договор.pdf", data)); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	r.deps.PDFs = slow{}
	if late := r.kept(t, "a.pdf", pdfBytes); !late.Preview.IsZero() || late.Pages != 0 {
		t.Error("a PDF that took too long has a preview")
	}
}

type slow struct{}

func (slow) Read(context.Context, []byte, int) (view.Document, error) {
	return view.Document{}, view.ErrSlow
}

func TestPeopleSeeThePreviewOfWhatTheySent(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.family(t)
	f := r.kept(t, "снимок.png", picturePNG(300, 100))
	got := r.browser(t, "anna")("/uploads/" + f.ID.String() + "/preview")
	got.says(t, http.StatusOK, "\xff\xd8")
	if got.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("headers: %v", got.header)
	}
	r.browser(t, "boris")("/uploads/"+f.ID.String()+"/preview").says(t, http.StatusNotFound)
}
