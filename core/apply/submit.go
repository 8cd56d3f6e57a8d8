package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"posad.city/core/apply/internal/store"
	"posad.city/core/form"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// Submit sends a draft: it becomes a case with the public number that is returned. A draft that was sent before gives the
// number that it has: pressing twice sends once. Faults: ErrMissing with the questions, ErrObstacle, ErrConsent, ErrLevel, ErrAlready.
func (m *Module) Submit(ctx context.Context, a act.Act, draft id.ID, consent bool, l lang.Language) (string, error) {
	for range crossings {
		number, err := m.submitOnce(ctx, a, draft, consent, l)
		if err != nil || number != "" {
			return number, err
		}
	}
	return "", ErrOften
}

// submitOnce returns no number when somebody saved the draft meanwhile.
func (m *Module) submitOnce(ctx context.Context, a act.Act, draft id.ID, consent bool, l lang.Language) (string, error) {
	home, err := m.home(ctx, draft)
	if err != nil || home.Number != "" {
		return home.Number, err
	}
	d, err := m.read(ctx, a, draft)
	if errors.Is(err, ErrSent) {
		return "", nil // sent between the two reads: the next run has its number
	}
	if errors.Is(err, ErrNone) { // gone between the two reads: sent, or deleted
		now, homeErr := m.home(ctx, draft)
		return now.Number, errors.Join(homeErr, unless(now.Number != "", err))
	}
	if err != nil {
		return "", err
	}
	in, err := m.input(ctx, a, d, l)
	if err != nil {
		return "", err
	}
	in.Step = form.CheckStep
	view, err := form.Show(in)
	if err != nil {
		return "", err
	}
	if err := ready(a, in, view, consent); err != nil {
		return "", err
	}
	same, has, err := m.already(ctx, a, d, in, view.Draft)
	if err != nil {
		return "", err
	}
	if has {
		return "", fault.New(ErrAlready.Kind, ErrAlready.ID, "say", in.Service.Already.Say.In(l), "number", id.FormatNumber(same.Number))
	}
	if err := m.book(ctx, a, d, in, view.Draft); err != nil {
		return "", err
	}
	if err := m.release(ctx, d, in, view.Draft); err != nil {
		return "", err
	}
	prepared, err := m.deps.Cases.Prepare(ctx, submissionOf(a, d, in, view))
	if err != nil {
		return "", err
	}
	return m.send(ctx, a, d, prepared)
}

// unless is the error, or none when all is well.
func unless(well bool, err error) error {
	if well {
		return nil
	}
	return err
}

// ready decides whether a form may be sent.
func ready(a act.Act, in form.Input, view form.View, consent bool) error {
	switch {
	case !levelFits(a, in.Service):
		return ErrLevel
	case view.Obstacle != nil:
		return fault.New(ErrObstacle.Kind, ErrObstacle.ID, "because", view.Obstacle.Because, "instead", view.Obstacle.Instead)
	case !slices.Contains(view.Can, form.Submit):
		return ErrMissing.With(missingFields(view)...)
	case !consent:
		return ErrConsent.With(fault.Field{Name: "consent", ID: "apply.consent_missing"})
	}
	return nil
}

func missingFields(view form.View) []fault.Field {
	out := make([]fault.Field, 0, len(view.Missing))
	for _, missing := range view.Missing {
		out = append(out, fault.Field{Name: missing.Field, ID: "apply.answer_missing", Params: map[string]string{"label": missing.Label}})
	}
	return out
}

func submissionOf(a act.Act, d Draft, in form.Input, view form.View) Submission {
	return Submission{
		ID: d.ID, City: in.City, Service: in.Service, Definition: in.City.Hash(), Holder: d.Holder, Applicant: d.Applicant, Mandate: d.Mandate, About: d.About,
		Inputs: inputs(in, view.Draft), Channel: a.Channel, Lang: in.Lang, Act: a,
	}
}

// send opens the case and ends the draft in one Write.
func (m *Module) send(ctx context.Context, a act.Act, d Draft, prepared PreparedCase) (string, error) {
	number := ""
	err := m.base.Store.WriteAs(ctx, a.ForCase(d.ID), func(tx *store.Tx) error {
		number = ""
		taken, err := applydb.TakeDraft(tx, d.Holder, d.ID, d.Revision)
		if err != nil || taken == 0 {
			return err
		}
		if number, err = prepared.Put(tx); err != nil {
			return err
		}
		if _, err := applydb.DeleteLine(tx, d.Holder, d.ID); err != nil {
			return err
		}
		if _, err := applydb.NumberHome(tx, d.ID, number); err != nil {
			return err
		}
		return m.deps.Papers.Keep(tx, d.Holder, d.ID)
	})
	if err != nil {
		return "", fmt.Errorf("apply: submit: %w", err)
	}
	return number, nil
}
