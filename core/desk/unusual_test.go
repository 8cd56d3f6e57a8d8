package desk

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/core/casework"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
)

var (
	theirCase = id.Derived("case", "in zarechye")
	oldCase   = id.Derived("case", "decided long ago")
	alien     = id.Derived("case", "of another agency")
	noon      = time.Date(2026, 12, 4, 9, 0, 0, 0, time.UTC) // a Friday, 12:00 in the city
	veraSon   = id.Derived("person", "veras son")
)

func made(who id.ID, what string, caseID, person id.ID) store.MadeLook {
	out := store.MadeLook{Person: person, At: noon.Add(time.Minute), Actor: act.Actor{Kind: act.Official, Person: who, Agency: housing, Role: "officer"}, What: what}
	if !caseID.IsZero() {
		out.Purpose = act.Purpose{Kind: "case", ID: caseID.String()}
	}
	return out
}

func hourOf(looks ...store.MadeLook) hourLooks {
	return hourLooks{
		office: housing, hour: noon, looks: looks, days: theCity().Days(), usual: map[id.ID]int64{igor: 10, vera: 40},
		cases: map[string]casework.Whereabouts{
			theirCase.String(): {Number: "1111111111", Offices: []id.ID{housing}, Officials: []id.ID{vera}, District: "zarechye"},
			oldCase.String():   {Number: "2222222222", Offices: []id.ID{housing}, Decided: noon.AddDate(0, 0, -91)},
			alien.String():     {Number: "3333333333", Offices: []id.ID{agency.ID("education")}},
		},
		districts: map[id.ID][]string{igor: {"sloboda"}, vera: {"sloboda"}}, kin: map[id.ID][]id.ID{vera: {veraSon}},
	}
}

// TestTheRules: each rule by itself finds what it speaks of, and not its neighbour.
func TestTheRules(t *testing.T) {
	t.Parallel()
	rules, err := readRules(unusualRules)
	if err != nil || len(rules) != 5 {
		t.Fatalf("%d rules, %v", len(rules), err)
	}
	many := func(who id.ID, n int, what string) []store.MadeLook {
		var out []store.MadeLook
		for i := range n {
			out = append(out, made(who, what, id.ID{}, id.Derived("person", strconv.Itoa(i))))
		}
		return out
	}
	at := func(l store.MadeLook, when time.Time) store.MadeLook { l.At = when; return l }
	inquiry := made(igor, "casework.look.case", id.ID{}, anna)
	inquiry.Purpose = act.Purpose{Kind: "investigation", ID: "x"}
	program := made(igor, "casework.look.case", alien, anna)
	program.Actor.Kind = act.Agency
	for name, one := range map[string]struct {
		looks []store.MadeLook
		want  string
	}{
		"a case of another district":              {[]store.MadeLook{made(igor, "casework.look.case", theirCase, anna)}, "outside"},
		"who works it":                            {[]store.MadeLook{made(vera, "casework.look.case", theirCase, anna)}, ""},
		"who works every district":                {[]store.MadeLook{made(olga, "casework.look.case", theirCase, anna)}, ""},
		"it stands in a list":                     {[]store.MadeLook{made(igor, "casework.look.queue", theirCase, anna)}, ""},
		"a case of another agency":                {[]store.MadeLook{made(olga, "casework.look.case", alien, anna)}, "no_case"},
		"a case that is not there":                {[]store.MadeLook{made(olga, "casework.look.case", id.Derived("case", "none"), anna)}, "no_case"},
		"no case at all":                          {[]store.MadeLook{made(olga, "account.look.profile", id.ID{}, anna)}, "no_case"},
		"decided long ago":                        {[]store.MadeLook{made(olga, "casework.look.case", oldCase, anna)}, "no_case"},
		"a lawful investigation":                  {[]store.MadeLook{inquiry}, ""},
		"a program's look":                        {[]store.MadeLook{program}, ""},
		"many people":                             {many(igor, 60, "casework.look.queue"), "many"},
		"not so many":                             {many(igor, 59, "casework.look.queue"), ""},
		"as many as is usual for them":            {many(vera, 60, "casework.look.queue"), ""},
		"many times the usual":                    {many(vera, 120, "casework.look.queue"), "many"},
		"their own son":                           {[]store.MadeLook{made(vera, "casework.look.case", theirCase, veraSon)}, "relatives"},
		"themselves":                              {[]store.MadeLook{made(vera, "casework.look.case", theirCase, vera)}, "relatives"},
		"their son in a list":                     {[]store.MadeLook{made(vera, "casework.look.queue", id.ID{}, veraSon)}, ""},
		"found by a search":                       {[]store.MadeLook{made(vera, "casework.look.search", id.ID{}, veraSon)}, "relatives"},
		"at night":                                {[]store.MadeLook{at(made(vera, "casework.look.case", theirCase, anna), noon.Add(10*time.Hour))}, "after_hours"},
		"on a Sunday":                             {[]store.MadeLook{at(made(vera, "casework.look.case", theirCase, anna), noon.AddDate(0, 0, 2))}, "after_hours"},
		"early, but in hours":                     {[]store.MadeLook{at(made(vera, "casework.look.case", theirCase, anna), noon.Add(-5*time.Hour))}, ""},
		"a case of another district, after hours": {[]store.MadeLook{at(made(igor, "casework.look.case", theirCase, anna), noon.Add(9*time.Hour))}, "after_hours outside"},
	} {
		var got []string
		for _, f := range hourOf(one.looks...).find(rules) {
			got = append(got, f.Rule)
		}
		if strings.Join(got, " ") != one.want {
			t.Errorf("%s: %q, want %q", name, got, one.want)
		}
	}
	if _, err := readRules([]byte("rules: [{rule: everything}]")); err == nil {
		t.Error("a rule that is none is taken")
	}
	if _, err := readRules([]byte("rules: [{rule: many, peoples: 3}]")); err == nil {
		t.Error("a word that is none is taken")
	}
}

