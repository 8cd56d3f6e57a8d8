// Package organisation knows organisations and sole traders that act in the city.
//
// It owns the tables organisation (holder: the organisation itself, whose id is derived from its OGRN, so that there is one)
// and organisation_trader (holder: the person, who is the trader). An organisation is registered by its head: by a
// certificate that names the head and the organisation, or by the state register, which names its head. The head then has
// a mandate of kind company with every scope; staff have mandates that the head, or staff with the scope staff, give them
// by the offers of core/mandate, with their own scopes, services, sums and terms. A new head ends the former one's
// mandate. A sole trader is a person: nothing lies in another account, and nobody gives anybody a mandate for it.
//
// It does not own mandates (core/mandate) nor certificates (core/certificate), and asks the state register only through
// Register, which the app makes of core/exchange. It gives core/mandate the names of organisations, and core/apply a
// trader's number.
//
// Life cycle: New; Provision registers the pages /account/organisations and their JSON faces; nothing runs by itself.
package organisation
