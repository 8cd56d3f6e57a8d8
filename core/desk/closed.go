package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/casework"
	"posad.city/core/desk/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// closedMost is how many decided cases a search shows; wordMost how far words are counted to find the rarest.
const (
	closedMost = 50
	wordMost   = 500
)

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
		ids, err := withWords(p, a.Actor.Agency, words, closedMost+1)
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

// together is how many words one statement compares; the rest are asked of each case that it finds.
const together = 4

// withWords are the newest cases that have every word, at most most. No word's own cases are cut: those of the rarest are
// gone through, and the others probed by key.
func withWords(r store.Reader, office id.ID, words []vault.Keyed, most int) ([]id.ID, error) {
	words, err := rarestFirst(r, office, words)
	if err != nil {
		return nil, err
	}
	at := func(i int) vault.Keyed { return words[min(i, len(words)-1)] }
	var out []id.ID
	page := deskdb.ClosedByWordsParams{Agency: office, First: at(0), Second: at(1), Third: at(2), Fourth: at(3), Before: newest, Most: int64(most)}
	for {
		rows, err := deskdb.ClosedByWords(r, page)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			page.Before = row.ID
			has, err := hasWords(r, office, words[min(together, len(words)):], row.ID)
			if err != nil {
				return nil, err
			}
			if has {
				out = append(out, row.ID)
			}
			if len(out) == most {
				return out, nil
			}
		}
		if len(rows) < most {
			return out, nil
		}
	}
}

// newest is above every id.
var newest = id.ID(bytes.Repeat([]byte{0xff}, len(id.ID{})))

// rarestFirst puts the word that the fewest cases have first, as far as wordMost cases tell.
func rarestFirst(r store.Reader, office id.ID, words []vault.Keyed) ([]vault.Keyed, error) {
	if len(words) < 2 {
		return words, nil
	}
	best, fewest := 0, wordMost+1
	for i, word := range words {
		rows, err := deskdb.ClosedByWord(r, office, word, wordMost)
		if err != nil {
			return nil, err
		}
		if len(rows) < fewest {
			best, fewest = i, len(rows)
		}
	}
	out := slices.Clone(words)
	out[0], out[best] = out[best], out[0]
	return out, nil
}

func hasWords(r store.Reader, office id.ID, words []vault.Keyed, one id.ID) (bool, error) {
	for _, word := range words {
		_, err := deskdb.ClosedHasWord(r, office, word, one)
		if errors.Is(err, store.ErrNone) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
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
