package app

import (
	"context"

	"posad.city/core/apply"
	"posad.city/core/casework"
)

// cases opens cases for core/apply, so that neither module knows the other.
type cases struct{ casework *casework.Module }

// Prepare implements apply.Cases.
func (c cases) Prepare(ctx context.Context, s apply.Submission) (apply.PreparedCase, error) {
	return c.casework.PrepareOpen(ctx, casework.Opening{
		ID: s.ID, Service: s.Service.Key, Definition: s.Definition, Holder: s.Holder, Applicant: s.Applicant, Mandate: s.Mandate,
		Inputs: s.Inputs, Channel: s.Channel, Lang: s.Lang, Act: s.Act,
	})
}
