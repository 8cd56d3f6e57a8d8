package account

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
)

// EnrolAll brings many people in, with so many of them under way at once that their Writes are on disk together. It stops at
// the first fault, tells which entry it was (from 1), and may be run again: whoever is there is left as they are. done is told
// how many are in, from time to time and at the end.
func (m *Module) EnrolAll(ctx context.Context, list iter.Seq2[Enrolment, error], workers int, done func(n int64)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type numbered struct {
		n int64
		e Enrolment
	}
	work := make(chan numbered, workers)
	var in atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for one := range work {
				if err := m.enrol(ctx, one.e); err != nil {
					stop(fmt.Errorf("account: entry %d: %w", one.n, err))
					continue
				}
				if n := in.Add(1); n%enrolTells == 0 {
					done(n)
				}
			}
		})
	}
	n := int64(0)
	for e, err := range list {
		n++
		if err != nil {
			stop(fmt.Errorf("account: entry %d: %w", n, err))
		}
		if ctx.Err() != nil {
			break
		}
		work <- numbered{n, e}
	}
	close(work)
	group.Wait()
	done(in.Load())
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

// enrolTells is how often EnrolAll says how far it is.
const enrolTells = 10_000
