package developer

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// programsView is the first page: an agency's keys and endpoints.
type programsView struct {
	Agency    string // its name
	Key       string // of the agency, when an administrator chose it
	Agencies  []ui.Choice
	Keys      []Key
	Endpoints []Endpoint
}

func (m *Module) showPrograms(c *web.Context) error {
	of, err := m.thisAgency(c)
	if err != nil {
		return err
	}
	v := programsView{Agency: m.agencyName(c, of), Key: c.Query("agency")}
	if v.Keys, err = m.Keys(c.Context(), of); err != nil {
		return err
	}
	if v.Endpoints, err = m.Endpoints(c.Context(), of); err != nil {
		return err
	}
	if c.Act().Actor.Role == string(agency.Admin) && m.deps.Keys != nil {
		for _, key := range m.deps.Keys() {
			v.Agencies = append(v.Agencies, ui.Choice{Value: key, Text: m.agencyName(c, agency.ID(key))})
		}
	}
	return m.render(c, "developer.title", 0, m.programsPage(c, v))
}

func (m *Module) agencyName(c *web.Context, of id.ID) string {
	if m.deps.Agencies == nil {
		return ""
	}
	return m.deps.Agencies.AgencyName(of, c.Lang())
}

func (m *Module) moment(c *web.Context, at time.Time) string {
	return lang.FullMoment(c.Lang(), at, m.deps.Zone())
}

// keyForm is a key as it is asked for.
type keyForm struct {
	Name      string   `json:"name" max:"200"`
	Hand      string   `json:"hand" max:"10"` // test or live
	Scopes    []string `json:"scopes" max:"40"`
	Networks  string   `json:"networks" max:"2000"`
	Days      string   `json:"days" max:"5"`
	PerMinute string   `json:"per_minute" max:"6"`
}

func (f keyForm) key() NewKey {
	out := NewKey{Name: f.Name, Test: f.Hand != "live", Scopes: f.Scopes, Networks: f.Networks}
	days, err := strconv.Atoi(f.Days)
	if err == nil && days > 0 && days <= 10_000 {
		out.Life = time.Duration(days) * 24 * time.Hour
	}
	if f.PerMinute != "" {
		if out.PerMinute, err = strconv.Atoi(f.PerMinute); err != nil {
			out.PerMinute = -1
		}
	}
	return out
}

// keyView is the page of one key, or of a new one.
type keyView struct {
	Key    Key // zero: a new one
	Form   keyForm
	Faults []fault.Field
	Shown  string // the key itself, this once
}

func (m *Module) showNewKey(c *web.Context) error {
	if _, err := m.thisAgency(c); err != nil {
		return err
	}
	first := keyForm{Hand: "test", Days: "365", Scopes: []string{ScopeChargesRead, ScopeChargesWrite, ScopePayments}}
	return m.render(c, "developer.key.new", 0, m.newKeyPage(c, keyView{Form: first}))
}

func (m *Module) postKey(c *web.Context) error {
	of, err := m.thisAgency(c)
	if err != nil {
		return err
	}
	var form keyForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	key, shown, err := m.MakeKey(c.Context(), c.Act(), of, form.key())
	if faults, ok := shownHere(err); ok {
		return m.render(c, "developer.key.new", http.StatusUnprocessableEntity, m.newKeyPage(c, keyView{Form: form, Faults: faults}))
	}
	if err != nil {
		return err
	}
	return m.render(c, "developer.key.made", 0, m.keyPage(c, keyView{Key: key, Shown: shown}))
}

// thisKey is the key that a request is about.
func (m *Module) thisKey(c *web.Context) (Key, error) {
	of, err := m.thisAgency(c)
	if err != nil {
		return Key{}, err
	}
	key, err := c.ID("key")
	if err != nil {
		return Key{}, err
	}
	return m.Key(c.Context(), of, key)
}

func (m *Module) showKey(c *web.Context) error {
	key, err := m.thisKey(c)
	if err != nil {
		return err
	}
	return m.render(c, "developer.key.title", 0, m.keyPage(c, keyView{Key: key}))
}

func (m *Module) postRevoke(c *web.Context) error {
	key, err := m.thisKey(c)
	if err != nil {
		return err
	}
	if err := m.RevokeKey(c.Context(), c.Act(), key.Agency, key.ID); err != nil {
		return err
	}
	c.SetFlash("success", "developer.key.revoked_now")
	return c.Redirect(here(c, pathKeys+"/"+key.ID.String()))
}

type rotateForm struct {
	Days string `json:"days" max:"3"`
}

