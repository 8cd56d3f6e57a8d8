package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
)

var nobody = act.Act{Actor: act.Actor{Kind: act.Nobody}}

func TestAResultIsIssuedOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		first := must[*PreparedResult](t)(r.PrepareResult(t.Context(), permit(anna)))
		second := must[*PreparedResult](t)(r.PrepareResult(t.Context(), permit(anna))) // by a job that ran beside
		for _, p := range []*PreparedResult{first, second, first} {
			r.write(t, p.Put)
		}
		if got := must[Checked](t)(r.Check(t.Context(), nobody, second.Result().Token)); got.Standing != Altered {
			t.Errorf("the paper of the preparation that lost is %s", got.Standing)
		}
		later := must[*PreparedResult](t)(r.PrepareResult(t.Context(), permit(anna)))
		r.write(t, later.Put)
		r.drain(t)
		list := must[[]Result](t)(r.Results(t.Context(), own, anna, caseID))
		if len(list) != 1 || r.heard[EventIssued] != 1 {
			t.Fatalf("%d documents, %d events", len(list), r.heard[EventIssued])
		}
		if diff := cmp.Diff(first.Result(), list[0], cmp.Comparer(func(a, b calendar.Date) bool { return a == b })); diff != "" {
			t.Errorf("prepared and read differ: %s", diff)
		}
		if later.Result().Number != first.Result().Number {
			t.Error("a late preparation does not give the document that is there")
		}
		file := must[[]byte](t)(r.Receipt(t.Context(), own, anna, list[0].ID))
		report, err := journal.Verify(file)
		if err != nil || report.Statement.Kind != EventIssued {
			t.Fatalf("receipt: %v", err)
		}
		one := must[opened](t)(r.read(t.Context(), own, "document.look.result", anna, list[0].ID))
		said := must[[]byte](t)(attached(statement(one.Result, one.salt, r.deps.Zone()), one.Token))
		if _, ok := report.Names(said); !ok {
			t.Error("the receipt does not name the statement")
		}
		if other, err := r.Results(t.Context(), own, anna, id.Derived("case", "2")); err != nil || len(other) != 0 {
			t.Errorf("in another case: %v %v", other, err)
		}
	})
}

func TestATakenNumberIsToldToTheCaller(t *testing.T) {
	t.Parallel()
	r := one(t)
	taken := r.issue(t, permit(anna))
	n := permit(boris)
	n.Number = taken.Number
	p := must[*PreparedResult](t)(r.PrepareResult(t.Context(), n))
	if err := r.base.Store.Write(t.Context(), p.Put); !errors.Is(err, store.ErrExists) {
		t.Errorf("put with a taken number: %v", err)
	}
	if _, err := r.Result(t.Context(), own, boris, n.ID); !errors.Is(err, ErrNone) {
		t.Errorf("something was issued: %v", err)
	}
}

func TestWhatIsMissingInAResultIsTold(t *testing.T) {
	t.Parallel()
	r := one(t)
	for name, change := range map[string]func(*NewResult){
		"id": func(n *NewResult) { n.ID = id.ID{} }, "title": func(n *NewResult) { n.Title = lang.Text{} }, "kind": func(n *NewResult) { n.Kind = "" },
		"long kind": func(n *NewResult) { n.Kind = strings.Repeat("k", 33) }, "office": func(n *NewResult) { n.Office = lang.Text{} },
		"order": func(n *NewResult) { n.Until = calendar.MustDate("2026-11-30") },
	} {
		n := permit(anna)
		change(&n)
		if _, err := r.PrepareResult(t.Context(), n); err == nil {
			t.Errorf("%s was not missed", name)
		}
	}
}

