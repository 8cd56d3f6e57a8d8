package agency

import (
	"context"
	"slices"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Topic is under what changes of roles are announced on the feed; the holder is the agency, the object the person.
const Topic = "agency.official"

// City is the key of the agency whose role Admin rules the whole city.
const City = "city"

// Role is what an official may do in their agency.
type Role string

// The roles.
const (
	Clerk   Role = "clerk"   // receives people and papers, decides nothing
	Officer Role = "officer" // works cases and decides them
	Head    Role = "head"    // an officer who also sees the work of others and moves cases between them
	Admin   Role = "admin"   // the city's administrator; only in the agency City
)

// Roles lists the roles that an agency may give. Admin is among them for the agency City only.
func Roles(agency id.ID) []Role {
	if agency == ID(City) {
		return []Role{Clerk, Officer, Head, Admin}
	}
	return []Role{Clerk, Officer, Head}
}

// Official is a person's role in an agency.
type Official struct {
	Person id.ID
	Agency id.ID
	Role   Role
	Queues []string // keys of the queues that the official works; none: every queue of the agency
	Since  time.Time
}

// Works tells whether the official works the queue.
func (o Official) Works(queue string) bool {
	return len(o.Queues) == 0 || slices.Contains(o.Queues, queue)
}

// ID is the agency of a key, the same on every machine.
func ID(key string) id.ID { return id.Derived("agency", key) }

// Directory finds people for the administrator; core/account is one.
type Directory interface {
	// Find returns the person who signs in with the e-mail or phone, or ErrNobody.
	Find(ctx context.Context, contact string) (id.ID, error)
	// Names returns the names of the people; the look is recorded for each of them.
	Names(ctx context.Context, a act.Act, what string, people ...id.ID) (map[id.ID]lang.Name, error)
}

// Agencies says what agencies the published city has; core/service is one.
type Agencies interface {
	// Agencies lists keys and titles in the order of the city's data.
	Agencies(l lang.Language) []Named
}

// Named is an agency by its key and in words.
type Named struct {
	Key   string `json:"key"`
	Title string `json:"title"`
}

// The faults of this module.
var (
	ErrRole   = fault.New(fault.Invalid, "agency.unknown_role")
	ErrAgency = fault.New(fault.Invalid, "agency.unknown_agency")
	ErrNobody = fault.New(fault.Missing, "agency.nobody")
	ErrLast   = fault.New(fault.Conflict, "agency.last_admin")
)
