package casework

import (
	"time"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// What co-signers answered stands at the desk alone: an official decides by it as by the applicant's own answers. The
// applicant learns only that somebody has signed, and a co-signer reads no other's part.

// signerAnswers are what one co-signer answered in their part of the form, in words.
func (d *deskCase) signerAnswers(l lang.Language, one Signer) []wireAnswer {
	in := form.Input{City: d.City, Service: d.Service, Lang: l, Today: d.Inputs.Today, Applicant: d.Inputs.Applicant, Facts: d.Inputs.Facts,
		Signer: &one.Named, Case: d.Inputs.Answers, Answers: one.Part}
	var out []wireAnswer
	for i := range d.Service.Form.Steps {
		step := &d.Service.Form.Steps[i]
		for j := range step.Fields {
			f := &step.Fields[j]
			value, given := one.Part[f.Key]
			if !given || !step.ForSigner() || f.Type == service.TypeFile {
				continue
			}
			if words := form.AnswerWords(in, f, value); words != "" {
				out = append(out, wireAnswer{Field: f.Key, Label: f.Label.In(l), Value: words})
			}
		}
	}
	return out
}

// signerRows are those who sign, each with how they stand and with what they answered below.
func (d *deskCase) signerRows(c *web.Context) []ui.SummaryRow {
	rows := signerRows(c, d.Signers, func(at time.Time) string { return d.when(c, at) })
	for i, one := range d.Signers {
		for _, line := range d.signerAnswers(c.Lang(), one) {
			rows[i].Value += "\n" + line.Label + ": " + line.Value
		}
	}
	return rows
}

// answered are the co-signers whose answers the desk shows: the look is at them too.
func (d *deskCase) answered() []id.ID {
	var out []id.ID
	for _, one := range d.Signers {
		if !one.Person.IsZero() && len(one.Part) > 0 {
			out = append(out, one.Person)
		}
	}
	return out
}
