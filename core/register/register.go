package register

import (
	"slices"
	"time"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// EventChanged: an entry was entered, altered, corrected or ended.
const EventChanged = "register.changed"

// Change is what a version did.
type Change string

// The changes.
const (
	Entered   Change = "entered"
	Altered   Change = "altered"
	Corrected Change = "corrected"
	Ended     Change = "ended"
)

// Values are the values of an entry by field. What is the same in every language is the same text twice; a day is written
// as 2026-11-21, a number in digits.
type Values map[string]lang.Text

// Entry is an entry as it stands now.
type Entry struct {
	Holder   id.ID
	ID       id.ID
	Register string
	Number   string // of the document that it rests on, ten digits; id.FormatNumber shows it
	Source   id.ID  // that document
	Version  int64
	Since    calendar.Date
	Until    calendar.Date // zero: no end
	Entered  time.Time
	Ended    time.Time // zero: it was not
	Values   Values    // those that the reader may see; nil when they went with their person
}

// Standing is how an entry stands on a day.
type Standing string

// The standings.
const (
	Valid Standing = "valid"
	Early Standing = "early" // from a later day
	Over  Standing = "over"  // ended, or its last day is past
)

// Standing tells how an entry stands on a day.
func (e Entry) Standing(today calendar.Date) Standing {
	switch {
	case !e.Ended.IsZero() || !e.Until.IsZero() && today.After(e.Until):
		return Over
	case today.Before(e.Since):
		return Early
	}
	return Valid
}

// Version is one change of an entry, with everything that stood after it.
type Version struct {
	Number   int64 // 1 and up
	Change   Change
	Act      id.ID
	At       time.Time
	Official id.ID // who did it; zero: a document did
	Agency   id.ID
	Role     string
	Case     id.ID  // zero: none, or not told
	Source   id.ID  // the document by which it came
	Document string // number of the document that the entry rests on after it
	Since    calendar.Date
	Until    calendar.Date
	Values   Values
	Reason   lang.Text // zero for what a document entered, or when it is not told
}

// Replay is what versions come to, as register_entry has it; the holder, id and register are not theirs to know. False when
// they are not one history: whole from the first on, entered once and first, changed by no document after an end.
func Replay(versions []Version) (Entry, bool) {
	var out Entry
	for i, v := range versions {
		if v.Number != int64(i)+1 || (v.Change == Entered) != (i == 0) || !out.may(v.Change) {
			return Entry{}, false
		}
		out.Number, out.Version, out.Since, out.Until, out.Values = v.Document, v.Number, v.Since, v.Until, v.Values
		switch v.Change {
		case Entered:
			out.Entered, out.Source = v.At, v.Source
		case Ended:
			out.Ended = v.At
		case Corrected:
			out.Ended, out.Source = time.Time{}, v.Source
		}
	}
	return out, len(versions) > 0
}

// Overtaken tells whether another result has altered the entry after the document on which it rests was issued: the two then
// differ, and the entry is what is in force.
func Overtaken(versions []Version) bool {
	out := false
	for _, v := range versions {
		out = v.Change == Altered || out && v.Change == Ended
	}
	return out
}

// may tells whether an entry takes a change: after its end, only a corrected document brings it back.
func (e Entry) may(c Change) bool { return e.Ended.IsZero() || c == Corrected }

// only leaves the values of the fields; nil: all.
func (v Values) only(fields []string) Values {
	if fields == nil {
		return v
	}
	out := Values{}
	for key, value := range v {
		if slices.Contains(fields, key) {
			out[key] = value
		}
	}
	return out
}

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "register.none")      // no such register or entry, or not for this reader to know of
	ErrNoPurpose = fault.New(fault.Denied, "register.no_purpose") // no purpose was named, or the register declares no such one
	ErrNotYours  = fault.New(fault.Denied, "register.not_yours")  // the purpose is another agency's, or of other roles
	ErrNoCase    = fault.New(fault.Denied, "register.no_case")    // no live case of the agency whose service asks this register
	ErrCase      = fault.New(fault.Invalid, "register.bad_case")  // it is no id of a case
	ErrField     = fault.New(fault.Invalid, "register.bad_field") // entries are not found by this field
	ErrValue     = fault.New(fault.Invalid, "register.bad_value") // it is no value of the field
	ErrReason    = fault.New(fault.Invalid, "register.no_reason") // too short to tell anybody anything
	ErrSame      = fault.New(fault.Invalid, "register.same")      // the correction changes nothing
	ErrRole      = fault.New(fault.Denied, "register.not_role")   // the official may read and not do this
	ErrHalf      = fault.New(fault.Invalid, "register.half")      // the words of one language were put right, the other's not
	ErrFixed     = fault.New(fault.Invalid, "register.fixed")     // a field that the document makes, such as its number
	ErrChanged   = fault.New(fault.Conflict, "register.changed")  // somebody else changed the entry meanwhile
	ErrEnded     = fault.New(fault.Conflict, "register.ended")    // it is over
)

// own finds one of the city's own registers.
func (m *Module) own(key string) (*service.OwnRegister, error) {
	if city := m.deps.City(); city != nil {
		if r, ok := city.OwnRegister(key); ok {
			return r, nil
		}
	}
	return nil, ErrNone
}

// The contract of the module, written out in its files:
//
//	New(d Deps) *Module; m.Provide(lives exchange.Lives, cases Cases)
//	m.Search(ctx, a, Query) (Found, error)              ErrNone, ErrNoPurpose, ErrNotYours, ErrNoCase, ErrField, ErrValue
//	m.Read(ctx, a, Reading, entry) (Entry, []Version, error)   for a purpose, with a look
//	m.Mine(ctx, a, holder) ([]Entry, error)             a person's own, newest first; m.MyEntry with its history
//	m.PrepareCorrection(ctx, a, Correction) (*Prepared, error); m.PrepareEnd(ctx, a, Ending) (*Prepared, error)   p.Put(tx)
//	m.Answer(ctx, exchange.OwnQuestion) ([]byte, error) a certificate's reply
//	m.Open(ctx, register, number) (Entry, error)        what everybody may know of a number: standing and public fields
//	m.LookText(what, l) (string, bool)                  words of a look "register.look.REGISTER.PURPOSE"
