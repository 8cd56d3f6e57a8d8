package utility

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireFlat is a flat of the person's account.
type wireFlat struct {
	Home     id.ID  `json:"home"`
	Account  string `json:"account"`
	Resident bool   `json:"resident" doc:"A register says that the person lives there or owns it: its bills may be read"`
	Until    string `json:"until,omitempty" doc:"The person lived there until this day: the bills of their time may be read"`
}

// wireBill is a bill that anybody can compute again: result follows from input by the rules of docs/author/tariffs.md.
type wireBill struct {
	ID      id.ID     `json:"id"`
	Period  string    `json:"period"`
	Version int       `json:"version"`
	Issued  time.Time `json:"issued"`
	Input   Input     `json:"input"`
	Result  Bill      `json:"result"`
	Same    bool      `json:"same" doc:"The city computed it again just now and got the same"`
}

// wireMonth is a line of the list of bills.
type wireMonth struct {
	Period  string `json:"period"`
	Version int    `json:"version"`
	Total   int64  `json:"total" doc:"Kopecks"`
}

func (m *Module) apiFlats(c *web.Context) error {
	if err := c.May(act.Object{Kind: "flat", Holder: c.Person()}); err != nil {
		return err
	}
	flats, err := m.myFlats(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := []wireFlat{}
	for _, f := range flats {
		out = append(out, wireFlat{f.Home, f.Watch.Identifier.Value, f.Stays.now(), dayText(f.Stays.last())})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBills(c *web.Context) error {
	at, err := m.mine(c)
	if err != nil {
		return err
	}
	bills, err := m.Bills(c.Context(), at.Act, at.Home, PeriodOf(m.today()).Add(-36))
	if err != nil {
		return err
	}
	bills = at.Stays.bills(bills)
	out := []wireMonth{}
	for _, b := range bills {
		out = append(out, wireMonth{b.Period.String(), b.Version, b.Total})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBill(c *web.Context) error {
	v, err := m.myBill(c)
	if err != nil {
		return err
	}
	if err := m.checked(c, &v); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireBill{v.Bill.ID, v.Bill.Period.String(), v.Bill.Version, v.Bill.At, v.Whole, v.Bill.Bill, v.Same})
}
