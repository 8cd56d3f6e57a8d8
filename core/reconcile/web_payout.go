package reconcile

import (
	"bytes"
	"errors"

	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/iso20022"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// payoutsView is the list of orders, and what the next one would be.
type payoutsView struct {
	List   []Payout
	Next   []PayoutLine
	Names  names
	Failed *fault.Fault
	Until  calendar.Date
}

func (m *Module) showPayouts(c *web.Context) error { return m.payoutsPage(c, nil) }

func (m *Module) payoutsPage(c *web.Context, failed *fault.Fault) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	v := payoutsView{Failed: failed, Until: m.today().AddDays(-1)}
	var err error
	if v.List, err = m.Payouts(c.Context(), id.ID{}); err != nil {
		return err
	}
	if v.Next, err = m.payable(c.Context(), id.ID{}, v.Until); err != nil {
		return err
	}
	if v.Names, err = m.names(c); err != nil {
		return err
	}
	title := c.T("reconcile.payouts.title")
	return m.render(c, title, failed, []ui.Link{{Text: title}}, payoutsPage(m, c, v))
}

func (m *Module) postPrepare(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	p, err := m.PreparePayout(c.Context(), c.Act(), m.today().AddDays(-1))
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.payoutsPage(c, failed)
	}
	c.SetFlash("success", "reconcile.payout.prepared")
	return c.Redirect(payoutsPath + "/" + p.ID.String())
}

// payoutView is one order.
type payoutView struct {
	Payout
	Names  names
	People map[id.ID]lang.Name
	Failed *fault.Fault
	Own    bool // the reader prepared it
	Bank   bool // it is carried by itself
}

// ofPayout finds the order of the path and asks permission.
func (m *Module) ofPayout(c *web.Context) (Payout, error) {
	if err := m.ofTreasury(c); err != nil {
		return Payout{}, err
	}
	which, err := c.ID("payout")
	if err != nil {
		return Payout{}, err
	}
	return m.Payout(c.Context(), which)
}

func (m *Module) showPayout(c *web.Context) error {
	p, err := m.ofPayout(c)
	if err != nil {
		return err
	}
	return m.payoutPage(c, p, nil)
}

func (m *Module) payoutPage(c *web.Context, p Payout, failed *fault.Fault) error {
	v := payoutView{Payout: p, Failed: failed, Own: p.MadeBy == c.Person(), Bank: m.deps.Bank != nil}
	var err error
	if v.Names, err = m.names(c); err != nil {
		return err
	}
	if v.People, err = m.officers(c, p.MadeBy, p.ApprovedBy); err != nil {
		return err
	}
	title := c.T("reconcile.payout.title", "sum", p.Amount.In(c.Lang()))
	return m.render(c, title, failed, []ui.Link{{Text: c.T("reconcile.payouts.title"), Href: payoutsPath}, {Text: title}}, payoutPage(m, c, v))
}

type judgeForm struct {
	Revision int64 `json:"revision"`
}

func (m *Module) judged(c *web.Context, do func(Payout, judgeForm) error, flash string) error {
	p, err := m.ofPayout(c)
	if err != nil {
		return err
	}
	var form judgeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	failed, err := told(do(p, form))
	if err != nil {
		return err
	}
	if failed != nil {
		return m.payoutPage(c, p, failed)
	}
	c.SetFlash("success", flash)
	return c.Redirect(payoutsPath + "/" + p.ID.String())
}

func (m *Module) postApprove(c *web.Context) error {
	return m.judged(c, func(p Payout, f judgeForm) error { return m.ApprovePayout(c.Context(), c.Act(), p.ID, f.Revision) }, "reconcile.payout.approved")
}

func (m *Module) postCancel(c *web.Context) error {
	return m.judged(c, func(p Payout, f judgeForm) error { return m.CancelPayout(c.Context(), c.Act(), p.ID, f.Revision) }, "reconcile.payout.cancelled")
}

