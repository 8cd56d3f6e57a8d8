// Package module is what every civic block and city system has in common: how the house takes it in and lets it go.
//
// A module is made with its neighbours by its own New and listed by hand in app/. The house then opens the store with
// every module's schema, loads every module's texts, and calls Provision once, in the order of the list; there a module
// registers operations, routes, jobs, event handlers, menu links and checks. Start begins what runs by itself; Stop ends
// it and must work after half a start. The package owns nothing.
package module

import (
	"context"
	"io/fs"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/page"
	"posad.city/kit/blob"
	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/vault"
	"posad.city/kit/web"
)

// Module is a civic block or a city system.
type Module interface {
	// Name is the module's folder and the prefix of its operations, events, jobs, tables and texts.
	Name() string
	// Schema is what the store must hold; a zero Files for none.
	Schema() store.Migrations
	// Locales holds locale/ru.yaml and locale/en.yaml; nil for none.
	Locales() fs.FS
	// Provision registers everything the module adds. It does no I/O but reading.
	Provision(*Base) error
	// Start begins what runs by itself. The context ends when the house stops.
	Start(context.Context) error
	// Stop ends it, waits, and is safe to call without Start and twice.
	Stop(context.Context) error
}

// Base is the ground that the house gives to every module.
type Base struct {
	Store   *store.Store
	Vault   *vault.Vault
	Clock   clock.Clock
	Jobs    *jobs.Queue
	Feed    *feed.Feed
	Blobs   *blob.Folder
	Seal    *seal.Seal
	Journal *journal.Journal
	Web     *web.Server
	Pages   *page.Site
	Texts   *lang.Catalogue
	Log     *slog.Logger
	Metrics prometheus.Registerer
}

// SweepMost is how many rows a sweep drops in one Write, so that a big one keeps nobody waiting.
const SweepMost = 500

// Sweep drops rows that are over, behind everybody who waits for an answer: drop is called, in a Write each time, until it drops fewer
// than SweepMost.
func (b *Base) Sweep(ctx context.Context, drop func(*store.Tx) (int64, error)) error {
	for {
		var n int64
		err := b.Store.Write(store.Background(ctx), func(tx *store.Tx) error {
			var err error
			n, err = drop(tx)
			return err
		})
		if err != nil || n < SweepMost {
			return err
		}
	}
}

// Plain gives a module the rooms that it does not use: embed it.
type Plain struct{}

// Schema implements Module: no tables.
func (Plain) Schema() store.Migrations { return store.Migrations{} }

// Locales implements Module: no texts.
func (Plain) Locales() fs.FS { return nil }

// Start implements Module: nothing runs by itself.
func (Plain) Start(context.Context) error { return nil }

// Stop implements Module.
func (Plain) Stop(context.Context) error { return nil }
