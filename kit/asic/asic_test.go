package asic

import (
	"archive/zip"
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var signedAt = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// signer is a city's, the same for the same seed: a root of Ed25519 that has issued a certificate of P-256. A fuzzed test
// runs in many processes, which must agree.
func signer(t testing.TB, seed byte) (Signer, *x509.CertPool) {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	public := private.Public()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		t.Fatal(err)
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Kitezh root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: signedAt.Add(-time.Hour), NotAfter: signedAt.Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Kitezh exchange", Organization: []string{`Kitezh, "the city"`}},
		NotBefore: signedAt.Add(-time.Hour), NotAfter: signedAt.Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	issued := certificate(t, root, root, public, private)
	pool := x509.NewCertPool()
	pool.AddCert(issued)
	return Signer{Key: key, Leaf: certificate(t, leaf, root, key.Public(), private), Issued: []*x509.Certificate{issued}}, pool
}

func certificate(t testing.TB, what, by *x509.Certificate, public, private any) *x509.Certificate {
	t.Helper()
	raw, err := x509.CreateCertificate(rand.Reader, what, by, public, private)
	if err != nil {
		t.Fatal(err)
	}
	out, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func parts(i int) []Part {
	return []Part{
		{NameMessage, fmt.Appendf(nil, "GET\r\n/r1/KTZ/GOV/1/residence/ask\r\nx-road-id:%d\r\n", i)},
		{PartName(1), []byte(`{"registered":true,"address":"lesnaya:4/12"}`)},
		{PartName(2), fmt.Appendf(nil, "salt %d", i)},
	}
}

// batch signs n messages and returns the container of one.
func batch(t testing.TB, s Signer, n, one int) []byte {
	t.Helper()
	leaves := make([]Digest, 0, n)
	for i := range n {
		leaf, err := Leaf(DigestsOf(parts(i)))
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leaf)
	}
	tree, err := NewTree(leaves)
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := Sign(s, tree, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	chain, err := tree.Chain(one, DigestsOf(parts(one)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, Message{Parts: parts(one), ChainResult: tree.ChainResult(), Chain: chain, Signatures: signatures, At: signedAt}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestEachMessageOfABatchVerifies(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	for _, n := range []int{1, 2, 3, 5, 8, 33} {
		for one := range n {
			got, err := Verify(batch(t, s, n, one), TrustRoots(pool))
			if err != nil {
				t.Fatalf("message %d of %d: %v", one, n, err)
			}
			if diff := cmp.Diff(parts(one), got.Parts); diff != "" {
				t.Errorf("message %d of %d: %s", one, n, diff)
			}
			if !got.Signed.Equal(signedAt) || !got.Certificate.Equal(s.Leaf) {
				t.Errorf("signed %v by %v", got.Signed, got.Certificate.Subject)
			}
		}
	}
}

func TestAContainerIsKnownByItsFirstBytes(t *testing.T) {
	t.Parallel()
	s, _ := signer(t, 1)
	data := batch(t, s, 2, 0)
	if got := string(data[30 : 30+8+len(MimeType)]); got != "mimetype"+MimeType {
		t.Errorf("begins with %q", got)
	}
}

// TestAnyFlippedBitIsFound flips bits all over the message, the chain and the signature.
func TestAnyFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	good, err := read(batch(t, s, 5, 3))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []struct {
		name  string
		bytes []byte
	}{
		{"message", good.Parts[0].Content}, {"body", good.Parts[1].Content}, {"salt", good.Parts[2].Content},
		{"result", good.ChainResult}, {"chain", good.Chain}, {"signatures", good.Signatures},
	} {
		for i := 0; i < len(part.bytes); i += 1 + len(part.bytes)/300 {
			part.bytes[i] ^= 1
			if got, err := Verify(packed(t, good), TrustRoots(pool)); err == nil && !harmless(part.name, got, parts(3)) {
				t.Errorf("%s: byte %d of %d: verified: %.60q", part.name, i, len(part.bytes), part.bytes[max(i-30, 0):])
			}
			part.bytes[i] ^= 1
		}
	}
}

// harmless tells of files whose layout nobody signs: the message and who signed it stay the same.
func harmless(name string, got *Verified, want []Part) bool {
	return (name == "chain" || name == "signatures") && cmp.Equal(got.Parts, want) && got.Signed.Equal(signedAt)
}

func packed(t testing.TB, m Message) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	stranger, _ := signer(t, 2)
	whole := func() Message {
		m, err := read(batch(t, s, 4, 1))
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	swap := func(old, new string) func(*Message) {
		return func(m *Message) { m.Signatures = bytes.Replace(m.Signatures, []byte(old), []byte(new), 1) }
	}
	for name, c := range map[string]struct {
		change func(*Message)
		want   error
	}{
		"another message of the batch": {func(m *Message) { m.Parts = parts(2) }, ErrDigest},
		"a part more":                  {func(m *Message) { m.Parts = append(m.Parts, Part{PartName(3), []byte("x")}) }, ErrChain},
		"a part less":                  {func(m *Message) { m.Parts = m.Parts[:2] }, ErrChain},
		"parts in another order": {func(m *Message) {
			m.Parts[1].Content, m.Parts[2].Content = m.Parts[2].Content, m.Parts[1].Content
		}, ErrDigest},
		"no signature":         {func(m *Message) { m.Signatures = []byte("<a/>") }, ErrSignature},
		"another signature":    {func(m *Message) { o, _ := read(batch(t, stranger, 4, 1)); m.Signatures = o.Signatures }, ErrUntrusted},
		"a document type":      {swap("<asic:", "<!DOCTYPE a><asic:"), ErrContainer},
		"two signatures":       {swap("<ds:Signature ", `<ds:Signature Id="other"/><ds:Signature `), ErrSignature},
		"an id twice":          {swap("<ds:Object>", `<ds:Object Id="signed-properties">`), ErrContainer},
		"a weak method":        {swap("xmlenc#sha512", "xmldsig#sha1"), ErrSignature},
		"no canonical form":    {swap("xml-exc-c14n#", "xml-none#"), ErrSignature},
		"a step that is gone":  {func(m *Message) { m.Chain = bytes.Replace(m.Chain, []byte(`id="STEP1"`), []byte(`id="STEP9"`), 1) }, ErrChain},
		"a circle":             {func(m *Message) { m.Chain = bytes.Replace(m.Chain, []byte(`"#STEP1"`), []byte(`"#STEP0"`), 1) }, ErrChain},
		"a chain of the other": {func(m *Message) { o, _ := read(batch(t, s, 4, 2)); m.Chain = o.Chain }, ErrDigest},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := whole()
			c.change(&m)
			if _, err := Verify(packed(t, m), TrustRoots(pool)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	late := func(*x509.Certificate, []*x509.Certificate, time.Time) error { return ErrUntrusted }
	if _, err := Verify(packed(t, whole()), late); !errors.Is(err, ErrUntrusted) {
		t.Errorf("an untrusted signer: %v", err)
	}
}

// TestTwoMessagesAreNotOne shows two messages of a batch as parts of one.
func TestTwoMessagesAreNotOne(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	first, second := []Part{{NameMessage, []byte("first")}}, []Part{{NameMessage, []byte("second")}}
	one, _ := Leaf(DigestsOf(first))
	two, _ := Leaf(DigestsOf(second))
	tree, err := NewTree([]Digest{one, two})
	if err != nil {
		t.Fatal(err)
	}
	signatures, err := Sign(s, tree, signedAt)
	if err != nil {
		t.Fatal(err)
	}
	both := []PartDigest{{NameMessage, Sum(first[0].Content)}, {PartName(1), Sum(second[0].Content)}}
	chain := xmlHead + `<hc:HashChain xmlns:hc="` + spaceChain + `" xmlns:ds="` + spaceDS + `"><hc:DefaultDigestMethod Algorithm="` + methodSHA512 + `"/>` +
		`<hc:HashStep id="STEP0"><hc:StepRef URI="#STEP1"/><hc:StepRef URI="#STEP2"/></hc:HashStep>` +
		`<hc:HashStep id="STEP1">` + dataRef(both[0]) + `</hc:HashStep><hc:HashStep id="STEP2">` + dataRef(both[1]) + `</hc:HashStep></hc:HashChain>`
	forged := Message{
		Parts: []Part{first[0], {PartName(1), second[0].Content}}, ChainResult: tree.ChainResult(), Chain: []byte(chain), Signatures: signatures,
	}
	if _, err := Verify(packed(t, forged), TrustRoots(pool)); !errors.Is(err, ErrChain) {
		t.Errorf("two messages as one: %v", err)
	}
}

// TestNoPartIsHiddenBehindItsHash shows a signed message with one of its parts as a bare hash: the end of it left out, or the
// body in the place of the head.
func TestNoPartIsHiddenBehindItsHash(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	good, err := read(batch(t, s, 4, 1))
	if err != nil {
		t.Fatal(err)
	}
	all, digests := parts(1), DigestsOf(parts(1))
	hidden := func(i int) string { return `<hc:HashValue>` + digestValue(digests[i].Digest) + `</hc:HashValue>` }
	shown := func(place, i int) string { return dataRef(PartDigest{PartName(place), digests[i].Digest}) }
	refs := shown(0, 0) + shown(1, 1) + shown(2, 2)
	for name, c := range map[string]struct {
		parts []Part
		refs  string
	}{
		"without its salt":                  {all[:2], shown(0, 0) + shown(1, 1) + hidden(2)},
		"its body as its head":              {[]Part{{PartName(0), all[1].Content}}, hidden(0) + shown(0, 1) + hidden(2)},
		"its salt as its body":              {[]Part{all[0], {PartName(1), all[2].Content}}, shown(0, 0) + hidden(1) + shown(1, 2)},
		"its body in a step of its own too": {all[:2], shown(0, 0) + shown(1, 1) + `<hc:StepRef URI="#STEP9"/>`},
	} {
		forged := good
		forged.Parts, forged.Chain = c.parts, bytes.Replace(good.Chain, []byte(refs), []byte(c.refs), 1)
		if bytes.Equal(forged.Chain, good.Chain) {
			t.Fatal("the chain has another form")
		}
		if got, err := Verify(packed(t, forged), TrustRoots(pool)); !errors.Is(err, ErrChain) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestAStepIsNoMessage shows a node of the tree as a message: its parts would be the lists whose hashes stand below it.
func TestAStepIsNoMessage(t *testing.T) {
	t.Parallel()
	s, pool := signer(t, 1)
	good, err := read(batch(t, s, 2, 1))
	if err != nil {
		t.Fatal(err)
	}
	forged := good
	forged.Parts = nil
	var refs strings.Builder
	for i := range 2 {
		var items []single
		for _, d := range DigestsOf(parts(i)) {
			items = append(items, single{Digest: d.Digest[:], Method: methodSHA512})
		}
		list, err := stepList(items)
		if err != nil {
			t.Fatal(err)
		}
		forged.Parts = append(forged.Parts, Part{PartName(i), list})
		refs.WriteString(dataRef(PartDigest{PartName(i), Sum(list)}))
	}
	forged.Chain = []byte(xmlHead + `<hc:HashChain xmlns:hc="` + spaceChain + `" xmlns:ds="` + spaceDS + `"><hc:DefaultDigestMethod Algorithm="` + methodSHA512 + `"/>` +
		`<hc:HashStep id="STEP0">` + refs.String() + `</hc:HashStep></hc:HashChain>`)
	if got, err := Verify(packed(t, forged), TrustRoots(pool)); !errors.Is(err, ErrChain) {
		t.Errorf("a node as a message: %+v, %v", got, err)
	}
}

func TestStepIsTheListOfTheSpecification(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		var digests []Digest
		var items []single
		for range n {
			d := Sum(rapid.SliceOf(rapid.Byte()).Draw(t, "content"))
			digests, items = append(digests, d), append(items, single{Digest: d[:], Method: methodSHA512})
		}
		list, err := stepList(items)
		if err != nil {
			t.Fatal(err)
		}
		if stepOf(digests) != Sum(list) {
			t.Fatalf("a step of %d differs", n)
		}
	})
}

func TestSignIsWithoutChance(t *testing.T) {
	t.Parallel()
	s, _ := signer(t, 1)
	if !bytes.Equal(batch(t, s, 3, 1), batch(t, s, 3, 1)) {
		t.Error("the same batch gave another container")
	}
}

// TestIndependentVerifier has xmlsec1 verify the signature, and flips a bit.
func TestIndependentVerifier(t *testing.T) {
	t.Parallel()
	tool, err := exec.LookPath("xmlsec1")
	if err != nil {
		t.Skip("xmlsec1 is not installed (apt-get install xmlsec1)")
	}
	s, _ := signer(t, 1)
	dir := unpacked(t, batch(t, s, 7, 4))
	verify := func() (string, error) {
		result := filepath.Join(dir, nameChainResult)
		out, err := exec.CommandContext(t.Context(), tool, "--verify", "--insecure", "--id-attr:Id", "SignedProperties",
			"--url-map:/"+nameChainResult, result, filepath.Join(dir, nameSignatures)).CombinedOutput()
		return string(out), err
	}
	if out, err := verify(); err != nil || !strings.Contains(out, "SignedInfo References (ok/all): 2/2") {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{nameChainResult, nameSignatures} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, place := range []string{"DigestValue>", "SigningTime>"} {
			at := bytes.Index(good, []byte(place))
			if at < 0 {
				continue
			}
			bad := bytes.Clone(good)
			bad[at+len(place)+3] ^= 1
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := verify(); err == nil {
				t.Errorf("a flipped bit after %s of %s verified: %s", place, name, out)
			}
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func unpacked(t *testing.T, data []byte) string {
	t.Helper()
	dir := t.TempDir()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "META-INF"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, f.Name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// FuzzVerify looks for containers that break the verifier, or that verify with another message.
func FuzzVerify(f *testing.F) {
	s, pool := signer(f, 1)
	good, err := read(batch(f, s, 3, 1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Signatures, good.ChainResult, good.Chain, good.Parts[0].Content)
	f.Add([]byte("<a/>"), []byte("<a/>"), []byte("<a/>"), []byte("a"))
	f.Fuzz(func(t *testing.T, signatures, result, chain, head []byte) {
		m := Message{Parts: []Part{{NameMessage, head}, good.Parts[1], good.Parts[2]}, Signatures: signatures, ChainResult: result, Chain: chain}
		got, err := Verify(packed(t, m), TrustRoots(pool))
		if err == nil && !cmp.Equal(got.Parts, good.Parts) {
			t.Errorf("another message verified: %q", got.Parts)
		}
	})
}

// FuzzRead gives the verifier any bytes.
func FuzzRead(f *testing.F) {
	s, pool := signer(f, 1)
	f.Add(batch(f, s, 2, 1))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := Verify(data, TrustRoots(pool)); err == nil && !cmp.Equal(got.Parts, parts(1)) {
			t.Errorf("another message verified: %q", got.Parts)
		}
	})
}

func BenchmarkBatchOfThousand(b *testing.B) {
	s, _ := signer(b, 1)
	for b.Loop() {
		batch(b, s, 1000, 500)
	}
}
