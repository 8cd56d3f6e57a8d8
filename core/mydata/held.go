package mydata

import (
	"context"
	"fmt"

	"posad.city/core/module"
	"posad.city/core/mydata/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// held is what this module itself holds of a person, with the records of looks, which are kit/store's.
type held struct {
	module.NoData
	m *Module
}

const (
	holdLooks  = "mydata.looks"
	holdWishes = "mydata.wishes"
)

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"look":          holdLooks,
		"export":        holdWishes,
		"export_part":   "- the copies themselves: what they say stands in the other parts",
		"erasure":       holdWishes,
		"investigation": "- shown among the looks as soon as the law lets it be shown",
		"journal_entry": "- proofs of what stands in cases and documents; the person has them as receipts",
	}
}

// looksMost is how many looks a copy lists.
const looksMost = 10_000

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	limit := looksMost
	if most > 0 {
		limit = most
	}
	seen, next, err := h.m.Looks(ctx, a, []id.ID{person}, Filter{}, h.m.base.Clock.Now().Add(lookAhead), limit)
	if err != nil {
		return nil, err
	}
	looks := module.Holding{Key: holdLooks, More: !next.IsZero(), Edit: "/account/looks"}
	for _, one := range seen {
		looks.Items = append(looks.Items, h.look(one))
	}
	wishes, err := h.wishes(ctx, a, person)
	return []module.Holding{looks, wishes}, err
}

func (h held) look(one Seen) module.Item {
	both := func(words func(lang.Language) string) lang.Text {
		return lang.Text{RU: words(lang.Russian), EN: words(lang.English)}
	}
	item := module.Item{ID: one.ID, At: one.At, Title: both(func(l lang.Language) string { return h.m.whatWords(l, one.What) })}
	item.Facts = append(item.Facts, module.Fact{Key: "who", Words: both(func(l lang.Language) string { return h.m.whoWords(l, one) })})
	if one.Purpose.Kind != "" {
		item.Facts = append(item.Facts, module.Fact{Key: "purpose", Words: both(func(l lang.Language) string { return h.m.purposeWords(l, one.Purpose) })})
	}
	if one.Delayed {
		item.Facts = append(item.Facts, module.Fact{Key: "delayed_until", Time: one.Until}, module.Fact{Key: "delayed_by", Words: one.Law})
	}
	return item
}

func (h held) wishes(ctx context.Context, a act.Act, person id.ID) (module.Holding, error) {
	out := module.Holding{Key: holdWishes}
	var copies []mydatadb.Export
	var erasures []mydatadb.Erasure
	err := h.m.base.Store.Look(ctx, a, "mydata.look.data", func(p *store.Personal) error {
		var err error
		if copies, err = mydatadb.ExportsOf(p, person, wishesMost); err != nil {
			return err
		}
		erasures, err = mydatadb.ErasuresOf(p, person, wishesMost)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("mydata: wishes: %w", err)
	}
	for _, one := range copies {
		out.Items = append(out.Items, module.Item{ID: one.ID, At: one.Asked, Facts: []module.Fact{{Key: "wish", Code: "mydata.wish.copy"}, {Key: "state", Code: "mydata.copy_state." + one.State}}})
	}
	for _, one := range erasures {
		out.Items = append(out.Items, module.Item{ID: one.ID, At: one.Asked, Facts: []module.Fact{{Key: "wish", Code: "mydata.wish.erasure"}, {Key: "state", Code: "mydata.erasure_state." + one.State}}})
	}
	return out, nil
}

// wishesMost bounds the list of a person's wishes.
const wishesMost = 200

// Stays implements module.Data: who looked at whose data is the proof against those who did.
func (h held) Stays(ctx context.Context, person id.ID) ([]module.Stay, error) {
	seen, _, err := h.m.Looks(ctx, h.m.as(person, lang.Russian), []id.ID{person}, Filter{}, h.m.base.Clock.Now().Add(lookAhead), looksMost)
	if err != nil || len(seen) == 0 {
		return nil, err
	}
	return []module.Stay{{Key: holdLooks, Law: module.LawLook, Since: seen[0].At, Count: len(seen)}}, nil
}

// Forget implements module.Data: copies go with their files.
func (h held) Forget(ctx context.Context, person id.ID) error {
	var copies []mydatadb.Export
	err := h.m.base.Store.Look(ctx, h.m.as(person, lang.Russian), "mydata.look.data", func(p *store.Personal) error {
		var err error
		copies, err = mydatadb.ExportsOf(p, person, wishesMost)
		return err
	})
	if err != nil {
		return fmt.Errorf("mydata: forget copies: %w", err)
	}
	for _, one := range copies {
		if err := h.m.endCopy(ctx, person, one.ID); err != nil {
			return err
		}
	}
	return nil
}
