package reconcile

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/money"
	"posad.city/kit/web"
)

// openAge is how long a published day may be kept on the way: it never changes.
const openAge = 24 * time.Hour

func (m *Module) api(s *web.Server, read, income, load, open *web.Op) {
	s.API(income, "GET /api/v1/agency/books/income", m.apiIncome, web.Describe{
		Tag: "books", Summary: "Income by day, payee and kind of charges; an agency sees its own. ?since=2026-11-01&until=2026-11-30, a year at most", Out: []wireIncome{},
	})
	s.API(load, "POST /api/v1/desk/books/statements", m.apiStatement, web.Describe{Tag: "books", Summary: "Load a statement (camt.053.001.08) as the file of a form, field file", Out: []wireStatement{}})
	s.API(read, "GET /api/v1/desk/books/statements", m.apiStatements, web.Describe{Tag: "books", Summary: "The last statements", Out: []wireStatement{}})
	s.API(read, "GET /api/v1/desk/books/proof", m.apiProof, web.Describe{Tag: "books", Summary: "The last proof of the books", Out: wireProof{}})
	s.API(open, "GET /api/v1/open-books", m.apiOpenDays, web.Describe{Summary: "The published days of the city's income, newest first; before=DAY goes on", Out: []wireOpenDay{}})
	s.API(open, "GET /api/v1/open-books/{day}", m.apiOpenDay, web.Describe{
		Summary: "The totals of a day, byte for byte as they were published: their SHA-256 is in the journal's entry of that day", Out: wireDay{},
	})
}

type wireIncome struct {
	Day      string `json:"day"`
	Payee    string `json:"payee"`
	Name     string `json:"name"`
	Kind     string `json:"kind"`
	Currency string `json:"currency"`
	Came     int64  `json:"came" doc:"Minor units"`
	Back     int64  `json:"back" doc:"Minor units that were given back"`
	Payments int64  `json:"payments"`
}

func (m *Module) apiIncome(c *web.Context) error {
	v, err := m.incomeOf(c)
	if err != nil {
		return err
	}
	out := make([]wireIncome, 0, len(v.List))
	for _, one := range v.List {
		out = append(out, wireIncome{one.Day.String(), one.Payee.String(), v.Names.of(one.Payee, c.Lang()), one.Kind, string(one.Currency), one.Came, one.Back, one.Lines})
	}
	return c.JSON(http.StatusOK, out)
}

// sendIncomeCSV is the table of income for a spreadsheet: sums with a point, in units of the currency.
func (m *Module) sendIncomeCSV(c *web.Context) error {
	v, err := m.incomeOf(c)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	out.WriteString("\ufeff") // by which spreadsheets know the encoding
	w := csv.NewWriter(&out)
	w.Comma = ';'
	rows := [][]string{{c.T("reconcile.income.day"), c.T("reconcile.income.payee"), c.T("reconcile.income.kind"), c.T("reconcile.income.came"), c.T("reconcile.income.back"), c.T("reconcile.income.net"), c.T("reconcile.income.payments"), c.T("reconcile.income.currency")}}
	for _, one := range v.List {
		rows = append(rows, []string{
			one.Day.String(), cell(v.Names.of(one.Payee, c.Lang())), cell(m.kindName(one.Kind, c.Lang())), plainSum(one.Came, one.Currency), plainSum(one.Back, one.Currency), plainSum(one.Net(), one.Currency),
			strconv.FormatInt(one.Lines, 10), string(one.Currency),
		})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return c.File(web.File{Name: "income-" + v.Since.String() + "-" + v.Until.String() + ".csv", Type: "text/csv; charset=utf-8", Data: out.Bytes()}, false)
}

// cell keeps a spreadsheet from taking a name for a formula.
func cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func plainSum(minor int64, c money.Currency) string {
	number, _, _ := strings.Cut(money.Amount{Minor: minor, Currency: c}.String(), " ")
	return number
}

type wireStatement struct {
	ID      string    `json:"id"`
	BankID  string    `json:"bank_id"`
	Account string    `json:"account"`
	Since   string    `json:"since"`
	Until   string    `json:"until"`
	Opening int64     `json:"opening" doc:"Minor units"`
	Closing int64     `json:"closing"`
	Lines   int64     `json:"lines"`
	Digest  string    `json:"digest" doc:"SHA-256 of the file"`
	Loaded  time.Time `json:"loaded"`
	Done    bool      `json:"done"`
}

func wireStatements(list []Statement) []wireStatement {
	out := make([]wireStatement, 0, len(list))
	for _, s := range list {
		out = append(out, wireStatement{s.ID.String(), s.BankID, s.Account, s.Since.String(), s.Until.String(), s.Opening, s.Closing, s.Lines, hex.EncodeToString(s.Digest[:]), s.Loaded, s.Done})
	}
	return out
}

func (m *Module) apiStatement(c *web.Context) error {
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
	if list := files["file"]; len(list) != 1 {
		return ErrFile
	}
	list, err := m.Load(c.Context(), c.Act(), SourceUpload, files["file"][0].Data)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireStatements(list))
}

