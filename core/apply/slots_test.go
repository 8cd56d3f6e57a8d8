package apply_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"posad.city/core/booking"
	"posad.city/core/service"
	"posad.city/kit/act"
)

// times reads what the marriage hall's question offers a couple, from a day on; "": where it begins by itself.
func (b *browser) times(t *testing.T, at, from string) (starts []string, page answer) {
	t.Helper()
	var d struct {
		Steps []struct {
			Questions []struct {
				Key     string
				Options []struct{ Value string }
			}
		}
	}
	if got := b.call("GET", "/api/v1"+at+"?from="+from, nil, &d); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, step := range d.Steps {
		for _, q := range step.Questions {
			for _, o := range q.Options {
				if q.Key == "ceremony" {
					starts = append(starts, o.Value)
				}
			}
		}
	}
	return starts, b.get(at + "/steps/ceremony?from=" + from)
}

// A marriage is a month from its application at the earliest: no day before that is offered, in no window.
func TestOnlyTimesThatTheQuestionTakesAreOffered(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	draft := b.begin("marriage-record").draft(t).String()
	at := "/drafts/" + draft
	var d wireDraft
	if got := b.call("PATCH", "/api/v1"+at, map[string]any{"answers": map[string]any{
		"ages": "adult", "kin": false, "my_surname": "own",
		"partner": map[string]any{"name": map[string]string{"surname": "Гаджиев", "given": "Рустам"}, "birth": "1984-02-17", "snils": "11223404890"},
	}}, &d); got.status != 200 || len(d.Faults) > 0 {
		t.Fatalf("the couple: %d %+v", got.status, d.Faults)
	}
	now := r.clock.Now()
	least := now.AddDate(0, 1, 0).Format("2006-01-02")
	starts, page := b.times(t, at, "")
	if len(starts) == 0 || starts[0] < least || strings.Contains(page.body, "Раньше") {
		t.Fatalf("from %s are offered %v", least, starts)
	}
	for _, from := range []string{now.Format("2006-01-02"), now.AddDate(0, 0, 20).Format("2006-01-02")} {
		if early, page := b.times(t, at, from); len(early) == 0 || early[0] != starts[0] || strings.Contains(page.body, "Раньше") {
			t.Errorf("asked from %s: %v", from, early)
		}
	}
	later := now.AddDate(0, 0, 60).Format("2006-01-02")
	if late, page := b.times(t, at, later); len(late) == 0 || late[0] < later || !strings.Contains(page.body, "Раньше") {
		t.Errorf("asked from %s: %v", later, late)
	}
	// A program that asks for a day too early hears why, and not that the time is gone.
	early := now.AddDate(0, 0, 10)
	for early.Weekday() != 3 {
		early = early.AddDate(0, 0, 1)
	}
	got := b.call("PATCH", "/api/v1"+at, map[string]any{"answers": map[string]any{"ceremony": early.Format("2006-01-02") + "T10:00"}}, &d)
	if len(d.Faults) != 1 || !strings.Contains(got.body, "через месяц") {
		t.Errorf("a day too early: %+v", d.Faults)
	}
}

// A send that failed has booked the time all the same; another time that is chosen then gives the first one back.
func TestASendThatFailedKeepsNoOtherTime(t *testing.T) {
	t.Parallel()
	city := kitezhCity()
	d, _ := city.Service("marriage-record")
	i := slices.IndexFunc(d.Examples, func(e service.Example) bool { return e.Key == "ceremony" })
	x := newExample(t, city, d, &d.Examples[i])
	draft := x.b.begin(d.Key).draft(t)
	at := "/api/v1/drafts/" + draft.String()
	answers := x.answers()
	answers["solemn"] = false
	patch := func(answers map[string]any) {
		t.Helper()
		var now wireDraft
		if got := x.b.call("PATCH", at, map[string]any{"answers": answers}, &now); got.status != 200 || len(now.Faults) > 0 {
			t.Fatalf("answers: %d %+v", got.status, now.Faults)
		}
	}
	send := func() answer { return x.b.call("POST", at+"/submit", map[string]any{"consent": true}, nil) }
	patch(answers)
	x.cases.fail = errors.New("cases are down")
	if got := send(); got.status < 500 {
		t.Fatalf("sent: %d", got.status)
	}
	x.cases.fail = nil
	patch(map[string]any{"ceremony": "2027-02-12T14:00"})
	if got := send(); got.status != 201 {
		t.Fatalf("not sent: %d %s", got.status, got.body)
	}
	list, err := x.visits.OfCase(t.Context(), act.Act{Actor: act.Actor{Kind: act.System}}, draft)
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, b := range list {
		if b.State == booking.Booked || b.State == booking.Held {
			kept = append(kept, b.Start.Format("15:04"))
		}
	}
	if !slices.Equal(kept, []string{"14:00"}) {
		t.Errorf("the case has the times %v", kept)
	}
}

// That the times could not be read is told as it is: it is not that there are none.
func TestTimesThatCouldNotBeReadAreNotNone(t *testing.T) {
	t.Parallel()
	r := one(t)
	r.enrol("anna", annaPerson)
	b := r.signIn("anna")
	at := "/drafts/" + b.begin("marriage-record").draft(t).String()
	var d wireDraft
	if got := b.call("PATCH", "/api/v1"+at, map[string]any{"answers": map[string]any{
		"ages": "adult", "kin": false, "my_surname": "own",
		"partner": map[string]any{"name": map[string]string{"surname": "Гаджиев", "given": "Рустам"}, "birth": "1984-02-17", "snils": "11223404890"},
	}}, &d); got.status != 200 || len(d.Faults) > 0 {
		t.Fatalf("the couple: %d %+v", got.status, d.Faults)
	}
	r.down.Store(true)
	page := b.get(at + "/steps/ceremony")
	if page.status != 200 || !strings.Contains(page.body, "Попробуйте через минуту") || strings.Contains(page.body, "Свободного времени сейчас нет") {
		t.Errorf("the page: %d", page.status)
	}
	d = wireDraft{}
	b.call("PATCH", "/api/v1"+at, map[string]any{"answers": map[string]any{"ceremony": "2027-02-12T12:00"}}, &d)
	if len(d.Faults) != 1 || !strings.Contains(d.Faults[0].Detail, "Попробуйте через минуту") {
		t.Errorf("a time that is chosen then: %+v", d.Faults)
	}
	r.down.Store(false)
	d = wireDraft{}
	if b.call("PATCH", "/api/v1"+at, map[string]any{"answers": map[string]any{"ceremony": "2027-02-12T12:00"}}, &d); len(d.Faults) != 0 {
		t.Errorf("once they can be read: %+v", d.Faults)
	}
}
