package openid

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// hinted is what an ID token that comes back tells of its receiver.
type hinted struct {
	client  id.ID
	subject string
	sid     string
}

// readHint opens an ID token that this city has signed, however old.
func (m *Module) readHint(ctx context.Context, text string) (hinted, error) {
	if len(text) > assertionMost {
		return hinted{}, errNoKey
	}
	payload, err := m.ring.check(ctx, text)
	if err != nil {
		return hinted{}, err
	}
	var said struct {
		Issuer   string          `json:"iss"`
		Audience oneMany         `json:"aud"`
		Subject  string          `json:"sub"`
		SID      string          `json:"sid"`
		Events   json.RawMessage `json:"events"` // a logout token is no hint
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return hinted{}, err
	}
	if said.Issuer != m.deps.Address || len(said.Audience) != 1 || said.Events != nil {
		return hinted{}, errNoKey
	}
	client, err := id.Parse(said.Audience[0])
	return hinted{client, said.Subject, said.SID}, err
}

// leaving is a wish to sign out, checked, as it waits for the page.
type leaving struct {
	Client string `json:"client,omitempty"`
	SID    string `json:"sid,omitempty"`
	After  string `json:"after,omitempty"` // where the person goes then; empty: they stay here
	State  string `json:"state,omitempty"`
}

// logout meets a browser that a site has sent to sign out (OpenID Connect RP-Initiated Logout 1.0).
func (m *Module) logout(c *web.Context) error {
	values, err := parameters(c)
	if _, unread := asError(err); unread {
		return m.strange(c, ErrAddress)
	}
	if err != nil {
		return err
	}
	wish, err := m.readLeaving(c.Context(), values)
	if err != nil {
		return m.strange(c, err)
	}
	plain, err := json.Marshal(wish)
	if err != nil {
		return err
	}
	reference, err := m.wait(c.Context(), issuerHolder, plain, browser(c), RequestLife)
	if err != nil {
		return err
	}
	m.speakAs(c, values.Get("ui_locales"))
	return c.Redirect(pathLeave + "?" + url.Values{"request": {reference}}.Encode())
}

// pathLeave is the page of signing out.
const pathLeave = "/oauth/leave"

// readLeaving checks whose wish it is. An address that is not the client's own is told to the person, and nobody is sent
// there.
func (m *Module) readLeaving(ctx context.Context, values url.Values) (leaving, error) {
	out := leaving{State: values.Get("state")}
	if refused := single(values); refused != nil || len(out.State) > stateMost {
		return out, ErrAddress
	}
	key := values.Get("client_id")
	if text := values.Get("id_token_hint"); text != "" {
		hint, err := m.readHint(ctx, text)
		if err != nil || key != "" && key != hint.client.String() {
			return out, ErrAddress
		}
		key, out.SID = hint.client.String(), hint.sid
	}
	out.Client = key
	after := values.Get("post_logout_redirect_uri")
	if key == "" && after == "" {
		return out, nil
	}
	client, err := m.clientByKey(ctx, key)
	if none(err) || err == nil && after != "" && !slices.Contains(client.AfterLogout, after) {
		return out, ErrAddress
	}
	out.After = after
	return out, err
}

func (m *Module) reloadLeaving(c *web.Context, reference string) (leaving, error) {
	var out leaving
	client, plain, err := m.waiting(c.Context(), reference, sameBrowser(c))
	if err != nil {
		return out, err
	}
	if client != issuerHolder {
		return out, ErrOver
	}
	return out, json.Unmarshal(plain, &out)
}

// showLeave signs out at once when the site has shown that it means this very session, and asks the person otherwise: a
// link on a page must not be able to sign people out.
func (m *Module) showLeave(c *web.Context) error {
	reference := c.Query("request")
	wish, err := m.reloadLeaving(c, reference)
	if err != nil {
		return m.strange(c, err)
	}
	session, signed := c.Session()
	if !signed {
		return m.left(c, wish, reference)
	}
	client, err := m.clientByKey(c.Context(), wish.Client)
	if err != nil && !none(err) {
		return err
	}
	if err == nil && wish.SID != "" && wish.SID == m.sid(client, session.ID) {
		return m.leaveNow(c, wish, reference, session)
	}
	return m.leavePage(c, client, reference)
}

type leaveForm struct {
	Request string `json:"request" max:"100"`
	Answer  string `json:"answer" max:"10"`
}

func (m *Module) postLeave(c *web.Context) error {
	var form leaveForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	wish, err := m.reloadLeaving(c, form.Request)
	if err != nil {
		return m.strange(c, err)
	}
	session, signed := c.Session()
	if form.Answer != "yes" || !signed {
		return m.left(c, wish, form.Request)
	}
	return m.leaveNow(c, wish, form.Request, session)
}

func (m *Module) leaveNow(c *web.Context, wish leaving, reference string, session web.Session) error {
	if err := m.deps.Accounts.Close(c.Context(), session.Person, session.ID); err != nil {
		return err
	}
	c.SignOut()
	return m.left(c, wish, reference)
}

// left ends the wish and sends the person where it says.
func (m *Module) left(c *web.Context, wish leaving, reference string) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	err := m.base.Store.Write(c.Context(), func(tx *store.Tx) error { return forget(tx, reference) })
	if err != nil {
		return m.strange(c, err)
	}
	if wish.After == "" {
		c.SetFlash("success", "openid.leave.done")
		return c.Redirect("/")
	}
	values := url.Values{}
	if wish.State != "" {
		values.Set("state", wish.State)
	}
	address, err := withQuery(wish.After, values)
	if err != nil {
		return err
	}
	client, err := m.clientByKey(c.Context(), wish.Client)
	if err != nil {
		return err
	}
	return c.Leave(address, m.leavingPage(c, client.Name.In(c.Lang()), address))
}
