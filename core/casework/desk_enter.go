package casework

import (
	"slices"

	"posad.city/core/agency"
	"posad.city/core/page"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

// showDesk is the list to an official. Whoever serves somewhere and acts for themselves now is shown how to begin to work:
// a first sign-in is as a resident, so that this is what a new official meets.
func (d *desk) showDesk(c *web.Context) error {
	if isOfficial(c) || c.Person().IsZero() {
		return d.showList(c)
	}
	doors, err := d.doors(c)
	if err != nil {
		return err
	}
	if len(doors) == 0 {
		return ErrNoDesk
	}
	if err := c.May(act.Object{Kind: "desk", Holder: c.Person()}); err != nil {
		return err
	}
	return d.base.Pages.Render(c, page.Options{Title: c.T("casework.desk.enter.title"), Layout: page.Plain}, deskDoors(c, doors))
}

// doors are the agencies that the person serves in, in the order of the city.
func (d *desk) doors(c *web.Context) ([]*service.Agency, error) {
	city := d.deps.Services.Current()
	if city == nil || d.deps.Officials == nil {
		return nil, nil
	}
	roles, err := d.deps.Officials.OfficialOf(c.Context(), c.Person())
	if err != nil {
		return nil, err
	}
	var out []*service.Agency
	for i := range city.Agencies {
		office := &city.Agencies[i]
		if slices.ContainsFunc(roles, func(o agency.Official) bool { return o.Agency == agency.ID(office.Key) }) {
			out = append(out, office)
		}
	}
	return out, nil
}
