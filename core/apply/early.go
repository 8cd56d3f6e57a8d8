package apply

import (
	"context"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// askEarly asks the registers whose answers prefill the form, as far as what they must be given is known. A register's
// trouble is no trouble of the form: the question is then asked of the person, or answered later.
func (m *Module) askEarly(ctx context.Context, a act.Act, d Draft, l lang.Language) {
	in, err := m.input(ctx, a, d, l)
	if err != nil {
		m.base.Log.Error("apply: nothing is asked early", "draft", d.ID.String(), "error", err)
		return
	}
	wanted := earlyAsks(in, d)
	if len(wanted) == 0 {
		return
	}
	if _, err := m.deps.Registers.Early(ctx, a.ForCase(d.ID), wanted, 0); err != nil {
		m.base.Log.Warn("apply: registers were not asked early", "draft", d.ID.String(), "error", err)
	}
}

// earlyAsks are the questions to registers that can be put now. One that is answered is put again only where an answer of
// the form may have changed it; exchange knows whether it did.
func earlyAsks(in form.Input, d Draft) []exchange.Ask {
	rules := in.City.Rules(in.Service.Key)
	known := inputs(in, d.Answers)
	var out []exchange.Ask
	for i := range in.Service.Certificates {
		c := &in.Service.Certificates[i]
		if _, asked := in.Facts[c.Key]; !c.Early || asked && !dependsOnAnswers(c) {
			continue
		}
		if yes, err := rules.Asks(c.Key, known); err != nil || !yes {
			continue
		}
		params, ok := rules.Parameters(c.Key, known)
		if !ok {
			continue
		}
		out = append(out, exchange.Ask{
			Holder: d.Holder, Case: d.ID, Applicant: d.Applicant, About: aboutWhom(c, d, in.Service), Service: d.Service, Agency: agency.ID(in.Service.Agency),
			Certificate: c.Key, Register: c.Register, Params: params, Needed: c.Needed,
		})
	}
	return out
}

func dependsOnAnswers(c *service.Certificate) bool {
	for _, path := range c.With {
		if strings.HasPrefix(path, "answers.") {
			return true
		}
	}
	return false
}

// aboutWhom is the person whom a certificate is about: the child is the holder of a draft for a child.
func aboutWhom(c *service.Certificate, d Draft, s *service.Service) id.ID {
	if c.About == forChild {
		return d.Holder
	}
	return d.subject(s)
}
