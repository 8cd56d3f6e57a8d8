package pdf

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func permit() Document {
	return Document{
		Lang: "ru", City: "Китеж", Office: "Департамент транспорта и городской мобильности", Kind: "Разрешение",
		Title: "Резидентное разрешение на парковку", Number: "№ РП-1234-567-890", Date: "21 ноября 2026",
		Status: "Действует до 20 ноября 2027",
		Lead:   "Автомобиль можно ставить без оплаты на городских местах зоны 4, где висит знак «Для резидентов», в любое время суток.",
		Facts: []Fact{
			{"Кому выдано", "Соколова Анна Сергеевна"}, {"Автомобиль", "Skoda Octavia, А 417 МО 177"},
			{"Зона", "4, Заречье"}, {"Адрес", "Речная улица, дом 14, квартира 86"},
			{"Плата", "3 000 ₽ за год, внесена 20 ноября 2026"}, {"Основание", "Порядок выдачи разрешений, пункт 12; заявление 1234-567-890"},
		},
		Parts: []Part{
			{"Что нужно помнить", "Печатать разрешение не нужно: камеры узнают автомобиль по номеру. Если сменится автомобиль или адрес, сообщите об этом в личном кабинете в течение десяти дней, и мы выдадим новое разрешение."},
			{"Если вы не согласны", "Обжаловать решение можно в течение трёх месяцев в личном кабинете, в центре услуг или в суде."},
		},
		Check: &Check{
			Title: "Проверить документ", Text: "Наведите камеру телефона на код: откроется страница города, где видно, выдан ли такой документ и действует ли он сейчас.",
			Address: "https://kitezh.example/v/" + strings.Repeat("AEHHAYLSNNUW4ZZN", 16), Shown: "kitezh.example/v",
			Seal: "Подписано электронной печатью города: ключ 3bf5-dae3-8c02-20cd, 21 ноября 2026",
		},
		PageOf: "Страница {page} из {pages}",
		Made:   time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC),
		Attachments: []Attachment{
			{"квитанция.posad.json", "application/json", "Квитанция", []byte(`{"format":"posad-receipt/1"}`)},
		},
	}
}

// long is a document of several pages.
func long() Document {
	d := permit()
	d.Lang, d.Title, d.PageOf = "en", "Answer to an appeal with a title so long that it takes two lines or three", "Page {page} of {pages}"
	for i := range 40 {
		d.Facts = append(d.Facts, Fact{fmt.Sprintf("Fact %d", i), strings.Repeat("value ", i)})
		d.Parts = append(d.Parts, Part{"", strings.Repeat("A sentence of the answer. ", i)})
	}
	d.Facts = append(d.Facts, Fact{"Long", strings.Repeat("слово ", 1200)}, Fact{"No spaces", strings.Repeat("x", 900)})
	return d
}

// strange holds what people's names and texts may hold and the fonts do not.
func strange() Document {
	d := permit()
	d.Title = "😀 李小龙 שלום e\u0301 \x00\x1b[31m ) ( \\ <</X>> %% \U0010ffff \ufeff\u202e"
	d.Facts = []Fact{{d.Title, d.Title}, {"", ""}, {"\n\n", "\r\n\t"}}
	d.Number, d.Lead, d.Check.Shown = d.Title, strings.Repeat("\u00a0", 3000), d.Title
	d.Attachments[0].Name, d.Attachments[0].Type = d.Title, "a/b c#("
	return d
}

func render(t testing.TB, d Document) []byte {
	t.Helper()
	out, err := Render(d)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tool runs a program on the file, or skips the test where it is not installed.
func tool(t *testing.T, file []byte, name string, args ...string) string {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	path := filepath.Join(t.TempDir(), "document.pdf")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, arg := range args {
		args[i] = strings.ReplaceAll(strings.ReplaceAll(arg, "FILE", path), "DIR", filepath.Dir(path))
	}
	out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := render(t, permit())
	if !bytes.Equal(first, render(t, permit())) {
		t.Error("two documents of one input differ")
	}
	other := permit()
	other.Facts[0].Value = "Соколов Борис Сергеевич"
	if bytes.Equal(first, render(t, other)) {
		t.Error("another input gave the same bytes")
	}
	if len(first) > 80_000 {
		t.Errorf("%d bytes are too many for a page", len(first))
	}
}

func TestTheFileIsWhole(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]Document{"permit": permit(), "long": long(), "bare": {Title: "x", Lang: "en"}, "strange": strange()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if out := tool(t, render(t, d), "qpdf", "--check", "FILE"); !strings.Contains(out, "No syntax or stream encoding errors") {
				t.Error(out)
			}
		})
	}
}

