package apply

import (
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"posad.city/core/form"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// kind is what permissions call a draft.
const kind = "draft"

// uploadsMost bounds one post with files: what a question takes at most, and its text.
const uploadsMost = 64 << 20

// object is a draft as permission sees it. service is empty for a person's list.
func object(holder id.ID, service string) act.Object {
	return act.Object{Kind: kind, Holder: holder, Service: service}
}

func (m *Module) routes(s *web.Server) {
	mine := act.Operation{Object: kind, May: act.Self | act.ByMandate, Scope: "apply", Assurance: act.Basic}
	op := func(name, look string, changes bool, body int64) *web.Op {
		o := mine
		o.Name, o.Look, o.Changes, o.Body = name, look, changes, body
		return s.Operation(o)
	}
	offer := op("apply.offer", lookDrafts, false, 0)
	begin := op("apply.begin", lookDrafts, true, 0)
	read := op("apply.read", lookDraft, false, 0)
	save := op("apply.save", lookDraft, true, uploadsMost)
	submit := op("apply.submit", lookDraft, true, 0)
	remove := op("apply.delete", lookDraft, true, 0)
	addresses := s.Operation(act.Operation{Name: "apply.addresses", May: act.Everyone, PerMinute: 300})

	before := s.Operation(act.Operation{Name: "apply.may", May: act.Everyone, PerMinute: 60})
	s.Page(before, "GET /services/{service}/may", m.showMay)
	s.Page(before, "POST /services/{service}/may", m.postMay)
	s.Page(offer, "GET /services/{service}/apply", m.showOffer)
	s.Page(begin, "POST /services/{service}/apply", m.postBegin)
	s.Page(offer, "GET /drafts", m.showDrafts)
	s.Page(read, "GET /drafts/{draft}", m.showDraft)
	s.Page(read, "GET /drafts/{draft}/steps/{step}", m.showStep)
	s.Page(save, "POST /drafts/{draft}/steps/{step}", m.postStep)
	s.Page(save, "POST /drafts/{draft}/steps/{step}/save", m.autosave)
	s.Page(save, "POST /drafts/{draft}/version", m.postVersion)
	s.Page(read, "GET /drafts/{draft}/check", m.showCheck)
	s.Page(submit, "POST /drafts/{draft}/check", m.postSubmit)
	s.Page(read, "GET /drafts/{draft}/sent", m.showSent)
	s.Page(read, "GET /drafts/{draft}/delete", m.showDelete)
	s.Page(remove, "POST /drafts/{draft}/delete", m.postDelete)
	s.Page(addresses, "GET /addresses", m.addressOptions)
	m.signRoutes(s)
	m.api(s, offer, begin, read, save, submit, remove, addresses)
	m.printed(s, read, save)
	if m.base.Pages != nil {
		m.base.Pages.Add(page.MenuAccount, page.Link{Order: 25, Text: "apply.menu", Href: "/drafts", Icon: "pencil-simple"})
	}
}

// may asks permission for a draft by the id in the path, and gives the act that reads it.
func (m *Module) may(c *web.Context) (id.ID, act.Act, error) {
	draft, err := c.ID("draft")
	if err != nil {
		return id.ID{}, act.Act{}, err
	}
	home, err := m.home(c.Context(), draft)
	if err != nil {
		return id.ID{}, act.Act{}, err
	}
	if err := c.May(object(home.Holder, home.Service)); err != nil {
		return id.ID{}, act.Act{}, err
	}
	return draft, c.Act(), nil
}

// load reads a draft of the path with its form.
func (m *Module) load(c *web.Context) (Draft, form.Input, error) {
	draft, a, err := m.may(c)
	if err != nil {
		return Draft{}, form.Input{}, err
	}
	d, err := m.read(c.Context(), a, draft)
	if err != nil {
		return Draft{}, form.Input{}, err
	}
	if from, err := calendar.ParseDate(c.Query("from")); err == nil {
		d.times.from = from
	}
	in, err := m.input(c.Context(), a, d, c.Lang())
	return d, in, err
}

// parsed is the id of a text; zero when it is none.
func parsed(text string) id.ID {
	out, err := id.Parse(text)
	if err != nil {
		return id.ID{}
	}
	return out
}

// holder is in whose account the beginning asks to lie, before anybody knows whether it may.
func (b Beginning) holder(self id.ID) id.ID {
	switch {
	case !b.Child.IsZero():
		return b.Child
	case !b.For.IsZero():
		return b.For
	}
	return self
}

// path is an address under the draft's.
func (d Draft) path(rest string) string { return "/drafts/" + d.ID.String() + rest }

func (d Draft) stepPath(step string) string { return d.path("/steps/" + url.PathEscape(step)) }

func (m *Module) showDrafts(c *web.Context) error {
	if err := c.May(object(c.Person(), "")); err != nil {
		return err
	}
	lines, err := m.Drafts(c.Context(), c.Act())
	if err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("apply.menu"), Layout: page.Account}, draftsPage(m, c, lines))
}

