package web

import (
	"encoding"
	"encoding/json"
	"path"
	"reflect"
	"strconv"
	"strings"
	"time"

	"posad.city/kit/id"
)

// schemas makes JSON Schemas (2020-12, as OpenAPI 3.1 takes them) of Go types. Tags of a field: json names it and, by
// omitempty, makes it optional; max bounds a text; doc says what it means; enum lists its values.
type schemas struct {
	named map[string]object
	names map[reflect.Type]string
}

func newSchemas() *schemas {
	return &schemas{named: map[string]object{}, names: map[reflect.Type]string{}}
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }

var (
	idType        = reflect.TypeFor[id.ID]()
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

// of is the schema of a type; a named struct is entered once and referred to.
func (s *schemas) of(kind reflect.Type) object {
	switch kind {
	case idType:
		return object{"type": "string", "format": "uuid"}
	case timeType:
		return object{"type": "string", "format": "date-time"}
	case rawType:
		return object{}
	case fileType:
		return object{"type": "string", "format": "binary"}
	}
	if kind.Kind() == reflect.Pointer {
		return object{"anyOf": []object{s.of(kind.Elem()), {"type": "null"}}}
	}
	if kind.Implements(marshalerType) {
		return object{"type": "string"}
	}
	return s.byKind(kind)
}

func (s *schemas) byKind(kind reflect.Type) object {
	switch kind.Kind() {
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return object{"type": "integer"}
	case reflect.Int64, reflect.Uint64, reflect.Uint:
		return object{"type": "integer", "format": "int64"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	case reflect.Slice, reflect.Array:
		if kind.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string", "contentEncoding": "base64"}
		}
		return object{"type": "array", "items": s.of(kind.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(kind.Elem())}
	case reflect.Struct:
		return s.structure(kind)
	}
	return object{}
}

// structure enters a struct under <package>.<Type>. The name is taken before the fields are walked, so that a type may
// contain itself.
func (s *schemas) structure(kind reflect.Type) object {
	if kind.Name() == "" {
		return s.fields(kind)
	}
	name, known := s.names[kind]
	if !known {
		name = s.freeName(notLetter.ReplaceAllString(path.Base(kind.PkgPath()), "") + "." + notLetter.ReplaceAllString(kind.Name(), "_"))
		s.names[kind] = name
		s.named[name] = object{}
		s.named[name] = s.fields(kind)
	}
	return reference(name)
}

func (s *schemas) freeName(name string) string {
	out := name
	for i := 2; s.named[out] != nil; i++ {
		out = name + strconv.Itoa(i)
	}
	return out
}

func (s *schemas) fields(kind reflect.Type) object {
	properties, required := object{}, []string{}
	s.collect(kind, properties, &required)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func (s *schemas) collect(kind reflect.Type, properties object, required *[]string) {
	for i := range kind.NumField() {
		field := kind.Field(i)
		name := fieldName(field)
		switch {
		case field.Anonymous && field.Type.Kind() == reflect.Struct && field.Tag.Get("json") == "":
			s.collect(field.Type, properties, required)
		case field.IsExported() && name != "-":
			properties[name] = s.field(field)
			if options := field.Tag.Get("json"); !strings.Contains(options, ",omitempty") && !strings.Contains(options, ",omitzero") {
				*required = append(*required, name)
			}
		}
	}
}

// field is the schema of a field's type with what its tags add.
func (s *schemas) field(field reflect.StructField) object {
	out := s.of(field.Type)
	if out["type"] == "string" && out["format"] == nil && field.Tag.Get("max") != "" {
		out["maxLength"] = maxOf(field)
	}
	if values := field.Tag.Get("enum"); values != "" {
		out["enum"] = strings.Split(values, ",")
	}
	if text := field.Tag.Get("doc"); text != "" {
		out["description"] = text // beside a $ref too: OpenAPI 3.1 allows it
	}
	return out
}
