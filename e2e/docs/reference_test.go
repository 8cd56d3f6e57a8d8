package docs_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"posad.city/core/service"
)

var update = flag.Bool("update", false, "write docs/author/reference.md anew")

var authors = filepath.Join("..", "..", "docs", "author")

// TestTheReferenceIsTheFormat holds docs/author/reference.md to the types that the check decodes into.
func TestTheReferenceIsTheFormat(t *testing.T) {
	t.Parallel()
	want := reference()
	path := filepath.Join(authors, "reference.md")
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("docs/author/reference.md is behind the types (%v); run go test ./e2e/docs -run Reference -update", err)
	}
}

const head = `# Reference: every key of a city's files

Made from the format's own types by ` + "`go test ./e2e/docs -run Reference -update`" + `; do not edit it. What the parts are for, and how they work together, is in
[writing-a-service.md](writing-a-service.md). Editors read the same as JSON Schema from [docs/schema](../schema).

Kinds of value: **text** is a plain value; **words** is ` + "`{ru: …, en: …}`" + `, both needed; **rule** is an expression (see the guide); **term** is ` +
	"`6 working days`" + ` or ` + "`30 calendar days`" + `; **money** is ` + "`3000.00 RUB`" + `; **exact number** is ` + "`\"60.04\"`" + `; **list of** takes several, at least one. A key marked ● must be there.
`

// sections are the files of a city's folder, in the order in which an author meets them.
var sections = []struct {
	file  string
	start any
}{
	{"services/KEY.yaml", service.Service{}},
	{"registers/KEY.yaml", service.Register{}},
	{"agencies/KEY.yaml", service.Agency{}},
	{"resources/KEY.yaml", service.Resource{}},
	{"own-registers/KEY.yaml", service.OwnRegister{}},
	{"charges/KEY.yaml", service.ChargeKind{}},
	{"utilities.yaml", service.Utilities{}},
	{"tariffs/KEY.yaml", service.Tariff{}},
	{"rates.yaml: a list of", service.Rate{}},
	{"lists.yaml: a list of", service.List{}},
	{"topics.yaml: a list of", service.Topic{}},
	{"situations.yaml: a list of", service.Situation{}},
	{"calendar.yaml", service.Calendar{}},
	{"places.yaml", service.Places{}},
	{"city.yaml", service.Profile{}},
	{"content/pages/KEY.yaml", service.Page{}},
	{"content/news.yaml: a list of", service.News{}},
	{"synonyms.yaml: a list of", service.Synonym{}},
	{"shortcuts.yaml: a list of", service.Shortcut{}},
	{"charity.yaml", service.Charity{}},
	{"queries.yaml: a list of", service.Query{}},
}

// reference writes a table for each type, each once, in the order in which they are named.
func reference() string {
	var out strings.Builder
	out.WriteString(head)
	done := map[reflect.Type]bool{}
	for _, s := range sections {
		fmt.Fprintf(&out, "\n## `%s`\n", s.file)
		waiting := []reflect.Type{reflect.TypeOf(s.start)}
		for len(waiting) > 0 {
			t := waiting[0]
			waiting = waiting[1:]
			if !done[t] {
				done[t] = true
				waiting = append(table(&out, t), waiting...)
			}
		}
	}
	fmt.Fprintf(&out, "\n## `messages/KEY.yaml`\n\n`service` names the service, `notices` is a list of [Notice](#notice): the city's own words, kept apart from the definition.\n")
	return out.String()
}

// table writes the keys of a type and returns the types that they name.
func table(out *strings.Builder, t reflect.Type) []reflect.Type {
	fmt.Fprintf(out, "\n### %s\n\n| key | | value | what it is |\n|---|---|---|---|\n", t.Name())
	var named []reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || key == "" || key == "-" {
			continue
		}
		need := ""
		if f.Tag.Get("need") != "" {
			need = "●"
		}
		value, inner := kindOf(f.Type, f.Tag.Get("one"))
		if inner != nil {
			named = append(named, inner)
		}
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", key, need, value, strings.ReplaceAll(f.Tag.Get("about"), "|", "\\|"))
	}
	return named
}

// kindOf says in words what a key holds, and which type of its own, if any.
func kindOf(t reflect.Type, one string) (string, reflect.Type) {
	switch t {
	case reflect.TypeFor[service.Text]():
		return "words", nil
	case reflect.TypeFor[service.Words]():
		return "`{ru: [], en: []}`", nil
	case reflect.TypeFor[service.Rule]():
		return "rule", nil
	case reflect.TypeFor[service.Term]():
		return "term", nil
	case reflect.TypeFor[service.Decimal]():
		return "exact number", nil
	case reflect.TypeFor[service.Money]():
		return "money", nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem(), one)
	case reflect.Slice:
		value, inner := kindOf(t.Elem(), one)
		return "list of " + value, inner
	case reflect.Map:
		value, inner := kindOf(t.Elem(), "")
		return "by name: " + value, inner
	case reflect.Struct:
		return fmt.Sprintf("[%s](#%s)", t.Name(), strings.ToLower(t.Name())), t
	case reflect.Bool:
		return "true or false", nil
	case reflect.Int, reflect.Int64:
		return "whole number", nil
	case reflect.Interface:
		return "anything", nil
	}
	if one != "" {
		return "`" + strings.Join(strings.Split(one, "|"), "` `") + "`", nil
	}
	return "text", nil
}
