package talk

import (
	"maps"
	"slices"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
)

// answer reads a reply to a question, by its type.
func (h *hearing) answer(reply string) {
	f := h.s.field
	stands := f.Source != nil && valueOf(f) != nil || f.Answered && f.Fault == nil
	switch {
	case f.Optional && isOne(reply, skipWords):
		h.pass()
		return
	case stands && isOne(reply, yesWords) && f.Type != service.TypeYesNo && f.Type != service.TypeFile:
		h.keep()
		return
	case stands && isOne(reply, noWords) && f.Type != service.TypeYesNo && f.Type != service.TypeFile:
		h.out.Says = say(h.in.Lang, "talk.then_how")
		return
	}
	switch f.Type {
	case service.TypeChoice, service.TypeChild:
		h.one(reply)
	case service.TypeChoices:
		if list, ok := several(f.Options, reply); ok {
			h.give(list)
			return
		}
		h.unclear()
	case service.TypeYesNo:
		h.yesNo(reply)
	case service.TypeDate, service.TypeBirth:
		h.day(reply)
	case service.TypeName, service.TypePerson:
		h.person(reply)
	case service.TypeVehicle:
		h.vehicle(reply)
	case service.TypeAddress:
		h.address(reply)
	case service.TypeSlot:
		h.slot(reply)
	case service.TypeFile:
		h.file(reply)
	case service.TypeMoney:
		h.give(trimUnits(reply, "рублей", "рубля", "рубль", "руб", "р", "₽", "roubles", "rouble", "rubles", "rub"))
	default:
		h.give(reply)
	}
}

func trimUnits(text string, units ...string) string {
	text = strings.TrimSpace(strings.TrimRight(text, ". "))
	for _, unit := range units {
		if rest, ok := strings.CutSuffix(strings.ToLower(text), unit); ok && len(rest) > 0 && strings.ContainsAny(rest[len(rest)-1:], "0123456789 ") {
			return strings.TrimSpace(rest)
		}
	}
	return text
}

func (h *hearing) unclear() { h.out.Says = say(h.in.Lang, "talk.unclear") }

func (h *hearing) one(reply string) {
	if o, ok := chosen(h.s.field.Options, reply); ok {
		h.give(o.Value)
		return
	}
	h.unclear()
}

func (h *hearing) yesNo(reply string) {
	switch {
	case isOne(reply, yesWords):
		h.give("yes")
	case isOne(reply, noWords):
		h.give("no")
	default:
		h.one(reply)
	}
}

// field is the question in the definition.
func (h *hearing) field() *service.Field {
	key := h.s.field.Key
	if h.s.group == nil {
		f, _ := h.in.Service.Field(key)
		return f
	}
	group, ok := h.in.Service.Field(h.s.group.Key)
	if !ok {
		return nil
	}
	inner := key[strings.LastIndexByte(key, '.')+1:]
	for i := range group.Fields {
		if group.Fields[i].Key == inner {
			return &group.Fields[i]
		}
	}
	return nil
}

func (h *hearing) day(reply string) {
	birth := h.s.field.Type == service.TypeBirth
	day, ok := readDay(reply, h.in.Today, spanOf(h.field(), h.in.Today), birth)
	if !ok {
		h.out.Says = say(h.in.Lang, "talk.no_day")
		return
	}
	h.give(day.String())
}

// nameIn takes a name apart: by commas where there are some, else by spaces; what follows the second word is the patronymic.
func nameIn(reply string) map[string]any {
	out := map[string]any{"surname": "", "given": "", "patronymic": ""}
	parts := strings.Split(reply, ",")
	if len(parts) == 1 {
		parts = strings.Fields(reply)
		if len(parts) > 2 {
			parts = []string{parts[0], parts[1], strings.Join(parts[2:], " ")}
		}
	}
	for i, key := range []string{"surname", "given", "patronymic"} {
		if i < len(parts) {
			out[key] = strings.TrimSpace(parts[i])
		}
	}
	if patronymic, _ := out["patronymic"].(string); isOne(patronymic, skipWords) || isOne(patronymic, noWords) {
		out["patronymic"] = ""
	}
	return out
}

