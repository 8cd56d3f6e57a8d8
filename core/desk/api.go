package desk

import (
	"net/http"
	"time"

	"posad.city/core/casework"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

func (m *Module) api(s *web.Server, o ops) {
	about := func(summary string, in, out any) web.Describe {
		return web.Describe{Summary: summary, Tag: "desk", In: in, Out: out}
	}
	s.API(o.team, "GET /api/v1/desk/team", m.apiTeam, about("Officials of the agency: what they can do, who is away", nil, teamBody{}))
	s.API(o.scope, "PUT /api/v1/desk/team/{person}", m.apiScope, about("Set an official's skills and districts; the head may", scopeBody{}, nil))
	s.API(o.away, "POST /api/v1/desk/absences", m.apiAway, about("Set an absence with who stands in", awayBody{}, absenceBody{}))
	s.API(o.away, "DELETE /api/v1/desk/absences/{absence}", m.apiEndAway, about("End an absence", nil, nil))
	s.API(o.charts, "GET /api/v1/desk/charts", m.apiCharts, about("Load by official and queue, ages, decisions by day of four weeks; the head may", nil, Charts{}))
	s.API(o.next, "POST /api/v1/desk/next", m.apiNext, about("Take the most urgent free case that fits", nil, nextBody{}))
	s.API(o.spread, "POST /api/v1/desk/spread", m.apiSpread, about("To whom the free cases of a queue would go; nothing is done", queueBody{}, []shareBody{}))
	s.API(o.bulk, "POST /api/v1/desk/bulk/preview", m.apiPreview, about("What an act would do to each case; nothing is done", orderBody{}, planBody{}))
	s.API(o.bulk, "POST /api/v1/desk/bulk", m.apiBegin, about("Do one thing to many cases; for a minute it can be undone", orderBody{}, bulkBody{}))
	s.API(o.see, "GET /api/v1/desk/bulk/{bulk}", m.apiBulk, about("How an act on many cases stands", nil, bulkBody{}))
	s.API(o.undo, "POST /api/v1/desk/bulk/{bulk}/undo", m.apiUndo, about("Take an act back within its minute", nil, nil))
	s.API(o.texts, "GET /api/v1/desk/templates", m.apiTemplates, about("Ready texts of the agency", nil, []templateBody{}))
	s.API(o.putText, "PUT /api/v1/desk/templates", m.apiPutTemplate, about("Add a text, or change one; the head may", templateBody{}, templateBody{}))
	s.API(o.dropText, "DELETE /api/v1/desk/templates/{template}", m.apiDropTemplate, about("Delete a text; the head may", nil, nil))
	closed := about("Decided cases of the agency by their words", nil, []foundBody{})
	closed.Details, closed.Params = "The newest, at most 50: name more words to narrow them. Everybody who is found sees the look.", []web.Param{{Name: "q", Text: "Words; all must fit"}}
	s.API(o.closed, "GET /api/v1/desk/closed", m.apiClosed, closed)
}

type teamBody struct {
	Officials []workerBody  `json:"officials"`
	Absences  []absenceBody `json:"absences" doc:"That have not ended"`
}

type workerBody struct {
	Person    id.ID     `json:"person"`
	Name      lang.Name `json:"name"`
	Role      string    `json:"role"`
	Queues    []string  `json:"queues" doc:"Empty: every queue"`
	Skills    []string  `json:"skills"`
	Districts []string  `json:"districts" doc:"Empty: every district"`
	Away      bool      `json:"away,omitempty"`
}

type absenceBody struct {
	ID         id.ID  `json:"id"`
	Person     id.ID  `json:"person"`
	Substitute id.ID  `json:"substitute"`
	Since      string `json:"since"`
	Until      string `json:"until" doc:"The last day"`
}

func (m *Module) apiTeam(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	team, away, err := m.Team(c.Context(), p.act.Actor.Agency)
	if err != nil {
		return err
	}
	var people []id.ID
	for _, w := range team {
		people = append(people, w.Person)
	}
	names, err := m.names(c, people...)
	if err != nil {
		return err
	}
	out := teamBody{Officials: []workerBody{}, Absences: []absenceBody{}}
	for _, w := range team {
		out.Officials = append(out.Officials, workerBody{
			w.Person, names[w.Person], w.Role, append([]string{}, w.Queues...), append([]string{}, w.Skills...), append([]string{}, w.Districts...), w.Absence != nil,
		})
	}
	for _, a := range away {
		out.Absences = append(out.Absences, absenceBody(a))
	}
	return c.JSON(http.StatusOK, out)
}

type scopeBody struct {
	Skills    []string `json:"skills" max:"100"`
	Districts []string `json:"districts" max:"100" doc:"Empty: every district"`
}

func (m *Module) apiScope(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	person, err := c.ID("person")
	if err != nil {
		return err
	}
	var body scopeBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := m.PutScope(c.Context(), p.act, person, body.Skills, body.Districts); err != nil {
		return err
	}
	return c.Empty()
}

type awayBody struct {
	Person     id.ID  `json:"person"`
	Substitute id.ID  `json:"substitute"`
	Since      string `json:"since" max:"20" doc:"The first day, as 2026-11-21"`
	Until      string `json:"until" max:"20" doc:"The last day"`
}

func (m *Module) apiAway(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	var body awayBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	want := Absence{Person: body.Person, Substitute: body.Substitute, Since: body.Since, Until: body.Until}
	if want.ID, err = m.PutAbsence(c.Context(), p.act, want); err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, absenceBody(want))
}

