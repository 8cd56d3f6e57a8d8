package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"posad.city/kit/act"
)

// Describe enters an API route into the document. Texts are English: programs' authors read them.
type Describe struct {
	Summary string  // one line, required
	Details string  // more, in CommonMark
	Tag     string  // group in the document; empty: the first word of the operation's name
	In      any     // a value of the type of the body, nil for none. A struct with File fields is a multipart form
	Out     any     // a value of the type of the answer, nil for 204
	Status  int     // of success; 0: 200, or 204 when Out is nil
	Type    string  // content type of an answer that is not JSON: Out is then ignored
	Params  []Param // of the query and headers; those of the path are found by themselves
	Root    bool    // the route lies outside /api: an ecosystem standard under a root of its own
	Hidden  bool    // left out of the document
	// Headers are the answer's headers that the handler sets itself, by Header: those of a standard that the route speaks.
	Headers []string
}

// Param is one parameter of a query or header.
type Param struct {
	Name     string
	In       string // "query" (also when empty), "header"
	Text     string // what it means, units, bounds
	Of       any    // a value of its type; nil: text
	Required bool
}

// object is a JSON object of the document; encoding/json writes its keys in order of name, so the document is stable.
type object = map[string]any

// openAPIRoute hangs the document itself on an operation that is open to all.
func (s *Server) openAPIRoute() {
	op := s.Operation(act.Operation{Name: "web.openapi", May: act.Everyone})
	s.API(op, "GET /api/openapi.json", func(c *Context) error { return c.Data("application/json", s.document) },
		Describe{Summary: "This document", Out: object{}})
	problems := s.Operation(act.Operation{Name: "web.problem", May: act.Everyone})
	s.API(problems, "GET /api/problems/{code}", showProblem, Describe{
		Summary: "What a problem code means", Out: ProblemMeaning{},
	})
}

// ProblemMeaning explains a code of a problem.
type ProblemMeaning struct {
	Code   string `json:"code"`
	Detail string `json:"detail" doc:"The sentence that people read, in the caller's language, with its places for values"`
}

func showProblem(c *Context) error {
	code := c.Path("code")
	if !c.s.deps.Texts.Has(code) {
		return faultMissing
	}
	return c.JSON(http.StatusOK, ProblemMeaning{Code: code, Detail: c.T(code)})
}

// describe writes the OpenAPI 3.1 document of all API routes.
func (s *Server) describe() ([]byte, error) {
	book := newSchemas()
	book.of(reflect.TypeFor[Problem]())
	paths := map[string]object{}
	for _, route := range s.routes {
		if route.Surface != SurfaceAPI || route.Describe.Hidden {
			continue
		}
		path := plainPath(route.Path)
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path][strings.ToLower(route.Method)] = s.describeRoute(book, route)
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Posad", "version": s.conf.Version,
			"summary":     "All that a resident can do in the city, for programs",
			"description": "Errors are application/problem+json (RFC 9457). Times are RFC 3339 in UTC, money is whole minor units.",
			"license":     object{"name": "See the LICENSE file of the source", "url": s.conf.BaseURL + "/"},
			"contact":     object{"name": "The city", "url": s.conf.BaseURL + "/"},
		},
		"servers": []object{{"url": s.conf.BaseURL}},
		"paths":   paths,
		"tags":    s.tags(),
		"components": object{
			"schemas":         book.named,
			"securitySchemes": s.securitySchemes(),
			"responses":       object{"Problem": problemResponse()},
		},
	}
	out, err := json.MarshalIndent(document, "", " ")
	if err != nil {
		return nil, fmt.Errorf("web: API document: %w", err)
	}
	return out, nil
}

func (s *Server) securitySchemes() object {
	return object{
		"session": object{"type": "http", "scheme": "bearer", "description": "The token of a session, as a program holds it."},
		"key":     object{"type": "http", "scheme": "bearer", "description": "A key of an agency's program (" + KeyPrefix + "live_…, or " + KeyPrefix + "test_… in the sandbox)."},
		"cookie": object{"type": "apiKey", "in": "cookie", "name": s.cookieName(cookieSession),
			"description": "The same token in a browser. Changes then need Sec-Fetch-Site: same-origin or the header " + HeaderToken + "."},
	}
}

func problemResponse() object {
	return object{
		"description": "What is wrong and what to do",
		"content":     object{"application/problem+json": object{"schema": reference("web.Problem")}},
	}
}

func (s *Server) tags() []object {
	var names []string
	for _, route := range s.routes {
		if route.Surface == SurfaceAPI && !route.Describe.Hidden && !slices.Contains(names, tagOf(route)) {
			names = append(names, tagOf(route))
		}
	}
	slices.Sort(names)
	out := []object{}
	for _, name := range names {
		out = append(out, object{"name": name})
	}
	return out
}

func tagOf(route *Route) string {
	if route.Describe.Tag != "" {
		return route.Describe.Tag
	}
	module, _, _ := strings.Cut(route.Op.Name, ".")
	return module
}