// The PDF, as others read it: qpdf, pdftotext, zbarimg, pdfdetach.
func TestThePDFIsWholeAndItsCodeAndStatementVerify(t *testing.T) {
	t.Parallel()
	r := one(t)
	issued := r.issue(t, permit(anna))
	_, from, err := r.OpenPDF(t.Context(), own, anna, issued.ID)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "d.pdf")
	data := must[[]byte](t)(io.ReadAll(from))
	_ = from.Close()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	tool(t, "qpdf", "--check", path)
	text := tool(t, "pdftotext", "-layout", path, "-")
	for _, want := range []string{"Разрешение на парковку жителя", "А417МО52", "Действует с 1 декабря 2026 до 30 ноября 2027", id.FormatNumber(issued.Number), "Ладыгина", "kitezh.example/check", "ключ"} {
		if text != "" && !strings.Contains(strings.ReplaceAll(text, "\u00a0", " "), want) {
			t.Errorf("the PDF does not say %q:\n%s", want, text)
		}
	}
	if tool(t, "pdftoppm", "-r", "150", "-png", path, filepath.Join(dir, "page")) == "" {
		pages, _ := filepath.Glob(filepath.Join(dir, "page*.png"))
		if len(pages) > 0 {
			if code := tool(t, "zbarimg", append([]string{"-q", "--raw"}, pages...)...); code != "" && strings.TrimSpace(code) != "https://kitezh.example/v/"+issued.Token {
				t.Errorf("the code says %q", code)
			}
		}
	}
	attached := filepath.Join(dir, "statement.json")
	tool(t, "pdfdetach", "-save", "1", "-o", attached, path)
	if content, err := os.ReadFile(attached); err == nil {
		verifyStatement(t, r, content)
		report := must[journal.Report](t)(journal.Verify(must[[]byte](t)(r.Receipt(t.Context(), own, anna, issued.ID))))
		if _, ok := report.Names(content); !ok {
			t.Error("the receipt does not name the statement in the PDF")
		}
	}
}

// The paper is drawn when it is first read: by however many at once, it is one file, and the same a year later.
func TestAPaperIsDrawnOnceWhenItIsFirstRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		issued := r.issue(t, permit(anna))
		if _, err := r.paperOf(t.Context(), anna, issued.ID); !errors.Is(err, store.ErrNone) {
			t.Fatalf("a paper that nobody has read: %v", err)
		}
		var files [6][]byte
		var all sync.WaitGroup
		for i := range files {
			all.Go(func() {
				_, from, err := r.OpenPDF(t.Context(), own, anna, issued.ID)
				if err != nil {
					t.Error(err)
					return
				}
				files[i], _ = io.ReadAll(from)
				_ = from.Close()
			})
		}
		all.Wait()
		r.clock.Move(365 * 24 * time.Hour)
		_, from, err := r.OpenPDF(t.Context(), own, anna, issued.ID)
		if err != nil {
			t.Fatal(err)
		}
		later := must[[]byte](t)(io.ReadAll(from))
		_ = from.Close()
		for i, file := range files {
			if !bytes.Equal(file, later) || len(file) == 0 {
				t.Errorf("reader %d got another file: %d bytes and %d", i, len(file), len(later))
			}
		}
		if err := r.sweep(t.Context(), jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if _, from, err = r.OpenPDF(t.Context(), own, anna, issued.ID); err != nil {
			t.Fatalf("after the sweep: %v", err)
		}
		_ = from.Close()
	})
}

// verifyStatement is what a stranger's program does with the file in the PDF and the key set, with no city near.
func verifyStatement(t *testing.T, r *rig, content []byte) {
	t.Helper()
	var file struct {
		Statement map[string]any `json:"statement"`
		Token     string         `json:"token"`
	}
	if err := json.Unmarshal(content, &file); err != nil {
		t.Fatal(err)
	}
	token, _, err := seal.OpenToken(file.Token, must[seal.KeySet](t)(r.base.Seal.Keys()))
	if err != nil {
		t.Fatal(err)
	}
	if sum := must[[16]byte](t)(digest(file.Statement)); sum != token.Digest {
		t.Error("the statement does not fit the code")
	}
	file.Statement["number"] = "0000000000"
	if sum := must[[16]byte](t)(digest(file.Statement)); sum == token.Digest {
		t.Error("a changed statement fits too")
	}
	want := []seal.Claim{{Name: "from", Value: "2026-12-01"}, {Name: "plate", Value: "А417МО52"}, {Name: "zone", Value: "Заречье"}}
	if diff := cmp.Diff(want, token.Claims); diff != "" {
		t.Errorf("claims: %s", diff)
	}
}

