package utility

import (
	"context"
	"fmt"

	"posad.city/core/charge"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/systems/utility/internal/store"
)

// PastReading is a reading of a month that is over, from wherever readings were kept before the city's own.
type PastReading struct {
	Account, Tariff, Number, Zone string
	Value                         Decimal
}

// EnterReadings enters readings of a month that is over. A dial that has one of that month keeps it. It may be repeated.
func (m *Module) EnterReadings(ctx context.Context, p Period, list []PastReading) error {
	u, err := m.utilities()
	if err != nil {
		return err
	}
	there := map[string]bool{}
	err = m.base.Store.Look(ctx, m.system(), lookFlat, func(r *store.Personal) error {
		rows, err := utilitydb.ReadingsBetween(r, id.ID{}, lastID(), p.String())
		for _, row := range rows {
			there[dialKey(row.Meter, row.Zone)] = true
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("utility: past readings: %w", err)
	}
	day := p.Day(u.Closes - 3)
	at := day.Start(m.deps.Zone())
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, one := range list {
			home, err := m.deps.Charges.HomeOf(charge.Identifier{By: charge.ByFlat, Value: one.Account})
			if err != nil {
				return err
			}
			meter := MeterID(home, one.Tariff, one.Number)
			if there[dialKey(meter, one.Zone)] {
				continue
			}
			r := Reading{
				ID: id.Derived("utility past reading", dialKey(meter, one.Zone)+"/"+p.String()), Home: home, Period: p, Meter: meter, Zone: one.Zone, Value: one.Value,
				Day: day, Source: FromImport, State: Taken, At: at,
			}
			if _, err := utilitydb.InsertReading(tx, r.row(m.system())); err != nil {
				return err
			}
		}
		return nil
	})
}

// lastID is the greatest id.
func lastID() id.ID {
	var out id.ID
	for i := range out {
		out[i] = 0xff
	}
	return out
}

// EnterBills makes the bills of a month that is over for all flats that have none, with charges or, for what was paid elsewhere,
// without. Months are entered in their order. It may be repeated.
func (m *Module) EnterBills(ctx context.Context, p Period, charged bool) error {
	city := m.deps.Services.Current()
	if city == nil || city.Utilities == nil {
		return ErrNoCity
	}
	after := id.ID{}
	for {
		b := &batch{m: m, city: city, period: p, after: after, charged: charged}
		if err := b.do(ctx); err != nil {
			return fmt.Errorf("utility: past bills of %s: %w", p, err)
		}
		if len(b.flats) == 0 {
			return nil
		}
		after = b.upto()
	}
}
