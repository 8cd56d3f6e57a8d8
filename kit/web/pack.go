package web

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
)

// packFrom is the size from which packing saves a network packet.
const packFrom = 1400

var (
	gzips = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, 3)
		if err != nil {
			panic("web: gzip level: " + err.Error()) // the level is a constant in range
		}
		return w
	}}
	brotlis = sync.Pool{New: func() any { return brotli.NewWriterLevel(nil, 3) }}
)

// pack compresses an answer where the caller reads it and it pays. gzip goes first: at the quick levels that a page made
// for one person deserves it costs half of what brotli does for a few per cent more bytes (files that are made once are
// packed ahead by their builder).
//
// BREACH: packing lets one who can put text into a page and see its length guess at a secret in it. The only secret in
// our pages is the form token, and that is masked afresh in every page (see Context.FormToken); session tokens are in
// cookies only, and those are SameSite, so that another site cannot make a signed-in page be fetched at will.
func (c *Context) pack(contentType string, body []byte) []byte {
	if !packable(contentType) {
		return body
	}
	c.header().Add("Vary", "Accept-Encoding")
	if len(body) < packFrom || c.header().Get("Content-Encoding") != "" {
		return body
	}
	var out bytes.Buffer
	out.Grow(len(body) / 3)
	switch encoding := chooseEncoding(c.r.Header.Get("Accept-Encoding")); encoding {
	case "gzip":
		w := gzips.Get().(*gzip.Writer)
		defer gzips.Put(w)
		w.Reset(&out)
		if _, err := w.Write(body); err != nil || w.Close() != nil {
			return body
		}
	case "br":
		w := brotlis.Get().(*brotli.Writer)
		defer brotlis.Put(w)
		w.Reset(&out)
		if _, err := w.Write(body); err != nil || w.Close() != nil {
			return body
		}
	default:
		return body
	}
	c.header().Set("Content-Encoding", chooseEncoding(c.r.Header.Get("Accept-Encoding")))
	return out.Bytes()
}

func packable(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	return strings.HasPrefix(kind, "text/") && kind != "text/event-stream" ||
		strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "xml")
}

// chooseEncoding reads Accept-Encoding (RFC 9110, 12.5.3): gzip, br or none. A quality of 0 is a refusal.
func chooseEncoding(accept string) string {
	found := ""
	for part := range strings.SplitSeq(accept, ",") {
		name, parameter, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, quality, ok := strings.Cut(parameter, "="); ok {
			if q, err := strconv.ParseFloat(strings.TrimSpace(quality), 64); err != nil || q == 0 {
				continue
			}
		}
		switch {
		case name == "gzip":
			return name
		case name == "br":
			found = name
		}
	}
	return found
}
