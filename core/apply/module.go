package apply

import (
	"embed"
	"errors"
	"io/fs"

	"posad.city/core/apply/internal/store"
	"posad.city/core/module"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// jobExpire ends a draft that nobody saved for DraftLife; Holder and Object name it.
const jobExpire = "apply.expire"

// jobForget deletes what registers told for a deleted draft: Holder is the person it is about, Object the draft.
const jobForget = "apply.forget"

// jobUnbook cancels what was booked for a deleted draft; Object is the draft.
const jobUnbook = "apply.unbook"

// Module takes applications. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module {
	if d.CasePath == nil {
		d.CasePath = func(number string) string { return "/cases/" + number }
	}
	return &Module{deps: d}
}

// Name implements module.Module.
func (m *Module) Name() string { return "apply" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "apply", Files: applydb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	d := m.deps
	if d.Services == nil || d.People == nil || d.Family == nil || d.Registers == nil || d.Papers == nil || d.Cases == nil {
		return errors.New("apply: a neighbour is missing")
	}
	m.base = b
	b.Jobs.Handle(jobExpire, m.expire)
	b.Jobs.Handle(jobForget, m.forget)
	b.Jobs.Handle(jobUnbook, m.unbook)
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}
