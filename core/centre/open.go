package centre

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/centre/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// whole judges what an official typed. Errors: fault.Invalid with fields.
func (m *Module) whole(s Seen) (Seen, error) {
	faults := s.check()
	identity, err := m.deps.Accounts.Whole(s.Identity)
	if f := fault.Of(err); err != nil {
		if f.Kind != fault.Invalid {
			return s, err
		}
		faults = append(faults, f.Fields...)
	}
	faults = append(faults, tooYoung(identity.Birth, m.deps.Accounts.Today())...)
	if len(faults) > 0 {
		return s, ErrFields.With(faults...)
	}
	s.Identity = identity
	return s, nil
}

// Find opens a visit for the person whom an official has before them, by exact search. ErrNobody: nobody of that number,
// name and birth date is known, or the number is of somebody else, which is not told. Errors: fault.Invalid with fields,
// ErrSelf, account.ErrOften.
func (m *Module) Find(ctx context.Context, a act.Act, s Seen) (Visit, error) {
	s, err := m.whole(s)
	if err != nil {
		return Visit{}, err
	}
	if err := m.deps.Accounts.Limit(ctx, "centre.find", a.Actor.Person.String(), findsAnHour, findsWindow); err != nil {
		return Visit{}, err
	}
	visit := id.New(m.base.Clock.Now())
	found, err := m.deps.Accounts.FindExact(ctx, in(a, visit), s.Identity)
	if errors.Is(err, store.ErrNone) {
		return Visit{}, ErrNobody
	}
	if err != nil {
		return Visit{}, fmt.Errorf("centre: find: %w", err)
	}
	return m.open(ctx, in(a, visit), visit, found.ID, s, FoundOnly, func(*store.Tx) error { return nil })
}

// Register opens a visit for a person who has no record yet: the population register is asked, and the person and an
// account come into being. Errors: as of Find, account.ErrDiffers, account.ErrRegister, account.ErrSNILSTaken.
func (m *Module) Register(ctx context.Context, a act.Act, s Seen, l lang.Language) (Visit, error) {
	s, err := m.whole(s)
	if err != nil {
		return Visit{}, err
	}
	if err := m.deps.Accounts.Limit(ctx, "centre.find", a.Actor.Person.String(), findsAnHour, findsWindow); err != nil {
		return Visit{}, err
	}
	now := m.base.Clock.Now()
	visit, person := id.New(now), id.New(now)
	if err := m.deps.Accounts.AskRegister(ctx, person, s.Identity, a.ID); err != nil {
		return Visit{}, err
	}
	opening, err := m.deps.Accounts.PrepareOpening(ctx, person, s.Identity, act.Standard, l)
	if err != nil {
		return Visit{}, fmt.Errorf("centre: register: %w", err)
	}
	return m.open(ctx, in(a, visit), visit, person, s, Opened, opening.Put)
}

// open puts a visit into its tables, with what else belongs to the same Write.
func (m *Module) open(ctx context.Context, a act.Act, visit, person id.ID, s Seen, done Done, more func(*store.Tx) error) (Visit, error) {
	if a.Is(person) {
		return Visit{}, ErrSelf
	}
	name, err := m.officialName(ctx, a)
	if err != nil {
		return Visit{}, err
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Visit{}, err
	}
	v := Visit{
		ID: visit, Person: person, Official: a.Actor.Person, Place: s.Place, Document: s.Document, Tail: s.Tail, ServedBy: name,
		Opened: m.base.Clock.Now(), Done: []Done{done},
	}
	row := centredb.InsertVisitParams{
		Person: person, ID: visit, Official: v.Official, Place: v.Place, Document: string(v.Document),
		Tail: keys.Seal("visit", "tail", []byte(s.Tail)), ServedBy: keys.Seal("visit", "served_by", []byte(name)), Done: string(done),
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := more(tx); err != nil {
			return err
		}
		row.Opened = tx.Now()
		if err := centredb.InsertVisit(tx, row); err != nil {
			return err
		}
		if err := centredb.InsertHome(tx, visit, person, v.Official); err != nil {
			return err
		}
		err := centredb.InsertDesk(tx, centredb.InsertDeskParams{Official: v.Official, ID: visit, Person: person, Place: v.Place, Opened: tx.Now()})
		if err != nil {
			return err
		}
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobFinish, Holder: person, Object: visit, At: tx.Now().Add(OpenMost), Key: "visit " + visit.String()})
	})
	if err != nil {
		return Visit{}, fmt.Errorf("centre: open a visit: %w", err)
	}
	return v, nil
}

