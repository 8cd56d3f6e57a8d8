// Package lang holds every text that people read, in every language, and the words for dates, numbers and names.
//
// It owns the locale files' format, their checks and the Catalogue made of them; the Text type for data files that carry
// both languages themselves; plural forms; dates, times, ranges, lists and names in words; the order of human text; and
// the choice of a language from what a browser asks for.
//
// It does not own any text: each module embeds its own locale/ru.yaml and locale/en.yaml with keys <module>.<case>, and
// the app loads them all at once. It does not know the present moment, and it never formats money (kit/money does, and
// hands itself in as a Localised value).
//
// A locale file is a mapping, nested as deep as one likes; keys are joined by dots:
//
//	casework:
//	  taken: Дело взял другой сотрудник. Обновите страницу.
//	  greeting: Здравствуйте, {name}
//	  left:                      # plural forms, chosen by the argument count
//	    one: Остался {count} день
//	    few: Осталось {count} дня
//	    many: Осталось {count} дней
//
// Life cycle: Load checks everything once and returns an immutable Catalogue, safe for concurrent use. A key that is
// missing in one language, a placeholder that only one language has, or a missing plural form is a fault of Load. A key
// that no language has shows itself on the page; Reporting hands such misses to a test or to the log.
package lang
