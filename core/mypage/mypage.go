// Package mypage is the person's own place: what needs attention and what is under way. Who looked at their data is
// core/mydata's page.
//
// It owns no tables. What it shows is brought by modules as sources: things to do (Todos) and widgets, each of which
// loads on its own, so that a broken one harms no other. It owns the page /account and the switches of language
// and view that every page carries (POST /lang, POST /view).
//
// It comes last in the order of core and may read every earlier module; the app gives it their sources. Life cycle: New,
// Provision.
package mypage

import (
	"context"
	"embed"
	"io/fs"
	"slices"
	"time"

	"github.com/a-h/templ"

	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/web"
)

//go:embed locale/*.yaml
var locales embed.FS

// Todo is something that waits for the person.
type Todo struct {
	Due   time.Time // zero: no term; these come last
	Title string
	Note  string
	Do    string // words of the button
	Href  string
}

// Source is what a module brings to the page, for the person who is signed in and the children they act for.
type Source struct {
	Name  string // of the module, for the log
	Order int
	// Todos are what waits for the person; may be nil.
	Todos func(c *web.Context) ([]Todo, error)
	// Widget is a block of the page; a nil component: nothing to show now. May be nil.
	Widget func(c *web.Context) (templ.Component, error)
}

// Deps are what the module is given by the app.
type Deps struct {
	Sources []Source
	// Greet is how the person is addressed: their given name, or nothing.
	Greet func(ctx context.Context, a act.Act) string
	// Zone is the city's time zone.
	Zone func() *time.Location
}

// Module is the person's own place. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d} }

// Name implements module.Module.
func (m *Module) Name() string { return "mypage" }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	slices.SortStableFunc(m.deps.Sources, func(a, b Source) int { return a.Order - b.Order })
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// todos are everything that waits for the person, the most urgent first.
func (m *Module) todos(c *web.Context) []Todo {
	var out []Todo
	for _, s := range m.deps.Sources {
		if s.Todos == nil {
			continue
		}
		some, err := s.Todos(c)
		if err != nil {
			m.base.Log.Error("mypage: a source failed", "source", s.Name, "error", err)
			continue
		}
		out = append(out, some...)
	}
	slices.SortStableFunc(out, byUrgency)
	return out
}

func byUrgency(a, b Todo) int {
	switch {
	case a.Due.IsZero() && b.Due.IsZero():
		return 0
	case a.Due.IsZero():
		return 1
	case b.Due.IsZero():
		return -1
	}
	return a.Due.Compare(b.Due)
}

// widgets are the blocks of the page; one that fails is left out and logged.
func (m *Module) widgets(c *web.Context) []templ.Component {
	var out []templ.Component
	for _, s := range m.deps.Sources {
		if s.Widget == nil {
			continue
		}
		w, err := s.Widget(c)
		if err != nil {
			m.base.Log.Error("mypage: a widget failed", "source", s.Name, "error", err)
			continue
		}
		if w != nil {
			out = append(out, w)
		}
	}
	return out
}

func options(c *web.Context, key string) page.Options {
	return page.Options{Title: c.T(key), Layout: page.Account}
}
