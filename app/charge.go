package app

import (
	"context"
	"errors"

	"posad.city/core/account"
	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// numbers tells core/charge by which numbers others issue bills to a person: those of a confirmed account.
type numbers struct{ accounts *account.Module }

// Numbers implements charge.People.
func (n numbers) Numbers(ctx context.Context, person id.ID) ([]charge.Identifier, error) {
	owner, err := n.accounts.Person(ctx, act.ByJob(person, act.Purpose{Kind: "account"}), "account.look.profile", person)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil || owner.Level < act.Standard || owner.SNILS == "" {
		return nil, err
	}
	return []charge.Identifier{{By: charge.BySNILS, Value: owner.SNILS}}, nil
}

// things asks the registers by which numbers a person's bills may come beside their own: the plates of their vehicles.
func (m *Modules) things(ctx context.Context, a act.Act, person id.ID) ([]charge.Thing, error) {
	owner, err := m.Account.Person(ctx, a, "account.look.profile", person)
	if errors.Is(err, store.ErrNone) {
		return nil, nil
	}
	if err != nil || owner.Level < act.Standard || owner.SNILS == "" {
		return nil, err
	}
	vehicles, err := m.Exchange.Vehicles(ctx, owner, a.ID)
	if err != nil {
		return nil, err
	}
	var out []charge.Thing
	for _, v := range vehicles {
		one := charge.Thing{Identifier: charge.Identifier{By: charge.ByPlate, Value: v.Plate}}
		if !v.Since.IsZero() {
			one.Since = v.Since.Start(m.Charge.Zone())
		}
		out = append(out, one)
	}
	return out, nil
}
