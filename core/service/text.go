package service

import "posad.city/kit/lang"

// Text is a text of the city's data in every language.
type Text = lang.Text

// Words are words that people search by, in each language.
type Words struct {
	RU []string `json:"ru" need:"1" about:"In Russian"`
	EN []string `json:"en" need:"1" about:"In English"`
}

func (w Words) byLanguage() map[lang.Language][]string {
	return map[lang.Language][]string{lang.Russian: w.RU, lang.English: w.EN}
}

// Rule is an expression of the rule language posad/1; empty means "always".
type Rule string
