package pdf

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func paperForm(large bool) Form {
	return Form{
		Lang: "ru", City: "Китеж", Office: "Транспортное управление", Kind: "Бланк заявления", Title: "Разрешение на парковку", Lead: "Для жителей.",
		Facts: []Fact{{"Куда принести", "В любой центр услуг"}},
		Sections: []FormSection{{Title: "Заявитель", Lead: "Проверьте.", Items: []FormItem{
			{Label: "Имя", Named: []string{"Фамилия", "Имя"}}, {Label: "День", Hint: "Не раньше завтра", Cells: []int{2, 2, 4}},
			{Label: "Выбор", Options: []FormOption{{Label: "Первое", Chosen: true}, {Label: "Второе", Hint: "дороже"}}},
			{Label: "Текст", Lines: 60}, {Label: "Ответ", Value: strings.Repeat("слово ", 300), Entry: "Запись 1"},
		}}},
		Sign:   []string{"Дата", "Подпись"},
		Check:  &Check{Title: "Онлайн", Text: "Наведите камеру", Address: "https://kitezh.example/services/parking-permit", Shown: "kitezh.example/services/parking-permit"},
		PageOf: "Страница {page} из {pages}", Large: large, Made: time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
	}
}

func TestAFormIsWholeAndReadable(t *testing.T) {
	t.Parallel()
	for _, large := range []bool{false, true} {
		body, err := RenderForm(paperForm(large))
		if err != nil {
			t.Fatal(err)
		}
		again, err := RenderForm(paperForm(large))
		if err != nil || !bytes.Equal(body, again) {
			t.Error("two prints of one form differ")
		}
		if out := tool(t, body, "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
			t.Error(out)
		}
		text := tool(t, body, "pdftotext", "-layout", "FILE", "-")
		for _, want := range []string{"Бланк заявления", "Фамилия", "X", "Второе – дороже", "Запись 1", "Подпись", "kitezh.example/services/parking-permit", "Страница 2 из "} {
			if !strings.Contains(text, want) {
				t.Errorf("large %v: no %q in:\n%s", large, want, text)
			}
		}
	}
}
