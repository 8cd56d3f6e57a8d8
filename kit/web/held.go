package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
)

// Kept is a typed form that could not be taken, and that its page will show again.
type Kept struct {
	Path   string `json:"path"`   // the page that the form stood on, with its query
	Person id.ID  `json:"person"` // whose ended session it was; zero when nobody was known. It is given back to them alone
	Fields Fields `json:"fields"` // never files, never passwords and codes
}

// Holder keeps forms sealed for a short time.
type Holder interface {
	// Hold keeps a form and returns the token that takes it out, about 60 characters fit for a cookie.
	Hold(ctx context.Context, kept Kept) (string, error)
	// Take returns the form and forgets it, or ErrNotHeld.
	Take(ctx context.Context, token string) (Kept, error)
}

// HeldStore is where a Holder made by NewHolder puts sealed forms: a table on several nodes, NewMemory on one.
type HeldStore interface {
	// Put keeps the bytes under a key until then. It may forget earlier, and refuses with an error when it is full.
	Put(ctx context.Context, key [32]byte, sealed []byte, until time.Time) error
	// Take returns the bytes and forgets them; ErrNotHeld when there are none.
	Take(ctx context.Context, key [32]byte) ([]byte, error)
}

// ErrNotHeld says that no form is kept under the token: taken already, too late, or never.
var ErrNotHeld = errors.New("web: no such form is kept")

// holdFor is how long a form waits for its person to sign in.
const holdFor = time.Hour

// maxHeld bounds a kept form, in bytes.
const maxHeld = 256 << 10

// NewHolder returns a Holder whose key is in the token alone: the store cannot read what it keeps.
func NewHolder(store HeldStore, c clock.Clock) Holder { return &holder{store, c} }

type holder struct {
	store HeldStore
	clock clock.Clock
}

