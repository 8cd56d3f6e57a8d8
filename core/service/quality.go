package service

import (
	"fmt"
	"slices"
	"sync"

	"posad.city/kit/lang"
	"posad.city/kit/search"
)

// Query is an entry of queries.yaml: how somebody may look for a service, written by people who have not seen the words
// of the services. The city measures its search by them.
type Query struct {
	Ask  string   `json:"ask" need:"1" about:"What is typed, as people type it: their own words, slips of the pen, the wrong keyboard"`
	Want []string `json:"want" need:"1" about:"Keys of the services, or of the shortcuts, that answer it; any of them is right"`
	Lang string   `json:"lang" need:"1" one:"ru|en" about:"Language of the query"`

	Aside bool `json:"aside,omitempty" about:"Held out: nobody improves the search by looking at it, so that it tells how the search does on what nobody has seen"`
}

// Quality is how well a city's search answers its queries.
type Quality struct {
	Total int
	First int // the first thing found is wanted
	Third int // one of the first three is
	By    map[lang.Language]Tally
	Aside Tally  // of the queries that are held out
	Lost  []Miss // queries of which none of the first three was wanted, in the order of the set; none of those held out
	Late  []Miss // queries of which the second or third was wanted; none of those held out
}

// Tally is a part of a quality.
type Tally struct{ Total, First, Third int }

// Miss is a query that was not answered well.
type Miss struct {
	Query Query
	Found []string // what came instead: ids of the first three
}

// Share is a part of all queries, from 0 to 1.
func (q Quality) Share(of int) float64 { return Tally{Total: q.Total}.Share(of) }

// Share is a part of the tally's queries, from 0 to 1.
func (t Tally) Share(of int) float64 { return float64(of) / float64(max(t.Total, 1)) }

// Measure asks a city's own search every query of its queries.yaml, with an index of its own.
func Measure(city *City) (Quality, error) {
	index, err := search.New(search.Settings{})
	if err != nil {
		return Quality{}, fmt.Errorf("service: measure: %w", err)
	}
	if err := index.Replace(documents(city), groupsOf(city)); err != nil {
		return Quality{}, fmt.Errorf("service: measure: %w", err)
	}
	out := Quality{By: map[lang.Language]Tally{}}
	for _, q := range city.Queries {
		hits, _, err := index.Search(q.Ask, search.Options{Limit: 3})
		if err != nil {
			return Quality{}, fmt.Errorf("service: measure %q: %w", q.Ask, err)
		}
		out.add(q, hits)
	}
	return out, nil
}

func (q *Quality) add(query Query, hits []search.Hit) {
	place := slices.IndexFunc(hits, func(h search.Hit) bool {
		return slices.ContainsFunc(query.Want, func(key string) bool { return h.ID == foundService+"/"+key || h.ID == foundShortcut+"/"+key })
	})
	whole := Tally{q.Total, q.First, q.Third}.with(place)
	q.Total, q.First, q.Third = whole.Total, whole.First, whole.Third
	q.By[lang.Language(query.Lang)] = q.By[lang.Language(query.Lang)].with(place)
	if query.Aside {
		q.Aside = q.Aside.with(place)
		return
	}
	miss := Miss{Query: query}
	for _, h := range hits {
		miss.Found = append(miss.Found, h.ID)
	}
	switch {
	case place < 0:
		q.Lost = append(q.Lost, miss)
	case place > 0:
		q.Late = append(q.Late, miss)
	}
}

// with counts one more query, whose wanted service came at a place: 0 to 2, or -1.
func (t Tally) with(place int) Tally {
	t.Total++
	if place == 0 {
		t.First++
	}
	if place >= 0 {
		t.Third++
	}
	return t
}

// measured keeps the quality of the version in force: measuring takes a second for a few hundred queries.
type measured struct {
	mu   sync.Mutex
	hash Hash
	last Quality
}

// quality is that of the version in force.
func (m *Module) quality(city *City) (Quality, error) {
	m.measured.mu.Lock()
	defer m.measured.mu.Unlock()
	if m.measured.hash == city.Hash() {
		return m.measured.last, nil
	}
	q, err := Measure(city)
	if err == nil {
		m.measured.hash, m.measured.last = city.Hash(), q
	}
	return q, err
}

// popular checks that the services that are needed most are there.
func (c *checker) popular() {
	known := keysOf(c.city.Services, func(s *Service) string { return s.Key })
	for i, key := range c.city.Profile.Popular {
		c.reference("city", fmt.Sprintf("popular.%d", i), "service", key, known)
	}
}

// queries checks that what is wanted is there.
func (c *checker) queries() {
	known := append(keysOf(c.city.Services, func(s *Service) string { return s.Key }), shortcutKeys(c.city)...)
	for i, q := range c.city.Queries {
		for j, key := range q.Want {
			c.reference("queries", fmt.Sprintf("%d.want.%d", i, j), "service", key, known)
		}
	}
}
