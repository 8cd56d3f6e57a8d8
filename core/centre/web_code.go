package centre

import (
	"posad.city/core/account"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// What needs a code: a contact is the person's when they can read out what was sent there.

type contactForm struct {
	Contact string `json:"contact" max:"200"`
	Drop    bool   `json:"drop"`
	Forget  bool   `json:"forget"`
}

type codeForm struct {
	Try    id.ID  `json:"try"`
	Code   string `json:"code" max:"20"`
	Drop   bool   `json:"drop"`
	Forget bool   `json:"forget"`
}

// ask sends a code to a contact in the official's presence and shows where to type it.
func (m *Module) ask(c *web.Context, v Visit, contact string, code codeView) error {
	if err := m.ready(v, true); err != nil {
		return m.after(c, v, err, "")
	}
	to, err := account.ParseContact(contact)
	if err != nil {
		return m.visitPage(c, visitView{Visit: v, Typed: contactForm{contact, code.Drop, code.Forget}, Faults: []fault.Field{{Name: code.For, ID: account.ErrContact.ID}}})
	}
	sent, err := m.deps.Accounts.AskVisitCode(c.Context(), v.Person, code.For, to, c.Lang())
	if faults, ok := shown(err); ok {
		return m.visitPage(c, visitView{Visit: v, Faults: faults})
	}
	if err != nil {
		return err
	}
	code.Try, code.To = sent.Try, sent.To
	return m.visitPage(c, visitView{Visit: v, Code: &code})
}

// proved takes the code of a form; again is what is asked anew when it does not fit. answered tells that a page was given.
func (m *Module) proved(c *web.Context, v Visit, form codeForm, again string) (account.Contact, bool, error) {
	contact, err := m.deps.Accounts.ProveVisitCode(c.Context(), v.Person, again, form.Try, form.Code)
	if err == nil {
		return contact, false, nil
	}
	faults, ok := shown(err)
	if !ok {
		return contact, false, err
	}
	view := visitView{Visit: v, Faults: faults}
	if fault.Of(err).ID == account.ErrCode.ID {
		view.Code = &codeView{For: again, Try: form.Try, Drop: form.Drop, Forget: form.Forget}
		view.Faults = []fault.Field{{Name: "code", ID: account.ErrCode.ID}}
	}
	return contact, true, m.visitPage(c, view)
}

func (m *Module) postContact(c *web.Context) error {
	v, err := m.served(c)
	if err != nil {
		return err
	}
	var form contactForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.ask(c, v, form.Contact, codeView{For: "contact", Drop: form.Drop, Forget: form.Forget})
}

func (m *Module) postContactCode(c *web.Context) error {
	v, form, err := m.codeForm(c)
	if err != nil {
		return err
	}
	contact, answered, err := m.proved(c, v, form, "contact")
	if answered || err != nil {
		return err
	}
	r := account.Recovery{Contact: contact, Drop: form.Drop, Forget: form.Forget}
	return m.after(c, v, m.SetContact(c.Context(), c.Act(), v, r), "centre.visit.contact_set")
}

func (m *Module) codeForm(c *web.Context) (Visit, codeForm, error) {
	var form codeForm
	v, err := m.served(c)
	if err != nil {
		return v, form, err
	}
	return v, form, c.Bind(&form)
}

func (m *Module) postJoin(c *web.Context) error {
	v, err := m.served(c)
	if err != nil {
		return err
	}
	var form contactForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.ask(c, v, form.Contact, codeView{For: "join"})
}

func (m *Module) postJoinCode(c *web.Context) error {
	v, form, err := m.codeForm(c)
	if err != nil {
		return err
	}
	contact, answered, err := m.proved(c, v, form, "join")
	if answered || err != nil {
		return err
	}
	return m.after(c, v, m.Join(c.Context(), c.Act(), v, contact), "centre.visit.joined")
}

// postConsent sends the code by which a person who has a phone agrees to a session.
func (m *Module) postConsent(c *web.Context) error {
	v, err := m.emptyForm(c)
	if err != nil {
		return err
	}
	p, err := m.deps.Accounts.Person(c.Context(), in(c.Act(), v.ID), lookCentre, v.Person)
	if err != nil {
		return err
	}
	return m.ask(c, v, p.Phone, codeView{For: "begin"})
}

type beginForm struct {
	Agree bool   `json:"agree"`
	Try   id.ID  `json:"try"`
	Code  string `json:"code" max:"20"`
	Note  string `json:"note" max:"200"`
}

// postBegin begins a session for the person: from now on this browser is theirs until the visit ends.
func (m *Module) postBegin(c *web.Context) error {
	v, err := m.served(c)
	if err != nil {
		return err
	}
	var form beginForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, err := m.deps.Accounts.Person(c.Context(), in(c.Act(), v.ID), lookCentre, v.Person)
	if err != nil {
		return err
	}
	told := false
	if p.Phone != "" && form.Agree && form.Code != "" {
		contact, answered, err := m.proved(c, v, codeForm{Try: form.Try, Code: form.Code}, "begin")
		if answered || err != nil {
			return err
		}
		told = contact.Value == p.Phone // the code is of this phone and no other
	}
	consent, err := agreed(form.Agree, p.Phone != "", told, form.Note)
	if err != nil {
		return m.after(c, v, err, "")
	}
	session, _ := c.Session()
	how := Agreement{Consent: consent}
	if consent == ByPaper {
		how.Note = form.Note
	}
	begun, err := m.Begin(c.Context(), c.Act(), session, v, how, p.Lang)
	if err != nil {
		return m.after(c, v, err, "")
	}
	c.SignIn(begun.Token, account.VisitMost)
	c.SetCookie(cookieReturn, begun.Return, begun.Until.Sub(c.Now()))
	return c.Redirect("/account")
}
