package broker

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/account"
	"posad.city/core/broker/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// view is a finding with everything that its decision was made of.
type view struct {
	found  found
	kept   account.Kept // of the way that the subject is; zero when it is unknown
	known  bool
	match  match
	person id.ID // whom it was compared with; zero for nobody
	step   step
}

// weigh reads who the subject is and what the city knows of them, and decides.
func (m *Module) weigh(c *web.Context, f found) (view, error) {
	v := view{found: f, match: matchNone}
	kept, err := m.deps.Accounts.KeptByKey(c.Context(), account.ByProvider, f.wayKey())
	if err != nil && !errors.Is(err, store.ErrNone) {
		return v, fmt.Errorf("broker: whose subject: %w", err)
	}
	v.kept, v.known = kept, err == nil
	session, signed := c.Session()
	if signed && !f.Person.IsZero() && !mine(session, f.Person) {
		return v, ErrOver // it was begun by somebody else in this browser
	}
	s := situation{Signed: signed, Known: v.known, Mine: v.known && signed && mine(session, kept.Person), Add: f.Add}
	switch {
	case s.Known && (s.Mine || !signed):
		v.person = kept.Person
	case !s.Known && signed:
		v.person = session.Person
	}
	if !v.person.IsZero() {
		person, err := m.deps.Accounts.Person(c.Context(), asThemselves(c.Act(), v.person), "account.look.profile", v.person)
		if err != nil {
			return v, fmt.Errorf("broker: who it is: %w", err)
		}
		v.match = compare(person, f, v.known)
	}
	s.Match = v.match
	v.step = decide(s)
	return v, nil
}

// asThemselves is the act of a person who has just proved to be there: their look at their own data.
func asThemselves(a act.Act, person id.ID) act.Act {
	a.Actor = act.Actor{Kind: act.Person, Person: person}
	a.Holder, a.Mandate = person, id.ID{}
	return a
}

// enter lets the person in by a way that they have.
func (m *Module) enter(c *web.Context, ticket string, v view) error {
	note, err := m.deps.Accounts.PrepareSecret(c.Context(), v.kept, v.kept.Secret)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		if err := use(tx, stageFound, ticket, m.browser(c, false)); err != nil {
			return err
		}
		if err := note(tx); err != nil && !errors.Is(err, account.ErrChanged) { // another sign-in by it came meanwhile
			return err
		}
		if v.match == matchSame {
			if err := m.deps.Accounts.RaiseIn(tx, v.person, v.found.Level); err != nil {
				return err
			}
		}
		return m.remember(tx, v.found, v.kept.Account, v.kept.Person, v.kept.ID, c.Act().ID)
	})
	if err != nil {
		return err
	}
	m.markBrowser(c, v.found)
	return m.deps.Accounts.Finish(c, v.proof(v.kept.Account, v.kept.Person, v.kept.ID, false))
}

func (v view) proof(accountID, person, way id.ID, fresh bool) account.Proof {
	return account.Proof{
		Method: account.ByProvider, Account: accountID, Person: person, Way: way, Level: sure(v.found, v.match), Strong: v.found.Strong, New: fresh,
	}
}

// secret is what the way keeps: by which provider it came.
func (f found) secret() []byte { return []byte(`{"provider":"` + f.Provider + `"}`) }

// newWay is the way that a subject becomes.
func (m *Module) newWay(c *web.Context, p Provider, f found, accountID id.ID) account.NewWay {
	return account.NewWay{
		Account: accountID, Method: account.ByProvider, Name: p.Title(c.Lang()), Secret: f.secret(), Key: f.wayKey(), Alone: true,
	}
}

