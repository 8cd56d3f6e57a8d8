package pay

import (
	"context"
	"errors"
	"testing"

	"posad.city/core/charge"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// answering is a provider that answers as it was told; with lost its answer to an order gets lost.
type answering struct {
	Provider
	standing Standing
	lost     bool
}

func (a answering) Start(context.Context, Order) (Standing, error) {
	if a.lost {
		return Standing{}, errors.New("no answer")
	}
	return a.standing, nil
}

func (a answering) Ask(context.Context, id.ID) (Standing, error) { return a.standing, nil }

// saved keeps a card for Anna.
func (s *stand) saved() id.ID {
	s.t.Helper()
	card := id.Derived("card", "anna")
	keys, err := s.base.Vault.Keys(ctx, anna)
	s.must(err)
	s.must(s.base.Store.Write(ctx, func(tx *store.Tx) error {
		return paydb.InsertCard(tx, paydb.InsertCardParams{
			Payer: anna, ID: card, Provider: s.deps.Bank.Name(), Token: keys.Seal("saved_card", "token", []byte("token")),
			Label: keys.Seal("saved_card", "label", []byte("4242")), Expires: "2099-01", Added: tx.Now(),
		})
	}))
	return card
}

// Whoever paid by a card and of whom another amount was taken is told that it was not paid: at once, when they press again, and
// whenever the bank is asked anew.
func TestAnotherAmountIsNotToldAsPaid(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a := s.charge(300)
		s.deps.Bank = answering{Provider: s.deps.Bank, standing: Standing{State: Paid, Amount: 200, Currency: "RUB"}}
		basket := Basket{Payer: anna, Asks: []Ask{a}, Method: ByCard, Card: s.saved(), Key: id.Derived("key", "other amount")}
		for _, press := range []string{"the first", "the second"} {
			b, err := s.Begin(ctx, self, basket, lang.Russian)
			if err != nil || b.State != Declined || b.Reason != OtherAmount {
				t.Errorf("%s press: %s, %q: %v", press, b.State, b.Reason, err)
			}
			if state, err := s.Settle(ctx, b.Attempt); err != nil || state != Declined {
				t.Errorf("after %s press it is %s: %v", press, state, err)
			}
		}
	})
}

// A payment that was begun is gone on with under its key, whatever became of the card: its money may have been taken.
func TestWhatWasBegunIsToldThoughTheCardIsGone(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		a, card := s.charge(300), s.saved()
		s.deps.Bank = answering{Provider: s.deps.Bank, standing: Standing{State: Paid, Amount: 300, Currency: "RUB"}, lost: true}
		basket := Basket{Payer: anna, Asks: []Ask{a}, Method: ByCard, Card: card, Key: id.Derived("key", "lost")}
		if _, err := s.Begin(ctx, self, basket, lang.Russian); !errors.Is(err, ErrBank) {
			t.Fatalf("the bank is silent: %v", err)
		}
		if gone, err := s.RemoveCard(ctx, self, anna, card); err != nil || !gone {
			t.Fatalf("the card: %v", err)
		}
		b, err := s.Begin(ctx, self, basket, lang.Russian)
		if err != nil || b.State != Paid || b.Payment != keyed(anna, basket.Key) || s.state(a) != charge.Paid {
			t.Errorf("%s, the charge is %s: %v", b.State, s.state(a), err)
		}
		basket.Key, basket.Asks = id.Derived("key", "new"), []Ask{s.charge(100)}
		if _, err := s.Begin(ctx, self, basket, lang.Russian); !errors.Is(err, ErrCard) {
			t.Errorf("a new payment by it: %v", err)
		}
	})
}
