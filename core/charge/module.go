package charge

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"time"

	"posad.city/core/account"
	"posad.city/core/charge/internal/store"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	// City is the city's data in force, with the kinds of charges; nil while none is published.
	City func() *service.City
	Zone func() *time.Location // the city's
	// People tells a person's own numbers, once their account is confirmed; nil: nobody's are known.
	People People
	// Things asks the registers what is a person's: plates, a driving licence; nil: nobody is asked.
	Things func(ctx context.Context, a act.Act, person id.ID) ([]Thing, error)
	// Word makes a word about somebody's account ready, put in a Write; *account.Module gives one. nil: nobody is told.
	Word func(ctx context.Context, w account.Word) (func(*store.Tx) error, error)
	// Tell makes a notice about bills ready, put in a Write; nil: nobody is told of their bills.
	Tell func(ctx context.Context, n News) (func(*store.Tx) error, error)
	// Known tells whether a home is a person of the city, who is told what comes there; nil: none is.
	Known func(ctx context.Context, home id.ID) (bool, error)
	// Arranged says of a person's bills which of them a standing order pays, that tells of them itself; nil: there are no such orders.
	Arranged func(ctx context.Context, a act.Act, person id.ID) (func(Charge) bool, error)
	// Limit counts tries of one key and refuses when there are too many; nil: they are not counted.
	Limit func(ctx context.Context, guard, key string, most int, window time.Duration) error
	// AgencyName is what an agency, or another payee, is called.
	AgencyName func(payee id.ID, l lang.Language) string
}

// People knows the numbers by which others issue charges to a person.
type People interface {
	// Numbers are those of a confirmed account; none for an account that is not confirmed.
	Numbers(ctx context.Context, person id.ID) ([]Identifier, error)
}

// Module keeps charges. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps      Deps
	base      *module.Base
	seen      seen
	issued    *store.PersonalList // what an agency issued
	refreshes int64               // how many people a round of asking the registers again takes
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d, seen: seen{most: seenMost}, refreshes: refreshMost} }

// Name implements module.Module.
func (m *Module) Name() string { return "charge" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "charge", Files: chargedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.Zone == nil {
		return errors.New("charge: no time zone is given")
	}
	m.base = b
	var err error
	if m.issued, err = store.NewPersonalList(issuedSpec); err != nil {
		return err
	}
	b.Jobs.Handle(jobDiscover, m.ask, jobs.Limit(2))
	b.Jobs.Handle(jobTell, m.tell)
	if m.deps.Tell != nil {
		for _, event := range newsEvents {
			b.Jobs.OnShared(event, jobNews, m.hear, jobs.Limit(2))
		}
	}
	b.Jobs.Handle(jobTellNews, m.tellNews, jobs.Limit(2))
	b.Jobs.Handle(jobImport, m.take, jobs.Limit(1))
	b.Jobs.Every(jobSweep, importSweepGap, m.sweep)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

func (m *Module) city() *service.City {
	if m.deps.City == nil {
		return nil
	}
	return m.deps.City()
}

// Zone is the city's time zone, in which days of discounts and penalties are counted.
func (m *Module) Zone() *time.Location { return m.deps.Zone() }
