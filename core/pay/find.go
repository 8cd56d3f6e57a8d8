package pay

import (
	"net/mail"
	"slices"
	"strings"

	"posad.city/core/charge"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) findRoutes(s *web.Server) {
	look := s.Operation(act.Operation{Name: "pay.find_page", May: act.Everyone})
	find := s.Operation(act.Operation{Name: "pay.find", May: act.Everyone, Changes: true, PerMinute: 20})
	pays := s.Operation(act.Operation{Name: "pay.pay_found", May: act.Everyone, Changes: true, PerMinute: 20})
	s.Page(look, "GET /pay/find", m.showFind)
	s.Page(find, "POST /pay/find", m.postFind)
	s.Page(pays, "POST /pay/find/pay", m.payFound)
}

// findForm is what somebody gives to find bills without signing in, and how they pay what they found.
type findForm struct {
	By     charge.By `json:"by" max:"20"`
	Value  string    `json:"value" max:"60"`
	Second string    `json:"second" max:"60"`
	Charge []id.ID   `json:"charge"`
	Method string    `json:"method" max:"20"`
	Email  string    `json:"email" max:"200"`
}

// findView is the page of finding.
type findView struct {
	Form    findForm
	Ways    []ui.Choice
	Faults  []fault.Field
	Found   bool
	Picks   []ui.PickItem
	Over    []ui.RowItem // found, with nothing to pay
	Methods []ui.Choice
	Mail    bool
	Seconds string
}

func (m *Module) showFind(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	return m.renderFind(c, findForm{By: charge.ByNumber, Value: c.Query("number")}, nil, nil)
}

func (m *Module) renderFind(c *web.Context, f findForm, found []charge.Found, faults []fault.Field) error {
	view := findView{Form: f, Faults: faults, Found: found != nil, Mail: m.deps.Mail != nil}
	ways := []charge.By{charge.ByNumber}
	var seconds []string
	for _, way := range m.deps.Charges.Ways() {
		by := charge.By(way.By)
		if !slices.Contains(ways, by) {
			ways = append(ways, by)
		}
		if words := way.Second.In(c.Lang()); words != "" && !slices.Contains(seconds, words) {
			seconds = append(seconds, words)
		}
	}
	for _, by := range ways {
		view.Ways = append(view.Ways, ui.Choice{Value: string(by), Text: c.T("charge.by." + string(by))})
	}
	view.Seconds = strings.Join(seconds, ", ")
	zone := m.deps.Zone()
	for _, one := range found {
		whole := charge.Charge{ID: one.ID, Home: one.Home, Payee: one.Payee, Number: one.Number, Title: one.Title, Amount: one.Amount, State: one.State, Due: one.Due}
		if one.State.Open() && one.Owed.Left > 0 {
			item := m.pickOwed(c, whole, one.Owed, zone)
			item.Href, item.Chosen = "", len(found) == 1 || slices.Contains(f.Charge, one.ID)
			item.Note += " · " + c.T("pay.number") + " " + id.FormatNumber(one.Number)
			view.Picks = append(view.Picks, item)
			continue
		}
		row := pastRow(c, whole)
		row.Href = ""
		view.Over = append(view.Over, row)
	}
	for _, method := range []Method{ByPage, ByQR} {
		view.Methods = append(view.Methods, ui.Choice{Value: string(method), Text: c.T("pay.method_name." + string(method)), Hint: c.T("pay.method_hint." + string(method))})
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.find_title"), Layout: page.Plain, Faulty: len(faults) > 0}, findPage(c, view))
}

// search finds bills by what was typed; faults are about its fields.
func (m *Module) search(c *web.Context, f findForm) ([]charge.Found, []fault.Field, error) {
	found, err := m.deps.Charges.Find(c.Context(), charge.Query{For: charge.Identifier{By: f.By, Value: f.Value}, Second: strings.TrimSpace(f.Second)})
	if err == nil {
		return found, nil, nil
	}
	if known := fault.Of(err); known.Kind == fault.Invalid {
		return nil, []fault.Field{{Name: "value", ID: known.ID, Params: known.Params}}, nil
	}
	return nil, nil, err
}

func (m *Module) postFind(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	var f findForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	found, faults, err := m.search(c, f)
	if err != nil {
		return err
	}
	if found == nil && len(faults) == 0 {
		found = []charge.Found{}
	}
	return m.renderFind(c, f, found, faults)
}

// payFound pays bills that were found: whoever knows enough to find them may pay them. They are looked for again, so that
// nothing but what finds them is believed.
func (m *Module) payFound(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	var f findForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	found, faults, err := m.search(c, f)
	if err != nil {
		return err
	}
	b := Basket{Method: Method(f.Method), Email: strings.TrimSpace(f.Email), Found: true, Visit: c.Visit()}
	if c.Act().Actor.Kind == act.Person { // an official at a window pays for a visitor, not for themselves
		b.Payer = c.Person()
	}
	for _, one := range found {
		if slices.Contains(f.Charge, one.ID) {
			b.Asks = append(b.Asks, Ask{Home: one.Home, Charge: one.ID})
		}
	}
	if len(b.Asks) == 0 {
		faults = append(faults, fault.Field{Name: "charge", ID: "pay.flash_choose"})
	}
	if a, err := mail.ParseAddress(b.Email); b.Email != "" && (err != nil || a.Address != b.Email) {
		faults = append(faults, fault.Field{Name: "email", ID: "pay.email_bad"})
	}
	if len(faults) > 0 {
		return m.renderFind(c, f, found, faults)
	}
	begun, err := m.Begin(c.Context(), c.Act(), b, c.Lang())
	if known := fault.Of(err); err != nil && known.Kind != fault.Internal {
		return m.renderFind(c, f, found, []fault.Field{{Name: "charge", ID: known.ID}})
	}
	if err != nil {
		return err
	}
	if begun.State == Open && begun.Page != "" && begun.QR == "" {
		return c.RedirectOut(begun.Page)
	}
	if begun.Token != "" {
		return c.Redirect(guestPath(Payment{ID: begun.Payment}, begun.Token))
	}
	return c.Redirect("/pay/payment/" + begun.Payment.String())
}
