package form

import (
	"posad.city/core/service"
	"posad.city/kit/fault"
)

// Bound is what became of answers that were sent: the canonical ones, those that were refused as they were typed, and
// what is wrong with them.
type Bound struct {
	Answers service.Answers  // the input's answers with the accepted ones put in and the cleared ones taken out
	Typed   map[string]Typed // refused, by field
	Faults  []fault.Field    // in the order of the form; Name is the control, for example birth.year
}

// Right tells whether everything that was sent is kept.
func (b Bound) Right() bool { return len(b.Faults) == 0 }

// Summary is the check of answers before submission.
type Summary struct {
	Steps []SummaryStep
}

// SummaryStep is a step with its answers in words.
type SummaryStep struct {
	Key, Title string
	Lines      []SummaryLine
}

// SummaryLine is an answer in words.
type SummaryLine struct {
	Field, Label, Value string  // Value is empty for an optional question left out
	Source              *Source // for what the city knows and did not ask

	Entries []SummaryEntry // for a group; Value has the same in one text, an entry a line
}

// SummaryEntry is one entry of a group.
type SummaryEntry struct {
	Title string
	Lines []SummaryLine
}
