package casework

import (
	"context"
	"slices"
	"time"

	"posad.city/kit/id"
)

// Whereabouts are who works a case, or has worked it: for rules about those who look at it. Nobody whom it is about is named.
type Whereabouts struct {
	Number    string
	Offices   []id.ID // the service's agency, and all that have or had a task of it
	Officials []id.ID // who have or had one
	District  string  // key; empty: it has no address
	Decided   time.Time
}

// Whereabouts reads who works a case in the holder's account. ErrNone when there is none.
func (m *Module) Whereabouts(ctx context.Context, holder, caseID id.ID) (Whereabouts, error) {
	k, err := m.know(ctx, m.system(caseID), holder, caseID)
	if err != nil {
		return Whereabouts{}, err
	}
	out := Whereabouts{Number: k.file.Number, Offices: []id.ID{k.file.Agency}, District: k.district(), Decided: k.file.Decided}
	for _, t := range k.tasks {
		if !t.Agency.IsZero() && !slices.Contains(out.Offices, t.Agency) {
			out.Offices = append(out.Offices, t.Agency)
		}
		if !t.Official.IsZero() && !slices.Contains(out.Officials, t.Official) {
			out.Officials = append(out.Officials, t.Official)
		}
	}
	return out, nil
}
