package calendar

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sample is a city with the shape of a real year: New Year, a transferred Saturday, a short eve.
func sample(t *testing.T) *City {
	t.Helper()
	city, err := NewCity(sampleData())
	if err != nil {
		t.Fatal(err)
	}
	return city
}

func sampleData() Data {
	data := Data{Zone: "Europe/Moscow", Opens: "09:00", Closes: "18:00", From: MustDate("2026-01-01"), Until: MustDate("2027-12-31")}
	for d := MustDate("2026-12-31"); d.Before(MustDate("2027-01-11")); d = d.AddDays(1) {
		data.Holidays = append(data.Holidays, d)
	}
	data.Holidays = append(data.Holidays, MustDate("2026-11-04"), MustDate("2027-02-22"), MustDate("2027-02-23"))
	data.Working = []Date{MustDate("2027-02-20")}
	data.Short = []Date{MustDate("2026-11-03")}
	return data
}

func TestCityRefusesWrongData(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*Data){
		"zone":              func(d *Data) { d.Zone = "Kitezh" },
		"no zone":           func(d *Data) { d.Zone = "" },
		"hours":             func(d *Data) { d.Closes = "6pm" },
		"order of hours":    func(d *Data) { d.Closes = "08:00" },
		"order of years":    func(d *Data) { d.Until = MustDate("2020-01-01") },
		"outside":           func(d *Data) { d.Holidays = append(d.Holidays, MustDate("2030-01-01")) },
		"twice":             func(d *Data) { d.Holidays = append(d.Holidays, MustDate("2026-11-04")) },
		"free and worked":   func(d *Data) { d.Holidays = append(d.Holidays, MustDate("2027-02-20")) },
		"working weekday":   func(d *Data) { d.Working = append(d.Working, MustDate("2026-11-05")) },
		"short Saturday":    func(d *Data) { d.Short = append(d.Short, MustDate("2026-11-07")) },
		"no first day":      func(d *Data) { d.From = Date{} },
		"an empty date too": func(d *Data) { d.Working = append(d.Working, Date{}) },
	} {
		data := sampleData()
		spoil(&data)
		if _, err := NewCity(data); !errors.Is(err, ErrCity) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestWorkingDaysOfASample(t *testing.T) {
	t.Parallel()
	city := sample(t)
	for _, test := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-21", 0, "2026-11-23"}, // Saturday
		{"2026-11-21", 1, "2026-11-23"},
		{"2026-11-20", 1, "2026-11-23"},
		{"2026-11-03", 1, "2026-11-05"}, // over a holiday
		{"2026-12-30", 1, "2027-01-11"}, // over New Year
		{"2027-02-19", 1, "2027-02-20"}, // a worked Saturday
		{"2027-02-20", 1, "2027-02-24"},
		{"2027-01-11", -1, "2026-12-30"},
	} {
		if got := city.AddWorkingDays(MustDate(test.from), test.n); got != MustDate(test.want) {
			t.Errorf("%s and %d working days is %v, want %s", test.from, test.n, got, test.want)
		}
	}
	if got := city.Closes(MustDate("2026-11-03")); got.Hour() != 17 {
		t.Errorf("a short day closes at %v", got)
	}
	if city.Covers(MustDate("2028-01-01")) || !city.Covers(MustDate("2027-12-31")) {
		t.Error("the lists end with 2027")
	}
	if got := city.Today(time.Date(2026, 11, 21, 22, 0, 0, 0, time.UTC)); got != MustDate("2026-11-22") {
		t.Errorf("today is %v in a city three hours ahead", got)
	}
}

func dayNear2027() *rapid.Generator[Date] {
	return rapid.Custom(func(t *rapid.T) Date {
		return MustDate("2026-10-01").AddDays(rapid.IntRange(0, 300).Draw(t, "day"))
	})
}

func TestWorkingDaysAgreeWithANaiveCount(t *testing.T) {
	t.Parallel()
	city := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		from, to := dayNear2027().Draw(t, "from"), dayNear2027().Draw(t, "to")
		if to.Before(from) {
			from, to = to, from
		}
		naive := 0
		for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
			if city.IsWorking(d) {
				naive++
			}
		}
		if got := city.WorkingDaysBetween(from, to); got != naive {
			t.Fatalf("%v to %v: %d working days, counted %d", from, to, got, naive)
		}
		if back := city.WorkingDaysBetween(to, from); back != -naive {
			t.Fatalf("the way back is %d", back)
		}
		n := rapid.IntRange(1, 200).Draw(t, "n")
		if got := city.WorkingDaysBetween(from, city.AddWorkingDays(from, n)); got != n {
			t.Fatalf("%v and %d working days lie %d apart", from, n, got)
		}
	})
}
