package register

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/vault"
)

// Data tells what the city's own registers hold of a person.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdEntries = "register.entries"

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"register_entry": holdEntries, "register_version": "- the history of the same entries, which each entry's own page shows"}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	list, err := h.m.entries(ctx, a, lookEntries, person)
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: holdEntries}
	for _, e := range list {
		if most > 0 && len(out.Items) == most {
			out.More = true
			break
		}
		out.Items = append(out.Items, h.item(e))
	}
	return []module.Holding{out}, nil
}

func (h held) item(e Entry) module.Item {
	item := module.Item{ID: e.ID, Number: e.Number, At: e.Entered, Path: "/account/registers/" + e.ID.String(), Erased: e.Values == nil}
	r, err := h.m.own(e.Register)
	if err != nil {
		item.Title = same(e.Register)
		return item
	}
	item.Title = r.Title
	for i := range r.Fields {
		f := &r.Fields[i]
		if value, ok := e.Values[f.Key]; ok {
			item.Facts = append(item.Facts, module.Fact{Key: "register_" + f.Key, Label: f.Label, Words: h.m.inWords(f, value)})
		}
	}
	owner := lang.Text{RU: h.m.agencyName(r.Agency, lang.Russian), EN: h.m.agencyName(r.Agency, lang.English)}
	item.Correct = &module.Correction{Owner: owner, Text: h.m.both("register.write_owner")}
	return item
}

// Stays implements module.Data: an entry is kept as the document is on which it rests, with its history.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	list, err := h.m.entries(ctx, h.m.system(person), lookEntries, person)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, e := range list {
		since := e.Entered
		if !e.Ended.IsZero() {
			since = e.Ended
		}
		of := func(column string) []vault.Where {
			return []vault.Where{{Column: "holder", Value: person}, {Column: column, Value: e.ID}}
		}
		out = append(out, module.Stay{Key: holdEntries, Law: module.LawDocument, Since: since, Item: e.Number, Count: 1, Rows: []vault.Rows{
			{Table: "register_entry", Columns: []string{"fields"}, Where: of("id")},
			{Table: "register_version", Columns: []string{"body"}, Where: of("entry")},
			{Table: "journal_entry", Columns: []string{"salt", "body"}, Where: of("object")},
		}})
	}
	return out, nil
}
