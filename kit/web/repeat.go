package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"net/http"
	"slices"
	"time"

	"posad.city/kit/id"
)

// A program that lost the answer of a change sends it again with the same Idempotency-Key header and gets the same
// answer, with nothing done twice. Only successes are kept: a call that failed may be put right and sent again.
//
// A repeat is met by the edge as any call is: a valid session, its level, the limits, and May where the operation has no
// object. The answer is bound to the person, the operation and the agency for which they act, and kept for a day. The limit
// of this: May about an object is asked by the handler, which a repeat does not reach, so that who loses a mandate within
// the day may still read the answer to their own call once more. They learn what they were told already; nothing changes.

// Call names one change that a program wants made once.
type Call struct {
	Person    id.ID // the agency, of a program
	Operation string
	Key       [32]byte // hash of the header, and of the hat: the agency for which an official acts, a program's live or sandbox hand
	Body      [32]byte // hash of the path and the body
}

// CallState is what Answers knows of a call.
type CallState int

// The states.
const (
	CallFresh    CallState = iota // never seen: claimed now, go on
	CallRunning                   // claimed by another request that has not finished
	CallAnswered                  // done: the answer is given
	CallDiffers                   // the key was used for another body
)

// Answer is what was answered. It may hold personal data: a store seals Body.
type Answer struct {
	Status int
	Type   string
	Body   []byte
}

// Answers keeps answers of repeatable calls for a day, and gives none that is older. It is safe for concurrent use.
type Answers interface {
	// Begin claims a fresh call, durably, or tells what became of it. A claim that was neither finished nor dropped is
	// fresh again after lease.
	Begin(ctx context.Context, call Call, lease time.Duration) (CallState, Answer, error)
	// Finish keeps the answer.
	Finish(ctx context.Context, call Call, answer Answer) error
	// Drop forgets the claim of a call that failed.
	Drop(ctx context.Context, call Call) error
}

// HeaderRepeat is the header of the key: 1 to 200 printable characters, chosen at random by the caller.
const HeaderRepeat = "Idempotency-Key"

// repeat is a claimed call of this request.
type repeat struct {
	call Call
	kept bool
}

// once runs the handler, unless the same call was answered before.
func (c *Context) once(call func() error) error {
	key := c.r.Header.Get(HeaderRepeat)
	if key == "" || safeMethod(c.r.Method) || c.route.Surface != SurfaceAPI {
		return call()
	}
	if !repeatKey(key) || c.session == nil && c.key == nil || c.s.deps.Answers == nil {
		return faultRepeatKey
	}
	p, err := c.read()
	if err != nil {
		return err
	}
	one := Call{Person: c.caller(), Operation: c.route.Op.Name, Key: c.callKey(key), Body: p.digest(c.r.URL.RequestURI())}
	state, answer, err := c.s.deps.Answers.Begin(c.ctx, one, 2*c.route.Op.Timeout)
	if err != nil {
		return faultSession.Because(err)
	}
	switch state {
	case CallRunning:
		return faultRunning
	case CallDiffers:
		return faultRepeat
	case CallAnswered:
		return c.again(answer)
	}
	return c.first(one, call)
}

// callKey is the same for every session of a person, since a caller may sign in anew before the repeat, but not for every
// hat: what was answered to an agency's official is not for the person who was one.
func (c *Context) callKey(key string) [32]byte {
	if c.key != nil {
		key = c.key.hand() + " " + key
	} else if agency := c.session.Agency; !agency.IsZero() {
		key = agency.String() + " " + key // no key of a person has a space
	}
	return sha256.Sum256([]byte(key))
}

// caller is whose call it is: a person's, or an agency's by any of its keys, so that a repeat may come under the next key.
func (c *Context) caller() id.ID {
	if c.key != nil {
		return c.key.Agency
	}
	return c.Person()
}

// first runs a claimed call. Its act is named after the key, so that a module whose rows are unique by act does nothing
// twice even when the server died between the commit and the answer.
func (c *Context) first(one Call, call func() error) error {
	c.act.ID = id.Derived("web.call", fmt.Sprintf("%s %s %x", one.Person, one.Operation, one.Key))
	c.repeat = &repeat{call: one}
	defer func() { // also when the handler panics
		if !c.repeat.kept {
			if err := c.s.deps.Answers.Drop(context.WithoutCancel(c.ctx), one); err != nil {
				c.s.deps.Log.Error("a failed call could not be dropped", "request", c.reference, "error", err)
			}
		}
		c.repeat = nil
	}()
	return call()
}

// again gives the kept answer, to the same person, of the same operation, under the same hat.
func (c *Context) again(answer Answer) error {
	c.header().Set("Idempotency-Replayed", "true")
	c.send(answer.Status, answer.Type, answer.Body)
	return nil
}

// noteRepeat keeps a success before it leaves.
func (c *Context) noteRepeat(status int, contentType string, body []byte) {
	if c.repeat == nil || status >= http.StatusBadRequest {
		return
	}
	answer := Answer{Status: status, Type: contentType, Body: slices.Clone(body)}
	if err := c.s.deps.Answers.Finish(context.WithoutCancel(c.ctx), c.repeat.call, answer); err != nil {
		c.s.deps.Log.Error("an answer could not be kept for its repeat", "request", c.reference, "error", err)
	}
	c.repeat.kept = true
}

func repeatKey(key string) bool {
	if len(key) > 200 {
		return false
	}
	for _, b := range []byte(key) {
		if b < 0x21 || b > 0x7e {
			return false
		}
	}
	return true
}

// digest is the hash of all that a call carries.
func (p *posted) digest(path string) [32]byte {
	sum := sha256.New()
	write(sum, path, string(p.raw))
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		write(sum, name)
		write(sum, p.values[name]...)
	}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		for _, file := range p.files[name] {
			write(sum, name, file.Name, string(file.Data))
		}
	}
	return [32]byte(sum.Sum(nil))
}

func write(sum hash.Hash, parts ...string) {
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
}
