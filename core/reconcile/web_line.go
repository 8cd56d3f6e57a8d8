package reconcile

import (
	"errors"
	"strings"

	"github.com/a-h/templ"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

type templComponent = templ.Component

// statementsView is the list of statements.
type statementsView struct {
	List   []Statement
	Failed *fault.Fault
	Bank   bool // they come by themselves
}

func (m *Module) showStatements(c *web.Context) error { return m.statementsPage(c, nil) }

func (m *Module) statementsPage(c *web.Context, failed *fault.Fault) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	var before calendar.Date
	if text := c.Query("before"); text != "" {
		before, _ = calendar.ParseDate(text) // what is no day is the newest page
	}
	list, err := m.Statements(c.Context(), before)
	if err != nil {
		return err
	}
	title := c.T("reconcile.statements.title")
	return m.render(c, title, failed, []ui.Link{{Text: title}}, statementsPage(m, c, statementsView{list, failed, m.deps.Bank != nil}))
}

func (m *Module) postStatement(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	if err := m.mayAct(c.Act()); err != nil {
		return err
	}
	files, err := c.Files()
	if err != nil {
		return err
	}
	if list := files["file"]; len(list) != 1 || len(list[0].Data) == 0 {
		return m.statementsPage(c, ErrFile)
	}
	loaded, err := m.Load(c.Context(), c.Act(), SourceUpload, files["file"][0].Data)
	if errors.Is(err, ErrAsked) {
		c.SetFlash("warning", "reconcile.statements.asked")
		return c.Redirect(statementsPath)
	}
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.statementsPage(c, failed)
	}
	if _, err := m.again(c.Context()); err != nil {
		return err
	}
	c.SetFlash("success", "reconcile.statements.loaded", "n", len(loaded))
	return c.Redirect(statementsPath + "/" + loaded[0].ID.String())
}

// statementView is one statement.
type statementView struct {
	Statement
	Counts []Count
	Parts  []Part
	After  int64
	More   int64 // number after which there is more; zero: nothing
	Given  string
}

func (m *Module) showStatement(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	which, err := c.ID("statement")
	if err != nil {
		return err
	}
	var v statementView
	if v.Statement, err = m.Statement(c.Context(), which); err != nil {
		return err
	}
	v.After = numberOf(c.Query("after"))
	if v.Counts, err = m.CountsOf(c.Context(), which); err != nil {
		return err
	}
	if v.Parts, err = m.PartsOf(c.Context(), which, v.After); err != nil {
		return err
	}
	if len(v.Parts) == partsShown {
		v.More = v.Parts[partsShown-1].Number
	}
	people, err := m.officers(c, v.Official)
	if err != nil {
		return err
	}
	v.Given = officerName(people, v.Official)
	title := c.T("reconcile.statement.title", "day", lang.Date(c.Lang(), v.Until))
	return m.render(c, title, nil, []ui.Link{{Text: c.T("reconcile.statements.title"), Href: statementsPath}, {Text: title}}, statementPage(m, c, v))
}

func numberOf(text string) int64 {
	n := int64(0)
	for _, r := range text {
		if r < '0' || r > '9' || n > 1_000_000_000 {
			return 0
		}
		n = n*10 + int64(r-'0')
	}
	return n
}

// unidentifiedView is the list of what nobody knows what for.
type unidentifiedView struct {
	State State
	Parts []Part
	More  string // address of more
}

// waiting are the states in which a line waits for an official.
var waiting = []State{Unknown, Partly, Duplicate}

func (m *Module) showUnidentified(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	v := unidentifiedView{State: Unknown}
	for _, state := range waiting {
		if c.Query("state") == string(state) {
			v.State = state
		}
	}
	var after Part
	if day, last, ok := strings.Cut(c.Query("after"), "."); ok {
		after.Day, _ = calendar.ParseDate(day) // what is neither is the first page
		after.ID, _ = id.Parse(last)
	}
	var err error
	if v.Parts, err = m.PartsIn(c.Context(), v.State, after); err != nil {
		return err
	}
	if len(v.Parts) == partsShown {
		last := v.Parts[partsShown-1]
		v.More = unidentifiedPath + "?state=" + string(v.State) + "&after=" + last.Day.String() + "." + last.ID.String()
	}
	title := c.T("reconcile.unidentified.title")
	return m.render(c, title, nil, []ui.Link{{Text: title}}, unidentifiedPage(m, c, v))
}

// lineView is one line with what can be done.
type lineView struct {
	Part
	Details     Details
	Suggestions []Suggestion
	Acts        []ActOn
	People      map[id.ID]lang.Name
	From        Statement // that has the line
	Failed      *fault.Fault
	Typed       settleForm
	Names       names
	Found       *Suggestion // by the number that was typed
}

type settleForm struct {
	Charge   string `json:"charge" max:"40"`
	Amount   string `json:"amount" max:"30"`
	Why      string `json:"why" max:"300"`
	Revision int64  `json:"revision"`
}

func (v lineView) open() bool {
	return v.Rest != 0 && (v.State == Unknown || v.State == Partly || v.State == Duplicate)
}

