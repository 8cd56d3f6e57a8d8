package autopay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/money"
	"posad.city/kit/store"
	"posad.city/kit/vault"
)

// What the process that is to be killed is told: the folder of its database and of the bank's book, and the master key.
const (
	crashDir = "POSAD_AUTOPAY_CRASH"
	crashKey = "POSAD_AUTOPAY_CRASH_KEY"
)

// crashBills is how many bills are due at once when the process is killed.
const crashBills = 60

// payMorning is when they are paid.
func payMorning() time.Time { return at(day("2026-12-08"), payHour, moscow) }

// book is a bank that keeps what it took in a file: a line a key, on the disk before it answers. Every third answer is lost.
type book struct {
	*world
	file  string
	mu    sync.Mutex
	calls int
}

func openBook(t testing.TB, dir string) *book {
	t.Helper()
	b := &book{world: newWorld(), file: dir + "/bank"}
	b.bills[id.Derived("past", "a")] = Bill{Biller: biller, ID: id.Derived("past", "a"), Title: lang.Text{RU: "Счёт", EN: "Bill"}, Amount: money.Roubles(420), Paid: payMorning(), Follows: true}
	for i := range crashBills {
		one := Bill{Biller: biller, ID: id.Derived("crash bill", fmt.Sprint(i)), Number: "1", Title: lang.Text{RU: "Счёт", EN: "Bill"}, Amount: money.Roubles(400 + int64(i)), Open: true, Follows: true, Due: at(day("2026-12-10"), 23, moscow)}
		b.bills[one.ID] = one
	}
	for _, line := range b.lines(t) {
		b.remember(line)
	}
	return b
}

func (b *book) lines(t testing.TB) []string {
	t.Helper()
	content, err := os.ReadFile(b.file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	text := string(content)
	if end := strings.LastIndexByte(text, '\n'); end >= 0 {
		return strings.Split(text[:end], "\n") // a line that the kill cut was not answered
	}
	return nil
}

func (b *book) remember(line string) {
	key, charge, _ := strings.Cut(line, " ")
	payment := id.Derived("payment", key)
	b.paid[id.MustParse(key)], b.fates[payment] = payment, Taken
	one := b.bills[id.MustParse(charge)]
	one.Open, one.Paid = false, payMorning()
	b.bills[one.ID] = one
}

// Begin implements Payments.
func (b *book) Begin(_ context.Context, _ act.Act, c Charging) (id.ID, Fate, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.world.mu.Lock()
	defer b.world.mu.Unlock()
	b.calls++
	if payment, known := b.paid[c.Key]; known {
		return payment, b.fates[payment], nil
	}
	line := c.Key.String() + " " + c.Charge.String()
	f, err := os.OpenFile(b.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return id.ID{}, Unknown, err
	}
	_, err = f.WriteString(line + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return id.ID{}, Unknown, err
	}
	b.remember(line)
	if b.calls%3 == 0 {
		return id.ID{}, Unknown, errSilent
	}
	return b.paid[c.Key], Taken, nil
}

// crashRig opens what a process left.
func crashRig(t testing.TB, dir string, now time.Time) (*rig, *book) {
	t.Helper()
	c := clock.At(now)
	s, err := store.Open(ctx, store.Options{Dir: dir, Clock: c}, migrated...)
	if err != nil {
		t.Fatal(err)
	}
	kek, err := vault.ParseKEK(os.Getenv(crashKey))
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.Open(ctx, vault.Options{Store: s, KEK: kek, Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	b := openBook(t, dir)
	r := &rig{t: t, store: s, clock: c, world: b.world, vault: v}
	r.restart(jobs.Options{Lease: time.Second})
	r.deps.Payments = b
	return r, b
}

// TestCrashChild is not a test: it is the process that TestAKilledProcessPaysOnce kills.
func TestCrashChild(t *testing.T) {
	dir := os.Getenv(crashDir)
	if dir == "" {
		t.Skip("run by TestAKilledProcessPaysOnce")
	}
	r, _ := crashRig(t, dir, payMorning().Add(time.Hour))
	if err := r.queue.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stdout.WriteString("busy\n"); err != nil {
		t.Error(err)
	}
	time.Sleep(30 * time.Second)
}

// A process that is killed at any moment between the decision and the bank's word pays each bill once, and none is lost.
func TestAKilledProcessPaysOnce(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(crashKey, vault.NewKEKText())
	order := prepareCrash(t, dir)
	taken := []int{0}
	for round := range 8 {
		killed(t, dir, time.Duration(20+45*round)*time.Millisecond)
		taken = append(taken, len(openBook(t, dir).lines(t)))
	}
	r, b := crashRig(t, dir, payMorning().Add(2*time.Hour))
	defer func() { r.must(r.store.Close()) }()
	for range 40 {
		r.run()
		r.clock.Move(10 * time.Minute)
	}
	lines, seen := b.lines(t), map[string]bool{}
	for _, line := range lines {
		_, charge, _ := strings.Cut(line, " ")
		if seen[charge] {
			t.Errorf("%s was paid twice", charge)
		}
		seen[charge] = true
	}
	for i := range crashBills {
		turn, _, err := r.Turn(ctx, personAct(anna), anna, turnID(order, id.Derived("crash bill", fmt.Sprint(i))))
		if r.must(err); turn.State != Paid || len(turn.Tries) != 1 {
			t.Errorf("bill %d: %s by %s, %d tries", i, turn.State, turn.Rule, len(turn.Tries))
		}
	}
	if len(lines) != crashBills || taken[len(taken)-1] == 0 || taken[1] == crashBills {
		t.Errorf("%d payments; after each kill: %v", len(lines), taken)
	}
	t.Logf("taken after each kill: %v", taken)
}

// prepareCrash makes an order whose bills are all told of and due at once.
func prepareCrash(t *testing.T, dir string) id.ID {
	t.Helper()
	r, _ := crashRig(t, dir, at(day("2026-12-05"), 12, moscow))
	made, err := r.Make(ctx, personAct(anna), NewOrder{Person: anna, Charge: id.Derived("past", "a"), Name: "Дом", Card: card.ID, Terms: Terms{Each: 900, Month: 900_00, When: Before, Days: 2, Notice: 3}})
	r.must(err)
	r.run()
	r.must(r.store.Close())
	return made
}

func killed(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$", "-test.timeout=1m")
	child.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Errorf("the child said nothing: %v", err)
	}
	time.Sleep(after)
	if err := child.Process.Kill(); err != nil {
		t.Error(err)
	}
	var ended *exec.ExitError
	if err := child.Wait(); !errors.As(err, &ended) || ended.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
}
