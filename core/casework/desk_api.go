package casework

import (
	"net/http"
	"time"

	"posad.city/core/service"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

func (d *desk) api(s *web.Server, list *web.Op) {
	params := []web.Param{
		{Name: "queue", Text: "Key of one of the official's queues"}, {Name: "service", Text: "Key of a service"}, {Name: "district", Text: "Key of a district"},
		{Name: "status", Text: "in_queue, in_review or asked"}, {Name: "term", Text: "overdue, today or week"}, {Name: "owner", Text: "me or free"},
		{Name: "q", Text: "A number, a surname, a plate"}, {Name: "after", Text: "The mark next of the page before"},
	}
	s.API(list, "GET /api/v1/desk/cases", d.apiList, web.Describe{
		Summary: "The desk's list, the earliest deadline first", Details: "Everybody on the page sees the look.", Tag: "desk", Out: listBody{}, Params: params,
	})
	s.API(list, "GET /api/v1/desk/counts", d.apiCounts, web.Describe{Summary: "How many cases each view of the desk has", Tag: "desk", Out: map[string]tally{}})
	s.API(d.read, "GET /api/v1/desk/cases/{number}", d.apiCase, web.Describe{Summary: "A case with everything an official decides by", Tag: "desk", Out: caseBody{}})
}

type listBody struct {
	Cases []lineBody `json:"cases"`
	Total tally      `json:"total"`
	Next  string     `json:"next,omitempty" doc:"Mark of the next page; absent after the last"`
	Cut   bool       `json:"cut,omitempty" doc:"The search found more than one list holds: name more words"`
}

type lineBody struct {
	Number    string     `json:"number"`
	Service   string     `json:"service"`
	Applicant lang.Name  `json:"applicant"`
	Queue     string     `json:"queue"`
	Status    Status     `json:"status"`
	District  string     `json:"district,omitempty"`
	Note      string     `json:"note,omitempty" doc:"What stands out, in words"`
	Owner     *ownerBody `json:"owner,omitempty" doc:"Absent: nobody has taken it"`
	Submitted time.Time  `json:"submitted"`
	Due       time.Time  `json:"due"`
	Revision  int64      `json:"revision"`
}

type ownerBody struct {
	ID   id.ID     `json:"id"`
	Name lang.Name `json:"name"`
}

func (d *desk) apiList(c *web.Context) error {
	return d.list(c, "/desk", func(c *web.Context, list deskList) error {
		out := listBody{Cases: []lineBody{}, Total: list.Total, Next: list.Page.Next, Cut: list.Page.Cut}
		for _, line := range list.Page.Lines {
			one := lineBody{
				Number: id.FormatNumber(line.Number), Service: line.Service, Applicant: list.Names[line.Applicant], Queue: line.Queue, Status: line.Status,
				District: line.District, Submitted: line.Submitted, Due: line.Due, Revision: line.Revision,
			}
			if line.Note != "" {
				one.Note = c.T(line.Note)
			}
			if who, ok := line.owner(); ok {
				one.Owner = &ownerBody{who, list.Names[who]}
			}
			out.Cases = append(out.Cases, one)
		}
		return c.JSON(http.StatusOK, out)
	})
}

func (d *desk) apiCounts(c *web.Context) error {
	w, err := d.workplace(c)
	if err != nil {
		return err
	}
	if err := c.May(w.object()); err != nil {
		return err
	}
	counts, err := d.counts(c, w)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, counts)
}

type caseBody struct {
	Number       string            `json:"number"`
	Revision     int64             `json:"revision" doc:"Send it back with an act: the act is refused when the case has moved on"`
	Service      string            `json:"service"`
	Title        string            `json:"title"`
	Stage        Stage             `json:"stage"`
	Status       Status            `json:"status"`
	Step         string            `json:"step,omitempty"`
	Applicant    lang.Name         `json:"applicant"`
	Holder       *lang.Name        `json:"holder,omitempty" doc:"In whose account it lies, when not the applicant's"`
	Owner        *ownerBody        `json:"owner,omitempty"`
	Submitted    time.Time         `json:"submitted"`
	Due          time.Time         `json:"due"`
	Paused       *time.Time        `json:"paused,omitempty" doc:"Since when the term stands"`
	Answers      []answerLine      `json:"answers"`
	Files        []fileBody        `json:"files"`
	Certificates []certificateBody `json:"certificates"`
	Advice       *adviceBody       `json:"advice,omitempty" doc:"What the decision table says now"`
	Grounds      []groundBody      `json:"grounds" doc:"The grounds of refusal that there are"`
	Questions    []questionBody    `json:"questions"`
	Timeline     []entryBody       `json:"timeline"`
	Can          []string          `json:"can" doc:"Acts that are possible now"`
	Documents    []id.ID           `json:"documents" doc:"What came out"`
	Deleted      []string          `json:"deleted_files" doc:"Names of files that were deleted because a virus was found in them"`
	Proposal     *proposalBody     `json:"proposal,omitempty" doc:"A decision that waits for a second person"`
	wireBeside
}

