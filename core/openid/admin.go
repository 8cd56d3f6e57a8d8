package openid

import (
	"context"
	"fmt"
	"strings"
	"time"

	"posad.city/core/openid/internal/store"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

const timeForm = time.RFC3339

var noObject = act.Object{}

// heard is how the words of logouts went to a site.
type heard struct {
	heard, failed time.Time
	failure       string
	times         int64
}

func (m *Module) calls(ctx context.Context) (map[id.ID]heard, error) {
	out := map[id.ID]heard{}
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		rows, err := openiddb.ClientCalls(r)
		for _, row := range rows {
			out[row.Client] = heard{row.Heard, row.Failed, row.Failure, row.Times}
		}
		return err
	})
	return out, err
}

// clientsView is the administrator's list of sites.
type clientsView struct {
	Clients []Client
	Calls   map[id.ID]heard
	Keys    []keyView
}

// keyView is a signing key as the administrator sees it.
type keyView struct {
	Name  string
	State string // locale key
	Since string
}

func (m *Module) showClients(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	clients, err := m.Clients(c.Context())
	if err != nil {
		return err
	}
	calls, err := m.calls(c.Context())
	if err != nil {
		return err
	}
	keys, err := m.keysView(c)
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("openid.admin.title"), Layout: page.Desk}
	return m.base.Pages.Render(c, o, clientsPage(c, clientsView{clients, calls, keys}))
}

func (m *Module) keysView(c *web.Context) ([]keyView, error) {
	list, err := m.ring.keys(c.Context())
	if err != nil {
		return nil, err
	}
	now, signs := c.Now(), map[string]bool{}
	var out []keyView
	for _, one := range list {
		if !one.leaves.IsZero() && !now.Before(one.leaves) {
			continue
		}
		state := "openid.admin.key_leaves"
		switch {
		case one.starts.After(now):
			state = "openid.admin.key_next"
		case !signs[one.alg]:
			state, signs[one.alg] = "openid.admin.key_signs", true
		}
		out = append(out, keyView{one.alg + " " + one.kid[:8], state, lang.FullMoment(c.Lang(), one.starts, m.deps.Zone)})
	}
	return out, nil
}

// clientForm is a registration as it is typed. Addresses stand one a line.
type clientForm struct {
	NameRU      string   `json:"name_ru" max:"100"`
	NameEN      string   `json:"name_en" max:"100"`
	PurposeRU   string   `json:"purpose_ru" max:"500"`
	PurposeEN   string   `json:"purpose_en" max:"500"`
	Home        string   `json:"home" max:"500"`
	Policy      string   `json:"policy" max:"500"`
	City        bool     `json:"city"`
	Trusted     bool     `json:"trusted"`
	Redirects   string   `json:"redirects" max:"10000"`
	AfterLogout string   `json:"after_logout" max:"10000"`
	Sector      string   `json:"sector" max:"500"`
	BackChannel string   `json:"back_channel" max:"500"`
	Method      string   `json:"method" max:"40"`
	Keys        string   `json:"keys" max:"20000"`
	Scopes      []string `json:"scopes" max:"40"`
	Optional    []string `json:"optional" max:"40"`
	Grants      []string `json:"grants" max:"100"`
	Alg         string   `json:"alg" max:"10"`
	SignedInfo  bool     `json:"signed_info"`
	MustPush    bool     `json:"must_push"`
	MustProve   bool     `json:"must_prove"`
	Version     int64    `json:"version"`
}

func (f clientForm) profile() Profile {
	return Profile{
		Name: lang.Text{RU: f.NameRU, EN: f.NameEN}, Purpose: lang.Text{RU: f.PurposeRU, EN: f.PurposeEN}, Home: f.Home, Policy: f.Policy,
		City: f.City, Trusted: f.Trusted, Redirects: strings.Fields(f.Redirects), AfterLogout: strings.Fields(f.AfterLogout), Sector: f.Sector,
		BackChannel: f.BackChannel, Method: f.Method, Keys: f.Keys, Scopes: union([]string{ScopeOpenID}, f.Scopes), Optional: only(f.Optional, f.Scopes),
		Grants: f.Grants, Alg: f.Alg, SignedInfo: f.SignedInfo, MustPush: f.MustPush, MustProve: f.MustProve,
	}
}

