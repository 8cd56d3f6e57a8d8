package charity

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

// homeView is the page of all appeals.
type homeView struct {
	Query, Category, District string
	List                      []Standing // those that fit
	All                       []Standing // every open one
	Funds                     map[id.ID]Fund
	Open                      int   // how many appeals are open
	Given                     int64 // to all open appeals
}

func (m *Module) showHome(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	v := homeView{Query: strings.TrimSpace(c.Query("q")), Category: c.Query("category"), District: c.Query("district")}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	v.Open, v.All, v.Funds = len(lists.open), lists.open, lists.byID()
	for _, s := range lists.open {
		v.Given += s.Purse.Given
	}
	v.List = found(lists.open, v, c.Lang())
	return m.base.Pages.Render(c, page.Options{Title: c.T("charity.title"), Description: c.T("charity.lead")}, homePage(m, c, v))
}

// found are the appeals that have every word of a search and fit the filters; those that will be over first come first.
func found(all []Standing, v homeView, l lang.Language) []Standing {
	words := strings.Fields(strings.ToLower(v.Query))
	var out []Standing
	for _, s := range all {
		if v.Category != "" && s.Category != v.Category || v.District != "" && s.District != v.District {
			continue
		}
		text := strings.ToLower(s.Title.RU + " " + s.Title.EN + " " + s.Story.RU + " " + s.Story.EN + " " + v.Funds[s.Fund].Title.RU + " " + v.Funds[s.Fund].Title.EN)
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, stem(w)) }) {
			continue
		}
		out = append(out, s)
	}
	slices.SortStableFunc(out, func(a, b Standing) int {
		if n := a.Until.Compare(b.Until); n != 0 {
			return n
		}
		return lang.Compare(l, a.Title.In(l), b.Title.In(l))
	})
	return out
}

// stem leaves the beginning of a long word, so that its other endings are found too.
func stem(word string) string {
	if runes := []rune(word); len(runes) > 5 {
		return string(runes[:len(runes)-2])
	}
	return word
}

// fundLine is a fund in the list with what it came to.
type fundLine struct {
	Fund
	Totals
}

func (m *Module) showFunds(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("charity.funds"), Description: c.T("charity.funds_lead"), Crumbs: m.crumbs(c, c.T("charity.funds"))}
	return m.base.Pages.Render(c, o, fundsPage(m, c, lists.lines(c.Lang())))
}

func (m *Module) crumbs(c *web.Context, last string, between ...ui.Link) []ui.Link {
	out := append([]ui.Link{{Text: c.T("charity.title"), Href: "/charity"}}, between...)
	return append(out, ui.Link{Text: last})
}

// publicFund finds the fund of the path, when everybody may read of it.
func (m *Module) publicFund(c *web.Context) (Fund, error) {
	fund, err := c.ID("fund")
	if err != nil {
		return Fund{}, err
	}
	if err := c.May(act.Object{}); err != nil {
		return Fund{}, err
	}
	f, err := m.Fund(c.Context(), fund)
	if err == nil && !f.State.Public() {
		err = ErrNone
	}
	return f, err
}

// fundView is the page of a fund.
type fundView struct {
	Fund
	Totals    Totals
	Appeals   []Standing
	Reports   []Report
	Decisions []Decision
	Paid      []Payout
	Months    []monthSum
}

func (m *Module) showFund(c *web.Context) error {
	f, err := m.publicFund(c)
	if err != nil {
		return err
	}
	v, err := m.readFund(c, f)
	if err != nil {
		return err
	}
	v.Appeals = slices.DeleteFunc(v.Appeals, func(s Standing) bool { return !s.State.Public() })
	v.Paid = slices.DeleteFunc(v.Paid, func(p Payout) bool { return p.State != PayoutPaid })
	v.Decisions = slices.DeleteFunc(v.Decisions, func(d Decision) bool { return !strings.HasPrefix(d.Kind, "fund_") })
	title := f.Title.In(c.Lang())
	o := page.Options{Title: title, Description: short(f.About.In(c.Lang()), 160), Crumbs: m.crumbs(c, title, ui.Link{Text: c.T("charity.funds"), Href: "/charity/funds"})}
	return m.base.Pages.Render(c, o, fundPage(m, c, v))
}

