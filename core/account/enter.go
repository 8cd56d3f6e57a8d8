package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// Via is how a person comes in.
type Via struct {
	Channel act.Channel
	Device  string        // in words: "Firefox, Linux"
	Lang    lang.Language // of the page, for a new account
	From    string        // network address, for limits; kept nowhere
}

// Entry is a session that has just begun.
type Entry struct {
	Token   string // for the browser or the program; never kept
	Session id.ID
	Person  id.ID
	New     bool // an account was made: the person is not known by name yet
	Ends    time.Time
}

// member is an account and its person.
type member struct{ account, person id.ID }

// EnterByCode lets in whoever proves a contact by its code, and makes an account when nobody signs in with that contact
// yet. Errors: ErrCode, ErrCodeOver.
func (m *Module) EnterByCode(ctx context.Context, try id.ID, code string, via Via) (Entry, error) {
	proved, err := m.prove(ctx, try, code, toEnter)
	if err != nil {
		return Entry{}, err
	}
	who, err := m.memberOf(ctx, proved.contact)
	made := errors.Is(err, store.ErrNone)
	if made {
		who, made, err = m.register(ctx, proved.contact, via.Lang)
	}
	if err != nil {
		return Entry{}, fmt.Errorf("account: enter by code: %w", err)
	}
	entry, err := m.begin(ctx, who, via)
	entry.New = made
	return entry, err
}

func (m *Module) memberOf(ctx context.Context, c Contact) (member, error) {
	var out member
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := accountdb.ContactByKey(r, c.keyed(m.base.Vault))
		out = member{row.Account, row.Person}
		return err
	})
	return out, err
}

// register makes a person known by a contact alone, and their account. When somebody else was quicker with the same
// contact, that account is returned and made is false.
func (m *Module) register(ctx context.Context, c Contact, l lang.Language) (member, bool, error) {
	now := m.base.Clock.Now()
	who, made := member{id.New(now), id.New(now)}, false
	person := Person{ID: who.person, Level: act.Basic, Lang: l, SignsIn: true}
	person.set(c)
	put, err := m.preparePerson(ctx, person, time.Time{})
	if err != nil {
		return member{}, false, err
	}
	key := c.keyed(m.base.Vault)
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		now := tx.Now()
		n, err := accountdb.InsertContact(tx, accountdb.InsertContactParams{
			Contact: key, Channel: string(c.Channel), Account: who.account, Person: who.person, Since: now,
		})
		if made = n == 1; err != nil || !made {
			return err
		}
		if _, err := put(tx); err != nil {
			return err
		}
		return accountdb.InsertAccount(tx, accountdb.InsertAccountParams{Account: who.account, Person: who.person, Made: now})
	})
	if err == nil && !made {
		who, err = m.memberOf(ctx, c)
	}
	return who, made, err
}

// set puts a contact into the person's data.
func (p *Person) set(c Contact) {
	if c.Channel == Phone {
		p.Phone = c.Value
		return
	}
	p.Email = c.Value
}

// preparePerson seals a new person's data; the function that it returns inserts the row and tells how many it was: 0
// when the person is there already.
func (m *Module) preparePerson(ctx context.Context, p Person, confirmed time.Time) (func(*store.Tx) (int64, error), error) {
	keys, err := m.base.Vault.Keys(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	sealed, err := seal(keys, p)
	if err != nil {
		return nil, err
	}
	return func(tx *store.Tx) (int64, error) {
		return accountdb.InsertPerson(tx, accountdb.InsertPersonParams{
			Person: p.ID, Profile: sealed, Level: int64(p.Level), Lang: string(p.Lang), SignsIn: p.SignsIn, Made: tx.Now(), Confirmed: confirmed,
		})
	}, nil
}

// The limits of guessing a password: of one account, and from one address.
const (
	passwordTries  = 10
	passwordsFrom  = 60
	passwordWindow = 15 * time.Minute
)

// EnterByPassword lets in whoever knows the password of a contact. A contact without an account, one without a password
// and a wrong password are all ErrWrong after the same work; too many tries are ErrOften.
func (m *Module) EnterByPassword(ctx context.Context, c Contact, password string, via Via) (Entry, error) {
	guard := limit{"account.password", m.guardKey("account.password", c.key), passwordTries, passwordWindow}
	limits := []limit{guard}
	if via.From != "" {
		limits = append(limits, limit{"account.password_from", m.guardKey("account.password_from", via.From), passwordsFrom, passwordWindow})
	}
	if err := m.countAll(ctx, ErrOften, limits...); err != nil {
		return Entry{}, err
	}
	found, err := m.passwordOf(ctx, c)
	if err != nil {
		return Entry{}, err
	}
	fits, err := m.hasher.fits(ctx, password, found.Password)
	if err != nil {
		return Entry{}, err
	}
	if !fits {
		return Entry{}, ErrWrong
	}
	if err := m.forgive(ctx, guard); err != nil {
		return Entry{}, err
	}
	return m.begin(ctx, member{found.Account, found.Person}, via)
}

// passwordOf finds the account of a contact; one that is not there has an empty password, which nothing fits.
func (m *Module) passwordOf(ctx context.Context, c Contact) (accountdb.AccountByContactRow, error) {
	var out accountdb.AccountByContactRow
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		out, err = accountdb.AccountByContact(r, c.keyed(m.base.Vault))
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return accountdb.AccountByContactRow{}, nil
	}
	return out, err
}

// forgive forgets the tries of a guard whose owner has come in.
func (m *Module) forgive(ctx context.Context, l limit) error {
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := accountdb.ForgetTries(tx, l.guard, l.key)
		return err
	})
}

// begin opens a session. Whoever was let in by a contact or a password is as sure as their person is, up to Standard.
func (m *Module) begin(ctx context.Context, who member, via Via) (Entry, error) {
	keys, err := m.base.Vault.Keys(ctx, who.person)
	if err != nil {
		return Entry{}, err
	}
	if keys.Erased() {
		return Entry{}, fmt.Errorf("account: begin a session: %w", vault.ErrErased)
	}
	now := m.base.Clock.Now()
	token, hash := web.NewToken()
	row := accountdb.InsertSessionParams{
		Person: who.person, ID: id.New(now), Account: who.account, Level: int64(act.Standard), Channel: string(via.Channel),
		Csrf: randomBytes(32), Device: keys.Seal("session", "device", []byte(via.Device)), Started: now, Ends: now.Add(SessionMost),
	}
	err = m.base.Store.Append(ctx, accountdb.InsertSessionStmt(row),
		accountdb.InsertTokenStmt(accountdb.InsertTokenParams{Hash: hash[:], Person: who.person, SessionID: row.ID, Ends: row.Ends}))
	if err != nil {
		return Entry{}, fmt.Errorf("account: begin a session: %w", err)
	}
	return Entry{Token: token, Session: row.ID, Person: who.person, Ends: row.Ends}, nil
}
