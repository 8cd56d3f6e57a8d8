package centre

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Data tells of the visits that a person made to the service centre. They stay without a person's key: what was sealed in
// them can't be read any more, and that a visit was, the journal says too.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

const holdVisits = "centre.visits"

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{"visit": holdVisits, "visit_desk": "- an open visit, which is shown among the visits"}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	visits, err := h.m.visitsOf(ctx, a, person)
	if err != nil || len(visits) == 0 {
		return nil, err
	}
	out := module.Holding{Key: holdVisits}
	if out.More = most > 0 && len(visits) > most; out.More {
		visits = visits[:most]
	}
	for _, v := range visits {
		item := module.Item{ID: v.ID, At: v.Opened, Facts: []module.Fact{{Key: "visit_place", Value: v.Place}, {Key: "visit_by", Value: v.ServedBy}}}
		if v.Document != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "visit_document", Code: "centre.document." + string(v.Document)})
		}
		if v.Tail != "" {
			item.Facts = append(item.Facts, module.Fact{Key: "visit_tail", Value: v.Tail})
		}
		if !v.Ended.IsZero() {
			item.Facts = append(item.Facts, module.Fact{Key: "visit_ended", Label: lang.Text{RU: "Закончился", EN: "Ended"}, Time: v.Ended})
		}
		out.Items = append(out.Items, item)
	}
	return []module.Holding{out}, nil
}
