package tlog

import (
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"
)

func witnessOf(name string, seed byte) (Witness, ed25519.PrivateKey) {
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), 32)))
	return Witness{name, key.Public().(ed25519.PublicKey)}, key
}

// signedBy is a checkpoint signed by a log of the tests.
func signedBy(t testing.TB, seed byte, c Checkpoint) (string, ed25519.PublicKey) {
	t.Helper()
	w, key := witnessOf("log", seed)
	signed, err := Signed(c, []Signature{{w.Public, ed25519.Sign(key, []byte(c.Text()))}})
	if err != nil {
		t.Fatal(err)
	}
	return signed, w.Public
}

var moment = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// TestAnotherHouseReadsCosignatures: a library that shares no code with ours accepts our cosigned checkpoints, and we
// accept what it signs.
func TestAnotherHouseReadsCosignatures(t *testing.T) {
	t.Parallel()
	c := Checkpoint{"kitezh.example/log", 17, Hash{1, 2}}
	signed, public := signedBy(t, 'l', c)
	w, key := witnessOf("university.example/witness", 'w')
	ours, err := Cosign(w.Name, key, c.Text(), moment)
	if err != nil {
		t.Fatal(err)
	}
	logKey, err := VerifierKey(c.Origin, public)
	if err != nil {
		t.Fatal(err)
	}
	logVerifier, err := note.NewVerifier(logKey)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := fnote.NewVerifierForCosignatureV1(w.Key())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open([]byte(WithCosignatures(signed, []Cosignature{ours})), note.VerifierList(logVerifier, theirs))
	if err != nil || len(opened.Sigs) != 2 {
		t.Fatalf("%+v, %v", opened, err)
	}
	if at, err := fnote.CoSigV1Timestamp(opened.Sigs[1]); err != nil || !at.Equal(moment) {
		t.Errorf("%v, %v", at, err)
	}

	skey, vkey, err := note.GenerateKey(nil, "newspaper.example")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	opened.UnverifiedSigs = nil
	again, err := note.Sign(opened, signer)
	if err != nil {
		t.Fatal(err)
	}
	cosigner, err := fnote.VKeyToCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{vkey, cosigner} {
		other, err := ParseWitness(text)
		if err != nil || other.Key() != cosigner {
			t.Fatalf("%s: %v", text, err)
		}
		list, err := Cosignatures(string(again), []Witness{other, w})
		if err != nil || len(list) != 2 || time.Since(list[0].At).Abs() > time.Hour || !list[1].At.Equal(moment) {
			t.Errorf("%+v, %v", list, err)
		}
	}
}

func TestOnlyAWitnesssOwnSignatureCounts(t *testing.T) {
	t.Parallel()
	c := Checkpoint{"kitezh.example/log", 17, Hash{1, 2}}
	signed, public := signedBy(t, 'l', c)
	w, key := witnessOf("w", 'w')
	sign := func(name string, key ed25519.PrivateKey, c Checkpoint, at time.Time) Cosignature {
		t.Helper()
		out, err := Cosign(name, key, c.Text(), at)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	_, stranger := witnessOf("w", 'x')
	older, newer := sign("w", key, c, moment), sign("w", key, c, moment.Add(time.Hour))
	cases := []struct {
		name string
		note string
		want int
	}{
		{"none", signed, 0},
		{"its own", signed + older.Line, 1},
		{"twice, the newer counts", signed + older.Line + newer.Line + older.Line, 1},
		{"another's under its name", signed + sign("w", stranger, c, moment).Line, 0},
		{"its key under another name", signed + sign("v", key, c, moment).Line, 0},
		{"over another size", signed + sign("w", key, Checkpoint{c.Origin, 18, c.Root}, moment).Line, 0},
		{"over another log", signed + sign("w", key, Checkpoint{"other", 17, c.Root}, moment).Line, 0},
	}
	for _, test := range cases {
		list, err := Cosignatures(test.note, []Witness{w, {"alias", w.Public}})
		if err != nil || len(list) != test.want {
			t.Errorf("%s: %+v, %v", test.name, list, err)
		}
		if len(list) == 1 && strings.Contains(test.note, newer.Line) && !list[0].At.Equal(newer.At) {
			t.Errorf("%s: %v", test.name, list[0].At)
		}
		if _, by, err := Open(test.note, []ed25519.PublicKey{public}); err != nil || len(by) != 1 {
			t.Errorf("%s: the log's own signature: %v, %v", test.name, by, err)
		}
	}
	for _, text := range []string{"", "w", "w+00000000+AA==", w.Key() + "A", strings.Replace(w.Key(), "w+", "v+", 1), "a b+12345678+AAAA"} {
		if _, err := ParseWitness(text); !errors.Is(err, ErrWitness) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func drawCheckpoint(t *rapid.T) string {
	c := Checkpoint{"kitezh.example/log", rapid.Int64Min(0).Draw(t, "size"), Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root"))}
	w, key := witnessOf("log", 'l')
	signed, err := Signed(c, []Signature{{w.Public, ed25519.Sign(key, []byte(c.Text()))}})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestARequestComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Request{Old: rapid.Int64Min(0).Draw(t, "old"), Checkpoint: drawCheckpoint(t)}
		for range rapid.IntRange(0, 63).Draw(t, "hashes") {
			r.Hashes = append(r.Hashes, Hash(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash")))
		}
		got, err := ParseRequest(r.Text())
		if err != nil || got.Text() != r.Text() {
			t.Fatal(err)
		}
	})
	r := Request{Checkpoint: "o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n\n"}
	if _, err := ParseRequest(r.Text()); err != nil {
		t.Errorf("another log's further line: %v", err)
	}
	for _, text := range []string{"", "old 5", "old -1\n\n" + r.Checkpoint, "old 05\n\n" + r.Checkpoint, "old 5\nx\n\n" + r.Checkpoint, "old 5\n\n\n" + r.Checkpoint, "old 5 \n\n" + r.Checkpoint} {
		if _, err := ParseRequest(text); !errors.Is(err, ErrForm) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	signed, _ := signedBy(f, 'l', Checkpoint{"kitezh.example/log", 17, Hash{1}})
	f.Add(Request{Old: 3, Hashes: []Hash{{1}, {2}}, Checkpoint: signed}.Text())
	f.Add("old 0\n\n" + signed)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRequest(text)
		if err == nil && r.Text() != text {
			t.Errorf("%q", text)
		}
	})
}

// FuzzCosignatures: whatever stands under a checkpoint, only the witness's own line counts, and it counts as it was.
func FuzzCosignatures(f *testing.F) {
	c := Checkpoint{"kitezh.example/log", 17, Hash{1}}
	signed, _ := signedBy(f, 'l', c)
	w, key := witnessOf("w", 'w')
	one, err := Cosign("w", key, c.Text(), moment)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(signed + one.Line)
	f.Add(one.Line)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := Cosignatures(text, []Witness{w})
		if err == nil && len(list) > 0 && (!strings.HasPrefix(text, c.Text()+"\n") || !strings.Contains(text, one.Line)) {
			t.Errorf("%q is signed by %+v", text, list)
		}
	})
}

func FuzzParseWitness(f *testing.F) {
	w, _ := witnessOf("university.example/witness", 'w')
	f.Add(w.Key())
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseWitness(text)
		if err != nil {
			return
		}
		if again, err := ParseWitness(got.Key()); err != nil || again.Name != got.Name || !again.Public.Equal(got.Public) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
