package notice

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"posad.city/core/module"
	"posad.city/core/notice/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/mail"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Deps are what the module is given by the app.
type Deps struct {
	People  People
	Mail    Mailer // nil: the city sends no e-mail
	SMS     Texter // nil: the city sends no SMS
	From    string // address that letters come from, with Mail
	ReplyTo string // address for answers; may be empty
	Address string // the portal's, without a slash at the end
	// City is what the city is called, for the sender's name and the head of letters.
	City func(l lang.Language) string
	// Zone is the city's time zone.
	Zone func() *time.Location
}

// Module tells people. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps  Deps
	base  *module.Base
	meter *meter
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d, meter: newMeter()} }

// Name implements module.Module.
func (m *Module) Name() string { return "notice" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "notice", Files: noticedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

const jobSend = "notice.send"

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	if m.deps.People == nil || m.deps.City == nil || m.deps.Zone == nil {
		return errors.New("notice: people, the city's name and its zone are compulsory")
	}
	if _, err := mail.ParseAddress(m.deps.From); m.deps.Mail != nil && err != nil {
		return fmt.Errorf("notice: the address that letters come from: %w", err)
	}
	m.base = b
	b.Jobs.Handle(jobSend, m.send, jobs.Tries(SendTries))
	if err := m.meter.register(b.Metrics); err != nil {
		return fmt.Errorf("notice: metrics: %w", err)
	}
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// system is the house's own act of telling somebody of a case: nobody looks.
func (m *Module) system(about id.ID) act.Act {
	purpose := act.Purpose{Kind: "account"}
	if !about.IsZero() {
		purpose = act.Purpose{Kind: "case", ID: about.String()}
	}
	return act.ByJob(id.New(m.base.Clock.Now()), purpose)
}
