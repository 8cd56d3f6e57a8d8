package charge

import (
	"net/http"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireCharge is a charge as an agency sees its own.
type wireCharge struct {
	ID        id.ID      `json:"id"`
	Number    string     `json:"number" doc:"The bill's public number"`
	External  string     `json:"external" doc:"The agency's own number"`
	Kind      string     `json:"kind"`
	Title     string     `json:"title"`
	Period    string     `json:"period,omitempty"`
	Amount    int64      `json:"amount" doc:"Kopecks"`
	Currency  string     `json:"currency"`
	State     State      `json:"state"`
	Paid      int64      `json:"paid"`
	GivenBack int64      `json:"given_back"`
	Discount  int64      `json:"discount" doc:"Taken off now"`
	Penalty   int64      `json:"penalty" doc:"Grown until now"`
	Left      int64      `json:"left" doc:"To pay now"`
	Issued    time.Time  `json:"issued"`
	Due       *time.Time `json:"due,omitempty"`
	Settled   *time.Time `json:"settled,omitempty"`
	Test      bool       `json:"test,omitempty" doc:"Made by a sandbox key"`
	Revision  int64      `json:"revision"`
}

type wireMany struct {
	Charges []Entry `json:"charges" doc:"At most 1,000"`
}

// wireOutcome is what became of one charge of many, in the order of the list.
type wireOutcome struct {
	ID     *id.ID `json:"id,omitempty"`
	Number string `json:"number,omitempty" doc:"The bill's public number"`
	Result Result `json:"result" doc:"issued, known (it stands already), differs (it stands already with another amount or day; nothing was altered) or refused"`
	Fault  string `json:"fault,omitempty" doc:"Why it was refused"`
	Text   string `json:"text,omitempty" doc:"The same in words, with what to do"`
}

type wireOutcomes struct {
	Charges []wireOutcome `json:"charges"`
}

type wireCorrect struct {
	Revision int64      `json:"revision,omitempty" doc:"That was read; left out: whatever it is now"`
	Amount   int64      `json:"amount,omitempty" doc:"Kopecks; left out: as it is"`
	Due      *time.Time `json:"due,omitempty"`
	Reason   string     `json:"reason" max:"20" doc:"mistake, contest, court, twice, elsewhere, time or other"`
	Note     string     `json:"note,omitempty" max:"1000" doc:"Sealed; the payer reads it"`
}

type wireCancel struct {
	Revision int64  `json:"revision,omitempty"`
	Reason   string `json:"reason" max:"20"`
	Note     string `json:"note,omitempty" max:"1000"`
}

// wireFile is how far a file of charges is.
type wireFile struct {
	ID        id.ID       `json:"id"`
	State     ImportState `json:"state" doc:"running, stopped or done"`
	Lines     int64       `json:"lines"`
	Done      int64       `json:"done" doc:"Lines that are done"`
	Issued    int64       `json:"issued"`
	Known     int64       `json:"known"`
	Corrected int64       `json:"corrected"`
	Bad       int64       `json:"bad"`
	Sent      time.Time   `json:"sent"`
	Ended     *time.Time  `json:"ended,omitempty"`
	Wrong     []wireBad   `json:"wrong,omitempty" doc:"The first thousand lines that were not taken; ?after= asks for more"`
}

type wireBad struct {
	Line  int64  `json:"line"`
	Fault string `json:"fault"`
	Text  string `json:"text"`
}

func (m *Module) api(s *web.Server, ops operations) {
	const root = "/api/v1/agency/charges"
	s.API(ops.apiIssue, "POST "+root, m.apiIssue, web.Describe{Summary: "Issue a charge of your agency", In: Entry{}, Out: wireCharge{}, Status: http.StatusCreated})
	s.API(ops.apiIssue, "POST "+root+"/many", m.apiMany, web.Describe{Summary: "Issue up to 1,000 charges; what is wrong is refused alone", In: wireMany{}, Out: wireOutcomes{}})
	s.API(ops.apiRead, "GET "+root+"/{charge}", m.apiRead, web.Describe{Summary: "One charge of your agency, with what is owed now", Out: wireCharge{}})
	s.API(ops.apiRead, "GET "+root, m.apiFind, web.Describe{
		Summary: "Your agency's charges of a number, its own or the bill's", Out: []wireCharge{}, Params: []web.Param{{Name: "number", Text: "The number", Required: true}},
	})
	s.API(ops.apiChange, "POST "+root+"/{charge}/correct", m.apiCorrect, web.Describe{Summary: "Correct the amount or the day to pay", In: wireCorrect{}, Out: wireCharge{}})
	s.API(ops.apiChange, "POST "+root+"/{charge}/cancel", m.apiCancel, web.Describe{Summary: "Cancel a charge that is still to be paid", In: wireCancel{}, Out: wireCharge{}})
	s.API(ops.apiSend, "POST "+root+"/files", m.apiSend, web.Describe{
		Summary: "Send a file of charges: CSV or JSON, a line each; up to 160 MB", Out: wireFile{}, Status: http.StatusAccepted,
		Params: []web.Param{{Name: "corrects", Text: "yes: charges that stand already with another amount or day are corrected"}},
	})
	s.API(ops.apiRead, "GET "+root+"/files/{file}", m.apiFile, web.Describe{
		Summary: "How far a file is, and the lines that were not taken", Out: wireFile{}, Params: []web.Param{{Name: "after", Text: "Lines after this number", Of: int64(0)}},
	})
}

func (m *Module) wire(c *web.Context, one Charge) wireCharge {
	o := one.Owed(c.Now(), m.Zone())
	out := wireCharge{
		ID: one.ID, Number: one.Number, External: one.External, Kind: one.Kind, Title: one.Title.In(c.Lang()), Period: one.Period, Amount: one.Amount.Minor,
		Currency: string(one.Amount.Currency), State: one.State, Paid: one.Paid, GivenBack: one.Given, Discount: o.Discount, Penalty: o.Penalty, Left: o.Left,
		Issued: one.Issued, Test: one.Test, Revision: one.Revision,
	}
	if !one.Due.IsZero() {
		out.Due = &one.Due
	}
	if !one.Settled.IsZero() {
		out.Settled = &one.Settled
	}
	return out
}

func (m *Module) apiIssue(c *web.Context) error {
	if err := m.mayProgram(c); err != nil {
		return err
	}
	var e Entry
	if err := c.Bind(&e); err != nil {
		return err
	}
	p, did, err := m.PrepareIssue(c.Context(), c.Act(), e)
	if err != nil {
		return fieldOf(err)
	}
	if err := m.base.Store.WriteAs(c.Context(), c.Act(), did.Put); err != nil {
		return err
	}
	one, err := m.Charge(c.Context(), c.Act(), p.Home, p.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, m.wire(c, one))
}

// mayProgram asks whether somebody, or something, is of an agency; what they see and do is that agency's alone.
func (m *Module) mayProgram(c *web.Context) error {
	return c.May(act.Object{Kind: "charge", Agency: c.Act().Actor.Agency, Test: c.Act().Test})
}

// fieldOf names the field that a fault is of.
func fieldOf(err error) error {
	f := fault.Of(err)
	if name := faultFields[f.ID]; f.Kind == fault.Invalid && name != "" && len(f.Fields) == 0 {
		return f.With(fault.Field{Name: name, ID: f.ID})
	}
	return err
}

func (m *Module) apiMany(c *web.Context) error {
	if err := m.mayProgram(c); err != nil {
		return err
	}
	var in wireMany
	if err := c.Bind(&in); err != nil {
		return err
	}
	if !mayIssue(c.Act()) {
		return ErrRole
	}
	if len(in.Charges) == 0 || len(in.Charges) > ManyMost {
		return ErrMany
	}
	list, err := m.issueMany(c.Context(), c.Act(), in.Charges)
	if err != nil {
		return err
	}
	out := wireOutcomes{Charges: make([]wireOutcome, len(list))}
	for i, o := range list {
		out.Charges[i] = wireOutcome{Number: o.Number, Result: o.Result}
		if o.Fault != nil {
			out.Charges[i].Fault, out.Charges[i].Text = o.Fault.ID, c.FaultText(o.Fault)
			continue
		}
		out.Charges[i].ID = &o.ID
	}
	return c.JSON(http.StatusOK, out)
}

// ErrMany says that a call holds no charge, or too many.
var ErrMany = fault.New(fault.Invalid, "charge.many_fault")

// place finds the charge of the path and asks whether it may be seen.
func (m *Module) place(c *web.Context) (Place, error) {
	which, err := c.ID("charge")
	if err != nil {
		return Place{}, err
	}
	place, err := m.Where(c.Context(), which)
	if err != nil {
		return place, err
	}
	return place, c.May(act.Object{Kind: "charge", Agency: place.Payee, Test: place.Test})
}

func (m *Module) apiRead(c *web.Context) error {
	place, err := m.place(c)
	if err != nil {
		return err
	}
	return m.answer(c, place)
}

func (m *Module) answer(c *web.Context, place Place) error {
	one, err := m.Charge(c.Context(), c.Act(), place.Home, place.ID)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.wire(c, one))
}

