package mandate

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// apiOperations are what the JSON faces hang on.
type apiOperations struct{ list, read, give, ask, accept, grant, end *web.Op }

func (m *Module) api(s *web.Server, o apiOperations) {
	answered := func(summary string) web.Describe {
		return web.Describe{Summary: summary, Tag: "mandates", Out: wireMandate{}, Status: http.StatusCreated}
	}
	offered := "The answer is the same whether or not the city knows the other side."
	s.API(o.list, "GET /api/v1/mandates", m.apiList, web.Describe{Summary: "For whom I may act, who may act for me, and what waits for an answer", Tag: "mandates", Out: wireList{}})
	s.API(o.give, "POST /api/v1/mandates", m.apiGive, web.Describe{Summary: "Offer somebody a mandate to act for me", Tag: "mandates", In: sentOffer{}, Out: wireMade{}, Status: http.StatusAccepted, Details: offered})
	s.API(o.ask, "POST /api/v1/mandates/requests", m.apiAsk, web.Describe{Summary: "Ask somebody for a mandate to act for them", Tag: "mandates", In: sentOffer{}, Out: wireMade{}, Status: http.StatusAccepted, Details: offered})
	s.API(o.read, "GET /api/v1/mandates/{mandate}", m.apiOne, web.Describe{Summary: "A mandate with what was done under it, or an offer", Tag: "mandates", Out: wireOne{}})
	s.API(o.accept, "POST /api/v1/mandates/{mandate}/accept", m.apiAccept, answered("Accept to act for somebody"))
	s.API(o.grant, "POST /api/v1/mandates/{mandate}/grant", m.apiGrant, answered("Accept to be acted for"))
	s.API(o.end, "POST /api/v1/mandates/{mandate}/end", m.apiEnd, web.Describe{Summary: "Revoke a mandate, decline an offer or take it back", Tag: "mandates", Out: struct{}{}})
}

type wireTerms struct {
	Scopes   []string       `json:"scopes" doc:"read, apply, pay; staff for an organisation's"`
	Services []string       `json:"services,omitempty" doc:"Keys; left out: all"`
	Each     int64          `json:"each,omitempty" doc:"One payment at most, kopecks"`
	Cap      int64          `json:"cap,omitempty" doc:"All payments together at most, kopecks"`
	Begins   *calendar.Date `json:"begins,omitempty" doc:"The first day on which it holds; left out: at once"`
	Ends     calendar.Date  `json:"ends" doc:"The first day on which it does not hold"`
}

type wireMandate struct {
	ID     id.ID  `json:"id"`
	Giver  id.ID  `json:"giver"`
	Taker  id.ID  `json:"taker"`
	Name   string `json:"name,omitempty" doc:"Of the other side"`
	Kind   Kind   `json:"kind"`
	Source string `json:"source" doc:"Where it comes from, in words"`
	wireTerms
	Since time.Time  `json:"since"`
	Ended *time.Time `json:"ended,omitempty"`
}

type wireOffer struct {
	ID   id.ID  `json:"id"`
	Way  Way    `json:"way" doc:"give: its maker will be acted for; ask: its maker will act"`
	Kind Kind   `json:"kind"`
	Name string `json:"name" doc:"Of the other side: as the maker typed it, or the maker's"`
	wireTerms
	State State     `json:"state"`
	Until time.Time `json:"until" doc:"When it dies unanswered"`
}

type wireDeed struct {
	At      time.Time `json:"at"`
	Actor   id.ID     `json:"actor"`
	What    string    `json:"what" doc:"In words"`
	Service string    `json:"service,omitempty"`
	Case    *id.ID    `json:"case,omitempty"`
	Look    bool      `json:"look" doc:"Data were looked at, nothing was done"`
}

type wireList struct {
	Taken    []wireMandate `json:"taken" doc:"For whom I may act"`
	Given    []wireMandate `json:"given" doc:"Who may act for me"`
	Made     []wireOffer   `json:"made" doc:"My offers that wait"`
	Received []wireOffer   `json:"received" doc:"Offers that wait for my answer"`
}

type wireOne struct {
	Mandate *wireMandate `json:"mandate,omitempty"`
	Offer   *wireOffer   `json:"offer,omitempty"`
	Spent   *int64       `json:"spent,omitempty" doc:"Of the cap, kopecks"`
	Trace   []wireDeed   `json:"trace"`
}

type wireMade struct {
	ID id.ID `json:"id"`
}

// sentOffer is an offer as the API takes it.
type sentOffer struct {
	Maker    *id.ID        `json:"maker,omitempty" doc:"An organisation that gives; left out: oneself"`
	Family   string        `json:"family" max:"100"`
	Given    string        `json:"given" max:"100"`
	Contact  string        `json:"contact" max:"200" doc:"A phone, an e-mail or a SNILS"`
	Scopes   []string      `json:"scopes"`
	Services []string      `json:"services,omitempty"`
	Each     int64         `json:"each,omitempty" doc:"Kopecks"`
	Cap      int64         `json:"cap,omitempty" doc:"Kopecks"`
	Begins   calendar.Date `json:"begins,omitzero"`
	Ends     calendar.Date `json:"ends"`
}

