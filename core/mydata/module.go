package mydata

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"posad.city/core/module"
	"posad.city/core/mydata/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// Module gives people control of their data. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base
	list *list
	// fileLooks is how many looks a file holds at most.
	fileLooks int
	// summed is the second up to which the looks are summed, as this process knows; 0: not known.
	summed atomic.Int64
}

// New returns the module.
func New(d Deps) *Module { return &Module{deps: d, fileLooks: fileLooks} }

// Name implements module.Module.
func (m *Module) Name() string { return "mydata" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "mydata", Files: mydatadb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// The jobs.
const (
	jobCopy   = "mydata.copy"
	jobErase  = "mydata.erase"
	jobRemind = "mydata.remind"
	jobEnd    = "mydata.end"
)

// endEvery is how often what is over is ended.
const endEvery = time.Hour

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	d := m.deps
	if d.Words == nil || d.People == nil || d.City == nil || d.AgencyName == nil || d.Zone == nil {
		return errors.New("mydata: a neighbour is missing")
	}
	m.base = b
	b.Journal.Compare(m.subject())
	b.Jobs.Every(jobLooks, looksEvery, m.sumLooks, jobs.Limit(1))
	m.deps.Sources = append(m.deps.Sources, Source{Name: m.Name(), Data: held{m: m}})
	m.list = &list{path: d.List, vault: b.Vault}
	if d.List == "" {
		b.Log.Warn("mydata: no erasure list is kept: a restored backup would bring erased people back")
	}
	b.Feed.Subscribe(TopicErased, m.hear)
	b.Jobs.Handle(jobCopy, m.makeCopy, jobs.Tries(5))
	b.Jobs.Handle(jobErase, m.erase)
	b.Jobs.Handle(jobRemind, m.remind)
	b.Jobs.Every(jobEnd, endEvery, func(ctx context.Context, _ jobs.Job) error { return m.End(ctx) })
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// Start implements module.Module: whoever was erased and is there again is erased again, before the first visitor.
func (m *Module) Start(ctx context.Context) error { return m.eraseAgain(ctx) }

// hear forgets on this node whom another node has erased, and notes them in this node's list.
func (m *Module) hear(c feed.Change) {
	if c.All {
		m.base.Vault.RefreshAll()
		return
	}
	m.base.Vault.Forget(c.Holder)
	if c.Version != changeErased || c.Object != c.Holder { // an account's key goes with its person's
		return
	}
	if err := m.list.add(m.base.Clock.Now(), c.Holder); err != nil {
		m.base.Log.Error("mydata: the erasure list", "error", err)
	}
}

// The versions of a change under TopicErased.
const (
	changeKept   = 1 // kept keys were made or ended
	changeErased = 2 // the holder's own key was destroyed
)

// End ends what is over: the files of copies, and the kept keys of years that are over.
func (m *Module) End(ctx context.Context) error {
	ctx = store.Background(ctx)
	return errors.Join(m.endCopies(ctx), m.expireKept(ctx))
}

// expireMost is how many kept keys are destroyed at once.
const expireMost = 200

func (m *Module) expireKept(ctx context.Context) error {
	for {
		holders, err := m.base.Vault.Expire(ctx, m.base.Clock.Now().In(m.deps.Zone()), expireMost)
		if err != nil || len(holders) == 0 {
			return err
		}
		if err := m.announce(ctx, changeKept, holders...); err != nil {
			return err
		}
	}
}

// announce has other nodes forget holders.
func (m *Module) announce(ctx context.Context, version int64, holders ...id.ID) error {
	err := m.base.Store.Write(ctx, func(tx *store.Tx) error {
		for _, h := range holders {
			if err := m.base.Feed.Publish(tx, feed.Change{Topic: TopicErased, Holder: h, Object: h, Version: version}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("mydata: announce: %w", err)
	}
	return nil
}

// as is the person's own act: of the signed-in person, or of one who was merged into them. Reading by it leaves no
// record of a look, since nobody but the person looks.
func (m *Module) as(person id.ID, l lang.Language) act.Act {
	return act.Act{
		ID: id.New(m.base.Clock.Now()), Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person, Assurance: act.Verified,
		Purpose: act.Purpose{Kind: "account"}, Channel: act.Job, Lang: string(l),
	}
}
