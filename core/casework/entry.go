package casework

import (
	"context"
	"errors"

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
