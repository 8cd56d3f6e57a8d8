package talk

import (
	"slices"
	"strings"
	"unicode"

	"posad.city/core/form"
)

// fold makes replies comparable: small letters, one kind of е, no marks at the ends, one space between words.
func fold(text string) string {
	text = strings.ReplaceAll(strings.ToLower(text), "ё", "е")
	text = strings.Join(strings.Fields(text), " ")
	return strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,!;:«»\"“”'", r) })
}

// The words of conversation, in both languages: people mix them.
var (
	yesWords    = []string{"да", "ага", "угу", "д", "верно", "правильно", "так", "конечно", "yes", "y", "yeah", "yep", "ok", "okay", "ок", "окей", "right", "correct", "true", "sure", "согласен", "согласна", "все верно", "да, верно", "i do", "+"}
	noWords     = []string{"нет", "не", "неа", "н", "неверно", "нету", "no", "n", "nope", "not", "wrong", "false", "не верно"}
	backWords   = []string{"назад", "вернуться", "back", "go back", "вернись"}
	againWords  = []string{"повтори", "повторить", "повторите", "повтор", "repeat", "again", "say again"}
	helpWords   = []string{"помощь", "помогите", "справка", "help", "?"}
	stopWords   = []string{"стоп", "стой", "хватит", "сохранить", "сохрани", "выход", "выйти", "stop", "save", "quit", "exit", "bye"}
	skipWords   = []string{"пропустить", "пропусти", "пропуск", "не знаю", "skip", "pass", "-", "—", "–"}
	whyWords    = []string{"почему", "зачем", "зачем это", "why"}
	listWords   = []string{"ответы", "мои ответы", "answers", "my answers"}
	moreWords   = []string{"еще", "дальше", "more", "other", "другие"}
	doneWords   = []string{"готово", "все", "достаточно", "done", "that is all", "that's all", "enough"}
	changeWords = []string{"изменить", "измени", "исправить", "исправь", "поменять", "change", "edit", "fix"}
	removeWords = []string{"убрать", "убери", "удалить", "удали", "remove", "delete"}
)

func isOne(text string, words []string) bool { return slices.Contains(words, fold(text)) }

// after cuts a command's word off: "изменить 3" gives 3.
func after(text string, words []string) (string, bool) {
	head, rest, found := strings.Cut(fold(text), " ")
	return strings.TrimSpace(strings.TrimPrefix(rest, "№")), found && slices.Contains(words, head)
}

// chosen finds the one option that a reply means: by number, by its whole words, by how they begin, or by a part of them.
func chosen(options []form.OptionView, reply string) (form.OptionView, bool) {
	reply = fold(reply)
	if n, ok := number(reply); ok && n >= 1 && n <= len(options) {
		return options[n-1], true
	}
	for _, fits := range []func(o form.OptionView) bool{
		func(o form.OptionView) bool { return fold(o.Label) == reply || fold(o.Value) == reply },
		func(o form.OptionView) bool { return len([]rune(reply)) > 1 && strings.HasPrefix(fold(o.Label), reply) },
		func(o form.OptionView) bool {
			return len([]rune(reply)) > 2 && strings.Contains(fold(o.Label+" "+o.Hint), reply)
		},
	} {
		if found := slices.DeleteFunc(slices.Clone(options), func(o form.OptionView) bool { return !fits(o) }); len(found) == 1 {
			return found[0], true
		} else if len(found) > 1 {
			return form.OptionView{}, false
		}
	}
	return form.OptionView{}, false
}

// number reads a small whole number; a mark after it is let pass.
func number(text string) (int, bool) {
	text = strings.TrimRight(strings.TrimPrefix(text, "№"), ").")
	if text == "" || len(text) > 4 {
		return 0, false
	}
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, false
		}
		n = n*10 + int(r-'0')
	}
	return n, true
}

// several finds the options of a list: numbers, or words between commas.
func several(options []form.OptionView, reply string) ([]any, bool) {
	if o, ok := chosen(options, reply); ok {
		return []any{o.Value}, true
	}
	parts := strings.FieldsFunc(reply, func(r rune) bool { return strings.ContainsRune(",;/\n", r) })
	if words := strings.Fields(strings.NewReplacer(",", " ", ";", " ", " и ", " ", " and ", " ").Replace(reply)); allNumbers(words) {
		parts = words
	}
	var out []any
	for _, part := range parts {
		o, ok := chosen(options, part)
		if !ok {
			return nil, false
		}
		if !slices.Contains(out, any(o.Value)) {
			out = append(out, o.Value)
		}
	}
	return out, len(out) > 0
}

func allNumbers(words []string) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w string) bool { _, ok := number(w); return !ok })
}
