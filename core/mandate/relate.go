package mandate

import (
	"context"
	"errors"
	"slices"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Relator tells kit/web how an actor stands to an object.
func (m *Module) Relator() web.Relator { return relator{m} }

type relator struct{ m *Module }

// Relate implements web.Relator. Nobody decides their own case: an official whom the object is about is Self to it and
// nothing else, whatever hat they wear.
func (r relator) Relate(ctx context.Context, a act.Act, object act.Object, scope string) (web.Tie, error) {
	tie, known := standing(a, object)
	if known || a.Actor.Kind != act.Person || scope == "" || object.Holder.IsZero() {
		return tie, nil
	}
	held, err := r.held(ctx, a.Selves(), object, scope)
	if errors.Is(err, store.ErrNone) {
		return tie, nil
	}
	if err != nil {
		return web.Tie{}, err
	}
	return web.Tie{Relation: act.ByMandate, Mandate: held}, nil
}

// standing is what the act and the object tell without a look at mandates. False: a mandate may tell more.
func standing(a act.Act, o act.Object) (web.Tie, bool) {
	switch a.Actor.Kind {
	case act.Person, act.Official:
	case act.Agency:
		return agencyTo(a, o), true
	case act.Program:
		return programTo(a, o), true
	default:
		return web.Tie{Relation: act.Unsigned}, true
	}
	self := a.Is(o.Holder) || slices.ContainsFunc(o.Persons, a.Is)
	switch {
	case self:
		return web.Tie{Relation: act.Self}, true
	case a.Actor.Kind == act.Official:
		return web.Tie{Relation: officialTo(a, o)}, true
	case o.Kind == "":
		return web.Tie{Relation: act.Self}, true
	}
	return web.Tie{Relation: act.Stranger}, false
}

func officialTo(a act.Act, o act.Object) act.Relation {
	var out act.Relation
	if a.Actor.Role == string(agency.Admin) && a.Actor.Agency == agency.ID(agency.City) {
		out |= act.Admin
	}
	switch {
	case o.Kind == "", o.Agency == a.Actor.Agency:
		out |= act.SameAgency
	default:
		out |= act.OtherAgency
	}
	if o.Assigned == a.Actor.Person && out&act.SameAgency != 0 && o.Kind != "" {
		out |= act.Assigned
	}
	return out
}

// agencyTo is how another agency's system stands to an object.
func agencyTo(a act.Act, o act.Object) web.Tie {
	if o.Kind == "" || o.Agency == a.Actor.Agency {
		return web.Tie{Relation: act.SameAgency}
	}
	return web.Tie{Relation: act.OtherAgency}
}

// programTo is how an agency's program stands to an object. The sandbox and what is real do not see each other.
func programTo(a act.Act, o act.Object) web.Tie {
	if o.Kind == "" || o.Agency == a.Actor.Agency && o.Test == a.Test {
		return web.Tie{Relation: act.OwnProgram}
	}
	return web.Tie{Relation: act.OtherAgency}
}

// held finds a mandate that any of the taker's records has.
func (r relator) held(ctx context.Context, takers []id.ID, object act.Object, scope string) (id.ID, error) {
	var out id.ID
	err := r.m.base.Store.Read(ctx, func(s *store.Snapshot) error {
		for _, taker := range takers {
			var err error
			if out, err = r.m.Holds(s, object.Holder, taker, scope, object.Service); !errors.Is(err, store.ErrNone) {
				return err
			}
		}
		return store.ErrNone
	})
	return out, err
}
