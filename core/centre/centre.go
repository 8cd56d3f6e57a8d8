package centre

import (
	"slices"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Agency is the key of the agency whose officials serve people in person.
const Agency = "centre"

// AgencyID is its id.
func AgencyID() id.ID { return agency.ID(Agency) }

// Document is the kind of a document that an official sees.
type Document string

// The kinds of document that prove who one is.
const (
	Passport  Document = "passport"  // of the country
	Foreign   Document = "foreign"   // of another country
	Residence Document = "residence" // permit of residence
	Military  Document = "military"  // of a serviceman
	Temporary Document = "temporary" // instead of a passport that is being made
)

// Documents lists the kinds.
func Documents() []Document { return []Document{Passport, Foreign, Residence, Military, Temporary} }

// Consent is how a person agreed to a session.
type Consent string

// The ways to agree.
const (
	NoConsent Consent = ""
	ByCode    Consent = "code"  // sent to the person's phone, told to the official
	ByPaper   Consent = "paper" // signed; the number of the note is kept
)

// Done is something that was done in a visit.
type Done string

// What can be done in a visit.
const (
	Opened    Done = "opened"   // an account that was not there
	Proved    Done = "proved"   // the identity
	Contact   Done = "contact"  // a new e-mail or phone
	Unfrozen  Done = "unfrozen" // a frozen account opened
	Joined    Done = "joined"   // two accounts
	SessionOn Done = "session"  // the person worked at the official's screen
	FoundOnly Done = "found"    // nothing but the search
)

// Bounds.
const (
	OpenMost    = time.Hour // a visit may stay open; its session ends before
	returnSlack = 10 * time.Minute
	LeastAge    = 14 // years; a younger child is served through a parent
	TailDigits  = 4
	findsAnHour = 60 // searches of one official
	placeMost   = 40 // characters
	noteMost    = 60
)

// Visit is one person served once.
type Visit struct {
	ID       id.ID
	Person   id.ID
	Official id.ID
	Place    string // the window
	Document Document
	Tail     string // its last digits
	ServedBy string // the official's name, as the person sees it
	Opened   time.Time
	Proved   time.Time // zero: the identity was not proved in this visit
	Consent  Consent
	Note     string // number of the paper
	Session  id.ID  // zero: none was begun
	Begun    time.Time
	Ended    time.Time // zero: it is open
	Done     []Done
}

// Open tells whether the visit can still be worked in.
func (v Visit) Open(now time.Time) bool {
	return v.Ended.IsZero() && now.Before(v.Opened.Add(OpenMost))
}

// Object is the visit as permission sees it: it is the official's who opened it, and nobody else's at the centre.
func (v Visit) Object() act.Object {
	return act.Object{Kind: "visit", Holder: v.Person, Agency: AgencyID(), Assigned: v.Official}
}

// Purpose is what looks and acts in the visit serve.
func (v Visit) Purpose() act.Purpose { return act.Purpose{Kind: "visit", ID: v.ID.String()} }

// in returns the act with the visit as its purpose.
func in(a act.Act, visit id.ID) act.Act {
	a.Purpose = act.Purpose{Kind: "visit", ID: visit.String()}
	return a
}

// The faults of this module.
var (
	ErrFields   = fault.New(fault.Invalid, "centre.fields")
	ErrSelf     = fault.New(fault.Denied, "centre.oneself")
	ErrOver     = fault.New(fault.Gone, "centre.visit_over")
	ErrProve    = fault.New(fault.Conflict, "centre.prove_first")
	ErrBegun    = fault.New(fault.Conflict, "centre.session_begun")
	ErrConsent  = fault.New(fault.Invalid, "centre.consent_needed")
	ErrNoReturn = fault.New(fault.Unsigned, "centre.no_return")
	ErrNobody   = fault.New(fault.Missing, "centre.nobody")
	ErrAgain    = fault.New(fault.Conflict, "centre.changed_meanwhile")
)

// Seen is what an official saw and typed to find a person.
type Seen struct {
	Document Document
	Tail     string
	Looked   bool // the official says: the original, and the face fits
	Place    string
	account.Identity
}

// check tells what is wrong with what an official typed; the identity itself is account's to judge.
func (s Seen) check() []fault.Field {
	var out []fault.Field
	if !slices.Contains(Documents(), s.Document) {
		out = append(out, fault.Field{Name: "document", ID: "centre.document_needed"})
	}
	if len(s.Tail) != TailDigits || strings.Trim(s.Tail, "0123456789") != "" {
		out = append(out, fault.Field{Name: "tail", ID: "centre.tail_form"})
	}
	if !s.Looked {
		out = append(out, fault.Field{Name: "looked", ID: "centre.look_first"})
	}
	if s.Place == "" || len([]rune(s.Place)) > placeMost {
		out = append(out, fault.Field{Name: "place", ID: "centre.place_needed"})
	}
	return out
}

// tooYoung is the fault of a child who is served through a parent.
func tooYoung(birth, today calendar.Date) []fault.Field {
	if birth.IsZero() || !today.Before(birth.AddYears(LeastAge)) {
		return nil
	}
	return []fault.Field{{Name: "birth", ID: "centre.too_young"}}
}

// agreed decides how a person agreed to a session: by a code when they have a phone, which proves it; else on paper.
func agreed(ticked, hasPhone, codeProved bool, note string) (Consent, error) {
	note = strings.TrimSpace(note)
	switch {
	case !ticked:
		return NoConsent, ErrConsent.With(fault.Field{Name: "agree", ID: "centre.tick_needed"})
	case hasPhone && codeProved:
		return ByCode, nil
	case hasPhone:
		return NoConsent, ErrConsent.With(fault.Field{Name: "code", ID: "centre.code_needed"})
	case note == "" || len([]rune(note)) > noteMost:
		return NoConsent, ErrConsent.With(fault.Field{Name: "note", ID: "centre.note_needed"})
	}
	return ByPaper, nil
}

// doneOf reads and with writes what was done, in the table's form.
func doneOf(text string) []Done {
	var out []Done
	for _, word := range strings.Fields(text) {
		out = append(out, Done(word))
	}
	return out
}

func words(done []Done) string {
	out := make([]string, len(done))
	for i, d := range done {
		out[i] = string(d)
	}
	return strings.Join(out, " ")
}

func with(done []Done, one Done) string {
	if slices.Contains(done, one) {
		return words(done)
	}
	return words(append(slices.Clone(done), one))
}