// person reads a name, or a part of another person. Parts that were given stay.
func (h *hearing) person(reply string) {
	f := h.s.field
	if f.Type == service.TypeName {
		h.give(nameIn(reply))
		return
	}
	parts := map[string]any{}
	if old, ok := valueOf(f).(map[string]any); ok && !f.Answered {
		maps.Copy(parts, old)
	}
	switch h.s.part {
	case "birth":
		day, ok := readDay(reply, h.in.Today, span{}, true)
		if !ok {
			h.out.Says = say(h.in.Lang, "talk.no_day")
			return
		}
		parts["birth.day"], parts["birth.month"], parts["birth.year"] = itoa(day.Day()), itoa(int(day.Month())), itoa(day.Year())
	case "snils":
		parts["snils"] = reply
	default:
		maps.Copy(parts, nameIn(reply))
	}
	h.give(parts)
}

func (h *hearing) vehicle(reply string) {
	f := h.s.field
	if h.s.part != "plate" && len(f.Options) > 0 {
		if o, ok := chosen(f.Options, reply); ok {
			h.give(o.Value)
			return
		}
	}
	h.give(map[string]any{"plate": reply})
}

func (h *hearing) address(reply string) {
	f := h.s.field
	if _, isFlat := number(trimFlat(reply)); h.s.part == "flat" && (isFlat || len(strings.Fields(reply)) < 3) { // else it is an address anew
		value := map[string]any{"": controlOf(f, ""), "flat": trimFlat(reply)}
		if house := controlOf(f, "id"); house != "" {
			value = map[string]any{"id": house, "text": controlOf(f, ""), "flat": trimFlat(reply)}
		}
		h.give(value)
		return
	}
	if n, ok := number(reply); ok {
		if list := suggestions(h.in, f); n >= 1 && n <= len(list) {
			h.give(map[string]any{"id": list[n-1].ID, "text": list[n-1].Text, "flat": list[n-1].Flat})
			return
		}
	}
	h.give(map[string]any{"": reply})
}

func trimFlat(reply string) string {
	reply = fold(reply)
	for _, word := range []string{"квартира", "кв.", "кв", "flat", "apartment", "apt"} {
		reply = strings.TrimSpace(strings.TrimPrefix(reply, word))
	}
	return reply
}

// slot reads a number, a time of the day that is read out, a day to look at, or more.
func (h *hearing) slot(reply string) {
	options, d := h.s.field.Options, &h.out.Dialogue
	if isOne(reply, moreWords) {
		d.Offset += readOut
		if d.Offset >= len(options) {
			d.Offset = 0
		}
		return
	}
	if o, ok := h.moment(reply); ok {
		h.give(o.Value)
		return
	}
	day, ok := readDay(reply, h.in.Today, span{least: h.in.Today}, false)
	if !ok {
		h.out.Says = say(h.in.Lang, "talk.no_slot")
		return
	}
	h.lookAt(day)
}

// lookAt reads out the times from a day on; days that were not offered are asked of the channel.
func (h *hearing) lookAt(day calendar.Date) {
	options, d := h.s.field.Options, &h.out.Dialogue
	d.From, d.Offset = "", 0
	at := slices.IndexFunc(options, func(o form.OptionView) bool { return o.Value >= day.String() })
	if at < 0 {
		d.From = day.String()
		return
	}
	d.Offset = at
	if !strings.HasPrefix(options[at].Value, day.String()) {
		d.From = day.String()
		h.out.Says = say(h.in.Lang, "talk.no_times")
	}
}

// moment finds the appointment that a reply names by its number, its time or its start.
func (h *hearing) moment(reply string) (form.OptionView, bool) {
	options := h.s.field.Options
	if n, ok := number(fold(reply)); ok && n >= 1 && n <= len(options) {
		return options[n-1], true
	}
	from := min(max(h.out.Dialogue.Offset, 0), len(options))
	shown := options[from:min(from+readOut, len(options))]
	var found []form.OptionView
	for _, o := range options {
		if o.Value == strings.ToUpper(reply) {
			return o, true
		}
	}
	clock := strings.TrimPrefix(strings.ReplaceAll(fold(reply), ".", ":"), "в ")
	for _, o := range shown {
		if o.Label == clock || o.Label == "0"+clock {
			found = append(found, o)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	return form.OptionView{}, false
}

func (h *hearing) file(reply string) {
	d := &h.out.Dialogue
	if h.s.field.Answered && (isOne(reply, doneWords) || isOne(reply, noWords) || isOne(reply, yesWords)) {
		d.Passed, d.Change = append(d.Passed, h.s.field.Key), ""
		return
	}
	h.out.Files = []string{reply}
	d.Change, d.Agreed, d.Last, d.Step = "", false, h.s.field.Key, stepKey(h.s.view)
}
