package autopay

import (
	"net/http"
	"time"

	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireTerms are terms as the API has them; sums are minor units.
type wireTerms struct {
	Each   int64 `json:"each" doc:"One payment at most, minor units"`
	Month  int64 `json:"month" doc:"All payments of a month at most, minor units"`
	Low    int64 `json:"low,omitempty" doc:"Below it the owner is asked"`
	High   int64 `json:"high,omitempty" doc:"Above it the owner is asked"`
	Over   int64 `json:"over,omitempty" doc:"The owner is asked when a bill is so many percent above the usual; 0: never for that"`
	When   When  `json:"when" doc:"before or day"`
	Days   int   `json:"days" doc:"before: days before the bill is due; day: day of the month"`
	Notice int   `json:"notice" doc:"How many days ahead the owner is told"`
	Window int   `json:"window" doc:"Hours to think better of it"`
}

type wireOrder struct {
	ID      id.ID         `json:"id"`
	Owner   id.ID         `json:"owner"`
	Name    string        `json:"name"`
	Payee   id.ID         `json:"payee"`
	Kind    string        `json:"kind" doc:"Of the bills"`
	Known   string        `json:"known,omitempty" doc:"What the bills are known by"`
	Card    id.ID         `json:"card"`
	Label   string        `json:"label" doc:"Of the card"`
	State   State         `json:"state" doc:"live or stopped"`
	Paused  calendar.Date `json:"paused,omitzero" doc:"The first day on which it pays again"`
	Terms   wireTerms     `json:"terms"`
	Made    time.Time     `json:"made"`
	Stopped *time.Time    `json:"stopped,omitempty"`
}

type wireTurn struct {
	ID       id.ID         `json:"id"`
	Order    id.ID         `json:"order"`
	Charge   id.ID         `json:"charge"`
	Title    string        `json:"title"`
	Amount   int64         `json:"amount"`
	State    State         `json:"state" doc:"wait, ask, refused, paying, paid, undone, over"`
	Rule     Rule          `json:"rule" doc:"By which it was last judged"`
	Why      string        `json:"why" doc:"The rule in words"`
	PayOn    calendar.Date `json:"pay_on,omitzero"`
	Told     calendar.Date `json:"told,omitzero"`
	Thinking *time.Time    `json:"thinking,omitempty" doc:"Until when it may be stopped, or undone once it is paid"`
	Paid     *time.Time    `json:"paid,omitempty"`
}

type wireDecision struct {
	At      time.Time `json:"at"`
	Verdict Verdict   `json:"verdict"`
	Rule    Rule      `json:"rule"`
	Why     string    `json:"why"`
	Inputs  Inputs    `json:"inputs"`
	Replays bool      `json:"replays" doc:"The same decision comes out of the inputs now"`
}

type wireOne struct {
	Order wireOrder  `json:"order"`
	Turns []wireTurn `json:"turns"`
}

type wireReason struct {
	Turn      wireTurn       `json:"turn"`
	Decisions []wireDecision `json:"decisions" doc:"Newest first"`
}

// sentOrder is an order as the API takes it.
type sentOrder struct {
	For    *id.ID    `json:"for,omitempty" doc:"The owner, when one acts for another"`
	Charge id.ID     `json:"charge" doc:"A bill of those that are meant; not needed to change an order"`
	Name   string    `json:"name" max:"200"`
	Card   id.ID     `json:"card"`
	Terms  wireTerms `json:"terms"`
}

func (s sentOrder) order(owner id.ID) NewOrder {
	return NewOrder{Person: owner, Charge: s.Charge, Name: s.Name, Card: s.Card, Terms: Terms(s.Terms)}
}

type wireMade struct {
	ID id.ID `json:"id"`
}

type wireTemplate struct {
	ID    id.ID  `json:"id"`
	Name  string `json:"name"`
	Payee id.ID  `json:"payee"`
	Kind  string `json:"kind"`
	Known string `json:"known,omitempty"`
	Usual int64  `json:"usual" doc:"Minor units"`
	Times int64  `json:"times" doc:"How often it was used"`
}

var forParam = []web.Param{{Name: "for", Text: "Id of somebody for whom the person may pay; left out: their own"}}

const tag = "autopay"

func (m *Module) api(s *web.Server, ops operations) {
	s.API(ops.list, "GET /api/v1/autopay/orders", m.apiList, web.Describe{Summary: "Standing orders with the bills that wait under them", Tag: tag, Out: []wireOne{}, Params: forParam})
	s.API(ops.consent, "POST /api/v1/autopay/orders", m.apiMake, web.Describe{Summary: "Make a standing order", Tag: tag, In: sentOrder{}, Out: wireMade{}, Status: http.StatusCreated})
	s.API(ops.read, "GET /api/v1/autopay/orders/{order}", m.apiOrder, web.Describe{Summary: "A standing order with its bills", Tag: tag, Out: wireOne{}})
	s.API(ops.consent, "PUT /api/v1/autopay/orders/{order}", m.apiChange, web.Describe{Summary: "Change its terms", Tag: tag, In: sentOrder{}, Out: wireOrder{}})
	s.API(ops.change, "POST /api/v1/autopay/orders/{order}/pause", m.apiPause, web.Describe{Summary: "Let it stand still until a day, or, with none, pay again", Tag: tag, In: wirePause{}, Out: wireOrder{}})
	s.API(ops.change, "POST /api/v1/autopay/orders/{order}/stop", m.apiStop, web.Describe{Summary: "Stop it for good", Tag: tag, Out: wireOrder{}})
	s.API(ops.read, "GET /api/v1/autopay/orders/{order}/bills/{turn}", m.apiTurn, web.Describe{Summary: "Why a bill was paid or was not: each decision with its inputs", Tag: tag, Out: wireReason{}})
	s.API(ops.change, "POST /api/v1/autopay/orders/{order}/bills/{turn}/answer", m.apiAnswer, web.Describe{Summary: "Say yes to a bill that is asked about, or take one out", Tag: tag, In: answerForm{}, Out: wireTurn{}})
	s.API(ops.change, "POST /api/v1/autopay/orders/{order}/bills/{turn}/undo", m.apiUndo, web.Describe{Summary: "Take a payment back, where its payee lets", Tag: tag, Out: wireTurn{}})
}

func (m *Module) templateAPI(s *web.Server, list, change *web.Op) {
	s.API(list, "GET /api/v1/templates", m.apiTemplates, web.Describe{Summary: "What is paid regularly", Tag: tag, Out: []wireTemplate{}, Params: forParam})
	s.API(change, "POST /api/v1/templates", m.apiKeep, web.Describe{Summary: "Make a template of a bill or of a payment", Tag: tag, In: keepForm{}, Out: wireMade{}, Status: http.StatusCreated})
	s.API(change, "DELETE /api/v1/templates/{template}", m.apiDrop, web.Describe{Summary: "Delete a template", Tag: tag, Out: struct{}{}})
}

func orderWire(o Order) wireOrder {
	out := wireOrder{
		ID: o.ID, Owner: o.Person, Name: o.Name.Text, Payee: o.Biller.Payee, Kind: o.Biller.Kind, Known: o.Name.Known, Card: o.Card.ID, Label: o.Card.Label,
		State: o.State, Paused: o.Paused, Terms: wireTerms(o.Terms), Made: o.Made,
	}
	if !o.StoppedAt.IsZero() {
		out.Stopped = &o.StoppedAt
	}
	return out
}

func (m *Module) turnWire(c *web.Context, o Order, t Turn) wireTurn {
	out := wireTurn{
		ID: t.ID, Order: o.ID, Charge: t.Charge, Title: t.Title.In(c.Lang()), Amount: t.Amount, State: t.State, Rule: t.Rule, PayOn: t.PayOn, Told: t.Told,
	}
	if t.Rule != "" {
		out.Why = m.why(c, o, t)
	}
	if !t.Thinking.IsZero() {
		out.Thinking = &t.Thinking
	}
	if !t.Ended.IsZero() {
		out.Paid = &t.Ended
	}
	return out
}

func (m *Module) apiList(c *web.Context) error {
	owner, may, err := m.whose(c, c.Query("for"))
	if err != nil {
		return err
	}
	orders, err := m.Orders(c.Context(), c.Act(), owner)
	if err != nil {
		return err
	}
	turns, err := m.Turns(c.Context(), c.Act(), owner)
	if err != nil {
		return err
	}
	out := make([]wireOne, 0, len(orders))
	for _, o := range orders {
		if !may(o.Service) {
			continue
		}
		one := wireOne{Order: orderWire(o), Turns: []wireTurn{}}
		for _, t := range turns {
			if t.Order == o.ID && t.State.pending() {
				one.Turns = append(one.Turns, m.turnWire(c, o, t))
			}
		}
		out = append(out, one)
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiMake(c *web.Context) error {
	var sent sentOrder
	if err := c.Bind(&sent); err != nil {
		return err
	}
	text := ""
	if sent.For != nil {
		text = sent.For.String()
	}
	v, err := m.newView(c, termsForm{For: text, Charge: sent.Charge.String()})
	if err != nil {
		return err
	}
	made, err := m.Make(c.Context(), c.Act(), sent.order(v.Owner))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireMade{made})
}

func (m *Module) apiOrder(c *web.Context) error {
	o, err := m.find(c)
	if err != nil {
		return err
	}
	turns, err := m.TurnsOf(c.Context(), c.Act(), o)
	if err != nil {
		return err
	}
	out := wireOne{Order: orderWire(o), Turns: []wireTurn{}}
	for _, t := range turns {
		out.Turns = append(out.Turns, m.turnWire(c, o, t))
	}
	return c.JSON(http.StatusOK, out)
}

// again answers an order as it stands after a change.
func (m *Module) again(c *web.Context, o Order) error {
	now, err := m.Order(c.Context(), c.Act(), o.Person, o.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, orderWire(now))
}

func (m *Module) apiChange(c *web.Context) error {
	var sent sentOrder
	if err := c.Bind(&sent); err != nil {
		return err
	}
	o, err := m.find(c)
	if err != nil {
		return err
	}
	if err := m.Change(c.Context(), c.Act(), o, sent.order(o.Person)); err != nil {
		return err
	}
	return m.again(c, o)
}

type wirePause struct {
	Until calendar.Date `json:"until,omitzero" doc:"The first day on which it pays again; left out: now"`
}

func (m *Module) apiPause(c *web.Context) error {
	var sent wirePause
	if err := c.Bind(&sent); err != nil {
		return err
	}
	o, err := m.find(c)
	if err != nil {
		return err
	}
	if err := m.Pause(c.Context(), c.Act(), o, sent.Until); err != nil {
		return err
	}
	return m.again(c, o)
}

func (m *Module) apiStop(c *web.Context) error {
	o, err := m.find(c)
	if err != nil {
		return err
	}
	if err := m.End(c.Context(), c.Act(), o); err != nil {
		return err
	}
	return m.again(c, o)
}

func (m *Module) apiTurn(c *web.Context) error {
	t, o, err := m.findTurn(c)
	if err != nil {
		return err
	}
	decisions, err := m.Decisions(c.Context(), c.Act(), o.Person, t.ID)
	if err != nil {
		return err
	}
	out := wireReason{Turn: m.turnWire(c, o, t), Decisions: []wireDecision{}}
	for _, d := range decisions {
		out.Decisions = append(out.Decisions, wireDecision{
			At: d.At, Verdict: d.Verdict, Rule: d.Rule, Inputs: d.Inputs, Replays: d.Replays(),
			Why: c.T("autopay.rule."+string(d.Rule), m.ruleArgs(c, o, Judge(d.Inputs), t)...),
		})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiAnswer(c *web.Context) error {
	var sent answerForm
	if err := c.Bind(&sent); err != nil {
		return err
	}
	return m.onTurn(c, func(_ Order, t Turn) error { return m.Answer(c.Context(), c.Act(), t, sent.Say == "yes", sent.Amount) })
}

func (m *Module) apiUndo(c *web.Context) error {
	return m.onTurn(c, func(o Order, t Turn) error { return m.Undo(c.Context(), c.Act(), o, t) })
}

func (m *Module) onTurn(c *web.Context, do func(Order, Turn) error) error {
	t, o, err := m.findTurn(c)
	if err != nil {
		return err
	}
	if err := do(o, t); err != nil {
		return err
	}
	now, _, err := m.Turn(c.Context(), c.Act(), o.Person, t.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.turnWire(c, o, now))
}

func (m *Module) apiTemplates(c *web.Context) error {
	owner, may, err := m.whose(c, c.Query("for"))
	if err != nil {
		return err
	}
	all, err := m.Templates(c.Context(), c.Act(), owner)
	if err != nil {
		return err
	}
	out := make([]wireTemplate, 0, len(all))
	for _, t := range all {
		if may(t.Service) {
			out = append(out, wireTemplate{t.ID, t.Name.Text, t.Biller.Payee, t.Biller.Kind, t.Name.Known, t.Usual.Minor, t.Times})
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiKeep(c *web.Context) error {
	made, err := m.keep(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireMade{made})
}

func (m *Module) apiDrop(c *web.Context) error {
	t, err := m.findTemplate(c)
	if err != nil {
		return err
	}
	if err := m.Drop(c.Context(), c.Act(), t); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct{}{})
}
