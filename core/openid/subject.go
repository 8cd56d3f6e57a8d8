package openid

import "posad.city/kit/id"

// subject is what a site calls a person. The city's own sites share one name; outside sites get one for each sector
// (OpenID Connect Core, 8.1): a keyed hash under a city key that never changes, so that two sites can't compare.
func (m *Module) subject(c Client, person id.ID) string {
	sector := "city"
	if !c.City {
		sector = "site " + c.sector()
	}
	return encode(m.base.Vault.Keyed("openid.subject", sector+" "+person.String()))
}

// sid is what a site calls a session: another one for each site, so that these can't compare either.
func (m *Module) sid(c Client, session id.ID) string {
	return encode(m.base.Vault.Keyed("openid.sid", c.Key()+" "+session.String()))
}
