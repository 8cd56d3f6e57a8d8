package mydata

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/id"
	"posad.city/kit/lang"
	"posad.city/kit/store"
	"posad.city/kit/web"
)

func (r *rig) looks(f Filter) []Seen {
	r.t.Helper()
	list, _, err := r.Looks(ctx, r.as(anna, lang.Russian), []id.ID{anna}, f, r.clock.Now().Add(time.Hour), 1000)
	r.must(err)
	return list
}

func TestLooksAreFiltered(t *testing.T) {
	each(t, func(r *rig) {
		desk := r.desk(ruleva, "housing", agency.Officer).ForService("city-appeal")
		_, err := r.account.People(ctx, desk, "mydata.look.names", anna)
		r.must(err)
		r.clock.Move(48 * time.Hour)
		r.agencyLooks("transport", "mydata.look.names")
		mandate := r.signed(misha).For(anna, id.Derived("mandate", "some"))
		_, err = r.account.People(ctx, mandate, "mydata.look.names", anna)
		r.must(err)
		today := calendar.DateOf(r.clock.Now(), r.Module.deps.Zone())
		for name, want := range map[string]struct {
			f Filter
			n int
		}{
			"all": {Filter{}, 3}, "officials": {Filter{Who: ByOfficial}, 1}, "agencies": {Filter{Who: ByAgency}, 1}, "mandates": {Filter{Who: ByMandate}, 1},
			"sites": {Filter{Who: BySite}, 0}, "one agency": {Filter{Agency: agency.ID("housing")}, 1}, "today": {Filter{From: today}, 2},
			"before": {Filter{To: today.AddDays(-1)}, 1}, "never": {Filter{From: today.AddDays(1)}, 0},
		} {
			if got := len(r.looks(want.f)); got != want.n {
				r.t.Errorf("%s: %d looks, want %d", name, got, want.n)
			}
		}
	})
}

// TestLooksPage pages through more looks than one chunk, each once and in order.
func TestLooksPage(t *testing.T) {
	each(t, func(r *rig) {
		const all = 230
		for range all {
			r.clock.Move(61 * time.Minute)
			r.agencyLooks("transport", "mydata.look.names")
		}
		seen, before := map[id.ID]bool{}, r.clock.Now().Add(time.Hour)
		for pages := 0; ; pages++ {
			list, next, err := r.Looks(ctx, r.as(anna, lang.Russian), []id.ID{anna}, Filter{Who: ByAgency}, before, 40)
			r.must(err)
			for i, one := range list {
				if seen[one.ID] || i > 0 && one.At.After(list[i-1].At) {
					r.t.Fatal("a look comes twice or out of order")
				}
				seen[one.ID] = true
			}
			if next.IsZero() {
				break
			}
			if before = next; pages > all {
				r.t.Fatal("the pages have no end")
			}
		}
		if len(seen) != all {
			r.t.Errorf("%d looks, want %d", len(seen), all)
		}
	})
}

func (r *rig) investigate(number string, days int) (Investigation, error) {
	return r.Investigate(ctx, r.desk(chief, "road-police", agency.Head), NewInvestigation{Whom: number, Ground: "Постановление № 17 от 20.11.2026", Days: days})
}

// TestAnInvestigationIsHiddenAndThenShown: nothing of it is seen before its time, by whatever list; afterwards it is there
// with its ground, and the journal has it from the first day.
func TestAnInvestigationIsHiddenAndThenShown(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		before := len(r.looks(Filter{}))
		one, err := r.investigate(ref.Number, 30)
		r.must(err)
		found, err := r.LookInto(ctx, r.desk(chief, "road-police", agency.Head), one)
		r.must(err)
		kinds := ""
		for _, h := range found.Holdings {
			kinds += h.Key + " "
		}
		if !strings.Contains(kinds, "account.profile") || strings.Contains(kinds, "notice") || strings.Contains(kinds, "account.sessions") {
			r.t.Errorf("the investigation sees %s", kinds)
		}
		if got := len(r.looks(Filter{})); got != before {
			r.t.Errorf("%d looks are shown of an investigation that is not over", got-before)
		}
		hidden, err := r.HiddenLooks(ctx)
		r.must(err)
		if hidden != 1 {
			r.t.Errorf("%d looks are told to be hidden", hidden)
		}
		if _, _, data := r.copyOfAnna(); strings.Contains(string(data), "расследование") {
			r.t.Error("a copy tells of the investigation before its time")
		}
		r.clock.Move(30*24*time.Hour + time.Minute)
		shown := 0
		for _, look := range r.looks(Filter{Agency: agency.ID("road-police")}) {
			if !look.Delayed || !look.Until.Equal(one.Until) || look.Law.RU == "" {
				r.t.Errorf("a delayed look is %+v", look)
			}
			shown++
		}
		if shown == 0 {
			r.t.Error("after its time the investigation is still hidden")
		}
		if _, err := r.LookInto(ctx, r.desk(chief, "road-police", agency.Head), one); !errors.Is(err, ErrClosed) {
			r.t.Errorf("after its time it may be used: %v", err)
		}
		entries := 0
		q := store.NewQuery("test.Entries", "SELECT 1 FROM journal_entry WHERE holder = $1 AND kind = 'mydata.investigation'")
		r.must(r.store.Read(ctx, func(s *store.Snapshot) error {
			entries = 0
			return s.Query(q, func(*store.Row) error { entries++; return nil }, agency.ID("road-police"))
		}))
		if entries != 1 {
			r.t.Errorf("%d entries on the journal", entries)
		}
	})
}

