package casework

import (
	"regexp"
	"strings"
	"unicode"

	"posad.city/core/service"
)

// wordSpace keeps the hashes of cases' words apart from all others.
const wordSpace = "casework.word"

// wordsMostOf bounds the words of one case, and of one search.
const wordsMostOf = 24

// wordsOf cuts a text into the words by which cases are found: letters and digits, small, ё as е, a plate's Latin letters
// as the Cyrillic ones that they look like, groups of digits joined to a number, endings of surnames taken off. Whoever
// searches for Смирнов finds Смирнова.
func wordsOf(text string) []string {
	var out []string
	add := func(word string) {
		if word = stem(word); word != "" && len(out) < wordsMostOf {
			out = append(out, word)
		}
	}
	for _, word := range joined(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })) {
		add(word)
	}
	return out
}

// plate is a vehicle's plate in small Cyrillic letters.
var plate = regexp.MustCompile(`^[авекмнорстух]\d{3}[авекмнорстух]{2}\d{2,3}$`)

// joined puts together what people write in groups: the groups of a number, the parts of a plate.
func joined(words []string) []string {
	var out []string
	for i := 0; i < len(words); {
		n := groups(words[i:])
		out = append(out, strings.Join(words[i:i+n], ""))
		i += n
	}
	return out
}

// groups tells how many of the first words are one.
func groups(words []string) int {
	for n := min(4, len(words)); n > 1; n-- {
		if plate.MatchString(lookAlikes.Replace(strings.Join(words[:n], ""))) {
			return n
		}
	}
	n := 0
	for n < len(words) && !strings.ContainsFunc(words[n], func(r rune) bool { return !unicode.IsDigit(r) }) {
		n++
	}
	return max(n, 1)
}

var lookAlikes = strings.NewReplacer("a", "а", "b", "в", "e", "е", "k", "к", "m", "м", "h", "н", "o", "о", "p", "р", "c", "с", "t", "т", "y", "у", "x", "х")

// endings are those in which surnames and given names differ by case and gender, the longest first.
var endings = []string{"ского", "скому", "ской", "ская", "ский", "ским", "ском", "скую", "овой", "евой", "ову", "еву", "овым", "евым", "ова", "ева", "ов", "ев", "иной", "ину", "иным", "ина", "ин"}

func stem(word string) string {
	word = strings.ReplaceAll(word, "ё", "е")
	if strings.ContainsFunc(word, unicode.IsDigit) {
		return lookAlikes.Replace(word)
	}
	runes := []rune(word)
	for _, ending := range endings {
		if rest, ok := strings.CutSuffix(word, ending); ok && len([]rune(rest)) >= 2 {
			return rest + "~" + string([]rune(ending)[:1])
		}
	}
	if len(runes) > 4 && strings.ContainsRune("аяуюыиеой", runes[len(runes)-1]) {
		return string(runes[:len(runes)-1])
	}
	return word
}

// words are those by which the desk finds the case: its number, the applicant's and child's surname, and what the
// definition marks as keyed.
func (k *known) words() []string {
	texts := []string{k.file.Number, k.inputs.Applicant.Name.Surname}
	for i := range k.service.Form.Steps {
		for j := range k.service.Form.Steps[i].Fields {
			f := &k.service.Form.Steps[i].Fields[j]
			texts = append(texts, keyedParts(f, k.inputs.Answers[f.Key])...)
		}
	}
	seen := map[string]bool{}
	var out []string
	for _, text := range texts {
		for _, word := range wordsOf(text) {
			if !seen[word] && len(out) < wordsMostOf {
				seen[word] = true
				out = append(out, word)
			}
		}
	}
	return out
}

// keyedParts are the texts of an answer by which cases are found: plates and children's surnames always, other answers
// where the definition says so.
func keyedParts(f *service.Field, answer any) []string {
	switch value := answer.(type) {
	case string:
		if f.Keyed || f.Type == service.TypePlate {
			return []string{value}
		}
	case map[string]any:
		switch f.Type {
		case service.TypeVehicle:
			return textParts(value, "plate")
		case service.TypeChild:
			name, _ := value["name"].(map[string]any)
			return textParts(name, "surname")
		case service.TypeName:
			if f.Keyed {
				return textParts(value, "surname")
			}
		}
	}
	return nil
}

func textParts(value map[string]any, parts ...string) []string {
	var out []string
	for _, part := range parts {
		if text, _ := value[part].(string); text != "" {
			out = append(out, text)
		}
	}
	return out
}
