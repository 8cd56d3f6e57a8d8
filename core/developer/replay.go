package developer

import (
	"context"
	"errors"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// pageRows is how many deliveries a page shows.
const pageRows = 50

// last is after every message.
var last = id.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// Deliveries lists an endpoint's deliveries, the newest first, before one of them; zero: from the newest. True: there are more.
func (m *Module) Deliveries(ctx context.Context, e Endpoint, before id.ID) ([]Delivery, bool, error) {
	if before.IsZero() {
		before = last
	}
	var out []Delivery
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := developerdb.Deliveries(r, developerdb.DeliveriesParams{Agency: e.Agency, Endpoint: e.ID, Before: before, Most: pageRows + 1})
		out = nil
		for _, row := range rows {
			out = append(out, deliveryOf(row))
		}
		return err
	})
	return out[:min(len(out), pageRows)], len(out) > pageRows, err
}

func deliveryOf(row developerdb.DeveloperDelivery) Delivery {
	return Delivery{
		Message: row.Message, Type: row.Type, At: row.At, State: row.State, Tries: row.Tries, Next: row.Next, Status: int(row.Status), Why: row.Why,
	}
}

// Delivery is one delivery with what is sent and its tries, the newest first; ErrMissing when there is none.
func (m *Module) Delivery(ctx context.Context, e Endpoint, message id.ID) (Delivery, string, []Try, error) {
	var out Delivery
	var body string
	var tries []Try
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := developerdb.DeliveryByID(r, e.Agency, e.ID, message)
		if err != nil {
			return err
		}
		out = deliveryOf(row)
		said, err := developerdb.MessageByID(r, e.Agency, message)
		if err != nil {
			return err
		}
		body = said.Body
		rows, err := developerdb.TriesOf(r, developerdb.TriesOfParams{Agency: e.Agency, Endpoint: e.ID, Message: message, Most: 100})
		tries = nil
		for _, one := range rows {
			tries = append(tries, Try{one.Number, one.At, int(one.Status), time.Duration(one.Took) * time.Millisecond, one.Why})
		}
		return err
	})
	if errors.Is(err, store.ErrNone) {
		err = ErrMissing
	}
	return out, body, tries, err
}

// CountMost is how many of an endpoint's newest deliveries Count looks at.
const CountMost = 10_000

// Count is how many of an endpoint's deliveries are in each state, of the newest CountMost.
func (m *Module) Count(ctx context.Context, e Endpoint) (map[string]int64, error) {
	out := map[string]int64{}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := developerdb.CountDeliveries(r, e.Agency, e.ID, CountMost)
		for _, row := range rows {
			out[row.State] = row.Deliveries
		}
		return err
	})
	return out, err
}

// Resend sends a message to an endpoint anew, under its old name. Errors: ErrMissing, ErrUnderway when it is on its way
// anyway.
func (m *Module) Resend(ctx context.Context, a act.Act, e Endpoint, message id.ID) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := developerdb.DeliveryByID(tx, e.Agency, e.ID, message); errors.Is(err, store.ErrNone) {
			return ErrMissing
		} else if err != nil {
			return err
		}
		n, err := developerdb.ResendDelivery(tx, developerdb.ResendDeliveryParams{Now: tx.Now(), Agency: e.Agency, Endpoint: e.ID, Message: message})
		if err == nil && n == 0 {
			return tx.Fail(ErrUnderway)
		}
		tx.AfterCommit(m.poke)
		return err
	})
}
