package mandate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// today is the city's day at a moment of the store.
func (m *Module) today(r store.Reader) calendar.Date { return calendar.DateOf(r.Now(), m.deps.Zone) }

// Holds returns the mandate by which taker may act for giver in the scope now, or store.ErrNone. It reads the giver's
// rows alone and serves inside a Write.
func (m *Module) Holds(r store.Reader, giver, taker id.ID, scope string) (id.ID, error) {
	rows, err := mandatedb.MandatesBetween(r, giver, taker)
	if err != nil {
		return id.ID{}, fmt.Errorf("mandate: holds: %w", err)
	}
	for _, row := range rows {
		one, err := mandate(row)
		if err != nil {
			return id.ID{}, err
		}
		if one.Holds(scope, m.today(r)) {
			return one.ID, nil
		}
	}
	return id.ID{}, store.ErrNone
}

// Guard is the whole check of an act inside its Write, for store.SetGuard: the session, the hat, and the mandate when
// one acts for another. Errors: account.ErrClosed, account.ErrHat, ErrEnded.
func (m *Module) Guard(tx *store.Tx, a act.Act) error {
	if err := m.deps.Accounts.Guard(tx, a); err != nil || a.Mandate.IsZero() {
		return err
	}
	row, err := mandatedb.MandateByID(tx, a.Holder, a.Mandate)
	if errors.Is(err, store.ErrNone) {
		return ErrEnded
	}
	if err != nil {
		return err
	}
	one, err := mandate(row)
	if err != nil {
		return err
	}
	if one.Taker != a.Actor.Person || !one.live(m.today(tx)) {
		return ErrEnded
	}
	return nil
}

func (m Mandate) live(today calendar.Date) bool { return m.Ended.IsZero() && today.Before(m.Ends) }

func mandate(row mandatedb.Mandate) (Mandate, error) {
	out := Mandate{
		ID: row.ID, Giver: row.Giver, Taker: row.Taker, Kind: Kind(row.Kind), Source: row.Source, Since: row.Since, Ended: row.Ended,
	}
	if err := json.Unmarshal([]byte(row.Scopes), &out.Scopes); err != nil {
		return Mandate{}, fmt.Errorf("mandate: scopes of %s: %w", row.ID, err)
	}
	var err error
	if out.Ends, err = calendar.ParseDate(row.Ends); err != nil {
		return Mandate{}, fmt.Errorf("mandate: end of %s: %w", row.ID, err)
	}
	return out, nil
}

// Of lists the mandates that a person has given, the ended ones too.
func (m *Module) Of(ctx context.Context, giver id.ID) ([]Mandate, error) {
	var rows []mandatedb.Mandate
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = mandatedb.MandatesOf(r, giver)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mandate: list: %w", err)
	}
	out := make([]Mandate, len(rows))
	for i, row := range rows {
		if out[i], err = mandate(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Taken lists the mandates by which a person may act for others now, in the order of the givers' ids. Each is read at
// its home.
func (m *Module) Taken(ctx context.Context, taker id.ID) ([]Mandate, error) {
	var out []Mandate
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		copies, err := mandatedb.TakenBy(r, taker)
		if err != nil {
			return err
		}
		for _, c := range copies {
			row, err := mandatedb.MandateByID(r, c.Giver, c.ID)
			if err != nil {
				return err
			}
			one, err := mandate(row)
			if err != nil {
				return err
			}
			if one.live(m.today(r)) && one.Taker == taker {
				out = append(out, one)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("mandate: taken by: %w", err)
	}
	return out, nil
}

// Children lists the children for whom a parent may act now, youngest last, with the look at each recorded.
func (m *Module) Children(ctx context.Context, a act.Act, parent id.ID) ([]Child, error) {
	taken, err := m.Taken(ctx, parent)
	if err != nil {
		return nil, err
	}
	ids := make([]id.ID, 0, len(taken))
	for _, one := range taken {
		ids = append(ids, one.Giver)
	}
	people, err := m.deps.Accounts.People(ctx, a, "mandate.look.children", ids...)
	if err != nil {
		return nil, err
	}
	out := make([]Child, 0, len(taken))
	for _, one := range taken {
		person, ok := people[one.Giver]
		if ok && one.Kind == Parent {
			out = append(out, Child{Mandate: one.ID, Person: person, Scopes: one.Scopes, Source: one.Source, Since: one.Since, Ends: one.Ends})
		}
	}
	byAge(out)
	return out, nil
}

// Put gives a parent the mandate for a child, in the child's rows, and announces it. False: it was there already.
func (m *Module) Put(tx *store.Tx, one Mandate) (bool, error) {
	scopes, err := json.Marshal(one.Scopes)
	if err != nil {
		return false, fmt.Errorf("mandate: scopes: %w", err)
	}
	n, err := mandatedb.PutMandate(tx, mandatedb.PutMandateParams{
		Giver: one.Giver, ID: one.ID, Taker: one.Taker, Kind: string(one.Kind), Scopes: string(scopes), Source: one.Source,
		Since: tx.Now(), Ends: one.Ends.String(),
	})
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.tell(tx, one.Giver, one.ID)
}

// End ends a mandate before its day, in the giver's rows. False: it had ended.
func (m *Module) End(tx *store.Tx, giver, mandateID id.ID) (bool, error) {
	n, err := mandatedb.EndMandate(tx, tx.Now(), giver, mandateID)
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.tell(tx, giver, mandateID)
}

func (m *Module) tell(tx *store.Tx, giver, mandateID id.ID) error {
	row, err := mandatedb.MandateByID(tx, giver, mandateID)
	if err != nil {
		return err
	}
	if err := m.base.Feed.Publish(tx, feed.Change{Topic: Topic, Holder: giver, Object: mandateID, Version: row.Version}); err != nil {
		return err
	}
	return m.base.Jobs.Emit(tx, jobs.Event{Name: EventGiven, Holder: giver, Object: mandateID, Version: row.Version})
}

const jobCopy = "mandate.copy"

// copyToTaker makes the taker's copy say what the home says now, whatever version the event was of.
func (m *Module) copyToTaker(ctx context.Context, j jobs.Job) error {
	var row mandatedb.Mandate
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = mandatedb.MandateByID(r, j.Holder, j.Object)
		return err
	})
	if err != nil {
		return fmt.Errorf("mandate: copy: %w", err)
	}
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		_, err := mandatedb.CopyMandate(tx, mandatedb.CopyMandateParams{
			Taker: row.Taker, Giver: row.Giver, ID: row.ID, Version: row.Version, Live: row.Ended.IsZero(),
		})
		if err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}
