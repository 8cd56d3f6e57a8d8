package casework

import (
	"context"
	"errors"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/vault"
)

// The faults of a decision that two persons make.
var (
	ErrProposed = fault.New(fault.Conflict, "casework.proposed")   // a second person looks at the decision now
	ErrSame     = fault.New(fault.Denied, "casework.same_person")  // who proposed a decision does not confirm it
	ErrBarred   = fault.New(fault.Denied, "casework.decided_once") // who decided the first time decides no more
)

// propose keeps an official's decision for a second person to confirm; nothing is decided yet.
func (m *Module) propose(ctx context.Context, a act.Act, k *known, d Decision) (int64, error) {
	sealed, err := sealJSON(k.keys, "case_file", "proposal", d)
	if err != nil {
		return 0, err
	}
	task := id.New(m.base.Clock.Now())
	return m.write(ctx, a, k, func(c *change) error { return c.propose(task, sealed) })
}

func (c *change) propose(task id.ID, sealed vault.Sealed) error {
	t := c.task()
	step, _ := c.k.service.Task(t.Step)
	c.file.Proposed, c.file.ProposedBy, c.file.Proposal = c.tx.Now(), c.act.Actor.Person, sealed
	confirm := newTask{id: task, step: step, agency: t.Agency, queue: t.Queue, due: t.Due, kind: kindConfirm, part: kindConfirm, skill: t.Skill}
	return errors.Join(c.unask(), c.insertTask(confirm, t.ID), c.line("proposed", true, nil, nil))
}

// proposed tells whether the task is to confirm what the official proposed: that is for somebody else.
func (k *known) proposed(t *caseworkdb.Task, official id.ID) bool {
	return t.Kind == kindConfirm && official == k.file.ProposedBy
}

// Confirm makes a proposed decision the case's. Another official of the same queue does it; taking the task first is not
// needed. Errors: ErrNotNow (nothing is proposed), ErrSame, ErrNotYours, ErrTaken, ErrClerk, ErrQueue, ErrOwn, ErrBarred,
// ErrMoved.
func (m *Module) Confirm(ctx context.Context, a act.Act, s Step) (int64, error) {
	k, err := m.confirming(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if k.file.ProposedBy == a.Actor.Person {
		return 0, ErrSame
	}
	d, err := k.proposal()
	if err != nil {
		return 0, err
	}
	both, err := m.bothNames(ctx, k, a)
	if err != nil {
		return 0, err
	}
	prepared, err := m.prepareDecision(ctx, k, d, a, both...)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Official = a.Actor.Person
		c.file.DecidedBy, c.file.ConfirmedBy = c.file.ProposedBy, a.Actor.Person
		c.unpropose()
		return errors.Join(c.closeTask(t, TaskDone, OutcomeDone), c.line("confirmed", true, nil, nil), c.decide(prepared), c.afterDecision(prepared))
	})
}

// Return gives a proposed decision back to who proposed it, with words why; they may take it back themselves without
// words. Errors as of Confirm, and ErrEmpty, ErrLong.
func (m *Module) Return(ctx context.Context, a act.Act, s Step, words string) (int64, error) {
	k, err := m.confirming(ctx, a, s)
	if err != nil {
		return 0, err
	}
	var sealed vault.Sealed
	if words != "" || k.file.ProposedBy != a.Actor.Person {
		clean, err := cleanWords(words)
		if err != nil {
			return 0, err
		}
		if sealed, err = sealText(k.keys, "timeline", "words", clean); err != nil {
			return 0, err
		}
	}
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Official = a.Actor.Person
		c.unpropose()
		return errors.Join(c.closeTask(t, TaskDone, OutcomeReturned), c.line("returned", true, nil, sealed))
	})
}

func (c *change) unpropose() {
	c.file.Proposed, c.file.ProposedBy, c.file.Proposal = time.Time{}, id.ID{}, nil
}

// confirming is atDesk at the task of confirmation, for who may have it.
func (m *Module) confirming(ctx context.Context, a act.Act, s Step) (*known, error) {
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return nil, err
	}
	if err := k.chooseKind(a, kindConfirm); err != nil {
		return nil, err
	}
	t := k.chosen()
	switch {
	case a.Actor.Role == string(agency.Clerk):
		return nil, ErrClerk
	case t.Official == a.Actor.Person || k.file.ProposedBy == a.Actor.Person:
		return k, nil
	case !t.Official.IsZero():
		return nil, ErrTaken
	}
	return k, m.worksQueue(ctx, a, t)
}

// chooseKind chooses the open task of a kind in the official's agency.
func (k *known) chooseKind(a act.Act, kind string) error {
	for _, t := range k.atDesks() {
		if t.Kind == kind && t.Agency == a.Actor.Agency {
			k.at = t.ID
			return nil
		}
	}
	return ErrNotNow
}

// proposal is the decision that waits for a second person.
func (k *known) proposal() (Decision, error) {
	var out Decision
	if k.file.Proposal == nil {
		return out, ErrNotNow
	}
	return out, openJSON(k.keys, "case_file", "proposal", k.file.Proposal, &out)
}

// bothNames are what the journal says of the two persons of a decision.
func (m *Module) bothNames(ctx context.Context, k *known, a act.Act) ([]journal.Fact, error) {
	names, err := m.deps.People.Names(ctx, m.system(k.file.ID), "casework.look.colleagues", k.file.ProposedBy, a.Actor.Person)
	if err != nil {
		return nil, err
	}
	l := k.lang()
	return []journal.Fact{
		m.fact(l, "proposed_by", names[k.file.ProposedBy].Full(l)), m.fact(l, "confirmed_by", names[a.Actor.Person].Full(l)),
	}, nil
}

// barred are the officials who may not decide the case: whoever decided it before it was opened anew, and whoever decided
// the case against whose decision it is.
func (k *known) barred() []id.ID {
	out := deciders(k.rounds)
	if k.other == nil || k.service.About != aboutDecision {
		return out
	}
	out = append(out, deciders(k.other.rounds)...)
	return append(out, k.other.file.DecidedBy, k.other.file.ConfirmedBy, k.other.file.ProposedBy)
}

// aboutDecision is what a service's about says of an appeal.
const aboutDecision = "decision"

func deciders(rounds []caseworkdb.CaseRound) []id.ID {
	var out []id.ID
	for _, r := range rounds {
		out = append(out, r.DecidedBy, r.ConfirmedBy)
	}
	return out
}
