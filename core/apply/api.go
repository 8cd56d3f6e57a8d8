package apply

import (
	"encoding/json"
	"net/http"
	"time"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// wireDraft is a draft with its form, as the API shows it.
type wireDraft struct {
	ID        id.ID          `json:"id"`
	Service   string         `json:"service"`
	Version   service.Hash   `json:"version" doc:"Hash of the city's version whose form this is"`
	Holder    id.ID          `json:"holder" doc:"In whose account the case will lie"`
	Revision  int64          `json:"revision"`
	Saved     time.Time      `json:"saved"`
	Expires   time.Time      `json:"expires"`
	Steps     []wireStep     `json:"steps"`
	Missing   []wireMissing  `json:"missing" doc:"Questions that are not rightly answered yet"`
	Faults    []wireFault    `json:"faults" doc:"What is wrong in what was sent now; it is kept as it was typed"`
	Obstacle  *wireObstacle  `json:"obstacle,omitempty" doc:"Why one may not apply"`
	Can       []form.Move    `json:"can" doc:"Acts now possible: save, back, next, submit"`
	Done      int            `json:"done"`
	Total     int            `json:"total"`
	Fee       *wireFee       `json:"fee,omitempty" doc:"Left out while it is not known"`
	Answers   map[string]any `json:"answers" doc:"Canonical answers, those that the city knows included"`
	CheckPage string         `json:"check_page" doc:"Where a person sees all answers before sending"`
}

type wireStep struct {
	Key       string         `json:"key"`
	Title     string         `json:"title"`
	Lead      string         `json:"lead,omitempty"`
	State     form.StepState `json:"state"`
	Questions []wireQuestion `json:"questions"`
	Known     []wireKnown    `json:"known"`
}

type wireQuestion struct {
	Key      string         `json:"key"`
	Type     service.Type   `json:"type"`
	Label    string         `json:"label"`
	Hint     string         `json:"hint,omitempty"`
	Why      string         `json:"why,omitempty"`
	Optional bool           `json:"optional,omitempty"`
	Options  []wireOption   `json:"options,omitempty"`
	Accept   []string       `json:"accept,omitempty"`
	MaxBytes int64          `json:"max_bytes,omitempty"`
	MaxFiles int            `json:"max_files,omitempty"`
	Limit    int            `json:"limit,omitempty" doc:"Characters of a text"`
	Files    []service.File `json:"files,omitempty"`
	Answered bool           `json:"answered"`
	Shown    string         `json:"shown,omitempty" doc:"The answer in words"`
	Source   *wireSource    `json:"source,omitempty" doc:"Where a suggested value comes from"`
	Suggests any            `json:"suggests,omitempty" doc:"The suggested value as one would type it"`
}

type wireOption struct {
	Value string `json:"value"`
	Label string `json:"label"`
	Hint  string `json:"hint,omitempty"`
}

type wireKnown struct {
	Key    string     `json:"key"`
	Label  string     `json:"label"`
	Value  string     `json:"value"`
	Source wireSource `json:"source"`
}

type wireSource struct {
	Kind   string `json:"kind" doc:"account or register"`
	Name   string `json:"name"`
	Agency string `json:"agency,omitempty"`
	Day    string `json:"day,omitempty"`
}

type wireMissing struct {
	Step  string `json:"step"`
	Field string `json:"field"`
	Label string `json:"label"`
}

type wireFault struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type wireObstacle struct {
	Key     string `json:"key"`
	Because string `json:"because"`
	Instead string `json:"instead"`
}

type wireFee struct {
	Amount   int64  `json:"amount" doc:"Minor units; 0: nothing to pay"`
	Currency string `json:"currency"`
	Exempt   string `json:"exempt,omitempty" doc:"Key of the exemption that applies"`
}

type wireLine struct {
	ID      id.ID     `json:"id"`
	Service string    `json:"service"`
	Holder  id.ID     `json:"holder"`
	Saved   time.Time `json:"saved"`
}

type sentBegin struct {
	Child *id.ID `json:"child,omitempty" doc:"For whom, where the service is for a child"`
	For   *id.ID `json:"for,omitempty" doc:"For whom else: an adult or an organisation that gave a mandate; left out: for oneself"`
	About string `json:"about,omitempty" doc:"Number of the case that it is about; for services about another case, an appeal for example"`
	Renew string `json:"renew,omitempty" doc:"Number of the case whose result is renewed: its answers are filled in"`
	Anew  bool   `json:"anew,omitempty" doc:"An open draft of the same service gives way; else it is gone on with"`
}

type sentPatch struct {
	Answers json.RawMessage `json:"answers" doc:"An object by field: canonical values, or as a person would type them; null clears; what is not named stays"`
	Remove  *id.ID          `json:"remove,omitempty" doc:"A file to take out"`
}

type sentFile struct {
	Field string   `json:"field" max:"60" doc:"Key of the question"`
	File  web.File `json:"file"`
}

type sentSubmit struct {
	Consent bool `json:"consent" doc:"The applicant confirms that the answers are true"`
}

type wireSent struct {
	Case   id.ID  `json:"case"`
	Number string `json:"number"`
	Page   string `json:"page"`
}

func (m *Module) api(s *web.Server, offer, begin, read, save, submit, remove, addresses *web.Op) {
	s.API(offer, "GET /api/v1/drafts", m.apiDrafts, web.Describe{Summary: "Applications that are not sent yet", Out: []wireLine{}})
	s.API(begin, "POST /api/v1/services/{service}/drafts", m.apiBegin, web.Describe{
		Summary: "Begin an application, or go on with the open one", In: sentBegin{}, Out: wireDraft{}, Status: http.StatusCreated,
		Details: "201 for a new draft, 200 for one that was open.",
	})
	s.API(read, "GET /api/v1/drafts/{draft}", m.apiDraft, web.Describe{Summary: "An application with its form as it now stands", Out: wireDraft{}})
	s.API(save, "PATCH /api/v1/drafts/{draft}", m.apiPatch, web.Describe{
		Summary: "Answer questions", In: sentPatch{}, Out: wireDraft{}, Details: "What is wrong comes back in faults with 200: the draft is kept, right answers too.",
	})
	s.API(save, "POST /api/v1/drafts/{draft}/files", m.apiFile, web.Describe{Summary: "Add a file to a question", In: sentFile{}, Out: wireDraft{}, Status: http.StatusCreated})
	s.API(submit, "POST /api/v1/drafts/{draft}/submit", m.apiSubmit, web.Describe{Summary: "Send the application; sending twice gives the same case", In: sentSubmit{}, Out: wireSent{}, Status: http.StatusCreated})
	s.API(remove, "DELETE /api/v1/drafts/{draft}", m.apiDelete, web.Describe{Summary: "Delete a draft"})
	s.API(addresses, "GET /api/v1/addresses", m.apiAddresses, web.Describe{Summary: "Addresses of the city's register that a text may mean", Out: []wireAddress{}, Params: []web.Param{{Name: "q", Text: "Street, house, flat, as far as typed", Required: true}}})
}

func (m *Module) apiDrafts(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	lines, err := m.Drafts(c.Context(), c.Act())
	if err != nil {
		return err
	}
	out := make([]wireLine, 0, len(lines))
	for _, l := range lines {
		out = append(out, wireLine(wireLine{ID: l.ID, Service: l.Service, Holder: l.Holder, Saved: l.Saved}))
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBegin(c *web.Context) error {
	var sent sentBegin
	if err := c.Bind(&sent); err != nil {
		return err
	}
	b := Beginning{Service: c.Path("service"), Anew: sent.Anew, About: sent.About, Renew: sent.Renew, Lang: c.Lang()}
	if sent.Child != nil {
		b.Child = *sent.Child
	}
	if sent.For != nil {
		b.For = *sent.For
	}
	if err := c.May(object(b.holder(c.Person()), b.Service)); err != nil {
		return err
	}
	d, found, err := m.Begin(c.Context(), c.Act(), b)
	if err != nil {
		return err
	}
	if err := c.May(object(d.Holder, d.Service)); err != nil {
		return err
	}
	in, err := m.input(c.Context(), c.Act(), d, c.Lang())
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if found {
		status = http.StatusOK
	}
	return m.answer(c, status, d, in, nil)
}

func (m *Module) apiDraft(c *web.Context) error {
	d, in, err := m.load(c)
	if err != nil {
		return err
	}
	return m.answer(c, http.StatusOK, d, in, nil)
}

func (m *Module) apiPatch(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentPatch
	if err := c.Bind(&sent); err != nil {
		return err
	}
	change := Change{Lang: c.Lang()}
	if len(sent.Answers) > 0 {
		change.Bind = func(in form.Input) (form.Bound, error) { return form.BindJSON(in, sent.Answers) }
		change.Days = daysIn(string(sent.Answers))
	}
	if sent.Remove != nil {
		change.Remove = *sent.Remove
	}
	return m.apiSave(c, a, draft, change, http.StatusOK)
}

func (m *Module) apiFile(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentFile
	if err := c.Bind(&sent); err != nil {
		return err
	}
	return m.apiSave(c, a, draft, Change{Lang: c.Lang(), Files: []SentFile{{Field: sent.Field, Upload: Upload{File: sent.File}}}}, http.StatusCreated)
}

// apiSave carries a change out, asks registers for what it made known, and answers with the form as it then stands.
func (m *Module) apiSave(c *web.Context, a act.Act, draft id.ID, change Change, status int) error {
	saved, err := m.Save(c.Context(), a, draft, change)
	if err != nil {
		return err
	}
	m.askEarly(c.Context(), a, saved.Draft, c.Lang())
	in, err := m.input(c.Context(), a, saved.Draft, c.Lang())
	if err != nil {
		return err
	}
	if len(saved.Faults) > 0 {
		status = http.StatusOK
	}
	return m.answer(c, status, saved.Draft, in, saved.Faults)
}

func (m *Module) apiSubmit(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	var sent sentSubmit
	if err := c.Bind(&sent); err != nil {
		return err
	}
	number, err := m.Submit(c.Context(), a, draft, sent.Consent, c.Lang())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, wireSent{Case: draft, Number: number, Page: c.URL(m.deps.CasePath(number))})
}

func (m *Module) apiDelete(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	if err := m.Delete(c.Context(), a, draft); err != nil {
		return err
	}
	return c.Empty()
}

// answer shows a draft with every step that can be gone to.
func (m *Module) answer(c *web.Context, status int, d Draft, in form.Input, faults []fault.Field) error {
	out := wireDraft{
		ID: d.ID, Service: d.Service, Version: in.City.Hash(), Holder: d.Holder, Revision: d.Revision, Saved: d.Saved, Expires: d.Expires(),
		Missing: []wireMissing{}, Faults: []wireFault{}, CheckPage: c.URL(d.path("/check")),
	}
	in.Step = ""
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	for _, f := range faults {
		out.Faults = append(out.Faults, wireFault{Field: f.Name, Code: f.ID, Detail: c.FieldText(f)})
	}
	out.whole(view)
	for _, step := range view.Steps {
		at := in
		at.Step = step.Key
		shown, err := form.Show(at)
		if err != nil {
			return err
		}
		out.Steps = append(out.Steps, stepWire(step, shown))
	}
	return c.JSON(status, out)
}

// whole fills what concerns all steps.
func (w *wireDraft) whole(view form.View) {
	for _, missing := range view.Missing {
		w.Missing = append(w.Missing, wireMissing(missing))
	}
	if o := view.Obstacle; o != nil {
		w.Obstacle = &wireObstacle{o.Key, o.Because, o.Instead}
	}
	if view.ChargeKnown {
		w.Fee = &wireFee{Amount: int64(view.Charge.Amount), Currency: "RUB", Exempt: view.Charge.Exempt}
	}
	w.Can, w.Done, w.Total, w.Answers = view.Can, view.Done, view.Total, view.Draft
}

// stepWire shows a step; one whose turn has not come has no questions yet.
func stepWire(step form.StepView, view form.View) wireStep {
	out := wireStep{Key: step.Key, Title: step.Title, Lead: step.Lead, State: step.State, Questions: []wireQuestion{}, Known: []wireKnown{}}
	if view.Current >= len(view.Steps) || view.Steps[view.Current].Key != step.Key {
		return out
	}
	for _, f := range view.Fields {
		out.Questions = append(out.Questions, questionWire(f))
	}
	for _, k := range view.Known {
		out.Known = append(out.Known, wireKnown{k.Key, k.Label, k.Value, *sourceWire(&k.Source)})
	}
	return out
}

func questionWire(f form.FieldView) wireQuestion {
	out := wireQuestion{
		Key: f.Key, Type: f.Type, Label: f.Label, Hint: f.Hint, Why: f.Why, Optional: f.Optional, Accept: f.Accept, MaxBytes: f.MaxBytes,
		MaxFiles: f.MaxFiles, Limit: f.Limit, Files: f.Files, Answered: f.Answered, Shown: f.Shown, Source: sourceWire(f.Source),
	}
	for _, o := range f.Options {
		out.Options = append(out.Options, wireOption{o.Value, o.Label, o.Hint})
	}
	if f.Source != nil {
		out.Suggests = suggestion(f)
	}
	return out
}

// suggestion is a suggested value as one would type it: a text, or texts by part.
func suggestion(f form.FieldView) any {
	if len(f.Controls) == 1 {
		return f.Controls[0].Value
	}
	parts := map[string]string{}
	for _, control := range f.Controls {
		name := ""
		if partOf(control.Name, f.Key) {
			name = control.Name[len(f.Key)+1:]
		}
		parts[name] = control.Value
	}
	if len(parts) == 0 {
		return nil
	}
	return parts
}

func sourceWire(s *form.Source) *wireSource {
	if s == nil {
		return nil
	}
	out := &wireSource{Kind: s.Kind, Name: s.Name, Agency: s.Agency}
	if !s.Day.IsZero() {
		out.Day = s.Day.String()
	}
	return out
}
