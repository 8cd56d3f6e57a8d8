package web

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

type carForm struct {
	Name     string   `json:"name" max:"10"`
	Password string   `json:"password" raw:"true"`
	Age      int64    `json:"age"`
	Agree    bool     `json:"agree"`
	Zones    []string `json:"zones,omitempty"`
	Case     id.ID    `json:"case"`
	Note     *string  `json:"note,omitempty"`
	Vehicle  struct {
		Plate string `json:"plate" max:"9"`
	} `json:"vehicle"`
	Scan File `json:"-"`
}

// bound binds a request outside a server, as the edge would.
func boundRequest(method, contentType, body string, target any) error {
	r := httptest.NewRequest(method, "/x", strings.NewReader(body))
	if method == http.MethodGet {
		r = httptest.NewRequest(method, "/x?"+body, nil)
	}
	r.Header.Set("Content-Type", contentType)
	c := &Context{r: r, route: &Route{Surface: SurfacePage, Op: &Op{Operation: act.Operation{}}}}
	return c.Bind(target)
}

func fieldsOf(err error) map[string]string {
	out := map[string]string{}
	for _, field := range fault.Of(err).Fields {
		out[field.Name] = field.ID
	}
	return out
}

const formType = "application/x-www-form-urlencoded"

func TestBindTakesAFormAndJSONAlike(t *testing.T) {
	t.Parallel()
	one := id.Derived("case", "1")
	note := "a\nb"
	want := carForm{Name: "Анна", Password: " pass ", Age: -3, Agree: true, Zones: []string{"1", "2"}, Case: one, Note: &note}
	want.Vehicle.Plate = "А123ВС77"
	form := url.Values{
		"name": {"  Анна\u202e "}, "password": {" pass "}, "age": {"-3"}, "agree": {"on"}, "zones": {"1", "2"}, "case": {one.String()},
		"note": {"a\r\nb"}, "vehicle.plate": {"А123ВС77"}, "_csrf": {"x"}, "back": {"/"},
	}
	json := `{"name":" Анна\u202e ","password":" pass ","age":-3,"agree":true,"zones":["1","2"],"case":"` + one.String() +
		`","note":"a\r\nb","vehicle":{"plate":"А123ВС77"}}`
	for kind, body := range map[string]string{formType: form.Encode(), "application/json": json} {
		var got carForm
		if err := boundRequest("POST", kind, body, &got); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}

func TestBindTellsEveryWrongField(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		kind, body string
		want       map[string]string
	}{
		{formType, "name=a&name=b&other=1&age=x&agree=perhaps&vehicle.plate=1234567890&case=zz", map[string]string{
			"name": "web.repeated_field", "other": "web.unknown_field", "age": "web.not_a_number", "agree": "web.not_yes_no",
			"vehicle.plate": "web.too_long", "case": "web.wrong_form",
		}},
		{formType, "name=%00", map[string]string{"name": "web.bad_text"}},
		{formType, "name=%ff", map[string]string{"name": "web.bad_text"}},
		{"application/json", `{"other":1}`, map[string]string{"other": "web.unknown_field"}},
		{"application/json", `{"name":"a","name":"b"}`, map[string]string{"name": "web.repeated_field"}},
		{"application/json", `{"name":"a","NAME":"b"}`, map[string]string{"NAME": "web.repeated_field"}},
		{"application/json", `{"vehicle":{"plate":"1","plate":"2"}}`, map[string]string{"vehicle.plate": "web.repeated_field"}},
		{"application/json", `{"age":"x"}`, map[string]string{"age": "web.wrong_form"}},
		{"application/json", `{"vehicle":{"plate":5}}`, map[string]string{"vehicle.plate": "web.wrong_form"}},
		{"application/json", `{"name":"12345678901"}`, map[string]string{"name": "web.too_long"}},
		{"application/json", `{"name":"a\u0000"}`, map[string]string{"name": "web.bad_text"}},
		{"application/json", `{"name":"a"} {}`, map[string]string{}},
		{"application/json", `{"name":`, map[string]string{}},
		{"application/json", "", map[string]string{}},
		{"application/json", `{"name":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, map[string]string{}},
		{"application/json", strings.Repeat("[", 100000), map[string]string{}},
		{"text/csv", `a;b`, map[string]string{}},
	} {
		err := boundRequest("POST", one.kind, one.body, new(carForm))
		if f := new(fault.Fault); !errors.As(err, &f) || f.Kind != fault.Invalid {
			t.Errorf("%.60s: %v", one.body, err)
			continue
		}
		if diff := cmp.Diff(one.want, fieldsOf(err)); diff != "" {
			t.Errorf("%.60s: %s", one.body, diff)
		}
	}
}

func TestBindBoundsWhatIsInsideData(t *testing.T) {
	t.Parallel()
	var got map[string]any
	if err := boundRequest("POST", "application/json", `{"a":{"b":[" x\u202e "]}}`, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"a": map[string]any{"b": []any{"x"}}}, got); diff != "" {
		t.Error(diff)
	}
	err := boundRequest("POST", "application/json", `{"a":{"b":["`+strings.Repeat("x", DefaultMax+1)+`"]}}`, &got)
	if fieldsOf(err)["a.b.0"] != "web.too_long" {
		t.Errorf("%v", err)
	}
}

func TestBindOfAQuery(t *testing.T) {
	t.Parallel()
	var got struct {
		Page int `json:"page"`
	}
	if err := boundRequest("GET", "", "page=2&utm_source=mail", &got); err != nil || got.Page != 2 {
		t.Errorf("%v %v", got, err)
	}
	if err := boundRequest("GET", "", "page=2&page=3", &got); err == nil {
		t.Error("took a repeated name")
	}
}

func TestBindOfFiles(t *testing.T) {
	t.Parallel()
	var target struct {
		Name  string `json:"name"`
		Scan  File   `json:"scan"`
		Other []File `json:"other"`
	}
	send := func(parts ...string) error {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		_ = form.WriteField("name", "Анна")
		for _, name := range parts {
			part, _ := form.CreateFormFile(name, `C:\docs\..\pass"port.pdf`)
			_, _ = part.Write([]byte("data"))
		}
		_ = form.Close()
		return boundRequest("POST", form.FormDataContentType(), body.String(), &target)
	}
	if err := send("scan", "other", "other"); err != nil {
		t.Fatal(err)
	}
	if target.Name != "Анна" || string(target.Scan.Data) != "data" || target.Scan.Name != "passport.pdf" || len(target.Other) != 2 {
		t.Errorf("%+v", target)
	}
	if err := send("scan", "scan"); fieldsOf(err)["scan"] != "web.repeated_field" {
		t.Errorf("two files for one: %v", err)
	}
	if err := send("more"); fieldsOf(err)["more"] != "web.unknown_field" {
		t.Errorf("a file for none: %v", err)
	}
}

