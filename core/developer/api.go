package developer

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/web"
)

const tag = "agency"

func (m *Module) apiRoutes(s *web.Server) {
	s.API(m.ops.hooks, "GET "+apiHooks, m.apiEndpoints, web.Describe{Summary: "Where my agency takes messages", Tag: tag, Out: []endpointBody{}})
	s.API(m.ops.putHook, "POST "+apiHooks, m.apiMakeEndpoint, web.Describe{
		Summary: "Take messages at an address", Tag: tag, In: endpointIn{}, Out: madeEndpoint{}, Status: http.StatusCreated,
		Details: "Messages follow Standard Webhooks 1.0. The secret is in this answer alone. A sandbox key makes an endpoint that hears of the sandbox alone.",
	})
	s.API(m.ops.hooks, "GET "+apiHooks+"/{endpoint}", m.apiEndpoint, web.Describe{Summary: "One endpoint", Tag: tag, Out: endpointBody{}})
	s.API(m.ops.putHook, "PUT "+apiHooks+"/{endpoint}", m.apiPutEndpoint, web.Describe{
		Summary: "Change an endpoint, turn it on or off", Tag: tag, In: endpointChange{}, Out: endpointBody{},
		Details: "Turning a paused endpoint on sends what has waited.",
	})
	s.API(m.ops.putHook, "POST "+apiHooks+"/{endpoint}/secret", m.apiSecret, web.Describe{
		Summary: "Give an endpoint a new secret", Tag: tag, Out: secretBody{}, Details: "For a day the old one signs beside it.",
	})
	s.API(m.ops.putHook, "POST "+apiHooks+"/{endpoint}/ping", m.apiPing, web.Describe{Summary: "Send a trial message", Tag: tag, Out: messageBody{}, Status: http.StatusAccepted})
	s.API(m.ops.hooks, "GET "+apiHooks+"/{endpoint}/deliveries", m.apiDeliveries, web.Describe{
		Summary: "What was sent, the newest first", Tag: tag, Out: deliveriesBody{},
		Params: []web.Param{{Name: "before", Text: "The message after which the page begins: next of the page before", Of: ""}},
	})
	s.API(m.ops.hooks, "GET "+apiHooks+"/{endpoint}/deliveries/{message}", m.apiDelivery, web.Describe{Summary: "One message with each try", Tag: tag, Out: deliveryWhole{}})
	s.API(m.ops.putHook, "POST "+apiHooks+"/{endpoint}/deliveries/{message}/resend", m.apiResend, web.Describe{
		Summary: "Send a message anew, under its old id", Tag: tag, Status: http.StatusAccepted, Out: messageBody{},
	})
	s.API(m.ops.putHook, "POST "+apiHooks+"/{endpoint}/resend", m.apiResendSince, web.Describe{
		Summary: "Send everything since a moment anew", Tag: tag, In: resendIn{}, Out: resendOut{}, Status: http.StatusAccepted,
	})
	pay := s.Operation(act.Operation{Name: "developer.pay_trial", Object: object, May: act.OwnProgram, Key: ScopeChargesWrite, Changes: true, PerMinute: perMinuteTrials})
	s.API(pay, "POST "+apiSandbox, m.apiPayTrial, web.Describe{
		Summary: "Pay a charge of the sandbox", Tag: tag, In: trialIn{}, Out: paymentBody{}, Status: http.StatusCreated,
		Details: "By a sandbox key alone. The last two digits of the amount say what happens; see /developers.",
	})
	see := s.Operation(act.Operation{Name: "developer.see_trial", Object: object, May: act.OwnProgram, Key: ScopePayments})
	s.API(see, "GET "+apiSandbox+"/{payment}", m.apiTrial, web.Describe{Summary: "A payment of the sandbox", Tag: tag, Out: paymentBody{}})
	refund := s.Operation(act.Operation{Name: "developer.refund_trial", Object: object, May: act.OwnProgram, Key: ScopeRefunds, Changes: true})
	s.API(refund, "POST "+apiSandbox+"/{payment}/refund", m.apiRefundTrial, web.Describe{Summary: "Give a payment of the sandbox back", Tag: tag, Out: paymentBody{}})
}

type endpointIn struct {
	Name  string   `json:"name" max:"200" doc:"What it is, for people"`
	URL   string   `json:"url" max:"600" doc:"An https address on the public internet"`
	Types []string `json:"types" max:"40" doc:"Kinds of message, for example charge.paid"`
	By    string   `json:"by,omitempty" max:"10" doc:"v1: HMAC-SHA256, the default; v1a: Ed25519"`
	Live  bool     `json:"live,omitempty" doc:"When a person calls: real events and not the sandbox's. A key's own hand says it for a program"`
}

