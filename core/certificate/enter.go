package certificate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// linked is what a certificate's way in keeps, sealed by the account.
type linked struct {
	Chain     [][]byte `json:"chain"`
	Authority string   `json:"authority"`
	SNILS     string   `json:"snils,omitempty"`
}

func (p proof) linked() ([]byte, error) {
	out, err := json.Marshal(linked{chainOf(p.leaf, p.others), p.authority, p.subject.SNILS})
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return out, nil
}

func linkedOf(k account.Kept) (linked, error) {
	var out linked
	if err := json.Unmarshal(k.Secret, &out); err != nil {
		return out, fmt.Errorf("certificate: way %s: %w", k.ID, err)
	}
	return out, nil
}

// owner is whom a certificate belongs to, as far as the city knows.
type owner struct {
	kept   account.Kept
	known  bool
	renews bool
	before linked
	person account.Person
}

// ownerOf finds the owner: by the key, else by the number, among those who have one of the same authority.
func (m *Module) ownerOf(c *web.Context, p proof) (owner, error) {
	var out owner
	kept, err := m.deps.Accounts.KeptByKey(c.Context(), account.ByCertificate, p.key())
	if err != nil && !errors.Is(err, store.ErrNone) {
		return out, fmt.Errorf("certificate: whose it is: %w", err)
	}
	if out.known = err == nil; out.known {
		out.kept = kept
	} else if out.kept, out.renews, err = m.renewedOf(c.Context(), p); err != nil {
		return out, err
	}
	if !out.known && !out.renews {
		return out, nil
	}
	if out.before, err = linkedOf(out.kept); err != nil {
		return out, err
	}
	out.person, err = m.deps.Accounts.Person(c.Context(), asThemselves(c.Act(), out.kept.Person), lookProfile, out.kept.Person)
	if err != nil {
		return out, fmt.Errorf("certificate: who it is: %w", err)
	}
	return out, nil
}

// renewedOf finds the way of an earlier certificate of the same person and authority.
func (m *Module) renewedOf(ctx context.Context, p proof) (account.Kept, bool, error) {
	if p.subject.SNILS == "" {
		return account.Kept{}, false, nil
	}
	person, err := m.deps.Accounts.PersonOf(ctx, p.subject.SNILS)
	if errors.Is(err, store.ErrNone) {
		return account.Kept{}, false, nil
	}
	if err != nil {
		return account.Kept{}, false, err
	}
	accounts, err := m.deps.Accounts.AccountOf(ctx, person)
	if err != nil {
		return account.Kept{}, false, err
	}
	for _, one := range accounts {
		list, err := m.deps.Accounts.KeptOf(ctx, one, account.ByCertificate)
		if err != nil {
			return account.Kept{}, false, err
		}
		for _, kept := range list {
			before, err := linkedOf(kept)
			if err != nil {
				return account.Kept{}, false, err
			}
			if before.Authority == p.authority && before.SNILS == p.subject.SNILS {
				return kept, true, nil
			}
		}
	}
	return account.Kept{}, false, nil
}

// lookProfile is the kind of look at one's own data that a proof makes.
const lookProfile = "account.look.profile"

// asThemselves is the act of a person who has just proved to be there: their look at their own data.
func asThemselves(a act.Act, person id.ID) act.Act {
	a.Actor = act.Actor{Kind: act.Person, Person: person}
	a.Holder, a.Mandate = person, id.ID{}
	return a
}

// arrive does what comes of a proof and answers the request.
func (m *Module) arrive(c *web.Context, p proof, used use) error {
	o, err := m.ownerOf(c, p)
	if err != nil {
		return err
	}
	s, err := m.situation(c, p, o)
	if err != nil {
		return err
	}
	next, err := decide(s)
	if err != nil {
		return m.refuse(c.Context(), p.road, p.authority, err)
	}
	switch next {
	case stepEnter:
		return m.enter(c, p, o, used)
	case stepRenew:
		return m.renew(c, p, o, used)
	}
	if err := m.waits(c, p, used); err != nil {
		return err
	}
	if next == stepNew {
		return c.Redirect(withBack(newPath, c.Back()))
	}
	return c.Redirect(withBack(linkPath, c.Back()))
}

func (m *Module) situation(c *web.Context, p proof, o owner) (situation, error) {
	asked, ok, err := m.deps.Accounts.Asked(c)
	if err != nil {
		return situation{}, err
	}
	out := situation{
		Known: o.known, Renews: o.renews, Unchecked: p.unchecked, Numbered: p.subject.SNILS != "",
		Same:      o.before.SNILS == p.subject.SNILS || o.before.SNILS == "" || p.subject.SNILS == "",
		Confirmed: o.person.Level >= act.Standard, Signed: ok && asked.Signed, Asked: ok && !asked.Signed,
	}
	out.Mine = ok && (asked.Account == o.kept.Account || asked.Person == o.kept.Person)
	if session, signed := c.Session(); signed && slices.Contains(session.Also, o.kept.Person) {
		out.Mine = true
	}
	return out, nil
}