type proposalBody struct {
	Stage  Stage     `json:"stage"`
	Ground string    `json:"ground,omitempty"`
	Words  string    `json:"words,omitempty"`
	By     ownerBody `json:"by"`
}

type fileBody struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Label string `json:"label"`
	Size  int64  `json:"size" doc:"Bytes"`
	Path  string `json:"path" doc:"Where it is read; the look is recorded"`
}

type certificateBody struct {
	Key      string         `json:"key"`
	Register string         `json:"register"`
	State    string         `json:"state" doc:"asked, known, failed"`
	Trouble  string         `json:"trouble,omitempty"`
	Asked    time.Time      `json:"asked"`
	Answered *time.Time     `json:"answered,omitempty"`
	Tries    int            `json:"tries"`
	Stale    bool           `json:"stale,omitempty"`
	Cited    bool           `json:"cited,omitempty" doc:"The row of the table that advises speaks of it"`
	Values   map[string]any `json:"values,omitempty"`
}

type adviceBody struct {
	Verdict service.Verdict `json:"verdict"`
	Row     string          `json:"row,omitempty"`
	Ground  string          `json:"ground,omitempty"`
	Because string          `json:"because,omitempty"`
}

type groundBody struct {
	Key   string `json:"key"`
	Words string `json:"words"`
	Law   string `json:"law"`
}

type questionBody struct {
	Words    string     `json:"words"`
	Asked    time.Time  `json:"asked"`
	Due      time.Time  `json:"due"`
	Answered *time.Time `json:"answered,omitempty"`
	Lapsed   *time.Time `json:"lapsed,omitempty"`
	Answer   string     `json:"answer,omitempty"`
}

type entryBody struct {
	At    time.Time `json:"at"`
	Who   string    `json:"who"`
	Event string    `json:"event"`
	Text  string    `json:"text"`
	Words string    `json:"words,omitempty"`
}

func (d *desk) apiCase(c *web.Context) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	shown, err := d.openCase(c, ref)
	if err != nil {
		return err
	}
	c.Version(shown.Revision)
	out := shown.body(c)
	out.wireBeside = d.beside(shown.City, shown.Service, c.Lang(), shown.Case, shown.Links, shown.AboutNumber)
	for i, one := range shown.Signers {
		out.Signers[i].Answers = shown.signerAnswers(c.Lang(), one)
	}
	return c.JSON(http.StatusOK, out)
}

func (d *deskCase) body(c *web.Context) caseBody {
	l := c.Lang()
	out := caseBody{
		Number: id.FormatNumber(d.Number), Revision: d.Revision, Service: d.Case.Service, Title: d.Service.Title.In(l), Stage: d.Stage, Status: d.Status, Step: d.Step,
		Applicant: d.Names[d.Applicant], Submitted: d.Submitted, Due: d.due().Due, Paused: setTime(d.Paused), Answers: append([]answerLine{}, d.answers(l)...),
		Files: []fileBody{}, Certificates: []certificateBody{}, Grounds: []groundBody{}, Questions: []questionBody{}, Timeline: []entryBody{}, Can: d.Can.names(),
	}
	if d.Holder != d.Applicant {
		name := d.Names[d.Holder]
		out.Holder = &name
	}
	if d.Task != nil && !d.Task.Official.IsZero() {
		out.Owner = &ownerBody{d.Task.Official, d.Names[d.Task.Official]}
	}
	if d.Advice != nil {
		out.Advice = &adviceBody{d.Advice.Verdict, d.Advice.Row, d.Advice.Ground, d.Advice.Because.In(l)}
	}
	if d.Proposal != nil {
		out.Proposal = &proposalBody{d.Proposal.Stage, d.Proposal.Ground, d.Proposal.Words, ownerBody{d.ProposedBy, d.Names[d.ProposedBy]}}
	}
	d.bodyLists(c, &out)
	return out
}

func (d *deskCase) bodyLists(c *web.Context, out *caseBody) {
	l := c.Lang()
	for _, f := range d.files(l, c.T("casework.desk.answer_file")) {
		out.Files = append(out.Files, fileBody{f.ID, f.Name, f.Label, f.Size, d.path() + "/files/" + f.ID})
	}
	for _, one := range d.Asked {
		out.Certificates = append(out.Certificates, certificateBody{
			Key: one.Key, Register: one.Register, State: string(one.State), Trouble: string(one.Trouble), Asked: one.Asked, Answered: setTime(one.Answered),
			Tries: one.Tries, Stale: one.Stale(c.Now()), Cited: d.cited(one.Key), Values: one.Values,
		})
	}
	for _, g := range d.groundChoices(l) {
		out.Grounds = append(out.Grounds, groundBody{g.Value, g.Text, g.Hint})
	}
	for _, q := range d.Questions {
		out.Questions = append(out.Questions, questionBody{q.Words, q.Asked, q.Due, setTime(q.Answered), setTime(q.Lapsed), q.Answer})
	}
	out.Documents, out.Deleted = []id.ID{}, deletedNames(d.Deleted)
	for _, p := range d.Papers {
		out.Documents = append(out.Documents, p.ID)
	}
	for _, e := range d.Timeline {
		out.Timeline = append(out.Timeline, entryBody{e.At, d.who(c, e.Actor), e.Event, d.entryWords(c, e), e.Words})
	}
}

