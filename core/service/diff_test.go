package service

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/lang"
)

func lines(changes []Change, l lang.Language) []string {
	var out []string
	for _, c := range changes {
		out = append(out, c.In(l))
	}
	return out
}

func TestDiffSaysWhatChanged(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	if got := Diff(one, loadSmall(t)); got != nil {
		t.Errorf("equal versions differ: %v", got)
	}
	for _, c := range []struct {
		old, new string
		want     []string
		wantRU   string
	}{
		{"term: 5 working days", "term: 6 working days", []string{"Changed: term: was 5 working days, is 6 working days"}, "Изменено: срок: было 5 рабочих дней, стало 6 рабочих дней"},
		{"{key: plate, type: plate,", "{key: plate, type: plate, keyed: true,", []string{"Changed: question “Plate”, search by the answer: was no, is yes"}, "Изменено: вопрос «Номер», поиск по ответу: было нет, стало да"},
		{"max: \"30\"", "max: \"60\"", []string{"Changed: question “Days”, greatest: was 30, is 60"}, ""},
		{"rule: roubles(answers.days)", "rule: roubles(answers.days + 0)", []string{"Changed: fee “Parking”, rule: was roubles(answers.days), is roubles(answers.days + 0)"}, ""},
		{"{ru: Суд, en: Court}", "{ru: Суды, en: Courts}", []string{"Only words changed, texts: 1"}, "Изменены только слова, текстов: 1"},
		{"        - {key: plate,", "        - {key: phone, type: phone, label: {ru: Телефон, en: Phone}, optional: true, when: answers.birth > today, why: {ru: Чтобы позвонить, en: To call}}\n        - {key: plate,", []string{"New: question “Phone”"}, "Новое: вопрос «Телефон»"},
		{"official: person}", "official: person, approved: document}", nil, ""},
		{"then: table, else: unpaid", "then: person, else: unpaid", nil, ""},
		{"valid: 12 months", "valid: 24 months", []string{"Changed: result, how long it is valid: was 12 months, is 24 months"}, ""},
		{"reminders:\n  - {key: soon, before: 30 days, title: {ru: Скоро конец, en: It ends soon}, text: {ru: Продлите, en: Renew it}}\n", "", []string{"Gone: reminder “It ends soon”"}, ""},
	} {
		text := strings.Replace(string(smallCity(t)[permit].Data), c.old, c.new, 1)
		if text == string(smallCity(t)[permit].Data) {
			t.Fatalf("the file has no %q", c.old)
		}
		if c.want == nil {
			continue
		}
		got := Diff(one, loadSmall(t, change{"", permit, c.old, c.new}))
		if diff := cmp.Diff(c.want, plainLines(lines(got, lang.English))); diff != "" {
			t.Errorf("%s → %s: %s", c.old, c.new, diff)
		}
		if ru := plainLines(lines(got, lang.Russian)); c.wantRU != "" && ru[0] != c.wantRU {
			t.Errorf("in Russian: %q", ru)
		}
	}
}

func plainLines(list []string) []string {
	for i := range list {
		list[i] = strings.ReplaceAll(list[i], " ", " ")
	}
	return list
}

// TestDiffTellsAmountsByTheExamples: a fee's rule is nobody's reading; what it makes of the examples is.
func TestDiffTellsAmountsByTheExamples(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	files := smallCity(t)
	text := strings.Replace(string(files[permit].Data), "rule: roubles(answers.days)", "rule: roubles(answers.days * 2)", 1)
	text = strings.Replace(text, "fee: 10.00 RUB, row: right", "fee: 20.00 RUB, row: right", 1)
	two := loadSmall(t, change{"", permit, string(files[permit].Data), text})
	got := plainLines(lines(Diff(one, two), lang.English))
	if !slices.ContainsFunc(got, func(line string) bool {
		return strings.HasPrefix(line, "Comes out otherwise: example “Right”, fee: was") && strings.Contains(line, "20")
	}) {
		t.Errorf("the example's fee is not told: %q", got)
	}
}

func TestAQuestionThatMovesToAnotherPageIsTheSame(t *testing.T) {
	t.Parallel()
	one := loadSmall(t)
	two := loadSmall(t, change{"", permit, "        - {key: days, type: number", "    - key: stay\n      title: {ru: Стоянка, en: Stay}\n      fields:\n        - {key: days, type: number"})
	got := plainLines(lines(Diff(one, two), lang.English))
	for _, line := range got {
		if strings.Contains(line, "question “Days”") && !strings.Contains(line, "page: was Car, is Stay") {
			t.Errorf("got %q", line)
		}
	}
	if !slices.Contains(got, "New: page of the form “Stay”") {
		t.Errorf("the new page is not told: %q", got)
	}
}

