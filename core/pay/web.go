package pay

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/charge"
	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// object is a charge or payment as permission sees it: it lies in its payer's account. service is empty for several.
func object(holder id.ID, service string) act.Object {
	return act.Object{Kind: "charge", Holder: holder, Service: service}
}

// notifyMost is the largest message of a bank, bytes.
const notifyMost = 64 << 10

func (m *Module) routes(s *web.Server) {
	mine := act.Self | act.ByMandate
	own := func(o act.Operation) *web.Op {
		o.Object, o.Scope, o.Assurance = "charge", mandate.ScopePay, act.Basic
		if o.May == 0 {
			o.May = mine
		}
		return s.Operation(o)
	}
	read := own(act.Operation{Name: "pay.read", Look: lookCharge})
	list := own(act.Operation{Name: "pay.list", Look: lookPayments})
	start := own(act.Operation{Name: "pay.start", Changes: true})
	receipt := own(act.Operation{Name: "pay.receipt", Look: lookPayment})
	cards := own(act.Operation{Name: "pay.cards", May: act.Self, Look: lookCards})
	drop := own(act.Operation{Name: "pay.drop_card", May: act.Self, Changes: true, NotAtCentre: true})
	notify := s.Operation(act.Operation{Name: "pay.notify", May: act.Everyone, Changes: true, Body: notifyMost, PerMinute: 6000})

	s.Page(list, "GET /pay", m.showCharges)
	s.Page(list, "GET /pay/history", m.showHistory)
	s.Page(read, "GET /pay/basket", m.showBasket)
	s.Page(start, "POST /pay/basket", m.payBasket)
	s.Page(read, "GET /pay/{charge}", m.showCharge)
	s.Page(start, "POST /pay/{charge}", m.payCharge)
	s.Page(receipt, "GET /pay/return/{attempt}", m.comeBack)
	s.Page(receipt, "GET /pay/payment/{payment}", m.showPayment)
	s.Page(receipt, "GET /pay/payment/{payment}/state", m.stateOf)
	s.Page(receipt, "GET /pay/payment/{payment}/qr", m.showQR)
	s.Page(receipt, "GET /pay/receipt/{payment}", m.showReceipt)
	s.Page(receipt, "GET /pay/receipt/{payment}/pdf", m.sendReceipt)
	s.Page(cards, "GET /pay/cards", m.showCards)
	s.Page(drop, "POST /pay/cards/{card}/remove", m.removeCard)
	m.publicRoutes(s)
	m.deskRoutes(s)
	m.api(s, apiOps{list: list, read: read, start: start, receipt: receipt, cards: cards})
	s.API(notify, "POST /api/v1/pay/notify", m.notified, web.Describe{Summary: "Message from the bank", Hidden: true})

	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 30, Text: "pay.menu", Href: "/pay", Icon: "wallet", Count: m.dueCount})
	}
}

// dueMost bounds the menu's number.
const dueMost = 100

// dueCount is the menu's number: how many bills are due.
func (m *Module) dueCount(c *web.Context) int {
	n, err := m.deps.Charges.CountOpen(c.Context(), c.Act(), c.Person(), dueMost)
	if err != nil {
		m.base.Log.Warn("pay: the number of bills", "error", err)
		return 0 // a menu's number is not worth a page
	}
	return int(n)
}

// listed are the person's own charges; with ?for= those of somebody for whom they may pay, as far as their mandate goes.
func (m *Module) listed(c *web.Context, f charge.Filter) ([]charge.Charge, error) {
	payer := giver(c)
	if payer.IsZero() || payer == c.Person() || m.deps.Mandates == nil {
		if err := c.May(object(c.Person(), "")); err != nil {
			return nil, err
		}
		return m.deps.Charges.OfPerson(c.Context(), c.Act(), c.Person(), f)
	}
	taken, err := m.deps.Mandates.Taken(c.Context(), c.Person())
	if err != nil {
		return nil, err
	}
	may := slices.DeleteFunc(taken, func(one mandate.Mandate) bool {
		return one.Giver != payer || !slices.Contains(one.Scopes, mandate.ScopePay)
	})
	for _, service := range mandate.Services(may) {
		if err := c.May(object(payer, service)); err != nil {
			return nil, err
		}
	}
	if len(may) == 0 {
		return nil, c.May(object(payer, ""))
	}
	charges, err := m.deps.Charges.OfPerson(c.Context(), c.Act(), payer, f)
	return slices.DeleteFunc(charges, func(one charge.Charge) bool {
		return !slices.ContainsFunc(may, func(by mandate.Mandate) bool { return by.Allows(mandate.ScopePay, one.Service) })
	}), err
}

