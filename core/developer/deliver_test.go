package developer

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/jobs"
	"posad.city/kit/store"
	"posad.city/kit/webhook"
)

func TestAnEndpointHearsWhatItChoseOfItsOwnHand(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		live, trial, deaf := r.receiver(), r.receiver(), r.receiver()
		r.endpoint(live, NewEndpoint{Types: []string{ChargePaid, ChargeDue}})
		r.endpoint(trial, NewEndpoint{Test: true, By: ByEd25519})
		off := r.endpoint(deaf, NewEndpoint{})
		if err := r.SwitchEndpoint(t.Context(), head, off, false); err != nil {
			t.Fatal(err)
		}
		r.happen(ChargePaid, r.about("1", transport, false))
		r.happen(ChargeChanged, r.about("1", transport, false)) // not chosen
		r.happen(ChargePaid, r.about("2", education, false))    // another agency's
		r.happen(ChargePaid, r.about("3", transport, true))     // the sandbox's
		r.deliver()
		if live.count() != 1 || trial.count() != 1 || deaf.count() != 0 || live.wrong+trial.wrong != 0 {
			t.Fatalf("live heard %d, the sandbox %d, who is off %d; wrong signatures %d", live.count(), trial.count(), deaf.count(), live.wrong+trial.wrong)
		}
		var got envelope
		if err := json.Unmarshal([]byte(live.bodies[0]), &got); err != nil {
			t.Fatal(err)
		}
		if got.Type != ChargePaid || got.Data.Charge != id.Derived("charge", "1") || got.Test || !strings.HasPrefix(live.got[0], "msg_") {
			t.Errorf("the message is %s %+v", live.got[0], got)
		}
		if !strings.Contains(trial.bodies[0], `"test":true`) {
			t.Errorf("the sandbox's message does not say so: %s", trial.bodies[0])
		}
	})
}

func TestAnEventThatComesTwiceIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		r.endpoint(v, NewEndpoint{})
		j := jobs.Job{ID: id.New(r.clock.Now()), Event: ChargePaid, Object: r.about("1", transport, false), Made: r.clock.Now()}
		for range 2 {
			put := must[func(*store.Tx) error](t)(r.tell(t.Context(), j))
			if err := r.base.Store.Write(t.Context(), put); err != nil {
				t.Fatal(err)
			}
		}
		if r.deliver(); v.count() != 1 {
			t.Errorf("told %d times", v.count())
		}
	})
}

func TestAFailedMessageIsTriedForDaysUnderOneName(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		v.says(http.StatusInternalServerError)
		r.happen(ChargePaid, r.about("1", transport, false))
		began := r.clock.Now()
		for range 40 * 24 * 6 { // ten minutes a step is fine enough from the third try on
			if r.deliver(); len(r.list(e)) > 0 && r.list(e)[0].State != Waiting || r.again(e).State == Paused {
				break
			}
			r.move(10 * time.Minute)
		}
		e = r.again(e)
		if took := r.clock.Now().Sub(began); e.State != Paused || took < pauseAfter || took > pauseAfter+24*time.Hour {
			t.Fatalf("after %v the endpoint is %s with %d failures", took, e.State, e.Failures)
		}
		for _, name := range v.got {
			if name != v.got[0] || name == "" {
				t.Fatalf("the message has two names: %v", v.got)
			}
		}
		r.drain()
		if len(r.told) != 1 || r.told[0].ID != e.ID {
			t.Errorf("heads were told of %d pauses", len(r.told))
		}
		r.happen(ChargeDue, r.about("2", transport, false)) // waits
		tried := v.count()
		r.move(24 * time.Hour)
		if r.deliver(); v.count() != tried {
			t.Error("a paused endpoint was called")
		}
		v.says(http.StatusNoContent)
		if err := r.SwitchEndpoint(t.Context(), head, e, true); err != nil {
			t.Fatal(err)
		}
		r.deliver()
		if list := r.list(e); len(list) != 2 || list[0].State != Taken || list[1].State != Taken {
			t.Errorf("after the pause: %+v", list)
		}
		if e = r.again(e); e.Failures != 0 || !e.Failing.IsZero() || e.Heard.IsZero() {
			t.Errorf("the endpoint took everything, and is %+v", e)
		}
	})
}

func TestEachTryIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		v.says(http.StatusBadGateway)
		r.happen(ChargePaid, r.about("1", transport, false))
		r.deliver()
		r.move(time.Minute)
		v.says(http.StatusOK)
		r.deliver()
		list := r.list(e)
		d, body, tries, err := r.Delivery(t.Context(), e, list[0].Message)
		if err != nil || d.State != Taken || d.Status != 200 || d.Why != "" || body != v.bodies[0] || len(tries) != 2 {
			t.Fatalf("%+v %v %v", d, tries, err)
		}
		if tries[1].Status != 502 || tries[1].Why != "answer" || tries[0].Status != 200 || tries[0].Why != "" || !tries[0].At.After(tries[1].At) {
			t.Errorf("tries: %+v", tries)
		}
	})
}

