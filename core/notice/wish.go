package notice

import (
	"context"
	"fmt"

	"posad.city/core/notice/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

func (m *Module) wishes(ctx context.Context, a act.Act, person id.ID) (wishes, error) {
	out := wishes{}
	err := m.base.Store.Look(ctx, a, "notice.look.wishes", func(p *store.Personal) error {
		rows, err := noticedb.WishesOf(p, person)
		clear(out)
		for _, row := range rows {
			topic := Topic(row.Topic)
			if out[topic] == nil {
				out[topic] = map[Channel]bool{}
			}
			out[topic][Channel(row.Channel)] = row.Wanted
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("notice: wishes: %w", err)
	}
	return out, nil
}

// Wishes is what a person wants of each topic, in the order of Topics.
func (m *Module) Wishes(ctx context.Context, a act.Act, person id.ID) ([]Wish, error) {
	w, err := m.wishes(ctx, a, person)
	if err != nil {
		return nil, err
	}
	var out []Wish
	for _, t := range Topics() {
		out = append(out, Wish{Topic: t, Email: w.wants(t, Email), SMS: w.wants(t, SMS)})
	}
	return out, nil
}

// SetWishes keeps what a person wants; topics that are not named stay as they are. An unknown topic is ErrTopic.
func (m *Module) SetWishes(ctx context.Context, a act.Act, person id.ID, list []Wish) error {
	for _, w := range list {
		if !known(w.Topic) {
			return ErrTopic
		}
	}
	return m.base.Store.WriteAs(ctx, a, func(tx *store.Tx) error {
		for _, w := range list {
			for channel, wanted := range map[Channel]bool{Email: w.Email, SMS: w.SMS} {
				err := noticedb.PutWish(tx, noticedb.PutWishParams{Person: person, Topic: string(w.Topic), Channel: string(channel), Wanted: wanted})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
}
