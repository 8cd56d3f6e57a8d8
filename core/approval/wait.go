package approval

import (
	"context"
	"sync"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
)

// Bounds of waiting in a request and of what a node remembers.
const (
	waitFor      = 8 * time.Second
	waitersMost  = 128 // requests that wait on a node; more are answered at once and ask again
	rememberMost = 20_000
)

// watch hears of answers and of questions put to people: a page that waits is woken at once, and any page of a person's
// can tell that something waits for them with no question to the database.
type watch struct {
	clock clock.Clock

	mu      sync.Mutex
	waiters map[id.ID]map[chan struct{}]struct{}
	count   int
	asked   map[id.ID]time.Time // by person: until when something may wait
}

func newWatch() *watch {
	return &watch{waiters: map[id.ID]map[chan struct{}]struct{}{}, asked: map[id.ID]time.Time{}}
}

// hear takes a change from the feed.
func (w *watch) hear(c feed.Change) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for waiter := range w.waiters[c.Object] {
		wake(waiter)
	}
	if c.All { // anything may have been answered
		for _, list := range w.waiters {
			for waiter := range list {
				wake(waiter)
			}
		}
		return
	}
	now := w.clock.Now()
	if len(w.asked) >= rememberMost {
		for person, until := range w.asked {
			if !until.After(now) || len(w.asked) >= rememberMost {
				delete(w.asked, person)
			}
		}
	}
	w.asked[c.Holder] = now.Add(Life)
}

func wake(waiter chan struct{}) {
	select {
	case waiter <- struct{}{}:
	default:
	}
}

// maybe tells until when something may wait for the person; false is certain but for changes that this node has missed.
func (w *watch) maybe(person id.ID) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, ok := w.asked[person]
	if ok && !until.After(w.clock.Now()) {
		delete(w.asked, person)
		return time.Time{}, false
	}
	return until, ok
}

// settled notes that nothing waits for a person, as it was known at the time of maybe.
func (w *watch) settled(person id.ID, until time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked[person].Equal(until) {
		delete(w.asked, person)
	}
}

// enter begins to listen for changes of a question; false when too many listen already. Call the function at the end.
func (w *watch) enter(question id.ID) (<-chan struct{}, func(), bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count >= waitersMost {
		return nil, func() {}, false
	}
	waiter := make(chan struct{}, 1)
	if w.waiters[question] == nil {
		w.waiters[question] = map[chan struct{}]struct{}{}
	}
	w.waiters[question][waiter] = struct{}{}
	w.count++
	return waiter, func() { w.leave(question, waiter) }, true
}

func (w *watch) leave(question id.ID, waiter chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.waiters[question], waiter)
	if len(w.waiters[question]) == 0 {
		delete(w.waiters, question)
	}
	w.count--
}

// pause waits for a change, for a while.
func pause(ctx context.Context, changed <-chan struct{}, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}
