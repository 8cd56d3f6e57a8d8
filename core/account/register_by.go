package account

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Newcomer is a person who begins by a way of their own: an outside provider, a certificate.
type Newcomer struct {
	Identity Identity  // empty parts are not known
	Whole    bool      // the way stands for name, birth date and SNILS: they are kept as confirmed
	Contacts []Contact // that the way has proved
	Level    act.Level
	Lang     lang.Language
	Way      NewWay // the way that the account begins with; its Account is empty

	// In is done in the Write that makes the person; its error undoes the whole. nil: nothing is.
	In func(tx *store.Tx, made Registered) error
}

// Registered is a person who was made.
type Registered struct{ Account, Person, Way id.ID }

// RegisterBy makes a person, their account and its first way in one Write. A contact that somebody signs in with already
// stays theirs. Errors: ErrSNILSTaken, ErrWayTaken.
func (m *Module) RegisterBy(ctx context.Context, n Newcomer) (Registered, error) {
	now := m.base.Clock.Now()
	out := Registered{Account: id.New(now), Person: id.New(now)}
	person := Person{ID: out.Person, Name: cleanName(n.Identity.Name), Birth: n.Identity.Birth, Level: n.Level, Lang: n.Lang, SignsIn: true}
	var number vault.Keyed
	confirmed := time.Time{}
	if n.Whole {
		digits, ok := ParseSNILS(n.Identity.SNILS)
		if !ok {
			return out, ErrFields
		}
		person.SNILS, number, confirmed = digits, m.base.Vault.Keyed(spaceSNILS, digits), now
	}
	free, err := m.freeContacts(ctx, n.Contacts)
	if err != nil {
		return out, err
	}
	for _, c := range free {
		person.set(c)
	}
	put, err := m.preparePerson(ctx, person, confirmed)
	if err != nil {
		return out, err
	}
	n.Way.Account = out.Account
	way, err := m.prepareWay(ctx, n.Way)
	if err != nil {
		return out, err
	}
	out.Way = way.ID
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if number != nil {
			if err := takeSNILS(tx, number, out.Person); err != nil {
				return err
			}
		}
		if _, err := put(tx); err != nil {
			return err
		}
		if err := m.putAccount(tx, out, free); err != nil {
			return err
		}
		if err := way.Put(tx); err != nil || n.In == nil {
			return err
		}
		return n.In(tx, out)
	})
	if err != nil {
		return Registered{}, fmt.Errorf("account: register by %s: %w", n.Way.Method, err)
	}
	return out, nil
}

// freeContacts are those that nobody signs in with. One that is taken in between fails the Write, and the next try leaves
// it out.
func (m *Module) freeContacts(ctx context.Context, contacts []Contact) ([]Contact, error) {
	var out []Contact
	for _, c := range contacts {
		found, err := m.passwordOf(ctx, c)
		if err != nil {
			return nil, err
		}
		if found.Account.IsZero() {
			out = append(out, c)
		}
	}
	return out, nil
}

func (m *Module) putAccount(tx *store.Tx, made Registered, contacts []Contact) error {
	err := accountdb.InsertAccount(tx, accountdb.InsertAccountParams{Account: made.Account, Person: made.Person, Made: tx.Now()})
	if err != nil {
		return err
	}
	if err := accountdb.InsertPersonAccount(tx, made.Person, made.Account); err != nil {
		return err
	}
	for _, c := range contacts {
		n, err := accountdb.InsertContact(tx, accountdb.InsertContactParams{
			Contact: c.keyed(m.base.Vault), Channel: string(c.Channel), Account: made.Account, Person: made.Person, Since: tx.Now(),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrTaken
		}
	}
	return nil
}

// IdentifyBy keeps a person's name, birth date and SNILS as a way stands for them, and lifts the person to the level. It is
// Confirm with another witness than the population register. Errors: fault.Invalid with fields, ErrSNILSTaken, ErrConfirmed.
func (m *Module) IdentifyBy(ctx context.Context, a act.Act, person id.ID, who Identity, level act.Level) error {
	now, err := m.Person(ctx, a, "account.look.profile", person)
	if err != nil {
		return err
	}
	if now.Level >= act.Standard {
		return ErrConfirmed
	}
	next, err := m.identified(now, who)
	if err != nil {
		return err
	}
	owner, err := m.ownerOf(ctx, next)
	if err != nil {
		return err
	}
	if !owner.IsZero() {
		_, err := m.becomes(ctx, a, next, owner)
		return err
	}
	_, err = m.saveIdentity(ctx, a, next, level)
	return err
}

// today is the city's day.
func (m *Module) today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.deps.Zone) }
