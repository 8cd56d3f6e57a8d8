package form

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// bare is a walk for kinds that need only the day, the language and what the person has.
func bare() *walk {
	return &walk{Input: Input{
		Lang: lang.Russian, Today: calendar.MustDate("2026-11-21"),
		Children: []service.Child{{ID: "c1", Name: service.Name{Surname: "Смирнов", Given: "Михаил"}, Birth: "2020-03-05"}},
		Vehicles: []service.Vehicle{{Plate: "А417МО52", Model: "Skoda Octavia", Own: true}},
		Files:    []service.File{{ID: "f1", Name: "a.pdf", Type: "pdf", Size: 10}, {ID: "f2", Name: "b.heic", Type: "heic", Size: 10}, {ID: "f3", Name: "c.pdf", Type: "pdf", Size: 9 << 20}, {ID: "f4", Name: "d.pdf", Type: "pdf"}},
	}}
}

func one(text string) Typed { return Typed{"": {text}} }

func parts(day, month, year string) Typed {
	return Typed{"day": {day}, "month": {month}, "year": {year}}
}

// TestReading tells, type by type, what is made of what people type, and which words they get.
func TestReading(t *testing.T) {
	t.Parallel()
	file := service.Field{Type: service.TypeFile, Accept: []string{"pdf", "jpg"}, MaxSize: 8, MaxFiles: 1}
	cases := []struct {
		field service.Field
		typed Typed
		want  any    // canonical answer
		fault string // or the end of the fault's key, with the part before a colon
	}{
		{service.Field{Type: service.TypePhone}, one("8 (916) 123-45-67"), "+79161234567", ""},
		{service.Field{Type: service.TypePhone}, one("+7 916 123 45 67"), "+79161234567", ""},
		{service.Field{Type: service.TypePhone}, one("9161234567"), "+79161234567", ""},
		{service.Field{Type: service.TypePhone}, one("+49 30 901820"), "+4930901820", ""},
		{service.Field{Type: service.TypePhone}, one("916 123-45-6"), nil, "phone"},
		{service.Field{Type: service.TypePhone}, one("+7 916 123-45-67 доб. 2"), nil, "phone"},
		{service.Field{Type: service.TypeEmail}, one(" Anna@Example.ORG "), "Anna@example.org", ""},
		{service.Field{Type: service.TypeEmail}, one("Anna <anna@example.org>"), nil, "email"},
		{service.Field{Type: service.TypeEmail}, one("anna@localhost"), nil, "email"},
		{service.Field{Type: service.TypeSNILS}, one("112-233-445 95"), "11223344595", ""},
		{service.Field{Type: service.TypeSNILS}, one("112-233-445 96"), nil, "snils_sum"},
		{service.Field{Type: service.TypeSNILS}, one("112-233-445"), nil, "snils"},
		{service.Field{Type: service.TypeSNILS}, one("000-000-000 00"), nil, "snils_sum"},
		{service.Field{Type: service.TypeINN}, one("5001 0073 2259"), "500100732259", ""},
		{service.Field{Type: service.TypeINN}, one("7707083893"), "7707083893", ""},
		{service.Field{Type: service.TypeINN}, one("7707083894"), nil, "inn_sum"},
		{service.Field{Type: service.TypeINN}, one("77070838"), nil, "inn"},
		{service.Field{Type: service.TypePlate}, one("a 417 mo 52"), "А417МО52", ""},
		{service.Field{Type: service.TypePlate}, one("А417МО152 RUS"), "А417МО152", ""},
		{service.Field{Type: service.TypePlate}, one("AB 1234 77"), "АВ123477", ""},
		{service.Field{Type: service.TypePlate}, one("1234 ав 77"), "1234АВ77", ""},
		{service.Field{Type: service.TypePlate}, one("А 417 МО"), nil, "plate"},
		{service.Field{Type: service.TypePlate}, one("Ж417МО52"), nil, "plate"},
		{service.Field{Type: service.TypePlate}, one("А000МО52"), nil, "plate"},
		{service.Field{Type: service.TypeBirth}, parts("14", "3", "2019"), "2019-03-14", ""},
		{service.Field{Type: service.TypeBirth}, one("2019-03-14"), "2019-03-14", ""},
		{service.Field{Type: service.TypeBirth}, parts("14", "3", "2029"), nil, "year:birth_future"},
		{service.Field{Type: service.TypeBirth}, parts("14", "3", "1819"), nil, "year:birth_old"},
		{service.Field{Type: service.TypeDate}, parts("29", "2", "2026"), nil, "day:date_none"},
		{service.Field{Type: service.TypeDate}, parts("1", "13", "2026"), nil, "month:date_month"},
		{service.Field{Type: service.TypeDate}, parts("1", "1", "26"), nil, "year:date_year"},
		{service.Field{Type: service.TypeDate}, parts("1", "", "2026"), nil, "month:date_parts"},
		{service.Field{Type: service.TypeDate, Min: "today"}, parts("20", "11", "2026"), nil, "day:date_min"},
		{service.Field{Type: service.TypeDate, Min: "today"}, parts("21", "11", "2026"), "2026-11-21", ""},
		{service.Field{Type: service.TypeDate, Max: "today+60"}, parts("21", "01", "2027"), nil, "day:date_max"},
		{service.Field{Type: service.TypeMoney}, one("3 000,50 ₽"), float64(300050), ""},
		{service.Field{Type: service.TypeMoney}, one("-5"), nil, "money"},
		{service.Field{Type: service.TypeMoney, Min: "100.00 RUB"}, one("99,99"), nil, "money_min"},
		{service.Field{Type: service.TypeNumber, Max: "30"}, one("30"), float64(30), ""},
		{service.Field{Type: service.TypeNumber, Max: "30"}, one("31"), nil, "number_max"},
		{service.Field{Type: service.TypeNumber}, one("1.5"), nil, "number"},
		{service.Field{Type: service.TypeNumber}, one("99999999999999999999"), nil, "number"},
		{service.Field{Type: service.TypeText}, one("  два   слова\u0007 "), "два слова", ""},
		{service.Field{Type: service.TypeText}, one("\u0007"), nil, "text_missing"},
		{service.Field{Type: service.TypeLongText, Max: "5"}, one("а\r\nб\rв"), "а\nб\nв", ""},
		{service.Field{Type: service.TypeLongText, Max: "5"}, one("шестью"), nil, "text_long"},
		{service.Field{Type: service.TypeLongText, Min: "10", Max: "50"}, one("мало"), nil, "text_short"},
		{service.Field{Type: service.TypeName}, Typed{"surname": {"Нгуен"}, "given": {" Туан  Хунг "}}, map[string]any{"surname": "Нгуен", "given": "Туан Хунг", "patronymic": ""}, ""},
		{service.Field{Type: service.TypeName}, Typed{"surname": {"Салтыков-Щедрин"}, "given": {"Zoë"}, "patronymic": {"О'Коннор"}}, map[string]any{"surname": "Салтыков-Щедрин", "given": "Zoë", "patronymic": "О'Коннор"}, ""},
		{service.Field{Type: service.TypeName}, Typed{"surname": {"Иванов"}}, nil, "given:name_given"},
		{service.Field{Type: service.TypeName}, Typed{"surname": {"<b>"}, "given": {"Иван"}}, nil, "surname:name_letters"},
		{service.Field{Type: service.TypeYesNo}, one("yes"), true, ""},
		{service.Field{Type: service.TypeYesNo}, one("maybe"), nil, "yes_no_missing"},
		{service.Field{Type: service.TypeChild}, one("c2"), nil, "child"},
		{service.Field{Type: service.TypeVehicle}, one("А417МО52"), map[string]any{"plate": "А417МО52", "model": "Skoda Octavia", "own": true}, ""},
		{service.Field{Type: service.TypeVehicle}, Typed{"": {"other"}, "plate": {"b 202 kx 52"}}, map[string]any{"plate": "В202КХ52", "model": "", "own": false}, ""},
		{service.Field{Type: service.TypeVehicle}, Typed{"": {"other"}, "plate": {"a417mo52"}}, map[string]any{"plate": "А417МО52", "model": "Skoda Octavia", "own": true}, ""},
		{service.Field{Type: service.TypeVehicle}, Typed{"": {"other"}, "plate": {"b 202"}}, nil, "plate:plate"},
		{service.Field{Type: service.TypeVehicle}, one("other"), nil, "plate:plate_missing"},
		{file, one("f1"), []any{map[string]any{"id": "f1", "name": "a.pdf", "type": "pdf", "size": float64(10)}}, ""},
		{file, one("f2"), nil, "file_type"},
		{file, one("f3"), nil, "file_size"},
		{file, one("f4"), nil, "file_empty"},
		{file, one("somebody else's"), nil, "file_missing"},
		{file, Typed{"": {"f1", "f3"}}, nil, "file_many"},
	}
	w := bare()
	for _, c := range cases {
		got, p := kindOf(c.field.Type).read(w, &c.field, c.typed)
		fault := ""
		if p != nil {
			fault = strings.TrimPrefix(p.id, "form.")
			if p.part != "" {
				fault = p.part + ":" + fault
			}
		}
		if fault != c.fault {
			t.Errorf("%s %v: fault %q, want %q", c.field.Type, c.typed, fault, c.fault)
			continue
		}
		if diff := cmp.Diff(c.want, got); p == nil && diff != "" {
			t.Errorf("%s %v:\n%s", c.field.Type, c.typed, diff)
		}
	}
}

