package notice

import (
	"context"

	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/id"
)

// Data tells what the city has told a person. All of it goes with the person's key: what has force in law stands in the
// case.
func (m *Module) Data() module.Data { return held{m: m} }

type held struct {
	module.NoData
	m *Module
}

// Covers implements module.Data.
func (held) Covers() map[string]string {
	return map[string]string{
		"notice": "notice.messages", "notice_text": "notice.messages", "notice_delivery": "notice.messages", "notice_wish": "notice.wishes",
	}
}

// Held implements module.Data.
func (h held) Held(ctx context.Context, a act.Act, person id.ID, most int) ([]module.Holding, error) {
	messages, err := h.messages(ctx, a, person, most)
	if err != nil {
		return nil, err
	}
	wishes := module.Holding{Key: "notice.wishes", Edit: "/account/notices"}
	list, err := h.m.Wishes(ctx, a, person)
	if err != nil {
		return nil, err
	}
	for _, w := range list {
		wishes.Items = append(wishes.Items, module.Item{Facts: []module.Fact{
			{Key: "topic", Code: "notice.topic." + string(w.Topic)}, {Key: "by_email", Code: yesNo(w.Email)}, {Key: "by_sms", Code: yesNo(w.SMS)},
		}})
	}
	return []module.Holding{messages, wishes}, nil
}

func yesNo(yes bool) string {
	if yes {
		return "mydata.yes"
	}
	return "mydata.no"
}

func (h held) messages(ctx context.Context, a act.Act, person id.ID, most int) (module.Holding, error) {
	out := module.Holding{Key: "notice.messages"}
	before := id.ID{}
	for {
		page, err := h.m.Inbox(ctx, a, person, before, pageMost)
		if err != nil {
			return out, err
		}
		for _, one := range page.Messages {
			if most > 0 && len(out.Items) == most {
				out.More = true
				return out, nil
			}
			item, err := h.message(ctx, a, person, one, most == 0)
			if err != nil {
				return out, err
			}
			out.Items = append(out.Items, item)
		}
		if page.Next.IsZero() {
			return out, nil
		}
		before = page.Next
	}
}

// message is one message; whole: with its text and where it was sent.
func (h held) message(ctx context.Context, a act.Act, person id.ID, one Message, whole bool) (module.Item, error) {
	item := module.Item{ID: one.ID, Title: one.Title, At: one.Made, Path: "/messages/" + one.ID.String()}
	if !one.Read.IsZero() {
		item.Facts = append(item.Facts, module.Fact{Key: "read", Time: one.Read})
	}
	if !whole {
		return item, nil
	}
	full, err := h.m.Message(ctx, a, person, one.ID)
	if err != nil {
		return item, err
	}
	item.Facts = append(item.Facts, module.Fact{Key: "text", Words: full.Text})
	for _, d := range full.Sent {
		item.Facts = append(item.Facts, module.Fact{Key: "sent_by", Value: string(d.Channel) + " " + string(d.State)})
	}
	return item, nil
}
