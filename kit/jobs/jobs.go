package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Handler does one job. ctx ends when the worker stops or has lost the job; its Writes go to the background lane unless
// the handler is Urgent. See the package comment for what nil, an error, Later and Fatal mean.
type Handler func(ctx context.Context, j Job) error

// Preparer does the part of a job that needs no transaction, reading and sealing, and gives the change to be made in a
// Write that it shares with other jobs; the queue says Done there. A nil change means that there is nothing to change. When
// the shared Write fails, each job is done anew in a Write of its own, so that one job's trouble is not another's.
type Preparer func(ctx context.Context, j Job) (func(*store.Tx) error, error)

// Job is one thing to do, as its handler gets it.
type Job struct {
	ID      id.ID // never changes; the idempotency key for effects outside the database
	Handler string
	Event   string // the event that it comes from; empty when it was Put
	Holder  id.ID
	Object  id.ID
	Version int64     // the object's version when the job was put: an older one than the object's own may be stale
	Payload string    // as it was put
	Due     time.Time // when it was to be done, this try
	Made    time.Time
	Attempt int // 1 at the first try

	claim id.ID
	ended *ended
}

// Act is the act of Posad itself doing this job for a purpose.
func (j Job) Act(purpose act.Purpose) act.Act { return act.ByJob(j.ID, purpose) }

// New is a job to put.
type New struct {
	Handler string // registered by Handle
	Holder  id.ID
	Object  id.ID
	Version int64
	At      time.Time // not before this moment; zero means now
	Key     string    // optional: a second Put with the same Handler and Key within KeyKept does nothing
	Payload string    // optional, at most PayloadMost bytes, never personal data
}

// Event is something that happened; its handlers read what they need by Holder and Object.
type Event struct {
	Name    string
	Holder  id.ID
	Object  id.ID
	Version int64
}

// Bounds.
const (
	// PayloadMost is the longest payload in bytes: jobs carry ids, not content.
	PayloadMost = 2000
	// KeyKept is how long a key bars a second job.
	KeyKept = 62 * 24 * time.Hour
	// EveryMost is the longest interval of a recurring job, well within KeyKept.
	EveryMost = 31 * 24 * time.Hour

	defaultTries   = 20 // about nine hours of trying, see backoff
	defaultLimit   = 4
	defaultWorkers = 16
	defaultLease   = 30 * time.Second
	pollEvery      = 500 * time.Millisecond

	// sharedMost is how many jobs of one handler share a Write.
	sharedMost = 16
)

var (
	// ErrLost says that the job's lease has passed to another worker; a Write that says so must fail, and does.
	ErrLost = errors.New("jobs: the job was taken over by another worker")
	// ErrUnknown says that no handler of that name is registered.
	ErrUnknown = errors.New("jobs: no such handler")
)

// Outcome is how one try ended.
type Outcome string

// The outcomes of a try.
const (
	Done    Outcome = "done"
	Delayed Outcome = "delayed" // the handler asked for a later time
	Failed  Outcome = "failed"  // to be tried again
	Died    Outcome = "dead"    // given up; somebody must look
	Lost    Outcome = "lost"    // another worker has it
)

// Meter hears of every try that ended; its method must be quick.
type Meter interface {
	JobEnded(handler string, outcome Outcome, took time.Duration)
}

// Options of a Queue; the zero value is ready.
type Options struct {
	Log     *slog.Logger
	Meter   Meter
	Workers int           // jobs at once on this node; 0 means 16
	Lease   time.Duration // a dead node's jobs are claimed again after this; 0 means 30 s. Longer handlers renew it
}

// Queue is this node's side of the table. All methods are safe for concurrent use; handlers are registered before Start.
type Queue struct {
	st      *store.Store
	log     *slog.Logger
	meter   Meter
	workers int
	lease   time.Duration

	mu        sync.Mutex
	handlers  map[string]*handler
	names     []string // handlers in the order of registration
	listeners map[string][]string
	recurring []*recurring
	faults    []error
	running   map[id.ID]*running
	places    int // workers that are taken
	poked     map[string]struct{}
	hurry     bool // somebody waits for what was poked or handed
	handed    handed
	started   bool

	wake chan struct{}
	life life
}

// handler is what is registered under one name.
type handler struct {
	name   string
	fns    map[string]Handler  // by event; "" for jobs that were Put
	shared map[string]Preparer // of those whose jobs share a Write
	limit  int
	tries  int
	urgent bool
	busy   int // tries under way here; guarded by Queue.mu
}

// Option shapes a handler.
type Option func(*handler)

// Limit bounds how many jobs of the handler run at once on a node; without it 4.
func Limit(n int) Option { return func(h *handler) { h.limit = max(1, n) } }

