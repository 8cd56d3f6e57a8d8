package mydata

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

// listed has an official see a list of so many people, anna among them.
func (r *rig) listed(a act.Act, what string, people int) {
	r.t.Helper()
	r.must(r.store.Look(ctx, a, what, func(p *store.Personal) error {
		for i := range people - 1 {
			p.Saw(id.Derived("person", "list "+strconv.Itoa(i)))
		}
		p.Saw(anna)
		return nil
	}))
}

// apiLooksOf are anna's looks as the API tells them.
func (r *rig) apiLooksOf(query string) []WireLook {
	r.t.Helper()
	status, text := r.browser(web.Session{Person: anna}, "ru").get("/api/v1/looks?" + query)
	var out []WireLook
	if err := json.Unmarshal([]byte(text), &out); status != http.StatusOK || err != nil {
		r.t.Fatalf("the API: %d %v", status, err)
	}
	return out
}

// TestAListAndASearchAreCounted: a row of a list is told as one of twenty, what a search found by its own name, and a case
// that was opened alone as nothing more.
func TestAListAndASearchAreCounted(t *testing.T) {
	each(t, func(r *rig) {
		a := r.desk(ruleva, "housing", agency.Officer)
		r.listed(a, "casework.look.queue", 20)
		r.listed(a, "casework.look.search", 3)
		r.listed(a.ForCase(id.Derived("case", "one")), "casework.look.case", 1)
		want := map[string]int64{"Очередь ведомства": 20, "Поиск по делам ведомства": 3, "Заявление": 1}
		got := map[string]int64{}
		for _, one := range r.apiLooksOf("who=official") {
			got[one.What] = one.Among
			if one.Name == "" || one.Role != string(agency.Officer) || one.Agency == "" {
				r.t.Errorf("who looked: %+v", one)
			}
		}
		for what, n := range want {
			if got[what] != n {
				r.t.Errorf("%s: one of %d, want %d", what, got[what], n)
			}
		}
		_, text := r.browser(web.Session{Person: anna}, "ru").get("/account/looks")
		for _, line := range []string{"на экране данные 20 человек", "на экране данные 3 человек", "Рулева Тамара"} {
			if !strings.Contains(text, line) {
				r.t.Errorf("the page does not say %q", line)
			}
		}
		if strings.Contains(text, "данные 1 человек") {
			r.t.Error("a case that was opened alone is told as a list")
		}
	})
}

// TestALookSaysWhatItWasFor: the service's own words, the number of an agreement.
func TestALookSaysWhatItWasFor(t *testing.T) {
	each(t, func(r *rig) {
		r.listed(r.desk(ruleva, "housing", agency.Officer).ForCase(id.Derived("case", "one")), "casework.look.case", 1)
		by := r.desk(chief, "road-police", agency.Head)
		by.Purpose = act.Purpose{Kind: "agreement", ID: "A-7"}
		r.listed(by, "casework.look.queue", 1)
		_, page := r.browser(web.Session{Person: anna}, "ru").get("/account/looks")
		_, csv := r.browser(web.Session{Person: anna}, "ru").get("/account/looks/file?as=csv")
		for _, want := range []string{"Чтобы решить", "По соглашению A-7"} {
			if !strings.Contains(page, want) || !strings.Contains(csv, want) {
				r.t.Errorf("%q is not told: page %v, file %v", want, strings.Contains(page, want), strings.Contains(csv, want))
			}
		}
	})
}

func TestLooksAreGrouped(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		for range 2 {
			a := r.desk(ruleva, "housing", agency.Officer).ForCase(ref.ID)
			r.listed(a, "casework.look.case", 1)
			r.listed(r.desk(chief, "road-police", agency.Head), "casework.look.queue", 5)
			r.clock.Move(25 * time.Hour)
		}
		b := r.browser(web.Session{Person: anna}, "ru")
		heads := func(query string) int {
			status, text := b.get("/account/looks?" + query)
			if status != http.StatusOK {
				r.t.Fatalf("%s: %d", query, status)
			}
			return strings.Count(text, "<h2>")
		}
		agencies := map[string]bool{}
		for _, one := range r.apiLooksOf("") {
			agencies[one.Agency] = true
		}
		if days, offices := heads("by=day&who=official"), heads("by=agency&who=official"); days < 2 || offices != 2 {
			r.t.Errorf("%d days, %d agencies of %v", days, offices, agencies)
		}
		_, text := b.get("/account/looks?by=case&case=" + ref.ID.String())
		if !strings.Contains(text, `name="case" value="`+ref.ID.String()) || strings.Contains(text, "Дорогин") || !strings.Contains(text, "Рулева") {
			r.t.Error("the looks of one case are not those of the case alone")
		}
		for _, one := range r.apiLooksOf("case=" + ref.ID.String()) {
			if one.Kind == "official" && one.Role != string(agency.Officer) {
				r.t.Errorf("another look among those of the case: %+v", one)
			}
		}
	})
}

