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

// The kinds.
const (
	Parent   Kind = "parent"   // the law's, of a parent for a minor child, by the family register
	Guardian Kind = "guardian" // of a guardian for a ward, by the family register or the guardianship agency
	Helper   Kind = "helper"   // given by one adult to another
	Company  Kind = "company"  // given by an organisation to one of its staff
)

// The scopes: what a mandate lets one do.
const (
	ScopeRead  = "read"  // see cases, documents and messages
	ScopeApply = "apply" // apply for services, upload, answer, withdraw
	ScopePay   = "pay"   // pay charges
	ScopeStaff = "staff" // give and take away the organisation's mandates; Company alone
)

// Scopes lists what a mandate of a kind may let one do.
func (k Kind) Scopes() []string {
	switch k {
	case Parent, Guardian, Helper:
		return []string{ScopeApply, ScopeRead, ScopePay}
	case Company:
		return []string{ScopeApply, ScopeRead, ScopePay, ScopeStaff}
	}
	return nil
}

// ByLaw tells whether a mandate rests on the law: neither side can give it up, only a register or an official ends it.
func (k Kind) ByLaw() bool { return k == Parent || k == Guardian }

// AdultAge is the age at which a parent's mandate ends (Civil Code of the Russian Federation, art. 21).
const AdultAge = 18

// Bounds of what people give each other.
const (
	OfferLife    = 14 * 24 * time.Hour // how long an offer waits for its answer
	TermMost     = 5                   // years that a mandate given by a person may last
	OffersMost   = 20                  // offers that one person may make in a day
	ServicesMost = 50                  // services that one mandate may name
	CapMost      = 100_000_000_00      // kopecks: a bound against slips of the finger
)

// Mandate is one right to act for another.
type Mandate struct {
	ID       id.ID
	Giver    id.ID // who is acted for: a person or an organisation
	Taker    id.ID // who acts
	Kind     Kind
	Scopes   []string
	Services []string      // keys of the services that it covers; none: all
	Source   string        // locale key of where it comes from: mandate.source.family_register
	GivenBy  id.ID         // who gave it, where that is not the giver: an official, one of a company's staff
	Since    time.Time     // when the city learnt of it
	Begins   calendar.Date // the first day on which it holds; zero: it holds at once
	Ends     calendar.Date // the first day on which it does not hold
	Ended    time.Time     // when it was ended before its day; zero: it was not
	EndedBy  id.ID         // who ended it; zero: a register did
	Version  int64
}

// Live tells whether the mandate holds on the day, for whatever it was given.
func (m Mandate) Live(today calendar.Date) bool {
	return m.Ended.IsZero() && !today.Before(m.Begins) && today.Before(m.Ends)
}

// Allows tells whether the mandate lets its taker act in the scope for the service, whatever the day. An empty service is
// all that belongs to no service: only a mandate for all services allows it.
func (m Mandate) Allows(scope, service string) bool {
	return slices.Contains(m.Scopes, scope) && (len(m.Services) == 0 || slices.Contains(m.Services, service))
}

// Covers tells whether the mandate lets its taker act in the scope for the service on the day.
func (m Mandate) Covers(scope, service string, today calendar.Date) bool {
	return m.Live(today) && m.Allows(scope, service)
}

// Services are the services that mandates cover between them, for asking permission of a list: "" alone when one of them is
// for all, or when there is none.
func Services(list []Mandate) []string {
	var out []string
	for _, one := range list {
		if len(one.Services) == 0 {
			return []string{""}
		}
		out = append(out, one.Services...)
	}
	if len(out) == 0 {
		return []string{""}
	}
	return out
}

// Child is a child or ward for whom the reader may act.
type Child struct {
	Mandate id.ID
	Person  account.Person
	Scopes  []string
	Source  string
	Since   time.Time
	Ends    calendar.Date
}

// Principal is somebody for whom the reader may act now.
type Principal struct {
	Mandate
	Person account.Person // for a person
	Title  string         // for an organisation
}

// Called is the name of whom one acts for.
func (p Principal) Called(l lang.Language) string {
	if p.Kind == Company {
		return p.Title
	}
	return p.Person.Name.Full(l)
}

// Relative is a child of a person, or their ward, confirmed by the family register.
type Relative struct {
	Name  lang.Name
	Birth calendar.Date
	SNILS string
	Ward  bool          // the person is the guardian, not the parent
	Until calendar.Date // of a ward: the last day of the guardianship; zero: until it is ended, or the ward is of age
}

// FamilyFacts asks the family register for a person's children and wards; core/exchange gives one. It returns within the
// context's time; an error means that the register did not answer. ask names the question for ever.
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
	ErrBeyond   = fault.New(fault.Denied, "mandate.beyond")     // it does not cover what was to be done
	ErrEach     = fault.New(fault.Denied, "mandate.each_most")  // one payment is larger than the mandate lets
	ErrCap      = fault.New(fault.Denied, "mandate.cap_most")   // all payments would be larger than the mandate lets
	ErrNone     = fault.New(fault.Missing, "mandate.none")      // no such mandate or offer, or not for this person
	ErrOver     = fault.New(fault.Conflict, "mandate.over")     // the offer was answered, taken back or is too old
	ErrByLaw    = fault.New(fault.Denied, "mandate.by_law")     // nobody gives up a mandate of the law
	ErrFields   = fault.New(fault.Invalid, "mandate.fields")    // Fields say what is wrong
	ErrOften    = fault.New(fault.TooMany, "mandate.too_often") // more offers than a person makes in a day
	ErrNobody   = fault.New(fault.Invalid, "mandate.nobody")    // an official named somebody whom the city does not know
)
