package lang

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Fault is one thing wrong in a locale file, with its place.
type Fault struct {
	File string // as the file system of the module names it
	Line int    // from 1; 0 when the whole file is meant
	Key  string // full key, where one is meant
	Text string // what is wrong and what to do
}

// Faults are all that Load found wrong; there is at least one.
type Faults []Fault

// Error lists the faults, one a line, as file:line: key: what to do.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fmt.Sprintf("%s:%d: %s: %s", fault.File, fault.Line, fault.Key, fault.Text)
	}
	return strings.Join(lines, "\n")
}

// entry is a text with the place where it was written.
type entry struct {
	file string
	line int
	m    *message
}

type loader struct {
	entries map[Language]map[string]entry
	faults  Faults
}

// Load reads locale/<language>.yaml of every module and checks the whole: each key once, in each language, with the same
// arguments, plural texts with all their forms. The error is Faults, in the order of files and lines, or the error of
// the file system.
func Load(files ...fs.FS) (*Catalogue, error) {
	l := &loader{entries: map[Language]map[string]entry{}}
	for _, language := range All() {
		l.entries[language] = map[string]entry{}
	}
	for _, module := range files {
		if err := l.module(module); err != nil {
			return nil, err
		}
	}
	l.compare()
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key))
		})
		return nil, l.faults
	}
	return l.catalogue(), nil
}

func (l *loader) catalogue() *Catalogue {
	c := &Catalogue{texts: map[Language]map[string]*message{}}
	for language, entries := range l.entries {
		c.texts[language] = make(map[string]*message, len(entries))
		for key, e := range entries {
			c.texts[language][key] = e.m
		}
	}
	return c
}

func (l *loader) module(module fs.FS) error {
	names, err := fs.Glob(module, "locale/*")
	if err != nil {
		return fmt.Errorf("lang: %w", err)
	}
	if len(names) == 0 {
		l.fault("locale", 0, "", "the module has no locale folder; embed locale/*.yaml")
	}
	for _, name := range names {
		language := strings.TrimSuffix(path.Base(name), ".yaml")
		if !Known(language) {
			l.fault(name, 0, "", "want locale/ru.yaml and locale/en.yaml, nothing else")
			continue
		}
		content, err := fs.ReadFile(module, name)
		if err != nil {
			return fmt.Errorf("lang: %w", err)
		}
		l.file(Language(language), name, content)
	}
	return nil
}

func (l *loader) fault(file string, line int, key, text string) {
	l.faults = append(l.faults, Fault{file, line, key, text})
}

func (l *loader) file(language Language, name string, content []byte) {
	tree, err := parser.ParseBytes(content, 0)
	if err != nil {
		line, text := place(err)
		l.fault(name, line, "", text)
		return
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		l.fault(name, 1, "", "want one mapping of keys to texts")
		return
	}
	l.node(language, name, "", tree.Docs[0].Body)
}

// node walks a value: a mapping goes deeper, a plural mapping or a text is an entry.
func (l *loader) node(language Language, file, key string, node ast.Node) {
	if pairs, ok := mapping(node); ok {
		if key != "" && isPlural(pairs) {
			l.pluralEntry(language, file, key, node, pairs)
			return
		}
		for _, pair := range pairs {
			l.node(language, file, l.join(file, key, pair), pair.Value)
		}
		return
	}
	line := lineOf(node)
	text, ok := textOf(node)
	if !ok || strings.TrimSpace(text) == "" {
		l.fault(file, line, key, "want a text that is not empty; put numbers and the words true, false, null in quotes")
		return
	}
	parts, err := parseParts(text)
	if err != nil {
		l.fault(file, line, key, err.Error())
		return
	}
	m := &message{}
	m.forms[formOne] = parts
	l.add(language, key, entry{file, line, m})
}

func (l *loader) join(file, key string, pair *ast.MappingValueNode) string {
	name := keyOf(pair)
	if !validKey(name) {
		l.fault(file, lineOf(pair.Key), name, "a key is small Latin letters, digits, underscores, hyphens and dots")
	}
	if key == "" {
		return name
	}
	return key + "." + name
}

func (l *loader) add(language Language, key string, e entry) {
	if !strings.Contains(key, ".") {
		l.fault(e.file, e.line, key, "a key starts with its module: <module>.<case>")
		return
	}
	if first, taken := l.entries[language][key]; taken {
		l.fault(e.file, e.line, key, fmt.Sprintf("the key is already at %s:%d; keep one", first.file, first.line))
		return
	}
	l.entries[language][key] = e
}

func (l *loader) pluralEntry(language Language, file, key string, node ast.Node, pairs []*ast.MappingValueNode) {
	m := &message{plural: true}
	for _, pair := range pairs {
		text, ok := textOf(pair.Value)
		parts, err := parseParts(text)
		if !ok || text == "" || err != nil {
			l.fault(file, lineOf(pair.Key), key, "a plural form is a text; "+errBrace.Error())
			return
		}
		m.forms[formNames[keyOf(pair)]] = parts
	}
	for _, need := range language.needed() {
		if m.forms[formNames[need]] == nil {
			l.fault(file, lineOf(node), key, fmt.Sprintf("the plural form %q is missing; %s needs %s", need, language, strings.Join(language.needed(), ", ")))
		}
	}
	l.add(language, key, entry{file, lineOf(node), m})
}

// compare tells the keys and arguments that the languages do not share.
func (l *loader) compare() {
	for _, language := range All() {
		for key, e := range l.entries[language] {
			for _, other := range All() {
				if other != language {
					l.comparePair(key, e, other)
				}
			}
		}
	}
}

func (l *loader) comparePair(key string, e entry, other Language) {
	twin, ok := l.entries[other][key]
	if !ok {
		l.fault(e.file, e.line, key, fmt.Sprintf("there is no such key in %s.yaml; translate it", other))
		return
	}
	mine, theirs := e.m.names(), twin.m.names()
	if twin.m.plural && !e.m.plural { // a language may say the count without changing its words
		mine = slices.DeleteFunc(mine, func(name string) bool { return name == countName })
	}
	if e.m.plural && !twin.m.plural {
		theirs = slices.DeleteFunc(theirs, func(name string) bool { return name == countName })
	}
	if !slices.Equal(mine, theirs) {
		l.fault(e.file, e.line, key, fmt.Sprintf("the arguments are %v here and %v in %s.yaml; make them the same", mine, theirs, other))
	}
}
