package view

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestWhatIsSeenOfAPDF(t *testing.T) {
	t.Parallel()
	r := New()
	t.Cleanup(r.Close)
	for _, name := range []string{"plain.pdf", "guarded.pdf"} { // guarded: printing is forbidden, reading is not
		got, err := r.Read(t.Context(), sample(t, name), 300)
		if err != nil || got.Pages != 2 || !strings.Contains(got.Text, "Lease 14") {
			t.Fatalf("%s: %d pages, %q, %v", name, got.Pages, got.Text, err)
		}
		if b := got.First.Bounds(); b.Dx() != 200 || b.Dy() != 300 {
			t.Errorf("%s: drawn %v", name, b)
		}
		if red, green, _, _ := got.First.At(100, 20).RGBA(); red < 0xf000 || green > 0x1000 {
			t.Errorf("%s: the upper half is not red", name)
		}
	}
}

func TestWhatIsWrongWithAPDF(t *testing.T) {
	t.Parallel()
	r := New()
	t.Cleanup(r.Close)
	whole := sample(t, "plain.pdf")
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"locked": {sample(t, "locked.pdf"), ErrLocked}, "empty": {nil, ErrBroken}, "a head alone": {[]byte("%PDF-1.7\n"), ErrBroken},
		"text": {bytes.Repeat([]byte("not a PDF "), 100), ErrBroken}, "its head cut off": {whole[400:], ErrBroken},
	} {
		if _, err := r.Read(t.Context(), tt.data, 100); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Read(t.Context(), whole, 100); err != nil {
		t.Errorf("after bad ones: %v", err)
	}
}

func TestAReaderRestsAndWakesAndEnds(t *testing.T) {
	t.Parallel()
	r := New()
	read := func() error { _, err := r.Read(t.Context(), sample(t, "plain.pdf"), 100); return err }
	if err := read(); err != nil {
		t.Fatal(err)
	}
	r.sleep()
	if r.pool != nil {
		t.Error("it did not rest")
	}
	if err := read(); err != nil {
		t.Errorf("it did not wake: %v", err)
	}
	r.Close()
	r.Close()
	if err := read(); !errors.Is(err, ErrSlow) {
		t.Errorf("after its end: %v", err)
	}
}

// A document that keeps its reader busy is left, and the next one is read.
func TestADocumentThatTakesTooLongIsLeft(t *testing.T) {
	t.Parallel()
	r := New()
	t.Cleanup(r.Close)
	if _, err := r.Read(t.Context(), sample(t, "plain.pdf"), 100); err != nil { // started
		t.Fatal(err)
	}
	content := "BT /F1 1 Tf " + strings.Repeat("(x) Tj 1 0 0 1 0 0 cm 0 0 200 300 re f ", 400_000) + " ET"
	slow := "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 2000 3000]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj\n" +
		"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n4 0 obj<</Length 20000000>>stream\n" + content + "\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	if _, err := r.Read(ctx, []byte(slow), 3000); !errors.Is(err, ErrSlow) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Read(t.Context(), sample(t, "plain.pdf"), 100); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("Lease\x00 \u202e14")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text)
		bad := strings.IndexFunc(got, func(r rune) bool { return r != '\n' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) })
		if bad >= 0 || len(got) > textMost || strings.ToValidUTF8(got, "?") != got {
			t.Errorf("%q", got)
		}
	})
}

// The sandbox holds whatever the bytes are: an answer or an error, and the next document is read.
func FuzzRead(f *testing.F) {
	r := New()
	f.Cleanup(r.Close)
	f.Add(sample(f, "plain.pdf"))
	f.Add(sample(f, "locked.pdf"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := r.Read(t.Context(), data, 64)
		if err == nil && got.Pages < 1 {
			t.Error("no pages and no error")
		}
	})
}
