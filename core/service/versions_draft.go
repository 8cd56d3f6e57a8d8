package service

import (
	"fmt"
	"slices"

	"posad.city/kit/lang"
)

// DraftMove is what becomes of a draft's answers when it goes over to another version of its service.
type DraftMove struct {
	Kept  []DraftAnswer
	Lost  []DraftAnswer
	Asked []DraftAnswer // questions of the new version that the old one did not have, or asks otherwise
}

// DraftAnswer is one answer of a draft, or a question that waits for one.
type DraftAnswer struct {
	Field string
	Label Text
	Why   DraftCause // empty for an answer that is kept
}

// DraftCause is why an answer is lost or asked anew.
type DraftCause string

// The causes.
const (
	DraftGone     DraftCause = "gone"     // the new version does not ask it
	DraftType     DraftCause = "type"     // it asks for something of another type
	DraftOption   DraftCause = "option"   // the chosen option is no longer there
	DraftComputed DraftCause = "computed" // it is computed now
	DraftNew      DraftCause = "new"      // the old version did not ask it
)

// MoveDraft tells what happens to a draft's answers when its service changes under it: what is kept, what is lost, what
// is asked anew. Bounds and checks of the new version are the form's to apply afterwards. It is pure.
func MoveDraft(from, to *Service, answers Answers) DraftMove {
	var out DraftMove
	for _, key := range from.fieldKeys() {
		value, there := answers[key]
		if !there || value == nil {
			continue
		}
		old, _ := from.Field(key)
		now, asked := to.Field(key)
		if cause := lost(old, now, asked, value); cause != "" {
			out.Lost = append(out.Lost, DraftAnswer{key, old.Label, cause})
			continue
		}
		out.Kept = append(out.Kept, DraftAnswer{Field: key, Label: now.Label})
	}
	for _, key := range to.fieldKeys() {
		now, _ := to.Field(key)
		_, had := from.Field(key)
		again := slices.IndexFunc(out.Lost, func(a DraftAnswer) bool { return a.Field == key })
		switch {
		case now.Value != "":
		case !had:
			out.Asked = append(out.Asked, DraftAnswer{key, now.Label, DraftNew})
		case again >= 0:
			out.Asked = append(out.Asked, DraftAnswer{key, now.Label, out.Lost[again].Why})
		}
	}
	return out
}

// lost is why an answer can't be taken over; empty when it can.
func lost(old, now *Field, asked bool, value any) DraftCause {
	switch {
	case !asked:
		return DraftGone
	case now.Value != "":
		return DraftComputed
	case now.Type != old.Type:
		return DraftType
	case now.Type == TypeChoice && !offers(now, value):
		return DraftOption
	case now.Type == TypeChoices:
		list, _ := value.([]any)
		if slices.ContainsFunc(list, func(one any) bool { return !offers(now, one) }) {
			return DraftOption
		}
	case now.Type == TypeGroup && !sameEntries(old.Fields, now.Fields):
		return DraftType
	}
	return ""
}

func offers(f *Field, value any) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Key == value })
}

// sameEntries: a group's entries are kept when their questions are the same; a new one must be answered in each.
func sameEntries(old, now []Field) bool {
	return slices.EqualFunc(old, now, func(a, b Field) bool { return a.Key == b.Key && a.Type == b.Type })
}

// In says the move in the language, one sentence a line; empty when everything is kept and nothing is asked.
func (m DraftMove) In(l lang.Language) []string {
	catalogue, err := words()
	if err != nil {
		return nil
	}
	var out []string
	for _, a := range m.Lost {
		out = append(out, catalogue.TextWith(l, "service.move.lost_"+string(a.Why), map[string]string{"label": a.Label.In(l)}))
	}
	for _, a := range m.Asked {
		if a.Why == DraftNew {
			out = append(out, catalogue.TextWith(l, "service.move.asked", map[string]string{"label": a.Label.In(l)}))
		}
	}
	if len(out) > 0 && len(m.Kept) > 0 {
		out = append(out, catalogue.TextWith(l, "service.move.kept", map[string]string{"count": fmt.Sprint(len(m.Kept))}))
	}
	return out
}
