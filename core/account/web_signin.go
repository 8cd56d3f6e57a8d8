package account

import (
	"encoding/json"
	"errors"
	"net/url"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// via is how the request's person comes in.
func (m *Module) via(c *web.Context, channel act.Channel) Via {
	return Via{
		Channel: channel, Device: device(c.Request().UserAgent()), Lang: c.Lang(), From: Network(c), Place: c.Address().String(),
		Browser: c.Cookie(cookieDevice), Visit: visitOf(c, channel),
	}
}

// visitOf is what a browser's codes are bound to; a program has no visit.
func visitOf(c *web.Context, channel act.Channel) string {
	if channel == act.API {
		return ""
	}
	return c.Visit()
}

// Network is what letters and guesses are limited by: one IPv4 address, a /64 of IPv6.
func Network(c *web.Context) string {
	if p, err := c.Address().Prefix(64); c.Address().Is6() && err == nil {
		return p.String()
	}
	return c.Address().String()
}

// typed is a form's faults, with the status that the page is answered with.
type typed struct {
	status int
	fields []fault.Field
}

// shown turns an error that the form itself can show into its faults; false for any other error. general is the field
// that a fault without fields is put at, "" for the top of the form.
func shown(err error, general string) (typed, bool) {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return typed{}, false
	}
	switch f.Kind {
	case fault.Invalid, fault.Gone, fault.TooMany, fault.Conflict:
	case fault.Unavailable:
		if f.ID != ErrRegister.ID && f.ID != ErrBusy.ID {
			return typed{}, false
		}
		general = ""
	case fault.Denied:
		if f.ID != ErrProof.ID {
			return typed{}, false
		}
	default:
		return typed{}, false
	}
	if f.Kind == fault.TooMany || f.Kind == fault.Conflict {
		general = ""
	}
	if len(f.Fields) > 0 {
		return typed{web.Status(f), f.Fields}, true
	}
	return typed{web.Status(f), []fault.Field{{Name: general, ID: f.ID, Params: f.Params}}}, true
}

func (m *Module) plain(c *web.Context, titleKey string, t typed, content templ.Component) error {
	return m.base.Pages.Render(c, page.Options{
		Title: c.T(titleKey), Layout: page.Plain, Faulty: len(t.fields) > 0, Status: t.status,
	}, content)
}

// signInView is the first page: one field for an e-mail or a phone.
type signInView struct {
	Register bool
	Contact  string
	Back     string
	Faults   []fault.Field
	Last     lastView
	Others   []choice
	Hints    []templ.Component // what methods add to the page: a passkey that the browser offers in the field
}

func (v signInView) path() string {
	if v.Register {
		return "/register"
	}
	return "/sign-in"
}

func (v signInView) title() string {
	if v.Register {
		return "account.register.title"
	}
	return "account.sign_in.title"
}

// viewOf is the sign-in page as it stands before anything is typed.
func (m *Module) viewOf(c *web.Context) (signInView, error) {
	v := signInView{Register: c.Request().URL.Path == "/register", Back: c.Back()}
	for _, o := range m.ordered() {
		if o.First != "" && o.shown(c) && !v.Register {
			v.Others = append(v.Others, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: withBack(o.First, v.Back)})
		}
		if o.Hint != nil && o.shown(c) {
			v.Hints = append(v.Hints, o.Hint(c))
		}
	}
	if v.Register {
		return v, nil
	}
	var err error
	v.Last, err = m.last(c)
	return v, err
}

func (m *Module) showSignIn(c *web.Context) error {
	if !c.Person().IsZero() {
		return c.Redirect(c.Back())
	}
	v, err := m.viewOf(c)
	if err != nil {
		return err
	}
	held, _ := c.Held()
	if v.Contact = held.Get("contact"); v.Contact == "" {
		v.Contact = hinted(c)
	}
	m.counts.add(c.Now(), m.deps.Zone, stepStarted, "")
	return m.plain(c, v.title(), typed{}, signInPage(c, v))
}

// hinted is the contact that another site says its visitor signs in by.
func hinted(c *web.Context) string {
	text, err := url.QueryUnescape(c.Cookie("hint"))
	if err != nil {
		return ""
	}
	if _, err := ParseContact(text); err != nil {
		return ""
	}
	return text
}

type contactForm struct {
	Contact    string `json:"contact" max:"300"`
	ByPassword bool   `json:"by_password"`
}

