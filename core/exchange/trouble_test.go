package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/account"
	"posad.city/core/exchange/internal/store"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
	"posad.city/kit/vault"
	sim "posad.city/sim/agency"
)

func (s *stand) row(caseID id.ID, certificate string) exchangedb.Certificate {
	s.t.Helper()
	var row exchangedb.Certificate
	err := s.base.Store.Look(ctx, act.ByJob(caseID, act.Purpose{}), "test", func(p *store.Personal) error {
		var err error
		row, err = exchangedb.CertificateByKey(p, anna, caseID, certificate)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

func TestTroubleIsSurvivedOrToldAsItIs(t *testing.T) {
	for name, c := range map[string]struct {
		faults   sim.Faults
		state    State
		trouble  Trouble
		outcomes []string
	}{
		"it fails twice":         {sim.Faults{Fail: 2}, Known, None, []string{sim.Failing, sim.Failing, sim.Answered}},
		"it lies twice":          {sim.Faults{Lie: 2}, Known, None, []string{sim.Lying, sim.Lying, sim.Answered}},
		"it lies always":         {sim.Faults{Lie: -1}, Failed, WrongSchema, slices.Repeat([]string{sim.Lying}, 5)},
		"it refuses":             {sim.Faults{Refuse: -1}, Failed, Refused, []string{sim.Refusing}},
		"it flaps":               {sim.Faults{Flap: 1}, Known, None, []string{sim.Failing, sim.Answered}},
		"it asks to be left be":  {sim.Faults{Fail: 1, RetryAfter: 300}, Known, None, []string{sim.Failing, sim.Answered}},
		"it is slow but answers": {sim.Faults{DelayMS: 20}, Known, None, []string{sim.Answered}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, s *stand) {
				caseID := s.newCase()
				s.agency.SetFaults("debts", c.faults)
				s.mustPut(s.question(caseID, "debts"))
				asking := s.certificate(caseID, "debts").ID
				start := s.clock.Now()
				s.toTheEnd()
				got := s.certificate(caseID, "debts")
				if got.State != c.state || got.Trouble != c.trouble || (got.Values == nil) != (c.state == Failed) {
					t.Errorf("%+v", got)
				}
				if diff := cmp.Diff(c.outcomes, s.outcomes("debts")); diff != "" {
					t.Error(diff)
				}
				for _, r := range s.agency.Requests() {
					if r.IdempotencyKey != asking.String() {
						t.Error("a repeated question goes under another key")
					}
				}
				if c.faults.RetryAfter > 0 && s.clock.Now().Sub(start) < 5*time.Minute {
					t.Error("Retry-After was not kept")
				}
				event := heard{EventReplied, anna, caseID}
				if c.state == Failed {
					event.Name = EventFailed
				}
				s.wantEvents(event)
			})
		})
	}
}

func TestASilentAgencyIsLeftAloneAndComesBack(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c, func(d *Deps) { d.Rest = time.Second })
		s.agency.SetFaults("debts", sim.Faults{Absent: true})
		var cases []id.ID
		for range 4 {
			cases = append(cases, s.newCase())
			s.mustPut(s.question(cases[len(cases)-1], "debts"))
		}
		// Two rounds of requests: the fifth silence opens the breaker, the others are not made.
		s.drain()
		s.clock.Move(3 * time.Second)
		s.drain()
		if state := s.standing("debts").Breaker; state != "open" {
			t.Fatalf("after %d silences the breaker is %s", s.standing("debts").Silent, state)
		}
		asked := s.standing("debts").Silent
		s.clock.Move(time.Second)
		s.drain()
		if n := s.standing("debts").Silent; n != asked {
			t.Errorf("a silent agency was asked %d times more", n-asked)
		}
		for _, caseID := range cases {
			if got := s.certificate(caseID, "debts"); got.State != Asked {
				t.Errorf("%+v", got)
			}
		}
		// Another register of the same agency is asked all the while.
		other := s.newCase()
		s.mustPut(s.question(other, "residence"))
		s.drain()
		if got := s.certificate(other, "residence"); got.State != Known {
			t.Errorf("%+v", got)
		}
		s.agency.SetFaults("debts", sim.Faults{})
		time.Sleep(1100 * time.Millisecond) // the breaker has its own clock
		s.toTheEnd()
		for _, caseID := range cases {
			if got := s.certificate(caseID, "debts"); got.State != Known {
				t.Errorf("%+v", got)
			}
		}
		if state := s.standing("debts").Breaker; state != "closed" {
			t.Errorf("the breaker is %s", state)
		}
	}, Migrations, jobs.Migrations, vault.Migrations)
}

