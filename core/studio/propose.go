package studio

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"posad.city/core/service"
	"posad.city/core/studio/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Proposal is what an author asks a second person to publish.
type Proposal struct {
	Revision int64 // of the change set, as the author saw it
	Note     string
	Starts   time.Time // zero: as soon as it is approved
}

// Propose freezes a change set and hands it to a second person. It must be without faults, change something, be behind in
// nothing, and keep to what its author may change. Errors: ErrNote, ErrMoment, ErrFaults, ErrSame, ErrBehind, ErrFile,
// ErrChanged, ErrState, ErrMoved.
func (m *Module) Propose(ctx context.Context, a act.Act, which id.ID, p Proposal) error {
	p.Note = strings.TrimSpace(p.Note)
	switch {
	case p.Note == "" || utf8.RuneCountInString(p.Note) > noteMost || strings.ContainsRune(p.Note, 0):
		return ErrNote
	case !p.Starts.IsZero() && !p.Starts.After(m.base.Clock.Now()):
		return ErrMoment
	}
	w, err := m.Workspace(ctx, which)
	if err != nil {
		return err
	}
	to, err := m.proposable(ctx, a, w)
	if err != nil {
		return err
	}
	tree, err := service.PrepareTree(w.Files)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		c, err := step(tx, a, which, Open)
		if err != nil {
			return err
		}
		now, err := service.Now(tx)
		switch {
		case err != nil:
			return err
		case c.Revision != p.Revision+1 || c.Revision != w.Revision+1:
			return tx.Fail(ErrChanged)
		case now != w.City.InForce:
			return tx.Fail(ErrMoved)
		}
		if err := tree.Put(tx); err != nil {
			return err
		}
		if err := studiodb.RebaseChange(tx, string(now.Version), string(now.Tree), which); err != nil {
			return err
		}
		err = studiodb.ProposeChange(tx, studiodb.ProposeChangeParams{
			ID: which, ProposedBy: a.Actor.Person, Proposed: tx.Now(), Note: p.Note, Starts: p.Starts, Version: string(to.Hash()), Tree: string(tree.Hash()),
		})
		if err != nil {
			return err
		}
		return note(tx, a, which, c.Revision, Event{Kind: proposed, Source: "", Words: p.Note})
	})
}

// proposable is the city that a change set makes, when it may be proposed by the actor.
func (m *Module) proposable(ctx context.Context, a act.Act, w Workspace) (*service.City, error) {
	if err := author(a); err != nil {
		return nil, err
	}
	switch {
	case !owns(a, w.Change):
		return nil, ErrNone
	case len(w.Behind()) > 0:
		return nil, ErrBehind
	case w.Tree == service.TreeOf(w.City.Files):
		return nil, ErrSame
	}
	check, err := m.Check(ctx, w.Tree, w.Files)
	if err != nil {
		return nil, err
	}
	if len(check.Faults) > 0 {
		return nil, ErrFaults
	}
	if isAdmin(a) {
		return check.City, nil
	}
	from, err := m.deps.Services.Version(ctx, w.City.Version)
	if err != nil {
		return nil, err
	}
	for _, f := range w.Saved {
		if !mayFile(a, from, w.City.Files, f.Path) {
			return nil, ErrFile
		}
	}
	if !within(a.Actor.Agency, from, check.City, service.Diff(from, check.City)) {
		return nil, ErrFile
	}
	return check.City, nil
}

// Withdraw opens a proposal for editing again.
func (m *Module) Withdraw(ctx context.Context, a act.Act, which id.ID, revision int64) error {
	return m.reopen(ctx, a, which, revision, false, Event{Kind: taken})
}

// Refuse sends a proposal back to its authors with words. Errors: ErrWords, ErrState, ErrChanged.
func (m *Module) Refuse(ctx context.Context, a act.Act, which id.ID, revision int64, words string) error {
	words = strings.TrimSpace(words)
	if words == "" || utf8.RuneCountInString(words) > noteMost {
		return ErrWords
	}
	c, err := m.Read(ctx, which)
	if err != nil {
		return err
	}
	judge, err := m.judge(ctx, a, c, revision)
	if err != nil {
		return err
	}
	return m.reopen(ctx, a, which, revision, judge, Event{Kind: refused, Words: words})
}

func (m *Module) reopen(ctx context.Context, a act.Act, which id.ID, revision int64, judge bool, e Event) error {
	if err := author(a); err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		c, err := stepOf(tx, a, which, judge, Proposed)
		if err != nil {
			return err
		}
		if c.Revision != revision+1 {
			return tx.Fail(ErrChanged)
		}
		if err := studiodb.ReopenChange(tx, which); err != nil {
			return err
		}
		return note(tx, a, which, c.Revision, e)
	})
}

// Drop ends a change set without publishing it. Its texts stay in its history.
func (m *Module) Drop(ctx context.Context, a act.Act, which id.ID, revision int64) error {
	if err := author(a); err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		c, err := step(tx, a, which, Open, Proposed)
		if err != nil {
			return err
		}
		if c.Revision != revision+1 {
			return tx.Fail(ErrChanged)
		}
		err = studiodb.CloseChange(tx, studiodb.CloseChangeParams{ID: which, State: string(Dropped), ClosedBy: a.Actor.Person, Closed: tx.Now()})
		if err != nil {
			return err
		}
		return note(tx, a, which, c.Revision, Event{Kind: dropped})
	})
}

