package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// profile is what is sealed of a person. Empty fields are left out, so that its length tells little.
type profile struct {
	Family     string `json:"f,omitempty"`
	Given      string `json:"g,omitempty"`
	Patronymic string `json:"p,omitempty"`
	Birth      string `json:"b,omitempty"`
	SNILS      string `json:"s,omitempty"`
	Phone      string `json:"t,omitempty"`
	Email      string `json:"e,omitempty"`
}

func profileOf(p Person) profile {
	return profile{
		Family: p.Name.Family, Given: p.Name.Given, Patronymic: p.Name.Patronymic,
		Birth: p.Birth.String(), SNILS: p.SNILS, Phone: p.Phone, Email: p.Email,
	}
}

// seal makes the sealed column of a person. It fails for a person whose data was erased.
func seal(keys *vault.Keys, p Person) (vault.Sealed, error) {
	plain, err := json.Marshal(profileOf(p))
	if err != nil {
		return nil, fmt.Errorf("account: seal a profile: %w", err)
	}
	sealed := keys.Seal("person_file", "profile", plain)
	if sealed == nil {
		return nil, fmt.Errorf("account: seal a profile: %w", vault.ErrErased)
	}
	return sealed, nil
}

func open(keys *vault.Keys, row accountdb.PersonFile) (Person, error) {
	out := Person{ID: row.Person, Level: act.Level(row.Level), Lang: lang.Language(row.Lang), SignsIn: row.SignsIn, Version: row.Version}
	plain, err := keys.Open("person_file", "profile", row.Profile)
	if err != nil {
		return Person{}, err
	}
	var p profile
	if err := json.Unmarshal(plain, &p); err != nil {
		return Person{}, fmt.Errorf("account: profile of %s: %w", row.Person, err)
	}
	out.Name = lang.Name{Family: p.Family, Given: p.Given, Patronymic: p.Patronymic}
	out.SNILS, out.Phone, out.Email = p.SNILS, p.Phone, p.Email
	if p.Birth != "" {
		out.Birth, err = calendar.ParseDate(p.Birth)
	}
	return out, err
}

// People returns what is known of the people, and records the look for each of them. what is a locale key of the kind of
// look. People who are not there, or whose data was erased, are left out.
func (m *Module) People(ctx context.Context, a act.Act, what string, ids ...id.ID) (map[id.ID]Person, error) {
	out := make(map[id.ID]Person, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []accountdb.PersonFile
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		rows, err = personsByID(p, ids)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("account: people: %w", err)
	}
	holders := make([]id.ID, len(rows))
	for i, row := range rows {
		holders[i] = row.Person
	}
	keys, err := m.base.Vault.KeysMany(ctx, holders)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		person, err := open(keys[row.Person], row)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out[row.Person] = person
	}
	return out, nil
}

// personsByID reads people, each once. One is nearly always who is asked for, or one twice: they cost no list.
func personsByID(p store.PersonalReader, ids []id.ID) ([]accountdb.PersonFile, error) {
	for _, other := range ids[1:] {
		if other != ids[0] {
			return accountdb.PersonsByID(p, ids)
		}
	}
	row, err := accountdb.PersonByID(p, ids[0])
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	return []accountdb.PersonFile{row}, err
}

// Person is People for one; store.ErrNone when there is no such person or their data was erased.
func (m *Module) Person(ctx context.Context, a act.Act, what string, one id.ID) (Person, error) {
	people, err := m.People(ctx, a, what, one)
	if err != nil {
		return Person{}, err
	}
	person, ok := people[one]
	if !ok {
		return Person{}, store.ErrNone
	}
	return person, nil
}

// Names is the names alone of People, for lists; it makes the module an agency.Directory.
func (m *Module) Names(ctx context.Context, a act.Act, what string, ids ...id.ID) (map[id.ID]lang.Name, error) {
	people, err := m.People(ctx, a, what, ids...)
	if err != nil {
		return nil, err
	}
	out := make(map[id.ID]lang.Name, len(people))
	for one, person := range people {
		out[one] = person.Name
	}
	return out, nil
}

// Find returns the person who signs in with the e-mail or phone, or agency.ErrNobody.
func (m *Module) Find(ctx context.Context, contact string) (id.ID, error) {
	c, err := ParseContact(contact)
	if err != nil {
		return id.ID{}, err
	}
	var found accountdb.AccountByContactRow
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		found, err = accountdb.AccountByContact(r, c.keyed(m.base.Vault))
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return id.ID{}, agency.ErrNobody
	}
	return found.Person, err
}
