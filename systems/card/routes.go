package card

import (
	"net/http"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// base is where the pages of a person's cards begin.
const base = "/account/transport-card"

func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func (m *Module) routes(s *web.Server) {
	mine := s.Operation(act.Operation{Name: "card.mine", Object: "account", May: act.Self, Assurance: act.Basic, Look: lookCards})
	change := s.Operation(act.Operation{Name: "card.change", Object: "account", May: act.Self, Assurance: act.Basic, Changes: true, Look: lookCards})
	s.Page(mine, "GET "+base, m.showMine)
	s.Page(change, "POST "+base, m.postLink)
	s.Page(mine, "GET "+base+"/{card}", m.showCard)
	s.Page(change, "POST "+base+"/{card}/top-up", m.postTopUp)
	s.Page(change, "POST "+base+"/{card}/ticket", m.postTicket)
	s.Page(change, "POST "+base+"/{card}/block", m.postBlock)
	s.Page(change, "POST "+base+"/{card}/unblock", m.postUnblock)
	s.Page(mine, "GET "+base+"/{card}/replace", m.showReplace)
	s.Page(change, "POST "+base+"/{card}/replace", m.postReplace)
	m.api(s, mine, change)
	m.deskRoutes(s)
	if m.base.Pages == nil {
		return
	}
	m.base.Pages.Add(page.MenuAccount, page.Link{Order: 33, Text: "card.menu", Href: base, Icon: "train-simple-duotone"})
	m.base.Pages.Add(page.MenuDesk, page.Link{Order: 72, Text: "card.desk_menu", Href: "/desk/transport-cards", Icon: "train-simple-duotone", Show: func(c *web.Context) bool {
		a := c.Act()
		return a.Actor.Kind == act.Official && a.Actor.Agency == m.deps.Carrier()
	}})
}

// apiCard is a card in JSON.
type apiCard struct {
	ID      id.ID  `json:"id"`
	Number  string `json:"number"`
	State   State  `json:"state"`
	Balance int64  `json:"balance"`
}

type apiLine struct {
	ID     id.ID  `json:"id"`
	Kind   Kind   `json:"kind"`
	Amount int64  `json:"amount"`
	At     string `json:"at"`
	About  id.ID  `json:"about"`
	Ticket string `json:"ticket,omitempty"`
}

type apiList struct {
	Cards []apiCard `json:"cards"`
}

type apiHistory struct {
	Lines []apiLine `json:"lines"`
}

type apiTicketForm struct {
	Tariff string `json:"tariff" max:"40"`
	Key    id.ID  `json:"key"`
}

type apiTopUpForm struct {
	Amount int64 `json:"amount"`
}

type apiMade struct {
	ID id.ID `json:"id"`
}

func (m *Module) api(s *web.Server, mine, change *web.Op) {
	s.API(mine, "GET /api/v1/transport-cards", m.apiList, web.Describe{Tag: "cards", Summary: "The transport cards of whoever asks", Out: apiList{}})
	s.API(mine, "GET /api/v1/transport-cards/{card}/history", m.apiHistory, web.Describe{Tag: "cards", Summary: "What moved on a transport card, the newest first", Out: apiHistory{}})
	s.API(change, "POST /api/v1/transport-cards/{card}/top-ups", m.apiTopUp, web.Describe{Tag: "cards", Summary: "Makes a bill whose payment puts money onto the card", In: apiTopUpForm{}, Out: apiMade{}})
	s.API(change, "POST /api/v1/transport-cards/{card}/tickets", m.apiTicket, web.Describe{Tag: "cards", Summary: "Buys a ticket with the card's money", In: apiTicketForm{}, Out: apiMade{}})
}

func (m *Module) apiList(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.Cards(c.Context(), c.Act(), c.Person(), false)
	if err != nil {
		return err
	}
	out := apiList{Cards: []apiCard{}}
	for _, one := range list {
		out.Cards = append(out.Cards, apiCard{one.ID, one.Number, one.State, one.Balance.Minor})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiHistory(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	lines, err := m.History(c.Context(), c.Act(), c.Person(), one.ID)
	if err != nil {
		return err
	}
	out := apiHistory{Lines: []apiLine{}}
	for _, l := range lines {
		out.Lines = append(out.Lines, apiLine{l.ID, l.Kind, l.Amount.Minor, l.At.Format("2006-01-02T15:04:05Z07:00"), l.About, l.Ticket})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiTopUp(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	var f apiTopUpForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	bill, err := m.TopUp(c.Context(), c.Act(), c.Person(), one.ID, f.Amount)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, apiMade{bill})
}

func (m *Module) apiTicket(c *web.Context) error {
	one, err := m.asked(c)
	if err != nil {
		return err
	}
	var f apiTicketForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	if f.Key.IsZero() {
		f.Key = id.New(c.Now())
	}
	t, err := m.BuyTicket(c.Context(), c.Act(), Want{Person: one.Person, Card: one.ID, Tariff: f.Tariff, Key: f.Key})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, apiMade{t.ID})
}

// asked is the card of the address, if it is theirs.
func (m *Module) asked(c *web.Context) (Card, error) {
	if err := c.May(own(c)); err != nil {
		return Card{}, err
	}
	key, err := id.Parse(c.Path("card"))
	if err != nil {
		return Card{}, ErrNone
	}
	return m.Card(c.Context(), c.Act(), c.Person(), key)
}

func field(name, key string) fault.Field { return fault.Field{Name: name, ID: key} }
