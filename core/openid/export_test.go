package openid

import (
	"context"
	"testing"

	"posad.city/core/openid/internal/store"
	"posad.city/kit/store"
)

// SectorNames is sectorNames, for tests from outside.
func (m *Module) SectorNames(ctx context.Context, p Profile) error { return m.sectorNames(ctx, p) }

// KeptRequest is what the table has of a request.
func KeptRequest(t *testing.T, s *store.Store, reference string) string {
	t.Helper()
	var out string
	err := s.Read(t.Context(), func(r *store.Snapshot) error {
		row, err := openiddb.RequestByKey(r, hashOf(reference))
		out = string(row.Body)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
