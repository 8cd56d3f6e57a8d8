package casework

import (
	"net/http"
	"strconv"
	"time"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// ledgerRoutes register the public ledger of deadlines.
func (m *Module) ledgerRoutes(s *web.Server) {
	op := s.Operation(act.Operation{Name: "casework.ledger", May: act.Everyone, PerMinute: 120})
	s.Page(op, "GET /services/{key}/deadlines", m.showLedger)
	s.API(op, "GET /api/v1/services/{key}/deadlines", m.apiLedger, web.Describe{Summary: "How a service keeps its deadlines, and what papers it asks people for, the last twelve months", Tag: "services", Out: wireLedger{}})
}

// ledgerFor reads the ledger of the service that the path names; ErrNone when the city has no such service.
func (m *Module) ledgerFor(c *web.Context) (*service.Service, Ledger, error) {
	if err := c.May(act.Object{}); err != nil {
		return nil, Ledger{}, err
	}
	city := m.deps.Services.Current()
	if city == nil {
		return nil, Ledger{}, ErrNoService
	}
	s, ok := city.Service(c.Path("key"))
	if !ok {
		return nil, Ledger{}, ErrNoService
	}
	l, err := m.Ledger(c.Context(), s.Key)
	return s, l, err
}

func (m *Module) showLedger(c *web.Context) error {
	s, l, err := m.ledgerFor(c)
	if err != nil {
		return err
	}
	title := c.T("casework.ledger.title")
	crumbs := []ui.Link{{Text: s.Title.In(c.Lang()), Href: "/services/" + s.Key}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title + " · " + s.Title.In(c.Lang()), Layout: page.Plain, Crumbs: crumbs}, ledgerPage(m, c, s, l))
}

// wireLedger is the ledger of the API.
type wireLedger struct {
	Service string      `json:"service"`
	Term    string      `json:"term" doc:"What the service promises: 6 working days"`
	Total   wireMonth   `json:"total"`
	Months  []wireMonth `json:"months" doc:"The newest first"`
}

type wireMonth struct {
	Month        string       `json:"month,omitempty" doc:"2026-11; left out in the total"`
	Decided      int64        `json:"decided"`
	InTime       int64        `json:"in_time"`
	Late         int64        `json:"late"`
	Approved     int64        `json:"approved"`
	Refused      int64        `json:"refused"`
	Anew         int64        `json:"anew" doc:"Decided a second time"`
	Median       int          `json:"median" doc:"Working days, pauses left out"`
	P90          int          `json:"p90" doc:"Nine of ten were decided within so many working days"`
	Extended     int64        `json:"extended"`
	Pauses       []wireReason `json:"pauses"`
	Consequences []wireReason `json:"consequences" doc:"Of missed terms: escalate, apologise, refund"`
	Papers       wirePapers   `json:"papers"`
}

// wirePapers is the counter of papers.
type wirePapers struct {
	Asked   int64       `json:"asked" doc:"Papers that people were asked for"`
	Fetched int64       `json:"fetched" doc:"Certificates that the city fetched itself"`
	Of      []wirePaper `json:"of" doc:"By the key of the question that asked, or of the certificate"`
}

type wirePaper struct {
	Key   string `json:"key"`
	By    string `json:"by" doc:"people or city"`
	Cases int64  `json:"cases"`
}

func wirePapersOf(l LedgerMonth) wirePapers {
	out := wirePapers{Of: []wirePaper{}}
	out.Asked, out.Fetched = l.Papers()
	for _, r := range l.Asked {
		out.Of = append(out.Of, wirePaper{r.Key, "people", r.Cases})
	}
	for _, r := range l.Fetched {
		out.Of = append(out.Of, wirePaper{r.Key, "city", r.Cases})
	}
	return out
}

// paperRows are the papers by month, in words; the months before the counter are left out.
func paperRows(c *web.Context, l Ledger) []ui.SummaryRow {
	var out []ui.SummaryRow
	for _, month := range l.Months {
		if asked, fetched := month.Papers(); asked+fetched > 0 {
			out = append(out, ui.SummaryRow{Name: monthWords(c.Lang(), month.Month), Value: c.T("casework.ledger.papers_line", "asked", lang.Number(c.Lang(), asked), "fetched", lang.Number(c.Lang(), fetched))})
		}
	}
	return out
}

// certificateName is the register that a certificate is fetched from.
func (m *Module) certificateName(l lang.Language, s *service.Service, key string) string {
	city := m.deps.Services.Current()
	for i := range s.Certificates {
		if s.Certificates[i].Key != key || city == nil {
			continue
		}
		for j := range city.Registers {
			if city.Registers[j].Key == s.Certificates[i].Register {
				return city.Registers[j].Title.In(l)
			}
		}
	}
	return key
}

// paperFigures are the papers of all the months, each by its name.
func (m *Module) paperFigures(c *web.Context, s *service.Service, l LedgerMonth) []ui.SummaryRow {
	asked, fetched := l.Papers()
	rows := []ui.SummaryRow{
		{Name: c.T("casework.ledger.papers_asked"), Value: lang.Number(c.Lang(), asked)},
		{Name: c.T("casework.ledger.papers_fetched"), Value: lang.Number(c.Lang(), fetched)},
	}
	for _, r := range l.Asked {
		name := c.T("casework.ledger.paper_other")
		if f, ok := s.Field(r.Key); ok {
			name = f.Label.In(c.Lang())
		}
		rows = append(rows, ui.SummaryRow{Name: c.T("casework.ledger.paper_by_people", "paper", name), Value: lang.Number(c.Lang(), r.Cases)})
	}
	for _, r := range l.Fetched {
		rows = append(rows, ui.SummaryRow{Name: c.T("casework.ledger.paper_by_city", "paper", m.certificateName(c.Lang(), s, r.Key)), Value: lang.Number(c.Lang(), r.Cases)})
	}
	return rows
}

