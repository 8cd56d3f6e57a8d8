package casework

import (
	"context"
	"errors"

	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// signerPerson finds whom an applicant has named: who has the number, and the name and the birth date that they wrote. A
// number with a slip in it may be a stranger's, who would read the application: then nobody is found, and the second answer
// says what is wrong, as the end of a locale key.
func (m *Module) signerPerson(ctx context.Context, one Signer) (id.ID, string, error) {
	if !one.Person.IsZero() || m.deps.Signers == nil {
		return one.Person, "", nil
	}
	person, err := m.deps.Signers.PersonOf(ctx, one.Named.SNILS)
	if errors.Is(err, store.ErrNone) {
		return id.ID{}, "", nil
	}
	if err != nil {
		return id.ID{}, "", err
	}
	name, birth := writtenOf(one.Named)
	otherName, otherBirth, err := m.deps.Signers.Differs(ctx, person, name, birth)
	switch {
	case err != nil:
		return id.ID{}, "", err
	case otherName && otherBirth:
		return id.ID{}, "both", nil
	case otherName:
		return id.ID{}, "name", nil
	case otherBirth:
		return id.ID{}, "birth", nil
	}
	return person, "", nil
}

// writtenOf is what an application says of a person; a date that is none is not compared.
func writtenOf(p service.Person) (lang.Name, calendar.Date) {
	birth, err := calendar.ParseDate(p.Birth)
	if err != nil {
		birth = calendar.Date{}
	}
	return lang.Name{Family: p.Name.Surname, Given: p.Name.Given, Patronymic: p.Name.Patronymic}, birth
}

// unknown tells the applicant, once, that somebody has no account yet, and looks again later.
func (m *Module) unknown(ctx context.Context, j jobs.Job, k *known) error {
	return m.notFound(ctx, j, k, "sign_unknown", nil)
}

// differs tells the applicant, once, what of the person whom they named does not fit the number, and looks again later: a
// name may have changed.
func (m *Module) differs(ctx context.Context, j jobs.Job, k *known, wrong string) error {
	return m.notFound(ctx, j, k, "sign_differs", map[string]any{"part": m.both("casework.sign_part." + wrong)})
}

func (m *Module) notFound(ctx context.Context, j jobs.Job, k *known, kind string, params map[string]any) error {
	words := m.telling(k, k.file.Applicant, kind, "casework/"+kind+"/"+j.Payload, j.Version)
	for name, value := range params {
		words.Params[name] = value
	}
	told, err := m.deps.Teller.Prepare(ctx, words)
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, told.Put); err != nil {
		return err
	}
	return jobs.Later(invitePause)
}