// mayCharge asks whether the actor may deal with a charge, and tells where it lies and in whose account. for is the person for
// whom they say that they act; zero: nobody.
func (m *Module) mayCharge(c *web.Context, key, giver id.ID) (charge.Place, id.ID, error) {
	place, err := m.deps.Charges.Where(c.Context(), key)
	if err != nil {
		return place, id.ID{}, err
	}
	holder, err := m.whose(c, place, giver)
	if err != nil {
		return place, holder, err
	}
	return place, holder, c.May(object(holder, place.Service))
}

// whose is in whose account a bill lies: the giver's, when they are named and it does; else as the act goes.
func (m *Module) whose(c *web.Context, place charge.Place, giver id.ID) (id.ID, error) {
	if !giver.IsZero() && !c.Act().Is(giver) {
		holder, err := m.deps.Charges.Whose(c.Context(), act.Act{Holder: giver}, place)
		if err != nil || holder == giver {
			return holder, err
		}
	}
	return m.deps.Charges.Whose(c.Context(), c.Act(), place)
}

// giver is the person for whom an address says that somebody acts; zero: themselves.
func giver(c *web.Context) id.ID {
	out, err := id.Parse(c.Query("for"))
	if err != nil {
		return id.ID{}
	}
	return out
}

// charge finds a charge by the id in the path and asks whether the actor may see it; it tells in whose account it lies.
func (m *Module) charge(c *web.Context) (charge.Charge, id.ID, error) {
	key, err := c.ID("charge")
	if err != nil {
		return charge.Charge{}, id.ID{}, err
	}
	place, holder, err := m.mayCharge(c, key, giver(c))
	if err != nil {
		return charge.Charge{}, holder, err
	}
	one, err := m.deps.Charges.Charge(c.Context(), c.Act(), place.Home, key)
	return one, holder, err
}

// mayPayment asks whether the actor may see a payment: for each service that it paid for.
func mayPayment(c *web.Context, home paydb.PayHome) error {
	for _, service := range strings.Split(home.Service, servicesBreak) {
		if err := c.May(object(home.Payer, service)); err != nil {
			return err
		}
	}
	return nil
}

// payment finds a payment by the id in the path and asks whether the actor may see it.
func (m *Module) payment(c *web.Context) (Payment, error) {
	key, err := c.ID("payment")
	if err != nil {
		return Payment{}, err
	}
	home, err := m.home(c.Context(), key)
	if err != nil {
		return Payment{}, err
	}
	if err := mayPayment(c, home); err != nil {
		return Payment{}, err
	}
	return m.Payment(c.Context(), c.Act(), home.Payer, home.Payment)
}

func (m *Module) showCharges(c *web.Context) error {
	charges, err := m.listed(c, charge.Filter{})
	if err != nil {
		return err
	}
	view := m.chargesView(c, charges)
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.title"), Layout: page.Account}, chargesPage(c, view))
}

func (m *Module) showHistory(c *web.Context) error {
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
	crumbs := []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: c.T("pay.history")}}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.history"), Layout: page.Account, Crumbs: crumbs}, historyPage(c, m.historyView(c, list)))
}

func (m *Module) showCharge(c *web.Context) error {
	one, _, err := m.charge(c)
	if err != nil {
		return err
	}
	details, err := m.deps.Charges.Details(c.Context(), c.Act(), one.Home, one.ID)
	if err != nil {
		return err
	}
	pending, err := m.pending(c, one)
	if err != nil {
		return err
	}
	changes, err := m.deps.Charges.ChangeRows(c, one)
	if err != nil {
		return err
	}
	view := m.chargeView(c, one, details, pending)
	view.Rows = append(view.Rows, changes...)
	title := one.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: crumbs}, chargePage(c, view))
}

// pending tells whether a payment of a charge has a fate that is not known.
func (m *Module) pending(c *web.Context, one charge.Charge) (bool, error) {
	out := false
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		tries, err := paydb.TriesIn(r, one.Home, one.ID, string(Open))
		out = len(tries) > 0
		return err
	})
	return out, err
}

// comeBack settles what the bank has decided, and shows the payment; when the bank is silent, the job finds out later.
func (m *Module) comeBack(c *web.Context) error {
	attempt, err := c.ID("attempt")
	if err != nil {
		return err
	}
	home, err := m.home(c.Context(), attempt)
	if err != nil {
		return err
	}
	if err := mayPayment(c, home); err != nil {
		return err
	}
	if _, err := m.Settle(c.Context(), attempt); err != nil {
		m.base.Log.Warn("pay: the bank is silent on a return", "error", err)
	}
	return c.Redirect("/pay/payment/" + home.Payment.String())
}

