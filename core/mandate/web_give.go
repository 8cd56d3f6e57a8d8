package mandate

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// giveForm is an offer as its page posts it, the same for giving and for asking.
type giveForm struct {
	Maker    string   `json:"maker" max:"40"` // an organisation; empty: oneself
	Family   string   `json:"family" max:"100"`
	Given    string   `json:"given" max:"100"`
	Contact  string   `json:"contact" max:"200"`
	Scopes   []string `json:"scopes"`
	Range    string   `json:"range" max:"10"` // all or some
	Services []string `json:"services"`
	Each     string   `json:"each" max:"40"`
	Cap      string   `json:"cap" max:"40"`
	Term     string   `json:"term" max:"10"` // month, year or day
	Until    page.Day `json:"until"`
	Confirm  string   `json:"confirm" max:"10"`
}

// The lengths that the form offers.
const (
	termMonth = "month"
	termYear  = "year"
	termDay   = "day"
)

// proposal is what the form asks for. Sums that are no sums come as -1, so that they are at fault and never nothing.
func (f giveForm) proposal(way Way, maker id.ID, today calendar.Date) Proposal {
	out := Proposal{Way: way, Maker: maker, Whom: Whom{Family: strings.TrimSpace(f.Family), Given: strings.TrimSpace(f.Given), Contact: strings.TrimSpace(f.Contact)}}
	out.Scopes = slices.Compact(slices.Sorted(slices.Values(f.Scopes)))
	if f.Range == "some" {
		out.Services = slices.Compact(slices.Sorted(slices.Values(f.Services)))
	}
	if out.Pays() {
		out.Each, out.Cap = minor(f.Each), minor(f.Cap)
	}
	switch f.Term {
	case termMonth:
		out.Ends = today.AddMonths(1)
	case termYear:
		out.Ends = today.AddYears(1)
	case termDay:
		if day, _ := f.Until.Date(); !day.IsZero() {
			out.Ends = day.AddDays(1)
		}
	}
	return out
}

func minor(text string) int64 {
	if strings.TrimSpace(text) == "" {
		return 0
	}
	amount, err := money.Parse(text, money.RUB)
	if err != nil {
		return -1
	}
	return amount.Minor
}

// faults of the form beyond those of the proposal: some services were to be chosen, and none was.
func (f giveForm) faults() []fault.Field {
	if f.Range == "some" && len(f.Services) == 0 {
		return []fault.Field{{Name: "services", ID: "mandate.services_needed"}}
	}
	return nil
}

// formOf are the fields that a person had typed before they were asked to show once more who they are.
func formOf(v url.Values) giveForm {
	return giveForm{
		Maker: v.Get("maker"), Family: v.Get("family"), Given: v.Get("given"), Contact: v.Get("contact"), Scopes: v["scopes"], Range: v.Get("range"),
		Services: v["services"], Each: v.Get("each"), Cap: v.Get("cap"), Term: v.Get("term"),
		Until: page.DayHeld(v, "until"),
	}
}

// giveView is the page of an offer: the form, or what it comes to before it is made.
type giveView struct {
	Way      Way
	Company  string // the organisation that gives; empty: the person
	Form     giveForm
	Kind     Kind
	Faults   []fault.Field
	Services []agency.Named
	Proposal Proposal
	Plain    []string // what it comes to
}

func (v giveView) action() string { return listPath + "/" + string(v.Way) }

func (m *Module) showGive(c *web.Context) error { return m.showForm(c, Give) }
func (m *Module) showAsk(c *web.Context) error  { return m.showForm(c, Ask) }

func (m *Module) showForm(c *web.Context, way Way) error {
	f := giveForm{Maker: c.Query("maker"), Range: "all", Term: termYear, Scopes: []string{ScopeRead, ScopeApply}}
	if held, ok := c.Held(); ok {
		f = formOf(url.Values(held))
	}
	v, err := m.formView(c, way, f)
	if err != nil {
		return err
	}
	return m.givePage(c, v)
}

// formView asks permission for whoever is to give, and gathers what the page shows.
func (m *Module) formView(c *web.Context, way Way, f giveForm) (giveView, error) {
	v := giveView{Way: way, Form: f, Kind: Helper}
	maker := c.Person()
	if company, err := id.Parse(f.Maker); err == nil && !company.IsZero() && way == Give && company != maker {
		maker, v.Kind = company, Company
	}
	if err := c.May(act.Object{Kind: kind, Holder: maker}); err != nil {
		return v, err
	}
	if v.Kind == Company {
		var err error
		if v.Company, err = m.name(c.Context(), maker, true); err != nil {
			return v, err
		}
	}
	if m.deps.Services != nil {
		v.Services = m.deps.Services(c.Lang())
	}
	v.Proposal = f.proposal(way, maker, calendar.DateOf(c.Now(), m.deps.Zone))
	return v, nil
}

func (m *Module) givePage(c *web.Context, v giveView) error {
	o := page.Options{Title: c.T("mandate.give.title_" + string(v.Way)), Layout: page.Account, Faulty: len(v.Faults) > 0, Crumbs: []ui.Link{
		{Text: c.T("mandate.list.title"), Href: listPath}, {Text: c.T("mandate.give.title_" + string(v.Way))},
	}}
	return m.base.Pages.Render(c, o, formPage(c, v))
}

