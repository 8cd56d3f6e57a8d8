package rule

import (
	"fmt"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

func listFromEngine(element Type, value ref.Val) (any, error) {
	list, ok := value.(traits.Lister)
	if !ok {
		return nil, fmt.Errorf("rule: the result is no list")
	}
	size, _ := list.Size().(types.Int)
	out := make([]any, 0, size)
	for i := range size {
		v, err := fromEngine(element, list.Get(i))
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func mapFromEngine(t Type, value ref.Val) (any, error) {
	fields, ok := value.(traits.Mapper)
	if !ok {
		return nil, fmt.Errorf("rule: the result is no map")
	}
	out := map[string]any{}
	for it := fields.Iterator(); it.HasNext() == types.True; {
		key, _ := it.Next().(types.String)
		element := t.element
		if t.kind == kindRecord {
			field := t.fields[string(key)]
			element = &field
		}
		v, err := fromEngine(*element, fields.Get(key))
		if err != nil {
			return nil, err
		}
		out[string(key)] = v
	}
	return out, nil
}
