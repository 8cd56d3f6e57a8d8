package desk

import (
	"time"

	"posad.city/core/casework"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Bounds.
const (
	CasesMost     = 100 // cases of one act
	templatesMost = 200 // of an agency
	titleMost     = 120 // characters of a template's title
	textMost      = 4000
	awayMost      = 400 // days of one absence
	keptFor       = 30 * 24 * time.Hour
	doingMost     = 12 * time.Hour // after an act's window, how long a case that is being done is waited for: longer than its job is tried
)

// The faults of this module.
var (
	ErrHead       = casework.ErrHeadOnly
	ErrOfficial   = casework.ErrNoDesk
	ErrNoWorker   = casework.ErrNoWorker
	ErrSkill      = fault.New(fault.Invalid, "desk.unknown_skill")
	ErrDistrict   = fault.New(fault.Invalid, "desk.unknown_district")
	ErrDays       = fault.New(fault.Invalid, "desk.wrong_days") // the last day is before the first, past, or too far
	ErrSubstitute = fault.New(fault.Invalid, "desk.wrong_substitute")
	ErrTwice      = fault.New(fault.Conflict, "desk.away_already")
	ErrNoAbsence  = fault.New(fault.Missing, "desk.no_absence")
	ErrTitle      = fault.New(fault.Invalid, "desk.no_title")
	ErrText       = fault.New(fault.Invalid, "desk.no_text")
	ErrHole       = fault.New(fault.Invalid, "desk.unknown_hole", "number", "{number}", "name", "{name}", "due", "{due}") // {something} that nothing fills
	ErrTemplate   = fault.New(fault.Missing, "desk.no_template")
	ErrChanged    = fault.New(fault.Conflict, "desk.changed")
	ErrMany       = fault.New(fault.Invalid, "desk.too_many", "most", "100")
	ErrNothing    = fault.New(fault.Invalid, "desk.nothing_chosen")
	ErrVerb       = fault.New(fault.Invalid, "desk.no_verb")
	ErrNoBulk     = fault.New(fault.Missing, "desk.no_bulk")
	ErrWindow     = fault.New(fault.Conflict, "desk.too_late") // the minute is over
	ErrNotHere    = fault.New(fault.Missing, "desk.not_here")  // no such case, or another agency's
	ErrNoNext     = fault.New(fault.Missing, "desk.no_next")
	ErrNotForYou  = fault.New(fault.Missing, "desk.not_for_you") // all that is free is the official's own, or was decided by them before
)

// Verb is what is done to many cases.
type Verb string

// The verbs.
const (
	Assign  Verb = "assign"
	Forward Verb = "forward"
	Release Verb = "release"
	Ask     Verb = "ask"
	Extend  Verb = "extend"
)

// Verbs are all of them, in the order of the page.
var Verbs = []Verb{Assign, Release, Forward, Ask, Extend}

// Reaches tells whether applicants learn of the act: it starts when it can't be undone any more.
func (v Verb) Reaches() bool { return v == Ask || v == Extend }

// State is how far an act on many cases is.
type State string

// The states of an act.
const (
	Waits   State = "waits" // for its time, or under way
	Done    State = "done"
	Undoing State = "undoing"
	Undone  State = "undone"
)

// CaseState is how far it is with one case.
type CaseState string

// The states of a case in an act.
const (
	CasePlanned   CaseState = "planned"
	CaseDoing     CaseState = "doing"
	CaseDone      CaseState = "done"
	CaseRefused   CaseState = "refused"
	CaseUndoing   CaseState = "undoing"
	CaseUndone    CaseState = "undone"
	CaseKept      CaseState = "kept"      // could not be undone: somebody has gone on since
	CaseCancelled CaseState = "cancelled" // undone before it began
)

// Worker is an official as the team sees them.
type Worker struct {
	Person    id.ID
	Role      string
	Queues    []string // none: every queue
	Skills    []string
	Districts []string // none: every district
	Absence   *Absence // today's; nil: at work
}

// Absence is when an official is away and who stands in.
type Absence struct {
	ID                 id.ID
	Person, Substitute id.ID
	Since, Until       string // days, both included
}

// covers tells whether the day is one of the absence.
func (a Absence) covers(day string) bool { return a.Since <= day && day <= a.Until }

// meets tells whether two absences have a day in common.
func (a Absence) meets(b Absence) bool { return a.Since <= b.Until && b.Since <= a.Until }
