package ledger

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"posad.city/core/ledger/internal/store"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Clerk posts movements of many callers in one commit, for those who post nothing else with them. Nothing in the program does
// yet: payments, gifts and payouts post theirs in Writes of their own.
// Each commit has one line a transfer and one change a balance, however many movements change it; a lane has buckets
// of its own, so that lanes never wait for each other. It is safe for concurrent use.
type Clerk struct {
	store *store.Store
	clock clock.Clock
	queue chan *order
	lanes sync.WaitGroup

	mu     sync.Mutex
	shut   bool
	inside sync.WaitGroup // callers
}

// Bounds of a clerk.
const (
	clerkLanes = 2   // commits on their way at once: while one waits for the disk, the next gathers
	clerkMost  = 256 // movements of one commit
	// clerkBuckets is how many buckets above those of movements clerks choose from, so that two nodes' seldom meet.
	clerkBuckets = 64
)

// ErrStopped says that the clerk takes no more.
var ErrStopped = errors.New("ledger: the clerk has stopped")

// order is a movement that waits for its commit.
type order struct {
	ctx   context.Context
	m     Movement
	fresh bool
	err   error
	done  chan struct{}
}

// NewClerk makes a clerk and lets it begin; Stop ends it.
func NewClerk(s *store.Store, c clock.Clock) *Clerk {
	k := &Clerk{store: s, clock: c, queue: make(chan *order, 4*clerkMost)}
	first := rand.Int64N(clerkBuckets)
	for lane := range int64(clerkLanes) {
		k.lanes.Go(func() { k.run(buckets + (first+lane)%clerkBuckets) })
	}
	return k
}

// Stop takes no more, and returns when what came before is posted.
func (k *Clerk) Stop() {
	k.mu.Lock()
	already := k.shut
	k.shut = true
	k.mu.Unlock()
	k.inside.Wait()
	if !already {
		close(k.queue)
	}
	k.lanes.Wait()
}

// enter counts a caller in; false when the clerk has stopped.
func (k *Clerk) enter() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.shut {
		k.inside.Add(1)
	}
	return !k.shut
}

// Post moves money and returns when it is durable; it tells whether it did, as the function Post does, and has its errors.
// Accounts must be without a bound: ErrMovement. A context that ends first leaves the outcome open: ask again.
func (k *Clerk) Post(ctx context.Context, m Movement) (bool, error) {
	if err := m.check(); err != nil {
		return false, err
	}
	for _, l := range m.Lines {
		if l.Debit.Bound != Free || l.Credit.Bound != Free {
			return false, ErrMovement
		}
	}
	o := &order{ctx: ctx, m: m, done: make(chan struct{})}
	if !k.enter() {
		return false, ErrStopped
	}
	defer k.inside.Done()
	select {
	case k.queue <- o:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-o.done:
		return o.fresh, o.err
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

func (k *Clerk) run(bucket int64) {
	for first := range k.queue {
		k.commit(k.gather(first), bucket)
	}
}

// gather takes what waits. It waits for nobody: while a lane commits, the others' orders come together.
func (k *Clerk) gather(first *order) []*order {
	batch := []*order{first}
	for len(batch) < clerkMost {
		select {
		case o, more := <-k.queue:
			if !more {
				return batch
			}
			batch = append(batch, o)
		default:
			return batch
		}
	}
	return batch
}

// commit posts a batch. When it can't be posted together, since a movement stands in the books already or comes twice, each
// is posted alone, so that whoever is wrong bears it alone.
func (k *Clerk) commit(batch []*order, bucket int64) {
	err := k.store.Append(context.Background(), together(batch, bucket, k.clock.Now())...)
	for _, o := range batch {
		if err == nil {
			o.fresh = true
		} else {
			o.err = k.store.Write(context.WithoutCancel(o.ctx), func(tx *store.Tx) error {
				var err error
				o.fresh, err = Post(tx, o.m)
				return err
			})
		}
		close(o.done)
	}
}

// together are the statements of a batch: its transfers, then one change of each balance, in the order of rows.
func together(batch []*order, bucket int64, now time.Time) []store.Stmt {
	out := make([]store.Stmt, 0, 2*len(batch))
	at := map[id.ID]int{}
	var sums []delta
	for _, o := range batch {
		for i := range o.m.Lines {
			out = append(out, ledgerdb.AddTransferStmt(ledgerdb.AddTransferParams(o.m.row(i, Posted, now))))
		}
		for _, d := range o.m.deltas(Posted) {
			place, ok := at[d.account.ID]
			if !ok {
				place = len(sums)
				at[d.account.ID] = place
				sums = append(sums, delta{account: d.account, bucket: bucket})
			}
			sums[place].debits += d.debits
			sums[place].credits += d.credits
		}
	}
	slices.SortFunc(sums, inOrder)
	for _, d := range sums {
		out = append(out, ledgerdb.MoveBalanceStmt(d.params()))
	}
	return out
}
