package casework

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/agency"
	"posad.city/core/charge"
	"posad.city/core/mandate"
	"posad.city/core/service"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/journal"
	registers "posad.city/sim/agency"
)

func TestAParkingPermitFromFirstToLast(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("parking-permit", "own-car", anna)
		r.run(time.Minute)
		r.status(ref, StatusToPay)
		r.payBill(ref)
		r.run(time.Minute)
		c := r.status(ref, StatusInQueue)
		if c.Paused != (time.Time{}) || len(c.Pauses) != 1 {
			t.Errorf("the term stands after the payment: %+v", c.Pauses)
		}
		desk := officer(igor, "transport", agency.Officer)
		page, err := r.Queue(ctx, desk, QueueQuery{Agency: agency.ID("transport"), Search: "смирнова а417мо52"})
		r.must(err)
		if len(page.Lines) != 1 || page.Lines[0].ID != ref.ID || page.Lines[0].District != "zarechye" {
			t.Fatalf("the desk's list: %+v", page.Lines)
		}
		s := Step{Holder: ref.Holder, Case: ref.ID, Revision: page.Lines[0].Revision}
		s.Revision, err = r.Take(ctx, desk, s)
		r.must(err)
		if _, err := r.Take(ctx, officer(vera, "transport", agency.Officer), Step{Holder: ref.Holder, Case: ref.ID}); !errors.Is(err, ErrTaken) {
			t.Errorf("a second official: %v", err)
		}
		advice, err := r.Advice(ctx, desk, r.read(ref))
		r.must(err)
		if advice.Row != "all-right" {
			t.Errorf("the table advises %+v", advice)
		}
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Approved})
		r.must(err)
		r.run(time.Minute)
		c = r.status(ref, StatusApproved)
		papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
		r.must(err)
		if len(papers) != 1 || papers[0].Until.IsZero() {
			t.Fatalf("documents: %+v", papers)
		}
		if _, err := r.Rate(ctx, annaAct, Rating{Holder: anna, Case: ref.ID, Stars: 5, Words: "Быстро"}); err != nil {
			t.Error(err)
		}
		if _, err := r.Rate(ctx, annaAct, Rating{Holder: anna, Case: ref.ID, Stars: 1}); !errors.Is(err, ErrNotNow) {
			t.Errorf("a second rating: %v", err)
		}
		want := []string{"submitted", "registers", "fetched", "pay", "paid", "queued", "taken", "approved", "issued", "rated"}
		if diff := cmp.Diff(want, r.events(ref)); diff != "" {
			t.Error(diff)
		}
		r.explains(ref, "all-right")
		r.receipts(ref)
		r.heardOnce(EventSubmitted, EventDecided, EventIssued, EventClosed)
		if left, err := r.Queue(ctx, desk, QueueQuery{Agency: agency.ID("transport")}); err != nil || len(left.Lines) != 0 {
			t.Errorf("the desk still lists %+v: %v", left.Lines, err)
		}
	})
}

func (r *rig) explains(ref Ref, row string) {
	r.t.Helper()
	e, err := r.Explain(ctx, annaAct, ref.Holder, ref.ID)
	r.must(err)
	if !e.Same || e.Row != row {
		r.t.Errorf("the replay says %+v", e)
	}
}

func (r *rig) receipts(ref Ref) {
	r.t.Helper()
	for _, decision := range []bool{false, true} {
		file, err := r.Receipt(ctx, annaAct, ref.Holder, ref.ID, decision)
		r.must(err)
		report, err := journal.Verify(file)
		r.must(err)
		if report.Statement.Object != ref.ID {
			r.t.Errorf("the receipt is about %s", report.Statement.Object)
		}
	}
}

func (r *rig) heardOnce(events ...string) {
	r.t.Helper()
	for _, e := range events {
		if r.heard[e] != 1 {
			r.t.Errorf("%s was heard %d times", e, r.heard[e])
		}
	}
}

func TestAFreightPassIsDecidedByTheTableAtOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		definition, _ := theCity().Service("freight-pass")
		for _, e := range definition.Examples {
			if e.Expect.Obstacle != "" || e.Expect.Row == "registers-silent" {
				continue
			}
			r.replyAs(definition, e)
			ref := r.openAs("freight-pass", r.inputs("freight-pass", e.Key), anna)
			r.run(5 * time.Second)
			c := r.read(ref)
			if c.Stage == Open || c.Row != e.Expect.Row || c.Decision.By != "table" {
				t.Errorf("%s: %s by row %q, want %q", e.Key, c.Stage, c.Row, e.Expect.Row)
				continue
			}
			r.explains(ref, e.Expect.Row)
		}
	})
}

