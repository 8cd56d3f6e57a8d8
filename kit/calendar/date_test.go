package calendar

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDateNamesOnlyDaysThatExist(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "2026-2-03", "2026-02-29", "2026-13-01", "2026-00-01", "0000-01-01", "2026-11-31", "2026-11-21T00:00", "20261121", "２026-11-2"} {
		if d, err := ParseDate(bad); err == nil {
			t.Errorf("ParseDate(%q) = %v", bad, d)
		}
	}
	if d := MustDate("2028-02-29"); d.Year() != 2028 || d.Month() != time.February || d.Day() != 29 || d.Weekday() != time.Tuesday {
		t.Errorf("got %v, %v", d, d.Weekday())
	}
}

func TestDateArithmetic(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ got, want string }{
		{MustDate("2026-01-31").AddMonths(1).String(), "2026-02-28"},
		{MustDate("2028-01-31").AddMonths(1).String(), "2028-02-29"},
		{MustDate("2026-03-31").AddMonths(-1).String(), "2026-02-28"},
		{MustDate("2026-11-21").AddMonths(14).String(), "2028-01-21"},
		{MustDate("2028-02-29").AddYears(1).String(), "2029-02-28"},
		{MustDate("2028-02-29").AddYears(4).String(), "2032-02-29"},
		{MustDate("2026-12-31").AddDays(1).String(), "2027-01-01"},
		{MustDate("9999-12-31").AddDays(1).String(), "9999-12-31"},
		{MustDate("0001-01-01").AddDays(-1).String(), "0001-01-01"},
		{MustDate("2026-01-01").AddDays(1 << 62).String(), "9999-12-31"},
		{MustDate("2026-01-01").AddYears(-(1 << 62)).String(), "0001-01-01"},
		{Date{}.String(), ""},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		birth, on string
		want      int
	}{
		{"2012-11-21", "2026-11-20", 13}, {"2012-11-21", "2026-11-21", 14}, {"2012-02-29", "2026-02-28", 13},
		{"2012-02-29", "2026-03-01", 14}, {"2026-11-21", "2026-11-21", 0}, {"2026-11-21", "2026-11-20", -1},
	} {
		if got := MustDate(test.birth).AgeOn(MustDate(test.on)); got != test.want {
			t.Errorf("born %s is %d on %s, want %d", test.birth, got, test.on, test.want)
		}
	}
}

func anyDate() *rapid.Generator[Date] {
	return rapid.Custom(func(t *rapid.T) Date { return first.AddDays(rapid.IntRange(0, 3_652_058).Draw(t, "day")) })
}

func TestDateProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyDate().Draw(t, "a"), anyDate().Draw(t, "b")
		if back, err := ParseDate(a.String()); err != nil || back != a {
			t.Fatalf("%v came back as %v: %v", a, back, err)
		}
		if got := a.AddDays(a.DaysUntil(b)); got != b {
			t.Fatalf("%v and the days to %v make %v", a, b, got)
		}
		if (a.String() < b.String()) != a.Before(b) || (a == b) != (a.Compare(b) == 0) {
			t.Fatalf("%v and %v order otherwise than their texts", a, b)
		}
		if noon := a.Start(time.UTC).Add(12 * time.Hour); DateOf(noon, time.UTC) != a {
			t.Fatalf("noon of %v is not on it", a)
		}
		if birthday := a.AddYears(a.AgeOn(b)); !b.Before(a) && birthday.After(b) {
			t.Fatalf("%v is %d on %v, before the birthday %v", a, a.AgeOn(b), b, birthday)
		}
	})
}

func TestDateInJSON(t *testing.T) {
	t.Parallel()
	var got struct{ Day, None Date }
	if err := json.Unmarshal([]byte(`{"Day":"2026-11-21","None":""}`), &got); err != nil || got.Day != MustDate("2026-11-21") || !got.None.IsZero() {
		t.Errorf("got %v: %v", got, err)
	}
	if text, err := json.Marshal(got); err != nil || string(text) != `{"Day":"2026-11-21","None":""}` {
		t.Errorf("wrote %s: %v", text, err)
	}
	if err := json.Unmarshal([]byte(`{"Day":"21.11.2026"}`), &got); err == nil {
		t.Error("a date in another form was taken")
	}
}

func FuzzParseDate(f *testing.F) {
	f.Add("2026-11-21")
	f.Add("0001-01-01")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDate(text); err == nil && d.String() != text {
			t.Errorf("%q became %s", text, d)
		}
	})
}
