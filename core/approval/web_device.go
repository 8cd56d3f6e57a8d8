package approval

import (
	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// deviceView is the page that turns approvals on in this browser.
type deviceView struct {
	On       bool
	Messages bool   // it takes messages while no page is open
	Name     string // as the way is called
	Key      string // the city's public key, for the browser's Push API
	Poll     string // what open pages ask by
	Others   []account.Way
	Muted    string // until when unknown browsers ask nothing; empty: they may
	Faults   []fault.Field
}

func (m *Module) showDevice(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.devicePage(c, nil)
}

func (m *Module) devicePage(c *web.Context, wrong error) error {
	session, _ := c.Session()
	v, err := m.deviceView(c, session)
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("approval.device.title"), Layout: page.Account}
	if faults, ok := shown(wrong, ""); ok {
		v.Faults, o.Faulty, o.Status = faults, true, web.Status(fault.Of(wrong))
	}
	return m.base.Pages.Render(c, o, devicePage(c, v))
}

func (m *Module) deviceView(c *web.Context, session web.Session) (deviceView, error) {
	_, public, err := m.vapid(c.Context())
	if err != nil {
		return deviceView{}, err
	}
	v := deviceView{Key: public, Poll: m.pollKey(session.Person)}
	way, known, err := m.browserWay(c)
	if err != nil {
		return v, err
	}
	ways, err := m.accounts.KeptOf(c.Context(), session.Account, account.ByPush)
	if err != nil {
		return v, err
	}
	for _, kept := range ways {
		if !known || kept.ID != way.ID {
			v.Others = append(v.Others, kept.Way)
			continue
		}
		_, sub, err := m.subscriptionOf(c.Context(), session.Account, kept.ID)
		if err != nil {
			return v, err
		}
		v.On, v.Messages, v.Name = true, sub.Endpoint != "", kept.Name
	}
	until, err := m.mutedUntil(c.Context(), session.Person)
	if until.After(c.Now()) {
		v.Muted = lang.Moment(c.Lang(), until, c.Now(), m.deps.Zone)
	}
	return v, err
}

// deviceForm is what the page's script fills in; all empty without one, or when the person allows no messages.
type deviceForm struct {
	Endpoint string `json:"endpoint" max:"1000"`
	P256dh   string `json:"p256dh" max:"200"`
	Auth     string `json:"auth" max:"100"`
}

func (m *Module) postDevice(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form deviceForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	session, _ := c.Session()
	if !session.By.IsZero() {
		return ErrCentre
	}
	token, err := m.turnOn(c, session, Subscription(form))
	if _, ok := shown(err, ""); ok {
		return m.devicePage(c, err)
	}
	if err != nil {
		return err
	}
	if token != "" {
		c.SetCookie(cookieDevice, token, deviceLife)
	}
	key := "approval.device.turned_on"
	if form.Endpoint == "" {
		key = "approval.device.turned_on_pages"
	}
	c.SetFlash("success", key)
	return c.Redirect("/account/security/push")
}

func (m *Module) postDeviceOff(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	way, known, err := m.browserWay(c)
	if err != nil {
		return err
	}
	if known && way.Person == c.Person() {
		if err := m.accounts.DropWay(c.Context(), c.Act(), way.Account, way.ID); err != nil {
			return err
		}
		c.SetCookie(cookieDevice, "", 0)
		c.SetFlash("success", "approval.device.turned_off")
	}
	return c.Redirect("/account/security/push")
}

func (m *Module) postUnmute(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	if err := m.unmute(c.Context(), c.Act()); err != nil {
		return err
	}
	c.SetFlash("success", "approval.device.unmuted")
	return c.Redirect("/account/security/push")
}
