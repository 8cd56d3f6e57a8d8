package centre

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/agency"
	"posad.city/core/centre/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Agreement is how a person agreed to a session, as decided by agreed.
type Agreement struct {
	Consent Consent
	Note    string // number of the paper
}

// Begun is a session that an official began for a person, with what brings the official's own back.
type Begun struct {
	account.Entry
	Return string // for the browser's cookie; kept nowhere
	Until  time.Time
}

// Begin begins a session for the person who is present. The official's own session is closed in the same Write: while the
// visit goes on, nobody at that screen has an official's rights, and the ticket that is returned is good only after the
// visit's session has ended. Errors: ErrOver, ErrProve, ErrBegun, account.ErrBlocked, account.ErrFrozen.
func (m *Module) Begin(ctx context.Context, a act.Act, own web.Session, v Visit, how Agreement, l lang.Language) (Begun, error) {
	if err := m.ready(v, true); err != nil {
		return Begun{}, err
	}
	if !v.Session.IsZero() {
		return Begun{}, ErrBegun
	}
	a = in(a, v.ID)
	ends, err := m.deps.Accounts.SessionEnds(ctx, own.Person, own.ID)
	if err != nil {
		return Begun{}, err
	}
	of, err := m.accountFor(ctx, a, v.Person)
	if err != nil {
		return Begun{}, err
	}
	entry, err := m.deps.Accounts.VisitEntry(ctx, account.Proof{Account: of, Person: v.Person, Level: act.Verified},
		account.Via{Device: v.Place, Lang: l, By: v.Official})
	if err != nil {
		return Begun{}, fmt.Errorf("centre: begin: %w", err)
	}
	out := Begun{Entry: entry, Until: m.base.Clock.Now().Add(account.VisitMost + returnSlack)}
	if err := m.putBegun(ctx, a, own, v, how, ends, &out); err != nil {
		closing := m.deps.Accounts.Close(ctx, v.Person, entry.Session) // nobody has its token
		return Begun{}, errors.Join(fmt.Errorf("centre: begin: %w", err), closing)
	}
	return out, nil
}

func (m *Module) putBegun(ctx context.Context, a act.Act, own web.Session, v Visit, how Agreement, ends time.Time, out *Begun) error {
	keys, err := m.base.Vault.Keys(ctx, v.Person)
	if err != nil {
		return err
	}
	enter, err := m.entry(ctx, a, v, "centre.session")
	if err != nil {
		return err
	}
	token, hash := web.NewToken()
	out.Return = token
	row := centredb.BeginVisitParams{
		Consent: string(how.Consent), Session: out.Session, Done: with(v.Done, SessionOn), Person: v.Person, ID: v.ID,
	}
	if how.Note != "" {
		row.Note = keys.Seal("visit", "note", []byte(how.Note))
	}
	back := centredb.InsertReturnParams{
		Hash: hash[:], Visit: v.ID, Person: v.Person, Session: out.Session, Official: own.Person, Account: own.Account, Agency: own.Agency,
		Role: own.Role, Level: int64(own.Assurance), Methods: own.Methods, Strong: own.Strong, Proved: own.Proved, Ends: ends, Until: out.Until,
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		row.Begun = tx.Now()
		n, err := centredb.BeginVisit(tx, row)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrBegun
		}
		if err := centredb.InsertReturn(tx, back); err != nil {
			return err
		}
		err = m.base.Jobs.Put(tx, jobs.New{Handler: jobFinish, Holder: v.Person, Object: v.ID, At: tx.Now().Add(account.VisitMost), Key: "session " + v.ID.String()})
		if err != nil {
			return err
		}
		if err := enter(tx); err != nil {
			return err
		}
		return m.deps.Accounts.CloseIn(tx, own.Person, own.ID)
	})
}

// End ends a visit that the act's official serves.
func (m *Module) End(ctx context.Context, a act.Act, v Visit) error {
	return m.finish(ctx, in(a, v.ID), v, m.base.Clock.Now())
}

