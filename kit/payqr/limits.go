package payqr

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Bounds of a code.
const (
	mandatoryMost = 300  // bytes of the requisites that must be there, as the standard says
	wholeMost     = 2300 // bytes that a QR code of correction M holds
	fieldsMost    = 60
	valueMost     = 255 // characters of a requisite for which the standard names no limit
)

// must are the requisites that must be there, in their order.
var must = []string{"Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"}

// most is how many characters the values of the standard's other keys have.
var most = map[string]int{
	"Purpose": 210, "PayeeINN": 12, "PayerINN": 12, "DrawerStatus": 2, "KPP": 9, "CBC": 20, "OKTMO": 11, "PaytReason": 2, "TaxPeriod": 10,
	"DocNo": 15, "DocDate": 10, "TaxPaytKind": 2,
	"LastName": valueMost, "FirstName": valueMost, "MiddleName": valueMost, "PayerAddress": valueMost, "PersonalAccount": valueMost,
	"DocIdx": valueMost, "PensAcc": valueMost, "Contract": valueMost, "PersAcc": valueMost, "Flat": valueMost, "Phone": valueMost,
	"PayerIdType": valueMost, "PayerIdNum": valueMost, "ChildFio": valueMost, "BirthDate": 10, "PaymTerm": valueMost, "PaymPeriod": valueMost,
	"Category": valueMost, "ServiceName": valueMost, "CounterId": valueMost, "CounterVal": valueMost, "QuittId": valueMost, "QuittDate": 10,
	"InstNum": valueMost, "ClassNum": valueMost, "SpecFio": valueMost, "AddAmount": 18, "RuleId": valueMost, "ExecId": valueMost,
	"RegType": valueMost, "UIN": 25, "TechCode": 2,
}

// spelling is the standard's way to write a key, by its small letters.
var spelling = func() map[string]string {
	out := map[string]string{"sum": "Sum"}
	for _, key := range must {
		out[strings.ToLower(key)] = key
	}
	for key := range most {
		out[strings.ToLower(key)] = key
	}
	return out
}()

var (
	bic     = regexp.MustCompile(`^\d{9}$`)
	account = regexp.MustCompile(`^[1-9]\d{4}[0-9ABCEHKMPTX]\d{14}$`) // the sixth may be a letter: a clearing currency
	keyForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,29}$`)
)

// check finds the first requisite that breaks a limit.
func (d Details) check() error {
	switch {
	case !fits(d.Name, 160):
		return fault("Name")
	case !account.MatchString(d.Account):
		return fault("PersonalAcc")
	case !fits(d.Bank, 45):
		return fault("BankName")
	case !bic.MatchString(d.BIC):
		return fault("BIC")
	case d.Correspondent != "0" && !account.MatchString(d.Correspondent):
		return fault("CorrespAcc")
	case d.Sum < 0 || d.Sum >= 1e18:
		return fault("Sum")
	case len(d.Fields) > fieldsMost:
		return fault("fields")
	}
	return d.checkFields()
}

func (d Details) checkFields() error {
	seen := map[string]bool{"sum": true}
	for _, key := range must {
		seen[strings.ToLower(key)] = true
	}
	for _, f := range d.Fields {
		limit, known := most[f.Key]
		if !known {
			limit = valueMost
		}
		low := strings.ToLower(f.Key)
		if seen[low] || !keyForm.MatchString(f.Key) || !fits(f.Value, limit) {
			return fault(f.Key)
		}
		seen[low] = true
	}
	return nil
}

// fits tells whether a value is a line of 1 to most characters.
func fits(value string, most int) bool {
	if !utf8.ValidString(value) || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return false
	}
	n := utf8.RuneCountInString(value)
	return n >= 1 && n <= most && strings.TrimSpace(value) == value
}

func fault(key string) error { return fmt.Errorf("%w: %.30q", ErrField, key) }
