package mandate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

// Which words about a mandate's end were told.
const (
	toldNothing = ""
	toldSoon    = "soon"
	toldOver    = "over"
)

// soonDays is how long before its end both sides of a mandate are told.
const soonDays = 30

// calendarEvery is how often ends are looked for; a mandate ends by its rule at use, whenever its words come.
const calendarEvery = 24 * time.Hour

// endsBatch is how many mandates one read takes.
const endsBatch = 200

// calendar tells people of mandates that end soon, and of those that have ended by their day: that a child comes of age is
// seen by both before it happens. It takes old doors away too.
func (m *Module) calendar(ctx context.Context, _ jobs.Job) error {
	today := calendar.DateOf(m.base.Clock.Now(), m.deps.Zone)
	return errors.Join(
		m.tellEnds(ctx, toldNothing, toldSoon, today.AddDays(soonDays)), m.tellEnds(ctx, toldSoon, toldOver, today), m.sweepDoors(ctx),
	)
}

// tellEnds tells of every mandate whose words are was and which ends by the day.
func (m *Module) tellEnds(ctx context.Context, was, told string, until calendar.Date) error {
	for {
		var rows []mandatedb.MandateRight
		err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
			var err error
			rows, err = mandatedb.RightsEnding(r, was, until.String(), endsBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("mandate: ends: %w", err)
		}
		list, err := mandates(rows)
		if err != nil {
			return err
		}
		for _, one := range list {
			if err := m.tellEnd(ctx, one, was, told); err != nil {
				return fmt.Errorf("mandate: end of %s: %w", one.ID, err)
			}
		}
		if len(list) < endsBatch {
			return nil
		}
	}
}

func (m *Module) tellEnd(ctx context.Context, one Mandate, was, told string) error {
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		n, err := mandatedb.TellRight(tx, mandatedb.TellRightParams{Told: told, Giver: one.Giver, ID: one.ID, Was: was})
		if err != nil || n == 0 {
			return err
		}
		if told == toldOver {
			if err := m.tell(tx, one.Giver, one.ID); err != nil {
				return err
			}
		}
		if told == toldSoon && short(one, m.today(tx)) {
			return nil // both have just agreed on its end, or it is over already
		}
		return m.putWords(tx, one, told+wordOf(one))
	})
}

// wordOf tells a child's coming of age from other ends.
func wordOf(one Mandate) string {
	if one.Kind == Parent {
		return "_child"
	}
	return ""
}

// short tells whether there is nothing to foretell: the mandate lasts hardly longer than the warning, or its day has come.
func short(one Mandate, today calendar.Date) bool {
	return !today.Before(one.Ends) || !one.Begins.IsZero() && one.Begins.DaysUntil(one.Ends) < 2*soonDays
}

// doorsSwept is how many old doors one Write takes away.
const doorsSwept = 500

func (m *Module) sweepDoors(ctx context.Context) error {
	for {
		var n int64
		err := m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			var err error
			n, err = mandatedb.SweepDoors(tx, tx.Now(), doorsSwept)
			return err
		})
		if err != nil {
			return fmt.Errorf("mandate: sweep: %w", err)
		}
		if n < doorsSwept {
			return nil
		}
	}
}

// EndAll ends every mandate that a giver has given, because the giver is no more: an organisation that was closed.
func (m *Module) EndAll(tx *store.Tx, giver id.ID) error {
	rows, err := mandatedb.RightsOf(tx, giver)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if _, err := m.End(tx, giver, row.ID); err != nil {
			return err
		}
	}
	return nil
}
