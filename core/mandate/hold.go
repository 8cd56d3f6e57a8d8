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

// Holds returns the mandate by which taker may act for giver in the scope and for the service now, or store.ErrNone. It
// reads the giver's rows alone and serves inside a Write.
func (m *Module) Holds(r store.Reader, giver, taker id.ID, scope, service string) (id.ID, error) {
	rows, err := mandatedb.RightsBetween(r, giver, taker)
	if err != nil {
		return id.ID{}, fmt.Errorf("mandate: holds: %w", err)
	}
	for _, row := range rows {
		one, err := mandate(row)
		if err != nil {
			return id.ID{}, err
		}
		if one.Covers(scope, service, m.today(r)) {
			return one.ID, nil
		}
	}
	return id.ID{}, store.ErrNone
}

// Guard is the whole check of an act inside its Write, for store.SetGuard: the session, the hat, and, when one acts for
// another, the mandate with what it is used for. What is done under a mandate leaves its trace in the same Write. Errors:
// account.ErrClosed, account.ErrHat, ErrEnded, ErrBeyond.
func (m *Module) Guard(tx *store.Tx, a act.Act) error {
	if err := m.deps.Accounts.Guard(tx, a); err != nil || a.Mandate.IsZero() {
		return err
	}
	one, err := rightOf(tx, a.Holder, a.Mandate)
	if errors.Is(err, store.ErrNone) {
		return ErrEnded
	}
	if err != nil {
		return err
	}
	if err := judge(one, a, m.today(tx)); err != nil {
		return err
	}
	return m.trace(tx, a)
}

// judge decides whether a mandate lets an act be done on the day.
func judge(one Mandate, a act.Act, today calendar.Date) error {
	switch {
	case a.Actor.Kind != act.Person, !a.Is(one.Taker), !one.Live(today):
		return ErrEnded
	case !one.Allows(a.Use.Scope, a.Use.Service):
		return ErrBeyond
	}
	return nil
}

func rightOf(r store.Reader, giver, mandateID id.ID) (Mandate, error) {
	row, err := mandatedb.RightByID(r, giver, mandateID)
	if err != nil {
		return Mandate{}, err
	}
	return mandate(row)
}

func mandate(row mandatedb.MandateRight) (Mandate, error) {
	out := Mandate{
		ID: row.ID, Giver: row.Giver, Taker: row.Taker, Kind: Kind(row.Kind), Source: row.Source, GivenBy: row.GivenBy,
		Since: row.Since, Ended: row.Ended, EndedBy: row.EndedBy, Version: row.Version,
	}
	err := errors.Join(json.Unmarshal([]byte(row.Scopes), &out.Scopes), json.Unmarshal([]byte(row.Services), &out.Services))
	if err != nil {
		return Mandate{}, fmt.Errorf("mandate: scopes of %s: %w", row.ID, err)
	}
	if row.Begins != "" {
		if out.Begins, err = calendar.ParseDate(row.Begins); err != nil {
			return Mandate{}, fmt.Errorf("mandate: beginning of %s: %w", row.ID, err)
		}
	}
	if out.Ends, err = calendar.ParseDate(row.Ends); err != nil {
		return Mandate{}, fmt.Errorf("mandate: end of %s: %w", row.ID, err)
	}
	return out, nil
}

func mandates(rows []mandatedb.MandateRight) ([]Mandate, error) {
	out := make([]Mandate, len(rows))
	for i, row := range rows {
		one, err := mandate(row)
		if err != nil {
			return nil, err
		}
		out[i] = one
	}
	return out, nil
}

// Of lists the mandates that a person or an organisation has given, the ended ones too.
func (m *Module) Of(ctx context.Context, giver id.ID) ([]Mandate, error) {
	var rows []mandatedb.MandateRight
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = mandatedb.RightsOf(r, giver)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mandate: list: %w", err)
	}
	return mandates(rows)
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
			one, err := rightOf(r, c.Giver, c.ID)
			if err != nil {
				return err
			}
			if one.Live(m.today(r)) && one.Taker == taker {
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

// Put gives the taker the mandate, in the giver's rows, and announces it. A mandate of that id that was ended lives again.
// False: it was there already.
func (m *Module) Put(tx *store.Tx, one Mandate) (bool, error) {
	scopes, errScopes := list(one.Scopes)
	services, errServices := list(one.Services)
	if err := errors.Join(errScopes, errServices); err != nil {
		return false, err
	}
	n, err := mandatedb.PutRight(tx, mandatedb.PutRightParams{
		Giver: one.Giver, ID: one.ID, Taker: one.Taker, Kind: string(one.Kind), Scopes: scopes, Services: services, Source: one.Source,
		GivenBy: one.GivenBy, Since: tx.Now(), Begins: dayText(one.Begins), Ends: one.Ends.String(),
	})
	if err != nil || n == 0 {
		return false, err
	}
	if err := mandatedb.PutHome(tx, one.ID, one.Giver); err != nil {
		return false, err
	}
	return true, m.tell(tx, one.Giver, one.ID)
}

// list is a list as a column keeps it.
func list(items []string) (string, error) {
	if items == nil {
		items = []string{}
	}
	text, err := json.Marshal(items)
	if err != nil {
		return "", fmt.Errorf("mandate: list: %w", err)
	}
	return string(text), nil
}

func dayText(d calendar.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// End ends a mandate before its day, in the giver's rows, because its ground is gone. False: it had ended.
func (m *Module) End(tx *store.Tx, giver, mandateID id.ID) (bool, error) {
	return m.end(tx, giver, mandateID, id.ID{})
}

// end ends a mandate; by is the person who did, zero for a register.
func (m *Module) end(tx *store.Tx, giver, mandateID, by id.ID) (bool, error) {
	n, err := mandatedb.EndRight(tx, mandatedb.EndRightParams{Ended: tx.Now(), EndedBy: by, Giver: giver, ID: mandateID})
	if err != nil || n == 0 {
		return false, err
	}
	return true, m.tell(tx, giver, mandateID)
}

func (m *Module) tell(tx *store.Tx, giver, mandateID id.ID) error {
	row, err := mandatedb.RightByID(tx, giver, mandateID)
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
	var row mandatedb.MandateRight
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = mandatedb.RightByID(r, j.Holder, j.Object)
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
