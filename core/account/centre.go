package account

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// What core/centre does to accounts for a person who stands before an official. It keeps the visits; here are the account's
// own verbs for it.

// How long a session lives that an official began for a person at a centre.
const (
	VisitMost = 30 * time.Minute
	VisitIdle = 10 * time.Minute
)

// Whole tells whether an identity is complete and well formed, and returns it as it is kept. Errors: fault.Invalid with
// fields.
func (m *Module) Whole(what Identity) (Identity, error) {
	p, err := m.identified(Person{}, what)
	return Identity{Name: p.Name, Birth: p.Birth, SNILS: p.SNILS}, err
}

// FindExact finds the person whose SNILS, name and birth date are exactly these, as they are now after merges. The look at
// whoever has the number is recorded, whether or not the rest fits. store.ErrNone: there is none.
func (m *Module) FindExact(ctx context.Context, a act.Act, what Identity) (Person, error) {
	owner, err := m.PersonOf(ctx, what.SNILS)
	if err != nil {
		return Person{}, err
	}
	found, err := m.Person(ctx, a, "account.look.centre", owner)
	if err != nil {
		return Person{}, err
	}
	if !sameIdentity(found, what) {
		return Person{}, store.ErrNone
	}
	root, _, err := m.accountsNow(ctx, owner)
	if err != nil || root == owner {
		return found, err
	}
	return m.Person(ctx, a, "account.look.centre", root)
}

// AskRegister asks the population register about an identity on an official's behalf. Errors: ErrDiffers, ErrRegister.
func (m *Module) AskRegister(ctx context.Context, person id.ID, what Identity, ask id.ID) error {
	return m.askRegister(ctx, Person{ID: person, Name: what.Name, Birth: what.Birth, SNILS: what.SNILS}, ask)
}

// Opening is a person with an account of their own, ready to be put.
type Opening struct {
	Person  id.ID
	Account id.ID
	put     func(*store.Tx) error
}

// PrepareOpening makes a person whom the population register confirmed, with an account that has no way in yet. The
// SNILS must not be another's: ErrSNILSTaken from Put.
func (m *Module) PrepareOpening(ctx context.Context, person id.ID, what Identity, level act.Level, l lang.Language) (Opening, error) {
	p := Person{ID: person, Name: what.Name, Birth: what.Birth, SNILS: what.SNILS, Level: level, Lang: l, SignsIn: true}
	insert, err := m.preparePerson(ctx, p, m.base.Clock.Now())
	if err != nil {
		return Opening{}, err
	}
	number := m.base.Vault.Keyed(spaceSNILS, p.SNILS)
	out := Opening{Person: p.ID, Account: id.New(m.base.Clock.Now())}
	out.put = func(tx *store.Tx) error {
		if err := takeSNILS(tx, number, p.ID); err != nil {
			return err
		}
		if _, err := insert(tx); err != nil {
			return err
		}
		return openAccount(tx, p.ID, out.Account)
	}
	return out, nil
}

// Put makes the person and the account.
func (o Opening) Put(tx *store.Tx) error { return o.put(tx) }

func openAccount(tx *store.Tx, person, account id.ID) error {
	if err := accountdb.InsertPersonAccount(tx, person, account); err != nil {
		return err
	}
	return accountdb.InsertAccount(tx, accountdb.InsertAccountParams{Account: account, Person: person, Made: tx.Now()})
}

// OpenFor gives an account to a person who has none: one whom only a register or a family named so far. It returns the
// account, or the oldest one that is there.
func (m *Module) OpenFor(tx *store.Tx, person, fresh id.ID) (id.ID, error) {
	accounts, err := accountdb.AccountsOf(tx, person)
	if err != nil {
		return id.ID{}, err
	}
	if len(accounts) > 0 {
		return accounts[0], nil
	}
	if _, err := accountdb.NowSignsIn(tx, person); err != nil {
		return id.ID{}, err
	}
	return fresh, openAccount(tx, person, fresh)
}

// AskVisitCode sends a code to a contact in an official's presence: to prove that the contact is the person's, or that
// they agree to a visit. person is whom it is for; what names the one thing that it does.
func (m *Module) AskVisitCode(ctx context.Context, person id.ID, what string, to Contact, l lang.Language) (Sent, error) {
	return m.ask(ctx, asking{why: forContact, to: to, person: person, lang: l, centre: what})
}

