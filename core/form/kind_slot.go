package form

import (
	"maps"
	"slices"
	"strings"

	"posad.city/core/service"
	"posad.city/kit/lang"
)

// slotKind asks for an appointment: one of the free times. A time is named by its start, which people and programs can
// read; there is one of each in a resource.
type slotKind struct{}

func (slotKind) parts(*service.Field) []part { return nil }
func (slotKind) missing() *problem           { return wrong("", "form.slot_missing") }

// offeredSlots are the free times, and the one that is held for this draft, in order.
func (w *walk) offeredSlots(f *service.Field) []SlotOption {
	out := slices.DeleteFunc(slices.Clone(w.Slots[f.Key]), func(s SlotOption) bool { return s.Left < 1 })
	if held, ok := w.Held[f.Key]; ok && !slices.ContainsFunc(out, func(s SlotOption) bool { return s.Start == held.Slot.Start }) {
		out = append(out, held.Slot)
	}
	slices.SortStableFunc(out, func(a, b SlotOption) int { return strings.Compare(a.Start, b.Start) })
	return out
}

// FittingSlots are the free times that the question's own checks take as the answers stand now: no others are worth offering.
// A check that needs what is not answered yet takes all.
func FittingSlots(in Input, f *service.Field, free []SlotOption) []SlotOption {
	rules := in.City.Rules(in.Service.Key)
	if len(f.Checks) == 0 || rules == nil {
		return free
	}
	w := &walk{Input: in, rules: rules}
	answers := service.Answers{}
	maps.Copy(answers, in.Answers)
	return slices.DeleteFunc(slices.Clone(free), func(s SlotOption) bool {
		answers[f.Key] = w.slotAnswer(f, s)
		return w.ownChecksWith(f, answers) != nil
	})
}

func (slotKind) options(w *walk, f *service.Field, typed Typed) []OptionView {
	var out []OptionView
	chosen := typed.first("")
	r, known := w.City.Resource(f.Resource)
	single := known && r.Places == 1 // there is nothing to tell then: a time is free or not offered
	for _, s := range w.offeredSlots(f) {
		_, clock, _ := strings.Cut(s.Start, "T")
		view := OptionView{Value: s.Start, Label: clock, Group: lang.WeekdayDate(w.Lang, s.Day, w.Today), Chosen: s.names(chosen)}
		if s.Left > 1 || s.Left == 1 && !single {
			view.Hint = say(w.Lang, "form.word.slot_left", "count", s.Left)
		}
		out = append(out, view)
	}
	return out
}

// names tells whether a posted value means this time.
func (s SlotOption) names(value string) bool {
	return value != "" && (value == s.Start || value == s.ID)
}

func (k slotKind) read(w *walk, f *service.Field, typed Typed) (any, *problem) {
	chosen := strings.TrimSpace(typed.first(""))
	if chosen == "" && w.Open[f.Key].Unknown {
		return nil, wrong("", "form.slot_unknown")
	}
	if chosen == "" {
		return nil, k.missing()
	}
	for _, s := range w.offeredSlots(f) {
		if s.names(chosen) {
			return w.slotAnswer(f, s), nil
		}
	}
	if _, listed := w.Slots[f.Key]; !listed {
		if kept, ok := w.left[f.Key].(map[string]any); ok && kept["start"] == chosen {
			return kept, nil // nobody has asked what is free: a summary, or a case
		}
	}
	if w.Open[f.Key].Unknown {
		return nil, wrong("", "form.slot_unknown")
	}
	return nil, wrong("", "form.slot_gone")
}

func (w *walk) slotAnswer(f *service.Field, s SlotOption) map[string]any {
	name := s.ID
	if held, ok := w.Held[f.Key]; ok && held.Slot.Start == s.Start {
		name = held.ID
	}
	return map[string]any{
		"id": name, "resource": f.Resource, "start": s.Start, "end": s.End, "day": s.Day.String(), "text": s.Text.RU, "text_en": s.Text.EN,
	}
}

// holdSlots lets answers name the hold that stands for them.
func (w *walk) holdSlots(answers service.Answers) {
	for key, held := range w.Held {
		kept, ok := answers[key].(map[string]any)
		f, isField := w.Service.Field(key)
		if ok && isField && kept["start"] == held.Slot.Start {
			answers[key] = w.slotAnswer(f, held.Slot)
		}
	}
}

func (slotKind) write(value any) (Typed, bool) {
	object, ok := value.(map[string]any)
	start, isText := object["start"].(string)
	return Typed{"": {start}}, ok && isText
}

func (slotKind) words(w *walk, _ *service.Field, value any) string {
	object, _ := value.(map[string]any)
	key := "text"
	if w.Lang == lang.English {
		key = "text_en"
	}
	text, _ := object[key].(string)
	return text
}
