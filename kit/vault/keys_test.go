package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"posad.city/kit/id"
)

var anna, boris = id.Derived("test", "anna"), id.Derived("test", "boris")

func keysFor(t testing.TB, holder id.ID, secret []byte) *Keys {
	t.Helper()
	k, err := newKeys(holder, secret)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOnlyTheRightPlaceOpens(t *testing.T) {
	t.Parallel()
	secret := newSecret()
	right, other, stranger := keysFor(t, anna, secret), keysFor(t, boris, secret), keysFor(t, anna, newSecret())
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		table, column := rapid.StringMatching(`[a-z_]{1,12}`).Draw(t, "table"), rapid.StringMatching(`[a-z_]{1,12}`).Draw(t, "column")
		sealed := right.Seal(table, column, plain)
		got, err := right.Open(table, column, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("opened to %q, %v", got, err)
		}
		for name, try := range map[string]func() ([]byte, error){
			"another holder": func() ([]byte, error) { return other.Open(table, column, sealed) },
			"another key":    func() ([]byte, error) { return stranger.Open(table, column, sealed) },
			"another table":  func() ([]byte, error) { return right.Open(table+"x", column, sealed) },
			"another column": func() ([]byte, error) { return right.Open(table, column+"x", sealed) },
			"shifted border": func() ([]byte, error) { return right.Open(table+column[:1], column[1:], sealed) },
		} {
			if got, err := try(); !errors.Is(err, ErrOpen) {
				t.Fatalf("%s opened it to %q: %v", name, got, err)
			}
		}
	})
}

func TestAFlippedBitOrACutNeverOpens(t *testing.T) {
	t.Parallel()
	k := keysFor(t, anna, newSecret())
	rapid.Check(t, func(t *rapid.T) {
		sealed := k.Seal("t", "c", rapid.SliceOf(rapid.Byte()).Draw(t, "plain"))
		flipped := bytes.Clone(sealed)
		at := rapid.IntRange(0, len(sealed)*8-1).Draw(t, "bit")
		flipped[at/8] ^= 1 << (at % 8)
		if _, err := k.Open("t", "c", flipped); !errors.Is(err, ErrOpen) {
			t.Fatalf("bit %d: %v", at, err)
		}
		cut := sealed[:rapid.IntRange(0, len(sealed)-1).Draw(t, "cut")]
		if _, err := k.Open("t", "c", cut); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut to %d: %v", len(cut), err)
		}
	})
}

func TestSealedHidesThePlaintextAndItself(t *testing.T) {
	t.Parallel()
	k := keysFor(t, anna, newSecret())
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.Byte(), 6, 200).Draw(t, "plain")
		one, two := k.Seal("t", "c", plain), k.Seal("t", "c", plain)
		if bytes.Contains(one, plain) {
			t.Fatal("the sealed value contains the plaintext")
		}
		if bytes.Equal(one, two) {
			t.Fatal("sealing twice gave the same bytes")
		}
	})
	sealed, keyed := Sealed("secret-bytes"), Keyed("secret-bytes")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "sealed", sealed, "keyed", keyed, "city", Secret{Bytes: []byte("secret-bytes")})
	shown := log.String() + fmt.Sprintf("%v %+v %#v %s %q", sealed, sealed, sealed, sealed, sealed) + fmt.Sprintf("%v %+v %#v %s %q", keyed, keyed, keyed, keyed, keyed)
	if strings.Contains(shown, "secret-bytes") || strings.Contains(shown, "115 101 99") {
		t.Errorf("shown: %s", shown)
	}
	for _, v := range []any{sealed, keyed, struct{ A Sealed }{sealed}, []Keyed{keyed}, Secret{}} {
		if _, err := json.Marshal(v); !errors.Is(err, ErrJSON) {
			t.Errorf("%T went into JSON: %v", v, err)
		}
	}
}

func TestNullOpensToNull(t *testing.T) {
	t.Parallel()
	k := keysFor(t, anna, newSecret())
	if got, err := k.Open("t", "c", nil); got != nil || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	got, err := k.Open("t", "c", k.Seal("t", "c", nil))
	if got == nil || len(got) != 0 || err != nil {
		t.Errorf("an empty value came back as %v, %v", got, err)
	}
}

func TestErasedKeysNeitherSealNorOpen(t *testing.T) {
	t.Parallel()
	k := keysFor(t, anna, newSecret())
	sealed := k.Seal("t", "c", []byte("x"))
	var stream bytes.Buffer
	w, err := k.SealStream(&stream, "s", "n")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(make([]byte, 200_000))
	_ = w.Close()
	r, err := k.OpenStream(&stream, "s", "n")
	if err != nil {
		t.Fatal(err)
	}
	k.erased.Store(true)
	if _, err := k.Open("t", "c", sealed); !errors.Is(err, ErrErased) {
		t.Errorf("open: %v", err)
	}
	if k.Seal("t", "c", []byte("x")) != nil {
		t.Error("an erased holder's value was sealed")
	}
	if _, err := io.ReadAll(r); !errors.Is(err, ErrErased) {
		t.Errorf("an open stream went on: %v", err)
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	k, other := keysFor(t, anna, newSecret()), keysFor(t, boris, newSecret())
	rapid.Check(t, func(t *rapid.T) {
		plain := bytes.Repeat(rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "plain"), rapid.IntRange(0, 4000).Draw(t, "times"))
		var sealed bytes.Buffer
		w, err := k.SealStream(&sealed, "blob", "one")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(plain); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		open := func(k *Keys, name string, body []byte) ([]byte, error) {
			r, err := k.OpenStream(bytes.NewReader(body), "blob", name)
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		}
		if got, err := open(k, "one", sealed.Bytes()); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
		if _, err := open(k, "two", sealed.Bytes()); !errors.Is(err, ErrOpen) {
			t.Fatalf("another name: %v", err)
		}
		if _, err := open(other, "one", sealed.Bytes()); !errors.Is(err, ErrOpen) {
			t.Fatalf("another holder: %v", err)
		}
		cut := sealed.Bytes()[:rapid.IntRange(0, sealed.Len()-1).Draw(t, "cut")]
		if _, err := open(k, "one", cut); !errors.Is(err, ErrOpen) {
			t.Fatalf("cut to %d of %d: %v", len(cut), sealed.Len(), err)
		}
	})
}

func BenchmarkNewKeys(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		keysFor(b, anna, newSecret())
	}
}

func BenchmarkSealAndOpen(b *testing.B) {
	b.ReportAllocs()
	k, plain := keysFor(b, anna, newSecret()), make([]byte, 200)
	for b.Loop() {
		if _, err := k.Open("t", "c", k.Seal("t", "c", plain)); err != nil {
			b.Fatal(err)
		}
	}
}
