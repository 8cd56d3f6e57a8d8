package exchange

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Identity asks the population register for core/account. Its register takes snils, surname, given, patronymic and birth
// and declares two values: known (yes-no: there is one living person of that number) and fits (yes-no: all that was given
// is theirs). It tells nothing else, so a wrong guess learns nothing.
func (m *Module) Identity() account.IdentityChecker { return identity{m} }

type identity struct{ m *Module }

// CheckIdentity implements account.IdentityChecker.
func (i identity) CheckIdentity(ctx context.Context, person id.ID, what account.Identity, ask id.ID) (account.Verdict, error) {
	values, err := i.m.askForAccount(ctx, person, i.m.deps.Population, ask, map[string]string{
		"snils": what.SNILS, "surname": what.Name.Family, "given": what.Name.Given, "patronymic": what.Name.Patronymic, "birth": what.Birth.String(),
	})
	if errors.Is(err, errNotFound) {
		return account.Unknown, nil
	}
	if err != nil {
		return "", err
	}
	known, _ := values["known"].(bool)
	fits, _ := values["fits"].(bool)
	switch {
	case known && fits:
		return account.Confirmed, nil
	case known:
		return account.Differs, nil
	}
	return account.Unknown, nil
}

// FamilyFacts asks the family register for core/mandate. Its register takes snils and declares children: records of
// snils, name (surname, given name, patronymic) and birth.
func (m *Module) FamilyFacts() mandate.FamilyFacts { return family{m} }

type family struct{ m *Module }

// Children implements mandate.FamilyFacts.
func (f family) Children(ctx context.Context, parent account.Person, ask id.ID) ([]mandate.Relative, error) {
	values, err := f.m.askForAccount(ctx, parent.ID, f.m.deps.Family, ask, map[string]string{"snils": parent.SNILS})
	if errors.Is(err, errNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, _ := values["children"].([]any)
	out := make([]mandate.Relative, 0, len(list))
	for _, item := range list {
		relative, err := relativeOf(item)
		if err != nil {
			return nil, err
		}
		out = append(out, relative)
	}
	return out, nil
}

func relativeOf(item any) (mandate.Relative, error) {
	record, _ := item.(map[string]any)
	snils, _ := record["snils"].(string)
	name, _ := record["name"].(string)
	text, _ := record["birth"].(string)
	birth, err := calendar.ParseDate(text)
	if err != nil || snils == "" || name == "" {
		return mandate.Relative{}, ErrSilent.Because(errors.New("exchange: a child without a number, a name or a date of birth"))
	}
	return mandate.Relative{Name: nameOf(name), Birth: birth, SNILS: snils}, nil
}

// Vehicles asks the traffic register which vehicles a person owns or leases, for the person themselves while they fill a
// form. Its register takes snils and declares vehicles: records of plate and model, and since when it is theirs. ask names the question for ever.
func (m *Module) Vehicles(ctx context.Context, owner account.Person, ask id.ID) ([]service.Vehicle, error) {
	values, err := m.askForAccount(ctx, owner.ID, m.deps.Garage, ask, map[string]string{"snils": owner.SNILS})
	if errors.Is(err, errNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	list, _ := values["vehicles"].([]any)
	out := make([]service.Vehicle, 0, len(list))
	for _, item := range list {
		record, _ := item.(map[string]any)
		plate, _ := record["plate"].(string)
		model, _ := record["model"].(string)
		text, _ := record["since"].(string)
		since, _ := calendar.ParseDate(text) // a register may leave it out
		if plate != "" {
			out = append(out, service.Vehicle{Plate: plate, Model: model, Own: true, Since: since})
		}
	}
	return out, nil
}

// nameOf splits a name as registers write it: surname, given name, patronymic, which may be absent or of several words.
func nameOf(text string) lang.Name {
	parts := strings.Fields(text)
	out := lang.Name{}
	for i, part := range parts {
		switch i {
		case 0:
			out.Family = part
		case 1:
			out.Given = part
		default:
			out.Patronymic = strings.TrimSpace(out.Patronymic + " " + part)
		}
	}
	return out
}

// errNotFound says that the register has no such record.
var errNotFound = errors.New("exchange: no such record")

// accountTries is how often a register is asked while a person waits at the account's page.
const accountTries = 2

// askForAccount asks a register for the account itself, at once and within the context's time. Nothing but the log is
// kept here: the account keeps what came of it.
func (m *Module) askForAccount(ctx context.Context, person id.ID, register string, ask id.ID, params map[string]string) (map[string]any, error) {
	r, ok := m.register(register)
	if !ok {
		return nil, ErrSilent.Because(fmt.Errorf("exchange: the city has no register %s", register))
	}
	endpoint, ok := m.endpoint(r)
	if !ok {
		return nil, ErrSilent.Because(fmt.Errorf("exchange: the agency of register %s is not connected", register))
	}
	body := wireAsk{RequestID: ask, Register: register, Purpose: wirePurpose{Kind: "account"}, OnBehalfOf: agency.City, Parameters: params}
	var a answer
	for range accountTries {
		a = m.gates.of(r).pass(ctx, m.base.Clock.Now(), func() answer { return m.send(ctx, r, endpoint, body) })
		m.meter.tried(register, a.trouble)
		if err := m.keepForAccount(ctx, person, ask, r, a); err != nil {
			return nil, err
		}
		switch a.trouble {
		case None:
			return a.values, nil
		case NotFound:
			return nil, errNotFound
		}
		if a.trouble != Silent || ctx.Err() != nil {
			break
		}
	}
	return nil, ErrSilent.Because(errors.Join(errors.New("exchange: "+register+": "+string(a.trouble)), a.cause))
}
