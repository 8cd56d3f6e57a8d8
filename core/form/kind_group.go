package form

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// groupKind asks the same questions several times. What is typed stands by the control's name inside the group, 0.age or
// 1.name.surname; countPart says how many entries there are, since a choice that nobody made posts nothing.
type groupKind struct{ f *service.Field }

const (
	countPart   = "count"
	openPart    = "_open" // entries are still being added: what is empty is not told as a fault
	mostEntries = 50
	usualMost   = 10 // entries of a group without a bound of its own
)

func (groupKind) parts(*service.Field) []part {
	return []part{{name: countPart, kind: "hidden"}}
}
func (groupKind) options(*walk, *service.Field, Typed) []OptionView { return nil }
func (groupKind) missing() *problem                                 { return wrong("", "form.group_missing") }

// groupBounds are the least and greatest number of entries.
func groupBounds(f *service.Field) (int, int) {
	least, most := 1, usualMost
	if n, err := strconv.Atoi(f.Min); err == nil {
		least = n
	}
	if n, err := strconv.Atoi(f.Max); err == nil {
		most = n
	}
	return least, min(most, mostEntries)
}

// entry is one entry as it was read.
type entry struct {
	typed  map[string]Typed
	kept   service.Answers
	asked  []*service.Field
	wrong  map[string]*problem
	wanted bool // something is still to be answered or put right
}

// group is a group as it was read.
type group struct {
	field   *service.Field
	open    bool
	entries []entry
	own     *problem // of the group as a whole
}

// readGroup reads what was typed. Entries in which nothing was typed are left out, as far as there may be fewer.
func (w *walk) readGroup(f *service.Field, typed Typed) *group {
	g := &group{field: f, open: typed.first(openPart) != ""}
	for _, one := range g.chosen(typed) {
		g.entries = append(g.entries, w.readEntry(f, one, g.open))
	}
	if _, most := groupBounds(f); len(g.entries) > most || entryCount(typed) > mostEntries {
		g.own = wrong("", "form.group_many", "most", lang.Number(w.Lang, int64(most)))
	}
	if len(g.entries) == 0 && !f.Optional && !g.open {
		g.own = groupKind{}.missing()
	}
	return g
}

// chosen are the entries that count, each by its questions.
func (g *group) chosen(typed Typed) []map[string]Typed {
	least, _ := groupBounds(g.field)
	var all []map[string]Typed
	blank := 0
	for i := range entryCount(typed) {
		one := entryTyped(g.field, typed, i)
		if !g.open && blankEntry(one) {
			blank++
			continue
		}
		all = append(all, one)
	}
	if len(all) == 0 && g.field.Optional {
		return nil
	}
	for len(all) < least {
		all = append(all, map[string]Typed{})
	}
	return all
}

func blankEntry(one map[string]Typed) bool {
	for _, typed := range one {
		if !empty(typed) {
			return false
		}
	}
	return true
}

// entryCount is how many entries were typed. It counts one more than there may ever be: that there are too many is told.
func entryCount(typed Typed) int {
	most := 0
	if n, err := strconv.Atoi(typed.first(countPart)); err == nil {
		most = n
	}
	for part := range typed {
		head, _, _ := strings.Cut(part, ".")
		if n, err := strconv.Atoi(head); err == nil && strconv.Itoa(n) == head {
			most = max(most, n+1)
		}
	}
	return min(max(most, 0), mostEntries+1)
}

// entryTyped is what was typed into one entry, by question.
func entryTyped(f *service.Field, typed Typed, i int) map[string]Typed {
	out := map[string]Typed{}
	prefix := strconv.Itoa(i) + "."
	for part, values := range typed {
		rest, ok := strings.CutPrefix(part, prefix)
		if !ok {
			continue
		}
		key, inner, _ := strings.Cut(rest, ".")
		if !slices.ContainsFunc(f.Fields, func(one service.Field) bool { return one.Key == key }) {
			continue
		}
		if out[key] == nil {
			out[key] = Typed{}
		}
		out[key][inner] = values
	}
	return out
}

