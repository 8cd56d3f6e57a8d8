package charity

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// myFund is an organisation for which the reader acts, with its fund when it is one.
type myFund struct {
	mandate.Principal
	Fund *Fund
}

func (m *Module) showMyFunds(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.deps.Members.Acting(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	var out []myFund
	for _, p := range list {
		if p.Kind != mandate.Company {
			continue
		}
		one := myFund{Principal: p}
		f, err := m.Fund(c.Context(), p.Giver)
		switch {
		case err == nil:
			one.Fund = &f
		case !errors.Is(err, ErrNone):
			return err
		}
		out = append(out, one)
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("charity.my_funds"), Layout: page.Account}, myFundsPage(c, out))
}

// office reads the fund of the path for its people; ErrNone when the organisation is none yet.
func (m *Module) office(c *web.Context) (Fund, error) {
	company, err := c.ID("organisation")
	if err != nil {
		return Fund{}, err
	}
	if err := c.May(theirs(company)); err != nil {
		return Fund{ID: company}, err
	}
	f, err := m.Fund(c.Context(), company)
	f.ID = company
	return f, err
}

func (m *Module) officeOptions(c *web.Context, f Fund, title string) page.Options {
	crumbs := []ui.Link{{Text: c.T("charity.my_funds"), Href: "/account/funds"}}
	if title != f.Title.In(c.Lang()) {
		crumbs = append(crumbs, ui.Link{Text: f.Title.In(c.Lang()), Href: officePath(f.ID)})
	}
	return page.Options{Title: title, Layout: page.Account, Crumbs: append(crumbs, ui.Link{Text: title})}
}

// officeView is a fund's own side.
type officeView struct {
	fundView
	Own    Purse // of its own aims
	Change *Change
}

func (m *Module) showOffice(c *web.Context) error {
	f, err := m.office(c)
	if errors.Is(err, ErrNone) {
		return m.aboutPage(c, aboutView{Organisation: f.ID}, nil)
	}
	if err != nil {
		return err
	}
	v := officeView{}
	if v.fundView, err = m.readFund(c, f); err != nil {
		return err
	}
	if v.Own, err = m.Purse(c.Context(), f.ID, f.ID); err != nil {
		return err
	}
	if v.Change, err = m.change(c.Context(), f.ID); err != nil {
		return err
	}
	return m.base.Pages.Render(c, m.officeOptions(c, f, f.Title.In(c.Lang())), officePage(m, c, v))
}

// aboutForm is what a fund says of itself, as it was typed.
type aboutForm struct {
	TitleRU       string `json:"title" max:"200"`
	TitleEN       string `json:"title_en" max:"200"`
	AboutRU       string `json:"about" max:"4000"`
	AboutEN       string `json:"about_en" max:"4000"`
	Category      string `json:"category" max:"60"`
	Person        string `json:"person" max:"150"`
	PersonEN      string `json:"person_en" max:"150"`
	Role          string `json:"role" max:"100"`
	RoleEN        string `json:"role_en" max:"100"`
	AddressRU     string `json:"address" max:"300"`
	AddressEN     string `json:"address_en" max:"300"`
	Site          string `json:"site" max:"200"`
	Email         string `json:"email" max:"200"`
	Phone         string `json:"phone" max:"60"`
	Account       string `json:"account" max:"40"`
	Correspondent string `json:"correspondent" max:"40"`
	BIC           string `json:"bic" max:"20"`
	Bank          string `json:"bank" max:"200"`
	Revision      int64  `json:"revision"`
}

func (f aboutForm) fund(company id.ID, before FundBody) NewFund {
	people := []Member{{Name: pairOf(f.Person, f.PersonEN), Role: pairOf(f.Role, f.RoleEN)}}
	if len(before.People) > 1 {
		people = append(people, before.People[1:]...)
	}
	return NewFund{
		Organisation: company, Title: lang.Text{RU: trim(f.TitleRU), EN: trim(f.TitleEN)}, Category: f.Category, Revision: f.Revision,
		Body: FundBody{
			About: lang.Text{RU: trim(f.AboutRU), EN: trim(f.AboutEN)}, People: people, Address: pairOf(f.AddressRU, f.AddressEN),
			Site: trim(f.Site), Email: trim(f.Email), Phone: trim(f.Phone),
			Bank: Bank{Account: onlyDigits(f.Account), Correspondent: onlyDigits(f.Correspondent), BIC: onlyDigits(f.BIC), Name: trim(f.Bank)},
		},
	}
}

