package casework

import (
	"context"
	"errors"
	"flag"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"posad.city/core/agency"
	"posad.city/core/casework/internal/store"
	"posad.city/core/charge"
	"posad.city/core/document"
	"posad.city/core/pay"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	registers "posad.city/sim/agency"
)

// loseMoves forgets every job that would move a case: the worst that can become of events.
var loseMoves = store.NewQuery("test.LoseMoves", `DELETE FROM job WHERE handler IN ('casework.move', 'casework.wake')`)

// loseLines forgets what would bring the desk up to date and tell people.
var loseLines = store.NewQuery("test.LoseLines", `DELETE FROM job WHERE handler = 'casework.after'`)

// histories is how many histories a run of the test lives through; more for a long campaign.
var histories = flag.Int64("histories", 25, "random histories of a case")

// history is a case to which anything may happen.
type history struct {
	*rig
	rt       *rapid.T
	ref      Ref
	desk     string // key of the agency whose official works the case
	revision int64
}

// Whatever is lost, doubled, reordered, refused or cut off by a crash: no step of a case is done twice, its revision only
// grows, its term is that of the naive clock, and in the end it rests with a decision or with somebody who can go on.
func TestRandomHistoriesNeverRepeatAStepOrStall(t *testing.T) {
	t.Parallel()
	var lived atomic.Int64
	rapid.Check(t, func(rt *rapid.T) {
		if lived.Add(1) > *histories {
			return
		}
		c := clock.At(storetest.Start)
		s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Clock: c, RunTwice: true}, migrated...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		h := &history{rig: newRig(t, s, c), rt: rt}
		h.begin()
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			h.step()
			h.grows()
		}
		h.finish()
		h.check()
	})
}

func (h *history) begin() {
	all := []string{"parking-permit/own-car", "freight-pass/moving-home", "freight-pass/dirty", "city-appeal/pothole", "school-first-class/own-area"}
	kind := rapid.SampledFrom(all).Draw(h.rt, "service")
	key, example, _ := strings.Cut(kind, "/")
	in := h.inputs(key, example)
	if rapid.Bool().Draw(h.rt, "silent") {
		h.agency.SetFaults(registers.All, registers.Faults{Fail: rapid.IntRange(1, 12).Draw(h.rt, "fails")})
	}
	h.ref = h.openAs(key, in, anna)
}

func (h *history) step() {
	switch rapid.IntRange(0, 13).Draw(h.rt, "what") {
	case 0, 1:
		_, _ = h.queue.Drain(ctx)
	case 2:
		h.must(h.store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(loseMoves); return err }))
	case 3:
		h.must(h.store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(loseLines); return err }))
	case 4:
		h.crash()
	case 5:
		h.race()
	case 6: // an event of old, heard again
		_ = h.move(ctx, jobs.Job{Object: h.ref.ID, Holder: h.ref.Holder, Version: 1})
	case 7, 8:
		h.clock.Move(time.Duration(rapid.IntRange(1, 100).Draw(h.rt, "hours")) * time.Hour)
	case 9:
		h.pays()
	case 10, 11:
		h.works()
	case 12:
		h.answers()
	case 13:
		if rapid.IntRange(0, 9).Draw(h.rt, "withdraw") == 0 {
			_, _ = h.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: h.ref.ID})
		}
	}
}

// prepared is the next move with everything made that it needs, as a job would have it right before its Write.
func (h *history) prepared() (*known, *plan) {
	a := h.system(h.ref.ID)
	k, err := h.know(ctx, a, h.ref.Holder, h.ref.ID)
	h.must(err)
	s, err := h.situation(ctx, a, k)
	h.must(err)
	mv := next(s)
	if mv.kind == moveWait {
		return k, nil
	}
	p, err := h.prepare(ctx, a, k, s, mv)
	h.must(err)
	return k, p
}

// crash makes everything outside the database that the next move needs, and dies.
func (h *history) crash() { h.prepared() }

// race has two workers make the same move: one of them is told that the case has moved.
func (h *history) race() {
	k, first := h.prepared()
	other, second := h.prepared()
	if first == nil || second == nil {
		return
	}
	a := h.system(h.ref.ID)
	_, err := h.write(ctx, a, k, func(c *change) error { return c.carry(first) })
	if err != nil && !errors.Is(err, ErrMoved) {
		h.rt.Fatalf("the first of two: %v", err)
	}
	if _, again := h.write(ctx, a, other, func(c *change) error { return c.carry(second) }); err == nil && !errors.Is(again, ErrMoved) {
		h.rt.Fatalf("the second of two: %v", again)
	}
}

