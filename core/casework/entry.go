package casework

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Kinds of journal entries.
const (
	entrySubmitted = "casework.submitted"
	entryDecision  = "casework.decision"
	entryForwarded = "casework.redirected"
	entryReturned  = "casework.redirection_undone"
)

// submissionEntry is what the journal says of an application that was taken.
func (m *Module) submissionEntry(k *known, number string, actID id.ID) (journal.Entry, error) {
	hash, err := answersHash(k.inputs.Answers)
	if err != nil {
		return journal.Entry{}, err
	}
	l := k.lang()
	return journal.Entry{Act: actID, Kind: entrySubmitted, Title: m.text(l, "casework.journal.submitted"), Object: k.file.ID, Facts: append(m.caseFacts(k, number),
		m.fact(l, "today", k.inputs.Today.String()),
		m.fact(l, "answers", hash),
		m.fact(l, "definition", k.file.Definition),
	)}, nil
}

// decisionEntry is what the journal says of a decision.
func (m *Module) decisionEntry(k *known, d Decision, actID id.ID) journal.Entry {
	l := k.lang()
	facts := append(m.caseFacts(k, k.file.Number),
		m.fact(l, "decision", m.text(l, "casework.status."+string(d.Stage))),
		m.fact(l, "by", m.text(l, "casework.by."+d.By)))
	if ground, ok := k.service.Ground(d.Ground); ok {
		facts = append(facts, m.fact(l, "ground", ground.Words.In(l)), m.fact(l, "law", ground.Law.In(l)))
	}
	if d.Row != "" {
		facts = append(facts, m.fact(l, "row", d.Row))
	}
	facts = append(facts, m.fact(l, "definition", k.file.Definition), m.fact(l, "environment", d.Environ))
	return journal.Entry{Act: actID, Kind: entryDecision, Title: m.text(l, "casework.journal.decision"), Object: k.file.ID, Facts: facts}
}

// prepareRedirection makes ready what the journal says of a case's way from its agency to another one; nil for a way within
// an agency. What colleagues write to each other about it is not told.
func (m *Module) prepareRedirection(a act.Act, k *known, kind string, to id.ID) (*journal.Ready, error) {
	from := k.chosen().Agency
	if from == to {
		return nil, nil
	}
	actID := a.ID
	if actID.IsZero() {
		actID = id.New(m.base.Clock.Now())
	}
	l := k.lang()
	facts := append(m.caseFacts(k, k.file.Number), m.fact(l, "from", officeWords(k, from)), m.fact(l, "to", officeWords(k, to)))
	if part := k.chosen().Part; part != "" {
		facts = append(facts, m.fact(l, "part", part))
	}
	ready, err := m.base.Journal.Prepare(k.keys, journal.Entry{Act: actID, Kind: kind, Title: m.text(l, "casework.journal."+kind[len("casework."):]), Object: k.file.ID, Facts: facts})
	if err != nil {
		return nil, fmt.Errorf("casework: journal: %w", err)
	}
	return ready, nil
}

func officeWords(k *known, office id.ID) string {
	for i := range k.city.Agencies {
		if agency.ID(k.city.Agencies[i].Key) == office {
			return k.city.Agencies[i].Title.In(k.lang())
		}
	}
	return office.String()
}

// enterAct puts an entry into the change's Write; nil is none.
func (c *change) enterAct(ready *journal.Ready) error {
	if ready == nil {
		return nil
	}
	if _, err := journal.Enter(c.tx, ready); err != nil {
		return fmt.Errorf("casework: journal: %w", err)
	}
	return nil
}

func (m *Module) caseFacts(k *known, number string) []journal.Fact {
	l := k.lang()
	out := []journal.Fact{m.fact(l, "number", id.FormatNumber(number)), m.fact(l, "service", k.service.Title.In(l))}
	if office, ok := k.city.Agency(k.service.Agency); ok {
		out = append(out, m.fact(l, "agency", office.Title.In(l)))
	}
	return out
}

func (m *Module) fact(l lang.Language, name, value string) journal.Fact {
	return journal.Fact{Name: name, Label: m.text(l, "casework.journal."+name), Value: value}
}

func (m *Module) text(l lang.Language, key string, args ...any) string {
	return m.base.Texts.Text(l, key, args...)
}

// Receipt is the file that the holder keeps of an official act in a case: the taking of the application, or the decision
// once it is made. ErrNone when there is no such entry yet.
func (m *Module) Receipt(ctx context.Context, a act.Act, holder, caseID id.ID, decision bool) ([]byte, error) {
	kind := entrySubmitted
	if decision {
		kind = entryDecision
	}
	var row journal.Row
	err := m.base.Store.Look(ctx, a.ForCase(caseID), lookCase, func(p *store.Personal) error {
		rows, err := journal.EntriesOf(p, holder, caseID)
		row = journal.Row{}
		for _, r := range rows {
			if r.Kind == kind {
				row = r
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if row.ID.IsZero() {
		return nil, ErrNone.Because(errors.New("casework: no entry " + kind))
	}
	keys, err := m.base.Vault.Keys(ctx, holder)
	if err != nil {
		return nil, err
	}
	entered, err := m.base.Journal.Open(keys, row)
	if err != nil {
		return nil, err
	}
	return m.base.Journal.Receipt(ctx, entered)
}