func (w *walk) readEntry(f *service.Field, typed map[string]Typed, open bool) entry {
	e := entry{typed: typed, kept: service.Answers{}, wrong: map[string]*problem{}}
	for i := range f.Fields {
		inner := &f.Fields[i]
		asked, err := w.rules.AskedInside(f, inner, e.kept, nil, w.inputs)
		if err != nil || !asked {
			continue
		}
		e.asked = append(e.asked, inner)
		p := w.readInside(f, inner, &e)
		if p == nil {
			continue
		}
		e.wanted = true
		if !open || !empty(typed[inner.Key]) {
			e.wrong[inner.Key] = p
		}
	}
	return e
}

// readInside reads one question of an entry into what is kept.
func (w *walk) readInside(f, inner *service.Field, e *entry) *problem {
	in := w.inside(f, e.kept)
	answer, p := value(in, inner, e.typed[inner.Key])
	if p != nil || answer == nil {
		return p
	}
	e.kept[inner.Key] = answer
	if p = in.ownChecks(inner); p != nil {
		delete(e.kept, inner.Key)
	}
	return p
}

// right tells whether the group needs nothing more.
func (g *group) right() bool {
	return g.own == nil && !slices.ContainsFunc(g.entries, func(e entry) bool { return e.wanted })
}

// answer is the canonical answer; nil for an optional group without entries.
func (g *group) answer() any {
	if len(g.entries) == 0 {
		return nil
	}
	out := make([]any, len(g.entries))
	for i, e := range g.entries {
		out[i] = map[string]any(e.kept)
	}
	return out
}

// given is the answer without what is computed: that follows from the rest whenever the form is read.
func (g *group) given() any {
	out := make([]any, len(g.entries))
	for i, e := range g.entries {
		one := map[string]any{}
		for _, inner := range e.asked {
			if value, ok := e.kept[inner.Key]; ok {
				one[inner.Key] = value
			}
		}
		out[i] = one
	}
	return out
}

// typed is what was typed into the entries that count, to be shown again.
func (g *group) typed() Typed {
	out := Typed{countPart: {strconv.Itoa(len(g.entries))}}
	if g.open {
		out[openPart] = []string{"yes"}
	}
	for i, e := range g.entries {
		for key, typed := range e.typed {
			for part, values := range typed {
				out[insideName(i, key, part)] = values
			}
		}
	}
	return out
}

// insideName is the name of a control inside a group.
func insideName(i int, key, part string) string {
	return controlName(strconv.Itoa(i)+"."+key, part)
}

// problems are all that is wrong: of the group, and inside its entries in their order.
func (g *group) problems(l lang.Language) []*problem {
	var out []*problem
	if g.own != nil {
		out = append(out, g.own)
	}
	for i, e := range g.entries {
		for _, inner := range e.asked {
			if p := e.wrong[inner.Key]; p != nil {
				placed := *p
				placed.part, placed.label = insideName(i, inner.Key, p.part), inner.Label.In(l)
				out = append(out, &placed)
			}
		}
	}
	return out
}

func (groupKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	g := w.readGroup(f, typed)
	if list := g.problems(w.Lang); len(list) > 0 {
		return nil, list[0]
	}
	if !g.right() {
		return nil, groupKind{}.missing()
	}
	return g.answer(), nil
}

func (k groupKind) write(value any) (Typed, bool) {
	entries, ok := service.Entries(value)
	if !ok || k.f == nil || len(entries) > mostEntries {
		return nil, false
	}
	out := Typed{countPart: {strconv.Itoa(len(entries))}}
	for i, one := range entries {
		for j := range k.f.Fields {
			inner := &k.f.Fields[j]
			answer, answered := one[inner.Key]
			if !answered || inner.Value != "" {
				continue
			}
			typed, ok := kindFor(inner).write(answer)
			if !ok {
				return nil, false
			}
			for part, values := range typed {
				out[insideName(i, inner.Key, part)] = values
			}
		}
	}
	return out, true
}

func (k groupKind) words(w *walk, f *service.Field, value any) string {
	var out []string
	for _, one := range w.entryLines(f, value) {
		var parts []string
		for _, line := range one.Lines {
			parts = append(parts, line.Label+": "+line.Value)
		}
		out = append(out, one.Title+". "+strings.Join(parts, "; "))
	}
	return strings.Join(out, "\n")
}

