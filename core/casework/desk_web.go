package casework

import (
	"context"
	"errors"
	"net/http"

	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
	"posad.city/ui"
)

// lookQueue is the kind of look at the people of a list.
const lookQueue = "casework.look.queue"

// lookSearch is the kind of look at the people whom a search found.
const lookSearch = "casework.look.search"

// lookOfList is the kind of look at a list that was made by the words of a search; none: by its filters.
func lookOfList(search string) string {
	if search == "" {
		return lookQueue
	}
	return lookSearch
}

// desk is the officials' face of the module.
type desk struct {
	*Module
	read *web.Op // a case at the desk
}

// deskRoutes registers the desk: pages and their JSON faces.
func (m *Module) deskRoutes(b *module.Base) {
	if b.Jobs != nil {
		b.Jobs.HandleShared(jobTaken, m.taken)
	}
	if b.Web == nil {
		return
	}
	s := b.Web
	d := &desk{Module: m}
	list := s.Operation(act.Operation{Name: "casework.desk", Object: "desk", May: act.SameAgency, Assurance: act.Basic, Look: lookQueue})
	enter := s.Operation(act.Operation{Name: "casework.desk_enter", Object: "desk", May: act.SameAgency | act.Self, Assurance: act.Basic, Look: lookQueue})
	export := s.Operation(act.Operation{Name: "casework.desk_export", Object: "desk", May: act.SameAgency, Assurance: act.Basic, Look: lookQueue, PerMinute: 10})
	d.read = s.Operation(act.Operation{Name: "casework.desk_case", Object: "case", May: act.SameAgency | act.Assigned, Assurance: act.Basic, Look: lookCase})
	file := s.Operation(act.Operation{Name: "casework.desk_file", Object: "case", May: act.SameAgency | act.Assigned, Assurance: act.Basic, Look: "document.look.file"})

	s.Page(enter, "GET /desk", d.showDesk)
	s.Page(list, "GET /desk/mine", d.showMine)
	s.Page(export, "GET /desk/list.csv", d.sendList)
	s.Page(d.read, "GET /desk/cases/{number}", d.showCase)
	s.Page(d.read, "GET /desk/cases/{number}/print", d.printCase)
	s.Page(file, "GET /desk/cases/{number}/files/{file}", d.sendFile)
	take := d.acts(s)
	s.Page(take, "POST /desk/take", d.postTakeMany)
	d.api(s, list)

	if b.Pages != nil {
		b.Pages.Add(page.MenuDesk,
			page.Link{Order: 10, Text: "casework.desk.menu.queue", Href: "/desk", Icon: "tray", Show: isOfficial},
			page.Link{Order: 20, Text: "casework.desk.menu.mine", Href: "/desk/mine", Icon: "briefcase", Show: isOfficial})
	}
}

func isOfficial(c *web.Context) bool { return c.Act().Actor.Kind == act.Official }

// deskList is a page of the list with everything around it.
type deskList struct {
	workplace
	Path   string // of the list: /desk or /desk/mine
	Query  deskQuery
	Page   QueuePage
	Names  map[id.ID]lang.Name
	Counts map[string]tally
	Total  tally // of the query
	Panel  *deskCase
}

// showMine is the list of the official's own cases, with an address of its own in the menu.
func (d *desk) showMine(c *web.Context) error { return d.list(c, "/desk/mine", d.renderList) }

func (d *desk) showList(c *web.Context) error { return d.list(c, "/desk", d.renderList) }

// list reads a page of the list as its address narrows it.
func (d *desk) list(c *web.Context, path string, answer func(*web.Context, deskList) error) error {
	w, err := d.workplace(c)
	if err != nil {
		return err
	}
	if err := c.May(w.object()); err != nil {
		return err
	}
	out := deskList{workplace: w, Path: path}
	if err := c.Bind(&out.Query); err != nil {
		return err
	}
	switch {
	case path == "/desk/mine":
		out.Query.Owner = ownerMe
	case out.Query.Owner == "" && out.Query.Search != "": // a search is for any case of the agency
		out.Query.Owner = ownerAll
	case out.Query.Owner == "":
		out.Query.Owner = out.firstOwner()
	}
	if err := d.fill(c, &out); err != nil {
		return err
	}
	return answer(c, out)
}

