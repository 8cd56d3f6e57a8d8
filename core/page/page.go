// Package page puts what a module shows between the city's header and footer.
//
// A module gives its content and says which layout it wants; the Site adds the city, the person, the menus that modules
// contributed, the view and the language. It owns no data: the city's words come from the published version, the
// person's from core/account, both through functions that the app gives. Its neighbours are kit/web below and ui, whose
// layouts it fills.
//
// Life cycle: New; modules add their links while they are provisioned; the app gives City and User; then Render only.
package page

import (
	"embed"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Layout is the frame around a page's content.
type Layout string

// The layouts.
const (
	Public  Layout = ""        // full width: home, catalogue, card of a service
	Plain   Layout = "plain"   // one narrow column: sign-in, errors, check of a document
	Account Layout = "account" // the account's menu at the side
	Form    Layout = "form"    // a form's column with an aside
	Desk    Layout = "desk"    // the official's rail
)

// Options are what a page says of itself. Texts are in the page's language already.
type Options struct {
	Title       string
	Description string
	Layout      Layout
	Crumbs      []ui.Link       // the way here, this page last with no address
	Aside       templ.Component // for Form
	Faulty      bool            // the form on the page has faults
	Htmx        bool
	Status      int        // 0: 200, or 422 when Faulty
	Acting      *ui.Acting // for whom the page is, where the permission to it is one's own; nil: what the permission says
}

// Link is a place in one of the menus. Links stand by Order; links of one order as they were added.
type Link struct {
	Order int    // in MenuAccount its tens are the group: see accountGroups
	Text  string // locale key
	Href  string
	Icon  string
	Count func(c *web.Context) int  // how many wait there; may be nil
	Show  func(c *web.Context) bool // whether this person sees it; nil: everybody
}

// Menu names the place of a link.
type Menu string

// The menus.
const (
	MenuMain    Menu = "main"    // header
	MenuAccount Menu = "account" // side of the account's pages
	MenuDesk    Menu = "desk"    // the official's rail
	MenuTabs    Menu = "tabs"    // the phone's bottom bar
	MenuSecure  Menu = "secure"  // what belongs to signing in and is looked at seldom: a list on the page of security
)

// Site is what all pages have in common.
type Site struct {
	menus map[Menu][]Link
	// City is how the city calls itself in a language, with its footer and emergency banner.
	City func(c *web.Context) Face
	// User is the signed-in person as the header shows them; nil for nobody.
	User func(c *web.Context) *ui.User
	// Banner stands before every page's content: the visit to a service centre that this browser is in. Nil, or a nil
	// component: nothing does.
	Banner func(c *web.Context) templ.Component
	// Acting says for whom the person acts, on every page that a mandate has let them to; core/mandate gives it. Nil: such
	// pages say nothing.
	Acting func(c *web.Context) *ui.Acting
}

// Face is what the published city gives to every page.
type Face struct {
	City      ui.City
	Footer    []ui.LinkGroup
	Help      ui.Link
	Emergency *ui.Emergency
}

// New returns a site with empty menus.
func New() *Site {
	return &Site{menus: map[Menu][]Link{}, City: func(*web.Context) Face { return Face{} }, User: func(*web.Context) *ui.User { return nil }}
}

// Add puts links into a menu. Call it while modules are provisioned.
func (s *Site) Add(menu Menu, links ...Link) {
	s.menus[menu] = append(s.menus[menu], links...)
	slices.SortStableFunc(s.menus[menu], func(a, b Link) int { return a.Order - b.Order })
}

// Render answers a page.
func (s *Site) Render(c *web.Context, o Options, content templ.Component) error {
	status := o.Status
	if status == 0 {
		status = http.StatusOK
		if o.Faulty {
			status = http.StatusUnprocessableEntity
		}
	}
	if _, kept := c.Held(); kept && !o.Faulty {
		content = templ.Join(ui.Notice(ui.NoticeProps{Tone: ui.Info, Text: c.T("page.kept")}), content)
	}
	return c.RenderStatus(status, s.Frame(c, o, content))
}

// Frame is the whole page as a component, for callers that answer by themselves, such as the page of a fault.
func (s *Site) Frame(c *web.Context, o Options, content templ.Component) templ.Component {
	shell := s.shell(c, o)
	if s.Banner != nil {
		if banner := s.Banner(c); banner != nil {
			content = templ.Join(banner, content)
		}
	}
	var frame templ.Component
	switch o.Layout {
	case Plain:
		frame = ui.PlainPage(shell)
	case Account:
		frame = ui.AccountPage(shell, ui.SideNavProps{Label: c.T("page.account_menu"), Groups: s.accountGroups(c), SignOut: "/sign-out"})
	case Form:
		frame = ui.FormPage(shell, o.Aside)
	case Desk:
		frame = ui.DeskPage(shell, s.rail(c))
	default:
		frame = ui.Page(shell)
	}
	return wrap(frame, content)
}

// FaultPage is the page of a fault, for web.Deps.ErrorPage.
func (s *Site) FaultPage(c *web.Context, f *fault.Fault) templ.Component {
	return s.Frame(c, Options{Title: c.T("page.fault." + string(f.Kind)), Layout: Plain}, faultBody(c, f))
}

func (s *Site) shell(c *web.Context, o Options) ui.Shell {
	face := s.City(c)
	view := c.View()
	out := ui.Shell{
		Lang: string(c.Lang()), Path: c.Here(), Title: o.Title, Description: o.Description, Faulty: o.Faulty, Htmx: o.Htmx,
		City: face.City, Footer: face.Footer, Help: face.Help, Emergency: face.Emergency, Crumbs: o.Crumbs, Search: "/search",
		View:   ui.View{Theme: view.Theme, Scheme: view.Scheme, Scale: view.Scale, Images: view.Images, Spacing: view.Spacing, Face: view.Face},
		User:   s.User(c),
		SignIn: ui.Link{Text: c.T("page.sign_in"), Href: "/sign-in?back=" + queryEscape(c.Here())},
		Nav:    s.links(c, MenuMain), Tabs: s.links(c, MenuTabs), CSRF: c.FormToken(),
	}
	if out.Acting = o.Acting; out.Acting == nil && s.Acting != nil && !c.Act().Mandate.IsZero() {
		out.Acting = s.Acting(c)
	}
	for _, l := range lang.All() {
		if l != c.Lang() {
			out.Languages = append(out.Languages, ui.Language{Code: string(l), Name: c.T("page.language." + string(l))})
		}
	}
	return out
}

// Locale holds the texts of the frame.
//
//go:embed locale/*.yaml
var Locale embed.FS
