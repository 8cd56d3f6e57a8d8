package reconcile

import (
	"errors"
	"net/url"
	"slices"
	"time"

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

// Where the pages are.
const (
	booksPath        = "/desk/books"
	incomePath       = "/desk/books/income"
	statementsPath   = "/desk/books/statements"
	unidentifiedPath = "/desk/books/unidentified"
	linesPath        = "/desk/books/lines/"
	payoutsPath      = "/desk/books/payouts"
	payeesPath       = "/desk/books/payees"
	openPath         = "/open-books"
)

// loadTimeout is how long a statement may take to be loaded.
const loadTimeout = 5 * time.Minute

// lookCharge is the kind of look at charges that money may be meant for.
const lookCharge = "reconcile.look.charge"

func (m *Module) routes(s *web.Server) {
	op := func(name string, o act.Operation) *web.Op {
		o.Name, o.Object, o.May, o.Assurance = "reconcile."+name, "books", act.SameAgency, act.Basic
		return s.Operation(o)
	}
	read := op("read", act.Operation{})
	income := s.Operation(act.Operation{Name: "reconcile.income", Object: "books", May: act.SameAgency | act.OwnProgram, Key: "books:read", Assurance: act.Basic})
	load := op("load", act.Operation{Changes: true, Body: statementMost + 1<<20, Timeout: loadTimeout})
	line := op("line", act.Operation{}) // the payer is looked at on the treasury's record, charges and names that it suggests on their people's
	settle := op("settle", act.Operation{Changes: true, Fresh: act.Lately, Look: lookCharge})
	sendBack := op("send_back", act.Operation{Changes: true})
	explain := op("explain", act.Operation{Changes: true, Fresh: act.Lately})
	prepare := op("prepare_payout", act.Operation{Changes: true})
	approve := op("approve_payout", act.Operation{Changes: true, Fresh: act.Lately})
	cancel := op("cancel_payout", act.Operation{Changes: true})
	answer := op("answer_payout", act.Operation{Changes: true, Body: 8 << 20, Fresh: act.Lately})
	propose := op("propose_payee", act.Operation{Changes: true})
	judge := op("judge_payee", act.Operation{Changes: true, Fresh: act.Lately})
	prove := op("prove", act.Operation{Changes: true, Timeout: loadTimeout})
	open := s.Operation(act.Operation{Name: "reconcile.open", May: act.Everyone, PerMinute: 240})

	s.Page(read, "GET "+booksPath, m.showBooks)
	s.Page(prove, "POST "+booksPath+"/prove", m.postProve)
	s.Page(income, "GET "+incomePath, m.showIncome)
	s.Page(income, "GET "+incomePath+".csv", m.sendIncomeCSV)
	s.Page(read, "GET "+statementsPath, m.showStatements)
	s.Page(load, "POST "+statementsPath, m.postStatement)
	s.Page(read, "GET "+statementsPath+"/{statement}", m.showStatement)
	s.Page(read, "GET "+unidentifiedPath, m.showUnidentified)
	s.Page(line, "GET "+linesPath+"{line}", m.showLine)
	s.Page(settle, "POST "+linesPath+"{line}/settle", m.postSettle)
	s.Page(sendBack, "POST "+linesPath+"{line}/back", m.postBack)
	s.Page(explain, "POST "+linesPath+"{line}/explain", m.postExplain)
	s.Page(read, "GET "+payoutsPath, m.showPayouts)
	s.Page(prepare, "POST "+payoutsPath, m.postPrepare)
	s.Page(read, "GET "+payoutsPath+"/{payout}", m.showPayout)
	s.Page(read, "GET "+payoutsPath+"/{payout}/order.xml", m.sendOrder)
	s.Page(approve, "POST "+payoutsPath+"/{payout}/approve", m.postApprove)
	s.Page(cancel, "POST "+payoutsPath+"/{payout}/cancel", m.postCancel)
	s.Page(answer, "POST "+payoutsPath+"/{payout}/answer", m.postAnswer)
	s.Page(read, "GET "+payeesPath, m.showPayees)
	s.Page(propose, "POST "+payeesPath, m.postPayee)
	s.Page(judge, "POST "+payeesPath+"/judge", m.postJudge)
	s.Page(open, "GET "+openPath, m.showOpen)
	s.Page(open, "GET "+openPath+"/{day}/receipt", m.sendReceipt)
	m.api(s, read, income, load, open)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 66, Text: "reconcile.menu", Href: booksPath, Icon: "wallet", Show: func(c *web.Context) bool { return c.Act().Actor.Agency == m.treasury() }})
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 67, Text: "reconcile.menu_income", Href: incomePath, Icon: "chart-bar", Show: func(c *web.Context) bool {
			return c.Act().Actor.Kind == act.Official && c.Act().Actor.Agency != m.treasury()
		}})
	}
}

