package lang

import "strings"

// And joins items with commas and the last by "and": А, Б и В; A, B and C.
func And(l Language, items ...string) string {
	return joined(items, pick(l, " и ", " and "))
}

// Or joins items with commas and the last by "or": А, Б или В; A, B or C.
func Or(l Language, items ...string) string {
	return joined(items, pick(l, " или ", " or "))
}

func joined(items []string, last string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + last + items[len(items)-1]
}
