package clock

import (
	"testing"
	"time"
)

func TestMovedSystemClockRunsOn(t *testing.T) {
	var s System
	before := s.Now()
	s.Move(48 * time.Hour)
	if got := s.Now().Sub(before); got < 48*time.Hour || got > 49*time.Hour {
		t.Errorf("moved by %v", got)
	}
	if s.Now().Nanosecond()%1000 != 0 {
		t.Error("finer than the microsecond that the databases keep")
	}
}

func TestFixedStandsUntilMoved(t *testing.T) {
	start := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	f := At(start)
	if !f.Now().Equal(start) {
		t.Errorf("stands at %v", f.Now())
	}
	f.Move(time.Minute)
	if got := f.Now().Sub(start); got != time.Minute {
		t.Errorf("moved by %v", got)
	}
}
