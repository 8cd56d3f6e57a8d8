package rule

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/traits"
)

type kind uint8

const (
	kindText kind = iota + 1
	kindInt
	kindBool
	kindDate
	kindMoney
	kindList
	kindMap
	kindRecord
)

// Type is the type of an input or of a result.
type Type struct {
	kind    kind
	element *Type
	name    string
	fields  map[string]Type
}

// The plain types. In Go their values are string, int64, bool, calendar.Date, and int64 minor units for Money, which in
// a rule is a whole number.
var (
	Text  = Type{kind: kindText}
	Int   = Type{kind: kindInt}
	Bool  = Type{kind: kindBool}
	Date  = Type{kind: kindDate}
	Money = Type{kind: kindMoney}
)

// List is a list of one type; []any in Go.
func List(element Type) Type { return Type{kind: kindList, element: &element} }

// Map is a map from text to one type; map[string]any in Go. A rule looks a key up or asks whether it is there; it cannot
// walk the keys, since they have no order.
func Map(element Type) Type { return Type{kind: kindMap, element: &element} }

// Record has named fields, each of its own type; map[string]any in Go. The name, a plain identifier, tells records of
// one environment apart. A field may be absent: has(r.field) asks.
func Record(name string, fields map[string]Type) Type {
	return Type{kind: kindRecord, name: name, fields: fields}
}

// String names the type as a definition's author knows it.
func (t Type) String() string {
	switch t.kind {
	case kindList:
		return "list of " + t.element.String()
	case kindMap:
		return "map of " + t.element.String()
	case kindRecord:
		return t.name
	}
	names := map[kind]string{kindText: "text", kindInt: "int", kindBool: "bool", kindDate: "date", kindMoney: "money"}
	return names[t.kind]
}

var dateType = types.NewOpaqueType("date").WithTraits(traits.ComparerType)

// recordPrefix keeps record names apart from everything else in the environment.
const recordPrefix = "record."

func (t Type) cel() *cel.Type {
	switch t.kind {
	case kindText:
		return cel.StringType
	case kindInt, kindMoney:
		return cel.IntType
	case kindBool:
		return cel.BoolType
	case kindDate:
		return dateType
	case kindList:
		return cel.ListType(t.element.cel())
	case kindMap:
		return cel.MapType(cel.StringType, t.element.cel())
	case kindRecord:
		return cel.ObjectType(recordPrefix + t.name)
	}
	return types.ErrorType
}

// records gathers the records inside a type by name; two that differ under one name are an error.
func (t Type) records(into map[string]Type) error {
	switch t.kind {
	case 0:
		return fmt.Errorf("rule: a type without a kind")
	case kindList, kindMap:
		return t.element.records(into)
	case kindRecord:
		if !isName(t.name) || strings.Contains(t.name, ".") {
			return fmt.Errorf("rule: %q cannot name a record", t.name)
		}
		if other, taken := into[t.name]; taken && !slices.Equal(other.fieldNames(), t.fieldNames()) {
			return fmt.Errorf("rule: two different records are named %q", t.name)
		}
		into[t.name] = t
		for _, name := range t.fieldNames() {
			if err := t.fields[name].records(into); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t Type) fieldNames() []string {
	names := make([]string, 0, len(t.fields))
	for name := range t.fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// provider tells the checker the fields of declared records; everything else is CEL's own registry.
type provider struct {
	types.Provider
	records map[string]Type
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := p.records[strings.TrimPrefix(name, recordPrefix)]; ok && strings.HasPrefix(name, recordPrefix) {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return nil, false // a rule makes no records, and CEL's built-in messages stay out
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	record, ok := p.records[strings.TrimPrefix(name, recordPrefix)]
	return record.fieldNames(), ok
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	fieldType, ok := p.records[strings.TrimPrefix(name, recordPrefix)].fields[field]
	if !ok {
		return nil, false
	}
	return &types.FieldType{Type: fieldType.cel()}, true
}

// isName tells whether the text can be a name in a rule: identifiers joined by dots.
func isName(name string) bool {
	for _, part := range strings.Split(name, ".") {
		if part == "" || part[0] >= '0' && part[0] <= '9' || strings.Trim(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return false
		}
	}
	return true
}
