package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// carried is one act on many cases under way.
type carried struct {
	m     *Module
	row   deskdb.DeskBulk
	p     params
	words string
	text  *casework.Template // of a question; nil: words are the text
}

// do is the job that carries an act out, case by case. It may stop anywhere and begin again: a case that was begun has the
// revision that the act claims, and a revision is claimed once.
func (m *Module) do(ctx context.Context, j jobs.Job) error {
	b, cases, err := m.carry(ctx, j)
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, c := range cases {
		if err := b.step(ctx, c); err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := deskdb.TurnBulk(tx, deskdb.TurnBulkParams{Next: string(Done), Agency: b.row.Agency, ID: b.row.ID, Was: string(Waits)}); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// carry reads an act with everything that it needs.
func (m *Module) carry(ctx context.Context, j jobs.Job) (*carried, []deskdb.DeskBulkCase, error) {
	row, cases, err := m.readBulk(ctx, m.system(j.Object), j.Holder, j.Object)
	if err != nil {
		return nil, nil, err
	}
	b := &carried{m: m, row: row}
	if err := json.Unmarshal([]byte(row.Params), &b.p); err != nil {
		return nil, nil, jobs.Fatal(fmt.Errorf("desk: params of %s: %w", row.ID, err))
	}
	if row.Words != nil {
		keys, err := m.base.Vault.Keys(ctx, row.Agency)
		if err != nil {
			return nil, nil, err
		}
		plain, err := keys.Open("desk_bulk", "words", row.Words)
		if err != nil {
			return nil, nil, err
		}
		b.words = string(plain)
	}
	if !b.p.Template.IsZero() {
		text, err := m.templateOf(ctx, row.Agency, b.p.Template)
		if err != nil && !errors.Is(err, ErrTemplate) {
			return nil, nil, err
		}
		b.text = &text // deleted meanwhile: empty words are refused case by case
	}
	return b, cases, nil
}

// act is the official's own: every Write asks anew whether their session and role still hold.
func (b *carried) act(caseID id.ID) act.Act {
	return act.Act{
		ID: id.New(b.m.base.Clock.Now()), Actor: act.Actor{Kind: act.Official, Person: b.row.Official, Agency: b.row.Agency, Role: b.row.Role},
		Holder: b.row.Official, Session: b.row.Session, Assurance: act.Standard, Channel: act.Desk,
	}.ForCase(caseID)
}

// step carries one case as far as it goes.
func (b *carried) step(ctx context.Context, c deskdb.DeskBulkCase) error {
	if CaseState(c.State) == CasePlanned {
		begun, err := b.begin(ctx, &c)
		if err != nil || !begun {
			return err
		}
	}
	if CaseState(c.State) != CaseDoing {
		return nil
	}
	return b.finish(ctx, c)
}

// begin notes how the case stands and which revision the act claims. False: it was cancelled, or can't be had.
func (b *carried) begin(ctx context.Context, c *deskdb.DeskBulkCase) (bool, error) {
	stood, err := b.m.deps.Cases.Standing(ctx, b.act(c.ID), c.Holder, c.ID)
	if err != nil {
		return false, b.refuse(ctx, *c, err)
	}
	text, err := json.Marshal(stood)
	if err != nil {
		return false, fmt.Errorf("desk: standing: %w", err)
	}
	was := c.State
	c.State, c.Before, c.Stood = string(CaseDoing), stood.Revision, string(text)
	return b.turn(ctx, *c, was)
}

// finish does the act to a case that was begun, unless an earlier run has done it.
func (b *carried) finish(ctx context.Context, c deskdb.DeskBulkCase) error {
	var stood casework.Standing
	if err := json.Unmarshal([]byte(c.Stood), &stood); err != nil {
		return jobs.Fatal(fmt.Errorf("desk: standing of %s: %w", c.ID, err))
	}
	a := b.act(c.ID)
	s := casework.Step{Holder: c.Holder, Case: c.ID, Revision: c.Before, Task: stood.Task}
	after, err := b.apply(ctx, a, s, c)
	if errors.Is(err, casework.ErrMoved) { // somebody was first: perhaps this act itself, before it stopped
		own, seen := b.m.deps.Cases.Did(ctx, a, casework.Step{Holder: c.Holder, Case: c.ID, Revision: c.Before + 1})
		if seen != nil {
			return seen
		}
		if own {
			after, err = c.Before+1, nil
		}
	}
	if err != nil {
		return b.refuse(ctx, c, err)
	}
	c.State, c.After, c.Reason = string(CaseDone), after, ""
	_, err = b.turn(ctx, c, string(CaseDoing))
	return err
}

// apply is the act itself.
func (b *carried) apply(ctx context.Context, a act.Act, s casework.Step, c deskdb.DeskBulkCase) (int64, error) {
	cases := b.m.deps.Cases
	switch Verb(b.row.Verb) {
	case Assign:
		return cases.Assign(ctx, a, s, c.Target)
	case Release:
		return cases.Release(ctx, a, s)
	case Forward:
		office, queue, _ := strings.Cut(b.p.Queue, "/")
		return cases.Forward(ctx, a, s, casework.Forwarding{Agency: office, Queue: queue, Words: b.words})
	}
	text, err := b.fill(ctx, a, c)
	if err != nil {
		return 0, err
	}
	if Verb(b.row.Verb) == Extend {
		return cases.Extend(ctx, a, s, casework.Extending{Days: b.p.Days, Words: text})
	}
	return cases.Ask(ctx, a, s, text)
}

// fill puts the case's own words into the text, in the language in which it was filed.
func (b *carried) fill(ctx context.Context, a act.Act, c deskdb.DeskBulkCase) (string, error) {
	filling, err := b.m.deps.Cases.Filling(ctx, a, c.Holder, c.ID)
	if err != nil {
		return "", err
	}
	text := b.words
	if b.text != nil {
		text = b.text.Text.In(filling.Lang)
	}
	return filling.Fill(text), nil
}

// refuse notes why nothing happens to a case; what is broken is tried again.
func (b *carried) refuse(ctx context.Context, c deskdb.DeskBulkCase, err error) error {
	if !refusal(err) {
		return err
	}
	was := c.State
	c.State, c.Reason = string(CaseRefused), fault.Of(err).ID
	_, err = b.turn(ctx, c, was)
	return err
}

// turn moves a case from one state to another, once. A begun case is not begun when the act was taken back meanwhile.
func (b *carried) turn(ctx context.Context, c deskdb.DeskBulkCase, was string) (bool, error) {
	var n int64
	err := b.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		n, err = deskdb.SaveBulkCase(tx, deskdb.SaveBulkCaseParams{
			Next: c.State, Reason: c.Reason, Before: c.Before, After: c.After, Stood: c.Stood, Agency: c.Agency, Bulk: c.Bulk, Position: c.Position, Was: was,
		})
		return err
	})
	return n == 1, err
}

