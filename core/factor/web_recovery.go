package factor

import (
	"errors"

	"posad.city/core/account"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// codesView is the page of recovery codes.
type codesView struct {
	Codes
	MadeOn string   // in words; empty: there are none
	Fresh  []string // a new set, shown this once
	Back   string
	Faults []fault.Field
}

func (m *Module) showCodes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.codesPage(c, nil, typed{})
}

func (m *Module) codesPage(c *web.Context, fresh []string, t typed) error {
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	codes, err := m.CodesOf(c.Context(), of)
	if err != nil {
		return err
	}
	v := codesView{Codes: codes, Fresh: fresh, Back: c.Back(), Faults: t.fields}
	if !codes.Made.IsZero() {
		v.MadeOn = m.day(c, codes.Made)
	}
	return m.inside(c, "factor.recovery.title", t, codesPage(c, v))
}

// postCodes makes a set and shows it in its own answer: it is kept nowhere from which a page could show it again.
func (m *Module) postCodes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	fresh, err := m.MakeCodes(c.Context(), c.Act(), of)
	if t, ok := shownFault(err, ""); ok {
		return m.codesPage(c, nil, t)
	}
	if err != nil {
		return err
	}
	return m.codesPage(c, fresh, typed{})
}

func (m *Module) showSecondCode(c *web.Context) error {
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return toSignIn(c)
	}
	return m.plain(c, "factor.recovery.second_title", typed{}, secondCodePage(c, stepView{Back: asked.Back}))
}

func (m *Module) postSecondCode(c *web.Context) error {
	var form stepForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return toSignIn(c)
	}
	proof, err := m.SecondByCode(c.Context(), asked.Account, form.Code, account.Network(c))
	if t, ok := shownFault(err, "code"); ok {
		return m.plain(c, "factor.recovery.second_title", t, secondCodePage(c, stepView{asked.Back, t.fields}))
	}
	if err != nil {
		return err
	}
	return m.accounts.Finish(c, proof)
}

// recoverView is the first step by a recovery code.
type recoverView struct {
	Contact string
	Back    string
	Faults  []fault.Field
}

func (m *Module) showRecover(c *web.Context) error {
	return m.plain(c, "factor.recovery.enter_title", typed{}, recoverPage(c, recoverView{Back: c.Back()}))
}

type recoverForm struct {
	Contact string `json:"contact" max:"300"`
	Code    string `json:"code" max:"60"`
}

func (m *Module) postRecover(c *web.Context) error {
	var form recoverForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	proof, err := m.Recover(c.Context(), form.Contact, form.Code, account.Network(c))
	at := "code"
	if errors.Is(err, account.ErrContact) {
		at = "contact"
	}
	if t, ok := shownFault(err, at); ok {
		return m.plain(c, "factor.recovery.enter_title", t, recoverPage(c, recoverView{form.Contact, c.Back(), t.fields}))
	}
	if err != nil {
		return err
	}
	return m.accounts.Finish(c, proof)
}
