package casework

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/casework/internal/store"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what cases a person has.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const (
	holdCases = "casework.cases"
	lookList  = "casework.look.list"
)

// Covers implements module.Data. A case lies with its holder: of a child's case, the child's data shows it, and the
// applicant is told there.
func (held) Covers() map[string]string {
	return map[string]string{
		"case_file": holdCases, "case_line": holdCases, "task": holdCases, "timeline": holdCases, "pause": holdCases,
		"question": holdCases, "desk_line": holdCases, "case_consequence": holdCases, "case_round": holdCases, "case_link": holdCases,
		"correction": holdCases, "case_signer": holdCases, "sign_line": holdCases,
	}
}

// everyCase is more cases than anybody has.
const everyCase = 100_000

func (h held) lines(ctx context.Context, a act.Act, holder id.ID, most int) ([]caseworkdb.CaseLine, error) {
	limit := int64(everyCase)
	if most > 0 {
		limit = int64(most) + 1
	}
	var rows []caseworkdb.CaseLine
	err := h.m.base.Store.Look(ctx, a, lookList, func(p *store.Personal) error {
		var err error
		rows, err = caseworkdb.LinesOf(p, holder, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("casework: cases of a holder: %w", err)
	}
	return rows, nil
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	lines, err := h.lines(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: holdCases}
	for _, line := range lines {
		if most > 0 && len(out.Items) == most {
			out.More = true
			break
		}
		item, err := h.item(ctx, a, line, most == 0)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, item)
	}
	asked, err := h.toSign(ctx, a, person)
	out.Items = append(out.Items, asked...)
	return []module.Holding{out}, err
}

// toSign are the cases of others that the person was asked to sign.
func (h held) toSign(ctx context.Context, a act.Act, person id.ID) ([]module.Item, error) {
	lines, err := h.signLines(ctx, a, person)
	var out []module.Item
	for _, l := range lines {
		out = append(out, module.Item{ID: l.CaseID, Number: l.Number, At: l.Invited, Path: signPath(l.Number), Title: lang.Text{RU: l.Service, EN: l.Service}})
	}
	return out, err
}

func (h held) signLines(ctx context.Context, a act.Act, person id.ID) ([]caseworkdb.SignLine, error) {
	var out []caseworkdb.SignLine
	err := h.m.base.Store.Look(ctx, a, lookList, func(p *store.Personal) error {
		var err error
		out, err = caseworkdb.SignLinesOf(p, person, linesOfMost)
		return err
	})
	return out, err
}

// Forget implements module.Data: what the person was asked to sign goes from their account; what they signed stays with the
// case.
func (h held) Forget(ctx context.Context, person id.ID) error {
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return caseworkdb.DropSignLines(tx, person) })
}

// item is one case; whole: with everything that was asked, answered and done.
func (h held) item(ctx context.Context, a act.Act, line caseworkdb.CaseLine, whole bool) (module.Item, error) {
	item := module.Item{
		ID: line.ID, Number: line.Number, At: line.Submitted, Path: "/cases/" + id.FormatNumber(line.Number), Title: lang.Text{RU: line.Service, EN: line.Service},
	}
	k, err := h.m.know(ctx, h.purpose(a, line.ID), line.Holder, line.ID)
	if errors.Is(err, vault.ErrErased) {
		item.Erased = true
		return item, nil
	}
	if err != nil {
		return item, err
	}
	item.Title = k.service.Title
	item.Facts = append(item.Facts, module.Fact{Key: "agency", Words: k.agencyTitle()}, module.Fact{Key: "status", Code: "casework.status." + line.Status})
	if !k.file.Decided.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "decided", Time: k.file.Decided})
	}
	if !whole {
		return item, nil
	}
	if err := h.answers(k, &item); err != nil {
		return item, err
	}
	return item, h.story(ctx, a, k, &item)
}

// purpose is the case, unless the act has one of its own, as an investigation has.
func (h held) purpose(a act.Act, caseID id.ID) act.Act {
	if a.Purpose.Kind != "" && a.Purpose.Kind != "account" {
		return a
	}
	return a.ForCase(caseID)
}

// answers are the answers of the form, in words of both languages.
func (h held) answers(k *known, item *module.Item) error {
	ru, err := form.CheckAnswers(k.formInput(lang.Russian, k.inputs))
	if err != nil {
		return fmt.Errorf("casework: answers of %s: %w", k.file.ID, err)
	}
	en, err := form.CheckAnswers(k.formInput(lang.English, k.inputs))
	if err != nil {
		return fmt.Errorf("casework: answers of %s: %w", k.file.ID, err)
	}
	for i := range ru.Steps {
		for j, line := range ru.Steps[i].Lines {
			other := en.Steps[i].Lines[j]
			if line.Value != "" {
				item.Facts = append(item.Facts, module.Fact{
					Key: "answer_" + line.Field, Label: lang.Text{RU: line.Label, EN: other.Label}, Words: lang.Text{RU: line.Value, EN: other.Value},
				})
			}
		}
	}
	return nil
}

