package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Parting is the end of a merge, ready to be carried out.
type Parting struct {
	Joining
	session id.ID // of whoever undoes; it stays open when its account stays
	actor   id.ID
	changed []emptied // the kept person, and those whom that one was merged into since
}

// emptied is a person who loses the contacts that go with the accounts that lead back.
type emptied struct {
	was     Person
	sealed  vault.Sealed
	signsIn bool
}

// PrepareUndo makes the end of one of the actor's own merges ready. The accounts that were the merged person's lead back
// to them; what was filed meanwhile stays with whom it was filed for. Errors: store.ErrNone for a merge that is not the
// actor's, ErrMergeUndo for one that is over or older than UndoWithin.
func (m *Module) PrepareUndo(ctx context.Context, a act.Act, merge id.ID) (Parting, error) {
	list, err := m.MergesOf(ctx, a)
	if err != nil {
		return Parting{}, err
	}
	at := slices.IndexFunc(list, func(g Merge) bool { return g.ID == merge })
	if at < 0 {
		return Parting{}, store.ErrNone
	}
	g := list[at]
	if !g.Undoable(m.base.Clock.Now()) {
		return Parting{}, ErrMergeUndo
	}
	people, err := m.People(ctx, a, "account.look.merge", g.Kept, g.Merged)
	if err != nil {
		return Parting{}, err
	}
	out := Parting{session: a.Session, actor: a.Actor.Person}
	out.Joining = Joining{ID: g.ID, Kept: people[g.Kept], Merged: people[g.Merged], m: m, how: g.How}
	if out.Kept.ID.IsZero() || out.Merged.ID.IsZero() { // erased meanwhile: there is nobody to lead back to
		return Parting{}, ErrMergeUndo
	}
	if out.changed, err = m.emptyAll(ctx, a, out.Joining); err != nil {
		return Parting{}, err
	}
	return out, m.mergeTrace(ctx, a, &out.Joining, "account.parted")
}

// emptyAll takes the contacts that leave out of the data of the kept person and of those whom that one has become: each
// of them was filled from the one before.
func (m *Module) emptyAll(ctx context.Context, a act.Act, j Joining) ([]emptied, error) {
	var chain []id.ID
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		chain, err = chainOf(r, j.Kept.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	people, err := m.People(ctx, a, "account.look.merge", chain...)
	if err != nil {
		return nil, err
	}
	var out []emptied
	for _, one := range chain {
		person, ok := people[one]
		if !ok {
			continue // erased
		}
		next, err := m.without(ctx, person, j.Merged.ID)
		if err != nil {
			return nil, err
		}
		keys, err := m.base.Vault.Keys(ctx, one)
		if err != nil {
			return nil, err
		}
		sealed, err := seal(keys, next)
		if err != nil {
			return nil, err
		}
		out = append(out, emptied{person, sealed, next.SignsIn})
	}
	return out, nil
}

// chainOf is a person and whom they have become, step by step.
func chainOf(r store.Reader, person id.ID) ([]id.ID, error) {
	out := []id.ID{person}
	for range ledMost {
		row, err := accountdb.LedBy(r, out[len(out)-1])
		if errors.Is(err, store.ErrNone) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		out = append(out, row.Person)
	}
	return nil, fmt.Errorf("account: the merges of %s go round", person)
}

// without is a person as they are without the accounts that were opened for one who leaves, or for those merged into that
// one.
func (m *Module) without(ctx context.Context, was Person, leaves id.ID) (Person, error) {
	next := was
	err := m.base.Store.Look(ctx, reader, "account.merge", func(p *store.Personal) error {
		next = was
		leaving, err := m.alsoOf(p, leaves)
		if err != nil {
			return err
		}
		leaving = append(leaving, leaves)
		for _, channel := range []Channel{Phone, Email} {
			goes, err := m.contactOf(p, next.contact(channel), leaving)
			if err != nil {
				return err
			}
			if goes {
				next.drop(channel)
			}
		}
		next.SignsIn, err = m.hasOther(p, was.ID, leaving)
		return err
	})
	return next, err
}

// drop takes a contact out of the person's data.
func (p *Person) drop(channel Channel) {
	if channel == Phone {
		p.Phone = ""
		return
	}
	p.Email = ""
}

// contactOf tells whether a contact signs in to an account that was opened for one of the persons.
func (m *Module) contactOf(r store.Reader, c Contact, persons []id.ID) (bool, error) {
	if c.key == "" {
		return false, nil
	}
	row, err := accountdb.ContactByKey(r, c.keyed(m.base.Vault))
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	origin, err := originOf(r, row.Account)
	return slices.Contains(persons, origin), err
}

// originOf is whom an account was opened for.
func originOf(r store.Reader, account id.ID) (id.ID, error) {
	row, err := accountdb.AccountOrigin(r, account)
	if err != nil || !row.Origin.IsZero() {
		return row.Origin, err
	}
	return row.Person, nil
}

// hasOther tells whether a person, or whom they have become, keeps an account that was opened for none of those leaving.
func (m *Module) hasOther(r store.Reader, person id.ID, leaving []id.ID) (bool, error) {
	root, err := rootOf(r, person)
	if err != nil {
		return false, err
	}
	accounts, err := accountdb.AccountsOf(r, root)
	if err != nil {
		return false, err
	}
	for _, account := range accounts {
		origin, err := originOf(r, account)
		if err != nil {
			return false, err
		}
		if !slices.Contains(leaving, origin) {
			return true, nil
		}
	}
	return false, nil
}

// Put ends the merge. Every session of the person is closed but the one that undoes it, when its account stays.
func (j Parting) Put(tx *store.Tx) error {
	n, err := accountdb.UndoMerge(tx, j.Kept.ID, j.ID, tx.Now())
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrMergeUndo
	}
	root, err := rootOf(tx, j.Kept.ID)
	if err != nil {
		return err
	}
	if _, err := accountdb.DropLed(tx, j.Merged.ID, j.ID); err != nil {
		return err
	}
	moved, err := j.m.lead(tx, root)
	if err != nil {
		return err
	}
	if err := j.closeSessions(tx, root, moved); err != nil {
		return err
	}
	for _, one := range j.changed {
		if err := j.m.keepFilled(tx, one.was, one.sealed, string(one.was.Lang), one.signsIn); err != nil {
			return err
		}
	}
	if err := j.m.announcePerson(tx, root); err != nil {
		return err
	}
	return j.finish(tx)
}

func (j Parting) closeSessions(tx *store.Tx, root id.ID, moved []id.ID) error {
	stays := j.session
	if j.actor == root {
		row, err := accountdb.SessionByID(tx.As(reader, "account.session"), root, j.session)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		if err == nil && slices.Contains(moved, row.Account) {
			stays = id.ID{}
		}
	}
	return j.m.CloseOthers(tx, root, stays)
}

// Undo ends one of the actor's own merges.
func (m *Module) Undo(ctx context.Context, a act.Act, merge id.ID) error {
	j, err := m.PrepareUndo(ctx, a, merge)
	if err != nil {
		return fmt.Errorf("account: undo a merge: %w", err)
	}
	if err := m.base.Store.WriteAs(ctx, a, j.Put); err != nil {
		return fmt.Errorf("account: undo a merge: %w", err)
	}
	return nil
}
