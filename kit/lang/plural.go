package lang

// form is a plural form of CLDR (Unicode TR 35, Language Plural Rules).
type form uint8

const (
	formOne form = iota
	formFew
	formMany
	formOther
	formCount
)

var formNames = map[string]form{"one": formOne, "few": formFew, "many": formMany, "other": formOther}

// needed lists the forms that a whole number can take in the language; a plural text gives each of them.
func (l Language) needed() []string {
	if l == English {
		return []string{"one", "other"}
	}
	return []string{"one", "few", "many"}
}

// plural chooses the form for a whole number; for a negative one as for its absolute value.
func (l Language) plural(n int64) form {
	if n < 0 {
		n = -n
	}
	if l == English {
		if n == 1 {
			return formOne
		}
		return formOther
	}
	tens, units := n%100, n%10
	switch {
	case units == 1 && tens != 11:
		return formOne
	case units >= 2 && units <= 4 && (tens < 12 || tens > 14):
		return formFew
	}
	return formMany
}
