package app_test

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"

	"posad.city/app/apptest"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// badInput is one way to send nonsense.
type badInput struct {
	name   string
	kind   string // content type; "form" and "json" stand for what the surface reads
	body   []byte
	header map[string]string
	least  int // the least status that is right; 0: any below 500
}

// badInputs are tried on every route that takes a body.
func badInputs(surface web.Surface) []badInput {
	right, wrong := "application/x-www-form-urlencoded", "application/json"
	if surface == web.SurfaceAPI {
		right, wrong = wrong, right
	}
	out := []badInput{
		{name: "empty", kind: right},
		{name: "empty and no type"},
		{name: "wrong type", kind: wrong, body: []byte(`<xml/>`)},
		{name: "unknown type", kind: "application/x-nonsense", body: []byte("nonsense")},
		{name: "broken type", kind: ";;;", body: []byte("nonsense")},
		{name: "a megabyte of junk", kind: right, body: bytes.Repeat([]byte("junk"), 1<<18)},
		{name: "invalid UTF-8", kind: right, body: []byte("words=%ff%fe&name=\xff\xfe")},
		{name: "NUL", kind: right, body: []byte("words=a%00b&contact=%00&question=%00")},
		{name: "half a multipart", kind: "multipart/form-data; boundary=x", body: []byte("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nabc")},
		{name: "multipart without a boundary", kind: "multipart/form-data", body: []byte("--x--")},
		{name: "a thousand and one fields", kind: right, body: []byte(strings.Repeat("a=1&", 1001))},
		{name: "broken escapes", kind: right, body: []byte("words=%zz")},
		{name: "a foreign page", kind: right, header: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, least: 400},
	}
	if surface == web.SurfaceAPI {
		for name, body := range map[string]string{
			"NUL in JSON": `{"words":"a\u0000b","contact":"\u0000"}`, "invalid UTF-8 in JSON": "{\"words\":\"\xff\xfe\"}", "a lone surrogate": `{"words":"\ud800"}`,
			"unknown field": `{"nobody-knows-this":1}`, "a list": `[1,2]`, "a word": `"word"`, "null": `null`, "a number too large": `{"stars":1e999,"revision":99999999999999999999}`,
			"deep": strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000), "a name twice": `{"words":"a","words":"b"}`, "rest after it": `{} {}`, "half": `{"words":`,
			"every type wrong": `{"words":[1],"contact":{},"stars":"x","agency":7,"child":{},"answers":7,"consent":"yes","lang":1,"name":"x","queues":"x","field":{},"revision":"x"}`,
		} {
			out = append(out, badInput{name: name, kind: right, body: []byte(body)})
		}
		return out
	}
	return append(out,
		badInput{name: "unknown field", kind: right, body: []byte("nobody-knows-this=1")},
		badInput{name: "no word of where it comes from, a wrong token", kind: right, body: []byte("_csrf=wrong"), header: map[string]string{"Sec-Fetch-Site": ""}, least: 303},
		badInput{name: "no word of where it comes from, no token", kind: right, header: map[string]string{"Sec-Fetch-Site": ""}, least: 303})
}

// testBadInput sends nonsense to every route that takes a body, as somebody who may, in both languages.
func testBadInput(t *testing.T, w *world) {
	w.things.anew()
	asked := 0
	for _, r := range w.Base.Web.Routes() {
		if r.Surface == web.SurfaceStatic || slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, r.Method) {
			continue
		}
		way, known := w.ways[r.Pattern]
		if !known {
			t.Errorf("%s: nobody got in", r.Pattern)
			continue
		}
		w.things.live(r)
		for i, bad := range badInputs(r.Surface) {
			w.refresh(way.subject.member)
			client, l := way.subject.browser, []string{"ru", "en"}[i%2]
			if r.Surface == web.SurfaceAPI {
				client = way.subject.program
			}
			call := w.call(r)
			call.Type, call.Body, call.Header = bad.kind, bad.body, headers(call.Header, bad.header)
			client.Lang = l
			got := w.do(client, call)
			client.Lang = "ru"
			if r.Op.Name == "apply.delete" && got.Status < 400 {
				w.things.draft()
			}
			checkFault(t, r, bad, l, got)
			if slices.Contains(parting, r.Pattern) && way.subject.level > act.Anonymous {
				w.enter(way.subject.member)
			}
			asked++
		}
	}
	t.Logf("%d requests", asked)
}

// headers are those of a protocol and those of one way to send nonsense.
func headers(protocol, bad map[string]string) map[string]string {
	out := maps.Clone(protocol)
	if out == nil {
		return bad
	}
	maps.Copy(out, bad)
	return out
}

// ofProtocol tells whether an answer is one that the protocol of the route words by itself.
func ofProtocol(r web.Route, got apptest.Answer) bool {
	return r.Surface == web.SurfaceProtocol || strings.HasPrefix(r.Path, "/api/v1/files") && got.Status == http.StatusUnsupportedMediaType
}

// checkFault holds the answer to nonsense: never the house's own fault, and told in the right words.
func checkFault(t *testing.T, r web.Route, bad badInput, l string, got apptest.Answer) {
	t.Helper()
	name := r.Pattern + ", " + bad.name
	bearer := r.Surface == web.SurfaceAPI && slices.Contains(parting, r.Pattern) || r.Surface == web.SurfaceAPI && r.Op.May&act.Unsigned == 0 // a browser does not send its token by itself
	switch {
	case got.Status >= 500:
		t.Errorf("%s: %d %s", name, got.Status, short(got))
		return
	case ofProtocol(r, got):
		return // it has its own words, which its module's tests hold it to
	case got.Status < bad.least && !bearer:
		t.Errorf("%s: %d, want at least %d", name, got.Status, bad.least)
	case got.Status == http.StatusTooManyRequests || got.Status < 400:
		return
	}
	if r.Surface == web.SurfacePage {
		if !strings.Contains(got.Body, `<html lang="`+l+`"`) {
			t.Errorf("%s: %d, a fault in %s is no page in it: %s", name, got.Status, l, short(got))
		}
		return
	}
	var problem web.Problem
	if err := got.JSON(&problem); err != nil || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%s: %d, no problem: %s", name, got.Status, short(got))
		return
	}
	words := problem.Title + problem.Detail
	for _, field := range problem.Errors {
		words += field.Detail
	}
	russian := strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
	if problem.Code == "" || problem.Detail == "" || problem.Status != got.Status || russian != (l == "ru") {
		t.Errorf("%s: the problem in %s is %+v", name, l, problem)
	}
}
