package casework

import (
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Stage is how far a case is as a whole.
type Stage string

// The stages.
const (
	Open      Stage = "open"
	Approved  Stage = "approved"
	Refused   Stage = "refused"
	Withdrawn Stage = "withdrawn"
)

// Status is what people see; it is computed from the stage and the open tasks.
type Status string

// The statuses.
const (
	StatusChecking  Status = "checking"  // registers are being asked
	StatusToPay     Status = "to_pay"    // the resident owes the fee
	StatusInQueue   Status = "in_queue"  // waits for an official to take it
	StatusInReview  Status = "in_review" // an official has it
	StatusAsked     Status = "asked"     // the resident owes an answer; the clock stands
	StatusDeciding  Status = "deciding"
	StatusIssuing   Status = "issuing" // decided; the document is being made
	StatusApproved  Status = "approved"
	StatusRefused   Status = "refused"
	StatusWithdrawn Status = "withdrawn"
	StatusAgreeing  Status = "agreeing" // several officials give their opinions
	StatusSigning   Status = "signing"  // others sign; the clock stands
)

// The kinds of task that no step of a definition has.
const (
	kindConfirm = "confirm" // a second person confirms a decision
	kindCorrect = "correct" // a mistake in the result is looked at
)

// TaskState is how far a task is.
type TaskState string

// The states of a task.
const (
	TaskOpen      TaskState = "open"
	TaskDone      TaskState = "done"
	TaskCancelled TaskState = "cancelled"
)

// Outcome is how a task ended.
type Outcome string

// The outcomes.
const (
	OutcomeDone     Outcome = "done"
	OutcomeLate     Outcome = "late"   // not done within its time
	OutcomeFailed   Outcome = "failed" // could not be done
	OutcomeApproved Outcome = "approved"
	OutcomeRefused  Outcome = "refused"
	OutcomeOfficial Outcome = "official" // the table leaves it to an official
	OutcomeAgree    Outcome = service.OpinionAgree
	OutcomeObject   Outcome = service.OpinionObject
	OutcomeNone     Outcome = service.OpinionNone // an opinion that was not given in time
	OutcomeReturned Outcome = "returned"          // a proposed decision that was not confirmed
	OutcomeDeclined Outcome = "declined"          // there is no mistake to be corrected
)

// The events.
const (
	EventSubmitted = "casework.submitted"
	EventAsked     = "casework.asked"
	EventAnswered  = "casework.answered"
	EventDecided   = "casework.decided"
	EventSettled   = "casework.settled" // decided, or ended after it was: once a change
	EventIssued    = "casework.issued"
	EventLate      = "casework.late"
	EventClosed    = "casework.closed"
	EventReopened  = "casework.reopened"
	EventCorrected = "casework.corrected"
)

// Case is a case as it is read, unsealed.
type Case struct {
	Holder, ID  id.ID
	Number      string
	Service     string
	Agency      id.ID
	About       id.ID  // the case that this one is about; zero: none
	AboutHolder id.ID  // in whose account that one lies
	AboutNumber string // of that one; empty: none, or it is there no more
	Definition  string // hash of the city version it keeps
	Applicant   id.ID
	Mandate     id.ID
	Channel     act.Channel
	Lang        string
	Revision    int64
	Stage       Stage
	Status      Status
	Step        string
	Submitted   time.Time
	TermDue     time.Time // pauses counted in; meaningless while Paused
	Paused      time.Time // since when the term stands; zero: it runs
	Late        time.Time // when the missed term was noticed; zero: it was not missed
	Escalated   time.Time // since when the head sees it first; zero: they do not
	Extended    time.Time // when the term was made longer; zero: it was not
	Round       int       // how often the case was opened anew
	Decided     time.Time
	DecidedBy   id.ID
	ConfirmedBy id.ID // the second person of the decision; zero: it needed none
	ProposedBy  id.ID // of the decision that waits for a second person; zero: none does
	Ground, Row string
	ListGroup   string
	Rating      int
	Inputs      service.Inputs
	Decision    *Decision // nil until decided
	Tasks       []Task    // in order of opening
	Questions   []Question
	Pauses      []Pause

	ExtensionDays  int
	ExtensionWords string        // why the term was made longer
	Proposal       *Decision     // that waits for a second person; nil: none does
	Consequences   []Consequence // of the missed term, as they came
	Corrections    []Correcting  // of mistakes in its documents
	Barred         []id.ID       // officials who work it no more: they decided it before, or the decision that it is about
	Signers        []Signer      // who sign together with the applicant, in the order in which they were named
}

// Task is one thing to do in a case.
type Task struct {
	ID        id.ID
	Step      string
	Kind      service.TaskKind
	State     TaskState
	Agency    id.ID
	Queue     string
	Official  id.ID
	Opened    time.Time
	Due       time.Time // zero: none
	Closed    time.Time
	Outcome   Outcome
	Reference id.ID
	Part      string // key of the part of an agree step; confirm and correct for tasks beside the steps; empty: the step's own
	Skill     string // key of the agency's skill that it needs; empty: any official
	Words     string // of the opinion
}

// Question is what an official asked the applicant.
type Question struct {
	ID       id.ID
	Asked    time.Time
	AskedBy  id.ID // zero: the definition asks
	Agency   id.ID
	Due      time.Time
	Answered time.Time
	Lapsed   time.Time // when its time ran out
	Words    string
	Answer   string
	Files    []service.File
}

// Pause is a time in which the term stood still.
type Pause struct {
	Since, Until time.Time // Until is zero while it lasts
	Reason       string    // locale key
}

// Decision is how a case was decided, with everything needed to decide it again: the definition is the case's own.
type Decision struct {
	Stage   Stage          `json:"stage"`
	By      string         `json:"by"` // table, official, ground
	Row     string         `json:"row,omitempty"`
	Ground  string         `json:"ground,omitempty"`
	Words   string         `json:"words,omitempty"` // the official's own
	Inputs  service.Inputs `json:"inputs"`          // with every certificate, as the decision saw them
	Environ string         `json:"environment"`     // version of the rules' environment
}

// Entry is a line of the timeline.
type Entry struct {
	Number   int64
	At       time.Time
	Event    string // locale key casework.timeline.<event>; see Words in timeline.go
	Actor    act.Actor
	Internal bool
	Params   map[string]string
	Words    string
}

// The faults of this module.
var (
	ErrNone      = fault.New(fault.Missing, "casework.none")      // no such case, or not for this person
	ErrMoved     = fault.New(fault.Conflict, "casework.moved_on") // somebody changed it meanwhile: read it again
	ErrTaken     = fault.New(fault.Conflict, "casework.taken")    // another official has it
	ErrNotYours  = fault.New(fault.Denied, "casework.not_yours")  // take it first
	ErrNotNow    = fault.New(fault.Conflict, "casework.not_now")  // the case is not at a step where that can be done
	ErrGround    = fault.New(fault.Invalid, "casework.no_ground") // a refusal needs a ground of the definition
	ErrEmpty     = fault.New(fault.Invalid, "casework.no_words")  // a question or an answer needs words
	ErrLong      = fault.New(fault.Invalid, "casework.too_long", "most", "4000", "files", "5")
	ErrStars     = fault.New(fault.Invalid, "casework.no_stars")      // a rating is 1 to 5
	ErrAsked     = fault.New(fault.Conflict, "casework.waits_answer") // the applicant has not answered yet
	ErrClerk     = fault.New(fault.Denied, "casework.clerk")          // a clerk decides nothing
	ErrQueue     = fault.New(fault.Invalid, "casework.no_queue")      // no such queue, or not one of the official's
	ErrNoService = fault.New(fault.Missing, "casework.no_service")
	ErrOpinion   = fault.New(fault.Invalid, "casework.no_opinion") // an opinion agrees or objects
)
