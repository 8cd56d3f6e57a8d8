package register

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// fieldPrefix stands before a field's key in the form of a correction.
const fieldPrefix = "field_"

// inEnglish stands after it for the English words.
const inEnglish = "__en"

// told is the key of a fault that the page itself says, when it is one of those; any other error goes on.
func told(err error, known ...*fault.Fault) (string, error) {
	for _, one := range known {
		if errors.Is(err, one) {
			return one.ID, nil
		}
	}
	return "", err
}

// atDesk asks whether somebody is an official at all; the register's own purposes judge what they read.
func atDesk(c *web.Context) error {
	return c.May(act.Object{Kind: "entry", Agency: c.Act().Actor.Agency})
}

func (m *Module) showDesk(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	return m.base.Pages.Render(c, page.Options{Title: c.T("register.desk.title"), Layout: page.Desk}, deskPage(c, m.readable(c.Act())))
}

// searchView is the page on which officials find entries.
type searchView struct {
	Register *service.OwnRegister
	Purposes []service.OwnPurpose
	Fields   []service.OwnField // by which the chosen purpose finds
	Query    Query
	Asked    bool
	Wrong    string // key of what is wrong with the value
	Found    Found
	Shown    []service.OwnField // that the purpose shows
	Refused  []Refusal          // for the head of the agency that keeps it
	Names    map[id.ID]lang.Name
}

// readingOf is why the address says that somebody reads. Nobody is given a purpose that they did not name; ErrCase when what
// they named is no case.
func readingOf(c *web.Context, r *service.OwnRegister) (Reading, error) {
	read := Reading{Register: r.Key, Purpose: c.Query("purpose")}
	named := c.Query("case")
	if named == "" {
		return read, nil
	}
	var err error
	if read.Case, err = id.Parse(named); err != nil {
		return read, ErrCase.With(fault.Field{Name: "case", ID: ErrCase.ID})
	}
	return read, nil
}

// address is a path for the same reading.
func (read Reading) address(path string) string {
	q := url.Values{"purpose": {read.Purpose}}
	if !read.Case.IsZero() {
		q.Set("case", read.Case.String())
	}
	return path + "?" + q.Encode()
}

func (m *Module) showSearch(c *web.Context) error {
	if err := atDesk(c); err != nil {
		return err
	}
	r, err := m.own(c.Path("register"))
	if err != nil {
		return err
	}
	read, err := readingOf(c, r)
	if err != nil {
		return err
	}
	if own := purposesOf(r, c.Act()); read.Purpose == "" && c.Query("q") == "" && len(own) > 0 {
		read.Purpose = own[0].Key // the empty form begins with the first one
	}
	l, err := m.allow(c.Context(), c.Act(), read)
	if err != nil {
		return m.refused(c.Context(), c.Act(), read, id.ID{}, err)
	}
	v := searchView{Shown: l.shown(), Register: r, Purposes: purposesOf(r, c.Act()), Fields: l.searched(), Query: Query{Reading: read, Field: c.Query("field"), Value: c.Query("q")}}
	if v.Query.Field == "" && len(v.Fields) > 0 {
		v.Query.Field = v.Fields[0].Key
	}
	if v.Asked = v.Query.Value != ""; v.Asked {
		v.Found, err = m.Search(c.Context(), c.Act(), v.Query)
		if v.Wrong, err = told(err, ErrValue, ErrField); err != nil {
			return err
		}
	}
	if err := m.withRefusals(c, &v); err != nil {
		return err
	}
	title := r.Title.In(c.Lang())
	crumbs := []ui.Link{{Text: c.T("register.desk.title"), Href: "/desk/registers"}, {Text: title}}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: crumbs, Faulty: v.Wrong != ""}, searchPage(m, c, v))
}

// refusalsShown is how many refusals stand on the page.
const refusalsShown = 20

// withRefusals adds who was not let in, for the head of the agency that keeps the register.
func (m *Module) withRefusals(c *web.Context, v *searchView) error {
	if !ends(v.Register, c.Act()) {
		return nil
	}
	var err error
	if v.Refused, err = m.Refusals(c.Context(), c.Act(), v.Register.Key, refusalsShown); err != nil || m.deps.People == nil {
		return err
	}
	var people []id.ID
	for _, one := range v.Refused {
		people = append(people, one.Official)
	}
	v.Names, err = m.deps.People.Names(c.Context(), m.system(id.ID{}), lookEntry, people...)
	return err
}

// shown are the fields that a reader sees.
func (l leave) shown() []service.OwnField {
	var out []service.OwnField
	for _, f := range l.register.Fields {
		if l.sees(f.Key) {
			out = append(out, f)
		}
	}
	return out
}