// plainPath turns {path...} and {$} of ServeMux into what OpenAPI knows.
func plainPath(path string) string {
	return strings.ReplaceAll(strings.ReplaceAll(path, "...}", "}"), "{$}", "")
}

var notLetter = regexp.MustCompile(`[^A-Za-z0-9]+`)

func (s *Server) describeRoute(book *schemas, route *Route) object {
	d := route.Describe
	out := object{
		"operationId": strings.ToLower(route.Method) + notLetter.ReplaceAllString(plainPath(route.Path), "_"),
		"summary":     d.Summary, "tags": []string{tagOf(route)},
		"description": strings.TrimSpace(d.Details + "\n\nWho may: " + route.Op.May.String() + "."),
		"responses":   responses(book, route),
		"security":    security(route.Op),
	}
	if params := parameters(book, route); len(params) > 0 {
		out["parameters"] = params
	}
	if d.In != nil && !safeMethod(route.Method) {
		out["requestBody"] = object{"required": true, "content": requestContent(book, d.In)}
	}
	return out
}

func requestContent(book *schemas, in any) object {
	kind := reflect.TypeOf(in)
	content := "application/json"
	if hasFiles(kind) {
		content = "multipart/form-data"
	}
	return object{content: object{"schema": book.of(kind)}}
}

func hasFiles(kind reflect.Type) bool {
	if kind.Kind() != reflect.Struct {
		return false
	}
	for i := range kind.NumField() {
		if t := kind.Field(i).Type; t == fileType || t == filesType {
			return true
		}
	}
	return false
}

func security(op *Op) []object {
	out := []object{{"session": []string{}}, {"cookie": []string{}}}
	if op.Key != "" {
		out = append(out, object{"key": []string{op.Key}})
	}
	if op.Open() {
		out = append(out, object{})
	}
	return out
}

func responses(book *schemas, route *Route) object {
	d := route.Describe
	good := object{"description": "Done"}
	status := d.Status
	switch {
	case d.Type != "":
		good["content"] = object{d.Type: object{}}
	case d.Out != nil:
		good["content"] = object{"application/json": object{"schema": book.of(reflect.TypeOf(d.Out))}}
	default:
		setDefault(&status, http.StatusNoContent)
	}
	setDefault(&status, http.StatusOK)
	out := object{strconv.Itoa(status): good}
	codes := []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}
	if !route.Op.Open() {
		codes = append(codes, http.StatusUnauthorized)
	}
	if !route.Op.Open() || route.Op.Object != "" {
		codes = append(codes, http.StatusForbidden)
	}
	if strings.Contains(route.Path, "{") {
		codes = append(codes, http.StatusNotFound)
	}
	if !safeMethod(route.Method) {
		codes = append(codes, http.StatusConflict, http.StatusRequestEntityTooLarge)
	}
	if !safeMethod(route.Method) || len(d.Params) > 0 {
		codes = append(codes, http.StatusUnprocessableEntity)
	}
	for _, code := range codes {
		out[strconv.Itoa(code)] = object{"$ref": "#/components/responses/Problem"}
	}
	return out
}

var wildcard = regexp.MustCompile(`\{([^}.$]+)(\.\.\.)?\}`)

func parameters(book *schemas, route *Route) []object {
	var out []object
	for _, found := range wildcard.FindAllStringSubmatch(route.Path, -1) {
		schema := object{"type": "string"}
		if found[1] == "id" {
			schema["format"] = "uuid"
		}
		out = append(out, object{"name": found[1], "in": "path", "required": true, "schema": schema})
	}
	for _, param := range route.Describe.Params {
		schema := object{"type": "string"}
		if param.Of != nil {
			schema = book.of(reflect.TypeOf(param.Of))
		}
		setDefault(&param.In, "query")
		out = append(out, object{"name": param.Name, "in": param.In, "description": param.Text, "required": param.Required, "schema": schema})
	}
	if in := route.Describe.In; in != nil && safeMethod(route.Method) {
		out = append(out, queryOf(book, reflect.TypeOf(in))...)
	}
	if !safeMethod(route.Method) && !route.Op.Open() {
		out = append(out, object{
			"name": HeaderRepeat, "in": "header", "required": false, "schema": object{"type": "string", "maxLength": 200},
			"description": "A random name of this call: sent again with the same body it gives the same answer, and nothing is done twice.",
		})
	}
	return out
}

// queryOf describes the struct that Bind fills from the query of a GET.
func queryOf(book *schemas, kind reflect.Type) []object {
	var out []object
	for i := range kind.NumField() {
		field := kind.Field(i)
		if !field.IsExported() || fieldName(field) == "-" {
			continue
		}
		out = append(out, object{
			"name": fieldName(field), "in": "query", "required": false, "schema": book.field(field), "description": field.Tag.Get("doc"),
		})
	}
	return out
}
