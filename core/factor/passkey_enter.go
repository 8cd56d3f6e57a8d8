package factor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// AskPasskey asks the browser for any passkey of this city: who is there is told by the answer.
func (m *Module) AskPasskey(ctx context.Context, visit string) (Ask, error) {
	if m.party == nil {
		return Ask{}, ErrNoKeys
	}
	assertion, session, err := m.party.BeginDiscoverableLogin()
	if err != nil {
		return Ask{}, fmt.Errorf("factor: ask a passkey: %w", err)
	}
	return m.keepAsk(ctx, toEnter, visit, id.ID{}, session, assertion.Response)
}

// AskPasskeyOf asks the browser for one of an account's passkeys, as its second step. An account without one is ErrNoKeys.
func (m *Module) AskPasskeyOf(ctx context.Context, of id.ID, visit string) (Ask, error) {
	have, err := m.passkeysOf(ctx, of)
	if err != nil {
		return Ask{}, err
	}
	if len(have) == 0 || m.party == nil {
		return Ask{}, ErrNoKeys
	}
	var allowed []protocol.CredentialDescriptor
	for _, one := range have {
		allowed = append(allowed, one.Credential.Descriptor())
	}
	assertion, session, err := m.party.BeginDiscoverableLogin(webauthn.WithAllowedCredentials(allowed))
	if err != nil {
		return Ask{}, fmt.Errorf("factor: ask a passkey: %w", err)
	}
	return m.keepAsk(ctx, toSecond, visit, of, session, assertion.Response)
}

// shown is a passkey's answer with the question that it answers.
type shown struct {
	session webauthn.SessionData
	account id.ID // whose passkey was asked; zero for anybody's
	answer  *protocol.ParsedCredentialAssertionData
}

// EnterByPasskey takes the browser's answer to AskPasskey. Errors: ErrOver, ErrNoAnswer, ErrUnknown, ErrPasskey, ErrCloned.
func (m *Module) EnterByPasskey(ctx context.Context, try id.ID, answer, visit string) (account.Proof, error) {
	return m.byPasskey(ctx, toEnter, try, answer, visit)
}

// SecondByPasskey takes the browser's answer to AskPasskeyOf; the errors are EnterByPasskey's.
func (m *Module) SecondByPasskey(ctx context.Context, of, try id.ID, answer, visit string) (account.Proof, error) {
	proof, err := m.byPasskey(ctx, toSecond, try, answer, visit)
	if err == nil && proof.Account != of {
		return account.Proof{}, ErrPasskey
	}
	return proof, err
}

func (m *Module) byPasskey(ctx context.Context, why purpose, try id.ID, answer, visit string) (account.Proof, error) {
	if m.party == nil {
		return account.Proof{}, ErrNoKeys
	}
	parsed, err := parseAssertion(answer)
	if err != nil {
		return account.Proof{}, err
	}
	q, err := m.take(ctx, try, why, visit)
	if err != nil {
		return account.Proof{}, err
	}
	s := shown{account: q.account, answer: parsed}
	if err := json.Unmarshal(q.state, &s.session); err != nil {
		return account.Proof{}, fmt.Errorf("factor: read a question: %w", err)
	}
	for range usesMost {
		proof, err := m.use(ctx, s)
		if !errors.Is(err, account.ErrChanged) {
			return proof, err
		}
	}
	return account.Proof{}, account.ErrChanged
}

// usesMost is how often a use is looked at again when another use of the same way came between.
const usesMost = 3

// parseAssertion reads the browser's answer to a question for a passkey.
func parseAssertion(answer string) (*protocol.ParsedCredentialAssertionData, error) {
	if answer == "" {
		return nil, ErrNoAnswer
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, ErrPasskey.Because(told(err))
	}
	return parsed, nil
}

// use checks an answer against the passkey as it is kept now, and keeps its counter and backup flags.
func (m *Module) use(ctx context.Context, s shown) (account.Proof, error) {
	kept, err := m.accounts.KeptByKey(ctx, account.ByPasskey, keyOf(s.answer.RawID))
	switch {
	case errors.Is(err, store.ErrNone):
		return account.Proof{}, ErrUnknown
	case err != nil:
		return account.Proof{}, fmt.Errorf("factor: find a passkey: %w", err)
	case !s.account.IsZero() && kept.Account != s.account: // it is known, only not what was asked for
		return account.Proof{}, ErrPasskey
	}
	key, err := readPasskey(kept.Secret)
	if err != nil {
		return account.Proof{}, err
	}
	used, err := m.check(s, key)
	if err != nil {
		return account.Proof{}, err
	}
	if used.Authenticator.CloneWarning {
		return account.Proof{}, m.cloned(ctx, kept, s.answer)
	}
	key.Credential = *used
	if err := m.note(ctx, kept, key); err != nil {
		return account.Proof{}, err
	}
	return account.Proof{
		Method: account.ByPasskey, Account: kept.Account, Person: kept.Person, Way: kept.ID, Level: act.Standard, Strong: true,
	}, nil
}

// check verifies the signature and everything that it covers: challenge, origin, host, that a person was there and proved
// to the device who they are.
func (m *Module) check(s shown, key passkey) (*webauthn.Credential, error) {
	who := owner{handle: key.Handle, credentials: []webauthn.Credential{key.Credential}}
	session := s.session
	var used *webauthn.Credential
	var err error
	if len(session.AllowedCredentialIDs) > 0 {
		if !slices.ContainsFunc(session.AllowedCredentialIDs, func(one []byte) bool { return slices.Equal(one, s.answer.RawID) }) {
			return nil, ErrPasskey
		}
		// An authenticator that was told which keys may answer need not repeat whose they are.
		session.UserID, session.AllowedCredentialIDs = key.Handle, [][]byte{s.answer.RawID}
		used, err = m.party.ValidateLogin(who, session, s.answer)
	} else {
		handler := func(_, _ []byte) (webauthn.User, error) { return who, nil }
		_, used, err = m.party.ValidatePasskeyLogin(handler, session, s.answer)
	}
	if err != nil {
		return nil, ErrPasskey.Because(told(err))
	}
	return used, nil
}

func (m *Module) note(ctx context.Context, kept account.Kept, key passkey) error {
	secret, err := key.write()
	if err != nil {
		return err
	}
	put, err := m.accounts.PrepareSecret(ctx, kept, secret)
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, put); err != nil {
		return fmt.Errorf("factor: note a use: %w", err)
	}
	return nil
}

// cloned tells the owner that their passkey answered with a counter that had been seen, and refuses.
func (m *Module) cloned(ctx context.Context, kept account.Kept, answer *protocol.ParsedCredentialAssertionData) error {
	words, err := m.accounts.PrepareWord(ctx, account.Word{
		Person: kept.Person, Key: fmt.Sprintf("factor.cloned/%s/%d", kept.ID, answer.Response.AuthenticatorData.Counter),
		Kind: "factor.word.cloned", Path: securityPath, Params: map[string]any{"name": kept.Name},
	})
	if err != nil {
		return err
	}
	if err := m.base.Store.Write(ctx, words); err != nil {
		return fmt.Errorf("factor: tell of a copied passkey: %w", err)
	}
	m.base.Log.Warn("a passkey's counter did not grow", "way", kept.ID.String())
	return ErrCloned
}
