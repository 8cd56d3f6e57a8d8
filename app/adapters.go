package app

import (
	"context"

	"posad.city/core/apply"
	"posad.city/core/casework"
	"posad.city/core/document"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
)

// cases opens cases for core/apply, so that neither module knows the other.
type cases struct {
	casework *casework.Module
	papers   *document.Module
	today    func() calendar.Date
}

// Prepare implements apply.Cases.
func (c cases) Prepare(ctx context.Context, s apply.Submission) (apply.PreparedCase, error) {
	return c.casework.PrepareOpen(ctx, casework.Opening{
		ID: s.ID, Service: s.Service.Key, Definition: s.Definition, Holder: s.Holder, Applicant: s.Applicant, Mandate: s.Mandate, About: s.About,
		Inputs: s.Inputs, Channel: s.Channel, Lang: s.Lang, Act: s.Act,
	})
}

// Past implements apply.Cases.
func (c cases) Past(ctx context.Context, a act.Act, holder id.ID, service, number string) ([]apply.Past, error) {
	list, err := c.casework.Past(ctx, a, holder, service, number)
	if err != nil {
		return nil, err
	}
	out := make([]apply.Past, 0, len(list))
	for _, one := range list {
		past := apply.Past{
			ID: one.ID, Number: one.Number, Service: one.Service, Open: one.Stage == casework.Open, Withdrawn: one.Stage == casework.Withdrawn,
			Decided: one.Decided, Inputs: one.Inputs,
		}
		results, err := c.papers.Results(ctx, a, holder, one.ID)
		if err != nil {
			return nil, err
		}
		for _, r := range results {
			if one.Stage == casework.Approved && r.Standing(c.today()) == document.Valid {
				past.Valid, past.Until = true, r.Until
			}
		}
		out = append(out, past)
	}
	return out, nil
}
