package pay

import (
	"errors"
	"net/url"
	"slices"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// pathDesk is where an agency looks at what it received.
const pathDesk = "/desk/payments"

// Actions of the journal.
const (
	journalRefund  = "pay.refund"
	journalAgain   = "pay.refund_again"
	journalDispute = "pay.dispute_answer"
)

func (m *Module) deskRoutes(s *web.Server) {
	list := s.Operation(act.Operation{Name: "pay.income", Object: "income", May: act.SameAgency})
	read := s.Operation(act.Operation{Name: "pay.income_read", Object: "income", May: act.SameAgency, Look: lookPayment})
	refund := s.Operation(act.Operation{Name: "pay.refund", Object: "income", May: act.SameAgency, Look: lookPayment, Changes: true, Fresh: act.Lately})
	again := s.Operation(act.Operation{Name: "pay.refund_again", Object: "income", May: act.SameAgency, Look: lookPayment, Changes: true, Fresh: act.Lately})
	answer := s.Operation(act.Operation{Name: "pay.answer_dispute", Object: "income", May: act.SameAgency, Look: lookPayment, Changes: true})
	s.Page(list, "GET "+pathDesk, m.showIncome)
	s.Page(read, "GET "+pathDesk+"/{payment}", m.showIncomePayment)
	s.Page(refund, "POST "+pathDesk+"/{payment}/refund", m.postRefund)
	s.Page(again, "POST "+pathDesk+"/{payment}/refunds/{refund}/again", m.postRefundAgain)
	s.Page(answer, "POST "+pathDesk+"/{payment}/answer", m.postAnswer)
	program := s.Operation(act.Operation{Name: "pay.api_income", Object: "income", May: act.SameAgency | act.OwnProgram, Key: "payments:read"})
	s.API(program, "GET /api/v1/agency/payments", m.apiIncome, web.Describe{
		Summary: "What the agency received, newest first", Out: []wireIncome{},
		Params: []web.Param{{Name: "state", Text: "paid, part_back, back, disputed or lost; left out: all"}, {Name: "before", Text: "Id of the last payment of the page before"}},
	})
	s.API(refund, "POST /api/v1/agency/payments/{payment}/refunds", m.apiRefund, web.Describe{Summary: "Give back what a payment paid for a charge, whole or in part", In: wireRefunding{}, Out: wireRefund{}, Status: 201})
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 32, Text: "pay.desk_menu", Href: pathDesk, Icon: "wallet", Show: isOfficial})
	}
}

func isOfficial(c *web.Context) bool { return c.Act().Actor.Kind == act.Official }

// income is what an agency received, as permission sees it.
func income(agency id.ID) act.Object { return act.Object{Kind: "income", Agency: agency} }

// incomeView is the agency's list.
type incomeView struct {
	Table ui.DataTableProps
	Views []ui.Link
	Next  string
	Empty bool
}

// incomeLines is a page of the agency's list. To a sandbox's key no real payment is there: its own stand at /api/v1/agency/sandbox.
func (m *Module) incomeLines(c *web.Context) ([]IncomeLine, error) {
	own := income(c.Act().Actor.Agency)
	own.Test = c.Act().Test
	if err := c.May(own); err != nil || own.Test {
		return nil, err
	}
	before, err := id.Parse(c.Query("before"))
	if err != nil {
		before = id.ID{}
	}
	return m.IncomeOf(c.Context(), c.Act().Actor.Agency, IncomeState(c.Query("state")), before)
}