// ofTreasury asks permission for the books, which are the treasury's.
func (m *Module) ofTreasury(c *web.Context) error {
	return c.May(act.Object{Kind: "books", Agency: m.treasury()})
}

// render shows a page of the books.
func (m *Module) render(c *web.Context, title string, failed *fault.Fault, crumbs []ui.Link, content templComponent) error {
	all := []ui.Link{{Text: c.T("reconcile.title"), Href: booksPath}}
	if len(crumbs) == 0 {
		all = nil
	}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: append(all, crumbs...), Faulty: failed != nil}, content)
}

// told is the fault of this module that a page itself says; any other error goes on.
func told(err error) (*fault.Fault, error) {
	var f *fault.Fault
	known := []*fault.Fault{ErrFile, ErrAccount, ErrSums, ErrKnown, ErrOther, ErrChanged, ErrSecond, ErrAmount, ErrCharge, ErrReason, ErrPayer, ErrDetails, ErrNothing, ErrByBank, ErrOwn, ErrDay, ErrChain}
	if errors.As(err, &f) && slices.ContainsFunc(known, func(k *fault.Fault) bool { return errors.Is(err, k) }) {
		return f, nil
	}
	return nil, err
}

// faultField is the field of a form that a fault is about.
func faultField(f *fault.Fault) string {
	switch f.ID {
	case ErrReason.ID:
		return "why"
	case ErrCharge.ID, ErrOwn.ID:
		return "charge"
	case ErrAmount.ID:
		return "amount"
	case ErrDetails.ID:
		return "account"
	}
	return "file"
}

func faultLines(c *web.Context, f *fault.Fault) []ui.FaultLine {
	return []ui.FaultLine{{Name: faultField(f), Text: c.FaultText(f)}}
}

// errorOf is a field's fault; empty when the fault is another field's.
func errorOf(c *web.Context, f *fault.Fault, name string) string {
	if f == nil || faultField(f) != name {
		return ""
	}
	return c.FaultText(f)
}

// booksView is the first page.
type booksView struct {
	Proofs   []Proof
	Ways     []Way
	Counts   []Count
	Balances []Balance
	At       time.Time
	AtText   string
	Wrong    bool // the moment that was asked for is none
	Days     []dayTotal
	Names    names
	Last     *Statement
}

// dayTotal is a day's income.
type dayTotal struct {
	Day        calendar.Date
	Came, Back int64
	Lines      int64
}

func byDay(list []Income, since, until calendar.Date) []dayTotal {
	at := map[calendar.Date]int{}
	var out []dayTotal
	for d := since; !d.After(until); d = d.AddDays(1) {
		at[d] = len(out)
		out = append(out, dayTotal{Day: d})
	}
	for _, one := range list {
		if i, ok := at[one.Day]; ok {
			out[i].Came += one.Came
			out[i].Back += one.Back
			out[i].Lines += one.Lines
		}
	}
	return out
}

// names are what payees are called.
type names map[id.ID]lang.Text

func (n names) of(payee id.ID, l lang.Language) string {
	if t, ok := n[payee]; ok {
		return t.In(l)
	}
	return payee.String()
}

func (m *Module) names(c *web.Context) (names, error) {
	list, err := m.payees(c.Context())
	out := names{}
	for _, p := range list {
		out[p.ID] = p.Title
	}
	return out, err
}

// chartDays is how many days a chart shows: each with its sum, on a phone too.
const chartDays = 7

func (m *Module) showBooks(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	v := booksView{At: c.Now(), AtText: c.Query("at")}
	if v.AtText != "" {
		at, err := time.ParseInLocation("2006-01-02 15:04", v.AtText, m.deps.Zone())
		if day, dayErr := calendar.ParseDate(v.AtText); dayErr == nil {
			at, err = day.AddDays(1).Start(m.deps.Zone()), nil
		}
		if v.Wrong = err != nil; !v.Wrong {
			v.At = at
		}
	}
	ctx := c.Context()
	var asOf time.Time
	if v.AtText != "" && !v.Wrong {
		asOf = v.At
	}
	var err error
	if v.Proofs, err = m.Proofs(ctx, 10); err != nil {
		return err
	}
	if v.Ways, err = m.Ways(ctx); err != nil {
		return err
	}
	if v.Counts, err = m.Counts(ctx); err != nil {
		return err
	}
	if v.Balances, err = m.Balances(ctx, asOf); err != nil {
		return err
	}
	if v.Names, err = m.names(c); err != nil {
		return err
	}
	income, err := m.IncomeBetween(ctx, m.today().AddDays(1-chartDays), m.today())
	if err != nil {
		return err
	}
	v.Days = byDay(income, m.today().AddDays(1-chartDays), m.today())
	list, err := m.Statements(ctx, calendarNone)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		v.Last = &list[0]
	}
	return m.render(c, c.T("reconcile.title"), nil, nil, booksPage(m, c, v))
}