func (m *Module) sendOrder(c *web.Context) error {
	p, err := m.ofPayout(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := m.WriteOrder(p, &out); err != nil {
		return err
	}
	return c.File(web.File{Name: "pain001-" + p.Day.String() + "-" + p.ID.String()[:8] + ".xml", Type: "application/xml", Data: out.Bytes()}, false)
}

func (m *Module) postAnswer(c *web.Context) error {
	p, err := m.ofPayout(c)
	if err != nil {
		return err
	}
	if err := m.mayAct(c.Act()); err != nil {
		return err
	}
	files, err := c.Files()
	if err != nil {
		return err
	}
	if list := files["file"]; len(list) != 1 || len(list[0].Data) == 0 {
		return m.payoutPage(c, p, ErrFile)
	}
	report, err := iso20022.ReadReport(bytes.NewReader(files["file"][0].Data))
	if err != nil {
		return m.payoutPage(c, p, ErrFile)
	}
	err = m.AnswerGiven(c.Context(), c.Act(), p, report)
	if errors.Is(err, ErrAsked) {
		c.SetFlash("warning", ErrAsked.ID)
		return c.Redirect(payoutsPath + "/" + p.ID.String())
	}
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.payoutPage(c, p, failed)
	}
	c.SetFlash("success", "reconcile.payout.answered")
	return c.Redirect(payoutsPath + "/" + p.ID.String())
}

// payeesView is where income is paid out to.
type payeesView struct {
	Payees   []Payee
	Approved map[id.ID]PayeeDetails
	Proposed []PayeeDetails
	Names    names
	People   map[id.ID]lang.Name
	Typed    payeeForm
	Failed   *fault.Fault
	Reader   id.ID
}

type payeeForm struct {
	Payee   string `json:"payee" max:"40"`
	Name    string `json:"name" max:"140"`
	Tax     string `json:"tax" max:"35"`
	Account string `json:"account" max:"34"`
	BIC     string `json:"bic" max:"11"`
	Member  string `json:"member" max:"35"`
	Bank    string `json:"bank" max:"140"`
}

func (m *Module) showPayees(c *web.Context) error {
	return m.payeesPage(c, payeeForm{Payee: c.Query("payee")}, nil)
}

func (m *Module) payeesPage(c *web.Context, typed payeeForm, failed *fault.Fault) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	v := payeesView{Approved: map[id.ID]PayeeDetails{}, Typed: typed, Failed: failed, Reader: c.Person()}
	var err error
	if v.Payees, err = m.payees(c.Context()); err != nil {
		return err
	}
	if v.Names, err = m.names(c); err != nil {
		return err
	}
	all, err := m.PayeeDetails(c.Context())
	if err != nil {
		return err
	}
	var people []id.ID
	for _, d := range all {
		people = append(people, d.By, d.Second)
		if d.Approved {
			v.Approved[d.Payee] = d
		} else {
			v.Proposed = append(v.Proposed, d)
		}
	}
	if v.People, err = m.officers(c, people...); err != nil {
		return err
	}
	title := c.T("reconcile.payees.title")
	return m.render(c, title, failed, []ui.Link{{Text: c.T("reconcile.payouts.title"), Href: payoutsPath}, {Text: title}}, payeesPage(m, c, v))
}

func (m *Module) postPayee(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	var form payeeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	payee, err := id.Parse(form.Payee)
	if err != nil {
		return ErrNone
	}
	failed, err := told(m.ProposePayee(c.Context(), c.Act(), payee, Creditor{Name: form.Name, TaxNumber: form.Tax, Account: form.Account, BIC: form.BIC, Member: form.Member, Bank: form.Bank}))
	if err != nil {
		return err
	}
	if failed != nil {
		return m.payeesPage(c, form, failed)
	}
	c.SetFlash("success", "reconcile.payees.proposed_flash")
	return c.Redirect(payeesPath)
}

type judgePayeeForm struct {
	Payee   id.ID  `json:"payee"`
	Version int64  `json:"version"`
	Verdict string `json:"verdict" max:"10"`
}

func (m *Module) postJudge(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	var form judgePayeeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	failed, err := told(m.JudgePayee(c.Context(), c.Act(), form.Payee, form.Version, form.Verdict == "approve"))
	if err != nil {
		return err
	}
	if failed != nil {
		return m.payeesPage(c, payeeForm{}, failed)
	}
	c.SetFlash("success", "reconcile.payees.judged_flash")
	return c.Redirect(payeesPath)
}
