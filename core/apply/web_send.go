package apply

import (
	"errors"

	"posad.city/core/form"
	"posad.city/core/page"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/web"
	"posad.city/ui"
)

// lastDay is the day on which the draft is deleted if nobody saves it.
func (s Saved) lastDay() calendar.Date {
	return calendar.DateOf(s.Draft.Expires(), s.Input.City.Days().Zone())
}

// checkView is the page before sending.
type checkView struct {
	draft   Draft
	in      form.Input
	view    form.View
	summary form.Summary
	have    *Past // the same, which the person has already
	faults  []ui.FaultLine
	consent string // what is wrong with it
}

func (m *Module) showCheck(c *web.Context) error {
	d, in, err := m.load(c)
	if errors.Is(err, ErrSent) {
		return c.Redirect("/drafts/" + c.Path("draft") + "/sent")
	}
	if err != nil {
		return err
	}
	return m.check(c, d, in, nil)
}

// check shows all answers; with a fault, what stands in the way of sending.
func (m *Module) check(c *web.Context, d Draft, in form.Input, wrong *fault.Fault) error {
	in.Step = form.CheckStep
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	if view.Current < len(view.Steps) {
		return c.Redirect(d.at(view))
	}
	v := checkView{draft: d, in: in, view: view}
	if v.summary, err = form.CheckAnswers(in); err != nil {
		return err
	}
	have, ok, err := m.already(c.Context(), c.Act(), d, in, view.Draft)
	if err != nil {
		return err
	}
	if ok {
		v.have = &have
	}
	if wrong != nil {
		v.faults = []ui.FaultLine{{Name: "consent", Text: c.T("apply.consent_missing")}}
		v.consent = c.T("apply.consent_missing")
	}
	o := page.Options{
		Title: c.T("apply.check_title") + " — " + in.Service.Title.In(c.Lang()), Layout: page.Form, Faulty: wrong != nil,
		Crumbs: crumbs(c, in.Service, c.T("apply.check_title")), Aside: aside(m, c, d, in, view),
	}
	return m.base.Pages.Render(c, o, checkPage(m, c, v))
}

// postSubmit sends the application. What stands in the way is shown where it can be mended.
func (m *Module) postSubmit(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	var sent struct {
		Consent string `json:"consent"`
	}
	if err := c.Bind(&sent); err != nil {
		return err
	}
	_, err = m.Submit(c.Context(), a, draft, sent.Consent == "yes", c.Lang())
	switch {
	case err == nil:
		return c.Redirect("/drafts/" + draft.String() + "/sent")
	case errors.Is(err, ErrMissing), errors.Is(err, ErrObstacle), errors.Is(err, ErrAlready):
		return c.Redirect("/drafts/" + draft.String())
	case errors.Is(err, ErrLevel): // begun in a surer session than this one
		home, err := m.home(c.Context(), draft)
		if err != nil {
			return err
		}
		return m.showMore(c, home.Service)
	case errors.Is(err, ErrConsent):
		d, in, err2 := m.load(c)
		if err2 != nil {
			return err2
		}
		return m.check(c, d, in, fault.Of(err))
	}
	return err
}

// showSent is the end: the number, what happens next, where it is followed.
func (m *Module) showSent(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	home, err := m.home(c.Context(), draft)
	if err != nil {
		return err
	}
	if home.Number == "" {
		return c.Redirect("/drafts/" + draft.String())
	}
	steps := nextSteps(c)
	if m.deps.Outlook != nil {
		if steps, err = m.deps.Outlook(c.Context(), a, draft, c.Lang()); err != nil {
			return err
		}
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("apply.sent_title"), Layout: page.Plain}, sentPage(m, c, home.Number, steps))
}

func (m *Module) showDelete(c *web.Context) error {
	d, in, err := m.load(c)
	if err != nil {
		return err
	}
	o := page.Options{Title: c.T("apply.delete_title"), Layout: page.Plain, Crumbs: crumbs(c, in.Service, c.T("apply.delete_title"))}
	return m.base.Pages.Render(c, o, deletePage(c, d, in))
}

func (m *Module) postDelete(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	if err := m.Delete(c.Context(), a, draft); err != nil {
		return err
	}
	c.SetFlash("success", "apply.flash_deleted")
	return c.Redirect("/drafts")
}
