package service

import (
	"encoding"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"posad.city/kit/lang"
)

// decoder fills Go values from YAML strictly: every fault is kept with its place and decoding goes on, so that an author
// sees all of them at once. The struct tags json, need, one and about of the definition types are the format; the JSON
// Schema for editors is made of the same tags.
type decoder struct {
	*source
	faults Faults
}

// decode fills out, a pointer to a struct or slice, from one file.
func decode(name string, content []byte, out any) (*source, Faults) {
	s, node, faults := parse(name, content)
	if node == nil {
		return s, faults
	}
	d := &decoder{source: s}
	d.value(node, reflect.ValueOf(out).Elem(), "", "", 0)
	return s, d.faults
}

var (
	typeText        = reflect.TypeFor[lang.Text]()
	typeUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

func (d *decoder) tell(node ast.Node, kind string, params ...string) {
	if len(d.faults) < maxFaults {
		d.faults = append(d.faults, d.fault(nodePlace(node), kind, params...))
	}
}

// value decodes one node; one is the list of words allowed for a text.
func (d *decoder) value(node ast.Node, into reflect.Value, path, one string, depth int) {
	d.places[path] = nodePlace(node)
	if depth > maxDepth {
		d.tell(node, "file_too_deep")
		return
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode, *ast.MergeKeyNode:
		d.tell(node, "file_not_plain")
		return
	}
	if into.Type() == typeText {
		d.text(node, into, path)
		return
	}
	if into.CanAddr() && into.Addr().Type().Implements(typeUnmarshaler) {
		d.special(node, into, path)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(node, into.Elem(), path, one, depth)
	case reflect.Struct:
		d.structure(node, into, path, depth)
	case reflect.Slice:
		d.list(node, into, path, one, depth)
	case reflect.Map:
		d.table(node, into, path, depth)
	case reflect.Interface:
		if plain := d.plain(node, path, depth); plain != nil {
			into.Set(reflect.ValueOf(plain))
		}
	default:
		d.scalar(node, into, path, one)
	}
}

func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

func keyOf(pair *ast.MappingValueNode) string {
	if t := pair.Key.GetToken(); t != nil {
		return t.Value
	}
	return ""
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// text reads {ru: ..., en: ...}.
func (d *decoder) text(node ast.Node, into reflect.Value, path string) {
	pairs, ok := pairsOf(node)
	if !ok {
		d.tell(node, "missing_translation", "key", path, "missing", "ru, en")
		return
	}
	got := map[string]string{}
	for _, pair := range pairs {
		key := keyOf(pair)
		if key != "ru" && key != "en" {
			d.tell(pair.Key, "unknown_language", "key", key)
			continue
		}
		value, _ := scalarText(pair.Value)
		got[key] = strings.TrimSpace(value)
		d.places[join(path, key)] = nodePlace(pair.Value)
	}
	for _, language := range []string{"ru", "en"} {
		if got[language] == "" {
			d.tell(node, "missing_translation", "key", path, "missing", language)
		}
	}
	into.Set(reflect.ValueOf(lang.Text{RU: got["ru"], EN: got["en"]}))
}

// special reads a scalar with a form of its own: a term, an amount.
func (d *decoder) special(node ast.Node, into reflect.Value, path string) {
	text, ok := scalarText(node)
	if ok {
		ok = into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) == nil
	}
	if !ok {
		d.tell(node, "bad_"+strings.ToLower(into.Type().Name()), "key", path, "value", text)
	}
}

// field is one key of a mapping, from the struct's tags.
type field struct {
	name, one, about string
	need             bool
	index            int
}

func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue
		}
		out = append(out, field{name: name, one: f.Tag.Get("one"), about: f.Tag.Get("about"), need: f.Tag.Get("need") != "", index: i})
	}
	return out
}

func names(fields []field) []string {
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = f.name
	}
	return out
}

