package utility

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"posad.city/kit/calendar"
	"posad.city/kit/decimal"
)

func TestParseValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Decimal{"00123": decimal.Of(123), " 123,456 ": decimal.Thousandths(123456), "12 345.6": decimal.Thousandths(12345600), "7.": decimal.Of(7), "0": 0} {
		if got, err := ParseValue(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "1.2345", "123456789", "12a", "1e5", ".", ",5", "1,2,3"} {
		if _, err := ParseValue(text); !errors.Is(err, ErrValue) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestParseImport(t *testing.T) {
	t.Parallel()
	good, bad := ParseImport(strings.NewReader("\ufeffaccount;meter;zone;value;day\n5299000001;C1;;105,5;2026-10-20\r\n\n# a remark\n5299000001;P1;night;7;2026-10-20\n1;2;3\n5299000001;C1;;x;2026-10-20\n5299000001;C1;;1;20.10.2026\n5299000001;C1;noon;1;2026-10-20\n"))
	day := calendar.MustDate("2026-10-20")
	if diff := cmp.Diff([]ImportLine{{2, "5299000001", "C1", "", decimal.Thousandths(105500), day}, {5, "5299000001", "P1", "night", decimal.Of(7), day}}, good, cmpopts.EquateComparable(calendar.Date{})); diff != "" {
		t.Error(diff)
	}
	var reasons []string
	for _, b := range bad {
		reasons = append(reasons, itoa(b.Line)+" "+b.Reason)
	}
	if diff := cmp.Diff([]string{"6 form", "7 value", "8 day", "9 form"}, reasons); diff != "" {
		t.Error(diff)
	}
	if good, bad := ParseImport(strings.NewReader(strings.Repeat("5299000001;C1;;1;2026-10-20\n", ImportMost+5))); len(good) != ImportMost || len(bad) != 1 || bad[0].Reason != "many" {
		t.Errorf("%d good, %v", len(good), bad)
	}
}

func FuzzParseImport(f *testing.F) {
	f.Add("5299000001;C1;;105,5;2026-10-20\n1;2;3\n")
	f.Add("\ufeffaccount;meter\n\x00;;;;\n")
	f.Fuzz(func(t *testing.T, text string) {
		good, bad := ParseImport(strings.NewReader(text))
		last := 0
		for _, l := range good {
			if l.Line <= last || l.Value < 0 || l.Day.IsZero() || l.Account == "" {
				t.Fatalf("%+v after line %d", l, last)
			}
			last = l.Line
		}
		for _, b := range bad {
			if b.Reason == "" || !utf8.ValidString(b.Text) {
				t.Fatalf("%+v", b)
			}
		}
	})
}