func (h *holder) Hold(ctx context.Context, kept Kept) (string, error) {
	plain, err := json.Marshal(kept)
	if err != nil {
		return "", fmt.Errorf("web: hold a form: %w", err)
	}
	if len(plain) > maxHeld {
		return "", errors.New("web: the form is too large to keep")
	}
	secret := randomBytes(32)
	sealer, err := newSealer(secret, "posad web held form")
	if err != nil {
		return "", err
	}
	sealed := sealer.Seal(nil, nil, plain, nil)
	if err := h.store.Put(ctx, sha256.Sum256(secret), sealed, h.clock.Now().Add(holdFor)); err != nil {
		return "", fmt.Errorf("web: hold a form: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(secret), nil
}

func (h *holder) Take(ctx context.Context, token string) (Kept, error) {
	secret, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(secret) != 32 {
		return Kept{}, ErrNotHeld
	}
	sealed, err := h.store.Take(ctx, sha256.Sum256(secret))
	if err != nil {
		return Kept{}, err
	}
	sealer, err := newSealer(secret, "posad web held form")
	if err != nil {
		return Kept{}, err
	}
	plain, err := sealer.Open(nil, nil, sealed, nil)
	if err != nil {
		return Kept{}, ErrNotHeld
	}
	var kept Kept
	if err := json.Unmarshal(plain, &kept); err != nil {
		return Kept{}, ErrNotHeld
	}
	return kept, nil
}

// NewMemory returns a HeldStore in this process's memory, of at most a thousand forms.
func NewMemory(c clock.Clock) HeldStore {
	return &memory{clock: c, kept: map[[32]byte]heldBytes{}}
}

type heldBytes struct {
	sealed []byte
	until  time.Time
}

type memory struct {
	mu    sync.Mutex
	clock clock.Clock
	kept  map[[32]byte]heldBytes
}

const maxHeldForms = 1000

func (m *memory) Put(_ context.Context, key [32]byte, sealed []byte, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept) >= maxHeldForms {
		now := m.clock.Now()
		for key, held := range m.kept {
			if now.After(held.until) {
				delete(m.kept, key)
			}
		}
	}
	if len(m.kept) >= maxHeldForms {
		return errors.New("web: no room for more kept forms")
	}
	m.kept[key] = heldBytes{sealed, until}
	return nil
}

func (m *memory) Take(_ context.Context, key [32]byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	held, ok := m.kept[key]
	delete(m.kept, key)
	if !ok || m.clock.Now().After(held.until) {
		return nil, ErrNotHeld
	}
	return held.sealed, nil
}

// Held gives a page the fields that were typed into its form before the person had to sign in, or before the form met a
// trouble. False when there are none for this page and person. They are given once; a second call in the same request
// gives them again.
func (c *Context) Held() (Fields, bool) {
	if c.held == nil {
		c.held = c.takeHeld()
	}
	return c.held.Fields, len(c.held.Fields) > 0
}

func (c *Context) takeHeld() *Kept {
	token, path, _ := strings.Cut(c.cookie(cookieHeld), "~")
	if token == "" || path != pathMark(c.r.URL.Path) {
		return &Kept{}
	}
	c.setCookie(cookieHeld, "", 0)
	kept, err := c.s.deps.Holder.Take(c.ctx, token)
	if err != nil || !kept.Person.IsZero() && kept.Person != c.Person() {
		return &Kept{}
	}
	return &kept
}

// pathMark stands for a path in the cookie, so that another page's request does not take the form.
func pathMark(path string) string {
	sum := sha256.Sum256([]byte(path))
	return base64.RawURLEncoding.EncodeToString(sum[:6])
}

// hold keeps the form of this request for its page and returns where that page is. When nothing could be kept the path
// is still right.
func (c *Context) hold() string {
	page := c.formPage()
	p := c.posted
	if p == nil {
		var err error
		if p, err = readBody(c.r, false); err != nil {
			return page
		}
	}
	fields := Fields{}
	for name, values := range p.fields {
		if name != fieldToken && name != fieldBack && !secretName(name) {
			fields[name] = values
		}
	}
	if len(fields) == 0 {
		return page
	}
	person := c.ended
	if person.IsZero() {
		person = c.Person()
	}
	token, err := c.s.deps.Holder.Hold(context.WithoutCancel(c.ctx), Kept{Path: page, Person: person, Fields: fields})
	if err != nil {
		c.s.deps.Log.Warn("a typed form could not be kept", "request", c.reference, "error", err)
		return page
	}
	path, _, _ := strings.Cut(page, "?")
	c.setCookie(cookieHeld, token+"~"+pathMark(path), holdFor)
	return page
}

// formPage is the page of the posted form: the address of the post, when that can be read too, since a page that takes a
// form shows it; else where the browser says it came from, when that is a page of ours. The browser's word has the query.
func (c *Context) formPage() string {
	own := c.r.URL.RequestURI()
	if !LocalPath(own) || !c.s.readable(c.r.URL.Path) {
		own = ""
	}
	if from, err := url.Parse(c.r.Referer()); err == nil && from.Host == c.r.Host && (own == "" || from.Path == c.r.URL.Path) && c.s.readable(from.Path) {
		if path := from.RequestURI(); LocalPath(path) {
			return path
		}
	}
	if own != "" {
		return own
	}
	return "/"
}

// readable tells whether a path is a page that can be got.
func (s *Server) readable(path string) bool {
	_, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, Host: s.host, URL: &url.URL{Path: path}})
	for _, route := range s.routes {
		if route.Pattern == pattern {
			return route.Surface == SurfacePage
		}
	}
	return false
}

// secretName tells whether a field's name says that nobody but the person may keep its value.
func secretName(name string) bool {
	last := name[strings.LastIndex(name, ".")+1:]
	for _, word := range strings.FieldsFunc(last, func(r rune) bool { return r == '_' || r == '-' }) {
		switch word {
		case "password", "passphrase", "code", "pin", "secret", "otp", "token":
			return true
		}
	}
	return false
}