// showDraft leads to where the person goes on; a draft that was sent, to what it became.
func (m *Module) showDraft(c *web.Context) error {
	d, in, err := m.load(c)
	if errors.Is(err, ErrSent) {
		return c.Redirect("/drafts/" + c.Path("draft") + "/sent")
	}
	if err != nil {
		return err
	}
	in.Step = ""
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	return c.Redirect(d.at(view))
}

// at is the page that a view stands on.
func (d Draft) at(view form.View) string {
	if view.Current >= len(view.Steps) {
		return d.path("/check")
	}
	return d.stepPath(view.Steps[view.Current].Key)
}

// showStep shows the questions of a step with what was answered, what was typed and refused, and what an ended session
// had interrupted. Nothing is called wrong before the person has sent it.
func (m *Module) showStep(c *web.Context) error {
	d, in, err := m.load(c)
	if errors.Is(err, ErrSent) {
		return c.Redirect("/drafts/" + c.Path("draft") + "/sent")
	}
	if err != nil {
		return err
	}
	in.Step = c.Path("step")
	if held, ok := c.Held(); ok {
		bound, err := posted(url.Values(held))(in)
		if err != nil {
			return err
		}
		in.Typed = mergeTyped(in, d, bound)
		in.Answers = bound.Answers
	}
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	if view.Current >= len(view.Steps) || view.Steps[view.Current].Key != in.Step {
		return c.Redirect(d.at(view))
	}
	return m.stepPage(c, stepView{draft: d, in: in, view: calm(view), faulty: false})
}

// calm takes the faults out of a view.
func calm(view form.View) form.View {
	view.Faults = nil
	view.Fields = calmFields(view.Fields)
	return view
}

func calmFields(fields []form.FieldView) []form.FieldView {
	out := slices.Clone(fields)
	for i := range out {
		f := &out[i]
		f.Fault, f.Controls, f.Entries = nil, slices.Clone(f.Controls), slices.Clone(f.Entries)
		for j := range f.Controls {
			f.Controls[j].Invalid = false
		}
		for j := range f.Entries {
			f.Entries[j].Fields = calmFields(f.Entries[j].Fields)
		}
	}
	return out
}

// stepView is a page of the form.
type stepView struct {
	draft  Draft
	in     form.Input
	view   form.View
	faulty bool
	choose map[string][]service.Address // suggestions that were asked for without a script, by field
}

func (m *Module) stepPage(c *web.Context, v stepView) error {
	step := v.view.Steps[v.view.Current]
	o := page.Options{
		Title: step.Title + " — " + v.in.Service.Title.In(c.Lang()), Layout: page.Form, Faulty: v.faulty, Htmx: asks(v.in.Service, service.TypeAddress),
		Crumbs: crumbs(c, v.in.Service, step.Title), Aside: aside(m, c, v.draft, v.in, v.view),
	}
	return m.base.Pages.Render(c, o, formPage(m, c, v))
}

