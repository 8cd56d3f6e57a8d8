package feed

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store"
)

// Change is one thing that changed.
type Change struct {
	Topic   string // for example session.closed
	Holder  id.ID
	Object  id.ID
	Version int64  // the object's new version, where it has one
	Key     string // a short name where there is no ID, at most KeyMost bytes; never personal data

	// All says that changes of the topic may have been missed: forget everything. The other fields are empty.
	All bool

	id id.ID
	at time.Time
}

// Times and bounds.
const (
	KeyMost = 200
	// FreshFor is how long after a read of the feed this node may trust its caches.
	FreshFor = 1500 * time.Millisecond

	pollEvery = 500 * time.Millisecond
	overlap   = 10 * time.Second // read again at each poll: transactions commit later than their moment
	deep      = 2 * time.Minute  // read again at each deepEvery-th poll: a Write that waited very long
	deepEvery = 10
	gapMost   = time.Hour // cut off for longer: everything is forgotten
	kept      = 24 * time.Hour
)

// Feed is this node's side of the feed. All methods are safe for concurrent use.
type Feed struct {
	st  *store.Store
	log *slog.Logger

	mu          sync.RWMutex
	subscribers map[string][]*subscriber

	polling sync.Mutex // one read at a time
	seen    sync.Map   // id.ID → time.Time: told already
	polls   int
	upTo    time.Time // moment of the last good read, by the store's clock
	read    atomic.Pointer[func() time.Duration]

	life life
}

type subscriber struct{ fn func(Change) }

// Open makes this node's side of the feed. log may be nil.
func Open(st *store.Store, log *slog.Logger) *Feed {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Feed{st: st, log: log, subscribers: map[string][]*subscriber{}}
}

// Subscribe has fn called for every change of the topic, from this node at once and from others within a second. The
// function that it returns ends the subscription; fn may still be running then.
func (f *Feed) Subscribe(topic string, fn func(Change)) func() {
	s := &subscriber{fn}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.subscribers[topic] = append(f.subscribers[topic][:len(f.subscribers[topic]):len(f.subscribers[topic])], s)
	return func() { f.unsubscribe(topic, s) }
}

func (f *Feed) unsubscribe(topic string, gone *subscriber) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var left []*subscriber
	for _, s := range f.subscribers[topic] {
		if s != gone {
			left = append(left, s)
		}
	}
	if f.subscribers[topic] = left; len(left) == 0 {
		delete(f.subscribers, topic)
	}
}

// Publish tells every node of the change if and only if the Write commits.
func (f *Feed) Publish(tx *store.Tx, c Change) error {
	if c.Topic == "" || c.All || len(c.Key) > KeyMost {
		return errors.New("feed: a change needs a topic and a key of at most 200 bytes, and All is not for callers")
	}
	c.at = tx.Now()
	c.id = id.New(c.at)
	if err := insert(tx, c); err != nil {
		return fmt.Errorf("feed: publish %s: %w", c.Topic, err)
	}
	tx.AfterCommit(func() { f.tell(c) })
	return nil
}

// tell hands a change to its subscribers unless it was told already.
func (f *Feed) tell(c Change) {
	if _, told := f.seen.LoadOrStore(c.id, c.at); told {
		return
	}
	f.mu.RLock()
	subscribers := f.subscribers[c.Topic]
	f.mu.RUnlock()
	for _, s := range subscribers {
		f.call(s, c)
	}
}

func (f *Feed) call(s *subscriber, c Change) {
	defer func() {
		if p := recover(); p != nil {
			f.log.Error("feed: a subscriber panicked", "topic", c.Topic, "panic", fmt.Sprint(p))
		}
	}()
	s.fn(c)
}

// forgetAll tells every subscriber that anything may have changed.
func (f *Feed) forgetAll() {
	f.mu.RLock()
	topics := map[string][]*subscriber{}
	for topic, subscribers := range f.subscribers {
		topics[topic] = subscribers
	}
	f.mu.RUnlock()
	for topic, subscribers := range topics {
		for _, s := range subscribers {
			f.call(s, Change{Topic: topic, All: true})
		}
	}
}

// Fresh tells whether this node has read the feed within FreshFor. When it has not, trust no cache.
func (f *Feed) Fresh() bool {
	since := f.read.Load()
	return since != nil && (*since)() <= FreshFor
}
