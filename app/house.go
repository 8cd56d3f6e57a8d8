package app

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/form"
	"posad.city/core/module"
	"posad.city/core/page"
	"posad.city/kit/act"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/rule"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
	"posad.city/ui"
	"posad.city/ui/assets"
	"posad.city/ui/specimen"
)

//go:embed locale/*.yaml
var own embed.FS

// House is the running program: the ground, the modules, the edge.
type House struct {
	Base    *module.Base
	Modules *Modules
	Handler http.Handler
	Clock   *clock.System

	conf       Config
	schemas    []store.Migrations // of the ground and the modules, as the store was opened with them
	operations *act.Registry
	started    []module.Module
	watching   sync.WaitGroup // what runs beside the modules and ends with Start's context
}

// Options are what tests decide beyond the configuration.
type Options struct {
	Log    *slog.Logger
	Clock  *clock.System
	Store  store.Options // Schema and RunTwice of a test; Dir and Postgres come from the configuration
	Breach func(operation, what string)
}

// Open builds the house. Everything is ready when it returns, but nothing runs by itself until Start.
func Open(ctx context.Context, conf Config, o Options) (*House, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = new(clock.System)
	}
	modules, err := newModules(conf, o.Clock.Now)
	if err != nil {
		return nil, err
	}
	h := &House{conf: conf, Clock: o.Clock, Modules: modules, operations: new(act.Registry)}
	base, err := h.ground(ctx, o)
	if err != nil {
		return nil, err
	}
	h.Base = base
	if err := h.build(o); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// ground opens what every module stands on.
func (h *House) ground(ctx context.Context, o Options) (*module.Base, error) {
	so := o.Store
	so.Clock, so.Log = o.Clock, o.Log
	if so.Dir, so.Postgres = filepath.Join(h.conf.Data, "db"), h.conf.Database; so.Postgres != "" {
		so.Dir = ""
	}
	h.schemas = schemasOf(groundSchemas(), h.Modules)
	locales := []fs.FS{own, web.Locale, rule.Locale, blob.Locale, journal.Locale, ui.Locale, page.Locale, store.Locale, form.Locale}
	for _, m := range h.Modules.list() {
		if l := m.Locales(); l != nil {
			locales = append(locales, l)
		}
	}
	texts, err := lang.Load(locales...)
	if err != nil {
		return nil, fmt.Errorf("app: texts: %w", err)
	}
	st, err := store.Open(ctx, so, h.schemas...)
	if err != nil {
		return nil, err
	}
	base := &module.Base{Store: st, Clock: o.Clock, Log: o.Log, Pages: page.New(), Metrics: prometheus.NewRegistry()}
	base.Texts = texts.Reporting(func(err error) { o.Log.Error("app: a text is missing", "error", err) })
	if err := h.keys(ctx, base); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return base, nil
}

// keys opens what is kept under the city's keys.
func (h *House) keys(ctx context.Context, b *module.Base) error {
	if err := os.MkdirAll(h.conf.Data, 0o700); err != nil {
		return fmt.Errorf("app: data folder: %w", err)
	}
	kek, err := vault.OpenKEK(h.conf.MasterKey, true)
	if err != nil {
		return fmt.Errorf("app: master key: %w", err)
	}
	if b.Vault, err = vault.Open(ctx, vault.Options{Store: b.Store, KEK: kek, Clock: b.Clock}); err != nil {
		return err
	}
	if b.Blobs, err = blob.Open(filepath.Join(h.conf.Data, "blobs"), b.Clock); err != nil {
		return err
	}
	name, err := seal.Name(ctx, b.Store, h.conf.Address)
	if err != nil {
		return err
	}
	if name != h.conf.Address {
		b.Log.Info("app: the city signs under the name of its first address", "name", name, "address", h.conf.Address)
	}
	b.Seal = seal.New(name, b.Vault, b.Clock)
	b.Journal = journal.New(b.Seal, b.Clock)
	b.Jobs = jobs.NewQueue(b.Store, jobs.Options{Log: b.Log})
	b.Feed = feed.Open(b.Store, b.Log)
	b.Vault.SetFresh(b.Feed.Fresh)
	return nil
}

// build makes the edge and has every module register itself.
func (h *House) build(o Options) error {
	proxies, err := prefixes(h.conf.Proxies)
	if err != nil {
		return err
	}
	operators, err := prefixes(h.conf.Operators)
	if err != nil {
		return err
	}
	metrics, _ := h.Base.Metrics.(*prometheus.Registry)
	server, err := web.New(web.Config{
		Raise: "/sign-in/raise", BaseURL: h.conf.Address, Secure: h.conf.Secure(), TrustedProxies: proxies, Operators: operators,
		FormTargets: h.conf.formTargets(), Secrets: h.formSecrets(), InFlight: h.conf.InFlight,
	}, web.Deps{
		Operations: h.operations, Texts: h.Base.Texts, Clock: h.Clock, Log: h.Base.Log, Metrics: metrics, Breach: o.Breach,
		ErrorPage: h.Base.Pages.FaultPage,
	})
	if err != nil {
		return err
	}
	h.Base.Web = server
	for _, m := range h.Modules.list() {
		if err := m.Provision(h.Base); err != nil {
			return fmt.Errorf("app: %s: %w", m.Name(), err)
		}
	}
	h.Modules.provide(h)
	server.Check("database", h.databaseAnswers)
	server.Check("city", h.cityIsPublished)
	server.Static("GET "+assets.Prefix, assets.Handler())
	server.Static("GET /_ui/", specimen.Handler("/_ui/"))
	if err := h.planBackups(); err != nil {
		return err
	}
	if err := h.Base.Jobs.Check(); err != nil {
		return err
	}
	h.Handler, err = server.Handler()
	return err
}

// Start begins what runs by itself: feed, modules, jobs, in this order.
func (h *House) Start(ctx context.Context) error {
	if err := h.Base.Feed.Start(ctx); err != nil {
		return err
	}
	for _, m := range h.Modules.list() {
		h.started = append(h.started, m)
		if err := m.Start(ctx); err != nil {
			return fmt.Errorf("app: start %s: %w", m.Name(), err)
		}
	}
	h.watching.Go(func() { h.keepKeys(ctx) })
	h.watching.Go(func() { h.watchBackups(ctx) })
	return h.Base.Jobs.Start(ctx)
}

// Stop ends everything in the opposite order and closes the ground. It works after half a start.
func (h *House) Stop(ctx context.Context) error {
	h.watching.Wait()
	err := h.Base.Jobs.Stop(ctx)
	for i := len(h.started) - 1; i >= 0; i-- {
		err = errors.Join(err, h.started[i].Stop(ctx))
	}
	h.Base.Feed.Stop()
	h.Modules.pdfs.Close()
	return errors.Join(err, h.close())
}

func (h *House) close() error {
	if h.Base == nil {
		return nil
	}
	return h.Base.Store.Close()
}

// Operations lists what can be done in this house, for the matrix of permissions.
func (h *House) Operations() []act.Operation { return h.operations.All() }

// databaseAnswers is the check of /readyz that rows can be read.
func (h *House) databaseAnswers(ctx context.Context) error {
	return h.Base.Store.Read(ctx, func(*store.Snapshot) error { return nil })
}

// errNoCity says that there is nothing to serve yet.
var errNoCity = errors.New("no city is published: posad publish FOLDER")

// cityIsPublished is the check of /readyz that this node has a city to serve.
func (h *House) cityIsPublished(context.Context) error {
	if h.Modules.Service.Current() == nil {
		return errNoCity
	}
	return nil
}
