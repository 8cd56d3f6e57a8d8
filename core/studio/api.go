package studio

import (
	"net/http"
	"slices"
	"time"

	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

func (m *Module) api(s *web.Server) {
	about := func(summary string, in, out any) web.Describe {
		return web.Describe{Summary: summary, Tag: "studio", In: in, Out: out}
	}
	o, root := m.ops, "/api/v1/studio"
	s.API(o.read, "GET "+root+"/files", m.apiFiles, about("Files of the city in force, one's own services first", nil, []listedBody{}))
	s.API(o.read, "GET "+root+"/changes", m.apiChanges, about("Change sets that are open or wait for approval", nil, []changeBody{}))
	s.API(o.begin, "POST "+root+"/changes", m.apiBegin, about("Begin a change set over the city in force", beginForm{}, changeBody{}))
	s.API(o.read, "GET "+root+"/changes/{change}", m.apiChange, about("A change set: its files, what the check finds, what it changes in words", nil, wholeBody{}))
	file := about("The text of a file in a change set, with what a save must say back", nil, textBody{})
	file.Params = []web.Param{{Name: "path", Text: "From the city's folder: services/parking-permit.yaml"}}
	s.API(o.read, "GET "+root+"/changes/{change}/file", m.apiFile, file)
	s.API(o.edit, "PUT "+root+"/changes/{change}/file", m.apiSave, about("Save a file, or take it away; 409 when somebody saved it since it was read", saveBody{}, checkBody{}))
	s.API(o.propose, "POST "+root+"/changes/{change}/propose", m.apiPropose, about("Propose a change set for publication by a second person", proposeForm{}, nil))
	s.API(o.edit, "POST "+root+"/changes/{change}/withdraw", m.apiWithdraw, about("Take a proposal back for editing", revisionBody{}, nil))
	s.API(o.refuse, "POST "+root+"/changes/{change}/refuse", m.apiRefuse, about("Send a proposal back to its authors with words", stepForm{}, nil))
	s.API(o.approve, "POST "+root+"/changes/{change}/approve", m.apiApprove, about("Publish a proposal exactly as it was proposed; never one's own", revisionBody{}, publishedBody{}))
	s.API(o.drop, "POST "+root+"/changes/{change}/drop", m.apiDrop, about("Drop a change set; its texts stay in its history", revisionBody{}, nil))
	s.API(o.simulate, "POST "+root+"/changes/{change}/simulations", m.apiSimulate, about("Try a service of a change set on made-up or decided cases", tryBody{}, runBody{}))
	s.API(o.read, "GET "+root+"/changes/{change}/simulations/{run}", m.apiRun, about("How far a simulation is, and what came out", nil, runBody{}))
	s.API(o.history, "GET "+root+"/versions", m.apiVersions, about("Versions that were in force, the newest first", nil, []versionBody{}))
	whole := about("The files of a version as a ZIP, byte for byte as published", nil, nil)
	whole.Type = "application/zip"
	s.API(o.history, "GET "+root+"/versions/{version}/export", m.showExport, whole)
	s.API(o.rollback, "POST "+root+"/versions/{version}/rollback", m.apiRollback, about("Put an earlier version into force again", noteBody{}, nil))
}

type listedBody struct {
	Path    string       `json:"path"`
	Title   string       `json:"title"`
	Source  service.Hash `json:"source" doc:"SHA-256 of the file"`
	Doubts  int          `json:"doubts" doc:"Places that are worth a look"`
	Mine    bool         `json:"mine" doc:"Whether you may change it"`
	Changed time.Time    `json:"changed,omitzero" doc:"Since when it is as it is"`
	Changes []id.ID      `json:"changes" doc:"Change sets that have it otherwise"`
}

func (m *Module) apiFiles(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	city, err := m.InForce(c.Context())
	if err != nil {
		return err
	}
	list, err := m.List(c, a, city)
	if err != nil {
		return err
	}
	out := make([]listedBody, 0, len(list))
	for _, f := range list {
		one := listedBody{Path: f.Path, Title: f.Title, Source: hashIn(city.Files, f.Path), Doubts: f.Doubts, Mine: f.Mine, Changed: f.Changed.At, Changes: []id.ID{}}
		for _, set := range f.In {
			one.Changes = append(one.Changes, set.ID)
		}
		out = append(out, one)
	}
	return c.JSON(http.StatusOK, out)
}

type changeBody struct {
	ID         id.ID        `json:"id"`
	Title      string       `json:"title"`
	State      string       `json:"state" doc:"open, proposed, published, dropped"`
	Revision   int64        `json:"revision" doc:"To be said back by whatever changes the set"`
	Base       service.Hash `json:"base" doc:"Version that it is compared to"`
	MadeBy     id.ID        `json:"made_by"`
	Made       time.Time    `json:"made"`
	ProposedBy id.ID        `json:"proposed_by,omitzero"`
	Note       string       `json:"note,omitempty"`
	Starts     time.Time    `json:"starts,omitzero"`
	Version    service.Hash `json:"version,omitempty" doc:"That was proposed"`
	ClosedBy   id.ID        `json:"closed_by,omitzero"`
	Closed     time.Time    `json:"closed,omitzero"`
}

func bodyOf(c Change) changeBody {
	return changeBody{c.ID, c.Title, string(c.State), c.Revision, c.Base, c.MadeBy, c.Made, c.ProposedBy, c.Note, c.Starts, c.Version, c.ClosedBy, c.Closed}
}

func (m *Module) apiChanges(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	out := []changeBody{}
	for _, state := range []State{Proposed, Open} {
		list, err := m.Changes(c.Context(), state, office(a))
		if err != nil {
			return err
		}
		for _, one := range list {
			out = append(out, bodyOf(one))
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (m *Module) apiBegin(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	var form beginForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	change, err := m.Begin(c.Context(), a, form.Title)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, bodyOf(change))
}

type faultBody struct {
	File   string `json:"file"`
	Line   int    `json:"line" doc:"From 1; 0: the whole file"`
	Column int    `json:"column"`
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Hint   string `json:"hint"`
}

type checkBody struct {
	Revision int64       `json:"revision"`
	Faults   []faultBody `json:"faults" doc:"Of the whole city with the change set in it"`
}

func faultsOf(l lang.Language, faults service.Faults) []faultBody {
	out := make([]faultBody, 0, len(faults))
	for _, f := range faults {
		out = append(out, faultBody{f.File, f.Line, f.Column, f.Kind, f.In(l), f.Hint(l)})
	}
	return out
}

type wholeBody struct {
	changeBody
	Files  []savedBody      `json:"files"`
	Faults []faultBody      `json:"faults"`
	Diff   []service.Change `json:"diff"`
	Words  []string         `json:"words" doc:"The difference in words, in the language that was asked for"`
}

type savedBody struct {
	Path     string       `json:"path"`
	Source   service.Hash `json:"source" doc:"Empty: the file is taken away"`
	Revision int64        `json:"revision"`
	By       id.ID        `json:"by"`
	At       time.Time    `json:"at"`
	Behind   bool         `json:"behind,omitempty" doc:"Published otherwise meanwhile"`
}

func (m *Module) apiChange(c *web.Context) error {
	_, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	two, err := m.Compare(c.Context(), w)
	if err != nil {
		return err
	}
	out := wholeBody{changeBody: bodyOf(w.Change), Files: []savedBody{}, Faults: faultsOf(c.Lang(), two.Faults), Diff: []service.Change{}, Words: []string{}}
	for _, f := range w.Saved {
		out.Files = append(out.Files, savedBody{f.Path, f.Source, f.Revision, f.By, f.At, w.State == Open && w.IsBehind(f)})
	}
	if two.To != nil {
		out.Diff = append(out.Diff, service.Diff(two.From, two.To)...)
	}
	for _, one := range out.Diff {
		out.Words = append(out.Words, one.In(c.Lang()))
	}
	return c.JSON(http.StatusOK, out)
}

type textBody struct {
	Path string       `json:"path"`
	Text string       `json:"text"`
	Seen int64        `json:"seen"`
	Base service.Hash `json:"base"`
}

func (m *Module) apiFile(c *web.Context) error {
	_, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	content, there := fileOf(w.Files, c.Query("path"))
	if !there {
		return ErrNone
	}
	v := fileView{Workspace: w, Path: c.Query("path")}
	v.seen()
	return c.JSON(http.StatusOK, textBody{v.Path, string(content), v.Seen, v.FileBase})
}

type saveBody struct {
	Path   string       `json:"path" max:"200"`
	Text   string       `json:"text,omitempty" max:"1048576" raw:"true"`
	Remove bool         `json:"remove,omitempty"`
	Seen   int64        `json:"seen" doc:"As it was read; 0: it was as in force"`
	Base   service.Hash `json:"base" max:"64" doc:"As it was read; empty: a new file"`
}

func (m *Module) apiSave(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var body saveBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	err = m.Save(c.Context(), a, change.ID, Edit{Path: body.Path, Text: []byte(body.Text), Remove: body.Remove, Seen: body.Seen, Base: body.Base})
	if err != nil {
		return err
	}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	check, err := m.Check(c.Context(), w.Tree, w.Files)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, checkBody{w.Revision, faultsOf(c.Lang(), check.Faults)})
}

func (m *Module) apiPropose(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var form proposeForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	starts, err := moment(form.Starts, m.deps.Services.Zone())
	if err != nil {
		return err
	}
	if err := m.Propose(c.Context(), a, change.ID, Proposal{Revision: form.Revision, Note: form.Note, Starts: starts}); err != nil {
		return err
	}
	return c.Empty()
}

type revisionBody struct {
	Revision int64 `json:"revision"`
}

// stepped does one step of a change set that was seen in a revision.
func (m *Module) stepped(c *web.Context, do func(act.Act, Change, int64) error) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var body revisionBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if err := do(a, change, body.Revision); err != nil {
		return err
	}
	return c.Empty()
}

func (m *Module) apiWithdraw(c *web.Context) error {
	return m.stepped(c, func(a act.Act, change Change, revision int64) error {
		return m.Withdraw(c.Context(), a, change.ID, revision)
	})
}

func (m *Module) apiDrop(c *web.Context) error {
	return m.stepped(c, func(a act.Act, change Change, revision int64) error {
		return m.Drop(c.Context(), a, change.ID, revision)
	})
}

func (m *Module) apiRefuse(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	form, err := m.steps(c)
	if err != nil {
		return err
	}
	if err := m.Refuse(c.Context(), a, change.ID, form.Revision, form.Words); err != nil {
		return err
	}
	return c.Empty()
}

type publishedBody struct {
	Version service.Hash `json:"version"`
	Number  int64        `json:"number,omitempty" doc:"In the order of versions"`
	Plan    id.ID        `json:"plan,omitzero" doc:"When it comes into force later"`
}

func (m *Module) apiApprove(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var body revisionBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	out, err := m.Approve(c.Context(), a, change.ID, body.Revision)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, publishedBody{change.Version, out.Number, out.Plan})
}

