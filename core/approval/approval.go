package approval

import (
	"encoding/json"
	"fmt"
	"time"

	"posad.city/core/approval/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Topic of the feed: a question was put to somebody, or answered. The holder is the person, the object the question.
const Topic = "approval.changed"

// Kind is what a question is asked by.
type Kind string

// The kinds.
const (
	QR     Kind = "qr"     // whoever reads the code answers, for their own account
	First  Kind = "first"  // the owner of a contact is asked
	Second Kind = "second" // the owner of an account whose first step was passed, or who is signed in already
)

// State is how far a question has come.
type State string

// The states.
const (
	Waiting  State = "waiting"
	Approved State = "approved" // the browser that began may take it
	Refused  State = "refused"
	Used     State = "used"
)

// How long things live and how often they may be done.
const (
	Life     = 3 * time.Minute // of a question
	TakeLife = time.Minute     // from the yes until the browser that began must have taken it
	MuteLife = 24 * time.Hour  // how long "these are not me" leaves a person alone

	strangersMost = 5  // questions an hour to one account from browsers that it was never signed in by
	friendsMost   = 30 // the same from those that it was
	beginsMost    = 60 // questions begun in a quarter of an hour from one network address
	devicesMost   = 10 // browsers with approvals on, an account
)

// The faults of this module.
var (
	ErrOver    = fault.New(fault.Gone, "approval.over")
	ErrMissing = fault.New(fault.Missing, "approval.missing")
	ErrSame    = fault.New(fault.Conflict, "approval.same_browser")
	ErrNumber  = fault.New(fault.Invalid, "approval.choose")
	ErrCentre  = fault.New(fault.Denied, "approval.centre")
	ErrMany    = fault.New(fault.Conflict, "approval.many_devices")
	ErrPush    = fault.New(fault.Invalid, "approval.wrong_subscription")
	errFresh   = fault.New(fault.Assurance, "web.fresh") // kit/web sends to where a person proves themselves once more
)

// question is a row with what lies sealed in it.
type question struct {
	approvaldb.Approval
	asked asked
}

// asked is what the browser that began says, sealed.
type asked struct {
	Browser string `json:"browser,omitempty"` // "Firefox, Linux"
	Device  []byte `json:"device,omitempty"`  // what the account recognises it by
	Six     bool   `json:"six,omitempty"`     // it came by IPv6
	Contact string `json:"contact,omitempty"` // of First
	Account id.ID  `json:"account,omitzero"`  // of Second
	Person  id.ID  `json:"person,omitzero"`
}

func (a asked) text() ([]byte, error) {
	out, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("approval: write a question: %w", err)
	}
	return out, nil
}

// open tells whether the question still waits for an answer.
func (q question) open(now time.Time) bool { return State(q.State) == Waiting && q.Until.After(now) }

// approver is who answers, and by what.
type approver struct {
	person  id.ID
	account id.ID
	way     id.ID     // the browser's own way, zero for none
	level   act.Level // of the session; Standard when only the browser is known
	strong  bool      // the session's
	signed  bool      // there is a session
	fresh   bool      // it was proved within act.Lately
	visit   []byte    // keyed, to tell the browser that asks from the one that answers
	act     act.Act
}