func (m *Module) apiEndAway(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("absence")
	if err != nil {
		return err
	}
	if err := m.EndAbsence(c.Context(), p.act, which); err != nil {
		return err
	}
	return c.Empty()
}

func (m *Module) apiCharts(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	team, _, err := m.Team(c.Context(), p.act.Actor.Agency)
	if err != nil {
		return err
	}
	out, err := m.Charts(c.Context(), p.act, team)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

type nextBody struct {
	Number   string `json:"number"`
	Revision int64  `json:"revision"`
}

func (m *Module) apiNext(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	ref, err := m.Next(c.Context(), p.act)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, nextBody{id.FormatNumber(ref.Number), ref.Revision})
}

type queueBody struct {
	Queue string `json:"queue" max:"100" doc:"Key of a queue of the agency"`
}

type shareBody struct {
	Number string `json:"number"`
	To     *id.ID `json:"to,omitempty" doc:"Absent: it fits nobody who is at work"`
}

func (m *Module) apiSpread(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	var body queueBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	shares, err := m.PlanSpread(c.Context(), p.act, body.Queue)
	if err != nil {
		return err
	}
	out := []shareBody{}
	for _, s := range shares {
		one := shareBody{Number: id.FormatNumber(s.Number)}
		if !s.To.IsZero() {
			one.To = &s.To
		}
		out = append(out, one)
	}
	return c.JSON(http.StatusOK, out)
}

type orderBody struct {
	Key      id.ID       `json:"key,omitzero" doc:"An id of the caller's own: the same key begins one act, however often it is sent"`
	Verb     string      `json:"verb" max:"20" doc:"assign, forward, release, ask or extend"`
	Cases    []string    `json:"cases" max:"40" doc:"Numbers, at most 100"`
	To       id.ID       `json:"to,omitzero" doc:"For assign"`
	Each     []shareBody `json:"each,omitempty" doc:"For assign, instead of to: to whom each case goes"`
	Queue    string      `json:"queue,omitempty" max:"200" doc:"For forward: agency/queue"`
	Days     int         `json:"days,omitempty" doc:"For extend"`
	Template id.ID       `json:"template,omitzero" doc:"For ask, instead of words"`
	Words    string      `json:"words,omitempty" max:"8000" doc:"The question, the comment or the reason; {number}, {name} and {due} are filled in"`
}

func (b orderBody) order() Order {
	out := Order{Verb: Verb(b.Verb), Numbers: b.Cases, To: b.To, Each: map[string]id.ID{}, Queue: b.Queue, Days: b.Days, Template: b.Template, Words: b.Words}
	for _, one := range b.Each {
		if digits, err := id.ParseNumber(one.Number); err == nil && one.To != nil {
			out.Each[digits] = *one.To
		}
	}
	return out
}

type planBody struct {
	Goes  int           `json:"goes" doc:"To how many cases something will happen"`
	Cases []plannedBody `json:"cases"`
}

type plannedBody struct {
	Number  string `json:"number"`
	Refused string `json:"refused,omitempty" doc:"Why nothing will happen, in words; absent: it will"`
	Reason  string `json:"reason,omitempty" doc:"The same as an identifier"`
}

// planned reads an order and looks at it.
func (m *Module) planned(c *web.Context) (place, orderBody, Plan, error) {
	p, err := m.place(c)
	if err != nil {
		return p, orderBody{}, Plan{}, err
	}
	var body orderBody
	if err := c.Bind(&body); err != nil {
		return p, body, Plan{}, err
	}
	plan, err := m.Plan(c.Context(), p.act, body.order())
	return p, body, plan, err
}

