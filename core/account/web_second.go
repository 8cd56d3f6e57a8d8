package account

import (
	"errors"
	"net/url"
	"slices"
	"strconv"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// choice is a method that a page offers.
type choice struct {
	Title, Lead, Icon string
	Href              string // a page; empty: a form
	Method            Method // what the form posts
}

// secondView is the page of the second step, and of showing more of oneself while signed in.
type secondView struct {
	Raise   bool
	Level   act.Level // what is lacking; 0: no level is
	Proved  bool      // the city is that sure of the person: another factor makes the session so
	Strong  bool
	Adding  bool // there is no other factor yet: the choices are what may be added
	Choices []choice
	Fields  []fault.Field
	Back    string

	HasPassword bool
}

// seconds are the methods by which an account can show itself once more, beside what it has shown already. any lets the
// same method be shown again: freshness needs no other.
func (m *Module) seconds(c *web.Context, asked Asked, any bool) ([]choice, error) {
	ways, err := m.WaysOf(c.Context(), asked.Account)
	if err != nil {
		return nil, err
	}
	var out []choice
	for _, o := range m.ordered() {
		has := slices.ContainsFunc(ways, func(w Way) bool { return w.Method == o.Method })
		if o.Second != "" && has && o.shown(c) && (any || adds(asked.Methods, o.Method)) {
			out = append(out, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: o.Second + "?" + url.Values{"back": {asked.Back}}.Encode()})
		}
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", asked.Person)
	if err != nil {
		return nil, err
	}
	for _, channel := range []Channel{Phone, Email} {
		contact := person.contact(channel)
		if contact.key == "" || !any && !adds(asked.Methods, contact.method()) {
			continue
		}
		icon := "chat-text"
		if channel == Email {
			icon = "envelope-simple"
		}
		out = append(out, choice{Title: c.T("account.second.code_"+string(channel), "to", contact.Masked()), Icon: icon, Method: contact.method()})
	}
	return out, nil
}

func lead(c *web.Context, o Offer) string {
	if o.Lead == "" {
		return ""
	}
	return c.T(o.Lead)
}

// adds tells whether a method rests on something else than those shown already.
func adds(methods string, one Method) bool { return twoFactors(methods + " " + string(one)) }

// ordered are the offers as pages list them.
func (m *Module) ordered() []Offer {
	out := slices.Clone(m.offers)
	slices.SortStableFunc(out, func(a, b Offer) int { return a.Order - b.Order })
	return out
}

func (m *Module) showSecond(c *web.Context) error {
	asked, ok, err := m.Asked(c)
	if err != nil {
		return err
	}
	if !ok || asked.Signed {
		return c.Redirect("/sign-in")
	}
	return m.raisePage(c, asked, typed{})
}

type secondForm struct {
	Method   string `json:"method" max:"20"`
	Password string `json:"password" raw:"true" max:"1000"`
}

// postSecond sends a code to a contact of whoever is asked, or takes their password; other methods have pages of their
// own.
func (m *Module) postSecond(c *web.Context) error {
	var form secondForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	asked, ok, err := m.Asked(c)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect("/sign-in")
	}
	if Method(form.Method) == ByPassword {
		return m.passwordAgain(c, asked, form.Password)
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", asked.Person)
	if err != nil {
		return err
	}
	channel := Email
	if Method(form.Method) == BySMS {
		channel = Phone
	}
	contact := person.contact(channel)
	if contact.key == "" {
		return c.Redirect("/sign-in/second")
	}
	sent, err := m.AskCodeHere(c, contact)
	if t, ok := shown(err, ""); ok {
		return m.raisePage(c, asked, t)
	}
	if err != nil {
		return err
	}
	return c.Redirect(codePath("/sign-in/code", sent.Try, asked.Back))
}

// passwordAgain takes the password of whoever is asked.
func (m *Module) passwordAgain(c *web.Context, asked Asked, password string) error {
	row, err := m.accountRow(c.Context(), asked.Account)
	if err != nil {
		return err
	}
	if err = m.checkOld(c.Context(), row, password); err == nil {
		return m.Finish(c, Proof{Method: ByPassword, Account: asked.Account, Person: asked.Person, Level: act.Standard})
	}
	if t, ok := shown(err, "password"); ok {
		for i := range t.fields {
			t.fields[i].Name = "password"
		}
		return m.raisePage(c, asked, t)
	}
	return err
}

func (m *Module) showRaise(c *web.Context) error {
	asked, ok, err := m.Asked(c)
	if err != nil {
		return err
	}
	if !ok || !asked.Signed {
		return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
	}
	return m.raisePage(c, asked, typed{})
}

// raisePage offers what is lacking: two factors and freshness lead to the account's own methods, and so does a level of
// which the city has proof; any other level leads to where it is proved.
func (m *Module) raisePage(c *web.Context, asked Asked, t typed) error {
	v := secondView{Raise: asked.Signed, Fields: t.fields, Back: asked.Back, Strong: c.Query("strong") == "1"}
	if err := m.lacking(c, &v); err != nil {
		return err
	}
	if v.Level > act.Anonymous && !v.Proved {
		v.Choices = m.proofs(c, v.Level)
	} else if err := m.offerOwn(c, asked, &v); err != nil {
		return err
	}
	title := "account.raise.title"
	if !asked.Signed {
		title = "account.second.title"
	}
	return m.plain(c, title, t, secondPage(c, v))
}

// lacking says which level a signed-in person lacks, and whether the city has proof of it.
func (m *Module) lacking(c *web.Context, v *secondView) error {
	level, err := strconv.Atoi(c.Query("level"))
	if err != nil || !v.Raise || level <= int(c.Act().Assurance) || level > int(act.Verified) {
		return nil
	}
	person, err := m.Person(c.Context(), c.Act(), "account.look.profile", c.Person())
	v.Level, v.Proved = act.Level(level), person.Level >= act.Level(level)
	return err
}

// offerOwn offers the account's own methods, or those that may be added where another factor is needed and there is none.
func (m *Module) offerOwn(c *web.Context, asked Asked, v *secondView) error {
	any := asked.Signed && !v.Strong && !v.Proved
	row, err := m.accountRow(c.Context(), asked.Account)
	if err != nil {
		return err
	}
	v.HasPassword = row.Password != "" && (any || adds(asked.Methods, ByPassword))
	if v.Choices, err = m.seconds(c, asked, any); err != nil {
		return err
	}
	if (v.Strong || v.Proved) && len(v.Choices) == 0 && !v.HasPassword {
		v.Adding, v.Choices = true, m.addable(c)
	}
	if v.Proved {
		for _, one := range m.vouchers(c) { // a certificate that is linked may stand there already
			if !slices.ContainsFunc(v.Choices, func(there choice) bool { return there.Href == one.Href }) {
				v.Choices = append(v.Choices, one)
			}
		}
	}
	return nil
}

// action is where the page's forms go: what is asked goes along, so that it is asked still when the answer is wrong.
func (v secondView) action() string {
	need := url.Values{}
	if v.Level > act.Anonymous {
		need.Set("level", strconv.Itoa(int(v.Level)))
	}
	if v.Strong {
		need.Set("strong", "1")
	}
	if len(need) == 0 {
		return "/sign-in/second"
	}
	return "/sign-in/second?" + need.Encode()
}

// lead is the sentence that says what is asked and why.
func (v secondView) lead() string {
	switch {
	case !v.Raise:
		return "account.second.lead"
	case v.Proved:
		return "account.raise.proved_lead"
	case v.Level > act.Anonymous:
		return "account.raise.level_lead"
	case v.Strong:
		return "account.raise.strong_lead"
	}
	return "account.raise.fresh_lead"
}

// addable are the methods that a person may add to have a second one.
func (m *Module) addable(c *web.Context) []choice {
	var out []choice
	for _, o := range m.ordered() {
		if o.Add != "" && o.Second != "" && o.Method != ByRecovery && o.shown(c) {
			out = append(out, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: o.Add + "?" + url.Values{"back": {c.Back()}}.Encode()})
		}
	}
	return out
}

