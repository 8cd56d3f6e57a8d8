package exchange

import (
	"testing"
	"time"
)

func TestCostOfARegister(t *testing.T) {
	t.Parallel()
	g := &gate{}
	for i := range 1000 { // 512 of them are told of: 489 ms to 1000 ms
		g.count(None, time.Duration(i+1)*time.Millisecond, time.Time{})
	}
	if half, most := g.within(); half != 744*time.Millisecond || most != 975*time.Millisecond {
		t.Errorf("a half within %v, 95 of 100 within %v", half, most)
	}
	g.count(Silent, time.Second, time.Time{})
	g.count(NotFound, time.Millisecond, time.Time{})
	for range 1000 {
		g.reuse()
	}
	if c := g.counts; c.FromCache() != 50 || c.Failing() != 0 || c.Requests() != 1002 {
		t.Errorf("%d %% from cache, %d %% failing, %d requests", c.FromCache(), c.Failing(), c.Requests())
	}
	for range 998 {
		g.count(WrongSchema, time.Millisecond, time.Time{})
	}
	if c := g.counts; c.Failing() != 50 {
		t.Errorf("%d %% failing", c.Failing())
	}
}