func (m *Module) apiGive(c *web.Context) error { return m.apiPropose(c, Give) }
func (m *Module) apiAsk(c *web.Context) error  { return m.apiPropose(c, Ask) }

func (m *Module) apiPropose(c *web.Context, way Way) error {
	var sent sentOffer
	if err := c.Bind(&sent); err != nil {
		return err
	}
	p := Proposal{Way: way, Maker: c.Person(), Whom: Whom{sent.Family, sent.Given, sent.Contact},
		Terms: Terms{Scopes: sent.Scopes, Services: sent.Services, Each: sent.Each, Cap: sent.Cap, Begins: sent.Begins, Ends: sent.Ends}}
	if way == Give && sent.Maker != nil {
		p.Maker = *sent.Maker
	}
	if err := c.May(act.Object{Kind: kind, Holder: p.Maker}); err != nil {
		return err
	}
	made, err := m.Propose(c.Context(), c.Act(), p)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, wireMade{made})
}

func termsWire(t Terms) wireTerms {
	out := wireTerms{Scopes: t.Scopes, Services: t.Services, Each: t.Each, Cap: t.Cap, Ends: t.Ends}
	if !t.Begins.IsZero() {
		out.Begins = &t.Begins
	}
	return out
}

func mandateWire(c *web.Context, one Mandate, name string, p Purse) wireMandate {
	out := wireMandate{ID: one.ID, Giver: one.Giver, Taker: one.Taker, Name: name, Kind: one.Kind, Source: c.T(one.Source), Since: one.Since,
		wireTerms: termsWire(Terms{Scopes: one.Scopes, Services: one.Services, Each: p.Each.Minor, Cap: p.Cap.Minor, Begins: one.Begins, Ends: one.Ends})}
	if !one.Ended.IsZero() {
		out.Ended = &one.Ended
	}
	return out
}

func offerWire(o Offer, name string) wireOffer {
	return wireOffer{ID: o.ID, Way: o.Way, Kind: o.Kind, Name: name, State: o.State, Until: o.Until, wireTerms: termsWire(o.Terms)}
}

func (m *Module) apiList(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v, err := m.listOf(c)
	if err != nil {
		return err
	}
	out := wireList{Taken: []wireMandate{}, Given: []wireMandate{}, Made: []wireOffer{}, Received: []wireOffer{}}
	for _, p := range v.Taken {
		out.Taken = append(out.Taken, mandateWire(c, p.Mandate, p.Called(c.Lang()), Purse{}))
	}
	for _, one := range v.Given {
		out.Given = append(out.Given, mandateWire(c, one, v.Names[one.Taker].Full(c.Lang()), Purse{}))
	}
	for _, o := range v.Made {
		out.Made = append(out.Made, offerWire(o, o.Whom.Name().Full(c.Lang())))
	}
	for _, o := range v.Received {
		out.Received = append(out.Received, offerWire(o, v.Makers[o.Maker]))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiOne(c *web.Context) error {
	f, err := m.find(c)
	if err != nil {
		return err
	}
	out := wireOne{Trace: []wireDeed{}}
	if f.IsOffer {
		name := f.Offer.Whom.Name().Full(c.Lang())
		if f.Received {
			if name, err = m.name(c.Context(), f.Offer.Maker, f.Offer.Kind == Company); err != nil {
				return err
			}
		}
		offer := offerWire(f.Offer, name)
		out.Offer = &offer
		return c.JSON(http.StatusOK, out)
	}
	purse, bounded, err := m.Purse(c.Context(), f.Right.Giver, f.Right.ID)
	if err != nil {
		return err
	}
	one := mandateWire(c, f.Right, "", purse)
	out.Mandate = &one
	if bounded {
		out.Spent = &purse.Spent.Minor
	}
	deeds, err := m.Trace(c.Context(), c.Act(), f.Right, c.Now().Add(time.Second), traceShown)
	for _, d := range deeds {
		line := wireDeed{At: d.At, Actor: d.Actor, What: m.deedWords(c, d), Service: d.Service, Look: d.Look}
		if !d.Case.IsZero() {
			line.Case = &d.Case
		}
		out.Trace = append(out.Trace, line)
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiAccept(c *web.Context) error { return m.apiAnswer(c, Give) }
func (m *Module) apiGrant(c *web.Context) error  { return m.apiAnswer(c, Ask) }

func (m *Module) apiAnswer(c *web.Context, way Way) error {
	one, err := m.accept(c, way)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, mandateWire(c, one, "", Purse{}))
}

func (m *Module) apiEnd(c *web.Context) error {
	if _, err := m.endIt(c); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct{}{})
}
