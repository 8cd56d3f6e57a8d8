package agency

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// ofCity is the permission's object for what the city's administrator rules.
func ofCity() act.Object { return act.Object{Kind: "official", Agency: ID(City)} }

func (m *Module) routes(s *web.Server, pages *page.Site) {
	see := s.Operation(act.Operation{Name: "agency.officials", Object: "official", May: act.Admin, Look: "agency.look.officials"})
	put := s.Operation(act.Operation{Name: "agency.put_official", Object: "official", May: act.Admin, Look: "agency.look.officials", Changes: true, Fresh: act.Lately})
	drop := s.Operation(act.Operation{Name: "agency.drop_official", Object: "official", May: act.Admin, Changes: true, Fresh: act.Lately})
	s.Page(see, "GET /admin/officials", m.showOfficials)
	s.Page(put, "POST /admin/officials", m.postOfficial)
	s.Page(drop, "POST /admin/officials/drop", m.postDrop)
	s.API(see, "GET /api/v1/admin/agencies/{agency}/officials", m.apiOfficials, web.Describe{
		Summary: "Officials of an agency", Tag: "admin", Out: []officialBody{},
	})
	s.API(put, "PUT /api/v1/admin/agencies/{agency}/officials", m.apiPut, web.Describe{
		Summary: "Give a person a role in an agency", Tag: "admin", In: putBody{}, Out: officialBody{},
	})
	s.API(drop, "DELETE /api/v1/admin/agencies/{agency}/officials/{person}", m.apiDrop, web.Describe{
		Summary: "Take a person's role in an agency away", Tag: "admin",
	})
	pages.Add(page.MenuDesk, page.Link{Order: 90, Text: "agency.menu", Href: "/admin/officials", Icon: "identification-card", Show: IsAdmin})
}

// IsAdmin tells whether the person wears the hat of the city's administrator, for showing links to their pages. It permits
// nothing: operations say act.Admin.
func IsAdmin(c *web.Context) bool {
	a := c.Act().Actor
	return a.Kind == act.Official && a.Role == string(Admin) && a.Agency == ID(City)
}

// officialsView is the administrator's page of one agency.
type officialsView struct {
	Agency   string // key
	Agencies []Named
	Rows     []officialRow
	Typed    putForm
	Faults   []fault.Field
}

type officialRow struct {
	Official
	Name lang.Name
}

func (m *Module) agencies(l lang.Language) []Named {
	if m.deps.Agencies == nil {
		return []Named{{City, City}}
	}
	list := m.deps.Agencies.Agencies(l)
	if !slices.ContainsFunc(list, func(n Named) bool { return n.Key == City }) {
		list = append(slices.Clone(list), Named{City, City})
	}
	return list
}

// Title is what an agency is called in the published city; its id when the city does not know it any more.
func (m *Module) Title(l lang.Language, agency id.ID) string {
	for _, n := range m.agencies(l) {
		if ID(n.Key) == agency {
			return n.Title
		}
	}
	return agency.String()
}

// known returns the key when there is such an agency.
func (m *Module) known(c *web.Context, key string) (string, error) {
	if slices.ContainsFunc(m.agencies(c.Lang()), func(n Named) bool { return n.Key == key }) {
		return key, nil
	}
	return "", ErrAgency
}

func (m *Module) showOfficials(c *web.Context) error {
	key := c.Query("agency")
	if key == "" {
		key = m.agencies(c.Lang())[0].Key
	}
	return m.officialsPage(c, officialsView{Agency: key, Typed: putForm{Role: string(Officer)}}, 0)
}

func (m *Module) officialsPage(c *web.Context, v officialsView, status int) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	if _, err := m.known(c, v.Agency); err != nil {
		return err
	}
	var err error
	v.Agencies = m.agencies(c.Lang())
	if v.Rows, err = m.rows(c, v.Agency); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{
		Title: c.T("agency.officials.title"), Layout: page.Desk, Faulty: len(v.Faults) > 0, Status: status,
	}, officialsPage(c, v))
}

func (m *Module) rows(c *web.Context, key string) ([]officialRow, error) {
	officials, err := m.Officials(c.Context(), ID(key))
	if err != nil {
		return nil, err
	}
	ids := make([]id.ID, len(officials))
	for i, o := range officials {
		ids[i] = o.Person
	}
	names := map[id.ID]lang.Name{}
	if m.deps.Directory != nil {
		if names, err = m.deps.Directory.Names(c.Context(), c.Act(), "agency.look.officials", ids...); err != nil {
			return nil, err
		}
	}
	out := make([]officialRow, len(officials))
	for i, o := range officials {
		out[i] = officialRow{o, names[o.Person]}
	}
	return out, nil
}

