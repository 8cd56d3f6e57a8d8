package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"posad.city/core/exchange/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells what registers have told the city of a person.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		table:        "exchange.certificates",
		tableMessage: "- the same questions and answers as exchange.certificates, as they went over the wire",
	}
}

// everything is more certificates than anybody has.
const everything = 1_000_000

func (h held) rows(ctx context.Context, a act.Act, person id.ID, most int) ([]exchangedb.Certificate, error) {
	limit := int64(everything)
	if most > 0 {
		limit = int64(most)
	}
	var rows []exchangedb.Certificate
	err := h.m.base.Store.Look(ctx, a, look, func(p *store.Personal) error {
		var err error
		rows, err = exchangedb.CertificatesAbout(p, person, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exchange: certificates about a person: %w", err)
	}
	return rows, nil
}

// Held implements module.Data. A register's answer is put right by the register's owner.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	rows, err := h.rows(ctx, a, person, max(most+1, 0)*min(most, 1))
	if err != nil {
		return nil, err
	}
	out := module.Holding{Key: "exchange.certificates"}
	keys, err := h.m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if most > 0 && len(out.Items) == most {
			out.More = true
			break
		}
		item, err := h.item(ctx, keys, row)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, item)
	}
	return []module.Holding{out}, nil
}

func (h held) item(ctx context.Context, keys *vault.Keys, row exchangedb.Certificate) (module.Item, error) {
	item := module.Item{ID: row.ID, At: row.Asked, Title: h.title(row.Register), Correct: h.correction(row.Register)}
	item.Facts = append(item.Facts, module.Fact{Key: "state", Code: "mydata.certificate." + row.State}, module.Fact{Key: "service", Value: row.Service})
	asked, err := keys.Open(table, columnParameters, row.Parameters)
	if errors.Is(err, vault.ErrErased) {
		item.Erased = true
		return item, nil
	}
	if err != nil {
		return item, fmt.Errorf("exchange: question of %s: %w", row.ID, err)
	}
	var parameters map[string]string
	if err := json.Unmarshal(asked, &parameters); err != nil {
		return item, fmt.Errorf("exchange: question of %s: %w", row.ID, err)
	}
	item.Facts = append(item.Facts, h.asked(row.Register, parameters)...)
	one, err := h.m.opened(ctx, row)
	if err != nil {
		return item, err
	}
	ru, en := h.m.Says(one, lang.Russian), h.m.Says(one, lang.English)
	for i := range min(len(ru), len(en)) {
		item.Facts = append(item.Facts, module.Fact{
			Key: "says", Label: lang.Text{RU: ru[i].Title, EN: en[i].Title}, Words: lang.Text{RU: ru[i].Text, EN: en[i].Text},
		})
	}
	return item, nil
}

// asked are the parameters of a question in the order of the register.
func (h held) asked(register string, parameters map[string]string) []module.Fact {
	r, ok := h.m.register(register)
	if !ok {
		return nil
	}
	var out []module.Fact
	for _, p := range r.Parameters {
		if value := parameters[p.Name]; value != "" {
			out = append(out, module.Fact{Key: "asked_by", Label: lang.Text(p.Title), Value: value})
		}
	}
	return out
}

func (h held) title(register string) lang.Text {
	return lang.Text{RU: h.m.registerTitle(register, lang.Russian), EN: h.m.registerTitle(register, lang.English)}
}

func (h held) correction(register string) *module.Correction {
	r, ok := h.m.register(register)
	if !ok {
		return nil
	}
	out := &module.Correction{Owner: lang.Text{RU: h.m.agencyName(r.Agency, lang.Russian), EN: h.m.agencyName(r.Agency, lang.English)}}
	if r.Correction != nil {
		out.Text, out.Path = lang.Text(r.Correction.Text), r.Correction.Address
	}
	return out
}

// KeptRows are the sealed values of the certificates about a person in a case: they stay as long as the case does.
func KeptRows(about, caseID id.ID) vault.Rows {
	return vault.Rows{
		Table: table, Columns: []string{columnParameters, columnReply},
		Where: []vault.Where{{Column: "holder", Value: about}, {Column: "case_id", Value: caseID}},
	}
}

// Stays implements module.Data: what was told of the person for a case in another's account stays with that case. Those
// of the person's own cases are core/casework's to keep.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	rows, err := h.rows(ctx, act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"}), person, 0)
	if err != nil {
		return nil, err
	}
	var out []module.Stay
	for _, row := range rows {
		if row.Early || row.CaseHolder == person {
			continue
		}
		out = append(out, module.Stay{
			Key: "exchange.certificates", Law: module.LawDecision, Since: row.Asked, Count: 1, Rows: []vault.Rows{KeptRows(person, row.CaseID)},
		})
	}
	return out, nil
}

// Forget implements module.Data: what was asked early, for a draft, belongs to no case and goes with its row. The messages
// of the exchange go; their hashes stay, and say nothing.
func (h held) Forget(ctx context.Context, person id.ID) error {
	err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := exchangedb.EraseLeaves(tx, tx.Now(), person); err != nil {
			return err
		}
		_, err := exchangedb.DeleteMessages(tx, person)
		return err
	})
	if err != nil {
		return fmt.Errorf("exchange: forget messages: %w", err)
	}
	rows, err := h.rows(ctx, act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"}), person, 0)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !row.Early {
			continue
		}
		if err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error { return h.m.Forget(tx, person, row.CaseID) }); err != nil {
			return fmt.Errorf("exchange: forget early certificates: %w", err)
		}
	}
	return nil
}
