package page

import (
	"context"
	"io"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"posad.city/kit/web"
	"posad.city/ui"
)

func queryEscape(path string) string { return url.QueryEscape(path) }

// Links are the links of a menu that this person sees, for a page that shows one as a list.
func (s *Site) Links(c *web.Context, menu Menu) []ui.Link { return s.links(c, menu) }

func (s *Site) links(c *web.Context, menu Menu) []ui.Link {
	var out []ui.Link
	for _, link := range s.placed(c, menu) {
		out = append(out, link.Link)
	}
	return out
}

// placed is a link as it is shown, with its place in the menu.
type placed struct {
	ui.Link
	order int
}

// placed are the links of a menu that this person sees. The open page's link is the longest one that its address
// begins with.
func (s *Site) placed(c *web.Context, menu Menu) []placed {
	var out []placed
	here := c.Request().URL.Path
	current, length := -1, 0
	for _, link := range s.menus[menu] {
		if link.Show != nil && !link.Show(c) {
			continue
		}
		item := ui.Link{Text: c.T(link.Text), Href: link.Href, Icon: link.Icon}
		if link.Count != nil {
			item.Count = link.Count(c)
		}
		if within(here, link.Href) && len(link.Href) > length {
			current, length = len(out), len(link.Href)
		}
		out = append(out, placed{item, link.Order})
	}
	if current >= 0 {
		out[current].Current = true
	}
	return out
}

// headings are the groups of the account's menu: from which order each begins, and what it is called. What stands before the
// first has no heading.
var headings = []struct {
	from int
	text string
}{
	{20, "page.group.affairs"}, {30, "page.group.money"}, {40, "page.group.records"}, {50, "page.group.people"}, {80, "page.group.settings"},
}

// accountGroups is the account's menu, each group that has links under its heading.
func (s *Site) accountGroups(c *web.Context) []ui.LinkGroup {
	var out []ui.LinkGroup
	for _, link := range s.placed(c, MenuAccount) {
		title := ""
		for _, h := range headings {
			if link.order >= h.from {
				title = c.T(h.text)
			}
		}
		if len(out) == 0 || out[len(out)-1].Title != title {
			out = append(out, ui.LinkGroup{Title: title})
		}
		group := &out[len(out)-1]
		group.Links = append(group.Links, link.Link)
	}
	return out
}

func within(here, href string) bool {
	if href == "/" {
		return here == "/"
	}
	return here == href || strings.HasPrefix(here, href+"/")
}

// wrap renders the frame with the content as its children.
func wrap(frame, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return frame.Render(templ.WithChildren(ctx, content), w)
	})
}

func (s *Site) rail(c *web.Context) ui.RailProps {
	return ui.RailProps{
		Home: "/desk", City: s.City(c).City, Links: s.links(c, MenuDesk),
		Search: ui.SearchBoxProps{Action: "/desk", Name: "q", Value: c.Query("q"), Label: c.T("page.desk_search"), Placeholder: c.T("page.desk_search_hint")},
	}
}
