package journal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/vault"
)

var update = flag.Bool("update", false, "write the golden files anew")

var start = time.Date(2026, 11, 21, 9, 0, 0, 123456000, time.UTC)

// fixedKeys stands for the vault: keys made from a word, so that golden files stay.
type fixedKeys struct{ word string }

func (f fixedKeys) Secrets(p vault.Purpose) []vault.Secret {
	seed := sha256.Sum256([]byte(f.word + string(p)))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return []vault.Secret{{Purpose: p, Number: 1, Starts: start.Add(-time.Hour), Bytes: seed[:], Public: public}}
}

func city(word string) (*Journal, *seal.Seal) {
	c := clock.At(start.Add(time.Second))
	s := seal.New("kitezh", fixedKeys{word}, c)
	return New(s, c), s
}

func sample() Entered {
	e := Entry{
		Act: id.Derived("act", "1"), Kind: "casework.submitted", Title: "Заявление подано", Object: id.Derived("case", "1"),
		Facts:     []Fact{{"number", "Номер заявления", "1234-567-890"}, {"service", "Услуга", "Резидентное разрешение на парковку"}},
		Documents: []Document{{"application.pdf", sha256.Sum256([]byte("the application"))}},
	}
	out, err := enteredAt(e, id.Derived("entry", "1"), "kitezh", start, [32]byte{1, 2, 3})
	if err != nil {
		panic(err) // the sample is a constant
	}
	return out
}

