package app_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"posad.city/kit/store"
)

// shared are the Writes that change rows of two holders, each with its reason: on a database that is spread by holder
// they split. They are named by what they do to whose tables.
var shared = map[string]string{
	"account | person_account, person_file": "a sign-in account is not a person and has an id of its own; both begin together, and merging needs them apart",

	"account | notice, notice_delivery, notice_text": "the password and the contacts lie with the account; nobody loses one without its person being told",

	"account_block | journal_entry, notice, notice_delivery, notice_text": "a closed account and the word of it to its person come together or not at all",

	"notice, notice_delivery, notice_text | recovery_code, way": "a way in lies with the account; nobody gets one without its person being told",
	"notice, notice_delivery, notice_text | way":                "a way in lies with the account; nobody gets one without its person being told",
	"notice, notice_delivery, notice_text, visit | visit_desk":  "a visit lies with the person who is served; the official's desk shows whom they serve",
	"visit | visit_desk": "a visit lies with the person who is served; the official's desk shows whom they serve",
	"case_file, case_line, certificate, timeline | certificate":            "a case for a child asks registers about the child and about the parent; each certificate lies with whom it is about",
	"document_file, draft, draft_line, look, mandate_trace | look":         "an application for a child is sent: the child's data and the parent's were read for it, and each sees the look",
	"case_signer | notice, notice_delivery, notice_text, sign_line":        "who is asked to sign is named in the case, told, and finds it in their own account, or none of the three",
	"case_file, case_line, case_signer, pause, task, timeline | sign_line": "the steps of signing that end take the request out of the accounts of those who were asked",
	"case_word, desk_line | notice, notice_delivery, notice_text":          afterChange,
	"desk_line | notice, notice_delivery, notice_text":                     afterChange,
	"case_word, desk_line | desk_line":                                     "a case on which several agencies are asked stands on the desk of each as it is at one revision",
	"desk_line":                                                            "a case on which several agencies are asked stands on the desk of each as it is at one revision",

	"look":     "a list shows several people at once: their records commit together, before the list leaves",
	"official": "the roles that come with a city are brought in at once, by its operator",
}

// afterChange is why the desk's list and people's notices may come in one Write.
const afterChange = "what follows a change of a case is one job, which reads it once; either half may be done again"

// sometimes are such Writes that the hour brings: a look is on record once an hour, so that there may be one or none.
var sometimes = map[string]string{
	"case_word, desk_line": "a case on which several agencies are asked stands on the desk of each as it is at one revision",

	"bill, bill_change, bill_part | journal_entry, ledger_transfer, reconcile_act, reconcile_part": "money without a purpose lies with the treasury and pays a charge at its home: taken and counted together, or not at all",
	"bill, bill_change, bill_part | ledger_transfer, reconcile_act, reconcile_part":                "and back again when the charge needs it no more",

	"desk_unusual, desk_unusual_mark | notice, notice_delivery, notice_text": "an unusual look is found and its agency's head told, or the hour is looked at again",

	"charge_watch | charge_watcher":                               "an account watches a number, and the number knows whom to tell: both or neither",
	"bill | charge_import, charge_import_part":                    "a part of an agency's file is taken with its bills, each at its home, so that none is issued twice",
	"bill | charge_import, charge_import_bad, charge_import_part": "a part of an agency's file is taken with its bills, each at its home, so that none is issued twice",
	"bill":                              "bills of one part of a file, or of one call, come together, each at its home",
	"bill | journal_entry":              "an official's act on a bill and its entry in the public log come together",
	"bill, bill_change | journal_entry": "an official's act on a bill and its entry in the public log come together",

	"charge_watch, utility_stay | charge_watcher":                               "who moves into a flat sees it from the moment that whoever left sees it no longer",
	"utility_import, utility_import_part | utility_reading":                     "a part of a file of readings is taken with its readings, each at its flat",
	"utility_import, utility_import_bad, utility_import_part | utility_reading": "a part of a file of readings is taken with its readings, each at its flat",

	"charge_news": "those who watch a home are to be told of one bill together, or the job notes it for them all again",

	"charge_watch": "who is no resident of a flat any more sees it no longer from the moment that another does",

	"bill, bill_change, bill_part | developer_payment": "a payment of the sandbox settles the sandbox's bill with it",

	"journal_entry": "the sequencer of the public log gives places to whatever acts wait, whoever they are of",

	"notice, notice_delivery, notice_text":          "an applicant and those who signed with them learn of one thing together, or the job tells them all again",
	"draft, draft_line, look, mandate_trace | look": "an application for a child is sent: the child's data and the parent's were read for it, and each sees the look",
}

// testHolders looks at every Write that the tests before it made.
func testHolders(t *testing.T, w *world) {
	found := map[string]int{}
	for _, record := range w.Traces() {
		if len(record.Holders()) > 1 {
			found[signature(record)]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if shared[name] == "" && sometimes[name] == "" {
			t.Errorf("%d Writes touch two holders: %s", found[name], name)
		}
	}
	for name := range shared {
		if found[name] == 0 {
			t.Errorf("no Write does %q any more: take it off the list", name)
		}
	}
}

// signature names a Write by the tables whose holders it touches, holder by holder.
func signature(record store.TraceRecord) string {
	tables := map[string][]string{}
	for _, touch := range record.Touched {
		if !touch.Known {
			continue
		}
		key := touch.Holder.String()
		if !slices.Contains(tables[key], touch.Table) {
			tables[key] = append(tables[key], touch.Table)
		}
	}
	var sides []string
	for _, list := range tables {
		slices.Sort(list)
		if side := strings.Join(list, ", "); !slices.Contains(sides, side) {
			sides = append(sides, side)
		}
	}
	slices.Sort(sides)
	return strings.Join(sides, " | ")
}
