package crash

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"posad.city/app"
	"posad.city/city/kitezh"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/sim/agency"
	"posad.city/sim/bank"
	"posad.city/sim/post"
)

// outsideKey is the key and secret of the world's servers.
const outsideKey = "crash-key-of-the-outside-servers"

// world is everything outside the city; it lives on when the city dies.
type world struct {
	t        *testing.T
	people   kitezh.People
	bank     *bank.Bank
	till     string // the bank's address
	agencies *agency.Agency
	offices  string
	post     *post.Post
	random   *rand.Rand
}

func newWorld(t *testing.T, start uint64) *world {
	t.Helper()
	people, err := kitezh.Demo()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, people: people, random: rand.New(rand.NewPCG(start, 2))}
	quiet := slog.New(slog.DiscardHandler)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.till = "http://" + listener.Addr().String()
	w.bank = bank.New(w.till, outsideKey, outsideKey, new(clock.System), quiet)
	till := &httptest.Server{Listener: listener, Config: &http.Server{Handler: w.bank.Handler(), ReadHeaderTimeout: time.Minute}}
	till.Start()
	t.Cleanup(till.Close)
	w.agencies = agency.New(agency.Options{Key: outsideKey, HookKey: app.DemoHookKey(outsideKey), Answer: func(register string, parameters map[string]string) (any, bool) {
		return people.Reply(register, parameters, calendar.DateOf(time.Now(), moscow))
	}})
	offices := httptest.NewServer(w.agencies.Handler())
	t.Cleanup(offices.Close)
	w.offices = offices.URL
	w.post = post.New(outsideKey, new(clock.System), quiet)
	if err := w.post.Start("127.0.0.1:0", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.bank.Wait()
		if err := w.post.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return w
}

var moscow = time.FixedZone("Europe/Moscow", 3*60*60)

func (w *world) addresses() string {
	return fmt.Sprintf("agencies=%s,bank=%s,post=http://%s,mail=%s", w.offices, w.till, w.post.WebAddress(), w.post.MailAddress())
}

// weather changes how the world misbehaves until ctx ends. Half of the time it behaves.
func (w *world) weather(ctx context.Context) {
	for ctx.Err() == nil {
		r := w.random
		w.fair()
		// The bank: messages twice, once, never; late ones come while the city is dead or another process.
		b := bank.Faults{Messages: r.IntN(4) - 1, MessagesAfter: time.Duration(r.IntN(3)*r.IntN(600)) * time.Millisecond}
		if r.IntN(2) == 0 {
			b.Delay, b.RefuseNext, b.LoseNext = time.Duration(r.IntN(80))*time.Millisecond, r.IntN(3), r.IntN(3)
		}
		w.bank.SetFaults(b)
		if r.IntN(2) == 0 {
			w.agencies.SetFaults(agency.All, agency.Faults{DelayMS: r.IntN(60), Fail: r.IntN(2), Lose: r.IntN(3)})
			w.post.SetFaults(post.Faults{DropNext: r.IntN(3), MailNext: r.IntN(2), MailCode: 451, Delay: time.Duration(r.IntN(40)) * time.Millisecond})
		}
		pause(ctx, 250*time.Millisecond)
	}
}

// fair ends all faults.
func (w *world) fair() {
	w.bank.SetFaults(bank.Faults{})
	w.agencies.SetFaults(agency.All, agency.Faults{})
	w.post.SetFaults(post.Faults{})
}

// paid is how many payments the bank has taken.
func (w *world) paid() int {
	n := 0
	for _, p := range w.bank.Payments() {
		n += p.Takes
	}
	return n
}
