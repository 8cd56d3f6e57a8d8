package rule

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"posad.city/kit/calendar"
	"posad.city/kit/money"
)

// dateValue is a civil date inside the engine.
type dateValue struct{ calendar.Date }

// ConvertToNative gives the date back to Go.
func (d dateValue) ConvertToNative(want reflect.Type) (any, error) {
	if reflect.TypeOf(d.Date).AssignableTo(want) {
		return d.Date, nil
	}
	return nil, fmt.Errorf("rule: a date is not a %v", want)
}

// ConvertToType only knows the type itself.
func (d dateValue) ConvertToType(want ref.Type) ref.Val {
	if want.TypeName() == dateType.TypeName() {
		return d
	}
	return types.NewErr("a date does not become %s", want.TypeName())
}

// Equal compares two dates.
func (d dateValue) Equal(other ref.Val) ref.Val {
	o, ok := other.(dateValue)
	return types.Bool(ok && o.Date == d.Date)
}

// Compare orders two dates.
func (d dateValue) Compare(other ref.Val) ref.Val {
	o, ok := other.(dateValue)
	if !ok {
		return types.MaybeNoSuchOverloadErr(other)
	}
	return types.Int(d.Date.Compare(o.Date))
}

// Type of the value.
func (d dateValue) Type() ref.Type { return dateType }

// Value is the calendar.Date.
func (d dateValue) Value() any { return d.Date }

// Bounds of an input; the compiler counts the cost of a rule for inputs as large as this.
const (
	MaxText = 2000 // letters
	MaxList = 100  // items of a list or keys of a map
)

// toEngine turns a Go value, or one that has been through JSON, into the engine's, and checks it against its type.
func toEngine(t Type, path string, value any) (ref.Val, error) {
	switch t.kind {
	case kindText:
		if v, ok := value.(string); ok && len([]rune(v)) <= MaxText {
			return types.String(v), nil
		}
	case kindBool:
		if v, ok := value.(bool); ok {
			return types.Bool(v), nil
		}
	case kindInt, kindMoney:
		if n, ok := whole(value); ok {
			return types.Int(n), nil
		}
	case kindDate:
		if d, ok := asDate(value); ok {
			return dateValue{d}, nil
		}
	case kindList:
		return listToEngine(*t.element, path, value)
	case kindMap, kindRecord:
		return mapToEngine(t, path, value)
	}
	return nil, &InputError{Name: path, Want: t}
}

func listToEngine(element Type, path string, value any) (ref.Val, error) {
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice || list.Len() > MaxList {
		return nil, &InputError{Name: path, Want: List(element)}
	}
	out := make([]ref.Val, list.Len())
	for i := range out {
		v, err := toEngine(element, fmt.Sprintf("%s[%d]", path, i), list.Index(i).Interface())
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return types.NewRefValList(types.DefaultTypeAdapter, out), nil
}

func mapToEngine(t Type, path string, value any) (ref.Val, error) {
	fields := reflect.ValueOf(value)
	if fields.Kind() != reflect.Map || fields.Type().Key().Kind() != reflect.String || fields.Len() > MaxList {
		return nil, &InputError{Name: path, Want: t}
	}
	out := make(map[ref.Val]ref.Val, fields.Len())
	for _, key := range fields.MapKeys() {
		name := key.String()
		element := t.element
		if t.kind == kindRecord {
			field, ok := t.fields[name]
			if !ok {
				return nil, &InputError{Name: path + "." + name, Unknown: true}
			}
			element = &field
		}
		v, err := toEngine(*element, path+"."+name, fields.MapIndex(key).Interface())
		if err != nil {
			return nil, err
		}
		out[types.String(name)] = v
	}
	return types.NewRefValMap(types.DefaultTypeAdapter, out), nil
}

func asDate(value any) (calendar.Date, bool) {
	switch v := value.(type) {
	case calendar.Date:
		return v, !v.IsZero()
	case string:
		d, err := calendar.ParseDate(v)
		return d, err == nil
	}
	return calendar.Date{}, false
}

func whole(value any) (int64, bool) {
	switch v := value.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case uint64: // what the YAML reader makes of a positive number
		return int64(v), v <= math.MaxInt64
	case money.Amount:
		return v.Minor, true
	case json.Number:
		n, err := v.Int64()
		return n, err == nil
	case float64: // what the JSON reader makes of any number
		return int64(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

// fromEngine turns a result into Go.
func fromEngine(t Type, value ref.Val) (any, error) {
	switch v := value.(type) {
	case types.String:
		return string(v), nil
	case types.Int:
		return int64(v), nil
	case types.Bool:
		return bool(v), nil
	case dateValue:
		return v.Date, nil
	case *types.Err:
		return nil, v.Unwrap()
	}
	switch t.kind {
	case kindList:
		return listFromEngine(*t.element, value)
	case kindMap, kindRecord:
		return mapFromEngine(t, value)
	}
	return nil, fmt.Errorf("rule: a result of type %s cannot leave a rule", value.Type().TypeName())
}
