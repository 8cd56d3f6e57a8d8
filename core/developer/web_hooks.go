package developer

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

func (m *Module) render(c *web.Context, title string, status int, content templ.Component) error {
	return m.base.Pages.Render(c, m.options(c, title, status), content)
}

// endpointForm is an endpoint as it is asked for or changed.
type endpointForm struct {
	Name    string   `json:"name" max:"200"`
	URL     string   `json:"url" max:"600"`
	Types   []string `json:"types" max:"40"`
	Hand    string   `json:"hand" max:"10"`
	By      string   `json:"by" max:"10"`
	Version int64    `json:"version"`
}

func (f endpointForm) endpoint() NewEndpoint {
	return NewEndpoint{URL: f.URL, Name: f.Name, Types: f.Types, Test: f.Hand != "live", By: f.By}
}

// endpointView is the page of one endpoint, or of a new one.
type endpointView struct {
	Endpoint   Endpoint // zero: a new one
	Form       endpointForm
	Faults     []fault.Field
	Shown      string // the secret, this once
	Count      map[string]int64
	Deliveries []Delivery
	More       string // address of older ones; empty: there are none
}

func (m *Module) showNewEndpoint(c *web.Context) error {
	if _, err := m.thisAgency(c); err != nil {
		return err
	}
	return m.render(c, "developer.endpoint.new", 0, m.newEndpointPage(c, endpointView{Form: endpointForm{Hand: "test", By: ByHMAC, Types: Types()}}))
}

func (m *Module) postNewEndpoint(c *web.Context) error {
	of, err := m.thisAgency(c)
	if err != nil {
		return err
	}
	var form endpointForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	e, shown, err := m.MakeEndpoint(c.Context(), c.Act(), of, form.endpoint())
	if faults, ok := shownHere(err); ok {
		return m.render(c, "developer.endpoint.new", http.StatusUnprocessableEntity, m.newEndpointPage(c, endpointView{Form: form, Faults: faults}))
	}
	if err != nil {
		return err
	}
	return m.endpointPage(c, e, shown, nil, nil)
}

// thisEndpoint is the endpoint that a request is about.
func (m *Module) thisEndpoint(c *web.Context) (Endpoint, error) {
	of, err := m.thisAgency(c)
	if err != nil {
		return Endpoint{}, err
	}
	one, err := c.ID("endpoint")
	if err != nil {
		return Endpoint{}, err
	}
	e, err := m.Endpoint(c.Context(), of, one)
	if err == nil && c.Act().Key != (id.ID{}) && e.Test != c.Act().Test {
		return Endpoint{}, ErrMissing // the sandbox's programs and the live ones do not see each other's
	}
	return e, err
}

func formOf(e Endpoint) endpointForm {
	return endpointForm{Name: e.Name, URL: e.URL, Types: e.Types, Version: e.Version}
}

