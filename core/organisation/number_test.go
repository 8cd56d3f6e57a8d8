package organisation_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"posad.city/core/organisation"
)

func TestNumbers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1027700132195": "1027700132195", "1 02 77 00 132195": "1027700132195", "1027700132196": "", "102770013219": "", "0000000000000": "", "10277001321x5": "", "": "",
	} {
		if got, ok := organisation.ParseOGRN(text); ok != (want != "") || ok && got != want {
			t.Errorf("OGRN %q: %q %v", text, got, ok)
		}
	}
	for text, ok := range map[string]bool{"304500116000157": true, "304500116000158": false, "1027700132195": false} {
		if _, got := organisation.ParseOGRNIP(text); got != ok {
			t.Errorf("OGRNIP %q: %v", text, got)
		}
	}
}

// One digit that is wrong is always found in an OGRN whose change the modulus sees; whatever else is typed, a number that is
// read is one of 13 digits.
func TestAWrongDigitIsFound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Int64Range(100000000000, 999999999999).Draw(t, "first")
		number := fmt.Sprintf("%012d%d", first, first%11%10)
		if got, ok := organisation.ParseOGRN(number); !ok || got != number {
			t.Fatalf("%s: %q %v", number, got, ok)
		}
		last := (first%11%10 + rapid.Int64Range(1, 9).Draw(t, "off")) % 10
		if _, ok := organisation.ParseOGRN(fmt.Sprintf("%012d%d", first, last)); ok {
			t.Fatalf("%012d%d is no OGRN", first, last)
		}
	})
}

func FuzzNumbers(f *testing.F) {
	for _, seed := range []string{"1027700132195", "304500116000157", "٣٤٥", "- -"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for length, parse := range map[int]func(string) (string, bool){13: organisation.ParseOGRN, 15: organisation.ParseOGRNIP} {
			if got, ok := parse(text); ok && len(got) != length {
				t.Fatalf("%q: %q", text, got)
			}
		}
	})
}
