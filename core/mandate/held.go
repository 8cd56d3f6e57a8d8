package mandate

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/mandate/internal/store"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// Data tells who may act for a person, and for whom they may.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data. Mandates themselves name people by ids alone and are shown all the same.
func (held) Covers() map[string]string {
	return map[string]string{"mandate_right": "mandate.given", "mandate_taken": "mandate.taken", "mandate_offer": "mandate.offers"}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, _ int) ([]module.Holding, error) {
	given, err := h.m.Of(ctx, person)
	if err != nil {
		return nil, err
	}
	taken, err := h.m.Taken(ctx, person)
	if err != nil {
		return nil, err
	}
	offers, err := h.m.Made(ctx, a, person)
	if err != nil && !errors.Is(err, vault.ErrErased) {
		return nil, err
	}
	out := []module.Holding{
		{Key: "mandate.given", Edit: mandatesPath}, {Key: "mandate.taken", Edit: mandatesPath}, {Key: "mandate.offers", Edit: mandatesPath},
	}
	for _, one := range given {
		out[0].Items = append(out[0].Items, item(one, "taker", one.Taker))
	}
	for _, one := range taken {
		out[1].Items = append(out[1].Items, item(one, "giver", one.Giver))
	}
	for _, o := range offers {
		out[2].Items = append(out[2].Items, module.Item{ID: o.ID, At: o.Made, Facts: []module.Fact{
			{Key: "to_whom", Value: o.Whom.Name().Full(lang.Russian)}, {Key: "contact", Value: o.Whom.Contact}, {Key: "until", Time: o.Until},
		}})
	}
	return out, nil
}

// mandatesPath is the page of mandates.
const mandatesPath = "/account/mandates"

func item(one Mandate, side string, other id.ID) module.Item {
	out := module.Item{ID: one.ID, At: one.Since, Facts: []module.Fact{
		{Key: "mandate_kind", Value: string(one.Kind)}, {Key: side, Value: other.String()}, {Key: "source", Code: one.Source}, {Key: "ends", Value: one.Ends.String()},
	}}
	for _, scope := range one.Scopes {
		out.Facts = append(out.Facts, module.Fact{Key: "scope", Value: scope})
	}
	if !one.Ended.IsZero() {
		out.Facts = append(out.Facts, module.Fact{Key: "ended", Time: one.Ended})
	}
	return out
}

// Forget implements module.Data: mandates that the person has given or was given end, offers are withdrawn. A child's
// other parent keeps theirs.
func (h held) Forget(ctx context.Context, person id.ID) error {
	given, err := h.m.Of(ctx, person)
	if err != nil {
		return err
	}
	taken, err := h.m.Taken(ctx, person)
	if err != nil {
		return err
	}
	for _, one := range append(given, taken...) {
		if !one.Ended.IsZero() {
			continue
		}
		err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
			_, err := h.m.end(tx, one.Giver, one.ID, person)
			return err
		})
		if err != nil {
			return fmt.Errorf("mandate: forget: %w", err)
		}
	}
	return h.withdrawOffers(ctx, person)
}

func (h held) withdrawOffers(ctx context.Context, person id.ID) error {
	for {
		offers, err := h.m.Made(ctx, act.ByJob(id.New(h.m.base.Clock.Now()), act.Purpose{Kind: "account"}), person)
		if err != nil {
			return err
		}
		for _, o := range offers {
			if err := h.withdraw(ctx, o); err != nil {
				return fmt.Errorf("mandate: forget an offer: %w", err)
			}
		}
		if len(offers) < offersShown {
			return nil
		}
	}
}

func (h held) withdraw(ctx context.Context, o Offer) error {
	return h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if _, err := mandatedb.DropDoor(tx, o.door, o.Maker, o.ID); err != nil {
			return err
		}
		_, err := mandatedb.AnswerOffer(tx, mandatedb.AnswerOfferParams{State: string(Withdrawn), Answered: tx.Now(), Maker: o.Maker, ID: o.ID})
		return err
	})
}
