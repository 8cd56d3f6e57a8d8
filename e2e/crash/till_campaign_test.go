package crash

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"posad.city/kit/id"
	"posad.city/kit/store/storetest"
	"posad.city/sim/bank"
	"posad.city/systems/card"
)

// How often a side is killed when nothing else is said.
const (
	tillKillsSQLite   = 12
	tillKillsPostgres = 8
)

// payersMost is how many people pay at once.
const payersMost = 10

// TestPaymentsSQLite and TestPaymentsPostgreSQL kill the city's till and the bank, each a process of its own, at random
// moments while people pay. POSAD_CRASH_PAY_SQLITE and POSAD_CRASH_PAY_POSTGRES say how often.
func TestPaymentsSQLite(t *testing.T) {
	payments(t, kills(t, "POSAD_CRASH_PAY_SQLITE", tillKillsSQLite), "")
}

func TestPaymentsPostgreSQL(t *testing.T) {
	server := os.Getenv(storetest.PostgresEnv)
	if server == "" {
		t.Skip(storetest.PostgresEnv + " names no server")
	}
	payments(t, kills(t, "POSAD_CRASH_PAY_POSTGRES", tillKillsPostgres), freshDatabase(t, server))
}

// side is a process that is killed.
type side struct {
	t       *testing.T
	role    string
	orders  orders
	ready   string // path that answers when it is
	log     *os.File
	process *exec.Cmd
	took    span
}

func (s *side) address() string { return "http://" + s.orders.Listen }

func (s *side) start() {
	s.t.Helper()
	environment, err := s.orders.environment(s.role)
	if err != nil {
		s.t.Fatal(err)
	}
	process := exec.Command(os.Args[0], "-test.run=^$")
	process.Env, process.Stderr = environment, s.log
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	if err := process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.process = process
	for time.Since(began) < startWithin {
		if answer, err := http.Get(s.address() + s.ready); err == nil {
			_ = answer.Body.Close() // nothing is read of it
			s.took.add(time.Since(began))
			return
		}
		pause(s.t.Context(), 5*time.Millisecond)
	}
	said, _ := os.ReadFile(s.log.Name())
	s.t.Fatalf("the %s was not ready within %v:\n%s", s.role, startWithin, said[max(0, len(said)-4000):])
}

func (s *side) kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill() // it may have ended by itself, which the next start shows
	_ = s.process.Wait()         // it was killed: an error is what it must say
	s.process = nil
}

// sides are the two that are killed.
type sides struct{ till, bank *side }

func newSides(t *testing.T, database string) *sides {
	t.Helper()
	dir := t.TempDir()
	began := time.Now().UTC().Truncate(time.Microsecond)
	make := func(role, ready string) *side {
		log, err := os.Create(dir + "/" + role + ".log")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = log.Close() }) // a log
		return &side{t: t, role: role, ready: ready, log: log, orders: orders{Dir: dir, Database: database, Listen: freePort(t), Began: began}}
	}
	out := &sides{till: make("till", "/ready"), bank: make("bank", "/control/bookings")}
	out.till.orders.Bank = out.bank.address()
	t.Cleanup(out.till.kill)
	t.Cleanup(out.bank.kill)
	return out
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }() // it was only looked at
	return l.Addr().String()
}

// payments is one campaign.
func payments(t *testing.T, times int, database string) {
	start := seed(t)
	s := newSides(t, database)
	people := settleIn(t, s, start)
	s.bank.start()
	s.till.start()

	ctx, calm := context.WithCancel(t.Context())
	defer calm()
	var load sync.WaitGroup
	load.Go(func() { s.weather(ctx, rand.New(rand.NewPCG(start, 2))) })
	for _, p := range people {
		load.Go(func() { p.live(ctx) })
	}
	moments := rand.New(rand.NewPCG(start, 1))
	var tills, banks int
	for range times {
		pause(t.Context(), lifeLeast+time.Duration(moments.Int64N(int64(lifeMost-lifeLeast))))
		which := moments.IntN(5)
		if which < 3 { // both at once, too
			s.till.kill()
			tills++
		}
		if which >= 2 {
			s.bank.kill()
			banks++
		}
		if s.bank.process == nil {
			s.bank.start()
		}
		if s.till.process == nil {
			s.till.start()
		}
	}
	calm()
	load.Wait()
	s.till.kill()
	s.setFaults(bank.Faults{})
	proveTill(t, s, people)
	t.Logf("%d kills of the till (starts of %v), %d of the bank (%v)", tills, s.till.took, banks, s.bank.took)
}

// settleIn makes people with cards before anybody is killed.
func settleIn(t *testing.T, s *sides, start uint64) []*payer {
	t.Helper()
	ground, err := openTill(t.Context(), s.till.orders)
	if err != nil {
		t.Fatal(err)
	}
	notes := &tillNotes{taken: map[id.ID]id.ID{}, begun: map[id.ID]bool{}}
	var out []*payer
	for i := range payersMost {
		p := &payer{
			t: t, person: id.Derived("person", fmt.Sprint("payer ", i)), sides: s, notes: notes, client: &http.Client{Timeout: 3 * time.Second},
			random: rand.New(rand.NewPCG(start, uint64(10+i))),
		}
		plastic := card.Plastic{Number: plasticNumber(i), Code: fmt.Sprintf("%06d", i)}
		if _, err := ground.cards.Issue(t.Context(), actOf(p.person), []card.Plastic{plastic}); err != nil {
			t.Fatal(err)
		}
		if p.card, err = ground.cards.Link(t.Context(), actOf(p.person), p.person, plastic); err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	if err := ground.store.Close(); err != nil {
		t.Fatal(err)
	}
	return out
}

func plasticNumber(i int) string {
	for d := range 10 {
		if number, ok := card.ParseNumber(fmt.Sprintf("%09d%d", 1000+i, d)); ok {
			return number
		}
	}
	return ""
}

// weather changes how the bank misbehaves until ctx ends. A bank that was killed has forgotten it.
func (s *sides) weather(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		f := bank.Faults{Messages: r.IntN(4) - 1, MessagesAfter: time.Duration(r.IntN(300)) * time.Millisecond, Shuffle: r.IntN(2) == 0, LoseMessages: r.IntN(40)}
		if r.IntN(3) > 0 {
			f.Delay, f.RefuseShare, f.LoseShare = time.Duration(r.IntN(30))*time.Millisecond, r.IntN(10), r.IntN(10)
			f.SlowShare, f.Slow = r.IntN(4), 400*time.Millisecond
			f.Think, f.RefundAfter, f.RefuseRefunds = time.Duration(r.IntN(100))*time.Millisecond, time.Duration(r.IntN(200))*time.Millisecond, r.IntN(20)/19
		}
		s.setFaults(f)
		pause(ctx, 150*time.Millisecond)
	}
}

func (s *sides) setFaults(f bank.Faults) {
	body, err := json.Marshal(f)
	if err != nil {
		s.bank.t.Error(err)
		return
	}
	answer, err := http.Post(s.bank.address()+"/control", "application/json", bytes.NewReader(body))
	if err == nil {
		_ = answer.Body.Close() // nothing is read of it
	}
}
