package charity

import (
	"errors"
	"slices"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// deskAct makes sure that an official of the charity agency reads.
func (m *Module) deskAct(c *web.Context) error {
	a, city := c.Act(), m.deps.City()
	if city.Agency.IsZero() {
		return ErrNoDesk
	}
	if err := c.May(act.Object{Kind: "charity", Agency: city.Agency}); err != nil {
		return err
	}
	if a.Actor.Kind != act.Official || a.Actor.Agency != city.Agency {
		return ErrNoDesk
	}
	return nil
}

func (m *Module) deskOptions(c *web.Context, title string) page.Options {
	o := page.Options{Title: title, Layout: page.Desk}
	if title != c.T("charity.desk_title") {
		o.Crumbs = []ui.Link{{Text: c.T("charity.desk_title"), Href: "/desk/charity"}, {Text: title}}
	}
	return o
}

// deskView is everything that waits for an official, and the funds.
type deskView struct {
	Funds   []fundLine
	Waiting []Fund
	Changes []Change
	Appeals []Standing
	Payouts []Payout
	ByID    map[id.ID]Fund
}

func (m *Module) showDesk(c *web.Context) error {
	if err := m.deskAct(c); err != nil {
		return err
	}
	v := deskView{ByID: map[id.ID]Fund{}}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	v.Funds = lists.lines(c.Lang())
	rest, err := m.Funds(c.Context(), c.Lang(), FundAsked, FundRefused)
	if err != nil {
		return err
	}
	for _, f := range append(rest, lists.funds...) {
		v.ByID[f.ID] = f
	}
	for _, f := range rest {
		if f.State == FundAsked {
			v.Waiting = append(v.Waiting, f)
		} else {
			v.Funds = append(v.Funds, fundLine{Fund: f})
		}
	}
	if v.Changes, err = m.Changes(c.Context()); err != nil {
		return err
	}
	if v.Appeals, err = m.Appeals(c.Context(), AppealAsked); err != nil {
		return err
	}
	if v.Payouts, err = m.PayoutsIn(c.Context(), PayoutAsked); err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.deskOptions(c, c.T("charity.desk_title")), deskPage(m, c, v))
}

// verdictForm is an official's decision.
type verdictForm struct {
	Revision int64    `json:"revision"` // of the fund that was read
	Verdict  string   `json:"verdict" max:"20"`
	Reason   string   `json:"reason" max:"1000"`
	Checks   []string `json:"checks" max:"40"`
	Change   id.ID    `json:"change"` // that was read
}

// verdict is an official's word about what the address names; words are those that there are, none where another module judges them.
func (m *Module) verdict(c *web.Context, of string, words ...string) (id.ID, verdictForm, error) {
	var form verdictForm
	which, err := c.ID(of)
	if err == nil {
		err = m.deskAct(c)
	}
	if err == nil {
		err = c.Bind(&form)
	}
	if err == nil && len(words) > 0 && !slices.Contains(words, form.Verdict) {
		err = ErrState
	}
	return which, form, err
}

// deskFundView is a fund before an official.
type deskFundView struct {
	fundView
	Change *Change
	Form   verdictForm
	Faults []fault.Field
}

func (m *Module) showDeskFund(c *web.Context) error { return m.deskFund(c, verdictForm{}, nil) }

func (m *Module) deskFund(c *web.Context, form verdictForm, faults []fault.Field) error {
	fund, err := c.ID("fund")
	if err != nil {
		return err
	}
	if err := m.deskAct(c); err != nil {
		return err
	}
	f, err := m.Fund(c.Context(), fund)
	if err != nil {
		return err
	}
	v := deskFundView{Form: form, Faults: faults}
	if v.fundView, err = m.readFund(c, f); err != nil {
		return err
	}
	if v.Change, err = m.change(c.Context(), fund); err != nil {
		return err
	}
	o := m.deskOptions(c, f.Title.In(c.Lang()))
	o.Faulty = len(faults) > 0
	return m.base.Pages.Render(c, o, deskFundPage(m, c, v))
}

func (m *Module) postFundVerdict(c *web.Context) error {
	fund, form, err := m.verdict(c, "fund")
	if err != nil {
		return err
	}
	err = m.DecideFundAt(c.Context(), c.Act(), fund, form.Revision, Verdict(form.Verdict), form.Reason, form.Checks)
	if errors.Is(err, ErrForm) {
		return m.deskFund(c, form, fault.Of(err).Fields)
	}
	return m.decided(c, err)
}

