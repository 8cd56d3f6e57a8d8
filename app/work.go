package app

import (
	"github.com/a-h/templ"

	"posad.city/kit/web"
)

// workPlace is an agency that a person serves in.
type workPlace struct{ agency, title string }

// workWidget shows an official where they work, so that nobody has to look for the desk in their own data.
func (m *Modules) workWidget(c *web.Context) (templ.Component, error) {
	roles, err := m.Agency.OfficialOf(c.Context(), c.Person())
	if err != nil || len(roles) == 0 {
		return nil, err
	}
	var places []workPlace
	for _, role := range roles {
		places = append(places, workPlace{agency: role.Agency.String(), title: m.Service.AgencyName(role.Agency, c.Lang())})
	}
	return workWidget(c.T("app.widget.work"), c.T("app.widget.work_lead"), places), nil
}