func crumbs(c *web.Context, s *service.Service, here string) []ui.Link {
	return []ui.Link{
		{Text: c.T("service.page.services"), Href: "/services"}, {Text: s.Title.In(c.Lang()), Href: "/services/" + s.Key}, {Text: here},
	}
}

// sentChange is what a page's post asks for.
func sentChange(c *web.Context, step string) (Change, web.Fields, error) {
	fields, err := c.Fields()
	if err != nil {
		return Change{}, nil, err
	}
	change := Change{Step: step, Bind: posted(url.Values(fields)), Days: daysIn(strings.Join(slices.Concat(slices.Collect(maps.Values(fields))...), " ")), Lang: c.Lang()}
	files, err := c.Files()
	if err != nil {
		return Change{}, nil, err
	}
	for _, field := range sortedKeys(files) {
		for _, file := range files[field] {
			if file.Name != "" {
				change.Files = append(change.Files, SentFile{Field: field, Upload: Upload{File: file}})
			}
		}
	}
	if remove := fields.Get(form.RemoveName); remove != "" && !strings.Contains(remove, ".") { // an entry of a group has a dot, a file none
		if change.Remove, err = id.Parse(remove); err != nil {
			return Change{}, nil, ErrNone.Because(err)
		}
	}
	return change, fields, nil
}

