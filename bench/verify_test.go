package bench

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"posad.city/kit/asic"
	"posad.city/kit/authority"
	"posad.city/kit/authority/authoritytest"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/credential"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/pdf"
	"posad.city/kit/pdf/sign"
	"posad.city/kit/proof"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// checked is what was measured of one file that a city gives.
type checked struct {
	File    string
	Bytes   int
	Inside  quantiles // the check alone, in a process that runs
	Command quantiles // posad verify FILE: a process from its start to its end, nothing else on
	Peer    string
	Other   quantiles // the peer's process
	Load    string
}

// paperFile is a file with what its checker needs to know.
type paperFile struct {
	name  string
	body  []byte
	means map[string][]byte // files for posad verify, by its flags' names
	peer  []string          // command; empty: openssl checks one signature of the same kind over the whole file
	curve bool              // whether that is P-256
}

// BenchmarkVerify: how long posad verify takes with a receipt, a result as PDF, as a credential, and as a message of the
// exchange in its container. The peers: pdfsig checks the same PDF; for the others openssl checks one signature of the same
// kind over the same bytes, and knows nothing of trees, certificates, salts or times.
func BenchmarkVerify(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "posad")
	if made, err := exec.Command("go", "build", "-o", binary, "../cmd/posad").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, made)
	}
	var all []checked
	for _, f := range papersOfCity(b) {
		b.Run(f.name, func(b *testing.B) { all = append(all, f.measure(b, binary)) })
	}
	keep(b, "verify", all)
}

const verifyTimes = 100

