package account

import (
	"errors"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// securityView is the page of the password and the open sessions.
type securityView struct {
	Sessions []OpenSession
	Devices  []Device
	Ways     waysView
	More     []ui.Link // of other modules
	Faults   []fault.Field
	say      func(OpenSession) string
	moment   func(time.Time) string
}

// devicesShown is how many devices the page lists, the last used ones: a browser that keeps no cookies is a new one each time.
const devicesShown = 30

func (m *Module) showSecurity(c *web.Context) error { return m.securityPage(c, typed{}) }

func (m *Module) securityPage(c *web.Context, t typed) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	sessions, err := m.SessionsOf(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	v := securityView{Sessions: sessions, Faults: t.fields}
	v.moment = func(at time.Time) string { return lang.Moment(c.Lang(), at, c.Now(), m.deps.Zone) }
	v.say = func(s OpenSession) string { return v.moment(s.Seen) }
	if v.Ways, err = m.waysView(c); err != nil {
		return err
	}
	if held, ok := c.Held(); ok && held.Get("second") != "" {
		v.Ways.Second = policies[held.Get("second")]
	}
	v.More = m.base.Pages.Links(c, page.MenuSecure)
	if v.Devices, err = m.DevicesOf(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	v.Devices = v.Devices[:min(len(v.Devices), devicesShown)]
	here, err := m.deviceKey(c.Context(), c.Cookie(cookieDevice), c.Person())
	if err != nil && !errors.Is(err, store.ErrNone) {
		return err
	}
	for i := range v.Devices {
		v.Devices[i].Current = err == nil && v.Devices[i].ID == here.Device
	}
	return m.inAccount(c, "account.security.title", t, securityPage(c, v))
}

type sessionForm struct {
	Session id.ID `json:"session"`
}

// postClose closes one session, or, with none named, all but this one.
func (m *Module) postClose(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form sessionForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.closeSome(c, form.Session); err != nil {
		return err
	}
	if form.Session == c.Act().Session {
		c.SignOut()
		return c.Redirect("/")
	}
	c.SetFlash("success", "account.security.closed")
	return c.Redirect("/account/security")
}

type newPasswordForm struct {
	Old      string `json:"old_password" raw:"true" max:"1000"`
	Password string `json:"password" raw:"true" max:"1000"`
}

func (m *Module) postNewPassword(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form newPasswordForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	err := m.SetPassword(c.Context(), c.Act(), form.Old, form.Password)
	if t, ok := shown(err, "old_password"); ok {
		return m.newPasswordPage(c, t)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.security.password_saved")
	return c.Redirect("/account/security")
}

type hatForm struct {
	Agency id.ID `json:"agency"`
}

func (m *Module) postHat(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form hatForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Wear(c.Context(), c.Act(), form.Agency); err != nil {
		return err
	}
	if back := c.Back(); back != "/" {
		return c.Redirect(back)
	}
	if form.Agency.IsZero() {
		return c.Redirect("/account")
	}
	roles, err := m.deps.Agencies.OfficialOf(c.Context(), c.Person())
	if err != nil {
		return err
	}
	return c.Redirect(workplaceOf(roles, form.Agency))
}

// workplaceOf is where work begins in a role: administrators have their own pages, everybody else a desk. The city's own
// agency has officials of both kinds.
func workplaceOf(roles []agency.Official, office id.ID) string {
	for _, one := range roles {
		if one.Agency == office && one.Role == agency.Admin {
			return "/admin/officials"
		}
	}
	return "/desk"
}