// proofs are the ways to a level that the city has no proof of: the population register for Standard; a certificate, an
// outside e-ID or a service centre for Verified, of which the register knows nothing.
func (m *Module) proofs(c *web.Context, level act.Level) []choice {
	if level < act.Verified {
		href := "/account/identity?" + url.Values{"back": {c.Back()}}.Encode()
		return []choice{{Title: c.T("account.raise.register"), Lead: c.T("account.raise.register_lead"), Icon: "identification-card", Href: href}}
	}
	return append(m.vouchers(c), choice{
		Title: c.T("account.raise.centre"), Lead: c.T("account.raise.centre_lead") + " " + c.T("account.raise.centre_after"), Icon: "buildings", Href: "/agencies",
	})
}

// vouchers are the methods that say by themselves how sure they are of who is there.
func (m *Module) vouchers(c *web.Context) []choice {
	var out []choice
	for _, o := range m.ordered() {
		if o.First != "" && (o.Method == ByCertificate || o.Method == ByProvider) && o.shown(c) {
			out = append(out, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: o.First + "?" + url.Values{"back": {c.Back()}}.Encode()})
		}
	}
	return out
}

// postLast begins a sign-in as this browser's last one went.
func (m *Module) postLast(c *web.Context) error {
	last, ok, err := m.lastHere(c)
	if err != nil {
		return err
	}
	if !ok {
		return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", last.Person)
	if err != nil {
		return err
	}
	channel := Email
	if last.Method == BySMS {
		channel = Phone
	}
	contact := person.contact(channel)
	if contact.key == "" {
		return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
	}
	sent, err := m.AskCodeHere(c, contact)
	if t, ok := shown(err, ""); ok {
		v, verr := m.viewOf(c)
		if verr != nil {
			return verr
		}
		v.Faults = t.fields
		return m.plain(c, v.title(), t, signInPage(c, v))
	}
	if err != nil {
		return err
	}
	m.counts.add(c.Now(), m.deps.Zone, stepChosen, last.Method)
	return c.Redirect(codePath("/sign-in/code", sent.Try, c.Back()))
}

// postForget takes the name of this browser away from it.
func (m *Module) postForget(c *web.Context) error {
	c.SetCookie(cookieDevice, "", 0)
	return c.Redirect("/sign-in?" + url.Values{"back": {c.Back()}}.Encode())
}

// lastView is how this browser's last sign-in went, for the top of the sign-in page.
type lastView struct {
	To     string // masked; empty: nobody is known here
	When   string
	Method Method
	Offer  *Offer // for a method with a page of its own
}

func (m *Module) last(c *web.Context) (lastView, error) {
	last, ok, err := m.lastHere(c)
	if err != nil || !ok {
		return lastView{}, err
	}
	person, err := m.Person(c.Context(), reader, "account.look.profile", last.Person)
	if errors.Is(err, store.ErrNone) || errors.Is(err, vault.ErrErased) {
		return lastView{}, nil // erased meanwhile: nobody is known here
	}
	if err != nil {
		return lastView{}, err
	}
	out := lastView{Method: last.Method, When: lang.Moment(c.Lang(), last.Seen, c.Now(), m.deps.Zone)}
	contacts := []Contact{person.contact(Email), person.contact(Phone)}
	if last.Method == BySMS {
		slices.Reverse(contacts)
	}
	for _, contact := range contacts {
		if contact.key != "" && out.To == "" {
			out.To = contact.Masked()
		}
	}
	for _, o := range m.ordered() {
		if o.Method == last.Method && o.First != "" && o.shown(c) {
			out.Offer = &o
			break
		}
	}
	return out, nil
}
