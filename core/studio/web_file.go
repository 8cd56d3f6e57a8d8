package studio

import (
	"bytes"
	"net/http"
	"path"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
	"posad.city/ui"
)

// fileView is the editor.
type fileView struct {
	place
	Workspace
	Path     string
	Text     string // in the editor
	Seen     int64
	FileBase service.Hash
	New      bool
	Mine     bool
	Line     int
	Faults   service.Faults // of this file
	Others   int            // faults of other files
	Behind   bool
	InForce  string // the text in force, when the file is behind
	Theirs   *Saved // a conflict: what somebody saved meanwhile; its text is Other
	Other    string
	From     *Event // the text is an earlier one, taken from the history
	History  []Event
	Keys     []keyLine
	Schema   string
}

// fileQuery is what the address of the editor says.
type fileQuery struct {
	Path  string `json:"path" max:"200"`
	Line  int    `json:"line"`
	Event int64  `json:"event"`
}

func (m *Module) showFile(c *web.Context) error {
	var q fileQuery
	if err := c.Bind(&q); err != nil {
		return err
	}
	a, change, err := m.ofJudged(c)
	if err != nil {
		return err
	}
	v := fileView{place: m.place(a), Path: strings.TrimSpace(q.Path), Line: q.Line}
	if v.Workspace, err = m.Workspace(c.Context(), change.ID); err != nil {
		return err
	}
	content, there := fileOf(v.Files, v.Path)
	if !there && !rightPath(v.Path, v.City.Files) {
		failed, err := told(ErrPath)
		if err != nil {
			return err
		}
		return m.filesPage(c, filesView{New: q.Path, place: place{failed: failed.With(fault.Field{Name: "path", ID: ErrPath.ID})}})
	}
	v.Text, v.New = string(content), !there
	if q.Event > 0 {
		e, text, err := m.SourceOf(c.Context(), change.ID, q.Event)
		if err != nil {
			return err
		}
		if e.Path == v.Path {
			v.From, v.Text = &e, string(text)
		}
	}
	v.seen()
	return m.filePage(c, v)
}

// seen sets what the form says back about the file that it was opened from.
func (v *fileView) seen() {
	f, _ := v.SavedOf(v.Path)
	v.Seen, v.FileBase = f.Revision, hashIn(v.City.Files, v.Path)
}

func (m *Module) filePage(c *web.Context, v fileView) error {
	v.Mine = v.State == Open && mayFile(v.act, m.deps.Services.Current(), v.City.Files, v.Path)
	check, err := m.Check(c.Context(), v.Tree, v.Files)
	if err != nil {
		return err
	}
	v.Faults = of(check.Faults, v.Path)
	v.Others = len(check.Faults) - len(v.Faults)
	if f, ok := v.SavedOf(v.Path); ok && v.State == Open && v.IsBehind(f) {
		content, _ := fileOf(v.City.Files, v.Path)
		v.Behind, v.InForce = true, string(content)
	}
	events, err := m.Events(c.Context(), v.ID)
	if err != nil {
		return err
	}
	var people []id.ID
	for _, e := range events {
		if e.Path == v.Path {
			v.History = append(v.History, e)
			people = append(people, e.By)
		}
	}
	if v.Theirs != nil {
		people = append(people, v.Theirs.By)
	}
	if err := m.call(c, &v.place, people...); err != nil {
		return err
	}
	v.Schema = schemaOf(v.Path)
	v.Keys = keysOf(v.Schema)
	return m.render(c, path.Base(v.Path)+" · "+v.Title, v.failed, []ui.Link{{Text: v.Title, Href: v.href()}, {Text: v.Path}}, filePage(c, v))
}

type fileForm struct {
	Path string       `json:"path" max:"200"`
	Text string       `json:"text" max:"1048576" raw:"true"`
	Seen int64        `json:"seen"`
	Base service.Hash `json:"base" max:"64"`
	Do   string       `json:"do" max:"10"` // save (also when empty), remove, restore
}

// lines gives a text the line ends of the file that it was made from: browsers send CRLF whatever there was.
func lines(text string, was []byte) []byte {
	out := strings.ReplaceAll(text, "\r\n", "\n")
	if bytes.Contains(was, []byte("\r\n")) {
		out = strings.ReplaceAll(out, "\n", "\r\n")
	}
	return []byte(out)
}

func (m *Module) postFile(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var form fileForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	w, err := m.Workspace(c.Context(), change.ID)
	if err != nil {
		return err
	}
	was, there := fileOf(w.Files, form.Path)
	if !there {
		was, _ = fileOf(w.City.Files, form.Path)
	}
	e := Edit{Path: form.Path, Text: lines(form.Text, was), Seen: form.Seen, Base: form.Base}
	switch form.Do {
	case "remove":
		e.Text, e.Remove = nil, true
	case "restore":
		e.Text, e.Remove = nil, true
		if content, inForce := fileOf(w.City.Files, form.Path); inForce {
			e.Text, e.Remove = content, false
		}
	}
	failed, err := told(m.Save(c.Context(), a, change.ID, e))
	if err != nil {
		return err
	}
	if failed != nil {
		return m.unsaved(c, change, form, failed)
	}
	c.SetFlash("success", "studio.did.saved")
	if form.Do != "" && form.Do != "save" {
		return c.Redirect(change.href())
	}
	return c.Redirect(change.href("/file?path=", escape(form.Path)))
}

