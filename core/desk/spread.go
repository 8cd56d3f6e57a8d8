package desk

import (
	"bytes"
	"cmp"
	"context"
	"slices"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
)

// Open is a free case as balance sees it: in which queue, what it asks.
type Open struct {
	Number                 string
	Queue, Skill, District string
}

// Hands is an official as balance sees them: what fits them, and how much they have.
type Hands struct {
	Person id.ID
	Queues []string // none: every queue
	Skills []string
	Places []string // districts; none: every one
	Load   int64    // open cases in hand
}

// takes tells whether a case fits the official.
func (h Hands) takes(o Open) bool {
	return (len(h.Queues) == 0 || slices.Contains(h.Queues, o.Queue)) &&
		(o.Skill == "" || slices.Contains(h.Skills, o.Skill)) &&
		(len(h.Places) == 0 || o.District == "" || slices.Contains(h.Places, o.District))
}

// Share says to whom a case goes; nobody, when it fits nobody.
type Share struct {
	Open
	To id.ID
}

// Spread shares cases out, in their order, each to whoever has the least of those whom it fits. It depends on nothing but
// its arguments, and not on the order of the officials.
func Spread(cases []Open, staff []Hands) []Share {
	staff = slices.Clone(staff)
	slices.SortFunc(staff, func(a, b Hands) int { return bytes.Compare(a.Person[:], b.Person[:]) })
	out := make([]Share, 0, len(cases))
	for _, one := range cases {
		best := -1
		for i := range staff {
			if staff[i].takes(one) && (best < 0 || staff[i].Load < staff[best].Load) {
				best = i
			}
		}
		share := Share{Open: one}
		if best >= 0 {
			staff[best].Load++
			share.To = staff[best].Person
		}
		out = append(out, share)
	}
	return out
}

// loadMost bounds what is counted of one official.
const loadMost = 9999

// PlanSpread shares the free cases of a queue, the most urgent first, out to those who are at work. The head may.
func (m *Module) PlanSpread(ctx context.Context, a act.Act, queue string) ([]Share, error) {
	if err := head(a); err != nil {
		return nil, err
	}
	free, err := m.deps.Cases.Queue(ctx, m.system(a.Actor.Agency), casework.QueueQuery{
		Agency: a.Actor.Agency, Queues: []string{queue}, Official: casework.Free, Limit: CasesMost,
	})
	if err != nil {
		return nil, err
	}
	var cases []Open
	seen := map[id.ID]bool{}
	for _, line := range free.Lines {
		if !seen[line.ID] { // of a case with several tasks the first
			seen[line.ID] = true
			cases = append(cases, Open{Number: line.Number, Queue: line.Queue, Skill: line.Skill, District: line.District})
		}
	}
	staff, err := m.hands(ctx, a.Actor.Agency)
	if err != nil {
		return nil, err
	}
	return Spread(cases, staff), nil
}

// hands are the officials of an agency who are at work and decide. The head shares out and takes nothing by it.
func (m *Module) hands(ctx context.Context, office id.ID) ([]Hands, error) {
	team, _, err := m.Team(ctx, office)
	if err != nil {
		return nil, err
	}
	var out []Hands
	for _, w := range team {
		if w.Absence != nil || w.Role != string(agency.Officer) {
			continue
		}
		n, _, err := m.deps.Cases.Count(ctx, casework.QueueQuery{Agency: office, Official: w.Person.String()}, loadMost)
		if err != nil {
			return nil, err
		}
		out = append(out, Hands{Person: w.Person, Queues: w.Queues, Skills: w.Skills, Places: w.Districts, Load: n})
	}
	return out, nil
}

// nextTries is how many free cases are tried when colleagues take the first ones at the same moment.
const nextTries = 20

// Next takes the most urgent free case that fits the official, and says which. ErrNoNext when there is none; ErrNotForYou
// when all that is free is their own or was decided by them before. One that a colleague takes at the same moment is passed
// over.
func (m *Module) Next(ctx context.Context, a act.Act) (casework.Ref, error) {
	roles, err := m.deps.Officials.OfficialOf(ctx, a.Actor.Person)
	if err != nil {
		return casework.Ref{}, err
	}
	var queues []string
	for _, role := range roles {
		if role.Agency == a.Actor.Agency {
			queues = role.Queues
		}
	}
	scope, err := m.Scope(ctx, a.Actor.Agency, a.Actor.Person)
	if err != nil {
		return casework.Ref{}, err
	}
	free, err := m.deps.Cases.Queue(ctx, m.system(a.Actor.Agency), casework.QueueQuery{
		Agency: a.Actor.Agency, Queues: queues, Official: casework.Free, Scope: &scope, Limit: nextTries,
	})
	if err != nil {
		return casework.Ref{}, err
	}
	lines := free.Lines
	slices.SortStableFunc(lines, func(x, y casework.QueueLine) int { return cmp.Compare(late(x), late(y)) })
	none := ErrNoNext
	for _, line := range lines {
		taken, err := m.takeFree(ctx, a, line)
		if err == nil {
			return casework.Ref{Holder: line.Holder, ID: line.ID, Number: line.Number, Agency: line.Agency, Revision: taken}, nil
		}
		if !refusal(err) {
			return casework.Ref{}, err
		}
		if id := fault.Of(err).ID; id == casework.ErrBarred.ID || id == casework.ErrOwn.ID {
			none = ErrNotForYou
		}
	}
	return casework.Ref{}, none
}

// takeFree takes a case that is still free: the list may be a moment behind.
func (m *Module) takeFree(ctx context.Context, a act.Act, line casework.QueueLine) (int64, error) {
	stands, err := m.deps.Cases.Standing(ctx, a, line.Holder, line.ID)
	if err != nil {
		return 0, err
	}
	if !stands.Official.IsZero() {
		return 0, casework.ErrTaken
	}
	s := casework.Step{Holder: line.Holder, Case: line.ID, Revision: stands.Revision, Task: stands.Task}
	return m.deps.Cases.Assign(ctx, a.ForCase(line.ID), s, a.Actor.Person)
}

// late puts first what the head sees first.
func late(line casework.QueueLine) int {
	if line.Escalated {
		return 0
	}
	return 1
}

// refusal tells whether an error says that the case is not to be had, and not that something is broken.
func refusal(err error) bool {
	switch fault.Of(err).Kind {
	case fault.Internal, fault.Unavailable:
		return false
	}
	return true
}
