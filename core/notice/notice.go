package notice

import (
	"context"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/mail"

	"posad.city/core/account"
)

// The events of notices that start a term. Holder is the notice's Holder, Object its Case, Version its Version.
const (
	// EventReached: a provider has taken the notice, or the person has opened it, whichever was first; once a notice.
	EventReached = "notice.reached"
	// EventUnreached: every channel that the person has failed for good, or they have none. It may still be read later.
	EventUnreached = "notice.unreached"
)

// Topic is what a person switches a channel on or off for.
type Topic string

// The topics.
const (
	Cases     Topic = "cases"     // steps of applications; the topic of a notice that names none
	Money     Topic = "money"     // bills and payments
	Documents Topic = "documents" // results and their terms
	Security  Topic = "security"  // changes of the account itself: they go out whatever was chosen
)

// Topics lists the topics that a person may choose about, in the order of the page.
func Topics() []Topic { return []Topic{Cases, Money, Documents} }

// Channel is a way out of the account.
type Channel string

// The channels.
const (
	Email Channel = "email"
	SMS   Channel = "sms"
)

// Channels lists the channels in the order in which they are tried.
func Channels() []Channel { return []Channel{Email, SMS} }

// Notice is what somebody is to be told.
type Notice struct {
	Key     string // names it for ever among the person's notices, for example casework.decided/<case>/<version>; at most 200 bytes, nothing personal
	To      id.ID  // the person who is told: it lies in their inbox
	Holder  id.ID  // in whose account the case lies; zero: To
	Case    id.ID  // zero: about no case
	Version int64  // of the case, for the events; a listener drops a stale one
	Topic   Topic  // empty: Cases
	Starts  bool   // a term starts when it reaches the person

	// Kind is a locale key that has .title and .text under it, and .action when the button has words of its own. It is
	// kept plain, and is compulsory.
	Kind   string
	Params map[string]any // arguments of the texts: what lang.Catalogue.Text takes
	// Title, Text and Action are a service's own words, which win over those of Kind, each by itself. In Text an empty line
	// parts paragraphs.
	Title  lang.Text
	Text   lang.Text
	Action lang.Text // of the button; empty: "Open"
	Path   string    // local path that the button leads to, for example /cases/…; empty: the message itself

	// Lang is the language of the letter for a person who has chosen none; empty: Russian.
	Lang lang.Language
}

// Message is a notice as its person reads it.
type Message struct {
	ID      id.ID
	Kind    string
	Holder  id.ID
	Case    id.ID // zero: about no case
	Topic   Topic
	Title   lang.Text
	Text    lang.Text // empty in lists
	Action  lang.Text // empty in lists
	Path    string
	Made    time.Time
	Read    time.Time // zero: not yet
	Reached time.Time // first proof of having reached the person; zero: none yet
	Sent    []Delivery
}

// Page is a part of an inbox, newest first.
type Page struct {
	Messages []Message
	Next     id.ID // Before for the next page; zero: that was the last
}

// State is how far a delivery has come.
type State string

// The states of a delivery.
const (
	Queued State = "queued"
	Handed State = "handed" // the provider has taken it
	Failed State = "failed"
)

// Failure is why a delivery failed.
type Failure string

// The kinds of failure.
const (
	Temporary Failure = "temporary" // the provider was down for every try
	Permanent Failure = "permanent" // the provider does not take our letters: its or our configuration is wrong
	Refused   Failure = "refused"   // the address does not take letters: the person should give another one
	NoAddress Failure = "noaddress" // the person has taken the address out of the account meanwhile
)

// Delivery is one sending of a notice by one channel.
type Delivery struct {
	ID      id.ID // also the letter's Message-ID and the SMS's name at the gateway
	Channel Channel
	State   State
	Failure Failure // with Failed
	Code    int     // SMTP's or HTTP's answer with a failure; 0: none came
	Tries   int
	Receipt string // what the provider calls it, with Handed
	Instead id.ID  // the failed delivery in whose place this one is; zero: a first choice
	Made    time.Time
	Ended   time.Time // zero while queued
}

// Wish is what a person wants of one topic.
type Wish struct {
	Topic Topic
	Email bool
	SMS   bool
}

// Mailer hands letters over; *mail.Sender is one.
type Mailer interface {
	// Send returns nil when the letter was taken, else a *mail.Failure. The same letter may come again.
	Send(ctx context.Context, m mail.Message) error
}

// Texter hands SMS over; *Gateway is one.
type Texter interface {
	// SendText returns the provider's receipt, or a *TextFailure. The same id may come again and is then one SMS.
	SendText(ctx context.Context, message id.ID, to, text string) (string, error)
}

// People is what the module asks of core/account.
type People interface {
	Person(ctx context.Context, a act.Act, what string, person id.ID) (account.Person, error)
}

// Bounds.
const (
	// KeyMost is the longest Notice.Key in bytes.
	KeyMost = 200
	// PathMost is the longest Notice.Path in bytes.
	PathMost = 300
	// SendTries is how often a delivery is tried before it is given up: about four hours.
	SendTries = 16
	// UnreadMost is where counting stops.
	UnreadMost = 99
)

// The faults of this module.
var (
	ErrNone  = fault.New(fault.Missing, "notice.none")
	ErrTopic = fault.New(fault.Invalid, "notice.unknown_topic")
)
