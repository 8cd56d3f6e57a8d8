package service

import (
	"fmt"
	"strings"

	"posad.city/kit/search"
)

// Synonym is an entry of synonyms.yaml: words of the whole city that mean the same to somebody who searches. What people
// call one service only stands in its own asked-as.
type Synonym struct {
	Words []string `json:"words" need:"1" about:"Words, or phrases of at most three, in any language: what people type"`
	Finds []string `json:"finds,omitempty" about:"What texts say instead: typed words find these, and these don't find them; left out: each of the words finds every other"`
}

// synonymWords is how many words a phrase of synonyms may have.
const synonymWords = 3

// synonyms checks that no phrase is too long to be recognised, and that there is something to find.
func (c *checker) synonyms() {
	for i, group := range c.city.Synonyms {
		at := fmt.Sprint(i)
		for j, text := range group.Words {
			c.synonym(fmt.Sprintf("%s.words.%d", at, j), text)
		}
		for j, text := range group.Finds {
			c.synonym(fmt.Sprintf("%s.finds.%d", at, j), text)
		}
		if len(group.Finds) == 0 && len(group.Words) < 2 {
			c.tell("synonyms", at+".words", "synonym_alone", "value", group.Words[0])
		}
	}
}

func (c *checker) synonym(path, text string) {
	if n := len(strings.Fields(text)); n == 0 || n > synonymWords {
		c.tell("synonyms", path, "synonym_long", "value", text, "most", fmt.Sprint(synonymWords))
	}
}

// groupsOf are a city's synonyms for its search.
func groupsOf(city *City) []search.Group {
	out := make([]search.Group, len(city.Synonyms))
	for i, s := range city.Synonyms {
		out[i] = search.Group{Words: s.Words, Finds: s.Finds}
	}
	return out
}