// TestEveryFaultHasWords: a key that the code names stands in the locale, with the parameters that it needs.
func TestEveryFaultHasWords(t *testing.T) {
	t.Parallel()
	c, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	c = c.Reporting(func(err error) { t.Error(err) })
	for name, k := range kinds {
		p := k.missing()
		field := p.field(&service.Field{Key: "x", Label: service.Text{RU: "Вопрос", EN: "Question"}}, bare())
		for _, l := range lang.All() {
			if text := c.TextWith(l, field.ID, field.Params); text == "" || strings.Contains(text, "{") {
				t.Errorf("%s: %q", name, text)
			}
		}
		for _, part := range k.parts(&service.Field{}) {
			if part.label != "" && !c.Has(part.label) {
				t.Errorf("%s: no word %s", name, part.label)
			}
		}
	}
}

// lines are the types whose answer is typed as one text.
var lines = []service.Type{
	service.TypePhone, service.TypeEmail, service.TypeSNILS, service.TypePlate, service.TypeINN,
	service.TypeMoney, service.TypeNumber, service.TypeText, service.TypeLongText, service.TypeDate, service.TypeBirth,
}

// stable: what is read of a text is written, read again and passed through JSON without a change.
func stable(t interface{ Fatalf(string, ...any) }, kindName service.Type, text string) {
	k, f, w := kindOf(kindName), &service.Field{Key: "x", Type: kindName}, bare()
	answer, p := k.read(w, f, one(text))
	if p != nil {
		return
	}
	content, err := json.Marshal(answer)
	if err != nil {
		t.Fatalf("%s %q: %v", kindName, text, err)
	}
	var back any
	if err := json.Unmarshal(content, &back); err != nil || !cmp.Equal(back, answer) {
		t.Fatalf("%s %q: JSON made %v of %v", kindName, text, back, answer)
	}
	typed, ok := k.write(answer)
	again, p := k.read(w, f, typed)
	if !ok || p != nil || !cmp.Equal(again, answer) {
		t.Fatalf("%s %q: %v written as %v and read as %v (%v)", kindName, text, answer, typed, again, p)
	}
	if !utf8.ValidString(k.words(w, f, answer)) {
		t.Fatalf("%s %q: broken words", kindName, text)
	}
}

