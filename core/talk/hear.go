package talk

import (
	"slices"
	"strconv"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
)

// longest is how much of a reply is read, in bytes.
const longest = 20_000

// Hear tells what a reply means. What it gives in Answers is to be bound by form.BindJSON and kept, refused answers too
// (form.Bound.Typed); Next then goes on, or says what is wrong. A reply that begins with = is an answer as it stands, also
// when it looks like a command.
func Hear(in form.Input, d Dialogue, reply string) (Heard, error) {
	s, err := find(in, d)
	if err != nil {
		return Heard{}, err
	}
	reply = strings.TrimSpace(strings.ToValidUTF8(reply[:min(len(reply), longest)], ""))
	h := hearing{in: in, s: s, out: Heard{Dialogue: d.clone()}}
	literal, plain := strings.CutPrefix(reply, "=")
	if plain && s.stage == asking {
		h.answer(strings.TrimSpace(literal))
		return h.out, nil
	}
	if h.command(reply) {
		return h.out, nil
	}
	switch s.stage {
	case asking:
		h.answer(reply)
	case another:
		h.another(reply)
	case checking:
		h.checked(reply)
	case consent:
		h.consented(reply)
	default:
		h.out.Says = say(in.Lang, "talk.help_stopped")
	}
	return h.out, nil
}

func (d Dialogue) clone() Dialogue {
	d.Passed = slices.Clone(d.Passed)
	return d
}

// hearing is a reply being understood.
type hearing struct {
	in  form.Input
	s   spot
	out Heard
}

// command carries out a word that is none of the question's; false: the reply is an answer.
func (h *hearing) command(reply string) bool {
	l := h.in.Lang
	switch {
	case reply == "":
		if h.s.stage == asking && h.s.field.Optional && h.s.field.Source == nil && !h.s.field.Answered {
			h.pass()
		}
	case isOne(reply, backWords):
		h.back()
	case isOne(reply, againWords):
		h.out.Dialogue.Step = "" // the heading too
	case isOne(reply, helpWords):
		h.out.Says = say(l, "talk.help")
	case isOne(reply, stopWords):
		h.out.Act = Stop
	case isOne(reply, whyWords) && h.s.field.Why != "":
		h.out.Says = h.s.field.Why
	case isOne(reply, listWords):
		t := telling{in: h.in, s: h.s}
		t.answers()
		h.out.Says = strings.Join(t.lines, "\n")
	default:
		if which, ok := after(reply, changeWords); ok {
			return h.change(which)
		}
		return false
	}
	return true
}

// change goes to a question by its number or its words.
func (h *hearing) change(which string) bool {
	key, ok := h.s.numbered()[strings.TrimRight(which, ". ")]
	if !ok {
		found := slices.DeleteFunc(slices.Clone(h.s.all), func(p placed) bool { return !strings.Contains(fold(p.field.Label), which) })
		if len(found) == 1 {
			key, ok = found[0].field.Key, true
		}
	}
	_, isNumber := number(strings.ReplaceAll(which, ".", ""))
	if !ok && !isNumber && h.s.stage == asking {
		return false // a text that only begins like the command
	}
	if !ok {
		h.out.Says = say(h.in.Lang, "talk.no_number", "number", which)
		return true
	}
	h.goTo(key)
	return true
}

func (h *hearing) goTo(key string) {
	d := &h.out.Dialogue
	d.Change, d.Adding, d.Agreed, d.Last = key, "", false, ""
	d.Passed = slices.DeleteFunc(d.Passed, func(one string) bool { return one == key })
}

// back goes to the question before this one.
func (h *hearing) back() {
	leaves := h.s.leaves()
	at := len(leaves)
	if h.s.stage == asking || h.s.stage == another {
		at = slices.IndexFunc(leaves, func(key string) bool { return key == h.s.field.Key || strings.HasPrefix(key, h.s.field.Key+".") })
		if h.s.stage == another && at >= 0 && len(h.s.group.Entries) > 0 { // the question of one more stands after the entries
			for at < len(leaves) && strings.HasPrefix(leaves[at], h.s.field.Key+".") {
				at++
			}
		}
	}
	if at <= 0 {
		h.out.Says = say(h.in.Lang, "talk.first")
		return
	}
	h.goTo(leaves[at-1])
}