// tool runs a reader of PDFs where it is installed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Logf("%s is not installed", name)
		return ""
	}
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return string(out)
}

func TestTheCheckTellsHowADocumentStands(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d := r.issue(t, permit(anna))
		expect := func(when string, want Standing) {
			t.Helper()
			byCode, byNumber := must[Checked](t)(r.Check(t.Context(), nobody, "https://kitezh.example/v/"+strings.ToLower(d.Token))), must[Checked](t)(r.CheckNumber(t.Context(), nobody, id.FormatNumber(d.Number)))
			if byCode.Standing != want || byNumber.Standing != want {
				t.Errorf("%s: %s by code, %s by number", when, byCode.Standing, byNumber.Standing)
			}
			if len(byCode.Facts) != 2 || !byCode.Signed || byCode.Key == "" || byCode.Facts[0].Value.RU != "А417МО52" {
				t.Errorf("%s: by code %+v", when, byCode)
			}
			if len(byNumber.Facts) != 0 || byNumber.Signed || byNumber.Title != d.Title {
				t.Errorf("%s: by number %+v", when, byNumber)
			}
		}
		expect("before its first day", Early)
		r.clock.Move(9*24*time.Hour + 11*time.Hour + 59*time.Minute) // 23:59 in Moscow, the eve
		expect("on the eve", Early)
		r.clock.Move(time.Minute)
		expect("on its first day", Valid)
		r.clock.Move(365*24*time.Hour - time.Minute)
		expect("on its last day", Valid)
		r.clock.Move(time.Minute)
		expect("after its last day", Expired)
		revoke := Revocation{Holder: anna, ID: d.ID, Reason: lang.Text{RU: "Автомобиль продан", EN: "The car was sold"}}
		first, second := must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), revoke)), must[*PreparedRevoke](t)(r.PrepareRevoke(t.Context(), revoke))
		r.write(t, first.Put)
		expect("after it was revoked", Revoked)
		if err := r.base.Store.Write(t.Context(), second.Put); !errors.Is(err, ErrRevoked) {
			t.Errorf("revoked twice: %v", err)
		}
		if _, err := r.PrepareRevoke(t.Context(), revoke); !errors.Is(err, ErrRevoked) {
			t.Errorf("prepared a second time: %v", err)
		}
		if got := must[Result](t)(r.Result(t.Context(), own, anna, d.ID)); got.Reason != revoke.Reason || !got.Revoked.Equal(r.clock.Now()) {
			t.Errorf("the holder reads %q, %s", got.Reason.RU, got.Revoked)
		}
		r.drain(t)
		if r.heard[EventRevoked] != 1 {
			t.Errorf("announced %d times", r.heard[EventRevoked])
		}
		if report, err := journal.Verify(must[[]byte](t)(r.Receipt(t.Context(), own, anna, d.ID))); err != nil || report.Statement.Kind != EventRevoked {
			t.Errorf("the newest receipt is of %s: %v", report.Statement.Kind, err)
		}
	})
}

func TestACheckIsALookThatItsHolderSees(t *testing.T) {
	t.Parallel()
	r := one(t)
	d := r.issue(t, permit(anna))
	for range 3 {
		must[Checked](t)(r.Check(t.Context(), nobody, d.Token))
	}
	must[Checked](t)(r.Check(t.Context(), own, d.Token))
	if got := r.looks(t, anna); len(got) != 1 || !strings.HasPrefix(got[0], "nobody document.look.check") {
		t.Errorf("looks: %v", got)
	}
	must[Result](t)(r.Result(t.Context(), officer.ForCase(caseID), anna, d.ID))
	if got := r.looks(t, anna); len(got) != 2 {
		t.Errorf("looks after an official's: %v", got)
	}
}

func TestWhatIsNotOursOrWasChangedIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		d := r.issue(t, permit(anna))
		stranger := one(t).issue(t, permit(anna)) // of a city with other keys
		flip := func(at int) string {
			b := []byte(d.Token)
			b[at] = map[bool]byte{true: 'B', false: 'A'}[b[at] == 'A']
			return string(b)
		}
		unknown := permit(boris)
		unissued := must[*PreparedResult](t)(r.PrepareResult(t.Context(), unknown)).Result() // signed, but its Write never came
		for name, tt := range map[string]struct {
			code string
			want Standing
		}{
			"another city": {stranger.Token, NotOurs}, "garbage": {"HELLO", NotOurs}, "nothing": {"", NotOurs}, "not issued": {unissued.Token, NotOurs},
			"changed number": {flip(40), Altered}, "changed signature": {flip(len(d.Token) - 10), Altered},
		} {
			if got := must[Checked](t)(r.Check(t.Context(), nobody, tt.code)); got.Standing != tt.want || got.Number != "" || len(got.Facts) != 0 {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if got := must[Checked](t)(r.CheckNumber(t.Context(), nobody, id.NewNumber())); got.Standing != NotOurs {
			t.Errorf("an unknown number: %s", got.Standing)
		}
		if _, err := r.CheckNumber(t.Context(), nobody, "1234567899"); !errors.Is(err, id.ErrNumber) {
			t.Errorf("no number: %v", err)
		}
	})
}

// Somebody with the database in hand makes a permit run a year longer.
func TestARowThatSomebodyChangedIsNotVouchedFor(t *testing.T) {
	t.Parallel()
	r := one(t)
	p := must[*PreparedResult](t)(r.PrepareResult(t.Context(), permit(anna)))
	p.params.ValidUntil = "2028-11-30"
	r.write(t, p.Put)
	if got := must[Checked](t)(r.Check(t.Context(), nobody, p.Result().Token)); got.Standing != Altered {
		t.Errorf("by code: %s", got.Standing)
	}
	if got := must[Checked](t)(r.CheckNumber(t.Context(), nobody, p.Result().Number)); got.Standing != Altered {
		t.Errorf("by number: %s", got.Standing)
	}
}

func TestAnErasedHoldersDocumentStillTellsItsStanding(t *testing.T) {
	t.Parallel()
	r := one(t)
	d := r.issue(t, permit(anna))
	r.clock.Move(20 * 24 * time.Hour)
	r.write(t, func(tx *store.Tx) error { return r.base.Vault.Erase(tx, anna) })
	got := must[Checked](t)(r.Check(t.Context(), nobody, d.Token))
	if got.Standing != Valid || !got.Title.IsZero() || len(got.Facts) != 0 || !got.Signed {
		t.Errorf("got %+v", got)
	}
}

func TestNothingPersonalLiesOpenInTheRows(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.kept(t, "Смирнова.pdf", pdfBytes)
	d := r.issue(t, permit(anna))
	var row documentdb.DocumentResult
	var files []documentdb.DocumentFile
	err := r.base.Store.Look(t.Context(), own, "test", func(p *store.Personal) error {
		var err, err2 error
		row, err = documentdb.ResultByID(p, anna, d.ID)
		files, err2 = documentdb.FilesOf(p, anna, caseID)
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Fatal(err)
	}
	everything := strings.Join([]string{string(row.Body), row.Number, row.Kind, row.Service, string(row.Digest), string(files[0].Name), files[0].Field}, " ")
	for _, secret := range []string{"Смирнова", "А417", "Заречье", d.Token} {
		if strings.Contains(everything, secret) {
			t.Errorf("%q lies open", secret)
		}
	}
}
