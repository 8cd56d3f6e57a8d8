package studio

import (
	"time"

	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Bounds.
const (
	FileMost   = 1 << 20  // bytes of a file that is written or sent here
	FilesMost  = 2000     // files of a city
	uploadMost = 16 << 20 // bytes of what is sent at once
	folderMost = 64 << 20 // bytes of all files in it, unpacked
	titleMost  = 120      // characters
	noteMost   = 500
	listMost   = 200
	casesMost  = 20_000 // made-up cases of a simulation
	daysMost   = 3660
)

// The faults of this module.
var (
	ErrAuthor   = fault.New(fault.Denied, "studio.not_author")
	ErrFile     = fault.New(fault.Denied, "studio.not_your_file") // another agency's service, or the city's own data
	ErrNone     = fault.New(fault.Missing, "studio.none")
	ErrPath     = fault.New(fault.Invalid, "studio.bad_path")
	ErrLarge    = fault.New(fault.Invalid, "studio.too_large", "most", "1")
	ErrMany     = fault.New(fault.Invalid, "studio.too_many", "most", "2000")
	ErrText     = fault.New(fault.Invalid, "studio.not_text") // not UTF-8, or with a NUL
	ErrArchive  = fault.New(fault.Invalid, "studio.bad_archive")
	ErrTitle    = fault.New(fault.Invalid, "studio.no_title")
	ErrNote     = fault.New(fault.Invalid, "studio.no_note")
	ErrWords    = fault.New(fault.Invalid, "studio.no_words")
	ErrMoment   = fault.New(fault.Invalid, "studio.bad_moment")
	ErrConflict = fault.New(fault.Conflict, "studio.conflict") // somebody saved the file since it was opened
	ErrChanged  = fault.New(fault.Conflict, "studio.changed")  // something was done to the change set since it was opened
	ErrState    = fault.New(fault.Conflict, "studio.wrong_state")
	ErrFaults   = fault.New(fault.Conflict, "studio.has_faults")
	ErrSame     = fault.New(fault.Conflict, "studio.no_change")
	ErrBehind   = fault.New(fault.Conflict, "studio.behind")
	ErrMoved    = fault.New(fault.Conflict, "studio.moved") // another version came into force since it was proposed
	ErrOwn      = fault.New(fault.Conflict, "studio.own")   // one's own change
	ErrService  = fault.New(fault.Invalid, "studio.no_service")
	ErrCases    = fault.New(fault.Invalid, "studio.bad_cases")
)

// State is how far a change set is.
type State string

// The states.
const (
	Open      State = "open"
	Proposed  State = "proposed"
	Published State = "published" // or planned: see Plan
	Dropped   State = "dropped"
)

// Change is a change set.
type Change struct {
	ID       id.ID
	Agency   id.ID // whose officials work on it
	Title    string
	State    State
	Revision int64

	Base     service.Hash // version in force when it began, or to which the proposal was compared
	BaseTree service.Hash
	MadeBy   id.ID
	Made     time.Time

	ProposedBy id.ID // the last who did; zero: nobody yet
	Proposed   time.Time
	Note       string
	Starts     time.Time // zero: at once
	Version    service.Hash
	Tree       service.Hash

	ClosedBy id.ID
	Closed   time.Time
	Number   int64 // in the order of versions
	Plan     id.ID
}

func changeOf(r studiodb.StudioChange) Change {
	return Change{
		ID: r.ID, Agency: r.Agency, Title: r.Title, State: State(r.State), Revision: r.Revision,
		Base: service.Hash(r.BaseVersion), BaseTree: service.Hash(r.BaseTree), MadeBy: r.MadeBy, Made: r.Made,
		ProposedBy: r.ProposedBy, Proposed: r.Proposed, Note: r.Note, Starts: r.Starts, Version: service.Hash(r.Version), Tree: service.Hash(r.Tree),
		ClosedBy: r.ClosedBy, Closed: r.Closed, Number: r.Number, Plan: r.Plan,
	}
}

// Saved is a file that a change set has otherwise than the city.
type Saved struct {
	Path     string
	Source   service.Hash // empty: taken away
	Base     service.Hash // the file in force that its author saw; empty: there was none
	Revision int64
	By       id.ID
	At       time.Time
}

func savedOf(r studiodb.StudioFile) Saved {
	return Saved{r.Path, service.Hash(r.Source), service.Hash(r.Base), r.Revision, r.SavedBy, r.Saved}
}

// The kinds of event.
const (
	began    = "began"
	saved    = "saved"
	removed  = "removed"
	restored = "restored" // as it is in force
	proposed = "proposed"
	taken    = "withdrawn"
	refused  = "refused"
	approved = "approved"
	dropped  = "dropped"
)

// Event is one thing that was done to a change set.
type Event struct {
	Number int64
	At     time.Time
	By     id.ID
	Kind   string
	Path   string
	Source service.Hash
	Words  string
}
