package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// When a second step is asked of an account that has one.
const (
	SecondByRisk = ""       // in a browser that the person has not signed in by before
	SecondAlways = "always" // at every sign-in
	SecondNeeded = "needed" // only where a service needs two factors
)

// secondAsked decides whether a sign-in needs a second step. A proof that is two factors in one never does.
func secondAsked(policy string, known bool, p Proof, has bool) bool {
	switch {
	case p.Strong || p.New || !has:
		return false
	case policy == SecondAlways:
		return true
	case policy == SecondNeeded:
		return false
	}
	return !known
}

// attemptLife is how long a sign-in waits for its second step.
const attemptLife = 10 * time.Minute

// cookieTry holds the token of a sign-in that waits for its second step; cookieDevice names a browser.
const (
	cookieTry    = "try"
	cookieDevice = "device"
	deviceLife   = 400 * 24 * time.Hour // the longest that browsers keep a cookie
)

// Finish ends a handler that has proved who is there. A person who is signed in already has their session raised; a
// sign-in that needs a second step is sent to it; else the session begins. The answer is a redirect.
func (m *Module) Finish(c *web.Context, p Proof) error {
	if session, ok := c.Session(); ok {
		if !session.By.IsZero() { // a visit is what the official began, and nothing else
			return ErrInVisit
		}
		if session.Person == p.Person {
			return m.raised(c, session, p)
		}
		if err := m.closeOwn(c); err != nil {
			return err
		}
	}
	closed, err := m.Blocked(c.Context(), p.Account)
	if err != nil {
		return err
	}
	if closed.Kind == Barred {
		return ErrBlocked
	}
	first, waiting, err := m.takeAttempt(c)
	if err != nil {
		return err
	}
	methods, back, asked := string(p.Method), c.Back(), p.Account
	if waiting && first.Person == p.Person {
		asked = first.Account // whose second step this is, though a way of another account of theirs may show it
		methods, back = withMethod(first.Method, p.Method), first.Back
		p.Strong, p.New = p.Strong || twoFactors(methods), first.MadeNow
		p.Level = max(p.Level, act.Level(first.Level))
	}
	of, more, err := m.asksSecond(c, p, closed.Any())
	if err != nil {
		return err
	}
	if more {
		second := p
		second.Account = of
		if !closed.Any() { // a frozen account opens by two factors, whatever was recovered
			if more, err = m.stillAsked(c, second); err != nil {
				return err
			}
		}
		if more {
			return m.wait(c, second, methods, back)
		}
		methods = withMethod(methods, ByWaiting)
	}
	if waiting && twoFactors(methods) {
		if err := m.notLost(c.Context(), asked); err != nil {
			return err
		}
	}
	if closed.Any() { // its owner froze it: two factors may open it again
		if err := m.Admit(c.Context(), p, p.Strong); err != nil {
			return err
		}
	}
	entry, err := m.begin(c.Context(), p, methods, m.via(c, act.Web))
	if err != nil {
		return err
	}
	return m.entered(c, entry, back)
}

// open refuses an account that was blocked.
func (m *Module) open(ctx context.Context, account id.ID) error {
	return m.base.Store.Read(ctx, func(r *store.Snapshot) error { return m.notBlocked(r, account) })
}

// asksSecond decides from the person's wish, their ways and the browser, and tells which account's second step it is: the
// one signed in to, or, for a person with several, another that has one. A frozen account always asks.
func (m *Module) asksSecond(c *web.Context, p Proof, frozen bool) (id.ID, bool, error) {
	if p.Strong || p.New {
		return id.ID{}, false, nil
	}
	of, policy, err := m.secondOf(c.Context(), p)
	if err != nil {
		return id.ID{}, false, err
	}
	known, err := m.knows(c.Context(), c.Cookie(cookieDevice), p.Person)
	if frozen {
		policy = SecondAlways
	}
	return of, secondAsked(policy, known, p, !of.IsZero()), err
}

