package assets

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"posad.city/ui/assets/bundle"
)

func TestDistIsWhatTheSourcesGive(t *testing.T) {
	t.Parallel()
	want, err := bundle.Build(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := files.ReadDir("dist")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if _, ok := want[entry.Name()]; !ok {
			t.Errorf("dist/%s is left over; run go generate ./ui/...", entry.Name())
		}
	}
	for name, content := range want {
		got, err := files.ReadFile("dist/" + name)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("dist/%s is not what the sources give; run go generate ./ui/...", name)
		}
	}
}

// budgets are bytes over the wire, compressed with gzip where a twin exists (docs of the design system, section 8).
var budgets = map[string]int{"portal.css": 16 << 10, "app.js": 6 << 10, "icons.svg": 14 << 10}

func TestBudgets(t *testing.T) {
	t.Parallel()
	for name, most := range budgets {
		if got := size(t, name); got > most {
			t.Errorf("%s is %d bytes, its budget is %d", name, got, most)
		}
	}
	if got := size(t, "app.js") + size(t, "htmx.min.js"); got > 20<<10 {
		t.Errorf("scripts with htmx are %d bytes, the budget is %d", got, 20<<10)
	}
	fonts := 0
	for name := range manifest() {
		if strings.HasSuffix(name, ".woff2") {
			fonts += size(t, name)
		}
	}
	if fonts == 0 || fonts > 48<<10 {
		t.Errorf("fonts are %d bytes, the budget is %d", fonts, 48<<10)
	}
}

func size(t *testing.T, name string) int {
	t.Helper()
	body, _ := pick("dist/"+strings.TrimPrefix(URL(name), Prefix), "gzip")
	if body == nil {
		t.Fatalf("no asset %s", name)
	}
	return len(body)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(Handler())
	defer server.Close()
	css, font := URL("portal.css"), URL("golos-text-latin.woff2")
	tests := []struct {
		path, accept, coding, kind string
		status                     int
	}{
		{css, "gzip, deflate, br", "br", "text/css; charset=utf-8", 200},
		{css, "gzip;q=0.5, br;q=0", "gzip", "text/css; charset=utf-8", 200},
		{css, "identity", "", "text/css; charset=utf-8", 200},
		{font, "br", "", "font/woff2", 200},
		{URL("nothing.css"), "br", "", "", 404},
		{Prefix + "manifest.json", "br", "", "", 404},
		{Prefix + "../assets.go", "br", "", "", 404},
		{Prefix + "x/portal.css", "br", "", "", 404},
		{Prefix, "br", "", "", 404},
	}
	for _, test := range tests {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", test.accept)
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", test.path, answer.StatusCode, test.status)
			continue
		}
		if test.status != 200 {
			continue
		}
		h := answer.Header
		if h.Get("Content-Encoding") != test.coding || h.Get("Content-Type") != test.kind || !strings.Contains(h.Get("Cache-Control"), "immutable") || len(body) == 0 {
			t.Errorf("%s with %q: %v, %d bytes", test.path, test.accept, h, len(body))
		}
	}
}