// finish ends a visit: its session is closed, and the person gets a word of what was done, where and by whom, with a link
// that freezes the account. Ending one that has ended changes nothing.
func (m *Module) finish(ctx context.Context, a act.Act, v Visit, at time.Time) error {
	if !v.Ended.IsZero() {
		return nil
	}
	word, err := m.servedWord(ctx, v, at)
	if err != nil {
		return err
	}
	put := func(tx *store.Tx) error {
		n, err := centredb.EndVisit(tx, tx.Now(), v.Person, v.ID)
		if err != nil || n == 0 {
			return err
		}
		if err := centredb.DropDesk(tx, v.Official, v.ID); err != nil {
			return err
		}
		if !v.Session.IsZero() {
			if err := m.deps.Accounts.CloseIn(tx, v.Person, v.Session); err != nil {
				return err
			}
		}
		return word(tx)
	}
	if err := m.base.Store.Write(ctx, put); err != nil {
		return fmt.Errorf("centre: end a visit: %w", err)
	}
	return nil
}

// servedWord is the word after a visit: you were served at … by …; if it was not you, ….
func (m *Module) servedWord(ctx context.Context, v Visit, at time.Time) (func(*store.Tx) error, error) {
	link := m.deps.Accounts.PrepareNotMe(v.Person)
	word, err := m.deps.Accounts.PrepareWord(ctx, account.Word{
		Person: v.Person, Key: "centre.served/" + v.ID.String(), Kind: "centre.word.served", Path: link.Path,
		Params: map[string]any{"place": v.Place, "official": v.ServedBy, "when": at.In(m.deps.Zone).Format("02.01.2006 15:04")},
	})
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return errors.Join(link.Put(tx), word(tx)) }, nil
}

// finishJob ends a visit whose session has had its 30 minutes, or which its official forgot.
func (m *Module) finishJob(ctx context.Context, j jobs.Job) error {
	a := j.Act(act.Purpose{Kind: "visit", ID: j.Object.String()})
	v, err := m.Visit(ctx, a, j.Holder, j.Object)
	if errors.Is(err, store.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return m.finish(ctx, a, v, m.base.Clock.Now())
}

// Return ends the visit that a browser's ticket is of and opens the official's session again, as it was. current is the
// session that the browser has, the zero id for none. Errors: ErrNoReturn for a ticket that is over, was used, never was, or
// does not go with the browser's session; the official signs in again then.
func (m *Module) Return(ctx context.Context, a act.Act, ticket string, current id.ID) (account.Entry, error) {
	hash := web.HashToken(ticket)
	var row centredb.VisitReturn
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = centredb.ReturnByHash(r, hash[:])
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && !current.IsZero() && current != row.Session {
		return account.Entry{}, ErrNoReturn
	}
	if err != nil {
		return account.Entry{}, err
	}
	v, err := m.Visit(ctx, act.ByJob(a.ID, act.Purpose{Kind: "visit", ID: row.Visit.String()}), row.Person, row.Visit)
	if err != nil {
		return account.Entry{}, err
	}
	if err := m.finish(ctx, a, v, m.base.Clock.Now()); err != nil { // first: the ticket is worth nothing while the visit lasts
		return account.Entry{}, err
	}
	now := m.base.Clock.Now()
	if err := m.takeReturn(ctx, row); err != nil {
		return account.Entry{}, err
	}
	if !now.Before(row.Until) || !now.Before(row.Ends) {
		return account.Entry{}, ErrNoReturn
	}
	was := web.Session{
		Account: row.Account, Person: row.Official, Agency: row.Agency, Role: row.Role, Assurance: act.Level(row.Level),
		Methods: row.Methods, Strong: row.Strong, Proved: row.Proved,
	}
	entry, err := m.deps.Accounts.Return(ctx, row.Official, was, row.Ends)
	if err != nil {
		return account.Entry{}, ErrNoReturn.Because(err)
	}
	return entry, nil
}

// takeReturn uses a ticket up.
func (m *Module) takeReturn(ctx context.Context, row centredb.VisitReturn) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		n, err := centredb.TakeReturn(tx, row.Hash)
		if err == nil && n == 0 {
			return ErrNoReturn
		}
		return err
	})
}

// isOfficial tells whether somebody serves at the centre now, in a role that serves people.
func isOfficial(c *web.Context) bool {
	a := c.Act().Actor
	return a.Kind == act.Official && a.Agency == AgencyID() && !strings.EqualFold(a.Role, string(agency.Admin))
}