type endpointChange struct {
	Name    string   `json:"name" max:"200"`
	URL     string   `json:"url" max:"600"`
	Types   []string `json:"types" max:"40"`
	On      bool     `json:"on"`
	Version int64    `json:"version" doc:"The version that was read"`
}

type endpointBody struct {
	ID       id.ID     `json:"id"`
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	Types    []string  `json:"types"`
	Test     bool      `json:"test" doc:"Hears of the sandbox alone"`
	State    State     `json:"state" doc:"on, off, or paused after it took nothing for days"`
	Public   string    `json:"public_key,omitempty" doc:"Of v1a: what checks the signatures"`
	Made     time.Time `json:"made"`
	Heard    time.Time `json:"heard,omitzero" doc:"When it last took a message"`
	Failing  time.Time `json:"failing,omitzero" doc:"Since when it takes none"`
	Failures int64     `json:"failures"`
	Version  int64     `json:"version"`
}

func bodyOfEndpoint(e Endpoint) endpointBody {
	return endpointBody{e.ID, e.Name, e.URL, e.Types, e.Test, e.State, e.Public, e.Made, e.Heard, e.Failing, e.Failures, e.Version}
}

type madeEndpoint struct {
	endpointBody
	Secret string `json:"secret" doc:"whsec_…, or of v1a the public key whpk_…"`
}

type secretBody struct {
	Secret string `json:"secret"`
}

type messageBody struct {
	Message string `json:"message" doc:"The header webhook-id of it"`
}

type deliveryBody struct {
	Message string    `json:"message"`
	ID      id.ID     `json:"id"`
	Type    string    `json:"type"`
	At      time.Time `json:"at"`
	State   string    `json:"state" doc:"waiting, taken or failed"`
	Tries   int64     `json:"tries"`
	Next    time.Time `json:"next,omitzero" doc:"When it is tried again"`
	Status  int       `json:"status" doc:"Of the last answer; 0: none came"`
	Why     string    `json:"why,omitempty"`
}

func bodyOfDelivery(d Delivery) deliveryBody {
	return deliveryBody{messageName(d.Message), d.Message, d.Type, d.At, d.State, d.Tries, d.Next, d.Status, d.Why}
}

type deliveriesBody struct {
	Deliveries []deliveryBody `json:"deliveries"`
	Next       string         `json:"next,omitempty"`
}

type tryBody struct {
	Number int64     `json:"number"`
	At     time.Time `json:"at"`
	Status int       `json:"status"`
	Took   int64     `json:"took_ms"`
	Why    string    `json:"why,omitempty"`
}

type deliveryWhole struct {
	deliveryBody
	Body string    `json:"body" doc:"What is sent, byte for byte"`
	All  []tryBody `json:"all_tries"`
}

type resendIn struct {
	Since time.Time `json:"since"`
	All   bool      `json:"all,omitempty" doc:"Those that were taken too"`
}

type resendOut struct {
	Messages int64 `json:"messages"`
	More     bool  `json:"more,omitempty" doc:"Others follow by themselves"`
}

type trialIn struct {
	Charge id.ID `json:"charge"`
	Amount int64 `json:"amount,omitempty" doc:"Minor units; 0: all that is left"`
}

type paymentBody struct {
	ID       id.ID          `json:"id"`
	Charge   id.ID          `json:"charge"`
	Amount   int64          `json:"amount" doc:"Minor units"`
	Currency money.Currency `json:"currency"`
	State    string         `json:"state" doc:"waiting, taken, failed, refunded, disputed"`
	Reason   string         `json:"reason,omitempty"`
	Made     time.Time      `json:"made"`
	Test     bool           `json:"test"`
}

