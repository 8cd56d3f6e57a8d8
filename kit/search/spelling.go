package search

import (
	"math/bits"
	"slices"
	"strings"
)

// spelling finds the words that are written nearly like one that nobody knows.
type spelling struct {
	plain  ladder
	stems  ladder  // without endings: a slip and another ending together
	sounds ladder  // the same words as they are spelt in Latin letters
	sorted []int32 // all words in the order of letters
}

// ladder holds words by their length, each with a mark of its letters, so that few need to be compared letter by letter.
type ladder [][]rung

type rung struct {
	letters []rune
	mark    uint64
	number  int32 // of the word
}

// longest word that is compared; a longer one is nobody's slip.
const longestWord = 40

func newSpelling(words []word) spelling {
	var s spelling
	s.plain, s.stems, s.sounds = make(ladder, longestWord+1), make(ladder, longestWord+1), make(ladder, longestWord+1)
	seen := map[string]bool{}
	for i, w := range words {
		s.plain.add(w.text, int32(i))
		if !seen[w.stem] {
			seen[w.stem] = true
			s.stems.add(w.stem, int32(i))
		}
		if spelt := sound(w.text); spelt != "" {
			s.sounds.add(spelt, int32(i))
		}
		s.sorted = append(s.sorted, int32(i))
	}
	slices.SortFunc(s.sorted, func(a, b int32) int { return strings.Compare(words[a].text, words[b].text) })
	return s
}

func (l ladder) add(text string, number int32) {
	letters := []rune(text)
	if len(letters) <= longestWord {
		l[len(letters)] = append(l[len(letters)], rung{letters, markOf(letters), number})
	}
}

// markOf sets a bit for each letter that a word has; a letter that differs changes two bits at most.
func markOf(letters []rune) uint64 {
	var mark uint64
	for _, r := range letters {
		mark |= 1 << (uint32(r) % 64)
	}
	return mark
}

// near are the numbers of the words closest to a text, within what its length allows, and how many letters differ.
func (l ladder) near(text string) ([]int32, int) {
	letters := []rune(text)
	limit := allowed(len(letters))
	if len(letters) > longestWord {
		return nil, 0
	}
	mark := markOf(letters)
	var best []int32
	for length := max(0, len(letters)-limit); length <= min(longestWord, len(letters)+limit); length++ {
		for i := range l[length] {
			at := &l[length][i]
			if bits.OnesCount64(at.mark^mark) > 2*limit {
				continue
			}
			d := distance(letters, at.letters, limit)
			if d > limit {
				continue
			}
			if d < limit {
				best, limit = best[:0], d
			}
			best = append(best, at.number)
		}
	}
	return best, limit
}

// allowed is how many wrong letters a word of this length may have.
func allowed(length int) int {
	switch {
	case length < 4:
		return 0
	case length < 8:
		return 1
	}
	return 2
}

// distance is the number of letters to add, drop, change or swap with a neighbour (optimal string alignment), or
// limit+1 as soon as it is more than limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var room [3][longestWord + 1]int
	if len(b) > longestWord {
		return limit + 1
	}
	before, last, row := room[0][:len(b)+1], room[1][:len(b)+1], room[2][:len(b)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := row[0]
		for j := 1; j <= len(b); j++ {
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differ(a[i-1], b[j-1]))
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}

// toLatin spells Cyrillic as people type it without a Cyrillic keyboard; fold then makes one of the ways they do it.
var toLatin = strings.NewReplacer(
	"а", "a", "б", "b", "в", "v", "г", "g", "д", "d", "е", "e", "ж", "zh", "з", "z", "и", "i", "й", "i", "к", "k", "л", "l", "м", "m", "н", "n", "о", "o", "п", "p",
	"р", "r", "с", "s", "т", "t", "у", "u", "ф", "f", "х", "h", "ц", "c", "ч", "ch", "ш", "sh", "щ", "sh", "ъ", "", "ы", "i", "ь", "", "э", "e", "ю", "iu", "я", "ia")

var fold = strings.NewReplacer(
	"shch", "sh", "sch", "sh", "kh", "h", "ts", "c", "tz", "c", "yu", "iu", "ju", "iu", "ya", "ia", "ja", "ia", "yo", "e", "jo", "e", "ye", "e", "je", "e",
	"ij", "i", "iy", "i", "yy", "i", "yj", "i", "ii", "i", "y", "i", "j", "i", "w", "v", "x", "ks", "q", "k", "'", "")

// sound is how a word is spelt in Latin letters, in one way for all the ways there are; empty for an English word.
func sound(text string) string {
	latin := toLatin.Replace(text)
	if latin == text {
		return ""
	}
	return fold.Replace(latin)
}
