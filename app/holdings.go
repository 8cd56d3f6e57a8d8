package app

import (
	"context"
	"errors"
	"time"

	"posad.city/core/casework"
	"posad.city/core/mydata"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// holdings is what core/mydata shows, copies and erases: every module's data, in the order of the page.
func (m *Modules) holdings(conf Config, zone func() *time.Location) mydata.Deps {
	return mydata.Deps{
		Sources: []mydata.Source{
			{Name: "account", Data: m.Account.Data()}, {Name: "agency", Data: m.Agency.Data()}, {Name: "mandate", Data: m.Mandate.Data()},
			{Name: "booking", Data: m.Booking.Data()}, {Name: "casework", Data: m.Casework.Data()}, {Name: "apply", Data: m.Apply.Data()}, {Name: "desk", Data: m.Desk.Data()}, {Name: "document", Data: m.Document.Data()},
			{Name: "register", Data: m.Register.Data()},
			{Name: "exchange", Data: m.Exchange.Data()}, {Name: "ledger", Data: m.Ledger.Data()}, {Name: "charge", Data: m.Charge.Data()}, {Name: "pay", Data: m.Pay.Data()}, {Name: "reconcile", Data: m.Reconcile.Data()}, {Name: "utility", Data: m.Utility.Data()}, {Name: "card", Data: m.Card.Data()}, {Name: "notice", Data: m.Notice.Data()}, {Name: "autopay", Data: m.Autopay.Data()},
			{Name: "approval", Data: m.Approval.Data()}, {Name: "organisation", Data: m.Organisation.Data()},
			{Name: "charity", Data: m.Charity.Data()},
			{Name: "centre", Data: m.Centre.Data()}, {Name: "openid", Data: m.OpenID.Data()},
		},
		Words: m.Account, People: m.Account, Apply: m.Apply, City: m.Service.Current, Files: m.Document.HeldFiles,
		AgencyName: m.whoLooked, LookText: registers{m.Exchange, m.Register}.LookText, LookWhy: m.whyLooked, CaseLink: m.caseLink, Whom: m.holderOf, Zone: zone,
		List: erasureList(conf),
	}
}

// holderOf is in whose account the case of a number lies; store.ErrNone for no case.
func (m *Modules) holderOf(ctx context.Context, number string) (id.ID, error) {
	found, err := m.Casework.Find(ctx, number)
	if errors.Is(err, casework.ErrNone) {
		return id.ID{}, store.ErrNone
	}
	return found.Holder, err
}

// whoLooked is what an agency, or a site that signs people in by the city, is called.
func (m *Modules) whoLooked(who id.ID, l lang.Language) string {
	if name := m.Service.AgencyName(who, l); name != "" {
		return name
	}
	name, _ := m.OpenID.SiteName(who, l)
	return name
}

// erasureList is where it lies who was erased: beside the master key, and never with the copies of the city.
func erasureList(conf Config) string { return conf.MasterKey + ".erased" }
