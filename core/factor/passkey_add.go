package factor

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Ask is a question to a passkey on its way to the browser.
type Ask struct {
	Try     id.ID           // names the question when it is answered
	Options json.RawMessage // what navigator.credentials.create or .get takes, in WebAuthn's JSON form
}

// Self is who adds a way: a signed-in person's account as their own page knows it.
type Self struct {
	Account id.ID
	Visit   string // the session, as web.Context.Visit names it
	City    string // the city's name in the person's language
	Name    string // the person's name
	Contact string // what tells this account from another in a list
}

// handleSize is how many random bytes name an account to its passkeys. They say nothing of the person.
const handleSize = 32

// AskNewPasskey asks the browser to make a passkey for the account. Errors: ErrMany, ErrNoKeys.
func (m *Module) AskNewPasskey(ctx context.Context, s Self) (Ask, error) {
	if m.party == nil {
		return Ask{}, ErrNoKeys
	}
	have, err := m.passkeysOf(ctx, s.Account)
	if err != nil {
		return Ask{}, err
	}
	if len(have) >= PasskeysMost {
		return Ask{}, ErrMany
	}
	who := owner{name: s.Contact, displayName: s.Name}
	for _, one := range have { // a second handle would be a second account to the authenticator
		who.handle = one.Handle
		who.credentials = append(who.credentials, one.Credential)
	}
	if who.handle == nil {
		who.handle = make([]byte, handleSize)
		if _, err := rand.Read(who.handle); err != nil {
			return Ask{}, fmt.Errorf("factor: make a handle: %w", err)
		}
	}
	creation, session, err := m.party.BeginRegistration(who, webauthn.WithCredentialParameters(algorithms()),
		webauthn.WithRegistrationRelyingPartyName(s.City), webauthn.WithExclusions(webauthn.Credentials(who.credentials).CredentialDescriptors()))
	if err != nil {
		return Ask{}, fmt.Errorf("factor: ask a new passkey: %w", err)
	}
	return m.keepAsk(ctx, toAdd, s.Visit, s.Account, session, creation.Response)
}

func (m *Module) keepAsk(ctx context.Context, why purpose, visit string, account id.ID, session *webauthn.SessionData, options any) (Ask, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Ask{}, fmt.Errorf("factor: write options: %w", err)
	}
	try, err := m.ask(ctx, why, visit, account, session, nil, ChallengeLife)
	return Ask{Try: try, Options: text}, err
}

// AddPasskey puts the passkey that the browser made into the account, under a name. answer is the browser's, as JSON.
// Errors: ErrOver, ErrPasskey, account.ErrWayTaken.
func (m *Module) AddPasskey(ctx context.Context, a act.Act, s Self, try id.ID, answer, name string) error {
	if m.party == nil {
		return ErrNoKeys
	}
	q, err := m.take(ctx, try, toAdd, s.Visit)
	if err != nil {
		return err
	}
	if q.account != s.Account {
		return ErrOver
	}
	made, err := m.newPasskey(q, answer)
	if err != nil {
		return err
	}
	secret, err := made.write()
	if err != nil {
		return err
	}
	way, err := m.accounts.PrepareWay(ctx, account.NewWay{
		Account: s.Account, Method: account.ByPasskey, Name: name, Secret: secret, Key: keyOf(made.Credential.ID), Alone: true, Second: true,
	})
	if err != nil {
		return err
	}
	if err := m.base.Store.WriteAs(ctx, a, way.Put); err != nil {
		return fmt.Errorf("factor: add a passkey: %w", err)
	}
	return nil
}

// newPasskey checks what the browser made against what it was asked for.
func (m *Module) newPasskey(q question, answer string) (passkey, error) {
	var session webauthn.SessionData
	if err := json.Unmarshal(q.state, &session); err != nil {
		return passkey{}, fmt.Errorf("factor: read a question: %w", err)
	}
	parsed, err := parseCreation(answer)
	if err != nil {
		return passkey{}, err
	}
	credential, err := m.party.CreateCredential(owner{handle: session.UserID}, session, parsed)
	if err != nil {
		return passkey{}, ErrPasskey.Because(told(err))
	}
	return passkey{Handle: session.UserID, Credential: *credential}, nil
}

// parseCreation reads the browser's answer to a question for a new passkey.
func parseCreation(answer string) (*protocol.ParsedCredentialCreationData, error) {
	if answer == "" {
		return nil, ErrNoAnswer
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, ErrPasskey.Because(told(err))
	}
	return parsed, nil
}

// told is a library's error with what it tells developers, for the log. It names no person and no key.
func told(err error) error {
	if detailed := new(protocol.Error); errors.As(err, &detailed) {
		return fmt.Errorf("%s: %s", detailed.Details, detailed.DevInfo)
	}
	return err
}

func (m *Module) passkeysOf(ctx context.Context, of id.ID) ([]passkey, error) {
	kept, err := m.accounts.KeptOf(ctx, of, account.ByPasskey)
	if err != nil {
		return nil, err
	}
	out := make([]passkey, len(kept))
	for i, k := range kept {
		if out[i], err = readPasskey(k.Secret); err != nil {
			return nil, err
		}
	}
	return out, nil
}
