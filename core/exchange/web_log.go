package exchange

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/asic"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// pathLog is the operator's page of messages.
const pathLog = "/desk/exchange/log"

// listedMost is how many tries a page shows.
const listedMost = 50

// logRoutes are what the city's administrator may do with messages. Whoever opens them has shown lately who they are, and
// the person whom they are about sees it.
func (m *Module) logRoutes(s *web.Server) {
	find := s.Operation(act.Operation{Name: "exchange.find_messages", Object: "register", May: act.Admin, Fresh: act.Lately, Changes: true})
	read := s.Operation(act.Operation{Name: "exchange.messages", Object: "register", May: act.Admin, Fresh: act.Lately, Look: lookLog})
	s.Page(find, "POST "+pathLog, m.findMessages)
	s.Page(read, "GET "+pathLog+"/{person}", m.showMessages)
	s.Page(read, "GET "+pathLog+"/{person}/{try}/{side}", m.sendContainer)
}

// ErrWho says that nobody is known by what an operator typed.
var ErrWho = fault.New(fault.Missing, "exchange.who")

// Person is whom an operator means: by the id, or by a contact that they sign in with. The error is ErrWho.
func (m *Module) Person(ctx context.Context, text string) (id.ID, error) {
	text = strings.TrimSpace(text)
	if person, err := id.Parse(text); err == nil {
		return person, nil
	}
	if m.deps.Find == nil {
		return id.ID{}, ErrWho
	}
	person, err := m.deps.Find(ctx, text)
	if f := (*fault.Fault)(nil); errors.As(err, &f) {
		return id.ID{}, ErrWho.Because(err)
	}
	return person, err
}

func (m *Module) findMessages(c *web.Context) error {
	if err := c.May(registers()); err != nil {
		return err
	}
	var form struct {
		About string `json:"about" max:"200"`
	}
	if err := c.Bind(&form); err != nil {
		return err
	}
	person, err := m.Person(c.Context(), form.About)
	if errors.Is(err, ErrWho) {
		c.SetFlash("warning", "exchange.who")
		return c.Redirect("/desk/exchange")
	}
	if err != nil {
		return err
	}
	return c.Redirect(pathLog + "/" + person.String())
}

// messagesOf is the permission's object: messages about a person.
func messagesOf(person id.ID) act.Object {
	return act.Object{Kind: "register", Holder: person, Agency: agency.ID(agency.City)}
}

func (m *Module) showMessages(c *web.Context) error {
	person, err := c.ID("person")
	if err != nil {
		return err
	}
	if err := c.May(messagesOf(person)); err != nil {
		return err
	}
	var before id.ID
	if text := c.Query("before"); text != "" {
		if before, err = id.Parse(text); err != nil {
			return ErrNoMessage.Because(err)
		}
	}
	list, err := m.Log(c.Context(), c.Act(), person, before, listedMost+1)
	if err != nil {
		return err
	}
	more := ""
	if len(list) > listedMost {
		list = list[:listedMost]
		more = pathLog + "/" + person.String() + "?before=" + list[listedMost-1].ID.String()
	}
	table, err := m.messagesTable(c, person, list)
	if err != nil {
		return err
	}
	options := page.Options{Title: c.T("exchange.log.title"), Layout: page.Desk}
	return m.base.Pages.Render(c, options, m.messagesPage(c, person, table, more))
}

// The sides of a try in addresses and names of files.
const (
	sideQuestion = "question"
	sideAnswer   = "answer"
)

func (m *Module) sendContainer(c *web.Context) error {
	person, err := c.ID("person")
	if err != nil {
		return err
	}
	if err := c.May(messagesOf(person)); err != nil {
		return err
	}
	try, err := c.ID("try")
	if err != nil {
		return err
	}
	side := c.Path("side")
	if side != sideQuestion && side != sideAnswer {
		return ErrNoMessage.Because(errors.New("exchange: no such side of a try"))
	}
	data, err := m.Container(c.Context(), c.Act(), person, try, side == sideAnswer)
	if err != nil {
		return err
	}
	return c.File(web.File{Name: try.String() + "-" + side + ".asice", Type: asic.MimeType, Data: data}, false)
}

