package casework

import (
	"context"
	"slices"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Step is what an official does to a case: which one, and the revision that they saw. Revision 0 means whichever there is;
// an older one than the case's own is ErrMoved, and nothing is done. The returned revision is the new one.
type Step struct {
	Holder, Case id.ID
	Revision     int64
	Task         id.ID // which of the open tasks; zero: the one that the official has, else their agency's first
}

// Take gives an open task of the case to the official, so that nobody else works it. ErrTaken when another has it; taking
// what one has changes nothing.
func (m *Module) Take(ctx context.Context, a act.Act, s Step) (int64, error) {
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return 0, err
	}
	t := k.chosen()
	switch {
	case t.Official == a.Actor.Person:
		return k.file.Revision, nil
	case !t.Official.IsZero():
		return 0, ErrTaken
	case k.proposed(t, a.Actor.Person):
		return 0, ErrSame
	}
	if err := m.worksQueue(ctx, a, t); err != nil {
		return 0, err
	}
	first := t.Part == "" && !k.takenBefore()
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Official = a.Actor.Person
		if err := c.saveTask(t); err != nil {
			return err
		}
		if first {
			if err := c.tell("taken"); err != nil {
				return err
			}
		}
		return c.line("taken", t.Kind == kindConfirm || t.Kind == kindCorrect, partParams(t), nil)
	})
}

// takenBefore tells whether the case's open step was in somebody's hands already: the applicant is told once.
func (k *known) takenBefore() bool { return k.openTask().Outcome == string(outcomeTouched) }

// outcomeTouched marks an open task that an official had and gave back.
const outcomeTouched Outcome = "touched"

// atDesk is onDesk for an official who has no interest in the case.
func (m *Module) atDesk(ctx context.Context, a act.Act, s Step) (*known, error) {
	k, err := m.onDesk(ctx, a, s)
	if err != nil {
		return nil, err
	}
	if err := m.impartial(ctx, a, k); err != nil {
		return nil, err
	}
	return k, nil
}

// onDesk reads a case for an official who works it and makes sure that it is at a step of theirs, in the revision that
// they saw.
func (m *Module) onDesk(ctx context.Context, a act.Act, s Step) (*known, error) {
	k, err := m.know(ctx, a.ForCase(s.Case), s.Holder, s.Case)
	if err != nil {
		return nil, err
	}
	if s.Revision != 0 && s.Revision != k.file.Revision {
		return nil, ErrMoved
	}
	return k, k.choose(a, s.Task)
}

// choose finds the task that an official acts on: the one that they name, else of their agency's the one that they have,
// a free one, the first.
func (k *known) choose(a act.Act, task id.ID) error {
	list := k.atDesks()
	if len(list) == 0 {
		return ErrNotNow
	}
	best, most := id.ID{}, 0
	for _, t := range list {
		if a.Actor.Kind != act.Official || t.Agency != a.Actor.Agency || !task.IsZero() && t.ID != task {
			continue
		}
		if near := nearness(a, t.Official); near > most {
			best, most = t.ID, near
		}
	}
	if best.IsZero() {
		return ErrNotYours
	}
	k.at = best
	return nil
}

// nearness is how near a task is to an official: their own, free, a colleague's.
func nearness(a act.Act, official id.ID) int {
	switch {
	case official == a.Actor.Person:
		return 3
	case official.IsZero():
		return 2
	}
	return 1
}

// atDesks are the open tasks that wait for an official, the step's own first.
func (k *known) atDesks() []*caseworkdb.Task {
	var out []*caseworkdb.Task
	for i := range k.tasks {
		t := &k.tasks[i]
		if t.State != string(TaskOpen) || t.Queue == "" || !human(t.Kind) || k.file.Stage != string(Open) && t.Kind != kindCorrect {
			continue
		}
		if t.Part == "" {
			out = slices.Insert(out, 0, t)
		} else {
			out = append(out, t)
		}
	}
	return out
}

// partParams say in the timeline which part a line is about.
func partParams(t *caseworkdb.Task) map[string]string {
	if t.Part == "" {
		return nil
	}
	return map[string]string{"part": t.Part}
}

// impartial makes sure that the official has no interest in the case: it is not about them, nor about somebody for whom
// they may act. The child's other parent filed nothing and decides nothing.
func (m *Module) impartial(ctx context.Context, a act.Act, k *known) error {
	if slices.ContainsFunc(k.barred(), a.Is) {
		return ErrBarred
	}
	return m.unconcerned(ctx, a, k)
}

// unconcerned makes sure that the case is not about the official, nor about somebody for whom they may act.
func (m *Module) unconcerned(ctx context.Context, a act.Act, k *known) error {
	for _, person := range k.people() {
		near, err := m.near(ctx, person)
		if err != nil {
			return err
		}
		if a.Is(person) || slices.ContainsFunc(near, a.Is) {
			return ErrOwn
		}
	}
	return nil
}

// inHand is atDesk for what only the official may do who has the case.
func (m *Module) inHand(ctx context.Context, a act.Act, s Step) (*known, error) {
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return nil, err
	}
	t := k.chosen()
	if t.Official != a.Actor.Person {
		return nil, ErrNotYours
	}
	if t.Part == "" && !k.file.Proposed.IsZero() {
		return nil, ErrProposed
	}
	if a.Actor.Role == string(agency.Clerk) {
		return nil, ErrClerk
	}
	return k, nil
}

// worksQueue makes sure that the official's role covers the queue.
func (m *Module) worksQueue(ctx context.Context, a act.Act, t *caseworkdb.Task) error {
	if m.deps.Officials == nil {
		return nil
	}
	roles, err := m.deps.Officials.OfficialOf(ctx, a.Actor.Person)
	if err != nil {
		return err
	}
	for _, role := range roles {
		if role.Agency == t.Agency && role.Works(t.Queue) && role.Role != agency.Clerk {
			return m.skilled(ctx, a.Actor.Person, t)
		}
	}
	return ErrQueue
}
