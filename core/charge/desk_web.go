package charge

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/money"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) deskRoutes(s *web.Server, ops operations) {
	s.Page(ops.desk, "GET /desk/charges", m.showList)
	s.Page(ops.desk, "GET /desk/charges/new", m.showNew)
	s.Page(ops.issue, "POST /desk/charges/new", m.postNew)
	s.Page(ops.read, "GET /desk/charges/{charge}", m.showCharge)
	s.Page(ops.change, "POST /desk/charges/{charge}/correct", m.postCorrect)
	s.Page(ops.change, "POST /desk/charges/{charge}/cancel", m.postCancel)
	s.Page(ops.desk, "GET /desk/charges/files", m.showFiles)
	s.Page(ops.send, "POST /desk/charges/files", m.postFile)
	s.Page(ops.desk, "GET /desk/charges/files/{file}", m.showFile)
	s.Page(ops.desk, "GET /desk/charges/files/{file}/bad", m.sendBad)
	s.Page(ops.issue, "POST /desk/charges/files/{file}/turn", m.postHalt)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 45, Text: "charge.desk.title", Href: "/desk/charges", Icon: "wallet", Show: m.hasKinds})
	}
}

// hasKinds tells whether the official's agency issues bills.
func (m *Module) hasKinds(c *web.Context) bool {
	return len(m.kindsOf(c.Act().Actor.Agency)) > 0
}

// kindsOf are the kinds that an agency may issue. A kind that any agency may issue is none of its own: it comes with one.
func (m *Module) kindsOf(of id.ID) []service.ChargeKind {
	city := m.city()
	if city == nil {
		return nil
	}
	var own, common []service.ChargeKind
	for _, k := range city.Charges {
		switch {
		case k.Agency == "":
			common = append(common, k)
		case agency.ID(k.Agency) == of:
			own = append(own, k)
		}
	}
	return append(own, common...)
}

// atDesk asks whether somebody is an official at all; what they see is their agency's alone.
func atDesk(c *web.Context) error {
	return c.May(act.Object{Kind: "charge", Agency: c.Act().Actor.Agency})
}

// listForm is what an agency's list is narrowed by.
type listForm struct {
	Kind  string `json:"kind" max:"60"`
	State string `json:"state" max:"20"`
	By    string `json:"by" max:"20"`
	Q     string `json:"q" max:"60"`
	After string `json:"after" max:"400"`
}

func (f listForm) query() ListQuery {
	q := ListQuery{Kind: f.Kind, State: State(f.State), After: f.After}
	if f.Q != "" && (f.By == "" || f.By == string(ByNumber)) {
		q.Number = f.Q
	} else if f.Q != "" {
		q.For = Identifier{By: By(f.By), Value: f.Q}
	}
	return q
}

// listView is an agency's list.
type listView struct {
	Form   listForm
	List   []Charge
	Kinds  []service.ChargeKind
	Next   string
	Failed *fault.Fault
	May    bool
}

func (m *Module) showList(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	var f listForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	v := listView{Form: f, Kinds: m.kindsOf(c.Act().Actor.Agency), May: mayIssue(c.Act())}
	var err error
	next := ""
	v.List, next, err = m.OfAgency(c.Context(), c.Act(), f.query())
	if errors.As(err, &v.Failed) && v.Failed.Kind == fault.Invalid {
		err = nil
	}
	if err != nil {
		return err
	}
	if next != "" {
		v.Next = "/desk/charges?" + url.Values{"kind": {f.Kind}, "state": {f.State}, "after": {next}}.Encode()
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("charge.desk.title"), Layout: page.Desk, Faulty: v.Failed != nil}, listPage(m, c, v))
}

// newForm is a charge as an official types it.
type newForm struct {
	Kind   string   `json:"kind" max:"60"`
	By     string   `json:"by" max:"20"`
	Value  string   `json:"value" max:"60"`
	Number string   `json:"number" max:"40"`
	Amount string   `json:"amount" max:"20"`
	Due    page.Day `json:"due"`
	Period string   `json:"period" max:"7"`
	Proof  string   `json:"proof" max:"40"`
	Place  string   `json:"place" max:"500"`
	Basis  string   `json:"basis" max:"500"`
	Plain  bool     `json:"plain"`
}

// newView is the page on which an official issues a charge.
type newView struct {
	Typed  newForm
	Kinds  []service.ChargeKind
	Failed map[string]string // by field
}

func (m *Module) showNew(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	return m.newPage(c, newView{})
}

func (m *Module) newPage(c *web.Context, v newView) error {
	v.Kinds = m.kindsOf(c.Act().Actor.Agency)
	title := c.T("charge.desk.new")
	crumbs := []ui.Link{{Text: c.T("charge.desk.title"), Href: "/desk/charges"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs, Faulty: len(v.Failed) > 0}, newPage(c, v))
}

