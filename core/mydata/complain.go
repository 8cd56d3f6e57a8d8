package mydata

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"posad.city/core/apply"
	"posad.city/core/form"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// The service of complaints about looks, and its questions that a look answers.
const (
	ComplaintService = "look-complaint"
	complaintStep    = "matter"
	fieldLook        = "look"
	fieldDay         = "look_day"
	fieldFacts       = "look_facts"
)

// CanComplain tells whether the city has the service of complaints.
func (m *Module) CanComplain() bool {
	city := m.deps.City()
	if city == nil || m.deps.Apply == nil {
		return false
	}
	_, ok := city.Service(ComplaintService)
	return ok
}

// Complain begins a complaint about a look, with the look's facts filled in, and gives its draft. Another one that is not
// sent gives way. Errors: ErrNoService.
func (m *Module) Complain(ctx context.Context, a act.Act, one Seen, l lang.Language) (id.ID, error) {
	if !m.CanComplain() {
		return id.ID{}, ErrNoService
	}
	draft, _, err := m.deps.Apply.Begin(ctx, a, apply.Beginning{Service: ComplaintService, Anew: true, Lang: l})
	if err != nil {
		return id.ID{}, fmt.Errorf("mydata: begin a complaint: %w", err)
	}
	names, err := m.officials(ctx, []Seen{one})
	if err != nil {
		return id.ID{}, err
	}
	body, err := json.Marshal(m.complaintAnswers(one, names, l))
	if err != nil {
		return id.ID{}, fmt.Errorf("mydata: a complaint: %w", err)
	}
	_, err = m.deps.Apply.Save(ctx, a, draft.ID, apply.Change{
		Step: complaintStep, Lang: l, Bind: func(in form.Input) (form.Bound, error) { return form.BindJSON(in, body) },
	})
	if err != nil {
		return id.ID{}, fmt.Errorf("mydata: fill in a complaint: %w", err)
	}
	return draft.ID, nil
}

// complaintAnswers are what a look says of itself.
func (m *Module) complaintAnswers(one Seen, names map[id.ID]lang.Name, l lang.Language) map[string]string {
	lines := []string{m.named(l, one, names) + ".", m.whatWords(l, one.What) + ".", m.purposeWords(l, one.Purpose) + ".", lang.FullMoment(l, one.At, m.deps.Zone()) + "."}
	return map[string]string{
		fieldLook: one.ID.String(), fieldDay: calendar.DateOf(one.At, m.deps.Zone()).String(), fieldFacts: strings.Join(lines, "\n"),
	}
}
