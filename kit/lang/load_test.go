package lang

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
)

func module(ru, en string) fs.FS {
	return fstest.MapFS{
		"locale/ru.yaml": &fstest.MapFile{Data: []byte(ru)},
		"locale/en.yaml": &fstest.MapFile{Data: []byte(en)},
	}
}

const (
	sampleRU = `
casework:
  taken: Дело взял другой сотрудник.
  desk:
    title: Очередь
    other: Другое
  greeting: Здравствуйте, {name}
  left:
    one: Остался {count} день
    few: Осталось {count} дня
    many: Осталось {count} дней
  long: |
    Первая строка
    вторая
casework.flat: Плоский ключ
`
	sampleEN = `
casework:
  taken: Another official has taken the case.
  desk: {title: Queue, other: Other}
  greeting: Hello, {name}
  left:
    one: One day left
    other: "{count} days left"
  long: |
    First line
    second
casework.flat: A flat key
`
)

func load(t *testing.T, ru, en string) *Catalogue {
	t.Helper()
	c, err := Load(module(ru, en))
	if err != nil {
		t.Fatal(err)
	}
	return c.Reporting(func(err error) { t.Error(err) })
}

func TestCatalogueSaysTexts(t *testing.T) {
	t.Parallel()
	c := load(t, sampleRU, sampleEN)
	for _, test := range []struct {
		want, got string
	}{
		{"Дело взял другой сотрудник.", c.Text(Russian, "casework.taken")},
		{"Queue", c.Text(English, "casework.desk.title")},
		{"Другое", c.Text(Russian, "casework.desk.other")},
		{"Плоский ключ", c.Text(Russian, "casework.flat")},
		{"Первая строка\nвторая\n", c.Text(Russian, "casework.long")},
		{"Здравствуйте, Анна", c.Text(Russian, "casework.greeting", "name", "Анна")},
		{"Hello, Permit", c.Text(English, "casework.greeting", "name", Text{"Разрешение", "Permit"})},
		{"Hello, {name}", c.Text(English, "casework.greeting", "name", "{name}")},
		{"Остался 21 день", c.Text(Russian, "casework.left", "count", 21)},
		{"Осталось 3 дня", c.Text(Russian, "casework.left", "count", int64(3))},
		{"Осталось 1\u00a0011 дней", c.Text(Russian, "casework.left", "count", 1011)},
		{"One day left", c.Text(English, "casework.left", "count", 1)},
		{"5 days left", c.TextWith(English, "casework.left", map[string]string{"count": "5"})},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
	if !c.Has("casework.left") || c.Has("casework.left.one") || len(c.Keys()) != 7 {
		t.Errorf("keys are %v", c.Keys())
	}
}

func TestMissesShowTheKeyAndAreTold(t *testing.T) {
	t.Parallel()
	c, err := Load(module(sampleRU, sampleEN))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Text(English, "casework.absent"); got != "casework.absent" {
		t.Errorf("without a listener: %q", got)
	}
	var told []error
	c = c.Reporting(func(err error) { told = append(told, err) })
	if got := c.Text(English, "casework.absent"); got != "casework.absent" {
		t.Errorf("a missing key shows %q", got)
	}
	if got := c.Text(English, "casework.greeting"); got != "Hello, {name}" {
		t.Errorf("a missing argument shows %q", got)
	}
	c.Text(Russian, "casework.left", "count", "x")
	if len(told) != 3 || !strings.Contains(told[0].Error(), "casework.absent") || !strings.Contains(told[1].Error(), `"name"`) || !strings.Contains(told[2].Error(), `"count"`) {
		t.Errorf("told %v", told)
	}
}

func TestLoadTellsEachFaultWithItsPlace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ ru, en, want string }{
		"missing in English":     {"a:\n  x: Да\n  y: Нет\n", "a:\n  x: Yes\n", "locale/ru.yaml:3: a.y: there is no such key in en.yaml"},
		"missing in Russian":     {"a:\n  x: Да\n", "a:\n  x: Yes\n  y: No\n", "locale/en.yaml:3: a.y: there is no such key in ru.yaml"},
		"other arguments":        {"a.x: Срок {term}\n", "a.x: Term {days}\n", "locale/ru.yaml:1: a.x: the arguments are [term] here and [days] in en.yaml"},
		"plural form":            {"a.x:\n  one: день\n  many: дней\n", "a.x: {one: day, other: days}\n", `locale/ru.yaml:2: a.x: the plural form "few" is missing`},
		"twice in a file":        {"a:\n  x: Да\n  x: Нет\n", "a.x: Yes\n", "locale/ru.yaml:3"},
		"twice, flat and nested": {"a:\n  x: Да\na.x: Нет\n", "a.x: Yes\n", "locale/ru.yaml:3: a.x: the key is already at locale/ru.yaml:2"},
		"not a text":             {"a.x: 12\n", "a.x: Yes\n", "locale/ru.yaml:1: a.x: want a text"},
		"null":                   {"a.x:\n", "a.x: Yes\n", "locale/ru.yaml:1: a.x: want a text"},
		"a list":                 {"a.x: [Да]\n", "a.x: Yes\n", "locale/ru.yaml:1: a.x: want a text"},
		"brace":                  {"a.x: Срок {Term}\n", "a.x: Yes\n", "locale/ru.yaml:1: a.x: a brace stands for an argument"},
		"open brace":             {"a.x: Срок {term\n", "a.x: Yes\n", "locale/ru.yaml:1: a.x: a brace stands for an argument"},
		"no module":              {"x: Да\n", "x: Yes\n", "locale/ru.yaml:1: x: a key starts with its module"},
		"letters of a key":       {"a.Ключ: Да\n", "a.x: Yes\n", "locale/ru.yaml:1: a.Ключ: a key is small Latin letters"},
		"syntax":                 {"a.x: 'Да\n", "a.x: Yes\n", "locale/ru.yaml:1"},
		"empty file":             {"", "a.x: Yes\n", "locale/ru.yaml:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(module(test.ru, test.en))
			var faults Faults
			if !errors.As(err, &faults) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got\n%v\nwant %s", err, test.want)
			}
		})
	}
}

func TestLoadJoinsModulesAndRefusesStrangers(t *testing.T) {
	t.Parallel()
	c, err := Load(module("a.x: Да\n", "a.x: Yes\n"), module("b.x: Нет\n", "b.x: No\n"))
	if err != nil || !c.Has("a.x") || !c.Has("b.x") {
		t.Errorf("joined %v: %v", c, err)
	}
	if _, err := Load(module("a.x: Да\n", "a.x: Yes\n"), module("a.x: Нет\n", "a.x: No\n")); err == nil {
		t.Error("a key of two modules was taken")
	}
	stranger := fstest.MapFS{"locale/de.yaml": &fstest.MapFile{Data: []byte("a.x: Ja\n")}}
	if _, err := Load(stranger); err == nil {
		t.Error("an unknown language was taken")
	}
	if _, err := Load(fstest.MapFS{}); err == nil {
		t.Error("a module without texts was taken")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(sampleRU, sampleEN)
	f.Add("a.x: {one: a, few: b, many: c}", "a.x: '{count}'")
	f.Add("a: &b {c: d}", "a: *b")
	f.Fuzz(func(t *testing.T, ru, en string) {
		c, err := Load(module(ru, en))
		if err != nil {
			return
		}
		for _, key := range c.Keys() {
			c.Text(Russian, key, "count", 3)
			c.Text(English, key)
		}
	})
}
