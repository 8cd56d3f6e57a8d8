package notice

import (
	"net/http"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// inboxPage is how many messages a page shows.
const inboxPage = 20

// own is the inbox of whoever is signed in: there is no way to name another.
func own(c *web.Context) act.Object { return act.Object{Kind: "notice", Holder: c.Person()} }

func (m *Module) routes(s *web.Server) {
	list := s.Operation(act.Operation{Name: "notice.list", Object: "notice", May: act.Self, Assurance: act.Basic, Look: "notice.look.inbox"})
	read := s.Operation(act.Operation{Name: "notice.read", Object: "notice", May: act.Self, Assurance: act.Basic, Look: "notice.look.message"})
	mark := s.Operation(act.Operation{Name: "notice.mark", Object: "notice", May: act.Self, Assurance: act.Basic, Changes: true})
	wishes := s.Operation(act.Operation{Name: "notice.wishes", Object: "notice", May: act.Self, Assurance: act.Basic, Look: "notice.look.wishes"})
	choose := s.Operation(act.Operation{Name: "notice.choose", Object: "notice", May: act.Self, Assurance: act.Basic, Changes: true})
	leave := s.Operation(act.Operation{Name: "notice.leave", May: act.Everyone, Changes: true, PerMinute: 60})

	s.Page(list, "GET /messages", m.showInbox)
	s.Page(read, "GET /messages/{message}", m.showMessage)
	s.Page(mark, "POST /messages/read", m.markAll)
	s.Page(mark, "POST /messages/{message}/read", m.markOne)
	s.Page(wishes, "GET /account/notices", m.showWishes)
	s.Page(choose, "POST /account/notices", m.saveWishes)
	m.api(s, list, read, mark, wishes, choose)
	s.API(leave, "POST /api/v1/notices/unsubscribe", m.leave, web.Describe{Summary: "One-click unsubscribing from letters (RFC 8058)", Status: http.StatusNoContent, Hidden: true})

	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount,
			page.Link{Order: 28, Text: "notice.menu", Href: "/messages", Icon: "envelope-simple", Count: m.UnreadOf},
			page.Link{Order: 84, Text: "notice.menu_wishes", Href: "/account/notices", Icon: "gear-six"})
	}
}

// UnreadOf is the number for menus and the header: messages that the person of the page has not read. A number that
// can't be had is not worth a page: it is 0 then.
func (m *Module) UnreadOf(c *web.Context) int {
	if c.Person().IsZero() {
		return 0
	}
	sum := 0
	for _, person := range c.Act().Selves() {
		n, err := m.Unread(c.Context(), person)
		if err != nil {
			m.base.Log.Warn("notice: the number of unread messages", "error", err)
			return 0
		}
		sum += n
	}
	return min(sum, UnreadMost)
}

// before reads the mark of an inbox's next page; a text that is none names no page.
func before(c *web.Context) (id.ID, error) {
	text := c.Query("before")
	if text == "" {
		return id.ID{}, nil
	}
	out, err := id.Parse(text)
	if err != nil {
		return out, ErrNone.Because(err)
	}
	return out, nil
}

func (m *Module) inbox(c *web.Context) (Page, error) {
	if err := c.May(own(c)); err != nil {
		return Page{}, err
	}
	mark, err := before(c)
	if err != nil {
		return Page{}, err
	}
	return m.Inbox(c.Context(), c.Act(), c.Person(), mark, inboxPage)
}

func (m *Module) showInbox(c *web.Context) error {
	list, err := m.inbox(c)
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("notice.title"), Layout: page.Account}, inboxList(m, c, list, m.UnreadOf(c)))
}

// message reads the message that the path names.
func (m *Module) message(c *web.Context) (Message, error) {
	key, err := c.ID("message")
	if err != nil {
		return Message{}, err
	}
	if err := c.May(own(c)); err != nil {
		return Message{}, err
	}
	return m.Message(c.Context(), c.Act(), c.Person(), key)
}

// showMessage shows a message and counts it as read: the person has it before them. A page that can't be counted is
// shown all the same.
func (m *Module) showMessage(c *web.Context) error {
	message, err := m.message(c)
	if err != nil {
		return err
	}
	if message.Read.IsZero() {
		if err := m.Read(c.Context(), c.Act(), c.Person(), message.ID); err != nil {
			m.base.Log.Warn("notice: a message was not marked as read", "error", err)
		}
	}
	title := message.Title.In(c.Lang())
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: []ui.Link{{Text: c.T("notice.title"), Href: "/messages"}, {Text: title}}}, messagePage(m, c, message))
}

func (m *Module) markOne(c *web.Context) error {
	key, err := c.ID("message")
	if err != nil {
		return err
	}
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.Read(c.Context(), c.Act(), c.Person(), key); err != nil {
		return err
	}
	return c.Redirect("/messages")
}

func (m *Module) markAll(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	if err := m.ReadAll(c.Context(), c.Act(), c.Person()); err != nil {
		return err
	}
	c.SetFlash("success", "notice.all_read")
	return c.Redirect("/messages")
}

// wishView is the page of channels.
type wishView struct {
	Wishes []Wish
	At     contact // where the person can be reached
	Bad    map[Channel]bool
}

func (m *Module) showWishes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	list, err := m.Wishes(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	person, err := m.deps.People.Person(c.Context(), c.Act(), "notice.look.contact", c.Person())
	if err != nil {
		return err
	}
	bad, err := m.BadAddresses(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	view := wishView{Wishes: list, At: m.reachable(person), Bad: bad}
	return m.base.Pages.Render(c, page.Options{Title: c.T("notice.wishes"), Layout: page.Account}, wishesPage(c, view))
}

// wishForm is the page's form: the topics that each channel is ticked for.
type wishForm struct {
	Email []Topic `json:"email"`
	SMS   []Topic `json:"sms"`
}

func (f wishForm) list() []Wish {
	ticked := func(list []Topic, t Topic) bool {
		for _, one := range list {
			if one == t {
				return true
			}
		}
		return false
	}
	var out []Wish
	for _, t := range Topics() {
		out = append(out, Wish{Topic: t, Email: ticked(f.Email, t), SMS: ticked(f.SMS, t)})
	}
	return out
}

func (m *Module) saveWishes(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form wishForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.SetWishes(c.Context(), c.Act(), c.Person(), form.list()); err != nil {
		return err
	}
	c.SetFlash("success", "notice.saved")
	return c.Redirect("/account/notices")
}

func (m *Module) leave(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	if err := m.Leave(c.Context(), c.Query("token")); err != nil {
		return err
	}
	return c.Empty()
}
