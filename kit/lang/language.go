package lang

import (
	"golang.org/x/text/language"
)

// Language is a language that people can read the city in, by its ISO 639-1 code.
type Language string

// The languages of the house. Every text exists in each of them.
const (
	Russian Language = "ru"
	English Language = "en"
)

// All lists the languages, the default one first.
func All() []Language { return []Language{Russian, English} }

// Known tells whether the code is one of the languages.
func Known(code string) bool {
	return code == string(Russian) || code == string(English)
}

// maxAccept bounds what is read of a browser's header; real ones are under 200 bytes.
const maxAccept = 1000

// Negotiate chooses the language from an Accept-Language header (RFC 9110, 12.5.4). No wish, or a language close to
// Russian, gives Russian; any other wish gives English, which a stranger is likelier to read.
func Negotiate(accept string) Language {
	if len(accept) > maxAccept {
		return Russian
	}
	wishes, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(wishes) == 0 {
		return Russian
	}
	for _, wish := range wishes {
		if wish == language.Und || wish.String() == "mul" { // the asterisk is read as mul: any language will do
			return Russian
		}
		switch base, _ := wish.Base(); base.String() {
		case "ru", "be", "uk", "kk", "ky", "tg", "uz", "tt", "ba", "cv", "hy", "os", "ce", "av", "sah":
			return Russian
		case "en":
			return English
		}
	}
	return English
}

func (l Language) tag() language.Tag {
	if l == English {
		return language.English
	}
	return language.Russian
}
