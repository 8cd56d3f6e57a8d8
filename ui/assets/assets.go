// Package assets holds the built front end: styles, script, icons, fonts, each under a name that carries its hash.
//
// It owns the address space /a/ and how it is served: the brotli or gzip twin that the browser takes, cached for ever.
// It does not own the sources (ui/css, ui/js, ui/icons, ui/fonts, ui/vendor) or how they are joined (ui/assets/bundle).
// Its neighbours are package ui, which asks for addresses, and the server, which mounts Handler at Prefix. dist is
// committed, so that a build needs Go alone; `go generate ./ui/...` renews it and a test holds it to the sources.
package assets

import (
	"embed"
	"encoding/json"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

//go:generate go run ./build

//go:embed dist
var files embed.FS

// Prefix is where the server mounts Handler.
const Prefix = "/a/"

// kinds are the only content types that dist holds; the system's table of types is not asked, so that every machine
// serves the same.
var kinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

// manifest maps a source's name to the hashed one. A broken manifest cannot be built (a test reads it), and an empty
// one only makes every asset a plain 404.
var manifest = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	text, err := files.ReadFile("dist/manifest.json")
	if err != nil || json.Unmarshal(text, &names) != nil {
		return map[string]string{}
	}
	return names
})

// URL gives the hashed address of an asset, for example URL("portal.css"). An unknown name gives an address that
// answers 404: a missing picture must not take the page down.
func URL(name string) string {
	if hashed, ok := manifest()[name]; ok {
		return Prefix + hashed
	}
	return Prefix + "missing/" + name
}

// Handler serves everything under Prefix. Answers are immutable: a change gives a new address.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, Prefix)
		kind, known := kinds[path.Ext(name)]
		if !known || strings.Contains(name, "/") {
			http.NotFound(w, r)
			return
		}
		body, coding := pick("dist/"+name, r.Header.Get("Accept-Encoding"))
		if body == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		h.Add("Vary", "Accept-Encoding")
		if coding != "" {
			h.Set("Content-Encoding", coding)
		}
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // a reader who left is no fault of ours
		}
	})
}

// pick gives the smallest twin that the browser takes, or nil when there is no such file.
func pick(file, accepted string) ([]byte, string) {
	for _, twin := range []struct{ coding, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(accepted, twin.coding) {
			continue
		}
		if body, err := files.ReadFile(file + twin.ext); err == nil {
			return body, twin.coding
		}
	}
	body, err := files.ReadFile(file)
	if err != nil {
		return nil, ""
	}
	return body, ""
}

// accepts reads an Accept-Encoding header (RFC 9110, 12.5.3) for one coding; q=0 refuses it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, err := strconv.ParseFloat(strings.TrimPrefix(strings.ReplaceAll(quality, " ", ""), "q="), 64)
		return err != nil || weight > 0
	}
	return false
}