// fill reads the lines, the names of their people, and the counts.
func (d *desk) fill(c *web.Context, out *deskList) error {
	ctx, q := c.Context(), out.query(out.Query)
	var err error
	if out.Page, err = d.Queue(ctx, c.Act(), q); err != nil {
		return err
	}
	if out.Names, err = d.namesOf(ctx, c.Act(), lookOfList(q.Search), out.Page.Lines); err != nil {
		return err
	}
	n, more, err := d.Count(ctx, q, countMost)
	out.Total = tally{n, more}
	return err
}

// namesOf finds the applicants of a list, each of whom sees it, and the officials who have their cases.
func (m *Module) namesOf(ctx context.Context, a act.Act, what string, lines []QueueLine) (map[id.ID]lang.Name, error) {
	if len(lines) == 0 {
		return map[id.ID]lang.Name{}, nil
	}
	var people, colleagues []id.ID
	for _, line := range lines {
		people = append(people, line.Applicant)
		if owner, ok := line.owner(); ok {
			colleagues = append(colleagues, owner)
		}
	}
	names, err := m.deps.People.Names(ctx, a, what, people...)
	if err != nil {
		return nil, err
	}
	return names, m.addColleagues(ctx, colleagues, names)
}

// owner is the official who has the case; false when nobody has.
func (l QueueLine) owner() (id.ID, bool) {
	if l.Official == Free {
		return id.ID{}, false
	}
	who, err := id.Parse(l.Official)
	return who, err == nil
}

func (d *desk) renderList(c *web.Context, out deskList) error {
	if number, ok := d.foundAlone(c, out); ok {
		return c.Redirect(deskPath(number))
	}
	var err error
	if out.Counts, err = d.counts(c, out.workplace); err != nil {
		return err
	}
	if out.Query.Case != "" {
		switch err := d.openPanel(c, &out); {
		case err != nil:
			return err
		case phone(c.Request()) && out.Panel != nil:
			return c.Redirect(out.Panel.path())
		}
	}
	return d.base.Pages.Render(c, page.Options{Title: c.T("casework.desk.title"), Layout: page.Desk}, deskListPage(d.Module, c, out))
}

// foundAlone tells the number of the one case that a search by number is for, when it lies on no list any more: decided
// cases are found by their number alone.
func (d *desk) foundAlone(c *web.Context, out deskList) (string, bool) {
	if out.Query.Search == "" || len(out.Page.Lines) > 0 {
		return "", false
	}
	ref, err := d.Find(c.Context(), out.Query.Search)
	ref = ref.At(c.Act())
	if err != nil || !c.Can(d.read, ref.Object()) {
		return "", false
	}
	return ref.Number, true
}

// openPanel reads the case beside the list. One that the official may not see opens no panel: the link was old.
func (d *desk) openPanel(c *web.Context, out *deskList) error {
	ref, err := d.Find(c.Context(), out.Query.Case)
	ref = ref.At(c.Act())
	if errors.Is(err, ErrNone) || err == nil && !c.Can(d.read, ref.Object()) {
		return nil
	}
	if err != nil {
		return err
	}
	shown, err := d.openCase(c, ref)
	if err == nil {
		out.Panel = &shown
	}
	return err
}

// refFor finds the case of the path and asks whether the official may do the route's operation to it. An official has no
// part in their own case, and a colleague's case must be taken first: both are told in words.
func (d *desk) refFor(c *web.Context) (Ref, error) {
	if !isOfficial(c) {
		return Ref{}, ErrNoDesk
	}
	ref, err := d.Find(c.Context(), c.Path("number"))
	if err != nil {
		return ref, err
	}
	ref = ref.At(c.Act())
	if err := c.May(ref.Object()); err != nil {
		return ref, d.plainly(c, ref, err)
	}
	return ref, nil
}

// plainly says a refusal of permission in the desk's words, where the official may know of the case at all.
func (d *desk) plainly(c *web.Context, ref Ref, refused error) error {
	me := c.Person()
	switch {
	case ref.Holder == me || ref.Applicant == me:
		return ErrOwn.Because(refused)
	case ref.Agency == c.Act().Actor.Agency:
		return ErrNotYours.Because(refused)
	}
	return refused
}