// Tries bounds how often a job is tried before it is dead; without it 20.
func Tries(n int) Option { return func(h *handler) { h.tries = max(1, n) } }

// Urgent says that a person waits for the handler's jobs: they are claimed first and their Writes are interactive.
func Urgent() Option { return func(h *handler) { h.urgent = true } }

// NewQueue makes the queue of this node.
func NewQueue(st *store.Store, o Options) *Queue {
	q := &Queue{
		st: st, log: o.Log, meter: o.Meter, workers: o.Workers, lease: o.Lease,
		handlers: map[string]*handler{}, listeners: map[string][]string{}, running: map[id.ID]*running{},
		poked: map[string]struct{}{}, wake: make(chan struct{}, 1),
		handed: handed{jobs: map[*handler][]Job{}, waiting: map[id.ID]struct{}{}},
	}
	if q.log == nil {
		q.log = slog.New(slog.DiscardHandler)
	}
	if q.workers <= 0 {
		q.workers = defaultWorkers
	}
	if q.lease <= 0 {
		q.lease = defaultLease
	}
	q.Every("jobs.sweep", time.Hour, q.sweepKeys)
	return q
}

// Handle registers the handler of jobs that are Put under the name. A mistake in registration is told by Start.
func (q *Queue) Handle(name string, fn Handler, options ...Option) { q.register("", name, fn, options) }

// On registers a handler of an event. One name may listen to several events; its options are those of all of them.
func (q *Queue) On(event, name string, fn Handler, options ...Option) {
	if event == "" {
		q.fault(fmt.Errorf("jobs: %s listens to an event without a name", name))
		return
	}
	if q.register(event, name, fn, options) {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.listeners[event] = append(q.listeners[event], name)
	}
}

// HandleShared is Handle for jobs that share their Writes.
func (q *Queue) HandleShared(name string, prepare Preparer, options ...Option) {
	q.Handle(name, q.alone(prepare), append(options, shares("", prepare))...)
}

// OnShared is On for jobs that share their Writes.
func (q *Queue) OnShared(event, name string, prepare Preparer, options ...Option) {
	q.On(event, name, q.alone(prepare), append(options, shares(event, prepare))...)
}

func shares(event string, prepare Preparer) Option {
	return func(h *handler) {
		if h.shared == nil {
			h.shared = map[string]Preparer{}
		}
		h.shared[event] = prepare
	}
}

// alone is a handler that does its job in a Write of its own.
func (q *Queue) alone(prepare Preparer) Handler {
	if prepare == nil {
		return nil
	}
	return func(ctx context.Context, j Job) error {
		change, err := prepare(ctx, j)
		if err != nil || change == nil {
			return err
		}
		return q.st.Write(ctx, func(tx *store.Tx) error {
			if err := change(tx); err != nil {
				return err
			}
			return q.Done(tx, j)
		})
	}
}

func (q *Queue) register(event, name string, fn Handler, options []Option) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.handlers[name]
	switch {
	case name == "" || fn == nil:
		q.faults = append(q.faults, fmt.Errorf("jobs: a handler needs a name and a function: %q on %q", name, event))
		return false
	case q.started:
		q.faults = append(q.faults, fmt.Errorf("jobs: %s was registered after Start", name))
		return false
	case h != nil && h.fns[event] != nil:
		q.faults = append(q.faults, fmt.Errorf("jobs: %s is registered twice on %q", name, event))
		return false
	case h == nil:
		h = &handler{name: name, fns: map[string]Handler{}, limit: defaultLimit, tries: defaultTries}
		q.handlers[name] = h
		q.names = append(q.names, name)
	}
	h.fns[event] = fn
	for _, option := range options {
		option(h)
	}
	return true
}

func (q *Queue) fault(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.faults = append(q.faults, err)
}

// Check tells of mistakes in registration; Start and Drain call it.
func (q *Queue) Check() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return errors.Join(q.faults...)
}

func (q *Queue) find(name string) *handler {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.handlers[name]
}

func (q *Queue) allNames() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.names
}

type laterError struct{ after time.Duration }

func (e laterError) Error() string { return fmt.Sprintf("jobs: again in %v", e.after) }

// Later is the error by which a handler asks to be called again after d; it does not count as a try.
func Later(d time.Duration) error { return laterError{max(d, 0)} }

type fatalError struct{ err error }

func (e fatalError) Error() string { return "jobs: given up: " + e.err.Error() }
func (e fatalError) Unwrap() error { return e.err }

// Fatal is the error by which a handler gives up at once: another try can't help.
func Fatal(err error) error {
	if err == nil {
		err = errors.New("no reason given")
	}
	return fatalError{err}
}
