package casework

import (
	"testing"

	"posad.city/core/service"
)

// A decision that is the opposite of the table's advice needs words; one that it leaves to the official does not.
func TestADecisionAgainstTheTableNeedsWords(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		advice service.Verdict
		stage  Stage
		want   bool
	}{
		{service.Approve, Refused, true}, {service.Refuse, Approved, true}, {service.Approve, Approved, false},
		{service.Refuse, Refused, false}, {service.ByOfficial, Refused, false}, {service.ByOfficial, Approved, false},
	} {
		if got := against(one.advice, one.stage); got != one.want {
			t.Errorf("advice %s, decision %s: %v", one.advice, one.stage, got)
		}
	}
}
