package certificate

import (
	"encoding/hex"
	"errors"
	"net/url"
	"strings"
	"time"

	"crypto/x509"

	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// The pages.
const (
	enterPath    = "/sign-in/certificate"
	textPath     = "/sign-in/certificate/text"
	ticketPath   = "/sign-in/certificate/ticket"
	newPath      = "/sign-in/certificate/new"
	doorPath     = "/sign-in/certificate/tls" // on the host that asks for certificates
	linkPath     = "/account/certificate/link"
	adminPath    = "/admin/certificates"
	securityPath = "/account/security"
)

// bodyMost is the largest form with a signed file, bytes.
const bodyMost = 512 << 10

// checkWait is how long a certificate may take to be checked: a responder and a list of each link.
const checkWait = 25 * time.Second

// own is the permission's object for the signed-in person's own account.
func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func (m *Module) routes(s *web.Server, pages *page.Site) {
	see := s.Operation(act.Operation{Name: "certificate.sign_in_page", May: act.Everyone})
	enter := s.Operation(act.Operation{Name: "certificate.sign_in", May: act.Everyone, Changes: true, PerMinute: 30, Body: bodyMost, Timeout: checkWait, NotAtCentre: true})
	arrive := s.Operation(act.Operation{Name: "certificate.arrive", May: act.Everyone, PerMinute: 30, Timeout: checkWait, NotAtCentre: true})
	begin := s.Operation(act.Operation{Name: "certificate.begin", May: act.Everyone, Changes: true, PerMinute: 30, Timeout: checkWait, NotAtCentre: true})
	s.Page(see, "GET "+enterPath, m.showEnter)
	s.Page(see, "GET "+textPath, m.showText)
	s.Page(enter, "POST "+enterPath, m.postSigned)
	s.Page(arrive, "GET "+ticketPath, m.showTicket)
	s.Page(arrive, "GET "+newPath, m.showNew)
	s.Page(begin, "POST "+newPath, m.postNew)
	offer := s.Operation(act.Operation{Name: "certificate.link_page", Object: "account", May: act.Self, Look: lookProfile, Timeout: checkWait})
	link := s.Operation(act.Operation{
		Name: "certificate.link", Object: "account", May: act.Self, Look: lookProfile, Changes: true, Fresh: act.Lately, PerMinute: 10, Timeout: checkWait,
	})
	s.Page(offer, "GET "+linkPath, m.showLink)
	s.Page(link, "POST "+linkPath, m.postLink)
	m.adminRoutes(s, pages)
}

// typed is what was wrong, with the status that the page is answered with.
type typed struct {
	status int
	fields []fault.Field
}

// shownFault turns an error that a page itself can show into its words; false for any other. at is the field that a fault
// of what was sent is put at, "" for the top of the form.
func shownFault(err error, at string) (typed, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return typed{}, false
	}
	switch f.Kind {
	case fault.Invalid:
	case fault.Gone, fault.TooMany, fault.Conflict:
		at = ""
	case fault.Unavailable:
		if f.ID != ErrSilent.ID && f.ID != account.ErrRegister.ID {
			return typed{}, false
		}
		at = ""
	default:
		return typed{}, false
	}
	if len(f.Fields) > 0 {
		return typed{web.Status(f), f.Fields}, true
	}
	return typed{web.Status(f), []fault.Field{{Name: at, ID: f.ID, Params: f.Params}}}, true
}

func (m *Module) plain(c *web.Context, title string, t typed, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(title), Layout: page.Plain, Faulty: len(t.fields) > 0, Status: t.status}, content)
}

func withBack(path, back string) string {
	if back == "/" || back == "" {
		return path
	}
	return path + "?" + url.Values{"back": {back}}.Encode()
}

func (m *Module) day(c *web.Context, at time.Time) string {
	return lang.Date(c.Lang(), calendar.DateOf(at, m.deps.Zone))
}

// serialOf is a certificate's number as authorities write it.
func serialOf(c *x509.Certificate) string {
	return strings.ToUpper(hex.EncodeToString(c.SerialNumber.Bytes()))
}