// pass leaves an optional question out.
func (h *hearing) pass() {
	d := &h.out.Dialogue
	d.Passed = append(d.Passed, h.s.field.Key)
	d.Change, d.Last, d.Step = "", "", stepKey(h.s.view)
	if h.s.field.Type != service.TypeFile && (h.s.field.Answered || h.s.field.Source != nil || h.s.field.Fault != nil || h.s.group != nil && d.Adding == "") {
		h.out.Answers = h.s.answered(nil)
	}
}

// give takes an answer.
func (h *hearing) give(value any) {
	d := &h.out.Dialogue
	h.out.Answers = h.s.answered(value)
	d.Change, d.Adding, d.Agreed, d.Offset = "", "", false, 0
	d.Last, d.Step = h.s.field.Key, stepKey(h.s.view)
}

// keep leaves what stands in a question as it is.
func (h *hearing) keep() {
	if h.s.field.Source != nil {
		h.give(valueOf(h.s.field))
		return
	}
	d := &h.out.Dialogue
	d.Change, d.Step = "", stepKey(h.s.view)
}

// another hears whether a group gets one more entry.
func (h *hearing) another(reply string) {
	d, group := &h.out.Dialogue, h.s.group
	if which, ok := after(reply, removeWords); ok {
		h.remove(which)
		return
	}
	switch {
	case isOne(reply, yesWords) && group.Add != "":
		d.Adding, d.Change, d.Last, d.Step = group.Key, "", "", stepKey(h.s.view)
	case isOne(reply, noWords), isOne(reply, doneWords), isOne(reply, skipWords), isOne(reply, yesWords):
		d.Passed, d.Change, d.Last, d.Step = append(d.Passed, group.Key), "", "", stepKey(h.s.view)
		if len(group.Entries) == 0 && !group.Optional {
			d.Adding, d.Passed = group.Key, d.Passed[:len(d.Passed)-1]
		}
	default:
		h.out.Says = say(h.in.Lang, "talk.yes_or_no")
	}
}

// remove takes an entry of a group away.
func (h *hearing) remove(which string) {
	group := h.s.group
	n, ok := number(which)
	if !ok || n < 1 || n > len(group.Entries) || group.Entries[n-1].Remove == "" {
		h.out.Says = say(h.in.Lang, "talk.no_entry", "number", which)
		return
	}
	var value any
	if list := slices.Delete(entries(group), n-1, n); len(list) > 0 {
		value = list
	}
	d := &h.out.Dialogue
	d.Passed = slices.DeleteFunc(d.Passed, func(one string) bool { return strings.HasPrefix(one, group.Key+".") })
	d.Last, d.Adding, d.Agreed = "", "", false
	h.out.Answers = map[string]any{group.Key: value}
}

func (h *hearing) checked(reply string) {
	switch {
	case isOne(reply, yesWords):
		h.out.Dialogue.Agreed, h.out.Dialogue.Last = true, ""
	case isOne(reply, noWords):
		h.out.Says = say(h.in.Lang, "talk.what_wrong")
	default:
		if key, ok := h.s.numbered()[strings.TrimRight(fold(reply), ".")]; ok {
			h.goTo(key)
			return
		}
		h.out.Says = say(h.in.Lang, "talk.what_wrong")
	}
}

func (h *hearing) consented(reply string) {
	switch {
	case isOne(reply, yesWords):
		h.out.Act = Submit
	case isOne(reply, noWords):
		h.out.Dialogue.Agreed = false
		h.out.Says = say(h.in.Lang, "talk.not_sent")
	default:
		h.out.Says = say(h.in.Lang, "talk.yes_or_no")
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
