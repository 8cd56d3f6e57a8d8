package developer

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/module"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/journal"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	"posad.city/kit/webhook"
)

var (
	transport = agency.ID("transport")
	education = agency.ID("education")
	head      = act.Act{ID: id.Derived("act", "1"), Actor: act.Actor{Kind: act.Official, Person: id.Derived("person", "belova"), Agency: transport, Role: "head"}, Assurance: act.Standard}
)

// rig is the module alone, on a fresh store.
type rig struct {
	*Module
	t      *testing.T
	clock  *clock.Fixed
	purse  *purse
	abouts map[id.ID][]About // what an event's object means to whom
	told   []Endpoint        // pauses that heads were told of
}

var needs = []store.Migrations{vault.Migrations, jobs.Migrations, journal.Migrations, Migrations}

func each(t *testing.T, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { test(t, newRig(t, s, c)) }, needs...)
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func inMoscow() *time.Location { return time.FixedZone("Moscow", 3*3600) }

func newRig(t *testing.T, s *store.Store, c *clock.Fixed) *rig {
	t.Helper()
	kek := must[*vault.KEK](t)(vault.ParseKEK(vault.NewKEKText()))
	v := must[*vault.Vault](t)(vault.Open(t.Context(), vault.Options{Store: s, KEK: kek, Clock: c}))
	signer := seal.New("kitezh", v, c)
	r := &rig{t: t, clock: c, purse: &purse{left: map[id.ID]int64{}}, abouts: map[id.ID][]About{}}
	r.Module = New(Deps{Zone: inMoscow, Address: "https://kitezh.example", Nearby: true})
	r.Provide(func(_ context.Context, _ string, _, object id.ID) ([]About, error) { return r.abouts[object], nil }, r.purse)
	r.ProvidePaused(func(_ context.Context, e Endpoint) ([]func(*store.Tx) error, error) {
		r.told = append(r.told, e)
		return nil, nil
	})
	texts := must[*lang.Catalogue](t)(lang.Load([]fs.FS{r.Locales()}...))
	base := &module.Base{
		Store: s, Vault: v, Clock: c, Jobs: jobs.NewQueue(s, jobs.Options{}), Log: slog.New(slog.DiscardHandler), Texts: texts, Journal: journal.New(signer, c),
	}
	if err := r.Provision(base); err != nil {
		t.Fatal(err)
	}
	s.SetGuard(func(tx *store.Tx, a act.Act) error {
		if a.Actor.Kind == act.Program {
			return r.Guard(tx, a)
		}
		return nil
	})
	return r
}

// purse is a sandbox's charges in memory.
type purse struct {
	mu   sync.Mutex
	left map[id.ID]int64
}

func (p *purse) Trial(_ context.Context, _ act.Act, of, charge id.ID) (Trial, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left, ok := p.left[charge]
	if !ok || of != transport {
		return Trial{}, ErrMissing
	}
	return Trial{Agency: of, Home: charge, Charge: charge, Left: money.Roubles(left)}, nil
}

func (p *purse) add(tx *store.Tx, charge id.ID, amount int64) error {
	tx.AfterCommit(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.left[charge] += amount
	})
	return nil
}

func (p *purse) Pay(tx *store.Tx, _ act.Act, t Trial, _ id.ID, amount int64, _ time.Time) error {
	return p.add(tx, t.Charge, -amount)
}

func (p *purse) GiveBack(tx *store.Tx, _ act.Act, t Trial, _ id.ID, amount int64) error {
	return p.add(tx, t.Charge, amount)
}

// happen emits an event about an object and does the jobs of it.
func (r *rig) happen(kind string, object id.ID) {
	r.t.Helper()
	err := r.base.Store.Write(r.t.Context(), func(tx *store.Tx) error {
		return r.base.Jobs.Emit(tx, jobs.Event{Name: kind, Holder: object, Object: object, Version: 1})
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.drain()
}

func (r *rig) drain() {
	r.t.Helper()
	must[int](r.t)(r.base.Jobs.Drain(r.t.Context()))
}

// deliver sends what is due, and what a rest after failures holds back for a while.
func (r *rig) deliver() int {
	r.t.Helper()
	return must[int](r.t)(r.Deliver(r.t.Context()))
}

func (r *rig) move(d time.Duration) { r.clock.Move(d) }

// receiver is an agency's program that takes messages and checks them.
type receiver struct {
	*httptest.Server
	rig    *rig
	mu     sync.Mutex
	keys   []webhook.Key
	answer int
	got    []string // webhook-id of each request, in order
	bodies []string
	wrong  int // requests whose signature did not fit
}

func (r *rig) receiver() *receiver {
	out := &receiver{rig: r, answer: http.StatusOK}
	out.Server = httptest.NewServer(out)
	r.t.Cleanup(out.Server.Close)
	return out
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	name, err := webhook.Verify(v.keys, q.Header, body, v.rig.clock.Now(), webhook.Tolerance)
	if err != nil {
		v.wrong++
	}
	v.got, v.bodies = append(v.got, name), append(v.bodies, string(body))
	w.WriteHeader(v.answer)
}

func (v *receiver) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.got)
}

func (v *receiver) says(status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = status
}

// endpoint makes an endpoint of transport for a receiver.
func (r *rig) endpoint(v *receiver, n NewEndpoint) Endpoint {
	r.t.Helper()
	n.URL, n.Name = v.URL, "hooks"
	if n.Types == nil {
		n.Types = Types()
	}
	e, shown, err := r.MakeEndpoint(r.t.Context(), head, transport, n)
	if err != nil {
		r.t.Fatal(err)
	}
	v.keys = []webhook.Key{must[webhook.Key](r.t)(webhook.ParseKey(publicOf(e, shown)))}
	return e
}

// publicOf is what checks an endpoint's messages.
func publicOf(e Endpoint, shown string) string {
	if e.Public != "" {
		return e.Public
	}
	return shown
}

func (r *rig) again(e Endpoint) Endpoint {
	r.t.Helper()
	return must[Endpoint](r.t)(r.Endpoint(r.t.Context(), e.Agency, e.ID))
}

func (r *rig) list(e Endpoint) []Delivery {
	r.t.Helper()
	list, _, err := r.Deliveries(r.t.Context(), e, id.ID{})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// about makes an object that means something to an agency.
func (r *rig) about(name string, of id.ID, test bool) id.ID {
	object := id.Derived("charge", name)
	r.abouts[object] = []About{{Agency: of, Test: test, Data: Data{Charge: object, Number: "UIN-" + name}}}
	return object
}
