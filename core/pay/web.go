package pay

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/core/pay/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// object is a charge or payment as permission sees it: it lies in its payer's account. service is empty for all charges.
func object(payer id.ID, service string) act.Object {
	return act.Object{Kind: "charge", Holder: payer, Service: service}
}

func (m *Module) routes(s *web.Server) {
	read := s.Operation(act.Operation{Name: "pay.read", Object: "charge", May: act.Self | act.ByMandate, Scope: "pay", Assurance: act.Basic, Look: "pay.look.charge"})
	list := s.Operation(act.Operation{Name: "pay.list", Object: "charge", May: act.Self | act.ByMandate, Scope: "pay", Assurance: act.Basic, Look: "pay.look.charges"})
	start := s.Operation(act.Operation{Name: "pay.start", Object: "charge", May: act.Self | act.ByMandate, Scope: "pay", Assurance: act.Basic, Changes: true})
	back := s.Operation(act.Operation{Name: "pay.return", Object: "charge", May: act.Self | act.ByMandate, Scope: "pay", Assurance: act.Basic})
	notify := s.Operation(act.Operation{Name: "pay.notify", May: act.Everyone, Changes: true, Body: bankMost, PerMinute: 6000})

	s.Page(list, "GET /pay", m.showCharges)
	s.Page(read, "GET /pay/{charge}", m.showCharge)
	s.Page(start, "POST /pay/{charge}", m.startPayment)
	s.Page(back, "GET /pay/return/{attempt}", m.comeBack)
	s.Page(read, "GET /pay/receipt/{payment}", m.showReceipt)
	m.api(s, list, read, start)
	s.API(notify, "POST /api/v1/pay/notify", m.notified, web.Describe{Summary: "Message from the bank", Hidden: true})

	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 30, Text: "pay.menu", Href: "/pay", Icon: "wallet", Count: m.dueCount})
	}
}

// dueCount is the menu's number: how many bills are due, at most chargesMost.
func (m *Module) dueCount(c *web.Context) int {
	var n int64
	err := m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		n = 0
		for _, person := range c.Act().Selves() {
			some, err := paydb.CountDue(r, person, chargesMost)
			if err != nil {
				return err
			}
			n += some
		}
		return nil
	})
	if err != nil {
		m.base.Log.Warn("pay: the number of bills", "error", err)
		return 0 // a menu's number is not worth a page
	}
	return int(n)
}

func (m *Module) showCharges(c *web.Context) error {
	charges, err := m.listed(c)
	if err != nil {
		return err
	}
	title := c.T("pay.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account}, listPage(m, c, charges))
}

// listed are the person's own charges; with ?for= those of somebody for whom they may pay, as far as their mandate goes.
func (m *Module) listed(c *web.Context) ([]Charge, error) {
	payer, err := id.Parse(c.Query("for"))
	if err != nil || payer.IsZero() || payer == c.Person() || m.deps.Mandates == nil {
		if err := c.May(object(c.Person(), "")); err != nil {
			return nil, err
		}
		return m.Charges(c.Context(), c.Act(), c.Person(), id.ID{})
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
	charges, err := m.Charges(c.Context(), c.Act(), payer, id.ID{})
	return slices.DeleteFunc(charges, func(charge Charge) bool {
		return !slices.ContainsFunc(may, func(one mandate.Mandate) bool { return one.Allows(mandate.ScopePay, charge.Service) })
	}), err
}

// read finds a charge by the id in the path and asks whether the actor may see it.
func (m *Module) read(c *web.Context) (Charge, error) {
	charge, err := c.ID("charge")
	if err != nil {
		return Charge{}, err
	}
	home, err := m.home(c.Context(), charge)
	if err != nil {
		return Charge{}, err
	}
	if err := c.May(object(home.Payer, home.Service)); err != nil {
		return Charge{}, err
	}
	return m.Charge(c.Context(), c.Act(), home.Payer, charge)
}

func (m *Module) showCharge(c *web.Context) error {
	charge, err := m.read(c)
	if err != nil {
		return err
	}
	pending := false
	if charge.State == Due {
		if pending, err = m.pending(c, charge); err != nil {
			return err
		}
	}
	title := charge.Title.In(c.Lang())
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: []ui.Link{{Text: c.T("pay.title"), Href: "/pay"}, {Text: title}}}, chargePage(m, c, charge, pending))
}

