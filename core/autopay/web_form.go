package autopay

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// termsForm is an order as its pages post it.
type termsForm struct {
	For     string `json:"for" max:"40"` // the owner, when one acts for another; empty: oneself
	Charge  string `json:"charge" max:"40"`
	Name    string `json:"name" max:"200"`
	Card    string `json:"card" max:"40"`
	Each    string `json:"each" max:"40"`
	Month   string `json:"month" max:"40"`
	Low     string `json:"low" max:"40"`
	High    string `json:"high" max:"40"`
	Over    int64  `json:"over"`
	When    string `json:"when" max:"10"`
	Days    int    `json:"days"`
	Day     int    `json:"day"`
	Notice  int    `json:"notice"`
	Window  int    `json:"window"`
	Confirm string `json:"confirm" max:"10"`
}

// termsOf shows terms in the form.
func termsOf(t Terms) termsForm {
	f := termsForm{
		Each: typed(t.Each), Month: typed(t.Month), Low: typed(t.Low), High: typed(t.High), Over: t.Over, When: string(t.When), Days: t.Days, Day: 5,
		Notice: t.Notice, Window: t.Window,
	}
	if t.When == OnDay {
		f.Days, f.Day = usualBefore, t.Days
	}
	return f
}

// heldForm are the fields that a person had typed before they were asked to show once more who they are.
func heldForm(v url.Values) termsForm {
	number := func(name string) int { n, _ := strconv.Atoi(v.Get(name)); return n }
	return termsForm{
		For: v.Get("for"), Charge: v.Get("charge"), Name: v.Get("name"), Card: v.Get("card"), Each: v.Get("each"), Month: v.Get("month"), Low: v.Get("low"),
		High: v.Get("high"), Over: int64(number("over")), When: v.Get("when"), Days: number("days"), Day: number("day"), Notice: number("notice"), Window: number("window"),
	}
}

// order is what the form asks for. Sums that are no sums come as -1, so that they are at fault and never nothing.
func (f termsForm) order(owner id.ID) NewOrder {
	charge, _ := id.Parse(f.Charge)
	card, _ := id.Parse(f.Card)
	out := NewOrder{Person: owner, Charge: charge, Name: f.Name, Card: card, Terms: Terms{
		Each: minor(f.Each), Month: minor(f.Month), Low: minor(f.Low), High: minor(f.High), Over: f.Over, When: When(f.When), Days: f.Days,
		Notice: f.Notice, Window: f.Window,
	}}
	if out.Terms.When == OnDay {
		out.Terms.Days = f.Day
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

// typed is an amount as a person would type it; 0 is an empty field.
func typed(amount int64) string {
	if amount == 0 {
		return ""
	}
	if amount%100 == 0 {
		return strconv.FormatInt(amount/100, 10)
	}
	return strconv.FormatInt(amount/100, 10) + "," + string(rune('0'+amount%100/10)) + string(rune('0'+amount%10))
}

// hidden are the form's fields, for the page that asks to confirm them.
func (f termsForm) hidden() [][2]string {
	number := func(n int) string { return strconv.Itoa(n) }
	return [][2]string{
		{"for", f.For}, {"charge", f.Charge}, {"name", f.Name}, {"card", f.Card}, {"each", f.Each}, {"month", f.Month}, {"low", f.Low}, {"high", f.High},
		{"over", number(int(f.Over))}, {"when", f.When}, {"days", number(f.Days)}, {"day", number(f.Day)}, {"notice", number(f.Notice)}, {"window", number(f.Window)},
	}
}

// suggest are the terms that fit what was paid before: caps with room above the usual, in whole hundreds of roubles.
func suggest(usual, owed int64) Terms {
	about := max(usual, owed)
	each := (about*3/2/100_00 + 1) * 100_00
	return Terms{Each: each, Month: each, Over: usualOver, When: Before, Days: usualBefore, Notice: usualNotice, Window: usualWindow}
}

// formView is the page of terms.
type formView struct {
	Order  *Order // that is changed; nil: a new one
	Owner  id.ID
	Bill   Bill
	Form   termsForm
	Cards  []Card
	Usual  int64
	Past   []Bill
	Faults []fault.Field
	Plain  []string
}

func (v formView) action() string {
	if v.Order != nil {
		return orderPath(v.Order.ID) + "/change"
	}
	return listPath + "/new/terms"
}

func (v formView) amountOf(minor int64) money.Amount {
	return money.Amount{Minor: minor, Currency: v.Bill.Amount.Currency}
}

func isFields(err error) bool { return errors.Is(err, ErrFields) }

func faultsOf(err error) []fault.Field { return fault.Of(err).Fields }

// chooseView is the page that asks what is to be paid.
type chooseView struct {
	Owner id.ID
	Bills []Bill // the newest of each biller
}

func (m *Module) showChoose(c *web.Context) error {
	owner, may, err := m.whose(c, c.Query("for"))
	if err != nil {
		return err
	}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), owner, c.Now())
	if err != nil {
		return err
	}
	orders, err := m.Orders(c.Context(), c.Act(), owner)
	if err != nil {
		return err
	}
	v := chooseView{Owner: owner}
	seen := map[Biller]bool{}
	for _, o := range orders {
		seen[o.Biller] = o.State == Live || seen[o.Biller]
	}
	for _, bill := range bills {
		if !seen[bill.Biller] && bill.Follows && may(bill.Service) {
			seen[bill.Biller] = true
			v.Bills = append(v.Bills, bill)
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("autopay.choose.title"), Layout: page.Account, Crumbs: crumbs(c, c.T("autopay.choose.title"))}, choosePage(m, c, v))
}

