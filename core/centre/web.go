package centre

import (
	"errors"
	"strings"
	"time"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// Paths.
const (
	pathDesk   = "/desk/centre"
	pathVisits = "/desk/centre/visits/"
	pathMine   = "/account/visits"
)

// cookieReturn holds the ticket by which the official's session comes back.
const cookieReturn = "aside"

const lookCentre = "account.look.centre"

func (m *Module) routes(s *web.Server, pages *page.Site) {
	desk := func(name string, may act.Relation, changes bool) *web.Op {
		return s.Operation(act.Operation{Name: name, Object: "visit", May: may, Look: lookCentre, Changes: changes, PerMinute: 60, Timeout: registerWait})
	}
	see := desk("centre.desk", act.SameAgency, false)
	find := desk("centre.find", act.SameAgency, true)
	register := desk("centre.register", act.SameAgency, true)
	read := desk("centre.visit", act.Assigned, false)
	prove := desk("centre.prove", act.Assigned, true)
	contact := desk("centre.set_contact", act.Assigned, true)
	unfreeze := desk("centre.unfreeze", act.Assigned, true)
	join := desk("centre.join", act.Assigned, true)
	begin := desk("centre.begin", act.Assigned, true)
	end := desk("centre.end", act.Assigned, true)
	back := s.Operation(act.Operation{Name: "centre.return", May: act.Everyone, Changes: true, PerMinute: 30})
	backPage := s.Operation(act.Operation{Name: "centre.return_page", May: act.Everyone})
	mine := s.Operation(act.Operation{Name: "centre.visits", Object: "account", May: act.Self, Look: "centre.look.visits"})

	s.Page(see, "GET "+pathDesk, m.showDesk)
	s.Page(find, "POST "+pathDesk+"/find", m.postFind)
	s.Page(register, "POST "+pathDesk+"/register", m.postRegister)
	s.Page(read, "GET "+pathVisits+"{visit}", m.showVisit)
	s.Page(prove, "POST "+pathVisits+"{visit}/prove", m.postProve)
	s.Page(contact, "POST "+pathVisits+"{visit}/contact", m.postContact)
	s.Page(contact, "POST "+pathVisits+"{visit}/contact/code", m.postContactCode)
	s.Page(unfreeze, "POST "+pathVisits+"{visit}/unfreeze", m.postUnfreeze)
	s.Page(join, "POST "+pathVisits+"{visit}/join", m.postJoin)
	s.Page(join, "POST "+pathVisits+"{visit}/join/code", m.postJoinCode)
	s.Page(begin, "POST "+pathVisits+"{visit}/consent", m.postConsent)
	s.Page(begin, "POST "+pathVisits+"{visit}/begin", m.postBegin)
	s.Page(end, "POST "+pathVisits+"{visit}/end", m.postEnd)
	s.Page(backPage, "GET "+pathDesk+"/return", m.showReturn)
	s.Page(back, "POST "+pathDesk+"/return", m.postReturn)
	s.Page(mine, "GET "+pathMine, m.showMine)
	if pages != nil {
		pages.Add(page.MenuDesk, page.Link{Order: 5, Text: "centre.menu", Href: pathDesk, Icon: "identification-card", Show: isOfficial})
		pages.Add(page.MenuSecure, page.Link{Order: 95, Text: "centre.menu_visits", Href: pathMine, Icon: "buildings"})
		pages.Banner = banner
	}
}

// registerWait is longer than the population register is given.
const registerWait = 15 * time.Second

// atDesk is the centre's desk, as permission sees it.
func atDesk() act.Object { return act.Object{Kind: "visit", Agency: AgencyID()} }

func (m *Module) render(c *web.Context, titleKey string, faults []fault.Field, content pageBody) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(titleKey), Layout: page.Desk, Faulty: len(faults) > 0}, content)
}

// deskView is the page where an official begins.
type deskView struct {
	Serving []servingRow
	Typed   seenForm
	Faults  []fault.Field
	Nobody  bool // the search found nobody: an account may be opened
}

type servingRow struct {
	Serving
	Name lang.Name
}

// seenForm is what an official types of a person and their document.
type seenForm struct {
	Document   string   `json:"document" max:"20"`
	Tail       string   `json:"tail" max:"10"`
	Looked     bool     `json:"looked"`
	Place      string   `json:"place" max:"100"`
	Family     string   `json:"family" max:"200"`
	Given      string   `json:"given" max:"200"`
	Patronymic string   `json:"patronymic" max:"200"`
	Birth      page.Day `json:"birth"`
	SNILS      string   `json:"snils" max:"20"`
}