// officialName is the official as the person may know them: family name and given name. Nobody looks at anybody.
func (m *Module) officialName(ctx context.Context, a act.Act) (string, error) {
	names, err := m.deps.Accounts.Names(ctx, act.ByJob(a.ID, a.Purpose), "centre.look.official", a.Actor.Person)
	if err != nil {
		return "", fmt.Errorf("centre: the official's name: %w", err)
	}
	name := names[a.Actor.Person]
	return lang.Name{Family: name.Family, Given: name.Given}.Full(lang.Russian), nil
}

// home is whose visit it is and who serves.
func (m *Module) home(ctx context.Context, visit id.ID) (centredb.VisitHome, error) {
	var row centredb.VisitHome
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = centredb.HomeOf(r, visit)
		return err
	})
	return row, err
}

// Visit reads a visit, with the look recorded. store.ErrNone for none.
func (m *Module) Visit(ctx context.Context, a act.Act, person, visit id.ID) (Visit, error) {
	var row centredb.Visit
	err := m.base.Store.Look(ctx, in(a, visit), "centre.look.visit", func(p *store.Personal) error {
		var err error
		row, err = centredb.VisitByID(p, person, visit)
		return err
	})
	if err != nil {
		return Visit{}, err
	}
	return m.visit(ctx, row)
}

func (m *Module) visit(ctx context.Context, row centredb.Visit) (Visit, error) {
	keys, err := m.base.Vault.Keys(ctx, row.Person)
	if err != nil {
		return Visit{}, err
	}
	out := Visit{
		ID: row.ID, Person: row.Person, Official: row.Official, Place: row.Place, Document: Document(row.Document), Opened: row.Opened,
		Proved: row.Proved, Consent: Consent(row.Consent), Session: row.Session, Begun: row.Begun, Ended: row.Ended, Done: doneOf(row.Done),
	}
	for _, sealed := range []struct {
		column string
		from   []byte
		to     *string
	}{{"tail", row.Tail, &out.Tail}, {"served_by", row.ServedBy, &out.ServedBy}, {"note", row.Note, &out.Note}} {
		if sealed.from == nil {
			continue
		}
		plain, err := keys.Open("visit", sealed.column, sealed.from)
		if err != nil {
			return Visit{}, fmt.Errorf("centre: read a visit: %w", err)
		}
		*sealed.to = string(plain)
	}
	return out, nil
}

// visitsMost is how many of a person's visits their page shows.
const visitsMost = 200

// Mine lists the actor's own visits, newest first, at most 200 of each of their records.
func (m *Module) Mine(ctx context.Context, a act.Act) ([]Visit, error) {
	return m.visitsOf(ctx, a, a.Selves()...)
}

// visitsOf lists the visits of people, newest first, with the look recorded. What was sealed for a person whose data was
// deleted is left out.
func (m *Module) visitsOf(ctx context.Context, a act.Act, people ...id.ID) ([]Visit, error) {
	var rows []centredb.Visit
	err := m.base.Store.Look(ctx, a, "centre.look.visits", func(p *store.Personal) error {
		rows = nil
		for _, person := range people {
			some, err := centredb.VisitsOf(p, person, visitsMost)
			if err != nil {
				return err
			}
			rows = append(rows, some...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("centre: visits: %w", err)
	}
	var out []Visit
	for _, row := range rows {
		one, err := m.visit(ctx, row)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(x, y Visit) int { return y.Opened.Compare(x.Opened) })
	return out, nil
}

// Serving is a visit that an official has open, in their own list.
type Serving struct {
	Visit  id.ID
	Person id.ID
	Place  string
}

// Serving lists the visits that the act's official has open; nobody else's.
func (m *Module) Serving(ctx context.Context, a act.Act) ([]Serving, error) {
	var rows []centredb.VisitDesk
	err := m.base.Store.Look(ctx, a, "centre.look.visit", func(p *store.Personal) error {
		var err error
		rows, err = centredb.DeskOf(p, a.Actor.Person, visitsMost)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("centre: open visits: %w", err)
	}
	out := make([]Serving, len(rows))
	for i, row := range rows {
		out[i] = Serving{row.ID, row.Person, row.Place}
	}
	return out, nil
}
