package approval

import (
	_ "embed"
	"net/http"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// kind is what permissions call a person's own account.
const kind = "account"

// own is the permission's object for the signed-in person's own account.
func own(c *web.Context) act.Object { return act.Object{Kind: kind, Holder: c.Person()} }

// worker is the script that takes messages of push services while no page is open. It lies at the root, because it may
// show pages of its own folder alone.
//
//go:embed worker.js
var worker []byte

func (m *Module) offers() {
	m.accounts.Offer(account.Offer{
		Method: account.ByQR, Order: 40, Icon: "qr-code", Title: "approval.offer.qr", Lead: "approval.offer.qr_lead", First: qrFlow.page,
	})
	m.accounts.Offer(account.Offer{
		Method: account.ByPush, Order: 50, Icon: "device-mobile", Title: "approval.offer.push", Lead: "approval.offer.push_lead",
		First: "/sign-in/push", Second: "/sign-in/push/second", Add: "/account/security/push",
	})
}

func (m *Module) routes(s *web.Server, pages *page.Site) {
	m.askingRoutes(s)
	m.answeringRoutes(s)
	m.deviceRoutes(s)
	s.Static("GET /approval-worker.js", http.HandlerFunc(serveWorker))
	pages.Add(page.MenuSecure, page.Link{
		Order: 5, Text: "approval.menu", Href: "/approve", Icon: "bell-ringing", Count: m.pending,
		Show: func(c *web.Context) bool { return m.pending(c) > 0 },
	})
}

func serveWorker(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(worker) // a reader who left is no fault of ours
}

// askingRoutes are of the browser that wants to be let in.
func (m *Module) askingRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "approval.ask_page", May: act.Everyone, PerMinute: 120})
	state := s.Operation(act.Operation{Name: "approval.state", May: act.Everyone, Timeout: 2 * waitFor, PerMinute: 240})
	ask := s.Operation(act.Operation{Name: "approval.ask", May: act.Everyone, Changes: true, PerMinute: 30})
	take := s.Operation(act.Operation{Name: "approval.take", May: act.Everyone, Changes: true, PerMinute: 30})
	s.Page(see, "GET /sign-in/push", m.showContact)
	s.Page(ask, "POST /sign-in/push", m.postContact)
	s.Page(see, "GET /sign-in/push/second", m.showSecond)
	s.Page(ask, "POST /sign-in/push/second", m.postSecond)
	s.Page(ask, "POST /sign-in/qr", m.postQR)
	for _, f := range []flow{qrFlow, firstFlow, secondFlow} {
		s.Page(see, "GET "+f.page, func(c *web.Context) error { return m.showWait(c, f) })
		s.Page(state, "GET "+f.page+"/state", func(c *web.Context) error { return m.showState(c, f) })
		s.Page(take, "POST "+f.page+"/finish", func(c *web.Context) error { return m.postFinish(c, f) })
	}
}

// answeringRoutes are of the device that says yes or no.
func (m *Module) answeringRoutes(s *web.Server) {
	seeQR := s.Operation(act.Operation{Name: "approval.see_qr", May: act.SignedIn, Fresh: act.Lately, NotAtCentre: true, PerMinute: 60})
	answerQR := s.Operation(act.Operation{Name: "approval.answer_qr", May: act.SignedIn, Fresh: act.Lately, NotAtCentre: true, Changes: true, PerMinute: 20})
	see := s.Operation(act.Operation{Name: "approval.see", May: act.Everyone, NotAtCentre: true, PerMinute: 60})
	answering := s.Operation(act.Operation{Name: "approval.answer", May: act.Everyone, Changes: true, PerMinute: 20})
	waits := s.Operation(act.Operation{Name: "approval.waits", May: act.Everyone})
	s.Page(seeQR, "GET /approve/{token}", m.showQRQuestion)
	s.Page(answerQR, "POST /approve/{token}", m.postQRAnswer)
	s.Page(see, "GET /approve", m.showList)
	s.Page(see, "GET /approve/push/{id}", m.showQuestion)
	s.Page(answering, "POST /approve/push/{id}", m.postAnswer)
	s.Page(waits, "GET /approve/push/waits", m.showWaits)

	list := s.Operation(act.Operation{Name: "approval.list", Object: kind, May: act.Self, NotAtCentre: true})
	answerAPI := s.Operation(act.Operation{Name: "approval.answer_api", Object: kind, May: act.Self, Fresh: act.Lately, NotAtCentre: true, Changes: true, PerMinute: 20})
	s.API(list, "GET /api/v1/approvals", m.apiList, web.Describe{
		Summary: "Sign-ins that wait for my answer", Tag: "sign-in", Out: []questionBody{},
		Details: "The right number is not among what is told: the person reads it on the screen that wants to be let in.",
	})
	s.API(list, "GET /api/v1/approvals/{id}", m.apiQuestion, web.Describe{
		Summary: "One sign-in that waits", Tag: "sign-in", Out: questionBody{}, Details: "The id, or the last part of the address in a QR code.",
	})
	s.API(answerAPI, "POST /api/v1/approvals/{id}", m.apiAnswer, web.Describe{
		Summary: "Let a sign-in happen, or refuse it", Tag: "sign-in", In: answerBody{}, Out: verdictBody{},
		Details: "A wrong number refuses for good. not_me refuses and lets unknown browsers ask nothing for a day.",
	})
}

// deviceRoutes are of the page that turns approvals on and off.
func (m *Module) deviceRoutes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "approval.device", Object: kind, May: act.Self, NotAtCentre: true})
	change := s.Operation(act.Operation{Name: "approval.change_device", Object: kind, May: act.Self, Fresh: act.Lately, NotAtCentre: true, Changes: true, PerMinute: 20})
	unmute := s.Operation(act.Operation{Name: "approval.unmute", Object: kind, May: act.Self, NotAtCentre: true, Changes: true})
	s.Page(see, "GET /account/security/push", m.showDevice)
	s.Page(change, "POST /account/security/push", m.postDevice)
	s.Page(change, "POST /account/security/push/off", m.postDeviceOff)
	s.Page(unmute, "POST /account/security/push/unmute", m.postUnmute)
}
