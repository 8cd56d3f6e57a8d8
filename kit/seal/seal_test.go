package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// fixedKeys stands for the vault: keys made from their number, so that golden files stay.
type fixedKeys map[vault.Purpose][]vault.Secret

func (f fixedKeys) Secrets(p vault.Purpose) []vault.Secret { return f[p] }

func secret(p vault.Purpose, number int64, starts time.Time) vault.Secret {
	seed := sha256.Sum256([]byte(string(p) + string(rune('0'+number))))
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	return vault.Secret{Purpose: p, Number: number, Starts: starts, Bytes: seed[:], Public: public}
}

func firstKeys() fixedKeys {
	return fixedKeys{
		vault.Seals:   {secret(vault.Seals, 1, start)},
		vault.Journal: {secret(vault.Journal, 1, start)},
	}
}

func keysOf(t testing.TB, s *Seal) KeySet {
	t.Helper()
	set, err := s.Keys()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestASignatureFitsOneMessageDomainAndUse(t *testing.T) {
	t.Parallel()
	s := New("kitezh", firstKeys(), clock.At(start))
	set := keysOf(t, s)
	made, err := s.Sign(Journal, "promise", []byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Verify(Journal, "promise", []byte("message"), made); err != nil {
		t.Error(err)
	}
	flipped := Signature{made.Key, bytes.Clone(made.Bytes)}
	flipped.Bytes[7] ^= 1
	for name, err := range map[string]error{
		"another message": second(set.Verify(Journal, "promise", []byte("massage"), made)),
		"another domain":  second(set.Verify(Journal, "checkpoint", []byte("message"), made)),
		"shifted border":  second(set.Verify(Journal, "promis", []byte("e\x00message"), made)),
		"another use":     second(set.Verify(Documents, "promise", []byte("message"), made)),
		"a flipped bit":   second(set.Verify(Journal, "promise", []byte("message"), flipped)),
		"no bytes":        second(set.Verify(Journal, "promise", []byte("message"), Signature{Key: made.Key})),
	} {
		if !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (KeySet{}).Verify(Journal, "promise", []byte("message"), made); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("an empty set: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestRotationKeepsTheChainOfTrust(t *testing.T) {
	t.Parallel()
	c, keys := clock.At(start), firstKeys()
	s := New("kitezh", keys, c)
	old := keysOf(t, s)
	early, err := s.Sign(Documents, "d", []byte("m"))
	if err != nil {
		t.Fatal(err)
	}
	keys[vault.Seals] = append([]vault.Secret{secret(vault.Seals, 2, start.Add(time.Hour))}, keys[vault.Seals]...)
	if made, _ := s.Sign(Documents, "d", []byte("m")); made.Key != early.Key {
		t.Error("a key signs before it starts")
	}
	c.Move(time.Hour)
	late, err := s.Sign(Documents, "d", []byte("m"))
	if err != nil || late.Key == early.Key {
		t.Fatalf("the new key does not sign: %v", err)
	}
	fresh := keysOf(t, s)
	for _, made := range []Signature{early, late} {
		if _, err := fresh.Verify(Documents, "d", []byte("m"), made); err != nil {
			t.Error(err)
		}
	}
	if !old.Vouches(fresh) {
		t.Error("the old key has not signed the new set")
	}
	stranger := keysOf(t, New("kitezh", fixedKeys{vault.Seals: {secret(vault.Seals, 9, start)}}, c))
	if old.Vouches(stranger) {
		t.Error("a stranger's set is vouched for")
	}
	forged := fresh
	forged.Keys = append(append([]PublicKey(nil), fresh.Keys...), stranger.Keys...)
	if old.Vouches(forged) || forged.Vouches(forged) {
		t.Error("a set with a key put in is vouched for")
	}
}

func TestKeySetFile(t *testing.T) {
	t.Parallel()
	keys := firstKeys()
	keys[vault.Seals] = append([]vault.Secret{secret(vault.Seals, 2, start)}, keys[vault.Seals]...)
	keys[vault.Seals][1].Bytes, keys[vault.Seals][1].Retired = nil, start.Add(time.Minute)
	set := keysOf(t, New("kitezh", keys, clock.At(start.Add(time.Hour))))
	file, err := set.File()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "posad-keys.json", file)
	back, err := ParseKeySet(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set, back); diff != "" {
		t.Error(diff)
	}
	if _, err := ParseKeySet(bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n"))); err != nil {
		t.Errorf("other line ends: %v", err)
	}
	for name, change := range map[string][2]string{
		"another city":       {`"city": "kitezh"`, `"city": "kitesh"`},
		"an unknown name":    {`"city": "kitezh"`, `"city": "kitezh", "more": "x"`},
		"a name twice":       {`"city": "kitezh"`, `"city": "x", "city": "kitezh"`},
		"another case":       {`"city": "kitezh"`, `"City": "kitezh"`},
		"another algorithm":  {`"algorithm": "Ed25519"`, `"algorithm": "none"`},
		"a key without life": {`"retired": "2026-11-21T09:01:00Z",`, ``},
		"something after":    {"\n}\n", "\n}\n{}"},
		"an idle signature":  {`"signatures": [`, `"signatures": [{"key": "0000000000000000", "value": "` + strings.Repeat("A", 86) + `"},`},
		"another spelling":   {`"kitezh"`, `"kite\u007ah"`},
	} {
		bad := strings.Replace(string(file), change[0], change[1], 1)
		if bad == string(file) {
			t.Errorf("%s: nothing was changed", name)
		}
		if _, err := ParseKeySet([]byte(bad)); !errors.Is(err, ErrKeySet) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTokenComesBack(t *testing.T) {
	t.Parallel()
	s := New("kitezh", firstKeys(), clock.At(start))
	set := keysOf(t, s)
	rapid.Check(t, func(t *rapid.T) {
		want := drawToken(t)
		text, err := s.Token(want)
		if err != nil {
			t.Fatal(err)
		}
		form := rapid.SampledFrom([]string{text, strings.ToLower(text), CheckURL("https://kitezh.example", text), " " + text + "\n"}).Draw(t, "form")
		got, key, err := OpenToken(form, set)
		if err != nil || key.Use != Documents {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(calendar.Date{})); diff != "" {
			t.Fatal(diff)
		}
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		other := rapid.SampledFrom([]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")).Draw(t, "other")
		if other == text[at] {
			return
		}
		wrong := text[:at] + string(other) + text[at+1:]
		if got, _, err := OpenToken(wrong, set); err == nil {
			t.Fatalf("a changed character %d gave %+v", at, got)
		}
		if _, _, err := OpenToken(text, KeySet{}); !errors.Is(err, ErrUnknownKey) {
			t.Fatalf("an empty set: %v", err)
		}
	})
}

func drawToken(t *rapid.T) Token {
	date := func(name string, from int) calendar.Date {
		return dateOf(uint16(rapid.IntRange(from, 0xffff).Draw(t, name)))
	}
	out := Token{
		Kind:   rapid.StringMatching(`[a-z-]{1,32}`).Draw(t, "kind"),
		Number: rapid.StringMatching(`[A-ZА-Я0-9-]{0,16}`).Draw(t, "number"),
		Issued: date("issued", 1), Until: date("until", 0),
	}
	copy(out.Document[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "document"))
	copy(out.Digest[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "digest"))
	for range rapid.IntRange(0, maxClaims).Draw(t, "claims") {
		out.Claims = append(out.Claims, Claim{rapid.StringMatching(`[a-z]{0,16}`).Draw(t, "name"), rapid.StringMatching(`[А-Яа-я0-9 ]{0,32}`).Draw(t, "value")})
	}
	return out
}

func TestTokenRefusesFactsThatDoNotFit(t *testing.T) {
	t.Parallel()
	s := New("kitezh", firstKeys(), clock.At(start))
	good := Token{Kind: "permit", Issued: calendar.MustDate("2026-11-21")}
	if _, err := s.Token(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Token){
		"no kind":    func(t *Token) { t.Kind = "" },
		"long kind":  func(t *Token) { t.Kind = strings.Repeat("x", 33) },
		"no date":    func(t *Token) { t.Issued = calendar.Date{} },
		"early date": func(t *Token) { t.Issued = calendar.MustDate("2019-12-31") },
		"late end":   func(t *Token) { t.Until = calendar.MustDate("2400-01-01") },
		"not text":   func(t *Token) { t.Number = "\xff" },
		"long value": func(t *Token) { t.Claims = []Claim{{"a", strings.Repeat("x", 65)}} },
		"many":       func(t *Token) { t.Claims = make([]Claim, 9) },
	} {
		bad := good
		change(&bad)
		if _, err := s.Token(bad); !errors.Is(err, ErrTokenFacts) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func samplePermit(t testing.TB) (string, KeySet) {
	t.Helper()
	s := New("kitezh", firstKeys(), clock.At(start))
	text, err := s.Token(Token{
		Kind: "parking-permit", Number: "РП-1234-567-890", Document: id.Derived("document", "sample"),
		Issued: calendar.MustDate("2026-11-21"), Until: calendar.MustDate("2027-11-20"),
		Claims: []Claim{{"plate", "А123ВС177"}, {"zone", "4"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return text, keysOf(t, s)
}

func TestQRIsReadByAnotherProgram(t *testing.T) {
	t.Parallel()
	text, set := samplePermit(t)
	golden(t, "token.txt", []byte(text+"\n"))
	address := CheckURL("https://kitezh.example", text)
	code, err := QR(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("token %d characters, code %d modules", len(text), code.Size())
	if code.Size() > 65 {
		t.Errorf("%d modules a side are too many for 30 mm of paper", code.Size())
	}
	picture, err := code.PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	if svg := code.SVG("a & b"); !bytes.Contains(svg, []byte("<title>a &amp; b</title>")) {
		t.Errorf("%.200s", svg)
	}
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed")
	}
	path := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(path, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := exec.CommandContext(t.Context(), zbar, "--quiet", "--raw", path).Output()
	if err != nil || strings.TrimSpace(string(read)) != address {
		t.Fatalf("read %q: %v", read, err)
	}
	if got, _, err := OpenToken(strings.TrimSpace(string(read)), set); err != nil || got.Claims[0].Value != "А123ВС177" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	got, err := Canonical(map[string]any{"б": "ж\u2028<>&", "a": []any{"\b\t\n\f\r\x01\"\\/", true}, "\U0001f600": "x", "\uffff": "y"})
	want := "{\"a\":[\"\\b\\t\\n\\f\\r\\u0001\\\"\\\\/\",true],\"б\":\"ж\u2028<>&\",\"\U0001f600\":\"x\",\"\uffff\":\"y\"}"
	if err != nil || string(got) != want {
		t.Errorf("\n%s\n%s\n%v", got, want, err)
	}
	for _, bad := range []any{1, 1.5, nil, "\xff", []any{"\xff"}, map[string]any{"\xff": "x"}, map[string]any{"x": 1}} {
		if _, err := Canonical(bad); !errors.Is(err, ErrCanonical) {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func FuzzOpenToken(f *testing.F) {
	text, set := samplePermit(f)
	f.Add(text)
	f.Add(CheckURL("https://kitezh.example", text))
	f.Add("AE")
	f.Fuzz(func(t *testing.T, text string) {
		got, _, err := OpenToken(text, set)
		if err == nil && got.Kind != "parking-permit" {
			t.Errorf("%+v was never signed", got)
		}
	})
}

func FuzzParseToken(f *testing.F) {
	body, err := Token{Kind: "x", Issued: calendar.MustDate("2026-11-21"), Claims: []Claim{{"a", "b"}}}.body()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := parseToken(body)
		if err != nil {
			return
		}
		if again, err := got.body(); err != nil || !bytes.Equal(again, body) {
			t.Errorf("%x came back as %x: %v", body, again, err)
		}
	})
}

func FuzzParseKeySet(f *testing.F) {
	file, err := keysOf(f, New("kitezh", firstKeys(), clock.At(start))).File()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, file []byte) {
		set, err := ParseKeySet(file)
		if err == nil && !set.Vouches(set) {
			t.Error("a set that nobody signed")
		}
	})
}