func (m *Module) postProve(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	if err := m.mayAct(c.Act()); err != nil {
		return err
	}
	p, err := m.Prove(c.Context())
	if err != nil {
		return err
	}
	if p.Sound() {
		c.SetFlash("success", "reconcile.proof.flash_sound")
	} else {
		c.SetFlash("warning", "reconcile.proof.flash_wrong", "n", len(p.Differences))
	}
	return c.Redirect(booksPath)
}

// incomeView is the page of income by day, agency and kind.
type incomeView struct {
	Since, Until calendar.Date
	Payee        id.ID
	Treasury     bool
	List         []Income
	Days         []dayTotal
	Names        names
	Payees       []Payee
	Wrong        bool
}

// spanMost is the longest span that is shown, days.
const spanMost = 366

// incomeOf reads what of the income somebody asks for and may see: an agency sees its own.
func (m *Module) incomeOf(c *web.Context) (incomeView, error) {
	a := c.Act().Actor.Agency
	if err := c.May(act.Object{Kind: "books", Agency: a, Test: c.Act().Test}); err != nil {
		return incomeView{}, err
	}
	v := incomeView{Since: m.today().AddDays(-29), Until: m.today(), Treasury: a == m.treasury()}
	since, until := c.Query("since"), c.Query("until")
	if since != "" || until != "" {
		from, err := calendar.ParseDate(since)
		to, toErr := calendar.ParseDate(until)
		if v.Wrong = err != nil || toErr != nil || to.Before(from) || from.DaysUntil(to) >= spanMost; !v.Wrong {
			v.Since, v.Until = from, to
		}
	}
	if !v.Treasury {
		v.Payee = a
	} else if asked := c.Query("payee"); asked != "" {
		v.Payee, _ = id.Parse(asked) // what is no id is no payee: everything is shown
	}
	var err error
	if v.Names, err = m.names(c); err != nil {
		return v, err
	}
	if v.List, err = m.IncomeBetween(c.Context(), v.Since, v.Until); err != nil {
		return v, err
	}
	if v.Payees, err = m.payees(c.Context()); err != nil {
		return v, err
	}
	if !v.Payee.IsZero() {
		v.List = slices.DeleteFunc(v.List, func(i Income) bool { return i.Payee != v.Payee })
	}
	if c.Act().Test { // nothing real is for a sandbox
		v.List = nil
	}
	v.Days = byDay(v.List, v.Since, v.Until)
	return v, nil
}

func (m *Module) showIncome(c *web.Context) error {
	v, err := m.incomeOf(c)
	if err != nil {
		return err
	}
	title := c.T("reconcile.income.title")
	var crumbs []ui.Link
	if v.Treasury {
		crumbs = []ui.Link{{Text: title}}
	}
	return m.render(c, title, nil, crumbs, incomePage(m, c, v))
}

func (v incomeView) query() string {
	q := url.Values{"since": {v.Since.String()}, "until": {v.Until.String()}}
	if v.Treasury && !v.Payee.IsZero() {
		q.Set("payee", v.Payee.String())
	}
	return "?" + q.Encode()
}

// roubles is a sum of the city's currency.
func (m *Module) roubles(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: m.deps.Account.Currency}
}

// kindName is what a kind of charges is called.
func (m *Module) kindName(kind string, l lang.Language) string {
	if m.deps.KindName != nil {
		if name := m.deps.KindName(kind, l); name != "" {
			return name
		}
	}
	if m.base.Texts.Has("reconcile.kind." + kind) {
		return m.base.Texts.Text(l, "reconcile.kind."+kind)
	}
	return kind
}

// officer is the name of an official, as far as it is known.
func (m *Module) officers(c *web.Context, people ...id.ID) (map[id.ID]lang.Name, error) {
	people = slices.DeleteFunc(people, func(p id.ID) bool { return p.IsZero() })
	if m.deps.People == nil || len(people) == 0 {
		return nil, nil
	}
	return m.deps.People.Names(c.Context(), m.system(), "reconcile.look.officials", people...)
}

func officerName(list map[id.ID]lang.Name, who id.ID) string {
	if n, ok := list[who]; ok {
		return n.Initials(lang.Russian)
	}
	if who.IsZero() {
		return ""
	}
	return who.String()
}