func (m *Module) showIncome(c *web.Context) error {
	list, err := m.incomeLines(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.desk_title"), Layout: page.Desk}, incomePage(c, m.incomeView(c, list)))
}

var incomeTones = map[IncomeState]ui.Tone{IncomePaid: ui.Success, IncomePartBack: ui.Info, IncomeBack: ui.Neutral, IncomeDisputed: ui.Warning, IncomeLost: ui.Fault}

func (m *Module) incomeView(c *web.Context, list []IncomeLine) incomeView {
	l, zone := c.Lang(), m.deps.Zone()
	out := incomeView{Empty: len(list) == 0, Table: ui.DataTableProps{
		Caption: c.T("pay.desk_title"),
		Columns: []ui.Column{{Title: c.T("pay.for")}, {Title: c.T("pay.amount")}, {Title: c.T("pay.desk_state")}, {Title: c.T("pay.settled")}, {Title: c.T("pay.method_label")}},
	}}
	for _, one := range list {
		back := ""
		if one.Refunded > 0 {
			back = c.T("pay.line_refunded", "amount", money.Amount{Minor: one.Refunded, Currency: one.Amount.Currency}.In(l))
		}
		out.Table.Rows = append(out.Table.Rows, ui.TableRow{
			Title: one.Title.In(l), Href: pathDesk + "/" + one.Payment.String(), Note: c.T("pay.number") + " " + id.FormatNumber(one.Number),
			Cells: []ui.TableCell{
				{Text: one.Amount.In(l), Note: back}, {Tag: &ui.TagProps{Text: c.T("pay.income." + string(one.State)), Tone: incomeTones[one.State]}},
				{Text: lang.DateNear(l, calendar.DateOf(one.At, zone), calendar.DateOf(c.Now(), zone)), Note: lang.Time(l, one.At.In(zone))}, {Text: c.T("pay.method_name." + string(one.Method))},
			},
		})
	}
	state := c.Query("state")
	for _, one := range []IncomeState{"", IncomeDisputed, IncomePartBack, IncomeBack, IncomeLost} {
		path, text := pathDesk, c.T("pay.income.all")
		if one != "" {
			path, text = pathDesk+"?state="+string(one), c.T("pay.income."+string(one))
		}
		out.Views = append(out.Views, ui.Link{Text: text, Href: path, Current: state == string(one)})
	}
	if len(list) >= incomeMost {
		query := url.Values{"before": {list[len(list)-1].Payment.String()}}
		if state != "" {
			query.Set("state", state)
		}
		out.Next = pathDesk + "?" + query.Encode()
	}
	return out
}

// agencyPayment finds a payment that the official's agency received something of, and asks whether they may see it.
func (m *Module) agencyPayment(c *web.Context) (Payment, error) {
	key, err := c.ID("payment")
	if err != nil {
		return Payment{}, err
	}
	home, err := m.home(c.Context(), key)
	if err != nil {
		return Payment{}, err
	}
	agency := c.Act().Actor.Agency
	p, err := m.Payment(c.Context(), m.system(), home.Payer, home.Payment)
	if err != nil {
		return p, err
	}
	if !p.of(agency) {
		agency = id.ID{} // somebody else's: as if it was not there
	}
	if err := c.May(income(agency)); err != nil {
		return p, err
	}
	return m.Payment(c.Context(), c.Act(), home.Payer, home.Payment)
}

// of tells whether a payee received something of a payment.
func (p Payment) of(payee id.ID) bool {
	for _, l := range p.Lines {
		if l.Payee == payee && !payee.IsZero() {
			return true
		}
	}
	return false
}

// ofAlone tells whether all of a payment is one payee's.
func (p Payment) ofAlone(payee id.ID) bool {
	return !slices.ContainsFunc(p.Lines, func(l Line) bool { return l.Payee != payee })
}

// paidTo is what a payment brought one payee, minor units.
func (p Payment) paidTo(payee id.ID) int64 {
	out := int64(0)
	for _, l := range p.Lines {
		if l.Payee == payee {
			out += l.Taken
		}
	}
	return out
}

// givenBy is what a payee gave back of a payment, minor units.
func (p Payment) givenBy(payee id.ID) int64 {
	out := int64(0)
	for _, l := range p.Lines {
		if l.Payee == payee {
			out += l.Refunded
		}
	}
	return out
}

// mayAsk tells whether a payee may have the bank asked again for a refund: its own, or one of a payment that is all its own.
func (p Payment) mayAsk(payee id.ID, r Refund) bool { return r.Payee == payee || p.ofAlone(payee) }

// deskRows say of a payment what one payee may know: its own sum. The check code opens the whole receipt, and stays with who paid.
func (m *Module) deskRows(p Payment, payee id.ID, l lang.Language) []row {
	say := func(key string, args ...any) string { return m.base.Texts.Text(l, key, args...) }
	out := []row{
		{say("pay.amount"), m.sum(p, p.paidTo(payee), l)},
		{say("pay.settled"), lang.FullMoment(l, p.Ended, m.deps.Zone())},
		{say("pay.method_label"), say("pay.method_name." + string(p.Method))},
	}
	if back := p.givenBy(payee); back > 0 {
		out = append(out, row{say("pay.given_back"), m.sum(p, back, l)})
	}
	return out
}

// deskView is a payment as its agency sees it: its own lines alone.
type deskView struct {
	ID             string
	Rows           []ui.SummaryRow
	Lines          []deskLine
	Back           []deskBack
	Dispute        *DisputeCase
	DisputeText    string
	DisputeAmount  string
	DisputeAnswer  string // of this payee
	Key            string
	Faults         []fault.Field
	Typed          refundForm
	TypedCharge    string
	CanBeGivenBack bool
}

type deskLine struct {
	Charge, Title, Words, Left string
	Can                        bool
}

type deskBack struct {
	ID, Title, Words string
	Refused          bool
}

func (m *Module) showIncomePayment(c *web.Context) error {
	p, err := m.agencyPayment(c)
	if err != nil {
		return err
	}
	return m.renderDesk(c, p, refundForm{}, nil)
}

func (m *Module) renderDesk(c *web.Context, p Payment, typed refundForm, faults []fault.Field) error {
	view, err := m.deskView(c, p)
	if err != nil {
		return err
	}
	view.Typed, view.TypedCharge, view.Faults = typed, typed.Charge.String(), faults
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.desk_payment"), Layout: page.Desk, Faulty: len(faults) > 0}, deskPage(c, view))
}

func (m *Module) deskView(c *web.Context, p Payment) (deskView, error) {
	l, agency := c.Lang(), c.Act().Actor.Agency
	out := deskView{ID: p.ID.String(), Key: id.New(c.Now()).String()}
	for _, r := range m.deskRows(p, agency, l) {
		out.Rows = append(out.Rows, ui.SummaryRow{Name: r.label, Value: r.value})
	}
	at, _ := p.taken()
	mine := map[id.ID]bool{}
	for _, line := range p.Lines {
		if line.Payee != agency {
			continue
		}
		mine[line.Charge] = true
		left := min(line.Left(), p.Amount.Minor-p.Refunded-p.Disputed)
		out.Lines = append(out.Lines, deskLine{Charge: line.Charge.String(), Title: line.Title.In(l), Words: m.lineWords(p, line, l), Left: m.sum(p, left, l), Can: left > 0 && at.State == Paid})
	}
	refunds, dispute, err := m.Refunds(c.Context(), c.Act(), p.Payer, p.ID)
	if err != nil {
		return out, err
	}
	for _, r := range refunds {
		if !p.ofAlone(agency) && !mine[r.Charge] { // another's, or of the whole payment
			continue
		}
		words := r.Amount.In(l) + "\n" + c.T("pay.refund_state."+string(r.State))
		if r.Reason != "" {
			words += "\n" + r.Reason
		}
		out.Back = append(out.Back, deskBack{ID: r.ID.String(), Title: c.T("pay.refund_kind." + r.Kind), Words: words, Refused: r.State == RefusedByAll && p.mayAsk(agency, r)})
	}
	if dispute != nil {
		if !p.ofAlone(agency) { // what others were paid is theirs to know
			dispute.Amount.Minor = min(dispute.Amount.Minor, p.paidTo(agency)-p.givenBy(agency))
		}
		if out.DisputeAnswer, err = m.answerTo(c.Context(), c.Act(), p, dispute, agency); err != nil {
			return out, err
		}
		out.Dispute, out.DisputeAmount = dispute, dispute.Amount.In(l)
		out.DisputeText = c.T("pay.desk_dispute."+string(dispute.State), "amount", dispute.Amount.In(l), "opened", lang.FullMoment(l, dispute.Opened, m.deps.Zone()))
	}
	return out, nil
}

// refundForm is what an official types to give money back.
type refundForm struct {
	Charge id.ID  `json:"charge"`
	Amount string `json:"amount" max:"30"`
	Why    string `json:"why" max:"1000"`
	Key    id.ID  `json:"key"`
}

func (m *Module) postRefund(c *web.Context) error {
	p, err := m.agencyPayment(c)
	if err != nil {
		return err
	}
	var f refundForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	amount, faults := int64(0), []fault.Field(nil)
	if f.Amount != "" {
		sum, err := money.Parse(f.Amount, p.Amount.Currency)
		if err != nil || sum.Minor <= 0 {
			faults = append(faults, fault.Field{Name: "amount", ID: "pay.amount_bad"})
		}
		amount = sum.Minor
	}
	if f.Why == "" {
		faults = append(faults, fault.Field{Name: "why", ID: "pay.why_missing"})
	}
	if len(faults) == 0 {
		_, err = m.giveBack(c, p, Refunding{Payer: p.Payer, Payment: p.ID, Charge: f.Charge, Amount: amount, Why: f.Why, Key: f.Key})
	}
	if errors.Is(err, ErrUnpaid) {
		faults, err = append(faults, fault.Field{Name: "amount", ID: "pay.unpaid"}), nil
	}
	if len(faults) > 0 {
		return m.renderDesk(c, p, f, faults)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "pay.flash_refund")
	return c.Redirect(pathDesk + "/" + p.ID.String())
}

// giveBack carries out an official's decision with its entry in the journal.
func (m *Module) giveBack(c *web.Context, p Payment, r Refunding) (*PreparedRefund, error) {
	if !m.mine(c, p, r.Charge) {
		return nil, ErrNone
	}
	ready, err := m.PrepareRefund(c.Context(), c.Act(), r)
	if err != nil {
		return nil, err
	}
	entry, err := m.entry(c, p, journalRefund, []journal.Fact{
		{Name: "payment", Value: p.ID.String()}, {Name: "bill", Value: ready.line.Number}, {Name: "amount", Value: ready.Amount().In(lang.Russian)},
	})
	if err != nil {
		return nil, err
	}
	return ready, m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		if n, err := ready.put(tx); err != nil || !n { // pressed twice: it was decided and entered
			return err
		}
		return entry(tx)
	})
}