// story is what was asked, decided and done in the case.
func (h held) story(ctx context.Context, a act.Act, k *known, item *module.Item) error {
	c, err := h.m.caseOf(k)
	if err != nil {
		return err
	}
	for _, q := range c.Questions {
		item.Facts = append(item.Facts, module.Fact{Key: "question", Value: q.Words})
		if q.Answer != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "answer", Value: q.Answer})
		}
	}
	if c.Decision != nil && c.Decision.Words != "" {
		item.Facts = append(item.Facts, module.Fact{Key: "decision", Value: c.Decision.Words})
	}
	entries, err := h.m.Timeline(ctx, h.purpose(a, k.file.ID), k.file.Holder, k.file.ID)
	if err != nil {
		return err
	}
	for _, e := range entries {
		item.Facts = append(item.Facts, module.Fact{Key: "event", Label: lang.Text{
			RU: h.m.EntryText(k.city, k.service, lang.Russian, e), EN: h.m.EntryText(k.city, k.service, lang.English, e),
		}, Time: e.At})
		if e.Words != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "event_words", Value: e.Words})
		}
	}
	return nil
}

// paperKeeper says what of a case's files has to be sealed anew; *document.Module is one.
type paperKeeper interface {
	KeptFiles(ctx context.Context, holder, caseID id.ID) ([]vault.Rows, []id.ID, error)
}

// Stays implements module.Data. An open case is waited for, a child's too that the person has filed; a decided one stays
// with everything that it rests on; a withdrawn one goes.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	lines, err := h.lines(ctx, h.m.system(person), person, 0)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, line := range lines {
		one, stays, err := h.stay(ctx, line)
		if err != nil {
			return nil, err
		}
		if stays {
			out = append(out, one)
		}
	}
	filed, err := h.filedForOthers(ctx, person)
	return append(out, filed...), err
}

func (h held) stay(ctx context.Context, line caseworkdb.CaseLine) (module.Stay, bool, error) {
	out := module.Stay{Key: holdCases, Item: line.Number, Count: 1}
	k := &known{}
	err := h.m.base.Store.Look(ctx, h.m.system(line.ID), lookCase, func(p *store.Personal) error { return k.read(p, line.Holder, line.ID) })
	if err != nil {
		return out, false, fmt.Errorf("casework: case %s: %w", line.ID, err)
	}
	switch {
	case Stage(k.file.Stage) == Withdrawn:
		return out, false, nil
	case Stage(k.file.Stage) == Open || k.file.Step != "":
		out.Law = module.LawOpen
		return out, true, nil
	}
	out.Law, out.Since = module.LawDecision, latest(k.file.Decided, k.file.Submitted)
	out.Rows = keptRows(line.Holder, line.ID)
	if papers, ok := h.m.deps.Papers.(paperKeeper); ok {
		rows, blobs, err := papers.KeptFiles(ctx, line.Holder, line.ID)
		if err != nil {
			return out, false, err
		}
		out.Rows, out.Blobs = append(out.Rows, rows...), blobs
	}
	return out, true, nil
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// keptRows are the sealed values of a case.
func keptRows(holder, caseID id.ID) []vault.Rows {
	of := func(column string) []vault.Where {
		return []vault.Where{{Column: "holder", Value: holder}, {Column: column, Value: caseID}}
	}
	return []vault.Rows{
		{Table: "case_file", Columns: []string{"inputs", "decision", "extension", "proposal"}, Where: of("id")},
		{Table: "case_round", Columns: []string{"decision"}, Where: of("case_id")},
		{Table: "task", Columns: []string{"words"}, Where: of("case_id")},
		{Table: "correction", Columns: []string{"words", "answer"}, Where: of("case_id")},
		{Table: "case_signer", Columns: []string{"named", "part"}, Where: of("case_id")},
		{Table: "timeline", Columns: []string{"words"}, Where: of("case_id")},
		{Table: "question", Columns: []string{"words", "answer"}, Where: of("case_id")},
		{Table: "journal_entry", Columns: []string{"salt", "body"}, Where: of("object")},
		exchange.KeptRows(holder, caseID),
	}
}

// filedForOthers are open cases that the person has filed for others: who asks is part of them.
func (h held) filedForOthers(ctx context.Context, person id.ID) ([]module.Stay, error) {
	others, err := h.m.deps.Family.Acting(ctx, h.m.system(person), person)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, other := range others {
		lines, err := h.lines(ctx, h.m.system(person), other.Giver, 0)
		if err != nil {
			return nil, err
		}
		for _, line := range lines {
			if line.Applicant == person && Stage(line.Stage) == Open {
				out = append(out, module.Stay{Key: holdCases, Law: module.LawOpen, Item: line.Number, Count: 1})
			}
		}
	}
	return out, nil
}