func (h *history) pays() {
	c := h.read(h.ref)
	t := openTask(c.Tasks)
	if t == nil || t.Kind != service.TaskPay || t.Reference.IsZero() {
		return
	}
	_, _ = h.pay.Begin(ctx, annaAct, pay.Basket{Payer: anna, Asks: []pay.Ask{{Home: anna, Charge: t.Reference}}}, lang.Russian) // may be settled
	for attempt, p := range h.bank.Payments() {
		if p.State == "open" {
			_, _ = h.bank.Decide(attempt, rapid.IntRange(0, 3).Draw(h.rt, "pays") > 0)
		}
	}
}

// works lets an official of the case's agency do something.
func (h *history) works() {
	c := h.read(h.ref)
	t := openTask(c.Tasks)
	if t == nil || t.Queue == "" {
		return
	}
	key := ""
	for _, a := range theCity().Agencies {
		if agency.ID(a.Key) == t.Agency {
			key = a.Key
		}
	}
	by := officer(igor, key, agency.Head)
	s := Step{Holder: anna, Case: h.ref.ID}
	switch rapid.IntRange(0, 5).Draw(h.rt, "works") {
	case 0, 1:
		_, _ = h.Take(ctx, by, s)
	case 2:
		_, _ = h.Ask(ctx, by, s, "Почему?")
	case 3:
		_, _ = h.Release(ctx, by, s)
	case 4:
		_, _ = h.Forward(ctx, by, s, Forwarding{Agency: "housing", Queue: "letters"})
	case 5:
		h.decides(by, s)
	}
}

func (h *history) decides(by act.Act, s Step) {
	c := h.read(h.ref)
	definition, _ := theCity().Service(c.Service)
	if rapid.Bool().Draw(h.rt, "approves") {
		_, _ = h.Decide(ctx, by, s, Verdict{Stage: Approved, Words: "Да"})
		return
	}
	_, _ = h.Decide(ctx, by, s, Verdict{Stage: Refused, Ground: definition.Grounds[0].Key})
}

func (h *history) answers() {
	for _, q := range h.read(h.ref).Questions {
		_, _ = h.Answer(ctx, annaAct, Answer{Holder: anna, Case: h.ref.ID, Question: q.ID, Words: "Потому что"})
	}
}

func (h *history) grows() {
	c := h.read(h.ref)
	if c.Revision < h.revision {
		h.rt.Fatalf("the revision fell from %d to %d", h.revision, c.Revision)
	}
	h.revision = c.Revision
}

// finish lets everything come that can come; an official takes and approves what waits for one.
func (h *history) finish() {
	h.agency.SetFaults(registers.All, registers.Faults{})
	for range 4 {
		h.runTo(20 * 24 * time.Hour)
		c := h.read(h.ref)
		t := openTask(c.Tasks)
		if t == nil {
			return
		}
		if t.Queue == "" {
			continue
		}
		h.onDesk(t.Agency)
		for _, a := range theCity().Agencies {
			if agency.ID(a.Key) != t.Agency {
				continue
			}
			by, s := officer(igor, a.Key, agency.Head), Step{Holder: anna, Case: h.ref.ID}
			_, err := h.Take(ctx, by, s)
			h.must(err)
			_, err = h.Decide(ctx, by, s, Verdict{Stage: Approved, Words: "Да"})
			h.must(err)
		}
	}
	h.runTo(time.Hour)
}

// runTo is run with the hourly sweep left to a few turns, since every hour of weeks would take a minute.
func (h *history) runTo(d time.Duration) {
	for _, part := range []time.Duration{time.Minute, time.Hour, d / 4, d / 4, d / 4, d / 4} {
		h.clock.Move(part)
		for range 4 {
			_, err := h.queue.Drain(ctx)
			h.must(err)
			h.must(h.sweep(context.Background(), jobs.Job{}))
			h.clock.Move(time.Minute)
		}
	}
}

func (h *history) onDesk(office id.ID) {
	page, err := h.Queue(ctx, officer(igor, "housing", agency.Head), QueueQuery{Agency: office})
	h.must(err)
	if len(page.Lines) != 1 || page.Lines[0].Revision != h.read(h.ref).Revision {
		h.rt.Fatalf("the desk lists %+v", page.Lines)
	}
}

