package casework

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"

	"github.com/google/go-cmp/cmp"
)

// A paper is counted once a case however many sheets it has, a certificate when the city has it, and what was not sent in
// never.
func TestPapersOfACase(t *testing.T) {
	t.Parallel()
	got := paperEntries("permit", "2026-11",
		[]document.File{{Field: "plan", Kept: true}, {Field: "plan", Kept: true}, {Field: "answer", Kept: true}, {Field: "left", Kept: false}},
		[]exchange.Certificate{{Key: "owner", State: exchange.Known}, {Key: "owner", State: exchange.Known}, {Key: "address", State: exchange.Failed}, {Key: "plate", State: exchange.Asked}})
	one := func(kind, key string) caseworkdb.CountLedgerParams {
		return caseworkdb.CountLedgerParams{Service: "permit", Month: "2026-11", Kind: kind, Key: key}
	}
	if diff := cmp.Diff([]caseworkdb.CountLedgerParams{one(countAskedFor, "plan"), one(countAskedFor, "answer"), one(countFetched, "owner")}, got); diff != "" {
		t.Error(diff)
	}
}

// TestPapersAreCountedByMonthForEverybody: with the decision, once, on the public page and in the API.
func TestPapersAreCountedByMonthForEverybody(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("parking-permit", "own-car", anna)
		r.run(time.Minute)
		r.payBill(ref)
		r.run(time.Minute)
		s, desk := Step{Holder: ref.Holder, Case: ref.ID}, officer(igor, "transport", agency.Officer)
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Approved})
		r.must(err)
		r.run(time.Hour)
		files, err := r.deps.Papers.Files(ctx, r.system(ref.ID), anna, ref.ID)
		r.must(err)
		list, err := r.deps.Registers.Certificates(ctx, r.system(ref.ID), []id.ID{anna}, ref.ID)
		r.must(err)
		want := paperEntries("parking-permit", "", files, list)
		for range 2 { // events come twice
			change, err := r.Module.count(ctx, jobs.Job{Object: ref.ID, Holder: anna})
			r.must(err)
			r.must(r.store.Write(ctx, change))
		}
		l, err := r.Ledger(ctx, "parking-permit")
		r.must(err)
		asked, fetched := l.Total.Papers()
		if asked != 0 || int(fetched) != len(want) || len(want) == 0 { // the city asks nobody for what registers hold
			t.Errorf("%d asked and %d fetched, want %v", asked, fetched, want)
		}
		if _, byMonth := l.Months[0].Papers(); byMonth != fetched {
			t.Errorf("of the month %d, of the year %d", byMonth, fetched)
		}
		r.must(r.store.Write(ctx, func(tx *store.Tx) error { // a paper that people gave
			return caseworkdb.CountLedger(tx, caseworkdb.CountLedgerParams{Service: "parking-permit", Month: l.Months[0].Month, Kind: countAskedFor, Key: answerField})
		}))
		status, body := r.browser("anna", "ru").send("GET", "/api/v1/services/parking-permit/deadlines", nil)
		var out wireLedger
		if err := json.Unmarshal([]byte(body), &out); status != 200 || err != nil || out.Total.Papers.Asked != asked+1 || out.Total.Papers.Fetched != fetched || out.Months[0].Papers.Asked != asked+1 {
			t.Errorf("%d %v %+v", status, err, out.Total.Papers)
		}
		if status, body := r.browser("anna", "ru").send("GET", "/services/parking-permit/deadlines", nil); status != 200 || !strings.Contains(body, "Попросили у людей") || !strings.Contains(body, "ответ на вопрос сотрудника") || strings.Contains(body, ">casework.") {
			t.Errorf("the page: %d", status)
		}
	})
}