// showPayment is where somebody waits for a payment; one that is over is a receipt, or has not come.
func (m *Module) showPayment(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	if p.Code != "" {
		return c.Redirect("/pay/receipt/" + p.ID.String())
	}
	return m.showWaiting(c, p, "/pay/payment/"+p.ID.String())
}

func (m *Module) showWaiting(c *web.Context, p Payment, path string) error {
	view := m.waitingView(c, p, path)
	return m.base.Pages.Render(c, page.Options{Title: view.Title, Layout: page.Plain, Htmx: view.Waits}, waitingPage(c, view))
}

// stateOf is what the waiting page asks: it leads on once the fate is known.
func (m *Module) stateOf(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	return m.tellState(c, p, "/pay/payment/"+p.ID.String())
}

func (m *Module) tellState(c *web.Context, p Payment, path string) error {
	if p.State == Open {
		if at := p.Attempts[0]; at.Method == ByQR { // nobody comes back from a bank's app: ask now
			if _, err := m.Settle(c.Context(), at.ID); err != nil {
				m.base.Log.Warn("pay: the bank is silent on a wait", "error", err)
			}
		}
		return c.Empty()
	}
	return c.Redirect(path)
}

func (m *Module) showQR(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	return m.sendQR(c, p)
}

func (m *Module) sendQR(c *web.Context, p Payment) error {
	if p.Attempts[0].QR == "" {
		return ErrNone
	}
	code, err := seal.QR(p.Attempts[0].QR)
	if err != nil {
		return err
	}
	return c.Data("image/svg+xml", code.SVG(c.T("pay.qr_label")))
}

func (m *Module) showReceipt(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	if p.Code == "" {
		return c.Redirect("/pay/payment/" + p.ID.String())
	}
	refunds, dispute, err := m.Refunds(c.Context(), c.Act(), p.Payer, p.ID)
	if err != nil {
		return err
	}
	crumbs := []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: c.T("pay.history"), Href: "/pay/history"}, {Text: c.T("pay.receipt")}}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.receipt"), Layout: page.Plain, Crumbs: crumbs}, receiptPage(c, m.receiptView(c, p, refunds, dispute)))
}

func (m *Module) sendReceipt(c *web.Context) error {
	p, err := m.payment(c)
	if err != nil {
		return err
	}
	return m.sendPaper(c, p)
}

func (m *Module) sendPaper(c *web.Context, p Payment) error {
	if p.Code == "" {
		return ErrNone
	}
	paper, err := m.paper(p, c.Lang())
	if err != nil {
		return err
	}
	return c.Data("application/pdf", paper)
}

func (m *Module) showCards(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	cards, err := m.Cards(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	crumbs := []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: c.T("pay.cards")}}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.cards"), Layout: page.Account, Crumbs: crumbs}, cardsPage(c, m.cardsView(c, cards)))
}

func (m *Module) removeCard(c *web.Context) error {
	card, err := c.ID("card")
	if err != nil {
		return err
	}
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	for _, person := range c.Act().Selves() {
		if _, err := m.RemoveCard(c.Context(), c.Act(), person, card); err != nil {
			return err
		}
	}
	c.SetFlash("success", "pay.flash_card_removed")
	return c.Redirect("/pay/cards")
}

// notified takes the bank's message. It is answered at once with the attempt queued for asking, so that a slow bank does
// not hold its own connection; a message about an attempt that is not ours is refused.
func (m *Module) notified(c *web.Context) error {
	body, err := c.Body()
	if err != nil {
		return err
	}
	message, err := m.deps.Bank.Message(c.Request().Header, body)
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	home, err := m.home(c.Context(), message.Attempt)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error { return m.putAsk(tx, home.Payer, message.Attempt) })
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct{}{})
}

// askSlot is how long messages about one attempt are put together.
const askSlot = 10 * time.Second

// putAsk has the bank asked about an attempt: now, and once more after the messages of a slot, however many come in it.
func (m *Module) putAsk(tx *store.Tx, payer, attempt id.ID) error {
	slot := tx.Now().Truncate(askSlot)
	key := attempt.String() + "/" + strconv.FormatInt(slot.Unix(), 10)
	return errors.Join(
		m.base.Jobs.Put(tx, jobs.New{Handler: jobAsk, Holder: payer, Object: attempt, Key: key}),
		m.base.Jobs.Put(tx, jobs.New{Handler: jobAsk, Holder: payer, Object: attempt, Key: key + "/after", At: slot.Add(askSlot)}))
}