func (f seenForm) seen() Seen {
	birth, _ := f.Birth.Date() // no day is no birth date, which the check asks for
	return Seen{
		Document: Document(f.Document), Tail: strings.TrimSpace(f.Tail), Looked: f.Looked, Place: strings.TrimSpace(f.Place),
		Identity: account.Identity{Name: lang.Name{Family: f.Family, Given: f.Given, Patronymic: f.Patronymic}, Birth: birth, SNILS: f.SNILS},
	}
}

func (m *Module) showDesk(c *web.Context) error { return m.desk(c, deskView{}) }

func (m *Module) desk(c *web.Context, v deskView) error {
	if err := c.May(atDesk()); err != nil {
		return err
	}
	list, err := m.Serving(c.Context(), c.Act())
	if err != nil {
		return err
	}
	ids := make([]id.ID, len(list))
	for i, one := range list {
		ids[i] = one.Person
	}
	names, err := m.deps.Accounts.Names(c.Context(), c.Act(), "centre.look.visit", ids...)
	if err != nil {
		return err
	}
	for _, one := range list {
		v.Serving = append(v.Serving, servingRow{one, names[one.Person]})
	}
	return m.render(c, "centre.title", v.Faults, deskPage(c, v))
}

// postFind finds a person by what the official saw, or says that there is nobody, whatever the reason.
func (m *Module) postFind(c *web.Context) error {
	return m.opening(c, func(f seenForm) (Visit, error) { return m.Find(c.Context(), c.Act(), f.seen()) })
}

func (m *Module) postRegister(c *web.Context) error {
	return m.opening(c, func(f seenForm) (Visit, error) { return m.Register(c.Context(), c.Act(), f.seen(), c.Lang()) })
}

func (m *Module) opening(c *web.Context, open func(seenForm) (Visit, error)) error {
	if err := c.May(atDesk()); err != nil {
		return err
	}
	var form seenForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	v, err := open(form)
	if errors.Is(err, ErrNobody) {
		return m.desk(c, deskView{Typed: form, Nobody: true})
	}
	if faults, ok := shown(err); ok {
		return m.desk(c, deskView{Typed: form, Faults: faults})
	}
	if err != nil {
		return err
	}
	return c.Redirect(pathVisits + v.ID.String())
}

// shown turns an error that a form can show into its faults; false for any other.
func shown(err error) ([]fault.Field, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return nil, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.Gone, fault.TooMany:
	case fault.Unavailable:
		if f.ID != account.ErrRegister.ID {
			return nil, false
		}
	case fault.Missing, fault.Denied:
		if f.ID != ErrNobody.ID && f.ID != ErrSelf.ID && f.ID != account.ErrFrozen.ID && f.ID != account.ErrBlocked.ID {
			return nil, false
		}
	default:
		return nil, false
	}
	if len(f.Fields) > 0 {
		return f.Fields, true
	}
	return []fault.Field{{ID: f.ID, Params: f.Params}}, true
}

// visitView is the page of a visit that is under way.
type visitView struct {
	Visit  Visit
	Person account.Person
	Frozen bool
	Barred bool
	Open   bool
	Code   *codeView // a code is asked for
	Typed  contactForm
	Faults []fault.Field
}

// codeView is a code that was sent and waits for its digits.
type codeView struct {
	For    string // contact, join or begin
	Try    id.ID
	To     string // masked
	Drop   bool
	Forget bool
}

// served finds the visit that the path names and asks whether the official may. A visit that is not there and one of a
// colleague look alike.
func (m *Module) served(c *web.Context) (Visit, error) {
	visit, err := c.ID("visit")
	if err != nil {
		return Visit{}, err
	}
	row, err := m.home(c.Context(), visit)
	if errors.Is(err, store.ErrNone) {
		return Visit{}, ErrNobody
	}
	if err != nil {
		return Visit{}, err
	}
	if err := c.May(Visit{Person: row.Person, Official: row.Official}.Object()); err != nil {
		return Visit{}, err
	}
	return m.Visit(c.Context(), c.Act(), row.Person, row.ID)
}

func (m *Module) showVisit(c *web.Context) error {
	v, err := m.served(c)
	if err != nil {
		return err
	}
	return m.visitPage(c, visitView{Visit: v})
}