// level is the most that a certificate makes sure of.
func (p proof) level() act.Level {
	if p.unchecked || p.subject.SNILS == "" {
		return act.Standard
	}
	return act.Verified
}

func (p proof) toFinish(k account.Kept) account.Proof {
	return account.Proof{Method: account.ByCertificate, Account: k.Account, Person: k.Person, Way: k.ID, Level: p.level(), Strong: true}
}

// enter lets the owner in, keeps the certificate as it is now, and lifts a person of whom it makes the city surer.
func (m *Module) enter(c *web.Context, p proof, o owner, used use) error {
	secret, err := p.linked()
	if err != nil {
		return err
	}
	if p.unchecked {
		secret = o.kept.Secret
	}
	note, err := m.deps.Accounts.PrepareSecret(c.Context(), o.kept, secret)
	if err != nil {
		return err
	}
	raise, err := m.prepareRaise(c, p, o.person, vouched(o.person, p.subject, p.unchecked))
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		if err := used(tx); err != nil {
			return err
		}
		if err := note(tx); err != nil && !errors.Is(err, account.ErrChanged) { // another sign-in by it came meanwhile
			return err
		}
		return raise(tx)
	})
	if err != nil {
		return err
	}
	return m.deps.Accounts.Finish(c, p.toFinish(o.kept))
}

// renew takes over a new certificate of a person and an authority that are known, tells its owner, and lets them in.
func (m *Module) renew(c *web.Context, p proof, o owner, used use) error {
	way, err := m.newWay(c, p, o.kept.Account)
	if err != nil {
		return err
	}
	ready, err := m.deps.Accounts.PrepareWay(c.Context(), way)
	if err != nil {
		return err
	}
	word, err := m.deps.Accounts.PrepareWord(c.Context(), account.Word{
		Person: o.kept.Person, Key: "certificate.renewed/" + ready.ID.String(), Kind: "certificate.word.renewed", Path: securityPath,
		Params: map[string]any{"authority": p.authority, "until": lang.Date(c.Lang(), calendar.DateOf(p.leaf.NotAfter, m.deps.Zone))},
	})
	if err != nil {
		return err
	}
	raise, err := m.prepareRaise(c, p, o.person, vouched(o.person, p.subject, p.unchecked))
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		for _, do := range []func(*store.Tx) error{used, ready.Put, word, raise} {
			if err := do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	o.kept.ID = ready.ID
	return m.deps.Accounts.Finish(c, p.toFinish(o.kept))
}

// newWay is the way in that a certificate becomes.
func (m *Module) newWay(c *web.Context, p proof, accountID id.ID) (account.NewWay, error) {
	secret, err := p.linked()
	return account.NewWay{
		Account: accountID, Method: account.ByCertificate, Name: m.called(c, p), Secret: secret, Key: p.key(), Alone: true, Second: true,
	}, err
}

// called is what a certificate is called in its owner's list of ways in.
func (m *Module) called(c *web.Context, p proof) string {
	return c.T("certificate.called", "authority", p.authority, "until", m.day(c, p.leaf.NotAfter))
}

// prepareRaise lifts a person to Verified and enters it in their journal; when not so, or not higher, it does nothing.
func (m *Module) prepareRaise(c *web.Context, p proof, person account.Person, so bool) (func(*store.Tx) error, error) {
	if !so || person.Level >= act.Verified {
		return func(*store.Tx) error { return nil }, nil
	}
	enter, err := m.prepareEntry(c, p, person.ID)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if err := m.deps.Accounts.RaiseIn(tx, person.ID, act.Verified); err != nil {
			return err
		}
		return enter(tx)
	}, nil
}

func (m *Module) prepareEntry(c *web.Context, p proof, person id.ID) (func(*store.Tx) error, error) {
	if m.base.Journal == nil { // a house without seals: tests of parts
		return func(*store.Tx) error { return nil }, nil
	}
	keys, err := m.base.Vault.Keys(c.Context(), person)
	if err != nil {
		return nil, err
	}
	ready, err := m.base.Journal.Prepare(keys, journal.Entry{
		Act: c.Act().ID, Kind: "certificate.verified", Title: c.T("certificate.verified_entry"), Object: person,
		Facts: []journal.Fact{
			{Name: "authority", Label: c.T("certificate.field.authority"), Value: p.authority},
			{Name: "serial", Label: c.T("certificate.field.serial"), Value: serialOf(p.leaf)},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("certificate: journal: %w", err)
	}
	return func(tx *store.Tx) error {
		_, err := journal.Enter(tx, ready)
		return err
	}, nil
}
