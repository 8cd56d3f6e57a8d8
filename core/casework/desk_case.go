package casework

import (
	"context"
	"slices"
	"strings"
	"time"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// deskCase is a case as the desk shows it: everything an official decides by, and what they may do now.
type deskCase struct {
	Case
	Ref      Ref
	City     *service.City // the version that the case keeps
	Service  *service.Service
	Task     *Task // open and waiting for an official; nil when nothing is to be done at a desk
	Names    map[id.ID]lang.Name
	Asked    []exchange.Certificate
	Advice   *service.Decision // of the table; nil without one, or when the case is decided
	Row      *service.Row      // that advises; nil when the table can't tell
	Timeline []Entry
	Papers   []document.Result
	Can      deskCan
	Links    []Link            // cases that are about this one
	Deleted  map[string]string // files in which a virus was found: names by ids

	Instead  id.ID      // the absent colleague who has the task, when the official stands in for them
	AskTexts []Template // texts to insert
	NoTexts  []Template
	now      time.Time
}

// deskCan is what the official may do to the case now. It shows and hides; the use cases check by themselves.
type deskCan struct {
	Take, Release, Decide, Finish, Ask, Forward, Note, AskAgain bool

	Opine, Confirm, Return, Extend bool

	Reopen, Correct bool // Correct: or decline to
}

// any tells whether there is anything to do.
func (c deskCan) any() bool { return c != deskCan{} }

// openCase reads a case for the desk, after May. Every look is recorded.
func (m *Module) openCase(c *web.Context, ref Ref) (deskCase, error) {
	ctx, a := c.Context(), c.Act().ForCase(ref.ID)
	out := deskCase{Ref: ref, now: c.Now()}
	var err error
	if out.Case, err = m.Read(ctx, a, ref.Holder, ref.ID); err != nil {
		return out, err
	}
	if out.City, out.Service, _, err = m.Definition(ctx, out.Case); err != nil {
		return out, err
	}
	if out.Asked, err = m.Certificates(ctx, a, out.Case); err != nil {
		return out, err
	}
	if out.Timeline, err = m.Timeline(ctx, a, ref.Holder, ref.ID); err != nil {
		return out, err
	}
	if out.Papers, err = m.papersOf(ctx, a, ref.Holder, ref.ID); err != nil {
		return out, err
	}
	if out.Links, err = m.linksOf(ctx, a, ref.Holder, ref.ID); err != nil {
		return out, err
	}
	if out.Deleted, err = m.deleted(ctx, a, ref.Holder, ref.ID); err != nil {
		return out, err
	}
	if out.Stage == Open {
		if err := m.advise(ctx, a, &out); err != nil {
			return out, err
		}
	}
	out.Task = deskTask(a, out.Case)
	if err := m.openAside(ctx, a, &out); err != nil {
		return out, err
	}
	out.Can = canDo(a, out)
	return out, m.nameAll(ctx, a, &out)
}

// openAside reads what stands beside the case: whom the official stands in for, and the texts that they may insert.
func (m *Module) openAside(ctx context.Context, a act.Act, d *deskCase) error {
	if m.aide == nil || d.Task == nil || d.Task.Agency != a.Actor.Agency {
		return nil
	}
	scope, err := m.aide.Scope(ctx, d.Task.Agency, a.Actor.Person)
	if err != nil {
		return err
	}
	if has(scope.For, d.Task.Official) {
		d.Instead = d.Task.Official
	}
	if d.AskTexts, err = m.aide.Templates(ctx, d.Task.Agency, TemplateQuestion, d.Case.Service); err != nil {
		return err
	}
	d.NoTexts, err = m.aide.Templates(ctx, d.Task.Agency, TemplateRefusal, d.Case.Service)
	return err
}

func (m *Module) advise(ctx context.Context, a act.Act, d *deskCase) error {
	if d.Service.Decision == nil {
		return nil
	}
	advice, err := m.Advice(ctx, a, d.Case)
	if err != nil {
		return err
	}
	d.Advice = &advice
	for i := range d.Service.Decision.Rows {
		if d.Service.Decision.Rows[i].Key == advice.Row {
			d.Row = &d.Service.Decision.Rows[i]
		}
	}
	return nil
}

// nameAll finds the names of everybody on the page. Those of the applicant and of the child are a look at them; those of
// colleagues are what their work shows by itself, so that Posad asks for them.
func (m *Module) nameAll(ctx context.Context, a act.Act, d *deskCase) error {
	names, err := m.deps.People.Names(ctx, a, lookCase, d.people()...)
	if err != nil {
		return err
	}
	d.Names = names
	var colleagues []id.ID
	for _, e := range d.Timeline {
		if e.Actor.Kind == act.Official {
			colleagues = append(colleagues, e.Actor.Person)
		}
	}
	for _, q := range d.Questions {
		colleagues = append(colleagues, q.AskedBy)
	}
	if d.Task != nil {
		colleagues = append(colleagues, d.Task.Official)
	}
	if d.Proposal != nil {
		colleagues = append(colleagues, d.ProposedBy)
	}
	for _, e := range d.Timeline {
		if who, err := id.Parse(e.Params["official"]); err == nil {
			colleagues = append(colleagues, who)
		}
	}
	return m.addColleagues(ctx, append(colleagues, d.DecidedBy), d.Names)
}

// addColleagues puts the names of officials to those that are known.
func (m *Module) addColleagues(ctx context.Context, people []id.ID, names map[id.ID]lang.Name) error {
	var missing []id.ID
	for _, p := range people {
		if _, known := names[p]; !known && !p.IsZero() && !slices.Contains(missing, p) {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	found, err := m.deps.People.Names(ctx, m.system(id.ID{}), "casework.look.colleagues", missing...)
	for p, name := range found {
		names[p] = name
	}
	return err
}

// people are those whom the case is about.
func (d *deskCase) people() []id.ID {
	out := []id.ID{d.Applicant}
	if d.Holder != d.Applicant {
		out = append(out, d.Holder)
	}
	for _, one := range d.Asked {
		if !slices.Contains(out, one.About) {
			out = append(out, one.About)
		}
	}
	for _, signer := range d.answered() {
		if !slices.Contains(out, signer) {
			out = append(out, signer)
		}
	}
	return out
}

// deskTask is the open task that the official would work: the one that they have, else the first of their agency, the step's
// own before its parts; of another agency when theirs has none.
func deskTask(a act.Act, c Case) *Task {
	var best *Task
	rank := func(t *Task) int {
		switch {
		case t.Agency == a.Actor.Agency && t.Official == a.Actor.Person:
			return 3
		case t.Agency == a.Actor.Agency && t.Part == "":
			return 2
		case t.Agency == a.Actor.Agency:
			return 1
		}
		return 0
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		if t.State != TaskOpen || t.Queue == "" || !human(string(t.Kind)) || c.Stage != Open && t.Kind != kindCorrect {
			continue
		}
		if best == nil || rank(t) > rank(best) {
			best = t
		}
	}
	return best
}

func canDo(a act.Act, d deskCase) deskCan {
	t := d.Task
	if t == nil || t.Agency != a.Actor.Agency {
		return deskCan{Reopen: d.mayReopen(a)}
	}
	works := a.Actor.Role != string(agency.Clerk)
	head := a.Actor.Role == string(agency.Head)
	mine := works && t.Official == a.Actor.Person
	if slices.ContainsFunc(d.Barred, a.Is) {
		return deskCan{Release: mine || head && !t.Official.IsZero()}
	}
	asked := d.openQuestion() != nil
	out := deskCan{
		Take: works && (t.Official.IsZero() || !d.Instead.IsZero()), Release: mine || head && !t.Official.IsZero(), Note: true, Forward: mine || head,
		AskAgain: mine, Opine: mine && t.Kind == service.TaskAgree, Correct: mine && t.Kind == kindCorrect,
	}
	out.Confirm, out.Return = d.mayConfirm(a, works)
	step, ok := d.Service.Task(t.Step)
	if !ok || t.Part != "" || d.Proposal != nil {
		return out
	}
	out.Decide = mine && step.Kind == service.TaskDecide && step.By == "official"
	out.Finish = mine && step.Kind == service.TaskReview && !asked
	out.Ask = mine && !step.MayAsk.IsZero() && !asked
	out.Extend = mine && d.mayExtend()
	return out
}

// mayConfirm tells whether the official may confirm the proposed decision, and whether they may give it back: who proposed
// it may only take it back.
func (d *deskCase) mayConfirm(a act.Act, works bool) (bool, bool) {
	if d.Proposal == nil || !works {
		return false, false
	}
	for _, t := range d.Tasks {
		if t.State == TaskOpen && t.Kind == kindConfirm && t.Agency == a.Actor.Agency {
			own := d.ProposedBy == a.Actor.Person
			return !own && (t.Official.IsZero() || t.Official == a.Actor.Person), own || t.Official.IsZero() || t.Official == a.Actor.Person
		}
	}
	return false, false
}

// mayExtend tells whether the definition lets the term be made longer, and nobody has done it yet.
func (d *deskCase) mayExtend() bool {
	return d.Service.Extension != nil && d.Extended.IsZero() && d.Late.IsZero()
}

// openQuestion is what the applicant is asked and has not answered; nil when there is none.
func (d *deskCase) openQuestion() *Question {
	for i := range d.Questions {
		if q := &d.Questions[i]; q.Answered.IsZero() && q.Lapsed.IsZero() {
			return q
		}
	}
	return nil
}

// cited tells whether the row that advises speaks of a certificate: that is where the official looks first.
func (d *deskCase) cited(certificate string) bool {
	return d.Row != nil && strings.Contains(string(d.Row.When), "facts."+certificate+".")
}

// citesSilent tells whether the row speaks of a register that has not answered: then that is why, not what others said.
func (d *deskCase) citesSilent() bool {
	return slices.ContainsFunc(d.Asked, func(one exchange.Certificate) bool { return one.State != exchange.Known && d.cited(one.Key) })
}

// answerLine is an answer of the form in words.
type answerLine struct {
	Label string `json:"label"`
	Value string `json:"value"`
}

// answers are what the applicant answered, step by step. Files stand among the documents.
func (d *deskCase) answers(l lang.Language) []answerLine {
	in := form.Input{City: d.City, Service: d.Service, Lang: l, Today: d.Inputs.Today, Applicant: d.Inputs.Applicant, Facts: d.Inputs.Facts, Answers: d.Inputs.Answers}
	var out []answerLine
	for i := range d.Service.Form.Steps {
		for j := range d.Service.Form.Steps[i].Fields {
			f := &d.Service.Form.Steps[i].Fields[j]
			value, given := d.Inputs.Answers[f.Key]
			if !given || f.Type == service.TypeFile {
				continue
			}
			if words := form.AnswerWords(in, f, value); words != "" {
				out = append(out, answerLine{f.Label.In(l), words})
			}
		}
	}
	return out
}

// deskFile is a file of the case with what it is.
type deskFile struct {
	service.File
	Label string
}

// files are those that the applicant gave with the form and with answers to questions.
func (d *deskCase) files(l lang.Language, answer string) []deskFile {
	var out []deskFile
	for i := range d.Service.Form.Steps {
		for j := range d.Service.Form.Steps[i].Fields {
			f := &d.Service.Form.Steps[i].Fields[j]
			if f.Type != service.TypeFile {
				continue
			}
			for _, file := range filesOf(d.Inputs.Answers[f.Key]) {
				out = append(out, deskFile{file, f.Label.In(l)})
			}
		}
	}
	for _, q := range d.Questions {
		for _, file := range q.Files {
			out = append(out, deskFile{file, answer})
		}
	}
	return out
}

// filesOf reads the answer of a question for files as it lies in the case.
func filesOf(answer any) []service.File {
	list, _ := answer.([]any)
	var out []service.File
	for _, one := range list {
		object, _ := one.(map[string]any)
		file := service.File{}
		file.ID, _ = object["id"].(string)
		file.Name, _ = object["name"].(string)
		file.Type, _ = object["type"].(string)
		size, _ := object["size"].(float64)
		file.Size = int64(size)
		if file.ID != "" {
			out = append(out, file)
		}
	}
	return out
}

// due is the deadline of the case at the desk.
func (d *deskCase) due() deskDeadline {
	out := deskDeadline{Due: d.TermDue, Days: d.City.Days()}
	if q := d.openQuestion(); q != nil {
		out.Due, out.Waits = q.Due, true
		return out
	}
	if d.Task != nil && !d.Task.Due.IsZero() && d.Task.Due.Before(out.Due) {
		out.Due = d.Task.Due
	}
	out.Waits = !d.Paused.IsZero()
	return out
}

// open tells whether somebody still has to do something.
func (d *deskCase) open() bool { return d.Stage == Open }
