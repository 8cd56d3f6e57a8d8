package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Schemas are the JSON Schemas of the city's files, for editors, by file name. They are made of the types themselves;
// docs/schema holds them, and a test fails when it is behind.
func Schemas() (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, sample := range map[string]any{
		"city": Profile{}, "calendar": Calendar{}, "agency": Agency{}, "register": Register{}, "own-register": OwnRegister{}, "service": Service{},
		"topics": []Topic{}, "situations": []Situation{}, "places": Places{}, "page": Page{}, "resource": Resource{}, "lists": []List{}, "queries": []Query{}, "synonyms": []Synonym{}, "shortcuts": []Shortcut{}, "news": []News{}, "charge": ChargeKind{}, "rates": []Rate{}, "messages": messages{}, "utilities": Utilities{}, "charity": Charity{}, "tariff": Tariff{},
	} {
		b := schemaBuilder{}
		schema := b.schemaOf(reflect.TypeOf(sample), "")
		schema["$defs"] = map[string]map[string]any(b)
		schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		schema["$id"] = "https://posad.city/schema/" + name + ".json"
		content, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("service: schema of %s: %w", name, err)
		}
		out[name+".json"] = append(content, '\n')
	}
	return out, nil
}

// schemaBuilder gathers the definitions of structs by their names, as a value of a register may hold values.
type schemaBuilder map[string]map[string]any

// schemaOf describes a type; a list that is there may not be empty.
func (b schemaBuilder) schemaOf(t reflect.Type, one string) map[string]any {
	switch {
	case t == typeText:
		word := map[string]any{"type": "string", "minLength": 1}
		return map[string]any{"type": "object", "properties": map[string]any{"ru": word, "en": word}, "required": []string{"ru", "en"}, "additionalProperties": false}
	case t == reflect.TypeFor[Term]():
		return map[string]any{"type": "string", "pattern": `^[1-9][0-9]{0,3} (working|calendar) days?$`}
	case t == reflect.TypeFor[Decimal]():
		return map[string]any{"type": []string{"string", "number"}, "pattern": `^-?[0-9]{1,12}(\.[0-9]{1,6})?$`}
	case t == reflect.TypeFor[Money]():
		return map[string]any{"type": "string", "pattern": `^[0-9]{1,11}\.[0-9]{2} RUB$`}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return b.schemaOf(t.Elem(), one)
	case reflect.Struct:
		if _, there := b[t.Name()]; !there {
			b[t.Name()] = nil // a type that holds itself ends here
			b[t.Name()] = b.objectSchema(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		out := map[string]any{"type": "array", "items": b.schemaOf(t.Elem(), one)}
		if t.Elem().Kind() != reflect.Interface {
			out["minItems"] = 1
		}
		return out
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": b.schemaOf(t.Elem(), "")}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Interface:
		return map[string]any{}
	}
	if one != "" {
		return map[string]any{"enum": strings.Split(one, "|")}
	}
	return map[string]any{"type": []string{"string", "number"}}
}

func (b schemaBuilder) objectSchema(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range fieldsOf(t) {
		schema := b.schemaOf(t.Field(f.index).Type, f.one)
		schema["description"] = f.about
		properties[f.name] = schema
		if f.need {
			required = append(required, f.name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

// errNoRemote refuses schemas that lie elsewhere: a check reads nothing but the city's folder.
var errNoRemote = errors.New("service: a schema may not refer to another file")

type noRemote struct{}

func (noRemote) Load(string) (any, error) { return nil, errNoRemote }

func compileSchema(name string, content []byte) (*jsonschema.Schema, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("service: schema %s: %w", name, err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(noRemote{})
	compiler.AssertFormat()
	if err := compiler.AddResource(name, value); err != nil {
		return nil, fmt.Errorf("service: schema %s: %w", name, err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		return nil, fmt.Errorf("service: schema %s: %w", name, err)
	}
	return schema, nil
}
