package charity

import (
	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

// theirs is a fund as permission sees it: the organisation.
func theirs(fund id.ID) act.Object { return act.Object{Kind: "organisation", Holder: fund} }

func (m *Module) routes(s *web.Server) {
	m.publicRoutes(s)
	m.myRoutes(s)
	m.fundRoutes(s)
	m.deskRoutes(s)
	if m.base.Pages == nil {
		return
	}
	m.base.Pages.Add(page.MenuMain, page.Link{Order: 45, Text: "charity.menu", Href: "/charity"})
	m.base.Pages.Add(page.MenuAccount, page.Link{Order: 35, Text: "charity.mine", Href: "/account/gifts", Icon: "plant-duotone"})
	m.base.Pages.Add(page.MenuDesk, page.Link{
		Order: 70, Text: "charity.desk_menu", Href: "/desk/charity", Icon: "plant-duotone",
		Show: func(c *web.Context) bool {
			a := c.Act()
			return a.Actor.Kind == act.Official && a.Actor.Agency == m.deps.City().Agency && !a.Actor.Agency.IsZero()
		},
	})
}

func (m *Module) publicRoutes(s *web.Server) {
	browse := s.Operation(act.Operation{Name: "charity.browse", May: act.Everyone})
	where := s.Operation(act.Operation{Name: "charity.where", May: act.Everyone, PerMinute: 30})
	give := s.Operation(act.Operation{Name: "charity.give", May: act.Everyone, Changes: true, PerMinute: 20})
	s.Page(browse, "GET /charity", m.showHome)
	s.Page(browse, "GET /charity/funds", m.showFunds)
	s.Page(browse, "GET /charity/funds/{fund}", m.showFund)
	s.Page(browse, "GET /charity/funds/{fund}/books", m.showBooks)
	s.Page(browse, "GET /charity/funds/{fund}/books.csv", m.booksCSV)
	s.Page(browse, "GET /charity/appeals/{appeal}", m.showAppeal)
	s.Page(browse, "GET /charity/files/{picture}", m.showFile)
	s.Page(browse, "GET /charity/give/{aim}", m.showGive)
	s.Page(give, "POST /charity/give/{aim}", m.checkGive)
	s.Page(give, "POST /charity/pay/{aim}", m.payGift)
	s.Page(where, "GET /charity/where/{code}", m.showWhere)
	m.publicAPI(s, browse, where)
}

func (m *Module) myRoutes(s *web.Server) {
	mine := s.Operation(act.Operation{Name: "charity.mine", Object: "account", May: act.Self, Assurance: act.Basic, Look: lookGifts})
	change := s.Operation(act.Operation{Name: "charity.change", Object: "account", May: act.Self, Assurance: act.Basic, Changes: true, Look: lookGifts})
	// A monthly gift is consent to take money without asking each time: whoever gives it is there, and shows it.
	consenting := s.Operation(act.Operation{Name: "charity.consenting", Object: "account", May: act.Self, Assurance: act.Standard, Fresh: act.Lately, Look: lookGifts})
	consent := s.Operation(act.Operation{
		Name: "charity.consent", Object: "account", May: act.Self, Assurance: act.Standard, Fresh: act.Lately, Changes: true, PerMinute: 20, Look: lookGifts,
	})
	s.Page(consenting, "GET /charity/monthly/{aim}", m.showMonthly)
	s.Page(consent, "POST /charity/monthly/{aim}", m.postMonthly)
	s.Page(mine, "GET /account/gifts", m.showMine)
	s.Page(mine, "GET /account/gifts/statement/{year}", m.showStatement)
	s.Page(change, "POST /account/gifts/{gift}/pay", m.postPay)
	s.Page(change, "POST /account/gifts/{gift}/back", m.postBack)
	s.Page(change, "POST /account/gifts/{gift}/hide", m.postHide)
	s.Page(change, "POST /account/gifts/monthly/{monthly}/stop", m.postStop)
	m.myAPI(s, mine, change)
}

func (m *Module) fundRoutes(s *web.Server) {
	list := s.Operation(act.Operation{Name: "charity.funds", Object: "account", May: act.Self, Assurance: act.Basic})
	read := s.Operation(act.Operation{Name: "charity.fund", Object: "organisation", May: act.Self | act.ByMandate, Scope: mandate.ScopeRead, Assurance: act.Basic})
	keep := s.Operation(act.Operation{
		Name: "charity.fund_change", Object: "organisation", May: act.Self | act.ByMandate, Scope: mandate.ScopeApply, Assurance: act.Basic, Changes: true, Body: filesMost*fileMost + 1<<20,
	})
	spend := s.Operation(act.Operation{
		Name: "charity.fund_spend", Object: "organisation", May: act.Self | act.ByMandate, Scope: mandate.ScopePay, Assurance: act.Standard, Changes: true, NotAtCentre: true,
	})
	s.Page(list, "GET /account/funds", m.showMyFunds)
	s.Page(read, "GET /account/funds/{organisation}", m.showOffice)
	s.Page(read, "GET /account/funds/{organisation}/about", m.showAbout)
	s.Page(keep, "POST /account/funds/{organisation}/about", m.postAbout)
	s.Page(read, "GET /account/funds/{organisation}/appeal", m.showAppealForm)
	s.Page(keep, "POST /account/funds/{organisation}/appeal", m.postAppeal)
	s.Page(read, "GET /account/funds/{organisation}/report", m.showReportForm)
	s.Page(keep, "POST /account/funds/{organisation}/report", m.postReport)
	s.Page(read, "GET /account/funds/{organisation}/payout", m.showPayoutForm)
	s.Page(spend, "POST /account/funds/{organisation}/payout", m.postPayout)
	s.Page(spend, "POST /account/funds/{organisation}/payout/back", m.postPayoutBack)
}

func (m *Module) deskRoutes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "charity.desk", Object: "charity", May: act.SameAgency, Assurance: act.Basic})
	decide := s.Operation(act.Operation{Name: "charity.decide", Object: "charity", May: act.SameAgency, Assurance: act.Standard, Changes: true, NotAtCentre: true, Look: lookActs})
	s.Page(read, "GET /desk/charity", m.showDesk)
	s.Page(read, "GET /desk/charity/funds/{fund}", m.showDeskFund)
	s.Page(decide, "POST /desk/charity/funds/{fund}", m.postFundVerdict)
	s.Page(decide, "POST /desk/charity/funds/{fund}/change", m.postChangeVerdict)
	s.Page(read, "GET /desk/charity/appeals/{appeal}", m.showDeskAppeal)
	s.Page(decide, "POST /desk/charity/appeals/{appeal}", m.postAppealVerdict)
	s.Page(read, "GET /desk/charity/payouts/{payout}", m.showDeskPayout)
	s.Page(decide, "POST /desk/charity/payouts/{payout}", m.postPayoutVerdict)
}

// The addresses of pages.
func appealPath(appeal id.ID) string { return "/charity/appeals/" + appeal.String() }
func fundPath(fund id.ID) string     { return "/charity/funds/" + fund.String() }
func givePath(aim id.ID) string      { return "/charity/give/" + aim.String() }
func officePath(fund id.ID) string   { return "/account/funds/" + fund.String() }
