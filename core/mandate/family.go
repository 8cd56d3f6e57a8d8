package mandate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// The sources of the law's mandates: locale keys.
const (
	FromFamilyRegister = "mandate.source.family_register"
	FromGuardianship   = "mandate.source.guardianship"
)

// registerWait is how long a page waits for the family register.
const registerWait = 8 * time.Second

// parentOf is the mandate of a parent for a child born on the day. Its id is derived, so that the same family confirmed
// twice is one mandate.
func parentOf(parent, child id.ID, birth calendar.Date) Mandate {
	return Mandate{
		ID: byLawID(parent, child, Parent), Giver: child, Taker: parent, Kind: Parent, Scopes: Parent.Scopes(), Source: FromFamilyRegister,
		Ends: birth.AddYears(AdultAge),
	}
}

// wardMost is how long a guardianship without an end is taken to last before it must be confirmed anew.
const wardMost = 1 // years

// guardianOf is the mandate of a guardian for a ward. A minor's ends at the latest when they come of age.
func guardianOf(guardian, ward id.ID, birth, until, today calendar.Date) Mandate {
	ends := today.AddYears(wardMost)
	if !until.IsZero() {
		ends = until.AddDays(1)
	}
	if adult := birth.AddYears(AdultAge); today.Before(adult) && adult.Before(ends) {
		ends = adult
	}
	return Mandate{
		ID: byLawID(guardian, ward, Guardian), Giver: ward, Taker: guardian, Kind: Guardian, Scopes: Guardian.Scopes(), Source: FromFamilyRegister, Ends: ends,
	}
}

func byLawID(taker, giver id.ID, kind Kind) id.ID {
	return id.Derived("mandate", giver.String()+" "+taker.String()+" "+string(kind))
}

// Enrol brings in families that come with the city, whose people are enrolled in core/account already. A mandate that is
// there is left as it is, so that a second run changes nothing.
func (m *Module) Enrol(ctx context.Context, list []Parenthood) error {
	for _, p := range list {
		if p.Birth.IsZero() || p.Parent.IsZero() || p.Child.IsZero() {
			return fmt.Errorf("mandate: enrol %s for %s: both people and the birth date are needed", p.Parent, p.Child)
		}
		one := parentOf(p.Parent, p.Child, p.Birth)
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			_, err := m.Put(tx, one)
			return err
		})
		if err != nil {
			return fmt.Errorf("mandate: enrol %s for %s: %w", p.Parent, p.Child, err)
		}
	}
	return nil
}

// AskRegister asks the family register for the person's minor children and wards and gives the person the mandate for
// each. A child whom the city does not know yet becomes a person, without a sign-in. Whom the register names no more, the
// person no longer acts for: parental rights and guardianships end there. It returns how many children and wards the
// register named; the list of Children follows within a second, by the mandates' events. Errors: ErrStanding for a person
// who is not confirmed, ErrRegister.
func (m *Module) AskRegister(ctx context.Context, a act.Act, parent id.ID) (int, error) {
	person, err := m.deps.Accounts.Person(ctx, a, "mandate.look.children", parent)
	if err != nil {
		return 0, fmt.Errorf("mandate: ask the register: %w", err)
	}
	if person.Level < act.Standard || person.SNILS == "" {
		return 0, ErrStanding
	}
	relatives, err := m.ask(ctx, person, a.ID)
	if err != nil {
		return 0, err
	}
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone)
	confirmed := confirmedOf(relatives, today)
	var named []id.ID
	for _, r := range confirmed {
		one, err := m.take(ctx, a, person.ID, r, today)
		if err != nil {
			return 0, fmt.Errorf("mandate: ask the register: %w", err)
		}
		named = append(named, one)
	}
	if len(named) == len(relatives) || !slices.ContainsFunc(relatives, unclear) {
		err = m.endUnnamed(ctx, a, person.ID, named)
	}
	return len(confirmed), err
}

// unclear tells of an entry that names no one: then nobody's mandate is ended for not being named.
func unclear(r Relative) bool {
	_, ok := account.ParseSNILS(r.SNILS)
	return !ok || r.Birth.IsZero()
}

func (m *Module) ask(ctx context.Context, parent account.Person, ask id.ID) ([]Relative, error) {
	if m.deps.Family == nil {
		return nil, ErrRegister
	}
	ctx, cancel := context.WithTimeout(ctx, registerWait)
	defer cancel()
	relatives, err := m.deps.Family.Children(ctx, parent, ask)
	if err != nil {
		return nil, ErrRegister.Because(err)
	}
	return relatives, nil
}

// confirmedOf leaves out children who are of age, and answers that name no one: a child without a SNILS or a birth date
// can't be told from another. A ward may be of any age.
func confirmedOf(relatives []Relative, today calendar.Date) []Relative {
	var out []Relative
	for _, r := range relatives {
		snils, ok := account.ParseSNILS(r.SNILS)
		grown := !today.Before(r.Birth.AddYears(AdultAge))
		over := r.Ward && !r.Until.IsZero() && r.Until.Before(today)
		if !ok || r.Birth.IsZero() || r.Birth.After(today) || grown && !r.Ward || over {
			continue
		}
		r.SNILS = snils
		out = append(out, r)
	}
	return out
}

