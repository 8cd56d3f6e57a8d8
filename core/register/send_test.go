package register

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"posad.city/core/document"
	"posad.city/core/exchange"
	"posad.city/core/notice"
	"posad.city/kit/id"
	"posad.city/kit/webhook"
)

// hookSecret is 24 bytes.
const hookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"

// receiver takes messages as an agency does: it checks their signatures and remembers them.
type receiver struct {
	t      *testing.T
	mu     sync.Mutex
	now    func() time.Time
	down   int // how many requests it refuses first
	got    []wireData
	ids    []string
	faults int
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	key, bad := webhook.ParseKey(hookSecret)
	_, wrong := webhook.Verify([]webhook.Key{key}, req.Header, body, r.now(), webhook.Tolerance)
	if errors.Join(err, wrong, bad) != nil {
		r.t.Errorf("a message that is not signed: %v", errors.Join(err, wrong, bad))
	}
	if r.down > 0 {
		r.down--
		r.faults++
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	var m wireMessage
	if err := json.Unmarshal(body, &m); err != nil || m.Type != EventChanged {
		r.t.Errorf("a message %q: %v", body, err)
	}
	r.got, r.ids = append(r.got, m.Data), append(r.ids, req.Header.Get("webhook-id"))
	w.WriteHeader(http.StatusNoContent)
}

func (r *rig) receives(t *testing.T) *receiver {
	t.Helper()
	out := &receiver{t: t, now: r.clock.Now}
	s := httptest.NewServer(out)
	t.Cleanup(s.Close)
	r.deps.Hooks = map[string]Hook{"road-police": {URL: s.URL, Secret: hookSecret}}
	return out
}

// TestSubscriptionsHearEachChangeInOrder, through an outage, once, with their fields alone, and the person sees it.
func TestSubscriptionsHearEachChangeInOrder(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		hook := r.receives(t)
		hook.down = 2
		e := r.permit(t, "one", anna, "А417МО52", "105")
		if len(hook.got) != 0 || hook.faults == 0 {
			t.Fatalf("the agency is down and heard %v", hook.got)
		}
		r.issue(t, result("two", anna, "new-zone", "А417МО52", "106")) // altered: nobody subscribed to it
		r.drain(t)
		p := must[*Prepared](t)(r.PrepareEnd(t.Context(), withID(head, "end"), Ending{Register: "permits", Entry: e.ID, Version: 2, Reason: "The car was sold"}))
		r.write(t, p.Put)
		for range 4 {
			r.clock.Move(time.Hour)
			r.drain(t)
		}
		var heard []string
		for _, d := range hook.got {
			heard = append(heard, string(d.Change)+" "+strconv.FormatInt(d.Version, 10)+" "+d.Fields["zone"])
			if diff := cmp.Diff([]string{"plate", "zone"}, slices.Sorted(maps.Keys(d.Fields))); diff != "" {
				t.Error(diff)
			}
		}
		if diff := cmp.Diff([]string{"entered 1 105", "ended 3 106"}, heard); diff != "" {
			t.Error(diff)
		}
		if !slices.Contains(r.looks(t, anna), "agency register.look.permits.sent-patrol permits/patrol") {
			t.Errorf("looks: %v", r.looks(t, anna))
		}
		box := must[notice.Page](t)(r.notices.Inbox(t.Context(), own, anna, id.ID{}, 10))
		titles := []string{}
		for _, m := range box.Messages {
			titles = append(titles, m.Title.EN)
		}
		if !slices.Contains(titles, "You are in the register") || len(titles) != 2 {
			t.Errorf("the person was told %q", titles)
		}
	})
}

