package broker

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"posad.city/core/account"
	"posad.city/core/broker/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// The stages of a try: the browser is away with the provider; it is back and the answer was proved.
const (
	stageAsked = "asked"
	stageFound = "found"
)

// asked is what is kept while the browser is away.
type asked struct {
	Provider string    `json:"k"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Person   id.ID     `json:"w"` // who was signed in; zero for nobody
	Add      bool      `json:"a"` // to connect the provider to the account
	Renew    bool      `json:"r"` // the provider was told to ask the person anew
	Back     string    `json:"b"`
	Begun    time.Time `json:"t"`
}

// found is what a provider has proved.
type found struct {
	Provider   string    `json:"k"`
	Issuer     string    `json:"i"`
	Subject    string    `json:"s"`
	Session    string    `json:"d,omitempty"` // the provider's sid
	Family     string    `json:"f,omitempty"`
	Given      string    `json:"g,omitempty"`
	Patronymic string    `json:"p,omitempty"`
	Birth      string    `json:"b,omitempty"`
	SNILS      string    `json:"n,omitempty"`
	Phone      string    `json:"t,omitempty"` // proved by the provider
	Email      string    `json:"e,omitempty"` // the same
	Level      act.Level `json:"l"`
	Strong     bool      `json:"o,omitempty"`
	Person     id.ID     `json:"w"` // who was signed in when it began
	Add        bool      `json:"a,omitempty"`
}

func (f found) name() lang.Name {
	return lang.Name{Family: f.Family, Given: f.Given, Patronymic: f.Patronymic}
}

// identity is what the provider says of who it is; parts that are no such thing were left out.
func (f found) identity() account.Identity {
	birth, _ := calendar.ParseDate(f.Birth)
	return account.Identity{Name: f.name(), Birth: birth, SNILS: f.SNILS}
}

// whole tells whether name, birth date and SNILS are all there.
func (f found) whole() bool {
	return f.Family != "" && f.Given != "" && f.Birth != "" && f.SNILS != ""
}

// wayKey finds the way in by the issuer and its subject: a subject is unique at its issuer alone (Core 1.0, 5.7).
func (f found) wayKey() string { return f.Issuer + "\n" + f.Subject }

// random makes an unguessable text of 32 bytes.
func random() string {
	out := make([]byte, 32)
	_, _ = rand.Read(out) // never fails: crypto/rand documents it
	return base64.RawURLEncoding.EncodeToString(out)
}

func hashOf(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// cookieBrowser names the browser for as long as a try may take. It is this module's own, since a visit ends with the
// sign-in that may stand between.
const cookieBrowser = "provider"

// browser names this browser, and begins to where it has no name.
func (m *Module) browser(c *web.Context, begin bool) string {
	name := c.Cookie(cookieBrowser)
	if len(name) != 43 {
		name = ""
	}
	if name == "" && begin {
		name = random()
	}
	if name != "" && begin {
		c.SetCookie(cookieBrowser, name, askedLife+foundLife)
	}
	return name
}

// keep puts a try aside under a token.
func (m *Module) keep(ctx context.Context, stage, token, browser string, what any, life time.Duration) error {
	plain, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("broker: keep a try: %w", err)
	}
	hash := hashOf(token)
	sealed, err := m.seal(stage, hash, plain)
	if err != nil {
		return err
	}
	err = m.base.Store.Append(ctx, brokerdb.InsertTryStmt(brokerdb.InsertTryParams{
		Hash: hash, Browser: hashOf(browser), Stage: stage, Kept: sealed, Until: m.base.Clock.Now().Add(life),
	}))
	if err != nil {
		return fmt.Errorf("broker: keep a try: %w", err)
	}
	return nil
}

// read opens a try of this browser without using it; ErrOver when there is none that holds.
func (m *Module) read(ctx context.Context, stage, token, browser string, into any) error {
	if token == "" || browser == "" {
		return ErrOver
	}
	var row brokerdb.ProviderTry
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		row, err = brokerdb.TryByHash(r, hashOf(token))
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return ErrOver
	}
	if err != nil {
		return fmt.Errorf("broker: read a try: %w", err)
	}
	if row.Stage != stage || !row.Used.IsZero() || !m.base.Clock.Now().Before(row.Until) || subtle.ConstantTimeCompare(row.Browser, hashOf(browser)) != 1 {
		return ErrOver
	}
	plain, err := m.open(stage, row.Hash, row.Kept)
	if err != nil {
		return ErrOver.Because(err)
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("broker: read a try: %w", err)
	}
	return nil
}

// use makes a try used, in the caller's Write. A second use is ErrOver.
func use(tx *store.Tx, stage, token, browser string) error {
	n, err := brokerdb.UseTry(tx, brokerdb.UseTryParams{
		Used: tx.Now(), Hash: hashOf(token), Browser: hashOf(browser), Stage: stage, Until: tx.Now(),
	})
	if err == nil && n == 0 {
		return ErrOver
	}
	return err
}

// take reads a try and uses it up.
func (m *Module) take(ctx context.Context, stage, token, browser string, into any) error {
	if err := m.read(ctx, stage, token, browser, into); err != nil {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error { return use(tx, stage, token, browser) })
}

// secrets are the keys that tries are sealed by, the one in use first. Nobody is known yet, so there is no holder's key.
func (m *Module) secrets() ([][]byte, error) {
	now := m.base.Clock.Now()
	var out [][]byte
	for _, s := range m.base.Vault.Secrets(vault.Sessions) {
		if s.Bytes == nil || s.Starts.After(now) {
			continue
		}
		key, err := hkdf.Key(sha256.New, s.Bytes, nil, "posad broker tries", chacha20poly1305.KeySize)
		if err != nil {
			return nil, fmt.Errorf("broker: derive a key: %w", err)
		}
		out = append(out, key)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("broker: %w", vault.ErrCityKey)
	}
	return out, nil
}

func (m *Module) seal(stage string, hash, plain []byte) ([]byte, error) {
	keys, err := m.secrets()
	if err != nil {
		return nil, err
	}
	sealer, err := chacha20poly1305.NewX(keys[0])
	if err != nil {
		return nil, fmt.Errorf("broker: seal a try: %w", err)
	}
	nonce := make([]byte, sealer.NonceSize())
	_, _ = rand.Read(nonce) // never fails: crypto/rand documents it
	return sealer.Seal(nonce, nonce, plain, append([]byte(stage), hash...)), nil
}

func (m *Module) open(stage string, hash, sealed []byte) ([]byte, error) {
	keys, err := m.secrets()
	if err != nil {
		return nil, err
	}
	if len(sealed) < chacha20poly1305.NonceSizeX {
		return nil, fmt.Errorf("broker: open a try: %w", vault.ErrOpen)
	}
	nonce, body := sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:]
	for _, key := range keys {
		sealer, err := chacha20poly1305.NewX(key)
		if err != nil {
			return nil, fmt.Errorf("broker: open a try: %w", err)
		}
		if plain, err := sealer.Open(nil, nonce, body, append([]byte(stage), hash...)); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("broker: open a try: %w", vault.ErrOpen)
}