func (s *stand) standing(register string) Standing {
	for _, one := range s.Standings() {
		if one.Register == register {
			return one
		}
	}
	return Standing{}
}

func TestAnAgencyThatNeverComesBackFailsTheQuestion(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c, func(d *Deps) { d.Rest, d.Patience = time.Hour, 10*time.Minute })
		s.agency.SetFaults("debts", sim.Faults{Absent: true})
		first, second := s.newCase(), id.New(c.Now())
		s.mustPut(s.question(first, "debts"))
		s.toTheEnd()
		s.mustPut(s.question(second, "debts"))
		s.toTheEnd()
		if got := s.certificate(first, "debts"); got.State != Failed || got.Trouble != Silent || got.Tries != 5 {
			t.Errorf("%+v", got)
		}
		if got := s.certificate(second, "debts"); got.State != Failed || got.Trouble != Breaker || got.Tries != 0 {
			t.Errorf("%+v", got)
		}
		s.wantEvents(heard{EventFailed, anna, first}, heard{EventFailed, anna, second})
	}, Migrations, jobs.Migrations, vault.Migrations)
}

func TestAnAgencyThatIsNotConnected(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c, func(d *Deps) {
			delete(d.Endpoints, "finance")
			d.Endpoints["migration"] = Endpoint{URL: "http://127.0.0.1:1"}
		})
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "debts"))
		s.mustPut(s.question(caseID, "residence"))
		s.toTheEnd()
		if got := s.certificate(caseID, "debts"); got.State != Failed || got.Trouble != Absent {
			t.Errorf("%+v", got)
		}
		if got := s.certificate(caseID, "residence"); got.State != Failed || got.Trouble != Silent {
			t.Errorf("%+v", got)
		}
	}, Migrations, jobs.Migrations, vault.Migrations)
}

// The process dies after the register has answered and before the answer is kept.
func TestADeathBetweenTheAnswerAndItsCommitLosesNothing(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "debts"))
		at := place{anna, caseID, "debts"}
		asking := s.certificate(caseID, "debts").ID
		dying, err := s.Module.question(ctx, at, asking)
		if err != nil {
			t.Fatal(err)
		}
		lost, err := s.carry(ctx, dying)
		if err != nil || lost.step.state != Known {
			t.Fatalf("%+v %v", lost.step, err)
		}
		s.toTheEnd() // another process takes the job
		if got := s.certificate(caseID, "debts"); got.State != Known {
			t.Errorf("%+v", got)
		}
		keys := map[string]int{}
		for _, r := range s.agency.Requests() {
			keys[r.IdempotencyKey]++
		}
		if diff := cmp.Diff(map[string]int{asking.String(): 2}, keys); diff != "" {
			t.Error(diff)
		}
		// The dead one was only slow: its answer comes after all and changes nothing.
		before := s.row(caseID, "debts").Revision
		if err := s.base.Store.Write(ctx, func(tx *store.Tx) error { return s.keepEnd(tx, dying, lost) }); err != nil {
			t.Fatal(err)
		}
		s.drain()
		if after := s.row(caseID, "debts").Revision; after != before {
			t.Errorf("revision %d became %d", before, after)
		}
		s.wantEvents(heard{EventReplied, anna, caseID})
	})
}

func TestAnAnswerLostOnTheWayIsAskedForAgainUnderTheSameKey(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.agency.SetFaults("debts", sim.Faults{Lose: 1})
		s.mustPut(s.question(caseID, "debts"))
		s.toTheEnd()
		if got := s.certificate(caseID, "debts"); got.State != Known {
			t.Errorf("%+v", got)
		}
		keys := map[string]bool{}
		for _, r := range s.agency.Requests() {
			keys[r.IdempotencyKey] = true
		}
		if len(keys) != 1 {
			t.Errorf("keys %v", keys)
		}
	})
}