func (m *Module) apiEndpoints(c *web.Context) error {
	of, err := m.thisAgency(c)
	if err != nil {
		return err
	}
	list, err := m.Endpoints(c.Context(), of)
	if err != nil {
		return err
	}
	out := []endpointBody{}
	for _, e := range list {
		if c.Act().Key.IsZero() || e.Test == c.Act().Test {
			out = append(out, bodyOfEndpoint(e))
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiMakeEndpoint(c *web.Context) error {
	of, err := m.thisAgency(c)
	if err != nil {
		return err
	}
	var in endpointIn
	if err := c.Bind(&in); err != nil {
		return err
	}
	test := !in.Live
	if a := c.Act(); !a.Key.IsZero() {
		test = a.Test
	}
	e, shown, err := m.MakeEndpoint(c.Context(), c.Act(), of, NewEndpoint{URL: in.URL, Name: in.Name, Types: in.Types, Test: test, By: in.By})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, madeEndpoint{bodyOfEndpoint(e), shown})
}

func (m *Module) apiEndpoint(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bodyOfEndpoint(e))
}

func (m *Module) apiPutEndpoint(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	var in endpointChange
	if err := c.Bind(&in); err != nil {
		return err
	}
	e.Version = in.Version
	if err := m.ChangeEndpoint(c.Context(), c.Act(), e, NewEndpoint{URL: in.URL, Name: in.Name, Types: in.Types}); err != nil {
		return err
	}
	if in.On != (e.State == On) {
		e.Version++
		if err := m.SwitchEndpoint(c.Context(), c.Act(), e, in.On); err != nil {
			return err
		}
	}
	if e, err = m.Endpoint(c.Context(), e.Agency, e.ID); err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bodyOfEndpoint(e))
}

func (m *Module) apiSecret(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	shown, err := m.RenewSecret(c.Context(), c.Act(), e)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, secretBody{shown})
}

func (m *Module) apiPing(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	message, err := m.Ping(c.Context(), c.Act(), e)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, messageBody{messageName(message)})
}

func (m *Module) apiDeliveries(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	before := id.ID{}
	if text := c.Query("before"); text != "" {
		if before, err = id.Parse(text); err != nil {
			return ErrMissing
		}
	}
	list, more, err := m.Deliveries(c.Context(), e, before)
	if err != nil {
		return err
	}
	out := deliveriesBody{Deliveries: []deliveryBody{}}
	for _, d := range list {
		out.Deliveries = append(out.Deliveries, bodyOfDelivery(d))
	}
	if more {
		out.Next = list[len(list)-1].Message.String()
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiDelivery(c *web.Context) error {
	v, err := m.thisDelivery(c)
	if err != nil {
		return err
	}
	out := deliveryWhole{deliveryBody: bodyOfDelivery(v.Delivery), Body: v.Body, All: []tryBody{}}
	for _, one := range v.Tries {
		out.All = append(out.All, tryBody{one.Number, one.At, one.Status, one.Took.Milliseconds(), one.Why})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiResend(c *web.Context) error {
	v, err := m.thisDelivery(c)
	if err != nil {
		return err
	}
	if err := m.Resend(c.Context(), c.Act(), v.Endpoint, v.Delivery.Message); err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, messageBody{messageName(v.Delivery.Message)})
}

func (m *Module) apiResendSince(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	var in resendIn
	if err := c.Bind(&in); err != nil {
		return err
	}
	n, more, err := m.ResendSince(c.Context(), c.Act(), e, in.Since, in.All)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, resendOut{n, more})
}

func bodyOfPayment(p Payment) paymentBody {
	return paymentBody{p.ID, p.Charge, p.Amount.Minor, p.Amount.Currency, p.State, p.Reason, p.Made, true}
}

func (m *Module) apiPayTrial(c *web.Context) error {
	if _, err := m.thisSandbox(c); err != nil {
		return err
	}
	var in trialIn
	if err := c.Bind(&in); err != nil {
		return err
	}
	p, err := m.PayTrial(c.Context(), c.Act(), in.Charge, in.Amount)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, bodyOfPayment(p))
}

func (m *Module) apiTrial(c *web.Context) error {
	of, err := m.thisSandbox(c)
	if err != nil {
		return err
	}
	payment, err := c.ID("payment")
	if err != nil {
		return err
	}
	p, err := m.TrialPayment(c.Context(), of, payment)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bodyOfPayment(p))
}

// thisSandbox is whose sandbox a request is about: a sandbox key's own.
func (m *Module) thisSandbox(c *web.Context) (id.ID, error) {
	of, err := m.thisAgency(c)
	if err == nil && !sandboxed(c.Act(), of) {
		err = ErrSandbox
	}
	return of, err
}

func (m *Module) apiRefundTrial(c *web.Context) error {
	if _, err := m.thisSandbox(c); err != nil {
		return err
	}
	payment, err := c.ID("payment")
	if err != nil {
		return err
	}
	p, err := m.RefundTrial(c.Context(), c.Act(), payment)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bodyOfPayment(p))
}
