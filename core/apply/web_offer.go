package apply

import (
	"errors"
	"slices"

	"posad.city/core/form"
	"posad.city/core/mandate"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/web"
	"posad.city/ui"
)

// offerView is the page before the first question.
type offerView struct {
	service  *service.Service
	children []service.Child     // to choose from, where it is for a child
	others   []mandate.Principal // to choose from, where it may be for another adult or an organisation
	open     []Line              // drafts to go on with
	lacks    lack                // what the person must show first
	past     []Past              // cases that it may be about
	renews   *Past               // the case whose result is renewed
	have     *Past               // the same, which the person has already
	answers  string              // what was answered before the form, as JSON
	faults   []ui.FaultLine
}

func (m *Module) showOffer(c *web.Context) error {
	answers := ""
	if held, ok := c.Held(); ok {
		answers = held.Get(carried)
	}
	return m.offer(c, answers, nil)
}

func (m *Module) offer(c *web.Context, answers string, faults []ui.FaultLine) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	_, s, err := m.definition(c.Path("service"))
	if err != nil {
		return err
	}
	v := offerView{service: s, faults: faults, answers: answers}
	if v.lacks, err = m.lackOf(c, s); err != nil {
		return err
	}
	if s.For == forChild {
		if v.children, err = m.offeredChildren(c); err != nil {
			return err
		}
	}
	if v.others, err = m.principals(c.Context(), c.Act(), s); err != nil {
		return err
	}
	if err := m.offerPast(c, &v); err != nil {
		return err
	}
	lines, err := m.Drafts(c.Context(), c.Act())
	if err != nil {
		return err
	}
	v.open = slices.DeleteFunc(lines, func(l Line) bool { return l.Service != s.Key })
	o := page.Options{Title: s.Title.In(c.Lang()), Layout: page.Plain, Faulty: len(faults) > 0, Crumbs: crumbs(c, s, c.T("service.page.apply"))}
	return m.base.Pages.Render(c, o, offerPage(m, c, v))
}

// offerPast finds what the person's earlier cases have to do with a new application: which one it is about or renews, and
// whether they have the same already.
func (m *Module) offerPast(c *web.Context, v *offerView) error {
	self := own(c.Act())
	if v.service.About != "" {
		list, err := m.deps.Cases.Past(c.Context(), self, c.Person(), "", "")
		if err != nil {
			return err
		}
		v.past = slices.DeleteFunc(list, func(p Past) bool { return !concerns(v.service, p) })
	}
	if number := c.Query("renew"); number != "" && v.service.Renewal != nil {
		past, ok, err := m.past(c.Context(), self, v.service.Key, number)
		if err != nil {
			return err
		}
		if ok {
			v.renews = &past
			return nil
		}
	}
	if v.service.Already == nil || len(v.service.Already.Same) > 0 || v.service.For == forChild {
		return nil
	}
	city, s, err := m.definition(v.service.Key)
	if err != nil {
		return err
	}
	have, ok, err := m.already(c.Context(), self, Draft{Holder: c.Person()}, form.Input{City: city, Service: s}, nil)
	if ok {
		v.have = &have
	}
	return err
}

// offeredChildren are the children for whom the person may apply.
func (m *Module) offeredChildren(c *web.Context) ([]service.Child, error) {
	list, err := m.deps.Family.Children(c.Context(), own(c.Act()), c.Person())
	var out []service.Child
	for _, child := range list {
		if slices.Contains(child.Scopes, "apply") {
			out = append(out, service.Child{ID: child.Person.ID.String(), Name: nameOf(child.Person.Name), Birth: dayText(child.Person.Birth)})
		}
	}
	return out, err
}

// postBegin makes a draft or goes on with the open one, and leads to its first question that is not answered.
func (m *Module) postBegin(c *web.Context) error {
	var sent struct {
		Child string `json:"child"`
		For   string `json:"for"`
		Anew  bool   `json:"anew"`
		About string `json:"about"`
		Renew string `json:"renew"`

		Answers string `json:"_answers"`
		Offer   string `json:"_offer"`
	}
	if err := c.Bind(&sent); err != nil {
		return err
	}
	b := Beginning{Service: c.Path("service"), Child: parsed(sent.Child), For: parsed(sent.For), Anew: sent.Anew, About: sent.About, Renew: sent.Renew, Lang: c.Lang()}
	if err := c.May(object(b.holder(c.Person()), b.Service)); err != nil {
		return err
	}
	if sent.Answers != "" {
		b.Answers = func(in form.Input) (form.Bound, error) { return form.BindJSON(in, []byte(sent.Answers)) }
	}
	if sent.Offer != "" {
		return m.offer(c, sent.Answers, nil)
	}
	d, found, err := m.Begin(c.Context(), c.Act(), b)
	switch {
	case errors.Is(err, ErrChild):
		return m.offer(c, sent.Answers, []ui.FaultLine{{Name: "child", Text: c.T("apply.no_child")}})
	case errors.Is(err, ErrWhom):
		return m.offer(c, sent.Answers, []ui.FaultLine{{Name: "for", Text: c.T("apply.no_whom")}})
	case errors.Is(err, ErrAbout):
		return m.offer(c, sent.Answers, []ui.FaultLine{{Name: "about", Text: c.T("apply.no_about")}})
	case errors.Is(err, ErrLevel):
		return m.showMore(c, b.Service)
	case err != nil:
		return err
	}
	if found {
		c.SetFlash("info", "apply.flash_found")
	}
	return c.Redirect(d.path(""))
}
