package document

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// drafts is a Receiver with one draft of Anna's.
type drafts struct {
	r    *rig
	fail error // before anything is received
}

func (d *drafts) Expect(c *web.Context, draft id.ID, field string) (Wanted, error) {
	if draft != caseID || field != "proof" {
		return Wanted{}, ErrNone
	}
	return Wanted{Holder: anna, Service: "parking-permit", MaxBytes: 5 << 20}, c.May(act.Object{Kind: "draft", Holder: anna, Service: "parking-permit"})
}

func (d *drafts) Receive(ctx context.Context, a act.Act, draft id.ID, field string, file web.File) error {
	if d.fail != nil {
		return d.fail
	}
	p, err := d.r.PrepareUpload(ctx, a, Upload{Holder: anna, Purpose: draft, Service: "parking-permit", Field: field, File: file, MaxBytes: 5 << 20})
	if err != nil {
		return err
	}
	return d.r.base.Store.Write(ctx, p.Put)
}

func (r *rig) receives() *drafts {
	d := &drafts{r: r}
	r.ProvideReceiver(d)
	return d
}

// bigPDF is a PDF of noise.
func bigPDF(size int, seed uint64) []byte {
	out := make([]byte, size)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range out {
		out[i] = byte(random.Uint32())
	}
	copy(out, "%PDF-1.7\n")
	return out
}

func metadata(pairs ...string) string {
	var out []string
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, pairs[i]+" "+base64.StdEncoding.EncodeToString([]byte(pairs[i+1])))
	}
	return strings.Join(out, ",")
}

func (r *rig) begin(t testing.TB, hat string, length int) answer {
	t.Helper()
	return r.as(t, hat, http.MethodPost, sendPath, nil, "Tus-Resumable", tusVersion, "Upload-Length", fmt.Sprint(length),
		"Upload-Metadata", metadata("filename", "договор.pdf", "draft", caseID.String(), "field", "proof"))
}

func (r *rig) head(t testing.TB, hat, path string) answer {
	t.Helper()
	return r.as(t, hat, http.MethodHead, path, nil, "Tus-Resumable", tusVersion)
}

func (r *rig) patch(t testing.TB, hat, path string, at int, body io.Reader) answer {
	t.Helper()
	return r.as(t, hat, http.MethodPatch, path, body, "Tus-Resumable", tusVersion, "Content-Type", "application/offset+octet-stream", "Upload-Offset", fmt.Sprint(at))
}

// whole reads the only file of the draft.
func (r *rig) whole(t testing.TB) []byte {
	t.Helper()
	files := must[[]File](t)(r.Files(t.Context(), own, anna, caseID))
	if len(files) != 1 || files[0].Name != "договор.pdf" {
		t.Fatalf("%d files in the draft: %+v", len(files), files)
	}
	_, from, err := r.OpenFile(t.Context(), own, anna, files[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	return must[[]byte](t)(io.ReadAll(from))
}

func TestAFileIsSentInParts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.receives()
		data := bigPDF(2_600_000, 1)
		begun := r.begin(t, "anna", len(data))
		path := begun.header.Get("Location")
		if begun.status != http.StatusCreated || !strings.HasPrefix(path, sendPath+"/") || begun.header.Get("Tus-Resumable") != tusVersion {
			t.Fatalf("%d %v %s", begun.status, begun.header, begun.body)
		}
		for at := 0; at < len(data); {
			if got := r.head(t, "anna", path); got.status != http.StatusOK || got.header.Get("Upload-Offset") != fmt.Sprint(at) || got.header.Get("Upload-Length") != fmt.Sprint(len(data)) {
				t.Fatalf("at %d: %d %v", at, got.status, got.header)
			}
			end := min(at+700_000, len(data))
			got := r.patch(t, "anna", path, at, bytes.NewReader(data[at:end]))
			if got.status != http.StatusNoContent || got.header.Get("Upload-Offset") != fmt.Sprint(end) {
				t.Fatalf("at %d: %d %v %s", at, got.status, got.header, got.body)
			}
			at = end
		}
		if !bytes.Equal(r.whole(t), data) {
			t.Error("other bytes came out")
		}
		if len(r.disk(t)) != 1 {
			t.Errorf("%d blobs are left", len(r.disk(t)))
		}
		if got := r.head(t, "anna", path); got.header.Get("Upload-Offset") != fmt.Sprint(len(data)) {
			t.Errorf("who lost the last answer is told %v", got.header)
		}
		r.clock.Move(25 * time.Hour)
		if err := r.sweepSendings(t.Context(), jobs.Job{}); err != nil {
			t.Fatal(err)
		}
		if got := r.head(t, "anna", path); got.status != http.StatusNotFound {
			t.Errorf("a day later: %d", got.status)
		}
		r.whole(t)
	})
}