// take makes sure that the child or ward is a person and gives the parent or guardian the mandate.
func (m *Module) take(ctx context.Context, a act.Act, taker id.ID, r Relative, today calendar.Date) (id.ID, error) {
	giver, err := m.personOf(ctx, r)
	if err != nil {
		return id.ID{}, err
	}
	one := parentOf(taker, giver, r.Birth)
	if r.Ward {
		one = guardianOf(taker, giver, r.Birth, r.Until, today)
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if r.Ward && r.Until.IsZero() { // one without an end of its own lasts as it was given, until it is near
			have, err := rightOf(tx, one.Giver, one.ID)
			if err == nil && have.Live(today) && have.Ends.After(today.AddDays(soonDays)) {
				return nil
			}
			if err != nil && !errors.Is(err, store.ErrNone) {
				return err
			}
		}
		_, err := m.Put(tx, one)
		return err
	})
	return one.ID, err
}

func (m *Module) personOf(ctx context.Context, r Relative) (id.ID, error) {
	person, err := m.deps.Accounts.PersonOf(ctx, r.SNILS)
	if !errors.Is(err, store.ErrNone) {
		return person, err
	}
	person = id.Derived("person of snils", m.deps.Accounts.SNILSMark(r.SNILS))
	return person, m.deps.Accounts.Enrol(ctx, []account.Enrolment{{Person: person, Name: r.Name, Birth: r.Birth, SNILS: r.SNILS, Level: act.Standard}})
}

// endUnnamed ends the register's mandates of a person for whom it does not name them any more; each in a Write of its own.
func (m *Module) endUnnamed(ctx context.Context, a act.Act, taker id.ID, named []id.ID) error {
	taken, err := m.Taken(ctx, taker)
	if err != nil {
		return err
	}
	for _, one := range taken {
		if one.Source != FromFamilyRegister || slices.Contains(named, one.ID) {
			continue
		}
		err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
			ended, err := m.End(tx, one.Giver, one.ID)
			if err != nil || !ended {
				return err
			}
			return m.putWords(tx, one, "revoked")
		})
		if err != nil {
			return fmt.Errorf("mandate: end what the register names no more: %w", err)
		}
	}
	return nil
}

// Wardship is what an official of the guardianship agency enters.
type Wardship struct {
	Guardian string        // SNILS
	Ward     string        // SNILS
	Until    calendar.Date // the last day; zero: until it is ended, confirmed anew each year
}

// Appoint makes a guardian of a person, by an official of the guardianship agency. Both must be known to the city and
// confirmed. Faults: ErrFields, ErrNobody.
func (m *Module) Appoint(ctx context.Context, a act.Act, w Wardship) (Mandate, error) {
	guardian, err := m.known(ctx, a, w.Guardian)
	if err != nil {
		return Mandate{}, err
	}
	ward, err := m.known(ctx, a, w.Ward)
	if err != nil {
		return Mandate{}, err
	}
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone)
	if guardian.ID == ward.ID || !w.Until.IsZero() && w.Until.Before(today) {
		return Mandate{}, ErrNobody
	}
	one := guardianOf(guardian.ID, ward.ID, ward.Birth, w.Until, today)
	one.Source, one.GivenBy = FromGuardianship, a.Actor.Person
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		put, err := m.Put(tx, one)
		if err != nil || !put {
			return err
		}
		return m.putWords(tx, one, "accepted")
	})
	if err != nil {
		return Mandate{}, fmt.Errorf("mandate: appoint: %w", err)
	}
	return one, nil
}

func (m *Module) known(ctx context.Context, a act.Act, text string) (account.Person, error) {
	snils, ok := account.ParseSNILS(text)
	if !ok {
		return account.Person{}, ErrNobody
	}
	found, err := m.deps.Accounts.PersonOf(ctx, snils)
	if errors.Is(err, store.ErrNone) {
		return account.Person{}, ErrNobody
	}
	if err != nil {
		return account.Person{}, err
	}
	person, err := m.deps.Accounts.Person(ctx, a, "mandate.look.wards", found)
	if errors.Is(err, store.ErrNone) || err == nil && person.Birth.IsZero() {
		return account.Person{}, ErrNobody
	}
	return person, err
}

// Wards lists the guardianships of a ward by their SNILS, the ended ones too, for the guardianship agency.
func (m *Module) Wards(ctx context.Context, a act.Act, snils string) (account.Person, []Mandate, error) {
	ward, err := m.known(ctx, a, snils)
	if err != nil {
		return account.Person{}, nil, err
	}
	list, err := m.Of(ctx, ward.ID)
	return ward, slices.DeleteFunc(list, func(one Mandate) bool { return one.Kind != Guardian }), err
}

// Dismiss ends a guardianship, by an official of the guardianship agency; ErrNone for a mandate that is none.
func (m *Module) Dismiss(ctx context.Context, a act.Act, ward, mandateID id.ID) error {
	one, err := m.Mandate(ctx, ward, mandateID)
	if err != nil {
		return err
	}
	if one.Kind != Guardian {
		return ErrNone
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		ended, err := m.end(tx, ward, mandateID, a.Actor.Person)
		if err != nil || !ended {
			return err
		}
		return m.putWords(tx, one, "revoked")
	})
	if err != nil {
		return fmt.Errorf("mandate: dismiss: %w", err)
	}
	return nil
}

// byAge puts the oldest child first.
func byAge(children []Child) {
	slices.SortStableFunc(children, func(a, b Child) int { return a.Person.Birth.Compare(b.Person.Birth) })
}
