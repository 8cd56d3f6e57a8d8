package document

import (
	"context"

	"posad.city/core/document/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// CountOf counts the result documents in a holder's account; nobody's data come back.
func (m *Module) CountOf(ctx context.Context, holder id.ID) (int, error) {
	var n int64
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		n, err = documentdb.CountResults(r, holder)
		return err
	})
	return int(n), err
}
