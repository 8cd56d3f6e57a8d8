package account

import (
	"errors"
	"net/url"

	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// recoverView is the page of who can't sign in.
type recoverView struct {
	Waiting bool   // a sign-in waits for its second step in this browser: a recovery can be asked for
	Asked   bool   // one was asked for
	Ready   string // from when it holds
	Back    string
	Offers  []choice
	Faulty  typed
}

func (m *Module) showRecover(c *web.Context) error { return m.recoverPage(c, typed{}) }

func (m *Module) recoverPage(c *web.Context, t typed) error {
	v := recoverView{Back: c.Back(), Faulty: t}
	for _, o := range m.ordered() {
		if o.Method == ByRecovery && o.First != "" && o.shown(c) {
			v.Offers = append(v.Offers, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: withBack(o.First, v.Back)})
		}
	}
	asked, ok, err := m.Asked(c)
	if err != nil {
		return err
	}
	if ok && !asked.Signed {
		open, err := m.RecoveryOf(c.Context(), asked.Account)
		if err != nil {
			return err
		}
		v.Waiting, v.Asked = true, !open.ID.IsZero()
		v.Ready = lang.Moment(c.Lang(), open.Ready, c.Now(), m.deps.Zone)
	}
	return m.plain(c, "account.recover.title", t, recoverPage(c, v))
}

// postRecover asks to do without the second step for the sign-in that waits in this browser.
func (m *Module) postRecover(c *web.Context) error {
	asked, ok, err := m.Asked(c)
	if err != nil {
		return err
	}
	if !ok || asked.Signed {
		return c.Redirect("/recover")
	}
	_, err = m.AskRecovery(c.Context(), asked.Account, asked.Person)
	if errors.Is(err, ErrRecoveryRest) {
		t, _ := shown(err, "")
		return m.recoverPage(c, t)
	}
	if err != nil {
		return err
	}
	return c.Redirect("/recover?" + url.Values{"back": {asked.Back}}.Encode())
}

func (m *Module) showCancel(c *web.Context) error {
	return m.plain(c, "account.recover.cancel_title", typed{}, cancelPage(c, c.Query("token")))
}

type cancelForm struct {
	Token string `json:"token" raw:"true" max:"100"`
}

func (m *Module) postCancel(c *web.Context) error {
	var form cancelForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.CancelRecovery(c.Context(), form.Token); err != nil {
		return err
	}
	c.SetFlash("success", "account.recover.cancelled")
	return c.Redirect("/recover")
}
