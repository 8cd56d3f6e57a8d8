package id_test

import (
	"testing"

	"posad.city/kit/id"
)

func TestACheckCodeIsLongAndReadAsItIsWritten(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 200 {
		code := id.NewCode()
		if len(code) != id.CodeDigits || seen[code] {
			t.Fatalf("%q", code)
		}
		seen[code] = true
		if got, err := id.ParseCode(" " + id.FormatCode(code)); err != nil || got != code {
			t.Errorf("%q: %q %v", code, got, err)
		}
	}
	short := id.NewNumber()
	if got, err := id.ParseCode(id.FormatCode(short)); err != nil || got != short {
		t.Errorf("%q: %q %v", short, got, err)
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add("0000-0000-0000-0000-0000")
	f.Add("1234567890")
	f.Fuzz(func(t *testing.T, text string) {
		code, err := id.ParseCode(text)
		if err != nil {
			return
		}
		if again, err := id.ParseCode(id.FormatCode(code)); err != nil || again != code {
			t.Errorf("%q: %q %v", code, again, err)
		}
	})
}
