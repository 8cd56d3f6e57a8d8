package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/city/kitezh"
	"posad.city/core/casework"
	"posad.city/core/document"
	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/search"
	"posad.city/kit/store"
)

// timed asks one thing again and again, one call after another, and reports its quantiles.
func timed(b *testing.B, name string, times int, ask func(n int64) error) quantiles {
	b.Helper()
	took := make([]time.Duration, 0, times)
	for n := range times {
		if times < 100 {
			time.Sleep(250 * time.Millisecond) // one person may not ask more often
		}
		began := time.Now()
		if err := ask(int64(n)); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	q := quantilesOf(took)
	load, _ := os.ReadFile("/proc/loadavg")
	b.Logf("%s: %+v ms; load %s", name, q, strings.TrimSpace(string(load)))
	b.ReportMetric(q.P50, "p50-ms")
	b.ReportMetric(q.P95, "p95-ms")
	b.ReportMetric(q.P99, "p99-ms")
	return q
}

// lists is what was measured of one stored size.
type lists struct {
	Engine string
	Stored int
	New    quantiles // the official's list over HTTP, by an official who has not looked at these people this hour
	Again  quantiles // by one who has: the records of the looks are there
	Later  quantiles // its second page
	Papers quantiles // a case with fifteen documents, read by its resident
	Bare   quantiles // net/http with the bytes of the list
	Load   string
}

// BenchmarkDesk: an official's list, and a case with fifteen documents, at each stored size.
func BenchmarkDesk(b *testing.B) {
	for _, engine := range engines() {
		for _, cases := range numbersOf("POSAD_BENCH_CASES", 0) {
			b.Run(fmt.Sprintf("%s/%d", engine, int(cases)), func(b *testing.B) {
				t, err := stored(engine, int(cases))
				if err != nil {
					b.Fatal(err)
				}
				out := lists{Engine: engine, Stored: t.storedCases()}
				pool := &openPool{address: t.address}
				list := func(c citizen, query string) error {
					return answered(http.StatusOK)(pool.ask(t.api("/api/v1/desk/cases"+query, c)))
				}
				out.New = timed(b, "list, looks new", 200, func(n int64) error { return list(t.official(n), "") })
				out.Again = timed(b, "list, looks on record", 500, func(n int64) error { return list(t.official(n%100), "") })
				_, page, err := pool.ask(t.api("/api/v1/desk/cases", t.official(1)))
				if err != nil {
					b.Fatal(err)
				}
				bare := hello(b, http.StatusOK, page)
				out.Bare = timed(b, "net/http", 500, func(n int64) error { return answered(http.StatusOK)(bare.ask(t.api("/", t.official(n)), true)) })
				paper, number := t.papers(b)
				out.Papers = timed(b, "case of 15 documents", 60, func(int64) error {
					return answered(http.StatusOK)(pool.ask(t.api("/api/v1/cases/"+number, paper)))
				})
				load, _ := os.ReadFile("/proc/loadavg")
				out.Load = strings.TrimSpace(string(load))
				keep(b, fmt.Sprintf("desk-%s-%d", engine, int(cases)), out)
			})
		}
	}
}

// api is a program's request, signed in.
func (t *town) api(path string, c citizen) string {
	return "GET " + path + " HTTP/1.1\r\nHost: " + t.address + "\r\nX-Forwarded-For: " + c.address + "\r\nAuthorization: Bearer " + c.token + "\r\n\r\n"
}

// papersMost is the number of documents with which Open Zaak's users found a case slow.
const papersMost = 15

// papers is a case with fifteen documents, and whose it is.
func (t *town) papers(b *testing.B) (citizen, string) {
	b.Helper()
	ctx := context.Background()
	all, err := t.fill(1)
	if err != nil {
		b.Fatal(err)
	}
	c := all[0].citizen
	number, err := t.Modules.Apply.Submit(ctx, c.act(t), all[0].draft, true, lang.Russian)
	if err != nil {
		b.Fatal(err)
	}
	for range papersMost {
		ready, err := t.Modules.Document.PrepareResult(ctx, document.NewResult{
			ID: id.New(t.Clock.Now()), Holder: c.person, Case: all[0].draft, Service: "bench-report", Kind: "bench-done", Agency: office,
			Office: lang.Text{RU: "Мэрия", EN: "City Hall"}, City: lang.Text{RU: "Китеж", EN: "Kitezh"}, Title: lang.Text{RU: "Ответ", EN: "Answer"},
			Text: lang.Text{RU: "Город исправил поломку.", EN: "The city has mended it."}, Lang: lang.Russian,
		})
		if err == nil {
			err = t.Base.Store.Write(ctx, func(tx *store.Tx) error { return ready.Put(tx) })
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	found, err := t.Modules.Casework.Find(ctx, number)
	if err != nil || found.ID != all[0].draft {
		b.Fatal(casework.ErrNone, err)
	}
	return c, number
}

// servicesMost is how many services the search is measured with.
const servicesMost = 5000

// BenchmarkSearch: Kitezh's own queries in an index of five thousand services: Kitezh's, and others that are made of them
// by putting words of one in place of another's.
func BenchmarkSearch(b *testing.B) {
	city, faults := service.LoadCity(kitezh.Files())
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	var words [2][]string
	docs := make([]search.Doc, 0, servicesMost)
	for i := range city.Services {
		s := &city.Services[i]
		docs = append(docs, search.Doc{ID: s.Key, Title: s.Title, Summary: s.Summary, Body: s.Who,
			Asked: map[lang.Language][]string{lang.Russian: s.AskedAs.RU, lang.English: s.AskedAs.EN}, Topics: []string{s.Topic}, Audience: s.Audience})
		words[0] = append(words[0], strings.Fields(s.Title.RU+" "+s.Summary.RU+" "+strings.Join(s.AskedAs.RU, " "))...)
		words[1] = append(words[1], strings.Fields(s.Title.EN+" "+s.Summary.EN+" "+strings.Join(s.AskedAs.EN, " "))...)
	}
	chance := rand.New(rand.NewPCG(1, 2))
	change := func(text string, from []string) string {
		list := strings.Fields(text)
		for i := range list {
			if chance.IntN(2) == 0 {
				list[i] = from[chance.IntN(len(from))]
			}
		}
		return strings.Join(list, " ")
	}
	both := func(t lang.Text) lang.Text { return lang.Text{RU: change(t.RU, words[0]), EN: change(t.EN, words[1])} }
	for own := len(docs); len(docs) < servicesMost; {
		from := docs[len(docs)%own]
		asked := map[lang.Language][]string{}
		for l, list := range from.Asked {
			for _, text := range slices.Clone(list) {
				asked[l] = append(asked[l], change(text, words[map[lang.Language]int{lang.Russian: 0, lang.English: 1}[l]]))
			}
		}
		docs = append(docs, search.Doc{ID: fmt.Sprint(len(docs)), Title: both(from.Title), Summary: both(from.Summary), Body: both(from.Body), Asked: asked,
			Topics: from.Topics, Audience: from.Audience})
	}
	index, err := search.New(search.Settings{})
	if err == nil {
		err = index.Replace(docs, nil)
	}
	if err != nil {
		b.Fatal(err)
	}
	q := timed(b, fmt.Sprintf("search in %d services, %d queries", len(docs), len(city.Queries)), 4*len(city.Queries), func(n int64) error {
		_, _, err := index.Search(city.Queries[int(n)%len(city.Queries)].Ask, search.Options{})
		return err
	})
	keep(b, "search", q)
}
