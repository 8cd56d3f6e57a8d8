package casework

import (
	"net/http"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireLine is a case in a list of the API.
type wireLine struct {
	Number    string     `json:"number" doc:"Public number, ten digits"`
	Service   string     `json:"service" doc:"Key of the service"`
	Title     string     `json:"title" doc:"What the service is called"`
	Holder    id.ID      `json:"holder" doc:"In whose account the case lies: the person or their child"`
	Status    Status     `json:"status"`
	Due       *time.Time `json:"due,omitempty" doc:"By when the next thing happens"`
	Submitted time.Time  `json:"submitted"`
	Revision  int64      `json:"revision"`
	Signature string     `json:"signature,omitempty" doc:"Of a case of somebody else that the person was asked to sign: signed or refused"`
}

// wireCase is a case of the API: what the page shows.
type wireCase struct {
	wireLine
	Stage        Stage             `json:"stage"`
	Next         string            `json:"next" doc:"What is next, by when and who has it, in the caller's language"`
	Agency       string            `json:"agency" doc:"That works on it now"`
	Paused       bool              `json:"paused" doc:"The term stands: the applicant owes an answer or the fee"`
	Late         bool              `json:"late"`
	Timeline     []wireEntry       `json:"timeline"`
	Ahead        []string          `json:"ahead" doc:"Steps still to come when all goes well, the present one first"`
	Answers      []wireAnswer      `json:"answers"`
	Certificates []wireCertificate `json:"certificates"`
	Questions    []wireQuestion    `json:"questions"`
	Charge       *id.ID            `json:"charge,omitempty" doc:"The bill to be paid: /api/v1/charges/{charge}"`
	Documents    []id.ID           `json:"documents" doc:"What came out: /api/v1/documents/{document}"`
	Decision     *wireDecision     `json:"decision,omitempty"`
	Rating       int               `json:"rating,omitempty"`
	Looks        []wireLook        `json:"looks" doc:"Who looked at the case"`
	Deleted      []string          `json:"deleted_files" doc:"Names of files that were deleted because a virus was found in them"`
	wireBeside
}

type wireEntry struct {
	At    time.Time `json:"at"`
	Event string    `json:"event"`
	Text  string    `json:"text"`
	Who   string    `json:"who"`
}

type wireAnswer struct {
	Field  string `json:"field"`
	Label  string `json:"label"`
	Value  string `json:"value"`
	Source string `json:"source,omitempty"`
}

type wireCertificate struct {
	Certificate string     `json:"certificate"`
	Register    string     `json:"register"`
	State       string     `json:"state"`
	Trouble     string     `json:"trouble,omitempty"`
	Needed      string     `json:"needed"`
	Asked       time.Time  `json:"asked"`
	Answered    *time.Time `json:"answered,omitempty"`
}

type wireQuestion struct {
	ID       id.ID      `json:"id"`
	Words    string     `json:"words"`
	Asked    time.Time  `json:"asked"`
	Due      time.Time  `json:"due"`
	Answer   string     `json:"answer,omitempty"`
	Answered *time.Time `json:"answered,omitempty"`
	Lapsed   *time.Time `json:"lapsed,omitempty"`
}

type wireDecision struct {
	Stage       Stage     `json:"stage"`
	At          time.Time `json:"at"`
	By          string    `json:"by"`
	Reason      string    `json:"reason,omitempty"`
	Law         string    `json:"law,omitempty"`
	Words       string    `json:"words,omitempty"`
	AppealWhere string    `json:"appeal_where,omitempty"`
	AppealHow   string    `json:"appeal_how,omitempty"`
	AppealUntil string    `json:"appeal_until,omitempty"`
}

type wireLook struct {
	At  time.Time `json:"at"`
	Who string    `json:"who"`
	Why string    `json:"what"`
}

// wireChanged is what a change answers.
type wireChanged struct {
	Revision int64 `json:"revision"`
}

func (m *Module) api(s *web.Server, o operations) {
	s.API(o.list, "GET /api/v1/cases", m.apiCases, web.Describe{Summary: "The person's cases, those of their children, and those that they have signed with others", Out: []wireLine{}})
	s.API(o.read, "GET /api/v1/cases/{number}", m.apiCase, web.Describe{Summary: "One case, whole; who has signed it with its applicant sees how it stands and what they answered", Out: wireCase{}})
	s.API(o.answer, "POST /api/v1/cases/{number}/answers", m.apiAnswer, web.Describe{Summary: "Answer the official's question", In: sentAnswer{}, Out: wireChanged{}, Status: http.StatusCreated})
	s.API(o.withdraw, "POST /api/v1/cases/{number}/withdraw", m.apiWithdraw, web.Describe{Summary: "Withdraw the application", In: sentWithdrawal{}, Out: wireChanged{}})
	s.API(o.rate, "POST /api/v1/cases/{number}/rating", m.apiRate, web.Describe{Summary: "Rate how it went, once", In: sentRating{}, Out: wireChanged{}, Status: http.StatusCreated})
	s.API(o.correct, "POST /api/v1/cases/{number}/corrections", m.apiCorrection, web.Describe{Summary: "Tell of a mistake in a document of the case", In: sentCorrection{}, Out: wireChanged{}, Status: http.StatusCreated})
	s.API(o.read, "GET /api/v1/cases/{number}/promise", m.sendReceipt, web.Describe{Summary: "The city's signed receipt of the submission", Type: "application/json"})
	s.API(o.read, "GET /api/v1/cases/{number}/decision", m.sendDecision, web.Describe{Summary: "The city's signed receipt of the decision", Type: "application/json"})
}

// maybe is a moment that may be absent.
func maybe(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

func (m *Module) wireLine(c *web.Context, l Line) wireLine {
	return wireLine{Number: l.Number, Service: l.Service, Title: m.serviceTitle(l.Service, c.Lang()), Holder: l.Holder, Status: l.Status,
		Due: maybe(l.Due), Submitted: l.Submitted, Revision: l.Revision}
}

func (m *Module) apiCases(c *web.Context) error {
	if err := c.May(own(c.Person())); err != nil {
		return err
	}
	lines, err := m.Mine(c.Context(), c.Act())
	if err != nil {
		return err
	}
	out := make([]wireLine, 0, len(lines))
	for _, line := range lines {
		out = append(out, m.wireLine(c, line))
	}
	signed, err := m.Signed(c.Context(), c.Act())
	if err != nil {
		return err
	}
	for _, l := range signed {
		out = append(out, wireLine{Number: l.Number, Service: l.Service, Title: m.serviceTitle(l.Service, c.Lang()), Holder: l.Holder, Status: l.Status,
			Submitted: l.Submitted, Revision: l.Revision, Signature: l.State})
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiCase(c *web.Context) error {
	r, coSigner, err := m.mayRead(c)
	if err != nil {
		return err
	}
	if coSigner {
		v, err := m.coSigned(c.Context(), c.Act(), r, c.Lang())
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, m.wireCoSigned(c, v))
	}
	v, err := m.view(c.Context(), c.Act(), r, c.Lang())
	if err != nil {
		return err
	}
	c.Version(v.Revision)
	return c.JSON(http.StatusOK, m.wire(c, v))
}

func (m *Module) wire(c *web.Context, v *view) wireCase {
	out := wireCase{
		wireLine: wireLine{Number: v.Number, Service: v.Service, Title: v.Title, Holder: v.Holder, Status: v.Status, Submitted: v.Submitted, Revision: v.Revision},
		Stage:    v.Stage, Next: v.NextText, Agency: v.Agency, Paused: !v.Paused.IsZero(), Late: !v.Late.IsZero(), Ahead: []string{}, Rating: v.Rating,
		Timeline: []wireEntry{}, Answers: []wireAnswer{}, Certificates: []wireCertificate{}, Questions: []wireQuestion{}, Documents: []id.ID{}, Looks: []wireLook{},
	}
	for _, one := range v.Ahead {
		out.Ahead = append(out.Ahead, one.Title)
	}
	if !v.ended() {
		out.Due = maybe(v.Due)
	}
	if !v.Bill.IsZero() {
		out.Charge = &v.Bill
	}
	for _, e := range v.Past {
		out.Timeline = append(out.Timeline, wireEntry{At: e.At, Event: e.Event, Text: v.entryTitle(c.T, e), Who: m.who(c, v, e)})
	}
	for _, step := range v.Summary.Steps {
		for _, line := range step.Lines {
			answer := wireAnswer{Field: line.Field, Label: line.Label, Value: line.Value}
			if line.Source != nil {
				answer.Source = line.Source.Name
			}
			out.Answers = append(out.Answers, answer)
		}
	}
	for _, cert := range v.Certificates {
		out.Certificates = append(out.Certificates, wireCertificate{Certificate: cert.Key, Register: cert.Register, State: string(cert.State),
			Trouble: string(cert.Trouble), Needed: cert.Needed.In(v.lang), Asked: cert.Asked, Answered: maybe(cert.Answered)})
	}
	for _, q := range v.Questions {
		out.Questions = append(out.Questions, wireQuestion{ID: q.ID, Words: q.Words, Asked: q.Asked, Due: q.Due, Answer: q.Answer, Answered: maybe(q.Answered), Lapsed: maybe(q.Lapsed)})
	}
	for _, r := range v.Papers {
		out.Documents = append(out.Documents, r.ID)
	}
	for _, l := range v.Looks {
		out.Looks = append(out.Looks, wireLook{At: l.At, Who: m.looker(c, v, l), Why: m.lookWords(c, l.What)})
	}
	out.Decision, out.Deleted = wireDecisionOf(v), deletedNames(v.Deleted)
	out.wireBeside = m.beside(v.city, v.service, v.lang, v.Case, v.Links, v.AboutNumber)
	return out
}

func wireDecisionOf(v *view) *wireDecision {
	if v.Decision == nil {
		return nil
	}
	out := &wireDecision{Stage: v.Decision.Stage, At: v.Decided, By: v.Decision.By, Reason: v.Reason, Law: v.Law, Words: v.Decision.Words}
	if v.Appeal != nil {
		out.AppealWhere, out.AppealHow, out.AppealUntil = v.Appeal.Where.In(v.lang), v.Appeal.How.In(v.lang), v.AppealUntil.String()
	}
	return out
}

func (m *Module) apiAnswer(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentAnswer
	if err := c.Bind(&sent); err != nil {
		return err
	}
	revision, err := m.Answer(c.Context(), c.Act(), sent.answer(r))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireChanged{Revision: revision})
}

func (m *Module) apiWithdraw(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentWithdrawal
	if err := c.Bind(&sent); err != nil {
		return err
	}
	revision, err := m.Withdraw(c.Context(), c.Act(), Withdrawal{Holder: r.Holder, Case: r.ID, Words: sent.Words})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, wireChanged{Revision: revision})
}

func (m *Module) apiRate(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentRating
	if err := c.Bind(&sent); err != nil {
		return err
	}
	revision, err := m.Rate(c.Context(), c.Act(), Rating{Holder: r.Holder, Case: r.ID, Stars: sent.Stars, Words: sent.Words})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireChanged{Revision: revision})
}

func (m *Module) apiCorrection(c *web.Context) error {
	r, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentCorrection
	if err := c.Bind(&sent); err != nil {
		return err
	}
	revision, err := m.AskCorrection(c.Context(), c.Act(), sent.mistake(r))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireChanged{Revision: revision})
}