func (m *Module) postRotate(c *web.Context) error {
	key, err := m.thisKey(c)
	if err != nil {
		return err
	}
	var form rotateForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	overlap := time.Duration(-1)
	if days, err := strconv.Atoi(form.Days); err == nil {
		overlap = time.Duration(days) * 24 * time.Hour
	}
	fresh, shown, err := m.RotateKey(c.Context(), c.Act(), key.Agency, key.ID, overlap)
	if faults, ok := shownHere(err); ok {
		return m.render(c, "developer.key.title", http.StatusUnprocessableEntity, m.keyPage(c, keyView{Key: key, Faults: faults}))
	}
	if err != nil {
		return err
	}
	return m.render(c, "developer.key.made", 0, m.keyPage(c, keyView{Key: fresh, Shown: shown}))
}

// shownHere turns an error that a form can show into its faults.
func shownHere(err error) ([]fault.Field, bool) {
	var f *fault.Fault
	if errors.As(err, &f) && len(f.Fields) > 0 {
		return f.Fields, true
	}
	return nil, false
}

// keyTag is how a key stands.
func (m *Module) keyTag(c *web.Context, k Key) ui.TagProps {
	now := c.Now()
	switch {
	case !k.Revoked.IsZero():
		return ui.TagProps{Text: c.T("developer.key.revoked"), Tone: ui.Fault}
	case !k.Live(now):
		return ui.TagProps{Text: c.T("developer.key.over"), Tone: ui.Neutral}
	case k.Expires.Sub(now) < 14*24*time.Hour:
		return ui.TagProps{Text: c.T("developer.key.ends_soon"), Tone: ui.Warning}
	}
	return ui.TagProps{Text: c.T("developer.key.live"), Tone: ui.Success}
}

func hand(test bool) string {
	if test {
		return "developer.hand.test"
	}
	return "developer.hand.live"
}

// hint is how a key is told from others: posad_test_…Ab3x.
func (k Key) hint() string {
	if k.Test {
		return testKey + "…" + k.Hint
	}
	return liveKey + "…" + k.Hint
}

func (m *Module) usedWords(c *web.Context, k Key) string {
	if k.Used.IsZero() {
		return c.T("developer.key.unused")
	}
	return lang.Moment(c.Lang(), k.Used, c.Now(), m.deps.Zone())
}

func (m *Module) keysTable(c *web.Context, v programsView) ui.DataTableProps {
	t := ui.DataTableProps{Caption: c.T("developer.keys"), Columns: []ui.Column{
		{Title: c.T("developer.field.name")}, {Title: c.T("developer.key.state")}, {Title: c.T("developer.key.used")}, {Title: c.T("developer.key.expires")},
	}}
	for _, k := range v.Keys {
		tag := m.keyTag(c, k)
		t.Rows = append(t.Rows, ui.TableRow{
			Title: k.Name, Href: here(c, pathKeys+"/"+k.ID.String()), Note: k.hint(), Cells: []ui.TableCell{
				{Tag: &tag}, {Text: m.usedWords(c, k), Muted: k.Used.IsZero()}, {Text: lang.Moment(c.Lang(), k.Expires, c.Now(), m.deps.Zone())},
			},
		})
	}
	return t
}

func (m *Module) keyFacts(c *web.Context, k Key) []ui.SummaryRow {
	networks := writeNetworks(k.Networks)
	if networks == "" {
		networks = c.T("developer.key.anywhere")
	}
	rate := c.T("developer.key.common_rate")
	if k.PerMinute > 0 {
		rate = fmt.Sprint(k.PerMinute)
	}
	scopes := ""
	for _, s := range k.Scopes {
		scopes += c.T("developer.scope."+scopeKey(s)) + "\n"
	}
	rows := []ui.SummaryRow{
		{Name: c.T("developer.field.hand"), Value: c.T(hand(k.Test))}, {Name: c.T("developer.key.begins"), Value: k.hint()},
		{Name: c.T("developer.field.scopes"), Value: scopes}, {Name: c.T("developer.field.networks"), Value: networks}, {Name: c.T("developer.field.per_minute"), Value: rate},
		{Name: c.T("developer.key.made_at"), Value: m.moment(c, k.Made)}, {Name: c.T("developer.key.expires"), Value: m.moment(c, k.Expires)},
		{Name: c.T("developer.key.used"), Value: m.usedWords(c, k)},
	}
	if !k.Revoked.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("developer.key.revoked"), Value: m.moment(c, k.Revoked)})
	}
	return rows
}

func (m *Module) options(c *web.Context, title string, status int) page.Options {
	return page.Options{Title: c.T(title), Layout: page.Desk, Status: status, Faulty: status == http.StatusUnprocessableEntity}
}
