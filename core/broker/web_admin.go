package broker

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// ofCity is the permission's object for what the city's administrator rules.
func ofCity() act.Object { return act.Object{Kind: "provider", Agency: city()} }

func (m *Module) adminRoutes(s *web.Server, pages *page.Site) {
	see := s.Operation(act.Operation{Name: "broker.providers", Object: "provider", May: act.Admin})
	put := s.Operation(act.Operation{Name: "broker.put_provider", Object: "provider", May: act.Admin, Changes: true, Fresh: act.Lately})
	turn := s.Operation(act.Operation{Name: "broker.switch_provider", Object: "provider", May: act.Admin, Changes: true, Fresh: act.Lately})
	test := s.Operation(act.Operation{
		Name: "broker.test_provider", Object: "provider", May: act.Admin, Changes: true, PerMinute: 20, Timeout: 30 * time.Second,
	})
	s.Page(see, "GET /admin/providers", m.showProviders)
	s.Page(see, "GET /admin/providers/edit", m.showEdit)
	s.Page(put, "POST /admin/providers/edit", m.postEdit)
	s.Page(turn, "POST /admin/providers/switch", m.postSwitch)
	s.Page(test, "POST /admin/providers/test", m.postTest)
	pages.Add(page.MenuDesk, page.Link{Order: 92, Text: "broker.menu", Href: "/admin/providers", Icon: "sign-in", Show: agency.IsAdmin})
}

func (m *Module) showProviders(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	list, err := m.Providers(c.Context())
	if err != nil {
		return err
	}
	rows := make([]providerRow, len(list))
	for i, p := range list {
		rows[i] = providerRow{Provider: p}
		rows[i].trouble, rows[i].since = m.peer(p.Issuer).state()
	}
	return m.desk(c, "broker.admin.title", nil, 0, providersPage(c, rows))
}

// providerRow is a provider with how it last stood, as this node saw it.
type providerRow struct {
	Provider
	trouble refusal
	since   time.Time
}

// editView is the form of one provider with the addresses that it must be told.
type editView struct {
	Form      providerForm
	Fixed     bool
	HasSecret bool
	Addresses []address
	Faults    []fault.Field
}

type address struct{ name, text string }

// addresses are what the administrator enters at the provider.
func addresses(c *web.Context, key string) []address {
	if key == "" {
		key = "KEY"
	}
	return []address{
		{c.T("broker.admin.redirect"), c.URL(returnPath(key))},
		{c.T("broker.admin.left"), c.URL(leftPath(key))},
		{c.T("broker.admin.logout"), c.URL("/sign-in/provider/" + key + "/logout")},
	}
}

type providerForm struct {
	Version    int64  `json:"version"`
	Key        string `json:"key" max:"60"`
	TitleRu    string `json:"title_ru" max:"200"`
	TitleEn    string `json:"title_en" max:"200"`
	Issuer     string `json:"issuer" max:"500"`
	Client     string `json:"client" max:"500"`
	Secret     string `json:"secret" raw:"true" max:"500"`
	NoSecret   bool   `json:"no_secret"`
	Scopes     string `json:"scopes" max:"2000"`
	Level      string `json:"level" max:"2"`
	Accepted   string `json:"accepted" max:"2000"`
	Family     string `json:"claim_family" max:"500"`
	Given      string `json:"claim_given" max:"500"`
	Patronymic string `json:"claim_patronymic" max:"500"`
	Birth      string `json:"claim_birth" max:"500"`
	SNILS      string `json:"claim_snils" max:"500"`
	Phone      string `json:"claim_phone" max:"500"`
	Email      string `json:"claim_email" max:"500"`
	Registers  bool   `json:"registers"`
	Strong     bool   `json:"strong"`
	On         bool   `json:"on"`
}

