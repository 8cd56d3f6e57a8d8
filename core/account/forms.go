package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"posad.city/core/account/internal/store"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// HeldForms keeps typed forms in the database until their people have signed in, on whatever node; web.NewHolder seals
// them by a key that lies in the person's cookie alone.
func (m *Module) HeldForms() web.HeldStore { return heldForms{m} }

type heldForms struct{ m *Module }

// formGate bounds how many forms a node keeps for people whom nobody knows: 20 a second, up to 400 at once.
type formGate struct{ limiter *rate.Limiter }

func newFormGate() *formGate { return &formGate{rate.NewLimiter(20, 400)} }

var errFull = errors.New("account: too many forms are kept just now")

// Put implements web.HeldStore.
func (h heldForms) Put(ctx context.Context, key [32]byte, sealed []byte, until time.Time) error {
	if !h.m.forms.limiter.AllowN(h.m.base.Clock.Now(), 1) {
		return errFull
	}
	return h.m.base.Store.Append(ctx, accountdb.HoldFormStmt(key[:], sealed, until))
}

// Take implements web.HeldStore.
func (h heldForms) Take(ctx context.Context, key [32]byte) ([]byte, error) {
	var row accountdb.TakeFormRow
	err := h.m.base.Store.Write(ctx, func(tx *store.Tx) error {
		var err error
		row, err = accountdb.TakeForm(tx, key[:])
		return err
	})
	if errors.Is(err, store.ErrNone) || err == nil && !row.Until.After(h.m.base.Clock.Now()) {
		return nil, web.ErrNotHeld
	}
	if err != nil {
		return nil, fmt.Errorf("account: take a form: %w", err)
	}
	return row.Form, nil
}