func formOf(c Client) clientForm {
	return clientForm{
		NameRU: c.Name.RU, NameEN: c.Name.EN, PurposeRU: c.Purpose.RU, PurposeEN: c.Purpose.EN, Home: c.Home, Policy: c.Policy, City: c.City,
		Trusted: c.Trusted, Redirects: strings.Join(c.Redirects, "\n"), AfterLogout: strings.Join(c.AfterLogout, "\n"), Sector: c.Sector,
		BackChannel: c.BackChannel, Method: c.Method, Keys: c.Keys, Scopes: c.Scopes, Optional: c.Optional, Grants: c.Grants, Alg: c.Alg,
		SignedInfo: c.SignedInfo, MustPush: c.MustPush, MustProve: c.MustProve, Version: c.Version,
	}
}

// clientView is the page of one site, or of a new one.
type clientView struct {
	Client Client // zero: a new one
	Form   clientForm
	Faults []fault.Field
	Secret string // shown this once
	Old    string // until when the secret before holds; empty: there is none
}

func (v clientView) fresh() bool { return v.Client.ID.IsZero() }

func (v clientView) path(rest string) string {
	if v.fresh() {
		return "/admin/clients"
	}
	return "/admin/clients/" + v.Client.Key() + rest
}

func (m *Module) clientPage(c *web.Context, v clientView) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	for _, one := range v.Client.Secrets {
		if !one.Ends.IsZero() && c.Now().Before(one.Ends) {
			v.Old = lang.FullMoment(c.Lang(), one.Ends, m.deps.Zone)
		}
	}
	title := c.T("openid.admin.new")
	if !v.fresh() {
		title = v.Client.Name.In(c.Lang())
	}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Faulty: len(v.Faults) > 0}, clientPage(c, v))
}

func (m *Module) showNewClient(c *web.Context) error {
	first := clientForm{Method: AuthBasic, Grants: []string{GrantCode, GrantRefresh}, Alg: algEC, Scopes: []string{ScopeOpenID}}
	return m.clientPage(c, clientView{Form: first})
}

// thisClient is the site that a page is about.
func (m *Module) thisClient(c *web.Context) (Client, error) {
	if err := c.May(ofCity()); err != nil {
		return Client{}, err
	}
	one, err := c.ID("client")
	if err != nil {
		return Client{}, err
	}
	client, err := m.Client(c.Context(), one)
	if none(err) {
		return Client{}, fault.New(fault.Missing, "web.missing")
	}
	return client, err
}

func (m *Module) showClient(c *web.Context) error {
	client, err := m.thisClient(c)
	if err != nil {
		return err
	}
	return m.clientPage(c, clientView{Client: client, Form: formOf(client)})
}

func (m *Module) postNewClient(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form clientForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	client, secret, err := m.Register(c.Context(), c.Act(), form.profile())
	if faults, ok := shownHere(err); ok {
		return m.clientPage(c, clientView{Form: form, Faults: faults})
	}
	if err != nil {
		return err
	}
	return m.clientPage(c, clientView{Client: client, Form: formOf(client), Secret: secret})
}

func (m *Module) postClient(c *web.Context) error {
	client, err := m.thisClient(c)
	if err != nil {
		return err
	}
	var form clientForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	client.Version = form.Version // what the administrator saw
	err = m.Change(c.Context(), c.Act(), client, form.profile())
	if faults, ok := shownHere(err); ok {
		return m.clientPage(c, clientView{Client: client, Form: form, Faults: faults})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "openid.admin.saved")
	return c.Redirect("/admin/clients/" + client.Key())
}

func (m *Module) postSecret(c *web.Context) error {
	client, err := m.thisClient(c)
	if err != nil {
		return err
	}
	secret, err := m.NewSecret(c.Context(), c.Act(), client)
	if err != nil {
		return err
	}
	if client, err = m.Client(c.Context(), client.ID); err != nil {
		return err
	}
	return m.clientPage(c, clientView{Client: client, Form: formOf(client), Secret: secret})
}

func (m *Module) postSwitch(c *web.Context) error {
	client, err := m.thisClient(c)
	if err != nil {
		return err
	}
	if err := m.Switch(c.Context(), c.Act(), client, !client.Active); err != nil {
		return err
	}
	c.SetFlash("success", "openid.admin.saved")
	return c.Redirect("/admin/clients/" + client.Key())
}

func (m *Module) postKeys(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	if err := m.RotateKeys(c.Context()); err != nil {
		return fmt.Errorf("openid: rotate keys: %w", err)
	}
	c.SetFlash("success", "openid.admin.keys_made")
	return c.Redirect("/admin/clients")
}
