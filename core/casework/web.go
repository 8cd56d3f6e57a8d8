package casework

import (
	"slices"
	"strings"

	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) showCases(c *web.Context) error {
	if err := c.May(own(c.Person())); err != nil {
		return err
	}
	lines, err := m.Mine(c.Context(), c.Act())
	if err != nil {
		return err
	}
	if asked := c.Query("for"); asked != "" {
		lines = slices.DeleteFunc(lines, func(l Line) bool { return l.Holder.String() != asked })
	}
	rows, err := m.rows(c, lines)
	if err != nil {
		return err
	}
	if c.Query("for") == "" {
		asked, err := m.signRows(c)
		if err != nil {
			return err
		}
		signed, err := m.signedRows(c)
		if err != nil {
			return err
		}
		rows = append(append(asked, rows...), signed...)
	}
	acting, err := m.listFor(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("casework.title"), Layout: page.Account, Acting: acting}, listPage(c, rows))
}

// signRows are the cases of others that wait for the person's signature.
func (m *Module) signRows(c *web.Context) ([]ui.RowItem, error) {
	lines, err := m.ToSign(c.Context(), c.Act())
	var out []ui.RowItem
	for _, l := range lines {
		if l.State == SignWaiting {
			item := ui.RowItem{Text: m.serviceTitle(l.Service, c.Lang()) + " · " + id.FormatNumber(l.Number), Href: signPath(l.Number), Quiet: true,
				Tag: &ui.TagProps{Text: c.T("casework.to_sign"), Tone: ui.Warning}}
			if !l.Due.IsZero() {
				item.Value = lang.Moment(c.Lang(), l.Due, c.Now(), m.zone())
			}
			out = append(out, item)
		}
	}
	return out, err
}

// listFor says whose cases alone the list shows, where the address names somebody for whom the person may look.
func (m *Module) listFor(c *web.Context) (*ui.Acting, error) {
	asked := c.Query("for")
	if asked == "" || asked == c.Person().String() {
		return nil, nil
	}
	others, err := m.deps.Family.Acting(c.Context(), c.Act(), c.Person())
	for _, other := range others {
		if other.Giver.String() == asked && slices.Contains(other.Scopes, mandate.ScopeRead) {
			return &ui.Acting{
				Text: c.T("mandate.acting", "name", other.Called(c.Lang())),
				Link: ui.Link{Text: c.T("mandate.acting_what"), Href: "/account/mandates/" + other.ID.String()},
			}, nil
		}
	}
	return nil, err
}

// rows are the lines of the list: what it is, how it stands, by when, for whom.
func (m *Module) rows(c *web.Context, lines []Line) ([]ui.RowItem, error) {
	var children []id.ID
	for _, line := range lines {
		if !c.Act().Is(line.Holder) && line.Company == "" {
			children = append(children, line.Holder)
		}
	}
	names, err := m.deps.People.Names(c.Context(), c.Act(), "casework.look.list", children...)
	if err != nil {
		return nil, err
	}
	out := make([]ui.RowItem, 0, len(lines))
	for _, line := range lines {
		text := m.serviceTitle(line.Service, c.Lang()) + " · " + id.FormatNumber(line.Number)
		if name, ok := names[line.Holder]; ok {
			text += " · " + name.In(c.Lang())
		}
		if line.Company != "" {
			text += " · " + line.Company
		}
		item := ui.RowItem{Text: text, Href: casePath(line.Number), Quiet: true, Muted: line.Status == StatusWithdrawn,
			Tag: &ui.TagProps{Text: c.T("casework.status." + string(line.Status)), Tone: statusTones[line.Status]}}
		if !line.Due.IsZero() {
			item.Value = lang.Moment(c.Lang(), line.Due, c.Now(), m.zone())
		}
		out = append(out, item)
	}
	return out, nil
}

func (m *Module) showCase(c *web.Context) error {
	r, coSigner, err := m.mayRead(c)
	if err != nil {
		return err
	}
	if coSigner {
		return m.showCoSigned(c, r)
	}
	return m.renderCase(c, r, typed{})
}

// typed is what a person typed into the case's page that was not taken, with its fault.
type typed struct {
	Form  string // answer, withdraw, rate
	Words string
	Stars int
	Fault *fault.Fault
}

func (t typed) at(form string) typed {
	if t.Form != form {
		return typed{}
	}
	return t
}

func (m *Module) renderCase(c *web.Context, r Ref, t typed) error {
	v, err := m.view(c.Context(), c.Act(), r, c.Lang())
	if err != nil {
		return err
	}
	if q := v.openOf(); q != nil && t.Form == "" {
		if held, ok := c.Held(); ok {
			t = typed{Form: "answer", Words: held.Get("words")}
		}
	}
	c.Version(v.Revision)
	crumbs := []ui.Link{{Text: c.T("casework.title"), Href: "/cases"}, {Text: id.FormatNumber(v.Number)}}
	return m.base.Pages.Render(c, page.Options{Title: v.Title, Layout: page.Account, Crumbs: crumbs, Faulty: t.Fault != nil}, casePage(m, c, v, t))
}