func TestWhoMayInvestigate(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		n := NewInvestigation{Whom: ref.Number, Ground: "Постановление № 17", Days: 10}
		for name, a := range map[string]act.Act{
			"another agency": r.desk(ruleva, "housing", agency.Head), "a lower role": r.desk(chief, "road-police", agency.Officer), "a resident": r.signed(chief),
		} {
			if _, err := r.Investigate(ctx, a, n); !errors.Is(err, ErrMayNot) {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		for name, bad := range map[string]NewInvestigation{
			"too long": {ref.Number, n.Ground, 91}, "no time": {ref.Number, n.Ground, 0}, "no ground": {ref.Number, " 1 ", 10}, "nobody": {"0000000000", n.Ground, 10},
		} {
			if _, err := r.Investigate(ctx, r.desk(chief, "road-police", agency.Head), bad); !errors.Is(err, ErrWord) {
				r.t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := r.Investigate(ctx, r.desk(anna, "road-police", agency.Head), n); !errors.Is(err, ErrSelf) {
			r.t.Errorf("oneself: %v", err)
		}
		one, err := r.investigate(ref.Number, 10)
		r.must(err)
		if _, err := r.LookInto(ctx, r.desk(ruleva, "housing", agency.Head), one); !errors.Is(err, ErrMayNot) {
			r.t.Errorf("another agency looks: %v", err)
		}
	})
}

// TestAnOfficialLearnsNothingOfAnInvestigationOfThemselves: whom an agency investigates may have a desk in it.
func TestAnOfficialLearnsNothingOfAnInvestigationOfThemselves(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		one, err := r.investigate(ref.Number, 10)
		if err != nil {
			r.t.Fatal(err)
		}
		before := len(r.looks(Filter{}))
		themselves := r.desk(anna, "road-police", agency.Head)
		if found, err := r.LookInto(ctx, themselves, one); !errors.Is(err, ErrNone) || found.Ground != "" {
			r.t.Errorf("they see %+v, %v", found, err)
		}
		for who, want := range map[id.ID]int{anna: 0, chief: 1} {
			list, err := r.Investigations(ctx, r.desk(who, "road-police", agency.Head))
			if err != nil || len(list) != want {
				r.t.Errorf("%s sees %d investigations, want %d: %v", who, len(list), want, err)
			}
		}
		if got := len(r.looks(Filter{})); got != before {
			r.t.Errorf("%d looks came of it", got-before)
		}
	})
}

// TestAMadeUpPurposeHidesNothing: only an investigation that the agency has opened hides a look.
func TestAMadeUpPurposeHidesNothing(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		one, err := r.investigate(ref.Number, 30)
		r.must(err)
		for _, purpose := range []string{"anything", id.New(r.clock.Now()).String(), one.ID.String()} { // the last is another agency's
			a := r.desk(ruleva, "housing", agency.Head)
			a.Purpose = act.Purpose{Kind: PurposeInvestigation, ID: purpose}
			_, err := r.account.People(ctx, a, "mydata.look.names", anna)
			r.must(err)
		}
		if got := len(r.looks(Filter{Agency: agency.ID("housing")})); got != 3 {
			r.t.Errorf("%d of 3 looks are shown", got)
		}
	})
}

var lookFields = regexp.MustCompile(`name="look" value="([^"]+)".*?name="person" value="([^"]+)".*?name="at" value="([^"]+)"`)