// mine tells whether a charge of a payment is of the official's agency.
func (m *Module) mine(c *web.Context, p Payment, charge id.ID) bool {
	for _, l := range p.Lines {
		if l.Charge == charge {
			return l.Payee == c.Act().Actor.Agency
		}
	}
	return false
}

func (m *Module) postRefundAgain(c *web.Context) error {
	p, err := m.agencyPayment(c)
	if err != nil {
		return err
	}
	refund, err := c.ID("refund")
	if err != nil {
		return err
	}
	refunds, _, err := m.Refunds(c.Context(), c.Act(), p.Payer, p.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(refunds, func(r Refund) bool { return r.ID == refund && p.mayAsk(c.Act().Actor.Agency, r) })
	if i < 0 {
		return ErrNone
	}
	entry, err := m.entry(c, p, journalAgain, []journal.Fact{{Name: "payment", Value: p.ID.String()}, {Name: "amount", Value: refunds[i].Amount.In(lang.Russian)}})
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		asked, err := m.askAgain(tx, p.Payer, refund)
		if err != nil || !asked {
			return err
		}
		return entry(tx)
	})
	if err != nil {
		return err
	}
	c.SetFlash("success", "pay.flash_refund")
	return c.Redirect(pathDesk + "/" + p.ID.String())
}

type answerForm struct {
	Answer string `json:"answer" max:"4000"`
}

func (m *Module) postAnswer(c *web.Context) error {
	p, err := m.agencyPayment(c)
	if err != nil {
		return err
	}
	var f answerForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	if f.Answer == "" {
		return m.renderDesk(c, p, refundForm{}, []fault.Field{{Name: "answer", ID: "pay.why_missing"}})
	}
	at, _ := p.taken()
	ready, err := m.PrepareAnswer(c.Context(), c.Act(), p.Payer, at.ID, c.Act().Actor.Agency, f.Answer)
	if err != nil {
		return err
	}
	entry, err := m.entry(c, p, journalDispute, []journal.Fact{{Name: "payment", Value: p.ID.String()}})
	if err != nil {
		return err
	}
	if err := m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error { return errors.Join(ready.Put(tx), entry(tx)) }); err != nil {
		return err
	}
	c.SetFlash("success", "pay.flash_answered")
	return c.Redirect(pathDesk + "/" + p.ID.String())
}
