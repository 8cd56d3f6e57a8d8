package search

import (
	"cmp"
	"maps"
	"slices"

	"github.com/blevesearch/bleve/v2"
	found "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"posad.city/kit/lang"
)

// filterBoost keeps filters out of the score.
const filterBoost = 1e-6

// find asks bleve: of the words that the index can answer at all, at least half must be answered, each by any of its
// stems in any field. A query of which it can answer less than a third finds nothing: that would be noise.
func (s *snapshot) find(wishes []wish, options Options) ([]Hit, int, error) {
	words := make([]query.Query, 0, len(wishes))
	for _, w := range wishes {
		if len(w.stems) > 0 {
			words = append(words, w.query())
		}
	}
	if len(words)*3 < len(wishes) || len(words) == 0 {
		return nil, 0, nil
	}
	anyOf := bleve.NewDisjunctionQuery(words...)
	anyOf.SetMin(float64((len(words) + 1) / 2))
	whole := query.Query(anyOf)
	if filters := filtersOf(options); len(filters) > 0 {
		whole = bleve.NewConjunctionQuery(append(filters, anyOf)...)
	}
	limit := options.Limit
	if limit == 0 {
		limit = 10
	}
	request := bleve.NewSearchRequestOptions(whole, max(0, min(limit, maxLimit)), max(0, options.From), false)
	request.IncludeLocations = true
	request.SortBy([]string{"-_score", "_id"})
	result, err := s.index.Search(request)
	if err != nil {
		return nil, 0, err
	}
	hits := make([]Hit, 0, len(result.Hits))
	for _, hit := range result.Hits {
		hits = append(hits, Hit{ID: hit.ID, Score: hit.Score, Matched: explain(wishes, hit)})
	}
	return hits, int(result.Total), nil
}

// query asks for any of the word's stems in any field, by their weights.
func (w wish) query() query.Query {
	var terms []query.Query
	for _, stem := range slices.Sorted(maps.Keys(w.stems)) {
		for _, f := range fields {
			for _, l := range lang.All() {
				term := bleve.NewTermQuery(stem)
				term.SetField(f.name + "_" + string(l))
				term.SetBoost(f.boost * weights[w.stems[stem]])
				terms = append(terms, term)
			}
		}
	}
	return bleve.NewDisjunctionQuery(terms...)
}

func filtersOf(options Options) []query.Query {
	var out []query.Query
	for name, value := range map[string]string{fieldTopic: options.Topic, fieldAudience: options.Audience} {
		if value != "" {
			term := bleve.NewTermQuery(value)
			term.SetField(name)
			term.SetBoost(filterBoost)
			out = append(out, term)
		}
	}
	return out
}

// explain says which stem of the document answered each word, by the best way.
func explain(wishes []wish, hit *found.DocumentMatch) []Match {
	var out []Match
	for _, w := range wishes {
		best := Match{Typed: w.typed}
		for _, terms := range hit.Locations {
			for stem := range terms {
				how, ok := w.stems[stem]
				if !ok {
					continue
				}
				better := cmp.Or(cmp.Compare(weights[how], weights[best.How]), cmp.Compare(best.Found, stem))
				if best.How == "" || better > 0 {
					best.Found, best.How = stem, how
				}
			}
		}
		if best.How != "" {
			out = append(out, best)
		}
	}
	return out
}
