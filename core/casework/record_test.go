package casework

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/agency"
	"posad.city/core/service"
)

func TestADecisionIsMadeAgainFromItsRecord(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref, _ := r.refuseWorks()
	record, err := r.Record(ctx, officer(igor, "housing", agency.Officer), ref.Number)
	r.must(err)
	text, err := json.Marshal(record)
	r.must(err)
	var back CaseRecord
	r.must(json.Unmarshal(text, &back))
	again, err := json.Marshal(back)
	r.must(err)
	if diff := cmp.Diff(string(text), string(again)); diff != "" {
		t.Error(diff)
	}
	city, err := oneCity{}.Version(ctx, back.Definition)
	r.must(err)
	d, err := city.Rules(back.Service).Decide(back.Inputs)
	r.must(err)
	if d.Row != back.Row || back.Row != "mixed" || back.Fee != 100_000 || back.Inputs.Opinions["yards"] != service.OpinionObject {
		t.Errorf("%+v; again %+v", back, d)
	}
	open := r.openWorks("agreed")
	if _, err := r.Record(ctx, officer(igor, "housing", agency.Officer), open.Number); !errors.Is(err, ErrNotNow) {
		t.Errorf("before a decision: %v", err)
	}
	e, err := r.Explain(ctx, annaAct, ref.Holder, ref.ID)
	r.must(err)
	want := []RowOutcome{{Row: "trees", Decide: service.Refuse}, {Row: "all-agree", Decide: service.Approve}, {Row: "mixed", Decide: service.ByOfficial, Hit: true, Chosen: true, Kept: true}}
	if diff := cmp.Diff(want, e.Rows); diff != "" || !e.Same || e.Fee != e.FeeNow {
		t.Errorf("same: %v, fee %d now %d\n%s", e.Same, e.Fee, e.FeeNow, diff)
	}
}
