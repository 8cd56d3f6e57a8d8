package account

import (
	"context"
	"fmt"
	"sync"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/calendar"
	"posad.city/kit/store"
)

// The steps of a sign-in that are counted. Nothing is kept of who took them.
const (
	stepStarted = "started" // the sign-in page was opened
	stepChosen  = "chosen"  // a method was begun: a code asked for, a password given
	stepFailed  = "failed"  // what was given was wrong
	stepSecond  = "second"  // a second step was asked
	stepEntered = "entered" // the person is in
)

// funnelKey is what is counted together.
type funnelKey struct {
	day, step string
	method    Method
}

// funnelCounts are the counts that this node has not written down yet.
type funnelCounts struct {
	mu sync.Mutex
	n  map[funnelKey]int64
}

func (f *funnelCounts) add(now time.Time, zone *time.Location, step string, method Method) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n == nil {
		f.n = map[funnelKey]int64{}
	}
	f.n[funnelKey{calendar.DateOf(now, zone).String(), step, method}]++
}

func (f *funnelCounts) take() map[funnelKey]int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.n
	f.n = nil
	return out
}

// flushFunnel writes the counts down. Counts of a node that dies in between are lost: they decide nothing.
func (m *Module) flushFunnel(ctx context.Context) error {
	var stmts []store.Stmt
	for key, n := range m.counts.take() {
		stmts = append(stmts, accountdb.CountFunnelStmt(accountdb.CountFunnelParams{Day: key.day, Step: key.step, Method: string(key.method), N: n}))
	}
	if len(stmts) == 0 {
		return nil
	}
	if err := m.base.Store.Append(store.Background(ctx), stmts...); err != nil {
		return fmt.Errorf("account: count sign-ins: %w", err)
	}
	return nil
}

// Funnel is how sign-ins of a span of days went, for one method; the zero method counts all.
type Funnel struct {
	Method                          Method
	Chosen, Failed, Second, Entered int64
}

// FunnelSince counts sign-ins from a day on: how often the page was opened, and what came of it by method.
func (m *Module) FunnelSince(ctx context.Context, day calendar.Date) (int64, []Funnel, error) {
	var rows []accountdb.Funnel
	err := m.base.Store.Read(ctx, func(r *store.Snapshot) error {
		var err error
		rows, err = accountdb.FunnelSince(r, day.String())
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("account: funnel: %w", err)
	}
	started := int64(0)
	var out []Funnel
	at := map[Method]int{}
	for _, row := range rows {
		if row.Step == stepStarted {
			started += row.N
			continue
		}
		method := Method(row.Method)
		if _, ok := at[method]; !ok {
			at[method] = len(out)
			out = append(out, Funnel{Method: method})
		}
		out[at[method]].count(row.Step, row.N)
	}
	return started, out, nil
}

func (f *Funnel) count(step string, n int64) {
	switch step {
	case stepChosen:
		f.Chosen += n
	case stepFailed:
		f.Failed += n
	case stepSecond:
		f.Second += n
	case stepEntered:
		f.Entered += n
	}
}
