package calendar

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func at(city *City, day string, hour, minute int) time.Time {
	return MustDate(day).Start(city.Zone()).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
}

func TestTermIsRefusedWhenItCannotBeKept(t *testing.T) {
	t.Parallel()
	for _, bad := range []Term{{}, {0, Working}, {-1, Calendar}, {MaxDays + 1, Working}, {5, "banking"}} {
		if err := bad.Check(); !errors.Is(err, ErrTerm) {
			t.Errorf("%v gave %v", bad, err)
		}
	}
	city := sample(t)
	noon := at(city, "2026-11-23", 12, 0)
	if _, err := city.Read(Clock{Term{5, Working}, noon, []Pause{{From: noon, To: noon.Add(-1)}}}, noon); !errors.Is(err, ErrPause) {
		t.Errorf("a pause backwards gave %v", err)
	}
}

func TestClockReads(t *testing.T) {
	t.Parallel()
	city := sample(t)
	five := Term{5, Working}
	start := at(city, "2026-11-20", 23, 0) // Friday night
	for name, test := range map[string]struct {
		clock   Clock
		now     time.Time
		due     time.Time
		left    int
		paused  bool
		overdue int
	}{
		"starts next working day": {Clock{five, start, nil}, start, at(city, "2026-11-27", 18, 0), 5, false, 0},
		"spent at the close":      {Clock{five, start, nil}, at(city, "2026-11-23", 18, 0), at(city, "2026-11-27", 18, 0), 4, false, 0},
		"late":                    {Clock{five, start, nil}, at(city, "2026-12-01", 19, 0), at(city, "2026-11-27", 18, 0), 0, false, 2},
		"answered the same day": {Clock{five, start, []Pause{{From: at(city, "2026-11-24", 10, 0), To: at(city, "2026-11-24", 16, 0)}}},
			start, at(city, "2026-11-27", 18, 0), 5, false, 0},
		"two nights of waiting": {Clock{five, start, []Pause{{From: at(city, "2026-11-24", 10, 0), To: at(city, "2026-11-26", 10, 0)}}},
			at(city, "2026-11-25", 12, 0), at(city, "2026-12-01", 18, 0), 4, false, 0},
		"a weekend of waiting": {Clock{five, start, []Pause{{From: at(city, "2026-11-21", 10, 0), To: at(city, "2026-11-22", 10, 0)}}},
			start, at(city, "2026-11-27", 18, 0), 5, false, 0},
		"stands": {Clock{five, start, []Pause{{From: at(city, "2026-11-25", 10, 0)}}},
			at(city, "2026-12-20", 12, 0), time.Time{}, 3, true, 0},
		"asked on the last day, answered in the morning": {Clock{five, start, []Pause{{From: at(city, "2026-11-27", 15, 0), To: at(city, "2026-12-01", 10, 0)}}},
			at(city, "2026-12-01", 12, 0), at(city, "2026-12-02", 18, 0), 1, false, 0},
		"a pause after the end": {Clock{five, start, []Pause{{From: at(city, "2026-11-27", 19, 0)}}},
			at(city, "2026-11-28", 12, 0), at(city, "2026-11-27", 18, 0), 0, false, 0},
		"calendar days, end on a holiday": {Clock{Term{30, Calendar}, at(city, "2026-12-05", 12, 0), nil},
			at(city, "2026-12-05", 12, 0), at(city, "2027-01-11", 18, 0), 30, false, 0},
		"overlapping pauses count once": {Clock{five, start, []Pause{
			{From: at(city, "2026-11-25", 10, 0), To: at(city, "2026-11-26", 10, 0)}, {From: at(city, "2026-11-24", 10, 0), To: at(city, "2026-11-25", 20, 0)}}},
			start, at(city, "2026-12-01", 18, 0), 5, false, 0},
	} {
		got, err := city.Read(test.clock, test.now)
		if err != nil || !got.Due.Equal(test.due) || got.Left != test.left || got.Paused != test.paused || got.Overdue != test.overdue {
			t.Errorf("%s: got %+v (%v), want due %v", name, got, err, test.due)
		}
	}
}

// naiveDue walks day by day and asks of each whether it is spent: independent of Read's arithmetic.
func naiveDue(city *City, k Clock) time.Time {
	stands := func(m time.Time) bool {
		return slices.ContainsFunc(k.Pauses, func(p Pause) bool { return !m.Before(p.From) && m.Before(p.To) })
	}
	spent := 0
	for day := DateOf(k.Started, city.Zone()).AddDays(1); ; day = day.AddDays(1) {
		closes := city.Closes(day)
		counts := k.Term.Kind == Calendar || city.IsWorking(day)
		if counts && !stands(closes) {
			spent++
		}
		answered := slices.ContainsFunc(k.Pauses, func(p Pause) bool {
			inside := slices.ContainsFunc(k.Pauses, func(q Pause) bool { return !p.To.Before(q.From) && p.To.Before(q.To) })
			return !inside && DateOf(p.To, city.Zone()) == day && !p.To.After(closes)
		})
		if spent >= k.Term.Days && city.IsWorking(day) && !stands(closes) && !answered {
			return closes
		}
	}
}

func anyMoment() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		minutes := rapid.OneOf(rapid.IntRange(0, 24*60), rapid.SampledFrom([]int{0, 9 * 60, 18 * 60, 18*60 - 1, 17 * 60, 18*60 + 1})).Draw(t, "minutes")
		return MustDate("2026-10-20").AddDays(rapid.IntRange(0, 120).Draw(t, "days")).Start(time.UTC).Add(time.Duration(minutes-180) * time.Minute)
	})
}

func anyClock() *rapid.Generator[Clock] {
	return rapid.Custom(func(t *rapid.T) Clock {
		k := Clock{
			Term:    Term{rapid.IntRange(1, 40).Draw(t, "n"), rapid.SampledFrom([]Kind{Working, Calendar}).Draw(t, "kind")},
			Started: anyMoment().Draw(t, "started"),
		}
		for range rapid.IntRange(0, 4).Draw(t, "pauses") {
			from, to := anyMoment().Draw(t, "from"), anyMoment().Draw(t, "to")
			if to.Before(from) {
				from, to = to, from
			}
			k.Pauses = append(k.Pauses, Pause{From: from, To: to})
		}
		return k
	})
}

func TestDueAgreesWithANaiveWalk(t *testing.T) {
	t.Parallel()
	city := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		k := anyClock().Draw(t, "clock")
		got, err := city.Read(k, k.Started)
		if err != nil {
			t.Fatal(err)
		}
		if want := naiveDue(city, k); !got.Due.Equal(want) {
			t.Fatalf("due %v, walked to %v", got.Due, want)
		}
	})
}

func TestPausesNeverShortenATerm(t *testing.T) {
	t.Parallel()
	city := sample(t)
	rapid.Check(t, func(t *rapid.T) {
		k := anyClock().Draw(t, "clock")
		plain, _ := city.Due(k.Term, k.Started)
		got, _ := city.Read(k, k.Started)
		if got.Due.Before(plain) {
			t.Fatalf("due %v with pauses, %v without", got.Due, plain)
		}
		later, _ := city.Read(k, got.Due)
		if later.Late || later.Left != 0 {
			t.Fatalf("at the due moment: %+v", later)
		}
		after, _ := city.Read(k, got.Due.Add(time.Microsecond))
		if !after.Late || after.Overdue != 0 {
			t.Fatalf("just after the due moment: %+v", after)
		}
	})
}
