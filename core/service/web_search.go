package service

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
	"posad.city/ui"
)

// The bounds of a search's answers.
const (
	foundMost     = 30
	suggestedMost = 6
	queryMost     = 200 // characters that are shown back
)

func queryOf(c *web.Context) string {
	text := []rune(strings.TrimSpace(c.Query("q")))
	return string(text[:min(len(text), queryMost)])
}

func (m *Module) showSearch(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	city, err := m.City()
	if err != nil {
		return err
	}
	query := queryOf(c)
	found, total, err := m.Search(query, "", c.Lang(), foundMost)
	if err != nil {
		return err
	}
	title := c.T("service.page.search")
	if query != "" {
		title = c.T("service.page.search_title", "query", query)
	}
	return m.render(c, page.Options{Title: title, Layout: page.Plain, Htmx: true}, searchPage(c, city, query, found, total))
}

// suggest answers the list under the search box while a person types.
func (m *Module) suggest(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	city, err := m.City()
	if err != nil {
		return err
	}
	var rows []ui.RowItem
	for _, s := range m.index.Suggest(queryOf(c), c.Lang(), suggestedMost) {
		if found, ok := foundIn(city, s.ID, c.Lang()); ok {
			rows = append(rows, ui.RowItem{Text: s.Text, Href: found.Href})
		}
	}
	return c.Fragment(suggestions(rows))
}

// offered are things to go on with where a search found nothing: the services themselves.
func offered(c *web.Context, city *City) []ui.RowItem {
	var out []ui.RowItem
	for _, s := range city.popular() {
		if len(out) == suggestedMost {
			break
		}
		out = append(out, ui.RowItem{Text: s.Title.In(c.Lang()), Href: "/services/" + s.Key})
	}
	return out
}

// popular are the city's services, those that it names as needed most first.
func (c *City) popular() []*Service {
	out := make([]*Service, 0, len(c.Services))
	for _, key := range c.Profile.Popular {
		if s, ok := c.Service(key); ok && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for i := range c.Services {
		if !slices.Contains(c.Profile.Popular, c.Services[i].Key) {
			out = append(out, &c.Services[i])
		}
	}
	return out
}

func oftenAsked(c *web.Context, city *City, most int) []ui.Link {
	var out []ui.Link
	for _, s := range city.popular() {
		words := s.AskedAs.In(c.Lang())
		if len(words) == 0 || len(out) == most {
			continue
		}
		text := []rune(words[0])
		label := strings.ToUpper(string(text[:1])) + string(text[1:])
		out = append(out, ui.Link{Text: label, Href: "/search?q=" + url.QueryEscape(words[0])})
	}
	return out
}

// sitemap lists every public page of the version.
func (m *Module) sitemap(c *web.Context) error {
	city, err := m.open(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString(xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
	for _, path := range publicPaths(city) {
		out.WriteString("<url><loc>")
		if err := xml.EscapeText(&out, []byte(c.URL(path))); err != nil {
			return fmt.Errorf("service: sitemap: %w", err)
		}
		out.WriteString("</loc></url>\n")
	}
	out.WriteString("</urlset>\n")
	return c.Data("application/xml; charset=utf-8", out.Bytes())
}

func publicPaths(city *City) []string {
	out := []string{"/", "/services", "/situations", "/news", "/agencies", "/help"}
	for i := range city.Services {
		out = append(out, "/services/"+city.Services[i].Key)
	}
	for i := range city.Topics {
		out = append(out, "/topics/"+city.Topics[i].Key)
	}
	for i := range city.Situations {
		out = append(out, "/situations/"+city.Situations[i].Key)
	}
	for i := range city.News {
		out = append(out, "/news/"+city.News[i].Key)
	}
	for i := range city.Agencies {
		out = append(out, "/agencies/"+city.Agencies[i].Key)
	}
	for i := range city.Pages {
		out = append(out, "/city/"+city.Pages[i].Key)
	}
	return out
}

// robots lets public pages be found and keeps everything personal, and the search, out of indexes.
func (m *Module) robots(c *web.Context) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	text := "User-agent: *\n"
	for _, path := range []string{"/account", "/api/", "/cases", "/desk", "/documents", "/drafts", "/pay", "/search", "/sign-in", "/v/"} {
		text += "Disallow: " + path + "\n"
	}
	return c.Data("text/plain; charset=utf-8", []byte(text+"Sitemap: "+c.URL("/sitemap.xml")+"\n"))
}
