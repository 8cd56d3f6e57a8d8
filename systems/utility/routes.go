package utility

import (
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// operations are the module's.
type operations struct {
	list, read, give            *web.Op
	desk, change, runs, imports *web.Op
}

func (m *Module) operations(s *web.Server) operations {
	own := func(name string, changes bool) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "flat", May: act.Self, Assurance: act.Basic, Look: lookFlat, Changes: changes})
	}
	official := func(o act.Operation) *web.Op {
		o.Object, o.May, o.Assurance = "flat", act.SameAgency, act.Basic
		return s.Operation(o)
	}
	return operations{
		list: own("utility.list", false), read: own("utility.read", false), give: own("utility.give", true),
		desk:    official(act.Operation{Name: "utility.desk", Look: lookDesk}),
		change:  official(act.Operation{Name: "utility.change", Look: lookFlat, Changes: true}),
		runs:    official(act.Operation{Name: "utility.run", Look: lookDesk, Changes: true}),
		imports: official(act.Operation{Name: "utility.import", Look: lookFlat, Changes: true, Body: 12 << 20, Timeout: time.Minute}),
	}
}

func (m *Module) routes(s *web.Server, pages *page.Site) {
	o := m.operations(s)
	s.Page(o.list, "GET /flats", m.showFlats)
	s.Page(o.read, "GET /flats/{home}", m.showFlat)
	s.Page(o.read, "GET /flats/{home}/readings", m.showReadings)
	s.Page(o.give, "POST /flats/{home}/readings", m.postReadings)
	s.Page(o.read, "GET /flats/{home}/debt", m.showDebt)
	s.Page(o.read, "GET /flats/{home}/bills/{period}", m.showBill)
	s.Page(o.read, "GET /flats/{home}/bills/{period}/check", m.showCheck)
	s.Page(o.read, "GET /flats/{home}/bills/{period}/pdf", m.sendPDF)
	m.api(s, o)

	s.Page(o.desk, "GET /desk/utility", m.showDesk)
	s.Page(o.desk, "GET /desk/utility/house", m.showHouse)
	s.Page(o.desk, "GET /desk/utility/import", m.showImport)
	s.Page(o.imports, "POST /desk/utility/import", m.postImport)
	s.Page(o.desk, "GET /desk/utility/imports/{import}", m.showFile)
	s.Page(o.desk, "GET /desk/utility/imports/{import}/bad.csv", m.sendBad)
	s.Page(o.desk, "GET /desk/utility/runs/{period}", m.showRun)
	s.Page(o.runs, "POST /desk/utility/run", m.postRun)
	s.Page(o.change, "POST /desk/utility/review", m.postReview)
	s.Page(o.change, "POST /desk/utility/decide", m.postDecide)
	s.Page(o.desk, "GET /desk/utility/flats/{home}", m.showAccount)
	s.Page(o.desk, "GET /desk/utility/flats/{home}/bills/{period}", m.showDeskBill)
	s.Page(o.change, "POST /desk/utility/flats/{home}/readings", m.postDeskReadings)
	s.Page(o.change, "POST /desk/utility/flats/{home}/recalculations", m.postChange)
	s.Page(o.change, "POST /desk/utility/flats/{home}/again", m.postAgain)

	if pages != nil {
		pages.Add(page.MenuAccount, page.Link{Order: 32, Text: "utility.menu", Href: "/flats", Icon: "house-line"})
		pages.Add(page.MenuDesk, page.Link{Order: 36, Text: "utility.desk.menu", Href: "/desk/utility", Icon: "house-line", Show: m.isCentre})
	}
}

func (m *Module) api(s *web.Server, o operations) {
	s.API(o.list, "GET /api/v1/utility/flats", m.apiFlats, web.Describe{Summary: "Flats of the person's account", Out: []wireFlat{}})
	s.API(o.read, "GET /api/v1/utility/flats/{home}/bills", m.apiBills, web.Describe{Summary: "A flat's monthly bills", Out: []wireMonth{}})
	s.API(o.read, "GET /api/v1/utility/flats/{home}/bills/{period}", m.apiBill, web.Describe{Summary: "A bill with all its inputs, to be computed again", Out: wireBill{}})
	s.API(o.read, "GET /api/v1/utility/flats/{home}/readings", m.apiReadings, web.Describe{Summary: "Readings of a flat's meters in the last year", Out: []wireReading{}})
	s.API(o.give, "POST /api/v1/utility/flats/{home}/readings", m.apiGive, web.Describe{Summary: "Give a reading for the open month", In: apiReading{}, Out: wireReading{}})
}

// isCentre tells whether the official is of the settlement centre.
func (m *Module) isCentre(c *web.Context) bool {
	a := c.Act().Actor
	return a.Kind == act.Official && !a.Agency.IsZero() && a.Agency == m.agencyID()
}
