package utility

import (
	"fmt"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/web"
	"posad.city/ui"
)

// importView is the page on which the agency gives readings in bulk.
type importView struct {
	Lines  string
	Files  []Import
	Faults []ui.FaultLine
}

// sentImport is its form: a file, or lines that were pasted.
type sentImport struct {
	Lines string    `json:"lines" max:"500000"`
	File  *web.File `json:"file"`
}

func (m *Module) showImport(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var v importView
	if v.Files, err = m.Imports(c.Context(), a); err != nil {
		return err
	}
	return m.renderImport(c, v)
}

func (m *Module) renderImport(c *web.Context, v importView) error {
	title := c.T("utility.import.title")
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: m.deskCrumbs(c, title), Faulty: len(v.Faults) > 0}, importPage(m, c, v))
}

func (m *Module) postImport(c *web.Context) error {
	a, err := m.official(c)
	if err != nil {
		return err
	}
	var form sentImport
	if err := c.Bind(&form); err != nil {
		return err
	}
	content := []byte(form.Lines)
	if form.File != nil && len(form.File.Data) > 0 {
		content = form.File.Data
	}
	if strings.TrimSpace(string(content)) == "" {
		v := importView{Faults: []ui.FaultLine{{Name: "file", Text: c.FaultText(ErrNothing)}}}
		if v.Files, err = m.Imports(c.Context(), a); err != nil {
			return err
		}
		return m.renderImport(c, v)
	}
	sent, err := m.SendReadings(c.Context(), a, content)
	if err != nil {
		return err
	}
	return c.Redirect(filePath(Import{ID: sent}))
}

func filePath(i Import) string { return "/desk/utility/imports/" + i.ID.String() }

// fileView is one file: how far it is, and what was not taken.
type fileView struct {
	Import
	Bad []BadLine
}

func (m *Module) fileView(c *web.Context) (fileView, error) {
	a, err := m.official(c)
	if err != nil {
		return fileView{}, err
	}
	which, err := c.ID("import")
	if err != nil {
		return fileView{}, err
	}
	var v fileView
	if v.Import, err = m.Import(c.Context(), a, which); err != nil {
		return v, err
	}
	v.Bad, err = m.BadLines(c.Context(), which)
	return v, err
}

func (m *Module) showFile(c *web.Context) error {
	v, err := m.fileView(c)
	if err != nil {
		return err
	}
	title := c.T("utility.import.file_title", "month", v.Period.In(c.Lang()))
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Desk, Crumbs: []ui.Link{
		{Text: c.T("utility.desk.title"), Href: "/desk/utility"}, {Text: c.T("utility.import.title"), Href: "/desk/utility/import"}, {Text: title},
	}}, filePage(c, v))
}

// sendBad gives the lines that were not taken as a file, which can be put right and sent again: what is wrong with each stands
// before it.
func (m *Module) sendBad(c *web.Context) error {
	v, err := m.fileView(c)
	if err != nil {
		return err
	}
	var out strings.Builder
	for _, line := range v.Bad {
		fmt.Fprintf(&out, "# %s %s\n%s\n", c.T("utility.import.line", "n", line.Line), c.T("utility.bad."+line.Reason), line.Text)
	}
	return c.File(web.File{Name: "readings-" + v.Period.String() + "-bad.csv", Type: "text/csv; charset=utf-8", Data: []byte(out.String())}, true)
}
