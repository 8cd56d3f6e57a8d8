package service

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// maxFile bounds a definition file; the longest of Kitezh is under 40 KB, an address register under 200 KB.
const maxFile = 4 << 20

// maxDepth bounds nesting, so that a file can't exhaust the stack.
const maxDepth = 60

// position is a place in a file.
type position struct{ line, column int }

// source is one file of a city folder with the places of its values, by path: form.steps.0.fields.1.type.
type source struct {
	name   string
	lines  []string
	places map[string]position
}

// parse reads one YAML document. The faults have places; nil node means that there is nothing to decode.
func parse(name string, content []byte) (*source, ast.Node, Faults) {
	s := &source{name: name, places: map[string]position{}}
	if len(content) > maxFile || !utf8.Valid(content) {
		return s, nil, Faults{s.fault(position{}, "file_unreadable", "most", fmt.Sprint(maxFile>>20))}
	}
	s.lines = strings.Split(string(content), "\n")
	if deep := s.tooDeep(); deep != (position{}) {
		return s, nil, Faults{s.fault(deep, "file_too_deep")}
	}
	file, err := parseBytes(content)
	if err != nil {
		at, message := placeOf(err)
		return s, nil, Faults{s.fault(at, "file_syntax", "message", message)}
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return s, nil, Faults{s.fault(position{1, 1}, "file_empty")}
	}
	return s, file.Docs[0].Body, nil
}

// parseBytes shields the check from a panic of the parser: whatever a file holds, its author gets a fault.
func parseBytes(content []byte) (*ast.File, error) {
	var file *ast.File
	var err error
	func() {
		defer func() {
			if r := recover(); r != nil {
				file, err = nil, fmt.Errorf("service: the YAML parser gave up: %v", r)
			}
		}()
		file, err = parser.ParseBytes(content, 0)
	}()
	return file, err
}

// tooDeep finds nesting that no definition needs, by brackets and by indentation.
func (s *source) tooDeep() position {
	depth := 0
	for i, line := range s.lines {
		for j, r := range line {
			switch r {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
			if depth > maxDepth {
				return position{i + 1, j + 1}
			}
		}
		if indent := len(line) - len(strings.TrimLeft(line, " -?:")); indent > 4*maxDepth {
			return position{i + 1, indent}
		}
	}
	return position{}
}

func placeOf(err error) (position, string) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return tokenPlace(at.GetToken()), at.GetMessage()
	}
	return position{}, err.Error()
}

func tokenPlace(t *token.Token) position {
	if t == nil || t.Position == nil {
		return position{}
	}
	return position{t.Position.Line, t.Position.Column}
}

func nodePlace(node ast.Node) position {
	if node == nil {
		return position{}
	}
	if m, ok := node.(*ast.MappingNode); ok && !m.IsFlowStyle && len(m.Values) > 0 {
		return tokenPlace(m.Values[0].Key.GetToken())
	}
	return tokenPlace(node.GetToken())
}

// fault makes a fault at a place of the file. params are pairs.
func (s *source) fault(at position, kind string, params ...string) Fault {
	f := Fault{File: s.name, Line: at.line, Column: at.column, Kind: kind, Params: map[string]string{}}
	for i := 0; i+1 < len(params); i += 2 {
		f.Params[params[i]] = params[i+1]
	}
	if at.line > 0 && at.line <= len(s.lines) {
		f.Source = shorten(strings.TrimRight(s.lines[at.line-1], "\r"), max(at.column, 100)+20)
	}
	return f
}

func shorten(line string, most int) string {
	runes := []rune(line)
	if len(runes) <= most {
		return line
	}
	return string(runes[:most]) + "…"
}

// at is the place of a path, or of the nearest value around it.
func (s *source) at(path string) position {
	for {
		if place, ok := s.places[path]; ok {
			return place
		}
		cut := strings.LastIndexByte(path, '.')
		if cut < 0 {
			return s.places[""]
		}
		path = path[:cut]
	}
}
