package search

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// What a score is made of, for a query whose words' rarities add up to 1: the part of it that the document answers, and
// how well the one title or way of asking that fits best covers the query and is covered by it.
const (
	wordsCount  = 1.0
	phraseCount = 0.8
)

// What is less would be noise: leastAnswered is how much a document must answer of what is known of a query, leastKnown
// which part of a query must be known, both by rarity.
const (
	leastAnswered = 0.15
	leastKnown    = 0.2
)

// scratch is the room in which one search adds up.
type scratch struct {
	docs, phrases         []float32 // sums so far
	docBest, phraseBest   []float32 // the best answer to the present word
	docsSeen, phrasesSeen []int32   // what has a sum
	docsNow, phrasesNow   []int32   // what has an answer to the present word
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

func (c *scratch) fit(docs, phrases int) {
	grow := func(list []float32, size int) []float32 {
		if cap(list) < size {
			return make([]float32, size)
		}
		return list[:size]
	}
	c.docs, c.docBest = grow(c.docs, docs), grow(c.docBest, docs)
	c.phrases, c.phraseBest = grow(c.phrases, phrases), grow(c.phraseBest, phrases)
}

// clear leaves only zeros, touching only what was touched.
func (c *scratch) clear() {
	for _, doc := range c.docsSeen {
		c.docs[doc] = 0
	}
	for _, p := range c.phrasesSeen {
		c.phrases[p] = 0
	}
	c.docsSeen, c.phrasesSeen = c.docsSeen[:0], c.phrasesSeen[:0]
}

// find scores every document that has a wanted stem, and gives the best.
func (s *snapshot) find(wishes []wish, options Options) ([]Hit, int) {
	whole, known := 0.0, 0.0
	for _, w := range wishes {
		whole += w.weight
		if len(w.stems) > 0 {
			known += w.weight
		}
	}
	if known == 0 || known < leastKnown*whole {
		return nil, 0
	}
	c := scratches.Get().(*scratch)
	defer scratches.Put(c)
	c.fit(len(s.docs), len(s.phrases))
	for i := range wishes {
		s.answer(&wishes[i], c)
	}
	ranked := s.rank(c, known, options)
	c.clear()
	limit := options.Limit
	if limit == 0 {
		limit = 10
	}
	from := min(max(0, options.From), len(ranked))
	to := min(from+max(0, min(limit, maxLimit)), len(ranked))
	hits := make([]Hit, 0, to-from)
	for _, r := range ranked[from:to] {
		hits = append(hits, Hit{ID: s.docs[r.doc].id, Score: r.score, Matched: s.explain(wishes, r.doc)})
	}
	return hits, len(ranked)
}

// answer adds what one word of the query brings to each document and each phrase: the best of its stems.
func (s *snapshot) answer(w *wish, c *scratch) {
	for stem, way := range w.stems {
		t := s.stems[stem]
		value := float32(w.weight * way.weight)
		for i := range t.entries {
			doc := t.entries[i].doc
			if c.docBest[doc] == 0 {
				c.docsNow = append(c.docsNow, doc)
			}
			c.docBest[doc] = max(c.docBest[doc], value*t.entries[i].weight)
		}
		for _, p := range t.phrases {
			if c.phraseBest[p] == 0 {
				c.phrasesNow = append(c.phrasesNow, p)
			}
			c.phraseBest[p] = max(c.phraseBest[p], float32(min(w.weight, t.rarity)*way.weight))
		}
	}
	c.docsSeen = addUp(c.docs, c.docBest, c.docsNow, c.docsSeen)
	c.phrasesSeen = addUp(c.phrases, c.phraseBest, c.phrasesNow, c.phrasesSeen)
	c.docsNow, c.phrasesNow = c.docsNow[:0], c.phrasesNow[:0]
}

// addUp adds the best to the sums and forgets it.
func addUp(sums, best []float32, now, seen []int32) []int32 {
	for _, i := range now {
		if sums[i] == 0 {
			seen = append(seen, i)
		}
		sums[i] += best[i]
		best[i] = 0
	}
	return seen
}

type rank struct {
	doc   int32
	score float64
}

// rank orders the documents that fit, best first, equal ones by their ids.
func (s *snapshot) rank(c *scratch, whole float64, options Options) []rank {
	for _, p := range c.phrasesSeen { // docBest is free again: it holds the best phrase of each document
		matched := float64(c.phrases[p])
		fit := float32(matched / math.Sqrt(whole*max(s.phrases[p].weight, 1e-9)))
		doc := s.phrases[p].doc
		c.docBest[doc] = max(c.docBest[doc], min(fit*fit, 1))
	}
	out := make([]rank, 0, len(c.docsSeen))
	for _, doc := range c.docsSeen {
		answered, phrase := float64(c.docs[doc])/whole, float64(c.docBest[doc])
		c.docBest[doc] = 0
		if answered >= leastAnswered && s.docs[doc].fits(options) {
			out = append(out, rank{doc, s.docs[doc].weight * (wordsCount*answered + phraseCount*phrase)})
		}
	}
	slices.SortFunc(out, func(a, b rank) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.doc, b.doc))
	})
	return out
}

func (e *entry) fits(options Options) bool {
	return (options.Topic == "" || slices.Contains(e.topics, options.Topic)) && (options.Audience == "" || slices.Contains(e.audience, options.Audience))
}

// explain says which word of the document answered each word of the query, by the best way.
func (s *snapshot) explain(wishes []wish, doc int32) []Match {
	var out []Match
	for _, w := range wishes {
		best, most := Match{Typed: w.typed}, 0.0
		for stem, way := range w.stems {
			entries := s.stems[stem].entries
			at, ok := slices.BinarySearchFunc(entries, doc, func(p place, doc int32) int { return int(p.doc - doc) })
			if !ok {
				continue
			}
			value, found := way.weight*float64(entries[at].weight), s.words[entries[at].word].text
			if value > most || value == most && found < best.Found {
				best.Found, best.How, most = found, way.how, value
			}
		}
		if best.How != "" {
			out = append(out, best)
		}
	}
	return out
}
