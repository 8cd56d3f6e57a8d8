package pay

import (
	"strings"
	"testing"

	"posad.city/core/charge"
	"posad.city/kit/id"
)

// Whoever tries again for somebody else still acts for them.
func TestTryingAgainKeepsForWhom(t *testing.T) {
	t.Parallel()
	p := Payment{Payer: anna, Lines: []Line{{Charge: id.Derived("charge", "one"), Kind: charge.KindFee}, {Charge: id.Derived("charge", "gift"), Kind: charge.KindGift}}}
	if got := againPath(p, anna); !strings.Contains(got, "for="+anna.String()) || strings.Count(got, "charge=") != 1 {
		t.Error(got)
	}
	if got := againPath(p, id.ID{}); strings.Contains(got, "for=") {
		t.Error(got)
	}
}