func TestThePages(t *testing.T) {
	each(t, func(r *rig) {
		r.live()
		for _, l := range []string{"ru", "en"} {
			b := r.browser(web.Session{Person: anna, Also: []id.ID{old}}, l)
			for _, path := range []string{"/account/data", "/account/data/delete", "/account/looks", "/account/looks?who=official&agency=housing", "/account/looks?from=soon"} {
				if status, text := b.get(path); status != http.StatusOK && status != http.StatusUnprocessableEntity || strings.Contains(text, ">mydata.") {
					r.t.Errorf("%s in %s: %d\n%.2000s", path, l, status, text)
				}
			}
			for _, path := range []string{"/account/data/kinds/account.profile", "/account/data/kinds/casework.cases", "/account/data/kinds/exchange.certificates"} {
				if status, text := b.get(path); status != http.StatusOK || strings.Contains(text, "mydata.fact") {
					r.t.Errorf("%s in %s: %d", path, l, status)
				}
			}
		}
		b := r.browser(web.Session{Person: anna}, "ru")
		if status, text := b.get("/account/data/kinds/account.profile"); status != http.StatusOK || !strings.Contains(text, "Смирнова") {
			r.t.Errorf("the profile: %d", status)
		}
		status, _, where := b.post("/account/data", "/account/data/copies", url.Values{})
		if status != http.StatusSeeOther {
			r.t.Fatalf("asking for a copy: %d", status)
		}
		if status, text := b.get(where); status != http.StatusOK || !strings.Contains(text, "шаг 0") {
			r.t.Errorf("the copy's page: %d", status)
		}
		r.drain()
		status, text := b.get(where)
		if status != http.StatusOK || !strings.Contains(text, where+"/json") {
			r.t.Errorf("the copy's page when ready: %d", status)
		}
		if status, text := b.get(where + "/json"); status != http.StatusOK || !json.Valid([]byte(text)) {
			r.t.Errorf("the copy's file: %d", status)
		}
		if status, _ := r.browser(web.Session{Person: misha}, "ru").get(where + "/json"); status != http.StatusNotFound {
			r.t.Errorf("somebody else's copy: %d", status)
		}
		r.pagesOfErasure(b)
		r.pagesOfLooks(b)
	})
}

func (r *rig) pagesOfErasure(b *browser) {
	r.t.Helper()
	status, text, _ := b.post("/account/data/delete", "/account/data/delete", url.Values{"word": {"да"}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(text, "УДАЛИТЬ") {
		r.t.Errorf("a wrong word: %d", status)
	}
	if status, _, _ := b.post("/account/data/delete", "/account/data/delete", url.Values{"word": {"УДАЛИТЬ"}}); status != http.StatusSeeOther {
		r.t.Errorf("the right word: %d", status)
	}
	if status, _, _ := b.post("/account/data/delete", "/account/data/delete/cancel", url.Values{}); status != http.StatusSeeOther {
		r.t.Errorf("cancelling: %d", status)
	}
}

func (r *rig) pagesOfLooks(b *browser) {
	r.t.Helper()
	status, text := b.get("/account/looks/file?as=csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if status != http.StatusOK || err != nil || len(rows) < 2 {
		r.t.Errorf("the table of looks: %d, %d rows, %v", status, len(rows), err)
	}
	_, text = b.get("/account/looks")
	found := lookFields.FindStringSubmatch(strings.ReplaceAll(text, "\n", " "))
	if found == nil {
		r.t.Fatal("no look can be complained about")
	}
	status, _, where := b.post("/account/looks", "/account/looks/complaint", url.Values{"look": {found[1]}, "person": {found[2]}, "at": {found[3]}})
	if status != http.StatusSeeOther || !strings.HasPrefix(where, "/drafts/") {
		r.t.Fatalf("complaining: %d %s", status, where)
	}
	status, text = b.get(where)
	who := ""
	for _, one := range r.apiLooksOf("") {
		if one.ID.String() == found[1] {
			who = one.Name
		}
	}
	if status != http.StatusOK || !strings.Contains(text, found[1]) || !strings.Contains(text, who) {
		r.t.Errorf("the complaint's form is not filled in: %d at %s", status, where)
	}
	if status, _, _ := b.post("/account/looks", "/account/looks/complaint", url.Values{"look": {found[1]}, "person": {misha.String()}, "at": {found[3]}}); status != http.StatusNotFound {
		r.t.Errorf("a look at somebody else: %d", status)
	}
}

func TestTheDeskOfInvestigations(t *testing.T) {
	each(t, func(r *rig) {
		ref := r.file("обычное дело")
		b := r.browser(web.Session{Person: chief, Agency: agency.ID("road-police"), Role: string(agency.Head)}, "ru")
		status, text, _ := b.post("/desk/investigations", "/desk/investigations", url.Values{"whom": {ref.Number}, "ground": {""}, "days": {"400"}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(text, "90") {
			r.t.Errorf("a wrong form: %d", status)
		}
		status, _, where := b.post("/desk/investigations", "/desk/investigations", url.Values{"whom": {ref.Number}, "ground": {"Постановление № 5"}, "days": {"20"}})
		if status != http.StatusSeeOther {
			r.t.Fatalf("opening: %d", status)
		}
		if status, text := b.get(where); status != http.StatusOK || !strings.Contains(text, "Смирнова") || !strings.Contains(text, "Постановление № 5") {
			r.t.Errorf("looking: %d", status)
		}
		other := r.browser(web.Session{Person: ruleva, Agency: agency.ID("housing"), Role: string(agency.Head)}, "ru")
		for _, path := range []string{where, "/desk/investigations"} {
			if status, _ := other.get(path); status != http.StatusForbidden && status != http.StatusNotFound {
				r.t.Errorf("another agency at %s: %d", path, status)
			}
		}
	})
}
