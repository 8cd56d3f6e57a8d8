package developer

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// ErrKeyOver says that an act's key holds no longer.
var ErrKeyOver = fault.New(fault.Unsigned, "web.key")

// Edge finds keys for kit/web.
func (m *Module) Edge() web.Keys { return edge{m} }

type edge struct{ m *Module }

// Find implements web.Keys. What is not written as a key is, costs no read.
func (e edge) Find(ctx context.Context, shown string, from netip.Addr) (web.Key, error) {
	if _, ok := readToken(shown); !ok {
		return web.Key{}, web.ErrNoKey
	}
	hash := e.m.base.Vault.Keyed(keySpace, shown)
	var k Key
	err := e.m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		found, err := developerdb.KeyByHash(r, hash)
		if err != nil {
			return err
		}
		row, err := developerdb.KeyByID(r, found.Agency, found.ID)
		if err != nil {
			return err
		}
		k, err = keyOf(row)
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && (!k.Live(e.m.base.Clock.Now()) || !k.From(from)) {
		return web.Key{}, web.ErrNoKey
	}
	if err != nil {
		return web.Key{}, err
	}
	return web.Key{ID: k.ID, Agency: k.Agency, Scopes: k.Scopes, Test: k.Test, PerMinute: k.PerMinute, Used: k.Used}, nil
}

// Touch implements web.Keys.
func (e edge) Touch(ctx context.Context, key web.Key, at time.Time) {
	ctx = context.WithoutCancel(ctx)
	go func() {
		if err := e.m.base.Store.Append(store.Background(ctx), developerdb.UseKeyStmt(at, key.Agency, key.ID)); err != nil {
			e.m.base.Log.Warn("developer: the use of a key was not noted", "error", err)
		}
	}()
}

// Guard tells, inside a Write, whether a program's key still holds. The app gives it to the store for acts of programs.
func (m *Module) Guard(tx *store.Tx, a act.Act) error {
	row, err := developerdb.KeyByID(tx, a.Actor.Agency, a.Key)
	if errors.Is(err, store.ErrNone) || err == nil && (!row.Revoked.IsZero() || !tx.Now().Before(row.Expires)) {
		return ErrKeyOver
	}
	return err
}

// program tells whether an act is by a program of the agency's sandbox.
func sandboxed(a act.Act, agency id.ID) bool {
	return a.Actor.Kind == act.Program && a.Test && a.Actor.Agency == agency
}