func receiptOf(t testing.TB, j *Journal, e Entered) []byte {
	t.Helper()
	file, err := j.Receipt(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func keysOf(t testing.TB, s *seal.Seal) seal.KeySet {
	t.Helper()
	set, err := s.Keys()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is not what it was (an outside form must not change): %s", path, diff)
	}
}

func TestAReceiptIsVerifiedAndTold(t *testing.T) {
	t.Parallel()
	j, s := city("one")
	file := receiptOf(t, j, sample())
	golden(t, "receipt.posad.json", file)
	report, err := Verify(file, keysOf(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample(), report.Statement, cmp.AllowUnexported(Entered{})); diff != "" {
		t.Error(diff)
	}
	if name, ok := report.Names([]byte("the application")); !ok || name != "application.pdf" {
		t.Error("the document is not known")
	}
	if _, ok := report.Names([]byte("another")); ok {
		t.Error("another document is known")
	}
	texts, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	texts = texts.Reporting(func(err error) { t.Error(err) })
	for _, l := range lang.All() {
		var out strings.Builder
		if err := report.Tell(&out, func(key string, args ...any) string { return texts.Text(l, key, args...) }); err != nil {
			t.Fatal(err)
		}
		golden(t, "report."+string(l)+".txt", []byte(out.String()))
	}
	for _, f := range []error{ErrForm, ErrChanged, ErrSignature, ErrStranger, ErrKeyTime, ErrCheckpoint, ErrProof, ErrOverdue} {
		if key := strings.Fields(f.Error())[1]; !texts.Has(key) {
			t.Errorf("no text for %s", key)
		}
	}
}

func TestWhatTrustRestsOn(t *testing.T) {
	t.Parallel()
	j, s := city("one")
	file := receiptOf(t, j, sample())
	_, stranger := city("two")
	if r, err := Verify(file); err != nil || r.Trust != Inside {
		t.Errorf("no keys: %s, %v", r.Trust, err)
	}
	if r, err := Verify(file, keysOf(t, stranger), keysOf(t, s)); err != nil || r.Trust != Given {
		t.Errorf("the city's keys: %s, %v", r.Trust, err)
	}
	if _, err := Verify(file, keysOf(t, stranger)); !errors.Is(err, ErrStranger) {
		t.Errorf("a stranger's keys: %v", err)
	}
	older := keysOf(t, s) // of a time before the journal's key was made: it knows the documents' key alone
	older.Keys = older.Keys[:1]
	if r, err := Verify(file, older); err != nil || r.Trust != Vouched {
		t.Errorf("older keys: %s, %v", r.Trust, err)
	}
	early := sample()
	early.Made = start.Add(-2 * time.Hour)
	early.Leaf, _ = early.leaf()
	if _, err := Verify(receiptOf(t, j, early)); !errors.Is(err, ErrKeyTime) {
		t.Errorf("signed before the key started: %v", err)
	}
}

// TestNoChangeGoesUnseen changes a receipt as a forger would and expects the right fault.
func TestNoChangeGoesUnseen(t *testing.T) {
	t.Parallel()
	j, s := city("one")
	file, keys := string(receiptOf(t, j, sample())), keysOf(t, s)
	other := sample()
	other.Facts[0].Value = "9999-999-999"
	other.Leaf, _ = other.leaf()
	forger, _ := city("two")
	forged := receiptOf(t, forger, other)
	leafOf := func(file []byte) string {
		_, after, _ := bytes.Cut(file, []byte(`"leaf": "`))
		return string(after[:43])
	}
	for name, c := range map[string]struct {
		file string
		want error
	}{
		"a fact":                {strings.Replace(file, "1234-567-890", "1234-567-891", 1), ErrChanged},
		"a label":               {strings.Replace(file, "Номер заявления", "Номер решения", 1), ErrChanged},
		"the time":              {strings.Replace(file, `"at": "2026-11-21T09:00:00`, `"at": "2026-11-20T09:00:00`, 1), ErrChanged},
		"the city":              {strings.ReplaceAll(file, `"kitezh"`, `"kitesh"`), ErrForm},
		"included by":           {strings.Replace(file, `"included_by": "2026-11-22`, `"included_by": "2027-11-22`, 1), ErrSignature},
		"fact and leaf":         {strings.Replace(strings.Replace(file, "1234-567-890", "9999-999-999", 1), leafOf([]byte(file)), leafOf(forged), 1), ErrSignature},
		"everything":            {string(forged), ErrStranger},
		"a second name":         {strings.Replace(file, `"title"`, `"title": "x", "title"`, 1), ErrForm},
		"an unknown name":       {strings.Replace(file, `"title"`, `"note": "x", "title"`, 1), ErrForm},
		"something after":       {file + "{}", ErrForm},
		"cut":                   {file[:len(file)/2], ErrForm},
		"empty":                 {"", ErrForm},
		"a picture":             {"\x89PNG\r\n", ErrForm},
		"null":                  {"null", ErrForm},
		"format 2":              {strings.Replace(file, formatReceipt, "posad-receipt/2", 1), ErrForm},
		"white space is no sin": {"\ufeff" + strings.ReplaceAll(file, "\n", "\r\n  "), nil},
	} {
		if c.file == file {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := Verify([]byte(c.file), keys); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoByteCanBeChanged(t *testing.T) {
	t.Parallel()
	j, s := city("one")
	file, keys := receiptOf(t, j, sample()), keysOf(t, s)
	rapid.Check(t, func(t *rapid.T) {
		changed := bytes.Clone(file)
		at := rapid.IntRange(0, len(file)-1).Draw(t, "at")
		changed[at] = rapid.Byte().Draw(t, "byte")
		if bytes.ContainsRune([]byte(" \t\r\n"), rune(changed[at])) && bytes.ContainsRune([]byte(" \t\r\n"), rune(file[at])) {
			return
		}
		if _, err := Verify(changed, keys); (err == nil) != bytes.Equal(changed, file) {
			t.Fatalf("byte %d, %q to %q: %v", at, file[at], changed[at], err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	j, s := city("one")
	keys := keysOf(f, s)
	f.Add(receiptOf(f, j, sample()))
	f.Add([]byte(`{"format":"posad-receipt/1","keys":{}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		report, err := Verify(file, keys)
		if err == nil && report.Statement.Leaf != sample().Leaf {
			t.Errorf("%+v was never promised", report.Statement)
		}
	})
}
