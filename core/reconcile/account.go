package reconcile

import "strings"

// wellFormed tells whether bank details of this country can be: a BIK of nine digits, an account of twenty whose control digit is the
// one that goes with the BIK, a tax number of ten or twelve. Details with a BIC instead are the order's to check.
func wellFormed(to Creditor) bool {
	if n := len(to.TaxNumber); n != 0 && (n != 10 && n != 12 || !digits(to.TaxNumber)) {
		return false
	}
	if to.Member == "" {
		return to.BIC != ""
	}
	return len(to.Member) == 9 && digits(to.Member) && len(to.Account) == 20 && digits(to.Account) && keyed(to.Member, to.Account)
}

func digits(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < '0' || r > '9' })
}

// keyWeights are multiplied with the digits of a bank's number and of an account, again and again.
var keyWeights = [3]int{7, 1, 3}

// keyed tells whether an account's control digit is right: the last digits of the products of weights and digits of the bank's three last
// digits and of the account end in zero. In a settlement centre of the central bank it is a nought and the BIK's fifth and sixth digits.
// Accounts of a treasury, which begin with 0 or 40102, have no such digit.
func keyed(bik, account string) bool {
	if account[0] == '0' || strings.HasPrefix(account, "40102") {
		return true
	}
	bank := bik[6:]
	if bank == "000" || bank == "001" || bank == "002" {
		bank = "0" + bik[4:6]
	}
	sum := 0
	for i, r := range bank + account {
		sum += int(r-'0') * keyWeights[i%3] % 10
	}
	return sum%10 == 0
}
