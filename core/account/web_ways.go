package account

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"posad.city/core/account/internal/store"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// wayView is a way in as its owner sees it in the list.
type wayView struct {
	Way
	Title string // of the method
	Icon  string
	Note  string // when it was used last
}

// waysView is the card of the ways in.
type waysView struct {
	Account     id.ID
	Email       string
	Phone       string
	HasPassword bool
	Ways        []wayView
	Add         []choice
	Second      string
}

func (m *Module) waysView(c *web.Context) (waysView, error) {
	session, _ := c.Session()
	row, err := m.accountRow(c.Context(), session.Account)
	if err != nil {
		return waysView{}, err
	}
	person, err := m.me(c)
	if err != nil {
		return waysView{}, err
	}
	v := waysView{Account: row.Account, Email: person.Email, Phone: person.Phone, HasPassword: row.Password != "", Second: row.Second}
	accounts, err := m.AccountOf(c.Context(), c.Person())
	if err != nil {
		return waysView{}, err
	}
	for _, account := range accounts {
		ways, err := m.WaysOf(c.Context(), account)
		if err != nil {
			return waysView{}, err
		}
		for _, w := range ways {
			v.Ways = append(v.Ways, m.wayView(c, w))
		}
	}
	for _, o := range m.ordered() {
		if o.Add != "" && o.shown(c) {
			v.Add = append(v.Add, choice{Title: o.title(c), Lead: lead(c, o), Icon: o.Icon, Href: o.Add})
		}
	}
	return v, nil
}

func (m *Module) wayView(c *web.Context, w Way) wayView {
	out := wayView{Way: w, Title: c.T("account.method." + string(w.Method)), Icon: "key"}
	for _, o := range m.offers {
		if o.Method == w.Method {
			out.Icon = o.Icon
		}
	}
	if w.Used.IsZero() {
		out.Note = c.T("account.ways.added", "when", lang.Moment(c.Lang(), w.Added, c.Now(), m.deps.Zone))
		return out
	}
	out.Note = c.T("account.ways.used", "when", lang.Moment(c.Lang(), w.Used, c.Now(), m.deps.Zone))
	return out
}

type wayForm struct {
	Account id.ID  `json:"account"`
	Way     id.ID  `json:"way"`
	Name    string `json:"name,omitempty" max:"200"`
}

// wayNameMost is how long a way's name may be, characters.
const wayNameMost = 60

// ownWay finds a way of one of the person's own accounts.
func (m *Module) ownWay(c *web.Context, account, way id.ID) (wayView, error) {
	accounts, err := m.AccountOf(c.Context(), c.Person())
	if err != nil {
		return wayView{}, err
	}
	if !slices.Contains(accounts, account) {
		return wayView{}, store.ErrNone
	}
	ways, err := m.WaysOf(c.Context(), account)
	if err != nil {
		return wayView{}, err
	}
	for _, w := range ways {
		if w.ID == way {
			return m.wayView(c, w), nil
		}
	}
	return wayView{}, store.ErrNone
}

func (m *Module) showWay(c *web.Context) error {
	account, err := id.Parse(c.Query("account"))
	if err != nil {
		return store.ErrNone
	}
	way, err := id.Parse(c.Query("way"))
	if err != nil {
		return store.ErrNone
	}
	return m.wayPage(c, account, way, typed{})
}

func (m *Module) wayPage(c *web.Context, account, way id.ID, t typed) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	w, err := m.ownWay(c, account, way)
	if err != nil {
		return err
	}
	if held, ok := c.Held(); ok && held.Get("name") != "" {
		w.Name = held.Get("name")
	}
	return m.inAccount(c, "account.ways.title", t, wayPage(c, w, t.fields))
}

func (m *Module) postRename(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form wayForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	name := strings.Join(strings.Fields(form.Name), " ")
	if name == "" || utf8.RuneCountInString(name) > wayNameMost {
		return m.wayPage(c, form.Account, form.Way, typed{web.Status(ErrFields), []fault.Field{{Name: "name", ID: "account.way_name"}}})
	}
	if err := m.RenameWay(c.Context(), c.Act(), form.Account, form.Way, name); err != nil {
		return err
	}
	c.SetFlash("success", "account.ways.renamed")
	return c.Redirect(securityPath)
}

func (m *Module) postDropWay(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form wayForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.afterDrop(c, m.DropWay(c.Context(), c.Act(), form.Account, form.Way))
}

// afterDrop says that a way is gone, or on the same page why it has to stay.
func (m *Module) afterDrop(c *web.Context, err error) error {
	if t, ok := shown(err, ""); ok {
		return m.securityPage(c, t)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.ways.dropped")
	return c.Redirect(securityPath)
}

type dropContactForm struct {
	Channel string `json:"channel" max:"10"`
}

func (m *Module) postDropContact(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form dropContactForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.afterDrop(c, m.DropContact(c.Context(), c.Act(), Channel(form.Channel)))
}

func (m *Module) postDropPassword(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	session, _ := c.Session()
	words, err := m.changeWord(c, "way_dropped")
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		_, err := accountdb.SetPassword(tx, session.Account, "")
		return errors.Join(err, words(tx))
	})
	return m.afterDrop(c, err)
}

// changeWord is the word that tells the signed-in person of a change of how they sign in.
func (m *Module) changeWord(c *web.Context, kind string) (func(*store.Tx) error, error) {
	return m.PrepareWord(c.Context(), Word{
		Person: c.Person(), Key: "account." + kind + "/" + c.Act().ID.String(), Kind: "account.word." + kind, Path: securityPath,
	})
}

// policies are what the form of the second step says, and what is kept of it.
var policies = map[string]string{"risk": SecondByRisk, SecondAlways: SecondAlways, SecondNeeded: SecondNeeded}

type secondPolicyForm struct {
	Second string `json:"second" max:"20"`
}

func (m *Module) postSecondPolicy(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form secondPolicyForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	policy, known := policies[form.Second]
	if !known {
		return m.securityPage(c, typed{web.Status(ErrFields), []fault.Field{{Name: "second", ID: "account.second_unknown"}}})
	}
	words, err := m.changeWord(c, "steps")
	if err != nil {
		return err
	}
	err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error {
		accounts, err := accountdb.AccountsOf(tx, c.Person())
		if err != nil {
			return err
		}
		for _, account := range accounts { // it is the person's wish, however they come in
			if _, err := accountdb.SetSecond(tx, account, policy); err != nil {
				return err
			}
		}
		return words(tx)
	})
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.second.saved")
	return c.Redirect(securityPath)
}

type deviceForm struct {
	Device id.ID `json:"device"`
}

func (m *Module) postForgetDevice(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var form deviceForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.afterForget(c, m.ForgetDevice(c.Context(), c.Act(), form.Device))
}

func (m *Module) afterForget(c *web.Context, err error) error {
	if err != nil {
		return err
	}
	c.SetFlash("success", "account.devices.forgotten")
	return c.Redirect(securityPath)
}

func (m *Module) showPasswordForm(c *web.Context) error { return m.newPasswordPage(c, typed{}) }

func (m *Module) newPasswordPage(c *web.Context, t typed) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	has, err := m.HasPassword(c.Context(), c.Act())
	if err != nil {
		return err
	}
	return m.inAccount(c, "account.security.password", t, newPasswordPage(c, has, t.fields))
}

// withQuery adds one value to a path's query.
func withQuery(path, key, value string) string {
	glue := "?"
	if strings.Contains(path, "?") {
		glue = "&"
	}
	return path + glue + url.Values{key: {value}}.Encode()
}
