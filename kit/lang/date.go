package lang

import (
	"fmt"
	"strconv"
	"time"

	"posad.city/kit/calendar"
)

var (
	monthsGenitive = [...]string{"", "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"}
	months         = [...]string{"", "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь"}
	weekdays       = [...]string{"воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"}
	weekdaysShort  = [...]string{"вс", "пн", "вт", "ср", "чт", "пт", "сб"}
)

// Date writes the day in full: 21 ноября 2026, 21 November 2026. No date is an empty text, here and below.
func Date(l Language, d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return DayMonth(l, d) + " " + strconv.Itoa(d.Year())
}

// DayMonth writes the day without its year: 21 ноября, 21 November.
func DayMonth(l Language, d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return strconv.Itoa(d.Day()) + nbsp + pick(l, monthsGenitive[d.Month()], d.Month().String())
}

// DateNear writes the day without its year when that is the year of today: 21 ноября; 21 ноября 2025.
func DateNear(l Language, d, today calendar.Date) string {
	if d.Year() == today.Year() {
		return DayMonth(l, d)
	}
	return Date(l, d)
}

// MonthYear writes the month: ноябрь 2026, November 2026.
func MonthYear(l Language, year int, month time.Month) string {
	if month < time.January || month > time.December {
		return ""
	}
	return pick(l, months[month], month.String()) + " " + strconv.Itoa(year)
}

// Weekday names the day of the week: суббота, Saturday.
func Weekday(l Language, w time.Weekday) string {
	return pick(l, weekdays[w%7], w.String())
}

// ShortWeekday names the day of the week for the heads of tables: сб, Sat.
func ShortWeekday(l Language, w time.Weekday) string {
	return pick(l, weekdaysShort[w%7], w.String()[:3])
}

// WeekdayDate writes the day with its weekday: суббота, 21 ноября; Saturday, 21 November. The year is there only when
// it is not the year of today.
func WeekdayDate(l Language, d, today calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return Weekday(l, d.Weekday()) + ", " + DateNear(l, d, today)
}

// Time writes the hour and minute, in 24 hours: 18:00, 9:05. The moment is shown in its own zone.
func Time(_ Language, at time.Time) string {
	return fmt.Sprintf("%d:%02d", at.Hour(), at.Minute())
}

// Moment writes a moment as seen from now, both in the zone: сегодня, 18:00; завтра, 9:00; 21 ноября, 18:00; with the
// year when it is another one. The zero moment is an empty text.
func Moment(l Language, at, now time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	day, today := calendar.DateOf(at, zone), calendar.DateOf(now, zone)
	name, ok := nearDay(l, today.DaysUntil(day))
	if !ok {
		name = DateNear(l, day, today)
	}
	return name + ", " + Time(l, at.In(zone))
}

// FullMoment writes a moment for records, the same whenever it is read: 21 ноября 2026, 18:00.
func FullMoment(l Language, at time.Time, zone *time.Location) string {
	if at.IsZero() {
		return ""
	}
	return Date(l, calendar.DateOf(at, zone)) + ", " + Time(l, at.In(zone))
}

// Ago says how long before now a moment was, or how long after: только что, 5 минут назад, через 2 часа; from a day on
// it speaks of dates as Moment does.
func Ago(l Language, at, now time.Time, zone *time.Location) string {
	minutes := int(at.Sub(now) / time.Minute)
	switch {
	case at.IsZero():
		return ""
	case minutes == 0:
		return pick(l, "только что", "just now")
	case minutes > -60 && minutes < 60:
		return apart(l, minutes, unitMinuteAccus)
	case minutes > -6*60 && minutes < 6*60:
		return apart(l, minutes/60, unitHour)
	}
	return Moment(l, at, now, zone)
}

func apart(l Language, n int, unit counted) string {
	if n < 0 {
		return unit.say(l, int64(-n)) + pick(l, " назад", " ago")
	}
	return pick(l, "через ", "in ") + unit.say(l, int64(n))
}

func nearDay(l Language, days int) (string, bool) {
	switch days {
	case 0:
		return pick(l, "сегодня", "today"), true
	case 1:
		return pick(l, "завтра", "tomorrow"), true
	case -1:
		return pick(l, "вчера", "yesterday"), true
	}
	return "", false
}

// Term says how long a term is: 10 рабочих дней, 30 days.
func Term(l Language, t calendar.Term) string {
	if t.Kind == calendar.Working {
		return WorkingDays(l, t.Days)
	}
	return Days(l, t.Days)
}
