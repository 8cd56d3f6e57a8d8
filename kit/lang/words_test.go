package lang

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"posad.city/kit/calendar"
)

// plain makes breaking spaces of the others, so that the tables below can be read.
func plain(text string) string { return strings.ReplaceAll(text, nbsp, " ") }

func TestPluralAgreesWithCLDR(t *testing.T) {
	t.Parallel()
	forms := map[plural.Form]form{plural.One: formOne, plural.Few: formFew, plural.Many: formMany, plural.Other: formOther}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 10_000_000).Draw(t, "n")
		for _, l := range All() {
			want := forms[plural.Cardinal.MatchPlural(language.MustParse(string(l)), n, 0, 0, 0, 0)]
			if got := l.plural(int64(n)); got != want {
				t.Fatalf("%s %d is %d, want %d", l, n, got, want)
			}
		}
	})
}

func TestWords(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("city", 3*3600)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, zone)
	today := calendar.DateOf(now, zone)
	day := calendar.MustDate
	anna := Name{"Смирнова", "Анна", "Ивановна"}
	for _, test := range []struct{ got, ru, en string }{
		{both(func(l Language) string { return Date(l, today) }), "21 ноября 2026", "21 November 2026"},
		{both(func(l Language) string { return DayMonth(l, today) }), "21 ноября", "21 November"},
		{both(func(l Language) string { return DateNear(l, day("2025-02-03"), today) }), "3 февраля 2025", "3 February 2025"},
		{both(func(l Language) string { return MonthYear(l, 2026, time.May) }), "май 2026", "May 2026"},
		{both(func(l Language) string { return WeekdayDate(l, today, today) }), "суббота, 21 ноября", "Saturday, 21 November"},
		{both(func(l Language) string { return ShortWeekday(l, time.Saturday) }), "сб", "Sat"},
		{both(func(l Language) string { return Moment(l, now.Add(6*time.Hour), now, zone) }), "сегодня, 18:00", "today, 18:00"},
		{both(func(l Language) string { return Moment(l, now.Add(21*time.Hour).UTC(), now, zone) }), "завтра, 9:00", "tomorrow, 9:00"},
		{both(func(l Language) string { return Moment(l, now.AddDate(0, 0, -2), now, zone) }), "19 ноября, 12:00", "19 November, 12:00"},
		{both(func(l Language) string { return Moment(l, now.AddDate(1, 0, 0), now, zone) }), "21 ноября 2027, 12:00", "21 November 2027, 12:00"},
		{both(func(l Language) string { return FullMoment(l, now.UTC(), zone) }), "21 ноября 2026, 12:00", "21 November 2026, 12:00"},
		{both(func(l Language) string { return Ago(l, now.Add(-5*time.Minute), now, zone) }), "5 минут назад", "5 minutes ago"},
		{both(func(l Language) string { return Ago(l, now.Add(time.Minute), now, zone) }), "через 1 минуту", "in 1 minute"},
		{both(func(l Language) string { return Ago(l, now.Add(-2*time.Hour), now, zone) }), "2 часа назад", "2 hours ago"},
		{both(func(l Language) string { return Ago(l, now.Add(-7*time.Hour), now, zone) }), "сегодня, 5:00", "today, 5:00"},
		{both(func(l Language) string { return Number(l, -1234567) }), "−1 234 567", "−1,234,567"},
		{both(func(l Language) string { return Number(l, 100) }), "100", "100"},
		{both(func(l Language) string { return Size(l, 3_570_000) }), "3,4 МБ", "3.4 MB"},
		{both(func(l Language) string { return Size(l, 10<<20) }), "10 МБ", "10 MB"},
		{both(func(l Language) string { return Size(l, 512) }), "512 байт", "512 bytes"},
		{both(func(l Language) string { return WorkingDays(l, 10) }), "10 рабочих дней", "10 working days"},
		{both(func(l Language) string { return Days(l, 1) }), "1 день", "1 day"},
		{both(func(l Language) string { return And(l, "А", "Б", "В") }), "А, Б и В", "А, Б and В"},
		{both(func(l Language) string { return Or(l, "А", "Б") }), "А или Б", "А or Б"},
		{both(func(l Language) string { return And(l) + And(l, "А") }), "А", "А"},
		{both(anna.Full), "Смирнова Анна Ивановна", "Анна Ивановна Смирнова"},
		{both(anna.Initials), "Смирнова А. И.", "А. И. Смирнова"},
		{both(anna.Address), "Анна Ивановна", "Анна"},
		{both(Name{"Ли", "Анна-Мария", ""}.Initials), "Ли А.-М.", "А.-М. Ли"},
		{both(func(l Language) string { return Date(l, calendar.Date{}) + Moment(l, time.Time{}, now, zone) }), "", ""},
	} {
		if want := test.ru + "|" + test.en; plain(test.got) != want {
			t.Errorf("got %q, want %q", plain(test.got), want)
		}
	}
}

func both(say func(Language) string) string { return say(Russian) + "|" + say(English) }

func TestNegotiate(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]Language{
		"": Russian, "*": Russian, "ru-RU,ru;q=0.9,en;q=0.8": Russian, "en-GB,en;q=0.9,ru;q=0.5": English, "de, ru;q=0.5": Russian,
		"de-DE": English, "uk": Russian, "ru;q=0.1, en;q=0.9": English, "не язык": Russian, strings.Repeat("de,", 1000): Russian,
	} {
		if got := Negotiate(header); got != want {
			t.Errorf("Negotiate(%.40q) = %s, want %s", header, got, want)
		}
	}
}

func FuzzNegotiate(f *testing.F) {
	f.Add("ru-RU,ru;q=0.9")
	f.Fuzz(func(t *testing.T, header string) {
		if !Known(string(Negotiate(header))) {
			t.Errorf("%q gave an unknown language", header)
		}
	})
}

func TestSortIsHuman(t *testing.T) {
	t.Parallel()
	texts := []string{"Яма", "дом 10", "Ёлка", "дом 2", "ель", "Ель", "ёж", "Абрикос"}
	SortBy(Russian, texts, func(s string) string { return s })
	if got, want := strings.Join(texts, " "), "Абрикос дом 2 дом 10 ёж Ёлка ель Ель Яма"; got != want {
		t.Errorf("sorted %s, want %s", got, want)
	}
}
