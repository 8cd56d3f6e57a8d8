package service

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// proofSlips are slips that only all lines together show.
var proofSlips = []change{
	{"row_covered", permit, "    - key: debt\n      when: facts.owner.debt > 0", "    - key: any-debt\n      when: facts.owner.debt >= 1\n      decide: official\n      because: {ru: Есть долг, en: There is a debt}\n    - ¦key: debt\n      when: facts.owner.debt > 0"},
	{"row_covered", permit, "    - key: right\n      otherwise: true", "    - key: none\n      when: facts.owner.debt <= 0\n      decide: official\n      because: {ru: Нет долга, en: There is no debt}\n    - ¦key: right\n      otherwise: true"},
	{"row_never", permit, "    - key: debt\n      when: facts.owner.debt > 0", "    - ¦key: odd\n      when: facts.owner.debt > 10 && facts.owner.debt < 10\n      decide: official\n      because: {ru: Так не бывает, en: It never is}\n    - key: debt\n      when: facts.owner.debt > 0"},
	{"row_twice", permit, "    - key: right\n      otherwise: true", "    - ¦key: again\n      when: facts.owner.debt > 0\n      decide: official\n      because: {ru: Снова долг, en: A debt again}\n    - key: right\n      otherwise: true"},
	{"obstacle_always", permit, "obstacles:\n", "obstacles:\n  - key: closed\n    when: ¦answers.kind == 'yard' || answers.kind != 'yard' || !given(answers.kind)\n    because: {ru: Закрыто, en: It is closed}\n    instead: {ru: Подождите, en: Wait}\n"},
	{"never_shown", permit, "optional: true, when: answers.kind == 'street',", "optional: true, when: ¦answers.kind == 'street' && answers.kind == 'yard',"},
	{"never_shown", permit, "{key: street, label: {ru: Улица, en: Street}}", "{key: street, label: {ru: Улица, en: Street}}\n            - {key: roof, label: {ru: Крыша, en: Roof}, when: ¦answers.days > 30}"},
	{"not_shown", permit, "{key: street, label: {ru: Улица, en: Street}}", "{key: street, label: {ru: Улица, en: Street}}\n            - {key: roof, label: {ru: Крыша, en: Roof}, when: ¦answers.days == 29}"},
	{"exempt_never", permit, "      - {key: yard, when: answers.kind == 'yard', because: {ru: Двор бесплатен, en: Yards are free}}\n", "      - {key: yard, when: answers.kind == 'yard', because: {ru: Двор бесплатен, en: Yards are free}}\n      - ¦{key: twice, when: answers.kind == 'yard' && answers.days > 3, because: {ru: Надолго, en: For long}}\n"},
	{"exempt_no_example", permit, "      - {key: yard, when: answers.kind == 'yard', because: {ru: Двор бесплатен, en: Yards are free}}\n", "      - {key: yard, when: answers.kind == 'yard', because: {ru: Двор бесплатен, en: Yards are free}}\n      - ¦{key: long, when: answers.days == 29, because: {ru: Надолго, en: For long}}\n"},
	{"fee_negative", permit, "rule: roubles(answers.days)", "rule: ¦roubles(answers.days) - roubles(5)"},
	{"fee_without_pay", permit, "  - {key: fee, kind: pay, title: {ru: Оплата, en: Payment}, within: 3 calendar days, then: table, else: unpaid}\n  - {key: unpaid, kind: decide, title: {ru: Не оплачено, en: Not paid}, by: ground, ground: unpaid}\n", "  - {key: fee, kind: review, title: {ru: Оплата, en: Payment}, queue: permits, within: 3 calendar days, then: table}\n"},
	{"refund_without_fee", objection, "term: ", "late: [{do: ¦refund}]\nterm: "},
	{"ground_unused", permit, "*", rewritten(permit, "by: official, queue: permits, route: kind, within: 2 working days, may-ask: 3 working days, approved: document}", "by: ground, ground: unpaid}",
		"  - {key: unpaid, words", "  - ¦{key: idle, words: {ru: Так, en: So}, law: {ru: Пункт 9, en: Point 9}}\n  - {key: unpaid, words")},
	{"ground_twice", permit, "  - {key: unpaid, words", "  - ¦{key: debts, words: {ru: Долг, en: Debt}, law: {ru: Пункт 1, en: Point 1}}\n  - {key: unpaid, words"},
	{"step_longer_than_term", permit, "within: 2 working days, may-ask", "within: ¦9 working days, may-ask"},
	{"waits_longer_than_term", permit, "term: 5 working days", "term: ¦2 working days"},
	{"extension_longer", permit, "term: 5 working days", "term: 5 working days\nextension: {by: ¦9 working days, law: {ru: Пункт 5, en: Point 5}}"},
	{"bounds_crossed", permit, "min: \"1\", max: \"30\"", "min: \"31\", max: ¦\"30\""},
	{"option_twice", permit, "{key: street, label: {ru: Улица, en: Street}}", "{key: street, label: {ru: Улица, en: Street}}\n            - ¦{key: road, label: {ru: Улица, en: Street}}"},
	{"label_twice", permit, "{key: days, type: number, label: {ru: Дней, en: Days}", "¦{key: days, type: number, label: {ru: Номер, en: Plate}"},
	{"notice_never", "messages/objection.yaml", "*", "service: objection\nnotices:\n  - {on: paid, title: {ru: Оплачено, en: Paid}, text: {ru: Спасибо, en: Thanks}}\n"},
	{"certificate_not_asked", permit, "{key: ask-registers, kind: fetch, title: {ru: Спрашиваем, en: Asking}, within: 1 working day, then: fee, else: fee}", "{key: ask-registers, kind: review, title: {ru: Смотрим, en: Looking}, queue: permits, within: 1 working day, then: fee}"},
	{"certificate_unused", permit, "certificates:\n", "certificates:\n  - ¦key: idle\n    register: owners\n    with: {plate: answers.plate}\n    needed: {ru: Чтобы знать, en: To know}\n"},
	{"reminder_without_end", permit, "  valid: 12 months\n", ""},
	{"appeal_to_itself", permit, "how: {ru: Письмом, en: By letter}, days: 90", "how: {ru: Письмом, en: By letter}, service: ¦permit, days: 90"},
	{"title_long", permit, "title: {ru: Разрешение, en: Permit}", "title: ¦{ru: Разрешение, en: A permit to leave a car in any street or yard of the whole city at night}"},
	{"summary_long", permit, "summary: {ru: Разрешение на стоянку, en: A parking permit}", "summary: ¦{ru: Разрешение на стоянку, en: " + strings.Repeat("A parking permit ", 13) + "}"},
	{"script_wrong", permit, "who: {ru: Житель, en: A resident}", "who: {ru: ¦a resident of the city, en: A resident}"},
	{"script_wrong", permit, "who: {ru: Житель, en: A resident}", "who: {ru: Житель, en: ¦любой житель города}"},
	{"script_same", permit, "who: {ru: Житель, en: A resident}", "who: {ru: Житель (a resident), en: ¦Житель (a resident)}"},
	{"public_personal", permit, "    - {key: plate, label: {ru: Номер, en: Plate}, value: answers.plate}\n", "    - {key: plate, label: {ru: Номер, en: Plate}, value: answers.plate}\n    - {key: born, label: {ru: Рождение, en: Birth}, value: answers.birth}\n  public: [plate, ¦born]\n"},
	{"asked_as_shared", permit, "asked-as: {ru: [парковка], en: [parking]}", "asked-as: {ru: [парковка, ¦возражение], en: [parking]}"},
}

