package service

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"posad.city/kit/lang"
)

// smallCity is testdata/city, to be changed by a test.
func smallCity(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	root := os.DirFS(filepath.Join("testdata", "city"))
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		out[name] = &fstest.MapFile{Data: content}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// change is one slip of the pen: in a file, old becomes new; ¦ in new marks where the fault must point to.
type change struct{ kind, file, old, new string }

const permit = "services/permit.yaml"

// wholeTable is the decision table of the small city's service.
const wholeTable = `decision:
  rows:
    - key: silent
      when: "!given(facts.owner.owner)"
      decide: official
      because: {ru: Реестр молчит, en: The register is silent}
    - key: debt
      when: facts.owner.debt > 0
      decide: refuse
      ground: debt
      because: {ru: Есть долг, en: There is a debt}
    - key: right
      otherwise: true
      decide: approve
      because: {ru: Всё верно, en: All is right}
`

// slips has one change for every kind of fault.
var slips = append(keySlips, []change{
	{"file_syntax", permit, "term: 5 working days", "term: [5 working days"},
	{"file_empty", "topics.yaml", "*", "¦# nothing\n"},
	{"file_not_plain", permit, "topic: transport", "topic: ¦&t transport"},
	{"file_unknown", "notes.yaml", "*", "note: here"},
	{"file_missing", "topics.yaml", "-", ""},
	{"file_unreadable", permit, "*", "\xff\xfe"},
	{"file_too_deep", permit, "*", strings.Repeat("[", 100)},
	{"unknown_key", permit, "topic: transport", "¦topik: transport\ntopic: transport"},
	{"unknown_language", permit, "{ru: Житель, en: A resident}", "{ru: Житель, ¦de: Einwohner, en: A resident}"},
	{"missing_key", permit, "topic: transport\n", ""},
	{"missing_translation", permit, "who: {ru: Житель, en: A resident}", "who: ¦{ru: Житель}"},
	{"want_mapping", permit, "appeal: {where: {ru: Суд, en: Court}, how: {ru: Письмом, en: By letter}, days: 90, law: {ru: Пункт 3, en: Point 3}}", "appeal: ¦court"},
	{"want_list", permit, "audience: [residents]", "audience: ¦residents"},
	{"want_text", permit, "situations: [moved]", "situations: [¦{}]"},
	{"want_number", permit, "days: 90", "days: ¦many"},
	{"want_yes_no", permit, "otherwise: true", "otherwise: ¦\"true\""},
	{"wrong_word", permit, "assurance: basic", "assurance: ¦basik"},
	{"bad_key", permit, "service: permit", "service: ¦Permit!"},
	{"bad_term", permit, "term: 5 working days", "term: ¦five days"},
	{"bad_money", permit, "fee: 10.00 RUB, row: right", "fee: ¦ten roubles, row: right"},
	{"bad_date", "calendar.yaml", "to: 2026-01-08", "to: ¦2026-02-30"},
	{"bad_calendar", "calendar.yaml", "closes: \"18:00\"", "closes: \"09:30\""},
	{"bad_time", "calendar.yaml", "opens: \"09:00\"", "opens: ¦nine"},
	{"bad_zone", "city.yaml", "zone: Europe/Moscow", "zone: ¦Europe/Kitezh"},
	{"bad_duration", "registers/owners.yaml", "timeout: 5s", "timeout: ¦soon"},
	{"bad_member", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\ntransport: xroad\nmember: ¦KTZ/GOV/7702\nasks_as: KTZ/GOV/7701/posad"},
	{"fallback_chain", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\nfallback: ¦owners"},
	{"unknown_reference", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\nfallback: ¦nobody"},
	{"unknown_reference", permit, "register: owners", "register: owners\n    ask: ¦plate"},
	{"fallback_parameter", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\nfallback: ¦keepers"},
	{"fallback_value", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\nfallback: ¦keepers"},
	{"ask_not_early", permit, "certificates:\n  - key: owner\n    register: owners", "        - {key: paper, type: file, label: {ru: Бумага, en: Paper}, hint: {ru: Реестр молчит, en: The register is silent}, instead-of: owner}\ncertificates:\n  - key: owner\n    ask: ¦paper\n    register: owners"},
	{"bad_address", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\ncorrection: {text: {ru: Придите, en: Come}, address: ¦javascript}"},
	{"unknown_reference", "registers/owners.yaml", "timeout: 5s", "timeout: 5s\ncorrection: {text: {ru: Придите, en: Come}, address: ¦/services/complain}"},
	{"bad_delay", "agencies/transport.yaml", "queues:", "investigations: {roles: [head], days: ¦400, see: [account.profile], law: {ru: Закон, en: Law}}\nqueues:"},
	{"bad_span", permit, "valid: 12 months", "valid: ¦a year"},
	{"bad_bound", permit, "max: \"30\"", "max: ¦thirty"},
	{"bad_houses", "places.yaml", "numbers: 1-3", "numbers: ¦3-1"},
	{"bad_schema", "registers/owners.yaml", "owner: {type: boolean}", "owner: {type: maybe}"},
	{"value_not_in_reply", "registers/owners.yaml", "required: [owner, debt]", "required: [owner]"},
	{"duplicate_key", permit, "{key: days, type: number", "{key: ¦plate, type: number"},
	{"unknown_reference", permit, "agency: transport", "agency: ¦transprot"},
	{"unknown_reference", permit, "queue: permits", "queue: ¦permit"},
	{"unknown_reference", permit, "register: owners", "register: ¦owner"},
	{"unknown_reference", permit, "topic: transport", "topic: ¦trains"},
	{"unknown_reference", permit, "how: {ru: Письмом, en: By letter}, days: 90", "how: {ru: Письмом, en: By letter}, service: ¦complaint, days: 90"},
	{"unknown_reference", permit, "situations: [moved]", "situations: [¦move]"},
	{"unknown_reference", permit, "then: table", "then: ¦tabel"},
	{"unknown_reference", permit, "queue: transport/letters", "queue: ¦transport/mail"},
	{"unreachable_step", permit, "  - {key: document, kind", "  - ¦{key: lost, kind: review, title: {ru: Зря, en: In vain}, queue: permits, within: 1 working day, then: document}\n  - {key: document, kind"},
	{"dead_end", permit, "then: table, else: unpaid}", "then: wait, else: unpaid}\n  - ¦{key: wait, kind: review, title: {ru: Ждём, en: Waiting}, queue: permits, within: 1 working day}"},
	{"cycle", permit, "then: table, else: unpaid", "then: ask-registers, else: unpaid"},
	{"issue_undecided", permit, "then: table, else: unpaid", "then: document, else: unpaid"},
	{"approved_without_issue", permit, "may-ask: 3 working days, approved: document}", "may-ask: 3 working days}"},
	{"wait_without_term", permit, "route: kind, within: 2 working days", "route: kind"},
	{"wait_without_else", permit, "then: table, else: unpaid", "then: table"},
	{"pay_without_fee", permit, "fees:\n  - key: permit\n    rule: roubles(answers.days)\n    title: {ru: Стоянка, en: Parking}\n    words: {ru: Рубль в день, en: A rouble a day}\n    exempt:\n      - {key: yard, when: answers.kind == 'yard', because: {ru: Двор бесплатен, en: Yards are free}}\n", ""},
	{"pay_after_decision", permit, "approved: document, official: person}", "approved: late-fee, official: person}\n  - ¦{key: late-fee, kind: pay, title: {ru: Доплата, en: Late fee}, within: 3 calendar days, then: document, else: document}"},
	{"decide_without_table", permit, wholeTable, ""},
	{"refusal_without_ground", permit, "grounds:\n  - {key: debt, words: {ru: Долг, en: Debt}, law: {ru: Пункт 1, en: Point 1}}\n  - {key: unpaid, words: {ru: Не оплачено, en: Not paid}, law: {ru: Пункт 2, en: Point 2}}\n", ""},
	{"refusal_without_appeal", permit, "appeal: {where: {ru: Суд, en: Court}, how: {ru: Письмом, en: By letter}, days: 90, law: {ru: Пункт 3, en: Point 3}}\n", ""},
	{"route_without_queues", permit, "route: kind", "route: ¦days"},
	{"table_without_otherwise", permit, "    - key: right\n      otherwise: true", "    - ¦key: right\n      when: facts.owner.owner"},
	{"otherwise_too_early", permit, "    - key: debt\n      when: facts.owner.debt > 0", "    - ¦key: debt"},
	{"row_not_hit", permit, "    - key: debt\n      when: facts.owner.debt > 0", "    - ¦key: much\n      when: facts.owner.debt > 100000\n      decide: refuse\n      ground: debt\n      because: {ru: Много, en: Much}\n    - key: debt\n      when: facts.owner.debt > 0"},
	{"example_differs", permit, "fee: 10.00 RUB, row: right", "fee: ¦11.00 RUB, row: right"},
	{"example_failed", permit, "days: 10, kind: street", "kind: street"},
	{"example_reply", permit, "{owner: {owner: true, debt: 0}}", "{owner: ¦{owner: true, debt: none}}"},
	{"rule_wrong", permit, "when: facts.owner.debt > 0", "when: facts.owner.debt ¦> 'much'"},
	{"rule_unknown_value", permit, "when: facts.owner.debt > 0", "when: ¦facts.owner.dept > 0"},
	{"fee_not_money", permit, "rule: roubles(answers.days)", "rule: ¦answers.plate"},
	{"fee_amount_or_rule", permit, "    rule: roubles(answers.days)", "    rule: roubles(answers.days)\n    amount: 1.00 RUB"},
	{"field_unused", permit, ", why: {ru: Читает сотрудник, en: An official reads it}", ""},
	{"field_before_asked", permit, "{key: plate, type: plate,", "{key: plate, type: plate, when: ¦answers.days > 1,"},
	{"fact_too_late", permit, "{key: days, type: number,", "{key: days, type: number, when: ¦facts.owner.owner,"},
	{"fixed_without_known", permit, "{key: days, type: number,", "{key: days, type: number, fixed: ¦true,"},
	{"known_unknown_value", permit, "{key: birth, type: birth,", "{key: birth, type: birth, known: ¦applicant.born,"},
	{"known_kind", permit, "{key: birth, type: birth,", "{key: birth, type: birth, known: ¦applicant.phone,"},
	{"choice_without_options", permit, "            - {key: street, label: {ru: Улица, en: Street}}\n", ""},
	{"key_not_for_type", permit, "{key: plate, type: plate,", "¦{key: plate, type: plate, max-files: 3,"},
	{"file_without_limits", permit, "{key: plate, type: plate,", "¦{key: plate, type: file,"},
	{"long_text_without_limit", permit, "max: \"500\", ", ""},
	{"paper_held", permit, "        - {key: plate,", "        - ¦{key: paper, type: file, label: {ru: Паспорт автомобиля, en: Paper}, accept: [pdf], max-size: 5, max-files: 1, why: {ru: Так, en: So}}\n        - {key: plate,"},
	{"paper_without_reason", permit, "        - {key: plate,", "        - ¦{key: paper, type: file, label: {ru: Бумага, en: Paper}, accept: [pdf], max-size: 5, max-files: 1, instead-of: owner}\n        - {key: plate,"},
	{"parameter_missing", permit, "    with: {plate: answers.plate}\n", ""},
	{"parameter_unknown_value", permit, "with: {plate: answers.plate}", "with: {plate: ¦answers.plait}"},
	{"parameter_kind", permit, "with: {plate: answers.plate}", "with: {plate: ¦answers.days}"},
	{"result_unknown_value", permit, "value: answers.plate", "value: ¦answers.plates"},
}...)

func (c change) apply(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	text := c.new
	switch before := files[c.file]; {
	case c.old == "-":
		delete(files, c.file)
		return ""
	case c.old != "*":
		if !strings.Contains(string(before.Data), c.old) {
			t.Fatalf("%s has no %q", c.file, c.old)
		}
		text = strings.Replace(string(before.Data), c.old, c.new, 1)
	}
	place := ""
	if at := strings.Index(text, "¦"); at >= 0 {
		line := strings.Count(text[:at], "\n") + 1
		column := utf8.RuneCountInString(text[strings.LastIndexByte(text[:at], '\n')+1:at]) + 1
		place = Fault{File: c.file, Line: line, Column: column}.Place()
	}
	files[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, "¦", "", 1))}
	return place
}

func TestEverySlipIsToldWithItsPlace(t *testing.T) {
	t.Parallel()
	if _, faults := LoadCity(smallCity(t)); len(faults) > 0 {
		t.Fatalf("the small city is wrong by itself:\n%v", faults)
	}
	for _, slip := range slices.Concat(slips, proofSlips, ownSlips, tariffSlips, chargeSlips) {
		t.Run(slip.kind+" "+slip.new, func(t *testing.T) {
			t.Parallel()
			files := smallCity(t)
			place := slip.apply(t, files)
			city, faults := LoadCity(files)
			if city != nil {
				faults = city.Doubts()
			}
			at := slices.IndexFunc(faults, func(f Fault) bool { return f.Kind == slip.kind && (place == "" || f.Place() == place) })
			if at < 0 {
				t.Fatalf("want %s at %s, got:\n%v", slip.kind, place, faults)
			}
			for _, l := range lang.All() {
				for _, text := range []string{faults[at].In(l), faults[at].Hint(l)} {
					if strings.HasPrefix(text, "service.") || strings.ContainsAny(text, "{}") && slip.kind != "want_text" {
						t.Errorf("%s: %q", l, text)
					}
				}
			}
		})
	}
}

// TestEveryKindHasASlip keeps the table whole: each sentence of the locale is one of a slip.
func TestEveryKindHasASlip(t *testing.T) {
	t.Parallel()
	catalogue, err := lang.Load(Locale)
	if err != nil {
		t.Fatal(err)
	}
	slips := slices.Concat(slips, proofSlips, ownSlips, tariffSlips, chargeSlips)
	for _, key := range catalogue.Keys() {
		kind, ok := strings.CutPrefix(key, "service.fault.")
		if ok && !slices.ContainsFunc(slips, func(c change) bool { return c.kind == kind }) {
			t.Errorf("no slip shows %s", kind)
		}
	}
}

// TestSlipsAreToldAtOnce: an author sees all faults of all files in one run.
func TestSlipsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	files := smallCity(t)
	change{"", permit, "topic: transport", "topik: transport"}.apply(t, files)
	change{"", permit, "term: 5 working days", "term: soon"}.apply(t, files)
	change{"", "city.yaml", "zone: Europe/Moscow", "zona: Europe/Moscow"}.apply(t, files)
	_, faults := LoadCity(files)
	if len(faults) != 5 { // two wrong keys, the two that they left missing, a wrong term
		t.Errorf("got %d faults:\n%v", len(faults), faults)
	}
	if faults[0].File != "city.yaml" {
		t.Errorf("faults are not in order: %v", faults)
	}
}

func TestPrintShowsLineMarkAndHint(t *testing.T) {
	t.Parallel()
	files := smallCity(t)
	change{"", permit, "assurance: basic", "assurance: basik"}.apply(t, files)
	_, faults := LoadCity(files)
	var out strings.Builder
	if err := faults.Print(&out, lang.Russian); err != nil {
		t.Fatal(err)
	}
	want := "services/permit.yaml:10:12: «basik» не подходит для «assurance»\n  10 | assurance: basik\n     |            ^\n  → Может быть, «basic»?\n\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}
