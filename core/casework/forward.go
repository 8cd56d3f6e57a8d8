package casework

import (
	"context"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/vault"
)

// Forwarding says where a case goes: a queue of the city's agencies, with a note for the colleagues there.
type Forwarding struct {
	Agency string // key of the agency
	Queue  string // key of the queue
	Words  string // for officials only; may be empty
}

// Forward gives the case to another queue, of this agency or another. Its clock goes on: a redirection costs the
// applicant nothing. Between agencies it is an official act, which the journal keeps. The official who has the case may, and the head of the agency. Errors: ErrNotYours, ErrQueue (there
// is no such queue), ErrMoved.
func (m *Module) Forward(ctx context.Context, a act.Act, s Step, f Forwarding) (int64, error) {
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return 0, err
	}
	if k.chosen().Official != a.Actor.Person && a.Actor.Role != string(agency.Head) {
		return 0, ErrNotYours
	}
	if !k.file.Proposed.IsZero() {
		return 0, ErrProposed
	}
	if to, ok := k.city.Agency(f.Agency); !ok || !hasQueue(to.Queue(f.Queue)) {
		return 0, ErrQueue
	}
	var words vault.Sealed
	if f.Words != "" {
		clean, err := cleanWords(f.Words)
		if err != nil {
			return 0, err
		}
		if words, err = sealText(k.keys, "timeline", "words", clean); err != nil {
			return 0, err
		}
	}
	found := m.keyedWords(k)
	entry, err := m.prepareRedirection(a, k, entryForwarded, agency.ID(f.Agency))
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error {
		if err := c.forward(f, words, found); err != nil {
			return err
		}
		return c.enterAct(entry)
	})
}

func hasQueue[T any](_ *T, ok bool) bool { return ok }

// forward moves the open task and takes the case off the old desk at once; the new one gets it by its event.
func (c *change) forward(f Forwarding, words vault.Sealed, found []vault.Keyed) error {
	t := c.chosen()
	if t.Agency != agency.ID(f.Agency) {
		if err := c.leaveDesk(t, found); err != nil {
			return err
		}
	}
	t.Agency, t.Queue, t.Official, t.Outcome = agency.ID(f.Agency), f.Queue, id.ID{}, string(outcomeTouched)
	if t.Skill = ""; t.Part == "" { // an opinion that another department gives leaves the case where it is
		c.file.Agency = t.Agency
	}
	if err := c.saveTask(t); err != nil {
		return err
	}
	if err := c.line("forwarded", false, map[string]string{"agency": f.Agency, "queue": f.Queue, "part": t.Part}, nil); err != nil {
		return err
	}
	if words == nil {
		return nil
	}
	return c.line("note", true, nil, words)
}

// leaveDesk takes a task off its agency's desk, and the case's words with the last one.
func (c *change) leaveDesk(t *caseworkdb.Task, found []vault.Keyed) error {
	for i := range c.tasks {
		other := &c.tasks[i]
		if other.ID != t.ID && other.Agency == t.Agency && other.State == string(TaskOpen) && other.Queue != "" {
			found = nil
		}
	}
	if err := dropWords(c.tx, t.Agency, c.file.ID, found); err != nil {
		return err
	}
	return caseworkdb.DropDeskLine(c.tx, t.Agency, c.file.ID, t.ID)
}

// Note adds words for officials only to the case's timeline. Whoever works the case's agency may.
func (m *Module) Note(ctx context.Context, a act.Act, s Step, words string) (int64, error) {
	words, err := cleanWords(words)
	if err != nil {
		return 0, err
	}
	k, err := m.atDesk(ctx, a, s)
	if err != nil {
		return 0, err
	}
	sealed, err := sealText(k.keys, "timeline", "words", words)
	if err != nil {
		return 0, err
	}
	return m.write(ctx, a, k, func(c *change) error { return c.line("note", true, nil, sealed) })
}

// Finish ends a review: the case goes to the definition's next step. Only the official who has it may. Decisions are
// made by Decide; ErrNotNow at any other step than a review.
func (m *Module) Finish(ctx context.Context, a act.Act, s Step) (int64, error) {
	k, err := m.inHand(ctx, a, s)
	if err != nil {
		return 0, err
	}
	switch {
	case k.chosen().Kind != "review":
		return 0, ErrNotNow
	case k.openQuestion() != nil:
		return 0, ErrAsked
	}
	return m.write(ctx, a, k, func(c *change) error {
		t := c.chosen()
		t.Outcome = string(OutcomeDone)
		if err := c.saveTask(t); err != nil {
			return err
		}
		if err := c.line("reviewed", false, nil, nil); err != nil {
			return err
		}
		return c.moveAt(c.tx.Now())
	})
}
