package service

import (
	"fmt"
	"regexp"
	"strings"

	"posad.city/kit/calendar"
	"posad.city/kit/rule"
)

// valuePaths finds what looks like a value's path in a rule.
var valuePaths = regexp.MustCompile(`\b(applicant|answers|facts|opinions|signer|entry)(\.[a-z][a-z0-9_]*)+`)

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
	case kindRecord:
		inner := make(map[string]rule.Type, len(fields))
		for _, f := range fields {
			inner[f.Name] = ruleType(kind(f.Type), path+"."+f.Name, f.Fields)
		}
		return rule.Record(recordName(path), inner)
	}
	return rule.Text
}

var notName = regexp.MustCompile(`[^a-z0-9_]`)

func recordName(path string) string {
	return notName.ReplaceAllString(strings.ReplaceAll(path, ".", "__"), "_")
}

// environment declares every value of a scope to the rule language.
func (s *serviceChecker) environment(in scope, days *calendar.City) (*rule.Env, error) {
	fields := make(map[string]rule.Type, len(in))
	for path, k := range in {
		fields[path] = ruleType(k, path, s.recordFields(path))
	}
	env, err := rule.New(fields, rule.Options{City: days})
	if err != nil {
		return nil, fmt.Errorf("service: rules of %s: %w", s.service.Key, err)
	}
	return env, nil
}

// recordFields are the fields of the records at a path: a group's entries, the co-signers or a register's own.
func (s *serviceChecker) recordFields(path string) []Value {
	if inner, ok := s.records[path]; ok {
		return inner.tree()
	}
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
