package pay

import (
	"errors"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) publicRoutes(s *web.Server) {
	m.findRoutes(s)
	check := s.Operation(act.Operation{Name: "pay.check", May: act.Everyone, PerMinute: 30})
	guest := s.Operation(act.Operation{Name: "pay.guest", May: act.Everyone, PerMinute: 120})
	s.Page(check, "GET /pay/check", m.showCheck)
	s.Page(check, "GET /pay/check/{code}", m.showCheck)
	s.Page(check, "GET /pay/check/{code}/pdf", m.sendChecked)
	s.Page(guest, "GET /pay/guest/{payment}", m.showGuest)
	s.Page(guest, "GET /pay/guest/{payment}/state", m.guestState)
	s.Page(guest, "GET /pay/guest/{payment}/qr", m.guestQR)
}

// checkView is what anybody learns by a receipt's code: nothing of who paid.
type checkView struct {
	Code, Fault, Title, Text, PDF string
	Tone                          ui.Tone
	Rows, Lines                   []ui.SummaryRow
}

func (m *Module) showCheck(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	code := c.Path("code")
	if code == "" {
		code = c.Query("code")
	}
	view := checkView{Code: code}
	if code != "" {
		p, err := m.Receipt(c.Context(), code)
		switch {
		case errors.Is(err, ErrNone):
			view.Fault = c.T("pay.check_none")
		case err != nil:
			return err
		default:
			view = m.checked(c, p)
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.check_page"), Layout: page.Plain, Faulty: view.Fault != ""}, checkPage(c, view))
}

func (m *Module) checked(c *web.Context, p Payment) checkView {
	out := checkView{Code: id.FormatCode(p.Code), Title: c.T("pay.check_good"), Text: c.T("pay.check_good_text"), Tone: ui.Success, PDF: "/pay/check/" + p.Code + "/pdf"}
	if p.State != Paid {
		out.Title, out.Text, out.Tone = c.T("pay.receipt_title."+string(p.State)), c.T("pay.receipt_text."+string(p.State)), ui.Warning
	}
	for _, r := range m.receiptRows(p, c.Lang()) {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: r.label, Value: r.value})
	}
	for _, line := range p.Lines {
		out.Lines = append(out.Lines, ui.SummaryRow{Name: line.Title.In(c.Lang()), Value: m.lineWords(p, line, c.Lang())})
	}
	return out
}

func (m *Module) sendChecked(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	p, err := m.Receipt(c.Context(), c.Path("code"))
	if err != nil {
		return err
	}
	return m.sendPaper(c, p)
}

func (m *Module) showGuest(c *web.Context) error {
	p, path, err := m.guest(c)
	if err != nil {
		return err
	}
	if p.State == Open && len(p.Attempts) > 0 {
		if _, err := m.Settle(c.Context(), p.Attempts[0].ID); err != nil {
			m.base.Log.Warn("pay: the bank is silent on a return", "error", err)
		}
		if p, path, err = m.guest(c); err != nil {
			return err
		}
	}
	if p.Code == "" {
		return m.showWaiting(c, p, path)
	}
	if len(p.token) == 0 { // anybody may know its id
		return c.Redirect("/pay/check/" + p.Code)
	}
	refunds, dispute, err := m.Refunds(c.Context(), m.system(), p.Payer, p.ID)
	if err != nil {
		return err
	}
	view := m.receiptView(c, p, refunds, dispute)
	view.PDF = "/pay/check/" + p.Code + "/pdf"
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.receipt"), Layout: page.Plain}, receiptPage(c, view))
}

func (m *Module) guestState(c *web.Context) error {
	p, path, err := m.guest(c)
	if err != nil {
		return err
	}
	return m.tellState(c, p, path)
}

func (m *Module) guestQR(c *web.Context) error {
	p, _, err := m.guest(c)
	if err != nil {
		return err
	}
	return m.sendQR(c, p)
}
