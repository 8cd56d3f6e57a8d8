package credential

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/vault"
)

func TestWhatIsIssuedIsRead(t *testing.T) {
	t.Parallel()
	c := newCity()
	got, err := Verify(c.issue(t, permit()), c.keySet(t), Demand{At: c.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"number": "1234-567-890", "zone": "4 <Заречье> & more", "plate": "А417МО177", "family_name": "Соколова", "given_name": "Анна",
		"places": []any{"a", map[string]any{"b": true}}, "year": json.Number("2026"),
	}
	if diff := cmp.Diff(want, got.Claims); diff != "" {
		t.Error(diff)
	}
	if got.Type != permit().Type || got.Issuer != site || *got.Status != *permit().Status || got.Bound || !got.Expires.Equal(permit().Expires) {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsHiddenIsNotInIt(t *testing.T) {
	t.Parallel()
	c := newCity()
	text := c.issue(t, permit())
	head, _, _ := strings.Cut(text, "~")
	got, err := Verify(head+"~", c.keySet(t), Demand{At: c.clock.Now()})
	if err != nil || len(got.Shown) != 0 || got.Claims["plate"] != nil || got.Claims["number"] == nil {
		t.Errorf("%+v: %v", got, err)
	}
	body, err := base64url.DecodeString(strings.Split(head, ".")[1])
	if err != nil || strings.Contains(string(body), "Соколова") || strings.Contains(string(body), "plate") {
		t.Errorf("it stands in it: %s", body)
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil || len(p.Hashes) != 8 || !slices.IsSorted(p.Hashes) {
		t.Errorf("the hashes tell how many are hidden, or which: %d", len(p.Hashes))
	}
}

func TestWhatIsChangedIsRefused(t *testing.T) {
	t.Parallel()
	c := newCity()
	text, keys, now := c.issue(t, permit()), c.keySet(t), c.clock.Now()
	parts := strings.Split(text, "~")
	other := strings.Split(c.issue(t, permit()), "~")
	stranger := newCity()
	stranger.keys.Rotate(vault.Credentials, start)
	for name, one := range map[string]struct {
		text string
		keys KeySet
		at   time.Time
		want error
	}{
		"another's claim":     {parts[0] + "~" + other[1] + "~", keys, now, ErrDisclosure},
		"a claim twice":       {parts[0] + "~" + parts[1] + "~" + parts[1] + "~", keys, now, ErrDisclosure},
		"another's body":      {strings.Split(parts[0], ".")[0] + "." + strings.Split(other[0], ".")[1] + "." + strings.Split(parts[0], ".")[2] + "~", keys, now, ErrSignature},
		"another city's key":  {stranger.issue(t, permit()), keys, now, ErrUnknownKey},
		"another issuer":      {text, KeySet{Issuer: "https://other.example", Keys: keys.Keys}, now, ErrUnknownKey},
		"it ended":            {text, keys, permit().Expires, ErrTime},
		"no algorithm":        {base64url.EncodeToString([]byte(`{"alg":"none","typ":"dc+sd-jwt"}`)) + parts[0][strings.IndexByte(parts[0], '.'):] + "~", keys, now, ErrForm},
		"no tilde":            {parts[0], keys, now, ErrForm},
		"a list of standings": {must(t)(c.Status(listURL, List{Secret: []byte("x"), Opened: start}, nil, time.Hour)) + "~", keys, now, ErrForm},
	} {
		if _, err := Verify(one.text, one.keys, Demand{At: one.at}); !errors.Is(err, one.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func must(t *testing.T) func(string, error) string {
	return func(s string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// A key whose secret is gone can't have signed later; one that has not started can't have signed before.
func TestAKeySignsInItsTime(t *testing.T) {
	t.Parallel()
	c := newCity()
	text, now := c.issue(t, permit()), c.clock.Now()
	c.keys.Rotate(vault.Credentials, start)
	c.keys.Retire(vault.Credentials, 1, now.Add(time.Minute))
	if _, err := Verify(text, c.keySet(t), Demand{At: now.AddDate(0, 6, 0)}); err != nil {
		t.Errorf("old credentials end with their key: %v", err)
	}
	c.keys.Retire(vault.Credentials, 1, now.Add(-time.Minute))
	if _, err := Verify(text, c.keySet(t), Demand{At: now}); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("signed by a key that was gone: %v", err)
	}
}

func TestABoundCredentialNeedsItsKey(t *testing.T) {
	t.Parallel()
	c := newCity()
	key, public, _ := holderKey(t)
	other, _, _ := holderKey(t)
	one := permit()
	one.Holder = &public
	text, now := c.issue(t, one), c.clock.Now()
	d := Demand{At: now, Audience: "a", Nonce: "n"}
	good := binding{Issued: seconds(now), Audience: "a", Nonce: "n", Hash: hashOf(text)}
	for name, proof := range map[string]struct {
		binding
		key  bool // the holder's
		want error
	}{
		"good":           {good, true, nil},
		"another's key":  {good, false, ErrBinding},
		"old":            {binding{seconds(now) - 600, "a", "n", good.Hash}, true, ErrBinding},
		"other audience": {binding{seconds(now), "b", "n", good.Hash}, true, ErrBinding},
		"other showing":  {binding{seconds(now), "a", "n", hashOf("x")}, true, ErrBinding},
	} {
		by := other
		if proof.key {
			by = key
		}
		kb, err := compact(header{Algorithm: algorithm, Type: kindBinding}, proof.binding, by)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := Verify(text+kb, c.keySet(t), d); !errors.Is(err, proof.want) || err == nil && !got.Bound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Verify(text, c.keySet(t), d); !errors.Is(err, ErrBinding) {
		t.Errorf("no proof: %v", err)
	}
}

func TestClaimsKeepToTheirNames(t *testing.T) {
	t.Parallel()
	c := newCity()
	for _, name := range []string{"", "iss", "_sd", "...", "status", "plate"} {
		one := permit()
		one.Open = append(one.Open, Claim{name, "x"})
		if _, err := c.Issue(one); !errors.Is(err, ErrClaim) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestTheKeysAreAFile(t *testing.T) {
	t.Parallel()
	c := newCity()
	keys := c.keySet(t)
	file, err := keys.Metadata()
	if err != nil {
		t.Fatal(err)
	}
	read, err := ParseMetadata(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(c.issue(t, permit()), read, Demand{At: c.clock.Now()}); err != nil {
		t.Errorf("by the file: %v", err)
	}
	bare, err := keys.JWKS()
	if err != nil || !strings.Contains(string(bare), keys.Keys[0].ID) {
		t.Errorf("%s: %v", bare, err)
	}
}

func TestAListTellsWhoWasRevoked(t *testing.T) {
	t.Parallel()
	c := newCity()
	l := List{Secret: []byte("0123456789abcdef0123456789abcdef"), Opened: start}
	place, other := l.Draw(), l.Draw()
	for other == place {
		other = l.Draw()
	}
	text := must(t)(c.Status(listURL, l, []int64{place}, time.Hour))
	list, err := ParseStatus(text, listURL, c.keySet(t), c.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[int64]Standing{place: Revoked, other: Valid} {
		if got, err := list.At(at); err != nil || got != want {
			t.Errorf("place %d: %v %v", at, got, err)
		}
	}
	for _, out := range []int64{-1, ListSize} {
		if _, err := list.At(out); !errors.Is(err, ErrPlaceOut) {
			t.Errorf("place %d: %v", out, err)
		}
	}
	if _, err := ParseStatus(text, listURL+"0", c.keySet(t), c.clock.Now()); !errors.Is(err, ErrForm) {
		t.Errorf("another list's address: %v", err)
	}
	if _, err := ParseStatus(text, listURL, c.keySet(t), c.clock.Now().Add(time.Hour)); !errors.Is(err, ErrTime) {
		t.Errorf("an old copy: %v", err)
	}
}

// The list alone does not tell how many documents the city has revoked, and no document is given a decoy's place.
func TestDecoysFallWithTime(t *testing.T) {
	t.Parallel()
	l := List{Secret: []byte("0123456789abcdef0123456789abcdef"), Opened: start}
	last := -1
	for _, years := range []int{0, 1, 3, 6} {
		bits, err := l.bits(nil, start.AddDate(years, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		fallen := 0
		for place := range int64(ListSize) {
			fallen += int(bits[place/8] >> (place % 8) & 1)
		}
		if fallen <= last {
			t.Errorf("after %d years %d, before %d", years, fallen, last)
		}
		last = fallen
	}
	if last < ListSize/decoyOne*8/10 || last > ListSize/decoyOne*12/10 {
		t.Errorf("%d decoys", last)
	}
	for range 2000 {
		if _, decoy := l.falls(l.lots(), l.Draw()); decoy {
			t.Fatal("a decoy's place was given")
		}
	}
}

func TestAListIsReadAtEveryWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.SampledFrom([]int{1, 2, 4, 8}).Draw(t, "width")
		values := rapid.SliceOfN(rapid.IntRange(0, 1<<width-1), 8, 64).Draw(t, "values")
		bits := make([]byte, (len(values)*width+7)/8)
		for i, v := range values {
			bits[i*width/8] |= byte(v << (i * width % 8))
		}
		list := StatusList{width: width, bits: bits}
		for i, v := range values {
			if got, err := list.At(int64(i)); err != nil || int(got) != v {
				t.Fatalf("place %d: %v %v, not %d", i, got, err, v)
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	c := newCity()
	text, keys := c.issue(f, permit()), c.keySet(f)
	head, _, _ := strings.Cut(text, "~")
	f.Add(text)
	f.Add(head + "~")
	f.Fuzz(func(t *testing.T, data string) {
		got, err := Verify(data, keys, Demand{At: start.Add(time.Hour)})
		if err == nil && got.Claims["number"] != "1234-567-890" {
			t.Errorf("%q was taken: %v", data, got.Claims)
		}
	})
}

func FuzzParseStatus(f *testing.F) {
	c := newCity()
	text, err := c.Status(listURL, List{Secret: []byte("x"), Opened: start}, nil, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	keys := c.keySet(f)
	f.Add(text)
	f.Fuzz(func(_ *testing.T, data string) { _, _ = ParseStatus(data, listURL, keys, start) }) // it must come back
}

func FuzzUnpack(f *testing.F) {
	f.Add(1, "eNpjYGBgAAAABAAB")
	f.Fuzz(func(t *testing.T, width int, data string) {
		if out, err := unpack(width, data); err == nil && len(out) > mostBits {
			t.Errorf("%d bytes", len(out))
		}
	})
}

func FuzzOpening(f *testing.F) {
	f.Add(base64url.EncodeToString([]byte(`["salt","name",{"a":[1]}]`)))
	f.Fuzz(func(t *testing.T, data string) {
		if name, _, err := opening(data); err == nil && name == "" {
			t.Error("a claim without a name")
		}
	})
}

func FuzzParseMetadata(f *testing.F) {
	c := newCity()
	file, err := c.keySet(f).Metadata()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Fuzz(func(t *testing.T, data []byte) {
		set, err := ParseMetadata(data)
		for _, key := range set.Keys {
			if _, bad := key.Public(); err == nil && bad != nil {
				t.Error(bad)
			}
		}
	})
}

func BenchmarkIssue(b *testing.B) {
	c := newCity()
	b.ReportAllocs()
	for b.Loop() {
		c.issue(b, permit())
	}
}

func BenchmarkVerify(b *testing.B) {
	c := newCity()
	text, keys := c.issue(b, permit()), c.keySet(b)
	for b.Loop() {
		if _, err := Verify(text, keys, Demand{At: start.Add(time.Hour)}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStatus(b *testing.B) {
	c := newCity()
	for b.Loop() {
		if _, err := c.Status(listURL, List{Secret: []byte("x"), Opened: start}, nil, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
