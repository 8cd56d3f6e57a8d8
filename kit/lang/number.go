package lang

import (
	"strconv"
	"strings"
)

// nbsp keeps a number and its unit, or groups of digits, on one line (U+00A0).
const nbsp = "\u00a0"

// Number writes a whole number with its thousands grouped: 12 345 in Russian (non-breaking spaces), 12,345 in English.
func Number(l Language, n int64) string {
	return Grouped(l, strconv.FormatInt(n, 10))
}

// Grouped groups a text of digits, with or without a leading minus, by thousands, as Number does.
func Grouped(l Language, number string) string {
	separator := nbsp
	if l == English {
		separator = ","
	}
	sign, digits := "", number
	if strings.HasPrefix(number, "-") {
		sign, digits = "−", number[1:]
	}
	head := len(digits) % 3
	groups := make([]string, 0, len(digits)/3+1)
	if head > 0 {
		groups = append(groups, digits[:head])
	}
	for i := head; i < len(digits); i += 3 {
		groups = append(groups, digits[i:i+3])
	}
	return sign + strings.Join(groups, separator)
}

// DecimalMark is what stands before a fraction: a comma in Russian, a point in English.
func DecimalMark(l Language) string {
	if l == English {
		return "."
	}
	return ","
}

// Size writes a size of a file, in units of 1024: 3,4 МБ, 3.4 MB.
func Size(l Language, size int64) string {
	units := []string{"байт", "КБ", "МБ", "ГБ"}
	if l == English {
		units = []string{"bytes", "KB", "MB", "GB"}
	}
	if size < 1024 {
		return Number(l, size) + nbsp + units[0]
	}
	unit, divisor := 1, int64(1024)
	for unit < len(units)-1 && size >= divisor*1024 {
		unit, divisor = unit+1, divisor*1024
	}
	tenths := size/divisor*10 + size%divisor*10/divisor
	text := Number(l, tenths/10)
	if tenths%10 != 0 && tenths < 100 {
		text += DecimalMark(l) + strconv.FormatInt(tenths%10, 10)
	}
	return text + nbsp + units[unit]
}

// counted are the forms of a unit: one, few, many for Russian; one, and many for the rest, for English.
type counted struct {
	ru [3]string
	en [2]string
}

var (
	unitDay         = counted{[3]string{"день", "дня", "дней"}, [2]string{"day", "days"}}
	unitWorkingDay  = counted{[3]string{"рабочий день", "рабочих дня", "рабочих дней"}, [2]string{"working day", "working days"}}
	unitHour        = counted{[3]string{"час", "часа", "часов"}, [2]string{"hour", "hours"}}
	unitMinuteAccus = counted{[3]string{"минуту", "минуты", "минут"}, [2]string{"minute", "minutes"}}
)

func (u counted) say(l Language, n int64) string {
	number := Number(l, n) + nbsp
	chosen := l.plural(n)
	if l == English {
		if chosen == formOne {
			return number + u.en[0]
		}
		return number + u.en[1]
	}
	return number + u.ru[chosen]
}

// Days says a number of days: 4 дня, 4 days.
func Days(l Language, n int) string { return unitDay.say(l, int64(n)) }

// WorkingDays says a number of working days: 10 рабочих дней, 10 working days.
func WorkingDays(l Language, n int) string { return unitWorkingDay.say(l, int64(n)) }

func pick(l Language, russian, english string) string {
	if l == English {
		return english
	}
	return russian
}
