package booking

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"

	"pgregory.net/rapid"
)

// ground reads the rows as they are, whatever the module thinks of them.
type ground struct {
	places   []bookingdb.BookingPlace
	bookings []bookingdb.Booking
}

func (r *rig) ground(from, to time.Time) ground {
	r.t.Helper()
	var out ground
	home := ResourceID("office")
	r.must(r.store.Read(ctx, func(s *store.Snapshot) error {
		var err error
		out.places, err = bookingdb.PlacesBetween(s, home, from.Add(-time.Second), to)
		return err
	}))
	r.must(r.store.Look(ctx, act.Act{Actor: act.Actor{Kind: act.System}}, lookDay, func(p *store.Personal) error {
		var err error
		out.bookings, err = bookingdb.BookedBetween(p, bookingdb.BookedBetweenParams{Resource: home, First: from, Last: to, Most: 1_000_000})
		return err
	}))
	return out
}

// check holds the rows to what must always be: nobody's place is somebody else's, no moment has more people than places, and
// each booking has its place and each place its booking.
func (g ground) check(places int, now time.Time) error {
	type seat struct {
		start  int64
		number int64
	}
	booked, owners := map[seat]id.ID{}, map[id.ID]seat{}
	for _, b := range g.bookings {
		at := seat{b.Start.UnixMicro(), b.Number}
		if other, taken := booked[at]; taken {
			return fmt.Errorf("%s and %s have one place at %s", other, b.ID, b.Start)
		}
		booked[at] = b.ID
	}
	fixed := 0
	for _, p := range g.places {
		at := seat{p.Start.UnixMicro(), p.Number}
		if old, twice := owners[p.Booking]; twice {
			return fmt.Errorf("%s has two places: %v and %v", p.Booking, old, at)
		}
		owners[p.Booking] = at
		if p.Until.IsZero() {
			fixed++
			if booked[at] != p.Booking {
				return fmt.Errorf("the place %v is of %s, the booking there is %s", at, p.Booking, booked[at])
			}
		}
	}
	if fixed != len(g.bookings) {
		return fmt.Errorf("%d places for %d bookings", fixed, len(g.bookings))
	}
	for _, p := range g.places {
		together := 0
		for _, q := range g.places {
			live := q.Until.IsZero() || q.Until.After(now)
			if live && !q.Start.After(p.Start) && q.Ends.After(p.Start) {
				together++
			}
		}
		if together > places {
			return fmt.Errorf("%d people at %s, where there are %d places", together, p.Start, places)
		}
	}
	return nil
}

// expected are the refusals that a race may meet.
func expected(err error) bool {
	for _, fault := range []error{nil, ErrFull, ErrGone, ErrMany, ErrTime, ErrLate, ErrOver, ErrOfCase, ErrNone, store.ErrBusy} {
		if errors.Is(err, fault) {
			return true
		}
	}
	return false
}

// crowd is people who do random things at a few times, all at once.
type crowd struct {
	r      *rig
	starts []time.Time
	mu     sync.Mutex
	mine   []Booking
}

func (c *crowd) pick(g *rand.Rand) (Booking, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mine) == 0 {
		return Booking{}, false
	}
	return c.mine[g.IntN(len(c.mine))], true
}

func (c *crowd) keep(b Booking) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mine = append(c.mine, b)
}

// step is one thing that somebody does.
func (c *crowd) step(g *rand.Rand, what int) error {
	start := c.starts[g.IntN(len(c.starts))]
	b, known := c.pick(g)
	a := personAct(b.Person)
	switch {
	case what < 5 || !known:
		person := id.Derived("person", strconv.Itoa(g.IntN(40)))
		wish := Hold{Person: person, Resource: "office", Start: start}
		if g.IntN(3) == 0 { // of a form; the others can be moved and cancelled by themselves
			wish.Case = id.Derived("case", strconv.Itoa(g.IntN(60)))
		}
		b, err := c.r.Hold(ctx, personAct(person), wish)
		if err == nil {
			c.keep(b)
		}
		return err
	case what < 9:
		_, err := c.r.Confirm(ctx, a, b.ID)
		return err
	case what < 10:
		_, err := c.r.Cancel(ctx, a, b.ID)
		return err
	case what < 13:
		_, err := c.r.Move(ctx, a, b.ID, start)
		return err
	case what < 15:
		c.r.clock.Move(HoldLife / 2)
		return nil
	default:
		return c.r.sweep(ctx, jobOf(""))
	}
}

