package service

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"posad.city/kit/lang"
)

// differ walks two values of the same type and gathers what differs. Every key of the format is walked, so that nothing
// that changes a hash goes untold; what only texts say is gathered apart.
type differ struct {
	from, to *City
	was, is  *Service // nil for the city's own data
	service  string
	out      []Change
	words    []WordChange
}

// spot is a thing in the definition.
type spot struct {
	path, what string
	thing      Text
}

// whats are the sorts of things in lists, by the format's name of the list.
var whats = map[string]string{
	"obstacles": "obstacle", "fields": "question", "options": "option", "checks": "check", "certificates": "certificate", "fees": "fee",
	"exempt": "exemption", "steps": "step", "parts": "part", "late": "consequence", "rows": "row", "grounds": "ground", "facts": "line",
	"groups": "group", "reminders": "reminder", "notices": "notice", "examples": "example", "agencies": "agency", "registers": "register",
	"queues": "queue", "skills": "skill", "values": "value", "parameters": "parameter", "topics": "topic", "situations": "situation", "shortcuts": "shortcut",
	"pages": "article", "news": "news", "resources": "resource", "lists": "list", "law": "law", "tariffs": "tariff", "providers": "provider", "benefits": "benefit", "categories": "category", "charges": "charge", "rates": "rate", "found": "found",
}

// opaque are told as changed as a whole: nobody reads them key by key.
var opaque = []string{"examples", "calendar", "places", "reply", "brand", "hours", "news", "pages"}

func diffService(from, to *City, was, is *Service) []Change {
	d := &differ{from: from, to: to, was: was, is: is, service: is.Key}
	d.form(was, is)
	left, right := *was, *is
	left.Form.Steps, right.Form.Steps = nil, nil
	d.structs(reflect.ValueOf(left), reflect.ValueOf(right), spot{what: "service"})
	d.foldExamples()
	d.outcomes()
	return d.done()
}

// foldExamples makes one change of all changes of examples: what comes out of them is told apart.
func (d *differ) foldExamples() {
	before := len(d.out)
	d.out = slices.DeleteFunc(d.out, func(c Change) bool { return c.Path == "examples" || strings.HasPrefix(c.Path, "examples.") })
	if len(d.out) < before {
		d.tell(Change{Kind: ChangeValue, What: "examples", Path: "examples"})
	}
}

func diffCity(from, to *City) []Change {
	d := &differ{from: from, to: to}
	left, right := *from, *to
	left.Services, right.Services = nil, nil
	d.structs(reflect.ValueOf(left), reflect.ValueOf(right), spot{what: "city"})
	return d.done()
}

func (d *differ) done() []Change {
	for i := range d.out {
		d.out[i].Service = d.service
	}
	if len(d.words) > 0 {
		d.out = append(d.out, Change{Service: d.service, Kind: ChangeWords, What: "words", Words: d.words})
	}
	return d.out
}

func (d *differ) tell(c Change) { d.out = append(d.out, c) }

// form compares pages and, over all pages, questions: one that moved to another page is the same question.
func (d *differ) form(was, is *Service) {
	bare := func(s *Service) []Step {
		steps := slices.Clone(s.Form.Steps)
		for i := range steps {
			steps[i].Fields = nil
		}
		return steps
	}
	d.things(reflect.ValueOf(bare(was)), reflect.ValueOf(bare(is)), spot{path: "form.steps", what: "page"})
	before, after := fieldsWithPage(was), fieldsWithPage(is)
	fields := func(list []paged) []Field {
		out := make([]Field, len(list))
		for i := range list {
			out[i] = *list[i].field
		}
		return out
	}
	for i := range after {
		at := slices.IndexFunc(before, func(p paged) bool { return p.field.Key == after[i].field.Key })
		if at >= 0 && before[at].page.Key != after[i].page.Key {
			d.tell(Change{Kind: ChangeValue, What: "question", Path: "form.fields." + after[i].field.Key, Thing: after[i].field.Label, Key: "page", From: before[at].page.Title, To: after[i].page.Title})
		}
	}
	d.things(reflect.ValueOf(fields(before)), reflect.ValueOf(fields(after)), spot{path: "form.fields", what: "question"})
}

