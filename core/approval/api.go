package approval

import (
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

type questionBody struct {
	ID      id.ID     `json:"id"`
	Kind    string    `json:"kind" doc:"qr: for whoever has read the code; first: a sign-in by a contact; second: a second step"`
	Browser string    `json:"browser" doc:"The browser and system that want to be let in, in words; empty when not known"`
	Known   bool      `json:"known" doc:"I have signed in by that browser before"`
	Network string    `json:"network" doc:"same, near, far, unknown: how far its network is from the one of this call"`
	Choices []int64   `json:"choices" doc:"Three numbers, of which the person presses the one that they see there"`
	Begun   time.Time `json:"begun"`
	Until   time.Time `json:"until"`
}

func (m *Module) body(c *web.Context, q question) questionBody {
	return questionBody{
		ID: q.ID, Kind: q.Kind, Browser: q.asked.Browser, Known: q.Known, Network: string(m.distance(q, c.Address())),
		Choices: q.choices(), Begun: q.Begun, Until: q.Until,
	}
}

func (m *Module) apiList(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if _, err := m.signedApprover(c); err != nil {
		return err
	}
	list, err := m.waiting(c.Context(), c.Person())
	if err != nil {
		return err
	}
	out := make([]questionBody, len(list))
	for i, q := range list {
		out[i] = m.body(c, q)
	}
	return c.JSON(http.StatusOK, out)
}

// named is the question of the path: by its id when it is put to this person, by a QR code's token when it is put to
// whoever reads it.
func (m *Module) named(c *web.Context, who approver) (question, error) {
	number, err := c.ID("id")
	byToken := err != nil
	if byToken {
		if number, err = m.byToken(c.Path("id")); err != nil {
			return question{}, err
		}
	}
	q, err := m.question(c.Context(), number)
	switch {
	case err != nil:
		return q, err
	case byToken != (Kind(q.Kind) == QR), !byToken && q.Person != who.person:
		return question{}, ErrMissing
	case !q.open(c.Now()):
		return question{}, ErrOver
	}
	return q, nil
}

func (m *Module) apiQuestion(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	who, err := m.signedApprover(c)
	if err != nil {
		return err
	}
	q, err := m.named(c, who)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.body(c, q))
}

type answerBody struct {
	Number int64 `json:"number,omitempty" doc:"The number that the person pressed; leave it out to refuse"`
	Refuse bool  `json:"refuse,omitempty"`
	NotMe  bool  `json:"not_me,omitempty" doc:"Refuse, and let unknown browsers ask nothing for a day"`
}

type verdictBody struct {
	Answer string `json:"answer" doc:"yes; no; wrong: the number was not the right one and the sign-in is refused; not_me"`
}

func (m *Module) apiAnswer(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body answerBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	who, err := m.signedApprover(c)
	if err != nil {
		return err
	}
	q, err := m.named(c, who)
	if err != nil {
		return err
	}
	v, err := m.answer(c.Context(), who, q.ID, answer(body))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, verdictBody{string(v)})
}
