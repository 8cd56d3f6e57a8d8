package document

import (
	"context"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// Access is the answer to a program that asks about a right.
type Access struct {
	Open   bool
	Number string        // of the document that gives it; empty: none does
	Until  calendar.Date // the last day; zero: no end
}

// Access tells whether a holder has a right today: whether one of their documents opens what is asked for.
func (m *Module) Access(ctx context.Context, a act.Act, holder id.ID, opens string) (Access, error) {
	list, err := m.Results(ctx, a, holder, id.ID{})
	if err != nil {
		return Access{}, err
	}
	out := Access{}
	for _, r := range list {
		if r.Form != FormAccess || r.Opens != opens || r.Standing(m.today()) != Valid {
			continue
		}
		if !out.Open || r.Until.IsZero() || !out.Until.IsZero() && r.Until.After(out.Until) {
			out = Access{Open: true, Number: r.Number, Until: r.Until}
		}
	}
	return out, nil
}

// AccessByCode tells the same of the document whose code somebody shows: at a gate, in a bus. A code of another right, or of
// none, opens nothing.
func (m *Module) AccessByCode(ctx context.Context, a act.Act, code, opens string) (Access, error) {
	found, err := m.Check(ctx, a, code)
	if err != nil || found.Standing != Valid || !found.Signed || found.Form != FormAccess || found.Opens != opens {
		return Access{}, err
	}
	return Access{Open: true, Number: found.Number, Until: found.Until}, nil
}
