package search

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"posad.city/kit/lang"
)

type corpus struct {
	Synonyms [][]string `yaml:"synonyms"`
	Docs     []struct {
		ID      string                     `yaml:"id"`
		Title   lang.Text                  `yaml:"title"`
		Summary lang.Text                  `yaml:"summary"`
		Asked   map[lang.Language][]string `yaml:"asked"`
	} `yaml:"docs"`
}

func read(t testing.TB, name string, into any) {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(content, into, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
}

func city(t testing.TB, missed func(string)) *Index {
	t.Helper()
	var c corpus
	read(t, "services.yaml", &c)
	x, err := New(Settings{Missed: missed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	docs := make([]Doc, 0, len(c.Docs))
	for _, d := range c.Docs {
		doc := Doc{ID: d.ID, Title: d.Title, Summary: d.Summary, Asked: d.Asked, Topics: []string{"all"}, Audience: []string{"resident"}}
		if d.ID == "parking" || d.ID == "freight" {
			doc.Topics = []string{"all", "transport"}
		}
		docs = append(docs, doc)
	}
	var groups []Group
	for _, words := range c.Synonyms {
		groups = append(groups, Group{Words: words})
	}
	if err := x.Replace(docs, groups); err != nil {
		t.Fatal(err)
	}
	return x
}

func ids(t testing.TB, x *Index, query string, options Options) []string {
	t.Helper()
	hits, total, err := x.Search(query, options)
	if err != nil || total < len(hits) {
		t.Fatalf("%q: %d of %d, %v", query, len(hits), total, err)
	}
	var out []string
	for _, hit := range hits {
		out = append(out, hit.ID)
	}
	return out
}

func TestTheStorysQueriesFindTheParkingPermitFirst(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	for _, query := range []string{"разрешение на парковку", "parking permit", "разришение на парковку", "parkng permit", "парковка у дома", "where do I park at home", "где припарковаться у дома", "gfhrjdrf"} {
		if got := ids(t, x, query, Options{}); len(got) == 0 || got[0] != "parking" {
			t.Errorf("%q found %v", query, got)
		}
	}
}

// Floors of the relevance set, in percent: how often the right service comes first, and among the first three. They only
// go up.
const (
	floorFirst = 89
	floorThree = 91
)

func TestRelevance(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	var queries map[string]string
	read(t, "queries.yaml", &queries)
	first, three := 0, 0
	for _, query := range slices.Sorted(maps.Keys(queries)) {
		got := ids(t, x, query, Options{Limit: 3})
		at := slices.Index(got, queries[query])
		if at == 0 {
			first++
		} else {
			t.Logf("%q wants %s, found %v", query, queries[query], got)
		}
		if at >= 0 {
			three++
		}
	}
	t.Logf("success@1 %d%%, success@3 %d%% of %d queries", 100*first/len(queries), 100*three/len(queries), len(queries))
	if 100*first < floorFirst*len(queries) || 100*three < floorThree*len(queries) {
		t.Errorf("first %d, among three %d of %d; the floors are %d%% and %d%%", first, three, len(queries), floorFirst, floorThree)
	}
}

func TestMatchesAreExplained(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	for query, want := range map[string][]Match{
		"разрешение на парковку": {{"разрешение", "разрешение", Same}, {"парковку", "парковку", Same}},
		"разришение":             {{"разришение", "разрешение", Typo}},
		"gfhrjdrf":               {{"парковка", "парковку", Layout}},
		"parkovka":               {{"parkovka", "парковку", Latin}},
		"библиоте":               {{"библиоте", "библиотеку", Begins}},
		"авто":                   {{"авто", "машины", Synonym}},
	} {
		hits, _, err := x.Search(query, Options{})
		if err != nil || len(hits) == 0 || !cmp.Equal(hits[0].Matched, want) {
			t.Errorf("%q: %+v, %v", query, hits, err)
		}
	}
}

func TestFiltersAndPages(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	if got := ids(t, x, "permit", Options{Topic: "transport"}); !cmp.Equal(slices.Sorted(slices.Values(got)), []string{"freight", "parking"}) {
		t.Errorf("transport: %v", got)
	}
	if got := ids(t, x, "permit", Options{Audience: "company"}); got != nil {
		t.Errorf("companies: %v", got)
	}
	all := ids(t, x, "permit", Options{})
	paged := append(ids(t, x, "permit", Options{Limit: 2}), ids(t, x, "permit", Options{From: 2})...)
	if len(all) < 3 || !cmp.Equal(all, paged) {
		t.Errorf("whole %v, by pages %v", all, paged)
	}
}

func TestMissesAreToldWithoutPersonalWords(t *testing.T) {
	t.Parallel()
	var told []string
	x := city(t, func(query string) { told = append(told, query) })
	for _, query := range []string{"квантовая хромодинамика +79991234567 anna@example.org", "", "  ", "на в у", "парковка"} {
		if _, _, err := x.Search(query, Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if !cmp.Equal(told, []string{"квантовая хромодинамика … …"}) {
		t.Errorf("told %q", told)
	}
}

func TestReplaceSwapsAtOnce(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	doc := Doc{ID: "new", Title: lang.Text{RU: "Новая услуга", EN: "New service"}}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				if got := ids(t, x, "парковка новая", Options{Limit: 1}); len(got) != 1 {
					t.Errorf("between two sets: %v", got)
				}
			}
		})
	}
	for range 5 {
		if err := x.Replace([]Doc{doc}, nil); err != nil {
			t.Fatal(err)
		}
	}
	group.Wait()
	if got := ids(t, x, "парковка", Options{}); got != nil {
		t.Errorf("the old set is there: %v", got)
	}
	for _, bad := range []Doc{{ID: "x"}, doc, {Title: doc.Title}} {
		if err := x.Replace([]Doc{doc, bad}, nil); !errors.Is(err, ErrDoc) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if got := ids(t, x, "новая", Options{}); !cmp.Equal(got, []string{"new"}) {
		t.Errorf("a refused set left %v", got)
	}
	if err := x.Close(); err != nil || ids(t, x, "новая", Options{}) != nil {
		t.Errorf("after Close: %v", err)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	x := city(t, nil)
	for _, test := range []struct {
		typed string
		l     lang.Language
		want  string
	}{
		{"парк", lang.Russian, "парковка у дома"}, {"gfhr", lang.Russian, "парковка у дома"}, {"res park", lang.English, "Resident parking permit"},
		{"запись вр", lang.Russian, "Запись к врачу"}, {"врач", lang.Russian, "вызвать врача"},
	} {
		got := x.Suggest(test.typed, test.l, 5)
		if len(got) == 0 || got[0].Text != test.want {
			t.Errorf("%q: %v", test.typed, got)
		}
	}
	if got := x.Suggest("", lang.Russian, 5); got != nil {
		t.Errorf("nothing typed: %v", got)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b        string
		limit, want int
	}{{"кот", "кот", 2, 0}, {"кот", "кит", 2, 1}, {"кот", "кто", 2, 1}, {"кот", "скоты", 2, 2}, {"кот", "собака", 2, 3}, {"", "ab", 2, 2}, {"abcdef", "ghijkl", 1, 2}} {
		if got := distance([]rune(test.a), []rune(test.b), test.limit); got != test.want {
			t.Errorf("%s to %s is %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func FuzzSearch(f *testing.F) {
	for _, seed := range []string{"парковка", "gfhrjdrf", "[];',.", "щ\x00\xff", strings.Repeat("слово ", 100), "ΩΩΩ"} {
		f.Add(seed)
	}
	x := city(f, nil)
	f.Fuzz(func(t *testing.T, query string) {
		if _, _, err := x.Search(query, Options{}); err != nil {
			t.Errorf("%q: %v", query, err)
		}
		x.Suggest(query, lang.Russian, 3)
	})
}