// Whatever breaks and wherever, what comes out is what was sent, once.
func TestABrokenLineChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		box := r.receives()
		broken := errors.New("the line broke")
		rapid.Check(t, func(rt *rapid.T) {
			data := bigPDF(rapid.IntRange(10, 30_000).Draw(rt, "size"), rapid.Uint64().Draw(rt, "seed"))
			w := Wanted{Holder: anna, Service: "parking-permit", MaxBytes: 5 << 20}
			which, err := r.beginSending(t.Context(), own, caseID, "proof", "договор.pdf", int64(len(data)), w)
			if err != nil {
				rt.Fatal(err)
			}
			for tries := 0; ; tries++ {
				s, err := r.sending(t.Context(), anna, which)
				if err != nil {
					rt.Fatal(err)
				}
				if s.Done {
					break
				}
				at := s.offset()
				if s.Received == s.Length {
					if err := r.stepBack(t.Context(), s); err != nil {
						rt.Fatal(err)
					}
				}
				until := rapid.IntRange(int(at), len(data)).Draw(rt, "until")
				if tries > 12 {
					until = len(data)
				}
				from := io.MultiReader(bytes.NewReader(data[at:until]), iotest.ErrReader(broken))
				if err := r.take(t.Context(), s, from); err != nil {
					rt.Fatal(err)
				}
				if s.Received != int64(until) {
					rt.Fatalf("%d came and %d is there", until, s.Received)
				}
				if s.Received < s.Length || tries < 20 && rapid.Bool().Draw(rt, "dies before the delivery") {
					continue
				}
				box.fail = nil
				if rapid.Bool().Draw(rt, "the draft is busy") && tries < 20 {
					box.fail = errors.New("busy")
				}
				if err := r.deliver(t.Context(), own, s); (err != nil) != (box.fail != nil) {
					rt.Fatal(err)
				}
				if box.fail == nil { // an answer that was lost: the same delivery comes again
					if err := r.deliver(t.Context(), own, s); err == nil {
						continue
					} else if !errors.Is(err, ErrNone) { // its parts are gone
						rt.Fatal(err)
					}
				}
			}
			if !bytes.Equal(r.whole(t), data) {
				rt.Error("other bytes came out")
			}
			r.write(t, func(tx *store.Tx) error { return r.Discard(tx, anna, caseID) })
			if len(r.disk(t)) != 0 {
				rt.Errorf("%d blobs are left", len(r.disk(t)))
			}
			if err := r.forget(t.Context(), anna, which); err != nil {
				rt.Fatal(err)
			}
		})
	})
}

// Two deliveries of the same file that cross add it once.
func TestCrossingDeliveriesAddOneFile(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.receives()
		data := bigPDF(5000, 3)
		which := must[id.ID](t)(r.beginSending(t.Context(), own, caseID, "proof", "договор.pdf", 5000, Wanted{Holder: anna}))
		s := must[*sending](t)(r.sending(t.Context(), anna, which))
		if err := r.take(t.Context(), s, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		prepare := func() *PreparedUpload {
			return must[*PreparedUpload](t)(r.PrepareUpload(context.WithValue(t.Context(), sendingKey{}, s), own, upload("договор.pdf", data)))
		}
		first, second := prepare(), prepare()
		r.write(t, first.Put)
		if err := r.base.Store.Write(t.Context(), second.Put); !errors.Is(err, errSent) {
			t.Errorf("the second: %v", err)
		}
		r.whole(t)
		a, b := must[*sending](t)(r.sending(t.Context(), anna, which)), must[*sending](t)(r.sending(t.Context(), anna, which))
		if a.offset() != 5000 || !b.Done {
			t.Errorf("after it: %d", a.offset())
		}
	})
}

