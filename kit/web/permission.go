package web

import (
	"context"
	"errors"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Tie is how an actor stands to an object.
type Tie struct {
	Relation act.Relation // every relation that holds; at least one
	Mandate  id.ID        // by which ByMandate holds; zero when it does not
}

// Relator finds how actors stand to objects, from mandates and agencies. It is safe for concurrent use.
type Relator interface {
	// Relate returns every relation of a's actor to the object; scope is what ByMandate needs. For an object with no
	// kind it tells what the actor is on their own: Unsigned, Self for a resident, SameAgency for an official (of
	// theirs), Admin.
	Relate(ctx context.Context, a act.Act, object act.Object, scope string) (Tie, error)
}

// leave is how far the question "may they" has come in a request. A refusal is final: a handler that forgets to look at
// the error of May still cannot answer.
type leave struct {
	asked   bool
	refused error
}

// given is nil when an answer may leave.
func (l leave) given() error {
	if l.refused != nil {
		return l.refused
	}
	if !l.asked {
		return errUnasked
	}
	return nil
}

var errUnasked = errors.New("web: the handler answered without asking May")

// May asks whether the actor may do the operation to the object, which the handler has read. It must be asked, for every
// object that the answer shows or the act changes, before anything is answered; a refusal stays. On success Act carries
// the mandate, and what it is used for, when only a mandate allowed it; the object that was asked for last counts. An
// official who deals with what is their own does so as a person, whatever hat is on: they look at themselves, and a
// parent's mandate is theirs.
func (c *Context) May(object act.Object) error {
	tie, err := c.relate(c.route.Op, object)
	if err == nil {
		err = decide(c.route.Op.Operation, c.act, object, tie)
	}
	if err != nil {
		c.leave.refused = err
		return err
	}
	c.leave.asked = true
	if tie.Relation&c.route.Op.May == act.Self && c.act.Actor.Kind == act.Official {
		c.act.Actor = act.Actor{Kind: act.Person, Person: c.act.Actor.Person}
	}
	own := tie.Relation &^ act.ByMandate & c.route.Op.May
	switch {
	case own == 0 && !tie.Mandate.IsZero():
		c.act = c.act.For(object.Holder, tie.Mandate)
		c.act.Use = act.Use{Operation: c.route.Op.Name, Scope: c.route.Op.Scope, Service: object.Service}
	case !c.act.Mandate.IsZero(): // a mandate that let one to an earlier object has nothing to do with this one
		c.act = c.act.For(c.act.Actor.Person, id.ID{})
	}
	return nil
}

// Can tells whether the actor may do another operation to the object, for showing or hiding a button. It opens nothing.
func (c *Context) Can(op *Op, object act.Object) bool {
	tie, err := c.relate(op, object)
	return err == nil && c.act.Assurance >= op.Assurance && c.placed(op) && decide(op.Operation, c.act, object, tie) == nil
}

// placed tells whether the operation may be done where the person is: a visit to a service centre has less of them.
func (c *Context) placed(op *Op) bool {
	return c.session == nil || c.session.By.IsZero() || op.AtCentre()
}

func (c *Context) relate(op *Op, object act.Object) (Tie, error) {
	if c.session == nil && c.key == nil {
		return Tie{Relation: act.Unsigned}, nil
	}
	tie, err := c.s.deps.Relator.Relate(c.ctx, c.act, object, op.Scope)
	if err != nil {
		return Tie{}, faultRelation.Because(err)
	}
	return tie, nil
}

// decide is the permission itself. A person with no tie to a thing is told that there is none, so that nobody learns
// whose it is or that it exists. What lies open to all may be read whatever the relation, never changed by it.
func decide(op act.Operation, a act.Act, object act.Object, tie Tie) error {
	if a.Actor.Kind == act.Program { // whatever an official of its agency may, a program may what its key is for
		tie.Relation &= act.OwnProgram | act.OtherAgency
		op.May &= act.OwnProgram
	}
	switch {
	case tie.Relation&op.May != 0, object.Public && !op.Changes:
		return nil
	case a.Actor.Kind == act.Nobody:
		return faultUnsigned
	case object.Kind != "" && tie.Relation&^(act.Stranger|act.OtherAgency) == 0:
		return faultMissing
	}
	return faultDenied
}

// breach tells the log and the test that a handler would have answered without permission asked.
func (c *Context) breach(what string) {
	c.s.deps.Log.Error("permission was not asked", "operation", c.route.Op.Name, "route", c.route.Pattern, "what", what, "request", c.reference)
	if c.s.deps.Breach != nil {
		c.s.deps.Breach(c.route.Op.Name, what)
	}
}

// The faults of the edge itself. Their texts are in locale/.
var (
	faultMissing   = fault.New(fault.Missing, "web.missing")
	faultMethod    = fault.New(fault.Missing, "web.method")
	faultDenied    = fault.New(fault.Denied, "web.denied")
	faultUnsigned  = fault.New(fault.Unsigned, "web.unsigned")
	faultToken     = fault.New(fault.Unsigned, "web.token")
	faultKey       = fault.New(fault.Unsigned, "web.key")
	faultNoKeys    = fault.New(fault.Denied, "web.no_keys")
	faultAssurance = fault.New(fault.Assurance, "web.assurance")
	faultStrong    = fault.New(fault.Assurance, "web.strong")
	faultFresh     = fault.New(fault.Assurance, "web.fresh")
	faultCentre    = fault.New(fault.Denied, "web.at_centre")
	faultOrigin    = fault.New(fault.Denied, "web.origin")
	faultStale     = fault.New(fault.Denied, "web.stale_form")
	faultTimeout   = fault.New(fault.Unavailable, "web.timeout")
	faultBusy      = fault.New(fault.Unavailable, "web.busy", "seconds", "2")
	faultSession   = fault.New(fault.Unavailable, "web.session")
	faultRelation  = fault.New(fault.Unavailable, "web.relation")
	faultInternal  = fault.New(fault.Internal, "web.internal")
	faultTooLarge  = fault.New(fault.TooLarge, "web.too_large")
	faultFields    = fault.New(fault.Invalid, "web.fields")
	faultBody      = fault.New(fault.Invalid, "web.body")
	faultEncoding  = fault.New(fault.Invalid, "web.encoding")
	faultVersion   = fault.New(fault.Conflict, "web.version")
	faultRepeat    = fault.New(fault.Invalid, "web.repeat_differs")
	faultRunning   = fault.New(fault.Conflict, "web.repeat_running")
	faultRepeatKey = fault.New(fault.Invalid, "web.repeat_key")
)