// postSignIn sends a code, or shows the field of the password. Nothing in either answer tells whether there is an account.
func (m *Module) postSignIn(c *web.Context) error {
	var form contactForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	v, err := m.viewOf(c)
	if err != nil {
		return err
	}
	v.Contact = form.Contact
	contact, err := ParseContact(form.Contact)
	if err == nil && form.ByPassword {
		return m.plain(c, "account.password.title", typed{}, passwordPage(c, v))
	}
	var sent Sent
	if err == nil {
		sent, err = m.AskCodeHere(c, contact)
	}
	if t, ok := shown(err, "contact"); ok {
		v.Faults = t.fields
		return m.plain(c, v.title(), t, signInPage(c, v))
	}
	if err != nil {
		return err
	}
	m.counts.add(c.Now(), m.deps.Zone, stepChosen, contact.method())
	return c.Redirect(codePath("/sign-in/code", sent.Try, v.Back))
}

func codePath(path string, try id.ID, back string) string {
	return path + "?" + url.Values{"try": {try.String()}, "back": {back}}.Encode()
}

// codeView is the page that a code is typed on.
type codeView struct {
	Action string // where the code is posted
	Again  string // where another one is asked for; empty: not here
	Try    id.ID
	To     string // masked
	Code   string // that the letter's button brought
	Phone  bool
	Back   string
	Faults []fault.Field
	Over   bool // this code can't be given any more
}

// codeView reads what a challenge's page says; a challenge that is not there, or is over, says only that.
func (m *Module) codeView(c *web.Context, try id.ID, action, again string) (codeView, error) {
	v := codeView{Action: action, Again: again, Try: try, Back: c.Back()}
	l, over, err := m.letterOf(c, try)
	if err != nil {
		return v, err
	}
	if v.Over = over; over {
		return v, nil
	}
	contact, err := ParseContact(l.To)
	v.To, v.Phone = contact.Masked(), contact.Channel == Phone
	return v, err
}

func (m *Module) letterOf(c *web.Context, try id.ID) (letter, bool, error) {
	row, err := m.readChallenge(c.Context(), try)
	if errors.Is(err, store.ErrNone) || err == nil && (row.Letter == nil || !row.Until.After(c.Now()) || row.Tries >= CodeTries) {
		return letter{}, true, nil
	}
	if err != nil {
		return letter{}, false, err
	}
	plain, err := m.openLetter(try, row.Letter)
	if err != nil {
		return letter{}, false, err
	}
	var l letter
	return l, false, json.Unmarshal(plain, &l)
}

func (m *Module) showCode(c *web.Context) error {
	try, err := id.Parse(c.Query("try"))
	if err != nil {
		return c.Redirect("/sign-in")
	}
	return m.codePage(c, try, nil)
}

// codePage shows the field of the code with what was wrong with the last one.
func (m *Module) codePage(c *web.Context, try id.ID, wrong error) error {
	v, err := m.codeView(c, try, "/sign-in/code", "/sign-in/again")
	if err != nil {
		return err
	}
	t, _ := shown(wrong, "code")
	if v.Over && wrong == nil {
		t, _ = shown(ErrCodeOver, "")
	}
	if v.Over && len(t.fields) > 0 {
		t.fields[0].Name = ""
	}
	v.Faults = t.fields
	if code := digitsOf(c.Query("code")); wrong == nil && len(code) == CodeDigits {
		v.Code = code
	}
	return m.plain(c, "account.code.title", t, codePage(c, v))
}

type codeBody struct {
	Try  id.ID  `json:"try" doc:"As POST /api/v1/sign-in/code answered"`
	Code string `json:"code" max:"20" doc:"Six digits from the letter or message"`
}

func (m *Module) postCode(c *web.Context) error {
	var form codeBody
	if err := c.Bind(&form); err != nil {
		return err
	}
	proof, err := m.ProveCode(c.Context(), form.Try, form.Code, m.via(c, act.Web))
	if _, ok := shown(err, "code"); ok {
		return m.codePage(c, form.Try, err)
	}
	if err != nil {
		return err
	}
	return m.Finish(c, proof)
}