func (m *Module) readFund(c *web.Context, f Fund) (fundView, error) {
	v := fundView{Fund: f}
	ctx := c.Context()
	var err error
	if v.Totals, err = m.Totals(ctx, f.ID); err != nil {
		return v, err
	}
	if v.Appeals, err = m.AppealsOf(ctx, f.ID); err != nil {
		return v, err
	}
	if v.Reports, err = m.ReportsOf(ctx, f.ID); err != nil {
		return v, err
	}
	if v.Paid, err = m.PayoutsOf(ctx, f.ID); err != nil {
		return v, err
	}
	if v.Months, err = m.months(ctx, f.ID, 12); err != nil {
		return v, err
	}
	v.Decisions, err = m.Decisions(ctx, f.ID)
	return v, err
}

// monthOf reads ?month=2026-11; anything else is this month.
func (m *Module) monthOf(c *web.Context) (calendar.Date, calendar.Date) {
	first, err := calendar.ParseDate(c.Query("month") + "-01")
	if err != nil {
		today := m.today()
		first = today.AddDays(1 - today.Day())
	}
	return first, first.AddMonths(1).AddDays(-1)
}

// booksView is a month of a fund's books.
type booksView struct {
	Fund
	Books
	Month   calendar.Date
	Appeals map[id.ID]Standing
}

func (m *Module) readBooks(c *web.Context) (booksView, error) {
	f, err := m.publicFund(c)
	if err != nil {
		return booksView{}, err
	}
	v := booksView{Fund: f, Appeals: map[id.ID]Standing{}}
	since, until := m.monthOf(c)
	v.Month = since
	if v.Books, err = m.Books(c.Context(), f.ID, since, until); err != nil {
		return v, err
	}
	for _, d := range v.Days {
		for _, p := range d.Payouts {
			if _, known := v.Appeals[p.Appeal]; known || p.Appeal == f.ID {
				continue
			}
			if v.Appeals[p.Appeal], err = m.Appeal(c.Context(), p.Appeal); err != nil {
				return v, err
			}
		}
	}
	return v, nil
}

func (m *Module) showBooks(c *web.Context) error {
	v, err := m.readBooks(c)
	if err != nil {
		return err
	}
	title := c.T("charity.books")
	o := page.Options{Title: title + " — " + v.Title.In(c.Lang()), Crumbs: m.crumbs(c, title, ui.Link{Text: v.Title.In(c.Lang()), Href: fundPath(v.ID)})}
	return m.base.Pages.Render(c, o, booksPage(m, c, v))
}

// booksCSV is a month of the books for a spreadsheet: a line a day and a line a payout, sums in roubles with a
// point. Payouts above those that are listed are one line of their day.
func (m *Module) booksCSV(c *web.Context) error {
	v, err := m.readBooks(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"day", "kind", "count", "amount", "to", "what", "appeal", "balance"}}
	balance := v.Before
	for _, d := range v.Days {
		line := func(kind, count string, amount, change int64, more ...string) []string {
			balance += change
			return append(append([]string{d.Day.String(), kind, count, plainSum(amount)}, more...), plainSum(balance))
		}
		if d.Came > 0 {
			rows = append(rows, line("gifts", lang.Number(lang.English, d.Gifts), d.Came, d.Came, "", "", ""))
		}
		if d.Back > 0 {
			rows = append(rows, line("back", "", d.Back, -d.Back, "", "", ""))
		}
		if d.Returned > 0 {
			rows = append(rows, line("returned", "", d.Returned, d.Returned, "", "", ""))
		}
		for _, p := range d.Payouts {
			rows = append(rows, line("payout", "", p.Amount, -p.Amount, safeCell(p.To.In(c.Lang())), safeCell(p.What.In(c.Lang())), safeCell(m.aimTitle(c, v.Appeals, p.Appeal))))
		}
		if more := d.Unlisted(); more > 0 {
			rows = append(rows, line("payouts", "", more, -more, "", "", ""))
		}
	}
	if err := w.WriteAll(rows); err != nil {
		return wrap("csv", err)
	}
	return c.Data("text/csv; charset=utf-8", out.Bytes())
}