type paged struct {
	field *Field
	page  *Step
}

func fieldsWithPage(s *Service) []paged {
	var out []paged
	for i := range s.Form.Steps {
		for j := range s.Form.Steps[i].Fields {
			out = append(out, paged{&s.Form.Steps[i].Fields[j], &s.Form.Steps[i]})
		}
	}
	return out
}

func (d *differ) structs(a, b reflect.Value, at spot) {
	for _, f := range fieldsOf(a.Type()) {
		left, right := a.Field(f.index), b.Field(f.index)
		if !reflect.DeepEqual(left.Interface(), right.Interface()) {
			d.key(left, right, at, f.name)
		}
	}
}

// key compares one key of a thing; the two differ.
func (d *differ) key(a, b reflect.Value, at spot, name string) {
	path := join(at.path, name)
	if slices.Contains(opaque, name) && a.Kind() != reflect.Slice {
		d.tell(Change{Kind: ChangeValue, What: at.what, Path: path, Thing: at.thing, Key: name})
		return
	}
	if a.Type() == typeText {
		d.words = append(d.words, WordChange{Path: path, From: a.Interface().(Text), To: b.Interface().(Text)})
		return
	}
	switch a.Kind() {
	case reflect.Pointer:
		d.pointers(a, b, at, name)
	case reflect.Struct:
		if _, special := a.Interface().(encoding.TextMarshaler); special {
			d.scalar(a, b, at, name)
			return
		}
		d.structs(a, b, inner(at, name))
	case reflect.Slice:
		if a.Type().Elem().Kind() == reflect.Struct && a.Type().Elem() != typeText {
			d.things(a, b, spot{path: path, what: orElse(whats[name], name)})
			return
		}
		d.scalar(a, b, at, name)
	default:
		d.scalar(a, b, at, name)
	}
}

// inner is a part of a service that is a thing of its own: its result, its term, its appeal.
func inner(at spot, name string) spot {
	if at.what == "service" || at.what == "city" {
		return spot{path: join(at.path, name), what: name}
	}
	at.path = join(at.path, name)
	return at
}

func (d *differ) pointers(a, b reflect.Value, at spot, name string) {
	whole := inner(at, name)
	switch {
	case a.IsNil():
		d.tell(Change{Kind: ChangeAdded, What: whole.what, Path: whole.path, Thing: whole.thing})
	case b.IsNil():
		d.tell(Change{Kind: ChangeRemoved, What: whole.what, Path: whole.path, Thing: whole.thing})
	default:
		d.structs(a.Elem(), b.Elem(), whole)
	}
}

// things compares lists of things that have names: by name, whatever their order.
func (d *differ) things(a, b reflect.Value, at spot) {
	before, after := named(a), named(b)
	for i, key := range before {
		if !slices.Contains(after, key) {
			d.tell(Change{Kind: ChangeRemoved, What: at.what, Path: join(at.path, key), Thing: titleOf(a.Index(i), key)})
		}
	}
	for i, key := range after {
		one := spot{path: join(at.path, key), what: at.what, thing: titleOf(b.Index(i), key)}
		was := slices.Index(before, key)
		switch {
		case was < 0:
			d.tell(Change{Kind: ChangeAdded, What: at.what, Path: one.path, Thing: one.thing})
		case reflect.DeepEqual(a.Index(was).Interface(), b.Index(i).Interface()):
		case slices.Contains(opaque, lastPart(at.path)):
			d.tell(Change{Kind: ChangeValue, What: at.what, Path: one.path, Thing: one.thing})
		default:
			d.structs(a.Index(was), b.Index(i), one)
		}
	}
	kept := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(key string) bool { return !slices.Contains(other, key) })
	}
	if old, fresh := kept(before, after), kept(after, before); !slices.Equal(old, fresh) {
		d.tell(Change{Kind: ChangeMoved, What: at.what + "s", Path: at.path, From: same(strings.Join(old, ", ")), To: same(strings.Join(fresh, ", "))})
	}
}

