package web

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"posad.city/kit/act"
	"posad.city/kit/id"
)

type tree struct {
	ID       id.ID             `json:"id"`
	Name     string            `json:"name" max:"200" doc:"What people call it"`
	Status   string            `json:"status" enum:"open,closed"`
	At       time.Time         `json:"at"`
	Note     *string           `json:"note,omitempty"`
	Branches []tree            `json:"branches,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
	Raw      json.RawMessage   `json:"raw,omitempty"`
	hidden   string
}

func TestDocument(t *testing.T) {
	t.Parallel()
	ok := func(c *Context) error { return c.Empty() }
	y := newCity(t, nil, func(s *Server) {
		read := s.Operation(act.Operation{Name: "tree.read", Object: "tree", May: act.Self})
		s.API(read, "GET /api/v1/trees/{id}", ok, Describe{Summary: "One tree", Out: tree{}, Params: []Param{{Name: "deep", Of: true, Text: "With branches"}}})
		write := s.Operation(act.Operation{Name: "tree.write", May: act.SignedIn, Changes: true})
		s.API(write, "PUT /api/v1/trees/{id}", ok, Describe{Summary: "Change a tree", In: tree{}})
		s.API(write, "POST /api/v1/trees/{id}/scan", ok, Describe{Summary: "Add a scan", In: struct {
			Scan File `json:"scan"`
		}{}})
		s.API(read, "GET /api/v1/trees", ok, Describe{Summary: "Trees", Out: []tree{}, In: struct {
			After string `json:"after" doc:"Cursor"`
		}{}})
	})
	got := y.browser("").get("/api/openapi.json")
	wantStatus(t, got, 200)
	document, err := openapi3.NewLoader().LoadFromData([]byte(got.body))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(context.Background()); err != nil {
		t.Fatalf("%v\n%s", err, got.body)
	}
	var raw map[string]any
	if err := json.Unmarshal([]byte(got.body), &raw); err != nil {
		t.Fatal(err)
	}
	schema := raw["components"].(object)["schemas"].(object)["web.tree"]
	text := object{"type": "string"}
	want := object{
		"type": "object", "required": []any{"id", "name", "status", "at"},
		"properties": object{
			"id":     object{"type": "string", "format": "uuid"},
			"name":   object{"type": "string", "maxLength": 200.0, "description": "What people call it"},
			"status": object{"type": "string", "enum": []any{"open", "closed"}},
			"at":     object{"type": "string", "format": "date-time"},
			"note":   object{"anyOf": []any{text, object{"type": "null"}}}, "raw": object{},
			"branches": object{"type": "array", "items": object{"$ref": "#/components/schemas/web.tree"}},
			"params":   object{"type": "object", "additionalProperties": text},
		},
	}
	if diff := cmp.Diff(want, schema); diff != "" {
		t.Error(diff)
	}
	one := document.Paths.Find("/api/v1/trees/{id}")
	for status := range one.Get.Responses.Map() {
		if status == "401" {
			return
		}
	}
	t.Error("an operation for signed-in people does not tell of 401")
}
