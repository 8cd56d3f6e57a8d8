package search

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"posad.city/kit/lang"
)

// bigDocs is how many services the benchmark's city has: some seventy times a city's.
const bigDocs = 5000

// bigCity repeats the sample city's services, each with words of its own beside, until there are enough.
func bigCity(t testing.TB) (*Index, []string) {
	t.Helper()
	var c corpus
	read(t, "services.yaml", &c)
	docs := make([]Doc, 0, bigDocs)
	for i := range bigDocs {
		d := c.Docs[i%len(c.Docs)]
		asked := map[lang.Language][]string{}
		for l, list := range d.Asked {
			for j, text := range list {
				asked[l] = append(asked[l], fmt.Sprintf("%s %s", text, made(l, i*7+j)))
			}
		}
		docs = append(docs, Doc{
			ID: fmt.Sprintf("%s-%d", d.ID, i), Asked: asked, Summary: d.Summary, Topics: []string{"all"},
			Title: lang.Text{RU: d.Title.RU + " " + made(lang.Russian, i), EN: d.Title.EN + " " + made(lang.English, i)},
			Body:  lang.Text{RU: made(lang.Russian, i+1) + " " + made(lang.Russian, i*3), EN: made(lang.English, i*3)},
		})
	}
	var groups []Group
	for _, words := range c.Synonyms {
		groups = append(groups, Group{Words: words})
	}
	x, err := New(Settings{})
	if err == nil {
		err = x.Replace(docs, groups)
	}
	if err != nil {
		t.Fatal(err)
	}
	var queries map[string]string
	read(t, "queries.yaml", &queries)
	var out []string
	for query := range queries {
		out = append(out, query)
	}
	slices.Sort(out)
	return x, out
}

// made is a word that reads like one; some twenty thousand differ.
func made(l lang.Language, n int) string {
	syllables := []string{"ка", "ло", "ми", "ну", "ре", "со", "ты", "ве", "га", "до", "жи", "за"}
	if l == lang.English {
		syllables = []string{"ka", "lo", "mi", "nu", "re", "so", "ty", "ve", "ga", "do", "ji", "za"}
	}
	out := ""
	for n = n%20000 + 12*12*12; n > 0; n /= len(syllables) {
		out += syllables[n%len(syllables)]
	}
	return out
}

// BenchmarkSearch asks a city of five thousand services what people ask, slips and all. p99 is over all searches; slowest
// is the query with the greatest median, which a busy machine moves less.
func BenchmarkSearch(b *testing.B) {
	x, queries := bigCity(b)
	b.ReportAllocs()
	var all []time.Duration
	each := make([][]time.Duration, len(queries))
	for i := 0; b.Loop(); i++ {
		before := b.Elapsed()
		if _, _, err := x.Search(queries[i%len(queries)], Options{Limit: 30}); err != nil {
			b.Fatal(err)
		}
		took := b.Elapsed() - before
		all, each[i%len(queries)] = append(all, took), append(each[i%len(queries)], took)
	}
	slowest := time.Duration(0)
	for _, times := range each {
		slowest = max(slowest, among(times, 50))
	}
	b.ReportMetric(float64(len(x.current.Load().words)), "words")
	b.ReportMetric(float64(among(all, 50).Microseconds()), "p50-µs")
	b.ReportMetric(float64(among(all, 99).Microseconds()), "p99-µs")
	b.ReportMetric(float64(slowest.Microseconds()), "slowest-µs")
}

// among is the time that so many of a hundred do not exceed.
func among(times []time.Duration, of int) time.Duration {
	slices.Sort(times)
	if len(times) == 0 {
		return 0
	}
	return times[len(times)*of/100]
}

// BenchmarkSuggest completes what is being typed.
func BenchmarkSuggest(b *testing.B) {
	x, queries := bigCity(b)
	for i := 0; b.Loop(); i++ {
		x.Suggest(queries[i%len(queries)], lang.Russian, 6)
	}
}

// BenchmarkReplace builds the index of five thousand services anew, as publishing does.
func BenchmarkReplace(b *testing.B) {
	for b.Loop() {
		bigCity(b)
	}
}
