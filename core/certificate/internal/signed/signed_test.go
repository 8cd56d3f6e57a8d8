package signed_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"posad.city/core/certificate/internal/signed"
)

var content = []byte("Вход в город\nкод 1234\n")

// bench is a folder with a key and its own certificate, for the signer that nobody here wrote.
type bench struct{ dir string }

func newBench(t testing.TB, key crypto.Signer) bench {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not here")
	}
	b := bench{t.TempDir()}
	b.write(t, "key.pem", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))(t))
	b.write(t, "signer.pem", "CERTIFICATE", own(t, key).Raw)
	put(t, filepath.Join(b.dir, "content"), content)
	return b
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func put(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (b bench) write(t testing.TB, name, kind string, der []byte) {
	t.Helper()
	put(t, filepath.Join(b.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// sign has openssl sign the content.
func (b bench) sign(t testing.TB, args ...string) []byte {
	t.Helper()
	all := append([]string{"cms", "-sign", "-binary", "-in", "content", "-signer", "signer.pem", "-inkey", "key.pem", "-out", "out"}, args...)
	run := exec.CommandContext(t.Context(), "openssl", all...)
	run.Dir = b.dir
	if said, err := run.CombinedOutput(); err != nil {
		t.Fatalf("openssl %v: %v\n%s", all, err, said)
	}
	return must(os.ReadFile(filepath.Join(b.dir, "out")))(t)
}

func own(t testing.TB, key crypto.Signer) *x509.Certificate {
	t.Helper()
	form := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "Анна Смирнова"},
		SubjectKeyId: []byte{1, 2, 3}, NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der := must(x509.CreateCertificate(rand.Reader, form, form, key.Public(), key))(t)
	return must(x509.ParseCertificate(der))(t)
}

func rsaKey(t testing.TB, bits int) crypto.Signer { return must(rsa.GenerateKey(rand.Reader, bits))(t) }
func ecKey(t testing.TB, c elliptic.Curve) crypto.Signer {
	return must(ecdsa.GenerateKey(c, rand.Reader))(t)
}

func TestOpenSSLSigns(t *testing.T) {
	t.Parallel()
	keys := map[string]bench{
		"rsa": newBench(t, rsaKey(t, 2048)), "p256": newBench(t, ecKey(t, elliptic.P256())), "p384": newBench(t, ecKey(t, elliptic.P384())),
	}
	for name, test := range map[string]struct {
		key  string
		args []string
	}{
		"rsa, detached":       {"rsa", []string{"-outform", "DER"}},
		"rsa, inside":         {"rsa", []string{"-outform", "DER", "-nodetach"}},
		"rsa, pem":            {"rsa", []string{"-outform", "PEM"}},
		"rsa, stream":         {"rsa", []string{"-outform", "DER", "-stream", "-nodetach"}},
		"rsa, SHA-384":        {"rsa", []string{"-outform", "DER", "-md", "sha384"}},
		"rsa, PSS":            {"rsa", []string{"-outform", "DER", "-keyopt", "rsa_padding_mode:pss"}},
		"rsa, PSS, salt":      {"rsa", []string{"-outform", "DER", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1", "-md", "sha512"}},
		"ecdsa P-256":         {"p256", []string{"-outform", "DER"}},
		"ecdsa P-256, inside": {"p256", []string{"-outform", "PEM", "-nodetach"}},
		"ecdsa P-384":         {"p384", []string{"-outform", "DER", "-md", "sha384"}},
		"with CAdES":          {"p256", []string{"-outform", "DER", "-cades"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench{t.TempDir()}
			for _, file := range []string{"key.pem", "signer.pem", "content"} {
				put(t, filepath.Join(b.dir, file), must(os.ReadFile(filepath.Join(keys[test.key].dir, file)))(t))
			}
			file := b.sign(t, test.args...)
			got, err := signed.Read(file, content)
			if err != nil {
				t.Fatal(err)
			}
			if got.Signer.Subject.CommonName != "Анна Смирнова" || time.Since(got.At).Abs() > time.Hour {
				t.Errorf("signer %v at %v", got.Signer.Subject, got.At)
			}
			if _, err := signed.Read(file, append([]byte("other "), content...)); !errors.Is(err, signed.ErrContent) {
				t.Errorf("another text: %v", err)
			}
			if block, _ := pem.Decode(file); block == nil {
				bare := []byte(base64.StdEncoding.EncodeToString(file) + "\r\n")
				if _, err := signed.Read(bare, content); err != nil {
					t.Errorf("bare base64: %v", err)
				}
			}
		})
	}
}

func TestOpenSSLSignsBadly(t *testing.T) {
	t.Parallel()
	b := newBench(t, rsaKey(t, 2048))
	short := newBench(t, rsaKey(t, 1024))
	for name, test := range map[string]struct {
		file []byte
		want error
	}{
		"no attributes":        {b.sign(t, "-outform", "DER", "-noattr"), signed.ErrAttributes},
		"SHA-1":                {b.sign(t, "-outform", "DER", "-md", "sha1"), signed.ErrWeak},
		"no certificate":       {b.sign(t, "-outform", "DER", "-nocerts"), signed.ErrNoSigner},
		"signer by key's name": {b.sign(t, "-outform", "DER", "-keyid"), signed.ErrForm},
		"a short key":          {short.sign(t, "-outform", "DER"), signed.ErrWeak},
		"nothing":              {nil, signed.ErrForm},
		"the text itself":      {content, signed.ErrForm},
		"nesting":              {bytes.Repeat([]byte{0x30, 0x80}, 60_000), signed.ErrForm},
		"crowd":                {append([]byte{0x30, 0x80}, bytes.Repeat([]byte{0x05, 0x00}, 100_000)...), signed.ErrForm},
		"overlapping":          {[]byte{0x30, 0x06, 0x30, 0x02, 0x30, 0x02, 0x05, 0x00}, signed.ErrForm},
		"too large":            {append([]byte{0x30}, make([]byte, signed.Most)...), signed.ErrForm},
	} {
		if _, err := signed.Read(test.file, content); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

// TestEveryByteCounts changes each byte of a good signature: it must not pass for another person's or another time's.
func TestEveryByteCounts(t *testing.T) {
	t.Parallel()
	key := ecKey(t, elliptic.P256())
	good := cms{key: key, signer: own(t, key)}.make(t)
	want, err := signed.Read(good, content)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		for _, bit := range []byte{0x01, 0x80} {
			bad := bytes.Clone(good)
			bad[i] ^= bit
			got, err := signed.Read(bad, content)
			if err == nil && (!bytes.Equal(got.Signer.RawSubjectPublicKeyInfo, want.Signer.RawSubjectPublicKeyInfo) || !got.At.Equal(want.At)) {
				t.Fatalf("byte %d: another signature passes", i)
			}
		}
	}
}

func TestOwnSignatures(t *testing.T) {
	t.Parallel()
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	ec := ecKey(t, elliptic.P256())
	for name, test := range map[string]struct {
		cms  cms
		want error
	}{
		"Ed25519":                {cms{key: edKey}, nil},
		"Ed25519 with SHA-256":   {cms{key: edKey, digest: sha256Name}, signed.ErrUnsupported},
		"ECDSA":                  {cms{key: ec}, nil},
		"GOST digest":            {cms{key: ec, digestName: "1.2.643.7.1.1.2.2"}, signed.ErrGOST},
		"GOST signature":         {cms{key: ec, signatureName: "1.2.643.7.1.1.1.1"}, signed.ErrGOST},
		"RSA's name, EC's key":   {cms{key: ec, signatureName: "1.2.840.113549.1.1.1"}, signed.ErrUnsupported},
		"another's key":          {cms{key: ec, signer: own(t, ecKey(t, elliptic.P256()))}, signed.ErrWrong},
		"no signing time":        {cms{key: ec, without: 1}, signed.ErrAttributes},
		"no digest":              {cms{key: ec, without: 2}, signed.ErrAttributes},
		"no content type":        {cms{key: ec, without: 3}, signed.ErrAttributes},
		"signing time twice":     {cms{key: ec, twice: true}, signed.ErrAttributes},
		"another type inside":    {cms{key: ec, inside: "1.2.840.113549.1.9.16.1.4"}, signed.ErrAttributes},
		"two signers":            {cms{key: ec, signers: 2}, signed.ErrForm},
		"digest of another text": {cms{key: ec, content: []byte("другое")}, signed.ErrContent},
	} {
		if test.cms.signer == nil {
			test.cms.signer = own(t, test.cms.key)
		}
		if _, err := signed.Read(test.cms.make(t), content); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	ec := ecKey(f, elliptic.P256())
	_, ed, _ := ed25519.GenerateKey(rand.Reader)
	for _, key := range []crypto.Signer{ec, ed} {
		file := cms{key: key, signer: own(f, key)}.make(f)
		f.Add(file)
		f.Add(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: file}))
	}
	f.Add([]byte{0x30, 0x80, 0x06, 0x00, 0x00, 0x00})
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := signed.Read(file, content)
		if (err == nil) != (got.Signer != nil) {
			t.Fatalf("signer %v, error %v", got.Signer, err)
		}
	})
}