// link connects the subject to the account of who is signed in, and takes the provider's identity over where the person
// said so and the city knew less.
func (m *Module) link(c *web.Context, ticket string, p Provider, v view) (account.Proof, error) {
	session, _ := c.Session()
	if v.match == matchOpen {
		if err := m.identify(c, session.Person, v.found); err != nil {
			return account.Proof{}, err
		}
		v.match = matchSame
	}
	way := v.kept.ID
	put := func(*store.Tx) error { return nil }
	if !v.known {
		ready, err := m.deps.Accounts.PrepareWay(c.Context(), m.newWay(c, p, v.found, session.Account))
		if err != nil {
			return account.Proof{}, err
		}
		way, put = ready.ID, ready.Put
	}
	err := m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		if err := use(tx, stageFound, ticket, m.browser(c, false)); err != nil {
			return err
		}
		if err := put(tx); err != nil {
			return err
		}
		if v.match != matchSame {
			return nil
		}
		return m.deps.Accounts.RaiseIn(tx, session.Person, v.found.Level)
	})
	if errors.Is(err, account.ErrWayTaken) {
		return account.Proof{}, ErrTaken.Because(err)
	}
	if err != nil {
		return account.Proof{}, err
	}
	return v.proof(session.Account, session.Person, way, false), nil
}

// identify keeps what the provider stands for as the person's confirmed data.
func (m *Module) identify(c *web.Context, person id.ID, f found) error {
	err := m.deps.Accounts.IdentifyBy(c.Context(), c.Act(), person, f.identity(), f.Level)
	if errors.Is(err, account.ErrSNILSTaken) {
		return ErrDiffers.Because(err) // that another account has the number is not for this one to know
	}
	return err
}

// register makes a person by what the provider says.
func (m *Module) register(c *web.Context, ticket string, p Provider, v view) (account.Proof, error) {
	f := v.found
	if !p.Registers {
		return account.Proof{}, ErrUsual
	}
	one := newcomer(f, m.newWay(c, p, f, id.ID{}), c.Lang())
	one.In = func(tx *store.Tx, made account.Registered) error {
		if err := use(tx, stageFound, ticket, m.browser(c, false)); err != nil {
			return err
		}
		return m.remember(tx, f, made.Account, made.Person, made.Way, c.Act().ID)
	}
	made, err := m.deps.Accounts.RegisterBy(c.Context(), one)
	if errors.Is(err, account.ErrSNILSTaken) || errors.Is(err, account.ErrWayTaken) {
		return account.Proof{}, ErrUsual.Because(err)
	}
	if err != nil {
		return account.Proof{}, err
	}
	m.markBrowser(c, f)
	proof := v.proof(made.Account, made.Person, made.Way, f.Family == "") // a new person without a name is asked for it
	proof.Level = f.Level
	return proof, nil
}

// newcomer decides what of a finding makes a new person. Only a provider that stands for identities, and shows a whole
// one, makes a confirmed person; of any other the name is what a person says of themselves.
func newcomer(f found, way account.NewWay, l lang.Language) account.Newcomer {
	out := account.Newcomer{Identity: account.Identity{Name: f.name()}, Level: act.Basic, Lang: l, Way: way}
	for _, text := range []string{f.Email, f.Phone} {
		if contact, err := account.ParseContact(text); err == nil {
			out.Contacts = append(out.Contacts, contact)
		}
	}
	if f.Level >= act.Standard && f.whole() {
		out.Identity, out.Whole, out.Level = f.identity(), true, f.Level
	}
	return out
}

// remember keeps by which session and subject of the provider somebody came in, so that the provider can end it. entry
// names this coming in: a closure that is run twice makes the same rows.
func (m *Module) remember(tx *store.Tx, f found, accountID, person, way, entry id.ID) error {
	for _, mark := range m.marks(f.Issuer, f.Session, f.Subject) {
		err := brokerdb.InsertEntry(tx, brokerdb.InsertEntryParams{
			Mark: mark, ID: entry, Person: person, Account: accountID, Way: way, Entered: tx.Now(), Until: tx.Now().Add(entryLife + entrySpan),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// cookieAt tells by which provider this browser came in, so that leaving the city may offer to leave there too.
const cookieAt = "provider_at"

func (m *Module) markBrowser(c *web.Context, f found) { c.SetCookie(cookieAt, f.Provider, entryLife) }

// foundOf reads a finding of this browser. One whose provider was switched off or changed meanwhile is no more.
func (m *Module) foundOf(ctx context.Context, c *web.Context, ticket string) (found, Provider, error) {
	var f found
	if err := m.read(ctx, stageFound, ticket, m.browser(c, false), &f); err != nil {
		return f, Provider{}, err
	}
	p, err := m.working(ctx, f.Provider)
	if err == nil && p.Issuer != f.Issuer {
		return f, p, ErrOver
	}
	return f, p, err
}
