package form

import (
	"strconv"
	"strings"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// dateKind asks for a day in three parts; a whole day as 2026-11-21 is taken too, as the API and date pickers give it.
type dateKind struct{ birth bool }

// oldestBirth bounds a date of birth: nobody alive is older.
const oldestBirth = 1900

// leastYear has four digits: a year of two is a slip, or a guess that the city must not make.
const leastYear = 1000

func (k dateKind) parts(*service.Field) []part {
	out := []part{
		{name: "day", label: "form.word.day", kind: "text", inputMode: "numeric", width: 2},
		{name: "month", label: "form.word.month", kind: "text", inputMode: "numeric", width: 2},
		{name: "year", label: "form.word.year", kind: "text", inputMode: "numeric", width: 4},
	}
	if k.birth {
		out[0].autocomplete, out[1].autocomplete, out[2].autocomplete = "bday-day", "bday-month", "bday-year"
	}
	return out
}

func (dateKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (dateKind) missing() *problem                                 { return wrong("day", "form.date_missing") }

func (k dateKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	day, p := readDay(typed)
	if p != nil {
		return nil, p
	}
	if k.birth {
		if day.After(w.Today) {
			return nil, wrong("year", "form.birth_future")
		}
		if day.Year() < oldestBirth {
			return nil, wrong("year", "form.birth_old")
		}
	}
	if least, ok := service.BoundDate(f.Min, w.Today); f.Min != "" && ok && day.Before(least) {
		return nil, wrong("day", "form.date_min", "least", lang.Date(w.Lang, least))
	}
	if most, ok := service.BoundDate(f.Max, w.Today); f.Max != "" && ok && day.After(most) {
		return nil, wrong("day", "form.date_max", "most", lang.Date(w.Lang, most))
	}
	return day.String(), nil
}

// readDay puts the parts together. The fault names the part that is wrong, so that the page marks it alone.
func readDay(typed Typed) (calendar.Date, *problem) {
	if whole := strings.TrimSpace(typed.first("")); whole != "" {
		day, err := calendar.ParseDate(whole)
		if err != nil {
			return day, wrong("", "form.date_parts")
		}
		if day.Year() < leastYear {
			return day, wrong("", "form.date_year")
		}
		return day, nil
	}
	var numbers [3]int
	for i, name := range []string{"day", "month", "year"} {
		n, err := strconv.Atoi(strings.TrimSpace(typed.first(name)))
		if err != nil || n < 1 {
			return calendar.Date{}, wrong(name, "form.date_parts")
		}
		numbers[i] = n
	}
	if numbers[1] > 12 {
		return calendar.Date{}, wrong("month", "form.date_month")
	}
	if numbers[2] < leastYear {
		return calendar.Date{}, wrong("year", "form.date_year")
	}
	day, err := calendar.NewDate(numbers[2], time.Month(numbers[1]), numbers[0])
	if err != nil {
		return day, wrong("day", "form.date_none")
	}
	return day, nil
}

func (dateKind) write(value any) (Typed, bool) {
	text, _ := value.(string)
	day, err := calendar.ParseDate(text)
	if err != nil {
		return nil, false
	}
	return Typed{"day": {strconv.Itoa(day.Day())}, "month": {strconv.Itoa(int(day.Month()))}, "year": {strconv.Itoa(day.Year())}}, true
}

func (dateKind) words(w *walk, _ *service.Field, value any) string {
	text, _ := value.(string)
	day, err := calendar.ParseDate(text)
	if err != nil {
		return text
	}
	return lang.Date(w.Lang, day)
}
