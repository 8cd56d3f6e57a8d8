package exchange

import (
	"context"
	"embed"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"posad.city/core/exchange/internal/store"
	"posad.city/core/module"
	"posad.city/core/service"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

//go:embed locale/*.yaml
var locales embed.FS

// What Deps leave out.
const (
	firstPause = 2 * time.Second
	rest       = 15 * time.Second
	patience   = time.Hour
)

// jobAsk asks a register: Holder is the person, Object the case, Payload the certificate's key and the asking's id.
const jobAsk = "exchange.ask"

// jobSign signs the log of messages, so often.
const (
	jobSign   = "exchange.sign"
	signEvery = 10 * time.Second
)

// asksAtOnce is how many requests of jobs are under way on a node; a gate lets through fewer for each register.
const asksAtOnce = 8

// Module asks registers. It is safe for concurrent use.
type Module struct {
	module.Plain
	deps    Deps
	base    *module.Base
	client  *http.Client
	gates   gates
	schemas schemas
	meter   *meter
	asking  Asking
	own     OwnRegisters // nil: the city keeps none

	mu      sync.Mutex
	stopped bool
	running sync.WaitGroup // questions that Early began; grows only under mu, while not stopped
}

// New returns the module.
func New(d Deps) *Module {
	if d.Pause == 0 {
		d.Pause = firstPause
	}
	if d.Rest == 0 {
		d.Rest = rest
	}
	if d.Patience == 0 {
		d.Patience = patience
	}
	if d.Population == "" {
		d.Population = "population"
	}
	if d.Family == "" {
		d.Family = "family"
	}
	if d.Garage == "" {
		d.Garage = "garage"
	}
	if d.Zone == nil {
		d.Zone = func() *time.Location { return time.UTC }
	}
	m := &Module{deps: d, client: d.Client, meter: newMeter()}
	if m.client == nil {
		m.client = newClient()
	}
	m.gates.rest = d.Rest
	return m
}

// Provide gives the judge of cases, which is made of later modules.
func (m *Module) Provide(l Lives) { m.deps.Lives = l }

// Name implements module.Module.
func (m *Module) Name() string { return "exchange" }

// Migrations is the module's schema, for tests of later modules.
var Migrations = store.Migrations{Module: "exchange", Files: exchangedb.Schema}

// Schema implements module.Module.
func (m *Module) Schema() store.Migrations { return Migrations }

// Locales implements module.Module.
func (m *Module) Locales() fs.FS { return locales }

// Provision implements module.Module.
func (m *Module) Provision(b *module.Base) error {
	m.base = b
	b.Jobs.Handle(jobAsk, m.askJob, jobs.Urgent(), jobs.Limit(asksAtOnce))
	b.Jobs.Every(jobSign, signEvery, m.signJob, jobs.Limit(1))
	b.Jobs.Every(jobCheck, checkEvery, m.checkJob, jobs.Limit(1))
	if b.Metrics != nil {
		if err := m.measure(b.Metrics); err != nil {
			return err
		}
	}
	if b.Web != nil {
		m.routes(b.Web)
	}
	return nil
}

// Stop implements module.Module: it waits for questions that Early began. What they have not finished, their jobs do.
func (m *Module) Stop(ctx context.Context) error {
	m.mu.Lock()
	m.stopped = true
	m.mu.Unlock()
	idle := make(chan struct{})
	go func() {
		m.running.Wait()
		close(idle)
	}()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	return nil
}

// begin runs fn beside the caller unless the module is stopping.
func (m *Module) begin(fn func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stopped {
		return false
	}
	m.running.Go(fn)
	return true
}

// register finds a register of the published city.
func (m *Module) register(key string) (*service.Register, bool) {
	city := m.city()
	if city == nil {
		return nil, false
	}
	return city.Register(key)
}

func (m *Module) city() *service.City {
	if m.deps.City == nil {
		return nil
	}
	return m.deps.City()
}