func (m *Module) postGive(c *web.Context) error { return m.postForm(c, Give) }
func (m *Module) postAsk(c *web.Context) error  { return m.postForm(c, Ask) }

// postForm shows first what the offer comes to, and makes it when that is confirmed. Its answer is the same whether or not
// the city knows the other side.
func (m *Module) postForm(c *web.Context, way Way) error {
	var f giveForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	v, err := m.formView(c, way, f)
	if err != nil {
		return err
	}
	today := calendar.DateOf(c.Now(), m.deps.Zone)
	v.Faults = append(f.faults(), v.Proposal.check(v.Kind, today, m.offers)...)
	if len(v.Faults) > 0 || f.Confirm == "change" {
		return m.givePage(c, v)
	}
	if f.Confirm != "yes" {
		giver, taker := v.Company, v.Proposal.Whom.Name().Full(c.Lang())
		if way == Ask {
			giver, taker = taker, ""
		}
		v.Plain = m.sentences(c, v.Kind, way, taker, giver, v.Proposal.Terms)
		o := page.Options{Title: c.T("mandate.give.check"), Layout: page.Account, Crumbs: []ui.Link{{Text: c.T("mandate.list.title"), Href: listPath}, {Text: c.T("mandate.give.check")}}}
		return m.base.Pages.Render(c, o, checkPage(c, v))
	}
	_, err = m.Propose(c.Context(), c.Act(), v.Proposal)
	if errors.Is(err, ErrFields) {
		v.Faults = fault.Of(err).Fields
		return m.givePage(c, v)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "mandate.give.sent_"+string(way))
	return c.Redirect(listPath)
}

// field is a question of the form.
func (v giveView) field(c *web.Context, name string, hint bool) ui.Field {
	out := ui.Field{Name: name, Label: c.T("mandate.give." + name + "_" + string(v.Way)), Error: page.FaultText(c, v.Faults, name)}
	if hint {
		out.Hint = c.T("mandate.give." + name + "_hint")
	}
	return out
}

func (v giveView) scopeChoices(c *web.Context) []ui.Choice {
	scopes := []string{ScopeRead, ScopeApply, ScopePay}
	if v.Kind == Company {
		scopes = append(scopes, ScopeStaff)
	}
	var out []ui.Choice
	for _, scope := range scopes {
		out = append(out, ui.Choice{Value: scope, Text: c.T("mandate.scope." + scope), Hint: c.T("mandate.scope_hint." + scope)})
	}
	return out
}

func (v giveView) serviceChoices() []ui.Choice {
	out := make([]ui.Choice, 0, len(v.Services))
	for _, s := range v.Services {
		out = append(out, ui.Choice{Value: s.Key, Text: s.Title})
	}
	return out
}

// hidden are the form's fields, for the page that asks to confirm them.
func (f giveForm) hidden() [][2]string {
	out := [][2]string{
		{"maker", f.Maker}, {"family", f.Family}, {"given", f.Given}, {"contact", f.Contact}, {"range", f.Range}, {"each", f.Each}, {"cap", f.Cap},
		{"term", f.Term}, {"until.day", f.Until.Day}, {"until.month", f.Until.Month}, {"until.year", f.Until.Year},
	}
	for _, scope := range f.Scopes {
		out = append(out, [2]string{"scopes", scope})
	}
	for _, service := range f.Services {
		out = append(out, [2]string{"services", service})
	}
	return out
}

// sentences say in plain words what an offer comes to: what the taker will be able to do, until when, and what not.
func (m *Module) sentences(c *web.Context, k Kind, way Way, taker, giver string, t Terms) []string {
	args := []any{"taker", taker, "giver", giver, "day", lang.Date(c.Lang(), t.Ends.AddDays(-1))}
	var may, not []string
	for _, scope := range k.Scopes() {
		if text := c.T("mandate.plain." + scope); slices.Contains(t.Scopes, scope) {
			may = append(may, text)
		} else if scope != ScopeStaff || k == Company {
			not = append(not, text)
		}
	}
	key := "mandate.plain.will_"
	out := []string{c.T(key+string(way), append(args, "what", lang.And(c.Lang(), may...))...)}
	if len(t.Services) > 0 {
		out = append(out, c.T("mandate.plain.only", "services", lang.And(c.Lang(), m.serviceTitles(c, t.Services)...)))
	}
	if t.Pays() && t.Cap > 0 {
		out = append(out, c.T("mandate.plain.money", "each", money.Roubles(t.Each).In(c.Lang()), "cap", money.Roubles(t.Cap).In(c.Lang())))
	}
	not = append(not, c.T("mandate.plain.never"))
	return append(out, c.T("mandate.plain.not_"+string(way), append(args, "what", lang.Or(c.Lang(), not...))...), c.T("mandate.plain.any_time"))
}

// serviceTitles are what services are called; those that are offered no more keep their key.
func (m *Module) serviceTitles(c *web.Context, keys []string) []string {
	known := map[string]string{}
	if m.deps.Services != nil {
		for _, s := range m.deps.Services(c.Lang()) {
			known[s.Key] = s.Title
		}
	}
	out := make([]string, len(keys))
	for i, key := range keys {
		if out[i] = known[key]; out[i] == "" {
			out[i] = key
		}
	}
	return out
}
