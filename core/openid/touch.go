package openid

import (
	"context"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/store"
)

// touchEvery is how fine the moment is at which a site last got something.
const touchEvery = time.Hour

// touched notes that a site got something of a person. That it fails harms nobody: the look is on record.
func (m *Module) touched(ctx context.Context, f family) {
	now := m.base.Clock.Now()
	link, err := m.connection(ctx, f.person, f.client)
	if err != nil || now.Sub(link.used) < touchEvery {
		return
	}
	err = m.base.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
		_, err := openiddb.TouchConnection(tx, openiddb.TouchConnectionParams{Used: now, Person: f.person, Client: f.client, Before: now.Add(-touchEvery)})
		return err
	})
	if err != nil {
		m.base.Log.Warn("openid: the last use of a connection was not noted", "error", err)
	}
}
