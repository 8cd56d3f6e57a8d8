package booking

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"posad.city/kit/clock"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
)

// What the process that is to be killed is told: the folder of its database, and the master key.
const (
	crashDir = "POSAD_BOOKING_CRASH"
	crashKey = "POSAD_BOOKING_CRASH_KEY"
)

// TestCrashChild is not a test: it is the process that TestAKilledProcessLeavesWholeBookings kills.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by TestAKilledProcessLeavesWholeBookings")
	}
	c := clock.At(storetest.Start)
	s, err := store.Open(ctx, store.Options{Dir: dir, Clock: c}, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	people := crowd{r: newRig(t, s, c)}
	for _, slot := range tableOf(plainCity(), &plainCity().Resources[0]).on(day("2026-11-24")) {
		people.starts = append(people.starts, slot.Start)
	}
	var wait sync.WaitGroup
	for hand := range 8 {
		wait.Go(func() {
			g := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(hand)))
			for {
				if err := people.step(g, g.IntN(13)); !expected(err) {
					panic(err) // the parent reads it
				}
			}
		})
	}
	if _, err := os.Stdout.WriteString("busy\n"); err != nil {
		t.Error(err)
	}
	wait.Wait()
}

// A process that is killed at any moment leaves each place with its booking and each booking with its place.
func TestAKilledProcessLeavesWholeBookings(t *testing.T) {
	t.Parallel()
	dir, key, booked := t.TempDir(), vault.NewKEKText(), 0
	for round := range 4 {
		child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=1m")
		child.Env = append(os.Environ(), crashDir+"="+dir, crashKey+"="+key)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 5)); err != nil {
			t.Errorf("round %d: the child said nothing: %v", round, err)
		}
		time.Sleep(time.Duration(20+70*round) * time.Millisecond)
		if err := child.Process.Kill(); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		var ended *exec.ExitError
		if err := child.Wait(); !errors.As(err, &ended) || ended.Exited() {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		booked += afterCrash(t, dir)
	}
	if booked == 0 {
		t.Error("nobody booked anything before the kill: it proves nothing")
	}
}

// afterCrash opens what the killed process left, checks it and tells how many are booked.
func afterCrash(t *testing.T, dir string) int {
	t.Helper()
	s, err := store.Open(ctx, store.Options{Dir: dir, Clock: clock.At(storetest.Start)}, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := &rig{t: t, store: s}
	date, zone := day("2026-11-24"), plainCity().Days().Zone()
	g := r.ground(date.Start(zone), date.AddDays(1).Start(zone))
	if err := g.check(2, storetest.Start); err != nil {
		t.Error(err)
	}
	return len(g.bookings)
}