// TestNothingThatChangesAServiceGoesUntold changes every single value of a definition in its turn: the service's hash is
// another one, and there is a change with words for it.
func TestNothingThatChangesAServiceGoesUntold(t *testing.T) {
	t.Parallel()
	base := loadSmall(t)
	count := 0
	walkLeaves(reflect.ValueOf(servicePermit(base)).Elem(), "", func(path string) {
		count++
		other := &City{}
		if err := json.Unmarshal(base.Bytes(), &published{City: other}); err != nil {
			t.Fatal(err)
		}
		other.compiled = base.compiled
		alter(reflect.ValueOf(servicePermit(other)).Elem(), path)
		if other.seal() != nil || ServiceHash(servicePermit(other)) == ServiceHash(servicePermit(base)) {
			t.Fatalf("%s was not altered", path)
		}
		changes := Diff(base, other)
		if len(changes) == 0 {
			t.Errorf("%s changed, and nothing is told", path)
		}
		for _, c := range changes {
			for _, l := range lang.All() {
				if line := c.In(l); line == "" || strings.Contains(line, "service.diff") {
					t.Errorf("%s: %q", path, line)
				}
			}
		}
	})
	if count < 100 {
		t.Errorf("only %d values were altered", count)
	}
}

// walkLeaves visits each single value by its path of indexes.
func walkLeaves(v reflect.Value, path string, visit func(string)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkLeaves(v.Field(i), join(path, strconv.Itoa(i)), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkLeaves(v.Index(i), join(path, strconv.Itoa(i)), visit)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			walkLeaves(v.Elem(), path, visit)
		}
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64:
		visit(path)
	}
}

func alter(v reflect.Value, path string) {
	for _, part := range strings.Split(path, ".") {
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		i, _ := strconv.Atoi(part)
		if v.Kind() == reflect.Slice {
			v = v.Index(i)
			continue
		}
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		v.SetInt(v.Int() + 1)
	}
}

func TestServicesThatAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	two := loadSmall(t)
	second, _ := two.Service("permit")
	second = &Service{Key: second.Key, Title: second.Title}

	second.Key = "second"
	two.Services = append(slices.Clone(two.Services), *second)
	if two.seal() != nil {
		t.Fatal("not sealed")
	}
	one := loadSmall(t)
	if got := lines(Diff(one, two), lang.English); len(got) != 1 || got[0] != "New: service “Permit”" {
		t.Errorf("got %q", got)
	}
	if got := Diff(two, one); len(got) != 1 || got[0].Kind != ChangeRemoved || !slices.Equal(Changed(got), []string{"second"}) {
		t.Errorf("got %v", got)
	}
}

func TestMoveDraftKeepsWhatItCan(t *testing.T) {
	t.Parallel()
	from := &Service{Form: Form{Steps: []Step{{Key: "a", Fields: []Field{
		{Key: "plate", Type: TypePlate, Label: same("Plate")}, {Key: "days", Type: TypeNumber, Label: same("Days")},
		{Key: "kind", Type: TypeChoice, Label: same("Kind"), Options: []Option{{Key: "yard"}, {Key: "street"}}},
		{Key: "zones", Type: TypeChoices, Label: same("Zones"), Options: []Option{{Key: "a"}, {Key: "b"}}},
		{Key: "note", Type: TypeText, Label: same("Note")}, {Key: "sum", Type: TypeNumber, Label: same("Sum")}, {Key: "empty", Type: TypeText, Label: same("Empty")},
	}}}}}
	to := &Service{Form: Form{Steps: []Step{{Key: "b", Fields: []Field{
		{Key: "plate", Type: TypePlate, Label: same("Plate number")}, {Key: "days", Type: TypeDate, Label: same("Days")},
		{Key: "kind", Type: TypeChoice, Label: same("Kind"), Options: []Option{{Key: "yard"}}},
		{Key: "zones", Type: TypeChoices, Label: same("Zones"), Options: []Option{{Key: "a"}, {Key: "b"}, {Key: "c"}}},
		{Key: "sum", Type: TypeNumber, Label: same("Sum"), Value: "1"}, {Key: "phone", Type: TypePhone, Label: same("Phone")}, {Key: "empty", Type: TypeNumber, Label: same("Empty")},
	}}}}}
	answers := Answers{"plate": "А417МО52", "days": 3.0, "kind": "street", "zones": []any{"a", "b"}, "note": "x", "sum": 1.0}
	got := MoveDraft(from, to, answers)
	want := DraftMove{
		Kept:  []DraftAnswer{{Field: "plate", Label: same("Plate number")}, {Field: "zones", Label: same("Zones")}},
		Lost:  []DraftAnswer{{"days", same("Days"), DraftType}, {"kind", same("Kind"), DraftOption}, {"note", same("Note"), DraftGone}, {"sum", same("Sum"), DraftComputed}},
		Asked: []DraftAnswer{{"days", same("Days"), DraftType}, {"kind", same("Kind"), DraftOption}, {"phone", same("Phone"), DraftNew}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if said := got.In(lang.English); len(said) != 6 || said[0] != "“Days” is asked in another way, please answer again." || said[5] != "The other answers stay: 2." {
		t.Errorf("in words: %q", said)
	}
	if still := MoveDraft(from, from, answers); len(still.Lost)+len(still.Asked) > 0 || len(still.In(lang.Russian)) > 0 || len(still.Kept) != len(answers) {
		t.Errorf("the same version loses something: %+v", still)
	}
}

func servicePermit(c *City) *Service {
	s, _ := c.Service("permit")
	return s
}