// entryLines are the entries of a group's answer in words; none for other types.
func (w *walk) entryLines(f *service.Field, value any) []SummaryEntry {
	if f.Type != service.TypeGroup {
		return nil
	}
	entries, _ := service.Entries(value)
	out := make([]SummaryEntry, 0, len(entries))
	for i, one := range entries {
		entry := SummaryEntry{Title: w.entryTitle(f, i)}
		for j := range f.Fields {
			inner := &f.Fields[j]
			if answer, ok := one[inner.Key]; ok {
				entry.Lines = append(entry.Lines, SummaryLine{Field: inner.Key, Label: inner.Label.In(w.Lang), Value: kindFor(inner).words(w, inner, answer)})
			}
		}
		out = append(out, entry)
	}
	return out
}

func (w *walk) entryTitle(f *service.Field, i int) string {
	return f.Entry.In(w.Lang) + " " + strconv.Itoa(i+1)
}

// groupView shows a group: its entries with their questions, and what may be added and taken away.
func (w *walk) groupView(f *service.Field, out *FieldView) {
	typed, typing := w.Typed[f.Key]
	if kept, ok := w.left[f.Key]; ok && !typing {
		out.Answered, out.Shown = w.invalid[f.Key] == nil, groupKind{f}.words(w, f, kept)
		typed, _ = groupKind{f}.write(kept)
	} else if !typing {
		typed = Typed{openPart: {"yes"}}
	}
	g := w.readGroup(f, typed)
	own := g.own
	if p := w.invalid[f.Key]; p != nil && p.part == "" && !typing {
		own = p
	}
	if own == nil && typing && g.right() { // the entries are right: a rule of the group's own refused them
		own = w.groupChecks(f, g)
	}
	if own != nil {
		wrong := own.field(f, w)
		out.Fault = &wrong
	}
	least, most := groupBounds(f)
	if len(g.entries) < most {
		out.Add = say(w.Lang, "form.word.add_entry", "entry", lowered(f.Entry.In(w.Lang)))
	}
	out.Controls = []Control{{Name: controlName(f.Key, countPart), Value: strconv.Itoa(len(g.entries)), Kind: "hidden"}}
	for i, e := range g.entries {
		view := w.entryView(f, i, e)
		if len(g.entries) > least || f.Optional {
			view.Remove = say(w.Lang, "form.word.remove_entry", "entry", lowered(view.Title))
		}
		out.Entries = append(out.Entries, view)
	}
}

// groupChecks are the definition's rules for a group whose entries are right by themselves.
func (w *walk) groupChecks(f *service.Field, g *group) *problem {
	answers := service.Answers{}
	for key, value := range w.left {
		answers[key] = value
	}
	answers[f.Key] = g.answer()
	return w.ownChecksWith(f, answers)
}

func (w *walk) entryView(f *service.Field, i int, e entry) EntryView {
	out := EntryView{Title: w.entryTitle(f, i), Name: controlName(f.Key, strconv.Itoa(i))}
	in := w.inside(f, e.kept)
	for j := range f.Fields {
		inner := f.Fields[j]
		answer, kept := e.kept[inner.Key]
		if slices.ContainsFunc(e.asked, func(one *service.Field) bool { return one.Key == inner.Key }) {
			key := inner.Key
			inner.Key = controlName(f.Key, insideName(i, key, ""))
			view := in.blankView(&inner)
			if kept {
				view.Answered, view.Shown = true, kindFor(&inner).words(in, &inner, answer)
			}
			in.fill(&inner, &view, e.typed[key], e.wrong[key])
			out.Fields = append(out.Fields, view)
		} else if kept {
			out.Known = append(out.Known, KnownValue{inner.Key, inner.Label.In(w.Lang), kindFor(&inner).words(in, &inner, answer), w.source(&inner)})
		}
	}
	return out
}

// lowered puts the first letter of a word small, for the middle of a phrase; abbreviations stay.
func lowered(text string) string {
	letters := []rune(text)
	if len(letters) > 1 && unicode.IsUpper(letters[1]) || len(letters) == 0 {
		return text
	}
	letters[0] = unicode.ToLower(letters[0])
	return string(letters)
}

