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

	Slots map[string][]SlotOption // free times by field of type slot; a field that is not in it is not checked against them
	Held  map[string]HeldSlot     // the time that is held for this draft, by field
	Open  map[string]SlotWindow   // which days Slots are of, by field

	Signer *service.Person // set: the co-signer steps are shown, to this person; Applicant is still who applied
	Case   service.Answers // with Signer: the applicant's answers; Answers are then the co-signer's own

	Answers service.Answers  // canonical answers so far
	Typed   map[string]Typed // what was typed and refused, by field; it is shown back with its fault
	Step    string           // key of the step wanted, or CheckStep; empty: the first that is not complete
}

// Typed is what a person typed into a question, kept when it is wrong: by part ("" for a question of one control), for
// example "day" of a date or "surname" of a name. Choices and files have several values.
type Typed map[string][]string

// SlotOption is a free time of a bookable resource.
type SlotOption struct {
	ID         string // of the free time
	Start, End string // in the city's zone: 2026-12-01T09:30
	Day        calendar.Date
	Text       service.Text // in full: day, time and place
	Left       int          // places that are left; 0: none
}

// SlotWindow is which days of free times are listed.
type SlotWindow struct {
	First calendar.Date // nothing before it is free and taken by the question's checks
	From  calendar.Date // first day that is listed, First or later
	// Unknown says that the free times could not be read: what is held still stands, and nothing else can be chosen now.
	Unknown bool
}

// HeldSlot is a time that is held while the form is filled.
type HeldSlot struct {
	ID   string // of the hold: what the answer then names
	Slot SlotOption
}

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
	Stopped     bool          // the obstacle stands by the eligibility steps alone: nothing more is asked
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
	Eligibility      bool // asked before the form: may one apply at all?
}

// FieldView is a question with all that a face needs to show it. Inside an entry of a group Key is the whole name,
// GROUP.0.FIELD, and so are the controls' names.
type FieldView struct {
	Key      string
	Type     service.Type
	Label    string
	Hint     string
	Why      string // why it is asked
	Optional bool
	Controls []Control    // in order; one for most types, several for names and dates; none for choices and files
	Options  []OptionView // for choice, choices, yes-no, child, vehicle and slot
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
	Empty    string // for slot: what to say when there are no options

	Entries []EntryView // for group: its entries, blank ones too
	Add     string      // for group: words of the button that adds an entry, posted as AddName=Key; empty: no more fit
}

// EntryView is one entry of a group.
type EntryView struct {
	Title  string
	Fields []FieldView
	Known  []KnownValue // computed ones
	Remove string       // words of the button that takes it away; empty: it must stay
	Name   string       // what that button posts, as RemoveName=Name: GROUP.0
}

// Names of the buttons that add and remove an entry. What was typed on the page is posted and kept with them; questions
// that are still empty are not told as faults then.
const (
	AddName    = "_add"
	RemoveName = "_remove"
)

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
	Group              string // heading that it shares with its neighbours, for slot the day; empty: none
}

// Source is where a value comes from.
type Source struct {
	Kind   string        // "account", "register" or "computed"
	Name   string        // in words: your account, the certificate's name, or counted from your answers
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