// TestAMessageThatWasSentIsSentNoMore, and one whose sender died is sent again under the same id.
func TestAMessageThatWasSentIsSentNoMore(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		hook := r.receives(t)
		e := r.permit(t, "one", anna, "А417МО52", "105")
		s := &sending{register: &r.city.OwnRegisters[0], subscription: &r.city.OwnRegisters[0].Subscriptions[1], hook: r.deps.Hooks["road-police"], holder: anna, entry: e.ID}
		if took := must[bool](t)(r.take(t.Context(), s)); !took {
			t.Fatal("nobody has it, and it can't be taken")
		}
		if err := errors.Join(r.sendAll(t.Context(), s), r.free(t.Context(), s)); err != nil {
			t.Fatal(err)
		}
		if len(hook.got) != 1 {
			t.Fatalf("heard %d times", len(hook.got))
		}
		if took := must[bool](t)(r.take(t.Context(), s)); !took {
			t.Error("nobody has it, and it can't be taken")
		}
		if took := must[bool](t)(r.take(t.Context(), s)); took {
			t.Error("two senders have it")
		}
		if err := r.send(t.Context(), s, r.history(t, e)[0]); err != nil {
			t.Fatal(err)
		}
		if len(hook.ids) != 2 || hook.ids[0] != hook.ids[1] {
			t.Errorf("sent again under %v", hook.ids)
		}
	})
}

// TestASlowSenderLetsGoOfNothingThatAnotherTook: nor does what it has sent count as heard.
func TestASlowSenderLetsGoOfNothingThatAnotherTook(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		r.receives(t)
		sender := func() *sending {
			return &sending{register: &r.city.OwnRegisters[0], subscription: &r.city.OwnRegisters[0].Subscriptions[1], hook: r.deps.Hooks["road-police"], holder: anna, entry: e.ID}
		}
		slow, next, third := sender(), sender(), sender()
		if !must[bool](t)(r.take(t.Context(), slow)) {
			t.Fatal("nobody has it, and it can't be taken")
		}
		r.clock.Move(takenFor + time.Second)
		if !must[bool](t)(r.take(t.Context(), next)) {
			t.Fatal("the first one's time is over, and it can't be taken")
		}
		if err := r.Module.heard(t.Context(), slow, 1); !errors.Is(err, errLost) {
			t.Errorf("what it lost is kept as heard: %v", err)
		}
		if err := r.free(t.Context(), slow); err != nil {
			t.Fatal(err)
		}
		if must[bool](t)(r.take(t.Context(), third)) {
			t.Error("two senders have it")
		}
		r.clock.Move(takenFor / 2)
		if err := r.Module.heard(t.Context(), next, 1); err != nil {
			t.Fatal(err)
		}
		r.clock.Move(takenFor - time.Second)
		if must[bool](t)(r.take(t.Context(), third)) {
			t.Error("what was heard holds it no longer")
		}
		if err := r.free(t.Context(), next); err != nil {
			t.Fatal(err)
		}
		if !must[bool](t)(r.take(t.Context(), third)) {
			t.Error("it was let go, and can't be taken")
		}
	})
}

// TestACertificateIsAnswered of the person it is about, of what is good today, with its declared values alone.
func TestACertificateIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.permit(t, "one", anna, "А417МО52", "105")
		r.permit(t, "two", boris, "В202КХ52", "105")
		answer := func(about id.ID, plate string) string {
			body, err := r.Answer(t.Context(), exchange.OwnQuestion{Register: &r.city.Registers[0], About: about, Parameters: map[string]string{"plate": plate}})
			if err != nil {
				t.Fatal(err)
			}
			return string(body)
		}
		if got, want := answer(anna, "а417мо52"), `{"count":1,"entries":[{"fee":300000,"plate":"А417МО52","second":false,"until":"2027-11-20","zone":"105"}],"found":true}`; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
		none := `{"count":0,"entries":[],"found":false}`
		if got := answer(anna, "В202КХ52"); got != none {
			t.Errorf("another's permit: %s", got)
		}
		r.clock.Move(366 * 24 * time.Hour)
		if got := answer(anna, "А417МО52"); got != none {
			t.Errorf("a permit that is over: %s", got)
		}
		if _, err := r.Answer(t.Context(), exchange.OwnQuestion{Register: &r.city.Registers[0], About: anna, Parameters: map[string]string{"zone": "105"}}); !errors.Is(err, ErrField) {
			t.Errorf("by a field that is not searched: %v", err)
		}
	})
}

