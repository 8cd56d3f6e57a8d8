package studio

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// previewQuery is what the address of a preview says.
type previewQuery struct {
	Service string `json:"service" max:"100"`
	Example string `json:"example" max:"100"`
	Step    string `json:"step" max:"100"`
	In      string `json:"in" max:"5"`
}

// previewView is a service of a change set as residents will see it.
type previewView struct {
	place
	Change
	Query   previewQuery
	Service *service.Service
	City    *service.City
	Steps   []form.StepView
	Card    templ.Component
	Form    templ.Component
	Faults  int // the files have faults: nothing can be shown
	Gone    bool
}

func (m *Module) showPreview(c *web.Context) error {
	var q previewQuery
	if err := c.Bind(&q); err != nil {
		return err
	}
	a, change, err := m.ofJudged(c)
	if err != nil {
		return err
	}
	if !lang.Known(q.In) {
		q.In = string(c.Lang())
	}
	v := previewView{place: m.place(a), Change: change, Query: q}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	two, err := m.Compare(c.Context(), w)
	if err != nil {
		return err
	}
	v.City, v.Faults = two.To, len(two.Faults)
	if v.City != nil {
		if err := m.see(c, &v); err != nil {
			return err
		}
	}
	title := c.T("studio.preview")
	return m.render(c, title, nil, []ui.Link{{Text: change.Title, Href: change.href()}, {Text: title}}, previewPage(c, v))
}

// see fills the preview: the card, and a page of the form with an example's applicant.
func (m *Module) see(c *web.Context, v *previewView) error {
	s, ok := v.City.Service(v.Query.Service)
	if !ok {
		v.Gone = true
		return nil
	}
	v.Service = s
	there := c.In(lang.Language(v.Query.In))
	v.Card = speaking(there, service.Card(there, v.City, s))
	if m.deps.Preview == nil || len(s.Examples) == 0 {
		return nil
	}
	content, view, err := m.deps.Preview(there, exampleInput(v.City, s, &v.Query))
	if err != nil {
		return err
	}
	v.Steps, v.Form = view.Steps, speaking(there, content)
	return nil
}

// exampleInput is the draft of an example: what the account and the early registers know, and its answers.
func exampleInput(city *service.City, s *service.Service, q *previewQuery) form.Input {
	e := &s.Examples[0]
	for i := range s.Examples {
		if s.Examples[i].Key == q.Example {
			e = &s.Examples[i]
		}
	}
	q.Example = e.Key
	day, err := calendar.ParseDate(e.Today)
	if err != nil {
		day = calendar.Date{} // the check has read it: it can't be
	}
	in := form.Input{City: city, Service: s, Lang: lang.Language(q.In), Today: day, Applicant: e.Applicant, Facts: service.Facts{}, Answers: service.Answers{}, Step: q.Step}
	for key, values := range e.Facts {
		if one, ok := s.Certificate(key); ok && one.Early {
			in.Facts[key] = service.Fact{State: service.FactKnown, Day: day, Values: values}
		}
	}
	if q.Step == "" {
		in.Step = s.Form.Steps[0].Key
	}
	for key, answer := range e.Answers {
		in.Answers[key] = answer
	}
	return in
}

// speaking gives components their own words in the language of the request.
func speaking(c *web.Context, content templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return content.Render(ui.With(ctx, ui.Shell{Lang: string(c.Lang()), Path: c.Here(), CSRF: c.FormToken()}), w)
	})
}

func (v previewView) href(in, example, step string) string {
	return v.Change.href("/preview?service=", escape(v.Query.Service), "&in=", escape(in), "&example=", escape(example), "&step=", escape(step))
}

func (v previewView) languages(c *web.Context) []ui.Link {
	var out []ui.Link
	for _, l := range languages() {
		out = append(out, ui.Link{Text: c.T("studio.in." + string(l)), Href: v.href(string(l), v.Query.Example, v.Query.Step), Current: string(l) == v.Query.In})
	}
	return out
}

func (v previewView) examples(c *web.Context) []ui.Link {
	var out []ui.Link
	for i := range v.Service.Examples {
		e := &v.Service.Examples[i]
		out = append(out, ui.Link{Text: e.Title.In(c.Lang()), Href: v.href(v.Query.In, e.Key, ""), Current: e.Key == v.Query.Example})
	}
	return out
}

func (v previewView) steps() []ui.Link {
	var out []ui.Link
	for _, s := range v.Steps {
		out = append(out, ui.Link{Text: s.Title, Href: v.href(v.Query.In, v.Query.Example, s.Key), Current: s.State == form.StepCurrent})
	}
	return out
}
