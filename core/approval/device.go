package approval

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"posad.city/core/account"
	"posad.city/core/approval/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// cookieDevice holds what a browser with approvals on is known by; deviceLife is the longest that browsers keep one.
const (
	cookieDevice = "approver"
	deviceLife   = 400 * 24 * time.Hour
)

// deviceKey is how a browser's way is found: the token itself is in the cookie alone.
func deviceKey(token string) string {
	hash := web.HashToken(token)
	return fmt.Sprintf("%x", hash[:])
}

// browserWay is the way that this browser is; false for a browser with approvals off.
func (m *Module) browserWay(c *web.Context) (account.Kept, bool, error) {
	token := c.Cookie(cookieDevice)
	if token == "" {
		return account.Kept{}, false, nil
	}
	kept, err := m.accounts.KeptByKey(c.Context(), account.ByPush, deviceKey(token))
	if errors.Is(err, store.ErrNone) {
		return account.Kept{}, false, nil
	}
	if err != nil {
		return account.Kept{}, false, fmt.Errorf("approval: whose browser it is: %w", err)
	}
	return kept, true, nil
}

// approverOf is who may answer in this browser: the person who is signed in, else the one whose known browser it is;
// false for nobody. A session that an official began for somebody at a service centre answers nothing: ErrCentre.
func (m *Module) approverOf(c *web.Context) (approver, bool, error) {
	way, known, err := m.browserWay(c)
	if err != nil {
		return approver{}, false, err
	}
	session, signed := c.Session()
	if !signed {
		out := approver{person: way.Person, account: way.Account, way: way.ID, level: act.Standard, visit: m.visitOf(c)}
		return out, known, nil
	}
	if !session.By.IsZero() {
		return approver{}, false, ErrCentre
	}
	out := approver{
		person: session.Person, account: session.Account, level: session.Assurance, strong: session.Strong, signed: true,
		fresh: c.Now().Sub(session.Proved) < act.Lately, visit: m.visitOf(c), act: c.Act(),
	}
	if known && way.Person == session.Person {
		out.way = way.ID
	}
	return out, true, nil
}

// turnOn makes this browser one that answers, or renews where it takes messages. It returns the token for the cookie,
// "" when the browser has one already. sub may be empty: then the pages alone ask.
func (m *Module) turnOn(c *web.Context, session web.Session, sub Subscription) (string, error) {
	if sub.Endpoint != "" {
		if err := sub.check(m.deps.Loopback); err != nil {
			return "", err
		}
	}
	secret, err := json.Marshal(sub)
	if err != nil {
		return "", fmt.Errorf("approval: write a subscription: %w", err)
	}
	way, known, err := m.browserWay(c)
	if err != nil {
		return "", err
	}
	if known && way.Account == session.Account {
		put, err := m.accounts.PrepareSecret(c.Context(), way, secret)
		if err != nil {
			return "", err
		}
		return "", m.base.Store.WriteAs(c.Context(), c.Act(), put)
	}
	return m.addWay(c, session, secret)
}

func (m *Module) addWay(c *web.Context, session web.Session, secret []byte) (string, error) {
	ways, err := m.accounts.KeptOf(c.Context(), session.Account, account.ByPush)
	if err != nil {
		return "", err
	}
	if len(ways) >= devicesMost {
		return "", ErrMany
	}
	token, _ := web.NewToken()
	name := account.Browser(c.Request().UserAgent())
	if name == "" {
		name = c.T("approval.unknown_browser")
	}
	prepared, err := m.accounts.PrepareWay(c.Context(), account.NewWay{
		Account: session.Account, Method: account.ByPush, Name: name, Secret: secret, Key: deviceKey(token), Second: true,
	})
	if err != nil {
		return "", err
	}
	if err := m.base.Store.WriteAs(c.Context(), c.Act(), prepared.Put); err != nil {
		return "", fmt.Errorf("approval: turn on: %w", err)
	}
	return token, nil
}

// subscriptionOf is where one of an account's browsers takes messages; an empty one for a browser that takes none or is
// there no more.
func (m *Module) subscriptionOf(ctx context.Context, holder, way id.ID) (account.Kept, Subscription, error) {
	ways, err := m.accounts.KeptOf(ctx, holder, account.ByPush)
	if err != nil {
		return account.Kept{}, Subscription{}, err
	}
	for _, kept := range ways {
		if kept.ID != way {
			continue
		}
		var sub Subscription
		if err := json.Unmarshal(kept.Secret, &sub); err != nil {
			return kept, Subscription{}, fmt.Errorf("approval: read a subscription: %w", err)
		}
		return kept, sub, nil
	}
	return account.Kept{}, Subscription{}, nil
}

// forget drops a subscription that its service knows no more. The browser still asks on its pages.
func (m *Module) forget(ctx context.Context, way account.Kept) error {
	put, err := m.accounts.PrepareSecret(ctx, way, []byte("{}"))
	if err != nil {
		return err
	}
	err = m.base.Store.Write(ctx, put)
	if errors.Is(err, account.ErrChanged) {
		return nil // the browser has just renewed it
	}
	return err
}

// unmute lets unknown browsers ask a person again.
func (m *Module) unmute(ctx context.Context, a act.Act) error {
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := approvaldb.Unmute(tx, a.Actor.Person)
		return err
	})
}