// ofLine finds the line of the path and asks permission.
func (m *Module) ofLine(c *web.Context) (Part, error) {
	if err := m.ofTreasury(c); err != nil {
		return Part{}, err
	}
	which, err := c.ID("line")
	if err != nil {
		return Part{}, err
	}
	return m.Part(c.Context(), which)
}

func (m *Module) showLine(c *web.Context) error {
	p, err := m.ofLine(c)
	if err != nil {
		return err
	}
	return m.linePage(c, p, settleForm{}, nil)
}

func (m *Module) linePage(c *web.Context, p Part, typed settleForm, failed *fault.Fault) error {
	v := lineView{Part: p, Failed: failed, Typed: typed}
	ctx := c.Context()
	var err error
	if v.Details, err = m.Details(ctx, c.Act(), p.ID); err != nil {
		return err
	}
	if v.Names, err = m.names(c); err != nil {
		return err
	}
	if v.open() && v.Rest > 0 {
		a := c.Act()
		a.Purpose = act.Purpose{Kind: "books", ID: p.ID.String()}
		if v.Suggestions, err = m.Suggest(ctx, a, p, v.Details); err != nil {
			return err
		}
	}
	if v.Acts, err = m.ActsOn(ctx, p.ID); err != nil {
		return err
	}
	if v.From, err = m.Statement(ctx, p.Statement); err != nil {
		return err
	}
	people := []id.ID{v.From.Official}
	for _, one := range v.Acts {
		people = append(people, one.Official)
	}
	if v.People, err = m.officers(c, people...); err != nil {
		return err
	}
	title := c.T("reconcile.line.title", "sum", p.Sum().In(c.Lang()))
	crumbs := []ui.Link{{Text: c.T("reconcile.unidentified.title"), Href: unidentifiedPath}, {Text: title}}
	return m.render(c, title, failed, crumbs, linePage(m, c, v))
}

// done ends an act on a line: back to the line, or the page again with the fault.
func (m *Module) done(c *web.Context, p Part, typed settleForm, err error, flash string) error {
	if errors.Is(err, ErrAsked) {
		c.SetFlash("warning", ErrAsked.ID)
		return c.Redirect(linesPath + p.ID.String())
	}
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.linePage(c, p, typed, failed)
	}
	c.SetFlash("success", flash)
	return c.Redirect(linesPath + p.ID.String())
}

// sumOf reads the sum that somebody typed; empty: all that is left.
func sumOf(p Part, typed string) (int64, error) {
	if strings.TrimSpace(typed) == "" {
		return size(p.Rest), nil
	}
	a, err := money.Parse(typed, p.Currency)
	if err != nil || a.Currency != p.Currency {
		return 0, ErrAmount
	}
	return a.Minor, nil
}

func (m *Module) bound(c *web.Context) (Part, settleForm, int64, error) {
	p, err := m.ofLine(c)
	if err != nil {
		return p, settleForm{}, 0, err
	}
	var form settleForm
	if err := c.Bind(&form); err != nil {
		return p, form, 0, err
	}
	if form.Revision != p.Revision {
		return p, form, 0, ErrChanged
	}
	amount, err := sumOf(p, form.Amount)
	return p, form, amount, err
}

func (m *Module) postSettle(c *web.Context) error {
	p, form, amount, err := m.bound(c)
	if p.ID.IsZero() {
		return err
	}
	if err == nil {
		a := c.Act()
		a.Purpose = act.Purpose{Kind: "books", ID: p.ID.String()}
		var of id.ID
		if of, err = m.chargeTyped(c, form.Charge); err == nil {
			err = m.Settle(c.Context(), a, p, of, amount, form.Why)
		}
	}
	return m.done(c, p, form, err, "reconcile.line.settled")
}

// chargeTyped finds the one charge of a number, or of an id as suggestions give it.
func (m *Module) chargeTyped(c *web.Context, typed string) (id.ID, error) {
	typed = strings.TrimSpace(typed)
	if own, err := id.Parse(typed); err == nil {
		return own, nil
	}
	if number, err := id.ParseNumber(typed); err == nil {
		typed = number
	}
	list, err := m.deps.Charges.Named(c.Context(), typed)
	if err != nil {
		return id.ID{}, err
	}
	if len(list) != 1 {
		return id.ID{}, ErrCharge
	}
	return list[0].ID, nil
}

func (m *Module) postBack(c *web.Context) error {
	p, form, amount, err := m.bound(c)
	if p.ID.IsZero() {
		return err
	}
	if err == nil {
		_, err = m.SendBack(c.Context(), c.Act(), p, amount, form.Why)
	}
	return m.done(c, p, form, err, "reconcile.line.sent_back")
}

func (m *Module) postExplain(c *web.Context) error {
	p, form, _, err := m.bound(c)
	if p.ID.IsZero() {
		return err
	}
	if err == nil {
		err = m.Explain(c.Context(), c.Act(), p, form.Why)
	}
	return m.done(c, p, form, err, "reconcile.line.explained")
}