// entered gives the browser its session and brings the person back to where they were; one who is new is asked their
// name first.
func (m *Module) entered(c *web.Context, entry Entry, back string) error {
	c.SignIn(entry.Token, SessionMost)
	if entry.Browser != "" {
		c.SetCookie(cookieDevice, entry.Browser, deviceLife)
	}
	if !entry.New {
		return c.Redirect(back)
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", entry.Person)
	if err != nil {
		return err
	}
	if person.Name.Given != "" { // what the person came in by has told it
		return c.Redirect(back)
	}
	return c.Redirect("/register/name?" + url.Values{"back": {back}}.Encode())
}

type tryForm struct {
	Try id.ID `json:"try"`
}

// postAgain sends another code to the contact of a challenge.
func (m *Module) postAgain(c *web.Context) error {
	var form tryForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	l, over, err := m.letterOf(c, form.Try)
	if err != nil {
		return err
	}
	if over {
		return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
	}
	contact, err := ParseContact(l.To)
	if err != nil {
		return err
	}
	sent, err := m.AskCodeHere(c, contact)
	if _, ok := shown(err, ""); ok {
		return m.codePage(c, form.Try, err)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.code.sent_again")
	return c.Redirect(codePath("/sign-in/code", sent.Try, c.Back()))
}

func (m *Module) showPassword(c *web.Context) error {
	if !c.Person().IsZero() {
		return c.Redirect(c.Back())
	}
	held, _ := c.Held()
	v := signInView{Contact: held.Get("contact"), Back: c.Back()}
	if c.Query("last") == "1" {
		var err error
		if v.Last, err = m.last(c); err != nil {
			return err
		}
	}
	return m.plain(c, "account.password.title", typed{}, passwordPage(c, v))
}

type passwordForm struct {
	Last     bool   `json:"last,omitempty"`
	Contact  string `json:"contact,omitempty" max:"300"`
	Password string `json:"password" raw:"true" max:"1000"`
}

func (m *Module) postPassword(c *web.Context) error {
	var form passwordForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	m.counts.add(c.Now(), m.deps.Zone, stepChosen, ByPassword)
	v := signInView{Contact: form.Contact, Back: c.Back()}
	contact, err := m.passwordContact(c, form, &v)
	at := "contact"
	var proof Proof
	if err == nil {
		at = "password"
		proof, err = m.ProvePassword(c.Context(), contact, form.Password, m.via(c, act.Web))
	}
	if t, ok := shown(err, at); ok {
		v.Faults = t.fields
		return m.plain(c, "account.password.title", t, passwordPage(c, v))
	}
	if err != nil {
		return err
	}
	return m.Finish(c, proof)
}

// passwordContact is whose password it is: of the contact that was typed, or of this browser's last sign-in.
func (m *Module) passwordContact(c *web.Context, form passwordForm, v *signInView) (Contact, error) {
	if !form.Last {
		return ParseContact(form.Contact)
	}
	last, ok, err := m.lastHere(c)
	if err != nil || !ok {
		return Contact{}, errors.Join(err, ErrContact)
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", last.Person)
	if err != nil {
		return Contact{}, err
	}
	if v.Last, err = m.last(c); err != nil {
		return Contact{}, err
	}
	contact := person.contact(Email)
	if contact.key == "" {
		contact = person.contact(Phone)
	}
	if contact.key == "" {
		return Contact{}, ErrContact
	}
	return contact, nil
}

func (m *Module) postSignOut(c *web.Context) error {
	to := ""
	if m.farewell != nil {
		to = m.farewell(c)
	}
	if err := m.closeOwn(c); err != nil {
		return err
	}
	c.SignOut()
	c.SetFlash("success", "account.signed_out")
	if to != "" {
		return c.Redirect(to)
	}
	return c.Redirect("/")
}

func (m *Module) closeOwn(c *web.Context) error {
	session, ok := c.Session()
	if !ok {
		return nil
	}
	return m.Close(c.Context(), session.Person, session.ID)
}

// nameView is the page that asks a new person's name, and the form of the profile.
type nameView struct {
	Name   lang.Name
	Back   string
	Faults []fault.Field
}

func (m *Module) showName(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	person, err := m.Person(c.Context(), c.Act(), "account.look.profile", c.Person())
	if err != nil {
		return err
	}
	v := nameView{Name: person.Name, Back: c.Back()}
	if held, ok := c.Held(); ok {
		v.Name = heldName(held)
	}
	return m.plain(c, "account.name.title", typed{}, namePage(c, v))
}

type nameForm struct {
	Family     string `json:"family" max:"200"`
	Given      string `json:"given" max:"200"`
	Patronymic string `json:"patronymic" max:"200"`
}

func (f nameForm) name() lang.Name {
	return lang.Name{Family: f.Family, Given: f.Given, Patronymic: f.Patronymic}
}

func (m *Module) postName(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form nameForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	name := form.name()
	_, err := m.ChangeProfile(c.Context(), c.Act(), c.Person(), 0, Change{Name: &name})
	if t, ok := shown(err, ""); ok {
		return m.plain(c, "account.name.title", t, namePage(c, nameView{Name: name, Back: c.Back(), Faults: t.fields}))
	}
	if err != nil {
		return err
	}
	return c.Redirect(c.Back())
}
