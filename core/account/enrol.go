package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Enrol brings in people who come with the city: the demo's residents, an administrator's list, a child whom the family
// register names. Whoever is there already, by id, is left as they are, so that a second run changes nothing. Each
// person is a Write of their own; an error names the person and leaves those before in place.
func (m *Module) Enrol(ctx context.Context, list []Enrolment) error {
	for _, e := range list {
		if err := m.enrol(ctx, e); err != nil {
			return fmt.Errorf("account: enrol %s: %w", e.Person, err)
		}
	}
	return nil
}

func (m *Module) enrol(ctx context.Context, e Enrolment) error {
	there, err := m.there(ctx, e.Person)
	if err != nil || there {
		return err
	}
	ready, err := m.prepareEnrolment(ctx, e)
	if err != nil {
		return err
	}
	return m.base.Store.Write(store.Background(ctx), ready.put)
}

func (m *Module) there(ctx context.Context, person id.ID) (bool, error) {
	err := m.base.Store.Look(ctx, reader, "account.enrol", func(p *store.Personal) error {
		_, err := accountdb.StandingOf(p, person)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// enrolled is one enrolment with everything made that a Write must not make.
type enrolled struct {
	person   Person
	insert   func(*store.Tx) (int64, error)
	number   vault.Keyed // of the SNILS; nil for none
	account  accountdb.InsertAccountParams
	contacts []accountdb.InsertContactParams
}

func (m *Module) prepareEnrolment(ctx context.Context, e Enrolment) (enrolled, error) {
	person, contacts, err := e.person()
	if err != nil {
		return enrolled{}, err
	}
	confirmed := time.Time{}
	if person.Level >= act.Standard {
		confirmed = m.base.Clock.Now()
	}
	out := enrolled{person: person, account: accountdb.InsertAccountParams{Account: id.Derived("account", person.ID.String()), Person: person.ID}}
	if out.insert, err = m.preparePerson(ctx, person, confirmed); err != nil {
		return enrolled{}, err
	}
	if person.SNILS != "" && person.Level >= act.Standard {
		out.number = m.base.Vault.Keyed(spaceSNILS, person.SNILS)
	}
	for _, c := range contacts {
		out.contacts = append(out.contacts, accountdb.InsertContactParams{
			Contact: c.keyed(m.base.Vault), Channel: string(c.Channel), Account: out.account.Account, Person: person.ID,
		})
	}
	if e.SignsIn && e.Password != "" {
		out.account.Password, err = m.hasher.patiently(ctx, e.Password)
	}
	return out, err
}

// person reads the enrolment; its contacts are those that the person signs in by.
func (e Enrolment) person() (Person, []Contact, error) {
	out := Person{ID: e.Person, Name: cleanName(e.Name), Birth: e.Birth, Level: e.Level, Lang: e.Lang, SignsIn: e.SignsIn}
	if e.Person.IsZero() {
		return out, nil, vault.ErrHolder
	}
	if e.SNILS != "" {
		digits, ok := ParseSNILS(e.SNILS)
		if !ok {
			return out, nil, ErrFields
		}
		out.SNILS = digits
	}
	var contacts []Contact
	for _, text := range []string{e.Phone, e.Email} {
		if text == "" {
			continue
		}
		c, err := ParseContact(text)
		if err != nil {
			return out, nil, err
		}
		out.set(c)
		contacts = append(contacts, c)
	}
	if !e.SignsIn {
		contacts = nil
	}
	return out, contacts, nil
}

func (e enrolled) put(tx *store.Tx) error {
	n, err := e.insert(tx)
	if err != nil || n == 0 {
		return err
	}
	if e.number != nil {
		if err := takeSNILS(tx, e.number, e.person.ID); err != nil {
			return err
		}
	}
	if !e.person.SignsIn {
		return nil
	}
	e.account.Made = tx.Now()
	if err := accountdb.InsertAccount(tx, e.account); err != nil {
		return err
	}
	if err := accountdb.InsertPersonAccount(tx, e.person.ID, e.account.Account); err != nil {
		return err
	}
	for _, c := range e.contacts {
		c.Since = tx.Now()
		n, err := accountdb.InsertContact(tx, c)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrTaken
		}
	}
	return nil
}