type wireReason struct {
	Key   string `json:"key"`
	Cases int64  `json:"cases"`
	Days  int64  `json:"days" doc:"Working days in all"`
}

func (m *Module) apiLedger(c *web.Context) error {
	s, l, err := m.ledgerFor(c)
	if err != nil {
		return err
	}
	out := wireLedger{Service: s.Key, Term: s.Term.String(), Total: wireMonthOf(l.Total), Months: []wireMonth{}}
	for _, month := range l.Months {
		out.Months = append(out.Months, wireMonthOf(month))
	}
	return c.JSON(http.StatusOK, out)
}

func wireMonthOf(l LedgerMonth) wireMonth {
	return wireMonth{Month: l.Month, Decided: l.Decided, InTime: l.InTime, Late: l.Late, Approved: l.Approved, Refused: l.Refused, Anew: l.Anew,
		Median: l.Median, P90: l.P90, Extended: l.Extended, Pauses: wireReasons(l.Pauses), Consequences: wireReasons(l.Consequences), Papers: wirePapersOf(l)}
}

func wireReasons(list []LedgerReason) []wireReason {
	out := make([]wireReason, 0, len(list))
	for _, r := range list {
		out = append(out, wireReason(r))
	}
	return out
}

// ledgerFigures are the rows of the total.
func (m *Module) ledgerFigures(c *web.Context, s *service.Service, l LedgerMonth) []ui.SummaryRow {
	rows := []ui.SummaryRow{
		{Name: c.T("casework.ledger.promise"), Value: termWords(c, s.Term)},
		{Name: c.T("casework.ledger.decided"), Value: lang.Number(c.Lang(), l.Decided)},
		{Name: c.T("casework.ledger.in_time"), Value: c.T("casework.ledger.share", "cases", lang.Number(c.Lang(), l.InTime), "share", share(l.InTime, l.Decided))},
		{Name: c.T("casework.ledger.median"), Value: daysWords(c, l.Median)},
		{Name: c.T("casework.ledger.p90"), Value: daysWords(c, l.P90)},
	}
	if l.Extended > 0 {
		rows = append(rows, ui.SummaryRow{Name: c.T("casework.ledger.extended"), Value: lang.Number(c.Lang(), l.Extended)})
	}
	for _, r := range l.Pauses {
		rows = append(rows, ui.SummaryRow{Name: c.T(r.Key), Value: c.T("casework.ledger.paused", "cases", c.T("casework.ledger.cases", "count", r.Cases), "days", daysWords(c, int(r.Days)))})
	}
	for _, r := range l.Consequences {
		rows = append(rows, ui.SummaryRow{Name: c.T("casework.ledger.late." + r.Key), Value: lang.Number(c.Lang(), r.Cases)})
	}
	return rows
}

// daysWords are working days as people say them: none of them is the same day.
func daysWords(c *web.Context, days int) string {
	if days == 0 {
		return c.T("casework.ledger.same_day")
	}
	return c.T("casework.ledger.days", "count", days)
}

func termWords(c *web.Context, t service.Term) string {
	if t.Working {
		return c.T("casework.ledger.days", "count", t.Days)
	}
	return c.T("casework.ledger.calendar_days", "count", t.Days)
}

// share is a part in whole per cent, never rounded up to a hundred.
func share(part, whole int64) string {
	if whole == 0 {
		return "0"
	}
	return strconv.FormatInt(part*100/whole, 10)
}

// ledgerMonthRows are the months in words: the chart's figures, and more, for those who do not see it.
func ledgerMonthRows(c *web.Context, l Ledger) []ui.SummaryRow {
	var out []ui.SummaryRow
	number := func(n int64) string { return lang.Number(c.Lang(), n) }
	for _, month := range l.Months {
		out = append(out, ui.SummaryRow{Name: monthWords(c.Lang(), month.Month), Value: c.T("casework.ledger.month_line", "decided", number(month.Decided), "in_time", number(month.InTime),
			"late", number(month.Late), "median", daysWords(c, month.Median), "p90", daysWords(c, month.P90))})
	}
	return out
}

// monthWords is a month of the ledger as people read it.
func monthWords(l lang.Language, month string) string {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return month
	}
	return lang.MonthYear(l, at.Year(), at.Month())
}

// bars are the months of the chart, the oldest first; the table under it says more.
func bars(c *web.Context, l Ledger) ui.BarsProps {
	out := ui.BarsProps{Label: c.T("casework.ledger.chart")}
	for i := len(l.Months) - 1; i >= 0; i-- {
		m := l.Months[i]
		out.Items = append(out.Items, ui.Bar{Label: monthWords(c.Lang(), m.Month), Text: lang.Number(c.Lang(), m.Decided), Value: float64(m.Decided), Current: i == 0})
	}
	return out
}