// A node that dies between the try and its record leaves a try that says "unknown", and the message is sent once more.
func TestADeadSendersTryIsTakenUpOnce(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		r.happen(ChargePaid, r.about("1", transport, false))
		var due []developerdb.DeveloperDelivery
		read := func() {
			err := r.base.Store.Read(t.Context(), func(s *store.Snapshot) error {
				var err error
				due, err = developerdb.DueDeliveries(s, developerdb.DueDeliveriesParams{Agency: transport, Endpoint: e.ID, Now: r.clock.Now(), Most: 9})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		read()
		dead := due[0]
		if took := must[bool](t)(r.take(t.Context(), dead)); !took {
			t.Fatal("the first sender did not get it")
		}
		if took := must[bool](t)(r.take(t.Context(), dead)); took {
			t.Fatal("two senders have it")
		}
		if r.deliver(); v.count() != 0 {
			t.Fatal("another sender did not wait")
		}
		r.move(takenFor)
		if r.deliver(); v.count() != 1 {
			t.Fatalf("sent %d times after the first sender died", v.count())
		}
		dead.Tries++
		if err := r.keep(t.Context(), dead, webhook.Outcome{Status: 500}); err != nil { // the dead one was only slow
			t.Fatal(err)
		}
		d, _, tries, err := r.Delivery(t.Context(), e, dead.Message)
		if err != nil || d.State != Taken || len(tries) != 2 || tries[0].Status != 200 {
			t.Errorf("%+v %+v %v", d, tries, err)
		}
	})
}

func TestASlowEndpointHoldsNobodyUp(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		let := make(chan struct{})
		slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-let }))
		defer slow.Close()
		if _, _, err := r.MakeEndpoint(t.Context(), head, transport, NewEndpoint{Name: "slow", URL: slow.URL, Types: Types()}); err != nil {
			t.Fatal(err)
		}
		v := r.receiver()
		r.endpoint(v, NewEndpoint{})
		const messages = 3 * placesEach
		for range messages {
			r.happen(ChargePaid, r.about("1", transport, false))
		}
		for range 200 {
			if v.count() == messages {
				break
			}
			must[int](t)(r.round(t.Context()))
			time.Sleep(5 * time.Millisecond)
		}
		if v.count() != messages {
			t.Errorf("%d of %d messages came past a slow neighbour", v.count(), messages)
		}
		close(let)
		r.sender.tries.Wait()
	})
}

func TestGoneIsHeeded(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		v.says(http.StatusGone)
		r.happen(ChargePaid, r.about("1", transport, false))
		r.deliver()
		if got := r.again(e); got.State != Paused || r.list(e)[0].State != Failed {
			t.Errorf("after 410 the endpoint is %s", got.State)
		}
	})
}

func TestAChangedSecretSignsBesideTheOldOne(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		for _, by := range []string{ByHMAC, ByEd25519} {
			v := r.receiver()
			e := r.endpoint(v, NewEndpoint{By: by, Types: []string{ChargePaid}})
			old := v.keys
			shown := must[string](t)(r.RenewSecret(t.Context(), head, e))
			e = r.again(e)
			fresh := []webhook.Key{must[webhook.Key](t)(webhook.ParseKey(publicOf(e, shown)))}
			for _, one := range []struct {
				name  string
				keys  []webhook.Key
				wrong int
				after time.Duration
			}{{"old", old, 0, 0}, {"new", fresh, 0, 0}, {"old, a day later", old, 1, SecretOverlap}, {"new, a day later", fresh, 0, 0}} {
				r.move(one.after)
				v.mu.Lock()
				v.keys, v.wrong = one.keys, 0
				v.mu.Unlock()
				must[id.ID](t)(r.Ping(t.Context(), head, e))
				r.deliver()
				if v.wrong != one.wrong {
					t.Errorf("%s, %s: %d signatures do not fit, want %d", by, one.name, v.wrong, one.wrong)
				}
			}
		}
	})
}

func TestSendingAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		r.happen(ChargePaid, r.about("1", transport, false))
		r.deliver()
		r.move(time.Hour)
		since := r.clock.Now()
		r.happen(ChargeDue, r.about("1", transport, false))
		r.deliver()
		first := r.list(e)[1]
		if err := r.Resend(t.Context(), head, e, first.Message); err != nil {
			t.Fatal(err)
		}
		if err := r.Resend(t.Context(), head, e, first.Message); !errors.Is(err, ErrUnderway) {
			t.Errorf("sent anew while it is on its way: %v", err)
		}
		r.deliver()
		if v.count() != 3 || v.got[2] != v.got[0] || v.bodies[2] != v.bodies[0] {
			t.Errorf("sent anew under another name, or with another body: %v", v.got)
		}
		if n, _, err := r.ResendSince(t.Context(), head, e, since, false); n != 0 || err != nil {
			t.Errorf("%d that were taken go out anew as if they were not", n)
		}
		if n, more, err := r.ResendSince(t.Context(), head, e, since, true); n != 1 || more || err != nil {
			t.Errorf("%d of the one since then go out anew", n)
		}
		if err := r.Resend(t.Context(), head, e, id.Derived("message", "none")); !errors.Is(err, ErrMissing) {
			t.Errorf("a message that is none: %v", err)
		}
	})
}

func TestMessagesAreForgottenInTime(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		r.happen(ChargePaid, r.about("1", transport, false))
		r.deliver()
		r.move(Kept)
		r.happen(ChargeDue, r.about("1", transport, false))
		r.deliver()
		r.move(time.Minute)
		if err := r.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if list := r.list(e); len(list) != 1 || list[0].Type != ChargeDue {
			t.Errorf("left: %+v", list)
		}
	})
}

func TestAnEndpointOnAPrivateNetworkIsRefused(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.client = webhook.NewClient(false)
		for url, want := range map[string]string{"https://10.0.0.1/x": "developer.inner_url", "http://hooks.example.org/": "developer.bad_url", "https://a:b@hooks.example.org/": "developer.bad_url"} {
			_, faults := r.checkEndpoint(NewEndpoint{Name: "x", URL: url, Types: Types()})
			if len(faults) != 1 || faults[0].ID != want {
				t.Errorf("%s: %+v", url, faults)
			}
		}
	})
}
