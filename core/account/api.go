package account

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

type askBody struct {
	Contact string `json:"contact" max:"300" doc:"An e-mail or a phone, as people write it"`
}

type sentBody struct {
	Try   id.ID     `json:"try" doc:"Names the code when it is given"`
	To    string    `json:"to" doc:"Where the code went, masked"`
	Until time.Time `json:"until" doc:"When the code stops being taken"`
	Again time.Time `json:"again" doc:"From when another may be asked for"`
}

func (m *Module) apiAskCode(c *web.Context) error {
	var body askBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	contact, err := ParseContact(body.Contact)
	if err != nil {
		return err
	}
	sent, err := m.AskCode(c.Context(), contact, c.Lang(), Network(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, sentBody(sent))
}

type signInBody struct {
	Try      id.ID  `json:"try,omitempty" doc:"As POST /api/v1/sign-in/code answered"`
	Code     string `json:"code,omitempty" max:"20" doc:"The code, with try"`
	Contact  string `json:"contact,omitempty" max:"300" doc:"An e-mail or a phone, with password"`
	Password string `json:"password,omitempty" raw:"true" max:"1000"`
}

type entryBody struct {
	Token  string    `json:"token" doc:"Send it as Authorization: Bearer"`
	Person id.ID     `json:"person"`
	New    bool      `json:"new" doc:"An account was made just now"`
	Until  time.Time `json:"until" doc:"When the session ends at the latest; it ends after 30 minutes unused"`
}

func (m *Module) apiSignIn(c *web.Context) error {
	var body signInBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	var entry Entry
	var err error
	if body.Try.IsZero() {
		var contact Contact
		if contact, err = ParseContact(body.Contact); err == nil {
			entry, err = m.EnterByPassword(c.Context(), contact, body.Password, m.via(c, act.API))
		}
	} else {
		entry, err = m.EnterByCode(c.Context(), body.Try, body.Code, m.via(c, act.API))
	}
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, entryBody{entry.Token, entry.Person, entry.New, entry.Ends})
}

func (m *Module) apiSignOut(c *web.Context) error {
	if err := m.closeOwn(c); err != nil {
		return err
	}
	return c.Empty()
}

type profileBody struct {
	Person  id.ID         `json:"person"`
	Name    lang.Name     `json:"name"`
	Birth   calendar.Date `json:"birth" doc:"YYYY-MM-DD, or empty"`
	SNILS   string        `json:"snils" doc:"Eleven digits, or empty"`
	Phone   string        `json:"phone"`
	Email   string        `json:"email"`
	Level   int           `json:"level" doc:"1: a confirmed contact, 2: confirmed by the population register, 3: proved in person"`
	Lang    string        `json:"lang" doc:"ru, en, or empty: as the browser asks"`
	Version int64         `json:"version"`
}

func (m *Module) answerProfile(c *web.Context, p Person) error {
	c.Version(p.Version)
	return c.JSON(http.StatusOK, profileBody{p.ID, p.Name, p.Birth, p.SNILS, p.Phone, p.Email, int(p.Level), string(p.Lang), p.Version})
}

func (m *Module) apiProfile(c *web.Context) error {
	person, err := m.me(c)
	if err != nil {
		return err
	}
	return m.answerProfile(c, person)
}

type nameBody struct {
	Family     string `json:"family" max:"200"`
	Given      string `json:"given" max:"200"`
	Patronymic string `json:"patronymic,omitempty" max:"200"`
}

func (b nameBody) name() lang.Name { return lang.Name(b) }

type changeBody struct {
	Name  *nameBody      `json:"name,omitempty"`
	Birth *calendar.Date `json:"birth,omitempty"`
	SNILS *string        `json:"snils,omitempty" max:"20"`
	Lang  *string        `json:"lang,omitempty" max:"5"`
}

func (b changeBody) change() Change {
	out := Change{Birth: b.Birth, SNILS: b.SNILS}
	if b.Name != nil {
		name := b.Name.name()
		out.Name = &name
	}
	if b.Lang != nil {
		l := lang.Language(*b.Lang)
		out.Lang = &l
	}
	return out
}

