package casework

import (
	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// answerBody bounds an answer with its files.
const answerBody = 52 << 20

// operations are what a resident does with a case.
type operations struct {
	list, read, answer, withdraw, rate, correct *web.Op
}

func (m *Module) routes(s *web.Server) {
	op := func(name, scope string, changes bool, body int64) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "case", May: act.Self | act.ByMandate, Scope: scope, Assurance: act.Basic, Look: lookCase, Changes: changes, Body: body})
	}
	o := operations{
		list: s.Operation(act.Operation{Name: "casework.list", Object: "case", May: act.Self, Assurance: act.Basic, Look: "casework.look.list"}),
		read: op("casework.read", mandate.ScopeRead, false, 0), answer: op("casework.answer", mandate.ScopeApply, true, answerBody),
		withdraw: op("casework.withdraw", mandate.ScopeApply, true, 0), rate: op("casework.rate", mandate.ScopeApply, true, 0),
		correct: op("casework.ask_correction", mandate.ScopeApply, true, 0),
	}
	m.ops = o
	s.Page(o.list, "GET /cases", m.showCases)
	s.Page(o.read, "GET /cases/{number}", m.showCase)
	s.Page(o.answer, "POST /cases/{number}/answers", m.postAnswer)
	s.Page(o.withdraw, "POST /cases/{number}/withdraw", m.postWithdraw)
	s.Page(o.rate, "POST /cases/{number}/rating", m.postRating)
	s.Page(o.correct, "POST /cases/{number}/corrections", m.postCorrection)
	s.Page(o.read, "GET /cases/{number}/promise", m.sendReceipt)
	s.Page(o.read, "GET /cases/{number}/decision", m.sendDecision)
	m.api(s, o)
	m.ledgerRoutes(s)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 20, Text: "casework.menu", Href: "/cases", Icon: "files"})
	}
}

// own is a list of a person's own, as permission sees it.
func own(person id.ID) act.Object { return act.Object{Kind: "case", Holder: person} }

// may finds the case that the path names and asks whether the actor may. To a child's case its applicant comes by their
// mandate, as the other parent does: when it ends, so does what they may see and do there.
func (m *Module) may(c *web.Context) (Ref, error) {
	r, err := m.Find(c.Context(), c.Path("number"))
	if err != nil {
		return Ref{}, err
	}
	object := r.Object()
	object.Persons = nil
	return r, c.May(object)
}
