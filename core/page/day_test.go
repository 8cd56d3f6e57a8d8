package page

import (
	"testing"

	"posad.city/kit/calendar"
)

func TestADayInThreeBoxes(t *testing.T) {
	t.Parallel()
	for typed, want := range map[Day]string{
		{"5", "4", "1986"}: "1986-04-05", {" 05", "04 ", "1986"}: "1986-04-05", {"29", "2", "2024"}: "2024-02-29",
		{"29", "2", "2023"}: "", {"5", "4", "86"}: "", {"5", "апреля", "1986"}: "", {"", "4", "1986"}: "", {"005", "4", "1986"}: "",
	} {
		if got, ok := typed.Date(); ok != (want != "") || ok && got.String() != want {
			t.Errorf("%+v: %s, %v", typed, got, ok)
		}
	}
	if none, ok := (Day{}).Date(); !ok || !none.IsZero() || DayOf(none) != (Day{}) {
		t.Errorf("nothing typed: %s, %v", none, ok)
	}
	if back, ok := DayOf(calendar.MustDate("2026-11-02")).Date(); !ok || back != calendar.MustDate("2026-11-02") {
		t.Errorf("shown and read: %s, %v", back, ok)
	}
}
