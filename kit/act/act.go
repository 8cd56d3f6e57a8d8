// Package act says who does what, for whom, why and how: the one parameter that every change and every look carries.
//
// An Act is made at an edge (a request, a job, a command) and passed down explicitly; it is never in a context and never
// global. An Operation says which acts may be done by whom: it is registered once, pages and JSON routes hang on it, and
// a generated matrix tests every operation against every role and relation. A Look is the record of a read of personal
// data, which the person it is about sees.
//
// The package owns no storage: kit/store keeps looks, core/account keeps sessions, core/mandate keeps mandates.
package act

import (
	"slices"

	"posad.city/kit/id"
)

// Kind of an actor.
type Kind string

// The kinds of actor.
const (
	Nobody   Kind = "nobody"   // not signed in
	Person   Kind = "person"   // a resident, for themselves or under a mandate
	Official Kind = "official" // a person acting for an agency
	Agency   Kind = "agency"   // another agency's system, by exchange
	Program  Kind = "program"  // an agency's own program, by a key that the agency made
	System   Kind = "system"   // Posad itself: a job, a rule
)

// Channel is how an act came in.
type Channel string

// The channels.
const (
	Web     Channel = "web"
	API     Channel = "api"
	Desk    Channel = "desk"
	Centre  Channel = "centre"
	Job     Channel = "job"
	Command Channel = "command"
)

// Level is how sure the city is of who the actor is.
type Level int

// The levels of assurance, each including those below it.
const (
	Anonymous Level = 0 // nobody signed in
	Basic     Level = 1 // self-registered: a confirmed phone or e-mail
	Standard  Level = 2 // personal data checked against the population register
	Verified  Level = 3 // identity proved in person, by an outside e-ID or a certificate
)

// Actor is who acts.
type Actor struct {
	Kind   Kind
	Person id.ID  // zero for Nobody, System, Agency and Program
	Agency id.ID  // the agency acted for, for Official, Agency and Program
	Role   string // the official's role in that agency
}

// Purpose is why: the case or the service that an act or a look serves.
type Purpose struct {
	Kind string // "case", "service", "account" or "" for none
	ID   string // a case's id, a service's key; empty for none
}

// Use is what a mandate is used for in an act: what the mandate must cover when the act is carried out, and what its
// trace says.
type Use struct {
	Operation string // name of the operation, for the trace
	Scope     string // that the mandate must have: "apply"; an act under a mandate without one is refused
	Service   string // key of the service that it must cover; empty: only a mandate for all services covers it
}

// Act is who does what for whom, why and how. It is immutable once made; copies are cheap.
type Act struct {
	ID        id.ID // fresh for each request, job or command; the outside's idempotency hangs on it
	Actor     Actor
	Holder    id.ID   // in whose account the act lies; equals Actor.Person when one acts for oneself
	Mandate   id.ID   // by which mandate one acts for Holder; zero when for oneself
	Use       Use     // what the mandate is used for; zero when one acts for oneself
	Also      []id.ID // persons who were merged into the actor's: what is theirs is the actor's own
	Assurance Level
	Purpose   Purpose
	Channel   Channel
	Session   id.ID
	Key       id.ID  // of a program: the key that it showed
	Test      bool   // by a sandbox key: what it makes is a trial, what is real is not there for it
	Request   string // reference in the request log
	Lang      string // "ru" or "en": the language in which an answer is wanted
}

// ForCase returns a copy whose purpose is the case.
func (a Act) ForCase(caseID id.ID) Act {
	a.Purpose = Purpose{Kind: "case", ID: caseID.String()}
	return a
}

// ForService returns a copy whose purpose is the service.
func (a Act) ForService(key string) Act {
	a.Purpose = Purpose{Kind: "service", ID: key}
	return a
}

// For returns a copy whose holder is another one, acted for by the mandate. Using says what the mandate is used for.
func (a Act) For(holder, mandate id.ID) Act {
	a.Holder, a.Mandate = holder, mandate
	if mandate.IsZero() {
		a.Use = Use{}
	}
	return a
}

// Using returns a copy that uses the act's mandate in the scope for the service.
func (a Act) Using(scope, service string) Act {
	a.Use.Scope, a.Use.Service = scope, service
	return a
}

// Own tells whether a look at the person by this act is a look at oneself, which leaves no record: the person's own
// session, no official's role, no mandate, and no service centre, where an official sees the screen too.
func (a Act) Own(person id.ID) bool {
	return a.Actor.Kind == Person && a.Is(person) && a.Channel != Centre
}

// Is tells whether the actor is the person, whatever hat is on: by their id, or by that of one who was merged into them.
func (a Act) Is(person id.ID) bool {
	return !person.IsZero() && (a.Actor.Person == person || slices.Contains(a.Also, person))
}

// Selves are the ids in whose accounts the actor's own things lie: theirs first, then of those merged into them. A list
// of somebody's own reads each of them.
func (a Act) Selves() []id.ID {
	if a.Actor.Person.IsZero() {
		return nil
	}
	return append([]id.ID{a.Actor.Person}, a.Also...)
}

// Records are the ids under which a person's things lie, as far as the act knows: all of the actor's own when it is the
// actor, else the person's alone. Whatever lists a person's things reads each of them.
func (a Act) Records(person id.ID) []id.ID {
	if person == a.Actor.Person {
		return a.Selves()
	}
	return []id.ID{person}
}

// ByJob returns the act of Posad itself carrying out something for a purpose.
func ByJob(actID id.ID, purpose Purpose) Act {
	return Act{ID: actID, Actor: Actor{Kind: System}, Purpose: purpose, Channel: Job, Assurance: Verified}
}
