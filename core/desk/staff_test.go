package desk

import (
	"errors"
	"testing"
	"time"

	"posad.city/core/casework"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

func TestTheNextCaseIsTheMostUrgentThatFits(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		far := r.letter("severny")
		r.clock.Move(time.Hour)
		near := r.letter("zarechye")
		r.must(r.PutScope(ctx, as(boss), igor, nil, []string{"zarechye"}))
		got, err := r.Next(ctx, as(igor))
		r.must(err)
		if got.ID != near.ID || r.stands(near).Official != igor {
			t.Errorf("igor has %s, want the case of his district", got.Number)
		}
		if _, err := r.Next(ctx, as(igor)); !errors.Is(err, ErrNoNext) {
			t.Errorf("a case of another district: %v", err)
		}
		got, err = r.Next(ctx, as(vera))
		r.must(err)
		if got.ID != far.ID {
			t.Errorf("vera has %s", got.Number)
		}
	})
}

func TestOnlyTheHeadSetsWhatOfficialsDo(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, want := range []struct {
			who, whom         id.ID
			skills, districts []string
			err               error
		}{
			{igor, igor, nil, nil, ErrHead}, {rita, igor, nil, nil, ErrNoWorker}, {boss, anna, nil, nil, ErrNoWorker},
			{boss, igor, []string{"flying"}, nil, ErrSkill}, {boss, igor, nil, []string{"moon"}, ErrDistrict}, {boss, igor, nil, []string{"severny"}, nil},
		} {
			if err := r.PutScope(ctx, as(want.who), want.whom, want.skills, want.districts); !errors.Is(err, want.err) || want.err == nil && err != nil {
				t.Errorf("%s sets %s: %v, want %v", names[want.who].Family, names[want.whom].Family, err, want.err)
			}
		}
	})
}

func TestAnAbsenceGivesTheCasesInHandToTheSubstitute(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.letter("zarechye")
		_, err := r.cases.Take(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID})
		r.must(err)
		r.run(time.Second)
		r.get(vera, "/desk?owner=other").wants(t, 200, "!"+id.FormatNumber(ref.Number))
		today := theCity().Days().Today(r.clock.Now())
		_, err = r.PutAbsence(ctx, as(igor), Absence{Person: igor, Substitute: vera, Since: today.String(), Until: today.AddDays(3).String()})
		r.must(err)
		r.get(vera, "/desk").wants(t, 200, id.FormatNumber(ref.Number), "вы замещаете")
		if _, err := r.cases.Assign(ctx, as(boss), casework.Step{Holder: anna, Case: r.letter("zarechye").ID}, igor); !errors.Is(err, casework.ErrAway) {
			t.Errorf("a new case goes to the absent: %v", err)
		}
		r.post(petra, "/desk/cases/"+ref.Number+"/take").wants(t, 409)
		r.post(vera, "/desk/cases/"+ref.Number+"/take").wants(t, 303)
		if got := r.stands(ref).Official; got != vera {
			t.Errorf("the case is with %s", got)
		}
		own, err := r.cases.Did(ctx, as(vera), casework.Step{Holder: anna, Case: ref.ID, Revision: r.ref(ref.Number).Revision})
		if err != nil || !own {
			t.Errorf("the act is not vera's: %v", err)
		}
		r.clock.Move(5 * 24 * time.Hour)
		if s, err := r.Scope(ctx, housing, igor); err != nil || s.Away {
			t.Errorf("igor is back: %+v, %v", s, err)
		}
	})
}

