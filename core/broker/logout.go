package broker

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"

	"posad.city/core/account"
	"posad.city/core/broker/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// marks are what an entry is found by: the provider's session, and its subject.
func (m *Module) marks(issuer, session, subject string) []vault.Keyed {
	var out []vault.Keyed
	if session != "" {
		out = append(out, m.base.Vault.Keyed("broker.session", issuer+"\n"+session))
	}
	if subject != "" {
		out = append(out, m.base.Vault.Keyed("broker.subject", issuer+"\n"+subject))
	}
	return out
}

// EndBy ends the sessions that a provider's logout token names (OpenID Connect Back-Channel Logout 1.0, 2.6): those that
// came by its session, or, when it names none, by its subject. Errors: ErrLogout with the refusal as its cause.
func (m *Module) EndBy(ctx context.Context, p Provider, raw string) error {
	token, err := m.logoutToken(ctx, p, raw)
	if err != nil {
		m.base.Log.Warn("a logout token was refused", "provider", p.Key, "why", string(why(err, errToken)), "error", err)
		return ErrLogout.Because(err)
	}
	session, subject := token.SessionID, token.Subject
	if session != "" {
		subject = "" // that session alone
	}
	hash := hashOf(p.Issuer + "\n" + token.TokenID)
	var fresh int64
	err = m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		fresh, err = brokerdb.InsertLogout(tx, hash, m.base.Clock.Now().Add(2*logoutLife))
		return err
	})
	if err != nil {
		return fmt.Errorf("broker: logout token: %w", err)
	}
	if fresh == 0 {
		return ErrLogout.Because(errIssued) // it was taken already
	}
	for _, mark := range m.marks(p.Issuer, session, subject) {
		if err := m.endMarked(ctx, mark); err != nil {
			return err
		}
	}
	return nil
}

// logoutToken checks a logout token: signature, issuer, audience, expiry, event and the absence of a nonce are the
// library's, age and type ours.
func (m *Module) logoutToken(ctx context.Context, p Provider, raw string) (*oidc.LogoutToken, error) {
	if len(raw) > answerMost/8 || strings.Count(raw, ".") != 2 || !typedLogout(raw) {
		return nil, errToken
	}
	peer := m.peer(p.Issuer)
	meta, err := peer.metadata(ctx)
	if err != nil {
		return nil, err
	}
	var trouble error
	ctx = context.WithValue(oidc.ClientContext(ctx, peer.client), keysErrorKey{}, &trouble)
	config := oidc.Config{ClientID: p.Client, SupportedSigningAlgs: meta.allowed(), Now: peer.lenient}
	token, err := oidc.NewVerifier(p.Issuer, meta.keys, &config).VerifyLogout(ctx, raw)
	var expired *oidc.TokenExpiredError
	switch {
	case errors.As(err, &expired):
		return nil, errExpired
	case trouble != nil:
		return nil, fmt.Errorf("broker: logout token: %w", why(trouble, errSignature))
	case err != nil:
		return nil, fmt.Errorf("broker: logout token: %w", errToken)
	}
	now := m.base.Clock.Now()
	if token.IssuedAt.After(now.Add(clockSkew)) || token.IssuedAt.Before(now.Add(-logoutLife)) {
		return nil, errIssued
	}
	return token, nil
}

// typedLogout tells whether a token says of itself that it is a logout token, or, as older providers' do, nothing of its
// kind. What the header says is covered by the signature that is checked after.
func typedLogout(raw string) bool {
	head, _, _ := strings.Cut(raw, ".")
	plain, err := base64.RawURLEncoding.DecodeString(head)
	var said struct {
		Kind string `json:"typ"`
	}
	if err != nil || json.Unmarshal(plain, &said) != nil {
		return false
	}
	kind := strings.ToLower(strings.TrimPrefix(said.Kind, "application/"))
	return kind == "logout+jwt" || kind == "jwt" || kind == ""
}

// entriesMost is how many entries of one mark are ended by one message.
const entriesMost = 200

// endMarked closes the sessions that began by the entries of a mark. A session is known as an entry's when it began by a
// provider in the time that a second step may have taken after it.
func (m *Module) endMarked(ctx context.Context, mark vault.Keyed) error {
	var rows []brokerdb.ProviderEntry
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = brokerdb.EntriesByMark(r, mark, entriesMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("broker: entries: %w", err)
	}
	for _, row := range rows {
		if err := m.endEntry(ctx, row); err != nil {
			return err
		}
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := brokerdb.ForgetEntries(tx, mark)
		return err
	})
}

func (m *Module) endEntry(ctx context.Context, row brokerdb.ProviderEntry) error {
	a := act.ByJob(id.New(m.base.Clock.Now()), act.Purpose{Kind: "account", ID: row.Account.String()})
	sessions, err := m.deps.Accounts.SessionsOf(ctx, a, row.Person)
	if err != nil {
		return fmt.Errorf("broker: sessions to end: %w", err)
	}
	for _, s := range sessions {
		if !ofEntry(s, row) {
			continue
		}
		if err := m.deps.Accounts.Close(ctx, row.Person, s.ID); err != nil {
			return fmt.Errorf("broker: end a session: %w", err)
		}
	}
	return nil
}

// ofEntry decides whether a session began by an entry. A session that began another way, and was only made stronger by a
// provider, is not the provider's to end.
func ofEntry(s account.OpenSession, row brokerdb.ProviderEntry) bool {
	first, _, _ := strings.Cut(s.Methods, " ")
	return first == string(account.ByProvider) && !s.Started.Before(row.Entered) && s.Started.Before(row.Entered.Add(entrySpan))
}

// Farewell is where a person who has just signed out is asked whether to sign out at the provider too, by which this
// browser came in; "" when there is none. core/account's page of signing out goes there.
func (m *Module) Farewell(c *web.Context) string {
	key := c.Cookie(cookieAt)
	if !isKey(key) {
		return ""
	}
	return "/sign-in/provider/" + key + "/leave"
}

// leaveAddress is where a provider signs a person out (OpenID Connect RP-Initiated Logout 1.0); "" when it has no such
// place. No id_token_hint is sent: a token with a person's data has no place in an address. The provider then asks.
func (m *Module) leaveAddress(c *web.Context, p Provider) (string, error) {
	meta, err := m.peer(p.Issuer).metadata(c.Context())
	if err != nil {
		return "", m.refuse(p, err)
	}
	if err := meta.fit(p.Secret, m.local(p.Issuer)); err != nil || meta.EndSession == "" {
		return "", err
	}
	return withQuery(meta.EndSession, url.Values{
		"client_id": {p.Client}, "post_logout_redirect_uri": {c.URL(leftPath(p.Key))}, "ui_locales": {string(c.Lang())},
	})
}

// leftPath is where a provider sends a person who has signed out there.
func leftPath(key string) string { return "/sign-in/provider/" + key + "/left" }