// secondOf is the account by whose ways a second step can follow a proof, and when its owner wants to be asked; the zero
// id when there is none.
func (m *Module) secondOf(ctx context.Context, p Proof) (id.ID, string, error) {
	accounts, err := m.AccountOf(ctx, p.Person)
	if err != nil {
		return id.ID{}, "", err
	}
	own := func(account id.ID) int {
		if account == p.Account {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(accounts, func(a, b id.ID) int { return own(a) - own(b) })
	var chose id.ID // the first where two steps are wanted, though the ways there rest on the same as the proof
	for _, account := range accounts {
		ways, err := m.WaysOf(ctx, account)
		if err != nil {
			return id.ID{}, "", err
		}
		row, err := m.accountRow(ctx, account)
		if err != nil {
			return id.ID{}, "", err
		}
		if slices.ContainsFunc(ways, func(w Way) bool { return follows(w, p) }) {
			return account, row.Second, nil
		}
		wanted := func(w Way) bool { return w.chosen() || w.Method == ByPush && row.Second == SecondAlways }
		if chose.IsZero() && slices.ContainsFunc(ways, wanted) {
			chose = account
		}
	}
	if chose.IsZero() {
		return id.ID{}, "", nil
	}
	return m.otherFactor(ctx, chose, p)
}

// otherFactor is secondOf for an account whose chosen device came first: what the person knows, or a contact, is then the
// other step.
func (m *Module) otherFactor(ctx context.Context, account id.ID, p Proof) (id.ID, string, error) {
	row, err := m.accountRow(ctx, account)
	if err != nil || row.Password != "" && ByPassword.factor() != p.Method.factor() {
		return account, row.Second, err
	}
	person, err := m.Person(ctx, reader, "account.look.profile", p.Person)
	if err != nil {
		return id.ID{}, "", err
	}
	for _, channel := range []Channel{Phone, Email} {
		if contact := person.contact(channel); contact.key != "" && contact.method().factor() != p.Method.factor() {
			return account, row.Second, nil
		}
	}
	return id.ID{}, "", nil
}

// follows tells whether a way can be the second step after a proof.
func follows(w Way, p Proof) bool {
	return w.Second && w.Method != ByRecovery && w.Method.factor() != p.Method.factor()
}

// stillAsked tells whether a second step is asked although one may have been lost and recovered.
func (m *Module) stillAsked(c *web.Context, p Proof) (bool, error) {
	done, err := m.recovered(c.Context(), p)
	return !done, err
}

// wait keeps the first proof for this browser and sends it to the second step.
func (m *Module) wait(c *web.Context, p Proof, methods, back string) error {
	token, hash := web.NewToken()
	err := m.base.Store.Append(c.Context(), accountdb.InsertAttemptStmt(accountdb.InsertAttemptParams{
		Hash: hash[:], Account: p.Account, Person: p.Person, Method: methods, Way: p.Way, Level: int64(p.Level), Back: back,
		MadeNow: p.New, Until: m.base.Clock.Now().Add(attemptLife),
	}))
	if err != nil {
		return fmt.Errorf("account: wait for a second step: %w", err)
	}
	m.counts.add(c.Now(), m.deps.Zone, stepSecond, p.Method)
	c.SetCookie(cookieTry, token, attemptLife)
	return c.Redirect("/sign-in/second")
}

// attemptOf is the sign-in that waits in this browser; store.ErrNone for none.
func (m *Module) attemptOf(c *web.Context) (accountdb.SignIn, error) {
	token := c.Cookie(cookieTry)
	if token == "" {
		return accountdb.SignIn{}, store.ErrNone
	}
	hash := web.HashToken(token)
	var row accountdb.SignIn
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		row, err = accountdb.AttemptByHash(r, hash[:])
		return err
	})
	if err == nil && !m.base.Clock.Now().Before(row.Until) {
		return row, store.ErrNone
	}
	return row, err
}

