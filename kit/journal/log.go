package journal

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/seal"
	"posad.city/kit/store"
	"posad.city/kit/tlog"
	"posad.city/kit/witness"
)

// The errors of the public log.
var (
	// ErrTree says that the tiles in the database are not those of its checkpoint: somebody changed one.
	ErrTree = errors.New("journal: the tiles of the public log do not fit its checkpoint")
	// ErrStopped says that what was published is not what the database holds, so that nothing more is published. The
	// divergence tells where.
	ErrStopped = errors.New("journal: the public log is stopped: what was published is not what the database holds")
	// ErrNotYet says that the entry is not in the newest published checkpoint.
	ErrNotYet = errors.New("journal: the entry is not in the public log yet")
)

// Times and bounds of the sequencer.
const (
	BatchMost = 1000 // entries that get their places in one Write

	pollEvery = 250 * time.Millisecond
	gather    = 10 * time.Millisecond // after a poke, so that neighbours come along
	lease     = 10 * time.Second
	roundMost = 8 // batches between two publications
)

// LogOptions are what a node's side of the log is made of.
type LogOptions struct {
	Store *store.Store
	Seal  *seal.Seal
	Clock clock.Clock
	Log   *slog.Logger // nil: silent
	// Origin names the log when it is begun; afterwards the name in the database holds for ever. Empty: of the city's
	// address, without its scheme, and /log.
	Origin string
	// Folder is where this node keeps what was published, as files that anybody may serve. It must outlive the database:
	// after a restore it tells which acts are missing. Empty: no files, and no such comparison.
	Folder string
	Zone   *time.Location // of the days in the figures; nil: UTC
	Batch  int            // 0: BatchMost
	// Witnesses outside that are asked to sign checkpoints, and how many of them together are believed; 0: more than half.
	Witnesses []witness.Known
	Quorum    int
}

// Log is this node's side of the public log. All methods are safe for concurrent use.
type Log struct {
	o    LogOptions
	st   *store.Store
	log  *slog.Logger
	node id.ID
	wake chan struct{}

	publishing sync.Mutex // one publication at a time; it guards mirror
	mirror     *mirror
	published  atomic.Pointer[Published]
	diverged   atomic.Pointer[Divergence]

	client        *witness.Client
	confirming    sync.Mutex        // one round of asking at a time; it guards asks
	asks          map[string]asking // by verifier key
	standings     atomic.Pointer[standings]
	confirmations atomic.Pointer[Confirmations]
	quorum        atomic.Pointer[Published] // the newest checkpoint that a quorum of witnesses has signed
	heard         atomic.Bool               // what witnesses know was asked once

	stop  context.CancelFunc
	loops sync.WaitGroup
}

// Published is the newest checkpoint that this node has shown or may show.
type Published struct {
	tlog.Checkpoint
	Note string // the signed checkpoint
	Made time.Time
}

// OpenLog makes this node's side of the log. Nothing is read and nothing runs until Start, Step or Publish.
func OpenLog(o LogOptions) *Log {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Batch == 0 {
		o.Batch = BatchMost
	}
	if o.Origin == "" {
		o.Origin = originOf(o.Seal.City())
	}
	if o.Quorum == 0 {
		o.Quorum = len(o.Witnesses)/2 + 1
	}
	return &Log{
		o: o, st: o.Store, log: o.Log, node: id.New(o.Clock.Now()), wake: make(chan struct{}, 1),
		client: witness.NewClient(o.Clock), asks: map[string]asking{},
	}
}

// originOf makes a log's name of a city's address: a name may hold no blank and no plus.
func originOf(city string) string {
	if _, rest, ok := strings.Cut(city, "://"); ok {
		city = rest
	}
	return strings.NewReplacer(" ", "-", "+", "-").Replace(strings.TrimRight(city, "/")) + "/log"
}

// Published is the newest checkpoint that may be shown; nil before the first publication.
func (l *Log) Published() *Published { return l.published.Load() }

// Origin is the log's name, which it has for ever; a log that was not begun is begun.
func (l *Log) Origin(ctx context.Context) (string, error) {
	s, err := l.state(ctx)
	return s.origin, err
}

// Stopped tells how the published log and the database differ; nil while they agree.
func (l *Log) Stopped() *Divergence { return l.diverged.Load() }

// Poke says that an entry waits. It never blocks.
func (l *Log) Poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Start begins to give places and to publish. Every node may: the lease decides who does.
func (l *Log) Start(ctx context.Context) error {
	base, stop := context.WithCancel(context.WithoutCancel(ctx))
	l.stop = stop
	l.loops.Go(func() { l.run(base) })
	if len(l.o.Witnesses) > 0 {
		l.loops.Go(func() { l.askWitnesses(base) })
	}
	return nil
}

// Stop ends it and waits. It works without Start and twice.
func (l *Log) Stop() {
	if l.stop != nil {
		l.stop()
		l.loops.Wait()
	}
}

func (l *Log) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	told := ""
	for {
		err := l.Round(ctx)
		if err != nil && ctx.Err() == nil && err.Error() != told {
			l.log.Error("journal: the public log does not go on; tried again", "error", err)
		}
		if told = ""; err != nil {
			told = err.Error() // the same trouble four times a second is told once
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.wake:
			if !rest(ctx, gather) {
				return
			}
		}
	}
}

func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// Round publishes what the database holds, gives places to all that wait, if the lease is this node's to take, and
// publishes them.
func (l *Log) Round(ctx context.Context) error {
	if err := l.Publish(ctx); err != nil {
		return err
	}
	for {
		left := true
		for range roundMost {
			n, err := l.Step(ctx)
			if err != nil {
				return err
			}
			if left = n == l.o.Batch; !left {
				break
			}
		}
		if err := l.Publish(ctx); err != nil || !left {
			return err
		}
	}
}

// Days are the newest days of the log's growth, the newest first.
func (l *Log) Days(ctx context.Context, most int) ([]Day, error) {
	var out []Day
	err := l.st.Read(ctx, func(r *store.Snapshot) error {
		days, err := readDays(r, most)
		out = days
		return err
	})
	return out, err
}
