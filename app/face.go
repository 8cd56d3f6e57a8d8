package app

import (
	"cmp"
	"context"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"posad.city/core/casework"
	"posad.city/core/charge"
	"posad.city/core/mypage"
	"posad.city/core/pay"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// user is the signed-in person as the header shows them.
func (m *Modules) user(c *web.Context) *ui.User {
	session, ok := c.Session()
	if !ok {
		return nil
	}
	out := &ui.User{Name: c.T("app.account"), Initials: "•", Href: "/account", Messages: "/messages", SignOut: "/sign-out", Unread: m.Notice.UnreadOf(c)}
	names, err := m.Account.Names(c.Context(), self(c), "account.look.profile", session.Person)
	if name, known := names[session.Person]; err == nil && known && name.Family != "" {
		out.Name, out.Initials = shortName(name), initials(name)
	}
	if !session.Agency.IsZero() {
		out.Note, out.Href = m.Service.AgencyName(session.Agency, c.Lang()), "/desk"
	}
	return out
}

// self is the act of a person who looks at what is their own, whatever hat they wear: an official's own name, cases, bills
// and children on a page of the city are no look of their agency's.
func self(c *web.Context) act.Act {
	a := c.Act()
	a.Actor = act.Actor{Kind: act.Person, Person: c.Person()}
	return a
}

func shortName(n lang.Name) string {
	if n.Given == "" {
		return n.Family
	}
	return n.Given + " " + string([]rune(n.Family)[:1]) + "."
}

func initials(n lang.Name) string {
	out := ""
	for _, part := range []string{n.Given, n.Family} {
		if runes := []rune(part); len(runes) > 0 {
			out += string(runes[:1])
		}
	}
	return out
}

// givenName is how the person is greeted.
func (m *Modules) givenName(ctx context.Context, a act.Act) string {
	a.Actor = act.Actor{Kind: act.Person, Person: a.Actor.Person}
	names, err := m.Account.Names(ctx, a, "account.look.profile", a.Actor.Person)
	if err != nil {
		return ""
	}
	return names[a.Actor.Person].Given
}

// caseLink finds a case of the person's for the list of looks.
func (m *Modules) caseLink(c *web.Context, caseID id.ID) (string, string) {
	ref, err := m.Casework.FindID(c.Context(), caseID)
	if err != nil {
		return "", ""
	}
	return "/cases/" + ref.Number, id.FormatNumber(ref.Number)
}

// sources are what the modules bring to the person's own page.
func (m *Modules) sources() []mypage.Source {
	return []mypage.Source{
		{Name: "agency", Order: 5, Widget: m.workWidget},
		{Name: "casework", Order: 10, Todos: m.caseTodos, Widget: m.caseWidget},
		{Name: "pay", Order: 20, Todos: m.billTodos, Widget: m.billWidget},
		{Name: "document", Order: 30, Widget: m.documentWidget},
		{Name: "mandate", Order: 40, Widget: m.Mandate.Widget},
	}
}

// widgetLines is how many lines a widget shows.
const widgetLines = 5

func (m *Modules) caseTodos(c *web.Context) ([]mypage.Todo, error) {
	lines, err := m.Casework.Mine(c.Context(), self(c))
	var out []mypage.Todo
	for _, line := range lines {
		if line.Status == casework.StatusAsked {
			out = append(out, mypage.Todo{Due: line.Due, Title: c.T("app.todo.answer"), Note: m.serviceTitle(c, line.Service), Do: c.T("app.todo.answer_do"), Href: "/cases/" + line.Number})
		}
	}
	return out, err
}

func (m *Modules) serviceTitle(c *web.Context, key string) string {
	if city := m.Service.Current(); city != nil {
		if s, ok := city.Service(key); ok {
			return s.Title.In(c.Lang())
		}
	}
	return key
}

func (m *Modules) caseWidget(c *web.Context) (templ.Component, error) {
	lines, err := m.Casework.Mine(c.Context(), c.Act())
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	var rows []ui.RowItem
	for _, line := range lines[:min(len(lines), widgetLines)] {
		rows = append(rows, ui.RowItem{
			Text: m.serviceTitle(c, line.Service), Href: "/cases/" + line.Number,
			Tag: &ui.TagProps{Text: c.T("casework.status." + string(line.Status)), Tone: statusTones[line.Status]},
		})
	}
	return rowsWidget(ui.WidgetProps{Icon: "files", Tone: ui.Apricot, Title: c.T("app.widget.cases"), More: ui.Link{Text: c.T("app.widget.all_cases"), Href: "/cases"}}, rows), nil
}

var statusTones = map[casework.Status]ui.Tone{
	casework.StatusChecking: ui.Info, casework.StatusToPay: ui.Warning, casework.StatusInQueue: ui.Info, casework.StatusInReview: ui.Info,
	casework.StatusAsked: ui.Warning, casework.StatusSigning: ui.Info, casework.StatusAgreeing: ui.Info, casework.StatusDeciding: ui.Info, casework.StatusIssuing: ui.Success, casework.StatusApproved: ui.Success,
	casework.StatusRefused: ui.Fault, casework.StatusWithdrawn: ui.Neutral,
}

// owed are a person's bills that are to be paid now, without offers that nobody owes, the most urgent first.
func (m *Modules) owed(c *web.Context, a act.Act) ([]charge.Charge, error) {
	charges, err := m.Charge.OfPerson(c.Context(), a, c.Person(), charge.Filter{Open: true})
	charges = slices.DeleteFunc(charges, func(one charge.Charge) bool { return one.Kind == charge.KindGift || one.Kind == charge.KindWallet })
	slices.SortStableFunc(charges, func(a, b charge.Charge) int {
		if a.Due.IsZero() != b.Due.IsZero() {
			return cmp.Compare(b.Due.Unix(), a.Due.Unix()) // without a term: last
		}
		return a.Due.Compare(b.Due)
	})
	return charges, err
}

func (m *Modules) billTodos(c *web.Context) ([]mypage.Todo, error) {
	charges, err := m.owed(c, self(c))
	var out []mypage.Todo
	for _, one := range charges {
		left := money.Amount{Minor: one.Owed(c.Now(), m.Charge.Zone()).Left, Currency: one.Amount.Currency}
		out = append(out, mypage.Todo{
			Due: one.Due, Title: c.T("app.todo.pay", "amount", left.In(c.Lang())), Note: one.Title.In(c.Lang()),
			Do: c.T("app.todo.pay_do"), Href: "/pay/" + one.ID.String(),
		})
	}
	return out, err
}

func (m *Modules) billWidget(c *web.Context) (templ.Component, error) {
	charges, err := m.owed(c, c.Act())
	if err != nil || len(charges) == 0 {
		return nil, err
	}
	var rows []ui.RowItem
	query, sum := url.Values{}, money.Amount{}
	for _, one := range charges[:min(len(charges), pay.AsksMost)] {
		left := money.Amount{Minor: one.Owed(c.Now(), m.Charge.Zone()).Left, Currency: one.Amount.Currency}
		if len(rows) < widgetLines {
			rows = append(rows, ui.RowItem{Text: one.Title.In(c.Lang()), Href: "/pay/" + one.ID.String(), Value: left.In(c.Lang())})
		}
		if sum, err = sum.Add(left); err != nil {
			return nil, err
		}
		query.Add("charge", one.ID.String())
	}
	head := ui.WidgetProps{Icon: "receipt-duotone", Tone: ui.Ice, Title: c.T("app.widget.bills"), More: ui.Link{Text: c.T("app.widget.all_bills"), Href: "/pay"}}
	return billCard(c, head, sum.In(c.Lang()), rows, "/pay/basket?"+query.Encode()), nil
}

func (m *Modules) documentWidget(c *web.Context) (templ.Component, error) {
	list, err := m.Document.Results(c.Context(), c.Act(), c.Person(), id.ID{})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	var rows []ui.RowItem
	for _, r := range list[:min(len(list), widgetLines)] {
		rows = append(rows, ui.RowItem{Text: r.Title.In(c.Lang()), Href: "/documents/" + r.ID.String(), Value: m.Document.Validity(r, c.Lang()), Quiet: true})
	}
	return rowsWidget(ui.WidgetProps{Icon: "identification-card", Tone: ui.Mint, Title: c.T("app.widget.documents"), More: ui.Link{Text: c.T("app.widget.all_documents"), Href: "/documents"}}, rows), nil
}

// today is the card of the home page: up to three things of the person's, each with one action.
func (m *Modules) today(c *web.Context) (*ui.TodayProps, error) {
	if c.Person().IsZero() {
		return nil, nil
	}
	var out []ui.TodayItem
	for _, todos := range []func(*web.Context) ([]mypage.Todo, error){m.billTodos, m.caseTodos} {
		list, err := todos(c)
		if err != nil {
			return nil, err
		}
		for _, todo := range list {
			out = append(out, ui.TodayItem{Icon: "bell", Tone: ui.Apricot, Name: todo.Note, Value: todo.Title, Action: ui.Link{Text: todo.Do, Href: todo.Href}})
		}
	}
	lines, err := m.Casework.Mine(c.Context(), self(c))
	if err != nil {
		return nil, err
	}
	for _, line := range lines {
		if line.Status != casework.StatusAsked && line.Status != casework.StatusToPay {
			out = append(out, ui.TodayItem{Icon: "files", Tone: ui.Ice, Name: m.serviceTitle(c, line.Service), Value: c.T("casework.status." + string(line.Status)), Action: ui.Link{Text: c.T("app.today_open"), Href: "/cases/" + line.Number}})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	title := c.T("app.today")
	if name := m.givenName(c.Context(), c.Act()); name != "" {
		title = c.T("app.today_name", "name", name)
	}
	return &ui.TodayProps{Title: title, More: ui.Link{Text: c.T("app.to_account"), Href: "/account"}, Items: out[:min(3, len(out))]}, nil
}
