// Package clock is the only place that asks what time it is.
//
// Everything above takes a Clock, so that a test can stand at any moment and the demo city can be moved to next week.
// An architecture test fails on time.Now anywhere else, and on now() in SQL. A moved clock still runs: it is the real
// clock with an offset, so that timers and terms keep their pace.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the present moment, in UTC, to the microsecond, which is what both database engines keep.
type Clock interface {
	Now() time.Time
}

// System is the machine's clock with an offset that can be moved. The zero value is ready and shows real time. It is
// safe for concurrent use.
type System struct {
	offset atomic.Int64
}

// Now is real time plus the offset.
func (s *System) Now() time.Time {
	return time.Now().Add(time.Duration(s.offset.Load())).UTC().Truncate(time.Microsecond)
}

// Move shifts the clock by d, forward or back; shifts add up. Only the demo and tests call it.
func (s *System) Move(d time.Duration) { s.offset.Add(int64(d)) }

// Offset tells how far the clock stands from real time.
func (s *System) Offset() time.Duration { return time.Duration(s.offset.Load()) }

// Fixed is a clock that stands until it is moved, for tests. It is safe for concurrent use.
type Fixed struct {
	micros atomic.Int64
}

// At returns a Fixed clock that stands at t.
func At(t time.Time) *Fixed {
	f := new(Fixed)
	f.micros.Store(t.UnixMicro())
	return f
}

// Now is where the clock stands.
func (f *Fixed) Now() time.Time { return time.UnixMicro(f.micros.Load()).UTC() }

// Move shifts the clock by d.
func (f *Fixed) Move(d time.Duration) { f.micros.Add(d.Microseconds()) }

// Measure starts a stopwatch on the monotonic clock and returns the function that reads it. It is for metrics and
// timeouts only: what it tells never enters a record.
func Measure() func() time.Duration {
	start := time.Now()
	return func() time.Duration { return time.Since(start) }
}
