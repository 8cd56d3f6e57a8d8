package casework

import (
	"errors"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/lang"
)

func TestAMistakeInADocumentIsCorrected(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.openWorks("agreed")
		r.opines(ref, "environment", "green", "agree")
		r.opines(ref, "housing", "yards", "agree")
		r.opines(ref, "housing", "works", "agree")
		w := Mistake{Holder: anna, Case: ref.ID, Fact: "what", Words: "Две скамейки"}
		if _, err := r.AskCorrection(ctx, annaAct, w); !errors.Is(err, ErrNotNow) {
			t.Errorf("before the decision: %v", err)
		}
		r.run(time.Minute)
		r.status(ref, StatusApproved)
		if _, err := r.AskCorrection(ctx, annaAct, w); !errors.Is(err, ErrNoDocument) {
			t.Errorf("of no document: %v", err)
		}
		papers, err := r.papers.Results(ctx, annaAct, anna, ref.ID)
		r.must(err)
		w.Document = papers[0].ID
		_, err = r.AskCorrection(ctx, annaAct, w)
		r.must(err)
		if _, err := r.AskCorrection(ctx, annaAct, w); !errors.Is(err, ErrMending) {
			t.Errorf("twice: %v", err)
		}
		r.run(time.Minute)
		desk, s := officer(igor, "housing", agency.Officer), Step{Holder: anna, Case: ref.ID}
		page, err := r.Queue(ctx, desk, QueueQuery{Agency: agency.ID("housing"), Kinds: []string{"correct"}})
		r.must(err)
		if len(page.Lines) != 1 {
			t.Fatalf("the desk: %+v", page.Lines)
		}
		right := Mending{Fact: "what", Value: lang.Text{RU: "Две скамейки", EN: "Two benches"}}
		if _, err := r.Correct(ctx, desk, s, right); !errors.Is(err, ErrNotYours) {
			t.Errorf("not taken: %v", err)
		}
		_, err = r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Correct(ctx, desk, s, right)
		r.must(err)
		r.run(time.Minute)
		papers, err = r.papers.Results(ctx, annaAct, anna, ref.ID)
		r.must(err)
		live := 0
		for _, p := range papers {
			if p.Revoked.IsZero() {
				live++
				if p.Facts[0].Value.RU != "Две скамейки" {
					t.Errorf("the document says %+v", p.Facts)
				}
			}
		}
		c := r.status(ref, StatusApproved)
		if live != 1 || len(papers) != 2 || len(c.Corrections) != 1 || c.Corrections[0].State != "done" {
			t.Errorf("%d of %d documents are good; %+v", live, len(papers), c.Corrections)
		}
		w.Document = c.Corrections[0].Corrected
		_, err = r.AskCorrection(ctx, annaAct, w)
		r.must(err)
		_, err = r.Take(ctx, desk, s)
		r.must(err)
		_, err = r.Decline(ctx, desk, s, "Всё верно")
		r.must(err)
		r.run(time.Minute)
		if c := r.read(ref); c.Corrections[1].State != "declined" || c.Corrections[1].Answer != "Всё верно" {
			t.Errorf("%+v", c.Corrections)
		}
		if page, err := r.Queue(ctx, desk, QueueQuery{Agency: agency.ID("housing")}); err != nil || len(page.Lines) != 0 {
			t.Errorf("the desk still lists %+v: %v", page.Lines, err)
		}
	})
}