type tryBody struct {
	Service string `json:"service" max:"100"`
	Cases   int64  `json:"cases,omitempty" doc:"How many are made up; 0: decided cases of the last days"`
	Days    int64  `json:"days,omitempty"`
}

type runBody struct {
	ID       id.ID               `json:"id"`
	Service  string              `json:"service"`
	State    string              `json:"state" doc:"waits, done, failed"`
	Progress int64               `json:"progress" doc:"Cases so far"`
	Result   *service.Simulation `json:"result,omitempty" doc:"When it is done; counts alone"`
}

func (m *Module) apiSimulate(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var body tryBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	run, err := m.Simulate(c.Context(), a, change.ID, Try{Service: body.Service, Cases: body.Cases, Days: body.Days})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, runBody{ID: run, Service: body.Service, State: runWaits})
}

func (m *Module) apiRun(c *web.Context) error {
	_, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	which, err := c.ID("run")
	if err != nil {
		return err
	}
	run, err := m.RunOf(c.Context(), change.ID, which)
	if err != nil {
		return err
	}
	out := runBody{ID: run.ID, Service: run.Service, State: run.State, Progress: run.Progress}
	if run.State == runDone {
		out.Result = &run.Result
	}
	return c.JSON(http.StatusOK, out)
}

type versionBody struct {
	Number     int64        `json:"number"`
	Version    service.Hash `json:"version"`
	Tree       service.Hash `json:"tree,omitempty" doc:"Of its files; empty: it came without them"`
	Since      time.Time    `json:"since"`
	Note       string       `json:"note,omitempty"`
	By         id.ID        `json:"by,omitzero" doc:"The official who published or approved it; none: the server's administrator"`
	ProposedBy id.ID        `json:"proposed_by,omitzero"`
}

func (m *Module) apiVersions(c *web.Context) error {
	if _, err := m.own(c); err != nil {
		return err
	}
	list, err := m.deps.Services.Switches(c.Context(), listMost)
	if err != nil {
		return err
	}
	out := make([]versionBody, 0, len(list))
	for s := range slices.Values(list) {
		out = append(out, versionBody{s.Number, s.Hash, s.Tree, s.At, s.Note, s.By, s.Proposed})
	}
	return c.JSON(http.StatusOK, out)
}

type noteBody struct {
	Note string `json:"note" max:"2000"`
}

func (m *Module) apiRollback(c *web.Context) error {
	a, err := m.own(c)
	if err != nil {
		return err
	}
	if !isAdmin(a) {
		return ErrAuthor
	}
	var body noteBody
	if err := c.Bind(&body); err != nil {
		return err
	}
	if body.Note == "" {
		return ErrNote
	}
	if _, err := m.deps.Services.Rollback(c.Context(), a, service.Hash(c.Path("version")), body.Note); err != nil {
		return err
	}
	return c.Empty()
}
