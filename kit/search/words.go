package search

import (
	"strings"
	"unicode"

	"posad.city/kit/lang"
)

// normal is the form in which texts and queries meet: small letters, ё as е.
func normal(text string) string {
	return strings.ReplaceAll(strings.ToLower(text), "ё", "е")
}

// split cuts a text into words of letters and digits.
func split(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

func scriptOf(word string) lang.Language {
	for _, r := range word {
		if unicode.Is(unicode.Cyrillic, r) {
			return lang.Russian
		}
	}
	return lang.English
}

const (
	latinKeys    = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
	cyrillicKeys = "ейцукенгшщзхъфывапролджэячсмитьбю" // the first key is ё, which normal turns into е
)

var (
	toCyrillicKeys = keyMap(latinKeys, cyrillicKeys)
	toLatinKeys    = keyMap(cyrillicKeys[len("е"):], latinKeys[1:])
)

func keyMap(from, to string) map[rune]rune {
	out := map[rune]rune{}
	target := []rune(to)
	for i, r := range []rune(from) {
		out[r] = target[i]
	}
	return out
}

// otherLayout is the text as it would be, had the keyboard stood in the other layout.
func otherLayout(text string) string {
	keys := toCyrillicKeys
	if scriptOf(text) == lang.Russian {
		keys = toLatinKeys
	}
	return strings.Map(func(r rune) rune {
		if other, ok := keys[r]; ok {
			return other
		}
		return r
	}, text)
}

// fromLatin writes a Russian word typed in Latin letters back in Cyrillic, as most people and passports spell.
var fromLatin = strings.NewReplacer(
	"shch", "щ", "sch", "щ", "zh", "ж", "kh", "х", "ts", "ц", "ch", "ч", "sh", "ш", "yu", "ю", "ju", "ю", "iu", "ю", "ya", "я", "ja", "я", "ia", "я", "yo", "е", "ye", "е",
	"a", "а", "b", "б", "v", "в", "w", "в", "g", "г", "d", "д", "e", "е", "z", "з", "i", "и", "j", "й", "y", "ы", "k", "к", "c", "ц", "l", "л", "m", "м", "n", "н",
	"o", "о", "p", "п", "q", "к", "r", "р", "s", "с", "t", "т", "u", "у", "f", "ф", "h", "х", "x", "кс", "'", "ь")

// distance is the number of letters to add, drop, change or swap with a neighbour (optimal string alignment), or
// limit+1 as soon as it is more than limit.
func distance(a, b []rune, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
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

// mask hides what could name a person in a query: words with digits or an at sign.
func mask(query string) string {
	words := strings.Fields(clip(query))
	for i, word := range words {
		if strings.ContainsAny(word, "0123456789@") {
			words[i] = "…"
		}
	}
	return strings.Join(words, " ")
}

func clip(query string) string {
	runes := []rune(query)
	return string(runes[:min(len(runes), maxQuery)])
}