func (m *Module) apiChangeProfile(c *web.Context) error {
	person, err := m.me(c)
	if err != nil {
		return err
	}
	if err := c.Expect(person.Version); err != nil {
		return err
	}
	var body changeBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	person, err = m.ChangeProfile(c.Context(), c.Act(), c.Person(), person.Version, body.change())
	if err != nil {
		return err
	}
	return m.answerProfile(c, person)
}

type identityBody struct {
	Name  nameBody      `json:"name"`
	Birth calendar.Date `json:"birth" doc:"YYYY-MM-DD"`
	SNILS string        `json:"snils" max:"20"`
}

func (m *Module) apiIdentity(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body identityBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	person, err := m.Confirm(c.Context(), c.Act(), c.Person(), Identity{Name: body.Name.name(), Birth: body.Birth, SNILS: body.SNILS})
	if err != nil {
		return err
	}
	return m.answerProfile(c, person)
}

func (m *Module) apiContactCode(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body askBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	contact, err := ParseContact(body.Contact)
	if err != nil {
		return err
	}
	sent, err := m.AskContactCode(c.Context(), c.Act(), contact, c.Lang(), Network(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, sentBody(sent))
}

func (m *Module) apiContact(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body codeBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	person, err := m.PutContact(c.Context(), c.Act(), body.Try, body.Code)
	if err != nil {
		return err
	}
	return m.answerProfile(c, person)
}

type passwordBody struct {
	Old      string `json:"old_password,omitempty" raw:"true" max:"1000"`
	Password string `json:"password" raw:"true" max:"1000" doc:"8 to 200 characters"`
}

func (m *Module) apiPassword(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body passwordBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.SetPassword(c.Context(), c.Act(), body.Old, body.Password); err != nil {
		return err
	}
	return c.Empty()
}

type sessionBody struct {
	ID      id.ID     `json:"id"`
	Device  string    `json:"device"`
	Started time.Time `json:"started"`
	Seen    time.Time `json:"seen"`
	Agency  id.ID     `json:"agency" doc:"The agency acted for, or empty"`
	Channel string    `json:"channel"`
	Current bool      `json:"current"`
}

func (m *Module) apiSessions(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	sessions, err := m.SessionsOf(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := make([]sessionBody, len(sessions))
	for i, s := range sessions {
		out[i] = sessionBody{s.ID, s.Device, s.Started, s.Seen, s.Agency, string(s.Channel), s.Current}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiClose(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	session, err := c.ID("session")
	if err != nil {
		return err
	}
	if err := m.Close(c.Context(), c.Person(), session); err != nil {
		return err
	}
	return c.Empty()
}

// closeSome closes one session, or all but the act's own when none is named.
func (m *Module) closeSome(c *web.Context, session id.ID) error {
	if !session.IsZero() {
		return m.Close(c.Context(), c.Person(), session)
	}
	a := c.Act()
	return m.base.Store.WriteAs(c.Context(), a, func(tx *store.Tx) error { return m.CloseOthers(tx, a.Actor.Person, a.Session) })
}

type roleBody struct {
	Agency id.ID    `json:"agency"`
	Role   string   `json:"role" doc:"clerk, officer, head or admin"`
	Queues []string `json:"queues" doc:"Empty: every queue of the agency"`
}

func (m *Module) apiRoles(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	officials, err := m.deps.Agencies.OfficialOf(c.Context(), c.Person())
	if err != nil {
		return err
	}
	out := make([]roleBody, len(officials))
	for i, o := range officials {
		out[i] = roleBody{o.Agency, string(o.Role), append([]string{}, o.Queues...)}
	}
	return c.JSON(http.StatusOK, out)
}

type hatBody struct {
	Agency id.ID `json:"agency" doc:"The agency to act for; empty: for myself"`
}

func (m *Module) apiHat(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var body hatBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.Wear(c.Context(), c.Act(), body.Agency); err != nil {
		return err
	}
	return c.Empty()
}