func TestWhenAQuestionIsAskedAnew(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		ask := s.question(caseID, "owner")
		s.mustPut(ask)
		s.toTheEnd()
		first := s.certificate(caseID, "owner")

		other := ask
		other.Params = map[string]string{"snils": annaSNILS, "plate": "М300КА52"}
		s.mustPut(other)
		if got := s.certificate(caseID, "owner"); got.State != Asked || got.ID == first.ID || got.Values != nil {
			t.Errorf("another plate: %+v", got)
		}
		s.toTheEnd()
		if got := s.certificate(caseID, "owner"); got.Values["owner"] != false {
			t.Errorf("another plate: %+v", got)
		}
		s.clock.Move(25 * time.Hour)
		if !s.certificate(caseID, "owner").Stale(s.clock.Now()) {
			t.Error("a day-old certificate is fresh")
		}
		s.mustPut(other)
		s.toTheEnd()
		if n := len(s.outcomes("vehicle-ownership")); n != 3 {
			t.Errorf("%d requests, want one more for the stale one", n)
		}
		again, err := s.AskAgain(ctx, official, anna, caseID, "owner")
		if err != nil {
			t.Fatal(err)
		}
		if err := s.base.Store.Write(ctx, again.Put); err != nil {
			t.Fatal(err)
		}
		s.toTheEnd()
		requests := s.agency.Requests()
		if n := len(requests); n != 4 || requests[3].Parameters["plate"] != "М300КА52" {
			t.Errorf("%d requests: an official wanted it again", n)
		}
		if _, err := s.AskAgain(ctx, official, anna, caseID, "debts"); !errors.Is(err, ErrNone) {
			t.Errorf("again what never was: %v", err)
		}
	})
}

