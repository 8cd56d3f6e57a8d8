package act

import (
	"fmt"
	"slices"
	"time"

	"posad.city/kit/id"
)

// Relation is how the actor stands to the object of an operation. It is found from the object returned, never from the
// route.
type Relation uint16

// The relations. An operation lists those that may; the matrix test tries all of them.
const (
	Unsigned    Relation = 1 << iota // nobody is signed in
	Self                             // the object lies in the actor's own account
	ByMandate                        // the actor has a mandate of the object's holder with the operation's scope
	Assigned                         // the official to whom the object is assigned
	SameAgency                       // an official of the agency that the object belongs to
	OtherAgency                      // an official of another agency
	Stranger                         // a signed-in person with no tie to the object
	Admin                            // a city administrator
	OwnProgram                       // a program of the agency that the object belongs to, by a key with the operation's Key
)

// Everyone is every relation of people: the operation is public. A program's key is for what names it.
const Everyone = Unsigned | Self | ByMandate | Assigned | SameAgency | OtherAgency | Stranger | Admin

// SignedIn is every relation but Unsigned.
const SignedIn = Everyone &^ Unsigned

// Relations lists the single relations in order, for the matrix.
func Relations() []Relation {
	return []Relation{Unsigned, Self, ByMandate, Assigned, SameAgency, OtherAgency, Stranger, Admin, OwnProgram}
}

// String names the single relations in r.
func (r Relation) String() string {
	names := []string{"unsigned", "self", "mandate", "assigned", "same agency", "other agency", "stranger", "admin", "own program"}
	out := ""
	for i, one := range Relations() {
		if r&one != 0 {
			if out != "" {
				out += ", "
			}
			out += names[i]
		}
	}
	return out
}

// Lately is how lately a person must have shown that they are there for what can do them much harm: Operation.Fresh of a
// change of how one signs in, of a mandate, of an erasure.
const Lately = 15 * time.Minute

// Operation is one thing that can be done, registered once. Security hangs on it: session, origin check, limits,
// timeout, rate and permission are put on when it is registered, not in handlers.
type Operation struct {
	Name      string        // <module>.<verb>, unique, for example casework.decide
	Object    string        // kind of object: "case", "draft", "account", "" where there is none yet
	May       Relation      // the relations that may
	Scope     string        // the mandate's scope that ByMandate needs, for example "apply"
	Key       string        // what a program's key must be for, which OwnProgram needs: "charges:write"
	Assurance Level         // the least level of sign-in
	Strong    bool          // two factors are needed
	Fresh     time.Duration // how lately the person must have shown that they are there, by both steps if they chose two; 0: since the session began is enough
	Look      string        // kind of look that the operation makes at the object's person; empty for none
	Changes   bool          // true when it changes data: origin check, POST only on pages
	Body      int64         // largest body, bytes; 0 means 64 KiB
	Timeout   time.Duration // 0 means 10 s
	PerMinute int           // requests a minute from one address or person; 0 means the common limit
	// NotAtCentre keeps the operation out of a visit to a service centre, where an official has the keyboard. What asks for
	// a strong or a fresh sign-in is kept out without saying so.
	NotAtCentre bool
}

// AtCentre tells whether the operation may be done in a visit to a service centre.
func (o Operation) AtCentre() bool { return !o.NotAtCentre && !o.Strong && o.Fresh == 0 }

// Object is what an operation is done to, as permission sees it. Types that are read or changed implement it or are
// turned into one.
type Object struct {
	Kind     string
	Holder   id.ID   // in whose account it lies
	Service  string  // key of the service that it belongs to; empty for none: then only a mandate for all services covers it
	Persons  []id.ID // the other persons whose account it also lies in (the applicant for a child's case)
	Agency   id.ID   // the agency that works on it; zero for none
	Assigned id.ID   // the official who has it; zero for none
	Public   bool    // lies open to all, whatever the relation
	Test     bool    // made by a sandbox key: among programs it is there for sandbox keys alone
}

// Registry is the list of operations of the running program. It is filled while modules are provisioned and read-only
// after.
type Registry struct {
	list []Operation
}

// Add registers an operation and returns it, or fails on a second one of the same name or one that nobody may do.
func (r *Registry) Add(op Operation) (Operation, error) {
	if op.Name == "" || op.May == 0 {
		return op, fmt.Errorf("act: operation %q: a name and at least one relation are needed", op.Name)
	}
	if slices.ContainsFunc(r.list, func(o Operation) bool { return o.Name == op.Name }) {
		return op, fmt.Errorf("act: operation %q is registered twice", op.Name)
	}
	if op.May&ByMandate != 0 && op.Scope == "" {
		return op, fmt.Errorf("act: operation %q may be done by mandate but names no scope", op.Name)
	}
	if (op.May&OwnProgram != 0) != (op.Key != "") {
		return op, fmt.Errorf("act: operation %q: what programs may do and what their keys must be for go together", op.Name)
	}
	if op.Key != "" && (op.Strong || op.Fresh > 0) {
		return op, fmt.Errorf("act: operation %q asks for a person who is there: no program is", op.Name)
	}
	r.list = append(r.list, op)
	return op, nil
}

// All returns the registered operations, ordered by name.
func (r *Registry) All() []Operation {
	out := slices.Clone(r.list)
	slices.SortFunc(out, func(a, b Operation) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
