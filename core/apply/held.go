package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"posad.city/core/apply/internal/store"
	"posad.city/core/form"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what applications a person has begun and not sent. All of it goes.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdDrafts = "apply.drafts"

// Covers implements module.Data. A draft for a child lies with the child.
func (held) Covers() map[string]string {
	return map[string]string{"draft": holdDrafts, "draft_line": holdDrafts}
}

func (h held) lines(ctx context.Context, a act.Act, person id.ID) ([]applydb.DraftLine, error) {
	var rows []applydb.DraftLine
	err := h.m.base.Store.Look(ctx, a, lookDrafts, func(p *store.Personal) error {
		var err error
		rows, err = applydb.LinesOf(p, person, everyDraft)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("apply: drafts of a holder: %w", err)
	}
	return rows, nil
}

// everyDraft is more drafts than anybody has.
const everyDraft = 10_000

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	rows, err := h.lines(ctx, a, person)
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: holdDrafts}
	for _, row := range rows {
		if most > 0 && len(out.Items) == most {
			out.More = true
			break
		}
		item, err := h.item(ctx, a, row)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, item)
	}
	return []module.Holding{out}, nil
}

func (h held) item(ctx context.Context, a act.Act, line applydb.DraftLine) (module.Item, error) {
	item := module.Item{ID: line.ID, At: line.Saved, Path: "/drafts/" + line.ID.String(), Title: lang.Text{RU: line.Service, EN: line.Service}}
	var row applydb.Draft
	err := h.m.base.Store.Look(ctx, a, lookDraft, func(p *store.Personal) error {
		var err error
		row, err = applydb.DraftByID(p, line.Holder, line.ID)
		return err
	})
	if errors.Is(err, store.ErrNone) { // sent or deleted meanwhile
		return item, nil
	}
	if err != nil {
		return item, fmt.Errorf("apply: draft %s: %w", line.ID, err)
	}
	keys, err := h.m.base.Vault.Keys(ctx, line.Holder)
	if err != nil {
		return item, err
	}
	d, err := opened(keys, row)
	if errors.Is(err, vault.ErrErased) {
		item.Erased = true
		return item, nil
	}
	if err != nil {
		return item, err
	}
	return h.answers(item, d)
}

// answers puts what was filled in into words; a service that the city no longer offers shows its keys.
func (h held) answers(item module.Item, d Draft) (module.Item, error) {
	city, s, err := h.m.definition(d.Service)
	if err != nil {
		for _, key := range slices.Sorted(maps.Keys(d.Answers)) {
			item.Facts = append(item.Facts, module.Fact{Key: "answer_" + key, Label: lang.Text{RU: key, EN: key}, Value: fmt.Sprint(d.Answers[key])})
		}
		return item, nil
	}
	item.Title = s.Title
	for i := range s.Form.Steps {
		for j := range s.Form.Steps[i].Fields {
			f := &s.Form.Steps[i].Fields[j]
			value, ok := d.Answers[f.Key]
			if !ok {
				continue
			}
			words := func(l lang.Language) string {
				return form.AnswerWords(form.Input{City: city, Service: s, Lang: l, Answers: d.Answers}, f, value)
			}
			item.Facts = append(item.Facts, module.Fact{
				Key: "answer_" + f.Key, Label: f.Label, Words: lang.Text{RU: words(lang.Russian), EN: words(lang.English)},
			})
		}
	}
	return item, nil
}

// Forget implements module.Data: drafts are deleted with their files and with what registers told for them.
func (h held) Forget(ctx context.Context, person id.ID) error {
	rows, err := h.lines(ctx, act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"}), person)
	if err != nil {
		return err
	}
	for _, row := range rows {
		err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return h.m.drop(tx, row.Holder, row.Applicant, row.ID) })
		if err != nil {
			return fmt.Errorf("apply: forget a draft: %w", err)
		}
	}
	return nil
}
