package service

import (
	"encoding/json"
	"math"

	"posad.city/kit/calendar"
)

// present is what the inputs hold, by path. Values of a kind other than the scope's are left out: a register's reply has
// passed its schema and answers have passed the form, so such a value can only come from data of an older version.
func (r *Rules) present(in Inputs) map[string]any {
	s := r.scope
	p := &presence{scope: s, records: r.records, out: map[string]any{}, today: in.Today}
	p.put("today", in.Today.String())
	p.person("applicant", in.Applicant)
	if in.Signer != nil {
		p.person("signer", *in.Signer)
	}
	if r.records["signers"] != nil {
		p.signers(r.service.allSigners(in))
	}
	if in.Entry != nil {
		for path, value := range p.record(r.records["answers."+in.Entry.Group], in.Entry.Answers) {
			p.out["entry."+path] = value
		}
	}
	for key, value := range in.Answers {
		if value == nil {
			continue
		}
		p.answer("answers."+key, value)
	}
	for key, path := range opinionPaths(s) {
		opinion := in.Opinions[key]
		if opinion == "" {
			opinion = OpinionNone
		}
		p.put(path, opinion)
	}
	for key, fact := range in.Facts {
		if fact.State != FactKnown {
			continue
		}
		for name, value := range fact.Values {
			p.put("facts."+key+"."+name, value)
		}
	}
	return p.out
}

type presence struct {
	scope   scope
	records map[string]scope
	out     map[string]any
	today   calendar.Date
}

// record is what one record holds, by path inside it.
func (p *presence) record(inner scope, answers Answers) map[string]any {
	one := &presence{scope: inner, out: map[string]any{}, today: p.today}
	for key, value := range answers {
		if value != nil {
			one.answer(key, value)
		}
	}
	return one.out
}

// entries puts a group's entries; an answer that is no list of them is left out.
func (p *presence) entries(path string, value any) {
	entries, ok := Entries(value)
	if !ok {
		return
	}
	out := make([]map[string]any, len(entries))
	for i, entry := range entries {
		out[i] = nested(p.record(p.records[path], entry))
	}
	p.out[path] = out
}

func (p *presence) signers(list []Signer) {
	out := make([]map[string]any, len(list))
	for i, s := range list {
		one := &presence{scope: p.records["signers"], out: map[string]any{}, today: p.today}
		one.put("signed", s.Signed)
		one.parts("", map[string]any{
			"surname": s.Person.Name.Surname, "given": s.Person.Name.Given, "patronymic": s.Person.Name.Patronymic,
			"birth": s.Person.Birth, "snils": s.Person.SNILS,
		})
		if birth, ok := one.out["birth"].(calendar.Date); ok {
			one.out["age"] = int64(birth.AgeOn(p.today))
		}
		for key, value := range s.Answers {
			if value != nil {
				one.answer("answers."+key, value)
			}
		}
		out[i] = nested(one.out)
	}
	p.out["signers"] = out
}

func (p *presence) person(path string, a Person) {
	for name, value := range map[string]string{
		"surname": a.Name.Surname, "given": a.Name.Given, "patronymic": a.Name.Patronymic, "birth": a.Birth,
		"snils": a.SNILS, "inn": a.INN, "phone": a.Phone, "email": a.Email,
	} {
		if value != "" {
			p.put(path+"."+name, value)
		}
	}
	p.age(path)
}

// age follows from a date of birth, where the scope wants it.
func (p *presence) age(path string) {
	if birth, ok := p.out[path+".birth"].(calendar.Date); ok && p.scope[path+".age"] == kindNumber {
		p.out[path+".age"] = int64(birth.AgeOn(p.today))
	}
}

func (p *presence) answer(path string, value any) {
	switch v := value.(type) {
	case map[string]any:
		p.parts(path, v)
		p.age(path)
	case []any:
		if p.records[path] != nil {
			p.entries(path, v)
			return
		}
		p.put(path, v)
		p.put(path+".count", float64(len(v)))
	default:
		p.put(path, v)
	}
}

// parts puts the values of an object; a name inside a child is taken as the child's own parts.
func (p *presence) parts(path string, object map[string]any) {
	for name, value := range object {
		inner, ok := value.(map[string]any)
		switch {
		case ok && name == "name":
			p.parts(path, inner)
		case ok:
			p.parts(join(path, name), inner)
		case value != nil:
			p.put(join(path, name), value)
		}
	}
}

// put keeps a value under its path when it is of the path's kind.
func (p *presence) put(path string, value any) {
	if k, ok := p.scope[path]; ok {
		if typed, ok := k.typed(value); ok {
			p.out[path] = typed
		}
	}
}

// typed turns a JSON value into the Go value of the kind.
func (k kind) typed(value any) (any, bool) {
	switch k {
	case kindText:
		text, ok := value.(string)
		return text, ok
	case kindYesNo:
		yes, ok := value.(bool)
		return yes, ok
	case kindNumber, kindMoney:
		return wholeNumber(value)
	case kindDate:
		text, _ := value.(string)
		day, err := calendar.ParseDate(text)
		return day, err == nil
	case kindTexts:
		return textList(value)
	case kindRecords:
		return recordList(value)
	}
	return nil, false
}

func wholeNumber(value any) (any, bool) {
	switch v := value.(type) {
	case float64:
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case int64:
		return v, true
	case int:
		return int64(v), true
	}
	return nil, false
}

func textList(value any) (any, bool) {
	if list, ok := value.([]string); ok {
		return list, true
	}
	list, ok := value.([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		text, isText := item.(string)
		ok = ok && isText
		out = append(out, text)
	}
	return out, ok
}

func recordList(value any) (any, bool) {
	list, ok := value.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		record, isRecord := item.(map[string]any)
		ok = ok && isRecord
		out = append(out, record)
	}
	return out, ok
}
