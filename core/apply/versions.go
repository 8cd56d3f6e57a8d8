package apply

import (
	"context"

	"posad.city/core/apply/internal/store"
	"posad.city/core/service"
	"posad.city/kit/store"
)

// DraftVersions counts the drafts that were last saved under each version of each service; nobody's data come back.
func (m *Module) DraftVersions(ctx context.Context) ([]service.VersionCount, error) {
	var out []service.VersionCount
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := applydb.CountDraftVersions(r)
		out = out[:0]
		for _, row := range rows {
			out = append(out, service.VersionCount{Service: row.Service, Version: service.Hash(row.Definition), Count: int(row.N)})
		}
		return err
	})
	return out, err
}
