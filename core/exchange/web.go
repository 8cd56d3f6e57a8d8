package exchange

import (
	"strconv"
	"time"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// registers is the permission's object for how registers stand: the city's administrator sees it.
func registers() act.Object { return act.Object{Kind: "register", Agency: agency.ID(agency.City)} }

func (m *Module) routes(s *web.Server) {
	see := s.Operation(act.Operation{Name: "exchange.registers", Object: "register", May: act.Admin})
	s.Page(see, "GET /desk/exchange", m.showRegisters)
	s.API(see, "GET /api/v1/admin/registers", m.apiRegisters, web.Describe{
		Summary: "How agencies' registers answer, as this node sees them", Tag: "admin", Out: []wireStanding{},
	})
	m.logRoutes(s)
	m.provideRoutes(s)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuDesk, page.Link{Order: 80, Text: "exchange.menu", Href: "/desk/exchange", Icon: "database-duotone", Show: agency.IsAdmin})
	}
}

// Standings tells how the registers that this node has asked stand.
func (m *Module) Standings() []Standing { return m.gates.standings() }

func (m *Module) showRegisters(c *web.Context) error {
	if err := c.May(registers()); err != nil {
		return err
	}
	log, err := m.LogStanding(c.Context())
	if err != nil {
		return err
	}
	title := c.T("exchange.registers.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk}, m.registersPage(c, m.all(), log))
}

type wireStanding struct {
	Standing
	Connected bool  `json:"connected"`
	MeanMS    int64 `json:"mean_ms"`
	HalfMS    int64 `json:"p50_ms"`
	MostMS    int64 `json:"p95_ms"`
	SlowestMS int64 `json:"slowest_ms"`
	FromCache int   `json:"from_cache_percent"`
	Failing   int   `json:"failing_percent"`
}

func (m *Module) apiRegisters(c *web.Context) error {
	if err := c.May(registers()); err != nil {
		return err
	}
	out := []wireStanding{}
	for _, s := range m.all() {
		out = append(out, wireStanding{
			Standing: s, Connected: m.connected(s.Agency), MeanMS: s.Mean().Milliseconds(), HalfMS: s.Half.Milliseconds(), MostMS: s.Most.Milliseconds(),
			SlowestMS: s.Slowest.Milliseconds(), FromCache: s.FromCache(), Failing: s.Failing(),
		})
	}
	return c.JSON(200, out)
}

func (m *Module) connected(agencyKey string) bool { return m.deps.Endpoints[agencyKey].URL != "" }

// all are the registers of the city, those never asked included.
func (m *Module) all() []Standing {
	out := m.Standings()
	city := m.city()
	if city == nil {
		return out
	}
	asked := map[string]bool{}
	for _, s := range out {
		asked[s.Agency+"/"+s.Register] = true
	}
	for i := range city.Registers {
		r := &city.Registers[i]
		if !asked[r.Agency+"/"+r.Key] {
			out = append(out, Standing{Agency: r.Agency, Register: r.Key, Breaker: "closed"})
		}
	}
	sortStandings(out)
	return out
}

func (m *Module) registersTable(c *web.Context, list []Standing) ui.DataTableProps {
	out := ui.DataTableProps{Caption: c.T("exchange.registers.title"), Columns: []ui.Column{
		{Title: c.T("exchange.registers.register")}, {Title: c.T("exchange.registers.state")}, {Title: c.T("exchange.registers.answered")},
		{Title: c.T("exchange.registers.troubles")}, {Title: c.T("exchange.registers.time")}, {Title: c.T("exchange.registers.within")}, {Title: c.T("exchange.registers.last")},
	}}
	for _, s := range list {
		last := ui.TableCell{Text: "—", Muted: true}
		if !s.Last.IsZero() {
			last = ui.TableCell{Text: lang.Moment(c.Lang(), s.Last, c.Now(), m.deps.Zone())}
			if s.LastTrouble != None {
				last.Note = c.T("exchange.trouble." + string(s.LastTrouble))
			}
		}
		out.Rows = append(out.Rows, ui.TableRow{
			Title: m.registerTitle(s.Register, c.Lang()), Note: m.agencyName(s.Agency, c.Lang()),
			Cells: []ui.TableCell{
				{Tag: m.breakerTag(c, s)}, {Text: strconv.Itoa(s.Answered), Note: c.T("exchange.registers.reused", "share", percent(s.FromCache()))},
				{Text: percent(s.Failing()), Note: m.troubles(c, s)},
				timeCell(c, s, s.Mean(), "exchange.registers.slowest", s.Slowest), timeCell(c, s, s.Half, "exchange.registers.p95", s.Most), last,
			},
		})
	}
	return out
}

// timeCell shows a time of requests with another under it; of a register that was not asked yet there is none.
func timeCell(c *web.Context, s Standing, d time.Duration, note string, longer time.Duration) ui.TableCell {
	if s.Requests() == 0 {
		return ui.TableCell{Text: c.T("exchange.registers.unasked"), Muted: true}
	}
	return ui.TableCell{Text: milliseconds(c, d), Note: c.T(note, "time", milliseconds(c, longer))}
}

func milliseconds(c *web.Context, d time.Duration) string {
	return c.T("exchange.registers.ms", "n", d.Milliseconds())
}

func (m *Module) breakerTag(c *web.Context, s Standing) *ui.TagProps {
	switch {
	case !m.connected(s.Agency):
		return &ui.TagProps{Text: c.T("exchange.breaker.absent"), Tone: ui.Fault}
	case s.Breaker == "open":
		return &ui.TagProps{Text: c.T("exchange.breaker.open"), Tone: ui.Fault}
	case s.Breaker == "half-open":
		return &ui.TagProps{Text: c.T("exchange.breaker.half"), Tone: ui.Warning}
	case s.Requests() == 0:
		return &ui.TagProps{Text: c.T("exchange.breaker.unasked"), Tone: ui.Neutral}
	}
	return &ui.TagProps{Text: c.T("exchange.breaker.closed"), Tone: ui.Success}
}

// troubles counts what went wrong, in words.
func (m *Module) troubles(c *web.Context, s Standing) string {
	var parts []string
	for _, one := range []struct {
		t Trouble
		n int
	}{{Silent, s.Silent}, {WrongSchema, s.WrongSchema}, {Refused, s.Refused}, {NotFound, s.NotFound}, {Breaker, s.Kept}} {
		if one.n > 0 {
			parts = append(parts, c.T("exchange.trouble."+string(one.t))+": "+strconv.Itoa(one.n))
		}
	}
	if len(parts) == 0 {
		return "—"
	}
	return lang.And(c.Lang(), parts...)
}

// stateText says how far a certificate is: that it waits because the agency does not answer, or why it failed.
func stateText(c *web.Context, cert Certificate) string {
	switch {
	case cert.Again:
		return c.T("exchange.again.asked")
	case cert.Trouble == None:
		return ""
	case cert.State == Known:
		return c.T("exchange.again.failed")
	case cert.State == Asked:
		return c.T("exchange.waits." + string(cert.Trouble))
	}
	return c.T("exchange.failed." + string(cert.Trouble))
}

func (m *Module) rows(c *web.Context, cert Certificate) []ui.SummaryRow {
	l := c.Lang()
	out := []ui.SummaryRow{
		{Name: c.T("exchange.list.why"), Value: cert.Needed.In(l)},
		{Name: c.T("exchange.list.asked"), Value: lang.FullMoment(l, cert.Asked, m.deps.Zone())},
	}
	if cert.State == Known {
		out = append(out, ui.SummaryRow{Name: c.T("exchange.list.answered"), Value: lang.FullMoment(l, cert.Answered, m.deps.Zone())})
	}
	if key := m.agencyKey(cert.Agency); key != "" {
		out = append(out, ui.SummaryRow{Name: c.T("exchange.list.for"), Value: m.agencyName(key, l)})
	}
	if text := stateText(c, cert); text != "" {
		name := c.T("exchange.list.trouble")
		if cert.State == Known {
			name = c.T("exchange.list.again")
		}
		out = append(out, ui.SummaryRow{Name: name, Value: text})
	}
	for _, line := range m.Says(cert, l) {
		out = append(out, ui.SummaryRow{Name: line.Title, Value: line.Text, Source: m.agencyTitle(m.Source(cert), l)})
	}
	return out
}