// ProveVisitCode takes such a code, once, for what it was sent. Errors: ErrCode, ErrCodeOver.
func (m *Module) ProveVisitCode(ctx context.Context, person id.ID, what string, try id.ID, code string) (Contact, error) {
	proved, err := m.prove(ctx, try, code, atCentre(what), forContact)
	if err != nil {
		return Contact{}, err
	}
	if proved.row.Person != person {
		return Contact{}, ErrCodeOver
	}
	return proved.contact, nil
}

// ErrInVisit refuses a sign-in in a browser that is in a visit.
var ErrInVisit = fault.New(fault.Denied, "account.in_visit")

// Recovery is what an official sets for a person who lost their ways in.
type Recovery struct {
	Person  id.ID
	Contact Contact // proved by its code
	Drop    bool    // every old contact goes, of whatever kind
	Forget  bool    // the password and every other way in goes: they may be in a stranger's hands
}

// PrepareRecovery makes the change of a person's contacts at a centre ready: the new contact takes the place of the old one
// of its kind in the person's first account, every session of the person is closed, and every old channel is told, with a
// link that freezes the account within 72 hours. Errors: ErrTaken from Put when another person's account has the contact.
func (m *Module) PrepareRecovery(ctx context.Context, a act.Act, r Recovery) (func(*store.Tx) error, error) {
	was, err := m.Person(ctx, a, "account.look.centre", r.Person)
	if err != nil {
		return nil, err
	}
	old, err := m.allContacts(ctx, a, was)
	if err != nil {
		return nil, err
	}
	next := was
	if r.Drop {
		next.Phone, next.Email = "", ""
	}
	next.set(r.Contact)
	keys, err := m.base.Vault.Keys(ctx, r.Person)
	if err != nil {
		return nil, err
	}
	sealed, err := seal(keys, next)
	if err != nil {
		return nil, err
	}
	link := m.PrepareNotMe(r.Person)
	word, err := m.PrepareWord(ctx, Word{
		Person: r.Person, Key: "account.set_at_centre/" + a.ID.String(), Kind: "account.word.set_at_centre", Path: link.Path, Also: old,
	})
	if err != nil {
		return nil, err
	}
	fresh := id.New(m.base.Clock.Now())
	return func(tx *store.Tx) error {
		if err := m.setContacts(tx, was, sealed, fresh, r); err != nil {
			return err
		}
		if err := errors.Join(link.Put(tx), word(tx), m.announcePerson(tx, r.Person)); err != nil {
			return err
		}
		return m.CloseOthers(tx, r.Person, id.ID{})
	}, nil
}

// setContacts carries a recovery's change of contacts and ways out. fresh is the account of a person who has none yet.
func (m *Module) setContacts(tx *store.Tx, was Person, sealed vault.Sealed, fresh id.ID, r Recovery) error {
	account, err := m.OpenFor(tx, r.Person, fresh)
	if err != nil {
		return err
	}
	n, err := accountdb.RecoverProfile(tx, sealed, r.Person, was.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrChanged
	}
	if r.Drop {
		if err := dropContacts(tx, r.Person); err != nil {
			return err
		}
	}
	if err := m.swapContacts(tx, account, was, r); err != nil || !r.Forget {
		return err
	}
	return m.forgetWays(tx, r.Person)
}

