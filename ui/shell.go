package ui

import (
	"context"
	"strings"

	"github.com/a-h/templ"
)

// Shell is what every page of one request has in common. The zero value renders: Russian, light, no city, nobody signed in.
type Shell struct {
	Lang        string     // "ru" or "en"; the page's language
	Languages   []Language // what the switch offers besides Lang
	Path        string     // path and query of this page: where the forms of language and view return to
	Title       string     // of the page, without the city's name; first in the window's title
	Description string     // for search engines; may be empty
	Faulty      bool       // the form on the page has faults: the window's title says so first
	City        City
	View        View
	User        *User       // nil when nobody is signed in
	SignIn      Link        // shown when User is nil
	Nav         []Link      // main menu
	Tabs        []Link      // phone's bottom bar, up to five, each with an icon; none, no bar
	Crumbs      []Link      // the way here; the last one is this page and needs no address
	Footer      []LinkGroup // columns of the footer
	Search      string      // address of the search page; empty: no magnifier
	Help        Link
	Emergency   *Emergency
	Acting      *Acting // for whom the person acts on this page; nil: for themselves
	CSRF        string  // token for forms, in the field CSRFField; empty: no field
	Htmx        bool    // this page needs htmx: suggestions, queues, uploads
	T           Words   // this package's own words among others; nil: its own catalogue
}

// Acting says on every page whose content lies in another's account for whom one acts there.
type Acting struct {
	Text string // Вы действуете за Марию Смирнову
	Link Link   // to what one may do for them
}

// CSRFField is the name of the hidden field that carries Shell.CSRF.
const CSRFField = "_csrf"

// City is how the city calls and shows itself.
type City struct {
	Name      string // wordmark: Китеж
	Tagline   string // under the wordmark: городские услуги
	Official  string // utility bar: Официальный портал города
	About     string // footer, under the wordmark
	Copyright string
	Emergency string // footer: 112 · единый номер экстренных служб
	Logo      string // address of an SVG, square; empty: the house's sun over waves
	Style     string // address of a style sheet with the city's brand tokens; empty: the house's
}

// Language is a language that the switch offers, named in itself: English, Русский.
type Language struct{ Code, Name string }

// User is the person who is signed in, as the header shows them.
type User struct {
	Name     string // short: Анна С.
	Initials string // АС
	Note     string // second line at the desk: Отдел парковок
	Unread   int    // messages not read yet
	Href     string // the account
	Messages string // where the bell leads
	SignOut  string // POST address; empty: not offered in the menu
}

// Link is a text that leads somewhere.
type Link struct {
	Text    string
	Href    string
	Icon    string // symbol of the sprite
	Count   int    // shown when above zero
	Current bool   // this is the page that is open
}

// LinkGroup is a headed list of links.
type LinkGroup struct {
	Title string
	Links []Link
}

// Emergency is the city's warning over every page.
type Emergency struct {
	Title   string // bold, with its full stop
	Text    string
	Link    Link
	Dismiss string // POST address that hides it for this person; empty: cannot be hidden
	ID      string // sent with Dismiss
}

// complete fills what a page cannot do without.
func (s Shell) complete() Shell {
	if s.Lang == "" {
		s.Lang = "ru"
	}
	if s.Path == "" {
		s.Path = "/"
	}
	if s.T == nil {
		s.T = WordsIn(s.Lang)
	}
	s.View = s.View.complete()
	return s
}

// windowTitle is what the browser's tab says: a fault first, then the page, then the city.
func (s Shell) windowTitle() string {
	title := s.Title
	if s.Faulty {
		title = s.T("ui.error_prefix") + " " + title
	}
	switch {
	case s.City.Name == "" || strings.HasPrefix(s.Title, s.City.Name):
		return title
	case title == "":
		return s.City.Name
	}
	return title + " — " + s.City.Name
}

// fontPart is the cut of the font that the page's language needs first.
func (s Shell) fontPart() string {
	if s.Lang == "en" {
		return "golos-text-latin.woff2"
	}
	return "golos-text-cyrillic.woff2"
}

// rootAttributes are the view's switches on <html>, which the styles read.
func (s Shell) rootAttributes() templ.Attributes {
	out := templ.Attributes{"data-theme": s.View.Theme}
	if s.View.Scheme == "" {
		return out
	}
	out["data-view"] = s.View.Scheme
	out["data-scale"] = s.View.Scale
	out["data-images"] = s.View.Images
	out["data-spacing"] = s.View.Spacing
	out["data-face"] = s.View.Face
	return out
}

// barColour paints a phone's status bar.
func (s Shell) barColour() string {
	if s.View.Theme == "dark" {
		return "#0E1220"
	}
	return "#1C3FBF"
}

// SideNavProps is the account's menu.
type SideNavProps struct {
	Label   string // what the menu is called to a screen reader
	Groups  []LinkGroup
	SignOut string // POST address; empty: no such line
}

// within completes the shell and puts it into the context of everything inside the page.
func (s Shell) within(ctx context.Context) (Shell, context.Context) {
	ctx = With(ctx, s)
	return shellIn(ctx), ctx
}

// current marks a link as the page that is open.
func current(is bool) templ.Attributes {
	if !is {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

// named gives a list the name that stands above it; none for a list without one.
func named(title string) templ.Attributes {
	if title == "" {
		return nil
	}
	return templ.Attributes{"aria-label": title}
}

// filledIcons are those whose filled drawing is in the sprite; the open page's icon is filled.
var filledIcons = map[string]bool{
	"house": true, "squares-four": true, "files": true, "wallet": true, "user": true, "tray": true, "briefcase": true,
	"calendar-dots": true, "chats-circle": true, "chart-bar": true, "book-open-text": true, "gear-six": true,
	"envelope-simple": true, "identification-card": true,
}

func currentIcon(link Link) string {
	if link.Current && filledIcons[link.Icon] {
		return link.Icon + "-fill"
	}
	return link.Icon
}

func unreadLabel(ctx context.Context, unread int) string {
	if unread == 0 {
		return say(ctx, "messages")
	}
	return say(ctx, "messages_unread", "count", unread)
}
