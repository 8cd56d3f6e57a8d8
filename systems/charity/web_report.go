package charity

import (
	"errors"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// reportForm is a report as it was typed.
type reportForm struct {
	Appeal id.ID      `json:"appeal"`
	TextRU string     `json:"text" max:"4000"`
	TextEN string     `json:"text_en" max:"4000"`
	Line0  lineForm   `json:"line0"`
	Line1  lineForm   `json:"line1"`
	Line2  lineForm   `json:"line2"`
	Line3  lineForm   `json:"line3"`
	Line4  lineForm   `json:"line4"`
	Files  []web.File `json:"files"`
}

func (f *reportForm) lines() []*lineForm {
	return []*lineForm{&f.Line0, &f.Line1, &f.Line2, &f.Line3, &f.Line4}
}

func (f *reportForm) report(fund id.ID) NewReport {
	out := NewReport{Fund: fund, Appeal: f.Appeal, Text: pairOf(f.TextRU, f.TextEN)}
	for _, l := range f.lines() {
		if trim(l.Title) == "" && trim(l.Amount) == "" {
			continue
		}
		out.Lines = append(out.Lines, ReportLine{Line: l.Line, What: pairOf(l.Title, l.TitleEN), Amount: kopecks(l.Amount)})
	}
	for _, file := range f.Files {
		if len(file.Data) > 0 && len(out.Files) < filesMost {
			out.Files = append(out.Files, Upload{Name: file.Name, Data: file.Data})
		}
	}
	return out
}

// reportFormView is the form of a report.
type reportFormView struct {
	Fund   Fund
	Appeal Standing
	Left   map[string]int64 // paid out and not reported, by line
	Form   reportForm
	Faults []fault.Field
}

func (m *Module) showReportForm(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	appeal, err := id.Parse(c.Query("appeal"))
	if err != nil {
		return ErrNone.Because(err)
	}
	return m.reportPage(c, reportFormView{Fund: f, Form: reportForm{Appeal: appeal}})
}

func (m *Module) reportPage(c *web.Context, v reportFormView) error {
	var err error
	if v.Appeal, err = m.Appeal(c.Context(), v.Form.Appeal); err != nil {
		return err
	}
	if v.Appeal.Fund != v.Fund.ID {
		return ErrNone
	}
	err = m.base.Store.Read(c.Context(), func(r *store.Snapshot) error {
		var err error
		v.Left, err = leftToTell(r, v.Appeal)
		return err
	})
	if err != nil {
		return wrap("left to tell", err)
	}
	o := m.officeOptions(c, v.Fund, c.T("charity.report_form"))
	o.Faulty = len(v.Faults) > 0
	return m.base.Pages.Render(c, o, reportFormPage(m, c, v))
}

func (m *Module) postReport(c *web.Context) error {
	f, err := m.office(c)
	if err != nil {
		return err
	}
	var form reportForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err = m.Tell(c.Context(), c.Act(), form.report(f.ID))
	for wrong, name := range map[*fault.Fault]string{ErrShort: "lines", ErrFile: "files"} {
		if errors.Is(err, wrong) {
			return m.reportPage(c, reportFormView{Fund: f, Form: form, Faults: []fault.Field{{Name: name, ID: wrong.ID}}})
		}
	}
	if errors.Is(err, ErrForm) {
		return m.reportPage(c, reportFormView{Fund: f, Form: form, Faults: fault.Of(err).Fields})
	}
	if err != nil {
		return err
	}
	c.SetFlash("success", "charity.flash_report")
	return c.Redirect(appealPath(form.Appeal))
}
