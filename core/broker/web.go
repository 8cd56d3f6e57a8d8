package broker

import (
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// own is the permission's object for the signed-in person's own account.
func own(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

func (m *Module) routes(s *web.Server, pages *page.Site) {
	m.signInRoutes(s)
	m.leaveRoutes(s)
	m.adminRoutes(s, pages)
}

func (m *Module) signInRoutes(s *web.Server) {
	choose := s.Operation(act.Operation{Name: "broker.choose", May: act.Everyone})
	begin := s.Operation(act.Operation{Name: "broker.begin", May: act.Everyone, PerMinute: 120, Timeout: 20 * time.Second})
	back := s.Operation(act.Operation{Name: "broker.return", May: act.Everyone, PerMinute: 240, Timeout: 30 * time.Second})
	see := s.Operation(act.Operation{Name: "broker.found", May: act.Everyone, PerMinute: 240})
	register := s.Operation(act.Operation{Name: "broker.register", May: act.Everyone, Changes: true, PerMinute: 10})
	add := s.Operation(act.Operation{Name: "broker.add", Object: "account", May: act.Self, PerMinute: 30, Timeout: 20 * time.Second, Fresh: act.Lately})
	link := s.Operation(act.Operation{
		Name: "broker.link", Object: "account", May: act.Self, Look: "account.look.profile", Changes: true, PerMinute: 30, Fresh: act.Lately,
	})
	s.Page(choose, "GET /sign-in/provider", m.showChoice)
	s.Page(begin, "GET /sign-in/provider/{key}", m.showBegin)
	s.Page(back, "GET /sign-in/provider/{key}/return", m.showReturn)
	s.Page(see, "GET /sign-in/provider/found", m.showFound)
	s.Page(register, "POST /sign-in/provider/new", m.postNew)
	s.Page(add, "GET /account/provider", m.showAdd)
	s.Page(add, "GET /account/provider/{key}", m.showAddBegin)
	s.Page(link, "POST /account/provider/link", m.postLink)
}

// offered tells whether there is a provider to sign in by.
func (m *Module) offered(c *web.Context) bool { return len(m.choices(c)) > 0 }

// choices are the providers that work, as the pages list them. One that cannot be read is not offered; the log says why.
func (m *Module) choices(c *web.Context) []Provider {
	all, err := m.Providers(c.Context())
	if err != nil {
		m.base.Log.Error("providers could not be read", "error", err)
	}
	return slices.DeleteFunc(all, func(p Provider) bool { return !p.On })
}

// offerTitle names the only provider, or all of them together.
func (m *Module) offerTitle(c *web.Context) string {
	if list := m.choices(c); len(list) == 1 {
		return list[0].Title(c.Lang())
	}
	return c.T("broker.offer.title")
}

func withBack(path, back string) string { return path + "?" + url.Values{"back": {back}}.Encode() }

// showChoice lists the providers; where there is one, the choice is made.
func (m *Module) showChoice(c *web.Context) error { return m.choose(c, "/sign-in/provider/") }

func (m *Module) showAdd(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.choose(c, "/account/provider/")
}

func (m *Module) choose(c *web.Context, path string) error {
	list := m.choices(c)
	switch len(list) {
	case 0:
		return m.trouble(c, ErrProvider, "")
	case 1:
		return c.Redirect(withBack(path+list[0].Key, c.Back()))
	}
	return m.plain(c, "broker.choose.title", 0, choosePage(c, list, path))
}

func (m *Module) showBegin(c *web.Context) error { return m.goOut(c, false) }

func (m *Module) showAddBegin(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	return m.goOut(c, true)
}

// goOut sends the browser to the provider.
func (m *Module) goOut(c *web.Context, add bool) error {
	p, err := m.working(c.Context(), c.Path("key"))
	if err != nil {
		return m.trouble(c, err, "")
	}
	address, err := m.begin(c, p, add)
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	return m.leave(c, p, address)
}

// leave goes to another house.
func (m *Module) leave(c *web.Context, p Provider, address string) error {
	if m.deps.Leave != nil {
		return m.deps.Leave(c, address)
	}
	return m.plain(c, "broker.going.title", 0, goingPage(c, p, address))
}

// showReturn takes the provider's answer, proves it, and puts it aside for the page that decides: so the code and the
// state leave the address bar before anything is shown.
func (m *Module) showReturn(c *web.Context) error {
	key := c.Path("key")
	back, ticket, err := m.answer(c, key)
	if err != nil {
		return m.trouble(c, err, key)
	}
	return c.Redirect("/sign-in/provider/found?" + url.Values{"try": {ticket}, "back": {back}}.Encode())
}

func (m *Module) answer(c *web.Context, key string) (string, string, error) {
	query := c.Request().URL.Query()
	for _, name := range []string{"state", "code", "iss", "error"} {
		if len(query[name]) > 1 {
			return "", "", ErrOver
		}
	}
	r := response{State: query.Get("state"), Code: query.Get("code"), Issuer: query.Get("iss"), Error: query.Get("error")}
	browser := m.browser(c, false)
	var a asked
	if err := m.take(c.Context(), stageAsked, r.State, browser, &a); err != nil {
		return "", "", err
	}
	if a.Provider != key { // the answer of one provider to the question to another
		return "", "", ErrOver
	}
	p, err := m.working(c.Context(), key)
	if err != nil {
		return "", "", err
	}
	peer := m.peer(p.Issuer)
	f, err := peer.prove(c.Context(), p, c.URL(returnPath(key)), a, r, m.local(p.Issuer))
	if err != nil {
		return "", "", m.refuse(p, err)
	}
	peer.note(nil)
	ticket := random()
	return a.Back, ticket, m.keep(c.Context(), stageFound, ticket, browser, f, foundLife)
}

// showFound decides what comes of a finding: it lets in, or asks.
func (m *Module) showFound(c *web.Context) error {
	ticket := c.Query("try")
	f, p, err := m.foundOf(c.Context(), c, ticket)
	if err != nil {
		return m.trouble(c, err, "")
	}
	v, err := m.weigh(c, f)
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	switch v.step {
	case stepEnter:
		return m.enter(c, ticket, v)
	case stepLink, stepTake:
		return m.plain(c, "broker.link.title", 0, linkPage(c, p, v, ticket))
	case stepFirst:
		return m.plain(c, "broker.first.title", 0, firstPage(c, p, f, ticket))
	case stepHave:
		c.SetFlash("info", "broker.have", "provider", p.Title(c.Lang()))
		return c.Redirect(c.Back())
	case stepTaken:
		return m.trouble(c, ErrTaken, "")
	}
	return m.trouble(c, ErrDiffers, "")
}

type tryForm struct {
	Try string `json:"try" max:"60"`
}

// postNew makes a person of whom the city knew nothing.
func (m *Module) postNew(c *web.Context) error {
	v, p, ticket, err := m.posted(c)
	if err == nil && v.step != stepFirst {
		err = ErrOver
	}
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	proof, err := m.register(c, ticket, p, v)
	if errors.Is(err, ErrUsual) {
		return m.plain(c, "broker.usual_title", web.Status(ErrUsual), usualPage(c, p, ticket))
	}
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	return m.deps.Accounts.Finish(c, proof)
}

// postLink connects the provider to the account of who is signed in.
func (m *Module) postLink(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	v, p, ticket, err := m.posted(c)
	if err == nil && v.step != stepLink && v.step != stepTake {
		err = map[step]error{stepTaken: ErrTaken, stepDiffers: ErrDiffers}[v.step]
		if err == nil {
			err = ErrOver
		}
	}
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	proof, err := m.link(c, ticket, p, v)
	if err != nil {
		return m.trouble(c, err, p.Key)
	}
	c.SetFlash("success", "broker.linked", "provider", p.Title(c.Lang()))
	return m.deps.Accounts.Finish(c, proof)
}

// posted reads the form of a finding's page and weighs the finding again: what was shown may have changed since.
func (m *Module) posted(c *web.Context) (view, Provider, string, error) {
	var form tryForm
	if err := c.Bind(&form); err != nil {
		return view{}, Provider{}, "", err
	}
	f, p, err := m.foundOf(c.Context(), c, form.Try)
	if err != nil {
		return view{}, p, form.Try, err
	}
	v, err := m.weigh(c, f)
	return v, p, form.Try, err
}

func (m *Module) plain(c *web.Context, title string, status int, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(title), Layout: page.Plain, Status: status}, content)
}

// trouble is the page of a fault of these pages, with the ways on. Any other error goes the way of all errors.
func (m *Module) trouble(c *web.Context, err error, key string) error {
	var f *fault.Fault
	if !errors.As(err, &f) || !slices.ContainsFunc(told, func(one *fault.Fault) bool { return one.ID == f.ID }) {
		return err
	}
	again := ""
	if key != "" && f.ID != ErrDiffers.ID && f.ID != ErrTaken.ID {
		again = withBack("/sign-in/provider/"+key, c.Back())
	}
	return m.plain(c, "broker.trouble", web.Status(f), troublePage(c, f, again))
}

// told are the faults that have ways on.
var told = []*fault.Fault{ErrProvider, ErrSilent, ErrRefused, ErrStopped, ErrOver, ErrDiffers, ErrTaken, ErrUsual}