func trim(text string) string { return strings.TrimSpace(text) }

// pairOf is a text whose English may be left out: then the Russian one stands for both.
func pairOf(ru, en string) lang.Text {
	ru, en = trim(ru), trim(en)
	if en == "" {
		en = ru
	}
	return lang.Text{RU: ru, EN: en}
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func formOf(f Fund) aboutForm {
	out := aboutForm{
		TitleRU: f.Title.RU, TitleEN: f.Title.EN, AboutRU: f.About.RU, AboutEN: f.About.EN, Category: f.Category, AddressRU: f.Address.RU, AddressEN: f.Address.EN,
		Site: f.Site, Email: f.Email, Phone: f.Phone, Account: f.Bank.Account, Correspondent: f.Bank.Correspondent, BIC: f.Bank.BIC, Bank: f.Bank.Name, Revision: f.Revision,
	}
	if len(f.People) > 0 {
		p := f.People[0]
		out.Person, out.PersonEN, out.Role, out.RoleEN = p.Name.RU, p.Name.EN, p.Role.RU, p.Role.EN
	}
	return out
}

// aboutView is the form of a fund.
type aboutView struct {
	Organisation id.ID
	Form         aboutForm
	State        FundState // empty: it is to be a fund
	Waits        bool      // a change of it waits for an official
	Faults       []fault.Field
}

// fixed tells whether what the city verified can't be changed any more.
func (v aboutView) fixed() bool {
	return v.State != "" && v.State != FundAsked && v.State != FundRefused
}

func (m *Module) showAbout(c *web.Context) error {
	f, err := m.office(c)
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	change, err := m.change(c.Context(), f.ID)
	if err != nil {
		return err
	}
	if change != nil {
		f.FundBody = change.FundBody // what waits is written on
	}
	return m.aboutPage(c, aboutView{Organisation: f.ID, Form: formOf(f), State: f.State, Waits: change != nil}, nil)
}

func (m *Module) aboutPage(c *web.Context, v aboutView, wrong error) error {
	title := c.T("charity.about_title")
	o := page.Options{Title: title, Layout: page.Account, Crumbs: []ui.Link{{Text: c.T("charity.my_funds"), Href: "/account/funds"}, {Text: title}}}
	if wrong != nil {
		v.Faults, o.Faulty = fault.Of(wrong).Fields, true
	}
	return m.base.Pages.Render(c, o, aboutPage(m, c, v))
}

func (m *Module) postAbout(c *web.Context) error {
	f, err := m.office(c)
	if err != nil && !errors.Is(err, ErrNone) {
		return err
	}
	var form aboutForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if v := (aboutView{State: f.State}); v.fixed() {
		was := formOf(f)
		form.TitleRU, form.TitleEN, form.Category = was.TitleRU, was.TitleEN, was.Category
		form.Account, form.Correspondent, form.BIC, form.Bank = was.Account, was.Correspondent, was.BIC, was.Bank
	}
	err = m.AskFund(c.Context(), c.Act(), form.fund(f.ID, f.FundBody))
	if errors.Is(err, ErrForm) {
		return m.aboutPage(c, aboutView{Organisation: f.ID, Form: form, State: f.State}, err)
	}
	if err != nil {
		return err
	}
	if (aboutView{State: f.State}).fixed() {
		c.SetFlash("success", "charity.flash_change")
		return c.Redirect(officePath(f.ID))
	}
	c.SetFlash("success", "charity.flash_about")
	return c.Redirect(officePath(f.ID))
}

// budgetRows is how many lines of a budget the form has.
const budgetRows = 5

// lineForm is a line of a budget, or of a report, as it was typed.
type lineForm struct {
	Title   string `json:"title" max:"150"`
	TitleEN string `json:"title_en" max:"150"`
	Amount  string `json:"amount" max:"20"`
	Line    string `json:"line" max:"20"`
}

// appealForm is an appeal as it was typed.
type appealForm struct {
	ID       id.ID    `json:"id"`
	Revision int64    `json:"revision"`
	TitleRU  string   `json:"title" max:"120"`
	TitleEN  string   `json:"title_en" max:"120"`
	StoryRU  string   `json:"story" max:"6000"`
	StoryEN  string   `json:"story_en" max:"6000"`
	Category string   `json:"category" max:"60"`
	District string   `json:"district" max:"60"`
	Until    page.Day `json:"until"`
	Over     string   `json:"over" max:"20"`
	Picture  web.File `json:"picture"`
	AltRU    string   `json:"alt" max:"300"`
	AltEN    string   `json:"alt_en" max:"300"`
	NoPic    bool     `json:"nopic"`
	Line0    lineForm `json:"line0"`
	Line1    lineForm `json:"line1"`
	Line2    lineForm `json:"line2"`
	Line3    lineForm `json:"line3"`
	Line4    lineForm `json:"line4"`
	Do       string   `json:"do" max:"10"` // send, keep
}

func (f *appealForm) lines() []*lineForm {
	return []*lineForm{&f.Line0, &f.Line1, &f.Line2, &f.Line3, &f.Line4}
}

// kopecks reads a sum; what can't be one is -1, so that the check of the lines finds it.
func kopecks(text string) int64 {
	a, err := money.Parse(text, money.RUB)
	if err != nil {
		return -1
	}
	return a.Minor
}

func (f *appealForm) appeal(fund id.ID) NewAppeal {
	until, _ := f.Until.Date() // a day that is none is before every other: the check says so
	out := NewAppeal{
		Fund: fund, ID: f.ID, Revision: f.Revision, Category: f.Category, District: f.District, Until: until, Over: Over(f.Over), NoPic: f.NoPic, Send: f.Do == "send",
		Body: AppealBody{
			Title: lang.Text{RU: trim(f.TitleRU), EN: trim(f.TitleEN)}, Story: lang.Text{RU: trim(f.StoryRU), EN: trim(f.StoryEN)}, Alt: lang.Text{RU: trim(f.AltRU), EN: trim(f.AltEN)},
		},
	}
	if len(f.Picture.Data) > 0 {
		out.Picture = &Upload{Name: f.Picture.Name, Data: f.Picture.Data}
	}
	for i, l := range f.lines() {
		if trim(l.Title) == "" && trim(l.Amount) == "" {
			continue
		}
		out.Body.Lines = append(out.Body.Lines, BudgetLine{Key: "l" + strconv.Itoa(i+1), Title: pairOf(l.Title, l.TitleEN), Amount: kopecks(l.Amount)})
	}
	return out
}

func appealFormOf(s Standing) appealForm {
	out := appealForm{
		ID: s.ID, Revision: s.Revision, TitleRU: s.Title.RU, TitleEN: s.Title.EN, StoryRU: s.Story.RU, StoryEN: s.Story.EN, Category: s.Category, District: s.District,
		Until: page.DayOf(s.Until), Over: string(s.Over), AltRU: s.Alt.RU, AltEN: s.Alt.EN,
	}
	for i, l := range s.Lines {
		if i < budgetRows {
			*out.lines()[i] = lineForm{Title: l.Title.RU, TitleEN: l.Title.EN, Amount: plainSum(l.Amount)}
		}
	}
	return out
}

// appealFormView is the form of an appeal.
type appealFormView struct {
	Fund    Fund
	Form    appealForm
	Picture id.ID
	Refused string // why the official sent it back
	Faults  []fault.Field
}

func (m *Module) showAppealForm(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	v := appealFormView{Fund: f, Form: appealForm{Over: string(OverSimilar), Until: page.DayOf(m.today().AddDays(60))}}
	if key, err := id.Parse(c.Query("appeal")); err == nil {
		s, err := m.Appeal(c.Context(), key)
		if err != nil {
			return err
		}
		if s.Fund != f.ID {
			return ErrNone
		}
		v.Form, v.Picture = appealFormOf(s), s.Picture
		decisions, err := m.Decisions(c.Context(), f.ID)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(decisions, func(d Decision) bool { return d.Object == key && d.Kind == "appeal_refused" }); i >= 0 {
			v.Refused = decisions[i].Reason
		}
	}
	return m.appealPage(c, v)
}

func (m *Module) appealPage(c *web.Context, v appealFormView) error {
	o := m.officeOptions(c, v.Fund, c.T("charity.appeal_form"))
	o.Faulty = len(v.Faults) > 0
	return m.base.Pages.Render(c, o, appealFormPage(m, c, v))
}

func (m *Module) postAppeal(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	var form appealForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err = m.PutAppeal(c.Context(), c.Act(), form.appeal(f.ID))
	if errors.Is(err, ErrForm) {
		return m.appealPage(c, appealFormView{Fund: f, Form: form, Faults: fault.Of(err).Fields})
	}
	if errors.Is(err, ErrFile) {
		return m.appealPage(c, appealFormView{Fund: f, Form: form, Faults: []fault.Field{{Name: "picture", ID: ErrFile.ID}}})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_appeal_"+form.did())
	return c.Redirect(officePath(f.ID))
}

func (f *appealForm) did() string {
	if f.Do == "send" {
		return "sent"
	}
	return "kept"
}

// payoutForm is a payout as it was typed.
type payoutForm struct {
	Aim     string `json:"aim" max:"80"` // appeal/line, or own
	Amount  string `json:"amount" max:"20"`
	ToRU    string `json:"to" max:"200"`
	ToEN    string `json:"to_en" max:"200"`
	ToINN   string `json:"inn" max:"20"`
	Account string `json:"account" max:"40"`
	BIC     string `json:"bic" max:"20"`
	WhatRU  string `json:"what" max:"500"`
	WhatEN  string `json:"what_en" max:"500"`
	Beyond  string `json:"beyond" max:"500"`
}

func (f payoutForm) payout(fund id.ID) NewPayout {
	out := NewPayout{Fund: fund, Aim: fund, Amount: kopecks(f.Amount), Body: PayoutBody{
		To: pairOf(f.ToRU, f.ToEN), ToINN: onlyDigits(f.ToINN), Account: onlyDigits(f.Account), BIC: onlyDigits(f.BIC), What: pairOf(f.WhatRU, f.WhatEN),
		Beyond: trim(f.Beyond),
	}}
	if appeal, line, found := strings.Cut(f.Aim, "/"); found {
		if key, err := id.Parse(appeal); err == nil {
			out.Aim, out.Line = key, line
		}
	}
	return out
}

// payoutFormView is the form of a payout.
type payoutFormView struct {
	Fund    Fund
	Appeals []Standing
	Own     Purse
	Lines   map[id.ID][]LineState
	Form    payoutForm
	Faults  []fault.Field
}

func (m *Module) payoutPage(c *web.Context, v payoutFormView) error {
	var err error
	if v.Appeals, err = m.AppealsOf(c.Context(), v.Fund.ID); err != nil {
		return err
	}
	if v.Own, err = m.Purse(c.Context(), v.Fund.ID, v.Fund.ID); err != nil {
		return err
	}
	v.Appeals = slices.DeleteFunc(v.Appeals, func(s Standing) bool { return !s.State.Public() || s.State == AppealStopped || s.Purse.Free() <= 0 })
	v.Lines = map[id.ID][]LineState{}
	for _, s := range v.Appeals {
		if v.Lines[s.ID], err = m.Lines(c.Context(), s); err != nil {
			return err
		}
	}
	o := m.officeOptions(c, v.Fund, c.T("charity.payout_form"))
	o.Faulty = len(v.Faults) > 0
	return m.base.Pages.Render(c, o, payoutFormPage(m, c, v))
}

func (m *Module) showPayoutForm(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	return m.payoutPage(c, payoutFormView{Fund: f})
}

func (m *Module) postPayout(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	var form payoutForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err = m.AskPayout(c.Context(), c.Act(), form.payout(f.ID))
	if errors.Is(err, ErrForm) || errors.Is(err, ErrShort) {
		faults := fault.Of(err).Fields
		if errors.Is(err, ErrShort) {
			faults = []fault.Field{{Name: "amount", ID: ErrShort.ID}}
		}
		return m.payoutPage(c, payoutFormView{Fund: f, Form: form, Faults: faults})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_payout")
	return c.Redirect(officePath(f.ID))
}

func (m *Module) postPayoutBack(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	var form struct {
		Payout id.ID `json:"payout"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, err := m.Payout(c.Context(), form.Payout)
	if err != nil {
		return err
	}
	if p.Fund != f.ID {
		return ErrNone
	}
	if err := m.TakeBackPayout(c.Context(), c.Act(), p.ID); err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_payout_back")
	return c.Redirect(officePath(f.ID))
}
