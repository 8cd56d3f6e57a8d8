package reconcile

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWellFormed(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		tax, account, bik, bic string
		want                   bool
	}{
		{"5256000001", "03100643000000013200", "012202102", "", true}, // of a treasury
		{"", "40602810700000000025", "049805746", "", true},
		{"", "40602810800000000025", "049805746", "", false}, // another control digit
		{"", "40602810700000000052", "049805746", "", false}, // two digits changed places
		{"", "123", "1", "", false},
		{"", "4060281070000000002", "049805746", "", false},
		{"", "40602810700000000025", "04980574", "", false},
		{"", "4060281070000000002A", "049805746", "", false},
		{"52560000", "40602810700000000025", "049805746", "", false},
		{"", "DE89370400440532013000", "", "COBADEFFXXX", true},
		{"", "DE89370400440532013000", "", "", false},
	} {
		if got := wellFormed(Creditor{TaxNumber: one.tax, Account: one.account, Member: one.bik, BIC: one.bic}); got != one.want {
			t.Errorf("%+v: %v", one, got)
		}
	}
}

// TestOneWrongDigit: an account with one wrong digit is no account of the bank.
func TestOneWrongDigit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		account := []byte("40602810700000000025")
		i := rapid.IntRange(5, 19).Draw(t, "place")
		account[i] = '0' + (account[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if keyed("049805746", string(account)) {
			t.Fatalf("%s is taken", account)
		}
	})
}

func FuzzWellFormed(f *testing.F) {
	f.Add("40602810700000000025", "049805746")
	f.Add("я", "ё")
	f.Fuzz(func(_ *testing.T, account, bik string) { wellFormed(Creditor{Account: account, Member: bik}) })
}
