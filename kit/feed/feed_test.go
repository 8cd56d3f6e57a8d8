package feed_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/kit/clock"
	"posad.city/kit/feed"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

var ctx = context.Background()

// ear is a subscriber that keeps what it heard.
type ear struct {
	mu    sync.Mutex
	heard []string
}

func (e *ear) hear(c feed.Change) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.All {
		e.heard = append(e.heard, "all of "+c.Topic)
		return
	}
	e.heard = append(e.heard, c.Key)
}

func (e *ear) take() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := e.heard
	e.heard = nil
	return out
}

func publish(t testing.TB, s *store.Store, f *feed.Feed, key string) {
	t.Helper()
	err := s.Write(ctx, func(tx *store.Tx) error {
		return f.Publish(tx, feed.Change{Topic: "session.closed", Object: id.Derived("t", key), Key: key})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func poll(t testing.TB, f *feed.Feed) {
	t.Helper()
	if err := f.Poll(ctx); err != nil {
		t.Fatal(err)
	}
}

// each runs the test with two nodes on one database.
func each(t *testing.T, test func(t *testing.T, s *store.Store, here, there *feed.Feed, c *clock.Fixed)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		test(t, s, feed.Open(s, nil), feed.Open(s, nil), c)
	}, feed.Migrations)
}

func TestAChangeIsHeardHereAtOnceAndThereOnceByPolling(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, _ *clock.Fixed) {
		var near, far, deaf ear
		here.Subscribe("session.closed", near.hear)
		there.Subscribe("session.closed", far.hear)
		there.Subscribe("mandate.revoked", deaf.hear)
		publish(t, s, here, "a")
		if diff := cmp.Diff([]string{"a"}, near.take()); diff != "" {
			t.Error(diff)
		}
		for range 3 {
			poll(t, here)
			poll(t, there)
		}
		if diff := cmp.Diff([]string{"a"}, far.take()); diff != "" {
			t.Error(diff)
		}
		if again, other := near.take(), deaf.take(); again != nil || other != nil {
			t.Errorf("heard again here: %v; on another topic: %v", again, other)
		}
	})
}

func TestAWriteThatFailsTellsNobody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, _ *clock.Fixed) {
		var e ear
		here.Subscribe("session.closed", e.hear)
		there.Subscribe("session.closed", e.hear)
		no := errors.New("no")
		err := s.Write(ctx, func(tx *store.Tx) error {
			return errors.Join(here.Publish(tx, feed.Change{Topic: "session.closed", Key: "a"}), no)
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		poll(t, here)
		if poll(t, there); e.take() != nil {
			t.Error("a change that never was is told")
		}
	})
}

// A Write takes its moment when it begins. One that commits after others with later moments were read must not be missed.
func TestARowThatCommitsLateIsNotMissed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, c *clock.Fixed) {
		var e ear
		there.Subscribe("session.closed", e.hear)
		poll(t, there)
		for _, late := range []time.Duration{0, time.Second, 9 * time.Second} {
			began := c.Now()
			c.Move(late)
			publish(t, s, here, "quick"+late.String())
			poll(t, there)
			c.Move(began.Sub(c.Now())) // as if this Write had begun before the other
			publish(t, s, here, "late"+late.String())
			c.Move(late)
			poll(t, there)
			if diff := cmp.Diff([]string{"quick" + late.String(), "late" + late.String()}, e.take()); diff != "" {
				t.Error(diff)
			}
		}
		began := c.Now()
		c.Move(time.Minute)
		poll(t, there)
		c.Move(-time.Minute)
		publish(t, s, here, "very late")
		c.Move(time.Minute)
		for range 10 {
			poll(t, there)
		}
		if diff := cmp.Diff([]string{"very late"}, e.take()); diff != "" {
			t.Errorf("began at %v: %s", began, diff)
		}
	})
}

func TestANodeThatWasCutOffCatchesUpOrForgetsAll(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, c *clock.Fixed) {
		var e ear
		there.Subscribe("session.closed", e.hear)
		poll(t, there)
		publish(t, s, here, "a")
		c.Move(30 * time.Minute)
		publish(t, s, here, "b")
		if poll(t, there); !cmp.Equal(e.take(), []string{"a", "b"}) {
			t.Error("half an hour of changes was not caught up with")
		}
		c.Move(2 * time.Hour)
		if poll(t, there); !cmp.Equal(e.take(), []string{"all of session.closed"}) {
			t.Error("a long gap was not told")
		}
	})
}

func TestOldRowsAreSweptAndUnsubscribedEarsHearNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, c *clock.Fixed) {
		for i := range 3 {
			publish(t, s, here, fmt.Sprint(i))
			c.Move(12 * time.Hour)
		}
		c.Move(time.Minute)
		if err := here.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		c.Move(-36 * time.Hour)
		var left, gone ear
		there.Subscribe("session.closed", left.hear)
		there.Subscribe("session.closed", gone.hear)()
		if poll(t, there); !cmp.Equal(left.take(), []string{"2"}) || gone.take() != nil {
			t.Error("old rows are left, or a cancelled subscriber heard something")
		}
	})
}

func TestFreshOnlyWhileTheFeedIsRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s *store.Store, here, there *feed.Feed, _ *clock.Fixed) {
		if here.Fresh() {
			t.Error("fresh before the first read")
		}
		var e ear
		there.Subscribe("session.closed", e.hear)
		there.Subscribe("session.closed", func(feed.Change) { panic("a bug") })
		for _, f := range []*feed.Feed{here, there} {
			if err := f.Start(ctx); err != nil {
				t.Fatal(err)
			}
			defer f.Stop()
		}
		if !here.Fresh() {
			t.Error("not fresh after Start")
		}
		publish(t, s, here, "a")
		for range 300 {
			if heard := e.take(); heard != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Error("a second and a half without the news")
	})
}

func TestFreshEndsWithTheReads(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits")
	}
	s, _ := storetest.Open(t, feed.Migrations)
	f := feed.Open(s, nil)
	poll(t, f)
	time.Sleep(feed.FreshFor + 50*time.Millisecond)
	if f.Fresh() {
		t.Error("fresh without having read for longer than FreshFor")
	}
}
