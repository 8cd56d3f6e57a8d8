package document

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what documents a person has.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const (
	holdResults = "document.results"
	everything  = 100_000 // more documents than anybody has
)

// Covers implements module.Data. Files are listed with the case or the draft that they belong to: HeldFiles.
func (held) Covers() map[string]string {
	return map[string]string{
		"document_result": holdResults, "document_file": "document.files",
		"document_sending": "- a file half-way in, which goes with its file or after a day",
	}
}

// Forget implements module.Data: files that are half-way in go at once. What stands in a list stays as its document does.
func (h held) Forget(ctx context.Context, person id.ID) error {
	var rows []documentdb.DocumentSending
	err := h.m.base.Store.Look(ctx, h.m.system(person), "document.look.files", func(p *store.Personal) error {
		var err error
		rows, err = documentdb.SendingsOf(p, person, everything)
		return err
	})
	if err != nil {
		return fmt.Errorf("document: sendings of a holder: %w", err)
	}
	for _, row := range rows {
		if err := h.m.forget(ctx, row.Holder, row.ID); err != nil {
			return err
		}
	}
	return nil
}

func (h held) rows(ctx context.Context, a act.Act, person id.ID, most int) ([]documentdb.DocumentResult, error) {
	limit := int64(everything)
	if most > 0 {
		limit = int64(most) + 1
	}
	var rows []documentdb.DocumentResult
	err := h.m.base.Store.Look(ctx, a, "document.look.results", func(p *store.Personal) error {
		var err error
		rows, err = documentdb.ResultsOf(p, person, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("document: results of a holder: %w", err)
	}
	return rows, nil
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	rows, err := h.rows(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	keys, err := h.m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	results := module.Holding{Key: holdResults}
	for _, row := range rows {
		if most > 0 && len(results.Items) == most {
			results.More = true
			break
		}
		item, err := h.item(keys, row)
		if err != nil {
			return nil, err
		}
		results.Items = append(results.Items, item)
	}
	return []module.Holding{results}, nil
}

func (h held) item(keys *vault.Keys, row documentdb.DocumentResult) (module.Item, error) {
	item := module.Item{ID: row.ID, Number: row.Number, At: row.Issued, Path: "/documents/" + row.ID.String()}
	one, err := open(keys, row)
	if errors.Is(err, vault.ErrErased) {
		item.Erased = true
		return item, nil
	}
	if err != nil {
		return item, err
	}
	r := one.Result
	item.Title = r.Title
	item.Facts = append(item.Facts, module.Fact{Key: "office", Words: r.Office}, module.Fact{Key: "text", Words: r.Text},
		module.Fact{Key: "validity", Words: lang.Text{RU: h.m.Validity(r, lang.Russian), EN: h.m.Validity(r, lang.English)}})
	for _, f := range r.Facts {
		item.Facts = append(item.Facts, module.Fact{Key: "document_" + f.Key, Label: f.Label, Words: f.Value})
	}
	if !r.Revoked.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "revoked", Time: r.Revoked}, module.Fact{Key: "reason", Words: r.Reason})
	}
	return item, nil
}

// HeldFiles are the files of a draft or a case, for core/mydata, which knows the drafts and cases of a person.
func (m *Module) HeldFiles(ctx context.Context, a act.Act, holder, purpose id.ID) ([]module.Item, error) {
	files, err := m.Files(ctx, a, holder, purpose)
	if errors.Is(err, vault.ErrErased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := make([]module.Item, 0, len(files))
	for _, f := range files {
		out = append(out, module.Item{ID: f.ID, Title: Same(f.Name), At: f.Made, Facts: []module.Fact{
			{Key: "kind", Value: f.Type}, {Key: "bytes", Value: fmt.Sprint(f.Size)}, {Key: "sha256", Value: fmt.Sprintf("%x", f.SHA256)},
		}})
	}
	return out, nil
}

// KeptFiles are the sealed values and the blobs of a case's files, which stay as long as the case does.
func (m *Module) KeptFiles(ctx context.Context, holder, caseID id.ID) ([]vault.Rows, []id.ID, error) {
	var rows []documentdb.DocumentFile
	err := m.base.Store.Look(ctx, m.system(caseID), "document.look.files", func(p *store.Personal) error {
		var err error
		rows, err = documentdb.FilesOf(p, holder, caseID)
		return err
	})
	if err != nil || len(rows) == 0 {
		return nil, nil, err
	}
	var blobs []id.ID
	for _, row := range rows {
		if FileState(row.State) != FileInfected { // of such a file nothing is left
			blobs = append(blobs, row.ID)
		}
		if !row.Preview.IsZero() && FileState(row.State) != FileInfected {
			blobs = append(blobs, row.Preview)
		}
	}
	return []vault.Rows{{Table: "document_file", Columns: []string{"name"}, Where: []vault.Where{
		{Column: "holder", Value: holder}, {Column: "purpose", Value: caseID},
	}}}, blobs, nil
}

// Stays implements module.Data: a document stays in the register of what was issued, so that whoever was shown it can
// check it; its years count from the end of its validity.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	rows, err := h.rows(ctx, h.m.system(person), person, 0)
	if err != nil {
		return nil, err
	}
	papers, err := h.papers(ctx, person)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, row := range rows {
		of := func(column string) []vault.Where {
			return []vault.Where{{Column: "holder", Value: person}, {Column: column, Value: row.ID}}
		}
		out = append(out, module.Stay{
			Key: holdResults, Law: module.LawDocument, Since: lastDay(row), Item: row.Number, Count: 1, Blobs: papers[row.ID],
			Rows: []vault.Rows{
				{Table: "document_result", Columns: []string{"body", "reason"}, Where: of("id")},
				{Table: "journal_entry", Columns: []string{"salt", "body"}, Where: of("object")},
			},
		})
	}
	return out, nil
}

// papers are the blobs of a person's papers that were drawn, by document.
func (h held) papers(ctx context.Context, person id.ID) (map[id.ID][]id.ID, error) {
	out := map[id.ID][]id.ID{}
	err := h.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := documentdb.PapersOf(r, person)
		clear(out)
		for _, row := range rows {
			out[row.Result] = []id.ID{row.Blob}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("document: papers of a holder: %w", err)
	}
	return out, nil
}

// lastDay is when a document ends, or was issued when it has no end.
func lastDay(row documentdb.DocumentResult) time.Time {
	if day, err := time.Parse(time.DateOnly, row.ValidUntil); err == nil && row.Revoked.IsZero() {
		return day
	}
	if !row.Revoked.IsZero() {
		return row.Revoked
	}
	return row.Issued
}
