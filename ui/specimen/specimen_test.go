package specimen

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// rendered is a page as the handler gives it.
func rendered(t *testing.T, path string) string {
	t.Helper()
	recorder := httptest.NewRecorder()
	Handler("/_ui/").ServeHTTP(recorder, httptest.NewRequest("GET", "/_ui/"+path, nil))
	if recorder.Code != 200 {
		t.Fatalf("%s: status %d", path, recorder.Code)
	}
	return recorder.Body.String()
}

func parsed(t *testing.T, text string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestEveryPageHolds(t *testing.T) {
	t.Parallel()
	for _, page := range Pages {
		for _, view := range []string{"", "?lang=en", "?theme=dark", "?scheme=black&scale=200&images=off&spacing=wide&face=serif"} {
			t.Run(page+view, func(t *testing.T) {
				t.Parallel()
				root := parsed(t, rendered(t, page+view))
				soundReferences(t, root)
				nothingInline(t, root)
				oneOfEach(t, root, "h1", "main", "title")
			})
		}
	}
}

// soundReferences holds ids unique and every reference to one answered.
func soundReferences(t *testing.T, root *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	for n := range root.Descendants() {
		if id := attribute(n, "id"); id != "" {
			if ids[id] {
				t.Errorf("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	for n := range root.Descendants() {
		for _, name := range []string{"for", "aria-describedby", "aria-labelledby"} {
			for id := range strings.FieldsSeq(attribute(n, name)) {
				if !ids[id] {
					t.Errorf("<%s %s=%q> names nothing", n.Data, name, id)
				}
			}
		}
		if href := attribute(n, "href"); strings.HasPrefix(href, "#f-") && !ids[href[1:]] {
			t.Errorf("an error leads to %s, which is not there", href)
		}
	}
}

// nothingInline holds the strict content policy.
func nothingInline(t *testing.T, root *html.Node) {
	t.Helper()
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "style" || n.Data == "script" && attribute(n, "src") == "" {
			t.Errorf("an inline <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
}

func oneOfEach(t *testing.T, root *html.Node, names ...string) {
	t.Helper()
	counts := map[string]int{}
	for n := range root.Descendants() {
		counts[n.Data]++
	}
	for _, name := range names {
		if name == "h1" && counts[name] > 1 && counts["table"] > 0 {
			continue // the gallery shows a heading or two of pages
		}
		if counts[name] != 1 {
			t.Errorf("%d of <%s>, want one", counts[name], name)
		}
	}
}

func TestFaultsComeFirstInTheTitle(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"form": "<title>Ошибка: Автомобиль", "form?lang=en": "<title>Error: Car"} {
		if !strings.Contains(rendered(t, path), want) {
			t.Errorf("%s: no %q", path, want)
		}
	}
}

func TestNoKeyShowsThrough(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`>\s*ui\.[a-z_]+|"ui\.[a-z_]+"`)
	for _, page := range Pages {
		for _, view := range []string{"", "?lang=en", "?scheme=white"} {
			if found := key.FindString(rendered(t, page+view)); found != "" {
				t.Errorf("%s%s shows the key %s", page, view, found)
			}
		}
	}
}

func TestEveryComponentIsShown(t *testing.T) {
	t.Parallel()
	var shown, made strings.Builder
	collect(t, &shown, "*.templ", "*.go")
	collect(t, &made, "../*.templ")
	for _, found := range regexp.MustCompile(`(?m)^templ ([A-Z]\w*)\(`).FindAllStringSubmatch(made.String(), -1) {
		name := found[1]
		if !strings.Contains(shown.String(), "ui."+name+"(") && !strings.Contains(made.String(), "@"+name+"(") {
			t.Errorf("the gallery does not show %s", name)
		}
	}
}

func collect(t *testing.T, into *strings.Builder, patterns ...string) {
	t.Helper()
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			into.Write(text)
		}
	}
}

func TestBudgetsOfPages(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"home", "account", "form", "desk"} {
		text := rendered(t, page)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if packed.Len() > 15<<10 {
			t.Errorf("%s is %d bytes packed, the budget is %d", page, packed.Len(), 15<<10)
		}
		nodes := 0
		for n := range parsed(t, text).Descendants() {
			if n.Type == html.ElementNode {
				nodes++
			}
		}
		if nodes > 1200 {
			t.Errorf("%s has %d elements, the budget is 1200", page, nodes)
		}
	}
}
