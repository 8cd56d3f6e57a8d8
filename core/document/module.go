package document

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/document/internal/store"
	"posad.city/core/mandate"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/authority"
	"posad.city/kit/credential"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/scan"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Families tells for whom a person may act; *mandate.Module is one.
type Families interface {
	Acting(ctx context.Context, a act.Act, taker id.ID) ([]mandate.Principal, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Address  string                // the portal's, without a slash at the end: it is printed and scanned
	Zone     func() *time.Location // the city's time zone
	Families Families              // nil: nobody acts for another here

	Scanner         scan.Scanner         // nil: no virus scanner, and files are not checked
	ScannerRequired bool                 // no file is taken while the scanner is silent; else it waits to be checked
	PDFs            PDFs                 // nil: PDFs are taken as they are, without a preview
	City            func() *service.City // the version in force, for lists and renewals; nil, or nil from it: there are none
	Teller          Teller               // nil: nobody is told of a virus that was found later; ProvideTeller gives it afterwards
}

// Module keeps documents. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
	desk deskOps

	authority *authority.Authority
	issuer    *credential.Issuer
	lists     lists // of standings, as they were signed last

	receiver Receiver // nil: no file comes in parts
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// ProvideTeller gives the module who tells people. The app calls it before the house starts, since the one who does stands
// above.
func (m *Module) ProvideTeller(t Teller) { m.deps.Teller = t }

// Authority certifies the city's keys: one for the whole city, so that whoever trusts its published roots verifies all that
// is signed under them. It is there once Provision has run.
func (m *Module) Authority() *authority.Authority { return m.authority }

// Name implements module.Module.
func (m *Module) Name() string { return "document" }

// Migrations is the module's schema, for tests of later modules. They need those of vault, jobs and journal too.
var Migrations = store.Migrations{Module: "document", Files: documentdb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// sweepEvery is how often blobs that no row names are looked for.
const sweepEvery = 24 * time.Hour

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if b.Vault == nil || b.Blobs == nil || b.Seal == nil || b.Journal == nil || b.Texts == nil {
		return errors.New("document: vault, blobs, seal, journal and texts are needed")
	}
	if m.deps.Address == "" || m.deps.Zone == nil {
		return errors.New("document: the portal's address and the city's zone are needed")
	}
	m.base = b
	b.Journal.Compare(m.subject())
	m.authority = authority.New(authority.Name{City: b.Seal.City()}, b.Vault, b.Clock)
	m.issuer = credential.New(m.deps.Address, b.Vault, m.authority, b.Clock)
	b.Jobs.Every("document.sweep", sweepEvery, m.sweep, jobs.Limit(1))
	b.Jobs.Handle(jobScan, m.scanLater)
	b.Jobs.Handle(jobEnd, m.end)
	b.Jobs.Every("document.sendings", sweepSending, m.sweepSendings, jobs.Limit(1))
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}
