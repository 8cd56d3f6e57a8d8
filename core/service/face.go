package service

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// Face is what the published city gives to every page: page.Site.City.
func (m *Module) Face(c *web.Context) page.Face {
	s := m.current.Load()
	if s == nil {
		return page.Face{City: ui.City{Name: "Posad"}, Help: ui.Link{Text: c.T("service.page.help"), Href: "/help"}}
	}
	p, l := &s.city.Profile, c.Lang()
	out := page.Face{
		City: ui.City{
			Name: p.Name.In(l), Tagline: p.Tagline.In(l), Official: c.T("service.page.official"), About: c.T("service.page.about_portal"),
			Copyright: c.T("service.page.copyright", "city", p.Of.In(l), "year", strconv.Itoa(m.Today().Year())), Emergency: c.T("service.page.emergency", "number", p.Contacts.Emergency),
		},
		Help:   ui.Link{Text: c.T("service.page.help"), Href: "/help"},
		Footer: m.footer(c, s.city),
	}
	if len(s.style) > 0 {
		out.City.Style = "/brand.css?v=" + string(s.city.Hash())[:16]
	}
	return out
}

func (m *Module) footer(c *web.Context, city *City) []ui.LinkGroup {
	residents := ui.LinkGroup{Title: c.T("service.page.foot_residents"), Links: []ui.Link{
		{Text: c.T("service.page.services"), Href: "/services"}, {Text: c.T("service.page.situations"), Href: "/situations"},
		{Text: c.T("service.page.help"), Href: "/help"}, {Text: c.T("service.page.check_document"), Href: "/check"},
	}}
	about := ui.LinkGroup{Title: c.T("service.page.foot_city"), Links: []ui.Link{
		{Text: c.T("service.page.news"), Href: "/news"}, {Text: c.T("service.page.agencies"), Href: "/agencies"},
	}}
	for i := range city.Pages {
		about.Links = append(about.Links, ui.Link{Text: city.Pages[i].Title.In(c.Lang()), Href: "/city/" + city.Pages[i].Key})
	}
	portal := ui.LinkGroup{Title: c.T("service.page.foot_portal"), Links: []ui.Link{
		{Text: c.T("service.page.api"), Href: "/developers"}, {Text: c.T("service.page.keys"), Href: "/.well-known/posad-keys.json"},
		{Text: c.T("service.page.log"), Href: "/log"},
	}}
	return []ui.LinkGroup{residents, about, portal}
}

// heroOf draws the city's mosaic; one that can't be drawn gives way to the house's.
func (m *Module) heroOf(city *City) ui.Mosaic {
	rows := strings.Join(city.Profile.Brand.Mosaic, "\n")
	if rows == "" {
		return ui.Mosaic{}
	}
	out, err := ui.ParseMosaic(rows, nil)
	if err != nil {
		m.base.Log.Warn("service: the city's mosaic can't be drawn; the house's is shown", "error", err)
	}
	return out
}

var (
	tokenName  = regexp.MustCompile(`^c-[a-z0-9-]{1,40}$`)
	tokenValue = regexp.MustCompile(`^#[0-9A-Fa-f]{3,8}$`)
)

// brandStyle is the style sheet with the city's colours. They are for the ordinary light view: the dark and the
// large-type views have their own, whose contrast is measured. What is not a colour of a token is left out.
func brandStyle(tokens map[string]string) []byte {
	var rules bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		if tokenName.MatchString(name) && tokenValue.MatchString(tokens[name]) {
			fmt.Fprintf(&rules, "--%s:%s;", name, tokens[name])
		}
	}
	if rules.Len() == 0 {
		return nil
	}
	return fmt.Appendf(nil, ":root[data-theme=light]:not([data-view]){%s}\n@media (prefers-color-scheme:light){:root[data-theme=auto]:not([data-view]){%s}}\n", rules.Bytes(), rules.Bytes())
}

// serveStyle answers /brand.css; its address carries the version, so that it is kept for long.
func (m *Module) serveStyle(w http.ResponseWriter, _ *http.Request) {
	s := m.current.Load()
	if s == nil || len(s.style) == 0 {
		http.Error(w, "", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=604800")
	if _, err := w.Write(s.style); err != nil {
		m.base.Log.Debug("service: a style sheet was not taken", "error", err)
	}
}

// drawn are the symbols of the sprite that stand well as a picture of a service, a topic or a situation.
var drawn = map[string]string{
	"baby": "baby-duotone", "baby-carriage": "baby-carriage-duotone", "backpack": "backpack-duotone", "building-office": "building-office-duotone",
	"car-profile": "car-profile-duotone", "chats-circle": "chats-circle-duotone", "drop-half": "drop-half-duotone", "flower-lotus": "flower-lotus-duotone",
	"gauge": "gauge-duotone", "graduation-cap": "graduation-cap-duotone", "heartbeat": "heartbeat-duotone", "house-line": "house-line-duotone",
	"identification-card": "identification-card-duotone", "letter-circle-p": "letter-circle-p-duotone", "map-pin-line": "map-pin-line-duotone",
	"megaphone": "megaphone-duotone", "plant": "plant-duotone", "receipt": "receipt-duotone", "scales": "scales-duotone", "stethoscope": "stethoscope-duotone",
	"student": "student-duotone", "train-simple": "train-simple-duotone", "tree-evergreen": "tree-evergreen-duotone", "truck": "truck-duotone",
	"users-three": "users-three-duotone", "warning-circle": "warning-circle-fill", "wind": "wind-duotone", "buildings": "buildings-duotone",
}

// iconOf is the symbol of a name in the city's data; a plain one for a name that the sprite does not have.
func iconOf(name string) string {
	if symbol, ok := drawn[name]; ok {
		return symbol
	}
	return "files-duotone"
}

// term is a term in words, for notes.
func term(l lang.Language, t Term) string {
	if t.IsZero() {
		return ""
	}
	return lang.Term(l, t.Calendar())
}