func (f providerForm) provider() Provider {
	level, err := strconv.Atoi(f.Level)
	if err != nil {
		level = 0
	}
	return Provider{
		Key: f.Key, Issuer: f.Issuer, Client: f.Client, Secret: f.Secret, Scopes: strings.Fields(f.Scopes), TitleRu: f.TitleRu, TitleEn: f.TitleEn,
		Level: act.Level(level), Accepted: strings.Fields(f.Accepted), Registers: f.Registers, Strong: f.Strong, On: f.On,
		Claims: ClaimNames{
			Family: f.Family, Given: f.Given, Patronymic: f.Patronymic, Birth: f.Birth, SNILS: f.SNILS, Phone: f.Phone, Email: f.Email,
		},
	}
}

func formOf(p Provider) providerForm {
	n := p.Claims
	return providerForm{
		Version: p.version, Key: p.Key, TitleRu: p.TitleRu, TitleEn: p.TitleEn, Issuer: p.Issuer, Client: p.Client,
		Scopes: strings.Join(p.Scopes, " "), Level: strconv.Itoa(int(p.Level)), Accepted: strings.Join(p.Accepted, " "),
		Family: n.Family, Given: n.Given, Patronymic: n.Patronymic, Birth: n.Birth, SNILS: n.SNILS, Phone: n.Phone, Email: n.Email,
		Registers: p.Registers, Strong: p.Strong, On: p.On,
	}
}

// showEdit shows a provider, or an empty form with the standard names of claims.
func (m *Module) showEdit(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	key := c.Query("key")
	v := editView{Form: formOf(Provider{Scopes: []string{"profile", "email"}, Level: act.Basic, Claims: StandardClaims})}
	if key != "" {
		p, err := m.Provider(c.Context(), key)
		if err != nil {
			return err
		}
		v = editView{Form: formOf(p), Fixed: p.fixed, HasSecret: p.Secret != ""}
	}
	if held, ok := c.Held(); ok && !v.Fixed {
		v.Form.TitleRu, v.Form.TitleEn, v.Form.Issuer, v.Form.Client = held.Get("title_ru"), held.Get("title_en"), held.Get("issuer"), held.Get("client")
	}
	return m.editPage(c, v, 0)
}

func (m *Module) editPage(c *web.Context, v editView, status int) error {
	v.Addresses = addresses(c, v.Form.Key)
	return m.desk(c, "broker.admin.edit", v.Faults, status, editPage(c, v))
}

func (m *Module) desk(c *web.Context, title string, faults []fault.Field, status int, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(title), Layout: page.Desk, Faulty: len(faults) > 0, Status: status}, content)
}

func (m *Module) postEdit(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form providerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	err := m.PutProvider(c.Context(), c.Act(), form.provider(), form.Version, form.NoSecret)
	var f *fault.Fault
	if errors.As(err, &f) && (f.ID == ErrFields.ID || f.ID == ErrFixed.ID || f.ID == ErrChanged.ID) {
		v := editView{Form: form, Faults: f.Fields, HasSecret: form.Version != 0}
		v.Form.Secret = ""
		if len(v.Faults) == 0 {
			v.Faults = []fault.Field{{ID: f.ID}}
		}
		return m.editPage(c, v, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "broker.admin.saved")
	return c.Redirect("/admin/providers")
}

type switchForm struct {
	Key string `json:"key" max:"60"`
	On  bool   `json:"on"`
}

func (m *Module) postSwitch(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form switchForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Switch(c.Context(), c.Act(), form.Key, form.On); err != nil {
		return err
	}
	c.SetFlash("success", map[bool]string{true: "broker.admin.switched_on", false: "broker.admin.switched_off"}[form.On])
	return c.Redirect("/admin/providers")
}

type testForm struct {
	Key string `json:"key" max:"60"`
}

func (m *Module) postTest(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form testForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	p, err := m.Provider(c.Context(), form.Key)
	if err != nil {
		return err
	}
	return m.desk(c, "broker.admin.test", nil, 0, testPage(c, p, m.Test(c.Context(), p)))
}
