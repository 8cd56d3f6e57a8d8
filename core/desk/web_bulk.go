package desk

import (
	"net/url"
	"slices"
	"strings"

	"posad.city/core/casework"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// chosenForm is what the list sends: the ticked cases.
type chosenForm struct {
	Case []string `json:"case" max:"40"`
}

// postChoose gives the ticked cases an address, so that the page of the act can be gone back to.
func (m *Module) postChoose(c *web.Context) error {
	if _, err := m.place(c); err != nil {
		return err
	}
	var form chosenForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if len(form.Case) == 0 {
		c.SetFlash("warning", "casework.desk.none_ticked")
		return c.Redirect("/desk")
	}
	values := url.Values{"case": form.Case[:min(len(form.Case), CasesMost)]}
	return c.Redirect("/desk/bulk?" + values.Encode())
}

// bulkForm is an order as the page sends it.
type bulkForm struct {
	Case     []string `json:"case" max:"40"`
	Each     []string `json:"each" max:"100"` // number:official
	Verb     string   `json:"verb" max:"20"`
	To       id.ID    `json:"to"`
	Queue    string   `json:"queue" max:"200"`
	Days     int      `json:"days"`
	Template id.ID    `json:"template"`
	Question string   `json:"question" max:"8000"`
	Comment  string   `json:"comment" max:"8000"`
	Reason   string   `json:"reason" max:"8000"`
	Key      id.ID    `json:"key"`
	Sure     string   `json:"sure" max:"5"`
}

// order is what the form asks for. Only the words of the chosen act count.
func (f bulkForm) order() Order {
	out := Order{Verb: Verb(f.Verb), Numbers: f.Case, To: f.To, Queue: f.Queue, Days: f.Days, Each: map[string]id.ID{}}
	switch out.Verb {
	case Ask:
		out.Words, out.Template = f.Question, f.Template
		if strings.TrimSpace(out.Words) != "" {
			out.Template = id.ID{}
		}
	case Forward:
		out.Words = f.Comment
	case Extend:
		out.Words = f.Reason
	}
	for _, pair := range f.Each {
		number, to, _ := strings.Cut(pair, ":")
		if digits, err := id.ParseNumber(number); err == nil {
			if who, err := id.Parse(to); err == nil {
				out.Each[digits] = who
			}
		}
	}
	return out
}

// chooseView is the page on which the act is chosen.
type chooseView struct {
	place
	Typed     bulkForm
	Team      []Worker
	Names     map[id.ID]lang.Name
	Templates []casework.Template
	Failed    *fault.Fault
}

func (m *Module) showChoose(c *web.Context) error {
	var form chosenForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	v, err := m.place(c)
	if err != nil {
		return err
	}
	return m.choosePage(c, v, bulkForm{Case: form.Case, To: c.Person()}, nil)
}

func (m *Module) choosePage(c *web.Context, p place, typed bulkForm, failed *fault.Fault) error {
	v := chooseView{place: p, Typed: typed, Failed: failed}
	if len(typed.Case) == 0 {
		c.SetFlash("warning", "casework.desk.none_ticked")
		return c.Redirect("/desk")
	}
	team, _, err := m.Team(c.Context(), p.act.Actor.Agency)
	if err != nil {
		return err
	}
	v.Team = works(team)
	if !isHead(p.act) {
		v.Team = slices.DeleteFunc(v.Team, func(w Worker) bool { return w.Person != c.Person() })
	}
	var people []id.ID
	for _, w := range v.Team {
		people = append(people, w.Person)
	}
	if v.Names, err = m.names(c, people...); err != nil {
		return err
	}
	if v.Templates, err = m.AllTemplates(c.Context(), p.act.Actor.Agency); err != nil {
		return err
	}
	v.Templates = slices.DeleteFunc(v.Templates, func(t casework.Template) bool { return t.Kind != casework.TemplateQuestion })
	return m.render(c, "desk.bulk.title", failed, crumbs(c, "desk.bulk.title"), choosePage(c, v))
}

// planView is the preview.
type planView struct {
	place
	Plan  Plan
	Typed bulkForm
	Names map[id.ID]lang.Name
	Text  string // of the template that is asked, as the official reads it
}

func (m *Module) postPreview(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form bulkForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.preview(c, v, form)
}

// preview says exactly what will happen to each case, and why nothing to some.
func (m *Module) preview(c *web.Context, p place, form bulkForm) error {
	plan, err := m.Plan(c.Context(), p.act, form.order())
	if err != nil {
		return m.chooseAgain(c, p, form, err)
	}
	v := planView{place: p, Plan: plan, Typed: form}
	if v.Typed.Key.IsZero() {
		v.Typed.Key = id.New(c.Now())
	}
	var people, applicants []id.ID
	for _, one := range plan.Cases {
		people = append(people, one.To)
		if !one.Ref.ID.IsZero() {
			applicants = append(applicants, one.Ref.Applicant)
		}
	}
	if v.Names, err = m.names(c, people...); err != nil {
		return err
	}
	if len(applicants) > 0 {
		seen, err := m.deps.People.Names(c.Context(), p.act, lookBulk, applicants...)
		if err != nil {
			return err
		}
		for who, name := range seen {
			v.Names[who] = name
		}
	}
	if !plan.Template.IsZero() {
		t, err := m.templateOf(c.Context(), p.act.Actor.Agency, plan.Template)
		if err != nil {
			return err
		}
		v.Text = t.Text.In(c.Lang())
	}
	return m.render(c, "desk.bulk.preview", nil, crumbs(c, "desk.bulk.preview"), planPage(c, v))
}

// chooseAgain shows the page of choice with why an order can't be carried out, and everything that was typed.
func (m *Module) chooseAgain(c *web.Context, p place, form bulkForm, err error) error {
	failed, err := told(err)
	if err != nil {
		return err
	}
	return m.choosePage(c, p, form, failed.With(fault.Field{Name: fieldOf(form, failed), ID: failed.ID, Params: failed.Params}))
}

// fieldOf is the control that a fault of an order is of.
func fieldOf(form bulkForm, f *fault.Fault) string {
	switch f.ID {
	case ErrVerb.ID, ErrNothing.ID, ErrMany.ID:
		return "verb"
	case ErrNoWorker.ID:
		return "to"
	case casework.ErrQueue.ID:
		return "queue"
	case ErrDays.ID:
		return "days"
	}
	switch Verb(form.Verb) {
	case Forward:
		return "comment"
	case Extend:
		return "reason"
	}
	return "question"
}

func (m *Module) postBegin(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form bulkForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	plan, err := m.Plan(c.Context(), v.act, form.order())
	if err != nil {
		return m.chooseAgain(c, v, form, err)
	}
	if form.Key.IsZero() {
		return ErrNoBulk
	}
	if err := m.Begin(c.Context(), v.act, plan, form.Key); err != nil {
		return err
	}
	return c.Redirect("/desk/bulk/" + form.Key.String())
}

// bulkView is the page of an act under way.
type bulkView struct {
	place
	Bulk
	Names map[id.ID]lang.Name
}

func (m *Module) showBulk(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("bulk")
	if err != nil {
		return err
	}
	b, err := m.BulkOf(c.Context(), v.act, which)
	if err != nil {
		return err
	}
	people := []id.ID{b.Official}
	for _, one := range b.Cases {
		people = append(people, one.To)
	}
	names, err := m.names(c, people...)
	if err != nil {
		return err
	}
	view := bulkView{v, b, names}
	return m.render(c, "desk.bulk.progress", nil, crumbs(c, "desk.bulk.progress"), bulkPage(c, view))
}

func (m *Module) postUndo(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	which, err := c.ID("bulk")
	if err != nil {
		return err
	}
	if err := c.Bind(&struct{}{}); err != nil {
		return err
	}
	err = m.Undo(c.Context(), v.act, which)
	switch {
	case err == nil:
		c.SetFlash("success", "desk.bulk.undoing")
	case fault.Of(err).ID == ErrWindow.ID:
		c.SetFlash("warning", "desk.too_late")
	default:
		return err
	}
	return c.Redirect("/desk/bulk/" + which.String())
}
