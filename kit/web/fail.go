package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"posad.city/kit/fault"
)

// statuses is what each kind of fault is in HTTP.
var statuses = map[fault.Kind]int{
	fault.Invalid: http.StatusUnprocessableEntity, fault.Unsigned: http.StatusUnauthorized, fault.Denied: http.StatusForbidden,
	fault.Assurance: http.StatusForbidden, fault.Missing: http.StatusNotFound, fault.Conflict: http.StatusConflict,
	fault.Gone: http.StatusGone, fault.TooLarge: http.StatusRequestEntityTooLarge, fault.TooMany: http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable, fault.Internal: http.StatusInternalServerError,
}

// Status is the HTTP status of a fault.
func Status(f *fault.Fault) int {
	if status, ok := statuses[f.Kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// finish is the border: what a handler returned becomes an answer, and a line in the log when it is worth one.
func (c *Context) finish(err error) {
	if err != nil {
		f := c.public(err)
		c.finishAs(Status(f), f)
	}
}

// public makes the fault that the outside sees of an error.
func (c *Context) public(err error) *fault.Fault {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return faultTimeout.Because(err)
	case errors.Is(err, errUnasked):
		return faultInternal.Because(err)
	}
	f := fault.Of(err)
	switch {
	case f.Kind == fault.Internal: // whatever it is called inside, outside it has one face
		return faultInternal.Because(err)
	case f.Kind == fault.Missing && c.hides():
		return faultMissing.Because(err)
	}
	if !c.s.deps.Texts.Has(f.ID) {
		c.s.deps.Log.Error("a fault has no text", "id", f.ID, "request", c.reference)
	}
	return f
}

// hides tells that a thing which is not there must look like one that is another's: a refusal of May says web.missing, and
// so does whatever a module says before May was granted. What lies open to all, and what the permission was given for,
// keeps the module's own words.
func (c *Context) hides() bool {
	return c.route != nil && c.route.Op != nil && !c.route.Op.Open() && c.leave.given() != nil
}

func (c *Context) finishAs(status int, f *fault.Fault) {
	c.failed = f.ID
	c.logFault(status, f)
	if c.streaming {
		panic(http.ErrAbortHandler) // the answer has begun: nobody shall take half of it for the whole
	}
	if c.answered {
		return // the handler answered in full and failed after
	}
	if errors.Is(c.ctx.Err(), context.Canceled) {
		c.w.status = statusGone // the caller has left
		return
	}
	if seconds := f.Params["seconds"]; seconds != "" && (f.Kind == fault.TooMany || f.Kind == fault.Unavailable) {
		c.header().Set("Retry-After", seconds)
	}
	if c.route != nil && c.route.Surface == SurfaceProtocol {
		c.failProtocol(status, f)
		return
	}
	if c.isAPI() {
		c.problem(status, f)
		return
	}
	c.failPage(status, f)
}

// statusGone stands in the log for a caller who left before the answer.
const statusGone = 499

// logFault writes what the outside does not see. Faults of people (a wrong field, a page that is not there) are in the
// request log by their id and need no line of their own.
func (c *Context) logFault(status int, f *fault.Fault) {
	if status >= http.StatusInternalServerError && f.Kind != fault.TooMany {
		c.s.deps.Log.Error("fault", "request", c.reference, "route", c.routeName(), "id", f.ID, "error", f.Error())
	}
}

// failPage shows a fault to a person, or sends them where they can do something about it.
func (c *Context) failPage(status int, f *fault.Fault) {
	form := c.r.Method == http.MethodPost && c.route != nil
	switch {
	case f.Kind == fault.Unsigned:
		c.sendToSignIn(form)
		return
	case c.s.conf.Raise != "" && (f.ID == faultAssurance.ID || f.ID == faultStrong.ID || f.ID == faultFresh.ID):
		c.sendToRaise(form, f)
		return
	case f.ID == faultStale.ID && c.fromOurPage():
		page := c.hold()
		c.SetFlash("warning", f.ID)
		c.redirect(page)
		return
	case form && keeps(f.Kind) && f.ID != faultBusy.ID && c.fromOurPage():
		c.hold()
	}
	if err := c.page(status, c.shelled(c.s.deps.ErrorPage(c, f))); err != nil {
		c.s.deps.Log.Error("the error page failed", "request", c.reference, "error", err)
		c.plainly(status)
	}
}

// keeps tells the faults after which the same form may be sent again as it was.
func keeps(kind fault.Kind) bool {
	return kind == fault.Unavailable || kind == fault.Assurance || kind == fault.Internal
}

// sendToSignIn keeps what was typed and comes back to the page that it was typed on.
func (c *Context) sendToSignIn(form bool) {
	c.redirect(c.s.conf.SignIn + "?" + url.Values{fieldBack: {c.comeBack(form)}}.Encode())
}

// sendToRaise sends a signed-in person to show more of who they are, or once more, and says what the operation needs.
func (c *Context) sendToRaise(form bool, f *fault.Fault) {
	need := url.Values{fieldBack: {c.comeBack(form)}}
	op := c.route.Op
	if op.Assurance > c.session.Assurance {
		need.Set("level", strconv.Itoa(int(op.Assurance)))
	}
	if f.ID == faultStrong.ID || op.Strong && !c.session.Strong {
		need.Set("strong", "1")
	}
	c.redirect(c.s.conf.Raise + "?" + need.Encode())
}

// Detour sends the person to another page of the city that brings them back here by its field back, to show more of who
// they are, say. What this request posted is kept for then: Held gives it. query is what else that page is told; nil: nothing.
func (c *Context) Detour(path string, query url.Values) error {
	if err := c.leave.given(); err != nil {
		return err
	}
	told := url.Values{fieldBack: {c.comeBack(c.r.Method == http.MethodPost)}}
	for key, values := range query {
		told[key] = values
	}
	return c.Redirect(path + "?" + told.Encode())
}

// comeBack is where a person returns to after a sign-in, with what they typed kept for that page.
func (c *Context) comeBack(form bool) string {
	back := c.Here()
	switch {
	case form && c.fromOurPage():
		back = c.hold()
	case form:
		back = "/"
	case c.Partial():
		if page, err := url.Parse(c.r.Header.Get("HX-Current-URL")); err == nil {
			back = page.RequestURI()
		}
	}
	if !LocalPath(back) {
		back = "/"
	}
	return back
}

// plainly is the last word when even the error page cannot be made.
func (c *Context) plainly(status int) {
	c.send(status, "text/plain; charset=utf-8", []byte("Что-то сломалось у нас. Попробуйте позже.\n"+
		"Something broke on our side. Try again later.\n"+c.reference+"\n"))
}

// Problem is the JSON of a fault (RFC 9457). Errors point at what was wrong in the body.
type Problem struct {
	Type     string         `json:"type" doc:"Address of the page about this kind of problem; it ends in the code"`
	Title    string         `json:"title" doc:"What kind of problem it is, in the caller's language"`
	Status   int            `json:"status" doc:"The HTTP status"`
	Detail   string         `json:"detail" doc:"What happened and what to do, in the caller's language"`
	Instance string         `json:"instance" doc:"Reference of this request in the city's log, to dictate to support"`
	Code     string         `json:"code" doc:"Stable name of the problem, for programs"`
	Errors   []ProblemField `json:"errors,omitempty" doc:"What is wrong in the body, field by field"`
}

// ProblemField is one wrong field.
type ProblemField struct {
	Pointer string `json:"pointer" doc:"JSON Pointer to the field (RFC 6901), as a URI fragment"`
	Code    string `json:"code" doc:"Stable name of what is wrong"`
	Detail  string `json:"detail" doc:"What is wrong and what to do"`
}

func (c *Context) problem(status int, f *fault.Fault) {
	body, err := json.Marshal(c.Problem(status, f))
	if err != nil {
		c.plainly(status)
		return
	}
	if f.Kind == fault.Unsigned {
		c.header().Set("WWW-Authenticate", `Bearer realm="posad"`)
	}
	c.send(status, "application/problem+json", append(body, '\n'))
}

// Problem makes the JSON face of a fault, for an answer that carries several.
func (c *Context) Problem(status int, f *fault.Fault) Problem {
	out := Problem{
		Type: c.URL("/api/problems/" + f.ID), Title: c.T("web.kind." + string(f.Kind)), Status: status, Detail: c.FaultText(f),
		Instance: "urn:posad:request:" + c.reference, Code: f.ID,
	}
	for _, field := range f.Fields {
		code := field.ID
		if code == "" {
			code = "web.field"
		}
		out.Errors = append(out.Errors, ProblemField{Pointer: pointer(field.Name), Code: code, Detail: c.FieldText(field)})
	}
	return out
}

// pointer turns vehicle.plate into #/vehicle/plate.
func pointer(name string) string {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~", "~0"), "/", "~1")
		parts[i] = url.PathEscape(part)
	}
	return "#/" + strings.Join(parts, "/")
}
