package mandate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Deed is one thing that was done, or looked at, under a mandate.
type Deed struct {
	ID        id.ID
	At        time.Time
	Actor     id.ID
	Operation string // name of the operation; for a look, the locale key of its kind
	Service   string // key; empty for none
	Case      id.ID  // the case or draft; zero for none
	Look      bool   // nothing was done, data were looked at
}

// trace notes in the giver's rows what an act does under its mandate. Saving the same thing again and again on one day is
// one line.
func (m *Module) trace(tx *store.Tx, a act.Act) error {
	deed := mandatedb.PutTraceParams{Giver: a.Holder, Mandate: a.Mandate, ID: a.ID, Actor: a.Actor.Person, Operation: a.Use.Operation, Service: a.Use.Service, At: tx.Now()}
	if deed.Operation == "" {
		deed.Operation = "scope." + a.Use.Scope
	}
	if a.Purpose.Kind == "case" {
		if caseID, err := id.Parse(a.Purpose.ID); err == nil {
			deed.CaseID = caseID
		}
	}
	if strings.HasSuffix(deed.Operation, ".save") {
		deed.ID = id.Derived("mandate trace", strings.Join([]string{a.Mandate.String(), deed.Operation, deed.Service, a.Purpose.ID, m.today(tx).String()}, " "))
	}
	if err := mandatedb.PutTrace(tx, deed); err != nil {
		return fmt.Errorf("mandate: trace: %w", err)
	}
	return nil
}

// Trace lists what was done and looked at under a mandate before a moment, newest first, at most most of it. Both people
// see the same.
func (m *Module) Trace(ctx context.Context, a act.Act, one Mandate, before time.Time, most int64) ([]Deed, error) {
	var out []Deed
	err := m.base.Store.Look(ctx, a, "mandate.look.trace", func(p *store.Personal) error {
		out = nil
		rows, err := mandatedb.TraceOf(p, mandatedb.TraceOfParams{Giver: one.Giver, Mandate: one.ID, At: before, Limit: most})
		if err != nil {
			return err
		}
		for _, row := range rows {
			out = append(out, Deed{ID: row.ID, At: row.At, Actor: row.Actor, Operation: row.Operation, Service: row.Service, Case: row.CaseID})
		}
		looks, err := store.LooksAt(p, one.Giver, before, looksRead)
		for _, look := range looks {
			if look.Mandate == one.ID {
				out = append(out, Deed{ID: look.ID, At: look.At, Actor: look.Actor.Person, Operation: look.What, Case: caseOf(look.Purpose), Look: true})
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("mandate: trace: %w", err)
	}
	slices.SortStableFunc(out, func(x, y Deed) int { return y.At.Compare(x.At) })
	return out[:min(int64(len(out)), most)], nil
}

// looksRead is how many of the giver's latest looks are searched for those under the mandate.
const looksRead = 500

func caseOf(p act.Purpose) id.ID {
	if p.Kind != "case" {
		return id.ID{}
	}
	out, err := id.Parse(p.ID)
	if err != nil {
		return id.ID{}
	}
	return out
}