func (m *Module) endpointPage(c *web.Context, e Endpoint, shown string, form *endpointForm, faults []fault.Field) error {
	v := endpointView{Endpoint: e, Form: formOf(e), Faults: faults, Shown: shown}
	if form != nil {
		v.Form = *form
	}
	before, err := id.Parse(c.Query("before"))
	if err != nil {
		before = id.ID{}
	}
	if v.Count, err = m.Count(c.Context(), e); err != nil {
		return err
	}
	list, more, err := m.Deliveries(c.Context(), e, before)
	if err != nil {
		return err
	}
	v.Deliveries = list
	if more {
		v.More = pathEndpoints + "/" + e.ID.String() + "?before=" + list[len(list)-1].Message.String()
		if key := c.Query("agency"); key != "" {
			v.More += "&agency=" + key
		}
	}
	status := 0
	if len(faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return m.render(c, "developer.endpoint.title", status, m.oneEndpointPage(c, v))
}

func (m *Module) showEndpoint(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	return m.endpointPage(c, e, "", nil, nil)
}

func (m *Module) postEndpoint(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	var form endpointForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	e.Version = form.Version // what they saw
	err = m.ChangeEndpoint(c.Context(), c.Act(), e, form.endpoint())
	if faults, ok := shownHere(err); ok {
		return m.endpointPage(c, e, "", &form, faults)
	}
	return m.back(c, e, err, "developer.endpoint.saved")
}

// back returns to the endpoint's page, with a word of what was done.
func (m *Module) back(c *web.Context, e Endpoint, err error, key string, args ...any) error {
	if err != nil {
		return err
	}
	c.SetFlash("success", key, args...)
	return c.Redirect(here(c, pathEndpoints+"/"+e.ID.String()))
}

func (m *Module) postSwitch(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	return m.back(c, e, m.SwitchEndpoint(c.Context(), c.Act(), e, e.State != On), "developer.endpoint.saved")
}

func (m *Module) postSecret(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	shown, err := m.RenewSecret(c.Context(), c.Act(), e)
	if err != nil {
		return err
	}
	if e, err = m.Endpoint(c.Context(), e.Agency, e.ID); err != nil {
		return err
	}
	return m.endpointPage(c, e, shown, nil, nil)
}

func (m *Module) postPing(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	_, err = m.Ping(c.Context(), c.Act(), e)
	return m.back(c, e, err, "developer.endpoint.pinged")
}

type resendForm struct {
	Since string `json:"since" max:"20"`
	Which string `json:"which" max:"10"`
}

func (m *Module) postResendSince(c *web.Context) error {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return err
	}
	var form resendForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	day, err := calendar.ParseDate(form.Since)
	if err != nil {
		return m.endpointPage(c, e, "", nil, []fault.Field{{Name: "since", ID: "developer.bad_since"}})
	}
	since := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, m.deps.Zone())
	n, more, err := m.ResendSince(c.Context(), c.Act(), e, since, form.Which == "all")
	text := "developer.endpoint.resent"
	if more {
		text = "developer.endpoint.resent_more"
	}
	return m.back(c, e, err, text, "count", strconv.FormatInt(n, 10))
}

// deliveryView is the page of one message at one endpoint.
type deliveryView struct {
	Endpoint Endpoint
	Delivery Delivery
	Body     string
	Tries    []Try
}

func (m *Module) thisDelivery(c *web.Context) (deliveryView, error) {
	e, err := m.thisEndpoint(c)
	if err != nil {
		return deliveryView{}, err
	}
	message, err := id.Parse(strings.TrimPrefix(c.Path("message"), messagePrefix)) // by either of its names
	if err != nil {
		return deliveryView{}, ErrMissing
	}
	v := deliveryView{Endpoint: e}
	v.Delivery, v.Body, v.Tries, err = m.Delivery(c.Context(), e, message)
	return v, err
}

func (m *Module) showDelivery(c *web.Context) error {
	v, err := m.thisDelivery(c)
	if err != nil {
		return err
	}
	return m.render(c, "developer.message.title", 0, m.deliveryPage(c, v))
}

func (m *Module) postResend(c *web.Context) error {
	v, err := m.thisDelivery(c)
	if err != nil {
		return err
	}
	if err := m.Resend(c.Context(), c.Act(), v.Endpoint, v.Delivery.Message); err != nil {
		return err
	}
	c.SetFlash("success", "developer.message.resent")
	return c.Redirect(here(c, messagePath(v.Endpoint, v.Delivery)))
}

func messagePath(e Endpoint, d Delivery) string {
	return pathEndpoints + "/" + e.ID.String() + "/messages/" + d.Message.String()
}

func (m *Module) endpointTag(c *web.Context, e Endpoint) ui.TagProps {
	switch {
	case e.State == Paused:
		return ui.TagProps{Text: c.T("developer.endpoint.paused"), Tone: ui.Fault}
	case e.State == Off:
		return ui.TagProps{Text: c.T("developer.endpoint.off"), Tone: ui.Neutral}
	case !e.Failing.IsZero():
		return ui.TagProps{Text: c.T("developer.endpoint.failing"), Tone: ui.Warning}
	}
	return ui.TagProps{Text: c.T("developer.endpoint.on"), Tone: ui.Success}
}

func (m *Module) endpointsTable(c *web.Context, v programsView) ui.DataTableProps {
	t := ui.DataTableProps{Caption: c.T("developer.endpoints"), Columns: []ui.Column{
		{Title: c.T("developer.field.name")}, {Title: c.T("developer.key.state")}, {Title: c.T("developer.endpoint.heard")},
	}}
	for _, e := range v.Endpoints {
		tag := m.endpointTag(c, e)
		heard := ui.TableCell{Text: c.T("developer.endpoint.never"), Muted: true}
		if !e.Heard.IsZero() {
			heard = ui.TableCell{Text: lang.Moment(c.Lang(), e.Heard, c.Now(), m.deps.Zone())}
		}
		t.Rows = append(t.Rows, ui.TableRow{
			Title: e.Name, Href: here(c, pathEndpoints+"/"+e.ID.String()), Note: c.T(hand(e.Test)) + " · " + e.URL, Cells: []ui.TableCell{{Tag: &tag}, heard},
		})
	}
	return t
}

