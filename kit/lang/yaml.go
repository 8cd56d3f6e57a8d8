package lang

import (
	"errors"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// mapping returns the pairs of a mapping node.
func mapping(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// isPlural tells a set of plural forms from a level of keys: every key names a form, and "one" is there.
func isPlural(pairs []*ast.MappingValueNode) bool {
	one := false
	for _, pair := range pairs {
		name := keyOf(pair)
		if _, ok := formNames[name]; !ok {
			return false
		}
		one = one || name == "one"
	}
	return one
}

// textOf returns the text of a scalar that is a text; a number or a truth value without quotes is not.
func textOf(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

func keyOf(pair *ast.MappingValueNode) string {
	if token := pair.Key.GetToken(); token != nil {
		return token.Value
	}
	return ""
}

func lineOf(node ast.Node) int {
	if node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0
	}
	return node.GetToken().Position.Line
}

func validKey(key string) bool {
	if key == "" {
		return false
	}
	for i := range len(key) {
		c := key[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.' {
			return false
		}
	}
	return key[0] != '.' && key[len(key)-1] != '.'
}

// place takes the line and the bare message out of an error of the YAML library.
func place(err error) (int, string) {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil && at.GetToken().Position != nil {
		return at.GetToken().Position.Line, at.GetMessage()
	}
	return 0, err.Error()
}
