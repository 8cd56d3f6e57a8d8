package talk

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
)

// readOut is how many appointments are read out at once.
const readOut = 10

// Next is what the city says now. The error is a rule that could not be computed, which the check of definitions keeps out.
func Next(in form.Input, d Dialogue) (Turn, error) {
	s, err := find(in, d)
	if err != nil {
		return Turn{}, err
	}
	t := telling{in: in, d: d, s: s}
	switch s.stage {
	case asking:
		return t.question(), nil
	case another:
		return t.another(), nil
	case consent:
		t.line(say(in.Lang, "talk.consent"))
		return t.turn(WantYesNo), nil
	case stopped:
		return t.stopped(), nil
	}
	return t.check(), nil
}

// telling is a turn in the making.
type telling struct {
	in      form.Input
	d       Dialogue
	s       spot
	lines   []string
	options []Option
}

func (t *telling) line(text string) {
	if text != "" {
		t.lines = append(t.lines, text)
	}
}

func (t *telling) turn(wants Want) Turn {
	return Turn{Says: strings.Join(t.lines, "\n"), Wants: wants, Field: t.s.field.Key, Step: stepKey(t.s.view), Options: t.options}
}

// stepKey is the key of the step that a view stands on; empty at the check of answers.
func stepKey(v form.View) string {
	if v.Current < len(v.Steps) {
		return v.Steps[v.Current].Key
	}
	return ""
}

// understood says the answer that was given last, as the form has read it.
func (t *telling) understood() {
	if t.d.Last == "" || t.d.Last == t.s.field.Key {
		return
	}
	for _, one := range t.s.all {
		if one.field.Key == t.d.Last && one.field.Answered && one.field.Type != service.TypeLongText {
			t.line(say(t.in.Lang, "talk.noted", "answer", one.field.Shown))
		}
		for _, entry := range one.field.Entries {
			for _, inner := range entry.Fields {
				if inner.Key == t.d.Last && inner.Answered {
					t.line(say(t.in.Lang, "talk.noted", "answer", inner.Shown))
				}
			}
		}
	}
}

// heading says the step when it has changed, and what the city knows there and does not ask.
func (t *telling) heading() {
	key := stepKey(t.s.view)
	if key == t.d.Step {
		return
	}
	step := t.s.view.Steps[t.s.view.Current]
	t.line("")
	t.line(strings.ToUpper(step.Title))
	t.line(step.Lead)
	for _, k := range t.s.view.Known {
		t.line(say(t.in.Lang, "talk.known", "label", k.Label, "value", k.Value, "source", sourceWords(t.in.Lang, k.Source)))
	}
}

func sourceWords(l lang.Language, s form.Source) string {
	out := s.Name
	if s.Agency != "" {
		out += ", " + s.Agency
	}
	if !s.Day.IsZero() {
		out += ", " + lang.Date(l, s.Day)
	}
	return out
}

// question says one question.
func (t *telling) question() Turn {
	f := t.s.field
	t.understood()
	t.heading()
	t.entry()
	t.line(t.fault())
	label := f.Label
	if f.Optional {
		label = say(t.in.Lang, "talk.optional", "label", label)
	}
	t.line(label)
	t.line(f.Hint)
	t.line(t.how())
	t.listed()
	t.prefilled()
	if f.Optional && !f.Answered {
		t.line(say(t.in.Lang, "talk.skip"))
	}
	wants := WantAnswer
	if f.Type == service.TypeFile {
		wants = WantFile
	}
	out := t.turn(wants)
	if wants == WantFile {
		out.Accept, out.Files = f.Accept, f.MaxFiles-len(f.Files)
	}
	return out
}

// entry says in which entry of a group the question stands.
func (t *telling) entry() {
	if t.s.group == nil {
		return
	}
	for _, entry := range t.s.group.Entries {
		if len(entry.Fields) > 0 && entry.Fields[0].Key == t.s.field.Key {
			t.line(t.s.group.Label + ": " + entry.Title)
		}
	}
}

// fault says what is wrong with what was typed; nothing about what was not asked yet.
func (t *telling) fault() string {
	f := t.s.field
	if f.Fault == nil || !touched(f) {
		return ""
	}
	return faultWords(t.in.Lang, *f.Fault)
}

