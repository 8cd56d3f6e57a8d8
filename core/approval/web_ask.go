package approval

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/seal"
	"posad.city/kit/web"
)

// flow is one kind of asking: its question and the page that waits for the answer.
type flow struct {
	kind  Kind
	page  string
	again string // where another question is begun
	post  bool   // by a form
}

var (
	qrFlow     = flow{QR, "/sign-in/qr", "/sign-in/qr", true}
	firstFlow  = flow{First, "/sign-in/push/wait", "/sign-in/push", false}
	secondFlow = flow{Second, "/sign-in/push/second/wait", "/sign-in/push/second", false}
)

// stage is what the waiting page shows.
type stage string

const (
	stageNone     stage = "" // nothing was asked, or long ago
	stageWaiting  stage = "waiting"
	stageApproved stage = "approved"
	stageRefused  stage = "refused"
	stageOver     stage = "over"
)

// overFor is how long a page says that its question is over before it forgets it.
const overFor = 5 * time.Minute

// stageOf tells what there is to show of a question. A no to a browser that the person has never signed in by looks like no
// answer at all: else it would tell that there is somebody.
func stageOf(q question, now time.Time) stage {
	switch {
	case State(q.State) == Used || !now.Before(q.Until.Add(overFor)):
		return stageNone
	case State(q.State) == Refused && (Kind(q.Kind) != First || q.Known):
		return stageRefused
	case !q.Until.After(now):
		return stageOver
	case State(q.State) == Approved:
		return stageApproved
	}
	return stageWaiting
}

// waitView is the page that shows the number and waits.
type waitView struct {
	flow   flow
	Stage  stage
	Number int64
	Code   string // the picture of the QR code, as a data address
	Side   int    // its width and height, pixels
	Back   string
}

func withBack(path, back string) string {
	if back == "/" || back == "" {
		return path
	}
	return path + "?" + url.Values{"back": {back}}.Encode()
}

func (m *Module) plain(c *web.Context, titleKey string, faults []fault.Field, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(titleKey), Layout: page.Plain, Faulty: len(faults) > 0, Htmx: true}, content)
}

// showWait shows how a question of this browser stands. The QR code's page begins one where there is none: a reader of
// codes has come for nothing else.
func (m *Module) showWait(c *web.Context, f flow) error {
	if done, err := m.astray(c, f); done || err != nil {
		return err
	}
	q, err := m.latest(c.Context(), m.visitOf(c), f.kind)
	if err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	v := waitView{flow: f, Back: c.Back()}
	if err == nil {
		v.Stage = stageOf(q, c.Now())
	}
	if v.Stage == stageNone && f.kind == QR {
		if err := m.begin(c, QR, asked{}); err != nil {
			return err
		}
		if q, err = m.latest(c.Context(), m.visitOf(c), f.kind); err != nil {
			return err
		}
		v.Stage = stageWaiting
	}
	switch v.Stage {
	case stageNone:
		return c.Redirect(withBack(f.again, v.Back))
	case stageWaiting:
		v.Number = q.Number
		if v.Code, v.Side, err = m.picture(c, q); err != nil {
			return err
		}
	}
	return m.plain(c, "approval."+string(f.kind)+".title", nil, waitPage(c, v))
}

// astray sends away whoever has no business on the page: who is signed in and wants to sign in, who is asked no second
// step.
func (m *Module) astray(c *web.Context, f flow) (bool, error) {
	if f.kind != Second {
		if c.Person().IsZero() {
			return false, nil
		}
		return true, c.Redirect(c.Back())
	}
	_, ok, err := m.accounts.Asked(c)
	if err != nil || ok {
		return false, err
	}
	return true, c.Redirect(withBack("/sign-in", c.Back()))
}

// Sizes of the picture, pixels and modules: it is read off a screen at arm's length.
const (
	codeScale = 6
	codeQuiet = 4 // on each side, drawn by kit/seal
)

// picture draws the code of a question and tells how wide it is.
func (m *Module) picture(c *web.Context, q question) (string, int, error) {
	if Kind(q.Kind) != QR {
		return "", 0, nil
	}
	code, err := seal.QR(c.URL("/approve/" + m.token(q.ID)))
	if err != nil {
		return "", 0, err
	}
	drawn, err := code.PNG(codeScale)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(drawn), (code.Size() + 2*codeQuiet) * codeScale, err
}

