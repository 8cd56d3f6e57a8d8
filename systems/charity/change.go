package charity

import (
	"context"
	"errors"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// Change is what a verified fund wants to say of itself from now on: its people, site, telephone, words. Nobody sees it before an
// official has looked at it; until then the fund's page stays as it was verified.
type Change struct {
	Fund, ID id.ID
	Asked    time.Time
	FundBody
}

func changeOf(row charitydb.CharityChange) (Change, error) {
	out := Change{Fund: row.Fund, ID: row.ID, Asked: row.Asked}
	return out, read(row.Fund, pair{row.Body, &out.FundBody})
}

// Change reads what a fund wants to change; ErrNone when it wants nothing.
func (m *Module) Change(ctx context.Context, fund id.ID) (Change, error) {
	var out Change
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := charitydb.ChangeOf(r, fund)
		if err != nil {
			return err
		}
		out, err = changeOf(row)
		return err
	})
	return out, none(err)
}

// change is a fund's change, nil when there is none.
func (m *Module) change(ctx context.Context, fund id.ID) (*Change, error) {
	out, err := m.Change(ctx, fund)
	if errors.Is(err, ErrNone) {
		return nil, nil
	}
	return &out, err
}

// Changes lists what waits to be looked at, the longest waiting first.
func (m *Module) Changes(ctx context.Context) ([]Change, error) {
	var out []Change
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := charitydb.Changes(r, fundsMost)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := changeOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	return out, wrap("changes", err)
}

// askChange keeps what a verified fund wants to change. A newer wish takes the place of the one that waits.
func (m *Module) askChange(ctx context.Context, a act.Act, before Fund, body FundBody) error {
	body.Bank = before.Bank
	key, row := id.New(m.now()), id.New(m.now())
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := charitydb.PutChange(tx, charitydb.PutChangeParams{Fund: before.ID, ID: key, Body: write(body), Asked: tx.Now()}); err != nil {
			return err
		}
		return did(tx, before.ID, row, before.ID, a.Actor.Person, "change_asked")
	})
}

// What may be decided about a change.
const (
	fundChanged   = "fund_changed" // everybody reads of it
	changeRefused = "change_refused"
)

// DecideChange is the official's word about the change that they have read: it is shown from now on, or dropped. Errors: ErrNone,
// ErrChanged (the fund wants something else by now), ErrForm (no reason), ErrTwo (the official asked for it themselves).
func (m *Module) DecideChange(ctx context.Context, a act.Act, fund, change id.ID, accept bool, reason string) error {
	f, err := m.Fund(ctx, fund)
	if err != nil {
		return err
	}
	c, err := m.Change(ctx, fund)
	if err != nil {
		return err
	}
	if c.ID != change {
		return ErrChanged
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrForm.With(field("reason", "reason"))
	}
	kind := changeRefused
	if accept {
		kind = fundChanged
	}
	ready, err := m.prepareOfficial(ctx, a, official{fund: f, object: fund, kind: kind, reason: reason, facts: m.changeFacts(f, c)})
	if err != nil {
		return err
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := another(tx, a, fund, fund); err != nil {
			return err
		}
		n, err := charitydb.DropChange(tx, fund, change)
		if err == nil && n > 0 && accept {
			n, err = charitydb.ChangeFund(tx, charitydb.ChangeFundParams{
				Title: write(f.Title), Body: write(c.FundBody), Category: f.Category, State: string(f.State), Asked: f.Asked, Fund: fund, Revision: f.Revision,
			})
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrChanged
		}
		return ready.put(tx)
	})
}

// Difference is one thing that a change changes, as it was and as it is to be.
type Difference struct {
	Key      string // of the field
	Was, Now string
}

// Differences are what a change changes of a fund, in each language: what is shown in one was looked at in that one.
func (c Change) Differences(f Fund) []Difference {
	var out []Difference
	add := func(key, was, now string) {
		if was != now {
			out = append(out, Difference{key, was, now})
		}
	}
	add("about", f.About.RU, c.About.RU)
	add("about_english", f.About.EN, c.About.EN)
	add("people", peopleText(f.People, russian), peopleText(c.People, russian))
	add("people_english", peopleText(f.People, english), peopleText(c.People, english))
	add("address", f.Address.RU, c.Address.RU)
	add("address_en", f.Address.EN, c.Address.EN)
	add("site", f.Site, c.Site)
	add("email", f.Email, c.Email)
	add("phone", f.Phone, c.Phone)
	return out
}

func russian(t lang.Text) string { return t.RU }

func english(t lang.Text) string { return t.EN }

func peopleText(list []Member, in func(lang.Text) string) string {
	var out []string
	for _, p := range list {
		out = append(out, strings.Trim(in(p.Name)+", "+in(p.Role), ", "))
	}
	return strings.Join(out, "\n")
}

func (m *Module) changeFacts(f Fund, c Change) []journal.Fact {
	var out []journal.Fact
	for _, d := range c.Differences(f) {
		out = append(out, journal.Fact{Name: d.Key, Label: m.base.Texts.Text(lang.Russian, "charity."+d.Key), Value: d.Now})
	}
	return out
}
