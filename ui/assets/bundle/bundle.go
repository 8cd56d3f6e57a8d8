// Package bundle joins the front end's sources into the files that are served: minified, named by their hash, with
// brotli and gzip twins. Go only: no Node is needed to change a colour.
//
// It owns the order (fonts and pictures first, because styles name them) and the naming. It writes nothing: ui/assets/build
// writes the result, and a test compares it with what is committed. It runs at generation time and in that test, never in
// the server.
package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

// output collects what will be in dist.
type output struct {
	files    map[string][]byte // by hashed name, and the twins
	manifest map[string]string // source's name to hashed name
}

// Build reads the folder ui and returns dist: file names to contents, manifest.json among them. The same sources give
// the same bytes on every machine.
func Build(sources fs.FS) (map[string][]byte, error) {
	out := &output{files: map[string][]byte{}, manifest: map[string]string{}}
	for _, step := range []func(fs.FS, *output) error{fonts, pictures, styles, sheets, script, vendor, sprite} {
		if err := step(sources, out); err != nil {
			return nil, fmt.Errorf("bundle: %w", err)
		}
	}
	text, err := json.MarshalIndent(out.manifest, "", " ")
	if err != nil {
		return nil, fmt.Errorf("bundle: manifest: %w", err)
	}
	out.files["manifest.json"] = append(text, '\n')
	return out.files, nil
}

// put names the content by its hash and adds the twins where they save bytes.
func (o *output) put(name string, content []byte) error {
	sum := sha256.Sum256(content)
	ext := path.Ext(name)
	hashed := strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:])[:10] + ext
	o.manifest[name] = hashed
	o.files[hashed] = content
	if ext == ".woff2" { // compressed already
		return nil
	}
	small, err := zip(content)
	if err != nil {
		return err
	}
	smaller, err := squeeze(content)
	if err != nil {
		return err
	}
	o.files[hashed+".gz"], o.files[hashed+".br"] = small, smaller
	return nil
}

func zip(content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	w, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

func squeeze(content []byte) ([]byte, error) {
	var buffer bytes.Buffer
	w := brotli.NewWriterLevel(&buffer, brotli.BestCompression)
	if _, err := w.Write(content); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// copied puts every file that matches the pattern as it is.
func copied(sources fs.FS, out *output, pattern string) error {
	names, err := fs.Glob(sources, pattern)
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		if err := out.put(path.Base(name), content); err != nil {
			return err
		}
	}
	return nil
}

func fonts(sources fs.FS, out *output) error    { return copied(sources, out, "fonts/*.woff2") }
func pictures(sources fs.FS, out *output) error { return copied(sources, out, "images/*.svg") }
func vendor(sources fs.FS, out *output) error   { return copied(sources, out, "vendor/*.js") }

// named finds url(/fonts/x.woff2) and url(/images/x.svg) in styles.
var named = regexp.MustCompile(`url\(/(?:fonts|images)/([^)]+)\)`)

func styles(sources fs.FS, out *output) error {
	names, err := fs.Glob(sources, "css/*.css")
	if err != nil {
		return err
	}
	sort.Strings(names)
	var all strings.Builder
	for _, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		all.Write(content)
	}
	var missing error
	text := named.ReplaceAllStringFunc(all.String(), func(reference string) string {
		hashed, ok := out.manifest[named.FindStringSubmatch(reference)[1]]
		if !ok {
			missing = errors.New("styles name a file that is not there: " + reference)
		}
		return "url(/a/" + hashed + ")"
	})
	if missing != nil {
		return missing
	}
	code, err := minified(text, api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true})
	if err != nil {
		return err
	}
	return out.put("portal.css", code)
}

// sheets minifies each file of sheets by itself: styles of the few pages that name them.
func sheets(sources fs.FS, out *output) error {
	names, err := fs.Glob(sources, "sheets/*.css")
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		code, err := minified(string(content), api.TransformOptions{Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := out.put(path.Base(name), code); err != nil {
			return err
		}
	}
	return nil
}

// script minifies each file of js by itself: app.js is every page's, the others belong to the pages that name them.
func script(sources fs.FS, out *output) error {
	names, err := fs.Glob(sources, "js/*.js")
	if err != nil {
		return err
	}
	for _, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		code, err := minified(string(content), api.TransformOptions{
			Loader: api.LoaderJS, MinifyWhitespace: true, MinifySyntax: true, MinifyIdentifiers: true, Target: api.ES2019, Charset: api.CharsetUTF8,
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := out.put(path.Base(name), code); err != nil {
			return err
		}
	}
	return nil
}

func minified(text string, options api.TransformOptions) ([]byte, error) {
	result := api.Transform(text, options)
	if len(result.Errors) > 0 {
		first := result.Errors[0]
		return nil, errors.New(first.Text)
	}
	return result.Code, nil
}

// Parts of an icon's file that the sprite does not keep.
var (
	opening = regexp.MustCompile(`(?s)^.*?<svg[^>]*>`)
	closing = regexp.MustCompile(`</svg>\s*$`)
	canvas  = regexp.MustCompile(`<rect width="256" height="256" fill="none"\s*/>`)
	spare   = regexp.MustCompile(`(\.\d)\d+`) // a hundredth of a 256-unit drawing is not seen at 24 pixels
)

// sprite joins the icons into one file of symbols; a symbol's id is its file's name.
func sprite(sources fs.FS, out *output) error {
	names, err := fs.Glob(sources, "icons/*.svg")
	if err != nil {
		return err
	}
	sort.Strings(names)
	var all strings.Builder
	all.WriteString(`<svg xmlns="http://www.w3.org/2000/svg">`)
	for _, name := range names {
		content, err := fs.ReadFile(sources, name)
		if err != nil {
			return err
		}
		inner := opening.ReplaceAllString(string(content), "")
		inner = canvas.ReplaceAllString(closing.ReplaceAllString(inner, ""), "")
		inner = spare.ReplaceAllString(inner, "$1")
		symbol := strings.TrimSuffix(path.Base(name), ".svg")
		fmt.Fprintf(&all, `<symbol id="%s" viewBox="0 0 256 256" fill="currentColor">%s</symbol>`, symbol, inner)
	}
	all.WriteString(`</svg>`)
	return out.put("icons.svg", []byte(all.String()))
}
