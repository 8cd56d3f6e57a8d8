package certificate

import (
	"crypto/x509"
	"encoding/asn1"
	"strings"
	"time"
	"unicode"

	"posad.city/core/account"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
)

// Subject is whom a certificate names, checked as far as the numbers check themselves. Empty parts are not there. A
// certificate of an organisation's head names both the organisation and the person.
type Subject struct {
	Name         lang.Name     `json:"name"`
	Birth        calendar.Date `json:"birth,omitzero"`
	SNILS        string        `json:"snils,omitempty"` // 11 digits
	INN          string        `json:"inn,omitempty"`   // of the person, 12 digits
	OGRNIP       string        `json:"ogrnip,omitempty"`
	Organisation string        `json:"organisation,omitempty"` // its name
	OGRN         string        `json:"ogrn,omitempty"`         // 13 digits
	OrgINN       string        `json:"org_inn,omitempty"`      // of the organisation, 10 digits
	Title        string        `json:"title,omitempty"`        // the person's post there
	Email        string        `json:"email,omitempty"`
}

// field is what an attribute of a subject is.
type field string

// The fields. fullName is a name written family first; givenNames holds the given name and the patronymic.
const (
	fieldFamily       field = "family"
	fieldGiven        field = "given"
	fieldGivenNames   field = "given_patronymic"
	fieldPatronymic   field = "patronymic"
	fieldFullName     field = "full_name"
	fieldBirth        field = "birth" // 1986-04-05, 05.04.1986 or 19860405
	fieldSNILS        field = "snils"
	fieldINN          field = "inn"
	fieldOGRNIP       field = "ogrnip"
	fieldOrganisation field = "organisation"
	fieldOGRN         field = "ogrn"
	fieldOrgINN       field = "org_inn"
	fieldTitle        field = "title"
	fieldEmail        field = "email"
	fieldNothing      field = "nothing" // takes a usual attribute away
)

var allFields = []field{
	fieldFamily, fieldGiven, fieldGivenNames, fieldPatronymic, fieldFullName, fieldBirth, fieldSNILS, fieldINN, fieldOGRNIP,
	fieldOrganisation, fieldOGRN, fieldOrgINN, fieldTitle, fieldEmail, fieldNothing,
}

// usualFields are the attributes of X.520 and of the Russian qualified certificate (order 795 of the FSB, of 27.12.2011).
func usualFields() map[string]field {
	return map[string]field{
		"2.5.4.4": fieldFamily, "2.5.4.42": fieldGivenNames, "2.5.4.10": fieldOrganisation, "2.5.4.12": fieldTitle,
		"1.2.643.100.3": fieldSNILS, "1.2.643.3.131.1.1": fieldINN, "1.2.643.100.1": fieldOGRN, "1.2.643.100.5": fieldOGRNIP,
		"1.2.643.100.4": fieldOrgINN, "1.2.840.113549.1.9.1": fieldEmail,
	}
}

// subjectOf reads a subject. An attribute that stands there twice says nothing: it could be read either way.
func subjectOf(c *x509.Certificate, fields map[string]field) Subject {
	said := map[field]string{}
	for _, a := range c.Subject.Names {
		what, known := fields[a.Type.String()]
		text, isText := a.Value.(string)
		if !known || !isText {
			continue
		}
		if _, again := said[what]; again {
			said[what] = ""
			continue
		}
		said[what] = plainText(text)
	}
	out := Subject{
		Name: nameOf(said), Birth: birthOf(c, said[fieldBirth]), Organisation: said[fieldOrganisation], Title: said[fieldTitle], Email: said[fieldEmail],
		INN: checked(said[fieldINN], innOfPerson), OGRNIP: checked(said[fieldOGRNIP], ogrnip), OGRN: checked(said[fieldOGRN], ogrn),
		OrgINN: checked(said[fieldOrgINN], innOfOrganisation),
	}
	out.SNILS, _ = account.ParseSNILS(said[fieldSNILS])
	if _, right := account.ParseSNILS(said[fieldSNILS]); !right {
		out.SNILS = ""
	}
	if long := said[fieldINN]; out.OrgINN == "" && len(long) == 12 && strings.HasPrefix(long, "00") { // how organisations' were written before
		out.OrgINN = checked(long[2:], innOfOrganisation)
	}
	return out
}

