package sign

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/clock"
	"posad.city/kit/pdf"
	"posad.city/kit/vault"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func paper(t testing.TB, title string) []byte {
	t.Helper()
	out, err := pdf.Render(pdf.Document{
		Lang: "ru", City: "Китеж", Title: title, Made: start, Facts: []pdf.Fact{{Label: "Кому", Value: "Соколова Анна"}},
		Signing:     &pdf.Signing{Name: "Китеж", Reason: "Документ города", At: start},
		Attachments: []pdf.Attachment{{Name: "statement.json", Type: "application/json", Body: []byte(`{"/ByteRange [0 ":1}`)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type city struct {
	keys  authoritytest.Keys
	clock *clock.Fixed
	*authority.Authority
}

func newCity() city {
	c := clock.At(start.Add(time.Hour))
	keys := authoritytest.New(start)
	return city{keys, c, authority.New(authority.Name{City: "Китеж", Country: "RU"}, keys, c)}
}

func (c city) sign(t testing.TB, title string) []byte {
	t.Helper()
	by, err := c.Signer(vault.Papers)
	if err != nil {
		t.Fatal(err)
	}
	out, err := Sign(paper(t, title), by)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c city) roots(t testing.TB) []*x509.Certificate {
	t.Helper()
	out, err := c.Roots()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tool runs a program that nobody here wrote, or skips the test where it is not installed.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil && name != "pdfsig" {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// trusting makes a certificate store that trusts the newest root alone.
func trusting(t *testing.T, roots []*x509.Certificate) string {
	t.Helper()
	dir := t.TempDir()
	tool(t, "certutil", "-N", "-d", "sql:"+dir, "--empty-password")
	for i, root := range roots {
		name := filepath.Join(dir, "root.pem")
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		trust := ",,"
		if i == 0 {
			trust = "CT,C,C"
		}
		tool(t, "certutil", "-A", "-d", "sql:"+dir, "-n", root.Subject.CommonName, "-t", trust, "-i", name)
	}
	return dir
}

// pdfsig says what Poppler, on the library NSS, makes of a file.
func pdfsig(t *testing.T, file []byte, store string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return tool(t, "pdfsig", "-nssdir", "sql:"+store, name)
}

func says(t *testing.T, out string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

func TestAReaderOfPDFCallsItValid(t *testing.T) {
	t.Parallel()
	c := newCity()
	file := c.sign(t, "Разрешение")
	known, unknown := trusting(t, c.roots(t)), trusting(t, nil)
	says(t, pdfsig(t, file, known), "Signature is Valid", "Certificate is Trusted", "Total document signed", "ETSI.CAdES.detached", "SHA-256")
	says(t, pdfsig(t, file, unknown), "Signature is Valid", "Certificate issuer isn't Trusted")
	flipped := bytes.Clone(file)
	flipped[len(flipped)/4] ^= 1
	says(t, pdfsig(t, flipped, known), "Digest Mismatch")
}

func TestTheFileStaysWhole(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "paper.pdf")
	if err := os.WriteFile(name, newCity().sign(t, "x"), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, tool(t, "qpdf", "--check", name), "No syntax or stream encoding errors")
}

func TestTheSameFileAndKeyGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	c := newCity()
	again := city{c.keys, c.clock, authority.New(authority.Name{City: "Китеж", Country: "RU"}, c.keys, c.clock)}
	if !bytes.Equal(c.sign(t, "x"), again.sign(t, "x")) {
		t.Error("another node signs otherwise")
	}
}

// Keys of papers and of the authority change; what was signed before stays valid for whoever trusts the newest root.
func TestOldPapersStayValid(t *testing.T) {
	t.Parallel()
	c := newCity()
	files := map[string][]byte{"first": c.sign(t, "first")}
	c.keys.Rotate(vault.Papers, start.Add(time.Hour))
	c.keys.Retire(vault.Papers, 1, start.Add(2*time.Hour))
	files["second"] = c.sign(t, "second")
	c.keys.Rotate(vault.Authority, start.Add(time.Hour))
	files["third"] = c.sign(t, "third")
	before := c.roots(t)
	c.keys.Retire(vault.Authority, 1, start.Add(2*time.Hour))
	after := c.roots(t)
	if len(before) != 2 || len(after) != 2 || bytes.Equal(before[1].Raw, after[1].Raw) {
		t.Fatalf("%d roots before, %d after", len(before), len(after))
	}
	store := trusting(t, after)
	for name, file := range files {
		for _, roots := range [][]*x509.Certificate{before, after} {
			if _, err := Verify(file, roots, c.clock.Now()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		says(t, pdfsig(t, file, store), "Signature is Valid", "Certificate is Trusted")
	}
	if _, err := Verify(files["first"], newStranger(t), c.clock.Now()); !errors.Is(err, ErrStranger) {
		t.Errorf("another city's root: %v", err)
	}
	if _, err := Verify(files["first"], after, start.AddDate(100, 0, 0)); !errors.Is(err, ErrStranger) {
		t.Errorf("after the certificate's end: %v", err)
	}
}

func newStranger(t *testing.T) []*x509.Certificate {
	t.Helper()
	c := newCity()
	c.keys.Rotate(vault.Authority, start)
	c.keys.Drop(vault.Authority, 1)
	return c.roots(t)
}

func TestNoOtherFileIsTaken(t *testing.T) {
	t.Parallel()
	c := newCity()
	file, roots := c.sign(t, "x"), c.roots(t)
	if _, err := Verify(file, roots, c.clock.Now()); err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(file); at += 7 {
		bad := bytes.Clone(file)
		bad[at] ^= 0x20
		if _, err := Verify(bad, roots, c.clock.Now()); err == nil {
			t.Fatalf("the byte at %d was changed, and nothing said", at)
		}
	}
	for name, bad := range map[string][]byte{"longer": append(bytes.Clone(file), '\n'), "shorter": file[:len(file)-1], "empty": nil, "unsigned": paper(t, "x")} {
		if _, err := Verify(bad, roots, c.clock.Now()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := Sign([]byte("%PDF-1.7"), authority.Signer{}); !errors.Is(err, ErrPlace) {
		t.Errorf("no place: %v", err)
	}
	by, err := c.Signer(vault.Papers)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(file, by); !errors.Is(err, ErrPlace) {
		t.Errorf("signed twice: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	c := newCity()
	file, roots := c.sign(f, "x"), c.roots(f)
	f.Add(file)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Verify(data, roots, start); err == nil && !bytes.Equal(data, file) {
			t.Error("another file is taken")
		}
	})
}

func FuzzOpenStatement(f *testing.F) {
	c := newCity()
	by, err := c.Signer(vault.Papers)
	if err != nil {
		f.Fatal(err)
	}
	digest := make([]byte, 32)
	good, err := statement(digest, by)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = openStatement(data, digest) }) // it must come back
}

func BenchmarkSign(b *testing.B) {
	c := newCity()
	file := paper(b, "x")
	by, err := c.Signer(vault.Papers)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Sign(file, by); err != nil {
			b.Fatal(err)
		}
	}
}
