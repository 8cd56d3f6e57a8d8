package factor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestCodesOfRFC6238 checks the vectors of RFC 6238, appendix B, for SHA-1; their last six digits.
func TestCodesOfRFC6238(t *testing.T) {
	t.Parallel()
	key := keyText([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := codeAt(key, stepAt(time.Unix(at, 0))); err != nil || got != want {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
}

// TestFitsTakesEachStepOnce holds whatever the order in which a person's codes come.
func TestFitsTakesEachStepOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := keyText(rapid.SliceOfN(rapid.Byte(), keySize, keySize).Draw(t, "key"))
		now := time.Unix(rapid.Int64Range(1e9, 4e9).Draw(t, "now"), 0)
		last := int64(0)
		for range 6 {
			aside := rapid.Int64Range(-3, 3).Draw(t, "aside")
			code, err := codeAt(key, stepAt(now)+aside)
			if err != nil {
				t.Fatal(err)
			}
			step, err := fits(key, code, now, last)
			if err != nil {
				t.Fatal(err)
			}
			if step != 0 && (step <= last || step < stepAt(now)-stepsAside || step > stepAt(now)+stepsAside) {
				t.Fatalf("took step %d at %d after %d", step, stepAt(now), last)
			}
			if wanted := stepAt(now) + aside; aside >= -stepsAside && aside <= stepsAside && wanted > last && step == 0 {
				t.Fatalf("refused step %d at %d after %d", wanted, stepAt(now), last)
			}
			if step != 0 {
				last = step
			}
		}
	})
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"123456": "123456", " 123 456 ": "123456", "123-456": "123456", "123\u00a0456": "123456"} {
		if got, ok := digits(typed); !ok || got != want {
			t.Errorf("%q is read as %q, %t", typed, got, ok)
		}
	}
	for _, typed := range []string{"", "12345", "1234567", "12345a", "１２３４５６"} {
		if got, ok := digits(typed); ok {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

func TestRecoveryCodeIsReadHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code, err := newRecoveryCode()
		if err != nil {
			t.Fatal(err)
		}
		written := writtenCode(code)
		ways := []string{
			written, strings.ToLower(written), code, " " + strings.ReplaceAll(written, "-", " ") + "\t", strings.ReplaceAll(written, "-", "–"),
			strings.NewReplacer("0", "o", "1", "l").Replace(written),
			strings.NewReplacer("A", "А", "B", "в", "E", "Е", "K", "к", "M", "М", "H", "Н", "P", "р", "C", "С", "T", "Т", "X", "х", "Y", "У", "0", "О").Replace(written),
		}
		if got, ok := parseRecoveryCode(rapid.SampledFrom(ways).Draw(t, "written")); !ok || got != code {
			t.Fatalf("%s is read as %s, %t", code, got, ok)
		}
	})
	for _, typed := range []string{"", "7K2M", "7K2M-0QWX-9D4T-HB6RR", "7K2M-0QWX-9D4T-HB6!", "7K2M-0QWX-9D4T-HB6U"} {
		if got, ok := parseRecoveryCode(typed); ok {
			t.Errorf("%q is read as %q", typed, got)
		}
	}
}

func FuzzRecoveryCode(f *testing.F) {
	f.Add("7K2M-0QWX-9D4T-HB6R")
	f.Add("оооо оооо оооо оооо")
	f.Fuzz(func(t *testing.T, typed string) {
		code, ok := parseRecoveryCode(typed)
		if !ok {
			return
		}
		if again, ok := parseRecoveryCode(writtenCode(code)); !ok || again != code || len(code) != codeLength {
			t.Errorf("%q is read as %q, and that as %q", typed, code, again)
		}
	})
}

func FuzzDigits(f *testing.F) {
	f.Add("123 456")
	f.Fuzz(func(t *testing.T, typed string) {
		if got, ok := digits(typed); ok && (len(got) != codeDigits || strings.Trim(got, "0123456789") != "") {
			t.Errorf("%q is read as %q", typed, got)
		}
	})
}

// FuzzAnswers feeds both readers of a browser's answer: they refuse or read, and never fall.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`)
	f.Add(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}`)
	f.Add(`{"response":null}`)
	f.Fuzz(func(t *testing.T, answer string) {
		if parsed, err := parseAssertion(answer); err == nil && parsed == nil {
			t.Error("read as nothing")
		}
		if parsed, err := parseCreation(answer); err == nil && parsed == nil {
			t.Error("read as nothing")
		}
	})
}

func FuzzPasskeySecret(f *testing.F) {
	f.Add([]byte(`{"handle":"AA==","credential":{"id":"AA==","publicKey":"AA=="}}`))
	f.Fuzz(func(t *testing.T, secret []byte) {
		key, err := readPasskey(secret)
		if err != nil {
			return
		}
		text, err := key.write()
		if err != nil || !json.Valid(text) {
			t.Errorf("%v, %s", err, text)
		}
	})
}

func TestPartyTakesTheHostOfTheAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://Kitezh.example": "kitezh.example", "https://kitezh.example:8443": "kitezh.example", "http://localhost:8080": "localhost",
		"http://127.0.0.1:8080": "", "http://[::1]:8080": "",
	} {
		party, err := newParty(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		got := ""
		if party != nil {
			got = party.Config.RPID
		}
		if got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	if _, err := newParty("nowhere"); err == nil {
		t.Error("an address without a host is taken")
	}
}
