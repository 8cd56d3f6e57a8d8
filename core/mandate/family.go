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

// FromFamilyRegister is the source of a mandate that the family register confirmed: a locale key.
const FromFamilyRegister = "mandate.source.family_register"

// registerWait is how long a page waits for the family register.
const registerWait = 8 * time.Second

// parentOf is the mandate of a parent for a child born on the day. Its id is derived, so that the same family confirmed
// twice is one mandate.
func parentOf(parent, child id.ID, birth calendar.Date) Mandate {
	return Mandate{
		ID: id.Derived("mandate", child.String()+" "+parent.String()+" "+string(Parent)), Giver: child, Taker: parent, Kind: Parent,
		Scopes: Parent.Scopes(), Source: FromFamilyRegister, Ends: birth.AddYears(AdultAge),
	}
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

// AskRegister asks the family register for the person's minor children and gives the person the mandate for each. A child
// whom the city does not know yet becomes a person, without a sign-in. It returns how many children the register named;
// the list of Children follows within a second, by the mandates' events. Errors: ErrStanding for a person who is not
// confirmed, ErrRegister.
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
	minors := minorsOf(relatives, calendar.DateOf(m.base.Clock.Now(), m.deps.Zone))
	for _, r := range minors {
		if err := m.take(ctx, a, person.ID, r); err != nil {
			return 0, fmt.Errorf("mandate: ask the register: %w", err)
		}
	}
	return len(minors), nil
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

// minorsOf leaves out those who are of age, and answers that name no one: a child without a SNILS or a birth date can't
// be told from another.
func minorsOf(relatives []Relative, today calendar.Date) []Relative {
	var out []Relative
	for _, r := range relatives {
		snils, ok := account.ParseSNILS(r.SNILS)
		if !ok || r.Birth.IsZero() || r.Birth.After(today) || !today.Before(r.Birth.AddYears(AdultAge)) {
			continue
		}
		r.SNILS = snils
		out = append(out, r)
	}
	return out
}

// take makes sure that the child is a person and gives the parent the mandate.
func (m *Module) take(ctx context.Context, a act.Act, parent id.ID, r Relative) error {
	child, err := m.deps.Accounts.PersonOf(ctx, r.SNILS)
	if errors.Is(err, store.ErrNone) {
		child = id.Derived("person of snils", m.deps.Accounts.SNILSMark(r.SNILS))
		err = m.deps.Accounts.Enrol(ctx, []account.Enrolment{{Person: child, Name: r.Name, Birth: r.Birth, SNILS: r.SNILS, Level: act.Standard}})
	}
	if err != nil {
		return err
	}
	one := parentOf(parent, child, r.Birth)
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := m.Put(tx, one)
		return err
	})
}

// byAge puts the oldest child first.
func byAge(children []Child) {
	slices.SortStableFunc(children, func(a, b Child) int { return a.Person.Birth.Compare(b.Person.Birth) })
}
