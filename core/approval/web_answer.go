package approval

import (
	"context"
	"errors"
	"strconv"

	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// questionView is the page on which a person says yes or no.
type questionView struct {
	Action   string
	Browser  string // empty: nothing is known
	When     string
	Distance Distance
	Choices  []int64
	QR       bool
	Known    bool
	Faults   []fault.Field
}

func (m *Module) view(c *web.Context, q question, action string) questionView {
	return questionView{
		Action: action, Browser: q.asked.Browser, When: lang.Time(c.Lang(), q.Begun.In(m.deps.Zone)), Distance: m.distance(q, c.Address()),
		Choices: q.choices(), QR: Kind(q.Kind) == QR, Known: q.Known,
	}
}

// signedApprover is the person who is signed in, for the faces that nobody else has.
func (m *Module) signedApprover(c *web.Context) (approver, error) {
	who, _, err := m.approverOf(c)
	return who, err
}

// showQRQuestion shows what a QR code asks. It is seen by signed-in people alone, and a sign-in on the way to it comes
// back here: no code lets anybody in unseen.
func (m *Module) showQRQuestion(c *web.Context) error {
	number, err := m.byToken(c.Path("token"))
	if err != nil {
		return err
	}
	if _, err := m.signedApprover(c); err != nil {
		return err
	}
	return m.questionPage(c, number, "/approve/"+c.Path("token"), nil)
}

func (m *Module) questionPage(c *web.Context, number id.ID, action string, faults []fault.Field) error {
	q, err := m.question(c.Context(), number)
	if err != nil {
		return err
	}
	if !q.open(c.Now()) {
		return ErrOver
	}
	v := m.view(c, q, action)
	v.Faults = faults
	return m.plain(c, "approval.question.title", faults, questionPage(c, v))
}

type answerForm struct {
	Number int64 `json:"number"`
	Refuse bool  `json:"refuse"`
	NotMe  bool  `json:"not_me"`
}

func (m *Module) postQRAnswer(c *web.Context) error {
	number, err := m.byToken(c.Path("token"))
	if err != nil {
		return err
	}
	who, err := m.signedApprover(c)
	if err != nil {
		return err
	}
	return m.answerForm(c, who, number, "/approve/"+c.Path("token"))
}

func (m *Module) answerForm(c *web.Context, who approver, number id.ID, action string) error {
	var form answerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	v, err := m.answer(c.Context(), who, number, answer(form))
	if errors.Is(err, ErrNumber) {
		return m.questionPage(c, number, action, []fault.Field{{Name: "number", ID: ErrNumber.ID}})
	}
	if err != nil {
		return err
	}
	tone := "success"
	if v == wrong {
		tone = "warning"
	}
	c.SetFlash(tone, "approval.answered."+string(v))
	return c.Redirect("/approve")
}

// mine is who may answer here and the question of the path, if it is theirs; without anybody, the person is sent to sign
// in and comes back.
func (m *Module) mine(c *web.Context) (approver, question, error) {
	who, ok, err := m.approverOf(c)
	if err != nil {
		return who, question{}, err
	}
	if !ok {
		return who, question{}, errUnsigned
	}
	number, err := c.ID("id")
	if err != nil {
		return who, question{}, ErrMissing
	}
	q, err := m.question(c.Context(), number)
	if err == nil && (Kind(q.Kind) == QR || q.Person != who.person) {
		err = ErrMissing
	}
	return who, q, err
}

// errUnsigned has kit/web send a person to the sign-in page and back.
var errUnsigned = fault.New(fault.Unsigned, "web.unsigned")

func (m *Module) showQuestion(c *web.Context) error {
	who, q, err := m.mine(c)
	if err != nil {
		return err
	}
	if who.way.IsZero() && !who.fresh {
		return errFresh
	}
	return m.questionPage(c, q.ID, c.Request().URL.Path, nil)
}

func (m *Module) postAnswer(c *web.Context) error {
	who, q, err := m.mine(c)
	if err != nil {
		return err
	}
	return m.answerForm(c, who, q.ID, c.Request().URL.Path)
}

// listView is the page of what waits.
type listView struct {
	Questions []listed
	Signed    bool
}

type listed struct{ Href, Browser, When string }

// showList shows what waits for whoever answers in this browser, and how the last answer went.
func (m *Module) showList(c *web.Context) error {
	who, ok, err := m.approverOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return errUnsigned
	}
	list, err := m.waiting(c.Context(), who.person)
	if err != nil {
		return err
	}
	v := listView{Signed: who.signed}
	for _, q := range list {
		v.Questions = append(v.Questions, listed{
			"/approve/push/" + q.ID.String(), q.asked.Browser, lang.Ago(c.Lang(), q.Begun, c.Now(), m.deps.Zone),
		})
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("approval.list.title"), Layout: page.Plain}, listPage(c, v))
}

// pending is how many questions wait for the signed-in person.
func (m *Module) pending(c *web.Context) int {
	list, err := m.pendingOf(c.Context(), c.Person())
	if err != nil {
		return 0 // the menu is not worth an error; the page itself will tell
	}
	return list
}

// pendingOf is how many questions wait for a person. Nearly always memory knows that there are none.
func (m *Module) pendingOf(ctx context.Context, person id.ID) (int, error) {
	until, ok := m.watch.maybe(person)
	if person.IsZero() || !ok {
		return 0, nil
	}
	list, err := m.waiting(ctx, person)
	if err == nil && len(list) == 0 {
		m.watch.settled(person, until)
	}
	return len(list), err
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
