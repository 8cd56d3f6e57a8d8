package casework

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/document"
	"posad.city/core/notice"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// message is the one notice of a kind that a person has.
func (r *rig) message(person id.ID, kind string) notice.Message {
	r.t.Helper()
	by := act.Act{Actor: act.Actor{Kind: act.Person, Person: person}, Holder: person}
	page, err := r.told.Inbox(ctx, by, person, id.ID{}, 50)
	r.must(err)
	var out []notice.Message
	for _, m := range page.Messages {
		if m.Kind == "casework.tell."+kind {
			one, err := r.told.Message(ctx, by, person, m.ID)
			r.must(err)
			out = append(out, one)
		}
	}
	if len(out) != 1 {
		r.t.Fatalf("told of %s %d times; %v", kind, len(out), r.toldOf(person))
	}
	return out[0]
}

// letter is the one refusal of a case that is good.
func (r *rig) letter(ref Ref) document.Result {
	r.t.Helper()
	papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
	r.must(err)
	papers = slices.DeleteFunc(papers, func(p document.Result) bool { return p.Form != document.FormRefusal || !p.Revoked.IsZero() })
	if len(papers) != 1 {
		r.t.Fatalf("%d letters of a refusal", len(papers))
	}
	return papers[0]
}

func TestEveryRefusalIsALetter(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		byOfficial, _ := r.refuseWorks()
		byTable := r.openWorks("objected")
		r.opines(byTable, "environment", "green", service.OpinionObject)
		r.opines(byTable, "housing", "yards", service.OpinionObject)
		r.opines(byTable, "housing", "works", service.OpinionAgree)
		byGround := r.open("agree-works", "agreed", anna)
		r.run(12 * 24 * time.Hour)
		for ref, law := range map[string]string{byOfficial.Number: "Point 1", byTable.Number: "Point 1", byGround.Number: "Point 2"} {
			found, err := r.Find(ctx, ref)
			r.must(err)
			c := r.status(found, StatusRefused)
			paper := r.letter(found)
			says := map[string]string{}
			for _, f := range paper.Facts {
				says[f.Key] = f.Value.EN
			}
			until := theCity().Days().Today(c.Decided).AddDays(90)
			if says["law"] != law || says["ground"] == "" || says["appeal_until"] != lang.Date(lang.English, until) || says["case"] != id.FormatNumber(c.Number) {
				t.Errorf("the letter says %v, decided %s", says, c.Decided)
			}
			place := Mistake{Holder: anna, Case: found.ID, Document: paper.ID, Words: "Не так"}
			if _, err := r.AskCorrection(ctx, annaAct, place); err == nil {
				t.Error("a refusal is corrected as a mistake in writing")
			}
		}
		if n := count(r.toldOf(anna), "casework.tell.refused"); n != 3 {
			t.Errorf("told of %d refusals", n)
		}
	})
}

func TestADecisionMadeAnewTakesTheRefusalBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, s := r.refuseWorks()
		old := r.letter(ref)
		_, err := r.Reopen(ctx, officer(boss, "housing", agency.Head), s, "Новые сведения")
		r.must(err)
		_, err = r.Take(ctx, officer(rita, "housing", agency.Officer), s)
		r.must(err)
		_, err = r.Decide(ctx, officer(rita, "housing", agency.Officer), s, Verdict{Stage: Refused, Ground: "harmful"})
		r.must(err)
		_, err = r.Confirm(ctx, officer(boss, "housing", agency.Head), s)
		r.must(err)
		r.run(time.Minute)
		if now := r.letter(ref); now.ID == old.ID {
			t.Error("the old letter stands for the new decision")
		}
		m := r.message(anna, "revoked")
		if !strings.Contains(m.Text.EN, "decided anew") || !strings.Contains(m.Title.EN, id.FormatNumber(old.Number)) || m.Path != "/documents/"+old.ID.String() {
			t.Errorf("told %q %q %q", m.Title.EN, m.Text.EN, m.Path)
		}
	})
}

func TestARevokedDocumentIsToldWithItsReason(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.open("sign-home", "alone", anna)
		r.run(time.Minute)
		papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
		r.must(err)
		p, err := r.papers.PrepareRevoke(ctx, document.Revocation{Holder: anna, ID: papers[0].ID, Reason: lang.Text{RU: "Двор закрыли", EN: "The yard was closed"}})
		r.must(err)
		r.must(r.store.Write(ctx, p.Put))
		r.run(time.Minute)
		if m := r.message(anna, "revoked"); !strings.Contains(m.Text.EN, "The yard was closed") || m.Topic != notice.Documents {
			t.Errorf("told %q of %s", m.Text.EN, m.Topic)
		}
	})
}

func TestTheHeadsAreToldOnceOfALateCase(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref, _ := r.toPerson("agreed")
		c := r.read(ref)
		r.deps.Officials = staff{
			boss: {Person: boss, Agency: agency.ID("housing"), Role: agency.Head},
			igor: {Person: igor, Agency: agency.ID("housing"), Role: agency.Officer},
			rita: {Person: rita, Agency: agency.ID("transport"), Role: agency.Head},
		}
		r.run(c.TermDue.Sub(r.clock.Now()) + time.Hour)
		m := r.message(boss, "escalated_head")
		if m.Path != deskPath(ref.Number) || m.Holder != boss || !m.Case.IsZero() {
			t.Errorf("the head is led to %q of %s", m.Path, m.Holder)
		}
		r.message(anna, "late")
		r.message(anna, "escalated")
		if told := append(r.toldOf(igor), r.toldOf(rita)...); len(told) != 0 {
			t.Errorf("others are told %v", told)
		}
		r.run(20 * 24 * time.Hour)
		r.message(boss, "escalated_head")
	})
}

// calls counts what the appointments are asked to free.
type calls map[id.ID]int

func (c calls) EndCase(_ context.Context, caseID id.ID) error {
	c[caseID]++
	return nil
}

func TestAppointmentsOfACaseThatCameToNothingAreFreed(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		freed := calls{}
		r.deps.Visits = freed
		approved, withdrawn := r.open("sign-home", "alone", anna), r.openWorks("agreed")
		_, err := r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: withdrawn.ID})
		r.must(err)
		refused, _ := r.refuseWorks()
		r.run(time.Minute)
		r.status(approved, StatusApproved)
		if freed[approved.ID] != 0 || freed[withdrawn.ID] != 1 || freed[refused.ID] != 1 {
			t.Errorf("freed %v", freed)
		}
	})
}

func TestWhoSignedIsToldHowItCameOut(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.deps.Signers = numbers{"11223344595": boris}
		refused := r.open("sign-home", "against", anna)
		r.run(time.Minute)
		r.signsWith(refused, service.Answers{"agrees": false, "pays": false})
		r.status(refused, StatusRefused)
		m := r.message(boris, "signed_refused")
		if m.Path != casePath(refused.Number) || strings.Contains(m.Text.EN, "against it") {
			t.Errorf("told %q, led to %q", m.Text.EN, m.Path)
		}
		gone := r.open("sign-works", "two", anna)
		r.run(time.Minute)
		r.signsWith(gone, service.Answers{"agrees": true})
		_, err := r.Withdraw(ctx, annaAct, Withdrawal{Holder: anna, Case: gone.ID})
		r.must(err)
		r.run(time.Minute)
		r.message(boris, "signed_withdrawn")
		if slices.Contains(r.toldOf(anna), "casework.tell.withdrawn") {
			t.Error("the applicant is told of what they did")
		}
	})
}
