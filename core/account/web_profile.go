package account

import (
	"errors"
	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

func (m *Module) inAccount(c *web.Context, titleKey string, t typed, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{
		Title: c.T(titleKey), Layout: page.Account, Faulty: len(t.fields) > 0, Status: t.status,
	}, content)
}

func (m *Module) me(c *web.Context) (Person, error) {
	if err := c.May(own(c)); err != nil {
		return Person{}, err
	}
	return m.Person(c.Context(), c.Act(), "account.look.profile", c.Person())
}

// heldName is the name as it was typed before the person had to sign in again.
func heldName(held web.Fields) lang.Name {
	return lang.Name{Family: held.Get("family"), Given: held.Get("given"), Patronymic: held.Get("patronymic")}
}

// profileView is the page of one's own data.
type profileView struct {
	Person Person
	Name   lang.Name // as typed
	Lang   lang.Language
	Roles  []roleView
	Faults []fault.Field
}

// roleView is an agency that the person serves in.
type roleView struct {
	Agency id.ID
	Title  string // of the agency
	Role   string // in words
	Worn   bool
}

// roles are the hats that the person may wear.
func (m *Module) roles(c *web.Context) ([]roleView, error) {
	officials, err := m.deps.Agencies.OfficialOf(c.Context(), c.Person())
	if err != nil {
		return nil, err
	}
	out := make([]roleView, len(officials))
	for i, o := range officials {
		out[i] = roleView{o.Agency, m.deps.Agencies.Title(c.Lang(), o.Agency), c.T("agency.role." + string(o.Role)), o.Agency == c.Act().Actor.Agency}
	}
	return out, nil
}

// profileWith shows the profile with what was typed.
func (m *Module) profileWith(c *web.Context, t typed, v profileView) error {
	var err error
	if v.Roles, err = m.roles(c); err != nil {
		return err
	}
	v.Faults = t.fields
	return m.inAccount(c, "account.profile.title", t, profilePage(c, v))
}

func (m *Module) showProfile(c *web.Context) error {
	person, err := m.me(c)
	if err != nil {
		return err
	}
	v := profileView{Person: person, Name: person.Name, Lang: person.Lang}
	if held, ok := c.Held(); ok {
		v.Name, v.Lang = heldName(held), lang.Language(held.Get("lang"))
	}
	return m.profileWith(c, typed{}, v)
}

func (m *Module) postProfile(c *web.Context) error {
	person, err := m.me(c)
	if err != nil {
		return err
	}
	var form struct {
		Family     string `json:"family" max:"200"`
		Given      string `json:"given" max:"200"`
		Patronymic string `json:"patronymic" max:"200"`
		Lang       string `json:"lang" max:"5"`
		Version    int64  `json:"version"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	name, language := lang.Name{Family: form.Family, Given: form.Given, Patronymic: form.Patronymic}, lang.Language(form.Lang)
	change := Change{Lang: &language}
	if person.Level < act.Standard {
		change.Name = &name
	}
	_, err = m.ChangeProfile(c.Context(), c.Act(), c.Person(), form.Version, change)
	if t, ok := shown(err, ""); ok {
		return m.profileWith(c, t, profileView{Person: person, Name: name, Lang: language})
	}
	if err != nil {
		return err
	}
	if lang.Known(form.Lang) {
		c.SetLang(language)
	}
	c.SetFlash("success", "account.profile.saved")
	return c.Redirect("/account/profile")
}

// identityView is the page that confirms who one is.
type identityView struct {
	Done   bool // confirmed already
	Taken  bool // in another account, which may be theirs too
	Name   lang.Name
	Birth  page.Day
	SNILS  string
	Back   string
	Faults []fault.Field
}

func (m *Module) showIdentity(c *web.Context) error {
	person, err := m.me(c)
	if err != nil {
		return err
	}
	v := identityView{
		Done: person.Level >= act.Standard, Name: person.Name, Birth: page.DayOf(person.Birth), SNILS: FormatSNILS(person.SNILS), Back: c.Back(),
	}
	if held, ok := c.Held(); ok {
		v.Name, v.SNILS = heldName(held), held.Get("snils")
		v.Birth = page.DayHeld(held, "birth")
	}
	return m.inAccount(c, "account.identity.title", typed{}, identityPage(c, v))
}

func (m *Module) postIdentity(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form struct {
		Family     string   `json:"family" max:"200"`
		Given      string   `json:"given" max:"200"`
		Patronymic string   `json:"patronymic" max:"200"`
		Birth      page.Day `json:"birth"`
		SNILS      string   `json:"snils" max:"20"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	v := identityView{Name: lang.Name{Family: form.Family, Given: form.Given, Patronymic: form.Patronymic}, Birth: form.Birth, SNILS: form.SNILS, Back: c.Back()}
	birth, ok := form.Birth.Date()
	err, confirmed := error(ErrFields.With(fault.Field{Name: "birth", ID: "account.birth_form"})), Person{}
	if ok {
		confirmed, err = m.Confirm(c.Context(), c.Act(), c.Person(), Identity{Name: v.Name, Birth: birth, SNILS: form.SNILS})
	}
	if t, ok := shown(err, ""); ok {
		v.Faults, v.Taken = t.fields, errors.Is(err, ErrSNILSTaken)
		return m.inAccount(c, "account.identity.title", t, identityPage(c, v))
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.identity.confirmed")
	if v.Back == "/" {
		v.Back = "/account/profile"
	}
	return m.goOnAs(c, confirmed.ID, v.Back)
}

func (m *Module) showContact(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, _ := c.Held()
	return m.inAccount(c, "account.contact.title", typed{}, contactPage(c, signInView{Contact: held.Get("contact")}))
}

func (m *Module) postContact(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form struct {
		Contact string `json:"contact" max:"300"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	contact, err := ParseContact(form.Contact)
	var sent Sent
	if err == nil {
		sent, err = m.AskContactCode(c.Context(), c.Act(), contact, c.Lang(), Network(c))
	}
	if t, ok := shown(err, "contact"); ok {
		return m.inAccount(c, "account.contact.title", t, contactPage(c, signInView{Contact: form.Contact, Faults: t.fields}))
	}
	if err != nil {
		return err
	}
	return c.Redirect("/account/contact/code?try=" + sent.Try.String())
}

func (m *Module) showContactCode(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	try, err := id.Parse(c.Query("try"))
	if err != nil {
		return c.Redirect("/account/contact")
	}
	return m.contactCodePage(c, try, nil)
}

func (m *Module) contactCodePage(c *web.Context, try id.ID, wrong error) error {
	v, err := m.codeView(c, try, "/account/contact/code", "")
	if err != nil {
		return err
	}
	t, _ := shown(wrong, "code")
	if v.Over && wrong == nil {
		t, _ = shown(ErrCodeOver, "")
	}
	if v.Over && len(t.fields) > 0 {
		t.fields[0].Name = ""
	}
	v.Faults = t.fields
	return m.inAccount(c, "account.code.title", t, codePage(c, v))
}

func (m *Module) postContactCode(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form codeBody
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err := m.PutContact(c.Context(), c.Act(), form.Try, form.Code)
	if _, ok := shown(err, "code"); ok {
		return m.contactCodePage(c, form.Try, err)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.contact.saved")
	return c.Redirect("/account/profile")
}
