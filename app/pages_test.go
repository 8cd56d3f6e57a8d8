package app_test

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"posad.city/app/apptest"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// testPages reads every page that can be read, in both languages. A text that is missing is an error in the log, which
// fails the test by itself.
func testPages(t *testing.T, w *world) {
	w.things.anew()
	for _, r := range w.Base.Web.Routes() {
		way, known := w.ways[r.Pattern]
		if !known || secretOf(r) || r.Method != http.MethodGet || r.Surface != web.SurfacePage {
			continue
		}
		for _, l := range []lang.Language{lang.Russian, lang.English} {
			w.refresh(way.subject.member)
			way.subject.browser.Lang = string(l)
			got := w.do(way.subject.browser, w.call(r))
			way.subject.browser.Lang = "ru"
			html := strings.HasPrefix(got.Header.Get("Content-Type"), "text/html")
			switch {
			case got.Status >= 400 || refused(r, got):
				t.Errorf("%s in %s: %d %s", r.Pattern, l, got.Status, short(got))
			case html && strings.Contains(got.Body, "<html") && !strings.Contains(got.Body, `<html lang="`+string(l)+`"`):
				t.Errorf("%s in %s is in another language", r.Pattern, l)
			case html:
				checkHTML(t, r.Pattern, got)
			}
		}
	}
}

// checkHTML holds a page to what every page has.
func checkHTML(t *testing.T, name string, got apptest.Answer) {
	t.Helper()
	if !strings.Contains(got.Body, "<html") {
		return // a part of a page
	}
	for _, must := range []string{"<title>", `<main`, "<h1"} {
		if !strings.Contains(got.Body, must) {
			t.Errorf("%s has no %s", name, must)
		}
	}
	if strings.Contains(got.Body, "<script>") || strings.Contains(got.Body, " style=\"") || strings.Contains(got.Body, " onclick=") {
		t.Errorf("%s has a script or style that the security policy forbids", name)
	}
	if got.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("%s has no security policy", name)
	}
}

// testDocument holds the OpenAPI document to the standard and to the routes.
func testDocument(t *testing.T, w *world) {
	got := w.of("anna", "").program.Get("/api/openapi.json")
	document, err := openapi3.NewLoader().LoadFromData([]byte(got.Body))
	if err != nil {
		t.Fatal(err)
	}
	if err := document.Validate(context.Background(), openapi3.EnableSchemaFormatValidation()); err != nil {
		t.Error(err)
	}
	described := map[string]bool{}
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			described[method+" "+path] = true
		}
	}
	for _, r := range w.Base.Web.Routes() {
		if r.Surface == web.SurfaceAPI && !r.Describe.Hidden && !described[r.Pattern] {
			t.Errorf("%s is not in the document", r.Pattern)
		}
		delete(described, r.Pattern)
	}
	for _, left := range slices.Sorted(maps.Keys(described)) {
		t.Errorf("%s is in the document and nowhere else", left)
	}
}
