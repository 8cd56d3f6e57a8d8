package openid

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// kept is how a client lies in its row.
type kept struct {
	Profile
	Secrets []Secret `json:"secrets,omitempty"`
}

func clientOf(row openiddb.OpenidClient) (Client, error) {
	var k kept
	if err := json.Unmarshal([]byte(row.Body), &k); err != nil {
		return Client{}, fmt.Errorf("openid: client %s: %w", row.ID, err)
	}
	return Client{ID: row.ID, Active: row.Active, Made: row.Made, Version: row.Version, Profile: k.Profile, Secrets: k.Secrets}, nil
}

func bodyOf(c Client) (string, error) {
	text, err := json.Marshal(kept{c.Profile, c.Secrets})
	return string(text), err
}

// Client finds a site, whether it is on or off; store.ErrNone when there is none of that name.
func (m *Module) Client(ctx context.Context, client id.ID) (Client, error) {
	var out Client
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		row, err := openiddb.ClientByID(r, client)
		if err != nil {
			return err
		}
		out, err = clientOf(row)
		return err
	})
	return out, err
}

// clientByKey finds a site that is on by its client_id.
func (m *Module) clientByKey(ctx context.Context, key string) (Client, error) {
	parsed, err := id.Parse(key)
	if err != nil || parsed.String() != key {
		return Client{}, store.ErrNone
	}
	c, err := m.Client(ctx, parsed)
	if err == nil && !c.Active {
		return Client{}, store.ErrNone
	}
	return c, err
}

// Clients lists every site, the oldest first.
func (m *Module) Clients(ctx context.Context) ([]Client, error) {
	var out []Client
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		out = nil
		rows, err := openiddb.Clients(r)
		if err != nil {
			return err
		}
		for _, row := range rows {
			one, err := clientOf(row)
			if err != nil {
				return err
			}
			out = append(out, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("openid: clients: %w", err)
	}
	return out, nil
}

// SiteName is what a site is called; false when there is no such site. It words looks at a person.
func (m *Module) SiteName(site id.ID, l lang.Language) (string, bool) {
	c, err := m.Client(context.Background(), site)
	if err != nil {
		return "", false
	}
	return c.Name.In(l), true
}

// Register takes a new site in. For a client with a secret it returns the secret, which is shown this once. Errors:
// ErrFields with what is wrong, ErrSector.
func (m *Module) Register(ctx context.Context, a act.Act, p Profile) (Client, string, error) {
	if faults := p.check(); len(faults) > 0 {
		return Client{}, "", ErrFields.With(faults...)
	}
	if err := m.sectorNames(ctx, p); err != nil {
		return Client{}, "", err
	}
	c := Client{ID: id.New(m.base.Clock.Now()), Active: true, Profile: p, Version: 1}
	plain := ""
	if p.Method == AuthBasic || p.Method == AuthPost {
		plain = fresh(prefixSecret)
		c.Secrets = []Secret{{Hash: hashOf(plain), Made: m.base.Clock.Now()}}
	}
	return c, plain, m.put(ctx, a, c)
}

// Enrol brings in a site that comes with the city under a client_id of its own, as a demo's. A second time it changes
// nothing. secret is "" for a client that has none.
func (m *Module) Enrol(ctx context.Context, client id.ID, p Profile, secret string) error {
	if faults := p.check(); len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	c := Client{ID: client, Active: true, Profile: p}
	if secret != "" {
		c.Secrets = []Secret{{Hash: hashOf(secret), Made: m.base.Clock.Now()}}
	}
	return m.put(ctx, house, c)
}

func (m *Module) put(ctx context.Context, a act.Act, c Client) error {
	body, err := bodyOf(c)
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		_, err := openiddb.InsertClient(tx, openiddb.InsertClientParams{ID: c.ID, Active: c.Active, Body: body, Made: tx.Now()})
		return err
	})
	m.origins.forget()
	return err
}

// Change gives a site a new profile, over the version that was read. The way of authentication stays: another way is
// another client.
func (m *Module) Change(ctx context.Context, a act.Act, c Client, p Profile) error {
	p.Method = c.Method
	if faults := p.check(); len(faults) > 0 {
		return ErrFields.With(faults...)
	}
	if err := m.sectorNames(ctx, p); err != nil {
		return err
	}
	c.Profile = p
	return m.change(ctx, a, c)
}

// Switch turns a site on or off. One that is off gets nothing from this moment; its tokens are dead.
func (m *Module) Switch(ctx context.Context, a act.Act, c Client, on bool) error {
	c.Active = on
	return m.change(ctx, a, c)
}

// NewSecret gives a site a second secret, shown this once; the one before holds for a week, so that the site can change
// over without a break.
func (m *Module) NewSecret(ctx context.Context, a act.Act, c Client) (string, error) {
	if c.Method != AuthBasic && c.Method != AuthPost {
		return "", ErrFields
	}
	now := m.base.Clock.Now()
	plain := fresh(prefixSecret)
	secrets := []Secret{{Hash: hashOf(plain), Made: now}}
	for i, one := range c.Secrets {
		if i == 0 && one.Ends.IsZero() {
			one.Ends = now.Add(SecretStays)
			secrets = append(secrets, one)
		}
	}
	c.Secrets = secrets
	return plain, m.change(ctx, a, c)
}

func (m *Module) change(ctx context.Context, a act.Act, c Client) error {
	body, err := bodyOf(c)
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		n, err := openiddb.ChangeClient(tx, openiddb.ChangeClientParams{ID: c.ID, Active: c.Active, Body: body, Version: c.Version})
		if err == nil && n == 0 {
			return ErrChanged
		}
		return err
	})
	m.origins.forget()
	return err
}

// origins remembers which pages' scripts may ask for tokens, for preflights, which name no client.
type origins struct {
	mu   sync.Mutex
	all  []string
	read time.Time
}

// originsAge is how long a change of a client may take to reach the preflights of this node.
const originsAge = 30 * time.Second

func (o *origins) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read = time.Time{}
}

// scripted tells whether an origin is of a public client's own pages.
func (m *Module) scripted(ctx context.Context, origin string) bool {
	o, now := &m.origins, m.base.Clock.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.read.IsZero() || now.Sub(o.read) >= originsAge || now.Before(o.read) {
		clients, err := m.Clients(ctx)
		if err != nil {
			return false
		}
		o.all, o.read = nil, now
		for _, c := range clients {
			if c.Active {
				o.all = append(o.all, c.origins()...)
			}
		}
	}
	return slices.Contains(o.all, origin)
}

// none tells an error that says that nothing is there.
func none(err error) bool { return errors.Is(err, store.ErrNone) }
