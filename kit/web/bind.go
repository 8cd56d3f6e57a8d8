package web

import (
	"encoding"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"posad.city/kit/fault"
)

// DefaultMax is the longest text, in characters, of a field that names no max.
const DefaultMax = 1000

// Bind fills the struct that target points to from what was sent: the query of a GET, a form, or JSON. The names are
// those of the json tag; the tag max:"200" bounds a text, and raw:"true" takes it as typed (passwords). Fields may be
// string, bool, whole numbers, encoding.TextUnmarshaler, File, slices of these, pointers to these (nil when absent)
// and nested structs (vehicle.plate in a form). Everything wrong comes back as one fault.Invalid with its fields in the
// order of the struct: an unknown name, one sent twice, a text too long, a value of the wrong kind. On a page's GET
// unknown names are passed over, since links carry labels of their senders. target is not used on an error.
func (c *Context) Bind(target any) error {
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		values := c.r.URL.Query()
		fields, err := cleanFields(values)
		if err != nil {
			return err
		}
		return bindFields(&posted{values: values, fields: fields}, target, c.route.Surface == SurfacePage)
	}
	p, err := c.read()
	if err != nil {
		return err
	}
	if p.json {
		return bindJSON(p, target)
	}
	if p.values == nil && len(p.raw) > 0 {
		return faultEncoding
	}
	return bindFields(p, target, false)
}

// binder carries one binding of form fields.
type binder struct {
	from   *posted
	used   map[string]bool
	faults []fault.Field
}

func bindFields(from *posted, target any, lenient bool) error {
	value := reflect.ValueOf(target)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("web: bind: want a pointer to a struct, have %T", target)
	}
	b := &binder{from: from, used: map[string]bool{fieldToken: true, fieldBack: true}}
	b.structure(value.Elem(), "")
	if !lenient {
		b.unknown()
	}
	if len(b.faults) > 0 {
		return faultFields.With(b.faults...)
	}
	return nil
}

// unknown tells of every name that no field took, in the order of names.
func (b *binder) unknown() {
	var names []string
	for name := range b.from.fields {
		names = append(names, name)
	}
	for name := range b.from.files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !b.used[name] {
			b.fault(name, "web.unknown_field")
		}
	}
}

func (b *binder) fault(name, key string, params ...string) {
	f := fault.Field{Name: name, ID: key}
	for i := 0; i+1 < len(params); i += 2 {
		f.Params = map[string]string{params[i]: params[i+1]}
	}
	b.faults = append(b.faults, f)
}

func (b *binder) structure(value reflect.Value, prefix string) {
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name := fieldName(field)
		if !field.IsExported() || name == "-" {
			continue
		}
		if field.Anonymous && value.Field(i).Kind() == reflect.Struct {
			b.structure(value.Field(i), prefix)
			continue
		}
		b.used[prefix+name] = true
		b.field(value.Field(i), field, prefix+name)
	}
}

// fieldName is the name that a field has outside: its json tag, else its own with a small first letter.
func fieldName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	if name == "" {
		return strings.ToLower(field.Name[:1]) + field.Name[1:]
	}
	return name
}

var (
	fileType        = reflect.TypeFor[File]()
	filesType       = reflect.TypeFor[[]File]()
	unmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (b *binder) field(value reflect.Value, field reflect.StructField, name string) {
	switch {
	case value.Type() == filesType:
		value.Set(reflect.ValueOf(b.from.files[name]))
	case value.Type() == fileType:
		b.file(value, name)
	case value.Kind() == reflect.Struct && !reflect.PointerTo(value.Type()).Implements(unmarshalerType):
		b.structure(value, name+".")
	default:
		b.texts(value, field, name)
	}
}

func (b *binder) file(value reflect.Value, name string) {
	switch files := b.from.files[name]; len(files) {
	case 0:
	case 1:
		value.Set(reflect.ValueOf(files[0]))
	default:
		b.fault(name, "web.repeated_field")
	}
}

func (b *binder) texts(value reflect.Value, field reflect.StructField, name string) {
	texts := b.from.fields[name]
	if field.Tag.Get("raw") == "true" {
		texts = b.from.values[name]
	}
	if value.Kind() == reflect.Slice && !reflect.PointerTo(value.Type()).Implements(unmarshalerType) {
		list := reflect.MakeSlice(value.Type(), len(texts), len(texts))
		for i, text := range texts {
			b.one(list.Index(i), field, name, text)
		}
		value.Set(list)
		return
	}
	switch len(texts) {
	case 0:
	case 1:
		b.one(value, field, name, texts[0])
	default:
		b.fault(name, "web.repeated_field")
	}
}

func (b *binder) one(value reflect.Value, field reflect.StructField, name, text string) {
	if max := maxOf(field); utf8.RuneCountInString(text) > max {
		b.fault(name, "web.too_long", "max", strconv.Itoa(max))
		return
	}
	if value.Kind() == reflect.Pointer {
		value.Set(reflect.New(value.Type().Elem()))
		value = value.Elem()
	}
	if key := setText(value, text); key != "" {
		b.fault(name, key)
	}
}

// maxOf is the longest text that a field takes.
func maxOf(field reflect.StructField) int {
	if n, err := strconv.Atoi(field.Tag.Get("max")); err == nil && n > 0 {
		return n
	}
	return DefaultMax
}

// setText puts one text into a value and returns the key of what is wrong with it, or "".
func setText(value reflect.Value, text string) string {
	if reader, ok := value.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if text != "" && reader.UnmarshalText([]byte(text)) != nil {
			return "web.wrong_form"
		}
		return ""
	}
	switch value.Kind() {
	case reflect.String:
		value.SetString(text)
	case reflect.Bool:
		yes, known := map[string]bool{"": false, "on": true, "true": true, "1": true, "off": false, "false": false, "0": false}[text]
		if !known {
			return "web.not_yes_no"
		}
		value.SetBool(yes)
	case reflect.Int, reflect.Int64, reflect.Int32:
		if text == "" {
			return ""
		}
		n, err := strconv.ParseInt(text, 10, value.Type().Bits())
		if err != nil {
			return "web.not_a_number"
		}
		value.SetInt(n)
	default:
		return "web.wrong_form"
	}
	return ""
}

func sorted(faults []fault.Field) []fault.Field {
	slices.SortFunc(faults, func(a, b fault.Field) int { return strings.Compare(a.Name, b.Name) })
	return faults
}