// enterView is the page of both roads.
type enterView struct {
	Offered     bool
	Signed      bool // somebody is signed in: they prove themselves once more, or add a certificate
	Connect     string
	Text        string
	Challenge   string
	Authorities []string
	Back        string
	Faults      []fault.Field
}

func (m *Module) showEnter(c *web.Context) error {
	return m.enterPage(c, wrongOf(c.Query("wrong")))
}

// enterPage shows both roads with a fresh challenge, and what was wrong with the last one.
func (m *Module) enterPage(c *web.Context, wrong error) error {
	t, ok := shownFault(wrong, "signature")
	if wrong != nil && !ok {
		return wrong
	}
	v := enterView{Offered: m.offered(), Signed: !c.Person().IsZero(), Back: c.Back(), Faults: t.fields}
	if v.Offered {
		ch, err := m.newChallenge(c)
		if err != nil {
			return err
		}
		values := url.Values{"try": {ch.token}, "back": {v.Back}}.Encode()
		v.Challenge, v.Text = ch.token, textPath+"?"+url.Values{"try": {ch.token}}.Encode()
		if m.connects() {
			v.Connect = strings.TrimRight(m.deps.Config.Address, "/") + doorPath + "?" + values
		}
	}
	for _, s := range m.sources {
		v.Authorities = append(v.Authorities, s.Name)
	}
	return m.plain(c, "certificate.enter.title", t, enterPage(c, v))
}

// showText gives the text to sign, as a file.
func (m *Module) showText(c *web.Context) error {
	ch, err := m.mine(c, c.Query("try"))
	if err != nil {
		return m.enterPage(c, err)
	}
	return c.File(web.File{Name: "posad-sign-in.txt", Type: "text/plain; charset=utf-8", Data: m.text(ch)}, false)
}

type signedForm struct {
	Try       string   `json:"try" max:"300"`
	Signature web.File `json:"signature"`
	Pasted    string   `json:"pasted" max:"400000"`
}

func (f signedForm) file() []byte {
	if len(f.Signature.Data) > 0 {
		return f.Signature.Data
	}
	return []byte(f.Pasted)
}

// postSigned takes a signed file.
func (m *Module) postSigned(c *web.Context) error {
	var form signedForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.signedIn(c, form); err != nil {
		return m.enterPage(c, err)
	}
	return nil
}

func (m *Module) signedIn(c *web.Context, form signedForm) error {
	ch, err := m.mine(c, form.Try)
	if err != nil {
		return err
	}
	if len(form.file()) == 0 {
		return ErrFile
	}
	for _, limit := range []struct {
		guard, key string
		most       int
	}{{"certificate.signature", m.deps.Accounts.Visit(c), triesHere}, {"certificate.signature_from", account.Network(c), triesFrom}} {
		if err := m.deps.Accounts.Limit(c.Context(), limit.guard, limit.key, limit.most, challengeLife); err != nil {
			return err
		}
	}
	p, err := m.readSigned(c.Context(), ch, form.file())
	if err != nil {
		return err
	}
	return m.arrive(c, p, ch.use())
}

// showTicket goes on with what the other host has taken. It changes something on GET, as every return from another host
// must: the ticket is good once, for a minute, and only in the browser that asked.
func (m *Module) showTicket(c *web.Context) error {
	if err := m.ticket(c); err != nil {
		return m.enterPage(c, err)
	}
	return nil
}

func (m *Module) ticket(c *web.Context) error {
	visits, err := m.visits(c)
	if err != nil {
		return err
	}
	s, used, err := m.peek(c.Context(), stageTicket, c.Query("ticket"), visits...)
	if err != nil {
		return err
	}
	leaf, others, err := s.certificates()
	if err != nil {
		return err
	}
	p, err := m.examine(c.Context(), leaf, others, byConnection)
	if err != nil {
		return err
	}
	return m.arrive(c, p, used)
}
