package centre

import (
	"context"
	"fmt"
	"time"

	"posad.city/core/account"
	"posad.city/core/centre/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

const findsWindow = time.Hour

// ready refuses a visit that is over, and, for what needs it, one in which the identity was not proved.
func (m *Module) ready(v Visit, proved bool) error {
	switch {
	case !v.Open(m.base.Clock.Now()):
		return ErrOver
	case proved && v.Proved.IsZero():
		return ErrProve
	}
	return nil
}

// Prove keeps that the official proved the person's identity: the population register says the same, the person is
// Verified, and the journal says by which document and who. Errors: ErrOver, account.ErrDiffers, account.ErrRegister.
func (m *Module) Prove(ctx context.Context, a act.Act, v Visit) error {
	if err := m.ready(v, false); err != nil {
		return err
	}
	a = in(a, v.ID)
	p, err := m.deps.Accounts.Person(ctx, a, "account.look.centre", v.Person)
	if err != nil {
		return err
	}
	who := account.Identity{Name: p.Name, Birth: p.Birth, SNILS: p.SNILS}
	if err := m.deps.Accounts.AskRegister(ctx, v.Person, who, a.ID); err != nil {
		return err
	}
	enter, err := m.entry(ctx, a, v, "centre.proved")
	if err != nil {
		return err
	}
	return m.do(ctx, a, v, Proved, func(tx *store.Tx) error {
		n, err := centredb.ProveVisit(tx, centredb.ProveVisitParams{
			Proved: tx.Now(), Done: with(v.Done, Proved), Person: v.Person, ID: v.ID, Was: words(v.Done),
		})
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrAgain
		}
		if err := m.deps.Accounts.RaiseIn(tx, v.Person, act.Verified); err != nil {
			return err
		}
		return enter(tx)
	})
}

// do carries something out in a visit and notes that it was done. Prove notes by itself.
func (m *Module) do(ctx context.Context, a act.Act, v Visit, done Done, put func(*store.Tx) error) error {
	err := m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if done != Proved {
			n, err := centredb.NoteVisit(tx, centredb.NoteVisitParams{Done: with(v.Done, done), Person: v.Person, ID: v.ID, Was: words(v.Done)})
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrAgain
			}
		}
		return put(tx)
	})
	if err != nil {
		return fmt.Errorf("centre: %s: %w", done, err)
	}
	return nil
}

// entry makes an entry in the journal of the person served ready: what was done, by which document, where and by whom.
func (m *Module) entry(ctx context.Context, a act.Act, v Visit, kind string) (func(*store.Tx) error, error) {
	if m.base.Journal == nil { // a house without seals: tests of parts
		return func(*store.Tx) error { return nil }, nil
	}
	keys, err := m.base.Vault.Keys(ctx, v.Person)
	if err != nil {
		return nil, err
	}
	l := lang.Russian
	if lang.Known(a.Lang) {
		l = lang.Language(a.Lang)
	}
	say := func(key string) string { return m.base.Texts.Text(l, key) }
	fact := func(name, value string) journal.Fact {
		return journal.Fact{Name: name, Label: say("centre.journal." + name), Value: value}
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{Act: a.ID, Kind: kind, Title: say(kind + "_entry"), Object: v.ID, Facts: []journal.Fact{
		fact("document", say("centre.document."+string(v.Document))), fact("tail", v.Tail), fact("place", v.Place),
		fact("official", v.ServedBy), fact("official_id", v.Official.String()),
	}})
	if err != nil {
		return nil, fmt.Errorf("centre: journal %s: %w", kind, err)
	}
	return func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	}, nil
}

// SetContact gives the person a contact that its code has proved, in the place of the one that they lost. Every old
// channel is told, with a link that freezes the account. Errors: ErrOver, ErrProve, account.ErrTaken.
func (m *Module) SetContact(ctx context.Context, a act.Act, v Visit, r account.Recovery) error {
	if err := m.ready(v, true); err != nil {
		return err
	}
	a = in(a, v.ID)
	r.Person = v.Person
	put, err := m.deps.Accounts.PrepareRecovery(ctx, a, r)
	if err != nil {
		return err
	}
	enter, err := m.entry(ctx, a, v, "centre.contact")
	if err != nil {
		return err
	}
	return m.do(ctx, a, v, Contact, func(tx *store.Tx) error {
		if err := put(tx); err != nil {
			return err
		}
		return enter(tx)
	})
}

// Unfreeze opens the person's accounts that they froze themselves; what the city closed stays closed. Errors: ErrOver,
// ErrProve.
func (m *Module) Unfreeze(ctx context.Context, a act.Act, v Visit) error {
	if err := m.ready(v, true); err != nil {
		return err
	}
	a = in(a, v.ID)
	put, err := m.deps.Accounts.PrepareUnfreeze(ctx, a, v.Person)
	if err != nil {
		return err
	}
	return m.do(ctx, a, v, Unfrozen, put)
}

// Join joins the account of a contact, which its code has proved, to the person served. Errors: ErrOver, ErrProve,
// ErrNobody, those of account.PrepareJoin.
func (m *Module) Join(ctx context.Context, a act.Act, v Visit, contact account.Contact) error {
	if err := m.ready(v, true); err != nil {
		return err
	}
	a = in(a, v.ID)
	other, err := m.deps.Accounts.Find(ctx, contact.Value)
	if err != nil {
		return ErrNobody.Because(err)
	}
	j, err := m.deps.Accounts.PrepareJoin(ctx, a, v.Person, other, account.MergedAtCentre)
	if err != nil {
		return err
	}
	if j.Kept.ID != v.Person { // the document was of the person served: that record stays
		return account.ErrMergeTwo
	}
	return m.do(ctx, a, v, Joined, j.Put)
}

// accountFor is the account that a visit's session is of: the person's first one, or a fresh one.
func (m *Module) accountFor(ctx context.Context, a act.Act, person id.ID) (id.ID, error) {
	list, err := m.deps.Accounts.AccountOf(ctx, person)
	if err != nil || len(list) > 0 {
		return first(list), err
	}
	var out id.ID
	fresh := id.New(m.base.Clock.Now())
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		var err error
		out, err = m.deps.Accounts.OpenFor(tx, person, fresh)
		return err
	})
	return out, err
}

func first(list []id.ID) id.ID {
	if len(list) == 0 {
		return id.ID{}
	}
	return list[0]
}
