package certificate

import (
	"net/url"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// certView is a certificate as its holder sees it.
type certView struct {
	Subject   Subject
	Authority string
	Serial    string
	Until     string
}

func (m *Module) certView(c *web.Context, p proof) certView {
	return certView{p.subject, p.authority, serialOf(p.leaf), m.day(c, p.leaf.NotAfter)}
}

// rows are what a certificate says.
func (v certView) rows(c *web.Context) []ui.SummaryRow {
	var out []ui.SummaryRow
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.SummaryRow{Name: c.T("certificate.field." + key), Value: value})
		}
	}
	if v.Subject.Name.Family != "" {
		add("name", v.Subject.Name.Full(c.Lang()))
	}
	add("snils", account.FormatSNILS(v.Subject.SNILS))
	add("organisation", v.Subject.Organisation)
	add("ogrn", v.Subject.OGRN)
	add("title", v.Subject.Title)
	add("authority", v.Authority)
	add("until", v.Until)
	add("serial", v.Serial)
	return out
}

// newView is the page of a certificate that nobody signs in by yet. It is the same whoever its holder is.
type newView struct {
	Cert   certView
	Link   string // sign in the usual way, then link
	After  string // where a new account goes on
	Faults []fault.Field
}

func (m *Module) showNew(c *web.Context) error {
	if !c.Person().IsZero() {
		return c.Redirect(withBack(linkPath, c.Back()))
	}
	return m.newPage(c, nil, c.Back())
}

func (m *Module) newPage(c *web.Context, wrong error, back string) error {
	p, _, err := m.waiting(c)
	if err != nil {
		return m.enterPage(c, err)
	}
	t, ok := shownFault(wrong, "")
	if wrong != nil && !ok {
		return wrong
	}
	after := withBack(linkPath, back)
	v := newView{Cert: m.certView(c, p), Link: "/sign-in?" + url.Values{"back": {after}}.Encode(), After: after, Faults: t.fields}
	return m.plain(c, "certificate.new.title", t, newPage(c, v))
}

// postNew begins an account. Its field back leads to the page that confirms who the person is.
func (m *Module) postNew(c *web.Context) error {
	var form struct{}
	if err := c.Bind(&form); err != nil {
		return err
	}
	if !c.Person().IsZero() {
		return c.Redirect(linkPath)
	}
	made, err := m.begin(c)
	if err != nil {
		return m.newPage(c, err, backOf(c.Back()))
	}
	return m.deps.Accounts.Finish(c, made)
}

// backOf is where the page of linking leads to in the end.
func backOf(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.Path != linkPath || !web.LocalPath(u.Query().Get("back")) {
		return "/"
	}
	return u.Query().Get("back")
}

// linkView is the page on which the one who is signed in links the certificate, or is confirmed by it.
type linkView struct {
	Cert     certView
	Identify bool // it is their way in already: only who they are is confirmed
	AskBirth bool
	Raises   bool
	Birth    page.Day
	Back     string
	Faults   []fault.Field
}

func (m *Module) showLink(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v := linkView{Back: c.Back()}
	if held, ok := c.Held(); ok {
		v.Birth = page.DayHeld(held, "birth")
	}
	return m.linkPage(c, nil, v)
}

func (m *Module) linkPage(c *web.Context, wrong error, v linkView) error {
	p, _, err := m.waiting(c)
	if err != nil {
		return m.enterPage(c, err)
	}
	t, ok := shownFault(wrong, "")
	if wrong != nil && !ok {
		return wrong
	}
	person, err := m.deps.Accounts.Person(c.Context(), c.Act(), lookProfile, c.Person())
	if err != nil {
		return err
	}
	session, _ := c.Session()
	kept, err := m.keptFor(c, p, session)
	if err != nil {
		return m.enterPage(c, err)
	}
	what, err := decideLink(person, p.subject)
	if err != nil {
		return m.enterPage(c, err)
	}
	v.Cert, v.Faults, v.Identify = m.certView(c, p), t.fields, !kept.ID.IsZero()
	v.Raises = what.Raise && person.Level < act.Verified
	v.AskBirth = what.Confirm && person.Birth.IsZero() && p.subject.Birth.IsZero()
	return m.base.Pages.Render(c, page.Options{
		Title: c.T(v.title()), Layout: page.Plain, Faulty: len(t.fields) > 0, Status: t.status,
	}, linkPage(c, v))
}

func (v linkView) title() string {
	if v.Identify {
		return "certificate.link.identify_title"
	}
	return "certificate.link.title"
}

func (m *Module) postLink(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form struct {
		Birth page.Day `json:"birth"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	v := linkView{Birth: form.Birth, Back: c.Back()}
	birth, ok := form.Birth.Date()
	if !ok {
		return m.linkPage(c, account.ErrFields.With(fault.Field{Name: "birth", ID: "account.birth_form"}), v)
	}
	proved, err := m.link(c, birth)
	if err != nil {
		return m.linkPage(c, err, v)
	}
	c.SetFlash("success", "certificate.link.done")
	return m.deps.Accounts.Finish(c, proved)
}