// look has an official see people for a case.
func (r *rig) look(who id.ID, what string, caseID id.ID, people ...id.ID) {
	r.t.Helper()
	a := as(who)
	if !caseID.IsZero() {
		a = a.ForCase(caseID)
	}
	r.must(r.store.Look(ctx, a, what, func(p *store.Personal) error {
		for _, person := range people {
			p.Saw(person)
		}
		return nil
	}))
}

func (r *rig) count(query string, args ...any) int {
	r.t.Helper()
	n := 0
	r.must(r.store.Read(ctx, func(s *store.Snapshot) error {
		n = 0
		return s.Query(store.NewQuery("test.Count", query), func(*store.Row) error { n++; return nil }, args...)
	}))
	return n
}

// TestUnusualLooksAreFoundOnceAndTold: from the records alone, by a job that may run again and again, with one message to the
// head an hour.
func TestUnusualLooksAreFoundOnceAndTold(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Move(noon.Add(10 * time.Minute).Sub(r.clock.Now()))
		ref := r.letter("zarechye")
		r.must(r.PutScope(ctx, as(boss), igor, nil, []string{"sloboda"}))
		r.look(igor, "casework.look.case", ref.ID, anna)
		r.look(vera, "casework.look.case", ref.ID, anna) // every district is vera's
		r.look(vera, "account.look.profile", id.ID{}, veraSon)
		r.must(r.watch(ctx, jobs.Job{}))
		if list, err := r.Unusual(ctx, as(boss)); err != nil || len(list) != 0 {
			t.Fatalf("before the hour is over: %+v %v", list, err)
		}
		r.clock.Move(time.Hour)
		for range 3 {
			r.must(r.watch(ctx, jobs.Job{}))
		}
		r.must(r.store.Write(ctx, func(tx *store.Tx) error { // as after a crash between the rows and the mark
			_, err := tx.Exec(store.NewQuery("test.Forget", "DELETE FROM desk_unusual_mark"))
			return err
		}))
		r.must(r.watch(ctx, jobs.Job{}))
		list, err := r.Unusual(ctx, as(boss))
		r.must(err)
		got := map[string]id.ID{}
		for _, one := range list {
			got[one.Rule] = one.Official
			if one.Mark != MarkOpen || one.Rule == ruleOutside && one.Number != ref.Number {
				t.Errorf("%+v", one)
			}
		}
		if len(list) != 3 || got[ruleOutside] != igor || got[ruleNoCase] != vera || got[ruleRelatives] != vera {
			t.Errorf("found %v in %d", got, len(list))
		}
		if n := r.count("SELECT 1 FROM notice WHERE person = $1", boss); n != 1 {
			t.Errorf("%d messages to the head", n)
		}
		if n := r.count("SELECT 1 FROM notice WHERE person = $1", rita); n != 0 {
			t.Errorf("%d messages to another agency's head", n)
		}
		if list, err := r.Unusual(ctx, as(rita)); err != nil || len(list) != 0 {
			t.Errorf("another agency's head sees %v %v", list, err)
		}
	})
}

