package card

import (
	"context"
	"errors"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/systems/card/internal/store"
)

// Loss is money of a top-up that was spent and that the bank took back. Until it is made good its person's cards pay nothing.
type Loss struct {
	Person id.ID
	Charge id.ID  // of the top-up
	Number string // of the card that it was for; empty after its owner's data was erased
	Amount money.Amount
	Since  time.Time
}

// Lost is what the float has lost and nobody has made good.
type Lost struct {
	Sum   money.Amount
	Count int64
}

// lossesMost is how many losses the desk shows.
const lossesMost = 100

const lookLosses = "card.look.losses"

// Lost counts all losses. It tells of nobody.
func (m *Module) Lost(ctx context.Context) (Lost, error) {
	var out Lost
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		total, err := carddb.LossSum(r)
		out = Lost{money.Roubles(total.Sum), total.Count}
		return err
	})
	return out, wrap("lost", err)
}

// Losses lists the largest for the carrier's desk. Each person of the list is told of the look.
func (m *Module) Losses(ctx context.Context, a act.Act) ([]Loss, error) {
	var rows []carddb.CardTopUp
	numbers := map[id.ID]carddb.CardMine{} // by card; of the forgotten there is none
	err := m.base.Store.Look(ctx, a, lookLosses, func(p *store.Personal) error {
		var err error
		if rows, err = carddb.Losses(p, lossesMost); err != nil {
			return err
		}
		for _, row := range rows {
			mine, err := carddb.MineByID(p, row.Person, row.Card)
			if err == nil {
				numbers[row.Card] = mine
			} else if !errors.Is(err, store.ErrNone) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, wrap("losses", err)
	}
	out := make([]Loss, 0, len(rows))
	for _, row := range rows {
		one := Loss{Person: row.Person, Charge: row.Charge, Amount: money.Roubles(row.Lost), Since: row.Taken}
		if mine, ok := numbers[row.Card]; ok {
			if one.Number, err = m.number(ctx, mine); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// cover makes the person's other losses good out of a top-up, before anything of it comes onto the card, and tells how much
// that took. What is made good stays with the float.
func cover(tx *store.Tx, reader *store.Personal, c charge.Charge, came int64) (int64, error) {
	if came <= 0 {
		return 0, nil
	}
	rows, err := carddb.LossesOf(reader, c.Home)
	if err != nil {
		return 0, err
	}
	left := came
	for _, row := range rows {
		part := min(left, row.Lost)
		if row.Charge == c.ID || part == 0 {
			continue
		}
		if _, err := carddb.CoverLoss(tx, carddb.CoverLossParams{Amount: part, Person: row.Person, Charge: row.Charge, Steps: row.Steps}); err != nil {
			return 0, err
		}
		left -= part
	}
	return came - left, nil
}

// owes is how much somebody spent of top-ups that the bank took back, and has not made good, kopecks: until they have, their
// cards pay nothing.
func owes(r store.PersonalReader, person id.ID) (int64, error) {
	if person.IsZero() {
		return 0, nil
	}
	rows, err := carddb.LossesOf(r, person)
	sum := int64(0)
	for _, row := range rows {
		sum += row.Lost
	}
	return sum, err
}

// owing is owes for whoever carries an order out.
func owing(tx *store.Tx, actID, person id.ID) (bool, error) {
	sum, err := owes(tx.As(act.ByJob(actID, act.Purpose{}), lookCards), person)
	return sum > 0, err
}
