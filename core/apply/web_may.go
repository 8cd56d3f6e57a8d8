package apply

import (
	"encoding/json"
	"fmt"
	"net/url"

	"posad.city/core/form"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/web"
)

// carried names the answers that the questions before the form carry from page to page, as JSON. Nothing of them is kept;
// the form checks them anew.
const carried = "_answers"

// mayView is a page of the questions before the form.
type mayView struct {
	service *service.Service
	check   form.Precheck
	answers string // so far, as JSON
	faulty  bool
	step    stepView
}

// showMay asks the first question before the form: may one apply at all? Nobody need sign in.
func (m *Module) showMay(c *web.Context) error { return m.mayPageOf(c, nil) }

// postMay takes the answers of one page and asks the next, or tells what came out.
func (m *Module) postMay(c *web.Context) error {
	fields, err := c.Fields()
	if err != nil {
		return err
	}
	return m.mayPageOf(c, url.Values(fields))
}

func (m *Module) mayPageOf(c *web.Context, sent url.Values) error {
	if err := c.May(act.Object{Public: true}); err != nil {
		return err
	}
	city, s, err := m.definition(c.Path("service"))
	if err != nil {
		return err
	}
	if !s.Eligibility() {
		return c.Redirect("/services/" + url.PathEscape(s.Key) + "/apply")
	}
	in := form.Input{City: city, Service: s, Lang: c.Lang(), Today: calendar.DateOf(c.Now(), city.Days().Zone())}
	faults, err := bindMay(&in, sent)
	if err != nil {
		return err
	}
	v, err := mayOf(in, faults)
	if err != nil {
		return err
	}
	o := page.Options{
		Title: c.T("apply.before_title") + " — " + s.Title.In(c.Lang()), Layout: page.Plain, Faulty: v.faulty, Crumbs: crumbs(c, s, c.T("apply.before_title")),
	}
	return m.base.Pages.Render(c, o, mayPage(m, c, v))
}

// bindMay puts into the input what was answered on earlier pages and on the one that was sent, and tells what is wrong
// there.
func bindMay(in *form.Input, sent url.Values) ([]fault.Field, error) {
	if raw := sent.Get(carried); raw != "" {
		bound, err := form.BindJSON(*in, []byte(raw))
		if err != nil {
			return nil, err
		}
		in.Answers = bound.Answers
	}
	if in.Step = sent.Get("_step"); in.Step == "" {
		return nil, nil
	}
	bound, err := form.Bind(*in, sent)
	if err != nil {
		return nil, err
	}
	in.Answers, in.Typed = bound.Answers, bound.Typed
	if len(bound.Faults) == 0 {
		in.Step = ""
	}
	return bound.Faults, nil
}

func mayOf(in form.Input, faults []fault.Field) (mayView, error) {
	check, err := form.Eligibility(in)
	if err != nil {
		return mayView{}, err
	}
	text, err := json.Marshal(check.View.Draft)
	if err != nil {
		return mayView{}, fmt.Errorf("apply: answers before the form: %w", err)
	}
	v := mayView{service: in.Service, check: check, answers: string(text), faulty: len(faults) > 0}
	view := calm(check.View)
	if v.faulty {
		view = withFaults(view, faults)
	}
	v.step = stepView{in: in, view: view, faulty: v.faulty}
	return v, nil
}

// asked tells whether there is still something to answer.
func (v mayView) asked() bool {
	return v.faulty || !v.check.May && v.check.View.Obstacle == nil && v.check.View.Current < len(v.check.View.Steps)
}