// takeAttempt takes the sign-in that waits in this browser; false for none.
func (m *Module) takeAttempt(c *web.Context) (accountdb.TakeAttemptRow, bool, error) {
	token := c.Cookie(cookieTry)
	if token == "" {
		return accountdb.TakeAttemptRow{}, false, nil
	}
	hash := web.HashToken(token)
	var row accountdb.TakeAttemptRow
	err := m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		var err error
		row, err = accountdb.TakeAttempt(tx, hash[:])
		return err
	})
	c.SetCookie(cookieTry, "", 0)
	if errors.Is(err, store.ErrNone) {
		return row, false, nil
	}
	return row, err == nil && m.base.Clock.Now().Before(row.Until), err
}

// Asked is whose second step, or whose fresh proof, is asked in this browser.
type Asked struct {
	Account, Person id.ID
	Methods         string // shown already
	Signed          bool   // the person is signed in; the proof raises their session
	Back            string
}

// Asked tells whose second step is asked in this browser: of a sign-in under way, else of the person who is signed in.
// False: nobody's.
func (m *Module) Asked(c *web.Context) (Asked, bool, error) {
	if session, ok := c.Session(); ok {
		of, err := m.stepsOf(c.Context(), session)
		return Asked{Account: of, Person: session.Person, Methods: session.Methods, Signed: true, Back: c.Back()}, err == nil, err
	}
	row, err := m.attemptOf(c)
	if errors.Is(err, store.ErrNone) {
		return Asked{}, false, nil
	}
	return Asked{Account: row.Account, Person: row.Person, Methods: row.Method, Back: row.Back}, err == nil, err
}

// stepsOf is the account whose ways show a signed-in person once more: their session's, or, when two steps were chosen in
// another of their accounts alone, that one.
func (m *Module) stepsOf(ctx context.Context, session web.Session) (id.ID, error) {
	if !session.Two {
		return session.Account, nil
	}
	of, _, err := m.secondOf(ctx, Proof{Method: lastMethod(session.Methods), Account: session.Account, Person: session.Person})
	if of.IsZero() {
		of = session.Account
	}
	return of, err
}

// lastMethod is the one that was shown last.
func lastMethod(methods string) Method {
	list := strings.Fields(methods)
	if len(list) == 0 {
		return ""
	}
	return Method(list[len(list)-1])
}

// Visit names this browser's visit or session, to bind a challenge to.
func (m *Module) Visit(c *web.Context) string { return c.Visit() }

// Limit counts a try of guard against key durably, before it is checked. Too many are ErrOften.
func (m *Module) Limit(ctx context.Context, guard, key string, most int, window time.Duration) error {
	return m.countAll(ctx, ErrOften, limit{guard, m.guardKey(guard, key), most, window})
}

// raised makes the session of a person who proved themselves once more stronger and fresher, and brings them back.
func (m *Module) raised(c *web.Context, s web.Session, p Proof) error {
	if err := m.showed(c, s, p); err != nil {
		return err
	}
	return c.Redirect(c.Back())
}

// Showed makes the session of the signed-in person as strong and as fresh as a proof that came along with something else:
// the first code of a new app, the making of a passkey. Nothing is answered.
func (m *Module) Showed(c *web.Context, p Proof) error {
	session, ok := c.Session()
	if !ok || session.Person != p.Person || !session.By.IsZero() {
		return ErrClosed
	}
	return m.showed(c, session, p)
}