func TestASendingBelongsToItsSenderAndItsDraft(t *testing.T) {
	t.Parallel()
	r := one(t)
	box := r.receives()
	path := r.begin(t, "anna", 100).header.Get("Location")
	for _, hat := range []string{"boris", "clerk", "boss", ""} {
		if got := r.begin(t, hat, 100); got.status < 400 && got.status != http.StatusSeeOther {
			t.Errorf("%q begins: %d", hat, got.status)
		}
		if got := r.head(t, hat, path); got.status < 400 {
			t.Errorf("%q asks: %d", hat, got.status)
		}
		if got := r.patch(t, hat, path, 0, strings.NewReader("%PDF-1.7")); got.status < 400 {
			t.Errorf("%q sends: %d", hat, got.status)
		}
		if got := r.as(t, hat, http.MethodDelete, path, nil, "Tus-Resumable", tusVersion); got.status < 400 {
			t.Errorf("%q ends it: %d", hat, got.status)
		}
	}
	if got := r.head(t, "anna", path); got.header.Get("Upload-Offset") != "0" {
		t.Errorf("afterwards: %v", got.header)
	}
	r.ProvideReceiver(nil)
	if got := r.head(t, "anna", path); got.status != http.StatusNotFound {
		t.Errorf("without its draft: %d", got.status)
	}
	r.ProvideReceiver(box)
	r.as(t, "anna", http.MethodDelete, path, nil, "Tus-Resumable", tusVersion).says(t, http.StatusNoContent)
	r.head(t, "anna", path).says(t, http.StatusNotFound)
}

func TestWhatIsNotOfTheProtocolIsRefused(t *testing.T) {
	t.Parallel()
	r := one(t)
	box := r.receives()
	path := r.begin(t, "anna", 100).header.Get("Location")
	post := func(want int, headers ...string) {
		t.Helper()
		if got := r.as(t, "anna", http.MethodPost, sendPath, nil, headers...); got.status != want {
			t.Errorf("%v: %d", headers, got.status)
		}
	}
	good := metadata("filename", "a.pdf", "draft", caseID.String(), "field", "proof")
	post(http.StatusPreconditionFailed, "Upload-Length", "5", "Upload-Metadata", good)
	post(http.StatusRequestEntityTooLarge, "Tus-Resumable", tusVersion, "Upload-Length", "5242881", "Upload-Metadata", good)
	for _, length := range []string{"", "-1", "+5", "05", "5.0", "0", "99999999999999999999"} {
		post(http.StatusUnprocessableEntity, "Tus-Resumable", tusVersion, "Upload-Length", length, "Upload-Metadata", good)
	}
	post(http.StatusNotFound, "Tus-Resumable", tusVersion, "Upload-Length", "5", "Upload-Metadata", metadata("draft", boris.String(), "field", "proof"))
	post(http.StatusUnprocessableEntity, "Tus-Resumable", tusVersion, "Upload-Length", "5", "Upload-Metadata", "draft %%%")
	r.patch(t, "anna", path, 1, strings.NewReader("x")).says(t, http.StatusConflict, "The line broke")
	got := r.as(t, "anna", http.MethodPatch, path, strings.NewReader("x"), "Tus-Resumable", tusVersion, "Upload-Offset", "0", "Content-Type", "text/plain")
	got.says(t, http.StatusUnsupportedMediaType)
	if about := r.as(t, "", http.MethodOptions, sendPath, nil); about.header.Get("Tus-Version") != tusVersion {
		t.Errorf("about: %d %v", about.status, about.header)
	}
	// A file that its question does not take is told and forgotten, so that another one can be chosen.
	r.patch(t, "anna", path, 0, bytes.NewReader(make([]byte, 100))).says(t, http.StatusUnprocessableEntity, "will not do")
	r.head(t, "anna", path).says(t, http.StatusNotFound)
	_ = box
	for range sendingsMost {
		r.begin(t, "anna", 10).says(t, http.StatusCreated)
	}
	r.begin(t, "anna", 10).says(t, http.StatusConflict)
}

func TestAnErasureForgetsWhatIsHalfWayIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r *rig) {
		r.receives()
		path := r.begin(t, "anna", 100).header.Get("Location")
		r.patch(t, "anna", path, 0, strings.NewReader("%PDF-1.7")).says(t, http.StatusNoContent)
		if len(r.disk(t)) != 1 {
			t.Fatal("no part")
		}
		for range 2 {
			if err := r.Data().Forget(t.Context(), anna); err != nil {
				t.Fatal(err)
			}
		}
		if len(r.disk(t)) != 0 {
			t.Error("a part is left")
		}
		r.head(t, "anna", path).says(t, http.StatusNotFound)
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add("filename d29ybGQ=,draft ,field cHJvb2Y=")
	f.Fuzz(func(t *testing.T, header string) {
		got, err := parseMetadata(header)
		if err != nil {
			return
		}
		for key, value := range got {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) || key == "filename" && len(value) > nameOfSent {
				t.Errorf("%q: %q", key, value)
			}
		}
	})
}