func (m *Module) postNew(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	var f newForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	e, wrong := f.entry()
	if wrong != nil {
		return m.newPage(c, newView{Typed: f, Failed: faultsOf(c, wrong)})
	}
	p, did, err := m.PrepareIssue(c.Context(), c.Act(), e)
	if err == nil {
		err = m.base.Store.WriteAs(c.Context(), c.Act(), did.Put)
	}
	var told *fault.Fault
	if errors.As(err, &told) && (told.Kind == fault.Invalid || told.Is(ErrOther)) {
		return m.newPage(c, newView{Typed: f, Failed: faultsOf(c, told)})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charge.desk.issued")
	return c.Redirect("/desk/charges/" + p.ID.String())
}

// entry reads the form; a fault of what can't be read.
func (f newForm) entry() (Entry, *fault.Fault) {
	e := Entry{Number: f.Number, Kind: f.Kind, By: By(f.By), Value: f.Value, Period: f.Period, Proof: f.Proof, Place: f.Place, Basis: f.Basis}
	amount, err := money.Parse(f.Amount, money.RUB)
	if err != nil {
		return e, ErrAmount
	}
	e.Amount = amount.Minor
	due, ok := f.Due.Date()
	if !ok {
		return e, ErrDay
	}
	e.Due = due
	if f.Plain {
		no := false
		e.Discount = &no
	}
	return e, nil
}

// faultFields are the fields of the form that a fault is of.
var faultFields = map[string]string{
	ErrKind.ID: "kind", ErrAmount.ID: "amount", ErrDay.ID: "due", ErrExternal.ID: "number", ErrOther.ID: "number", ErrPeriod.ID: "period", ErrBy.ID: "by",
	ErrDetails.ID: "place", ErrReason.ID: "reason", ErrProof.ID: "proof",
}

func faultsOf(c *web.Context, f *fault.Fault) map[string]string {
	name := faultFields[f.ID]
	if name == "" {
		name = "value"
	}
	return map[string]string{name: c.FaultText(f)}
}

// chargeView is one charge on the desk.
type chargeView struct {
	Charge  Charge
	Owed    Owed
	Details []Detail
	History []Event
	May     bool
	Typed   changeForm
	Failed  map[string]string
	Cancel  bool // the form that failed was the cancellation
}

// changeForm is a correction or a cancellation.
type changeForm struct {
	Revision int64    `json:"revision"`
	Amount   string   `json:"amount" max:"20"`
	Due      page.Day `json:"due"`
	Reason   string   `json:"reason" max:"20"`
	Note     string   `json:"note" max:"1000"`
}

func (m *Module) showCharge(c *web.Context) error {
	return m.chargePage(c, chargeView{})
}

func (m *Module) chargePage(c *web.Context, v chargeView) error {
	which, err := c.ID("charge")
	if err != nil {
		return err
	}
	place, err := m.Where(c.Context(), which)
	if err != nil {
		return err
	}
	if err := c.May(act.Object{Kind: "charge", Agency: place.Payee, Test: place.Test}); err != nil {
		return err
	}
	if place.Test {
		return ErrNone
	}
	if v.Charge, err = m.Charge(c.Context(), c.Act(), place.Home, which); err != nil {
		return err
	}
	if v.Details, err = m.Details(c.Context(), c.Act(), place.Home, which); err != nil {
		return err
	}
	if v.History, err = m.History(c.Context(), c.Act(), place.Home, which); err != nil {
		return err
	}
	v.Owed = v.Charge.Owed(c.Now(), m.Zone())
	v.May = mayIssue(c.Act()) && !ownKind(v.Charge.Kind) && v.Charge.State != Cancelled && v.Charge.State != Refunded
	title := c.T("charge.desk.one", "number", id.FormatNumber(v.Charge.Number))
	crumbs := []ui.Link{{Text: c.T("charge.desk.title"), Href: "/desk/charges"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs, Faulty: len(v.Failed) > 0}, chargePage(m, c, v))
}

func (m *Module) postCorrect(c *web.Context) error {
	return m.postChange(c, false, func(which id.ID, f changeForm) (*PreparedAct, error) {
		n := Correction{Revision: f.Revision, Reason: f.Reason}
		if f.Amount != "" {
			amount, err := money.Parse(f.Amount, money.RUB)
			if err != nil || amount.Minor <= 0 {
				return nil, ErrAmount
			}
			n.Amount = amount.Minor
		}
		due, ok := f.Due.Date()
		if !ok {
			return nil, ErrDay
		}
		if !due.IsZero() {
			n.Due = due.AddDays(1).Start(m.Zone()).Add(-time.Second)
		}
		return m.PrepareCorrect(c.Context(), c.Act(), which, n, f.Note)
	})
}

func (m *Module) postCancel(c *web.Context) error {
	return m.postChange(c, true, func(which id.ID, f changeForm) (*PreparedAct, error) {
		return m.PrepareCancel(c.Context(), c.Act(), which, f.Revision, f.Reason, f.Note)
	})
}

// postChange carries an official's change out; what is wrong with it comes back on the page.
func (m *Module) postChange(c *web.Context, cancel bool, prepare func(which id.ID, f changeForm) (*PreparedAct, error)) error {
	which, err := c.ID("charge")
	if err != nil {
		return err
	}
	place, err := m.Where(c.Context(), which)
	if err != nil {
		return err
	}
	if err := c.May(act.Object{Kind: "charge", Agency: place.Payee, Test: place.Test}); err != nil {
		return err
	}
	var f changeForm
	if err := c.Bind(&f); err != nil {
		return err
	}
	p, err := prepare(which, f)
	if err == nil {
		err = m.base.Store.WriteAs(c.Context(), c.Act(), p.Put)
	}
	var told *fault.Fault
	if errors.As(err, &told) && (told.Kind == fault.Invalid || told.Is(ErrChanged) || told.Is(ErrSettled)) {
		return m.chargePage(c, chargeView{Typed: f, Failed: faultsOf(c, told), Cancel: cancel})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charge.desk.changed")
	return c.Redirect("/desk/charges/" + which.String())
}

// filesView is the page of an agency's files.
type filesView struct {
	List   []Import
	Failed string
	May    bool
}

func (m *Module) showFiles(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	return m.filesPage(c, "")
}

func (m *Module) filesPage(c *web.Context, failed string) error {
	list, err := m.Imports(c.Context(), c.Act())
	if err != nil {
		return err
	}
	title := c.T("charge.files.title")
	crumbs := []ui.Link{{Text: c.T("charge.desk.title"), Href: "/desk/charges"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs, Faulty: failed != ""}, filesPage(m, c, filesView{List: list, Failed: failed, May: mayIssue(c.Act())}))
}

func (m *Module) postFile(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	var f struct {
		File     web.File `json:"file"`
		Corrects bool     `json:"corrects"`
	}
	if err := c.Bind(&f); err != nil {
		return err
	}
	if !mayIssue(c.Act()) {
		return ErrRole
	}
	sent, err := m.Send(c.Context(), c.Act(), Sent{Content: bytes.NewReader(f.File.Data), Corrects: f.Corrects})
	var told *fault.Fault
	if errors.As(err, &told) && told.Kind == fault.Invalid {
		return m.filesPage(c, c.FaultText(told))
	}
	if err != nil {
		return err
	}
	return c.Redirect("/desk/charges/files/" + sent.ID.String())
}

// file reads the file of the path, which is the official's agency's own or there is none.
func (m *Module) file(c *web.Context) (Import, error) {
	which, err := c.ID("file")
	if err != nil {
		return Import{}, err
	}
	if err := atDesk(c); err != nil {
		return Import{}, err
	}
	return m.ImportOf(c.Context(), c.Act(), which)
}

func (m *Module) showFile(c *web.Context) error {
	i, err := m.file(c)
	if err != nil {
		return err
	}
	bad, err := m.BadLines(c.Context(), c.Act(), i.ID, 0)
	if err != nil {
		return err
	}
	title := c.T("charge.files.one", "day", calendar.DateOf(i.Made, m.Zone()).String())
	crumbs := []ui.Link{{Text: c.T("charge.desk.title"), Href: "/desk/charges"}, {Text: c.T("charge.files.title"), Href: "/desk/charges/files"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs, Htmx: i.State == Running}, filePage(m, c, i, bad[:min(len(bad), badShown)]))
}

// badShown is how many of the lines that were not taken stand on the page.
const badShown = 20

func (m *Module) postHalt(c *web.Context) error {
	i, err := m.file(c)
	if err != nil {
		return err
	}
	var f struct {
		Do string `json:"do" max:"10"`
	}
	if err := c.Bind(&f); err != nil {
		return err
	}
	if !mayIssue(c.Act()) {
		return ErrRole
	}
	turn := m.Halt
	if f.Do == "on" {
		turn = m.GoOn
	}
	if err := turn(c.Context(), c.Act(), i.ID); err != nil {
		return err
	}
	return c.Redirect("/desk/charges/files/" + i.ID.String())
}

// sendBad answers the lines that were not taken, each with its number and what to do: a table that an office program opens.
func (m *Module) sendBad(c *web.Context) error {
	i, err := m.file(c)
	if err != nil {
		return err
	}
	return c.Stream("text/csv; charset=utf-8", func(w io.Writer) error {
		out := csv.NewWriter(w)
		out.Comma = ';'
		if err := out.Write([]string{c.T("charge.files.line"), c.T("charge.files.wrong"), c.T("charge.files.text")}); err != nil {
			return err
		}
		for after := int64(0); ; {
			list, err := m.BadLines(c.Context(), c.Act(), i.ID, after)
			if err != nil {
				return err
			}
			for _, l := range list {
				if err := out.Write([]string{strconv.FormatInt(l.Line, 10), c.T(l.Fault), plainCell(l.Text)}); err != nil {
					return err
				}
				after = l.Line
			}
			if len(list) < ManyMost {
				out.Flush()
				return out.Error()
			}
		}
	})
}

// plainCell keeps an office program from taking a text for a formula.
func plainCell(text string) string {
	if text != "" && slices.Contains([]byte("=+-@\t"), text[0]) {
		return "'" + text
	}
	return text
}