func (m *Module) apiPreview(c *web.Context) error {
	_, _, plan, err := m.planned(c)
	if err != nil {
		return err
	}
	out := planBody{Goes: plan.Goes(), Cases: []plannedBody{}}
	for _, one := range plan.Cases {
		line := plannedBody{Number: id.FormatNumber(one.Number)}
		if one.Refused != nil {
			line.Refused, line.Reason = c.FaultText(one.Refused), one.Refused.ID
		}
		out.Cases = append(out.Cases, line)
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBegin(c *web.Context) error {
	p, body, plan, err := m.planned(c)
	if err != nil {
		return err
	}
	if body.Key.IsZero() {
		body.Key = id.New(c.Now())
	}
	if err := m.Begin(c.Context(), p.act, plan, body.Key); err != nil {
		return err
	}
	return m.answerBulk(c, p, body.Key, http.StatusAccepted)
}

type bulkBody struct {
	ID       id.ID          `json:"id"`
	Verb     Verb           `json:"verb"`
	State    State          `json:"state" doc:"waits, done, undoing or undone"`
	Starts   time.Time      `json:"starts"`
	Until    time.Time      `json:"undo_until"`
	Undoable bool           `json:"undoable"`
	Cases    []bulkCaseBody `json:"cases"`
}

type bulkCaseBody struct {
	Number string    `json:"number"`
	State  CaseState `json:"state"`
	Reason string    `json:"reason,omitempty" doc:"Why not, in words"`
}

func (m *Module) apiBulk(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("bulk")
	if err != nil {
		return err
	}
	return m.answerBulk(c, p, which, http.StatusOK)
}

func (m *Module) answerBulk(c *web.Context, p place, which id.ID, status int) error {
	b, err := m.BulkOf(c.Context(), p.act, which)
	if err != nil {
		return err
	}
	out := bulkBody{b.ID, b.Verb, b.State, b.Starts, b.Until, b.Undoable(c.Now()), []bulkCaseBody{}}
	for _, one := range b.Cases {
		line := bulkCaseBody{Number: id.FormatNumber(one.Number), State: one.State}
		if one.Reason != "" {
			line.Reason = c.T(one.Reason)
		}
		out.Cases = append(out.Cases, line)
	}
	return c.JSON(status, out)
}

func (m *Module) apiUndo(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("bulk")
	if err != nil {
		return err
	}
	if err := m.Undo(c.Context(), p.act, which); err != nil {
		return err
	}
	return c.Empty()
}

type templateBody struct {
	ID       id.ID     `json:"id,omitzero" doc:"Left out: a new one"`
	Revision int64     `json:"revision,omitempty" doc:"That the caller saw, for a change"`
	Kind     string    `json:"kind" max:"20" doc:"question or refusal"`
	Service  string    `json:"service,omitempty" max:"100" doc:"Key; absent: every service"`
	Title    lang.Text `json:"title"`
	Text     lang.Text `json:"text" doc:"{number}, {name} and {due} are filled in"`
}

func templateBodyOf(t casework.Template) templateBody {
	return templateBody{t.ID, t.Revision, t.Kind, t.Service, t.Title, t.Text}
}

func (m *Module) apiTemplates(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	all, err := m.AllTemplates(c.Context(), p.act.Actor.Agency)
	if err != nil {
		return err
	}
	out := []templateBody{}
	for _, t := range all {
		out = append(out, templateBodyOf(t))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiPutTemplate(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	var body templateBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	t, err := m.PutTemplate(c.Context(), p.act, casework.Template{
		ID: body.ID, Revision: body.Revision, Kind: body.Kind, Service: body.Service, Title: body.Title, Text: body.Text,
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, templateBodyOf(t))
}

func (m *Module) apiDropTemplate(c *web.Context) error {
	p, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("template")
	if err != nil {
		return err
	}
	if err := m.DropTemplate(c.Context(), p.act, which); err != nil {
		return err
	}
	return c.Empty()
}

type foundBody struct {
	Number    string    `json:"number"`
	Service   string    `json:"service"`
	Applicant lang.Name `json:"applicant"`
	Outcome   string    `json:"outcome"`
	Day       string    `json:"day"`
}

func (m *Module) apiClosed(c *web.Context) error {
	v, err := m.searched(c)
	if err != nil {
		return err
	}
	out := []foundBody{}
	for _, one := range v.Found {
		out = append(out, foundBody{id.FormatNumber(one.Number), one.Service, v.Names[one.Applicant], one.Outcome, one.Day})
	}
	return c.JSON(http.StatusOK, out)
}
