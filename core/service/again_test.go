package service

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSameThing(t *testing.T) {
	t.Parallel()
	s := &Service{Already: &Already{Same: []string{"answers.plate", "answers.days"}, While: []string{"open"}}}
	r := &Rules{service: s, scope: scope{"answers.plate": kindText, "answers.days": kindNumber}}
	one, ok := SameThing(r, Inputs{Answers: Answers{"plate": "А1", "days": float64(2)}})
	other, also := SameThing(r, Inputs{Answers: Answers{"plate": "А1", "days": float64(3)}})
	again, third := SameThing(r, Inputs{Answers: Answers{"plate": "А1", "days": float64(2), "note": "x"}})
	if !ok || !also || !third || one == other || one != again {
		t.Errorf("%q %t, %q %t, %q %t", one, ok, other, also, again, third)
	}
	if _, ok := SameThing(r, Inputs{Answers: Answers{"plate": "А1"}}); ok {
		t.Error("an unknown answer makes nothing the same")
	}
	if _, ok := SameThing(&Rules{service: &Service{}}, Inputs{}); ok {
		t.Error("a service without the rule recognises nothing")
	}
}

func TestRenewedKeepsWhatIsNotAskedAnew(t *testing.T) {
	t.Parallel()
	s := &Service{Renewal: &Renewal{From: "60 days", Again: []string{"starts"}}, Form: Form{Steps: []Step{{Key: "one", Fields: []Field{
		{Key: "plate", Type: TypePlate}, {Key: "starts", Type: TypeDate}, {Key: "lease", Type: TypeFile}, {Key: "sum", Type: TypeNumber, Value: "1"},
	}}}}}
	got := s.Renewed(Answers{"plate": "А1", "starts": "2026-01-01", "lease": []any{}, "sum": float64(1), "gone": "x"})
	if diff := cmp.Diff(Answers{"plate": "А1"}, got); diff != "" {
		t.Error(diff)
	}
}