func TestAbsencesAgree(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		today := theCity().Days().Today(r.clock.Now())
		day := func(n int) string { return today.AddDays(n).String() }
		put := func(who, person, instead id.ID, from, to int) error {
			_, err := r.PutAbsence(ctx, as(who), Absence{Person: person, Substitute: instead, Since: day(from), Until: day(to)})
			return err
		}
		r.must(put(igor, igor, vera, 1, 5))
		for what, got := range map[string][2]error{
			"another's":                {put(vera, igor, boss, 10, 11), ErrHead},
			"past":                     {put(boss, igor, vera, -5, -1), ErrDays},
			"backwards":                {put(boss, igor, vera, 12, 10), ErrDays},
			"too long":                 {put(boss, igor, vera, 10, 900), ErrDays},
			"twice":                    {put(boss, igor, boss, 5, 9), ErrTwice},
			"oneself":                  {put(boss, boss, boss, 1, 2), ErrSubstitute},
			"a clerk":                  {put(boss, boss, petra, 1, 2), ErrSubstitute},
			"somebody away":            {put(boss, boss, igor, 3, 4), ErrSubstitute},
			"the substitute goes away": {put(boss, vera, boss, 5, 6), ErrSubstitute},
			"of another agency":        {put(boss, boss, rita, 1, 2), ErrSubstitute},
		} {
			if !errors.Is(got[0], got[1]) {
				t.Errorf("%s: %v, want %v", what, got[0], got[1])
			}
		}
		r.must(put(boss, vera, boss, 6, 7))
		_, away, err := r.Team(ctx, housing)
		r.must(err)
		r.must(r.EndAbsence(ctx, as(igor), away[0].ID))
		if err := r.EndAbsence(ctx, as(igor), away[1].ID); !errors.Is(err, ErrHead) {
			t.Errorf("another's absence is ended: %v", err)
		}
	})
}

func TestTextsAreTheHeads(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		good := casework.Template{Kind: casework.TemplateQuestion, Title: lang.Text{RU: "Где", EN: "Where"}, Text: lang.Text{RU: "{name}, где это?", EN: "{name}, where?"}}
		if _, err := r.PutTemplate(ctx, as(igor), good); !errors.Is(err, ErrHead) {
			t.Errorf("an officer adds a text: %v", err)
		}
		for what, change := range map[string]func(*casework.Template){
			"no title": func(t *casework.Template) { t.Title.EN = " " }, "no text": func(t *casework.Template) { t.Text.RU = "" },
			"a hole that nothing fills": func(t *casework.Template) { t.Text.RU = "{phone}" }, "no such service": func(t *casework.Template) { t.Service = "flying" },
			"no kind": func(t *casework.Template) { t.Kind = "poem" },
		} {
			bad := good
			change(&bad)
			if _, err := r.PutTemplate(ctx, as(boss), bad); err == nil {
				t.Errorf("%s: added", what)
			}
		}
		kept, err := r.PutTemplate(ctx, as(boss), good)
		r.must(err)
		stale := kept
		kept.Title.RU = "Где это"
		kept, err = r.PutTemplate(ctx, as(boss), kept)
		r.must(err)
		if _, err := r.PutTemplate(ctx, as(boss), stale); !errors.Is(err, ErrChanged) {
			t.Errorf("a stale change: %v", err)
		}
		if err := r.DropTemplate(ctx, as(rita), kept.ID); !errors.Is(err, ErrTemplate) {
			t.Errorf("dropped by another agency: %v", err)
		}
		list, err := r.Templates(ctx, housing, casework.TemplateQuestion, "city-appeal")
		if err != nil || len(list) != 1 || list[0].Title.RU != "Где это" {
			t.Errorf("the texts: %+v, %v", list, err)
		}
	})
}

// A letter goes back to the agency that answers it, and those who may open it find it.
func TestDecidedCasesAreFoundByTheirWordsInTheirAgencyOnly(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		ref := r.letter("zarechye")
		_, err := r.cases.Take(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID})
		r.must(err)
		_, err = r.cases.Decide(ctx, as(igor), casework.Step{Holder: anna, Case: ref.ID}, casework.Verdict{Stage: casework.Approved, Words: "Заделаем"})
		r.must(err)
		r.run(time.Minute)
		for _, want := range []struct {
			who  id.ID
			text string
			n    int
		}{{panin, "Смирнов", 1}, {panin, ref.Number, 1}, {panin, "Смирнова Петрова", 0}, {rita, "Смирнова", 0}, {panin, "", 0}, {igor, "Смирнова", 0}} {
			found, _, err := r.Search(ctx, as(want.who), want.text)
			if err != nil || len(found) != want.n {
				t.Errorf("%q: %d, %v", want.text, len(found), err)
			}
		}
		team, _, err := r.Team(ctx, housing)
		r.must(err)
		charts, err := r.Charts(ctx, as(boss), team)
		r.must(err)
		if last := charts.Days[len(charts.Days)-1]; last.Decided != 1 || len(charts.Days) != chartDays {
			t.Errorf("decided today: %+v", last)
		}
		if _, err := r.Charts(ctx, as(igor), team); !errors.Is(err, ErrHead) {
			t.Errorf("an officer sees the charts: %v", err)
		}
	})
}