// TestAFileOfLooksIsWholeOrNone: a list that was cut would be taken for all.
func TestAFileOfLooksIsWholeOrNone(t *testing.T) {
	each(t, func(r *rig) {
		r.fileLooks = 3
		for n := range 4 {
			r.listed(r.desk(chief, "road-police", agency.Head), "casework.look.queue", 2)
			r.clock.Move(25 * time.Hour)
			status, text := r.browser(web.Session{Person: anna}, "en").get("/account/looks/file?as=csv")
			if want := n < 3; (status == http.StatusOK) != want {
				r.t.Errorf("%d looks: %d", n+1, status)
			}
			if n == 3 && !strings.Contains(text, "fewer days") {
				r.t.Errorf("no advice: %.300s", text)
			}
		}
	})
}

// TestNoFilterFindsADelayedLookBeforeItsTime: by whatever filter, grouping, file and page size; afterwards each that fits
// has it, marked, and a complaint about it can be begun.
func TestNoFilterFindsADelayedLookBeforeItsTime(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		one, err := r.investigate(ref.Number, 30)
		r.must(err)
		_, err = r.LookInto(ctx, r.desk(chief, "road-police", agency.Head), one)
		r.must(err)
		day := r.clock.Now().In(r.Module.deps.Zone()).Format(time.DateOnly)
		filters := []string{"", "who=official", "agency=road-police", "from=" + day + "&to=" + day, "who=official&agency=road-police&from=" + day, "by=agency", "by=case"}
		b := r.browser(web.Session{Person: anna}, "ru")
		shows := func(filter string) bool {
			_, page := b.get("/account/looks?" + filter)
			_, csv := b.get("/account/looks/file?as=csv&" + filter)
			_, text := b.get("/account/looks/file?as=json&" + filter)
			inPage := strings.Contains(page, "Дорогин") || strings.Contains(page, "Показ был отложен")
			if inFiles := strings.Contains(csv, "Дорогин") || strings.Contains(text, "Дорогин"); inFiles != inPage {
				r.t.Errorf("%q: the page shows it: %v, a file: %v", filter, inPage, inFiles)
			}
			return inPage
		}
		for _, filter := range filters {
			if shows(filter) {
				r.t.Errorf("%q shows it before its time", filter)
			}
		}
		r.clock.Move(30*24*time.Hour + time.Minute)
		for _, filter := range filters {
			if !shows(filter) {
				r.t.Errorf("%q does not show it after its time", filter)
			}
		}
		if shows("who=agency") || shows("agency=housing") {
			r.t.Error("a filter that it does not fit shows it")
		}
		for _, look := range r.looks(Filter{Agency: agency.ID("road-police")}) {
			if !look.Delayed {
				continue
			}
			status, _, where := b.post("/account/looks", "/account/looks/complaint", url.Values{
				"look": {look.ID.String()}, "person": {anna.String()}, "at": {look.At.UTC().Format(time.RFC3339Nano)},
			})
			if status != http.StatusSeeOther || !strings.HasPrefix(where, "/drafts/") {
				r.t.Errorf("a complaint about it: %d %s", status, where)
			}
			return
		}
	})
}

// TestALookIsShownAtOnce: the record is kept before what was looked at leaves, so the next page has it. The time is
// measured and told, not judged.
func TestALookIsShownAtOnce(t *testing.T) {
	each(t, func(r *rig) {
		began := time.Now()
		r.listed(r.desk(ruleva, "housing", agency.Officer), "casework.look.queue", 50)
		_, text := r.browser(web.Session{Person: anna, Lang: lang.English}, "en").get("/account/looks")
		r.t.Logf("from the look to the page: %s (the aim is 5 s)", time.Since(began))
		if !strings.Contains(text, "the screen showed 50 people") {
			r.t.Error("the page does not have it")
		}
	})
}
