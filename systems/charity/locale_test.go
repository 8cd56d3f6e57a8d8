package charity

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"posad.city/kit/lang"
	"posad.city/ui"
)

var keyForm = regexp.MustCompile(`"(charity\.[a-z0-9_.]+[a-z0-9])"`)

// Every text that the module names is there, in both languages.
func TestEveryTextIsThere(t *testing.T) {
	t.Parallel()
	texts, err := lang.Load(locales)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]bool{"charity.code": true, "charity.css": true} // spaces of the vault, sheets
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range keyForm.FindAllStringSubmatch(string(source), -1) {
			key := m[1]
			if passed[key] || texts.Has(key) || jobKeys[key] || texts.Has(key+".title") {
				continue
			}
			t.Errorf("%s: no text %s", file, key)
		}
	}
	for _, key := range made() {
		if !texts.Has(key) {
			t.Errorf("no text %s", key)
		}
	}
}

// jobKeys are names of operations and jobs, which look like texts.
var jobKeys = map[string]bool{
	"charity.ended": true, "charity.lapse": true, "charity.consent": true, "charity.consenting": true, "charity.unwelcome": true, "charity.monthly_sweep": true,
	jobPaid: true, jobBack: true, jobOwed: true, jobReturned: true, jobTellSoon: true, jobMonthly: true, jobDays: true, "charity.changed": true, "charity.browse": true, "charity.where": true,
	"charity.give": true, "charity.mine": true, "charity.change": true, "charity.funds": true, "charity.fund": true, "charity.fund_change": true,
	"charity.fund_spend": true, "charity.desk": true, "charity.decide": true, holdGifts: true, holdActs: true,
}

// made are the keys that are put together.
func made() []string {
	var out []string
	add := func(prefix string, names ...string) {
		for _, n := range names {
			out = append(out, "charity."+prefix+n)
		}
	}
	add("fund_state.", "asked", "open", "suspended", "refused", "ended")
	add("appeal_state.", "draft", "asked", "refused", "open", "reached", "ended", "reported", "stopped")
	add("payout_state.", "asked", "paid", "refused", "taken_back", "returned")
	add("gift_state.", "promised", "given", "back", "dropped")
	add("monthly_state.", "on", "off")
	add("monthly_why.", "giver", "card", "fund")
	for _, kind := range []string{"fund_published", "fund_refused", "fund_suspended", "fund_resumed", "fund_ended", "appeal_opened", "appeal_refused", "appeal_stopped", "payout_approved", "payout_refused", "payout_seconded", "fund_changed", "change_refused"} {
		add("decided.", kind)
		add("journal.", kind)
		add("verdict.", kind)
	}
	add("did.", "fund_asked", "change_asked", "appeal_draft", "appeal_asked", "payout_asked", "reported")
	add("check.", Checks...)
	add("over_", "similar", "stays")
	add("", "about_english", "people_english", "address_en") // of a change
	add("month.", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
	add("statement.", "kind", "title", "lead", "giver", "period", "year", "total", "gifts", "fund", "line", "sum", "how", "how_text", "page")
	for _, told := range []string{"given", "soon", "missed", "card_ended", "fund_closed"} {
		add("told."+told+".", "title", "text", "action")
	}
	add("flash_appeal_", "sent", "kept")
	for _, step := range []string{"verified", "given", "paid", "told"} {
		add("how_"+step, "", "_text")
	}
	return out
}

func TestThePicturesOfCategoriesAreRight(t *testing.T) {
	t.Parallel()
	for key, rows := range art {
		if _, err := ui.ParseMosaic(rows, nil); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
}