// again shows the page with what was typed when the fault is the person's to mend, else gives the error on.
func (m *Module) again(c *web.Context, r Ref, t typed, err error) error {
	f := fault.Of(err)
	if f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
		return err
	}
	t.Fault = f
	return m.renderCase(c, r, t)
}

// sentAnswer is the answer to a question as it is posted.
type sentAnswer struct {
	Question id.ID      `json:"question"`
	Words    string     `json:"words" max:"6000"`
	Files    []web.File `json:"files"`
}

func (s sentAnswer) answer(r Ref) Answer {
	out := Answer{Holder: r.Holder, Case: r.ID, Question: s.Question, Words: s.Words}
	for _, f := range s.Files {
		if f.Name != "" || len(f.Data) > 0 { // a browser posts a nameless one for no file
			out.Files = append(out.Files, f)
		}
	}
	return out
}

func (m *Module) postAnswer(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentAnswer
	if err := c.Bind(&sent); err != nil {
		return m.again(c, r, typed{Form: "answer", Words: sent.Words}, err)
	}
	if _, err := m.Answer(c.Context(), c.Act(), sent.answer(r)); err != nil {
		return m.again(c, r, typed{Form: "answer", Words: sent.Words}, err)
	}
	c.SetFlash("success", "casework.flash_answered")
	return c.Redirect(casePath(r.Number))
}

// sentWithdrawal is the wish to end a case as it is posted.
type sentWithdrawal struct {
	Words string `json:"words" max:"6000"`
}

func (m *Module) postWithdraw(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentWithdrawal
	if err := c.Bind(&sent); err != nil {
		return m.again(c, r, typed{Form: "withdraw", Words: sent.Words}, err)
	}
	if _, err := m.Withdraw(c.Context(), c.Act(), Withdrawal{Holder: r.Holder, Case: r.ID, Words: sent.Words}); err != nil {
		return m.again(c, r, typed{Form: "withdraw", Words: sent.Words}, err)
	}
	c.SetFlash("success", "casework.flash_withdrawn")
	return c.Redirect(casePath(r.Number))
}

// sentRating is a rating as it is posted.
type sentRating struct {
	Stars int    `json:"stars"`
	Words string `json:"words" max:"6000"`
}

func (m *Module) postRating(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentRating
	if err := c.Bind(&sent); err != nil {
		return m.again(c, r, typed{Form: "rate", Words: sent.Words}, err)
	}
	if _, err := m.Rate(c.Context(), c.Act(), Rating{Holder: r.Holder, Case: r.ID, Stars: sent.Stars, Words: sent.Words}); err != nil {
		return m.again(c, r, typed{Form: "rate", Words: sent.Words, Stars: sent.Stars}, err)
	}
	c.SetFlash("success", "casework.flash_rated")
	return c.Redirect(casePath(r.Number))
}

// sentCorrection is a mistake in a document as it is posted: the place is DOCUMENT/LINE, the line empty for another place.
type sentCorrection struct {
	Place string `json:"place" max:"120"`
	Words string `json:"words" max:"6000"`
}

func (s sentCorrection) mistake(r Ref) Mistake {
	document, fact, _ := strings.Cut(s.Place, "/")
	out := Mistake{Holder: r.Holder, Case: r.ID, Fact: fact, Words: s.Words}
	out.Document, _ = id.Parse(document) // one that is none is no document of the case
	return out
}

func (m *Module) postCorrection(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentCorrection
	if err := c.Bind(&sent); err != nil {
		return m.again(c, r, typed{Form: "correct", Words: sent.Words}, err)
	}
	if _, err := m.AskCorrection(c.Context(), c.Act(), sent.mistake(r)); err != nil {
		return m.again(c, r, typed{Form: "correct", Words: sent.Words}, err)
	}
	c.SetFlash("success", "casework.flash_correction")
	return c.Redirect(casePath(r.Number))
}

func (m *Module) sendReceipt(c *web.Context) error  { return m.receipt(c, false) }
func (m *Module) sendDecision(c *web.Context) error { return m.receipt(c, true) }

func (m *Module) receipt(c *web.Context, decision bool) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	file, err := m.Receipt(c.Context(), c.Act(), r.Holder, r.ID, decision)
	if err != nil {
		return err
	}
	name := r.Number
	if decision {
		name += "-decision"
	}
	return c.File(web.File{Name: name + ".posad.json", Type: "application/json", Data: file}, false)
}