// unsaved shows the editor with the text that could not be kept. In a conflict the other text stands beside it, and saving
// again says that it was seen.
func (m *Module) unsaved(c *web.Context, change Change, form fileForm, failed *fault.Fault) error {
	v := fileView{place: m.place(c.Act()), Path: form.Path, Text: form.Text}
	var err error
	if v.Workspace, err = m.Workspace(c.Context(), change.ID); err != nil {
		return err
	}
	v.failed, v.Seen, v.FileBase = failed.With(fault.Field{Name: "text", ID: failed.ID, Params: failed.Params}), form.Seen, form.Base
	if failed.ID == ErrConflict.ID {
		f, ok := v.SavedOf(form.Path)
		if !ok {
			f = Saved{Path: form.Path}
		}
		content, _ := fileOf(v.Files, form.Path)
		v.Theirs, v.Other = &f, string(content)
		v.seen()
	}
	return m.filePage(c, v)
}

type uploadForm struct {
	Revision int64      `json:"revision"`
	Files    []web.File `json:"files"`
}

func (m *Module) postUpload(c *web.Context) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	var form uploadForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	var files []service.SourceFile
	for _, f := range form.Files {
		more, err := sent(f)
		if err != nil {
			return m.after(c, err, change, "", changeView{}, uploadFields)
		}
		files = append(files, more...)
	}
	if len(files) == 0 {
		return m.after(c, ErrArchive, change, "", changeView{}, uploadFields)
	}
	_, err = m.Upload(c.Context(), a, change.ID, form.Revision, files)
	return m.after(c, err, change, "studio.did.uploaded", changeView{}, uploadFields)
}

var uploadFields = map[string]string{ErrArchive.ID: "files", ErrLarge.ID: "files", ErrMany.ID: "files", ErrText.ID: "files", ErrPath.ID: "files", ErrFile.ID: "files"}

// sent reads one file that was sent: an archive of a folder, or a definition whose first key tells where it lies.
func sent(f web.File) ([]service.SourceFile, error) {
	if bytes.HasPrefix(f.Data, []byte("PK\x03\x04")) {
		return unpack(f.Data)
	}
	if err := rightText(f.Data); err != nil {
		return nil, err
	}
	name := lies(f)
	if !known.MatchString(name) {
		return nil, ErrPath
	}
	return []service.SourceFile{{Path: name, Content: f.Data}}, nil
}

// lies tells where a single file belongs, by its name and what it defines.
func lies(f web.File) string {
	if known.MatchString(f.Name) {
		return f.Name
	}
	for _, kind := range []struct{ key, folder string }{{"agency", "agencies"}, {"register", "registers"}, {"resource", "resources"}, {"tariff", "tariffs"}, {"charge", "charges"}, {"own-register", "own-registers"}, {"page", "content/pages"}} {
		if bytes.HasPrefix(f.Data, []byte(kind.key+":")) {
			return kind.folder + "/" + f.Name
		}
	}
	if bytes.Contains(f.Data, []byte("\nnotices:")) && !bytes.Contains(f.Data, []byte("\nform:")) {
		return "messages/" + f.Name
	}
	return "services/" + f.Name
}

// filesView is the list from which a file is chosen to be edited.
type filesView struct {
	place
	Workspace
	Query string
	New   string // path of a file that is to be made
	Files []Listed
}

func (m *Module) showFiles(c *web.Context) error {
	var form listForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	return m.filesPage(c, filesView{Query: form.Search})
}

func (m *Module) filesPage(c *web.Context, v filesView) error {
	a, change, err := m.ofChange(c)
	if err != nil {
		return err
	}
	failed := v.failed
	v.place = m.place(a)
	v.failed = failed
	if v.Workspace, err = m.Workspace(c.Context(), change.ID); err != nil {
		return err
	}
	city := m.deps.Services.Current()
	var all []Listed
	for _, f := range v.Workspace.Files {
		if mayFile(a, city, v.City.Files, f.Path) {
			all = append(all, Listed{Path: f.Path, Title: titleOf(c.Lang(), city, f), Mine: true})
		}
	}
	v.Files = sought(all, v.Query)
	title := c.T("studio.choose_file")
	return m.render(c, title, failed, []ui.Link{{Text: change.Title, Href: change.href()}, {Text: title}}, filesPage(c, v))
}

func (v filesView) rows() []entry {
	var out []entry
	for _, f := range v.Files {
		row := entry{Title: f.Title, Href: v.href("/file?path=", escape(f.Path))}
		if f.Title != f.Path {
			row.Note = f.Path
		}
		out = append(out, row)
	}
	return out
}

func (v filesView) field(c *web.Context) ui.Field {
	f := ui.Field{Name: "path", Label: c.T("studio.field.path"), Hint: c.T("studio.hint.path")}
	if v.failed != nil {
		f.Error = page.FaultText(c, v.failed.Fields, "path")
	}
	return f
}

// around is what stands about a line of a text, with the numbers, for those who have no script.
type numbered struct {
	Number int
	Text   string
	Here   bool
}

func around(text string, line int) []numbered {
	if line < 1 {
		return nil
	}
	all := strings.Split(text, "\n")
	var out []numbered
	for n := max(1, line-3); n <= min(len(all), line+3); n++ {
		out = append(out, numbered{n, all[n-1], n == line})
	}
	return out
}

// marks are the lines that have faults, for the script.
func marks(faults service.Faults) string {
	var out []string
	for _, f := range faults {
		out = append(out, strconv.Itoa(f.Line)+":"+strconv.Itoa(f.Column))
	}
	return strings.Join(out, " ")
}

// showSchema gives the editor's script the schema of a kind of file.
func (m *Module) showSchema(c *web.Context) error {
	if _, err := m.own(c); err != nil {
		return err
	}
	all, err := service.Schemas()
	if err != nil {
		return err
	}
	content, ok := all[c.Path("schema")]
	if !ok {
		return ErrNone
	}
	return c.JSON(http.StatusOK, rawJSON(content))
}

type rawJSON []byte

// MarshalJSON gives the bytes as they are.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }
