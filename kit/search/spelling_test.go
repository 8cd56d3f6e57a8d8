package search

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/kit/lang"
)

// TestNearFindsWhatComparingEveryWordFinds: the marks of letters never hide a word.
func TestNearFindsWhatComparingEveryWordFinds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.StringOfN(rapid.RuneFrom([]rune("абвгabcё")), 1, 11, -1)
		ladder := make(ladder, longestWord+1)
		texts := rapid.SliceOfN(some, 1, 30).Draw(t, "words")
		for i, text := range texts {
			ladder.add(text, int32(i))
		}
		typed := some.Draw(t, "typed")
		limit := allowed(len([]rune(typed)))
		var want []int32
		for off := 0; off <= limit && want == nil; off++ {
			for i, text := range texts {
				if distance([]rune(typed), []rune(text), off) <= off {
					want = append(want, int32(i))
				}
			}
		}
		got, _ := ladder.near(typed)
		got = slices.Clone(got)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q among %q: %s", typed, texts, diff)
		}
	})
}

func TestSoundIsOneForAllSpellings(t *testing.T) {
	t.Parallel()
	for word, spellings := range map[string][]string{
		"площадь": {"ploshchad", "ploschad", "ploshad"}, "семья": {"semya", "semia", "semja"}, "хочу": {"khochu", "hochu"}, "юный": {"yunyj", "juniy", "iunii"},
	} {
		for _, spelling := range spellings {
			if got := fold.Replace(spelling); got != sound(word) {
				t.Errorf("%s sounds %s, %s is %s", word, sound(word), spelling, got)
			}
		}
	}
	if sound("parking") != "" {
		t.Error("an English word has a Russian sound")
	}
}

// TestFindsGoOneWay: what is typed finds what the texts say, and not the other way round.
func TestFindsGoOneWay(t *testing.T) {
	t.Parallel()
	x, err := New(Settings{})
	if err != nil {
		t.Fatal(err)
	}
	docs := []Doc{{ID: "car", Title: lang.Text{RU: "Учёт автомобилей", EN: "Vehicle records"}}, {ID: "insurance", Title: lang.Text{RU: "Про осаго", EN: "Insurance"}}}
	if err := x.Replace(docs, []Group{{Words: []string{"осаго"}, Finds: []string{"автомобиль"}}}); err != nil {
		t.Fatal(err)
	}
	if got := ids(t, x, "осаго", Options{}); !cmp.Equal(got, []string{"insurance", "car"}) {
		t.Errorf("осаго finds %v", got)
	}
	if got := ids(t, x, "автомобиль", Options{}); !cmp.Equal(got, []string{"car"}) {
		t.Errorf("автомобиль finds %v", got)
	}
}