func (d *decoder) structure(node ast.Node, into reflect.Value, path string, depth int) {
	pairs, ok := pairsOf(node)
	if !ok {
		d.tell(node, "want_mapping", "key", path)
		return
	}
	fields := fieldsOf(into.Type())
	seen := map[string]bool{}
	for _, pair := range pairs {
		key := keyOf(pair)
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key })
		if at < 0 {
			d.tell(pair.Key, "unknown_key", "key", key, "known", strings.Join(names(fields), ", "), "near", nearest(key, names(fields)))
			continue
		}
		if _, null := pair.Value.(*ast.NullNode); null {
			continue
		}
		seen[key] = true
		d.value(pair.Value, into.Field(fields[at].index), join(path, key), fields[at].one, depth+1)
	}
	for _, f := range fields {
		if f.need && !seen[f.name] {
			d.tell(node, "missing_key", "key", f.name)
		}
	}
}

func (d *decoder) list(node ast.Node, into reflect.Value, path, one string, depth int) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok || len(sequence.Values) == 0 && into.Type().Elem().Kind() != reflect.Interface {
		d.tell(node, "want_list", "key", path)
		return
	}
	out := reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values))
	for i, item := range sequence.Values {
		d.value(item, out.Index(i), join(path, strconv.Itoa(i)), one, depth+1)
	}
	into.Set(out)
}

func (d *decoder) table(node ast.Node, into reflect.Value, path string, depth int) {
	pairs, ok := pairsOf(node)
	if !ok {
		d.tell(node, "want_mapping", "key", path)
		return
	}
	out := reflect.MakeMapWithSize(into.Type(), len(pairs))
	for _, pair := range pairs {
		item := reflect.New(into.Type().Elem()).Elem()
		d.value(pair.Value, item, join(path, keyOf(pair)), "", depth+1)
		out.SetMapIndex(reflect.ValueOf(keyOf(pair)), item)
	}
	into.Set(out)
}

// plain reads any value as encoding/json would: numbers are float64.
func (d *decoder) plain(node ast.Node, path string, depth int) any {
	switch n := node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		out := map[string]any{}
		d.value(node, reflect.ValueOf(&out).Elem(), path, "", depth+1)
		return out
	case *ast.SequenceNode:
		out := []any{}
		d.value(node, reflect.ValueOf(&out).Elem(), path, "", depth+1)
		return out
	case *ast.BoolNode:
		return n.Value
	case *ast.NullNode:
		return nil
	case *ast.IntegerNode, *ast.FloatNode:
		number, err := strconv.ParseFloat(n.GetToken().Value, 64)
		if err != nil {
			d.tell(node, "want_number", "key", path)
		}
		return number
	}
	text, ok := scalarText(node)
	if !ok {
		d.tell(node, "want_text", "key", path)
	}
	return text
}

func (d *decoder) scalar(node ast.Node, into reflect.Value, path, one string) {
	switch into.Kind() {
	case reflect.Bool:
		b, ok := node.(*ast.BoolNode)
		if !ok {
			d.tell(node, "want_yes_no", "key", path)
			return
		}
		into.SetBool(b.Value)
	case reflect.Int, reflect.Int64:
		text, _ := scalarText(node)
		number, err := strconv.ParseInt(text, 10, 64)
		if _, whole := node.(*ast.IntegerNode); !whole || err != nil || number < 0 || number > 1<<31 {
			d.tell(node, "want_number", "key", path)
			return
		}
		into.SetInt(number)
	default:
		d.word(node, into, path, one)
	}
}

func (d *decoder) word(node ast.Node, into reflect.Value, path, one string) {
	text, ok := scalarText(node)
	if _, truth := node.(*ast.BoolNode); !ok || truth || strings.TrimSpace(text) == "" {
		d.tell(node, "want_text", "key", path)
		return
	}
	if allowed := strings.Split(one, "|"); one != "" && !slices.Contains(allowed, text) {
		d.tell(node, "wrong_word", "key", path, "value", text, "known", strings.Join(allowed, ", "), "near", nearest(text, allowed))
		return
	}
	into.SetString(strings.TrimSpace(text))
}

// scalarText is a scalar as it was written.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		if n.Value == nil {
			return "", true
		}
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