// touched tells whether something was typed into the part that is wrong.
func touched(f form.FieldView) bool {
	wrong := strings.TrimPrefix(strings.TrimPrefix(f.Fault.Name, f.Key), ".")
	head, _, _ := strings.Cut(wrong, ".")
	if nameParts[head] {
		return controlOf(f, "surname")+controlOf(f, "given")+controlOf(f, "patronymic") != ""
	}
	for _, c := range f.Controls {
		part := strings.TrimPrefix(strings.TrimPrefix(c.Name, f.Key), ".")
		if c.Value != "" && (wrong == "" || part == wrong || head == "birth" && strings.HasPrefix(part, "birth") || f.Type != service.TypePerson && head != "flat" && head != "plate") {
			return true
		}
	}
	return len(f.Controls) == 0 && (f.Answered || len(f.Files) > 0 || f.Type == service.TypeSlot && f.Fault.ID != "form.slot_missing")
}

var nameParts = map[string]bool{"surname": true, "given": true, "patronymic": true}

// FaultWords says what is wrong with an answer.
func faultWords(l lang.Language, f fault.Field) string {
	if f.Text != "" {
		return f.Text
	}
	c, err := catalogue()
	if err != nil || !c.Has(f.ID) {
		return say(l, "form.answer", "label", f.Params["label"])
	}
	return c.TextWith(l, f.ID, f.Params)
}

// how says how to answer, where the question itself does not.
func (t *telling) how() string {
	f := t.s.field
	switch f.Type {
	case service.TypeName, service.TypePerson:
		if t.s.part != "" && t.s.part != "name" {
			return say(t.in.Lang, "talk.how."+t.s.part)
		}
		return say(t.in.Lang, "talk.how.name")
	case service.TypeDate, service.TypeBirth, service.TypeAddress, service.TypeChoices, service.TypeYesNo, service.TypePlate, service.TypePhone:
		if t.s.part == "flat" {
			return say(t.in.Lang, "talk.how.flat")
		}
		return say(t.in.Lang, "talk.how."+strings.ReplaceAll(string(f.Type), "-", "_"))
	case service.TypeVehicle:
		if len(f.Options) == 0 || t.s.part == "plate" {
			return say(t.in.Lang, "talk.how.plate")
		}
	case service.TypeSlot:
		if len(f.Options) == 0 {
			return f.Empty
		}
		return say(t.in.Lang, "talk.how.slot")
	case service.TypeFile:
		key := "talk.how.file"
		if f.Answered {
			key = "talk.how.more_files"
		}
		return say(t.in.Lang, key, "accept", lang.Or(t.in.Lang, capitals(f.Accept)...), "size", lang.Size(t.in.Lang, f.MaxBytes), "most", f.MaxFiles)
	case service.TypeMoney:
		return say(t.in.Lang, "talk.how.money")
	}
	return ""
}

func capitals(list []string) []string {
	out := make([]string, len(list))
	for i, text := range list {
		out[i] = strings.ToUpper(text)
	}
	return out
}

// listed numbers what can be chosen.
func (t *telling) listed() {
	f := t.s.field
	if f.Type == service.TypeYesNo || t.s.part == "plate" {
		t.offer(f.Options, 0, len(f.Options), false)
		return
	}
	if f.Type == service.TypeSlot {
		t.slots()
		return
	}
	t.offer(f.Options, 0, len(f.Options), true)
	for i, a := range suggestions(t.in, f) {
		if i == 0 {
			t.line(say(t.in.Lang, "talk.perhaps"))
		}
		text := a.Text
		if t.in.Lang == lang.English && a.TextEN != "" {
			text = a.TextEN
		}
		t.options = append(t.options, Option{i + 1, a.Reference(), text})
		t.line(strconv.Itoa(i+1) + ". " + text)
	}
}

func (t *telling) offer(options []form.OptionView, from, to int, read bool) {
	for i := from; i < to; i++ {
		o := options[i]
		t.options = append(t.options, Option{i + 1, o.Value, o.Label})
		if !read {
			continue
		}
		text := strconv.Itoa(i+1) + ". " + o.Label
		if o.Hint != "" {
			text += " (" + o.Hint + ")"
		}
		t.line(text)
	}
}

// slots reads out appointments, some at a time, by day.
func (t *telling) slots() {
	options := t.s.field.Options
	from := min(max(t.d.Offset, 0), max(len(options)-1, 0))
	to, day := min(from+readOut, len(options)), ""
	for i := from; i < to; i++ {
		if options[i].Group != day {
			day = options[i].Group
			t.line(day + ":")
		}
		t.offer(options, i, i+1, true)
	}
	if to < len(options) {
		t.line(say(t.in.Lang, "talk.more"))
	}
}

// suggestions are addresses that a refused text may mean.
func suggestions(in form.Input, f form.FieldView) []service.Address {
	if f.Type != service.TypeAddress || f.Fault == nil || f.Fault.ID != "form.address" {
		return nil
	}
	return in.City.Addresses().Suggest(controlOf(f, ""), 5)
}

