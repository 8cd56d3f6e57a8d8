package booking

import (
	"errors"
	"strings"
	"testing"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"

	"pgregory.net/rapid"
)

func TestTheTimetableFollowsTheCitysDays(t *testing.T) {
	t.Parallel()
	city := plainCity()
	r, _ := city.Resource("office")
	weekend := *r
	weekend.Hours = append([]service.Hours{{Days: []string{"saturday", "sunday"}, From: "10:00", To: "12:00"}}, r.Hours...)
	for _, c := range []struct {
		day      string
		resource *service.Resource
		want     int
	}{
		{"2026-11-23", r, 16},        // a Monday
		{"2026-11-28", r, 0},         // a Saturday that the timetable does not name
		{"2026-11-28", &weekend, 4},  // one that it names
		{"2027-01-02", &weekend, 0},  // a Saturday that is a holiday
		{"2027-02-20", r, 0},         // a Saturday that the city works, which the timetable does not name
		{"2026-11-27", r, 0},         // closed
		{"2026-11-04", r, 0},         // a holiday
		{"2026-11-03", r, 12},        // a short day: both lines of hours end an hour earlier
		{"2027-02-22", &weekend, 0},  // a Monday off
		{"2026-12-30", &weekend, 16}, // the last working day of the year
	} {
		if got := len(tableOf(city, c.resource).on(day(c.day))); got != c.want {
			t.Errorf("%s has %d times, not %d", c.day, got, c.want)
		}
	}
}

// zoned is a resource that is open day and night, in any zone.
func zoned(t *rapid.T, zone string, minutes int) timetable {
	opens, closes := "09:00", "18:00"
	days, err := calendar.NewCity(calendar.Data{Zone: zone, Opens: opens, Closes: closes, From: day("2020-01-01"), Until: day("2030-12-31")})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
	return timetable{city: &service.City{}, days: days, zone: days.Zone(), resource: &service.Resource{
		Key: "hall", Places: 1, Minutes: minutes, Hours: []service.Hours{{Days: all, From: "00:00", To: "24:00"}},
	}}
}

// Whatever the clocks do on a day, times of one place do not overlap, each is of that day, its local time names it, and it
// has a name of its own.
func TestTimesNeverOverlapWhateverTheClocksDo(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom([]string{"Europe/Berlin", "Europe/Moscow", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tehran", "Africa/Cairo", "Pacific/Apia"}).Draw(t, "zone")
		table := zoned(t, zone, rapid.IntRange(5, 480).Draw(t, "minutes"))
		date := day("2020-01-01").AddDays(rapid.IntRange(0, 4000).Draw(t, "day"))
		seen := map[string]bool{}
		var last time.Time
		for i, s := range table.on(date) {
			if s.Start.Before(last) {
				t.Fatalf("%s begins before %s has come", s.Start, last)
			}
			if calendar.DateOf(s.Start, table.zone) != date || !s.End.After(s.Start) {
				t.Fatalf("%s is not of %s", s.Start, date)
			}
			if seen[s.Start.Format(localForm)] || seen[s.ID.String()] {
				t.Fatalf("%s comes twice", s.Start)
			}
			seen[s.Start.Format(localForm)], seen[s.ID.String()] = true, true
			if i%20 == 0 {
				if found, ok := table.has(s.Start.UTC()); !ok || found.ID != s.ID {
					t.Fatalf("%s is not found again", s.Start)
				}
			}
			last = s.End
		}
	})
}

func TestTheNightsWhenClocksChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table := zoned(t, "Europe/Berlin", 30)
		if got := len(table.on(day("2026-03-29"))); got != 46 {
			t.Fatalf("the short day has %d times", got)
		}
		if got := len(table.on(day("2026-10-25"))); got != 48 {
			t.Fatalf("the long day has %d times", got)
		}
	})
}

func TestParseClock(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]clockTime{"00:00": 0, "09:05": 545, "24:00": 1440} {
		if got, err := parseClock(text); err != nil || got != want {
			t.Errorf("%s: %d %v", text, got, err)
		}
	}
	for _, text := range []string{"", "9:00", "09:60", "24:01", "25:00", "+9:00", "09:0a", "09-00", "09:00:00"} {
		if _, err := parseClock(text); err == nil {
			t.Errorf("%q is taken for a time", text)
		}
	}
}

func FuzzParseStart(f *testing.F) {
	for _, seed := range []string{"20261201T0630Z", "2026-12-01T09:30:00+03:00", "", "20261301T0630Z", "99991201T0630Z", "2026-12-01T09:30:00.5Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ParseStart(text)
		if err != nil {
			if !errors.Is(err, ErrTime) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := ParseStart(FormatStart(at))
		if err != nil || !again.Equal(at) || at.Second() != 0 {
			t.Fatalf("%q: %s, then %s, %v", text, at, again, err)
		}
	})
}

func FuzzParseClock(f *testing.F) {
	for _, seed := range []string{"09:00", "24:00", "9:00", "00:60", "\x00\x00:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseClock(text)
		if err == nil && (at < 0 || at > 24*60 || len(text) != 5) {
			t.Fatalf("%q is %d", text, at)
		}
	})
}

func FuzzCalendarFile(f *testing.F) {
	f.Add("Приём; в департаменте, окно \\ 1\nвход со двора", "x")
	f.Fuzz(func(t *testing.T, title, address string) {
		b := Booking{State: Booked, Start: at("2026-12-01 09:30"), End: at("2026-12-01 10:00")}
		b.Title.RU, b.Address.RU = title, address
		file := string(calendarFile(b, "ru", calendarTexts{Host: "city.test", Description: title}, b.Start))
		for _, line := range strings.Split(strings.TrimSuffix(file, "\r\n"), "\r\n") {
			if len(line) > foldAt || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("a bad line: %q", line)
			}
		}
		if strings.Count(file, "BEGIN:VEVENT") < 1 || !strings.HasSuffix(file, "END:VCALENDAR\r\n") {
			t.Fatal("not a calendar")
		}
	})
}