// safeCell keeps a spreadsheet from taking a text for a formula.
func safeCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func plainSum(kopecks int64) string {
	a := money.Roubles(kopecks)
	return strings.TrimSuffix(a.String(), " RUB")
}

// appealView is the page of an appeal.
type appealView struct {
	Standing
	Fund    Fund
	Reports []Report
	Last    []Entry
	Paid    map[string]int64 // by line of the budget
	Told    map[string]int64
	Similar []Standing
}

func (m *Module) showAppeal(c *web.Context) error {
	appeal, err := c.ID("appeal")
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	v, err := m.readAppeal(c, appeal)
	if err != nil {
		return err
	}
	if !v.State.Public() || !v.Fund.State.Public() {
		return ErrNone
	}
	title := v.AppealBody.Title.In(c.Lang())
	o := page.Options{Title: title, Description: short(v.Story.In(c.Lang()), 160), Crumbs: m.crumbs(c, title)}
	return m.base.Pages.Render(c, o, appealPage(m, c, v))
}

func (m *Module) readAppeal(c *web.Context, appeal id.ID) (appealView, error) {
	ctx := c.Context()
	s, err := m.Appeal(ctx, appeal)
	if err != nil {
		return appealView{}, err
	}
	v := appealView{Standing: s, Paid: map[string]int64{}, Told: map[string]int64{}}
	if v.Fund, err = m.Fund(ctx, s.Fund); err != nil {
		return v, err
	}
	if v.Reports, err = m.Reports(ctx, v.Fund.ID, appeal); err != nil {
		return v, err
	}
	if v.Last, err = m.LastGifts(ctx, v.Fund.ID, appeal, 8); err != nil {
		return v, err
	}
	lines, err := m.Lines(ctx, s)
	for _, l := range lines {
		v.Paid[l.Key] = l.Paid
	}
	for _, r := range v.Reports {
		for _, l := range r.ReportBody.Lines {
			v.Told[l.Line] += l.Amount
		}
	}
	return v, err
}

func (m *Module) showFile(c *web.Context) error {
	file, err := c.ID("picture")
	if err != nil {
		return err
	}
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	name, media, body, err := m.File(c.Context(), file)
	if err != nil {
		return err
	}
	c.Public(time.Hour)
	return c.File(web.File{Name: name, Type: media, Data: body}, true)
}

func (m *Module) showWhere(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	w, err := m.Where(c.Context(), c.Path("code"))
	if err != nil {
		return err
	}
	title := c.T("charity.where")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Crumbs: m.crumbs(c, title)}, wherePage(m, c, w))
}

// aimOf finds what a gift may be given to: an open appeal, or a fund's own aims. Appeal is nil for these.
type aim struct {
	Fund   Fund
	Appeal *Standing
}

func (a aim) id() id.ID {
	if a.Appeal != nil {
		return a.Appeal.ID
	}
	return a.Fund.ID
}

func (m *Module) aimOf(c *web.Context) (aim, error) {
	key, err := c.ID("aim")
	if err != nil {
		return aim{}, err
	}
	var out aim
	s, err := m.Appeal(c.Context(), key)
	switch {
	case err == nil:
		out.Appeal, key = &s, s.Fund
	case !errors.Is(err, ErrNone):
		return out, err
	}
	if out.Fund, err = m.Fund(c.Context(), key); err != nil {
		return out, err
	}
	if !out.Fund.State.Public() {
		return out, ErrNone
	}
	if out.Fund.State != FundOpen || out.Appeal != nil && out.Appeal.State != AppealOpen {
		return out, ErrClosed
	}
	return out, nil
}
