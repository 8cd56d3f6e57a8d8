package apply

import (
	"errors"

	"posad.city/core/form"
	"posad.city/kit/web"
)

// behind tells whether a draft's form is of an earlier version than the city's, in which this service is another.
func (m *Module) behind(in form.Input) bool {
	city, err := m.deps.Services.City()
	return err == nil && in.City != city
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