// TestTheHeadJudges: with words, once, in the order of the marks, never of their own looks; an inquiry is in the journal.
func TestTheHeadJudges(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Move(noon.Add(10 * time.Minute).Sub(r.clock.Now()))
		for _, who := range []id.ID{igor, vera, boss} {
			r.look(who, "account.look.profile", id.ID{}, anna)
		}
		r.clock.Move(time.Hour)
		r.must(r.watch(ctx, jobs.Job{}))
		of := func(who id.ID) Unusual {
			list, err := r.Unusual(ctx, as(boss))
			r.must(err)
			for _, one := range list {
				if one.Official == who {
					return one
				}
			}
			t.Fatalf("nothing of %s among %d", names[who].Given, len(list))
			return Unusual{}
		}
		for name, try := range map[string]struct {
			who   id.ID
			of    id.ID
			to    Mark
			words string
			want  error
		}{
			"no words":         {boss, igor, MarkExplained, " ", ErrReason},
			"no head":          {vera, igor, MarkExplained, "помог коллеге", ErrHead},
			"one's own":        {boss, boss, MarkExplained, "так было нужно", ErrOwnLook},
			"another agency's": {rita, igor, MarkExplained, "так было нужно", ErrNoUnusual},
			"out of order":     {boss, igor, MarkFounded, "сразу виноват", ErrJudged},
			"open again":       {boss, igor, MarkOpen, "ничего не было", ErrJudged},
		} {
			if err := r.Judge(ctx, as(try.who), of(try.of).ID, try.to, try.words); !errors.Is(err, try.want) {
				t.Errorf("%s: %v, want %v", name, err, try.want)
			}
		}
		r.must(r.Judge(ctx, as(boss), of(igor).ID, MarkExplained, "Звонила заявительница"))
		if err := r.Judge(ctx, as(boss), of(igor).ID, MarkInquiry, "передумал, проверим"); !errors.Is(err, ErrJudged) {
			t.Errorf("twice: %v", err)
		}
		r.must(r.Judge(ctx, as(boss), of(vera).ID, MarkInquiry, "Объяснить не смогла"))
		r.must(r.Judge(ctx, as(boss), of(vera).ID, MarkFounded, "Смотрела соседку"))
		if one := of(vera); one.Mark != MarkFounded || one.Words != "Смотрела соседку" || one.By != boss {
			t.Errorf("%+v", one)
		}
		if n := r.count("SELECT 1 FROM journal_entry WHERE holder = $1 AND (kind = 'desk.look_inquiry' OR kind = 'desk.look_founded')", housing); n != 2 {
			t.Errorf("%d entries in the journal", n)
		}
		years, err := r.UnusualYears(ctx)
		r.must(err)
		if want := (UnusualYear{Year: 2026, Found: 3, Open: 1, Explained: 1, Inquiries: 1, Founded: 1}); years[0] != want || years[1].Found != 0 {
			t.Errorf("%+v", years)
		}
	})
}

func TestThePageOfLooks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.clock.Move(noon.Add(10 * time.Minute).Sub(r.clock.Now()))
		r.look(igor, "account.look.profile", id.ID{}, anna)
		r.look(vera, "casework.look.queue", id.ID{}, anna, veraSon)
		r.clock.Move(time.Hour)
		r.must(r.watch(ctx, jobs.Job{}))
		r.get(boss, "/desk/looks").wants(t, 200, "Белов Игорь Петрович", "Просмотры по часам", "У ведомства нет такого дела", "Начать служебную проверку")
		if page := r.get(boss, "/desk/looks"); strings.Contains(page.body, "Смирнова") {
			t.Error("the page names whom they looked at")
		}
		r.get(vera, "/desk/looks").wants(t, 403)
		r.get(anna, "/desk/looks").wants(t, 403)
		var body looksBody
		r.must(json.Unmarshal([]byte(r.get(boss, "/api/v1/desk/looks").body), &body))
		if body.Total != 3 || body.Hours[12] != 3 || len(body.Unusual) != 1 || body.Officials[0].Person != vera || body.Officials[0].Looks != 2 {
			t.Errorf("%+v", body)
		}
		which := body.Unusual[0].ID.String()
		r.post(boss, "/desk/looks", "look", which, "mark", "explained", "words", "").wants(t, 422, "от 5 до 2000 знаков", "words-"+which)
		r.post(vera, "/desk/looks", "look", which, "mark", "explained", "words", "Просили помочь").wants(t, 403)
		r.post(boss, "/desk/looks", "look", which, "mark", "explained", "words", "Просили помочь").wants(t, 303)
		r.get(boss, "/desk/looks").wants(t, 200, "Мостовой Глеб: Просили помочь")
		r.get(anna, "/looks/unusual").wants(t, 200, "2026", "Найдено правилами")
		if text := r.get(anna, "/api/v1/looks/unusual").body; !strings.Contains(text, `"explained":1`) || strings.Contains(text, igor.String()) {
			t.Errorf("the totals: %s", text)
		}
	})
}