// textMost is the longest attribute that is read, bytes.
const textMost = 500

// plainText drops what can't be seen, and spaces that are too many.
func plainText(text string) string {
	if len(text) > textMost {
		return ""
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

func nameOf(said map[field]string) lang.Name {
	out := lang.Name{Family: said[fieldFamily], Given: said[fieldGiven], Patronymic: said[fieldPatronymic]}
	if both := said[fieldGivenNames]; out.Given == "" && both != "" {
		out.Given, out.Patronymic, _ = strings.Cut(both, " ")
	}
	if parts := strings.SplitN(said[fieldFullName], " ", 3); out.Family == "" && len(parts) >= 2 {
		out.Family, out.Given = parts[0], parts[1]
		if len(parts) == 3 {
			out.Patronymic = parts[2]
		}
	}
	return out
}

// subjectDirectory holds attributes that are not of the name, such as the date of birth (RFC 3739, 3.3.2).
var (
	oidDirectory = asn1.ObjectIdentifier{2, 5, 29, 9}
	oidBirth     = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 9, 1}
)

func birthOf(c *x509.Certificate, text string) calendar.Date {
	for _, layout := range []string{time.DateOnly, "02.01.2006", "20060102"} {
		if at, err := time.Parse(layout, text); err == nil {
			return calendar.DateOf(at, time.UTC)
		}
	}
	for _, e := range c.Extensions {
		if !e.Id.Equal(oidDirectory) {
			continue
		}
		var list []struct {
			Kind   asn1.ObjectIdentifier
			Values []asn1.RawValue `asn1:"set"`
		}
		if rest, err := asn1.Unmarshal(e.Value, &list); err != nil || len(rest) > 0 {
			return calendar.Date{}
		}
		for _, a := range list {
			var at time.Time
			if !a.Kind.Equal(oidBirth) || len(a.Values) != 1 {
				continue
			}
			if _, err := asn1.UnmarshalWithParams(a.Values[0].FullBytes, &at, "generalized"); err == nil {
				return calendar.DateOf(at.UTC(), time.UTC)
			}
		}
	}
	return calendar.Date{}
}

// checked is the digits of a number that passes its check, "" for any other text.
func checked(text string, right func(string) bool) string {
	if strings.Trim(text, "0123456789") != "" || strings.Trim(text, "0") == "" || !right(text) {
		return ""
	}
	return text
}

func weighed(digits string, weights ...int) byte {
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return byte('0' + sum%11%10)
}

func innOfOrganisation(d string) bool {
	return len(d) == 10 && d[9] == weighed(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

func innOfPerson(d string) bool {
	return len(d) == 12 && d[10] == weighed(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8) && d[11] == weighed(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
}

func ogrn(d string) bool   { return len(d) == 13 && remains(d[:12], 11) == d[12] }
func ogrnip(d string) bool { return len(d) == 15 && remains(d[:14], 13) == d[14] }

// remains is the last digit of what remains of a number after a division.
func remains(digits string, by int) byte {
	rest := 0
	for _, d := range []byte(digits) {
		rest = (rest*10 + int(d-'0')) % by
	}
	return byte('0' + rest%10)
}

// sameName compares names as a clerk does: case, ё and hyphens aside. A patronymic is compared where both have one.
func sameName(ours, theirs lang.Name) bool {
	return plainly(ours.Family) == plainly(theirs.Family) && plainly(ours.Given) == plainly(theirs.Given) && plainly(ours.Family+ours.Given) != "" &&
		(ours.Patronymic == "" || theirs.Patronymic == "" || plainly(ours.Patronymic) == plainly(theirs.Patronymic))
}

func plainly(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == 'ё' || r == 'Ё':
			return 'е'
		case !unicode.IsLetter(r):
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