// showState tells a waiting page's script whether the page has changed: nothing while it has not, which may take a few
// seconds, then the page's own address.
func (m *Module) showState(c *web.Context, f flow) error {
	visit := m.visitOf(c)
	q, err := m.latest(c.Context(), visit, f.kind)
	if err == nil && stageOf(q, c.Now()) == stageWaiting {
		changed, leave, ok := m.watch.enter(q.ID)
		defer leave()
		if q, err = m.latest(c.Context(), visit, f.kind); err == nil && ok && stageOf(q, c.Now()) == stageWaiting {
			pause(c.Context(), changed, min(waitFor, q.Until.Sub(c.Now())))
			q, err = m.latest(c.Context(), visit, f.kind)
		}
	}
	if err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	if err == nil && stageOf(q, c.Now()) == stageWaiting {
		return c.Empty()
	}
	return c.Redirect(withBack(f.page, c.Back()))
}

// postFinish takes the yes: whoever waited is let in, or sent to their second step, or made surer.
func (m *Module) postFinish(c *web.Context, f flow) error {
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	if done, err := m.astray(c, f); done || err != nil {
		return err
	}
	proof, err := m.take(c.Context(), m.visitOf(c), f.kind)
	if errors.Is(err, ErrOver) {
		return c.Redirect(withBack(f.page, c.Back()))
	}
	if err != nil {
		return err
	}
	if f.kind == Second {
		who, ok, err := m.accounts.Asked(c)
		if err != nil {
			return err
		}
		if !ok || who.Account != proof.Account {
			return c.Redirect(withBack("/sign-in", c.Back()))
		}
	}
	return m.accounts.Finish(c, proof)
}

func (m *Module) postQR(c *web.Context) error {
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	if done, err := m.astray(c, qrFlow); done || err != nil {
		return err
	}
	if err := m.begin(c, QR, asked{}); err != nil {
		return err
	}
	return c.Redirect(withBack(qrFlow.page, c.Back()))
}

// contactView is the page that asks whose device is to be asked.
type contactView struct {
	Contact string
	Back    string
	Faults  []fault.Field
}

func (m *Module) showContact(c *web.Context) error {
	if done, err := m.astray(c, firstFlow); done || err != nil {
		return err
	}
	contact := c.Query("contact")
	if held, ok := c.Held(); ok {
		contact = held.Get("contact")
	}
	return m.plain(c, "approval.first.title", nil, contactPage(c, contactView{Contact: contact, Back: c.Back()}))
}

type contactForm struct {
	Contact string `json:"contact" max:"300"`
}

// postContact asks the devices of whoever has the contact. Nothing in the answer, nor the time that it takes, tells
// whether there is anybody: that is a job's work.
func (m *Module) postContact(c *web.Context) error {
	var form contactForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if done, err := m.astray(c, firstFlow); done || err != nil {
		return err
	}
	contact, err := account.ParseContact(form.Contact)
	if err == nil {
		err = m.begin(c, First, asked{Contact: contact.Value})
	}
	if faults, ok := shown(err, "contact"); ok {
		return m.base.Pages.Render(c, page.Options{Title: c.T("approval.first.title"), Layout: page.Plain, Faulty: true, Status: web.Status(fault.Of(err))},
			contactPage(c, contactView{form.Contact, c.Back(), faults}))
	}
	if err != nil {
		return err
	}
	return c.Redirect(withBack(firstFlow.page, c.Back()))
}

// shown turns an error that a form shows itself into its faults.
func shown(err error, field string) ([]fault.Field, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind != fault.Invalid && f.Kind != fault.TooMany && f.Kind != fault.Conflict {
		return nil, false
	}
	if len(f.Fields) > 0 {
		return f.Fields, true
	}
	if f.Kind != fault.Invalid {
		field = ""
	}
	return []fault.Field{{Name: field, ID: f.ID, Params: f.Params}}, true
}

func (m *Module) showSecond(c *web.Context) error {
	if done, err := m.astray(c, secondFlow); done || err != nil {
		return err
	}
	return m.plain(c, "approval.second.title", nil, secondPage(c, c.Back()))
}

func (m *Module) postSecond(c *web.Context) error {
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	who, ok, err := m.accounts.Asked(c)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect(withBack("/sign-in", c.Back()))
	}
	if err := m.begin(c, Second, asked{Account: who.Account, Person: who.Person}); err != nil {
		return err
	}
	return c.Redirect(withBack(secondFlow.page, c.Back()))
}

// showWaits tells an open page's script what to say of a question that waits for its person: nothing, or a sentence. It
// is asked with no cookie, so that a forgotten page keeps no session open.
func (m *Module) showWaits(c *web.Context) error {
	person, err := m.byPollKey(c.Request().Header.Get("X-Approver"))
	if err != nil {
		return c.Empty()
	}
	count, err := m.pendingOf(c.Context(), person)
	if err != nil {
		return err
	}
	if count == 0 {
		return c.Empty()
	}
	return c.Data("text/plain; charset=utf-8", fmt.Append(nil, c.T("approval.push.text")))
}
