package service

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// kind is the type of a value that rules, parameters and documents can name.
type kind string

// The kinds of value; the words are those of a register's values.
const (
	kindText    kind = "text"
	kindNumber  kind = "number"
	kindYesNo   kind = "yes-no"
	kindDate    kind = "date"
	kindMoney   kind = "money"
	kindTexts   kind = "texts"
	kindRecords kind = "records"
	kindRecord  kind = "record" // inside records only
)

// scope is every value that can be named in a service, by path, with its kind:
//
//	today
//	applicant.surname .given .patronymic .birth .age .snils .inn .phone .email
//	answers.FIELD        or answers.FIELD.PART for a name, child, vehicle, address, file
//	facts.CERTIFICATE.NAME
//	opinions.PART        agree, object or none
//	answers.GROUP        a list of records, one an entry: answers.witnesses.exists(w, w.age > 17)
//	entry.FIELD          inside a group: the same entry's answers
//	signers              those who sign with the applicant, in the order in which they were named: a list of records with
//	                     surname, given, patronymic, birth, age, snils, signed, and answers.FIELD of co-signer steps
//	signer.phone ...     inside a co-signer step: the parts of applicant, of the one who fills it
//
// A value that is not there is unknown; given(answers.plate) asks.
type scope map[string]kind

func scopeOf(c *City, s *Service) scope {
	out := scope{"today": kindDate}
	out.person("applicant")
	if s.coSigned() {
		out.person("signer")
		out["signers"] = kindRecords
	}
	for i := range s.Form.Steps {
		for j := range s.Form.Steps[i].Fields {
			f := &s.Form.Steps[i].Fields[j]
			out.field("answers."+f.Key, f.Type, c.zoneKinds())
		}
	}
	for i := range s.Steps {
		for _, p := range s.Steps[i].Parts {
			out["opinions."+p.Key] = kindText
		}
	}
	for i := range s.Certificates {
		certificate := &s.Certificates[i]
		if register, ok := c.Register(certificate.Register); ok {
			for _, v := range register.Values {
				out["facts."+certificate.Key+"."+v.Name] = kind(v.Type)
			}
		}
	}
	return out
}

func (s scope) person(path string) {
	s.texts(path, "surname", "given", "patronymic", "snils", "inn", "phone", "email")
	s[path+".birth"], s[path+".age"] = kindDate, kindNumber
}

func (s scope) field(path string, t Type, zones []string) {
	switch t {
	case TypeName:
		s.texts(path, "surname", "given", "patronymic")
	case TypeBirth, TypeDate:
		s[path] = kindDate
	case TypeMoney:
		s[path] = kindMoney
	case TypeNumber:
		s[path] = kindNumber
	case TypeYesNo:
		s[path] = kindYesNo
	case TypeChoices:
		s[path] = kindTexts
	case TypeFile:
		s[path+".count"] = kindNumber
	case TypeChild:
		s.texts(path, "id", "surname", "given", "patronymic", "snils")
		s[path+".birth"], s[path+".age"] = kindDate, kindNumber
	case TypeVehicle:
		s.texts(path, "plate", "model")
		s[path+".own"] = kindYesNo
	case TypePerson:
		s.texts(path, "surname", "given", "patronymic", "snils")
		s[path+".birth"], s[path+".age"] = kindDate, kindNumber
	case TypeSlot:
		s.texts(path, "id", "text")
		s[path+".day"] = kindDate
	case TypeGroup:
		s[path] = kindRecords
	case TypeAddress:
		s.texts(path, "id", "flat", "text", "district")
		for _, zone := range zones {
			s[path+".zones."+zone] = kindText
		}
	default:
		s[path] = kindText
	}
}

func (s scope) texts(path string, parts ...string) {
	for _, part := range parts {
		s[path+"."+part] = kindText
	}
}

// opinionPaths are the paths of the opinions by part.
func opinionPaths(s scope) map[string]string {
	out := map[string]string{}
	for path := range s {
		if key, ok := strings.CutPrefix(path, "opinions."); ok {
			out[key] = path
		}
	}
	return out
}

func (s scope) names() []string { return slices.Sorted(maps.Keys(s)) }

// zoneKinds are the kinds of zone that the city's houses have.
func (c *City) zoneKinds() []string {
	kinds := map[string]bool{}
	for i := range c.Places.Streets {
		for _, h := range c.Places.Streets[i].Houses {
			for kind := range h.Zones {
				kinds[kind] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(kinds))
}

var (
	quoted   = regexp.MustCompile(`"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`)
	mentions = regexp.MustCompile(`(?:^|[^.\w])(answers|facts)\.([a-z][a-z0-9_]*)`)
)

// mention is a field or certificate that a rule or path names.
type mention struct {
	fact bool // a certificate; else a field
	key  string
}

// mentioned lists the fields and certificates that an expression or a path names, each once.
func mentioned(text string) []mention {
	var out []mention
	for _, m := range mentions.FindAllStringSubmatch(quoted.ReplaceAllString(text, `""`), -1) {
		one := mention{fact: m[1] == "facts", key: m[2]}
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// parameterKinds tells which kinds of value a parameter of a register takes.
func parameterTakes(parameter string, k kind) bool {
	if parameter == "date" {
		return k == kindDate
	}
	return k == kindText
}

// keyed is a plain name: small Latin letters, digits and the joiner, a letter first.
func keyed(key string, joiner byte) bool {
	if key == "" || len(key) > 60 || key[0] < 'a' || key[0] > 'z' || strings.HasSuffix(key, string(joiner)) {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != joiner {
			return false
		}
	}
	return true
}