func (d *desk) showCase(c *web.Context) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	return d.renderCase(c, ref, deskTyped{Verdict: c.Query("do")}, nil)
}

// renderCase shows a case's own page; typed and failed are of an act that could not be done.
func (d *desk) renderCase(c *web.Context, ref Ref, typed deskTyped, failed *fault.Fault) error {
	shown, err := d.openCase(c, ref)
	if err != nil {
		return err
	}
	if failed == nil {
		shown.insert(c, &typed)
	}
	view := deskCaseView{deskCase: shown, Typed: typed, Failed: failed}
	options := page.Options{
		Title: c.T("casework.desk.case_title", "number", id.FormatNumber(ref.Number)), Layout: page.Desk, Faulty: failed != nil,
		Crumbs: []ui.Link{{Text: c.T("casework.desk.title"), Href: "/desk"}, {Text: id.FormatNumber(ref.Number)}},
	}
	if failed != nil {
		options.Status = web.Status(failed)
	}
	return d.base.Pages.Render(c, options, deskCasePage(d.Module, c, view))
}

// fileSender answers with the bytes of a file; *document.Module is one.
type fileSender interface {
	SendFile(c *web.Context, holder, file id.ID) error
}

// sendFile gives the official a file of the case, and of no other.
func (d *desk) sendFile(c *web.Context) error {
	ref, err := d.refFor(c)
	if err != nil {
		return err
	}
	file, err := c.ID("file")
	if err != nil {
		return err
	}
	a := c.Act().ForCase(ref.ID)
	read, err := d.Read(c.Context(), a, ref.Holder, ref.ID)
	if err != nil {
		return err
	}
	shown := deskCase{Case: read}
	if shown.City, shown.Service, _, err = d.Definition(c.Context(), read); err != nil {
		return err
	}
	sender, ok := d.deps.Papers.(fileSender)
	if !ok {
		return ErrNone
	}
	for _, f := range shown.files(c.Lang(), "") {
		if f.ID == file.String() {
			return sender.SendFile(c, ref.Holder, file)
		}
	}
	return ErrNone
}

// manyMost is how many cases can be taken at once.
const manyMost = 100

type takeForm struct {
	Case []string `json:"case" max:"40"`
}

// postTakeMany takes every ticked case that is free. Those that a colleague has taken meanwhile are counted, not
// touched.
func (d *desk) postTakeMany(c *web.Context) error {
	w, err := d.workplace(c)
	if err != nil {
		return err
	}
	var form takeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := c.May(act.Object{Kind: "case", Agency: w.act.Actor.Agency}); err != nil {
		return err
	}
	taken, failed := 0, 0
	for _, number := range form.Case[:min(len(form.Case), manyMost)] {
		done, err := d.takeOne(c, number)
		switch {
		case err != nil:
			return err
		case done:
			taken++
		default:
			failed++
		}
	}
	switch {
	case taken+failed == 0:
		c.SetFlash("warning", "casework.desk.none_ticked")
	case failed > 0:
		c.SetFlash("warning", "casework.desk.took_some", "taken", taken, "failed", failed)
	default:
		c.SetFlash("success", "casework.desk.took", "count", taken)
	}
	return c.Redirect(deskBack(c, "/desk"))
}

// takeOne takes a case; false when it cannot be taken by this official now.
func (d *desk) takeOne(c *web.Context, number string) (bool, error) {
	ref, err := d.Find(c.Context(), number)
	ref = ref.At(c.Act())
	if errors.Is(err, ErrNone) || err == nil && !c.Can(d.read, ref.Object()) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := c.May(ref.Object()); err != nil {
		return false, err
	}
	_, err = d.Take(c.Context(), c.Act().ForCase(ref.ID), Step{Holder: ref.Holder, Case: ref.ID})
	if f := fault.Of(err); err != nil && (f.Kind == fault.Conflict || f.Kind == fault.Denied || f.Kind == fault.Invalid) {
		return false, nil
	}
	return err == nil, err
}

// phone tells whether the browser says that it is a phone's: the case's own page is opened there, since no panel fits
// beside the list.
func phone(r *http.Request) bool {
	if hint := r.Header.Get("Sec-CH-UA-Mobile"); hint != "" {
		return hint == "?1"
	}
	return mobile.MatchString(r.UserAgent())
}