func crumbs(c *web.Context, title string) []ui.Link {
	return []ui.Link{{Text: c.T("autopay.title"), Href: listPath}, {Text: title}}
}

func (m *Module) showNew(c *web.Context) error {
	f := termsForm{For: c.Query("for"), Charge: c.Query("charge")}
	if held, ok := c.Held(); ok {
		f = heldForm(url.Values(held))
	}
	v, err := m.newView(c, f)
	if err != nil {
		return err
	}
	if f.When == "" {
		kept := v.Form
		v.Form = termsOf(suggest(v.Usual, v.Bill.Amount.Minor))
		v.Form.For, v.Form.Charge, v.Form.Name = kept.For, kept.Charge, shorten(m.kindName(v.Bill.Kind, c.Lang()))
		if len(v.Cards) > 0 {
			v.Form.Card = v.Cards[0].ID.String()
		}
	}
	return m.formPage(c, v)
}

// newView gathers what the form needs and asks permission for the owner.
func (m *Module) newView(c *web.Context, f termsForm) (formView, error) {
	v := formView{Form: f}
	owner, may, err := m.whose(c, f.For)
	if err != nil {
		return v, err
	}
	v.Owner = owner
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), owner, c.Now())
	if err != nil {
		return v, err
	}
	charge, _ := id.Parse(f.Charge)
	bill, ok := find(bills, charge)
	if !ok || !bill.Follows || !may(bill.Service) {
		return v, ErrBill
	}
	if owner != c.Person() {
		if err := c.May(object(owner, bill.Service)); err != nil {
			return v, err
		}
	}
	v.Bill, v.Past = bill, paidOf(bills, bill.Biller, id.ID{})
	v.Usual = Usual(pastOf(bills, bill.Biller, id.ID{}))
	v.Cards, err = m.deps.Payments.Cards(c.Context(), c.Act(), owner)
	return v, err
}

func (m *Module) formPage(c *web.Context, v formView) error {
	title := c.T("autopay.form.title")
	if v.Order != nil {
		title = c.T("autopay.form.title_change")
	}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Faulty: len(v.Faults) > 0, Crumbs: crumbs(c, title)}, formPage(m, c, v))
}

// postNew shows first what the order comes to, and makes it when that is confirmed.
func (m *Module) postNew(c *web.Context) error {
	var f termsForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	v, err := m.newView(c, f)
	if err != nil {
		return err
	}
	return m.confirm(c, v, func(n NewOrder) (id.ID, error) { return m.Make(c.Context(), c.Act(), n) })
}

func (m *Module) confirm(c *web.Context, v formView, do func(NewOrder) (id.ID, error)) error {
	n := v.Form.order(v.Owner)
	chosen := Card{}
	for _, one := range v.Cards {
		if one.ID == n.Card {
			chosen = one
		}
	}
	if v.Faults = n.check(chosen); len(v.Faults) > 0 || v.Form.Confirm == "change" {
		return m.formPage(c, v)
	}
	if v.Form.Confirm != "yes" {
		v.Plain = m.plain(c, Order{Biller: v.Bill.Biller, Name: Name{Known: v.Bill.Known}, Card: chosen, Currency: v.Bill.Amount.Currency, Terms: n.Terms}, v.Usual, v.Bill.Refundable)
		title := c.T("autopay.check.title")
		return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Account, Crumbs: crumbs(c, title)}, checkPage(m, c, v))
	}
	key, err := do(n)
	if isFields(err) {
		v.Faults = faultsOf(err)
		return m.formPage(c, v)
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "autopay.flash.made")
	return c.Redirect(orderPath(key))
}