func TestAFirstClassLiesInTheChildsAccount(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		in := r.inputs("school-first-class", "own-area")
		child := in.Answers["child"].(map[string]any)
		child["id"], child["snils"] = misha.String(), "11223377408"
		ref := r.openAs("school-first-class", in, misha)
		r.run(time.Minute)
		c := r.status(ref, StatusInQueue)
		if c.Holder != misha || c.Applicant != anna || c.ListGroup == "" {
			t.Errorf("holder %s, applicant %s, group %q", c.Holder, c.Applicant, c.ListGroup)
		}
		mine, err := r.Mine(ctx, annaAct)
		r.must(err)
		if len(mine) != 1 || mine[0].Holder != misha {
			t.Errorf("the parent's list: %+v", mine)
		}
		desk := officer(igor, "education", agency.Officer)
		s := Step{Holder: misha, Case: ref.ID}
		_, err = r.Take(ctx, desk, s)
		r.must(err)
		if _, err := r.Decide(ctx, desk, s, Verdict{Stage: Refused}); !errors.Is(err, ErrGround) {
			t.Errorf("a refusal without a ground: %v", err)
		}
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "no-places", Words: "Мест нет, ближайшие — в школе № 3."})
		r.must(err)
		r.run(time.Minute)
		c = r.status(ref, StatusRefused)
		if c.Step != "" || c.Decision.Words == "" || openTask(c.Tasks) != nil {
			t.Errorf("after the refusal: %+v", c)
		}
		page, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
		r.must(err)
		var kinds []string
		for _, m := range page.Messages {
			kinds = append(kinds, m.Kind)
		}
		slices.Sort(kinds)
		want := []string{"casework.tell.fetched", "casework.tell.refused", "casework.tell.submitted", "casework.tell.taken"}
		if diff := cmp.Diff(want, kinds); diff != "" {
			t.Error(diff)
		}
	})
}

func TestALetterToTheCityGoesToItsDepartmentAndIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("city-appeal", "pothole", anna)
		r.run(time.Minute)
		c := r.status(ref, StatusInQueue)
		if c.Agency != agency.ID("housing") {
			t.Fatal("the letter did not go to the department of its topic")
		}
		house := officer(igor, "housing", agency.Head)
		s := Step{Holder: anna, Case: ref.ID}
		due := openTask(c.Tasks).Due
		_, err := r.Forward(ctx, house, s, Forwarding{Agency: "transport", Queue: "letters", Words: "Это их дорога"})
		r.must(err)
		r.run(time.Minute)
		c = r.status(ref, StatusInQueue)
		if c.Agency != agency.ID("transport") || !openTask(c.Tasks).Due.Equal(due) {
			t.Errorf("after the redirection: agency %s, due %s, want %s", c.Agency, openTask(c.Tasks).Due, due)
		}
		for _, office := range []string{"housing", "transport"} {
			page, err := r.Queue(ctx, house, QueueQuery{Agency: agency.ID(office)})
			r.must(err)
			if (len(page.Lines) == 1) != (office == "transport") {
				t.Errorf("the desk of %s: %+v", office, page.Lines)
			}
		}
		desk := officer(vera, "transport", agency.Officer)
		_, err = r.Take(ctx, desk, s)
		r.must(err)
		if _, err := r.Decide(ctx, desk, s, Verdict{Stage: Approved}); !errors.Is(err, ErrEmpty) {
			t.Errorf("an answer without words: %v", err)
		}
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Approved, Words: "Заделаем до первого декабря."})
		r.must(err)
		r.run(time.Minute)
		r.status(ref, StatusApproved)
	})
}

// Who lists decided cases hears of one that ends with its decision once.
func TestACaseThatEndsWithItsDecisionIsSettledOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("city-appeal", "pothole", anna)
		desk, s := officer(igor, "housing", agency.Officer), Step{Holder: anna, Case: ref.ID}
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "unreadable"})
		r.must(err)
		r.run(time.Minute)
		r.status(ref, StatusRefused)
		r.heardOnce(EventDecided, EventSettled, EventClosed)
	})
}

