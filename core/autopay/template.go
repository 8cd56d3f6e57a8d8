package autopay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"posad.city/core/autopay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// templateID is the one template that a person has for a biller.
func templateID(person id.ID, b Biller) id.ID {
	return id.Derived("autopay template", person.String()+b.Payee.String()+b.Home.String()+b.Kind)
}

// Keep makes a template of a bill, open or paid, or gives the one that there is another name. An empty name is the bill's
// title. Errors: ErrBill, ErrFields, ErrMost.
func (m *Module) Keep(ctx context.Context, a act.Act, person, charge id.ID, name string) (id.ID, error) {
	bills, err := m.deps.Charges.Bills(ctx, a, person, m.base.Clock.Now())
	if err != nil {
		return id.ID{}, fmt.Errorf("autopay: bills: %w", err)
	}
	bill, ok := find(bills, charge)
	if !ok || !bill.Follows {
		return id.ID{}, ErrBill
	}
	if name = strings.TrimSpace(name); name == "" {
		name = shorten(m.kindName(bill.Kind, languageOf(a)))
	}
	if len([]rune(name)) > nameMost {
		return id.ID{}, ErrFields.With(fault.Field{Name: "name", ID: "autopay.fault.name"})
	}
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return id.ID{}, fmt.Errorf("autopay: keys: %w", err)
	}
	sealed, err := sealName(keys, "autopay_template", Name{Text: name, Known: bill.Known})
	if err != nil {
		return id.ID{}, err
	}
	usual := Usual(pastOf(bills, bill.Biller, id.ID{}))
	if usual == 0 {
		usual = bill.Amount.Minor
	}
	key := templateID(person, bill.Biller)
	return key, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		rows, err := autopaydb.TemplatesOf(tx.As(a, lookTemplates), person, templatesMost+1)
		if err != nil {
			return err
		}
		if len(rows) >= templatesMost && !has(rows, key) {
			return ErrMost
		}
		err = autopaydb.PutTemplate(tx, autopaydb.PutTemplateParams{
			Person: person, ID: key, Maker: a.Actor.Person, Payee: bill.Payee, Kind: bill.Kind, Home: bill.Home, Service: bill.Service, Name: sealed,
			Usual: usual, Currency: string(bill.Amount.Currency), Made: tx.Now(),
		})
		if err != nil {
			return err
		}
		return autopaydb.PutHome(tx, key, person, id.ID{})
	})
}

func has(rows []autopaydb.AutopayTemplate, key id.ID) bool {
	for _, row := range rows {
		if row.ID == key {
			return true
		}
	}
	return false
}

// shorten cuts a name to what a template may be called.
func shorten(text string) string {
	runes := []rune(text)
	return string(runes[:min(len(runes), nameMost)])
}

// Templates lists what a person pays regularly, newest first.
func (m *Module) Templates(ctx context.Context, a act.Act, person id.ID) ([]Template, error) {
	var out []Template
	for _, one := range a.Records(person) {
		some, err := m.templatesOf(ctx, a, one)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, func(x, y Template) int { return y.Made.Compare(x.Made) }) // their ids say nothing of time
	return out, nil
}

func (m *Module) templatesOf(ctx context.Context, a act.Act, person id.ID) ([]Template, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return nil, fmt.Errorf("autopay: keys: %w", err)
	}
	var out []Template
	err = m.base.Store.Look(ctx, a, lookTemplates, func(p *store.Personal) error {
		out = out[:0]
		rows, err := autopaydb.TemplatesOf(p, person, templatesMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := templateOf(row, keys)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, err
}

// Template reads one.
func (m *Module) Template(ctx context.Context, a act.Act, person, template id.ID) (Template, error) {
	keys, err := m.base.Vault.Keys(ctx, person)
	if err != nil {
		return Template{}, fmt.Errorf("autopay: keys: %w", err)
	}
	var out Template
	err = m.base.Store.Look(ctx, a, lookTemplates, func(p *store.Personal) error {
		row, err := autopaydb.TemplateByID(p, person, template)
		if err != nil {
			return err
		}
		out, err = templateOf(row, keys)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// Rename gives a template another name.
func (m *Module) Rename(ctx context.Context, a act.Act, t Template, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > nameMost {
		return ErrFields.With(fault.Field{Name: "name", ID: "autopay.fault.name"})
	}
	keys, err := m.base.Vault.Keys(ctx, t.Person)
	if err != nil {
		return fmt.Errorf("autopay: keys: %w", err)
	}
	t.Name.Text = name
	sealed, err := sealName(keys, "autopay_template", t.Name)
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := autopaydb.NameTemplate(tx, sealed, t.Person, t.ID)
		if err == nil && n == 0 {
			return ErrNone
		}
		return err
	})
}

// Drop deletes a template; whatever was paid by it stays.
func (m *Module) Drop(ctx context.Context, a act.Act, t Template) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := autopaydb.DropTemplate(tx, t.Person, t.ID); err != nil {
			return err
		}
		_, err := autopaydb.DropHome(tx, t.ID)
		return err
	})
}

// Use tells which bills a template pays now, and counts that it was used.
func (m *Module) Use(ctx context.Context, a act.Act, t Template) ([]id.ID, error) {
	bills, err := m.deps.Charges.Bills(ctx, a, t.Person, m.base.Clock.Now())
	if err != nil {
		return nil, fmt.Errorf("autopay: bills: %w", err)
	}
	var out []id.ID
	for _, bill := range bills {
		if bill.Biller == t.Biller && bill.Open {
			out = append(out, bill.ID)
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := autopaydb.UseTemplate(tx, tx.Now(), t.Person, t.ID)
		return err
	})
}