// Approve publishes a proposal, at once or at its moment, exactly as it was proposed. Whoever saved something in it or
// proposed it can't: ErrOwn. Errors: ErrState, ErrChanged, ErrMoved, ErrOwn, ErrFaults.
func (m *Module) Approve(ctx context.Context, a act.Act, which id.ID, revision int64) (service.Published, error) {
	var out service.Published
	if err := author(a); err != nil {
		return out, err
	}
	c, err := m.Read(ctx, which)
	if err != nil {
		return out, err
	}
	if c.State != Proposed {
		return out, ErrState
	}
	judge, err := m.judge(ctx, a, c, revision)
	if err != nil {
		return out, err
	}
	city, err := m.proposedCity(ctx, c)
	if err != nil {
		return out, err
	}
	p := service.Publication{Note: c.Note, Proposed: c.ProposedBy}
	if c.Starts.After(m.base.Clock.Now()) {
		p.At = c.Starts
	}
	ready, err := m.deps.Services.PreparePublish(ctx, a, city, p)
	if err != nil {
		return out, err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := approvable(tx, a, which, revision, judge, city); err != nil {
			return err
		}
		var err error
		if out, err = ready.Put(tx, a); err != nil {
			return err
		}
		err = studiodb.CloseChange(tx, studiodb.CloseChangeParams{
			ID: which, State: string(Published), ClosedBy: a.Actor.Person, Closed: tx.Now(), Number: out.Number, Plan: out.Plan,
		})
		if err != nil {
			return err
		}
		return note(tx, a, which, revision+1, Event{Kind: approved})
	})
	if err != nil {
		return out, err
	}
	return out, ready.Show(ctx, out)
}

// judge tells whether the actor acts as a judge of others' proposal, as it stands at the revision. Error: ErrChanged.
func (m *Module) judge(ctx context.Context, a act.Act, c Change, revision int64) (bool, error) {
	if owns(a, c) {
		return false, nil
	}
	ok, err := m.judged(ctx, a, c)
	if err == nil && ok && c.Revision != revision {
		err = ErrChanged
	}
	return ok, err
}

// approvable makes sure, in the Write, of everything that the approval stands on.
func approvable(tx *store.Tx, a act.Act, which id.ID, revision int64, judge bool, city *service.City) error {
	c, err := stepOf(tx, a, which, judge, Proposed)
	if err != nil {
		return err
	}
	now, err := service.Now(tx)
	switch {
	case err != nil:
		return err
	case c.Revision != revision+1 || c.Version != city.Hash() || c.Tree != service.TreeOf(city.Files()):
		return tx.Fail(ErrChanged)
	case now.Version != c.Base || now.Tree != c.BaseTree:
		return tx.Fail(ErrMoved)
	}
	hands, err := studiodb.Hands(tx, which)
	if err != nil {
		return err
	}
	for _, hand := range append(hands, c.ProposedBy) {
		if a.Is(hand) {
			return tx.Fail(ErrOwn)
		}
	}
	return nil
}

// proposedCity is the city of a proposal: its own frozen files, checked.
func (m *Module) proposedCity(ctx context.Context, c Change) (*service.City, error) {
	files, ok := m.folders.get(c.Tree)
	if !ok {
		var err error
		if files, err = m.readTree(ctx, c.Tree); err != nil {
			return nil, err
		}
		m.folders.put(c.Tree, files)
	}
	check, err := m.Check(ctx, c.Tree, files)
	if err != nil {
		return nil, err
	}
	if len(check.Faults) > 0 {
		return nil, ErrFaults.Because(check.Faults) // another release checks more than the one in which it was proposed
	}
	return check.City, nil
}

// Hands are the officials who saved something in a change set or proposed it.
func (m *Module) Hands(ctx context.Context, c Change) ([]id.ID, error) {
	var out []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = studiodb.Hands(r, c.ID)
		return err
	})
	if !c.ProposedBy.IsZero() {
		out = append(out, c.ProposedBy)
	}
	return out, err
}

// Two is the pair of cities that a change set is compared by: in force or as it was, and as it would be. The second is nil
// while it has faults.
type Two struct {
	From, To *service.City
	Faults   service.Faults
}

// Compare opens both sides of a change set.
func (m *Module) Compare(ctx context.Context, w Workspace) (Two, error) {
	var out Two
	var err error
	if w.State == Published || w.State == Proposed {
		if out.From, err = m.deps.Services.Version(ctx, w.Base); err != nil {
			return out, err
		}
		out.To, err = m.proposedCity(ctx, w.Change)
		return out, err
	}
	if out.From, err = m.deps.Services.Version(ctx, w.City.Version); err != nil {
		return out, err
	}
	check, err := m.Check(ctx, w.Tree, w.Files)
	if err != nil {
		return out, err
	}
	out.To, out.Faults = check.City, check.Faults
	if out.To == nil && len(out.Faults) == 0 {
		return out, errors.New("studio: a check gave nothing")
	}
	return out, nil
}
