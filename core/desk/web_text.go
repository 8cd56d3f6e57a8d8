package desk

import (
	"posad.city/core/casework"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/web"
)

// textView is the page of texts.
type textView struct {
	place
	All    []casework.Template
	Typed  textForm
	Failed *fault.Fault
}

type textForm struct {
	ID       id.ID  `json:"id"`
	Revision int64  `json:"revision"`
	Kind     string `json:"kind" max:"20"`
	Service  string `json:"service" max:"100"`
	TitleRU  string `json:"title_ru" max:"200"`
	TitleEN  string `json:"title_en" max:"200"`
	TextRU   string `json:"text_ru" max:"8000"`
	TextEN   string `json:"text_en" max:"8000"`
}

func (f textForm) template() casework.Template {
	return casework.Template{
		ID: f.ID, Revision: f.Revision, Kind: f.Kind, Service: f.Service, Title: lang.Text{RU: f.TitleRU, EN: f.TitleEN}, Text: lang.Text{RU: f.TextRU, EN: f.TextEN},
	}
}

func formOf(t casework.Template) textForm {
	return textForm{ID: t.ID, Revision: t.Revision, Kind: t.Kind, Service: t.Service, TitleRU: t.Title.RU, TitleEN: t.Title.EN, TextRU: t.Text.RU, TextEN: t.Text.EN}
}

func (m *Module) showTemplates(c *web.Context) error {
	return m.textPage(c, textForm{Kind: casework.TemplateQuestion}, nil)
}

func (m *Module) textPage(c *web.Context, typed textForm, failed *fault.Fault) error {
	v := textView{Typed: typed, Failed: failed}
	var err error
	if v.place, err = m.place(c); err != nil {
		return err
	}
	if v.All, err = m.AllTemplates(c.Context(), v.act.Actor.Agency); err != nil {
		return err
	}
	if failed == nil {
		for _, t := range v.All {
			if t.ID.String() == c.Query("edit") && isHead(v.act) {
				v.Typed = formOf(t)
			}
		}
	}
	return m.render(c, "desk.text.title", failed, crumbs(c, "desk.text.title"), textPage(c, v))
}

func (m *Module) postTemplate(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form textForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	_, err = m.PutTemplate(c.Context(), v.act, form.template())
	failed, err := told(err)
	if err != nil {
		return err
	}
	if failed != nil {
		return m.textPage(c, form, failed.With(fault.Field{Name: form.wrong(failed), ID: failed.ID, Params: failed.Params}))
	}
	c.SetFlash("success", "desk.text.saved")
	return c.Redirect("/desk/templates")
}

// wrong is the control that a fault of a text is of.
func (f textForm) wrong(failed *fault.Fault) string {
	switch {
	case failed.ID == ErrTitle.ID && (f.TitleRU == "" || len([]rune(f.TitleRU)) > titleMost):
		return "title_ru"
	case failed.ID == ErrTitle.ID:
		return "title_en"
	case f.TextRU == "" || failed.ID == ErrHole.ID:
		return "text_ru"
	}
	return "text_en"
}

func (m *Module) postDropTemplate(c *web.Context) error {
	v, err := m.place(c)
	if err != nil {
		return err
	}
	var form endForm
	if err := c.Bind(&form); err != nil {
		return err
	}
	if err := m.DropTemplate(c.Context(), v.act, form.ID); err != nil {
		return err
	}
	c.SetFlash("success", "desk.text.dropped")
	return c.Redirect("/desk/templates")
}

// closedView is what a search among decided cases found.
type closedView struct {
	place
	Text  string
	Found []Found
	More  bool // than are shown
	Names map[id.ID]lang.Name
}

type searchForm struct {
	Search string `json:"q" max:"200"`
}

func (m *Module) searched(c *web.Context) (closedView, error) {
	var v closedView
	var err error
	if v.place, err = m.place(c); err != nil {
		return v, err
	}
	var form searchForm
	if err := c.Bind(&form); err != nil {
		return v, err
	}
	v.Text = form.Search
	if v.Found, v.More, err = m.Search(c.Context(), v.act, form.Search); err != nil {
		return v, err
	}
	var officials, applicants []id.ID
	for _, one := range v.Found {
		officials, applicants = append(officials, one.Official), append(applicants, one.Applicant)
	}
	if v.Names, err = m.names(c, officials...); err != nil || len(applicants) == 0 {
		return v, err
	}
	seen, err := m.deps.People.Names(c.Context(), v.act, lookSearch, applicants...)
	for who, name := range seen {
		v.Names[who] = name
	}
	return v, err
}

func (m *Module) showClosed(c *web.Context) error {
	v, err := m.searched(c)
	if err != nil {
		return err
	}
	return m.render(c, "desk.closed.title", nil, crumbs(c, "desk.closed.title"), closedPage(c, v))
}