// prefilled says what the city has, or what was answered before, and asks whether it stands.
func (t *telling) prefilled() {
	f := t.s.field
	switch {
	case f.Source != nil:
		if text := shownValue(t.in, f); text != "" {
			t.line(say(t.in.Lang, "talk.have", "value", text, "source", sourceWords(t.in.Lang, *f.Source)))
		}
	case f.Answered && f.Shown != "" && f.Type != service.TypeFile:
		t.line(say(t.in.Lang, "talk.now", "value", f.Shown))
	case f.Answered && f.Type == service.TypeFile:
		var names []string
		for _, file := range f.Files {
			names = append(names, file.Name)
		}
		t.line(say(t.in.Lang, "talk.files", "names", strings.Join(names, "; ")))
	}
}

// shownValue is a suggested value in words.
func shownValue(in form.Input, f form.FieldView) string {
	field, ok := in.Service.Field(f.Key)
	value := valueOf(f)
	if !ok || value == nil {
		return ""
	}
	body, err := json.Marshal(map[string]any{f.Key: value})
	if err != nil {
		return ""
	}
	bound, err := form.BindJSON(in, body)
	if err != nil || bound.Answers[f.Key] == nil {
		return ""
	}
	return form.AnswerWords(in, field, bound.Answers[f.Key])
}

// another asks whether a group gets one more entry.
func (t *telling) another() Turn {
	group := *t.s.group
	t.understood()
	t.heading()
	t.line(group.Label)
	t.line(group.Hint)
	for i, entry := range group.Entries {
		t.line(strconv.Itoa(i+1) + ". " + entry.Title + ". " + entryWords(entry))
	}
	if group.Fault != nil && len(group.Entries) > 0 {
		t.line(faultWords(t.in.Lang, *group.Fault))
	}
	if group.Add != "" {
		t.line(say(t.in.Lang, "talk.add", "add", group.Add))
	} else {
		t.line(say(t.in.Lang, "talk.full"))
	}
	if slices.ContainsFunc(group.Entries, func(e form.EntryView) bool { return e.Remove != "" }) {
		t.line(say(t.in.Lang, "talk.remove"))
	}
	return t.turn(WantYesNo)
}

func entryWords(entry form.EntryView) string {
	var out []string
	for _, f := range entry.Fields {
		if f.Shown != "" {
			out = append(out, f.Label+": "+f.Shown)
		}
	}
	return strings.Join(out, "; ")
}

// stopped says why one may not apply, and what one can do.
func (t *telling) stopped() Turn {
	t.understood()
	if o := t.s.view.Obstacle; o != nil {
		t.line(o.Because)
		t.line(o.Instead)
	}
	t.line(say(t.in.Lang, "talk.stopped"))
	return t.turn(WantNothing)
}

// check reads the answers back.
func (t *telling) check() Turn {
	t.understood()
	t.line(say(t.in.Lang, "talk.check"))
	t.answers()
	if t.s.view.ChargeKnown && t.s.view.Charge.Amount > 0 {
		t.line(say(t.in.Lang, "talk.fee", "fee", t.s.view.Charge.Amount.Amount().In(t.in.Lang)))
	}
	t.line(say(t.in.Lang, "talk.right"))
	return t.turn(WantYesNo)
}

// answers lists what is answered, each by its number, and what the city knows.
func (t *telling) answers() {
	step := ""
	for i, one := range t.s.all {
		if key := stepKey(one.view); key != step {
			step = key
			t.line(one.view.Steps[one.view.Current].Title)
			for _, k := range one.view.Known {
				t.line("   " + say(t.in.Lang, "talk.known", "label", k.Label, "value", k.Value, "source", sourceWords(t.in.Lang, k.Source)))
			}
		}
		number := strconv.Itoa(i + 1)
		if one.field.Type != service.TypeGroup {
			t.line(number + ". " + withAnswer(t.in.Lang, one.field))
			continue
		}
		t.line(number + ". " + one.field.Label + ":")
		for j, entry := range one.field.Entries {
			t.line("   " + entry.Title)
			for k, inner := range entry.Fields {
				t.line("   " + number + "." + strconv.Itoa(j+1) + "." + strconv.Itoa(k+1) + ". " + withAnswer(t.in.Lang, inner))
			}
			for _, k := range entry.Known {
				t.line("   " + k.Label + ": " + k.Value)
			}
		}
	}
}

// withAnswer is a question with its answer in words.
func withAnswer(l lang.Language, f form.FieldView) string {
	label := strings.TrimRight(f.Label, ":")
	if !strings.HasSuffix(label, "?") {
		label += ":"
	}
	if f.Shown == "" {
		return label + " " + say(l, "talk.nothing")
	}
	return label + " " + f.Shown
}