// TestYearsAfterItsEndAnEntryGoes whole, and not before.
func TestYearsAfterItsEndAnEntryGoes(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		p := must[*document.PreparedRevoke](t)(r.papers.PrepareRevoke(t.Context(), document.Revocation{Holder: anna, ID: e.Source, Reason: text("sold")}))
		r.write(t, p.Put)
		r.drain(t)
		r.clock.Move(4 * 366 * 24 * time.Hour)
		r.drain(t)
		if got := r.history(t, e); len(got) != 2 {
			t.Fatalf("after four years it has %d versions", len(got))
		}
		r.clock.Move(2 * 366 * 24 * time.Hour)
		r.drain(t)
		if got := r.history(t, e); len(got) != 0 {
			t.Errorf("after six years it has %d versions", len(got))
		}
		if _, err := r.Open(t.Context(), "permits", e.Number); !errors.Is(err, ErrNone) {
			t.Errorf("after six years its number says %v", err)
		}
	})
}

// TestHeld: everything of a person is shown, and stays by the law of documents under names that the vault knows.
func TestHeld(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		e := r.permit(t, "one", anna, "А417МО52", "105")
		holdings := must1(r.Data().Held(t.Context(), own, anna, 0))
		if len(holdings) != 1 || len(holdings[0].Items) != 1 || len(holdings[0].Items[0].Facts) != 7 || holdings[0].Items[0].ID != e.ID {
			t.Errorf("held %+v", holdings)
		}
		stays := must1(r.Data().Stays(t.Context(), anna))
		if len(stays) != 1 || stays[0].Item != e.Number || len(stays[0].Rows) != 3 {
			t.Fatalf("stays %+v", stays)
		}
		year := r.clock.Now().Year() + 5
		for i := range stays[0].Rows {
			stays[0].Rows[i].Year = year
		}
		if err := r.base.Vault.MakeKept(t.Context(), anna, year); err != nil {
			t.Fatal(err)
		}
		if kept, err := r.base.Vault.Keep(t.Context(), anna, stays[0].Rows); err != nil || kept < 3 {
			t.Errorf("kept %d: %v", kept, err)
		}
		r.fits(t, must[Entry](t)(r.entry(t.Context(), anna, e.ID)))
	})
}

func must1[T any](v T, _ error) T { return v }

// FuzzClean: whatever somebody writes for a field is one value or none; a value is its own one form.
func FuzzClean(f *testing.F) {
	for _, kind := range []string{"text", "name", "address", "phone", "email", "plate", "snils", "inn", "number", "date"} {
		for _, text := range []string{"", " a 417 mo 52 ", "−12 000", "2026-11-21", "112-233-445 95", "x@example.org", "\x00\xff", "+7 916 555-01-01"} {
			f.Add(kind, text)
		}
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		value, ok := clean(kind, text)
		if !ok {
			return
		}
		if again, ok := clean(kind, value); !ok || again != value {
			t.Errorf("%s %q is %q, which is %q, %v", kind, text, value, again, ok)
		}
	})
}

// FuzzReplay: no order of versions breaks the replay, and what it takes begins by an entry and counts from one.
func FuzzReplay(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 2})
	f.Fuzz(func(t *testing.T, changes []byte) {
		var list []Version
		for i, c := range changes {
			list = append(list, Version{Number: int64(i) + 1, Change: []Change{Entered, Altered, Corrected, Ended}[c%4], At: time.Unix(int64(i)+1, 0)})
		}
		e, ok := Replay(list)
		if ok && (e.Version != int64(len(list)) || list[0].Change != Entered || e.Entered.IsZero() || (list[len(list)-1].Change == Ended) == e.Ended.IsZero()) {
			t.Errorf("%v comes to %+v", changes, e)
		}
	})
}
