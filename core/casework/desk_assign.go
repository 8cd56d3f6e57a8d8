package casework

import (
	"context"
	"errors"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// UndoWindow is how long what was done to cases at the desk can be taken back; what reaches the applicant waits for its end.
const UndoWindow = time.Minute

// jobTaken tells the applicant that an official has the case, after the window.
const jobTaken = "casework.desk_taken"

// Assign gives the case's open task to an official. The head of the agency gives any case to anybody whom it fits; whoever
// stands in for an absent official takes over what that one has. Giving it to whom it has changes nothing.
func (m *Module) Assign(ctx context.Context, a act.Act, s Step, to id.ID) (int64, error) {
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return 0, err
	}
	t := k.chosen()
	if t.Official == to {
		return k.file.Revision, nil
	}
	if err := m.mayAssign(ctx, a, k, t, to); err != nil {
		return 0, err
	}
	first := t.Part == "" && t.Official.IsZero() && !k.takenBefore()
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Official = to
		if err := c.saveTask(t); err != nil {
			return err
		}
		if first {
			if err := c.tellTaken(); err != nil {
				return err
			}
		}
		return c.line("assigned", true, map[string]string{"official": to.String()}, nil)
	})
}

// mayAssign makes sure that the actor may give the task, and that it fits whom it is given to.
func (m *Module) mayAssign(ctx context.Context, a act.Act, k *known, t *caseworkdb.Task, to id.ID) error {
	if a.Actor.Role != string(agency.Head) {
		own, err := m.standsIn(ctx, a, t)
		if err != nil {
			return err
		}
		if to != a.Actor.Person || !own {
			return ErrHeadOnly
		}
	}
	if k.proposed(t, to) {
		return ErrSame
	}
	if err := m.fits(ctx, k, t, to); err != nil {
		return err
	}
	return m.impartial(ctx, act.Act{Actor: act.Actor{Kind: act.Official, Person: to, Agency: a.Actor.Agency}}, k)
}

// standsIn tells whether the task is free or of a colleague for whom the actor stands in today.
func (m *Module) standsIn(ctx context.Context, a act.Act, t *caseworkdb.Task) (bool, error) {
	if t.Official.IsZero() {
		return true, nil
	}
	scope, _, err := m.scopeOf(ctx, t.Agency, a.Actor.Person)
	return has(scope.For, t.Official), err
}

// tellTaken has the applicant told that their case is worked on, unless it is given back within the window.
func (c *change) tellTaken() error {
	return c.m.base.Jobs.Put(c.tx, jobs.New{
		Handler: jobTaken, Holder: c.file.Holder, Object: c.file.ID, Version: c.file.Revision, At: c.tx.Now().Add(UndoWindow + 5*time.Second),
	})
}

func (m *Module) taken(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	k, err := m.know(ctx, m.system(j.Object), j.Holder, j.Object)
	if err = gone(err); errors.Is(err, ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if t := k.openTask(); t == nil || t.Official.IsZero() {
		return nil, nil
	}
	return m.put(ctx, j, k, "taken", "casework/"+j.Object.String()+"/taken/"+k.openTask().ID.String())
}

// Standing is how the task of a case stands on which an official acts: what undoing an act restores.
type Standing struct {
	Revision int64  `json:"revision"`
	Task     id.ID  `json:"task"`
	Office   id.ID  `json:"office"` // that answers for the case
	Agency   id.ID  `json:"agency"` // of the task
	Queue    string `json:"queue"`
	Skill    string `json:"skill,omitempty"`
	Official id.ID  `json:"official"`
	Mark     string `json:"mark,omitempty"`
}

// Standing reads how the case stands for an official: the task that an act of theirs would be done to. Nobody sees it, so
// that Posad looks. ErrNotNow and ErrNotYours when there is none.
func (m *Module) Standing(ctx context.Context, a act.Act, holder, caseID id.ID) (Standing, error) {
	k, err := m.know(ctx, m.system(caseID), holder, caseID)
	if err != nil {
		return Standing{}, gone(err)
	}
	out := Standing{Revision: k.file.Revision, Office: k.file.Agency}
	if err := k.choose(a, id.ID{}); err != nil {
		return out, err
	}
	t := k.chosen()
	out.Task, out.Agency, out.Queue, out.Skill, out.Official, out.Mark = t.ID, t.Agency, t.Queue, t.Skill, t.Official, t.Outcome
	return out, nil
}

// Restore takes an act back: the task stands again as it stood. Only whoever did the act may, and only while nothing has
// happened since: s names the revision that the act made. ErrMoved otherwise.
func (m *Module) Restore(ctx context.Context, a act.Act, s Step, was Standing) (int64, error) {
	k, err := m.know(ctx, m.system(s.Case), s.Holder, s.Case)
	if err != nil {
		return 0, gone(err)
	}
	k.at = was.Task
	if s.Revision == 0 || s.Revision != k.file.Revision || was.Task.IsZero() || k.chosen() == nil {
		return 0, ErrMoved
	}
	if a.Actor.Kind != act.Official || a.Actor.Agency != was.Agency {
		return 0, ErrNotYours
	}
	own, err := m.Did(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if !own {
		return 0, ErrNotYours
	}
	words := m.keyedWords(k)
	entry, err := m.prepareRedirection(a, k, entryReturned, was.Agency)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		if err := c.restore(was, words); err != nil {
			return err
		}
		return c.enterAct(entry)
	})
}

func (c *change) restore(was Standing, words []vault.Keyed) error {
	t := c.chosen()
	moved := t.Agency != was.Agency || t.Queue != was.Queue
	if t.Agency != was.Agency {
		if err := c.leaveDesk(t, words); err != nil {
			return err
		}
	}
	t.Agency, t.Queue, t.Skill, t.Official, t.Outcome = was.Agency, was.Queue, was.Skill, was.Official, was.Mark
	c.file.Agency = was.Office
	if err := c.saveTask(t); err != nil {
		return err
	}
	return c.line("undone", !moved, nil, nil) // a way to another department and back is no secret
}

// Did tells whether it was the actor who made the revision.
func (m *Module) Did(ctx context.Context, a act.Act, s Step) (bool, error) {
	lines, err := m.Timeline(ctx, m.system(s.Case), s.Holder, s.Case)
	if err != nil {
		return false, err
	}
	for _, line := range lines {
		if line.Number/linesMost == s.Revision {
			return line.Actor.Kind == act.Official && line.Actor.Person == a.Actor.Person, nil
		}
	}
	return false, nil
}