func (f paperFile) measure(b *testing.B, binary string) checked {
	b.Helper()
	dir := b.TempDir()
	put := func(name string, body []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
	path := put(f.name, f.body)
	args := []string{"verify"}
	means := proof.Means{Now: time.Now()}
	for flag, body := range f.means {
		if err := means.Add(body); err != nil {
			b.Fatal(err)
		}
		args = append(args, "--"+flag, put(flag, body))
	}
	args = append(args, path)
	peer := f.peer
	if len(peer) == 0 {
		peer = opensslPeer(b, put, f.body, path, f.curve)
	} else {
		peer = append(peer, path)
	}
	ran := func(command ...string) func(int64) error {
		return func(int64) error { return run1(command...) }
	}
	out := checked{File: f.name, Bytes: len(f.body), Peer: peer[0]}
	out.Inside = timed(b, "inside", 200, func(int64) error { return f.check(means) })
	out.Command = timed(b, "posad verify", verifyTimes, ran(append([]string{binary}, args...)...))
	out.Other = timed(b, peer[0], verifyTimes, ran(peer...))
	out.Load = loadNow()
	b.ReportMetric(out.Inside.P50, "inside-ms")
	b.ReportMetric(out.Command.P50, "posad-ms")
	b.ReportMetric(out.Other.P50, "peer-ms")
	return out
}

func (f paperFile) check(means proof.Means) error {
	verdict, err := proof.Check(f.body, means)
	if err == nil && verdict.Kind == proof.Receipt { // of which that only tells that it is one
		_, err = journal.Verify(f.body, means.Keys...)
	}
	return err
}

// run1 runs a command that must succeed.
func run1(command ...string) error {
	c := exec.Command(command[0], command[1:]...)
	var said bytes.Buffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Run(); err != nil {
		return &failedCommand{err, said.String()}
	}
	return nil
}

type failedCommand struct {
	err  error
	said string
}

func (f *failedCommand) Error() string { return f.err.Error() + ": " + f.said }

// opensslPeer signs the file and says how openssl checks that.
func opensslPeer(b *testing.B, put func(string, []byte) string, body []byte, path string, curve bool) []string {
	b.Helper()
	public := func(key any) string {
		der, err := x509.MarshalPKIXPublicKey(key)
		if err != nil {
			b.Fatal(err)
		}
		return put("peer.pem", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	}
	if !curve {
		pub, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		return []string{"openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", public(pub), "-sigfile", put("peer.sig", ed25519.Sign(key, body)), "-in", path}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(body)
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		b.Fatal(err)
	}
	return []string{"openssl", "dgst", "-sha256", "-verify", public(&key.PublicKey), "-signature", put("peer.sig", signature), path}
}

const (
	benchSite = "https://kitezh.example"
	benchList = benchSite + "/credentials/status/1"
)

// papersOfCity makes one file of each kind, with keys of a city of its own.
func papersOfCity(b *testing.B) []paperFile {
	b.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	keys := authoritytest.New(now.Add(-time.Hour))
	for _, p := range []vault.Purpose{vault.Seals, vault.Journal} {
		seed := sha256.Sum256([]byte("bench " + string(p)))
		public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
		keys[p] = []vault.Secret{{Purpose: p, Number: 1, Starts: now.Add(-time.Hour), Bytes: seed[:], Public: public}}
	}
	at := clock.At(now)
	city := authority.New(authority.Name{City: "Китеж"}, keys, at)
	s, issuer := seal.New(benchSite, keys, at), credential.New(benchSite, keys, city, at)
	need := func(body []byte, err error) []byte {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
		return body
	}
	set, err := s.Keys()
	known := need(set.File())
	issuers, errIssuer := issuer.Keys()
	if err != nil || errIssuer != nil {
		b.Fatal(err, errIssuer)
	}
	roots, metadata := need(city.PEM()), need(issuers.Metadata())
	text, err := issuer.Issue(credential.Credential{
		Type: benchSite + "/credentials/parking-permit", Expires: now.AddDate(1, 0, 0), Status: &credential.Place{Index: 77, List: benchList},
		Open: []credential.Claim{{Name: "number", Value: "1234567890"}}, Hidden: []credential.Claim{{Name: "plate", Value: "А417МО177"}},
	})
	wallet := need([]byte(text), err)
	text, err = issuer.Status(benchList, credential.List{Secret: bytes.Repeat([]byte{1}, 32), Opened: now}, nil, time.Hour)
	status := need([]byte(text), err)
	return []paperFile{
		{name: "receipt.posad.json", body: receiptFile(b)},
		{name: "result.pdf", body: resultFile(b, s, city, now), means: map[string][]byte{"keys": known, "roots": roots}, peer: []string{"pdfsig"}},
		{name: "credential.sd-jwt", body: wallet, means: map[string][]byte{"keys": metadata, "status": status}, curve: true},
		{name: "message.asice", body: messageFile(b, city, now), means: map[string][]byte{"roots": roots}, curve: true},
	}
}

// receiptFile is a receipt out of a log of a thousand entries, with its proof.
func receiptFile(b *testing.B) []byte {
	b.Helper()
	p := newLog(b, store.Options{Dir: b.TempDir()})
	e := p.enter(b, 0, 1000)[500]
	if err := p.log.Round(b.Context()); err != nil {
		b.Fatal(err)
	}
	index, err := p.log.Find(context.Background(), e.Leaf)
	if err != nil {
		b.Fatal(err)
	}
	e.Position = index
	file, err := p.journal.Receipt(context.Background(), e)
	if err != nil {
		b.Fatal(err)
	}
	return file
}

func resultFile(b *testing.B, s *seal.Seal, city *authority.Authority, now time.Time) []byte {
	b.Helper()
	text := func(ru, en string) map[string]any { return map[string]any{"ru": ru, "en": en} }
	day := calendar.DateOf(now, time.UTC)
	statement := map[string]any{
		"format": "posad-document/1", "id": "0190a5d0-0000-7000-8000-0000000000aa", "number": "1234567890", "issued": day.String(), "from": day.String(), "until": "2099-11-20",
		"office": text("Управление транспорта", "Transport office"), "signer": text("", ""), "title": text("Разрешение на парковку", "Parking permit"),
		"facts": []any{map[string]any{"key": "plate", "label": text("Номер машины", "Plate"), "value": text("А417МО177", "А417МО177")}}, "salt": "00",
	}
	said, err := seal.Canonical(statement)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256(said)
	token, err := s.Token(seal.Token{
		Kind: "parking-permit", Number: "1234567890", Document: id.MustParse("0190a5d0-0000-7000-8000-0000000000aa"), Issued: day, Until: calendar.MustDate("2099-11-20"),
		Digest: [16]byte(sum[:16]), Claims: []seal.Claim{{Name: "plate", Value: "А417МО177"}},
	})
	if err != nil {
		b.Fatal(err)
	}
	attached, err := seal.Canonical(map[string]any{"statement": statement, "token": token})
	if err != nil {
		b.Fatal(err)
	}
	file, err := pdf.Render(pdf.Document{
		Lang: "ru", City: "Китеж", Title: "Разрешение", Made: now, Signing: &pdf.Signing{Name: "Китеж", Reason: "Разрешение", At: now},
		Attachments: []pdf.Attachment{{Name: "posad-document.json", Type: "application/json", Body: attached}},
	})
	if err != nil {
		b.Fatal(err)
	}
	by, err := city.Signer(vault.Papers)
	if err == nil {
		file, err = sign.Sign(file, by)
	}
	if err != nil {
		b.Fatal(err)
	}
	return file
}

// messageFile is one of a batch of 512.
func messageFile(b *testing.B, city *authority.Authority, now time.Time) []byte {
	b.Helper()
	by, err := city.Signer(vault.Exchange)
	if err != nil {
		b.Fatal(err)
	}
	parts := []asic.Part{
		{Name: asic.PartName(0), Content: []byte("200\r\nOK\r\nx-road-id:1\r\n")}, {Name: asic.PartName(1), Content: []byte(`{"registered":true}`)},
		{Name: asic.PartName(2), Content: []byte("salt")},
	}
	leaf, err := asic.Leaf(asic.DigestsOf(parts))
	if err != nil {
		b.Fatal(err)
	}
	leaves := make([]asic.Digest, 512)
	leaves[300] = leaf
	tree, err := asic.NewTree(leaves)
	if err != nil {
		b.Fatal(err)
	}
	signatures, err := asic.Sign(asic.Signer{Key: by.Key, Leaf: by.Leaf, Issued: []*x509.Certificate{by.Root}}, tree, now)
	if err != nil {
		b.Fatal(err)
	}
	chain, err := tree.Chain(300, asic.DigestsOf(parts))
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	if err := asic.Write(&out, asic.Message{Parts: parts, ChainResult: tree.ChainResult(), Chain: chain, Signatures: signatures, At: now}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
