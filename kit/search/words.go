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
