package factor

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"

	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/web"
)

func (m *Module) showAddApp(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, _ := c.Held()
	return m.inside(c, "factor.app.add_title", typed{}, beginAppPage(c, held.Get("name"), nil))
}

type nameForm struct {
	Name string `json:"name" max:"200"`
}

// postBeginApp makes a key and leads to the page that shows it, so that the page may be loaded again.
func (m *Module) postBeginApp(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form nameForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	try, err := m.beginApp(c, form.Name)
	if t, ok := shownFault(err, ""); ok {
		return m.inside(c, "factor.app.add_title", t, beginAppPage(c, form.Name, t.fields))
	}
	if err != nil {
		return err
	}
	return c.Redirect(appPath + "/code?" + url.Values{"try": {try.String()}, "back": {c.Back()}}.Encode())
}

func (m *Module) beginApp(c *web.Context, typedName string) (id.ID, error) {
	name, err := m.named(c, typedName, "factor.app.unnamed")
	if err != nil {
		return id.ID{}, err
	}
	s, err := m.selfOf(c)
	if err != nil {
		return id.ID{}, err
	}
	return m.BeginApp(c.Context(), s, name)
}

// appView is the page that shows an app's key and asks its first code.
type appView struct {
	NewApp
	Picture templ.SafeURL // the QR code, as a data: address
	Back    string
	Faults  []fault.Field
}

func (m *Module) showAppKey(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	try, err := id.Parse(c.Query("try"))
	if err != nil {
		return c.Redirect(appPath)
	}
	return m.appKeyPage(c, try, typed{})
}

func (m *Module) appKeyPage(c *web.Context, try id.ID, t typed) error {
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	app, err := m.AppOf(c.Context(), Self{Account: of, Visit: c.Visit()}, try)
	if over, ok := shownFault(err, ""); ok {
		return m.inside(c, "factor.app.add_title", over, beginAppPage(c, "", over.fields))
	}
	if err != nil {
		return err
	}
	picture, err := qrPicture(app.Address)
	if err != nil {
		return err
	}
	return m.inside(c, "factor.app.key_title", t, appKeyPage(c, appView{NewApp: app, Picture: picture, Back: c.Back(), Faults: t.fields}))
}

// qrScale is how many pixels a module of the QR code takes.
const qrScale = 5

func qrPicture(text string) (templ.SafeURL, error) {
	code, err := seal.QR(text)
	if err != nil {
		return "", fmt.Errorf("factor: qr code: %w", err)
	}
	picture, err := code.PNG(qrScale)
	return templ.SafeURL("data:image/png;base64," + base64.StdEncoding.EncodeToString(picture)), err
}

type appCodeForm struct {
	Try  id.ID  `json:"try"`
	Code string `json:"code" max:"20"`
}

func (m *Module) postAddApp(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form appCodeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	err := m.addApp(c, form.Try, form.Code)
	if t, ok := shownFault(err, "code"); ok {
		return m.appKeyPage(c, form.Try, t)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "factor.app.added")
	return goneBack(c)
}

// addApp adds the app; its first code is a proof like any other.
func (m *Module) addApp(c *web.Context, try id.ID, code string) error {
	of, err := m.accountOf(c)
	if err != nil {
		return err
	}
	if err := m.AddApp(c.Context(), c.Act(), Self{Account: of, Visit: c.Visit()}, try, code); err != nil {
		return err
	}
	return m.accounts.Showed(c, account.Proof{Method: account.ByApp, Account: of, Person: c.Person(), Level: act.Standard})
}

// stepView is a page that asks one code of whoever's second step it is.
type stepView struct {
	Back   string
	Faults []fault.Field
}

func (m *Module) showSecondApp(c *web.Context) error {
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return toSignIn(c)
	}
	return m.plain(c, "factor.app.second_title", typed{}, secondAppPage(c, stepView{Back: asked.Back}))
}

type stepForm struct {
	Code string `json:"code" max:"60"`
}

func (m *Module) postSecondApp(c *web.Context) error {
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
	browser, err := m.browser(c, asked)
	if err != nil {
		return err
	}
	proof, err := m.SecondByApp(c.Context(), asked.Account, browser, form.Code)
	if t, ok := shownFault(err, "code"); ok {
		return m.plain(c, "factor.app.second_title", t, secondAppPage(c, stepView{asked.Back, t.fields}))
	}
	if err != nil {
		return err
	}
	return m.accounts.Finish(c, proof)
}

// browser names the request's browser when the person whose step is asked is known by it; else it is empty, and its tries
// count together with those of every other unknown one.
func (m *Module) browser(c *web.Context, asked account.Asked) (string, error) {
	here := m.accounts.BrowserHere(c)
	known, err := m.accounts.KnowsBrowser(c.Context(), here, asked.Person)
	if err != nil || !known {
		return "", err
	}
	return "browser " + hex.EncodeToString(here), nil
}
