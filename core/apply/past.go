package apply

import (
	"context"
	"maps"
	"slices"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// The kinds of case that a service can be about; see service.Service.About.
const (
	aboutDecision = "decision"
	aboutCase     = "case"
)

// begunWith puts into answers what a draft begins with beside its child: the answers of a case that is renewed, and what was
// answered before the form. It returns the case that the draft is about.
func (m *Module) begunWith(ctx context.Context, a act.Act, in form.Input, b Beginning, answers service.Answers) (id.ID, error) {
	about, err := m.aboutWhich(ctx, a, in.Service, b)
	if err != nil {
		return id.ID{}, err
	}
	if b.Renew != "" && in.Service.Renewal != nil {
		past, ok, err := m.past(ctx, a, in.Service.Key, b.Renew)
		if err != nil {
			return id.ID{}, err
		}
		if ok {
			about = past.ID
			maps.Copy(answers, in.Service.Renewed(past.Inputs.Answers))
		}
	}
	if b.Answers != nil {
		in.Answers = answers
		bound, err := b.Answers(in)
		if err != nil {
			return id.ID{}, err
		}
		maps.Copy(answers, bound.Answers)
	}
	return about, nil
}

// aboutWhich is the case that a service about another one is about.
func (m *Module) aboutWhich(ctx context.Context, a act.Act, s *service.Service, b Beginning) (id.ID, error) {
	if s.About == "" {
		return id.ID{}, nil
	}
	past, ok, err := m.past(ctx, a, "", b.About)
	switch {
	case err != nil:
		return id.ID{}, err
	case !ok || !concerns(s, past):
		return id.ID{}, ErrAbout
	}
	return past.ID, nil
}

// concerns tells whether a service about another case may be about this one.
func concerns(s *service.Service, p Past) bool {
	return s.About == aboutCase || s.About == aboutDecision && !p.Decided.IsZero() && !p.Withdrawn
}

// past finds one of the act's holder's cases by its number, or by its id as a document names it; of any service when the
// key is empty.
func (m *Module) past(ctx context.Context, a act.Act, key, number string) (Past, bool, error) {
	which, err := id.ParseNumber(number)
	if err != nil {
		named := parsed(number)
		if named.IsZero() {
			return Past{}, false, nil // no number: no case
		}
		which = named.String()
	}
	list, err := m.deps.Cases.Past(ctx, a, a.Holder, key, which)
	if err != nil || len(list) == 0 {
		return Past{}, false, err
	}
	return list[0], true, nil
}

// already finds the case by which the person has the same already; false when there is none, or the service lets one have
// as many as one likes. The case that a draft renews is no other.
func (m *Module) already(ctx context.Context, a act.Act, d Draft, in form.Input, answers service.Answers) (Past, bool, error) {
	rule := in.Service.Already
	if rule == nil {
		return Past{}, false, nil
	}
	rules := in.City.Rules(in.Service.Key)
	mine, known := service.SameThing(rules, inputs(in, answers))
	if !known {
		return Past{}, false, nil
	}
	list, err := m.deps.Cases.Past(ctx, a, d.Holder, in.Service.Key, "")
	if err != nil {
		return Past{}, false, err
	}
	for _, p := range list {
		stands := p.Open && slices.Contains(rule.While, "open") || p.Valid && slices.Contains(rule.While, "valid")
		if !stands || p.ID == d.About {
			continue
		}
		if theirs, ok := service.SameThing(rules, p.Inputs); ok && theirs == mine {
			return p, true, nil
		}
	}
	return Past{}, false, nil
}
