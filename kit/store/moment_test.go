package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// TestMomentOfATry: a Write that waited has the moment at which it began to run: whoever reads the books up to some minutes ago
// misses nothing that waited for longer.
func TestMomentOfATry(t *testing.T) {
	t.Parallel()
	s, c := storetest.Open(t)
	began := c.Now()
	inside, leave, done := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	var once sync.Once
	go func() {
		done <- s.Write(context.Background(), func(*store.Tx) error {
			once.Do(func() { close(inside) })
			<-leave
			return nil
		})
	}()
	<-inside
	var at time.Time
	go func() {
		done <- s.Write(context.Background(), func(tx *store.Tx) error {
			at = tx.Now()
			return nil
		})
	}()
	for until := time.Now().Add(5 * time.Second); s.Stats().Waiting == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("it does not wait")
		}
	}
	c.Move(time.Hour)
	close(leave)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if got := at.Sub(began); got != time.Hour {
		t.Fatalf("it has a moment %v after the beginning", got)
	}
}