func TestAQuestionStopsTheTermUntilItsAnswer(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("city-appeal", "pothole", anna)
		r.run(time.Minute)
		desk := officer(igor, "housing", agency.Officer)
		s := Step{Holder: anna, Case: ref.ID}
		before := r.read(ref)
		_, err := r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Ask(ctx, desk, s, "У какого подъезда яма?")
		r.must(err)
		if _, err := r.Ask(ctx, desk, s, "И ещё?"); !errors.Is(err, ErrAsked) {
			t.Errorf("a second question: %v", err)
		}
		r.run(time.Minute)
		c := r.status(ref, StatusAsked)
		if _, err := r.Decide(ctx, desk, s, Verdict{Stage: Refused, Ground: "unreadable"}); !errors.Is(err, ErrAsked) {
			t.Errorf("a refusal while the applicant is asked: %v", err)
		}
		r.run(3 * 24 * time.Hour)
		_, err = r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: c.Questions[0].ID, Words: "У второго."})
		r.must(err)
		if _, err := r.Answer(ctx, annaAct, Answer{Holder: anna, Case: ref.ID, Question: c.Questions[0].ID, Words: "Нет, у третьего."}); !errors.Is(err, ErrNotNow) {
			t.Errorf("a second answer: %v", err)
		}
		r.run(time.Minute)
		c = r.status(ref, StatusInReview)
		term := calendar.Term{Days: 30, Kind: calendar.Calendar}
		if want := naiveDue(theCity().Days(), term, c.Submitted, c.Pauses); !c.TermDue.Equal(want) || !want.After(before.TermDue) {
			t.Errorf("the term ends %s, want %s, was %s", c.TermDue, want, before.TermDue)
		}
		if c.Questions[0].Answer != "У второго." {
			t.Errorf("the answer is %q", c.Questions[0].Answer)
		}
	})
}

func TestAQuestionWithoutAnAnswerComesBackToTheOfficial(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	desk := officer(igor, "housing", agency.Officer)
	s := Step{Holder: anna, Case: ref.ID}
	_, err := r.Take(ctx, desk, s)
	r.must(err)
	_, err = r.Ask(ctx, desk, s, "У какого подъезда яма?")
	r.must(err)
	r.run(15 * 24 * time.Hour)
	c := r.status(ref, StatusInReview)
	if !c.Paused.IsZero() || c.Questions[0].Lapsed.IsZero() {
		t.Errorf("%+v", c.Questions[0])
	}
	page, err := r.told.Inbox(ctx, annaAct, anna, id.ID{}, 50)
	r.must(err)
	seen := map[string]int{}
	for _, m := range page.Messages {
		seen[m.Kind]++
	}
	if seen["casework.tell.remind"] != 1 || seen["casework.tell.lapsed"] != 1 || seen["casework.tell.asked"] != 1 {
		t.Errorf("told: %v", seen)
	}
	r.run(60 * 24 * time.Hour)
	if c := r.read(ref); c.Late.IsZero() || r.heard[EventLate] != 1 {
		t.Errorf("late at %s, told %d times", c.Late, r.heard[EventLate])
	}
}

func TestABillThatIsNotPaidEndsTheCaseOnItsGround(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("parking-permit", "own-car", anna)
	r.run(time.Minute)
	r.status(ref, StatusToPay)
	r.run(20 * 24 * time.Hour)
	c := r.status(ref, StatusRefused)
	if c.Ground != "unpaid" || c.Decision.By != "ground" || !c.Late.IsZero() {
		t.Errorf("ground %q by %q, late %s", c.Ground, c.Decision.By, c.Late)
	}
	charges, err := r.bills.OfPerson(ctx, annaAct, anna, charge.Filter{Subject: ref.ID})
	r.must(err)
	if len(charges) != 1 || charges[0].State != "cancelled" {
		t.Errorf("the bill: %+v", charges)
	}
}

func TestABigFamilyPaysNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	in := r.inputs("parking-permit", "own-car")
	in.Facts["family"] = service.Fact{State: service.FactKnown, Day: in.Today, Values: map[string]any{"big_family": true, "minors": float64(3), "children": []any{}}}
	ref := r.openAs("parking-permit", in, anna)
	r.run(time.Minute)
	if r.heard["charge.due"] != 0 || !slices.Contains(r.events(ref), "free") {
		t.Errorf("%d bills; %v", r.heard["charge.due"], r.events(ref))
	}
}

func TestAWithdrawnCaseMovesNoMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("parking-permit", "own-car", anna)
		r.run(time.Minute)
		_, err := r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: ref.ID, Words: "Продал машину"})
		r.must(err)
		r.run(40 * 24 * time.Hour)
		r.status(ref, StatusWithdrawn)
		want := []string{"submitted", "registers", "fetched", "pay", "withdrawn"}
		if diff := cmp.Diff(want, r.events(ref)); diff != "" {
			t.Error(diff)
		}
		charges, err := r.bills.OfPerson(ctx, annaAct, anna, charge.Filter{Subject: ref.ID})
		r.must(err)
		if charges[0].State != "cancelled" {
			t.Errorf("the bill is %s", charges[0].State)
		}
	})
}

