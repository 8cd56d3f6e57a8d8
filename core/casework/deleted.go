package casework

import (
	"context"
	"maps"
	"slices"

	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// deleted are the names of the case's files that were deleted because of a virus, by their ids.
func (m *Module) deleted(ctx context.Context, a act.Act, holder, caseID id.ID) (map[string]string, error) {
	files, err := m.deps.Papers.Files(ctx, a.ForCase(caseID), holder, caseID)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, f := range files {
		if f.State == document.FileInfected {
			out[f.ID.String()] = f.Name
		}
	}
	return out, nil
}

// deletedNames are they in order.
func deletedNames(files map[string]string) []string {
	out := []string{}
	for _, key := range slices.Sorted(maps.Keys(files)) {
		out = append(out, files[key])
	}
	return out
}
