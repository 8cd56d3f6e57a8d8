package lang

import (
	"strings"
	"unicode/utf8"
)

// Name is a person's name by its parts. Patronymic may be empty; the others normally are not.
type Name struct {
	Family     string `json:"family" yaml:"family"`
	Given      string `json:"given" yaml:"given"`
	Patronymic string `json:"patronymic,omitempty" yaml:"patronymic,omitempty"`
}

// Full writes the whole name in the order of the language: Смирнова Анна Ивановна; Anna Ivanovna Smirnova.
func (n Name) Full(l Language) string {
	if l == English {
		return spaced(" ", n.Given, n.Patronymic, n.Family)
	}
	return spaced(" ", n.Family, n.Given, n.Patronymic)
}

// In is Full, so that a name can be an argument of a text.
func (n Name) In(l Language) string { return n.Full(l) }

// Initials writes the family name and initials with spaces that do not break: Смирнова А. И.; A. I. Smirnova.
func (n Name) Initials(l Language) string {
	if l == English {
		return spaced(nbsp, initial(n.Given), initial(n.Patronymic), n.Family)
	}
	return spaced(nbsp, n.Family, initial(n.Given), initial(n.Patronymic))
}

// Address is how a letter speaks to the person: Анна Ивановна; Anna.
func (n Name) Address(l Language) string {
	if l == English {
		return n.Given
	}
	return spaced(" ", n.Given, n.Patronymic)
}

// initial is the first letter with a point; a double name keeps both letters: Анна-Мария is А.-М.
func initial(name string) string {
	parts := strings.Split(name, "-")
	letters := make([]string, 0, len(parts))
	for _, part := range parts {
		if first, size := utf8.DecodeRuneInString(part); size > 0 {
			letters = append(letters, string(first)+".")
		}
	}
	return strings.Join(letters, "-")
}

func spaced(space string, parts ...string) string {
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, space)
}