func (m *Module) endpointFacts(c *web.Context, v endpointView) []ui.SummaryRow {
	e := v.Endpoint
	rows := []ui.SummaryRow{{Name: c.T("developer.field.hand"), Value: c.T(hand(e.Test))}}
	if e.Public != "" {
		rows = append(rows, ui.SummaryRow{Name: c.T("developer.endpoint.public"), Value: e.Public})
	}
	if c.Now().Before(e.OldUntil) {
		rows = append(rows, ui.SummaryRow{Name: c.T("developer.endpoint.old_secret"), Value: c.T("developer.endpoint.old_until", "moment", m.moment(c, e.OldUntil))})
	}
	if !e.Failing.IsZero() {
		rows = append(rows, ui.SummaryRow{Name: c.T("developer.endpoint.failing"), Value: c.T("developer.endpoint.failing_since", "moment", m.moment(c, e.Failing), "count", int(e.Failures))})
	}
	of := ""
	if v.Count[Waiting]+v.Count[Taken]+v.Count[Failed] >= CountMost {
		of = ", " + c.T("developer.endpoint.of_last", "count", CountMost)
	}
	for _, state := range []string{Waiting, Taken, Failed} {
		rows = append(rows, ui.SummaryRow{Name: c.T("developer.delivery."+state) + of, Value: strconv.FormatInt(v.Count[state], 10)})
	}
	return rows
}

func deliveryTag(c *web.Context, d Delivery) ui.TagProps {
	tone := map[string]ui.Tone{Waiting: ui.Info, Taken: ui.Success, Failed: ui.Fault}[d.State]
	if d.State == Waiting && d.Tries > 0 {
		tone = ui.Warning
	}
	return ui.TagProps{Text: c.T("developer.delivery." + d.State), Tone: tone}
}

// answerWords say what came of a try.
func answerWords(c *web.Context, status int, why string) string {
	switch {
	case status > 0:
		return strconv.Itoa(status)
	case why == "":
		return "—"
	}
	return c.T("developer.why." + why)
}

func (m *Module) deliveriesTable(c *web.Context, v endpointView) ui.DataTableProps {
	t := ui.DataTableProps{Caption: c.T("developer.messages"), Columns: []ui.Column{
		{Title: c.T("developer.message.type")}, {Title: c.T("developer.key.state")}, {Title: c.T("developer.message.answer")}, {Title: c.T("developer.message.tries")},
	}}
	for _, d := range v.Deliveries {
		tag := deliveryTag(c, d)
		t.Rows = append(t.Rows, ui.TableRow{
			Title: d.Type, Href: here(c, messagePath(v.Endpoint, d)), Note: lang.Moment(c.Lang(), d.At, c.Now(), m.deps.Zone()), Cells: []ui.TableCell{
				{Tag: &tag}, {Text: answerWords(c, d.Status, d.Why)}, {Text: strconv.FormatInt(d.Tries, 10)},
			},
		})
	}
	return t
}

func (m *Module) triesTable(c *web.Context, v deliveryView) ui.DataTableProps {
	t := ui.DataTableProps{Caption: c.T("developer.message.tries"), Columns: []ui.Column{
		{Title: c.T("developer.message.try")}, {Title: c.T("developer.message.when")}, {Title: c.T("developer.message.answer")}, {Title: c.T("developer.message.took")},
	}}
	for _, one := range v.Tries {
		t.Rows = append(t.Rows, ui.TableRow{Title: strconv.FormatInt(one.Number, 10), Cells: []ui.TableCell{
			{Text: m.moment(c, one.At)}, {Text: answerWords(c, one.Status, one.Why)}, {Text: c.T("developer.message.ms", "count", int(one.Took.Milliseconds()))},
		}})
	}
	return t
}

func field(c *web.Context, faults []fault.Field, name string) ui.Field {
	return ui.Field{Name: name, Label: c.T("developer.field." + name), Error: page.FaultText(c, faults, name)}
}

func hinted(c *web.Context, faults []fault.Field, name string) ui.Field {
	out := field(c, faults, name)
	out.Hint = c.T("developer.hint." + name)
	return out
}
