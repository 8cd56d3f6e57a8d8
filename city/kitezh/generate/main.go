// Command generate writes the address register of Kitezh: places.yaml of the city's folder.
//
// It owns the invented streets and how houses, districts and zones are laid over them; it has no chance in it, so the
// same program always writes the same file. Run it by `go generate ./city/kitezh` after a change; the file is committed.
package main

import (
	"fmt"
	"os"
	"strings"
)

// district is a part of Kitezh with its streets, each as "name, kind".
type district struct {
	key, ru, en string
	freight     string // zone of the freight scheme: inner, ring, outer
	parking     int    // first parking zone; 0: free parking
	school      int    // first school
	flats       int    // flats in a usual house; 0: private houses
	streets     string
}

var districts = []district{
	{"kremlin", "Кремль", "Kremlin", "inner", 101, 1, 24, `Соборная пл.; Кремлёвская ул.; Воеводская ул.; Колокольная ул.; Посадская ул.; Торговая ул.; Старый Гостиный пер.; Звонарный пер.; Летописная ул.; Крепостная наб.; Грановитая ул.; Монетный пер.; Ратушная пл.; Казначейский пер.; Палатная ул.; Иконный пер.`},
	{"zarechye", "Заречье", "Zarechye", "ring", 104, 3, 90, `Речная ул.; Паромная ул.; Заречная наб.; Бакенная ул.; Лодочный пер.; Рыбацкая ул.; Мостовая ул.; Якорная ул.; Причальная ул.; Плотовая ул.; Камышовая ул.; Ивовая ул.; Затонская ул.; Перевозный пер.; Судоремонтная ул.; Береговая ул.; Волноломная ул.; Согласия просп.`},
	{"severny", "Северный", "Severny", "ring", 107, 6, 144, `Полярная ул.; Северный просп.; Снежная ул.; Метельная ул.; Хвойная ул.; Кедровая ул.; Таёжная ул.; Лыжная ул.; Морозная ул.; Янтарная ул.; Академическая ул.; Обсерваторная ул.; Учительская ул.; Библиотечная ул.; Школьный бул.; Лесопарковая ул.; Звёздная ул.`},
	{"yuzhny", "Южный", "Yuzhny", "outer", 110, 9, 120, `Садовый просп.; Вишнёвая ул.; Яблоневая ул.; Грушевая ул.; Рябиновая ул.; Солнечная ул.; Полевая ул.; Медовая ул.; Пасечная ул.; Васильковая ул.; Ромашковая ул.; Луговая ул.; Тенистая ул.; Каштановый бул.; Виноградная ул.; Родниковая ул.; Ключевая ул.`},
	{"sloboda", "Слобода", "Sloboda", "outer", 0, 12, 0, `Гончарная ул.; Кузнечная ул.; Бондарная ул.; Ткацкая ул.; Кожевенная ул.; Мельничная ул.; Пекарская ул.; Ямская ул.; Каретный пер.; Плотничная ул.; Шорная ул.; Свечной пер.; Столярная ул.; Слободской просп.; Скорняжный пер.; Красильная ул.`},
	{"pristan", "Пристань", "Pristan", "ring", 113, 14, 60, `Портовая ул.; Пристанская ул.; Складская ул.; Крановая ул.; Грузовая ул.; Вокзальная пл.; Вокзальная ул.; Депо ул.; Семафорная ул.; Товарный пер.; Литейная ул.; Заводской просп.; Механическая ул.; Токарная ул.; Фабричная ул.; Верфь ул.; Турбинная ул.`},
}

var kinds = map[string]string{"ул.": "St", "пер.": "Ln", "наб.": "Emb", "просп.": "Ave", "пл.": "Sq", "бул.": "Blvd"}

func main() {
	var out strings.Builder
	out.WriteString("# Written by city/kitezh/generate; change that, not this.\ndistricts:\n")
	for _, d := range districts {
		fmt.Fprintf(&out, "  - {key: %s, title: {ru: %s, en: %s}}\n", d.key, d.ru, d.en)
	}
	out.WriteString("streets:\n")
	for _, d := range districts {
		for i, street := range strings.Split(d.streets, "; ") {
			writeStreet(&out, d, i, street)
		}
	}
	if err := os.WriteFile("places.yaml", []byte(out.String()), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// writeStreet lays two runs of houses along a street: the odd side and the even side, which may lie in other zones.
func writeStreet(out *strings.Builder, d district, i int, street string) {
	cut := strings.LastIndexByte(street, ' ')
	name, kind := street[:cut], street[cut+1:]
	latin := latinOf(name)
	key := strings.ToLower(strings.ReplaceAll(latin, " ", "-"))
	if kind == "пл." {
		key += "-sq"
	}
	fmt.Fprintf(out, "  - key: %s\n    title: {ru: %s, en: %s %s}\n    houses:\n", key, street, latin, kinds[kind])
	odd, even := 45+2*(i*5%9), 46+2*(i*7%8)
	fmt.Fprintf(out, "      - {numbers: 1-%d/2, district: %s, zones: %s, flats: %d}\n", odd, d.key, d.zones(i, 0), d.flatsOf(i))
	fmt.Fprintf(out, "      - {numbers: \"2-%d/2, %dk2\", district: %s, zones: %s, flats: %d}\n", even, even/2/2*2, d.key, d.zones(i, 1), d.flatsOf(i+1))
}

func (d district) flatsOf(i int) int {
	if d.flats == 0 {
		return 0
	}
	return d.flats + 12*(i%4)
}

func (d district) zones(i, side int) string {
	school := d.school + (i+side)%2
	if d.parking == 0 {
		return fmt.Sprintf("{school: \"%d\", freight: %s}", school, d.freight)
	}
	return fmt.Sprintf("{parking: \"%d\", school: \"%d\", freight: %s}", d.parking+i%3, school, d.freight)
}

var letters = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "yo", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k",
	'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "kh", 'ц': "ts",
	'ч': "ch", 'ш': "sh", 'щ': "shch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
}

// latinOf writes a name in Latin letters, each word with a capital.
func latinOf(name string) string {
	words := strings.Fields(strings.ToLower(strings.ReplaceAll(name, "ый", "ы")))
	for i, word := range words {
		var out strings.Builder
		for _, r := range word {
			out.WriteString(letters[r])
		}
		latin := out.String()
		words[i] = strings.ToUpper(latin[:1]) + latin[1:]
	}
	return strings.Join(words, " ")
}
