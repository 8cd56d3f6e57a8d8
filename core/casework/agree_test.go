package casework

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"posad.city/core/agency"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/clock"
	"posad.city/kit/id"
	"posad.city/kit/store"
	"posad.city/kit/store/storetest"
)

// openWorks files the works of an example and pays; the case stands at its opinions.
func (r *rig) openWorks(example string) Ref {
	r.t.Helper()
	ref := r.open("agree-works", example, anna)
	r.run(time.Minute)
	r.payBill(ref)
	r.run(time.Minute)
	r.status(ref, StatusAgreeing)
	return ref
}

// partTask is the open task of a part.
func (r *rig) partTask(ref Ref, part string) Task {
	r.t.Helper()
	for _, t := range r.read(ref).Tasks {
		if t.Part == part && t.State == TaskOpen {
			return t
		}
	}
	r.t.Fatalf("no open task of %q", part)
	return Task{}
}

// opines has an official of the part's agency take it and say what they think.
func (r *rig) opines(ref Ref, office, part, value string) {
	r.t.Helper()
	by, s := officer(igor, office, agency.Officer), Step{Holder: ref.Holder, Case: ref.ID, Task: r.partTask(ref, part).ID}
	_, err := r.Take(ctx, by, s)
	r.must(err)
	words := ""
	if value == service.OpinionObject {
		words = "Нельзя: " + part
	}
	_, err = r.Opine(ctx, by, s, Opinion{Value: value, Words: words})
	r.must(err)
}

func TestSeveralDepartmentsGiveTheirOpinionsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		for office, want := range map[string]int{"housing": 2, "environment": 1, "transport": 0} {
			page, err := r.Queue(ctx, officer(igor, office, agency.Officer), QueueQuery{Agency: agency.ID(office), Search: "Смирнова"})
			r.must(err)
			if len(page.Lines) != want {
				t.Errorf("the desk of %s: %+v", office, page.Lines)
			}
		}
		desk := officer(igor, "housing", agency.Officer)
		yards, works := r.partTask(ref, "yards"), r.partTask(ref, "works")
		s := Step{Holder: anna, Case: ref.ID, Task: works.ID}
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		if _, err := r.Opine(ctx, desk, s, Opinion{Value: service.OpinionObject}); !errors.Is(err, ErrEmpty) {
			t.Errorf("an objection without words: %v", err)
		}
		if _, err := r.Opine(ctx, desk, s, Opinion{Value: "maybe"}); !errors.Is(err, ErrOpinion) {
			t.Errorf("no opinion: %v", err)
		}
		if _, err := r.Opine(ctx, desk, Step{Holder: anna, Case: ref.ID, Task: yards.ID}, Opinion{Value: service.OpinionAgree}); !errors.Is(err, ErrNotYours) {
			t.Errorf("an opinion on a part that nobody has: %v", err)
		}
		if _, err := r.Take(ctx, officer(vera, "transport", agency.Officer), Step{Holder: anna, Case: ref.ID, Task: yards.ID}); !errors.Is(err, ErrNotYours) {
			t.Errorf("an official of no part's agency: %v", err)
		}
		_, err = r.Opine(ctx, desk, s, Opinion{Value: service.OpinionAgree})
		r.must(err)
		r.run(time.Minute)
		page, err := r.Queue(ctx, desk, QueueQuery{Agency: agency.ID("housing"), Search: "Смирнова"})
		r.must(err)
		if len(page.Lines) != 1 || page.Lines[0].Task != yards.ID || page.Lines[0].Part != "yards" {
			t.Errorf("the desk after one of two: %+v", page.Lines)
		}
		r.opines(ref, "environment", "green", service.OpinionObject)
		r.status(ref, StatusAgreeing)
		r.opines(ref, "housing", "yards", service.OpinionObject)
		r.run(time.Minute)
		c := r.status(ref, StatusRefused)
		if c.Row != "trees" || c.Decision.Inputs.Opinions["green"] != service.OpinionObject || c.Decision.Inputs.Opinions["works"] != service.OpinionAgree {
			t.Errorf("row %q by %+v", c.Row, c.Decision.Inputs.Opinions)
		}
		definition, _ := theCity().Service("agree-works")
		if parts := c.Parts(definition); len(parts) != 3 || parts[0].Words+parts[1].Words+parts[2].Words == "" {
			t.Errorf("the parts: %+v", parts)
		}
		r.explains(ref, "trees")
		want := []string{"submitted", "pay", "paid", "agreeing", "taken", "opinion_agree", "taken", "opinion_object", "taken", "opinion_object", "refused"}
		if diff := cmp.Diff(want, r.events(ref)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOpinionsThatDoNotComeAreNone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		r.opines(ref, "environment", "green", service.OpinionAgree)
		r.run(10 * 24 * time.Hour)
		c := r.status(ref, StatusInQueue)
		if c.Step != "person" {
			t.Fatalf("it stands at %q", c.Step)
		}
		definition, _ := theCity().Service("agree-works")
		got := map[string]string{}
		for _, p := range c.Parts(definition) {
			got[p.Part.Key] = p.Opinion
		}
		if diff := cmp.Diff(map[string]string{"green": "agree", "yards": "none", "works": "none"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAPartGoesToAnotherDepartmentAloneAndAWithdrawalEndsAll(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("deep")
		roads := r.partTask(ref, "roads")
		s := Step{Holder: anna, Case: ref.ID, Task: roads.ID}
		_, err := r.Forward(ctx, officer(boss, "transport", agency.Head), s, Forwarding{Agency: "transport", Queue: "parking"})
		r.must(err)
		_, err = r.Forward(ctx, officer(boss, "transport", agency.Head), s, Forwarding{Agency: "construction", Queue: "land"})
		r.must(err)
		r.run(time.Minute)
		if c := r.read(ref); c.Agency != agency.ID("housing") || r.partTask(ref, "roads").Agency != agency.ID("construction") {
			t.Errorf("the case is at %s", c.Agency)
		}
		for office, want := range map[string]int{"transport": 0, "construction": 1} {
			page, err := r.Queue(ctx, officer(igor, office, agency.Officer), QueueQuery{Agency: agency.ID(office)})
			r.must(err)
			if len(page.Lines) != want {
				t.Errorf("the desk of %s: %+v", office, page.Lines)
			}
		}
		_, err = r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: ref.ID})
		r.must(err)
		r.run(30 * 24 * time.Hour)
		c := r.status(ref, StatusWithdrawn)
		for _, task := range c.Tasks {
			if task.State == TaskOpen {
				t.Errorf("%s is still open", task.Part)
			}
		}
		page, err := r.Queue(ctx, officer(igor, "housing", agency.Officer), QueueQuery{Agency: agency.ID("housing")})
		r.must(err)
		if len(page.Lines) != 0 {
			t.Errorf("the desk still lists %+v", page.Lines)
		}
	})
}