// Undo takes an act back, within its minute. Only its official may. What has not begun is cancelled, and what was done is
// undone by a job. Errors: ErrNoBulk, ErrWindow.
func (m *Module) Undo(ctx context.Context, a act.Act, which id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := deskdb.BulkByID(tx, a.Actor.Agency, which)
		if err != nil {
			return absent(tx, err, ErrNoBulk)
		}
		if row.Official != a.Actor.Person {
			return tx.Fail(ErrNoBulk)
		}
		switch State(row.State) {
		case Undoing, Undone:
			return nil
		}
		if !tx.Now().Before(row.Ends) {
			return tx.Fail(ErrWindow)
		}
		if _, err := deskdb.CancelBulkCases(tx, row.Agency, row.ID); err != nil {
			return err
		}
		if _, err := deskdb.TurnBulk(tx, deskdb.TurnBulkParams{Next: string(Undoing), Agency: row.Agency, ID: row.ID, Was: row.State}); err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobUndo, Holder: row.Agency, Object: row.ID})
	})
}

// undo is the job that takes an act back, the last case first. A case that the act is at this moment doing is waited for, but
// no longer than doingMost: whoever does it is gone then, and the case is kept as it stands.
func (m *Module) undo(ctx context.Context, j jobs.Job) error {
	b, cases, err := m.carry(ctx, j)
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := len(cases) - 1; i >= 0; i-- {
		if CaseState(cases[i].State) == CaseDoing {
			switch now := m.base.Clock.Now(); {
			case now.Before(b.row.Ends.Add(time.Minute)):
				return jobs.Later(time.Second)
			case now.Before(b.row.Ends.Add(doingMost)):
				return jobs.Later(time.Minute)
			}
			if err := b.keep(ctx, cases[i]); err != nil {
				return err
			}
			continue
		}
		if err := b.back(ctx, cases[i]); err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := deskdb.TurnBulk(tx, deskdb.TurnBulkParams{Next: string(Undone), Agency: b.row.Agency, ID: b.row.ID, Was: string(Undoing)}); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// keep notes that a case stays as it stands: what was begun there was never ended.
func (b *carried) keep(ctx context.Context, c deskdb.DeskBulkCase) error {
	c.State, c.Reason = string(CaseKept), ErrWindow.ID
	_, err := b.turn(ctx, c, string(CaseDoing))
	return err
}

// back takes the act on one case back. Like doing, it claims one revision: the one that the act made.
func (b *carried) back(ctx context.Context, c deskdb.DeskBulkCase) error {
	state := CaseState(c.State)
	if state != CaseDone && state != CaseUndoing {
		return nil
	}
	if state == CaseDone {
		c.State = string(CaseUndoing)
		if turned, err := b.turn(ctx, c, string(CaseDone)); err != nil || !turned {
			return err
		}
	}
	var stood casework.Standing
	if err := json.Unmarshal([]byte(c.Stood), &stood); err != nil {
		return jobs.Fatal(fmt.Errorf("desk: standing of %s: %w", c.ID, err))
	}
	err := b.restore(ctx, c, stood)
	switch {
	case err == nil:
		c.State, c.Reason = string(CaseUndone), ""
	case refusal(err):
		c.State, c.Reason = string(CaseKept), fault.Of(err).ID
	default:
		return err
	}
	_, err = b.turn(ctx, c, string(CaseUndoing))
	return err
}

func (b *carried) restore(ctx context.Context, c deskdb.DeskBulkCase, stood casework.Standing) error {
	if c.After == c.Before { // it stood so already
		return nil
	}
	a := b.act(c.ID)
	_, err := b.m.deps.Cases.Restore(ctx, a, casework.Step{Holder: c.Holder, Case: c.ID, Revision: c.After}, stood)
	if !errors.Is(err, casework.ErrMoved) {
		return err
	}
	own, seen := b.m.deps.Cases.Did(ctx, a, casework.Step{Holder: c.Holder, Case: c.ID, Revision: c.After + 1})
	if seen != nil {
		return seen
	}
	now, seen := b.m.deps.Cases.Standing(ctx, a, c.Holder, c.ID)
	if own && seen == nil && now.Revision == c.After+1 && same(now, stood) {
		return nil // an earlier run of this job has undone it
	}
	return err
}

// same tells whether a case stands as it stood, whatever its revision.
func same(a, b casework.Standing) bool {
	a.Revision = b.Revision
	return a == b
}