func lastPart(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// named are the names of the things of a list: their keys, or their first key of the format; a repeated one is numbered.
func named(list reflect.Value) []string {
	out := make([]string, list.Len())
	for i := range out {
		key := nameOf(list.Index(i))
		for slices.Contains(out[:i], key) {
			key += "+"
		}
		out[i] = key
	}
	return out
}

func nameOf(v reflect.Value) string {
	fields := fieldsOf(v.Type())
	if at := slices.IndexFunc(fields, func(f field) bool { return f.name == "key" }); at >= 0 {
		return v.Field(fields[at].index).String()
	}
	for _, f := range fields {
		if f.need && v.Field(f.index).Kind() == reflect.String {
			return v.Field(f.index).String()
		}
	}
	content, _ := json.Marshal(v.Interface()) // definitions always marshal
	return string(content)
}

// titleOf is what a thing is called: the first text that the format needs of it, else its name.
func titleOf(v reflect.Value, key string) Text {
	for _, name := range []string{"label", "title", "words", "because"} {
		for _, f := range fieldsOf(v.Type()) {
			if f.name == name && v.Field(f.index).Type() == typeText {
				return v.Field(f.index).Interface().(Text)
			}
		}
	}
	return same(key)
}

func same(text string) Text { return Text{RU: text, EN: text} }

func (d *differ) scalar(a, b reflect.Value, at spot, name string) {
	c := Change{Kind: ChangeValue, What: at.what, Path: join(at.path, name), Thing: at.thing, Key: name, From: d.say(a, name, d.from, d.was), To: d.say(b, name, d.to, d.is)}
	if catalogue, err := words(); at.what == "service" && err == nil && catalogue.Has("service.diff.what."+name) {
		c.What, c.Key = name, "" // a part of the service that people know by its own name: its term
	}
	if c.From == c.To { // values that read alike, as two reply schemas: it is told that they differ
		c.From, c.To = Text{}, Text{}
	}
	d.tell(c)
}

// say puts a value into words.
func (d *differ) say(v reflect.Value, name string, city *City, s *Service) Text {
	switch value := v.Interface().(type) {
	case Term:
		if value.IsZero() {
			return Text{}
		}
		return Text{RU: lang.Term(lang.Russian, value.Calendar()), EN: lang.Term(lang.English, value.Calendar())}
	case Money:
		if value == 0 {
			return Text{}
		}
		return moneyText(value)
	case bool:
		if !value {
			return diffText("no")
		}
		return diffText("yes")
	}
	switch v.Kind() {
	case reflect.String:
		return referred(name, v.String(), city, s)
	case reflect.Slice:
		if texts, ok := v.Interface().([]string); ok {
			return same(strings.Join(texts, ", "))
		}
	case reflect.Int, reflect.Int64:
		return same(lang.Number(lang.English, v.Int()))
	}
	return Text{}
}

func moneyText(m Money) Text {
	return Text{RU: m.Amount().In(lang.Russian), EN: m.Amount().In(lang.English)}
}

// diffText is one of the words of the comparison in both languages.
func diffText(key string) Text {
	catalogue, err := words()
	if err != nil {
		return same(key)
	}
	return Text{RU: catalogue.TextWith(lang.Russian, "service.diff."+key, nil), EN: catalogue.TextWith(lang.English, "service.diff."+key, nil)}
}

// referred is a text of the format in words: what it refers to, a word of the format, or as it is.
func referred(name, value string, city *City, s *Service) Text {
	if value == "" {
		return Text{}
	}
	if title, ok := referredTitle(name, value, city, s); ok {
		return title
	}
	if catalogue, err := words(); err == nil && catalogue.Has("service.diff.value."+value) {
		return diffText("value." + value)
	}
	return same(value)
}

func referredTitle(name, value string, city *City, s *Service) (Text, bool) {
	switch name {
	case "agency":
		if a, ok := city.Agency(value); ok {
			return a.Short, true
		}
	case "topic":
		if t, ok := city.Topic(value); ok {
			return t.Title, true
		}
	case "register":
		if r, ok := city.Register(value); ok {
			return r.Title, true
		}
	case "then", "else", "approved", "refused", "official":
		if s == nil {
			return Text{}, false
		}
		if t, ok := s.Task(value); ok {
			return t.Title, true
		}
	case "ground":
		if s == nil {
			return Text{}, false
		}
		if g, ok := s.Ground(value); ok {
			return g.Words, true
		}
	}
	return Text{}, false
}
