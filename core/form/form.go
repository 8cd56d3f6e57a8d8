package form

import (
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// CheckStep is the wish to see the check of answers, as Input.Step. No step of a definition can have this name.
const CheckStep = "_check"

// Input is all that decides what is asked. Nothing else does.
type Input struct {
	City    *service.City
	Service *service.Service // of City
	Lang    lang.Language
	Today   calendar.Date // in the city's zone

	Applicant service.Person    // who fills the form; what the account knows of them
	Children  []service.Child   // the applicant's children by mandate
	Vehicles  []service.Vehicle // the applicant's vehicles by the register
	Files     []service.File    // files stored with this draft; an answer can only name these
	Facts     service.Facts     // certificates asked so far

	Answers service.Answers  // canonical answers so far
	Typed   map[string]Typed // what was typed and refused, by field; it is shown back with its fault
	Step    string           // key of the step wanted, or CheckStep; empty: the first that is not complete
}

// Typed is what a person typed into a question, kept when it is wrong: by part ("" for a question of one control), for
// example "day" of a date or "surname" of a name. Choices and files have several values.
type Typed map[string][]string

// View is the form as every face shows it, in the input's language.
type View struct {
	Service     string
	Steps       []StepView    // steps that are asked, in order
	Current     int           // index of the current step; len(Steps) is the check of answers
	Fields      []FieldView   // questions of the current step, in order; hidden ones are left out
	Known       []KnownValue  // of the current step: what the city knows and does not ask
	Faults      []fault.Field // of the current step, in the order of the form
	Missing     []Missing     // questions of all steps that are not rightly answered yet
	Obstacle    *ObstacleView // why one may not apply; nil: nothing stands in the way
	Can         []Move        // acts now possible
	Done, Total int           // questions answered and asked: progress
	Charge      service.Charge
	ChargeKnown bool            // false: the fee depends on what is not known yet
	Draft       service.Answers // canonical answers without those that are not asked, with fixed known values: what is submitted
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
	Key      string
	Type     service.Type
	Label    string
	Hint     string
	Why      string // why it is asked
	Optional bool
	Controls []Control    // in order; one for most types, several for names and dates; none for choices and files
	Options  []OptionView // for choice, choices, yes-no, child and vehicle
	Source   *Source      // where a prefilled value comes from; nil when the person has answered
	Fault    *fault.Field // the first fault of the question
	Limit    int          // for texts: characters; 0: none
	Accept   []string     // for file: pdf, jpg ...
	MaxBytes int64        // for file, each
	MaxFiles int          // for file
	Files    []service.File
	Suggest  bool   // for address: the face may offer the register's suggestions
	Answered bool   // there is a right answer
	Shown    string // the answer in words, empty when there is none
}

// Control is one input of a question.
type Control struct {
	Name         string // as posted: FIELD or FIELD.PART
	Label        string // of the part; empty when the question's label is enough
	Value        string // as typed, or the answer as people write it
	Kind         string // text, tel, email, textarea, hidden
	Autocomplete string // HTML autocomplete token; empty: none
	InputMode    string // HTML inputmode; empty: the kind's own
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
	Name   string        // in words: your account, or the certificate's name
	Agency string        // short name of the agency that keeps the register; empty for the account
	Day    calendar.Date // of the register's reply; zero for the account
}

// KnownValue is a value that is not asked because the city knows it.
type KnownValue struct {
	Key, Label, Value string
	Source            Source
}

// Missing names a question that is not rightly answered yet.
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
	Submit Move = "submit" // everything is rightly answered and nothing stands in the way
)

// Addresses is the city's address register as the form asks it; service.AddressBook is one.
type Addresses interface {
	// Address is the address with this id and flat; false when there is no such house, or the house no such flat.
	Address(id, flat string) (service.Address, bool)
	// House is the house with this id without a flat, and how many flats it has.
	House(id string) (service.Address, int, bool)
	// Locate is the house, and the flat if any, that a whole text names; false when it names no house or several.
	Locate(text string) (id, flat string, ok bool)
	// Suggest is up to limit addresses that a text may mean, the likeliest first.
	Suggest(text string, limit int) []service.Address
}
