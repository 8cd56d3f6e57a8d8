package charge

import (
	"strings"
	"unicode"

	"posad.city/core/account"
	"posad.city/core/form"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// By is a kind of identifier.
type By string

// The identifiers.
const (
	ByPerson  By = "person" // an account of the city; not an identifier that anybody types
	BySNILS   By = "snils"
	ByINN     By = "inn"
	ByFlat    By = "flat-account"
	ByPlate   By = "plate"
	ByLicence By = "licence"
	ByNumber  By = "number" // the charge's own number, when nothing else is known
)

// Identifiers are the kinds that a home is made of.
func Identifiers() []By { return []By{BySNILS, ByINN, ByFlat, ByPlate, ByLicence, ByNumber} }

// Identifier is something that a charge may be issued to.
type Identifier struct {
	By    By
	Value string
}

// The faults of identifiers; each says what is expected.
var (
	ErrBy      = fault.New(fault.Invalid, "charge.by_fault")
	ErrSNILS   = fault.New(fault.Invalid, "charge.snils_fault")
	ErrINN     = fault.New(fault.Invalid, "charge.inn_fault")
	ErrFlat    = fault.New(fault.Invalid, "charge.flat_fault")
	ErrPlate   = fault.New(fault.Invalid, "charge.plate_fault")
	ErrLicence = fault.New(fault.Invalid, "charge.licence_fault")
	ErrNumber  = fault.New(fault.Invalid, "charge.number_fault")
)

// Normal reads an identifier as people write it and writes it in the one way in which it is compared. Errors: ErrBy and
// that of its kind.
func (i Identifier) Normal() (Identifier, error) {
	out, ok, refusal := i.Value, false, ErrBy
	switch i.By {
	case BySNILS:
		refusal = ErrSNILS
		out, ok = account.ParseSNILS(i.Value)
	case ByINN:
		refusal = ErrINN
		out, ok = ParseINN(i.Value)
	case ByFlat:
		refusal = ErrFlat
		out, ok = plainCode(i.Value, 5, 20)
	case ByPlate:
		refusal = ErrPlate
		out, ok = form.Plate(i.Value)
	case ByLicence:
		refusal = ErrLicence
		out, ok = parseLicence(i.Value)
	case ByNumber:
		refusal = ErrNumber
		out, ok = plainNumber(i.Value, 4, externalMost)
	}
	if !ok {
		return Identifier{}, refusal
	}
	return Identifier{By: i.By, Value: out}, nil
}

// HomeOf is where charges of an identifier lie. It is made of the keyed value: whoever reads the database does not learn
// the identifier. Errors: those of Normal.
func (m *Module) HomeOf(i Identifier) (id.ID, error) {
	normal, err := i.Normal()
	if err != nil {
		return id.ID{}, err
	}
	return id.Derived("charge home", string(m.base.Vault.Keyed("charge.home."+string(normal.By), normal.Value))), nil
}

// ParseINN reads a taxpayer's number, 10 digits of an organisation or 12 of a person, with check digits by the Federal Tax
// Service's rule; spaces and hyphens do not count.
func ParseINN(text string) (string, bool) {
	digits, ok := plainCode(text, 10, 12)
	if !ok || strings.Trim(digits, "0123456789") != "" || strings.Trim(digits, "0") == "" {
		return "", false
	}
	switch len(digits) {
	case 10:
		return digits, innDigit(digits, []int{2, 4, 10, 3, 5, 9, 4, 6, 8}) == digits[9]
	case 12:
		return digits, innDigit(digits, []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) == digits[10] &&
			innDigit(digits, []int{3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8}) == digits[11]
	}
	return "", false
}

func innDigit(digits string, weights []int) byte {
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return '0' + byte(sum%11%10)
}

// parseLicence reads a driving licence: four characters of the series, two digits and two digits or letters, and six digits.
func parseLicence(text string) (string, bool) {
	code, ok := plainCode(text, 10, 10)
	if !ok {
		return "", false
	}
	digits := code[:2] + code[4:]
	letters := strings.Trim(code[2:4], "ABCEHKMOPTXY0123456789") == ""
	return code, letters && strings.Trim(digits, "0123456789") == ""
}

// alike are the Latin letters for Cyrillic ones that look the same, as documents mix them.
var alike = map[rune]rune{'А': 'A', 'В': 'B', 'Е': 'E', 'К': 'K', 'М': 'M', 'Н': 'H', 'О': 'O', 'Р': 'P', 'С': 'C', 'Т': 'T', 'У': 'Y', 'Х': 'X'}

// plainCode takes spaces, hyphens and points out of a code, writes its letters in capitals and as Latin ones where they look
// alike, and tells whether it has from least to most digits and letters and nothing else.
func plainCode(text string, least, most int) (string, bool) {
	return plainOf(text, least, most, func(r rune) bool { return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' })
}

// plainNumber is plainCode for a payee's own number of a bill, in which every letter may stand.
func plainNumber(text string, least, most int) (string, bool) {
	return plainOf(text, least, most, func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'А' && r <= 'Я' || r == 'Ё'
	})
}

func plainOf(text string, least, most int, fits func(rune) bool) (string, bool) {
	var out strings.Builder
	signs := 0
	for _, r := range text {
		r = unicode.ToUpper(r)
		if latin, ok := alike[r]; ok {
			r = latin
		}
		switch {
		case fits(r):
			out.WriteRune(r)
			signs++
		case unicode.IsSpace(r), strings.ContainsRune("-_\u2010\u2011\u2013./", r):
		default:
			return "", false
		}
		if signs > most {
			return "", false
		}
	}
	return out.String(), signs >= least
}

// Show writes a normal identifier as people read it.
func (i Identifier) Show() string {
	switch i.By {
	case BySNILS:
		return account.FormatSNILS(i.Value)
	case ByPlate:
		return form.ShowPlate(i.Value)
	case ByLicence:
		if len(i.Value) == 10 {
			return i.Value[:2] + " " + i.Value[2:4] + " " + i.Value[4:]
		}
	}
	return i.Value
}
