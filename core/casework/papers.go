package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// papersOf are the documents that came out of a case, the newest first.
func (m *Module) papersOf(ctx context.Context, a act.Act, holder, caseID id.ID) ([]document.Result, error) {
	list, err := m.deps.Papers.Results(ctx, a, holder, caseID)
	newestFirst(list)
	return list, err
}

// newestFirst orders documents by when they were issued: their ids are made of the case and tell no order.
func newestFirst(list []document.Result) {
	slices.SortFunc(list, func(a, b document.Result) int {
		return cmp.Or(b.Issued.Compare(a.Issued), strings.Compare(b.ID.String(), a.ID.String()))
	})
}