// Whatever officials do, in whatever order, lost, doubled, raced and cut off by a crash: each part is answered once, the
// step ends once, and the table sees what was said.
func TestRandomAgreementsEndOnceWithWhatWasSaid(t *testing.T) {
	t.Parallel()
	lives := 0
	rapid.Check(t, func(rt *rapid.T) {
		if lives++; lives > 12 {
			return
		}
		c := clock.At(storetest.Start)
		s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Clock: c, RunTwice: true}, migrated...)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		h := &history{rig: newRig(t, s, c), rt: rt}
		h.ref = h.openWorks("deep")
		said := map[string]string{}
		for range rapid.IntRange(1, 25).Draw(rt, "steps") {
			h.agreeStep(said)
			h.grows()
		}
		h.runTo(15 * 24 * time.Hour)
		h.agreed(said)
	})
}

func (h *history) agreeStep(said map[string]string) {
	offices := map[string]string{"green": "environment", "yards": "housing", "works": "housing", "roads": "transport"}
	switch rapid.IntRange(0, 9).Draw(h.rt, "what") {
	case 0:
		_, _ = h.queue.Drain(ctx)
	case 1:
		h.must(h.store.Write(ctx, func(tx *store.Tx) error { _, err := tx.Exec(loseMoves); return err }))
	case 2:
		h.crash()
	case 3:
		h.race()
	case 4:
		h.clock.Move(time.Duration(rapid.IntRange(1, 30).Draw(h.rt, "hours")) * time.Hour)
	default:
		part := rapid.SampledFrom([]string{"green", "yards", "works", "roads"}).Draw(h.rt, "part")
		value := rapid.SampledFrom([]string{service.OpinionAgree, service.OpinionObject}).Draw(h.rt, "value")
		by := officer(rapid.SampledFrom([]id.ID{igor, vera}).Draw(h.rt, "who"), offices[part], agency.Officer)
		h.sayPart(by, part, value, said)
	}
}

func (h *history) sayPart(by act.Act, part, value string, said map[string]string) {
	for _, t := range h.read(h.ref).Tasks {
		if t.Part != part {
			continue
		}
		s := Step{Holder: anna, Case: h.ref.ID, Task: t.ID}
		_, _ = h.Take(ctx, by, s)
		if _, err := h.Opine(ctx, by, s, Opinion{Value: value, Words: "Так"}); err == nil {
			if said[part] != "" {
				h.rt.Fatalf("%s was answered twice", part)
			}
			said[part] = value
		}
	}
}

func (h *history) agreed(said map[string]string) {
	c := h.read(h.ref)
	got := map[string]string{}
	definition, _ := theCity().Service("agree-works")
	for _, p := range c.Parts(definition) {
		got[p.Part.Key] = p.Opinion
	}
	for _, part := range []string{"green", "yards", "works", "roads"} {
		if said[part] == "" {
			said[part] = service.OpinionNone
		}
	}
	if diff := cmp.Diff(said, got); diff != "" {
		h.rt.Error(diff)
	}
	d, err := theCity().Rules("agree-works").Decide(service.Inputs{Today: c.Inputs.Today, Answers: c.Inputs.Answers, Opinions: said})
	h.must(err)
	switch {
	case d.Verdict == service.ByOfficial && c.Step != "person", d.Verdict == service.Approve && c.Stage != Approved, d.Verdict == service.Refuse && c.Stage != Refused:
		h.rt.Errorf("the table says %+v of %v, the case is %s at %q", d, said, c.Stage, c.Step)
	}
	if n := count(h.events(h.ref), "agreeing"); n != 1 {
		h.rt.Errorf("asked %d times", n)
	}
}