// searched are the fields by which a reader finds entries.
func (l leave) searched() []service.OwnField {
	var out []service.OwnField
	for _, f := range l.register.Fields {
		if f.Search && l.sees(f.Key) {
			out = append(out, f)
		}
	}
	return out
}

// sees tells whether a reader sees a field.
func (l leave) sees(field string) bool { return l.fields == nil || slices.Contains(l.fields, field) }

// sees tells whether the purpose of the page shows a field.
func (v entryView) sees(field string) bool {
	p, ok := v.Register.Purpose(v.Desk.Reading.Purpose)
	return ok && (len(p.Fields) == 0 || slices.Contains(p.Fields, field))
}

// deskEntry is what officials can do with an entry.
type deskEntry struct {
	Reading  Reading
	May      bool // correct it now
	MayEnd   bool
	Typed    web.Fields
	Failed   *fault.Fault
	IsEnding bool // what failed was an end
}

func (m *Module) showDeskEntry(c *web.Context) error { return m.renderDeskEntry(c, deskEntry{}) }

func (m *Module) renderDeskEntry(c *web.Context, d deskEntry) error {
	v, err := m.deskEntry(c, d)
	if err != nil {
		return err
	}
	title := v.Register.Title.In(c.Lang())
	options := page.Options{
		Title: title, Layout: page.Desk, Faulty: d.Failed != nil,
		Crumbs: []ui.Link{{Text: c.T("register.desk.title"), Href: "/desk/registers"}, {Text: title, Href: v.Desk.Reading.address("/desk/registers/" + v.Register.Key)}, {Text: named(c, v.Entry)}},
	}
	if d.Failed != nil {
		options.Status = web.Status(d.Failed)
	}
	return m.base.Pages.Render(c, options, entryPage(m, c, v))
}

func (m *Module) deskEntry(c *web.Context, d deskEntry) (entryView, error) {
	which, err := c.ID("entry")
	if err != nil {
		return entryView{}, err
	}
	if err := atDesk(c); err != nil {
		return entryView{}, err
	}
	v := entryView{Desk: &d}
	if v.Register, err = m.own(c.Path("register")); err != nil {
		return v, err
	}
	if d.Reading, err = readingOf(c, v.Register); err != nil {
		return v, err
	}
	if v.Entry, v.History, err = m.Read(c.Context(), c.Act(), d.Reading, which); err != nil {
		return v, err
	}
	open := v.Entry.Ended.IsZero() && d.Reading.Purpose != PurposeCase
	d.May, d.MayEnd = open && corrects(v.Register, c.Act()), open && ends(v.Register, c.Act())
	return v, nil
}

func (m *Module) postCorrect(c *web.Context) error {
	return m.postChange(c, false, func(which id.ID, typed web.Fields) (*Prepared, error) {
		values := map[string]lang.Text{}
		for name := range typed {
			key, ok := strings.CutPrefix(name, fieldPrefix)
			if ok && !strings.HasSuffix(name, inEnglish) {
				values[key] = lang.Text{RU: typed.Get(name), EN: typed.Get(name + inEnglish)}
			}
		}
		return m.PrepareCorrection(c.Context(), c.Act(), Correction{Register: c.Path("register"), Entry: which, Version: versionOf(typed), Values: values, Reason: typed.Get("reason")})
	})
}

func (m *Module) postEnd(c *web.Context) error {
	return m.postChange(c, true, func(which id.ID, typed web.Fields) (*Prepared, error) {
		return m.PrepareEnd(c.Context(), c.Act(), Ending{Register: c.Path("register"), Entry: which, Version: versionOf(typed), Reason: typed.Get("reason")})
	})
}

// versionOf is the version that the official saw.
func versionOf(typed web.Fields) int64 {
	n, err := strconv.ParseInt(typed.Get("version"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// postChange makes an official's change; what is wrong with it comes back on the page with what was typed.
func (m *Module) postChange(c *web.Context, ending bool, prepare func(which id.ID, typed web.Fields) (*Prepared, error)) error {
	which, err := c.ID("entry")
	if err != nil {
		return err
	}
	if err := atDesk(c); err != nil {
		return err
	}
	typed, err := c.Fields()
	if err != nil {
		return err
	}
	p, err := prepare(which, typed)
	if err == nil {
		err = m.base.Store.WriteAs(c.Context(), c.Act(), func(tx *store.Tx) error { return p.Put(tx) })
	}
	var failed *fault.Fault
	if errors.As(err, &failed) && (failed.Kind == fault.Invalid || failed.Kind == fault.Conflict) {
		return m.renderDeskEntry(c, deskEntry{Typed: typed, Failed: failed, IsEnding: ending})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "register.desk.done")
	return c.Redirect(Reading{Purpose: c.Query("purpose")}.address("/desk/registers/" + c.Path("register") + "/" + which.String()))
}
