package charity

import (
	"net/http"
	"strings"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// wireFund is a fund as open data.
type wireFund struct {
	ID        id.ID        `json:"id"`
	State     FundState    `json:"state"`
	Title     lang.Text    `json:"title"`
	About     lang.Text    `json:"about"`
	OGRN      string       `json:"ogrn"`
	INN       string       `json:"inn"`
	Category  string       `json:"category"`
	Bank      Bank         `json:"bank"`
	People    []Member     `json:"people"`
	Since     time.Time    `json:"since,omitzero"`
	Given     int64        `json:"given" doc:"Kopecks, without what went back"`
	PaidOut   int64        `json:"paid_out" doc:"Kopecks"`
	Balance   int64        `json:"balance" doc:"Kopecks"`
	Appeals   []wireAppeal `json:"appeals,omitempty"`
	Decisions []wireDecree `json:"decisions,omitempty"`
}

type wireDecree struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Reason string    `json:"reason"`
}

// wireAppeal is an appeal as open data.
type wireAppeal struct {
	ID       id.ID         `json:"id"`
	Fund     id.ID         `json:"fund"`
	State    AppealState   `json:"state"`
	Title    lang.Text     `json:"title"`
	Story    lang.Text     `json:"story"`
	Category string        `json:"category"`
	District string        `json:"district,omitempty" doc:"Left out: the whole city"`
	Target   int64         `json:"target" doc:"Kopecks"`
	Given    int64         `json:"given" doc:"Kopecks"`
	Gifts    int64         `json:"gifts"`
	PaidOut  int64         `json:"paid_out" doc:"Kopecks"`
	Reported int64         `json:"reported" doc:"Kopecks"`
	Until    calendar.Date `json:"until" doc:"The last day"`
	Over     Over          `json:"over" doc:"Where gifts above the target go: similar or stays"`
	Lines    []BudgetLine  `json:"lines"`
	Reports  []wireReport  `json:"reports,omitempty"`
}

type wireReport struct {
	At     time.Time    `json:"at"`
	Text   lang.Text    `json:"text"`
	Amount int64        `json:"amount" doc:"Kopecks"`
	Lines  []ReportLine `json:"lines,omitempty"`
}

// wireBooks is a month of a fund's books.
type wireBooks struct {
	Fund   id.ID         `json:"fund"`
	Since  calendar.Date `json:"since"`
	Until  calendar.Date `json:"until"`
	Before int64         `json:"before" doc:"Balance before the first day, kopecks"`
	After  int64         `json:"after" doc:"Balance after the last day, kopecks"`
	Ledger int64         `json:"ledger" doc:"What the city's ledger says of the fund's account at that moment, kopecks"`
	Fits   bool          `json:"fits"`
	Days   []wireDay     `json:"days"`
}

type wireDay struct {
	Day      calendar.Date `json:"day"`
	Gifts    int64         `json:"gifts"`
	Came     int64         `json:"came"`
	Back     int64         `json:"back"`
	PaidOut  int64         `json:"paid_out"`
	Returned int64         `json:"returned" doc:"Payouts that the bank sent back"`
	Balance  int64         `json:"balance"`
	Payouts  []wirePayout  `json:"payouts,omitempty"`
}

type wirePayout struct {
	ID     id.ID     `json:"id"`
	Appeal id.ID     `json:"appeal" doc:"The fund's own id: its own aims"`
	To     lang.Text `json:"to"`
	What   lang.Text `json:"what"`
	Amount int64     `json:"amount"`
}

type wireTotals struct {
	Funds   int   `json:"funds"`
	Appeals int   `json:"appeals"`
	Given   int64 `json:"given" doc:"Kopecks, to all verified funds"`
	PaidOut int64 `json:"paid_out"`
	Balance int64 `json:"balance"`
}

type wireWhere struct {
	Fund     id.ID       `json:"fund"`
	Amount   int64       `json:"amount" doc:"Kopecks"`
	Paid     bool        `json:"paid"`
	Back     bool        `json:"back"`
	Lies     int64       `json:"lies"`
	PaidOut  int64       `json:"paid_out"`
	Reported int64       `json:"reported"`
	Pieces   []wirePiece `json:"pieces"`
}

type wirePiece struct {
	Amount int64  `json:"amount"`
	Payout *id.ID `json:"payout,omitempty"`
	Line   string `json:"line,omitempty"`
	Report *id.ID `json:"report,omitempty"`
	Number int    `json:"report_line,omitempty" doc:"From 0"`
}

type wireGift struct {
	ID     id.ID     `json:"id"`
	Fund   id.ID     `json:"fund"`
	Appeal id.ID     `json:"appeal" doc:"The fund's own id: its own aims"`
	Amount int64     `json:"amount" doc:"Kopecks"`
	State  GiftState `json:"state"`
	Made   time.Time `json:"made"`
	Given  time.Time `json:"given,omitzero"`
	Code   string    `json:"code,omitempty" doc:"Of the page that tells where the gift is"`
	Pay    string    `json:"pay,omitempty" doc:"Where the gift is paid"`
}

type wireNewGift struct {
	Aim    id.ID  `json:"aim" doc:"An appeal, or a fund for its own aims"`
	Amount int64  `json:"amount" doc:"Kopecks, 1000 at least"`
	Name   string `json:"name,omitempty" max:"60" doc:"Shown to everybody; left out: nobody is named"`
	Card   id.ID  `json:"card,omitzero" doc:"A saved card; left out: the bank's page"`
}

func (m *Module) publicAPI(s *web.Server, browse, where *web.Op) {
	month := []web.Param{{Name: "month", Text: "2026-11; left out: this month"}}
	s.API(browse, "GET /api/v1/charity", m.apiTotals, web.Describe{Summary: "What all verified funds come to", Out: wireTotals{}})
	s.API(browse, "GET /api/v1/charity/funds", m.apiFunds, web.Describe{Summary: "Verified charity funds", Out: []wireFund{}})
	s.API(browse, "GET /api/v1/charity/funds/{fund}", m.apiFund, web.Describe{Summary: "One fund with its appeals and the city's decisions", Out: wireFund{}})
	s.API(browse, "GET /api/v1/charity/funds/{fund}/books", m.apiBooks, web.Describe{Summary: "A month of a fund's public books", Out: wireBooks{}, Params: month})
	s.API(browse, "GET /api/v1/charity/appeals", m.apiAppeals, web.Describe{
		Summary: "Open appeals", Out: []wireAppeal{}, Params: []web.Param{{Name: "q", Text: "Words"}, {Name: "category", Text: "Key"}, {Name: "district", Text: "Key"}},
	})
	s.API(browse, "GET /api/v1/charity/appeals/{appeal}", m.apiAppeal, web.Describe{Summary: "One appeal with its reports", Out: wireAppeal{}})
	s.API(where, "GET /api/v1/charity/where/{code}", m.apiWhere, web.Describe{Summary: "Where a gift is, by the code of its page", Out: wireWhere{}})
}

func (m *Module) myAPI(s *web.Server, mine, change *web.Op) {
	s.API(mine, "GET /api/v1/gifts", m.apiGifts, web.Describe{Summary: "Gifts that I made", Tag: "charity", Out: []wireGift{}})
	s.API(change, "POST /api/v1/gifts", m.apiGive, web.Describe{Summary: "Make a gift and begin to pay it", Tag: "charity", In: wireNewGift{}, Out: wireGift{}, Status: http.StatusCreated})
	s.API(change, "POST /api/v1/gifts/{gift}/back", m.apiBack, web.Describe{Summary: "Take a gift back that was not paid out", Tag: "charity"})
}

func toFund(f Fund, t Totals) wireFund {
	return wireFund{
		ID: f.ID, State: f.State, Title: f.Title, About: f.About, OGRN: f.OGRN, INN: f.INN, Category: f.Category, Bank: f.Bank, People: f.People, Since: f.Since,
		Given: t.Given, PaidOut: t.Paid, Balance: t.Balance(),
	}
}

func toAppeal(s Standing) wireAppeal {
	return wireAppeal{
		ID: s.ID, Fund: s.Fund, State: s.State, Title: s.Title, Story: s.Story, Category: s.Category, District: s.District, Target: s.Target,
		Given: s.Purse.Given, Gifts: s.Purse.Gifts, PaidOut: s.Purse.Paid, Reported: s.Purse.Told, Until: s.Until, Over: s.Over, Lines: s.Lines,
	}
}

func (m *Module) apiTotals(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	out := wireTotals{Funds: len(lists.funds), Appeals: len(lists.open)}
	for _, f := range lists.funds {
		t := lists.sums[f.ID]
		out.Given, out.PaidOut, out.Balance = out.Given+t.Given, out.PaidOut+t.Paid, out.Balance+t.Balance()
	}
	c.Public(shelfLife)
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiFunds(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	out := make([]wireFund, 0, len(lists.funds))
	for _, f := range lists.lines(c.Lang()) {
		out = append(out, toFund(f.Fund, f.Totals))
	}
	c.Public(shelfLife)
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiFund(c *web.Context) error {
	f, err := m.publicFund(c)
	if err != nil {
		return err
	}
	v, err := m.readFund(c, f)
	if err != nil {
		return err
	}
	out := toFund(f, v.Totals)
	for _, s := range v.Appeals {
		if s.State.Public() {
			out.Appeals = append(out.Appeals, toAppeal(s))
		}
	}
	for _, d := range v.Decisions {
		if strings.HasPrefix(d.Kind, "fund_") {
			out.Decisions = append(out.Decisions, wireDecree{d.At, d.Kind, d.Reason})
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBooks(c *web.Context) error {
	v, err := m.readBooks(c)
	if err != nil {
		return err
	}
	out := wireBooks{Fund: v.Fund.ID, Since: v.Since(), Until: v.Books.Until, Before: v.Before, After: v.After, Ledger: v.Ledger, Fits: v.Fits, Days: []wireDay{}}
	for _, d := range v.Days {
		day := wireDay{Day: d.Day, Gifts: d.Gifts, Came: d.Came, Back: d.Back, PaidOut: d.Out, Returned: d.Returned, Balance: d.Balance}
		for _, p := range d.Payouts {
			day.Payouts = append(day.Payouts, wirePayout{p.ID, p.Appeal, p.To, p.What, p.Amount})
		}
		out.Days = append(out.Days, day)
	}
	return c.JSON(http.StatusOK, out)
}

// Since is the first day of the books, where the fund's own day hides it.
func (v booksView) Since() calendar.Date { return v.Books.Since }

func (m *Module) apiAppeals(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	lists, err := m.shelf(c.Context())
	if err != nil {
		return err
	}
	v := homeView{Query: c.Query("q"), Category: c.Query("category"), District: c.Query("district"), Funds: lists.byID()}
	out := []wireAppeal{}
	for _, s := range found(lists.open, v, c.Lang()) {
		out = append(out, toAppeal(s))
	}
	c.Public(shelfLife)
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiAppeal(c *web.Context) error {
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
	out := toAppeal(v.Standing)
	for _, r := range v.Reports {
		out.Reports = append(out.Reports, wireReport{r.At, r.Text, r.Amount, r.Lines})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiWhere(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	w, err := m.Where(c.Context(), c.Path("code"))
	if err != nil {
		return err
	}
	out := wireWhere{Fund: w.Fund.ID, Amount: w.Amount, Paid: w.Paid, Back: w.Back, Pieces: []wirePiece{}}
	for _, part := range w.Parts {
		out.Lies, out.PaidOut, out.Reported = out.Lies+part.Way.Lies, out.PaidOut+part.Way.PaidOut, out.Reported+part.Way.Reported
		for _, p := range part.Way.Pieces {
			piece := wirePiece{Amount: p.Amount, Line: p.Line, Number: p.Number}
			if !p.Payout.IsZero() {
				piece.Payout = &p.Payout
			}
			if !p.Report.IsZero() {
				piece.Report = &p.Report
			}
			out.Pieces = append(out.Pieces, piece)
		}
	}
	return c.JSON(http.StatusOK, out)
}

func toGift(g Gift) wireGift {
	return wireGift{ID: g.ID, Fund: g.Fund, Appeal: g.Appeal, Amount: g.Amount, State: g.State, Made: g.Made, Given: g.Given, Code: g.Code}
}

func (m *Module) apiGifts(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	gifts, err := m.GiftsOf(c.Context(), c.Act(), c.Person())
	if err != nil {
		return err
	}
	out := make([]wireGift, 0, len(gifts))
	for _, g := range gifts {
		out = append(out, toGift(g))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiGive(c *web.Context) error {
	if err := c.May(own(c)); err != nil {
		return err
	}
	var in wireNewGift
	if err := c.Bind(&in); err != nil {
		return err
	}
	fund := in.Aim
	if s, err := m.Appeal(c.Context(), in.Aim); err == nil {
		fund = s.Fund
	}
	g, err := m.Promise(c.Context(), c.Act(), NewGift{Giver: c.Person(), Fund: fund, Appeal: in.Aim, Amount: in.Amount, Shown: in.Name})
	if err != nil {
		return err
	}
	begun, err := m.payments.Begin(c.Context(), c.Act(), Paying{Giver: g.Giver, Gift: g.ID, Card: in.Card}, c.Lang())
	if err != nil {
		return err
	}
	out := toGift(g)
	out.Pay = begun.Page
	return c.JSON(http.StatusCreated, out)
}

func (m *Module) apiBack(c *web.Context) error {
	g, err := m.myGift(c)
	if err != nil {
		return err
	}
	if err := m.GiveBack(c.Context(), c.Act(), g.Giver, g.ID); err != nil {
		return err
	}
	return c.Empty()
}
