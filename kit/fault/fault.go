// Package fault is the house's own error: what kind it is, which text a person gets, and the cause that only the log sees.
//
// There is one border between two kinds of error. Inside, an error is a kind, a detail that is safe to show, and a
// cause. Outside, it is a stable identifier <module>.<case>, which is a translation key in every language, a plain
// sentence that says what to do next, and a reference to the log. The border is kit/web for pages and JSON (RFC 9457)
// and the commands of cmd/posad. An error that is not a *Fault shows nothing of itself outside.
package fault

import (
	"errors"
	"fmt"
)

// Kind groups faults by what the caller can do about them; kit/web maps each to an HTTP status.
type Kind string

// The kinds of fault, and the HTTP status that each becomes.
const (
	Invalid     Kind = "invalid"     // 422: what was sent must be changed first
	Unsigned    Kind = "unsigned"    // 401: sign in first
	Denied      Kind = "denied"      // 403: this person may not, however often they ask
	Assurance   Kind = "assurance"   // 403: a higher level of sign-in is needed; the page offers it
	Missing     Kind = "missing"     // 404: no such thing, or not for this person to know of
	Conflict    Kind = "conflict"    // 409: the thing has moved on; read it again
	Gone        Kind = "gone"        // 410: it was there and its time is over
	TooLarge    Kind = "too_large"   // 413
	TooMany     Kind = "too_many"    // 429: wait, see RetryAfter
	Unavailable Kind = "unavailable" // 503: something else is down; nothing is lost, try later
	Internal    Kind = "internal"    // 500: our mistake
)

// Fault is an error with a public face. Make one with New; it is immutable after that.
type Fault struct {
	Kind   Kind
	ID     string            // <module>.<case>, a translation key; the detail's words come from the locale
	Params map[string]string // values for the sentence, safe to show
	Fields []Field           // for Invalid: which answers, in the order of the form
	Cause  error             // for the log alone
}

// Field is a fault of one answer.
type Field struct {
	Name   string            // path of the field as the form names it, for example vehicle.plate
	ID     string            // translation key of the sentence
	Params map[string]string // values for the sentence
	Text   string            // the sentence itself where the definition gives it; wins over ID
}

// New returns a fault. params are pairs: name, value, name, value.
func New(kind Kind, id string, params ...string) *Fault {
	f := &Fault{Kind: kind, ID: id}
	for i := 0; i+1 < len(params); i += 2 {
		if f.Params == nil {
			f.Params = make(map[string]string, len(params)/2)
		}
		f.Params[params[i]] = params[i+1]
	}
	return f
}

// Because returns a copy that carries the cause.
func (f *Fault) Because(cause error) *Fault {
	out := *f
	out.Cause = cause
	return &out
}

// With returns a copy that carries the faults of fields.
func (f *Fault) With(fields ...Field) *Fault {
	out := *f
	out.Fields = append(append([]Field(nil), f.Fields...), fields...)
	return &out
}

// Error is for the log.
func (f *Fault) Error() string {
	text := string(f.Kind) + ": " + f.ID
	for _, field := range f.Fields {
		text += fmt.Sprintf(" [%s: %s%s]", field.Name, field.ID, field.Text)
	}
	if f.Cause != nil {
		text += ": " + f.Cause.Error()
	}
	return text
}

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Cause }

// Is says that two faults are the same when their identifiers are, so that a fault kept in a variable can be matched.
func (f *Fault) Is(target error) bool {
	other, ok := target.(*Fault)
	return ok && other.ID == f.ID
}

// Of finds the fault in err's chain; anything else is an internal fault that shows nothing of itself.
func Of(err error) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return New(Internal, "web.internal").Because(err)
}
