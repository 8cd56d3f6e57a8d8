package factor

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// typed is a form's faults, with the status that the page is answered with.
type typed struct {
	status int
	fields []fault.Field
}

// shownFault turns an error that the form itself can show into its faults; false for any other error. at is the field
// that a fault of what was typed is put at, "" for the top of the form.
func shownFault(err error, at string) (typed, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return typed{}, false
	}
	switch f.Kind {
	case fault.Invalid:
	case fault.Gone, fault.TooMany, fault.Conflict:
		at = ""
	default:
		return typed{}, false
	}
	if len(f.Fields) > 0 {
		return typed{web.Status(f), f.Fields}, true
	}
	return typed{web.Status(f), []fault.Field{{Name: at, ID: f.ID, Params: f.Params}}}, true
}

// plain answers a page of the way in; inside, one of a person's own.
func (m *Module) plain(c *web.Context, title string, t typed, content templ.Component) error {
	return m.render(c, page.Plain, title, t, content)
}

func (m *Module) inside(c *web.Context, title string, t typed, content templ.Component) error {
	return m.render(c, page.Account, title, t, content)
}

func (m *Module) render(c *web.Context, layout page.Layout, title string, t typed, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{Title: c.T(title), Layout: layout, Faulty: len(t.fields) > 0, Status: t.status}, content)
}

// selfOf is the signed-in person's account, with the words that an authenticator shows. May was asked before.
func (m *Module) selfOf(c *web.Context) (Self, error) {
	of, err := m.accountOf(c)
	if err != nil {
		return Self{}, err
	}
	person, err := m.accounts.Person(c.Context(), c.Act(), look, c.Person())
	if err != nil {
		return Self{}, err
	}
	out := Self{Account: of, Visit: c.Visit(), City: m.city(c), Name: person.Name.Full(c.Lang()), Contact: person.Email}
	if out.Contact == "" {
		out.Contact = person.Phone
	}
	if out.Contact == "" {
		out.Contact = out.Name
	}
	if out.Name == "" {
		out.Name = out.Contact
	}
	return out, nil
}

// accountOf is the account that the person signed in to.
func (m *Module) accountOf(c *web.Context) (id.ID, error) {
	if s, ok := c.Session(); ok && !s.Account.IsZero() {
		return s.Account, nil
	}
	list, err := m.accounts.AccountOf(c.Context(), c.Person())
	if err != nil || len(list) == 0 {
		return id.ID{}, errors.Join(err, ErrNobody)
	}
	return list[0], nil
}

// city is how the city calls itself, for the lists of authenticators.
func (m *Module) city(c *web.Context) string {
	if name := m.base.Pages.City(c).City.Name; name != "" {
		return name
	}
	u, err := url.Parse(m.deps.Address)
	if err != nil {
		return "Posad"
	}
	return u.Hostname()
}

// named is the name of a way as its owner typed it, or one that tells it by its day.
func (m *Module) named(c *web.Context, typed, key string) (string, error) {
	name := strings.Join(strings.Fields(typed), " ")
	if len([]rune(name)) > NameMost {
		return "", fault.New(fault.Invalid, "factor.name_long").With(fault.Field{Name: "name", ID: "factor.name_long"})
	}
	if name == "" {
		name = c.T(key, "day", m.day(c, c.Now()))
	}
	return name, nil
}

// day is a moment's day in words.
func (m *Module) day(c *web.Context, at time.Time) string {
	return lang.Date(c.Lang(), calendar.DateOf(at, m.deps.Zone))
}

// goneBack leads to where the person came from, or to the page of their ways in.
func goneBack(c *web.Context) error {
	if back := c.Back(); back != "/" {
		return c.Redirect(back)
	}
	return c.Redirect(securityPath)
}

// asked is whose second step is asked in this browser; nobody's leads to the sign-in page.
func (m *Module) askedOf(c *web.Context) (account.Asked, bool, error) {
	asked, ok, err := m.accounts.Asked(c)
	if err != nil || !ok {
		return account.Asked{}, false, err
	}
	return asked, !asked.Account.IsZero(), nil
}

func toSignIn(c *web.Context) error {
	return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
}