func TestTheTextCanBeReadOut(t *testing.T) {
	t.Parallel()
	out := tool(t, render(t, permit()), "pdftotext", "-layout", "FILE", "-")
	d := permit()
	for _, want := range []string{d.City, d.Office, d.Title, d.Number, d.Status, d.Facts[0].Value, "3 000 ₽", "«Для резидентов»", d.Check.Shown, "Страница 1 из 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "?") {
		t.Errorf("a character is missing in the font:\n%s", out)
	}
}

func TestTheFileTellsOfItself(t *testing.T) {
	t.Parallel()
	file := render(t, permit())
	out := tool(t, file, "pdfinfo", "-isodates", "FILE")
	for _, want := range []string{"Title:           Резидентное разрешение на парковку", "Author:          Китеж, Департамент", "2026-11-21T09:00:00Z", "A4", "Metadata Stream: yes"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if fonts := tool(t, file, "pdffonts", "FILE"); strings.Count(fonts, "yes yes yes") != 3 {
		t.Errorf("every font is embedded, a subset, and maps to Unicode:\n%s", fonts)
	}
	if !bytes.Contains(file, []byte("/Lang <FEFF00720075>")) {
		t.Error("the language is not told")
	}
}

func TestAnAttachmentComesOut(t *testing.T) {
	t.Parallel()
	out := tool(t, render(t, permit()), "qpdf", "FILE", "--show-attachment=квитанция.posad.json")
	if out != `{"format":"posad-receipt/1"}` {
		t.Error(out)
	}
}

func TestPagesAreCounted(t *testing.T) {
	t.Parallel()
	out := tool(t, render(t, long()), "pdftotext", "-layout", "FILE", "-")
	pages := strings.Count(out, "\f")
	if pages < 3 || !strings.Contains(out, fmt.Sprintf("Page %d of %d", pages, pages)) || !strings.Contains(out, fmt.Sprintf("Page 1 of %d", pages)) {
		t.Errorf("%d pages:\n%s", pages, out)
	}
	if got := strings.Count(out, "слово"); got != 1200 {
		t.Errorf("%d words of 1200 are there", got)
	}
	if got := strings.Count(out, "x"); got < 900 {
		t.Errorf("%d letters of a long word are there", got)
	}
}

func TestTheCodeIsReadFromThePage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pdftoppm"); err != nil {
		t.Skip("pdftoppm is not installed")
	}
	file := render(t, permit())
	path := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(path+".pdf", file, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "pdftoppm", "-r", "200", "-gray", "-singlefile", path+".pdf", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed")
	}
	out, err := exec.CommandContext(t.Context(), zbar, "--quiet", "--raw", path+".pgm").Output()
	if err != nil || strings.TrimSpace(string(out)) != permit().Check.Address {
		t.Errorf("read %q: %v", out, err)
	}
}

func TestTooLongIsRefused(t *testing.T) {
	t.Parallel()
	d := Document{Parts: []Part{{"", strings.Repeat("x\n", 60*(MaxPages+1))}}}
	if _, err := Render(d); err == nil {
		t.Error("no error")
	}
}

func TestAnyTextRenders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringN(0, 300, -1)
		d := Document{
			Lang: "ru", City: word.Draw(t, "city"), Office: word.Draw(t, "office"), Title: word.Draw(t, "title"), Number: word.Draw(t, "number"),
			Status: word.Draw(t, "status"), Facts: []Fact{{word.Draw(t, "label"), word.Draw(t, "value")}}, Parts: []Part{{word.Draw(t, "heading"), word.Draw(t, "text")}},
			PageOf: word.Draw(t, "page of"),
		}
		if _, err := Render(d); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		render(b, permit())
	}
}