// pending tells whether the bank has an attempt whose fate is not known.
func (m *Module) pending(c *web.Context, charge Charge) (bool, error) {
	out := false
	err := m.base.Store.Look(c.Context(), c.Act(), "pay.look.charge", func(p *store.Personal) error {
		s, err := standingOf(p, charge.Payer, charge.ID)
		picked := choose(s)
		out = picked.resume.State == Open
		return err
	})
	return out, err
}

func (m *Module) startPayment(c *web.Context) error {
	charge, err := m.read(c)
	if err != nil {
		return err
	}
	where, err := m.Checkout(c.Context(), c.Act(), charge.Payer, charge.ID, c.Lang())
	if errors.Is(err, ErrSettled) || errors.Is(err, ErrPending) {
		return c.Redirect("/pay/" + charge.ID.String())
	}
	if err != nil {
		return err
	}
	return c.RedirectOut(where)
}

// comeBack settles what the bank has decided, and shows the charge; when the bank is silent, the job finds out later.
func (m *Module) comeBack(c *web.Context) error {
	attempt, err := c.ID("attempt")
	if err != nil {
		return err
	}
	home, err := m.home(c.Context(), attempt)
	if err != nil {
		return err
	}
	if err := c.May(object(home.Payer, home.Service)); err != nil {
		return err
	}
	state, err := m.Settle(c.Context(), attempt)
	if err != nil {
		m.base.Log.Warn("pay: the bank is silent on a return", "error", err)
	}
	var charge id.ID
	err = m.base.Store.Look(c.Context(), c.Act(), "pay.look.charge", func(p *store.Personal) error {
		lines, err := paydb.LinesOf(p, home.Payer, home.Payment)
		if len(lines) > 0 {
			charge = lines[0].Charge
		}
		return err
	})
	if err != nil {
		return err
	}
	switch state {
	case Paid:
		c.SetFlash("success", "pay.flash_paid")
	case Declined, Expired:
		c.SetFlash("fault", "pay.flash_declined")
	default:
		c.SetFlash("warning", "pay.flash_waiting")
	}
	return c.Redirect("/pay/" + charge.String())
}

func (m *Module) showReceipt(c *web.Context) error {
	payment, charges, err := m.receipt(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("pay.receipt"), Layout: page.Plain}, receiptPage(m, c, payment, charges))
}

func (m *Module) receipt(c *web.Context) (Payment, []Charge, error) {
	key, err := c.ID("payment")
	if err != nil {
		return Payment{}, nil, err
	}
	home, err := m.home(c.Context(), key)
	if err != nil {
		return Payment{}, nil, err
	}
	if err := c.May(object(home.Payer, home.Service)); err != nil {
		return Payment{}, nil, err
	}
	return m.Payment(c.Context(), c.Act(), home.Payer, key)
}

// Payment reads a payment with the charges that it paid.
func (m *Module) Payment(ctx context.Context, a act.Act, payer, payment id.ID) (Payment, []Charge, error) {
	var out Payment
	var charges []Charge
	err := m.base.Store.Look(ctx, a, "pay.look.charge", func(p *store.Personal) error {
		row, err := paydb.PaymentByID(p, payer, payment)
		if err != nil {
			return err
		}
		lines, err := paydb.LinesOf(p, payer, payment)
		if err != nil {
			return err
		}
		out, charges = paymentOf(row, lines), nil
		for _, line := range lines {
			charge, err := paydb.ChargeByID(p, payer, line.Charge)
			if err != nil {
				return err
			}
			c, err := chargeOf(charge)
			if err != nil {
				return err
			}
			charges = append(charges, c)
		}
		return nil
	})
	if errors.Is(err, store.ErrNone) {
		return out, nil, ErrNone.Because(err)
	}
	return out, charges, err
}

// notified takes the bank's message. It is answered at once with the attempt queued for asking, so that a slow bank does
// not hold its own connection; a message about an attempt that is not ours is refused.
func (m *Module) notified(c *web.Context) error {
	body, err := c.Body()
	if err != nil {
		return err
	}
	attempt, err := m.deps.Bank.Message(c.Request().Header, body)
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	home, err := m.home(c.Context(), attempt)
	if err != nil {
		return err
	}
	err = m.base.Store.Write(c.Context(), func(tx *store.Tx) error {
		return m.base.Jobs.Put(tx, jobs.New{Handler: jobPoll, Holder: home.Payer, Object: attempt})
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, struct{}{})
}
