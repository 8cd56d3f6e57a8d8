package notice

import (
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireMessage is a message as the API shows it.
type wireMessage struct {
	ID      id.ID          `json:"id"`
	Kind    string         `json:"kind"`
	Topic   Topic          `json:"topic"`
	Case    *id.ID         `json:"case,omitempty"`
	Title   string         `json:"title"`
	Text    string         `json:"text,omitempty"`
	Path    string         `json:"path,omitempty"` // where to act, on the portal
	Made    time.Time      `json:"made"`
	Read    *time.Time     `json:"read,omitempty"`
	Reached *time.Time     `json:"reached,omitempty"`
	Sent    []wireDelivery `json:"sent,omitempty"`
}

type wireDelivery struct {
	Channel Channel    `json:"channel"`
	State   State      `json:"state"`
	Failure Failure    `json:"failure,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
}

type wireInbox struct {
	Unread   int           `json:"unread"` // at most 99
	Messages []wireMessage `json:"messages"`
	Before   *id.ID        `json:"before,omitempty"` // for the next page
}

type wireWish struct {
	Topic Topic `json:"topic"`
	Email bool  `json:"email"`
	SMS   bool  `json:"sms"`
}

type wireWishes struct {
	Topics []wireWish `json:"topics"`
}

func (m *Module) api(s *web.Server, list, read, mark, wishes, choose *web.Op) {
	s.API(list, "GET /api/v1/notices", m.apiInbox, web.Describe{
		Summary: "The person's messages, newest first", Out: wireInbox{}, Params: []web.Param{{Name: "before", Text: "From an earlier answer: the messages after those"}},
	})
	s.API(read, "GET /api/v1/notices/{message}", m.apiMessage, web.Describe{Summary: "One message, with how it was sent", Out: wireMessage{}})
	s.API(mark, "POST /api/v1/notices/{message}/read", m.apiRead, web.Describe{Summary: "Mark a message as read"})
	s.API(wishes, "GET /api/v1/notices/channels", m.apiWishes, web.Describe{Summary: "What the person wants to be sent", Out: wireWishes{}})
	s.API(choose, "PUT /api/v1/notices/channels", m.apiChoose, web.Describe{Summary: "Choose what to be sent; topics that are not named stay", In: wireWishes{}, Out: wireWishes{}})
}

func given(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func named(one id.ID) *id.ID {
	if one.IsZero() {
		return nil
	}
	return &one
}

func toWire(c *web.Context, message Message) wireMessage {
	out := wireMessage{
		ID: message.ID, Kind: message.Kind, Topic: message.Topic, Case: named(message.Case), Title: message.Title.In(c.Lang()),
		Text: message.Text.In(c.Lang()), Path: message.Path, Made: message.Made, Read: given(message.Read), Reached: given(message.Reached),
	}
	for _, d := range message.Sent {
		out.Sent = append(out.Sent, wireDelivery{Channel: d.Channel, State: d.State, Failure: d.Failure, Ended: given(d.Ended)})
	}
	return out
}

func (m *Module) apiInbox(c *web.Context) error {
	list, err := m.inbox(c)
	if err != nil {
		return err
	}
	out := wireInbox{Unread: m.UnreadOf(c), Messages: make([]wireMessage, 0, len(list.Messages)), Before: named(list.Next)}
	for _, message := range list.Messages {
		out.Messages = append(out.Messages, toWire(c, message))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiMessage(c *web.Context) error {
	message, err := m.message(c)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toWire(c, message))
}

func (m *Module) apiRead(c *web.Context) error {
	key, err := c.ID("message")
	if err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.Read(c.Context(), c.Act(), c.Person(), key); err != nil {
		return err
	}
	return c.Empty()
}

func (m *Module) apiWishes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.answerWishes(c)
}

func (m *Module) answerWishes(c *web.Context) error {
	list, err := m.Wishes(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := wireWishes{}
	for _, w := range list {
		out.Topics = append(out.Topics, wireWish(w))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiChoose(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var in wireWishes
	if err := c.Bind(&in); err != nil {
		return err
	}
	var list []Wish
	for _, w := range in.Topics {
		list = append(list, Wish(w))
	}
	if err := m.SetWishes(c.Context(), c.Act(), c.Person(), list); err != nil {
		return err
	}
	return m.answerWishes(c)
}