func (m *Module) changeView(c *web.Context, o Order) (formView, error) {
	v := formView{Order: &o, Owner: o.Person, Bill: Bill{Biller: o.Biller, Known: o.Name.Known, Service: o.Service, Amount: o.amountOf(0)}}
	bills, err := m.deps.Charges.Bills(c.Context(), c.Act(), o.Person, c.Now())
	if err != nil {
		return v, err
	}
	for _, bill := range bills {
		if bill.Biller == o.Biller {
			v.Bill = bill
			break
		}
	}
	v.Past = paidOf(bills, o.Biller, id.ID{})
	v.Usual = Usual(pastOf(bills, o.Biller, id.ID{}))
	v.Cards, err = m.deps.Payments.Cards(c.Context(), c.Act(), o.Person)
	return v, err
}

func (m *Module) showChange(c *web.Context) error {
	o, err := m.find(c)
	if err != nil {
		return err
	}
	v, err := m.changeView(c, o)
	if err != nil {
		return err
	}
	v.Form = termsOf(o.Terms)
	v.Form.Name, v.Form.Card = o.Name.Text, o.Card.ID.String()
	if held, ok := c.Held(); ok {
		v.Form = heldForm(url.Values(held))
	}
	return m.formPage(c, v)
}

func (m *Module) postChange(c *web.Context) error {
	var f termsForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	o, err := m.find(c)
	if err != nil {
		return err
	}
	v, err := m.changeView(c, o)
	if err != nil {
		return err
	}
	v.Form = f
	return m.confirm(c, v, func(n NewOrder) (id.ID, error) { return o.ID, m.Change(c.Context(), c.Act(), o, n) })
}

// plain says in sentences what an order does.
func (m *Module) plain(c *web.Context, o Order, usual int64, refundable bool) []string {
	t := o.Terms
	what := m.kindName(o.Biller.Kind, c.Lang())
	if o.Name.Known != "" {
		what += ", " + o.Name.Known
	}
	out := []string{c.T("autopay.plain.what", "what", what, "payee", m.deps.AgencyName(o.Biller.Payee, c.Lang()), "card", o.Card.shown())}
	if t.When == OnDay {
		out = append(out, c.T("autopay.plain.day", "n", t.Days))
	} else {
		out = append(out, c.T("autopay.plain.before", "days", lang.Days(c.Lang(), t.Days)))
	}
	out = append(out, c.T("autopay.plain.caps", "each", o.amountOf(t.Each), "month", o.amountOf(t.Month)))
	if t.Over > 0 && usual > 0 {
		out = append(out, c.T("autopay.plain.over", "over", t.Over, "usual", o.amountOf(usual), "limit", o.amountOf(t.limit(usual))))
	} else if t.Over > 0 {
		out = append(out, c.T("autopay.plain.over_first", "over", t.Over))
	}
	if t.Low > 0 {
		out = append(out, c.T("autopay.plain.low", "low", o.amountOf(t.Low)))
	}
	if t.High > 0 {
		out = append(out, c.T("autopay.plain.high", "high", o.amountOf(t.High)))
	}
	out = append(out, c.T("autopay.plain.notice", "days", lang.Days(c.Lang(), t.Notice)))
	if key := "autopay.plain.window"; t.Window > 0 {
		if refundable {
			key += "_after"
		}
		out = append(out, c.T(key, "n", t.Window))
	}
	return append(out, c.T("autopay.plain.stop"))
}

// field is a question of the form.
func (v formView) field(c *web.Context, name string, hint bool) ui.Field {
	out := ui.Field{Name: name, Label: c.T("autopay.form." + name), Error: page.FaultText(c, v.Faults, name)}
	if hint {
		out.Hint = c.T("autopay.form." + name + "_hint")
	}
	return out
}

func (v formView) cardChoices(c *web.Context) []ui.Choice {
	out := make([]ui.Choice, 0, len(v.Cards))
	for _, one := range v.Cards {
		choice := ui.Choice{Value: one.ID.String(), Text: one.shown()}
		if one.Wallet {
			choice.Hint = c.T("autopay.form.card_wallet")
		} else if !one.Ends.IsZero() {
			choice.Hint = c.T("autopay.form.card_ends", "day", lang.Date(c.Lang(), one.Ends))
		}
		out = append(out, choice)
	}
	return out
}

// numbers are choices of a number, in words of their own.
func numbers(say func(n int) string, list ...int) []ui.Choice {
	out := make([]ui.Choice, 0, len(list))
	for _, n := range list {
		out = append(out, ui.Choice{Value: strconv.Itoa(n), Text: say(n)})
	}
	return out
}
