package openid

import (
	"net/url"
	"strconv"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// showContinue is the page on which a request goes on, step by step, until its site gets an answer.
func (m *Module) showContinue(c *web.Context) error {
	reference := c.Query("request")
	client, a, err := m.reload(c, reference)
	if err != nil {
		return m.strange(c, err)
	}
	who, err := m.standingOf(c, client)
	if err != nil {
		return err
	}
	if session, ok := c.Session(); ok && !session.By.IsZero() {
		return m.refuseAt(c, client, a, reference, refuse("access_denied", "a visit at a service centre connects no sites"))
	}
	d := decide(a, client.Profile, who, c.Now())
	switch d.step {
	case stepSignIn:
		m.hint(c, a)
		return c.Redirect("/sign-in?" + url.Values{"back": {c.Here()}}.Encode())
	case stepRaise:
		return m.raise(c, reference, a, d.need)
	case stepConsent:
		return m.consentPage(c, client, a, reference, who)
	case stepGrant:
		return m.grant(c, client, a, reference, a.given(client.Profile, who.granted))
	default:
		return m.refuseAt(c, client, a, reference, d.refuse)
	}
}

// cookieHint keeps what the site said of who signs in, for the sign-in page: in the browser, not in the address, since it
// may be an e-mail.
const cookieHint = "hint"

func (m *Module) hint(c *web.Context, a ask) {
	if a.Hint != "" && len(a.Hint) < 300 {
		c.SetCookie(cookieHint, url.QueryEscape(a.Hint), RequestLife)
	}
}

// raise sends a signed-in person to show more, once for each wish of a level.
func (m *Module) raise(c *web.Context, reference string, a ask, need assurance) error {
	values := url.Values{"back": {c.Here()}}
	if need != (assurance{}) {
		a.Raised = true
		plain, err := encodeAsk(a)
		if err == nil {
			err = m.rewrite(c.Context(), reference, plain)
		}
		if err != nil {
			return err
		}
	}
	if need.level > act.Anonymous {
		values.Set("level", strconv.Itoa(int(need.level)))
	}
	if need.strong {
		values.Set("strong", "1")
	}
	return c.Redirect("/sign-in/raise?" + values.Encode())
}

// refuseAt ends a request with a refusal at its site.
func (m *Module) refuseAt(c *web.Context, client Client, a ask, reference string, refused *Error) error {
	err := m.base.Store.Write(c.Context(), func(tx *store.Tx) error { return forget(tx, reference) })
	if err != nil {
		return m.strange(c, err)
	}
	return m.back(c, client, a, refused)
}

type consentForm struct {
	Request string   `json:"request" max:"100"`
	Give    []string `json:"give" max:"40"`
	Answer  string   `json:"answer" max:"10"`
}

// ownAccount is the permission's object of a person's own account.
func ownAccount(c *web.Context) act.Object { return act.Object{Kind: "account", Holder: c.Person()} }

// postConsent takes the person's answer.
func (m *Module) postConsent(c *web.Context) error {
	if err := c.May(ownAccount(c)); err != nil {
		return err
	}
	var form consentForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	client, a, err := m.reload(c, form.Request)
	if err != nil {
		return m.strange(c, err)
	}
	if form.Answer != "yes" {
		return m.refuseAt(c, client, a, form.Request, refuse("access_denied", "the person said no"))
	}
	a.Consent = false // it is being given
	who, err := m.standingOf(c, client)
	if err != nil {
		return err
	}
	wanted := a.wanted(client.Profile)
	who.granted, who.offered = union(who.granted, chosen(client.Profile, wanted, form.Give)), union(who.offered, wanted)
	if d := decide(a, client.Profile, who, c.Now()); d.step != stepGrant {
		return c.Redirect(requestPath + "?" + url.Values{"request": {form.Request}}.Encode())
	}
	return m.grant(c, client, a, form.Request, only(wanted, chosen(client.Profile, wanted, form.Give)))
}

// chosen are the scopes that a person lets a site have: all that it needs, and of the others those that were ticked.
func chosen(p Profile, wanted, ticked []string) []string {
	return union(without(wanted, p.Optional), only(only(wanted, p.Optional), ticked))
}

// grant ends a request with a code.
func (m *Module) grant(c *web.Context, client Client, a ask, reference string, scopes []string) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	session, ok := c.Session()
	if !ok || !session.By.IsZero() {
		return ErrOver
	}
	code := fresh(prefixCode)
	a.Claims.Part = without(scopes, a.Scopes)
	made := family{
		id: id.New(c.Now()), person: session.Person, client: client.ID, session: session.ID, scopes: scopes, claims: a.Claims, nonce: a.Nonce,
		acr: acrOf(session.Assurance, session.Strong), amr: amrOf(session.Methods, session.Strong), authed: session.Proved, proof: a.Proof,
	}
	err := m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		if err := forget(tx, reference); err != nil {
			return err
		}
		if err := m.connect(tx, made, a.wanted(client.Profile)); err != nil {
			return err
		}
		return m.putCode(tx, made, code, a)
	})
	if err != nil {
		return m.strange(c, err)
	}
	return m.leave(c, client, a, url.Values{"code": {code}})
}
