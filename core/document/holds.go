package document

import (
	"context"
	"fmt"

	"posad.city/core/document/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Held is the answer to whoever asks whether a person has a document of a kind.
type Held struct {
	Valid  bool
	Number string        // of the document that is good for the longest; empty: none is
	From   calendar.Date // zero: none is
	Until  calendar.Date // the last day; zero: no end, or none is
}

// Holds tells whether a holder has a document of a kind that is good today. It tells nothing else of them, and opens nothing
// that is sealed; the look is recorded under the name what. A refusal is no document.
func (m *Module) Holds(ctx context.Context, a act.Act, what string, holder id.ID, kind string) (Held, error) {
	var rows []documentdb.DocumentResult
	err := m.base.Store.Look(ctx, a, what, func(p *store.Personal) error {
		var err error
		rows, err = documentdb.ResultsOf(p, holder, resultsMost)
		return err
	})
	if err != nil {
		return Held{}, fmt.Errorf("document: whether a person holds one: %w", err)
	}
	out := Held{}
	for _, row := range rows {
		if row.Kind != kind || Form(row.Form) == FormRefusal {
			continue
		}
		one, err := plain(row)
		if err != nil {
			return Held{}, err
		}
		if one.Standing(m.today()) != Valid {
			continue
		}
		if !out.Valid || one.Until.IsZero() || !out.Until.IsZero() && one.Until.After(out.Until) {
			out = Held{Valid: true, Number: one.Number, From: one.From, Until: one.Until}
		}
	}
	return out, nil
}