func (m *Module) apiFind(c *web.Context) error {
	if err := m.mayProgram(c); err != nil {
		return err
	}
	number := c.Query("number")
	if number == "" {
		return ErrNumber
	}
	list, _, err := m.OfAgency(c.Context(), c.Act(), ListQuery{Number: number})
	if err != nil {
		return err
	}
	out := make([]wireCharge, len(list))
	for i, one := range list {
		out[i] = m.wire(c, one)
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiCorrect(c *web.Context) error {
	place, err := m.place(c)
	if err != nil {
		return err
	}
	var in wireCorrect
	if err := c.Bind(&in); err != nil {
		return err
	}
	n := Correction{Revision: in.Revision, Amount: in.Amount, Reason: in.Reason}
	if in.Due != nil {
		n.Due = *in.Due
	}
	p, err := m.PrepareCorrect(c.Context(), c.Act(), place.ID, n, in.Note)
	if err != nil {
		return fieldOf(err)
	}
	if err := m.base.Store.WriteAs(c.Context(), c.Act(), p.Put); err != nil {
		return err
	}
	return m.answer(c, place)
}

func (m *Module) apiCancel(c *web.Context) error {
	place, err := m.place(c)
	if err != nil {
		return err
	}
	var in wireCancel
	if err := c.Bind(&in); err != nil {
		return err
	}
	p, err := m.PrepareCancel(c.Context(), c.Act(), place.ID, in.Revision, in.Reason, in.Note)
	if err != nil {
		return fieldOf(err)
	}
	if err := m.base.Store.WriteAs(c.Context(), c.Act(), p.Put); err != nil {
		return err
	}
	return m.answer(c, place)
}

func (m *Module) apiSend(c *web.Context) error {
	if err := m.mayProgram(c); err != nil {
		return err
	}
	if !mayIssue(c.Act()) {
		return ErrRole
	}
	sent, err := m.Send(c.Context(), c.Act(), Sent{Content: c.Request().Body, Corrects: c.Query("corrects") == "yes", Test: c.Act().Test})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusAccepted, m.wireFile(c, sent, nil))
}

func (m *Module) wireFile(c *web.Context, i Import, bad []BadLine) wireFile {
	out := wireFile{
		ID: i.ID, State: i.State, Lines: i.Lines, Done: i.Line, Issued: i.Issued, Known: i.Known, Corrected: i.Corrected, Bad: i.Bad, Sent: i.Made,
	}
	if !i.Ended.IsZero() {
		out.Ended = &i.Ended
	}
	for _, l := range bad {
		out.Wrong = append(out.Wrong, wireBad{Line: l.Line, Fault: l.Fault, Text: c.T(l.Fault)})
	}
	return out
}

func (m *Module) apiFile(c *web.Context) error {
	which, err := c.ID("file")
	if err != nil {
		return err
	}
	if err := m.mayProgram(c); err != nil {
		return err
	}
	i, err := m.ImportOf(c.Context(), c.Act(), which)
	if err != nil {
		return err
	}
	var in struct {
		After int64 `json:"after"`
	}
	if err := c.Bind(&in); err != nil {
		return err
	}
	bad, err := m.BadLines(c.Context(), c.Act(), which, in.After)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, m.wireFile(c, i, bad))
}
