package booking

import (
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// scope is what a mandate must have for another's appointments.
const scope = "apply"

// operations are the module's.
type operations struct {
	public, list, read, book, change *web.Op
	desk, deskRead, mark, callOff    *web.Op
}

func (m *Module) operations(s *web.Server) operations {
	own := func(name string, changes bool) *web.Op {
		return s.Operation(act.Operation{
			Name: name, Object: "booking", May: act.Self | act.ByMandate, Scope: scope, Assurance: act.Basic, Look: lookBooking, Changes: changes,
		})
	}
	official := func(name string, changes bool) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "booking", May: act.SameAgency, Assurance: act.Basic, Look: lookBooking, Changes: changes})
	}
	return operations{
		public: s.Operation(act.Operation{Name: "booking.free", May: act.Everyone}),
		list:   s.Operation(act.Operation{Name: "booking.list", Object: "booking", May: act.Self, Assurance: act.Basic, Look: lookVisits}),
		read:   own("booking.read", false),
		book: s.Operation(act.Operation{
			Name: "booking.book", Object: "booking", May: act.Self, Assurance: act.Basic, Look: lookVisits, Changes: true, PerMinute: 30,
		}),
		change:   own("booking.change", true),
		desk:     s.Operation(act.Operation{Name: "booking.desk", Object: "desk", May: act.SameAgency, Assurance: act.Basic, Look: lookDay}),
		deskRead: official("booking.desk_read", false),
		mark:     official("booking.mark", true),
		callOff:  official("booking.call_off", true),
	}
}

func (m *Module) routes(s *web.Server, pages *page.Site) {
	ops := m.operations(s)
	s.Page(ops.public, "GET /visits/resources", m.showResources)
	s.Page(ops.public, "GET /visits/new/{resource}", m.showNew)
	s.Page(ops.book, "POST /visits/new/{resource}", m.postNew)
	s.Page(ops.list, "GET /visits", m.showVisits)
	s.Page(ops.read, "GET /visits/{booking}", m.showVisit)
	s.Page(ops.read, "GET /visits/file/{booking}", m.sendFile)
	s.Page(ops.read, "GET /visits/move/{booking}", m.showMove)
	s.Page(ops.read, "GET /visits/cancel/{booking}", m.showCancel)
	s.Page(ops.change, "POST /visits/confirm/{booking}", m.postConfirm)
	s.Page(ops.change, "POST /visits/move/{booking}", m.postMove)
	s.Page(ops.change, "POST /visits/cancel/{booking}", m.postCancel)

	s.Page(ops.desk, "GET /desk/visits", m.showDay)
	s.Page(ops.deskRead, "GET /desk/visits/off/{booking}", m.showCallOff)
	s.Page(ops.mark, "POST /desk/visits/mark/{booking}", m.postMark)
	s.Page(ops.callOff, "POST /desk/visits/off/{booking}", m.postCallOff)
	m.api(s, ops)

	if pages != nil {
		pages.Add(page.MenuAccount, page.Link{Order: 26, Text: "booking.menu", Href: "/visits", Icon: "calendar-dots"})
		pages.Add(page.MenuDesk, page.Link{Order: 30, Text: "booking.desk.menu", Href: "/desk/visits", Icon: "calendar-dots", Show: m.hasResources})
	}
}

// hasResources tells whether the official's agency receives by appointment.
func (m *Module) hasResources(c *web.Context) bool {
	a := c.Act()
	if a.Actor.Kind != act.Official {
		return false
	}
	for _, r := range m.Resources() {
		if agencyID(r.Agency) == a.Actor.Agency {
			return true
		}
	}
	return false
}
