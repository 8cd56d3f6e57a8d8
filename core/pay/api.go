package pay

import (
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireCharge is a charge as the API shows it.
type wireCharge struct {
	ID       id.ID      `json:"id"`
	Number   string     `json:"number"`
	Title    string     `json:"title"`
	Amount   int64      `json:"amount"` // minor units
	Currency string     `json:"currency"`
	State    State      `json:"state"`
	Subject  id.ID      `json:"subject"` // the case
	Issued   time.Time  `json:"issued"`
	Due      *time.Time `json:"due,omitempty"`
	Settled  *time.Time `json:"settled,omitempty"`
	Payment  *id.ID     `json:"payment,omitempty"`
}

type wireStart struct {
	Page string `json:"page"` // where the person pays
}

type wireReceipt struct {
	ID       id.ID        `json:"id"`
	State    State        `json:"state"`
	Amount   int64        `json:"amount"` // minor units
	Currency string       `json:"currency"`
	Ended    time.Time    `json:"ended"`
	Code     string       `json:"code"`
	Charges  []wireCharge `json:"charges"`
}

func (m *Module) api(s *web.Server, list, read, start *web.Op) {
	s.API(list, "GET /api/v1/charges", m.apiCharges, web.Describe{
		Summary: "What the person owes and has paid", Out: []wireCharge{}, Params: []web.Param{{Name: "for", Text: "Id of somebody for whom the person may pay; left out: their own"}},
	})
	s.API(read, "GET /api/v1/charges/{charge}", m.apiCharge, web.Describe{Summary: "One charge", Out: wireCharge{}})
	s.API(start, "POST /api/v1/charges/{charge}/payments", m.apiStart, web.Describe{Summary: "Begin to pay, or go on with what was begun", Out: wireStart{}, Status: http.StatusCreated})
	s.API(read, "GET /api/v1/payments/{payment}", m.apiReceipt, web.Describe{Summary: "A payment's receipt", Out: wireReceipt{}})
}

func toWire(c *web.Context, charge Charge) wireCharge {
	out := wireCharge{
		ID: charge.ID, Number: charge.Number, Title: charge.Title.In(c.Lang()), Amount: charge.Amount.Minor, Currency: string(charge.Amount.Currency),
		State: charge.State, Subject: charge.Subject, Issued: charge.Issued,
	}
	if !charge.Due.IsZero() {
		out.Due = &charge.Due
	}
	if !charge.Settled.IsZero() {
		out.Settled = &charge.Settled
	}
	if !charge.Payment.IsZero() {
		out.Payment = &charge.Payment
	}
	return out
}

func (m *Module) apiCharges(c *web.Context) error {
	charges, err := m.listed(c)
	if err != nil {
		return err
	}
	out := make([]wireCharge, 0, len(charges))
	for _, charge := range charges {
		out = append(out, toWire(c, charge))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiCharge(c *web.Context) error {
	charge, err := m.read(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toWire(c, charge))
}

func (m *Module) apiStart(c *web.Context) error {
	charge, err := m.read(c)
	if err != nil {
		return err
	}
	where, err := m.Checkout(c.Context(), c.Act(), charge.Payer, charge.ID, c.Lang())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireStart{Page: where})
}

func (m *Module) apiReceipt(c *web.Context) error {
	payment, charges, err := m.receipt(c)
	if err != nil {
		return err
	}
	out := wireReceipt{ID: payment.ID, State: payment.State, Amount: payment.Amount.Minor, Currency: string(payment.Amount.Currency), Ended: payment.Ended, Code: payment.Code}
	for _, charge := range charges {
		out.Charges = append(out.Charges, toWire(c, charge))
	}
	return c.JSON(http.StatusOK, out)
}