func TestBodyLimits(t *testing.T) {
	t.Parallel()
	y := newCity(t, nil, func(s *Server) {
		op := s.Operation(act.Operation{Name: "thing.do", May: act.Everyone, Changes: true, Body: 100})
		bind := func(c *Context) error {
			if _, err := c.Body(); err != nil {
				return err
			}
			return c.Empty()
		}
		s.API(op, "POST /api/thing", bind, Describe{Summary: "x"})
		big := s.Operation(act.Operation{Name: "thing.big", May: act.Everyone, Changes: true, Body: 10 << 20})
		s.API(big, "POST /api/big", bind, Describe{Summary: "x"})
	})
	b := y.browser("")
	wantStatus(t, b.json("POST", "/api/thing", strings.Repeat(" ", 100)), 204)
	wantStatus(t, b.json("POST", "/api/thing", strings.Repeat(" ", 101)), 413)
	wantStatus(t, b.send("POST", "/api/big", formType, "a="+strings.Repeat("x", maxText)), 413)
	long := "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + strings.Repeat("x", maxText+1) + "\r\n--x--\r\n"
	wantStatus(t, b.send("POST", "/api/big", "multipart/form-data; boundary=x", long), 413)
}

func FuzzBind(f *testing.F) {
	f.Add(formType, "name=a&zones=1&zones=2&vehicle.plate=x")
	f.Add("application/json", `{"name":"a","vehicle":{"plate":"x"},"zones":["1"]}`)
	f.Add("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"scan\"; filename=\"a\"\r\n\r\nb\r\n--x--\r\n")
	f.Fuzz(func(t *testing.T, kind, body string) {
		var got carForm
		err := boundRequest("POST", kind, body, &got)
		if err != nil {
			if f := fault.Of(err); f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
				t.Fatalf("bad input is our mistake: %v", err)
			}
			return
		}
		for _, text := range append(got.Zones, got.Name, got.Vehicle.Plate) {
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > DefaultMax || strings.ContainsFunc(text, func(r rune) bool {
				return unicode.IsControl(r) && r != '\n' && r != '\t'
			}) {
				t.Fatalf("took %q", text)
			}
		}
	})
}

func FuzzFileName(f *testing.F) {
	f.Add(`..\..\x`)
	f.Fuzz(func(t *testing.T, name string) {
		got := fileName(name)
		if got == "" || !utf8.ValidString(got) || strings.ContainsAny(got, "/\\\"\n\r\x00") {
			t.Errorf("%q became %q", name, got)
		}
	})
}