func (m *Module) postChangeVerdict(c *web.Context) error {
	fund, form, err := m.verdict(c, "fund", "accepted", "refused")
	if err != nil {
		return err
	}
	err = m.DecideChange(c.Context(), c.Act(), fund, form.Change, form.Verdict == "accepted", form.Reason)
	if errors.Is(err, ErrForm) {
		return m.deskFund(c, form, fault.Of(err).Fields)
	}
	return m.decided(c, err)
}

// decided tells what was done and leads back to the list.
func (m *Module) decided(c *web.Context, err error) error {
	if err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_decided")
	return c.Redirect("/desk/charity")
}

// deskAppealView is an appeal before an official.
type deskAppealView struct {
	appealView
	Form   verdictForm
	Faults []fault.Field
}

func (m *Module) showDeskAppeal(c *web.Context) error { return m.deskAppeal(c, verdictForm{}, nil) }

func (m *Module) deskAppeal(c *web.Context, form verdictForm, faults []fault.Field) error {
	appeal, err := c.ID("appeal")
	if err != nil {
		return err
	}
	if err := m.deskAct(c); err != nil {
		return err
	}
	v := deskAppealView{Form: form, Faults: faults}
	if v.appealView, err = m.readAppeal(c, appeal); err != nil {
		return err
	}
	o := m.deskOptions(c, v.AppealBody.Title.In(c.Lang()))
	o.Faulty = len(faults) > 0
	return m.base.Pages.Render(c, o, deskAppealPage(m, c, v))
}

func (m *Module) postAppealVerdict(c *web.Context) error {
	appeal, form, err := m.verdict(c, "appeal")
	if err != nil {
		return err
	}
	err = m.DecideAppeal(c.Context(), c.Act(), appeal, AppealVerdict(form.Verdict), form.Reason)
	if errors.Is(err, ErrForm) {
		return m.deskAppeal(c, form, fault.Of(err).Fields)
	}
	return m.decided(c, err)
}

// deskPayoutView is a payout before an official.
type deskPayoutView struct {
	Payout
	Fund   Fund
	Appeal *Standing
	Purse  Purse
	Line   LineState
	First  []Decision // the approval of one of two officials
	Form   verdictForm
	Faults []fault.Field
}

func (m *Module) showDeskPayout(c *web.Context) error { return m.deskPayout(c, verdictForm{}, nil) }

func (m *Module) deskPayout(c *web.Context, form verdictForm, faults []fault.Field) error {
	payout, err := c.ID("payout")
	if err != nil {
		return err
	}
	if err := m.deskAct(c); err != nil {
		return err
	}
	v := deskPayoutView{Form: form, Faults: faults}
	if v.Payout, err = m.Payout(c.Context(), payout); err != nil {
		return err
	}
	if v.Fund, err = m.Fund(c.Context(), v.Payout.Fund); err != nil {
		return err
	}
	if v.Payout.Appeal != v.Payout.Fund {
		s, err := m.Appeal(c.Context(), v.Payout.Appeal)
		if err != nil {
			return err
		}
		v.Appeal = &s
		lines, err := m.Lines(c.Context(), s)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if l.Key == v.Payout.Line {
				v.Line = l
			}
		}
	}
	if v.First, err = m.DecisionsOn(c.Context(), v.Payout.Fund, payout); err != nil {
		return err
	}
	if v.Purse, err = m.Purse(c.Context(), v.Payout.Fund, v.Payout.Appeal); err != nil {
		return err
	}
	o := m.deskOptions(c, c.T("charity.payout"))
	o.Faulty = len(faults) > 0
	return m.base.Pages.Render(c, o, deskPayoutPage(m, c, v))
}

func (m *Module) postPayoutVerdict(c *web.Context) error {
	payout, form, err := m.verdict(c, "payout", "approved", "refused")
	if err != nil {
		return err
	}
	over, err := m.DecidePayout(c.Context(), c.Act(), payout, form.Verdict == "approved", form.Reason)
	if errors.Is(err, ErrForm) {
		return m.deskPayout(c, form, fault.Of(err).Fields)
	}
	if err == nil && !over {
		c.SetFlash("info", "charity.flash_seconded")
		return c.Redirect("/desk/charity")
	}
	return m.decided(c, err)
}
