package mandate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/mandate/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/money"
	"posad.city/kit/store"
)

// jobAccepted tells an offer's home that its other side accepted, where the mandate's home is the other side's: Holder is
// the maker, Object the offer.
const jobAccepted = "mandate.accepted"

// waiting finds an offer that waits for the person's answer, or ErrNone.
func (m *Module) waiting(ctx context.Context, a act.Act, offerID id.ID) (Offer, error) {
	received, err := m.Received(ctx, a, a.Actor.Person)
	if err != nil {
		return Offer{}, err
	}
	i := slices.IndexFunc(received, func(o Offer) bool { return o.ID == offerID })
	if i < 0 {
		return Offer{}, ErrNone
	}
	return received[i], nil
}

// Accept makes a mandate of an offer that waits for the person: theirs to act by (Give), or theirs to be acted for by
// (Ask). Errors: ErrNone, ErrOver when it was answered or taken back meanwhile, ErrBeyond when whoever offered it for an
// organisation may not any more.
func (m *Module) Accept(ctx context.Context, a act.Act, offerID id.ID) (Mandate, error) {
	o, err := m.waiting(ctx, a, offerID)
	if err != nil {
		return Mandate{}, err
	}
	one := o.right(a.Actor.Person)
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := m.close(tx, a, o, Accepted); err != nil {
			return err
		}
		if o.Way == Give {
			if err := m.mayGive(tx, one.Giver, o.MadeBy, o.Kind, o.Terms); err != nil {
				return err
			}
		}
		if err := m.putGiven(tx, one, o.Terms); err != nil {
			return err
		}
		return m.putWords(tx, one, "accepted")
	})
	if err != nil {
		return Mandate{}, fmt.Errorf("mandate: accept: %w", err)
	}
	return one, nil
}

// putGiven puts a mandate that people agreed on, with its purse.
func (m *Module) putGiven(tx *store.Tx, one Mandate, t Terms) error {
	if _, err := m.Put(tx, one); err != nil {
		return err
	}
	if !t.Pays() || t.Cap == 0 {
		return nil
	}
	return mandatedb.PutPurse(tx, mandatedb.PutPurseParams{Giver: one.Giver, Mandate: one.ID, Currency: string(money.RUB), EachMost: t.Each, Cap: t.Cap})
}

// close takes an offer away from its door, once, as its answer. ErrOver when somebody was first or its time is over.
func (m *Module) close(tx *store.Tx, a act.Act, o Offer, state State) error {
	row, err := mandatedb.OfferByID(tx.As(a, "mandate.look.offer"), o.Maker, o.ID)
	if err != nil {
		return err
	}
	if State(row.State) != Open || !tx.Now().Before(row.Until) {
		return ErrOver
	}
	n, err := mandatedb.DropDoor(tx, row.Door, o.Maker, o.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrOver
	}
	if state == Accepted && o.Way == Ask { // the mandate's home is the other side's: the maker's row follows
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobAccepted, Holder: o.Maker, Object: o.ID})
	}
	_, err = mandatedb.AnswerOffer(tx, mandatedb.AnswerOfferParams{State: string(state), Answered: tx.Now(), Maker: o.Maker, ID: o.ID})
	return err
}

// accepted is jobAccepted's handler.
func (m *Module) accepted(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		_, err := mandatedb.AnswerOffer(tx, mandatedb.AnswerOfferParams{State: string(Accepted), Answered: tx.Now(), Maker: j.Holder, ID: j.Object})
		return errors.Join(err, m.base.Jobs.Done(tx, j))
	})
}

// Decline refuses an offer that waits for the person; the maker is told.
func (m *Module) Decline(ctx context.Context, a act.Act, offerID id.ID) error {
	o, err := m.waiting(ctx, a, offerID)
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if err := m.close(tx, a, o, Declined); err != nil {
			return err
		}
		return m.putWord(tx, o.Maker, o.ID, "declined", o.MadeBy)
	})
	if err != nil {
		return fmt.Errorf("mandate: decline: %w", err)
	}
	return nil
}

// Withdraw takes an offer back; ErrOver when it was answered already.
func (m *Module) Withdraw(ctx context.Context, a act.Act, maker, offerID id.ID) error {
	o, err := m.offer(ctx, a, maker, offerID)
	if errors.Is(err, store.ErrNone) {
		return ErrNone
	}
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error { return m.close(tx, a, o, Withdrawn) })
	if err != nil {
		return fmt.Errorf("mandate: withdraw: %w", err)
	}
	return nil
}

// Revoke ends a mandate by either side; from the commit on, nothing passes under it. ErrByLaw for one of the law.
func (m *Module) Revoke(ctx context.Context, a act.Act, giver, mandateID id.ID) error {
	one, err := m.Mandate(ctx, giver, mandateID)
	if err != nil {
		return err
	}
	if one.Kind.ByLaw() || one.Source == SourceHead && !a.Is(one.Taker) {
		return ErrByLaw
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		ended, err := m.end(tx, giver, mandateID, a.Actor.Person)
		if err != nil || !ended {
			return err
		}
		return m.putWords(tx, one, "revoked")
	})
	if err != nil {
		return fmt.Errorf("mandate: revoke: %w", err)
	}
	return nil
}

// SourceHead is the source of the mandate of an organisation's head: its staff can't take it away.
const SourceHead = "mandate.source.head"

// Mandate reads one mandate at its home; ErrNone when there is none.
func (m *Module) Mandate(ctx context.Context, giver, mandateID id.ID) (Mandate, error) {
	var out Mandate
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = rightOf(r, giver, mandateID)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return out, ErrNone.Because(err)
	}
	return out, err
}

// listPath is the page of a person's mandates.
const listPath = "/account/mandates"

// path is the page of a mandate or an offer.
func path(one id.ID) string { return listPath + "/" + one.String() }

// PutHead gives an organisation's head their mandate, and ends those of former heads, in the organisation's rows.
func (m *Module) PutHead(tx *store.Tx, head Mandate) error {
	rows, err := mandatedb.RightsOf(tx, head.Giver)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Source != SourceHead || row.ID == head.ID {
			continue
		}
		if _, err := m.End(tx, head.Giver, row.ID); err != nil {
			return err
		}
	}
	_, err = m.Put(tx, head)
	return err
}
