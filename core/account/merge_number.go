package account

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// ownerOf is another person who has the SNILS; the zero id for none.
func (m *Module) ownerOf(ctx context.Context, p Person) (id.ID, error) {
	owner, err := m.PersonOf(ctx, p.SNILS)
	if errors.Is(err, store.ErrNone) || owner == p.ID {
		return id.ID{}, nil
	}
	return owner, err
}

// becomes makes a person who has just been confirmed by the register the one whom the city knew by that SNILS already: a
// child whom a parent's family named, who now has an account of their own. The account leads to the known person, with
// what the parents filed for them; the parents' mandates end by their own rule. The actor's session is closed by it.
// Errors: ErrSNILSTaken when that person has an account of their own, or is not the one by name and birth.
func (m *Module) becomes(ctx context.Context, a act.Act, confirmed Person, owner id.ID) (Person, error) {
	known, err := m.knownBy(ctx, owner)
	if err != nil {
		return Person{}, err
	}
	if known.SignsIn || !sameIdentity(known, Identity{Name: confirmed.Name, Birth: confirmed.Birth}) {
		return Person{}, ErrSNILSTaken
	}
	j, err := m.PrepareJoin(ctx, a, owner, a.Actor.Person, MergedByNumber)
	if err != nil {
		return Person{}, err
	}
	if j.Kept.ID != owner { // the register's answer is about the number's owner
		return Person{}, ErrSNILSTaken
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		held, err := accountdb.AccountsOf(tx, owner)
		if err != nil {
			return err
		}
		if len(held) > 0 {
			return ErrSNILSTaken
		}
		return j.Put(tx)
	})
	if err != nil {
		return Person{}, fmt.Errorf("account: become a known person: %w", err)
	}
	next := filled(j.Kept, j.Merged)
	next.Version++
	return next, nil
}

// knownBy reads the owner of a number for a comparison alone: nobody sees the data, so nobody looked.
func (m *Module) knownBy(ctx context.Context, person id.ID) (Person, error) {
	known, err := m.Person(ctx, reader, "account.merge", person)
	if errors.Is(err, store.ErrNone) { // erased: the number stays taken
		return Person{SignsIn: true}, nil
	}
	return known, err
}