func (m *Module) apiStatements(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	list, err := m.Statements(c.Context(), calendarNone)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireStatements(list))
}

type wireProof struct {
	At    time.Time `json:"at"`
	Sound bool      `json:"sound"`
	Proof
}

func (m *Module) apiProof(c *web.Context) error {
	if err := m.ofTreasury(c); err != nil {
		return err
	}
	list, err := m.Proofs(c.Context(), 1)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return ErrNone
	}
	return c.JSON(http.StatusOK, wireProof{list[0].At, list[0].Sound(), list[0]})
}

type wireOpenDay struct {
	Day      string `json:"day"`
	Currency string `json:"currency"`
	Came     int64  `json:"came" doc:"Minor units"`
	Back     int64  `json:"back"`
	Digest   string `json:"digest" doc:"SHA-256 of the body of /api/v1/open-books/DAY, as the journal has it"`
	Totals   string `json:"totals" doc:"Where the totals are"`
	Receipt  string `json:"receipt" doc:"Where the journal's receipt is: posad verify checks it"`
}

func (m *Module) apiOpenDays(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	var before calendar.Date
	if text := c.Query("before"); text != "" {
		var err error
		if before, err = calendar.ParseDate(text); err != nil {
			return ErrNone
		}
	}
	list, err := m.OpenDays(c.Context(), before)
	if err != nil {
		return err
	}
	out := make([]wireOpenDay, 0, len(list))
	for _, d := range list {
		out = append(out, wireOpenDay{d.Day.String(), string(m.deps.Account.Currency), d.Came, d.Back, hex.EncodeToString(d.Digest[:]), "/api/v1/open-books/" + d.Day.String(), openPath + "/" + d.Day.String() + "/receipt"})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) dayOf(c *web.Context) (OpenDay, error) {
	if err := c.May(act.Object{}); err != nil {
		return OpenDay{}, err
	}
	day, err := calendar.ParseDate(c.Path("day"))
	if err != nil {
		return OpenDay{}, ErrNone
	}
	return m.OpenDay(c.Context(), day)
}

func (m *Module) apiOpenDay(c *web.Context) error {
	d, err := m.dayOf(c)
	if err != nil {
		return err
	}
	c.Public(openAge)
	return c.Data("application/json", d.Body)
}

func (m *Module) sendReceipt(c *web.Context) error {
	d, err := m.dayOf(c)
	if err != nil {
		return err
	}
	file, err := m.DayReceipt(c.Context(), d)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: "books-" + d.Day.String() + ".posad.json", Type: "application/json", Data: file}, false)
}

// openView is the page of the open books.
type openView struct {
	Days  []OpenDay // the newest first
	Day   *OpenDay  // that was chosen, or the newest
	Total wireDay
	Fits  bool
	Wrong bool
}

func (m *Module) showOpen(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	var v openView
	var err error
	if v.Days, err = m.OpenDays(c.Context(), calendarNone); err != nil {
		return err
	}
	if err := m.chosen(c, &v); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("reconcile.open.title"), Layout: page.Plain}, openBooksPage(m, c, v))
}
