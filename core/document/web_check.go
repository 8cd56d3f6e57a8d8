package document

import (
	"errors"
	"strings"

	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/web"
)

// asked is what was put into the check: a code, a number, or neither.
type asked struct {
	code, number string
	wrong        bool // something was typed that is neither
}

// understand tells a number from a code. A code may come as the whole address that a scanner read.
func understand(text string) asked {
	text = strings.TrimSpace(text)
	if text == "" {
		return asked{}
	}
	if number, err := id.ParseNumber(text); err == nil {
		return asked{number: number}
	}
	code := strings.ToUpper(text[strings.LastIndexByte(text, '/')+1:])
	code, _, _ = strings.Cut(code, "?")
	if _, _, err := seal.OpenToken(code, seal.KeySet{}); errors.Is(err, seal.ErrToken) {
		return asked{wrong: true}
	}
	return asked{code: code}
}

func (m *Module) showCheck(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	typed := c.Query("q")
	what := understand(typed)
	if what.code != "" {
		return c.Redirect("/v/" + what.code)
	}
	view := checkView{Typed: typed, Wrong: what.wrong}
	if what.number != "" {
		found, err := m.CheckNumber(c.Context(), c.Act(), what.number)
		if err != nil {
			return err
		}
		view.Found, view.Number = &found, what.number
	}
	return m.renderCheck(c, view)
}

func (m *Module) showChecked(c *web.Context) error {
	if err := c.May(act.Object{}); err != nil {
		return err
	}
	found, err := m.Check(c.Context(), c.Act(), c.Path("code"))
	if err != nil {
		return err
	}
	return m.renderCheck(c, checkView{Found: &found})
}

// checkView is the page of the public check.
type checkView struct {
	Typed  string
	Wrong  bool
	Number string   // that was asked for
	Found  *Checked // nil: nothing was asked yet
}

func (m *Module) renderCheck(c *web.Context, view checkView) error {
	title := c.T("document.check.title")
	if view.Found != nil {
		title = verdictTitle(c, *view.Found)
	}
	return m.base.Pages.Render(c, page.Options{Title: title, Layout: page.Plain, Faulty: view.Wrong}, checkPage(m, c, view))
}