func (m *Module) messagesTable(c *web.Context, person id.ID, list []Logged) (ui.DataTableProps, error) {
	out := ui.DataTableProps{Caption: c.T("exchange.log.title"), Columns: []ui.Column{
		{Title: c.T("exchange.log.register")}, {Title: c.T("exchange.log.at")}, {Title: c.T("exchange.log.side")}, {Title: c.T("exchange.log.outcome")}, {Title: c.T("exchange.log.files")},
	}}
	for _, one := range list {
		outcome := c.T("exchange.log.good")
		if one.Trouble != None {
			outcome = c.T("exchange.trouble." + string(one.Trouble))
		}
		why, err := m.Why(c.Context(), one, c.T)
		if err != nil {
			return out, err
		}
		out.Rows = append(out.Rows, ui.TableRow{
			Title: m.registerTitle(one.Register, c.Lang()), Note: why,
			Cells: []ui.TableCell{
				{Text: lang.FullMoment(c.Lang(), one.At, m.deps.Zone())}, {Text: c.T("exchange.log." + one.Side), Note: m.peerName(one, c.Lang())}, {Text: outcome},
				{Body: containerLinks(c, pathLog+"/"+person.String()+"/"+one.ID.String()+"/")},
			},
		})
	}
	return out, nil
}

// Why says what an exchange was for, in words: the public number of an application (the id of a draft, or of one that is
// gone), an agreement, or the account itself.
func (m *Module) Why(ctx context.Context, one Logged, text func(key string, args ...any) string) (string, error) {
	switch {
	case one.Side == sideAnswered && one.Case.IsZero() && one.Purpose != "":
		return text("exchange.log.agreement", "number", one.Purpose), nil
	case one.Side == sideAnswered && one.Case.IsZero():
		return text("exchange.log.some_agreement"), nil
	case one.Case.IsZero():
		return text("exchange.log.account"), nil
	case m.asking.Number == nil:
		return one.Case.String(), nil
	}
	number, err := m.asking.Number(ctx, one.Case)
	if errors.Is(err, store.ErrNone) {
		return one.Case.String(), nil
	}
	if err != nil {
		return "", fmt.Errorf("exchange: number of a case: %w", err)
	}
	return id.FormatNumber(number), nil
}

// peerName is the other side of a try: an agency in words, or a member by its identifier.
func (m *Module) peerName(one Logged, l lang.Language) string {
	if one.Side == sideAnswered {
		return one.Peer
	}
	return m.agencyName(one.Peer, l)
}

// logRows say how the log stands.
func (m *Module) logRows(c *web.Context, s LogStanding) []ui.SummaryRow {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	moment := func(at time.Time, none string) string {
		if at.IsZero() {
			return c.T(none)
		}
		return lang.FullMoment(c.Lang(), at, m.deps.Zone())
	}
	out := []ui.SummaryRow{
		{Name: c.T("exchange.log.batches"), Value: number(s.Batches)},
		{Name: c.T("exchange.log.signed"), Value: moment(s.Signed, "exchange.log.unsigned")},
		{Name: c.T("exchange.log.waiting"), Value: number(s.Waiting)},
		{Name: c.T("exchange.log.checked"), Value: moment(s.Checked, "exchange.log.unchecked")},
	}
	if !s.Checked.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("exchange.log.extent"), Value: c.T("exchange.log.extent_value", "batches", number(s.CheckedBatches), "messages", number(s.CheckedMessages))})
	}
	found := c.T("exchange.log.no_faults")
	if s.Faults > 0 {
		found = c.T("exchange.log.faults", "count", number(s.Faults)) + "\n" + s.First.Tell(c.T)
	}
	if s.Faults > 0 || !s.Checked.IsZero() {
		out = append(out, ui.SummaryRow{Name: c.T("exchange.log.found"), Value: found})
	}
	return out
}

// percent is a share in words.
func percent(n int) string { return fmt.Sprintf("%d %%", n) }