// allContacts are the contacts of a person and of those merged into them: each is told of a recovery.
func (m *Module) allContacts(ctx context.Context, a act.Act, p Person) ([]Contact, error) {
	var also []id.ID
	err := m.base.Store.Look(ctx, reader, "account.session", func(r *store.Personal) error {
		var err error
		also, err = m.alsoOf(r, p.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	people, err := m.People(ctx, a, "account.look.centre", also...)
	if err != nil {
		return nil, err
	}
	out := m.oldContacts(p)
	for _, one := range also {
		for _, c := range m.oldContacts(people[one]) {
			if !slices.ContainsFunc(out, func(o Contact) bool { return o.key == c.key }) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// dropContacts takes every contact out of a person's accounts.
func dropContacts(tx *store.Tx, person id.ID) error {
	accounts, err := accountdb.AccountsOf(tx, person)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		rows, err := accountdb.ContactsOf(tx, account)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if _, err := accountdb.DropContact(tx, row.Contact, account); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Module) oldContacts(p Person) []Contact {
	var out []Contact
	for _, channel := range []Channel{Phone, Email} {
		if c := p.contact(channel); c.key != "" {
			out = append(out, c)
		}
	}
	return out
}

// swapContacts takes the old contacts out of the person's accounts and puts the new one into the account.
func (m *Module) swapContacts(tx *store.Tx, account id.ID, was Person, r Recovery) error {
	for _, old := range m.oldContacts(was) {
		if old.key == r.Contact.key || old.Channel != r.Contact.Channel && !r.Drop {
			continue
		}
		if err := m.dropOwn(tx, r.Person, old); err != nil {
			return err
		}
	}
	key := r.Contact.keyed(m.base.Vault)
	n, err := accountdb.InsertContact(tx, accountdb.InsertContactParams{
		Contact: key, Channel: string(r.Contact.Channel), Account: account, Person: r.Person, Since: tx.Now(),
	})
	if err != nil || n == 1 {
		return err
	}
	held, err := accountdb.ContactByKey(tx, key)
	if err == nil && held.Person != r.Person {
		return ErrTaken
	}
	return err
}

// forgetWays takes every way in but contacts out of a person's accounts.
func (m *Module) forgetWays(tx *store.Tx, person id.ID) error {
	accounts, err := accountdb.AccountsOf(tx, person)
	if err != nil {
		return err
	}
	for _, account := range accounts {
		rows, err := accountdb.WaysOf(tx, account)
		if err != nil {
			return err
		}
		for _, row := range rows {
			way, err := accountdb.WayByID(tx, account, row.ID)
			if err != nil {
				return err
			}
			if err := m.dropIn(tx, way); err != nil {
				return err
			}
		}
		if _, err := accountdb.SetPassword(tx, account, ""); err != nil {
			return err
		}
	}
	return nil
}

// VisitEntry opens a session for a person who stands before an official, for one visit. Errors: ErrBlocked, ErrFrozen.
func (m *Module) VisitEntry(ctx context.Context, p Proof, via Via) (Entry, error) {
	p.Method, p.Strong = ByCentre, false
	via.Channel, via.Most = act.Centre, VisitMost
	return m.Begin(ctx, p, via)
}

// Return opens the session of an official anew, as it was when a visit began: the same account, hat and end. The session
// of before was closed, so that nobody at the desk had an official's rights meanwhile.
func (m *Module) Return(ctx context.Context, person id.ID, was web.Session, ends time.Time) (Entry, error) {
	now := m.base.Clock.Now()
	if !now.Before(ends) {
		return Entry{}, ErrClosed
	}
	via := Via{Channel: act.Centre, Most: ends.Sub(now)} // of the centre: no new device is met, nobody is told of one
	p := Proof{Account: was.Account, Person: person, Level: was.Assurance, Strong: was.Strong}
	row, hash, token, err := m.sessionRow(ctx, p, was.Methods, via)
	if err != nil {
		return Entry{}, err
	}
	row.Channel, row.Started = string(act.Web), was.Proved // coming back proves nothing anew
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		if err := m.notBlocked(tx, was.Account); err != nil {
			return err
		}
		if err := accountdb.InsertSession(tx, row); err != nil {
			return err
		}
		if err := accountdb.InsertToken(tx, accountdb.InsertTokenParams{Hash: hash[:], Person: person, SessionID: row.ID, Ends: row.Ends}); err != nil {
			return err
		}
		if err := accountdb.TouchSession(tx, person, row.ID, now); err != nil {
			return err
		}
		_, err := accountdb.WearHat(tx, accountdb.WearHatParams{Person: person, ID: row.ID, Agency: was.Agency, Role: was.Role})
		return err
	})
	if err != nil {
		return Entry{}, fmt.Errorf("account: return from a visit: %w", err)
	}
	return Entry{Token: token, Session: row.ID, Person: person, Ends: row.Ends}, nil
}

// SessionEnds is when a session of a person ends at the latest; store.ErrNone for one that is closed.
func (m *Module) SessionEnds(ctx context.Context, person, session id.ID) (time.Time, error) {
	out := time.Time{}
	err := m.base.Store.Look(ctx, reader, "account.session", func(p *store.Personal) error {
		row, err := accountdb.SessionByID(p, person, session)
		if err == nil && !row.Closed.IsZero() {
			return store.ErrNone
		}
		out = row.Ends
		return err
	})
	return out, err
}

// Today is the city's day.
func (m *Module) Today() calendar.Date { return m.today() }

// CloseIn closes a session in the caller's Write. Closing one that is closed changes nothing.
func (m *Module) CloseIn(tx *store.Tx, person, session id.ID) error {
	return m.closeIn(tx, person, session)
}
