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

// links are the links of a menu that this person sees. The open page's link is the longest one that its address
// begins with.
func (s *Site) links(c *web.Context, menu Menu) []ui.Link {
	var out []ui.Link
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
		out = append(out, item)
	}
	if current >= 0 {
		out[current].Current = true
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
