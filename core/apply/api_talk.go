package apply

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/core/talk"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// sentTalk is a reply in a conversation.
type sentTalk struct {
	State *talk.Dialogue `json:"state,omitempty" doc:"As the last answer gave it; left out: the conversation begins. It holds names of questions and no answers"`
	Text  *string        `json:"text,omitempty" max:"20000" raw:"true" doc:"What the person wrote; left out: what the city said last is said again, for example after a file was sent"`
}

// wireTurn is what the city says.
type wireTurn struct {
	Says    string        `json:"says" doc:"Plain text in the language of the request"`
	Wants   talk.Want     `json:"wants" doc:"answer, file, yes-no or nothing"`
	Field   string        `json:"field,omitempty" doc:"The question that it is about"`
	Options []talk.Option `json:"options,omitempty" doc:"Replies that can be given by number"`
	Accept  []string      `json:"accept,omitempty" doc:"For files: kinds by content"`
	Files   []string      `json:"files,omitempty" doc:"The reply names a file: send it to POST /api/v1/drafts/{draft}/files for this field, then ask for the next turn without a text"`
	Act     talk.Act      `json:"act,omitempty" doc:"submit: the answers were confirmed, send the application by POST /api/v1/drafts/{draft}/submit; stop: the person has had enough, answers are kept"`
	Upload  string        `json:"upload,omitempty" doc:"For files: the page where a person can send them"`
	State   talk.Dialogue `json:"state"`
}

func (m *Module) apiTalkRoute(s *web.Server, save *web.Op) {
	s.API(save, "POST /api/v1/drafts/{draft}/talk", m.apiTalk, web.Describe{
		Summary: "Fill in an application by conversation", In: sentTalk{}, Out: wireTurn{},
		Details: "One turn of a conversation in plain text: the reply is understood, kept as an answer, and the next question is said. For terminals, chats and voices.",
	})
}

func (m *Module) apiTalk(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentTalk
	if err := c.Bind(&sent); err != nil {
		return err
	}
	state := talk.Dialogue{}
	if sent.State != nil {
		state = *sent.State
	}
	d, in, err := m.talkInput(c, a, draft, state)
	if err != nil {
		return err
	}
	heard := talk.Heard{Dialogue: state}
	if sent.Text != nil {
		if heard, err = talk.Hear(in, state, *sent.Text); err != nil {
			return err
		}
	} else {
		heard.Says = hello(in, state)
	}
	if heard.Answers != nil {
		told, err := m.keepTalk(c, a, d, heard)
		if err != nil {
			return err
		}
		heard.Says = lines(heard.Says, told)
	}
	if heard.Answers != nil || heard.Dialogue.From != state.From {
		if d, in, err = m.talkInput(c, a, draft, heard.Dialogue); err != nil {
			return err
		}
	}
	return m.turn(c, d, in, heard)
}

// hello is what a conversation begins with.
func hello(in form.Input, state talk.Dialogue) string {
	if state.Step == "" && state.Last == "" && len(state.Passed) == 0 {
		return talk.Hello(in) + "\n"
	}
	return ""
}

func lines(texts ...string) string {
	var out []string
	for _, text := range texts {
		if text != "" {
			out = append(out, text)
		}
	}
	return strings.Join(out, "\n")
}

// talkInput reads a draft with its form, and the appointments of the days that the conversation is about.
func (m *Module) talkInput(c *web.Context, a act.Act, draft id.ID, state talk.Dialogue) (Draft, form.Input, error) {
	d, err := m.read(c.Context(), a, draft)
	if err != nil {
		return Draft{}, form.Input{}, err
	}
	if from, err := calendar.ParseDate(state.From); err == nil {
		d.times.from = from
	}
	in, err := m.input(c.Context(), a, d, c.Lang())
	return d, in, err
}

// keepTalk keeps what was answered. What it tells is wrong in a way that the form alone can't show: a time that is taken.
func (m *Module) keepTalk(c *web.Context, a act.Act, d Draft, heard talk.Heard) (string, error) {
	body, err := json.Marshal(heard.Answers)
	if err != nil {
		return "", fmt.Errorf("apply: talk: %w", err)
	}
	saved, err := m.Save(c.Context(), a, d.ID, Change{
		Step: heard.Dialogue.Step, Lang: c.Lang(), Days: daysIn(string(body)),
		Bind: func(in form.Input) (form.Bound, error) { return form.BindJSON(in, body) },
	})
	if err != nil {
		return "", err
	}
	m.askEarly(c.Context(), a, saved.Draft, c.Lang())
	var told []string
	for _, wrong := range saved.Faults {
		if f, ok := saved.Input.Service.Field(wrong.Name); ok && f.Type == service.TypeSlot {
			told = append(told, c.FieldText(wrong))
		}
	}
	return lines(told...), nil
}

func (m *Module) turn(c *web.Context, d Draft, in form.Input, heard talk.Heard) error {
	turn, err := talk.Next(in, heard.Dialogue)
	if err != nil {
		return err
	}
	out := wireTurn{
		Says: lines(heard.Says, turn.Says), Wants: turn.Wants, Field: turn.Field, Options: turn.Options, Accept: turn.Accept,
		Files: heard.Files, Act: heard.Act, State: heard.Dialogue,
	}
	if heard.Act != talk.None || len(heard.Files) > 0 {
		out.Says = heard.Says
	}
	if turn.Wants == talk.WantFile {
		out.Upload = c.URL(d.stepPath(turn.Step))
	}
	return c.JSON(http.StatusOK, out)
}
