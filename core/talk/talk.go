package talk

import (
	"embed"
	"sync"

	"posad.city/core/form"
	"posad.city/kit/lang"
)

// Locale holds the package's words.
//
//go:embed locale/*.yaml
var Locale embed.FS

var catalogue = sync.OnceValues(func() (*lang.Catalogue, error) { return lang.Load(Locale, form.Locale) })

// say is a text of the conversation or of the form.
func say(l lang.Language, key string, args ...any) string {
	c, err := catalogue()
	if err != nil {
		return key
	}
	return c.Text(l, key, args...)
}

// Dialogue is how far a conversation is. The zero value is its beginning. It holds keys of questions and no answers.
type Dialogue struct {
	Step   string   `json:"step,omitempty"`   // whose heading was said last
	Passed []string `json:"passed,omitempty"` // questions that the person left out, and lists that are whole
	Change string   `json:"change,omitempty"` // question asked again at the person's wish: FIELD or GROUP.0.FIELD
	Adding string   `json:"adding,omitempty"` // group that gets one more entry
	Agreed bool     `json:"agreed,omitempty"` // the answers were read back and found right: the consent is next
	Offset int      `json:"offset,omitempty"` // of the first appointment that is read out
	From   string   `json:"from,omitempty"`   // first day of wanted appointments, 2026-12-05; the channel offers times from it on
	Last   string   `json:"last,omitempty"`   // question that was answered last: its answer is said as it was understood
}

// Turn is what the city says.
type Turn struct {
	Says    string   // plain text, lines of any length, no markup
	Wants   Want     // what kind of reply
	Field   string   // the question; empty when it is about none
	Step    string   // of the form in which it stands
	Options []Option // numbered from their Number, as Says lists them
	Accept  []string // for files: kinds by content
	Files   int      // for files: how many more fit
}

// Option is a reply that can be given by its number.
type Option struct {
	Number       int
	Value, Label string
}

// Want is the kind of reply that is waited for.
type Want string

// The kinds of reply.
const (
	WantAnswer  Want = "answer"  // text
	WantFile    Want = "file"    // the channel sends a file, or a word of conversation
	WantYesNo   Want = "yes-no"  // one more entry, are the answers right, do you consent
	WantNothing Want = "nothing" // the form has stopped: only going back and changing are left
)

// Heard is what a reply means.
type Heard struct {
	Dialogue Dialogue
	Says     string         // to be said before the next turn: what was not understood, help; empty: nothing
	Answers  map[string]any // for form.BindJSON; nil: nothing to keep
	Files    []string       // a reply to a question for files, as it was typed: what it names is the channel's
	Act      Act
}

// Act is what the person wants beside answering.
type Act string

// The acts.
const (
	None   Act = ""
	Submit Act = "submit" // the answers were read back, found right and confirmed as true
	Stop   Act = "stop"   // enough for now: the answers stay where they are
)

// Sent is what is said when the application is in.
func Sent(l lang.Language, number string) string { return say(l, "talk.sent", "number", number) }

// Hello is what is said before the first question.
func Hello(in form.Input) string {
	out := in.Service.Title.In(in.Lang) + "\n" + in.Service.Summary.In(in.Lang)
	if in.Service.Form.Minutes > 0 {
		out += "\n" + say(in.Lang, "talk.minutes", "count", in.Service.Form.Minutes)
	}
	return out + "\n" + say(in.Lang, "talk.hello")
}
