package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// TokenHash is what a store keeps of a session's token: SHA-256 of it. A stolen table opens no session.
type TokenHash [32]byte

// Session is what the edge needs to know of a signed-in person.
type Session struct {
	ID        id.ID
	Person    id.ID
	Agency    id.ID         // the agency that the person acts for as an official; zero for a resident
	Role      string        // the official's role there
	Assurance act.Level     // how the person signed in, not more than who they are proved to be
	CSRF      []byte        // key of the session's form tokens, 32 random bytes
	Lang      lang.Language // as the person chose; empty: as the browser asks
	Seen      time.Time     // last Touch
	Account   id.ID         // the account that was signed in to
	Methods   string        // how, parted by spaces: "password app"
	Strong    bool          // by two factors, or by one that is two: a passkey, a certificate
	Two       bool          // the person chose to have two steps: what asks for a fresh proof then asks for both
	Proved    time.Time     // when the person last showed that they are there
	Also      []id.ID       // persons who were merged into this one: what is theirs is one's own
	By        id.ID         // the official who began the session for a person at a service centre; zero for none
	Over      bool          // its time is over: sign in again. A form that was typed is kept for Person alone
}

// ErrNoSession says that no session has the token: never, closed, or long forgotten.
var ErrNoSession = errors.New("web: no such session")

// Sessions finds sessions; core/account keeps them. Implementations are safe for concurrent use.
type Sessions interface {
	// Find returns the session whose token has the hash, or ErrNoSession. A session closed anywhere is gone within 2 s.
	Find(ctx context.Context, hash TokenHash) (Session, error)
	// Touch notes that the session was used; the edge calls it at most once a minute a session. It does not block.
	Touch(ctx context.Context, session id.ID, at time.Time)
}

// touchEvery is how fine Session.Seen is.
const touchEvery = time.Minute

// NewToken makes a session's token, 32 random bytes, and the hash that the store keeps. The token goes to
// Context.SignIn or into an API answer and is never kept.
func NewToken() (string, TokenHash) {
	token := base64.RawURLEncoding.EncodeToString(randomBytes(32))
	return token, HashToken(token)
}

// HashToken is the hash by which a token is found.
func HashToken(token string) TokenHash { return sha256.Sum256([]byte(token)) }

// The cookies of the house, before the prefix that secure addresses get.
const (
	cookieSession = "posad_session"
	cookieVisit   = "posad_visit" // random; form tokens of people who have not signed in hang on it
	cookieFlash   = "posad_flash"
	cookieHeld    = "posad_held"
	cookieLang    = "posad_lang"
	cookieView    = "posad_view"
	cookieOwn     = "posad_" // begins the names of what modules keep
)

// cookieName adds __Host- on secure addresses: the browser then refuses such a cookie from a sister host or over http.
func (s *Server) cookieName(name string) string {
	if s.conf.Secure {
		return "__Host-" + name
	}
	return name
}

func (c *Context) setCookie(name, value string, age time.Duration) {
	cookie := &http.Cookie{
		Name: c.s.cookieName(name), Value: value, Path: "/", Secure: c.s.conf.Secure, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, MaxAge: int(age / time.Second),
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	kept := c.header()["Set-Cookie"][:0]
	for _, line := range c.header()["Set-Cookie"] { // the last word of one request wins, with no earlier one beside it
		if !strings.HasPrefix(line, cookie.Name+"=") {
			kept = append(kept, line)
		}
	}
	c.header()["Set-Cookie"] = append(kept, cookie.String())
	c.header().Set("Cache-Control", "no-store") // an answer that sets a cookie is for one browser
}

// SetCookie keeps a value in the browser: readable by no script, sent to no other site's requests but links, and on
// secure addresses bound to this host. An empty value takes the cookie away; age 0 lets it end with the browser. The name
// is without the house's prefix.
func (c *Context) SetCookie(name, value string, age time.Duration) {
	c.setCookie(cookieOwn+name, value, age)
}

// Cookie is a value that SetCookie kept, "" when there is none.
func (c *Context) Cookie(name string) string { return c.cookie(cookieOwn + name) }

func (c *Context) cookie(name string) string {
	got, err := c.r.Cookie(c.s.cookieName(name))
	if err != nil {
		return ""
	}
	return got.Value
}

// SignIn gives the browser the token of a fresh session until age has passed; 0 means until the browser closes. The
// visit that form tokens hung on ends: tokens of before the sign-in are worth nothing after it.
func (c *Context) SignIn(token string, age time.Duration) {
	c.setCookie(cookieSession, token, age)
	c.setCookie(cookieVisit, "", 0)
}

// SignOut takes the token from the browser. Closing the session itself is the account's work.
func (c *Context) SignOut() { c.setCookie(cookieSession, "", 0) }

// enter finds who is there. A token in the Authorization header wins over the cookie, which a browser sends by itself.
func (c *Context) enter() error {
	token := c.cookie(cookieSession)
	if c.r.Header.Get("Authorization") != "" && c.isAPI() {
		if token, c.bearer = c.bearerToken(); !c.bearer {
			return faultToken
		}
	}
	if token == "" {
		return nil
	}
	if c.bearer && strings.HasPrefix(token, KeyPrefix) {
		return c.enterByKey(token)
	}
	session, err := c.s.deps.Sessions.Find(c.ctx, HashToken(token))
	if errors.Is(err, ErrNoSession) || err == nil && session.Over {
		c.ended = session.Person
		if c.bearer {
			return faultToken
		}
		return nil
	}
	if err != nil {
		return faultSession.Because(err)
	}
	c.session = &session
	return nil
}

// bearerToken is what a caller of the API shows in the header; false: nothing of that kind.
func (c *Context) bearerToken() (string, bool) {
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !c.isAPI() || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimSpace(value), true
}

// makeAct says who acts, from the session.
func (c *Context) makeAct() act.Act {
	out := act.Act{
		ID: id.New(c.Now()), Actor: act.Actor{Kind: act.Nobody}, Channel: act.Web,
		Request: c.reference, Lang: string(c.Lang()),
	}
	if c.isAPI() {
		out.Channel = act.API
	}
	if c.key != nil {
		return c.key.act(out)
	}
	s := c.session
	if s == nil {
		return out
	}
	out.Actor = act.Actor{Kind: act.Person, Person: s.Person}
	out.Holder, out.Assurance, out.Session, out.Also = s.Person, s.Assurance, s.ID, s.Also
	if !s.By.IsZero() { // an official has the keyboard: no hat of the person's own is on
		out.Channel, out.Purpose = act.Centre, act.Purpose{Kind: "visit", ID: s.ID.String()}
		return out
	}
	if !s.Agency.IsZero() {
		out.Actor.Kind, out.Actor.Agency, out.Actor.Role = act.Official, s.Agency, s.Role
		if out.Channel == act.Web {
			out.Channel = act.Desk
		}
	}
	return out
}
