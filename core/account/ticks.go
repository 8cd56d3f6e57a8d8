package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"posad.city/core/account/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// flushEvery is how long a node keeps to itself that a session was used; a crash forgets no more than that.
const flushEvery = 5 * time.Second

// flushMost is how many sessions one statement list writes down.
const flushMost = 200

// ticks is the loop that writes down when sessions were last used.
type ticks struct {
	stop chan struct{}
	done sync.WaitGroup
}

func (s *sessions) start() {
	if s.ticks != nil {
		return
	}
	s.ticks = &ticks{stop: make(chan struct{})}
	s.ticks.done.Add(1)
	go s.run(s.ticks)
}

func (s *sessions) run(t *ticks) {
	defer t.done.Done()
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-tick.C:
			if err := s.flush(context.Background()); err != nil {
				s.m.base.Log.Warn("account: sessions' use was not written down, will be tried again", "error", err)
			}
			if err := s.m.flushFunnel(context.Background()); err != nil {
				s.m.base.Log.Warn("account: counts of sign-ins were lost", "error", err)
			}
		}
	}
}

func (s *sessions) stop(ctx context.Context) error {
	if s.ticks == nil {
		return nil
	}
	close(s.ticks.stop)
	s.ticks.done.Wait()
	s.ticks = nil
	return errors.Join(s.flush(ctx), s.m.flushFunnel(ctx))
}

// flush writes down every note; what fails is kept for the next time.
func (s *sessions) flush(ctx context.Context) error {
	s.mu.Lock()
	notes := s.touched
	s.touched = map[id.ID]touch{}
	s.mu.Unlock()
	var batch []store.Stmt
	written := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := s.m.base.Store.Append(store.Background(ctx), batch...)
		batch = nil
		return err
	}
	for session, t := range notes {
		if batch = append(batch, accountdb.TouchSessionStmt(t.person, session, t.at)); len(batch) < flushMost {
			continue
		}
		if err := written(); err != nil {
			s.putBack(notes)
			return fmt.Errorf("account: note sessions' use: %w", err)
		}
	}
	if err := written(); err != nil {
		s.putBack(notes)
		return fmt.Errorf("account: note sessions' use: %w", err)
	}
	return nil
}

func (s *sessions) putBack(notes map[id.ID]touch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for session, t := range notes {
		if later, ok := s.touched[session]; !ok || t.at.After(later.at) {
			s.touched[session] = t
		}
	}
}
