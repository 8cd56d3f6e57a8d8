package casework

import (
	"context"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Aide is what the desk is told by core/desk, which comes later: what officials can do, who is away, and the texts that
// they insert.
type Aide interface {
	// Scope is what an official takes today, and for whom they stand in.
	Scope(ctx context.Context, office, official id.ID) (Scope, error)
	// Templates are the texts of an agency for a kind (question, refusal) and a service, those of every service too.
	Templates(ctx context.Context, office id.ID, kind, service string) ([]Template, error)
}

// The kinds of templates.
const (
	TemplateQuestion = "question"
	TemplateRefusal  = "refusal"
)

// Scope is what an official takes.
type Scope struct {
	Skills    []string // keys; none: only what needs no skill
	Districts []string // keys; none: every district
	For       []id.ID  // colleagues who are away and for whom the official stands in: their cases in hand are theirs to take
	Away      bool     // nothing new is given to them
}

// conditions narrow the list to what fits: work that needs no skill or one of theirs, and, of what nobody has, that of
// their districts or of none.
func (s Scope) conditions() []store.Cond {
	out := []store.Cond{{Filter: "skill", Values: anys(append([]string{""}, s.Skills...))}}
	if len(s.Districts) > 0 {
		out = append(out, store.Cond{Filter: "for_district", Values: anys(append([]string{""}, s.Districts...))})
	}
	return out
}

// Template is a text that officials insert. {number}, {name} and {due} are filled in.
type Template struct {
	ID          id.ID
	Kind        string
	Service     string // key; empty: every service
	Title, Text lang.Text
	Revision    int64
}

// Assist gives the module what core/desk knows. Call it while modules are provisioned.
func (m *Module) Assist(a Aide) { m.aide = a }

// scopeOf is what an official takes; everything, where nobody says more.
func (m *Module) scopeOf(ctx context.Context, office, official id.ID) (Scope, bool, error) {
	if m.aide == nil {
		return Scope{}, false, nil
	}
	s, err := m.aide.Scope(ctx, office, official)
	return s, true, err
}

// The faults of giving a case to somebody.
var (
	ErrHeadOnly  = fault.New(fault.Denied, "casework.desk.head_only")   // only the head gives cases to others
	ErrAway      = fault.New(fault.Conflict, "casework.desk.away")      // nothing new is given to whoever is away
	ErrUnfit     = fault.New(fault.Conflict, "casework.desk.unfit")     // they have not the skill, or not the district
	ErrElsewhere = fault.New(fault.Conflict, "casework.desk.elsewhere") // they work other queues
	ErrNoWorker  = fault.New(fault.Invalid, "casework.desk.no_worker")  // no such official in the agency, or one who decides nothing
)

// freeDistrict is the district of a task that nobody has.
func (k *known) freeDistrict(t *caseworkdb.Task) string {
	if !t.Official.IsZero() {
		return ""
	}
	return k.district()
}

// fits makes sure that a case may be given to an official: they work its queue and decide, have its skill, and are here.
func (m *Module) fits(ctx context.Context, k *known, t *caseworkdb.Task, to id.ID) error {
	if m.deps.Officials != nil {
		roles, err := m.deps.Officials.OfficialOf(ctx, to)
		if err != nil {
			return err
		}
		if err := worker(roles, t); err != nil {
			return err
		}
	}
	scope, known, err := m.scopeOf(ctx, t.Agency, to)
	if err != nil || !known {
		return err
	}
	if scope.Away {
		return ErrAway
	}
	return scope.can(t)
}

// can makes sure that the scope has the skill of a task. A district only sorts the work: anybody may have a case of another.
func (s Scope) can(t *caseworkdb.Task) error {
	if t.Skill != "" && !has(s.Skills, t.Skill) {
		return ErrUnfit
	}
	return nil
}

// skilled makes sure that an official has the skill of a task, where anybody knows.
func (m *Module) skilled(ctx context.Context, official id.ID, t *caseworkdb.Task) error {
	scope, known, err := m.scopeOf(ctx, t.Agency, official)
	if err != nil || !known {
		return err
	}
	return scope.can(t)
}

// worker makes sure that one of the roles lets work the task.
func worker(roles []agency.Official, t *caseworkdb.Task) error {
	for _, role := range roles {
		switch {
		case role.Agency != t.Agency || role.Role == agency.Clerk:
		case !role.Works(t.Queue):
			return ErrElsewhere
		default:
			return nil
		}
	}
	return ErrNoWorker
}

func has[T comparable](list []T, one T) bool {
	for _, other := range list {
		if other == one {
			return true
		}
	}
	return false
}