func sortedKeys[V any](set map[string]V) []string {
	out := make([]string, 0, len(set))
	for key := range set {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// postStep keeps a step and goes on: to the next one, back to this one with what must be mended, or away when the person
// wants to finish later.
func (m *Module) postStep(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	change, fields, err := sentChange(c, c.Path("step"))
	if err != nil {
		return err
	}
	saved, err := m.Save(c.Context(), a, draft, change)
	if errors.Is(err, ErrSent) {
		return c.Redirect("/drafts/" + draft.String() + "/sent")
	}
	if err != nil {
		return err
	}
	switch {
	case fields.Get("_later") != "":
		c.SetFlash("success", "apply.flash_later", "day", lang.Date(c.Lang(), saved.lastDay()))
		return c.Redirect("/drafts")
	case fields.Get("_find") != "":
		return m.found(c, saved, fields.Get("_find"))
	case fields.Get(timesFrom) != "":
		return c.Redirect(saved.Draft.stepPath(change.Step) + "?from=" + url.QueryEscape(fields.Get(timesFrom)))
	case !change.Remove.IsZero(), form.Entering(saved.Input, url.Values(fields)):
		return c.Redirect(saved.Draft.stepPath(change.Step))
	}
	more, err := saved.appeared(fields.Get("_shown"))
	if err != nil {
		return err
	}
	switch {
	case len(saved.Faults) > 0:
		return m.again(c, saved)
	case more:
		c.SetFlash("info", "apply.flash_more")
		return c.Redirect(saved.Draft.stepPath(change.Step))
	}
	m.askEarly(c.Context(), a, saved.Draft, c.Lang())
	return m.goOn(c, a, saved)
}

// shownKeys are the questions of a page, for the post to say what the person has seen.
func shownKeys(view form.View) string {
	keys := make([]string, 0, len(view.Fields))
	for _, f := range view.Fields {
		keys = append(keys, f.Key)
	}
	return strings.Join(keys, " ")
}

// appeared tells whether an answer has opened questions of the same page that the person has not seen yet, and takes the
// faults of those away: nobody is told off for not answering what was not asked.
func (s *Saved) appeared(shown string) (bool, error) {
	seen := strings.Fields(shown)
	if len(seen) == 0 {
		return false, nil
	}
	in := s.Input
	view, err := form.Show(in)
	if err != nil || view.Current >= len(view.Steps) || view.Steps[view.Current].Key != in.Step {
		return false, err
	}
	more := false
	for _, f := range view.Fields {
		if slices.Contains(seen, f.Key) {
			continue
		}
		more = true
		s.Faults = slices.DeleteFunc(s.Faults, func(wrong fault.Field) bool { return wrong.Name == f.Key || partOf(wrong.Name, f.Key) })
	}
	return more, nil
}

// goOn leads to the step after the one that was saved, by the form as it stands after what registers have said.
func (m *Module) goOn(c *web.Context, a act.Act, saved Saved) error {
	in, err := m.input(c.Context(), a, saved.Draft, c.Lang())
	if err != nil {
		return err
	}
	in.Step = saved.Input.Step
	view, err := form.Show(in)
	if err != nil {
		return err
	}
	if view.Current < len(view.Steps) && view.Steps[view.Current].Key == in.Step && stepRight(view) {
		if next := view.After(); next != form.CheckStep {
			return c.Redirect(saved.Draft.stepPath(next))
		}
		return c.Redirect(saved.Draft.path("/check"))
	}
	return c.Redirect(saved.Draft.at(view))
}

// stepRight tells whether nothing of the current step is missing.
func stepRight(view form.View) bool {
	return !slices.ContainsFunc(view.Missing, func(missing form.Missing) bool { return missing.Step == view.Steps[view.Current].Key })
}

// again shows the step that was sent with its faults.
func (m *Module) again(c *web.Context, saved Saved) error {
	view, err := form.Show(saved.Input)
	if err != nil {
		return err
	}
	if view.Current >= len(view.Steps) || view.Steps[view.Current].Key != saved.Input.Step {
		return c.Redirect(saved.Draft.at(view))
	}
	return m.stepPage(c, stepView{draft: saved.Draft, in: saved.Input, view: withFaults(view, saved.Faults), faulty: true})
}

// withFaults marks exactly what was found wrong in what was sent.
func withFaults(view form.View, faults []fault.Field) form.View {
	out := calm(view)
	out.Faults = faults
	markFaults(out.Fields, faults)
	return out
}

// markFaults puts each fault to its question: inside an entry of a group, to the question there.
func markFaults(fields []form.FieldView, faults []fault.Field) {
	for i := range fields {
		f := &fields[i]
		for j := range f.Entries {
			markFaults(f.Entries[j].Fields, faults)
		}
		for k := range faults {
			inside := partOf(faults[k].Name, f.Key)
			if faults[k].Name != f.Key && (!inside || f.Type == service.TypeGroup) {
				continue
			}
			if f.Fault == nil {
				f.Fault = &faults[k]
			}
			for j := range f.Controls {
				f.Controls[j].Invalid = f.Controls[j].Invalid || f.Controls[j].Name == faults[k].Name || faults[k].Name == f.Key
			}
		}
	}
}

func partOf(control, field string) bool {
	return len(control) > len(field) && control[:len(field)] == field && control[len(field)] == '.'
}

// found shows the step with the addresses that a typed text may mean.
func (m *Module) found(c *web.Context, saved Saved, field string) error {
	view, err := form.Show(saved.Input)
	if err != nil {
		return err
	}
	if view.Current >= len(view.Steps) {
		return c.Redirect(saved.Draft.at(view))
	}
	v := stepView{draft: saved.Draft, in: saved.Input, view: calm(view), choose: map[string][]service.Address{}}
	for _, f := range view.Fields {
		if f.Key == field && f.Suggest && len(f.Controls) > 0 {
			v.choose[field] = saved.Input.City.Addresses().Suggest(f.Controls[0].Value, addressesMost)
		}
	}
	return m.stepPage(c, v)
}

// autosave keeps what is typed so far and answers with the line to show.
func (m *Module) autosave(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	change, _, err := sentChange(c, c.Path("step"))
	if err != nil {
		return err
	}
	change.Files, change.Remove = nil, id.ID{}
	saved, err := m.Save(c.Context(), a, draft, change)
	if err != nil {
		return err
	}
	return c.Data("text/plain; charset=utf-8", []byte(savedWords(c, saved.Draft, saved.Input.City)))
}
