package account

import (
	"context"
	"errors"
	"fmt"

	"posad.city/core/account/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Browser names the browser and the system of a User-Agent header in words: "Firefox, Linux". It is empty when neither is
// known; nothing is decided by it.
func Browser(agent string) string { return device(agent) }

// MemberOf is the account that a contact signs in to and its person; store.ErrNone for none. What the caller answers must
// not tell which it was.
func (m *Module) MemberOf(ctx context.Context, c Contact) (id.ID, id.ID, error) {
	who, err := m.memberOf(ctx, c)
	return who.account, who.person, err
}

// BrowserHere is what this browser can be recognised by later, without its cookie; nil for one that nobody has signed in by.
func (m *Module) BrowserHere(c *web.Context) []byte {
	if token := c.Cookie(cookieDevice); token != "" {
		return hashOf(token)
	}
	return nil
}

// KnowsBrowser tells whether a person has signed in by the browser that BrowserHere named.
func (m *Module) KnowsBrowser(ctx context.Context, browser []byte, person id.ID) (bool, error) {
	if len(browser) == 0 {
		return false, nil
	}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		_, err := accountdb.DeviceKeyOf(r, browser, person)
		return err
	})
	if errors.Is(err, store.ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("account: whose browser it is: %w", err)
	}
	return true, nil
}
