package certificate

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/certificate/internal/store"
	"posad.city/core/certificate/internal/trust"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// authorities is the permission's object for the city's trust in authorities: the city's administrator sees it.
func authorities() act.Object {
	return act.Object{Kind: "authority", Agency: agency.ID(agency.City)}
}

func (m *Module) adminRoutes(s *web.Server, pages *page.Site) {
	see := s.Operation(act.Operation{Name: "certificate.authorities", Object: "authority", May: act.Admin})
	fetch := s.Operation(act.Operation{Name: "certificate.fetch_lists", Object: "authority", May: act.Admin, Changes: true, PerMinute: 6, Timeout: time.Minute})
	s.Page(see, "GET "+adminPath, m.showAuthorities)
	s.Page(fetch, "POST "+adminPath, m.postFetch)
	pages.Add(page.MenuDesk, page.Link{Order: 86, Text: "certificate.menu", Href: adminPath, Icon: "certificate", Show: agency.IsAdmin})
}

// refusalsMost bounds the lines of refusals on the page; refusalsDays is how far back they reach.
const (
	refusalsMost = 100
	refusalsDays = 7
)

// adminView is the administrator's page.
type adminView struct {
	Authorities []authorityView
	Lists       []listView
	Refusals    []certificatedb.CertificateRefusal
	Connects    string // address of the host that asks for certificates; empty: there is none
	Lenient     bool
}

type authorityView struct {
	Name      string
	Anchors   []string // subject and end of each
	Responder string
	Soon      bool // one of them ends within two months, or is over
}

type listView struct {
	trust.Info
	Stale bool
}

func (m *Module) showAuthorities(c *web.Context) error {
	if err := c.May(authorities()); err != nil {
		return err
	}
	v := adminView{Lenient: m.deps.Config.Unchecked == uncheckedLower}
	if m.connects() {
		v.Connects = m.deps.Config.Address
	}
	for _, s := range m.sources {
		v.Authorities = append(v.Authorities, m.authorityView(c, s))
	}
	known, err := shelf{m}.Known(c.Context())
	if err != nil {
		return err
	}
	for _, info := range known {
		v.Lists = append(v.Lists, listView{info, !c.Now().Before(info.Next)})
	}
	err = m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		v.Refusals, err = certificatedb.Refusals(r, c.Now().AddDate(0, 0, -refusalsDays), refusalsMost)
		return err
	})
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("certificate.admin.title"), Layout: page.Desk}, m.adminPage(c, v))
}

func (m *Module) authorityView(c *web.Context, s source) authorityView {
	const months = 2
	out := authorityView{Name: s.Name, Responder: s.Responder}
	for _, one := range slices.Concat(s.Anchors, s.Between) {
		out.Anchors = append(out.Anchors, c.T("certificate.admin.until", "name", one.Subject.CommonName, "until", m.day(c, one.NotAfter)))
		out.Soon = out.Soon || one.NotAfter.Before(c.Now().AddDate(0, months, 0))
	}
	return out
}

// postFetch fetches every list now.
func (m *Module) postFetch(c *web.Context) error {
	if err := c.May(authorities()); err != nil {
		return err
	}
	var form struct{}
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.Refresh(c.Context(), true); err != nil {
		return err
	}
	c.SetFlash("success", "certificate.admin.fetched")
	return c.Redirect(adminPath)
}

func (m *Module) authoritiesTable(c *web.Context, v adminView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("certificate.admin.authorities"), Columns: []ui.Column{
		{Title: c.T("certificate.admin.authority")}, {Title: c.T("certificate.admin.certificates")}, {Title: c.T("certificate.admin.state")},
	}}
	for _, a := range v.Authorities {
		tag := ui.TagProps{Tone: ui.Success, Text: c.T("certificate.admin.holds")}
		if a.Soon {
			tag = ui.TagProps{Tone: ui.Warning, Text: c.T("certificate.admin.ends_soon")}
		}
		out.Rows = append(out.Rows, ui.TableRow{Title: a.Name, Note: a.Responder, Cells: []ui.TableCell{{Text: strings.Join(a.Anchors, "; ")}, {Tag: &tag}}})
	}
	return out
}

func (m *Module) listsTable(c *web.Context, v adminView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("certificate.admin.lists"), Columns: []ui.Column{
		{Title: c.T("certificate.admin.address")}, {Title: c.T("certificate.admin.entries")}, {Title: c.T("certificate.admin.age")},
		{Title: c.T("certificate.admin.next")}, {Title: c.T("certificate.admin.state")},
	}}
	for _, l := range v.Lists {
		row := ui.TableRow{Title: shortAddress(l.Address), Note: l.Issuer}
		if l.Fetched.IsZero() {
			row.Cells = []ui.TableCell{{Text: "—"}, {Text: "—"}, {Text: "—"}}
		} else {
			row.Cells = []ui.TableCell{
				{Text: strconv.Itoa(l.Count), Note: c.T("certificate.admin.number", "number", l.Number)}, {Text: m.moment(c, l.This)}, {Text: m.moment(c, l.Next)},
			}
		}
		row.Cells = append(row.Cells, listState(c, l))
		out.Rows = append(out.Rows, row)
	}
	return out
}

// listState is how a list stands, and why the last try failed.
func listState(c *web.Context, l listView) ui.TableCell {
	tone, key := ui.Success, "holds"
	switch {
	case l.Fetched.IsZero():
		tone, key = ui.Fault, "never"
	case l.Stale:
		tone, key = ui.Fault, "stale"
	case l.Fault != "":
		tone, key = ui.Warning, "not_renewed"
	}
	return ui.TableCell{Tag: &ui.TagProps{Tone: tone, Text: c.T("certificate.admin." + key)}, Note: l.Fault}
}

func (m *Module) refusalsTable(c *web.Context, v adminView) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("certificate.admin.refusals"), Columns: []ui.Column{
		{Title: c.T("certificate.admin.hour")}, {Title: c.T("certificate.admin.road")}, {Title: c.T("certificate.admin.reason")}, {Title: c.T("certificate.admin.times")},
	}}
	for _, r := range v.Refusals {
		out.Rows = append(out.Rows, ui.TableRow{Title: m.moment(c, r.Hour), Note: r.Authority, Cells: []ui.TableCell{
			{Text: c.T("certificate.road." + r.Road)}, {Text: c.T(r.Reason)}, {Text: strconv.FormatInt(r.N, 10)},
		}})
	}
	return out
}

func (m *Module) moment(c *web.Context, at time.Time) string {
	return lang.Moment(c.Lang(), at, c.Now(), m.deps.Zone)
}

// shortAddress is an address as a table can hold it.
func shortAddress(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host + u.Path
}
