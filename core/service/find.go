package service

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"posad.city/kit/lang"
	"posad.city/kit/search"
)

// The kinds of thing that the search finds; the first part of a document's id.
const (
	foundService   = "service"
	foundSituation = "situation"
	foundPage      = "page"
	foundAgency    = "agency"
	foundNews      = "news"
	foundShortcut  = "shortcut"
)

// How much other things count beside services, which is what most people look for: one of them comes first where it alone
// is called so.
const (
	shortcutWeight  = 0.9
	situationWeight = 0.7
	agencyWeight    = 0.75
	pageWeight      = 0.6
	newsWeight      = 0.4
)

// Found is one thing that the search found, in words.
type Found struct {
	Kind  string   `json:"kind"`
	Key   string   `json:"key"`
	Title string   `json:"title"`
	Text  string   `json:"text"`
	Href  string   `json:"href"`
	Why   []string `json:"why,omitempty"` // words of the query that were understood otherwise than typed
}

// documents are everything public that people look for in a city.
func documents(city *City) []search.Doc {
	var out []search.Doc
	for i := range city.Services {
		out = append(out, serviceDocument(city, &city.Services[i]))
	}
	for i := range city.Shortcuts {
		s := &city.Shortcuts[i]
		if !city.has(s.Href) {
			continue
		}
		out = append(out, search.Doc{ID: foundShortcut + "/" + s.Key, Title: s.Title, Summary: s.About, Asked: s.AskedAs.byLanguage(), Weight: shortcutWeight})
	}
	for i := range city.Situations {
		s := &city.Situations[i]
		out = append(out, search.Doc{ID: foundSituation + "/" + s.Key, Title: s.Title, Summary: s.About, Body: joined(s.Steps...), Weight: situationWeight})
	}
	for i := range city.Pages {
		p := &city.Pages[i]
		doc := search.Doc{ID: foundPage + "/" + p.Key, Title: p.Title, Summary: p.Lead, Weight: pageWeight}
		for _, part := range p.Parts {
			doc.Body = joined(doc.Body, part.Title, part.Text)
		}
		out = append(out, doc)
	}
	for i := range city.Agencies {
		a := &city.Agencies[i]
		out = append(out, search.Doc{ID: foundAgency + "/" + a.Key, Title: a.Title, Summary: a.Does, Body: joined(a.Short, a.Address), Weight: agencyWeight})
	}
	for i := range city.News {
		n := &city.News[i]
		out = append(out, search.Doc{ID: foundNews + "/" + n.Key, Title: n.Title, Summary: n.Lead, Body: n.Text, Weight: newsWeight})
	}
	return out
}

// has tells whether this city has what stands at an address of the portal: one that bills no flats has no page of them.
func (c *City) has(href string) bool {
	switch href {
	case "/flats":
		return c.Utilities != nil
	case "/charity", "/account/gifts":
		return c.Charity != nil
	}
	return true
}

func serviceDocument(city *City, s *Service) search.Doc {
	doc := search.Doc{
		ID: foundService + "/" + s.Key, Title: s.Title, Summary: s.Summary, Body: joined(s.Who, s.Result.Title),
		Asked:  s.AskedAs.byLanguage(),
		Topics: []string{s.Topic}, Audience: s.Audience,
	}
	if topic, ok := city.Topic(s.Topic); ok {
		doc.Body = joined(doc.Body, topic.Title)
	}
	return doc
}

func joined(texts ...Text) Text {
	var out Text
	for _, t := range texts {
		out.RU, out.EN = out.RU+t.RU+"\n", out.EN+t.EN+"\n"
	}
	return out
}

// Search finds what a person asks for, best first, at most limit things; the number counts all that fit. audience
// narrows it to services for it; empty: everything.
func (m *Module) Search(query, audience string, l lang.Language, limit int) ([]Found, int, error) {
	city := m.Current()
	if city == nil {
		return nil, 0, ErrCity
	}
	hits, total, err := m.index.Search(query, search.Options{Audience: audience, Limit: limit})
	if err != nil {
		return nil, 0, err
	}
	out := make([]Found, 0, len(hits))
	for _, hit := range hits {
		if found, ok := foundIn(city, hit.ID, l); ok {
			found.Why = understood(hit.Matched)
			out = append(out, found)
		}
	}
	return out, total, nil
}

// shownLetters is the least length of a word whose synonym is told: shorter ones are particles, and say nothing.
const shownLetters = 4

func russian(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) })
}

// understood lists the words that led to the thing in another way than as typed: in the other keyboard layout or
// alphabet, in their right form; with a letter that differs, or by a word of the same language that means the
// same, the word that was found.
func understood(matches []search.Match) []string {
	var out []string
	for _, match := range matches {
		switch match.How {
		case search.Layout, search.Latin:
			out = append(out, match.Typed)
		case search.Typo:
			out = append(out, match.Typed+" → "+match.Found)
		case search.Synonym:
			if utf8.RuneCountInString(match.Typed) >= shownLetters && russian(match.Typed) == russian(match.Found) {
				out = append(out, match.Typed+" → "+match.Found)
			}
		}
	}
	return out
}

// foundIn says in words what a document's id stands for; false when this version has no such thing.
func foundIn(city *City, document string, l lang.Language) (Found, bool) {
	kind, key, _ := strings.Cut(document, "/")
	out := Found{Kind: kind, Key: key}
	set := func(title, text Text, href string) { out.Title, out.Text, out.Href = title.In(l), text.In(l), href }
	switch kind {
	case foundService:
		if s, ok := city.Service(key); ok {
			set(s.Title, s.Summary, "/services/"+key)
		}
	case foundSituation:
		if s, ok := city.Situation(key); ok {
			set(s.Title, s.About, "/situations/"+key)
		}
	case foundPage:
		if p, ok := city.Page(key); ok {
			set(p.Title, p.Lead, "/city/"+key)
		}
	case foundAgency:
		if a, ok := city.Agency(key); ok {
			set(a.Title, a.Does, "/agencies/"+key)
		}
	case foundShortcut:
		if s, ok := find(city.Shortcuts, func(s *Shortcut) string { return s.Key }, key); ok {
			set(s.Title, s.About, s.Href)
		}
	case foundNews:
		if n, ok := city.Item(key); ok {
			set(n.Title, n.Lead, "/news/"+key)
		}
	}
	return out, out.Title != ""
}

// Page finds a page of the city by its key.
func (c *City) Page(key string) (*Page, bool) {
	return find(c.Pages, func(p *Page) string { return p.Key }, key)
}

// Item finds a news item by its key.
func (c *City) Item(key string) (*News, bool) {
	return find(c.News, func(n *News) string { return n.Key }, key)
}

// noteMissed counts a search that found nothing, and logs its words for editors when they can't be about a person: no
// digits and no address of e-mail.
func (m *Module) noteMissed(query string) {
	m.missed.Inc()
	if !strings.ContainsAny(query, "0123456789@") && !strings.Contains(query, "…") {
		m.base.Log.Info("service: a search found nothing", "words", query)
	}
}