// group binds a group: right as a whole, or kept as typed with every fault at its control.
func (b binding) group(w *walk, out *Bound, f *service.Field, typed Typed) {
	if b.open {
		typed[openPart] = []string{"yes"}
	}
	g := w.readGroup(f, typed)
	problems := g.problems(w.Lang)
	if g.right() {
		delete(out.Answers, f.Key)
		if answer := g.answer(); answer != nil {
			out.Answers[f.Key] = answer
			if p := w.ownChecksWith(f, out.Answers); p != nil {
				problems = append(problems, p)
			}
			out.Answers[f.Key] = g.given()
		}
		if len(problems) == 0 {
			return
		}
	}
	delete(out.Answers, f.Key)
	out.Typed[f.Key] = g.typed()
	for _, p := range problems {
		out.Faults = append(out.Faults, p.field(f, w))
	}
}

// Entering tells whether a post adds or removes an entry of a group, and so is not to go on to the next step.
func Entering(in Input, raw url.Values) bool {
	key := raw.Get(AddName)
	if key == "" {
		key, _, _ = strings.Cut(raw.Get(RemoveName), ".")
	}
	f, ok := in.Service.Field(key)
	return ok && f.Type == service.TypeGroup
}

// postedEntries takes a group's controls out of a post, with the entry added or removed that a button names.
func postedEntries(f *service.Field, raw url.Values) Typed {
	all := Typed{}
	if count := raw.Get(controlName(f.Key, countPart)); count != "" {
		all[countPart] = bounded([]string{count})
	}
	for name, values := range raw {
		if part, ok := strings.CutPrefix(name, f.Key+"."); ok && part != countPart && len(all) < mostEntries*maxValues {
			all[part] = bounded(values)
		}
	}
	count := entryCount(all)
	remove, _ := strings.CutPrefix(raw.Get(RemoveName), f.Key+".")
	out, to := Typed{}, 0
	for i := range count {
		if strconv.Itoa(i) == remove {
			continue
		}
		putEntry(out, f, to, func(inner *service.Field) Typed {
			typed := postedTyped(kindFor(inner), inner, entryPosted(all, i))
			return typed
		})
		to++
	}
	if _, most := groupBounds(f); raw.Get(AddName) == f.Key && to < most {
		to++
	}
	out[countPart] = []string{strconv.Itoa(to)}
	return out
}

// entryPosted are one entry's controls by the names that they have inside it.
func entryPosted(all Typed, i int) url.Values {
	out := url.Values{}
	for part, values := range all {
		if rest, ok := strings.CutPrefix(part, strconv.Itoa(i)+"."); ok {
			out[rest] = values
		}
	}
	return out
}

func putEntry(out Typed, f *service.Field, i int, typed func(*service.Field) Typed) {
	for j := range f.Fields {
		inner := &f.Fields[j]
		for part, values := range typed(inner) {
			out[insideName(i, inner.Key, part)] = values
		}
	}
}

// jsonEntries makes typed parts of a list of objects.
func jsonEntries(f *service.Field, value any) Typed {
	entries, ok := service.Entries(value)
	if !ok && value != nil {
		return Typed{countPart: {"0"}}
	}
	entries = entries[:min(len(entries), mostEntries+1)] // one more than there may be: readGroup tells
	out := Typed{countPart: {strconv.Itoa(len(entries))}}
	for i, one := range entries {
		putEntry(out, f, i, func(inner *service.Field) Typed { return jsonTyped(kindFor(inner), one[inner.Key]) })
	}
	return out
}

// unaskedInside tells what the entries of a JSON body name that the group does not ask.
func unaskedInside(in Input, key string, value any) []fault.Field {
	f, ok := in.Service.Field(key)
	if !ok || f.Type != service.TypeGroup {
		return nil
	}
	var out []fault.Field
	entries, _ := service.Entries(value)
	for i, one := range entries {
		for _, name := range sortedKeys(one) {
			if !slices.ContainsFunc(f.Fields, func(inner service.Field) bool { return inner.Key == name }) {
				out = append(out, fault.Field{Name: controlName(key, insideName(i, name, "")), ID: "form.no_field", Params: map[string]string{"label": name}})
			}
		}
	}
	return out
}
