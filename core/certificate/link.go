package certificate

import (
	"context"
	"errors"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// link links the certificate that waits in this browser to the account of who is signed in, or confirms by it somebody
// whose way in it is already. birth is asked only of a person of whom the city does not know it. Nothing is kept when the
// population register does not confirm them. Errors: ErrOver, ErrDiffers, ErrSilent, ErrTaken, ErrOther, and those of
// account.Confirm.
func (m *Module) link(c *web.Context, birth calendar.Date) (account.Proof, error) {
	none := account.Proof{}
	p, used, err := m.waiting(c)
	if err != nil {
		return none, err
	}
	if p.unchecked {
		return none, ErrSilent
	}
	session, _ := c.Session()
	person, err := m.deps.Accounts.Person(c.Context(), c.Act(), lookProfile, c.Person())
	if err != nil {
		return none, err
	}
	what, err := decideLink(person, p.subject)
	if err != nil {
		return none, m.refuse(c.Context(), p.road, p.authority, err)
	}
	kept, err := m.keptFor(c, p, session)
	if err != nil {
		return none, err
	}
	if what.Confirm {
		if person, err = m.deps.Accounts.Confirm(c.Context(), c.Act(), person.ID, identity(person, p.subject, birth)); err != nil {
			return none, err
		}
	}
	put := func(*store.Tx) error { return nil }
	if kept.ID.IsZero() {
		way, err := m.newWay(c, p, session.Account)
		if err != nil {
			return none, err
		}
		ready, err := m.deps.Accounts.PrepareWay(c.Context(), way)
		if err != nil {
			return none, err
		}
		kept.ID, put = ready.ID, ready.Put
	}
	raise, err := m.prepareRaise(c, p, person, what.Raise)
	if err != nil {
		return none, err
	}
	err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		for _, do := range []func(*store.Tx) error{used, put, raise} {
			if err := do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, account.ErrWayTaken) {
		return none, ErrTaken.Because(err)
	}
	if err != nil {
		return none, err
	}
	c.SetCookie(cookieShown, "", 0)
	return p.toFinish(kept), nil
}

// keptFor is the way in that the certificate is of this account already; one with no id when it is not known. Errors:
// ErrTaken when it is somebody else's.
func (m *Module) keptFor(c *web.Context, p proof, s web.Session) (account.Kept, error) {
	kept, err := m.deps.Accounts.KeptByKey(c.Context(), account.ByCertificate, p.key())
	if errors.Is(err, store.ErrNone) {
		return account.Kept{Way: account.Way{Account: s.Account}, Person: s.Person}, nil
	}
	if err == nil && kept.Account != s.Account && kept.Person != s.Person {
		return kept, ErrTaken
	}
	return kept, err
}

// identity is what the population register is asked: the certificate's name and number. What it does not say is what the
// person said.
func identity(p account.Person, s Subject, birth calendar.Date) account.Identity {
	out := account.Identity{Name: s.Name, Birth: s.Birth, SNILS: s.SNILS}
	if out.Name.Family == "" {
		out.Name = p.Name
	}
	if out.Name.Patronymic == "" && sameName(out.Name, p.Name) {
		out.Name.Patronymic = p.Name.Patronymic
	}
	for _, known := range []calendar.Date{p.Birth, birth} {
		if out.Birth.IsZero() {
			out.Birth = known
		}
	}
	return out
}

// begin makes an account for the certificate that waits in this browser. It stays there for the confirmation of who they
// are. Errors: ErrOver, ErrSilent, ErrNoNumber, and ErrUsual when its person has an account: they are to link it.
func (m *Module) begin(c *web.Context) (account.Proof, error) {
	none := account.Proof{}
	p, _, err := m.waiting(c)
	if err != nil {
		return none, err
	}
	switch {
	case p.unchecked:
		return none, ErrSilent
	case p.subject.SNILS == "" || p.subject.Name.Family == "":
		return none, ErrNoNumber
	case m.deps.People == nil:
		return none, ErrUsual
	}
	has, err := m.hasAccount(c.Context(), p.subject.SNILS)
	if err != nil {
		return none, err
	}
	if has {
		return none, ErrUsual
	}
	way, err := m.newWay(c, p, id.ID{})
	if err != nil {
		return none, err
	}
	made, err := m.deps.People.RegisterBy(c.Context(), Newcomer{Name: p.subject.Name, Level: act.Basic, Lang: c.Lang(), Way: way})
	if errors.Is(err, account.ErrWayTaken) {
		return none, ErrUsual.Because(err)
	}
	if err != nil {
		return none, err
	}
	return p.toFinish(account.Kept{Way: account.Way{ID: made.Way, Account: made.Account}, Person: made.Person}), nil
}

func (m *Module) hasAccount(ctx context.Context, snils string) (bool, error) {
	person, err := m.deps.Accounts.PersonOf(ctx, snils)
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	accounts, err := m.deps.Accounts.AccountOf(ctx, person)
	return len(accounts) > 0, err
}