func TestSilentRegistersLeaveTheCaseToAnOfficial(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.agency.SetFaults(registers.All, registers.Faults{Absent: true})
	ref := r.open("freight-pass", "moving-home", anna)
	r.run(4 * 24 * time.Hour)
	c := r.status(ref, StatusInQueue)
	if c.Stage != Open || !slices.Contains(r.events(ref), "not_fetched") || !slices.Contains(r.events(ref), "to_official") {
		t.Errorf("%s: %v", c.Stage, r.events(ref))
	}
}

func TestAnOldRevisionChangesNothing(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	desk := officer(igor, "housing", agency.Officer)
	s := Step{Holder: anna, Case: ref.ID, Revision: r.read(ref).Revision}
	_, err := r.Take(ctx, desk, s)
	r.must(err)
	if _, err := r.Release(ctx, desk, s); !errors.Is(err, ErrMoved) {
		t.Errorf("an act on what was seen before: %v", err)
	}
	if _, err := r.Take(ctx, officer(igor, "transport", agency.Officer), Step{Holder: anna, Case: ref.ID}); !errors.Is(err, ErrNotYours) {
		t.Errorf("an official of another agency: %v", err)
	}
	if _, err := r.Decide(ctx, officer(igor, "housing", agency.Clerk), Step{Holder: anna, Case: ref.ID}, Verdict{Stage: Approved, Words: "Да"}); !errors.Is(err, ErrClerk) {
		t.Errorf("a clerk: %v", err)
	}
}

func TestNobodyDecidesTheirOwnCase(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	if _, err := r.Take(ctx, officer(anna, "housing", agency.Officer), Step{Holder: anna, Case: ref.ID}); !errors.Is(err, ErrOwn) {
		t.Errorf("the applicant as an official: %v", err)
	}
}

func TestTheOtherParentDecidesNoCaseOfTheirChild(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openForMisha()
		father, s := officer(oleg, "education", agency.Officer), Step{Holder: misha, Case: ref.ID}
		if _, err := r.Take(ctx, father, s); !errors.Is(err, ErrOwn) {
			t.Errorf("the child's other parent takes it: %v", err)
		}
		r.deps.Family = parents{given: []mandate.Mandate{annasMandate}} // Oleg takes it as a stranger, and becomes a parent after
		_, err := r.Take(ctx, father, s)
		r.must(err)
		r.deps.Family = household{}
		if _, err := r.Decide(ctx, father, s, Verdict{Stage: Refused, Ground: "no-places", Words: "Мест нет."}); !errors.Is(err, ErrOwn) {
			t.Errorf("the child's other parent decides it: %v", err)
		}
		r.status(ref, StatusInReview)
		_, err = r.Release(ctx, father, s)
		r.must(err)
		r.status(ref, StatusInQueue)
	})
}

func TestEveryLookOfAnOfficialIsOnRecord(t *testing.T) {
	t.Parallel()
	r := one(t)
	ref := r.open("city-appeal", "pothole", anna)
	r.run(time.Minute)
	desk := officer(igor, "housing", agency.Officer)
	_, err := r.Read(ctx, desk, anna, ref.ID)
	r.must(err)
	looks, err := r.Looks(ctx, annaAct, anna, ref.ID)
	r.must(err)
	if len(looks) != 1 || looks[0].Actor.Person != igor || looks[0].What != lookCase {
		t.Errorf("%+v", looks)
	}
}

// A term with any pauses ends where counting day by day ends it.
func naiveDue(days *calendar.City, term calendar.Term, started time.Time, pauses []Pause) time.Time {
	runs := func(m time.Time) bool {
		return !slices.ContainsFunc(pauses, func(p Pause) bool { return !m.Before(p.Since) && m.Before(p.Until) })
	}
	day, left := days.Today(started), term.Days
	for left > 0 {
		day = day.AddDays(1)
		if term.Kind == calendar.Working && !days.IsWorking(day) {
			continue
		}
		if runs(days.Closes(day)) {
			left--
		}
	}
	answered := func(day calendar.Date) bool {
		return slices.ContainsFunc(pauses, func(p Pause) bool {
			return days.Today(p.Until) == day && !p.Until.After(days.Closes(day)) && runs(p.Until)
		})
	}
	for !days.IsWorking(day) || answered(day) || !runs(days.Closes(day)) { // nobody is late by an evening letter
		day = day.AddDays(1)
	}
	return days.Closes(day)
}
