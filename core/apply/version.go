package apply

import (
	"errors"

	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/web"
)

// newer says what becomes of a draft's answers in the current version of its form, a sentence each; false when its form is
// that one.
func (m *Module) newer(d Draft, in form.Input) ([]string, bool) {
	city, err := m.deps.Services.City()
	if err != nil || in.City == city {
		return nil, false
	}
	now, ok := city.Service(d.Service)
	if !ok {
		return nil, false
	}
	return service.MoveDraft(in.Service, now, d.Answers).In(in.Lang), true
}

// postVersion takes a draft over to the current version of its form: right answers stay, what is asked anew is missing.
func (m *Module) postVersion(c *web.Context) error {
	draft, a, err := m.may(c)
	if err != nil {
		return err
	}
	saved, err := m.Save(c.Context(), a, draft, Change{Anew: true, Lang: c.Lang()})
	if errors.Is(err, ErrSent) {
		return c.Redirect("/drafts/" + draft.String() + "/sent")
	}
	if err != nil {
		return err
	}
	m.askEarly(c.Context(), a, saved.Draft, c.Lang())
	c.SetFlash("info", "apply.flash_new_form")
	return c.Redirect(saved.Draft.path(""))
}