func (h *history) check() {
	c := h.read(h.ref)
	events := h.events(h.ref)
	if !c.ended() {
		h.rt.Fatalf("the case stalls at %q: %v", c.Step, events)
	}
	for _, once := range []string{"submitted", "registers", "fetched", "not_fetched", "pay", "paid", "unpaid", "issued", "withdrawn", "late", "to_official"} {
		if n := count(events, once); n > 1 {
			h.rt.Errorf("%s happened %d times: %v", once, n, events)
		}
	}
	if n := count(events, "approved") + count(events, "refused"); n > 1 || n == 0 && c.Stage != Withdrawn {
		h.rt.Errorf("decided %d times, stage %s: %v", n, c.Stage, events)
	}
	seen := map[string]bool{}
	for _, t := range c.Tasks {
		if seen[t.Step] || t.State == TaskOpen {
			h.rt.Errorf("step %s twice or open: %+v", t.Step, c.Tasks)
		}
		seen[t.Step] = true
	}
	h.checkPapers(c)
	h.checkTerm(c)
	if faults := h.named(c.Number); len(faults) > 0 {
		h.rt.Errorf("its rows are not what the public log says: %v", faults)
	}
}

func (h *history) checkPapers(c Case) {
	papers, err := h.papers.Results(ctx, annaAct, anna, h.ref.ID)
	h.must(err)
	if (c.Stage == Approved || c.Stage == Refused) != (len(papers) == 1) || len(papers) > 1 {
		h.rt.Errorf("%d documents of a case that is %s", len(papers), c.Stage)
	}
	if len(papers) == 1 && (papers[0].Form == document.FormRefusal) != (c.Stage == Refused) {
		h.rt.Errorf("the document %q of a case that is %s", papers[0].Form, c.Stage)
	}
	charges, err := h.bills.OfPerson(ctx, annaAct, anna, charge.Filter{Subject: h.ref.ID})
	h.must(err)
	if len(charges) > 1 {
		h.rt.Errorf("%d bills", len(charges))
	}
	for _, bill := range charges {
		if bill.State == "due" || bill.State == "paid" && c.Ground == "unpaid" {
			h.rt.Errorf("the bill is %s, the case %s by %q", bill.State, c.Stage, c.Ground)
		}
	}
	told, err := h.told.Inbox(ctx, annaAct, anna, id.ID{}, 100)
	h.must(err)
	kinds := map[string]int{}
	for _, m := range told.Messages {
		kinds[m.Kind]++
	}
	for _, once := range []string{"submitted", "fetched", "pay", "paid", "approved", "refused", "issued", "late"} {
		if kinds["casework.tell."+once] > 1 {
			h.rt.Errorf("told of %s %d times", once, kinds["casework.tell."+once])
		}
	}
}

// checkTerm compares the term with one that is counted day by day.
func (h *history) checkTerm(c Case) {
	definition, _ := theCity().Service(c.Service)
	for _, p := range c.Pauses {
		if p.Until.IsZero() {
			h.rt.Errorf("the term of an ended case stands: %+v", c.Pauses)
		}
	}
	if want := naiveDue(theCity().Days(), definition.Term.Calendar(), c.Submitted, c.Pauses); !c.TermDue.Equal(want) {
		h.rt.Errorf("the term ends %s, day by day %s: %+v", c.TermDue, want, c.Pauses)
	}
}

func count(list []string, what string) int {
	n := 0
	for _, one := range list {
		if one == what {
			n++
		}
	}
	return n
}

// The clock of a term with any pauses is the one that counts day by day.
func TestATermIsCountedDayByDay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		days := theCity().Days()
		started := storetest.Start.Add(time.Duration(rapid.IntRange(0, 500).Draw(rt, "start")) * time.Hour)
		term := service.Term{Days: rapid.IntRange(1, 40).Draw(rt, "days"), Working: rapid.Bool().Draw(rt, "working")}
		k := &known{city: theCity()}
		var pauses []Pause
		at := started
		for range rapid.IntRange(0, 5).Draw(rt, "pauses") {
			since := at.Add(time.Duration(rapid.IntRange(0, 9000).Draw(rt, "since")) * time.Minute)
			at = since.Add(time.Duration(rapid.IntRange(0, 20000).Draw(rt, "long")) * time.Minute)
			pauses = append(pauses, Pause{Since: since, Until: at})
		}
		reading, err := k.reading(term, started, rowsOf(pauses), at)
		if err != nil {
			rt.Fatal(err)
		}
		if want := naiveDue(days, term.Calendar(), started, pauses); !reading.Due.Equal(want) {
			rt.Errorf("%s from %s with %+v ends %s, day by day %s", term, started, pauses, reading.Due, want)
		}
	})
}

func rowsOf(pauses []Pause) []caseworkdb.Pause {
	var out []caseworkdb.Pause
	for _, p := range pauses {
		out = append(out, caseworkdb.Pause{Since: p.Since, Until: p.Until})
	}
	return out
}
