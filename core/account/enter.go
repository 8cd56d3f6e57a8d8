package account

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
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
	Place   string        // network address as the person sees it in the list of their sessions
	Browser string        // what the browser was named by an earlier sign-in; empty: it is new
	Visit   string        // names the browser's visit or session, to which its codes are bound; empty: a program
	By      id.ID         // the official who begins the session for a person who is present
	Most    time.Duration // how long the session lives at most; 0: SessionMost
}

// Entry is a session that has just begun.
type Entry struct {
	Token   string // for the browser or the program; never kept
	Session id.ID
	Person  id.ID
	New     bool // an account was made: the person is not known by name yet
	Ends    time.Time
	Browser string // the browser's new name, to be kept by it; empty: it keeps the one that it has
}

// member is an account and its person.
type member struct{ account, person id.ID }

// EnterByCode lets in whoever proves a contact by its code, and makes an account when nobody signs in with that contact
// yet. Errors: ErrCode, ErrCodeOver, ErrSecond when the account asks for a second step, which needs a browser.
func (m *Module) EnterByCode(ctx context.Context, try id.ID, code string, via Via) (Entry, error) {
	p, err := m.ProveCode(ctx, try, code, via)
	if err != nil {
		return Entry{}, err
	}
	return m.enter(ctx, p, via)
}

// ProveCode takes the code of a contact, and makes an account when nobody signs in with that contact yet. Errors: ErrCode,
// ErrCodeOver.
func (m *Module) ProveCode(ctx context.Context, try id.ID, code string, via Via) (Proof, error) {
	proved, err := m.prove(ctx, try, code, via.Visit, toEnter)
	if err != nil {
		return Proof{}, err
	}
	who, err := m.memberOf(ctx, proved.contact)
	made := errors.Is(err, store.ErrNone)
	if made {
		who, made, err = m.register(ctx, proved.contact, via.Lang)
	}
	if err != nil {
		return Proof{}, fmt.Errorf("account: enter by code: %w", err)
	}
	return Proof{Method: proved.contact.method(), Account: who.account, Person: who.person, Level: act.Standard, New: made}, nil
}

// method is how a person signs in by a code sent there.
func (c Contact) method() Method {
	if c.Channel == Phone {
		return BySMS
	}
	return ByEmail
}

// enter lets a program in, which has no page for a second step.
func (m *Module) enter(ctx context.Context, p Proof, via Via) (Entry, error) {
	if err := m.open(ctx, p.Account); err != nil {
		return Entry{}, err
	}
	of, policy, err := m.secondOf(ctx, p)
	if err != nil {
		return Entry{}, err
	}
	if secondAsked(policy, false, p, !of.IsZero()) {
		return Entry{}, ErrSecond
	}
	return m.begin(ctx, p, string(p.Method), via)
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
		if err := accountdb.InsertPersonAccount(tx, who.person, who.account); err != nil {
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

	passwordsSubnet = 300 // from a wider network, which a school or a provider may share
)

// EnterByPassword lets in whoever knows the password of a contact. Errors: those of ProvePassword, and ErrSecond.
func (m *Module) EnterByPassword(ctx context.Context, c Contact, password string, via Via) (Entry, error) {
	p, err := m.ProvePassword(ctx, c, password, via)
	if err != nil {
		return Entry{}, err
	}
	return m.enter(ctx, p, via)
}

// ProvePassword takes the password of a contact. A contact without an account, one without a password and a wrong password
// are all ErrWrong after the same work; too many tries are ErrOften. Tries from a browser that the person has signed in by
// are counted apart, so that nobody else's guesses keep its owner out.
func (m *Module) ProvePassword(ctx context.Context, c Contact, password string, via Via) (Proof, error) {
	found, err := m.passwordOf(ctx, c)
	if err != nil {
		return Proof{}, err
	}
	known, err := m.knows(ctx, via.Browser, found.Person)
	if err != nil {
		return Proof{}, err
	}
	guard := limit{"account.password", m.guardKey("account.password", c.key), passwordTries, passwordWindow}
	if known {
		guard = limit{"account.password_known", m.guardKey("account.password_known", c.key+" "+via.Browser), passwordTries, passwordWindow}
	}
	limits := []limit{guard}
	if via.From != "" {
		limits = append(limits, limit{"account.password_from", m.guardKey("account.password_from", via.From), passwordsFrom, passwordWindow})
	}
	if wide := subnet(via.From); wide != "" {
		limits = append(limits, limit{"account.password_subnet", m.guardKey("account.password_subnet", wide), passwordsSubnet, passwordWindow})
	}
	if err := m.countAll(ctx, ErrOften, limits...); err != nil {
		return Proof{}, err
	}
	fits, err := m.hasher.fits(ctx, password, found.Password)
	if err != nil {
		return Proof{}, err
	}
	if !fits {
		m.counts.add(m.base.Clock.Now(), m.deps.Zone, stepFailed, ByPassword)
		return Proof{}, ErrWrong
	}
	if err := m.forgive(ctx, guard); err != nil {
		return Proof{}, err
	}
	return Proof{Method: ByPassword, Account: found.Account, Person: found.Person, Level: act.Standard}, nil
}

// subnet is the wider network of an address: a /24 of IPv4, a /48 of IPv6; empty when there is none.
func subnet(from string) string {
	text, _, _ := strings.Cut(from, "/")
	at, err := netip.ParseAddr(text)
	if err != nil {
		return ""
	}
	bits := 24
	if at.Is6() {
		bits = 48
	}
	wide, err := at.Prefix(bits)
	if err != nil {
		return ""
	}
	return wide.String()
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

// sessionRow makes a session's row and its token.
func (m *Module) sessionRow(ctx context.Context, p Proof, methods string, via Via) (accountdb.InsertSessionParams, web.TokenHash, string, error) {
	token, hash := web.NewToken()
	keys, err := m.base.Vault.Keys(ctx, p.Person)
	if err == nil && keys.Erased() {
		err = fmt.Errorf("account: begin a session: %w", vault.ErrErased)
	}
	if err != nil {
		return accountdb.InsertSessionParams{}, hash, "", err
	}
	now, most := m.base.Clock.Now(), via.Most
	if most == 0 {
		most = SessionMost
	}
	strong := p.Strong || twoFactors(methods)
	return accountdb.InsertSessionParams{
		Person: p.Person, ID: id.New(now), Account: p.Account, Level: int64(reach(p, strong)), Channel: string(via.Channel), Csrf: randomBytes(32),
		Device: keys.Seal("session", "device", []byte(via.Device)), Started: now, Ends: now.Add(most), Methods: methods,
		Strong: strong, Place: keys.Seal("session", "place", []byte(via.Place)), ByOfficial: via.By,
	}, hash, token, nil
}

// reach is the most that a sign-in makes sure of. Two factors are enough for whatever the city has proved of the person, and
// the session is never surer than its person. A certificate and an outside provider say by themselves how sure they are.
func reach(p Proof, strong bool) act.Level {
	if strong && p.Method != ByCertificate && p.Method != ByProvider {
		return act.Verified
	}
	return p.Level
}
