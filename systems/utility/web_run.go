package utility

import (
	"context"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/systems/utility/internal/store"
)

// faultsMost is how many flats without a bill are shown of a month.
const faultsMost = 500

// Fault is a flat of which no bill could be made.
type Fault struct {
	Home   id.ID
	Reason string // a code: utility.fault.<Reason>
}

// runView is one month's making.
type runView struct {
	Run    Run
	Faults []Fault
	Of     map[id.ID]Flat // those of Faults that can be read
}

// Faults are the flats of which no bill could be made in a month.
func (m *Module) Faults(ctx context.Context, a act.Act, p Period) ([]Fault, error) {
	var out []Fault
	err := m.base.Store.Look(ctx, a, lookDesk, func(r *store.Personal) error {
		rows, err := utilitydb.FaultsOf(r, m.agencyID(), p.String(), faultsMost)
		out = out[:0]
		for _, row := range rows {
			out = append(out, Fault{row.Home, row.Reason})
		}
		return err
	})
	return out, err
}

func (m *Module) showRun(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	p, ok := ParsePeriod(c.Path("period"))
	if !ok {
		return ErrNone
	}
	v := runView{Of: map[id.ID]Flat{}}
	runs, err := m.Runs(c.Context(), a, runsMost)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Period == p {
			v.Run = r
		}
	}
	if v.Run.ID.IsZero() {
		return ErrNone
	}
	if v.Faults, err = m.Faults(c.Context(), a, p); err != nil {
		return err
	}
	for _, one := range v.Faults {
		if f, err := m.Flat(c.Context(), a, one.Home); err == nil { // a flat that can't be read is a fault itself
			v.Of[one.Home] = f
		}
	}
	title := v.title(c)
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: m.deskCrumbs(c, title)}, runPage(c, v))
}

// runsMost is how many months are looked through for one.
const runsMost = 120
