package form

import (
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// Input is all that decides what is asked. Nothing else does.
type Input struct {
	City    *service.City
	Service *service.Service
	Lang    lang.Language
	Today   calendar.Date

	Applicant service.Person    // who fills the form; what the account knows of them
	Children  []service.Child   // the applicant's children by mandate
	Vehicles  []service.Vehicle // the applicant's vehicles by the register
	Facts     service.Facts     // certificates asked so far

	Answers service.Answers  // canonical answers so far
	Typed   map[string]Typed // what was typed and refused, by field; it is shown back with its fault
	Step    string           // key of the step wanted; empty: the first that is not complete
}

// Typed is what a person typed into a field, kept when it is wrong: by control, for example plate, birth.day, name.surname.
type Typed map[string][]string

// View is the form as every face shows it, in the input's language.
type View struct {
	Service     string
	Steps       []StepView    // steps that are asked, in order
	Current     int           // index of the current step; len(Steps) is the check of answers
	Fields      []FieldView   // of the current step, in order; hidden ones are left out
	Known       []KnownValue  // what the city knows and need not ask, with its source
	Faults      []fault.Field // of the current step's typed answers, in the order of the form
	Missing     []Missing     // unanswered questions of all steps
	Obstacle    *ObstacleView // why one may not apply; nil: nothing stands in the way
	Can         []Move        // acts now possible
	Done, Total int           // questions answered and asked: progress
	Charge      service.Charge
	Draft       service.Answers // canonical answers with everything that is not asked taken out: what is kept and submitted
}

// StepState is how far a step is.
type StepState string

// The states of a step.
const (
	StepDone    StepState = "done"
	StepCurrent StepState = "current"
	StepOpen    StepState = "open"  // may be gone to
	StepAhead   StepState = "ahead" // an earlier step is not complete
)

// StepView is a step in the stepper.
type StepView struct {
	Key, Title, Lead string
	State            StepState
}

// FieldView is a question with all that a face needs to show it.
type FieldView struct {
	Key         string
	Type        service.Type
	Label, Hint string
	Optional    bool
	Required    bool
	Controls    []Control    // in order; one for most types, several for names and dates
	Options     []OptionView // for choice, choices, yes-no, child and vehicle
	Source      *Source      // where a prefilled value comes from
	Fault       *fault.Field
	Limit       int            // for long-text and text: characters; 0: none
	Accept      []string       // for file
	MaxBytes    int64          // for file, each
	MaxFiles    int            // for file
	Files       []service.File // for file: what is there
	Suggest     string         // for address: "address"; the face offers suggestions of the city's register
	Answered    bool
	Shown       string // the answer in words, empty when there is none
}

// Control is one input of a question.
type Control struct {
	Name         string // as posted: FIELD or FIELD.PART
	Label        string // of the part; empty when the question's label is enough
	Value        string // as typed, or the canonical answer as people write it
	Kind         string // text, tel, email, number, textarea, hidden
	Autocomplete string // HTML autocomplete token
	InputMode    string // HTML inputmode
	Width        int    // characters to size it by; 0: full
	Invalid      bool   // this part is what is wrong
}

// OptionView is one answer of a choice.
type OptionView struct {
	Value, Label, Hint string
	Chosen             bool
}

// Source is where a value comes from.
type Source struct {
	Kind   string        // "account" or "register"
	Name   string        // the register's or "your account" in words
	Agency string        // short name of the agency that keeps it; empty for account
	Day    calendar.Date // of the reply; zero for account
}

// KnownValue is a value that is not asked because the city knows it.
type KnownValue struct {
	Key, Label, Value string
	Source            Source
}

// Missing names an unanswered question.
type Missing struct {
	Step, Field, Label string
}

// ObstacleView says why one may not apply and what one can do.
type ObstacleView struct {
	Key, Because, Instead string
}

// Move is an act that the form allows now.
type Move string

// The moves.
const (
	Save   Move = "save"   // answers of the current step may be kept
	Back   Move = "back"   // there is an earlier step
	Next   Move = "next"   // there is a later step, or the check of answers
	Submit Move = "submit" // everything is answered and nothing stands in the way
)

// Addresses is the city's address register as the form asks it.
type Addresses interface {
	// Address is the address with this id and flat; false when the register has no such house or the house no such flat.
	Address(id, flat string) (service.Address, bool)
	// Find is the address that the whole text names; false when it names none or more than one.
	Find(text string) (service.Address, bool)
	// Suggest is up to limit addresses that the beginning of a text may mean, the likeliest first.
	Suggest(text string, limit int) []service.Address
}

// The contract of the package, written out in its files:
//
//	Show(in Input) (View, error)                                   the form now
//	Bind(in Input, raw url.Values) Bound                           a page's posted step: canonical answers, typed, faults
//	BindJSON(in Input, raw []byte) (Bound, error)                  the API's answers: the same, canonical or as typed
//	CheckAnswers(in Input) (Summary, error)                        the summary before submission
//	Value(field *service.Field, ...)                               one field; see bind.go
