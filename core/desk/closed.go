package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// closedMost is how many decided cases a search shows.
const closedMost = 50

// keepClosed lists a decided case by its words, under the agency that decided it and the one that has it now.
func (m *Module) keepClosed(ctx context.Context, j jobs.Job) (func(*store.Tx) error, error) {
	c, err := m.deps.Cases.Closed(ctx, j.Holder, j.Object)
	if errors.Is(err, casework.ErrNone) || errors.Is(err, casework.ErrNotNow) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if err := putClosed(tx, c.Office, c, c.Day); err != nil {
			return err
		}
		if c.Agency == c.Office {
			return nil
		}
		return putClosed(tx, c.Agency, c, "") // whoever sends the answer finds the case too; the decision is counted where it was made
	}, nil
}

func putClosed(tx *store.Tx, office id.ID, c casework.Closed, day string) error {
	if _, err := deskdb.PutClosed(tx, deskdb.PutClosedParams{
		Agency: office, ID: c.ID, Holder: c.Holder, Applicant: c.Applicant, Number: c.Number, Service: c.Service, Official: c.By,
		Outcome: string(c.Stage), Day: day, Late: c.Late, Closed: tx.Now(),
	}); err != nil {
		return err
	}
	for _, word := range c.Words {
		if err := deskdb.PutClosedWord(tx, office, word, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Found is a decided case that a search found.
type Found struct {
	ID, Holder, Applicant id.ID
	Number, Service       string
	Official              id.ID
	Outcome, Day          string
	Late                  bool
}

// Search finds decided cases of the actor's agency by every word of a text, the newest first; the second value says that
// there are more than are shown. Everybody who is shown sees the look.
func (m *Module) Search(ctx context.Context, a act.Act, text string) ([]Found, bool, error) {
	if a.Actor.Kind != act.Official {
		return nil, false, ErrOfficial
	}
	words := m.deps.Cases.SearchWords(strings.TrimSpace(text))
	if len(words) == 0 {
		return nil, false, nil
	}
	var out []Found
	more := false
	err := m.base.Store.Look(ctx, a, lookSearch, func(p *store.Personal) error {
		out = nil
		ids, err := wordsOfClosed(p, a.Actor.Agency).Newest(words, closedMost+1)
		if err != nil {
			return err
		}
		more = len(ids) > closedMost
		for _, one := range ids[:min(len(ids), closedMost)] {
			row, err := deskdb.ClosedByID(p, a.Actor.Agency, one)
			if errors.Is(err, store.ErrNone) {
				continue
			}
			if err != nil {
				return err
			}
			out = append(out, Found{
				ID: row.ID, Holder: row.Holder, Applicant: row.Applicant, Number: row.Number, Service: row.Service, Official: row.Official,
				Outcome: row.Outcome, Day: row.Day, Late: row.Late,
			})
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("desk: search: %w", err)
	}
	out, err = m.onlyTheirs(ctx, a, out)
	return out, more, err
}

// wordsOfClosed finds an agency's decided cases by their words.
func wordsOfClosed(r store.Reader, office id.ID) vault.Finder {
	return vault.Finder{
		Count: func(word vault.Keyed, most int64) (int, error) {
			rows, err := deskdb.ClosedByWord(r, office, word, most)
			return len(rows), err
		},
		Page: func(w [vault.FinderWords]vault.Keyed, before id.ID, most int64) ([]id.ID, error) {
			rows, err := deskdb.ClosedByWords(r, deskdb.ClosedByWordsParams{
				Agency: office, First: w[0], Second: w[1], Third: w[2], Fourth: w[3], Before: before, Most: most,
			})
			out := make([]id.ID, len(rows))
			for i, row := range rows {
				out[i] = row.ID
			}
			return out, err
		},
		Has: func(word vault.Keyed, one id.ID) error {
			_, err := deskdb.ClosedHasWord(r, office, word, one)
			return err
		},
	}
}

// onlyTheirs leaves out cases that have gone to another agency since: who may not open a case does not find it.
func (m *Module) onlyTheirs(ctx context.Context, a act.Act, list []Found) ([]Found, error) {
	var out []Found
	for _, one := range list {
		ref, err := m.deps.Cases.Find(ctx, one.Number)
		if errors.Is(err, casework.ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if ref.At(a).Agency == a.Actor.Agency {
			out = append(out, one)
		}
	}
	return out, nil
}
