package factor

import (
	"github.com/a-h/templ"

	"posad.city/core/account"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// keyView is a page that asks for a passkey.
type keyView struct {
	Action  string // where the answer is posted
	Ask     string // where the question comes from
	Second  bool   // it is asked as a second step
	Start   bool   // the script asks at once: the person chose a passkey to come here
	Unknown string // a passkey that the city does not know; the script tells the authenticator
	Party   string // the host that passkeys are bound to
	Back    string
	Name    string // of a new passkey
	Faults  []fault.Field
}

// Hint is the part of the sign-in page by which a browser offers passkeys in the list of its field for the contact
// (conditional UI). It shows nothing by itself. The field needs autocomplete "username webauthn"; the script adds the
// second word. The challenge is asked for by the script, so that reading the page writes nothing.
func (m *Module) Hint(c *web.Context) templ.Component {
	if m.party == nil {
		return templ.NopComponent
	}
	return hint(c, m.enterView(c))
}

func (m *Module) enterView(c *web.Context) keyView {
	return keyView{Action: enterPath, Ask: askPath, Party: m.partyID(), Back: c.Back()}
}

func (m *Module) partyID() string {
	if m.party == nil {
		return ""
	}
	return m.party.Config.RPID
}

func (m *Module) showEnter(c *web.Context) error {
	v := m.enterView(c)
	v.Start = true
	return m.plain(c, "factor.passkey.enter_title", typed{}, enterPage(c, v))
}

// answerForm is a passkey's answer, put into the form by the script.
type answerForm struct {
	Try    id.ID  `json:"try"`
	Answer string `json:"answer" raw:"true" max:"20000"`
}

func (m *Module) postEnter(c *web.Context) error {
	var form answerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	proof, err := m.EnterByPasskey(c.Context(), form.Try, form.Answer, c.Visit())
	if t, ok := shownFault(err, ""); ok {
		v := m.enterView(c)
		return m.keyFaults(c, v, t, err, form.Answer, enterPage)
	}
	if err != nil {
		return err
	}
	return m.accounts.Finish(c, proof)
}

// keyFaults shows the page again with what was wrong.
func (m *Module) keyFaults(c *web.Context, v keyView, t typed, err error, answer string, show func(*web.Context, keyView) templ.Component) error {
	v.Faults = t.fields
	if fault.Of(err).Is(ErrUnknown) {
		if parsed, perr := parseAssertion(answer); perr == nil {
			v.Unknown = keyOf(parsed.RawID)
		}
	}
	return m.plain(c, "factor.passkey.enter_title", t, show(c, v))
}

func (m *Module) secondView(c *web.Context, asked account.Asked) keyView {
	return keyView{Action: "/sign-in/second/passkey", Ask: askPath, Second: true, Party: m.partyID(), Back: asked.Back}
}

func (m *Module) showSecondPasskey(c *web.Context) error {
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return toSignIn(c)
	}
	v := m.secondView(c, asked)
	v.Start = true
	return m.plain(c, "factor.passkey.second_title", typed{}, enterPage(c, v))
}

func (m *Module) postSecondPasskey(c *web.Context) error {
	var form answerForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	asked, ok, err := m.askedOf(c)
	if err != nil {
		return err
	}
	if !ok {
		return toSignIn(c)
	}
	proof, err := m.SecondByPasskey(c.Context(), asked.Account, form.Try, form.Answer, c.Visit())
	if t, ok := shownFault(err, ""); ok {
		return m.keyFaults(c, m.secondView(c, asked), t, err, form.Answer, enterPage)
	}
	if err != nil {
		return err
	}
	return m.accounts.Finish(c, proof)
}

func (m *Module) showAddPasskey(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	held, _ := c.Held()
	return m.addPage(c, held.Get("name"), typed{})
}

func (m *Module) addPage(c *web.Context, name string, t typed) error {
	v := keyView{Action: passkeyPath, Ask: "/api/v1/passkeys/options", Party: m.partyID(), Back: c.Back(), Name: name, Faults: t.fields}
	return m.inside(c, "factor.passkey.add_title", t, addPage(c, v))
}

// addForm is a new passkey with its name.
type addForm struct {
	Try    id.ID  `json:"try"`
	Answer string `json:"answer" raw:"true" max:"20000"`
	Name   string `json:"name" max:"200"`
}

func (m *Module) postAddPasskey(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form addForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	err := m.addPasskey(c, form.Try, form.Answer, form.Name)
	if t, ok := shownFault(err, ""); ok {
		return m.addPage(c, form.Name, t)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "factor.passkey.added")
	return goneBack(c)
}

func (m *Module) addPasskey(c *web.Context, try id.ID, answer, typedName string) error {
	name, err := m.named(c, typedName, "factor.passkey.unnamed")
	if err != nil {
		return err
	}
	s, err := m.selfOf(c)
	if err != nil {
		return err
	}
	if err := m.AddPasskey(c.Context(), c.Act(), s, try, answer, name); err != nil {
		return err
	}
	return m.accounts.Showed(c, account.Proof{Method: account.ByPasskey, Account: s.Account, Person: c.Person(), Level: act.Standard, Strong: true})
}