// In any order and at once, people hold, confirm, cancel and move, holds run out and are swept: no place is ever two
// people's.
func TestNoPlaceIsEverDoubleBooked(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) {
		r := newRig(t, s, c)
		date := day("2026-11-25")
		rapid.Check(t, func(t *rapid.T) {
			table, err := r.resource("office")
			if err != nil {
				t.Fatal(err)
			}
			date = nextWorking(table, date) // each try has a day of its own
			r.clock.Move(date.Start(table.zone).Add(-36 * time.Hour).Sub(r.clock.Now()))
			people := crowd{r: r}
			for _, slot := range table.on(date)[:3] {
				people.starts = append(people.starts, slot.Start)
			}
			seed := rapid.Uint64().Draw(t, "seed")
			hands := rapid.IntRange(1, 4).Draw(t, "hands")
			steps := rapid.SliceOfN(rapid.IntRange(0, 15), 1, 40).Draw(t, "steps")
			var wait sync.WaitGroup
			var failed atomic.Pointer[error]
			for hand := range hands {
				wait.Go(func() {
					g := rand.New(rand.NewPCG(seed, uint64(hand)))
					for _, what := range steps {
						if err := people.step(g, (what+hand)%16); !expected(err) {
							failed.Store(&err)
						}
					}
				})
			}
			wait.Wait()
			if err := failed.Load(); err != nil {
				t.Fatal(*err)
			}
			now := r.clock.Now()
			if err := r.ground(date.Start(table.zone), date.AddDays(1).Start(table.zone)).check(table.resource.Places, now); err != nil {
				t.Fatal(err)
			}
		})
	}, migrated...)
}

// A million people want one of a few places at one moment: each place goes to one of them, and all others are told so.
// POSAD_RACE says how many attempts; in ordinary tests there are few.
func TestARaceForAFewPlaces(t *testing.T) {
	if os.Getenv("POSAD_RACE") == "" {
		t.Parallel()
	}
	storetest.Each(t, func(t *testing.T, s *store.Store, c *clock.Fixed) { race(newRig(t, s, c), attempts(t, 600), 64) }, migrated...)
}

func attempts(t *testing.T, usual int) int {
	text := os.Getenv("POSAD_RACE")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// race lets hands hold and confirm at three times of two places, each attempt a person of their own. Every attempt goes to
// the writer: the look before it, which sends most away in life, is left out.
func race(r *rig, attempts, hands int) {
	r.t.Helper()
	table, err := r.resource("office")
	r.must(err)
	slots := table.on(day("2026-11-23"))[:3]
	var next, won, full, other atomic.Int64
	var wait sync.WaitGroup
	took := clock.Measure()
	for range hands {
		wait.Go(func() {
			for n := next.Add(1); n <= int64(attempts); n = next.Add(1) {
				switch err := attempt(r, table, slots[n%int64(len(slots))], n); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, ErrFull), errors.Is(err, store.ErrBusy):
					full.Add(1)
				default:
					other.Add(1)
					r.t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	r.t.Logf("%d attempts by %d hands in %s: %d booked, %d refused", attempts, hands, took().Round(time.Millisecond), won.Load(), full.Load())
	if places := int64(len(slots) * table.resource.Places); won.Load() != places || other.Load() > 0 {
		r.t.Errorf("%d booked for %d places", won.Load(), places)
	}
	r.must(r.ground(slots[0].Start, slots[2].End).check(table.resource.Places, r.clock.Now()))
}

// attempt is one person's: the hold and its confirmation.
func attempt(r *rig, table timetable, slot Slot, n int64) error {
	person := id.Derived("person", strconv.FormatInt(n, 10))
	a := personAct(person)
	p := &PreparedHold{
		m: r.Module, act: a, hold: Hold{Person: person, Resource: "office", Start: slot.Start}, t: table, slot: slot, id: id.New(r.clock.Now()),
	}
	var b Booking
	err := r.store.Write(ctx, func(tx *store.Tx) error {
		var err error
		b, err = p.Put(tx)
		return err
	})
	if err != nil {
		return err
	}
	for _, err = r.Confirm(ctx, a, b.ID); errors.Is(err, store.ErrBusy); { // who has the place does not give up
		_, err = r.Confirm(ctx, a, b.ID)
	}
	return err
}

func nextWorking(t timetable, d calendar.Date) calendar.Date {
	for d = d.AddDays(1); len(t.on(d)) == 0; d = d.AddDays(1) {
	}
	return d
}
