package talk

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// months are the beginnings of months' names, longest needed to tell them apart; in Russian in any case.
var months = [12][]string{
	{"янв", "jan"}, {"фев", "feb"}, {"мар", "mar"}, {"апр", "apr"}, {"мая", "май", "мае", "may"}, {"июн", "jun"},
	{"июл", "jul"}, {"авг", "aug"}, {"сен", "sep"}, {"окт", "oct"}, {"ноя", "nov"}, {"дек", "dec"},
}

var weekdays = [7][]string{
	{"воскресен", "sunday"}, {"понедельник", "monday"}, {"вторник", "tuesday"}, {"сред", "wednesday"}, {"четверг", "thursday"}, {"пятниц", "friday"}, {"суббот", "saturday"},
}

var nearDays = map[string]int{
	"сегодня": 0, "today": 0, "завтра": 1, "tomorrow": 1, "послезавтра": 2, "day after tomorrow": 2, "the day after tomorrow": 2,
	"вчера": -1, "yesterday": -1, "позавчера": -2, "через неделю": 7, "in a week": 7, "неделю назад": -7, "a week ago": -7,
}

// span is the days that a question takes; a zero end is open.
type span struct{ least, most calendar.Date }

func spanOf(f *service.Field, today calendar.Date) span {
	out := span{}
	if f == nil {
		return out
	}
	if day, ok := service.BoundDate(f.Min, today); f.Min != "" && ok {
		out.least = day
	}
	if day, ok := service.BoundDate(f.Max, today); f.Max != "" && ok {
		out.most = day
	}
	return out
}

func (s span) has(d calendar.Date) bool {
	return (s.least.IsZero() || !d.Before(s.least)) && (s.most.IsZero() || !d.After(s.most))
}

// readDay reads a day as people write it: 5 декабря, December 5 2026, 5.12.2026, 2026-12-05, завтра, in 3 days, в пятницу.
// A day without a year is the nearest one that fits the span, of two equally near ones the one ahead; with a whole year
// asked, as for a birth, there is no guess.
func readDay(text string, today calendar.Date, fits span, whole bool) (calendar.Date, bool) {
	text = fold(text)
	if n, ok := nearDays[text]; ok {
		return today.AddDays(n), !whole
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	words = slices.DeleteFunc(words, func(w string) bool {
		return slices.Contains([]string{"г", "год", "года", "году", "числа", "число", "в", "во", "на", "on", "the", "of", "от", "с", "го", "е", "ого", "this", "next", "эту", "этот", "следующий", "следующую"}, w)
	})
	if day, ok := relative(words, today); ok {
		return day, !whole
	}
	day, month, year, ok := parts(words)
	if !ok {
		return calendar.Date{}, false
	}
	if year == 0 {
		return nearest(day, month, today, fits, whole)
	}
	out, err := calendar.NewDate(year, month, day)
	return out, err == nil
}

// relative reads in 3 days, 3 days ago, and names of weekdays.
func relative(words []string, today calendar.Date) (calendar.Date, bool) {
	if len(words) == 1 {
		for i, names := range weekdays {
			if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(words[0], n) }) {
				ahead := (i - int(today.Weekday()) + 7) % 7
				if ahead == 0 {
					ahead = 7
				}
				return today.AddDays(ahead), true
			}
		}
	}
	if len(words) != 3 {
		return calendar.Date{}, false
	}
	sign, count, unit := 1, words[1], words[2]
	switch {
	case words[0] == "через" || words[0] == "in":
	case words[2] == "назад" || words[2] == "ago":
		sign, count, unit = -1, words[0], words[1]
	default:
		return calendar.Date{}, false
	}
	n, ok := number(count)
	switch {
	case !ok:
	case strings.HasPrefix(unit, "дн") || strings.HasPrefix(unit, "ден") || strings.HasPrefix(unit, "day"):
		return today.AddDays(sign * n), true
	case strings.HasPrefix(unit, "недел") || strings.HasPrefix(unit, "week"):
		return today.AddDays(sign * 7 * n), true
	}
	return calendar.Date{}, false
}

// parts reads a day, a month and perhaps a year of four digits.
func parts(words []string) (int, time.Month, int, bool) {
	if len(words) < 2 || len(words) > 3 {
		return 0, 0, 0, false
	}
	named := slices.IndexFunc(words, func(w string) bool { return monthNamed(w) > 0 })
	if named < 0 {
		return digitsOnly(words)
	}
	rest := slices.Delete(slices.Clone(words), named, named+1)
	day, year := 0, 0
	for _, w := range rest {
		n, err := strconv.Atoi(ordinal(w))
		switch {
		case err != nil:
			return 0, 0, 0, false
		case len(ordinal(w)) == 4 && year == 0:
			year = n
		case n >= 1 && n <= 31 && day == 0:
			day = n
		default:
			return 0, 0, 0, false
		}
	}
	return day, monthNamed(words[named]), year, day > 0
}

// ordinal cuts 5th and 5-го to 5.
func ordinal(word string) string { return strings.TrimRightFunc(word, unicode.IsLetter) }

func monthNamed(word string) time.Month {
	for i, names := range months {
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(word, n) }) {
			return time.Month(i + 1)
		}
	}
	return 0
}

// digitsOnly reads 5.12.2026, 5.12 and 2026-12-05.
func digitsOnly(words []string) (int, time.Month, int, bool) {
	var n [3]int
	for i, w := range words {
		value, err := strconv.Atoi(w)
		if err != nil || len(w) > 4 || value < 1 {
			return 0, 0, 0, false
		}
		n[i] = value
	}
	switch {
	case len(words) == 3 && len(words[0]) == 4:
		n[0], n[2] = n[2], n[0]
	case len(words) == 3 && len(words[2]) != 4:
		return 0, 0, 0, false // a year of two digits is a slip or a guess
	}
	if n[1] > 12 || n[0] > 31 {
		return 0, 0, 0, false
	}
	return n[0], time.Month(n[1]), n[2], true
}

func nearest(day int, month time.Month, today calendar.Date, fits span, whole bool) (calendar.Date, bool) {
	if whole {
		return calendar.Date{}, false
	}
	best, found := calendar.Date{}, false
	for _, year := range []int{today.Year() + 1, today.Year(), today.Year() - 1} {
		one, err := calendar.NewDate(year, month, day)
		if err != nil || !fits.has(one) {
			continue
		}
		ahead := fits.most.IsZero() && !one.Before(today) // plans are told without a year more often than memories
		if !found || ahead && !best.Before(today) && one.Before(best) || !ahead && apart(one, today) < apart(best, today) && (!fits.most.IsZero() || best.Before(today)) {
			best, found = one, true
		}
	}
	return best, found
}

func apart(a, b calendar.Date) int { return max(a.DaysUntil(b), b.DaysUntil(a)) }
