package service

import (
	"fmt"
	"regexp"

	"posad.city/kit/calendar"
	"posad.city/kit/rule"
)

// valuePaths finds what looks like a value's path in a rule.
var valuePaths = regexp.MustCompile(`\b(applicant|answers|facts)(\.[a-z][a-z0-9_]*)+`)

// ruleType is the rule language's type of a kind. Records are named after their path, so that two registers may tell
// records of the same name.
func ruleType(k kind, path string, fields []Value) rule.Type {
	switch k {
	case kindNumber:
		return rule.Int
	case kindMoney:
		return rule.Money
	case kindYesNo:
		return rule.Bool
	case kindDate:
		return rule.Date
	case kindTexts:
		return rule.List(rule.Text)
	case kindRecords:
		inner := make(map[string]rule.Type, len(fields))
		for _, f := range fields {
			inner[f.Name] = ruleType(kind(f.Type), path+"."+f.Name, f.Fields)
		}
		return rule.List(rule.Record(recordName(path), inner))
	}
	return rule.Text
}

var notName = regexp.MustCompile(`[^a-z0-9_]`)

func recordName(path string) string { return notName.ReplaceAllString(path, "_") }

// environment declares every value of the scope to the rule language.
func (s *serviceChecker) environment(days *calendar.City) (*rule.Env, error) {
	fields := make(map[string]rule.Type, len(s.scope))
	for path, k := range s.scope {
		fields[path] = ruleType(k, path, s.recordFields(path))
	}
	env, err := rule.New(fields, rule.Options{City: days})
	if err != nil {
		return nil, fmt.Errorf("service: rules of %s: %w", s.service.Key, err)
	}
	return env, nil
}

// recordFields are the fields of a register's records at a path.
func (s *serviceChecker) recordFields(path string) []Value {
	return recordFields(s.city, s.service, path)
}

func recordFields(c *City, d *Service, path string) []Value {
	for i := range d.Certificates {
		register, ok := c.Register(d.Certificates[i].Register)
		if !ok {
			continue
		}
		for _, v := range register.Values {
			if path == "facts."+d.Certificates[i].Key+"."+v.Name {
				return v.Fields
			}
		}
	}
	return nil
}
