package document

import (
	"context"
	"errors"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/jobs"
)

// orphanAge is how old a blob must be before it counts as one whose row never came.
const orphanAge = 24 * time.Hour

// sweep removes blobs that no row names: uploads whose Write never came, PDFs that two readers had drawn at once.
func (m *Module) sweep(ctx context.Context, _ jobs.Job) error {
	removed, err := m.base.Blobs.Sweep(ctx, m.named, orphanAge)
	if removed > 0 {
		m.base.Log.Info("document: files without a row were removed", "count", removed)
	}
	return errors.Join(err, m.sweepEntries(ctx))
}

// named tells whether a row names the blob.
func (m *Module) named(ctx context.Context, which id.ID) (bool, error) {
	_, err := m.blobHome(ctx, which)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	return err == nil, err
}
