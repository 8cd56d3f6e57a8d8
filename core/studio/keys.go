package studio

import (
	"encoding/json"
	"slices"
	"strings"

	"posad.city/core/service"
)

// schemaOf is the name of the schema that a file is held to; empty when there is none.
func schemaOf(path string) string {
	folder, rest, inside := strings.Cut(path, "/")
	if !inside {
		return strings.TrimSuffix(folder, ".yaml") + ".json"
	}
	if folder == "content" && strings.HasPrefix(rest, "pages/") {
		return "page.json"
	}
	return map[string]string{"services": "service.json", "agencies": "agency.json", "registers": "register.json", "messages": "messages.json", "content": "news.json", "resources": "resource.json", "tariffs": "tariff.json", "charges": "charge.json", "own-registers": "own-register.json"}[folder]
}

// keyLine is a key of the format beside the editor.
type keyLine struct {
	Path  string // form.steps[].fields[].type
	About string
	Words string // allowed values
	Need  bool
}

// schema is as much of JSON Schema as the format's own schemas use.
type schema struct {
	Ref         string            `json:"$ref"`
	Defs        map[string]schema `json:"$defs"`
	Type        any               `json:"type"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	Enum        []string          `json:"enum"`
	Description string            `json:"description"`
}

// keysOf lists the keys of a kind of file, as the format describes them.
func keysOf(name string) []keyLine {
	all, err := service.Schemas()
	if err != nil {
		return nil
	}
	var root schema
	if json.Unmarshal(all[name], &root) != nil {
		return nil
	}
	var out []keyLine
	root.walk(root.Defs, "", nil, &out)
	return out
}

func (s schema) walk(defs map[string]schema, path string, inside []string, out *[]keyLine) {
	if s.Ref != "" {
		name := strings.TrimPrefix(s.Ref, "#/$defs/")
		if slices.Contains(inside, name) {
			return // a type that holds itself
		}
		defs[name].walk(defs, path, append(slices.Clone(inside), name), out)
		return
	}
	if s.Items != nil {
		s.Items.walk(defs, path+"[]", inside, out)
		return
	}
	keys := make([]string, 0, len(s.Properties))
	for key := range s.Properties {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int {
		if x, y := slices.Contains(s.Required, a), slices.Contains(s.Required, b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	for _, key := range keys {
		if path != "" && (key == "ru" || key == "en") {
			continue // a text in both languages explains itself
		}
		one := s.Properties[key]
		at := strings.TrimPrefix(path+"."+key, ".")
		words := one.Enum
		if one.Items != nil && len(one.Items.Enum) > 0 {
			words = one.Items.Enum
		}
		*out = append(*out, keyLine{Path: at, About: one.Description, Words: strings.Join(words, ", "), Need: slices.Contains(s.Required, key)})
		one.walk(defs, at, inside, out)
	}
}
