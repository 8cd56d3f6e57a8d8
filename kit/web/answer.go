package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/a-h/templ"
)

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader notes the status; only the first one counts.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes how much went out.
func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController find the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (c *Context) header() http.Header { return c.w.Header() }

var pageBuffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// maxPooled keeps one huge page from staying in memory for ever.
const maxPooled = 1 << 20

// Render answers a page.
func (c *Context) Render(content templ.Component) error {
	return c.RenderStatus(http.StatusOK, content)
}

// RenderStatus answers a page with a status of its own: 422 for a form with faults.
func (c *Context) RenderStatus(status int, content templ.Component) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	return c.page(status, c.shelled(content))
}

// Fragment answers a part of a page, without the shell.
func (c *Context) Fragment(content templ.Component) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	return c.page(http.StatusOK, content)
}

func (c *Context) shelled(content templ.Component) templ.Component {
	if c.s.deps.Shell == nil {
		return content
	}
	return c.s.deps.Shell(c, content)
}

// page renders into memory first: a component that fails half-way becomes a clean error page.
func (c *Context) page(status int, content templ.Component) error {
	buffer := pageBuffers.Get().(*bytes.Buffer)
	buffer.Reset()
	defer func() {
		if buffer.Cap() <= maxPooled {
			pageBuffers.Put(buffer)
		}
	}()
	if err := content.Render(c.ctx, buffer); err != nil {
		return fmt.Errorf("web: render: %w", err)
	}
	c.send(status, "text/html; charset=utf-8", buffer.Bytes())
	return nil
}

// JSON answers a value.
func (c *Context) JSON(status int, value any) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("web: answer: %w", err)
	}
	c.send(status, "application/json", append(body, '\n'))
	return nil
}

// Empty answers 204 with nothing.
func (c *Context) Empty() error {
	if err := c.leave.given(); err != nil {
		return err
	}
	c.send(http.StatusNoContent, "", nil)
	return nil
}

// Data answers bytes of a type as they are.
func (c *Context) Data(contentType string, body []byte) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	c.send(http.StatusOK, contentType, body)
	return nil
}

// send writes headers and body once, packed where that pays.
func (c *Context) send(status int, contentType string, body []byte) {
	c.answered = true
	c.noteRepeat(status, contentType, body)
	if contentType != "" {
		c.header().Set("Content-Type", contentType)
	}
	body = c.pack(contentType, body)
	if status != http.StatusNoContent {
		c.header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.w.WriteHeader(status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(body) // the person has gone: there is nobody to tell
	}
}

// Redirect sends the person to a path of this city by 303: what they see next is a page that may be reloaded.
func (c *Context) Redirect(path string) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	if !LocalPath(path) {
		return fmt.Errorf("web: redirect to %q: not a path of this city", path)
	}
	c.redirect(path)
	return nil
}

// RedirectOut sends the person to a page of another house: one of Config.FormTargets, a bank.
func (c *Context) RedirectOut(address string) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(c.s.conf.FormTargets, u.Scheme+"://"+u.Host) {
		return fmt.Errorf("web: redirect out: the address is not of a declared form target")
	}
	c.redirect(address)
	return nil
}

// GoOut sends the person from a page to another house that the city knows by its own record: an outside provider of
// sign-ins, a site that asked who they are. Only an answer to GET may go: what a form posts leaves by RedirectOut alone, as
// the page's policy says.
func (c *Context) GoOut(address string) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return fmt.Errorf("web: go out: not an address of another house")
	}
	if !safeMethod(c.r.Method) {
		return fmt.Errorf("web: go out: only from a page")
	}
	c.redirect(address)
	return nil
}

func (c *Context) redirect(address string) {
	c.answered = true
	if c.Partial() { // htmx would follow a 303 by itself and put the whole page into a part of this one
		c.header().Set("HX-Redirect", address)
		c.w.WriteHeader(http.StatusOK)
		return
	}
	c.header().Set("Location", address)
	c.w.WriteHeader(http.StatusSeeOther)
}

// shown are the types that a browser may open in its window; all others are saved. Neither can run a script here.
var shown = []string{"application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain; charset=utf-8"}

// File answers a file. Show asks the browser to open it where its type is harmless; otherwise it is saved under its
// name.
func (c *Context) File(file File, show bool) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	how := "attachment"
	if show && slices.Contains(shown, file.Type) {
		how = "inline"
	}
	c.header().Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": file.Name}))
	if how == "attachment" {
		c.header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	}
	c.send(http.StatusOK, file.Type, file.Data)
	return nil
}

// Stream answers what write writes, as it comes. An error after the first byte breaks the connection, so that nobody
// takes half for the whole. The operation's time is its time.
func (c *Context) Stream(contentType string, write func(io.Writer) error) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	c.header().Set("Content-Type", contentType)
	c.answered, c.streaming = true, true
	return write(flushing{c.w, http.NewResponseController(c.w)})
}

type flushing struct {
	w       io.Writer
	control *http.ResponseController
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		_ = f.control.Flush() // a writer that cannot flush sends at its end
	}
	return n, err
}

// Public lets anyone on the way keep an answer that is the same for all for this long. Personal answers cannot be.
func (c *Context) Public(age time.Duration) {
	if !c.Personal() {
		c.header().Set("Cache-Control", "public, max-age="+strconv.Itoa(int(age/time.Second)))
	}
}

// Version sets the entity tag of an answer to a thing's version (RFC 9110, 8.8.3).
func (c *Context) Version(version int64) { c.header().Set("ETag", versionTag(version)) }

// NotModified tells whether the caller has this version already, and then answers 304: return nil at once. It counts
// as an answer, so May comes first.
func (c *Context) NotModified(version int64) bool {
	c.Version(version)
	if c.leave.given() != nil || !slices.Contains(tags(c.r.Header.Get("If-None-Match"), true), versionTag(version)) {
		return false
	}
	c.answered = true
	c.w.WriteHeader(http.StatusNotModified)
	return true
}

// Expect checks the If-Match header of a change against the version that is there: a caller who read an older one gets
// fault.Conflict. A caller who sent none takes the thing as it is.
func (c *Context) Expect(version int64) error {
	header := c.r.Header.Get("If-Match")
	if header == "" || header == "*" || slices.Contains(tags(header, false), versionTag(version)) {
		return nil
	}
	return faultVersion
}

func versionTag(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// tags splits a list of entity tags. A weak one (W/) matches only where weak says so.
func tags(header string, weak bool) []string {
	var out []string
	for part := range bytes.SplitSeq([]byte(header), []byte(",")) {
		tag := string(bytes.TrimSpace(part))
		if weak && len(tag) > 2 && tag[:2] == "W/" {
			tag = tag[2:]
		}
		out = append(out, tag)
	}
	return out
}
