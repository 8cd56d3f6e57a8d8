package service

import (
	"reflect"
	"strconv"
)

// eachText visits every text of a definition with its path. Words of notices lie in a file of their own and are passed
// over.
func eachText(s *Service, visit func(path string, t Text)) {
	copied := *s
	copied.Notices, copied.Examples = nil, nil
	texts(reflect.ValueOf(copied), "", visit)
}

func texts(v reflect.Value, path string, visit func(string, Text)) {
	if v.Type() == typeText {
		visit(path, v.Interface().(Text))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), path, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), join(path, strconv.Itoa(i)), visit)
		}
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type()) {
			texts(v.Field(f.index), join(path, f.name), visit)
		}
	}
}
