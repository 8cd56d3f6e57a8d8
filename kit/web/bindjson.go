package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"posad.city/kit/fault"
)

// maxDepth is how deep JSON may nest.
const maxDepth = 32

// bindJSON reads one JSON value, strictly: no unknown name, no name twice in an object, nothing after it.
func bindJSON(p *posted, target any) error {
	if !utf8.Valid(p.raw) {
		return faultBody.Because(errors.New("not UTF-8"))
	}
	scan := json.NewDecoder(p.jsonReader())
	if err := scanValue(scan, "", 0); err != nil {
		return jsonFault(err)
	}
	if _, err := scan.Token(); !errors.Is(err, io.EOF) {
		return faultBody.Because(errors.New("something follows the value"))
	}
	decoder := json.NewDecoder(p.jsonReader())
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(target); err != nil {
		return jsonFault(err)
	}
	check := &binder{}
	check.lengths(reflect.ValueOf(target), DefaultMax, false, "")
	if len(check.faults) > 0 {
		return faultFields.With(check.faults...)
	}
	return nil
}

// fieldError is a fault of one name on its way through the decoder.
type fieldError struct{ name, key string }

func (e fieldError) Error() string { return e.key + ": " + e.name }

// jsonFault tells the field where the decoder knows it.
func jsonFault(err error) error {
	if wrong := new(json.UnmarshalTypeError); errors.As(err, &wrong) && wrong.Field != "" {
		return faultFields.With(fault.Field{Name: wrong.Field, ID: "web.wrong_form"}).Because(err)
	}
	if field := (fieldError{}); errors.As(err, &field) {
		return faultFields.With(fault.Field{Name: field.name, ID: field.key}).Because(err)
	}
	// encoding/json has no type for this one; the words are kept by its compatibility promise in practice, and a test
	// would tell of a change.
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		if plain, unquoted := strconv.Unquote(name); unquoted == nil {
			return faultFields.With(fault.Field{Name: plain, ID: "web.unknown_field"}).Because(err)
		}
	}
	return faultBody.Because(err)
}

// scanValue walks one value and refuses names that come twice, by letter case too, since the decoder takes either.
func scanValue(d *json.Decoder, path string, depth int) error {
	if depth > maxDepth {
		return errors.New("nested too deep")
	}
	token, err := d.Token()
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	switch token {
	case json.Delim('{'):
		return scanObject(d, path, depth)
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			if err := scanValue(d, path+"."+strconv.Itoa(i), depth+1); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

func scanObject(d *json.Decoder, path string, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		name, ok := token.(string)
		if !ok {
			return errors.New("want a name")
		}
		full := strings.TrimPrefix(path+"."+name, ".")
		if seen[strings.ToLower(name)] {
			return fieldError{full, "web.repeated_field"}
		}
		seen[strings.ToLower(name)] = true
		if err := scanValue(d, full, depth+1); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// lengths bounds and cleans the texts of what was decoded, as in a form.
func (b *binder) lengths(value reflect.Value, max int, raw bool, name string) {
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			b.lengths(value.Elem(), max, raw, name)
		}
	case reflect.Interface:
		b.settable(value, max, raw, name)
	case reflect.Struct:
		b.lengthsOf(value, name)
	case reflect.Slice, reflect.Array:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range value.Len() {
			b.lengths(value.Index(i), max, raw, name+"."+strconv.Itoa(i))
		}
	case reflect.Map:
		b.lengthsOfMap(value, max, raw, name)
	case reflect.String:
		b.text(value, max, raw, name)
	}
}

// settable cleans what an interface holds, in a copy that can be set.
func (b *binder) settable(value reflect.Value, max int, raw bool, name string) {
	if value.IsNil() {
		return
	}
	inner := reflect.New(value.Elem().Type()).Elem()
	inner.Set(value.Elem())
	b.lengths(inner, max, raw, name)
	if value.CanSet() {
		value.Set(inner)
	}
}

func (b *binder) lengthsOfMap(value reflect.Value, max int, raw bool, name string) {
	for _, key := range value.MapKeys() {
		if key.Kind() == reflect.String && len(key.String()) > maxName {
			b.fault(name, "web.too_long", "max", strconv.Itoa(maxName))
			continue
		}
		inner := reflect.New(value.Type().Elem()).Elem()
		inner.Set(value.MapIndex(key))
		b.lengths(inner, max, raw, strings.TrimPrefix(name+"."+fmt.Sprint(key), "."))
		value.SetMapIndex(key, inner)
	}
}

func (b *binder) lengthsOf(value reflect.Value, name string) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if !field.IsExported() || fieldName(field) == "-" {
			continue
		}
		inner := strings.TrimPrefix(name+"."+fieldName(field), ".")
		if field.Anonymous {
			inner = name
		}
		b.lengths(value.Field(i), maxOf(field), field.Tag.Get("raw") == "true", inner)
	}
}

func (b *binder) text(value reflect.Value, max int, raw bool, name string) {
	text := value.String()
	if utf8.RuneCountInString(text) > max {
		b.fault(name, "web.too_long", "max", strconv.Itoa(max))
		return
	}
	if raw || !value.CanSet() {
		return
	}
	clean, ok := cleanText(text)
	if !ok {
		b.fault(name, "web.bad_text")
		return
	}
	value.SetString(clean)
}