// names are the acts by the last part of their addresses.
func (c deskCan) names() []string {
	out := []string{}
	for _, one := range []struct {
		can  bool
		name string
	}{
		{c.Take, "take"}, {c.Release, "release"}, {c.Decide, "decide"}, {c.Finish, "finish"}, {c.Ask, "ask"}, {c.Forward, "forward"}, {c.Note, "note"},
		{c.AskAgain, "ask-again"}, {c.Opine, "opine"}, {c.Confirm, "confirm"}, {c.Return, "return"}, {c.Extend, "extend"},
		{c.Reopen, "reopen"}, {c.Correct, "correct"}, {c.Correct, "decline"},
	} {
		if one.can {
			out = append(out, one.name)
		}
	}
	return out
}

// setTime leaves out a time that is not there.
func setTime(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	return &at
}

// apiAct does an act for a program. The revision may come in the body or as If-Match.
func (d *desk) apiAct(c *web.Context, one deskAct) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	typed, err := one.bind(c)
	if err != nil {
		return err
	}
	if err := c.Expect(ref.Revision); err != nil {
		return err
	}
	revision, err := one.do(d, c, Step{Holder: ref.Holder, Case: ref.ID, Revision: typed.Revision, Task: typed.Task}, typed)
	if err != nil {
		return err
	}
	c.Version(revision)
	return c.JSON(http.StatusOK, revisionBody{revision})
}

type revisionBody struct {
	Revision int64 `json:"revision" doc:"Of the case after the act"`
}

type stepBody struct {
	Revision int64 `json:"revision,omitempty" doc:"That the caller saw; 0 or left out: whichever there is"`
}

func (b stepBody) typed() deskTyped { return deskTyped{Revision: b.Revision} }

type askBody struct {
	stepBody
	Words string `json:"words" max:"8000" doc:"The question, at most 4000 characters"`
}

func (b askBody) typed() deskTyped { return deskTyped{Revision: b.Revision, Question: b.Words} }

type decideBody struct {
	stepBody
	Verdict string `json:"verdict" max:"20" doc:"approve or refuse"`
	Ground  string `json:"ground,omitempty" max:"100" doc:"Key of the ground, for a refusal"`
	Words   string `json:"words,omitempty" max:"8000" doc:"The official's own, at most 4000 characters"`
}

func (b decideBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Verdict: b.Verdict, Ground: b.Ground, Words: b.Words}
}

type forwardBody struct {
	stepBody
	Agency string `json:"agency" max:"100"`
	Queue  string `json:"queue" max:"100"`
	Words  string `json:"words,omitempty" max:"8000" doc:"For officials only"`
}

func (b forwardBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Queue: b.Agency + "/" + b.Queue, Comment: b.Words}
}

type opineBody struct {
	stepBody
	Opinion string `json:"opinion" max:"20" doc:"agree or object"`
	Words   string `json:"words,omitempty" max:"8000" doc:"Needed for an objection; the applicant reads them"`
}

func (b opineBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Opinion: b.Opinion, Remark: b.Words}
}

type returnBody struct {
	stepBody
	Words string `json:"words" max:"8000" doc:"Why, for the colleague who proposed it"`
}

func (b returnBody) typed() deskTyped { return deskTyped{Revision: b.Revision, Why: b.Words} }

type extendBody struct {
	stepBody
	Days  int    `json:"days" doc:"Of the kind that the service's extension counts"`
	Words string `json:"words" max:"8000" doc:"Why; the applicant reads them"`
}

func (b extendBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Days: b.Days, Reason: b.Words}
}

type noteBody struct {
	stepBody
	Words string `json:"words" max:"8000"`
}

func (b noteBody) typed() deskTyped { return deskTyped{Revision: b.Revision, Note: b.Words} }

type askAgainBody struct {
	stepBody
	Certificate string `json:"certificate" max:"100" doc:"Key of the certificate in the service"`
}

func (b askAgainBody) typed() deskTyped {
	return deskTyped{Revision: b.Revision, Certificate: b.Certificate}
}

// body reads the JSON of an act.
func body[T interface{ typed() deskTyped }](c *web.Context) (deskTyped, error) {
	var from T
	err := c.Bind(&from)
	return from.typed(), err
}
