package apply

import (
	"context"
	"reflect"
	"slices"

	"posad.city/core/account"
	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Service.For of services whose case does not simply lie with whoever applies.
const (
	forChild   = "child"
	forTrader  = "trader"
	forCompany = "organisation"
)

// subject is whom the applicant's data are about: the holder, when somebody applies for another adult; else who fills the form.
func (d Draft) subject(s *service.Service) id.ID {
	if s.For == forChild || s.For == forCompany {
		return d.Applicant
	}
	return d.Holder
}

// asSubject is the act of reading the subject's own data: by the mandate, when they are another's.
func asSubject(a act.Act, d Draft, s *service.Service) act.Act {
	if a.Is(d.subject(s)) {
		return own(a)
	}
	return a.For(d.Holder, d.Mandate)
}

// definition finds a service of the current version.
func (m *Module) definition(key string) (*service.City, *service.Service, error) {
	city, err := m.deps.Services.City()
	if err != nil {
		return nil, nil, err
	}
	s, ok := city.Service(key)
	if !ok {
		return nil, nil, ErrService
	}
	return city, s, nil
}

// definitionOf finds the service of a draft: of the version under which it was begun, until the person goes over to the
// current one. A version in which this service is the same as now is no other.
func (m *Module) definitionOf(ctx context.Context, d Draft) (*service.City, *service.Service, error) {
	city, s, err := m.definition(d.Service)
	if err != nil || d.Definition == "" || d.Definition == city.Hash() {
		return city, s, err
	}
	old, err := m.deps.Services.Version(ctx, d.Definition)
	if err != nil {
		m.base.Log.Warn("apply: the version of a draft can't be opened", "draft", d.ID.String(), "error", err)
		return city, s, nil
	}
	begun, ok := old.Service(d.Service)
	if !ok || reflect.DeepEqual(begun, s) {
		return city, s, nil
	}
	return old, begun, nil
}

// input gathers all that decides what is asked in a draft now: its version, what the account and registers know,
// the draft's files.
func (m *Module) input(ctx context.Context, a act.Act, d Draft, l lang.Language) (form.Input, error) {
	city, s, err := m.definitionOf(ctx, d)
	if err != nil {
		return form.Input{}, err
	}
	in := form.Input{
		City: city, Service: s, Lang: l, Today: calendar.DateOf(m.base.Clock.Now(), city.Days().Zone()),
		Answers: d.Answers, Typed: d.Typed, Step: d.Step,
	}
	person, err := m.deps.People.Person(ctx, asSubject(a, d, s), lookApplicant, d.subject(s))
	if err != nil {
		return form.Input{}, err
	}
	in.Applicant = applicantOf(person)
	if m.deps.TraderNumber != nil {
		if in.Applicant.INN, err = m.deps.TraderNumber(ctx, asSubject(a, d, s), person.ID); err != nil {
			return form.Input{}, err
		}
	}
	if in.Children, err = m.children(ctx, a, s, d); err != nil {
		return form.Input{}, err
	}
	if asks(s, service.TypeVehicle) && m.deps.Vehicles != nil {
		if in.Vehicles, err = m.deps.Vehicles(ctx, asSubject(a, d, s), d.subject(s)); err != nil {
			return form.Input{}, err
		}
	}
	if asks(s, service.TypeFile) && !d.ID.IsZero() {
		if in.Files, err = m.deps.Papers.Files(ctx, a, d.Holder, d.ID); err != nil {
			return form.Input{}, err
		}
	}
	if err := m.slots(ctx, a, d, &in); err != nil {
		return form.Input{}, err
	}
	if slices.ContainsFunc(s.Certificates, func(c service.Certificate) bool { return c.Early }) && !d.ID.IsZero() {
		if in.Facts, err = m.deps.Registers.Facts(ctx, a.ForCase(d.ID), []id.ID{d.Applicant, d.Holder}, d.ID); err != nil {
			return form.Input{}, err
		}
	}
	return in, nil
}

// asks tells whether a form has a question of the type.
func asks(s *service.Service, t service.Type) bool {
	for i := range s.Form.Steps {
		if slices.ContainsFunc(s.Form.Steps[i].Fields, func(f service.Field) bool { return f.Type == t }) {
			return true
		}
	}
	return false
}

// children are those that the form may name: the one whose draft it is, or any for whom the applicant may apply. An adult's
// mandate gives nobody their children.
func (m *Module) children(ctx context.Context, a act.Act, s *service.Service, d Draft) ([]service.Child, error) {
	if !asks(s, service.TypeChild) || d.subject(s) != d.Applicant {
		return nil, nil
	}
	list, err := m.deps.Family.Children(ctx, own(a), a.Actor.Person)
	if err != nil {
		return nil, err
	}
	var out []service.Child
	for _, c := range list {
		if s.For == forChild && c.Person.ID != d.Holder || !slices.Contains(c.Scopes, mandate.ScopeApply) {
			continue
		}
		out = append(out, service.Child{ID: c.Person.ID.String(), Name: nameOf(c.Person.Name), Birth: dayText(c.Person.Birth), SNILS: c.Person.SNILS})
	}
	return out, nil
}

func applicantOf(p account.Person) service.Person {
	return service.Person{
		Name: nameOf(p.Name), Birth: dayText(p.Birth), SNILS: p.SNILS, Phone: p.Phone, Email: p.Email, Verified: p.Level >= act.Standard,
	}
}

func nameOf(n lang.Name) service.Name {
	return service.Name{Surname: n.Family, Given: n.Given, Patronymic: n.Patronymic}
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// inputs are what rules see of a form's input.
func inputs(in form.Input, answers service.Answers) service.Inputs {
	facts := in.Facts
	if facts == nil {
		facts = service.Facts{}
	}
	return service.Inputs{Today: in.Today, Applicant: in.Applicant, Answers: answers, Facts: facts}
}

// levels are the levels of sign-in as definitions name them.
var levels = map[string]act.Level{"basic": act.Basic, "standard": act.Standard, "verified": act.Verified}

// levelFits tells whether an act is sure enough of its actor for a service.
func levelFits(a act.Act, s *service.Service) bool { return a.Assurance >= levels[s.Assurance] }
