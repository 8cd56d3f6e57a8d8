package factor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// appSecret is the secret of an app's way.
type appSecret struct {
	Key  string `json:"key"`  // base32
	Last int64  `json:"last"` // the step of the last code taken
}

// NewApp is an authenticator app that waits for its first code.
type NewApp struct {
	Try     id.ID
	Key     string // base32, to be typed where no camera is at hand
	Address string // otpauth://totp/…, what the QR code says
	Name    string // as its owner wants to call it
}

// appState is what a page needs to show an app's key again while it waits.
type appState struct {
	Name    string `json:"name"`
	Issuer  string `json:"issuer"`
	Contact string `json:"contact"`
}

// BeginApp makes a key for a new app. Errors: ErrMany.
func (m *Module) BeginApp(ctx context.Context, s Self, name string) (id.ID, error) {
	have, err := m.accounts.KeptOf(ctx, s.Account, account.ByApp)
	if err != nil {
		return id.ID{}, err
	}
	if len(have) >= AppsMost {
		return id.ID{}, ErrMany
	}
	key := make([]byte, keySize)
	if _, err := rand.Read(key); err != nil {
		return id.ID{}, fmt.Errorf("factor: make an app's key: %w", err)
	}
	keys, err := m.base.Vault.Keys(ctx, s.Account)
	if err != nil {
		return id.ID{}, err
	}
	sealed := keys.Seal("factor_question", "secret", key)
	return m.ask(ctx, toAddApp, s.Visit, s.Account, appState{name, s.City, s.Contact}, sealed, AppKeyLife)
}

// AppOf is an app that waits for its first code, to be shown to the one who adds it. Errors: ErrOver.
func (m *Module) AppOf(ctx context.Context, s Self, try id.ID) (NewApp, error) {
	q, err := m.asked(ctx, try, toAddApp, s.Visit)
	if err != nil {
		return NewApp{}, err
	}
	if q.account != s.Account {
		return NewApp{}, ErrOver
	}
	keys, err := m.base.Vault.Keys(ctx, s.Account)
	if err != nil {
		return NewApp{}, err
	}
	key, err := keys.Open("factor_question", "secret", q.secret)
	if err != nil {
		return NewApp{}, err
	}
	var state appState
	if err := json.Unmarshal(q.state, &state); err != nil {
		return NewApp{}, fmt.Errorf("factor: read an app's question: %w", err)
	}
	address, err := appAddress(state, key)
	return NewApp{Try: try, Key: keyText(key), Address: address, Name: state.Name}, err
}

// appAddress is what the QR code says, in the form that Google's app began and all others read.
func appAddress(s appState, key []byte) (string, error) {
	plain := func(text, empty string) string { // the colon parts the issuer from the name
		if text = strings.TrimSpace(strings.ReplaceAll(text, ":", " ")); text == "" {
			return empty
		}
		return text
	}
	made, err := totp.Generate(totp.GenerateOpts{
		Issuer: plain(s.Issuer, "Posad"), AccountName: plain(s.Contact, "account"), Secret: key, SecretSize: keySize,
		Period: uint(stepLength / time.Second), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return "", fmt.Errorf("factor: address of an app: %w", err)
	}
	return made.URL(), nil
}

// AddApp puts the app into the account when the code is its own. A wrong code leaves the key waiting. Errors: ErrOver,
// ErrAppCode, account.ErrOften.
func (m *Module) AddApp(ctx context.Context, a act.Act, s Self, try id.ID, code string) error {
	app, err := m.AppOf(ctx, s, try)
	if err != nil {
		return err
	}
	if err := m.accounts.Limit(ctx, "factor.app_add", s.Account.String(), appTries, tryWindow); err != nil {
		return err
	}
	typed, _ := digits(code)
	step, err := fits(app.Key, typed, m.phoneTime(), 0)
	if err != nil {
		return err
	}
	if step == 0 {
		return ErrAppCode
	}
	secret, err := json.Marshal(appSecret{app.Key, step})
	if err != nil {
		return fmt.Errorf("factor: write an app's key: %w", err)
	}
	way, err := m.accounts.PrepareWay(ctx, account.NewWay{
		Account: s.Account, Method: account.ByApp, Name: app.Name, Secret: secret, Second: true,
	})
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		if _, err := takeIn(tx, try, toAddApp, s.Visit); err != nil {
			return err
		}
		return way.Put(tx)
	})
	if err != nil {
		return fmt.Errorf("factor: add an app: %w", err)
	}
	return nil
}

// phoneTime is what people's phones show: real time, also where the demo has moved the city's clock.
func (m *Module) phoneTime() time.Time {
	if m.deps.Phones != nil {
		return m.deps.Phones.Now()
	}
	return m.base.Clock.Now()
}

// SecondByApp takes a code of one of the account's apps, once. device names the browser when the person is known by it,
// else it is empty. Errors: ErrAppCode, account.ErrOften.
func (m *Module) SecondByApp(ctx context.Context, of id.ID, device, code string) (account.Proof, error) {
	if err := m.countApp(ctx, of, device); err != nil {
		return account.Proof{}, err
	}
	typed, _ := digits(code)
	for range usesMost {
		proof, err := m.useApp(ctx, of, typed)
		if !errors.Is(err, account.ErrChanged) {
			return proof, err
		}
	}
	return account.Proof{}, account.ErrChanged
}

// countApp counts a try before anything is compared.
func (m *Module) countApp(ctx context.Context, of id.ID, device string) error {
	key := of.String() + " " + device
	if err := m.accounts.Limit(ctx, "factor.app", key, appTries, tryWindow); err != nil {
		return err
	}
	if err := m.accounts.Limit(ctx, "factor.app_day", key, appTriesADay, 24*time.Hour); err != nil {
		return err
	}
	return m.accounts.Limit(ctx, "factor.app_all", of.String(), appTriesInAll, 24*time.Hour)
}

// useApp compares with every app of the account and keeps the step that was taken, unless another use of the same app came
// first: then the code may be that one's.
func (m *Module) useApp(ctx context.Context, of id.ID, code string) (account.Proof, error) {
	apps, err := m.accounts.KeptOf(ctx, of, account.ByApp)
	if err != nil {
		return account.Proof{}, err
	}
	for _, app := range apps {
		secret, err := readApp(app.Secret)
		if err != nil {
			return account.Proof{}, err
		}
		step, err := fits(secret.Key, code, m.phoneTime(), secret.Last)
		if err != nil {
			return account.Proof{}, err
		}
		if step == 0 {
			continue
		}
		if err := m.noteStep(ctx, app, appSecret{secret.Key, step}); err != nil {
			return account.Proof{}, err
		}
		return account.Proof{Method: account.ByApp, Account: of, Person: app.Person, Way: app.ID, Level: act.Standard}, nil
	}
	return account.Proof{}, ErrAppCode
}

func readApp(secret []byte) (appSecret, error) {
	var out appSecret
	if err := json.Unmarshal(secret, &out); err != nil || out.Key == "" {
		return appSecret{}, fmt.Errorf("factor: read an app's key: %w", err)
	}
	return out, nil
}

func (m *Module) noteStep(ctx context.Context, app account.Kept, secret appSecret) error {
	text, err := json.Marshal(secret)
	if err != nil {
		return fmt.Errorf("factor: write an app's key: %w", err)
	}
	put, err := m.accounts.PrepareSecret(ctx, app, text)
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, put); err != nil {
		return fmt.Errorf("factor: note a code: %w", err)
	}
	return nil
}
