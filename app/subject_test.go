package app_test

import (
	"slices"

	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/organisation"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// subject is one column of the matrix: a person in a role.
type subject struct {
	name string
	*member
	level  act.Level // of the sign-in: by a password it is Standard at most, whoever signs in
	role   agency.Role
	strong bool // by two factors
	centre bool // at a service centre: an official has the keyboard
	key    bool // a program of the agency of the hat, by a key for everything
	test   bool // of the sandbox
}

// The officials of the Department of Transport.
const (
	clerk      = "clerk"
	otherQueue = "officer, other queue"
	sameQueue  = "officer, same queue"
	hasIt      = "officer who has it"
	head       = "head"
	settles    = "officer of the settlement centre"
	treasurer  = "treasurer"
	verifies   = "who verifies funds"
)

// notHeads are the officials who head no agency.
var notHeads = []string{
	clerk, otherQueue, sameQueue, hasIt, "officer of another agency", "officer of the city", "officer of the centre", "clerk of the centre", settles, "administrator",
}

// notAuthors are the officials who do not write services: a head does, and an administrator.
var notAuthors = notHeads[:len(notHeads)-1]

// notKeepers are the officials who do not keep the register of parking permits.
var notKeepers = []string{
	clerk, "officer of another agency", "officer of the city", "officer of the centre", "clerk of the centre", "investigator", settles, treasurer, verifies, "administrator",
}

// notItsHead are the officials who do not head the Department of Transport.
var notItsHead = append([]string{otherQueue, sameQueue, hasIt}, notKeepers...)

// notItsHeadOrAdmin are the officials of the Department of Transport who do not head it.
var notItsHeadOrAdmin = []string{clerk, otherQueue, sameQueue, hasIt}

// second is who confirms what a colleague at the Employment Centre has decided.
func (w *world) second() *subject {
	return &subject{name: "second of two officials", member: w.of("lapteva", "employment"), level: act.Standard, role: agency.Head}
}

// subjects are the columns of the matrix.
func subjects(w *world) []*subject {
	return []*subject{
		{name: "nobody", member: &member{browser: w.Nobody(), program: w.Nobody()}},
		{name: "new resident", member: w.of("zulfiya", ""), level: act.Basic},
		{name: "another resident", member: w.of("nikolay", ""), level: act.Standard},
		{name: "holder", member: w.of("anna", ""), level: act.Standard},
		{name: "holder, two factors", member: w.by("anna", "", twoFactors), level: act.Standard, strong: true},
		{name: "holder at the centre", member: w.by("anna", "", atCentre), level: act.Standard, centre: true},
		{name: "child's other parent", member: w.of("oleg", ""), level: act.Standard},
		{name: clerk, member: w.of("svetlana", "transport"), level: act.Standard, role: agency.Clerk},
		{name: otherQueue, member: w.of("fomin", "transport"), level: act.Standard, role: agency.Officer},
		{name: sameQueue, member: w.of("alexey", "transport"), level: act.Standard, role: agency.Officer},
		{name: hasIt, member: w.of("kotova", "transport"), level: act.Standard, role: agency.Officer},
		{name: head, member: w.of("belova", "transport"), level: act.Standard, role: agency.Head},
		{name: "officer of another agency", member: w.of("orlova", "education"), level: act.Standard, role: agency.Officer},
		{name: "officer of the city", member: w.of("panin", "city"), level: act.Standard, role: agency.Officer},
		{name: "officer of the centre", member: w.of("orekhova", "centre"), level: act.Standard, role: agency.Officer},
		{name: "clerk of the centre", member: w.of("lukin", "centre"), level: act.Standard, role: agency.Clerk},
		{name: "investigator", member: w.by("dorogin", "road-police", certificate), level: act.Verified, role: agency.Head, strong: true},
		{name: settles, member: w.of("dvornikov", "housing"), level: act.Standard, role: agency.Officer},
		{name: treasurer, member: w.of("schyotchikov", "finance"), level: act.Standard, role: agency.Head},
		{name: verifies, member: w.of("timofeeva", "social"), level: act.Standard, role: agency.Head},
		{name: "administrator", member: w.of("gorsky", "city"), level: act.Standard, role: agency.Admin},
		{name: "program", member: w.program("transport", false), level: act.Verified, key: true},
		{name: "program, sandbox", member: w.program("transport", true), level: act.Verified, key: true, test: true},
		{name: "program of another agency", member: w.program("education", false), level: act.Verified, key: true},
	}
}

func (s *subject) id() id.ID {
	if s.level == act.Anonymous || s.key {
		return id.ID{}
	}
	return s.Resident.ID()
}

// enough tells whether the subject's sign-in is enough for an operation; every session of the matrix is fresh.
func (s *subject) enough(op act.Operation) bool {
	return s.level >= op.Assurance && (s.strong || !op.Strong) && (!s.centre || op.AtCentre())
}

// relations are how the subject stands to an object, by the tests' own reckoning: from who the demo's people are, not by
// the code under test.
func (s *subject) relations(w *world, o act.Object, scope string) act.Relation {
	switch {
	case s.level == act.Anonymous:
		return act.Unsigned
	case o.Holder == s.id() || slices.Contains(o.Persons, s.id()):
		return act.Self
	case s.hat != "":
		return s.official(o)
	case scope != "" && o.Holder == organisation.ID(companyOGRN) && s.id() == w.Resident("anna").ID():
		return act.ByMandate
	case scope != "" && slices.Contains(mandate.Parent.Scopes(), scope) && s.parentOf(w, o.Holder):
		return act.ByMandate
	case o.Kind == "":
		return act.Self
	}
	return act.Stranger
}

// called is how the subject stands to an object that a route is asked for. A program is one where a key is asked for, nobody
// on a page or in another's protocol, and nothing at all elsewhere.
func (s *subject) called(w *world, r web.Route, o act.Object) act.Relation {
	switch {
	case !s.key:
		return s.relations(w, o, r.Op.Scope)
	case r.Surface != web.SurfaceAPI || r.Describe.Root: // JSON of a standard, outside /api/, knows no keys
		return act.Unsigned
	case r.Op.Key == "":
		return 0
	case o.Kind == "" || o.Agency == agency.ID(s.hat) && o.Test == s.test:
		return act.OwnProgram
	}
	return 0
}

// official is how one who wears a hat stands to what is not theirs.
func (s *subject) official(o act.Object) act.Relation {
	out := act.OtherAgency
	if o.Kind == "" || o.Agency == agency.ID(s.hat) {
		out = act.SameAgency
		if o.Assigned == s.id() {
			out |= act.Assigned
		}
	}
	if s.role == agency.Admin && s.hat == agency.City {
		out |= act.Admin
	}
	return out
}

func (s *subject) parentOf(w *world, child id.ID) bool {
	for _, r := range w.People.Children(s.Resident) {
		if r.ID() == child {
			return true
		}
	}
	return false
}