func TestEarlyQuestions(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		draft := s.newCase()
		residence, debts := s.question(draft, "residence"), s.question(draft, "debts")
		s.agency.SetFaults("debts", sim.Faults{DelayMS: 400})
		took := clock.Measure()
		facts, err := s.Early(ctx, self, []Ask{residence, debts}, 150*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		if d := took(); d < 100*time.Millisecond || d > 390*time.Millisecond {
			t.Errorf("waited %v", d)
		}
		if facts["residence"].State != service.FactKnown || facts["debts"].State != service.FactWaiting {
			t.Errorf("%+v", facts)
		}
		facts, err = s.Early(ctx, self, []Ask{residence, debts}, 0)
		if err != nil || facts["debts"].State != service.FactKnown {
			t.Errorf("%+v %v", facts, err)
		}
		s.toTheEnd() // the jobs find everything done
		s.mustPut(residence)
		s.toTheEnd()
		if n := len(s.agency.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestThePageDoesNotWaitForAnAgencyInTrouble(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		s.agency.SetFaults("residence", sim.Faults{Fail: 1})
		draft := s.newCase()
		took := clock.Measure()
		facts, err := s.Early(ctx, self, []Ask{s.question(draft, "residence")}, 10*time.Second)
		if err != nil || facts["residence"].State != service.FactWaiting || took() > 5*time.Second {
			t.Errorf("%+v %v", facts, err)
		}
		s.toTheEnd()
		if got := s.certificate(draft, "residence"); got.State != Known {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnEarlyQuestionIsNotLostWithItsProcess(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		if err := s.Stop(ctx); err != nil { // nothing is tried beside the request any more
			t.Fatal(err)
		}
		draft := s.newCase()
		facts, err := s.Early(ctx, self, []Ask{s.question(draft, "residence")}, 10*time.Millisecond)
		if err != nil || facts["residence"].State != service.FactWaiting {
			t.Errorf("%+v %v", facts, err)
		}
		s.drain()
		if n := len(s.agency.Requests()); n != 0 {
			t.Error("the job did not leave time for the first try")
		}
		s.toTheEnd()
		if got := s.certificate(draft, "residence"); got.State != Known {
			t.Errorf("%+v", got)
		}
	})
}

func TestWhatFailedEarlyIsTriedOnceMoreByTheCase(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		draft := s.newCase()
		ask := s.question(draft, "residence")
		s.agency.SetFaults("residence", sim.Faults{Refuse: -1})
		took := clock.Measure()
		facts, err := s.Early(ctx, self, []Ask{ask}, 3*time.Second)
		if err != nil || facts["residence"].State != service.FactFailed {
			t.Errorf("%+v %v", facts, err)
		}
		if _, err := s.Early(ctx, self, []Ask{ask}, 3*time.Second); err != nil || len(s.agency.Requests()) != 1 {
			t.Errorf("a page that is opened again asks again: %v", err)
		}
		if took() > 2*time.Second {
			t.Error("the page waits for what has failed")
		}
		s.mustPut(ask)
		s.toTheEnd()
		s.mustPut(ask)
		s.toTheEnd()
		if n := len(s.agency.Requests()); n != 2 {
			t.Errorf("%d requests", n)
		}
	})
}

// Whatever the registers do, each question ends, once, and nothing is asked after its answer.
func TestEveryQuestionEndsOnce(t *testing.T) {
	t.Parallel()
	st, c := storetest.Open(t, Migrations, jobs.Migrations, vault.Migrations)
	rapid.Check(t, func(r *rapid.T) {
		s := newStand(t, st, c, func(d *Deps) { d.Rest = 5 * time.Millisecond })
		s.agency.SetFaults("debts", sim.Faults{
			Fail: rapid.IntRange(0, 6).Draw(r, "fail"), Lie: rapid.IntRange(0, 3).Draw(r, "lie"), Lose: rapid.IntRange(0, 2).Draw(r, "lose"),
			Flap: rapid.IntRange(0, 2).Draw(r, "flap"), Refuse: rapid.IntRange(0, 1).Draw(r, "refuse"),
		})
		questions := rapid.IntRange(1, 3).Draw(r, "questions")
		for range questions {
			ask := s.question(s.newCase(), "debts")
			for range rapid.IntRange(1, 2).Draw(r, "puts") {
				s.mustPut(ask)
			}
		}
		s.toTheEnd()
		if len(s.events) != questions {
			r.Fatalf("%d questions, %d events", questions, len(s.events))
		}
		answered := map[string]bool{}
		for _, q := range s.agency.Requests() {
			if answered[q.IdempotencyKey] {
				r.Fatal("asked after the answer")
			}
			answered[q.IdempotencyKey] = q.Outcome == sim.Answered
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()
	m := New(Deps{Pause: time.Second, Rest: time.Minute, Patience: time.Hour})
	for name, c := range map[string]struct {
		t           tried
		a           answer
		state       State
		tries       int
		least, most time.Duration
	}{
		"an answer":                {tried{tries: 2, retries: 4}, answer{}, Known, 3, 0, 0},
		"the first silence":        {tried{retries: 4}, answer{trouble: Silent}, Asked, 1, time.Second / 2, 3 * time.Second / 2},
		"the third silence":        {tried{tries: 2, retries: 4}, answer{trouble: Silent}, Asked, 3, 9 * time.Second / 2, 27 * time.Second / 2},
		"the last silence":         {tried{tries: 4, retries: 4}, answer{trouble: Silent}, Failed, 5, 0, 0},
		"no retries":               {tried{}, answer{trouble: WrongSchema}, Failed, 1, 0, 0},
		"the agency's own pause":   {tried{retries: 4}, answer{trouble: Silent, after: time.Minute}, Asked, 1, time.Minute, time.Minute},
		"many retries are capped":  {tried{tries: 30, retries: 99}, answer{trouble: Silent}, Asked, 31, 5 * time.Minute, 15 * time.Minute},
		"the breaker":              {tried{tries: 1, retries: 4}, answer{trouble: Breaker}, Asked, 1, 30 * time.Second, 90 * time.Second},
		"the breaker for too long": {tried{tries: 1, retries: 4, since: time.Hour}, answer{trouble: Breaker}, Failed, 1, 0, 0},
		"a refusal":                {tried{retries: 4}, answer{trouble: Refused}, Failed, 1, 0, 0},
		"no record":                {tried{retries: 4}, answer{trouble: NotFound}, Failed, 1, 0, 0},
		"not connected":            {tried{retries: 4}, answer{trouble: Absent}, Failed, 0, 0, 0},
	} {
		got := m.plan(c.t, c.a)
		if got.state != c.state || got.tries != c.tries || got.after < c.least || got.after > c.most {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestIdentityAndFamily(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, st *store.Store, c *clock.Fixed) {
		s := newStand(t, st, c)
		anna := account.Person{SNILS: annaSNILS}
		children, err := s.FamilyFacts().Children(ctx, anna, id.New(c.Now()))
		if err != nil || len(children) != 2 || children[0].Name != (lang.Name{Family: "Смирнов", Given: "Михаил", Patronymic: "Олегович"}) || children[0].Birth != calendar.MustDate("2020-03-05") {
			t.Errorf("%+v %v", children, err)
		}
		s.agency.SetFaults("family", sim.Faults{Fail: 1})
		if children, err = s.FamilyFacts().Children(ctx, anna, id.New(c.Now())); err != nil || len(children) != 2 {
			t.Errorf("one silence: %+v %v", children, err)
		}
		s.agency.SetFaults("family", sim.Faults{Lie: -1})
		if _, err = s.FamilyFacts().Children(ctx, anna, id.New(c.Now())); !errors.Is(err, ErrSilent) {
			t.Errorf("lies: %v", err)
		}
	}, Migrations, jobs.Migrations, vault.Migrations)
}

func TestIdentityVerdicts(t *testing.T) {
	t.Parallel()
	register := service.Register{
		Key: "population", Agency: "migration", Timeout: "2s", Fresh: "1h", Retries: 1,
		Values: []service.Value{{Name: "known", Type: "yes-no"}, {Name: "fits", Type: "yes-no"}},
		Reply: map[string]any{"type": "object", "required": []any{"known", "fits"}, "properties": map[string]any{
			"known": map[string]any{"type": "boolean"}, "fits": map[string]any{"type": "boolean"}}},
	}
	city := &service.City{Registers: []service.Register{register}}
	st, c := storetest.Open(t, Migrations, jobs.Migrations, vault.Migrations)
	s := newStand(t, st, c, func(d *Deps) { d.City = func() *service.City { return city } })
	records := sim.New(sim.Options{Data: sim.Data{Registers: map[string]sim.Register{"population": {
		Records: []sim.Record{
			{Match: map[string]string{"snils": "1", "surname": "Смирнова", "birth": "1988-04-12"}, Reply: json.RawMessage(`{"known":true,"fits":true}`)},
			{Match: map[string]string{"snils": "1"}, Reply: json.RawMessage(`{"known":true,"fits":false}`)},
			{Match: map[string]string{"snils": "2"}, Reply: json.RawMessage(`{"known":false,"fits":true}`)},
		}}}}})
	s.serve(records, "migration")
	check := func(snils, birth string) account.Verdict {
		t.Helper()
		what := account.Identity{SNILS: snils, Birth: calendar.MustDate(birth), Name: lang.Name{Family: "Смирнова"}}
		verdict, err := s.Identity().CheckIdentity(ctx, anna, what, id.New(c.Now()))
		if err != nil {
			t.Fatal(err)
		}
		return verdict
	}
	got := []account.Verdict{check("1", "1988-04-12"), check("1", "1988-04-13"), check("2", "1988-04-12"), check("3", "1988-04-12")}
	if diff := cmp.Diff([]account.Verdict{account.Confirmed, account.Differs, account.Unknown, account.Unknown}, got); diff != "" {
		t.Error(diff)
	}
	records.SetFaults("population", sim.Faults{Refuse: -1})
	if _, err := s.Identity().CheckIdentity(ctx, anna, account.Identity{}, id.New(c.Now())); !errors.Is(err, ErrSilent) {
		t.Errorf("a refusal: %v", err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := s.Identity().CheckIdentity(gone, anna, account.Identity{}, id.New(c.Now())); !errors.Is(err, ErrSilent) {
		t.Errorf("an asker who is gone: %v", err)
	}
	if n := s.standing("population").Silent; n != 0 {
		t.Errorf("%d silences were counted against a register that was not to blame", n)
	}
}

// An official asks again while the register is down: what it told before stays known until it tells something new.
func TestAskedAgainTheEarlierAnswerIsNotLost(t *testing.T) {
	each(t, func(t *testing.T, s *stand) {
		caseID := s.newCase()
		s.mustPut(s.question(caseID, "debts"))
		s.toTheEnd()
		first := s.certificate(caseID, "debts")
		s.clock.Move(time.Hour)
		s.agency.SetFaults("debts", sim.Faults{Fail: -1})
		s.askAgain(caseID, "debts")
		holds := func(when string, again bool) {
			t.Helper()
			got := s.certificate(caseID, "debts")
			if diff := cmp.Diff(first.Values, got.Values); diff != "" || got.State != Known || got.Again != again || !got.Answered.Equal(first.Answered) {
				t.Errorf("%s: %+v %s", when, got, diff)
			}
		}
		holds("while it is asked", true)
		s.askAgain(caseID, "debts") // a second press changes nothing
		s.toTheEnd()
		holds("when no answer came", false)
		if got := s.certificate(caseID, "debts").Trouble; got != Silent {
			t.Errorf("why there is no new answer: %q", got)
		}
		s.agency.SetFaults("debts", sim.Faults{})
		time.Sleep(60 * time.Millisecond) // the breaker has its own clock
		s.askAgain(caseID, "debts")
		s.toTheEnd()
		if got := s.certificate(caseID, "debts"); got.State != Known || got.Again || got.Trouble != None || !got.Answered.After(first.Answered) {
			t.Errorf("a new answer: %+v", got)
		}
	})
}

func (s *stand) askAgain(caseID id.ID, certificate string) {
	s.t.Helper()
	p, err := s.AskAgain(ctx, official, anna, caseID, certificate)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.base.Store.Write(ctx, p.Put); err != nil {
		s.t.Fatal(err)
	}
}
