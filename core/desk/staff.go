package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Scope implements casework.Aide.
func (m *Module) Scope(ctx context.Context, office, official id.ID) (casework.Scope, error) {
	var out casework.Scope
	today := m.today()
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = casework.Scope{}
		row, err := deskdb.StaffByPerson(r, office, official)
		if err != nil && !errors.Is(err, store.ErrNone) {
			return err
		}
		out.Skills, out.Districts = strings.Fields(row.Skills), strings.Fields(row.Districts)
		away, err := deskdb.AbsencesFrom(r, office, today)
		for _, one := range away {
			a := absence(one)
			switch {
			case !a.covers(today):
			case a.Substitute == official:
				out.For = append(out.For, a.Person)
			case a.Person == official:
				out.Away = true
			}
		}
		return err
	})
	if err != nil {
		return out, fmt.Errorf("desk: scope: %w", err)
	}
	return out, nil
}

// Team lists the officials of an agency with what they can do and who is away today.
func (m *Module) Team(ctx context.Context, office id.ID) ([]Worker, []Absence, error) {
	officials, err := m.deps.Officials.Officials(ctx, office)
	if err != nil {
		return nil, nil, err
	}
	var staff []deskdb.DeskStaff
	var away []Absence
	today := m.today()
	err = m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		if staff, err = deskdb.StaffOf(r, office); err != nil {
			return err
		}
		away, err = absences(r, office, today)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("desk: team: %w", err)
	}
	return workers(officials, staff, away, today), away, nil
}

func workers(officials []agency.Official, staff []deskdb.DeskStaff, away []Absence, today string) []Worker {
	out := make([]Worker, 0, len(officials))
	for _, o := range officials {
		w := Worker{Person: o.Person, Role: string(o.Role), Queues: o.Queues}
		for _, row := range staff {
			if row.Person == o.Person {
				w.Skills, w.Districts = strings.Fields(row.Skills), strings.Fields(row.Districts)
			}
		}
		for i := range away {
			if away[i].Person == o.Person && away[i].covers(today) {
				w.Absence = &away[i]
			}
		}
		out = append(out, w)
	}
	return out
}

func absences(r store.Reader, office id.ID, from string) ([]Absence, error) {
	rows, err := deskdb.AbsencesFrom(r, office, from)
	out := make([]Absence, 0, len(rows))
	for _, row := range rows {
		out = append(out, absence(row))
	}
	return out, err
}

func absence(row deskdb.DeskAbsence) Absence {
	return Absence{ID: row.ID, Person: row.Person, Substitute: row.Substitute, Since: row.Since, Until: row.Until}
}

// PutScope sets what an official can do and where. The head may. Errors: ErrHead, ErrNoWorker, ErrSkill, ErrDistrict.
func (m *Module) PutScope(ctx context.Context, a act.Act, official id.ID, skills, districts []string) error {
	if err := head(a); err != nil {
		return err
	}
	able := Able{Agency: a.Actor.Agency, Person: official, Skills: skills, Districts: districts}
	if err := m.known(able); err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := agency.Find(tx, a.Actor.Agency, official); err != nil {
			return absent(tx, err, ErrNoWorker)
		}
		return able.put(tx)
	})
}

func knownKeys(city *service.City, office *service.Agency, skills, districts []string) error {
	for _, key := range skills {
		if !slices.ContainsFunc(office.Skills, func(s service.Skill) bool { return s.Key == key }) {
			return ErrSkill
		}
	}
	for _, key := range districts {
		if !slices.ContainsFunc(city.Places.Districts, func(d service.District) bool { return d.Key == key }) {
			return ErrDistrict
		}
	}
	return nil
}

func joined(keys []string) string {
	out := slices.Clone(keys)
	slices.Sort(out)
	return strings.Join(slices.Compact(out), " ")
}

// absent turns "no such row" into a fault of the Write.
func absent(tx *store.Tx, err, fault error) error {
	if errors.Is(err, store.ErrNone) {
		return tx.Fail(fault)
	}
	return err
}

// PutAbsence says when an official is away and who stands in. The official and the head may. Errors: ErrHead, ErrDays,
// ErrSubstitute (not of the agency, the same person, one who decides nothing, or away as well), ErrTwice.
func (m *Module) PutAbsence(ctx context.Context, a act.Act, want Absence) (id.ID, error) {
	if want.Person != a.Actor.Person && !isHead(a) {
		return id.ID{}, ErrHead
	}
	if err := m.rightDays(want); err != nil {
		return id.ID{}, err
	}
	want.ID = id.New(m.base.Clock.Now())
	return want.ID, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := agency.Find(tx, a.Actor.Agency, want.Person); err != nil {
			return absent(tx, err, ErrNoWorker)
		}
		instead, err := agency.Find(tx, a.Actor.Agency, want.Substitute)
		if err != nil {
			return absent(tx, err, ErrSubstitute)
		}
		others, err := absences(tx, a.Actor.Agency, want.Since)
		if err != nil {
			return err
		}
		if err := want.fits(others, instead); err != nil {
			return tx.Fail(err)
		}
		return deskdb.InsertAbsence(tx, deskdb.InsertAbsenceParams{
			Agency: a.Actor.Agency, ID: want.ID, Person: want.Person, Substitute: want.Substitute, Since: want.Since, Until: want.Until,
			MadeBy: a.Actor.Person, Made: tx.Now(),
		})
	})
}

// rightDays makes sure that the days are days, in order, not all past, and not a year's worth.
func (m *Module) rightDays(want Absence) error {
	since, err := calendar.ParseDate(want.Since)
	if err != nil {
		return ErrDays
	}
	until, err := calendar.ParseDate(want.Until)
	if err != nil || until.String() < m.today() || until.String() < since.String() || since.DaysUntil(until) > awayMost {
		return ErrDays
	}
	return nil
}

// fits makes sure that an absence agrees with the others: nobody is away twice, and whoever stands in is there.
func (a Absence) fits(others []Absence, instead agency.Official) error {
	if a.Substitute == a.Person || instead.Role == agency.Clerk {
		return ErrSubstitute
	}
	for _, other := range others {
		switch {
		case !other.meets(a):
		case other.Person == a.Person:
			return ErrTwice
		case other.Person == a.Substitute, other.Substitute == a.Person:
			return ErrSubstitute
		}
	}
	return nil
}

// EndAbsence takes an absence back. The official, the head, and nobody else.
func (m *Module) EndAbsence(ctx context.Context, a act.Act, which id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row, err := deskdb.AbsenceByID(tx, a.Actor.Agency, which)
		if err != nil {
			return absent(tx, err, ErrNoAbsence)
		}
		if row.Person != a.Actor.Person && !isHead(a) {
			return tx.Fail(ErrHead)
		}
		_, err = deskdb.EndAbsence(tx, a.Actor.Agency, which)
		return err
	})
}
