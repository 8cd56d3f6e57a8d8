package vault

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// A finder finds what a look at every thing finds, whichever words are rare and however small its pages are.
func TestAFinderFindsWhatHasEveryWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		things := rapid.SliceOfN(rapid.SliceOfDistinct(rapid.ByteRange('a', 'h'), rapid.ID), 0, 40).Draw(t, "things")
		asked := rapid.SliceOfN(rapid.ByteRange('a', 'h'), 1, 7).Draw(t, "asked")
		most := rapid.IntRange(1, 5).Draw(t, "most")
		var words []Keyed
		var want []id.ID
		for _, letter := range asked {
			words = append(words, Keyed{letter})
		}
		for i := len(things) - 1; i >= 0 && len(want) < most; i-- {
			if !slices.ContainsFunc(asked, func(letter byte) bool { return !slices.Contains(things[i], letter) }) {
				want = append(want, numbered(i))
			}
		}
		got, err := inMemory(things).Newest(words, most)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%q, %d at most: %v, want %v, %v", asked, most, got, want, err)
		}
	})
}

func numbered(i int) id.ID { return id.ID{byte(i)} }

// inMemory is a finder of things, each with its words.
func inMemory(things [][]byte) Finder {
	has := func(i int, words ...Keyed) bool {
		return !slices.ContainsFunc(words, func(w Keyed) bool { return !slices.Contains(things[i], w[0]) })
	}
	return Finder{
		Count: func(word Keyed, most int64) (int, error) {
			n := 0
			for i := range things {
				if has(i, word) {
					n++
				}
			}
			return min(n, int(most)), nil
		},
		Page: func(words [FinderWords]Keyed, before id.ID, most int64) ([]id.ID, error) {
			var out []id.ID
			for i := len(things) - 1; i >= 0 && len(out) < int(most); i-- {
				if one := numbered(i); bytes.Compare(one[:], before[:]) < 0 && has(i, words[:]...) {
					out = append(out, one)
				}
			}
			return out, nil
		},
		Has: func(word Keyed, one id.ID) error {
			if !has(int(one[0]), word) {
				return store.ErrNone
			}
			return nil
		},
	}
}
