package service

import (
	"context"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/core/service/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/search"
	"posad.city/kit/store"
	"posad.city/kit/web"
	"posad.city/ui"
)

// FeedTopic is under what a switch to another version of the city is announced on the feed; the key is its hash, the version
// its number in the order of switches.
const FeedTopic = "service.city"

// The faults of this module.
var (
	ErrNone = fault.New(fault.Missing, "service.none")        // no such service, topic, page, or version
	ErrCity = fault.New(fault.Unavailable, "service.no_city") // nothing is published yet
	ErrOld  = fault.New(fault.Conflict, "service.no_version") // a version that was never published here
	ErrPast = fault.New(fault.Invalid, "service.plan_past")   // a plan for a moment that is over
	ErrPlan = fault.New(fault.Conflict, "service.plan_over")  // a plan that was carried out or cancelled, or never made
	ErrNote = fault.New(fault.Invalid, "service.note_long")   // a note that is too long
	ErrBack = fault.New(fault.Conflict, "service.no_earlier") // there is no earlier version to go back to
)

// Deps are what the module is given by the app.
type Deps struct {
	// Today is the signed-in person's card of the home page; a nil answer: nothing to show. May be nil.
	Today func(c *web.Context) (*ui.TodayProps, error)
	// Now is the state of the city at this moment, for the home page; without it the city's figures stand there. May be nil.
	Now func(c *web.Context) ([]ui.CityNowItem, error)
	// Follows tells that a folder is published right after the start, so that having no city yet is worth no warning.
	Follows bool
}

// Module publishes versions of the city and serves the current one. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps Deps
	base *module.Base

	current  atomic.Pointer[shown]
	switches sync.Mutex // one switch of this node at a time
	index    *search.Index
	versions versions
	wake     chan struct{}
	stop     context.CancelFunc
	running  sync.WaitGroup
	missed   prometheus.Counter
	measured measured
	behind   atomic.Int64 // see FolderBehind
}

// shown is the version that this node serves, with its number in the order of switches.
type shown struct {
	city   *City
	number int64
	tree   string // of the files that it was published from; empty: it came without them
	byID   map[id.ID]*Agency
	hero   ui.Mosaic // empty: the house's
	style  []byte    // the city's brand as a style sheet; empty: the house's
}

// New returns the module.
func New(d Deps) *Module {
	return &Module{deps: d, versions: versions{kept: map[Hash]*keptVersion{}}, wake: make(chan struct{}, 1)}
}

// Provide gives what is made of later modules: the person's card of the home page, and the state of the city.
func (m *Module) Provide(d Deps) { m.deps = d }

// Name implements module.Module.
func (m *Module) Name() string { return "service" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "service", Files: servicedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return Locale }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	m.missed = prometheus.NewCounter(prometheus.CounterOpts{Name: "posad_search_missed_total", Help: "Searches that found nothing."})
	if b.Metrics != nil {
		if err := b.Metrics.Register(m.missed); err != nil {
			return err
		}
	}
	index, err := search.New(search.Settings{Missed: m.noteMissed})
	if err != nil {
		return err
	}
	m.index = index
	if b.Feed != nil {
		b.Feed.Subscribe(FeedTopic, func(feed.Change) { m.nudge() })
	}
	if b.Jobs != nil {
		b.Jobs.Handle(planJob, m.carryPlan, jobs.Urgent())
	}
	if b.Pages != nil {
		b.Pages.City = m.Face
	}
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// Start implements module.Module: it opens the current version and follows the switches. Without a version the house
// starts all the same, says so in the log, and its pages say so to people.
func (m *Module) Start(ctx context.Context) error {
	if err := m.Refresh(ctx); err != nil {
		return err
	}
	if m.Current() == nil {
		level := slog.LevelWarn
		if m.deps.Follows {
			level = slog.LevelDebug // its folder is published in a moment
		}
		m.base.Log.Log(ctx, level, "service: no city is published yet; publish one: posad publish FOLDER")
	}
	ctx, m.stop = context.WithCancel(ctx)
	m.running.Go(func() { m.follow(ctx) })
	return nil
}

// Stop implements module.Module.
func (m *Module) Stop(context.Context) error {
	if m.stop != nil {
		m.stop()
	}
	m.running.Wait()
	return nil
}

// Current is the version that this node serves; nil while nothing is published. Take it once a request: the next call
// may give the next version.
func (m *Module) Current() *City {
	if s := m.current.Load(); s != nil {
		return s.city
	}
	return nil
}

// City is Current, or ErrCity.
func (m *Module) City() (*City, error) {
	if c := m.Current(); c != nil {
		return c, nil
	}
	return nil, ErrCity
}

// Zone is the city's time zone; UTC while nothing is published.
func (m *Module) Zone() *time.Location {
	if c := m.Current(); c != nil {
		return c.Days().Zone()
	}
	return time.UTC
}

// Clock is the current version's calendar of working days; nil while nothing is published.
func (m *Module) Clock() *calendar.City {
	if c := m.Current(); c != nil {
		return c.Days()
	}
	return nil
}

// Today is the day that it is in the city.
func (m *Module) Today() calendar.Date { return calendar.DateOf(m.base.Clock.Now(), m.Zone()) }

// AgencyByID finds an agency of the current version by agency.ID of its key.
func (m *Module) AgencyByID(key id.ID) (*Agency, bool) {
	s := m.current.Load()
	if s == nil {
		return nil, false
	}
	out, ok := s.byID[key]
	return out, ok
}

// AgencyName is the short name of an agency; empty for one that the current version does not have.
func (m *Module) AgencyName(key id.ID, l lang.Language) string {
	if a, ok := m.AgencyByID(key); ok {
		return a.Short.In(l)
	}
	return ""
}

// Agencies implements agency.Agencies.
func (m *Module) Agencies(l lang.Language) []agency.Named {
	c := m.Current()
	if c == nil {
		return nil
	}
	out := make([]agency.Named, 0, len(c.Agencies))
	for i := range c.Agencies {
		out = append(out, agency.Named{Key: c.Agencies[i].Key, Title: c.Agencies[i].Title.In(l)})
	}
	return out
}
