package mandate

import (
	"context"
	"slices"
	"time"

	"posad.city/core/account"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Topic is under what changes of mandates are announced on the feed; the holder is the giver, the object the mandate.
const Topic = "mandate.changed"

// EventGiven is the event of a mandate that came to be or ended: the holder is the giver, the object the mandate.
const EventGiven = "mandate.given"

// Kind says what a mandate rests on.
type Kind string

// Parent is the law's mandate of a parent for a minor child.
const Parent Kind = "parent"

// The scopes: what a mandate lets one do.
const (
	ScopeApply = "apply" // apply for services, upload, answer, withdraw
	ScopeRead  = "read"  // see cases, documents and messages
	ScopePay   = "pay"   // pay charges
)

// Scopes lists what a kind of mandate lets one do.
func (k Kind) Scopes() []string {
	if k == Parent {
		return []string{ScopeApply, ScopeRead, ScopePay}
	}
	return nil
}

// AdultAge is the age at which a parent's mandate ends (Civil Code of the Russian Federation, art. 21).
const AdultAge = 18

// Mandate is one right to act for another.
type Mandate struct {
	ID     id.ID
	Giver  id.ID // who is acted for
	Taker  id.ID // who acts
	Kind   Kind
	Scopes []string
	Source string        // locale key of where it comes from: mandate.source.family_register
	Since  time.Time     // when the city learnt of it
	Ends   calendar.Date // the first day on which it does not hold
	Ended  time.Time     // when it was ended before its day; zero: it was not
}

// Holds tells whether the mandate covers the scope on the day.
func (m Mandate) Holds(scope string, today calendar.Date) bool {
	return m.Ended.IsZero() && today.Before(m.Ends) && slices.Contains(m.Scopes, scope)
}

// Child is a child for whom the reader may act.
type Child struct {
	Mandate id.ID
	Person  account.Person
	Scopes  []string
	Source  string
	Since   time.Time
	Ends    calendar.Date
}

// Relative is a child of a person, confirmed by the family register.
type Relative struct {
	Name  lang.Name
	Birth calendar.Date
	SNILS string
}

// FamilyFacts asks the family register for a person's children; core/exchange gives one. It returns within the context's
// time; an error means that the register did not answer. ask names the question for ever.
type FamilyFacts interface {
	Children(ctx context.Context, parent account.Person, ask id.ID) ([]Relative, error)
}

// Parenthood brings in a mandate that comes with the city: the demo's families, from the family register's facts.
type Parenthood struct {
	Parent id.ID
	Child  id.ID
	Birth  calendar.Date // of the child
}

// The faults of this module.
var (
	ErrRegister = fault.New(fault.Unavailable, "mandate.register_down")
	ErrStanding = fault.New(fault.Assurance, "mandate.confirm_first")
	ErrEnded    = fault.New(fault.Denied, "mandate.ended")
)