func TestAnswersAreStable(t *testing.T) {
	t.Parallel()
	digits := rapid.StringMatching(`[0-9 +()-]{0,16}`)
	plate := rapid.StringMatching(`[АВЕКABEKавеk][0-9]{3}[МНОMHO]{2}[0-9]{2,3}`)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(digits, plate, rapid.String(), rapid.StringMatching(`[a-z]{1,9}@[A-Z]{1,9}\.ru`)).Draw(t, "text")
		stable(t, rapid.SampledFrom(lines).Draw(t, "type"), text)
	})
}

// TestSNILSCatchesOneWrongDigit: the check number is there for slips of the pen.
func TestSNILSCatchesOneWrongDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		digits := []byte("11223344595")
		at := rapid.IntRange(0, 10).Draw(t, "at")
		digits[at] = '0' + (digits[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if _, fault := cleanSNILS(string(digits)); fault == "" {
			t.Fatalf("%s passed", digits)
		}
	})
}

func FuzzReading(f *testing.F) {
	for _, text := range []string{"+7 916 123-45-67", "anna@example.org", "112-233-445 95", "a417mo52", "3 000,50 ₽", "2026-02-29", "<b>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range lines {
			stable(t, name, strings.ToValidUTF8(text, ""))
		}
	})
}

func TestPlatesAreShownWithSpaces(t *testing.T) {
	t.Parallel()
	for plate, want := range map[string]string{"А417МО52": "А 417 МО 52", "А417МО152": "А 417 МО 152", "АВ123477": "АВ 1234 77", "1234АВ77": "1234 АВ 77"} {
		if got := ShowPlate(plate); got != want {
			t.Errorf("%s is shown as %q, want %q", plate, got, want)
		}
	}
}