// showed raises a session, under a new token where a browser has it by its cookie.
func (m *Module) showed(c *web.Context, s web.Session, p Proof) error {
	methods, old := withMethod(s.Methods, p.Method), web.HashToken(c.Cookie("session"))
	token, hash := web.NewToken()
	byCookie := false
	err := m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		row, err := accountdb.SessionByID(tx.As(reader, "account.session"), s.Person, s.ID)
		if err != nil {
			return err
		}
		strong := row.Strong || p.Strong || twoFactors(methods)
		_, err = accountdb.RaiseSession(tx, accountdb.RaiseSessionParams{
			Person: s.Person, ID: s.ID, Methods: methods, Strong: strong, Level: max(row.Level, int64(reach(p, strong))), Proved: tx.Now(),
		})
		if err != nil {
			return err
		}
		if byCookie, err = anotherToken(tx, row, old, hash); err != nil {
			return err
		}
		return m.base.Feed.Publish(tx, feed.Change{Topic: TopicSession, Holder: s.Person, Object: s.ID})
	})
	if err != nil {
		return fmt.Errorf("account: raise a session: %w", err)
	}
	if byCookie {
		c.SignIn(token, SessionMost)
	}
	return nil
}

// anotherToken gives a session another token in the place of its old one; false when the old one is not its own.
func anotherToken(tx *store.Tx, session accountdb.SessionByIDRow, old, fresh web.TokenHash) (bool, error) {
	row, err := accountdb.TokenByHash(tx, old[:])
	if errors.Is(err, store.ErrNone) || err == nil && row.SessionID != session.ID {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if _, err := accountdb.DropToken(tx, old[:]); err != nil {
		return false, err
	}
	return true, accountdb.InsertToken(tx, accountdb.InsertTokenParams{Hash: fresh[:], Person: session.Person, SessionID: session.ID, Ends: session.Ends})
}

// Begin opens a session for whoever was proved, in the ways that no page of this module ends.
func (m *Module) Begin(ctx context.Context, p Proof, via Via) (Entry, error) {
	if err := m.open(ctx, p.Account); err != nil {
		return Entry{}, err
	}
	return m.begin(ctx, p, string(p.Method), via)
}

// begin opens a session. It is as sure as its proof, and never more than its person.
func (m *Module) begin(ctx context.Context, p Proof, methods string, via Via) (Entry, error) {
	row, hash, token, err := m.sessionRow(ctx, p, methods, via)
	if err != nil {
		return Entry{}, err
	}
	device, err := m.meet(ctx, p, via)
	if err != nil {
		return Entry{}, err
	}
	row.DeviceID = device.id
	stmts := append([]store.Stmt{
		accountdb.InsertSessionStmt(row),
		accountdb.InsertTokenStmt(accountdb.InsertTokenParams{Hash: hash[:], Person: p.Person, SessionID: row.ID, Ends: row.Ends}),
	}, device.stmts...)
	if device.word == nil {
		err = m.base.Store.Append(ctx, stmts...)
	} else {
		err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
			for _, s := range stmts {
				if _, err := tx.Exec(s.Query, s.Args...); err != nil {
					return err
				}
			}
			return device.word(tx)
		})
	}
	if err != nil {
		return Entry{}, fmt.Errorf("account: begin a session: %w", err)
	}
	m.counts.add(m.base.Clock.Now(), m.deps.Zone, stepEntered, p.Method)
	return Entry{Token: token, Session: row.ID, Person: p.Person, New: p.New, Ends: row.Ends, Browser: device.token}, nil
}

// Raise lifts how sure the city is of a person, and never lowers it. Whoever calls keeps the proof.
func (m *Module) Raise(ctx context.Context, person id.ID, level act.Level) error {
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error { return m.RaiseIn(tx, person, level) })
	if err != nil {
		return fmt.Errorf("account: raise a person: %w", err)
	}
	return nil
}

// RaiseIn is Raise in the caller's Write.
func (m *Module) RaiseIn(tx *store.Tx, person id.ID, level act.Level) error {
	n, err := accountdb.RaisePerson(tx, int64(level), tx.Now(), person)
	if err != nil || n == 0 {
		return err
	}
	return m.announcePerson(tx, person)
}

// EventClosed is the event of a session that was closed: the holder is the person, the object the session.
const EventClosed = "account.session_closed"

func (m *Module) emitClosed(tx *store.Tx, person, session id.ID) error {
	return m.base.Jobs.Emit(tx, jobs.Event{Name: EventClosed, Holder: person, Object: session})
}

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}
