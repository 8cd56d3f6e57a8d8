package pay

import (
	"net/http"
	"time"

	"posad.city/core/charge"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireCharge is a charge as the API shows it. Amounts are minor units.
type wireCharge struct {
	ID            id.ID        `json:"id"`
	Number        string       `json:"number"`
	Title         string       `json:"title"`
	Kind          string       `json:"kind"`
	Payee         id.ID        `json:"payee"`
	Period        string       `json:"period,omitempty"` // 2026-10
	Amount        int64        `json:"amount"`
	Left          int64        `json:"left"` // to pay now
	Discount      int64        `json:"discount,omitempty"`
	DiscountUntil *time.Time   `json:"discount_until,omitempty"`
	Penalty       int64        `json:"penalty,omitempty"`
	Parts         bool         `json:"parts"` // a part may be paid
	Currency      string       `json:"currency"`
	State         charge.State `json:"state"`
	Subject       *id.ID       `json:"subject,omitempty"` // the case, the flat
	Issued        time.Time    `json:"issued"`
	Due           *time.Time   `json:"due,omitempty"`
	Settled       *time.Time   `json:"settled,omitempty"`
	Payment       *id.ID       `json:"payment,omitempty"` // the last that paid it
}

type wireStart struct {
	Payment id.ID  `json:"payment"`
	State   State  `json:"state"`          // open, paid or declined
	Page    string `json:"page,omitempty"` // where the person pays
	QR      string `json:"qr,omitempty"`   // what the code says
	Reason  Reason `json:"reason,omitempty"`
}

type wireAsk struct {
	ID     id.ID `json:"id"`
	Amount int64 `json:"amount,omitempty"` // minor units; left out: all that is left. A card or a wallet needs it
}

type wireBasket struct {
	Charges []wireAsk `json:"charges"`
	Method  Method    `json:"method,omitempty"` // page, card or qr; left out: page
	Card    id.ID     `json:"card,omitempty"`
	Save    bool      `json:"save_card,omitempty"`
	Email   string    `json:"email,omitempty" max:"200"`
	For     id.ID     `json:"for,omitempty"` // somebody for whom the person may pay; left out: their own
}

type wireLine struct {
	Charge   id.ID  `json:"charge"`
	Number   string `json:"number"`
	Title    string `json:"title"`
	Payee    id.ID  `json:"payee"`
	Amount   int64  `json:"amount"` // minor units, as below
	Taken    int64  `json:"taken"`  // of amount: counted for the charge; the rest goes back
	Refunded int64  `json:"refunded"`
}

type wirePayment struct {
	ID       id.ID      `json:"id"`
	State    State      `json:"state"`
	Method   Method     `json:"method"`
	Amount   int64      `json:"amount"` // minor units
	Refunded int64      `json:"refunded"`
	Disputed int64      `json:"disputed"`
	Currency string     `json:"currency"`
	Started  time.Time  `json:"started"`
	Ended    *time.Time `json:"ended,omitempty"`
	Code     string     `json:"code,omitempty"`
	Fiscal   *Fiscal    `json:"fiscal,omitempty"`
	Lines    []wireLine `json:"lines"`
}

type wireCard struct {
	ID      id.ID  `json:"id"`
	Label   string `json:"label"`
	Expires string `json:"expires"`
}

type wireIncome struct {
	Payment  id.ID       `json:"payment"`
	Charge   id.ID       `json:"charge"`
	Number   string      `json:"number"`
	Title    string      `json:"title"`
	Amount   int64       `json:"amount"` // minor units
	Refunded int64       `json:"refunded"`
	Currency string      `json:"currency"`
	State    IncomeState `json:"state"`
	Method   Method      `json:"method"`
	At       time.Time   `json:"at"`
}

type wireRefunding struct {
	Charge id.ID  `json:"charge"`
	Amount int64  `json:"amount,omitempty"` // minor units; left out: all that is left
	Why    string `json:"why" max:"1000"`
}

type wireRefund struct {
	ID       id.ID  `json:"id"`
	Amount   int64  `json:"amount"` // minor units
	Currency string `json:"currency"`
}

type apiOps struct{ list, read, start, receipt, cards *web.Op }

func (m *Module) api(s *web.Server, o apiOps) {
	person := []web.Param{{Name: "for", Text: "Id of somebody for whom the person may pay; left out: their own"}}
	s.API(o.list, "GET /api/v1/charges", m.apiCharges, web.Describe{Summary: "What the person owes and has paid", Out: []wireCharge{}, Params: person})
	s.API(o.read, "GET /api/v1/charges/{charge}", m.apiCharge, web.Describe{Summary: "One charge", Out: wireCharge{}})
	s.API(o.start, "POST /api/v1/charges/{charge}/payments", m.apiStart, web.Describe{Summary: "Begin to pay one charge on the bank's page, or go on with what was begun", Out: wireStart{}, Status: http.StatusCreated})
	s.API(o.start, "POST /api/v1/payments", m.apiBegin, web.Describe{Summary: "Begin to pay charges at once, or go on with what was begun", In: wireBasket{}, Out: wireStart{}, Status: http.StatusCreated})
	s.API(o.list, "GET /api/v1/payments", m.apiPayments, web.Describe{Summary: "The person's payments, newest first", Out: []wirePayment{}, Params: []web.Param{{Name: "before", Text: "Id of the last payment of the page before"}}})
	s.API(o.receipt, "GET /api/v1/payments/{payment}", m.apiPayment, web.Describe{Summary: "A payment and its receipt", Out: wirePayment{}})
	s.API(o.cards, "GET /api/v1/cards", m.apiCards, web.Describe{Summary: "Saved cards", Out: []wireCard{}})
}

func (m *Module) toWire(c *web.Context, one charge.Charge) wireCharge {
	owed := one.Owed(c.Now(), m.deps.Zone())
	out := wireCharge{
		ID: one.ID, Number: one.Number, Title: one.Title.In(c.Lang()), Kind: one.Kind, Payee: one.Payee, Period: one.Period, Amount: one.Amount.Minor, Left: owed.Left,
		Discount: owed.Discount, Penalty: owed.Penalty, Parts: one.Terms.Parts, Currency: string(one.Amount.Currency), State: one.State, Issued: one.Issued,
		DiscountUntil: given(owed.DiscountUntil), Due: given(one.Due), Settled: given(one.Settled),
	}
	if !one.Subject.IsZero() {
		out.Subject = &one.Subject
	}
	if last := one.Payment(); !last.IsZero() {
		out.Payment = &last
	}
	return out
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func paymentWire(c *web.Context, p Payment) wirePayment {
	out := wirePayment{
		ID: p.ID, State: p.State, Method: p.Method, Amount: p.Amount.Minor, Refunded: p.Refunded, Disputed: p.Disputed, Currency: string(p.Amount.Currency),
		Started: p.Started, Ended: given(p.Ended), Code: p.Code, Fiscal: p.Fiscal, Lines: []wireLine{},
	}
	for _, l := range p.Lines {
		out.Lines = append(out.Lines, wireLine{Charge: l.Charge, Number: l.Number, Title: l.Title.In(c.Lang()), Payee: l.Payee, Amount: l.Amount, Taken: l.Taken, Refunded: l.Refunded})
	}
	return out
}

func (m *Module) apiCharges(c *web.Context) error {
	charges, err := m.listed(c, charge.Filter{})
	if err != nil {
		return err
	}
	out := make([]wireCharge, 0, len(charges))
	for _, one := range charges {
		out = append(out, m.toWire(c, one))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiCharge(c *web.Context) error {
	one, _, err := m.charge(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.toWire(c, one))
}

func (m *Module) apiStart(c *web.Context) error {
	one, holder, err := m.charge(c)
	if err != nil {
		return err
	}
	begun, err := m.Begin(c.Context(), c.Act(), Basket{Payer: holder, Asks: []Ask{{Home: one.Home, Charge: one.ID}}}, c.Lang())
	return m.answerBegun(c, begun, err)
}

func (m *Module) answerBegun(c *web.Context, begun Begun, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireStart{Payment: begun.Payment, State: begun.State, Page: begun.Page, QR: begun.QR, Reason: begun.Reason})
}

func (m *Module) apiBegin(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	var in wireBasket
	if err := c.Bind(&in); err != nil {
		return err
	}
	f := basketForm{For: in.For}
	for _, ask := range in.Charges {
		f.Charge = append(f.Charge, ask.ID)
	}
	got, err := m.gather(c, f)
	if err != nil {
		return err
	}
	b := Basket{Payer: got.payer, Method: in.Method, Card: in.Card, Save: in.Save, Email: in.Email}
	for i, one := range got.charges {
		b.Asks = append(b.Asks, Ask{Home: one.Home, Charge: one.ID, Amount: in.Charges[i].Amount})
	}
	begun, _, err := m.take(c, basketForm{}, got, b)
	return m.answerBegun(c, begun, err)
}

func (m *Module) apiPayments(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	before, err := id.Parse(c.Query("before"))
	if err != nil {
		before = id.ID{}
	}
	list, err := m.Payments(c.Context(), c.Act(), c.Person(), before)
	if err != nil {
		return err
	}
	out := make([]wirePayment, 0, len(list))
	for _, p := range list {
		out = append(out, paymentWire(c, p))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiPayment(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, paymentWire(c, p))
}

func (m *Module) apiCards(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	cards, err := m.Cards(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := make([]wireCard, 0, len(cards))
	for _, card := range cards {
		out = append(out, wireCard{ID: card.ID, Label: card.Label, Expires: card.Expires})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiIncome(c *web.Context) error {
	list, err := m.incomeLines(c)
	if err != nil {
		return err
	}
	out := make([]wireIncome, 0, len(list))
	for _, one := range list {
		out = append(out, wireIncome{
			Payment: one.Payment, Charge: one.Charge, Number: one.Number, Title: one.Title.In(c.Lang()), Amount: one.Amount.Minor, Refunded: one.Refunded,
			Currency: string(one.Amount.Currency), State: one.State, Method: one.Method, At: one.At,
		})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiRefund(c *web.Context) error {
	p, err := m.agencyPayment(c)
	if err != nil {
		return err
	}
	var in wireRefunding
	if err := c.Bind(&in); err != nil {
		return err
	}
	ready, err := m.giveBack(c, p, Refunding{Payer: p.Payer, Payment: p.ID, Charge: in.Charge, Amount: in.Amount, Why: in.Why})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireRefund{ID: ready.ID(), Amount: ready.Amount().Minor, Currency: string(ready.Amount().Currency)})
}
