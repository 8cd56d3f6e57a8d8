package service

import (
	"maps"
	"slices"
	"strings"
)

// byCoSigner is the word of a step that those who sign with the applicant fill.
const byCoSigner = "co-signer"

// ForSigner tells whether the step is filled by those who sign with the applicant, each in their own account.
func (p *Step) ForSigner() bool { return p.By == byCoSigner }

// coSigned tells whether somebody signs with the applicant.
func (s *Service) coSigned() bool {
	return slices.ContainsFunc(s.Steps, func(t Task) bool { return t.Kind == TaskSign }) ||
		slices.ContainsFunc(s.Form.Steps, func(p Step) bool { return p.ForSigner() })
}

// recordScopes are the values inside the lists of records that the form makes: each group's entries by answers.KEY, and the
// co-signers.
func recordScopes(c *City, s *Service) map[string]scope {
	zones := c.zoneKinds()
	out := map[string]scope{}
	signers := scope{"signed": kindYesNo, "age": kindNumber, "birth": kindDate}
	for _, part := range []string{"surname", "given", "patronymic", "snils"} {
		signers[part] = kindText
	}
	for i := range s.Form.Steps {
		step := &s.Form.Steps[i]
		for j := range step.Fields {
			f := &step.Fields[j]
			if f.Type == TypeGroup {
				inner := scope{}
				for k := range f.Fields {
					inner.field(f.Fields[k].Key, f.Fields[k].Type, zones)
				}
				out["answers."+f.Key] = inner
			} else if step.ForSigner() {
				signers.field("answers."+f.Key, f.Type, zones)
			}
		}
	}
	if s.coSigned() {
		out["signers"] = signers
	}
	return out
}

// tree is the scope of one record as a declaration: paths with dots are records inside it.
func (s scope) tree() []Value {
	inside := map[string]scope{}
	var out []Value
	for _, path := range s.names() {
		head, rest, deep := strings.Cut(path, ".")
		if !deep {
			out = append(out, Value{Name: head, Type: string(s[path])})
			continue
		}
		if inside[head] == nil {
			inside[head] = scope{}
		}
		inside[head][rest] = s[path]
	}
	for _, head := range slices.Sorted(maps.Keys(inside)) {
		out = append(out, Value{Name: head, Type: string(kindRecord), Fields: inside[head].tree()})
	}
	return out
}

// nested makes a record of values by path.
func nested(flat map[string]any) map[string]any {
	out := map[string]any{}
	for path, value := range flat {
		at := out
		parts := strings.Split(path, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = value
	}
	return out
}

// Entries are the entries of a group's answer; false when it is not a list of objects.
func Entries(answer any) ([]Answers, bool) {
	list, ok := answer.([]any)
	out := make([]Answers, 0, len(list))
	for _, item := range list {
		entry, isEntry := item.(map[string]any)
		ok = ok && isEntry
		out = append(out, Answers(entry))
	}
	return out, ok
}

// Named are the persons whom the applicant named in fields of type person, or of groups with one, in the order of the
// form: those of a sign step's signers. Each person is there once, by their insurance number.
func (s *Service) Named(answers Answers, fields []string) []Signer {
	var out []Signer
	add := func(value any) {
		p, ok := personOf(value)
		if ok && !slices.ContainsFunc(out, func(other Signer) bool { return other.Person.SNILS == p.SNILS }) {
			out = append(out, Signer{Person: p})
		}
	}
	for _, key := range fields {
		f, ok := s.Field(key)
		switch {
		case ok && f.Type == TypePerson:
			add(answers[key])
		case ok && f.Type == TypeGroup:
			entries, _ := Entries(answers[key])
			for _, entry := range entries {
				for i := range f.Fields {
					if f.Fields[i].Type == TypePerson {
						add(entry[f.Fields[i].Key])
					}
				}
			}
		}
	}
	return out
}

// personOf is the person that an answer of type person names.
func personOf(value any) (Person, bool) {
	object, ok := value.(map[string]any)
	name, named := object["name"].(map[string]any)
	text := func(from map[string]any, key string) string {
		out, _ := from[key].(string)
		return out
	}
	out := Person{
		Name:  Name{Surname: text(name, "surname"), Given: text(name, "given"), Patronymic: text(name, "patronymic")},
		Birth: text(object, "birth"), SNILS: text(object, "snils"),
	}
	return out, ok && named && out.SNILS != ""
}

// allSigners are those whom the applicant named for any sign step, with what they have done so far.
func (s *Service) allSigners(in Inputs) []Signer {
	var fields []string
	for i := range s.Steps {
		if s.Steps[i].Kind == TaskSign {
			fields = append(fields, s.Steps[i].Signers...)
		}
	}
	out := s.Named(in.Answers, fields)
	for i := range out {
		for _, done := range in.Signers {
			if done.Person.SNILS == out[i].Person.SNILS {
				out[i].Signed, out[i].Answers = done.Signed, done.Answers
			}
		}
	}
	return out
}
