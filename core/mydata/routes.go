package mydata

import (
	"net/http"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// own is the data of whoever is signed in: there is no way to name another's.
func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

// persons are the signed-in person and those who were merged into them.
func persons(c *web.Context) []id.ID { return append([]id.ID{c.Person()}, also(c)...) }

func also(c *web.Context) []id.ID {
	session, ok := c.Session()
	if !ok {
		return nil
	}
	return session.Also
}

func (m *Module) routes(s *web.Server) {
	self := func(name, look string) act.Operation {
		return act.Operation{Name: name, Object: "account", May: act.Self, Assurance: act.Basic, Look: look}
	}
	fresh := func(o act.Operation) act.Operation {
		o.Fresh = act.Lately
		return o
	}
	changes := func(o act.Operation) act.Operation {
		o.Changes = true
		return o
	}
	read := s.Operation(self("mydata.read", "mydata.look.data"))
	ask := s.Operation(changes(fresh(self("mydata.copy", ""))))
	take := s.Operation(fresh(self("mydata.take", "mydata.look.data")))
	erase := s.Operation(changes(fresh(self("mydata.erase", ""))))
	cancel := s.Operation(changes(self("mydata.cancel", "")))
	looks := s.Operation(self("mydata.looks", lookLooks))
	complain := s.Operation(changes(self("mydata.complain", lookLooks)))
	form := s.Operation(act.Operation{Name: "mydata.form", May: act.Everyone})

	s.Page(read, "GET /account/data", m.showData)
	s.Page(read, "GET /account/data/kinds/{kind}", m.showKind)
	s.Page(ask, "POST /account/data/copies", m.postCopy)
	s.Page(read, "GET /account/data/copies/{copy}", m.showCopy)
	s.Page(take, "GET /account/data/copies/{copy}/{file}", m.sendCopy)
	s.Page(read, "GET /account/data/delete", m.showDelete)
	s.Page(erase, "POST /account/data/delete", m.postDelete)
	s.Page(cancel, "POST /account/data/delete/cancel", m.postCancel)
	s.Page(looks, "GET /account/looks", m.showLooks)
	s.Page(looks, "GET /account/looks/file", m.sendLooks)
	s.Page(complain, "POST /account/looks/complaint", m.postComplaint)

	s.API(read, "GET /api/v1/data", m.apiData, web.Describe{Summary: "What the city holds of the person, the newest of each kind", Out: []WireHolding{}})
	s.API(ask, "POST /api/v1/data/copies", m.apiAskCopy, web.Describe{Summary: "Have a copy of everything made", Out: wireCopy{}, Status: http.StatusAccepted})
	s.API(read, "GET /api/v1/data/copies/{copy}", m.apiCopy, web.Describe{Summary: "How far a copy is", Out: wireCopy{}})
	s.API(take, "GET /api/v1/data/copies/{copy}/{file}", m.sendCopy, web.Describe{Summary: "A file of a copy: json or pdf"})
	s.API(form, "GET /api/v1/data/schema", m.apiSchema, web.Describe{Summary: "JSON Schema of a copy"})
	s.API(read, "GET /api/v1/data/erasure", m.apiErasure, web.Describe{Summary: "The wish to be erased, and what would go and stay", Out: wireErasure{}})
	s.API(erase, "POST /api/v1/data/erasure", m.apiErase, web.Describe{Summary: "Ask to be erased after the cooling-off", Out: wireErasure{}, Status: http.StatusAccepted})
	s.API(cancel, "DELETE /api/v1/data/erasure", m.apiCancel, web.Describe{Summary: "Take the wish back", Status: http.StatusNoContent})
	s.API(looks, "GET /api/v1/looks", m.apiLooks, web.Describe{Summary: "Who looked at the person's data, why and when", Out: []WireLook{}, Params: []web.Param{
		{Name: "before", Text: "Only looks before this moment (RFC 3339)"}, {Name: "who", Text: "official, agency, mandate or site"},
		{Name: "from", Text: "The first day, 2026-11-21"}, {Name: "to", Text: "The last day"}, {Name: "agency", Text: "Key of an agency"}, {Name: "case", Text: "Id of a case"},
	}})
	m.deskRoutes(s)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount,
			page.Link{Order: 46, Text: "mydata.menu", Href: "/account/data", Icon: "files"},
			page.Link{Order: 48, Text: "mydata.menu_looks", Href: "/account/looks", Icon: "eyeglasses"})
	}
}

func (m *Module) deskRoutes(s *web.Server) {
	office := act.Operation{Object: "investigation", May: act.SameAgency, Assurance: act.Verified}
	list, open, look := office, office, office
	list.Name = "mydata.investigations"
	open.Name, open.Changes, open.Strong, open.Fresh = "mydata.investigate", true, true, act.Lately
	look.Name, look.Look, look.Strong = "mydata.look_into", "mydata.look.investigation", true
	listed, opened, looked := s.Operation(list), s.Operation(open), s.Operation(look)
	s.Page(listed, "GET /desk/investigations", m.showInvestigations)
	s.Page(opened, "POST /desk/investigations", m.postInvestigation)
	s.Page(looked, "GET /desk/investigations/{investigation}", m.showInvestigation)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 80, Text: "mydata.desk.menu", Href: "/desk/investigations", Icon: "magnifying-glass", Show: m.seesInvestigations})
	}
}

// seesInvestigations tells whether the desk's menu shows investigations to the person of the page.
func (m *Module) seesInvestigations(c *web.Context) bool {
	_, err := m.mayInvestigate(c.Act())
	return err == nil
}