func (m *Module) visitPage(c *web.Context, view visitView) error {
	v := view.Visit
	if view.Open = v.Open(c.Now()); !view.Open { // what was seen in a visit is not seen after it
		return m.render(c, "centre.visit.title", view.Faults, visitPage(c, view))
	}
	var err error
	if view.Person, err = m.deps.Accounts.Person(c.Context(), in(c.Act(), v.ID), lookCentre, v.Person); err != nil {
		return err
	}
	accounts, err := m.deps.Accounts.AccountOf(c.Context(), v.Person)
	if err != nil {
		return err
	}
	for _, one := range accounts {
		b, err := m.deps.Accounts.Blocked(c.Context(), one)
		if err != nil {
			return err
		}
		view.Frozen, view.Barred = view.Frozen || b.Kind == account.Frozen, view.Barred || b.Kind == account.Barred
	}
	return m.render(c, "centre.visit.title", view.Faults, visitPage(c, view))
}

// after answers what was done in a visit: its page with the faults, or anew with a sentence.
func (m *Module) after(c *web.Context, v Visit, err error, said string) error {
	if faults, ok := shown(err); ok {
		return m.visitPage(c, visitView{Visit: v, Faults: faults})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", said)
	return c.Redirect(pathVisits + v.ID.String())
}

func (m *Module) postProve(c *web.Context) error {
	v, err := m.emptyForm(c)
	if err != nil {
		return err
	}
	return m.after(c, v, m.Prove(c.Context(), c.Act(), v), "centre.visit.proved")
}

func (m *Module) postUnfreeze(c *web.Context) error {
	v, err := m.emptyForm(c)
	if err != nil {
		return err
	}
	return m.after(c, v, m.Unfreeze(c.Context(), c.Act(), v), "centre.visit.unfrozen")
}

// emptyForm is the visit of a form that has no answers.
func (m *Module) emptyForm(c *web.Context) (Visit, error) {
	v, err := m.served(c)
	if err != nil {
		return v, err
	}
	_, err = c.Fields()
	return v, err
}

func (m *Module) postEnd(c *web.Context) error {
	v, err := m.emptyForm(c)
	if err != nil {
		return err
	}
	if err := m.End(c.Context(), c.Act(), v); err != nil {
		return err
	}
	c.SetFlash("success", "centre.visit.ended")
	return c.Redirect(pathDesk)
}

// mineRow is a visit in the person's own list.
type mineRow struct {
	Visit
	When string
}

func (m *Module) showMine(c *web.Context) error {
	if err := c.May(act.Object{Kind: "account", Holder: c.Person()}); err != nil {
		return err
	}
	list, err := m.Mine(c.Context(), c.Act())
	if err != nil {
		return err
	}
	rows := make([]mineRow, len(list))
	for i, v := range list {
		rows[i] = mineRow{v, lang.FullMoment(c.Lang(), v.Opened, m.deps.Zone)}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("centre.mine.title"), Layout: page.Account}, minePage(c, rows))
}

func (m *Module) showReturn(c *web.Context) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T("centre.return.title"), Layout: page.Plain}, returnPage(c, c.Cookie(cookieReturn) != ""))
}

// postReturn ends the visit of this browser and gives the official their session back.
func (m *Module) postReturn(c *web.Context) error {
	if _, err := c.Fields(); err != nil {
		return err
	}
	ticket := c.Cookie(cookieReturn)
	session, signed := c.Session()
	if ticket == "" {
		if signed && !session.By.IsZero() { // the cookie was lost: the visit ends all the same
			if err := m.deps.Accounts.Close(c.Context(), session.Person, session.ID); err != nil {
				return err
			}
			c.SignOut()
		}
		return c.Redirect("/sign-in?back=" + pathDesk)
	}
	entry, err := m.Return(c.Context(), c.Act(), ticket, session.ID)
	c.SetCookie(cookieReturn, "", 0)
	if errors.Is(err, ErrNoReturn) {
		if signed && !session.By.IsZero() {
			c.SignOut()
		}
		return c.Redirect("/sign-in?back=" + pathDesk)
	}
	if err != nil {
		return err
	}
	c.SignIn(entry.Token, entry.Ends.Sub(c.Now()))
	c.SetFlash("success", "centre.visit.ended")
	return c.Redirect(pathDesk)
}
