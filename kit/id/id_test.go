package id

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNewIsOrderedAndTellsItsTime(t *testing.T) {
	first := New(time.UnixMilli(1_000_000))
	second := New(time.UnixMilli(1_000_001))
	if first.String() >= second.String() {
		t.Errorf("%v is not before %v", first, second)
	}
	if got := second.Time().UnixMilli(); got != 1_000_001 {
		t.Errorf("time of the id is %d", got)
	}
	if first[6]>>4 != 7 || first[8]>>6 != 2 {
		t.Errorf("%v does not carry version 7 and the RFC variant", first)
	}
}

func TestParseReadsWhatStringWrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d ID
		copy(d[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		var back ID
		if err := back.UnmarshalText([]byte(d.String())); err != nil || back != d {
			t.Fatalf("%v came back as %v: %v", d, back, err)
		}
	})
	for _, bad := range []string{"x", "0123", "zz345678-1234-1234-1234-123456789012"} {
		if _, err := Parse(bad); err == nil {
			t.Errorf("Parse(%q) took it", bad)
		}
	}
}

func TestDerivedIsStableAndSeparatesSpaces(t *testing.T) {
	if Derived("agency", "transport") != Derived("agency", "transport") {
		t.Error("the same name gave two ids")
	}
	if Derived("agency", "transport") == Derived("agenc", "ytransport") {
		t.Error("space and name run together")
	}
}

func TestNumberCatchesOneWrongDigitAndEverySwap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := NewNumber()
		if got, err := ParseNumber(FormatNumber(number)); err != nil || got != number {
			t.Fatalf("%s came back as %q: %v", number, got, err)
		}
		at := rapid.IntRange(0, NumberDigits-1).Draw(t, "at")
		wrong := []byte(number)
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if _, err := ParseNumber(string(wrong)); err == nil {
			t.Fatalf("%s passed for %s", wrong, number)
		}
		swapped := []byte(number)
		if i := at % (NumberDigits - 1); swapped[i] != swapped[i+1] {
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			if _, err := ParseNumber(string(swapped)); err == nil {
				t.Fatalf("%s passed for %s", swapped, number)
			}
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	f.Add("0000-000-000")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := ParseNumber(text); err == nil && len(got) != NumberDigits {
			t.Errorf("ParseNumber(%q) = %q", text, got)
		}
	})
}
