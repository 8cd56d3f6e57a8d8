package charity

import (
	"context"
	"errors"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/systems/charity/internal/store"
)

// heard brings a fund's books up to what a gift's charge says, in whatever order and however often the events come: the charge
// is read, not the event. All of it is one Write: what is read, the books, the gift and the word to its giver.
func (m *Module) heard(ctx context.Context, j jobs.Job) error {
	g, known, err := m.gift(ctx, m.system(j.Object), j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) {
		return nil // a bill of another kind
	}
	if err != nil {
		return err
	}
	welcome, err := m.welcome(ctx, g)
	if err != nil {
		return err
	}
	told, err := m.thanks(ctx, g, known && welcome)
	if err != nil {
		return err
	}
	return wrap("heard of a gift", m.base.Store.Write(ctx, func(tx *store.Tx) error {
		came, err := m.bring(tx, j.Act(act.Purpose{}), g, j.Made)
		if err != nil {
			return err
		}
		if came && !welcome {
			if err := m.base.Jobs.Put(tx, jobs.New{Handler: jobUnwelcome, Holder: g.Giver, Object: g.ID}); err != nil {
				return err
			}
		}
		if came && told != nil {
			if err := told.Put(tx); err != nil {
				return err
			}
		}
		return m.base.Jobs.Done(tx, j)
	}))
}

// bring makes the books have of a gift what its charge has, and tells whether the gift came just now. When the gift was given,
// it is given also after the bank took a part of it back.
func (m *Module) bring(tx *store.Tx, a act.Act, g Gift, at time.Time) (bool, error) {
	reader := tx.As(act.ByJob(a.ID, a.Purpose), lookGifts)
	row, err := charitydb.GiftByID(reader, g.Giver, g.ID)
	if err != nil {
		return false, err
	}
	c, err := m.charges.Read(reader, g.Giver, g.ID)
	if err != nil {
		return false, err
	}
	entries, err := charitydb.EntriesOf(tx, g.Fund, g.ID)
	if err != nil {
		return false, err
	}
	if err := m.bringEntries(tx, g, entries, c.Stands, at); err != nil {
		return false, err
	}
	next := c.state(GiftState(row.State))
	if next == GiftState(row.State) {
		return false, nil
	}
	given := time.Time{}
	if next == GiftGiven {
		given = at
	}
	_, err = charitydb.SetGiftState(tx, charitydb.SetGiftStateParams{State: string(next), Given: given, Giver: g.Giver, ID: g.ID, Was: row.State})
	return next == GiftGiven, err
}

// state is what a gift is when its charge says so.
func (c GiftCharge) state(was GiftState) GiftState {
	switch {
	case c.Stands > 0:
		return GiftGiven
	case was == GiftGiven:
		return GiftBack
	case was == GiftPromised && c.Ended:
		return GiftDropped
	}
	return was
}

// bringEntries makes the parts of a gift in the books come to what stands. What is missing comes as new parts; what is too
// much leaves from the last part on, and what of the last to leave is to stay comes again to the same aim.
func (m *Module) bringEntries(tx *store.Tx, g Gift, entries []charitydb.CharityEntry, stands int64, at time.Time) error {
	parts, have := lying(entries)
	if have == stands {
		return nil
	}
	aims, err := aimsOf(tx, g)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		g.Shown = entries[0].Shown // it may have been hidden since
	}
	rooms, touched := roomsOf(g, aims), map[id.ID]bool{}
	for i := len(parts) - 1; i >= 0 && have > stands; i-- {
		if err := m.takeOut(tx, g, parts[i], at); err != nil {
			return err
		}
		have, touched[parts[i].Appeal] = have-parts[i].Amount, true
		rooms = []Room{{parts[i].Appeal, -1}}
	}
	if have < stands {
		for i, share := range Split(stands-have, rooms, g.Fund) {
			if err := m.enterShare(tx, g, nextPart(entries)+int64(i), share, at); err != nil {
				return err
			}
			touched[share.Appeal] = true
		}
	}
	return reach(tx, g.Fund, aims, touched)
}

// lying are the parts of gifts that did not leave, and what they come to.
func lying(entries []charitydb.CharityEntry) ([]charitydb.CharityEntry, int64) {
	type part struct {
		gift id.ID
		part int64
	}
	left := map[part]bool{}
	for _, e := range entries {
		if e.Kind == string(EntryBack) {
			left[part{e.ID, e.Part}] = true
		}
	}
	var out []charitydb.CharityEntry
	sum := int64(0)
	for _, e := range entries {
		if e.Kind == string(EntryGift) && !left[part{e.ID, e.Part}] {
			out, sum = append(out, e), sum+e.Amount
		}
	}
	return out, sum
}

func nextPart(entries []charitydb.CharityEntry) int64 {
	out := int64(0)
	for _, e := range entries {
		out = max(out, e.Part+1)
	}
	return out
}

// takeOut takes a part of a gift out of the books. Its money may have been spent; then the purse owes.
func (m *Module) takeOut(tx *store.Tx, g Gift, part charitydb.CharityEntry, at time.Time) error {
	err := enter(tx, charitydb.InsertEntryParams{
		Fund: g.Fund, ID: g.ID, Part: part.Part, Kind: string(EntryBack), Appeal: part.Appeal, Place: part.Place, Amount: part.Amount, At: at, Day: m.dayOf(at),
	})
	if err != nil {
		return err
	}
	_, err = charitydb.TakeFromPurse(tx, part.Amount, g.Fund, part.Appeal)
	return err
}

// welcome tells whether a gift may stay: the city may have suspended its fund, or stopped its appeal, after it was promised.
func (m *Module) welcome(ctx context.Context, g Gift) (bool, error) {
	f, err := m.Fund(ctx, g.Fund)
	if err != nil || f.State != FundOpen || g.Appeal == g.Fund {
		return f.State == FundOpen, err
	}
	s, err := m.Appeal(ctx, g.Appeal)
	return s.State != AppealStopped, err
}

// sendBack gives a gift back that came when it could not stay. What was spent meanwhile stays spent.
func (m *Module) sendBack(ctx context.Context, j jobs.Job) error {
	err := m.GiveBack(ctx, m.system(j.Object), j.Holder, j.Object)
	if errors.Is(err, ErrState) || errors.Is(err, ErrSpent) || errors.Is(err, ErrNone) {
		return nil
	}
	return err
}

// lapse ends a promise that nobody kept. One whose payment is under way is taken all the same, and then given back.
func (m *Module) lapse(ctx context.Context, j jobs.Job) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.drop(tx, j.Act(act.Purpose{}), j.Holder, j.Object); err != nil {
			return err
		}
		return m.base.Jobs.Done(tx, j)
	})
}

// drop ends a promise and its charge; a gift that was paid stays as it is.
func (m *Module) drop(tx *store.Tx, a act.Act, giver, gift id.ID) error {
	was, err := m.charges.Drop(tx, a, giver, gift)
	if err != nil || !was {
		return err
	}
	_, err = charitydb.SetGiftState(tx, charitydb.SetGiftStateParams{State: string(GiftDropped), Giver: giver, ID: gift, Was: string(GiftPromised)})
	return err
}
