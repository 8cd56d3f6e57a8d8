package service

import "strings"

// PlanKind is where something that an application needs comes from.
type PlanKind string

// The kinds, in the order in which they are told.
const (
	PlanHas   PlanKind = "has"   // the city has it already: nothing is asked
	PlanFetch PlanKind = "fetch" // the city asks another agency
	PlanBring PlanKind = "bring" // the applicant attaches it
	PlanCome  PlanKind = "come"  // the applicant comes in person, at a time that they choose
	PlanSign  PlanKind = "sign"  // somebody else signs too
)

// PlanItem is one thing that an application needs.
type PlanItem struct {
	Kind   PlanKind
	Title  Text
	Why    Text
	Agency Text // that holds it, or where one comes; empty for the applicant's own
	Maybe  bool // only in some cases: the form says which
	// What happens when the agency stays silent: who is asked in its place, or the question that the form asks then.
	Other, Asked Text
}

// Plan is everything that an application needs beside the answers, told before one starts: what the city has, what it
// will ask for, what one brings, where one comes and who signs. Each is named once.
func (c *City) Plan(s *Service) []PlanItem {
	p := planner{city: c, service: s}
	p.known()
	for i := range s.Certificates {
		p.certificate(&s.Certificates[i])
	}
	p.fields(TypeFile, p.paper)
	p.fields(TypeSlot, p.visit)
	p.signers()
	return p.out
}

type planner struct {
	city    *City
	service *Service
	out     []PlanItem
}

// fields calls do for each field of a type, telling whether it is asked in some cases only.
func (p *planner) fields(t Type, do func(f *Field, maybe bool)) {
	for i := range p.service.Form.Steps {
		step := &p.service.Form.Steps[i]
		for j := range step.Fields {
			f := &step.Fields[j]
			if f.Type == t {
				do(f, f.Optional || f.When != "" || step.When != "")
			}
		}
	}
}

// known are the answers that the account gives.
func (p *planner) known() {
	for i := range p.service.Form.Steps {
		for j := range p.service.Form.Steps[i].Fields {
			f := &p.service.Form.Steps[i].Fields[j]
			if strings.HasPrefix(f.Known, "applicant.") {
				p.out = append(p.out, PlanItem{Kind: PlanHas, Title: f.Label, Why: f.Why, Maybe: f.Optional})
			}
		}
	}
}

func (p *planner) certificate(c *Certificate) {
	register, ok := p.city.Register(c.Register)
	if !ok {
		return
	}
	item := PlanItem{Kind: PlanFetch, Title: register.Title, Why: c.Needed, Maybe: c.When != ""}
	if agency, ok := p.city.Agency(register.Agency); ok {
		item.Agency = agency.Short
	}
	if other, ok := p.city.Register(register.Fallback); ok {
		item.Other = other.Title
	}
	if c.Ask != "" {
		for i := range p.service.Form.Steps {
			for j := range p.service.Form.Steps[i].Fields {
				if f := &p.service.Form.Steps[i].Fields[j]; f.Key == c.Ask {
					item.Asked = f.Label
				}
			}
		}
	}
	p.out = append(p.out, item)
}

func (p *planner) paper(f *Field, maybe bool) {
	why := f.Hint
	if why.IsZero() {
		why = f.Why
	}
	p.out = append(p.out, PlanItem{Kind: PlanBring, Title: f.Label, Why: why, Maybe: maybe})
}

func (p *planner) visit(f *Field, maybe bool) {
	item := PlanItem{Kind: PlanCome, Title: f.Label, Why: f.Why, Maybe: maybe}
	if r, ok := p.city.Resource(f.Resource); ok {
		item.Agency, item.Why = r.Address, r.Bring
	}
	p.out = append(p.out, item)
}

func (p *planner) signers() {
	for i := range p.service.Steps {
		for _, key := range p.service.Steps[i].Signers {
			if f, ok := p.service.Field(key); ok {
				p.out = append(p.out, PlanItem{Kind: PlanSign, Title: f.Label, Why: f.Why, Maybe: f.Optional || f.When != ""})
			}
		}
	}
}

// Eligibility tells whether the service asks before its form whether one may apply at all.
func (s *Service) Eligibility() bool {
	for i := range s.Form.Steps {
		if s.Form.Steps[i].Eligibility {
			return true
		}
	}
	return false
}