// rewritten is a file of the small city with several places changed.
func rewritten(file string, pairs ...string) string {
	content, err := os.ReadFile(filepath.Join("testdata", "city", filepath.FromSlash(file)))
	if err != nil {
		return "" // the slip fails
	}
	return strings.NewReplacer(pairs...).Replace(string(content))
}

const objection = "services/objection.yaml"

// TestWhatIsNotProvedIsNotClaimed: a row that is unreachable for reasons beyond comparisons with constants is told as one
// that no example hits, and nothing is claimed of rules that only look contradictory.
func TestWhatIsNotProvedIsNotClaimed(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"answers.days * answers.days == 2":                                 "row_not_hit", // true of no number, which is not tried out
		"answers.days > 25 && facts.owner.debt < 0 - 5":                    "row_not_hit",
		"answers.plate.startsWith('Z') && facts.owner.debt == 0":           "row_not_hit",
		"answers.days == 29":                                               "row_not_hit",
		"answers.days > 30":                                                "row_never", // the question's bounds
		"given(facts.owner.owner) && !given(facts.owner.owner)":            "row_never",
		"answers.kind in ['yard'] && answers.kind == 'street'":             "row_never",
		"age(answers.birth, today) < 10 && age(answers.birth, today) > 12": "row_never",
		"age(answers.birth, today) < 10":                                   "row_not_hit",
	} {
		files := smallCity(t)
		change{"", permit, "    - key: debt\n      when: facts.owner.debt > 0", "    - key: tried\n      when: \"" + rule + "\"\n      decide: official\n      because: {ru: Так, en: So}\n    - key: debt\n      when: facts.owner.debt > 0"}.apply(t, files)
		_, faults := LoadCity(files)
		if !slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == want && f.Params["row"] == "tried" }) {
			t.Errorf("%s: want %s, got %v", rule, want, faults)
		}
	}
}

func TestCoveredByNamesTheRowsThatTakeTheCases(t *testing.T) {
	t.Parallel()
	files := smallCity(t)
	change{"", permit, "    - key: right\n      otherwise: true", "    - key: none\n      when: facts.owner.debt <= 0\n      decide: official\n      because: {ru: Нет долга, en: There is no debt}\n    - key: right\n      otherwise: true"}.apply(t, files)
	_, faults := LoadCity(files)
	at := slices.IndexFunc(faults, func(f Fault) bool { return f.Kind == "row_covered" })
	if at < 0 || faults[at].Params["by"] != "silent, debt, none" {
		t.Errorf("got %v", faults)
	}
	if slices.ContainsFunc(faults, func(f Fault) bool { return f.Kind == "row_not_hit" && f.Params["row"] == "right" }) {
		t.Error("the same row is told twice")
	}
}

func TestDoubtsStopNothing(t *testing.T) {
	t.Parallel()
	city := loadSmall(t, change{"", permit, "term: 5 working days", "term: 2 working days"})
	if len(city.Doubts()) == 0 {
		t.Fatal("a term that the steps outlast is no doubt")
	}
	if again, err := Open(city.Bytes()); err != nil || len(again.Doubts()) > 0 {
		t.Errorf("a published version has doubts: %v", err)
	}
	if _, err := Accept(city.Bytes()); err != nil {
		t.Errorf("a doubt keeps a city from being published: %v", err)
	}
}