type putForm struct {
	Agency  string `json:"agency" max:"100"`
	Contact string `json:"contact" max:"300"`
	Role    string `json:"role" max:"20"`
	Queues  string `json:"queues" max:"1000"`
}

// put gives the role to the person of the contact.
func (m *Module) put(c *web.Context, key, contact, role string, queues []string) (Official, error) {
	if _, err := m.known(c, key); err != nil {
		return Official{}, err
	}
	if m.deps.Directory == nil {
		return Official{}, ErrNobody
	}
	person, err := m.deps.Directory.Find(c.Context(), contact)
	if err != nil {
		return Official{}, err
	}
	o := Official{Person: person, Agency: ID(key), Role: Role(role), Queues: queues, Since: c.Now()}
	return o, m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		_, err := m.Put(tx, o)
		return err
	})
}

func (m *Module) postOfficial(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form putForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	queues := strings.FieldsFunc(form.Queues, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' })
	_, err := m.put(c, form.Agency, form.Contact, form.Role, queues)
	var f *fault.Fault
	if errors.As(err, &f) && f.Kind != fault.Internal && f.Kind != fault.Unavailable && f.ID != ErrAgency.ID {
		name := map[string]string{ErrRole.ID: "role", ErrLast.ID: "role"}[f.ID]
		if name == "" {
			name = "contact"
		}
		v := officialsView{Agency: form.Agency, Typed: form, Faults: []fault.Field{{Name: name, ID: f.ID, Params: f.Params}}}
		return m.officialsPage(c, v, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "agency.officials.saved")
	return c.Redirect("/admin/officials?agency=" + form.Agency)
}

type dropForm struct {
	Agency string `json:"agency" max:"100"`
	Person id.ID  `json:"person"`
}

func (m *Module) postDrop(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var form dropForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.drop(c, form.Agency, form.Person); err != nil {
		return err
	}
	c.SetFlash("success", "agency.officials.dropped")
	return c.Redirect("/admin/officials?agency=" + form.Agency)
}

func (m *Module) drop(c *web.Context, key string, person id.ID) error {
	if _, err := m.known(c, key); err != nil {
		return err
	}
	return m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		_, err := m.Drop(tx, ID(key), person)
		return err
	})
}

type officialBody struct {
	Person id.ID     `json:"person"`
	Name   lang.Name `json:"name"`
	Role   string    `json:"role"`
	Queues []string  `json:"queues" doc:"Empty: every queue of the agency"`
}

func (m *Module) apiOfficials(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	key, err := m.known(c, c.Path("agency"))
	if err != nil {
		return err
	}
	rows, err := m.rows(c, key)
	if err != nil {
		return err
	}
	out := make([]officialBody, len(rows))
	for i, row := range rows {
		out[i] = officialBody{row.Person, row.Name, string(row.Role), append([]string{}, row.Queues...)}
	}
	return c.JSON(http.StatusOK, out)
}

type putBody struct {
	Contact string   `json:"contact" max:"300" doc:"The e-mail or phone that the person signs in with"`
	Role    string   `json:"role" max:"20" doc:"clerk, officer, head; admin in the agency city"`
	Queues  []string `json:"queues,omitempty" max:"100" doc:"Empty: every queue of the agency"`
}

func (m *Module) apiPut(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	var body putBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	o, err := m.put(c, c.Path("agency"), body.Contact, body.Role, body.Queues)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, officialBody{Person: o.Person, Role: string(o.Role), Queues: append([]string{}, o.Queues...)})
}

func (m *Module) apiDrop(c *web.Context) error {
	if err := c.May(ofCity()); err != nil {
		return err
	}
	person, err := c.ID("person")
	if err != nil {
		return err
	}
	if err := m.drop(c, c.Path("agency"), person); err != nil {
		return err
	}
	return c.Empty()
}

func roleChoices(c *web.Context, key string) []ui.Choice {
	var out []ui.Choice
	for _, role := range Roles(ID(key)) {
		out = append(out, ui.Choice{Value: string(role), Text: c.T("agency.role." + string(role)), Hint: c.T("agency.role_hint." + string(role))})
	}
	return out
}
