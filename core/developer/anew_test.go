package developer

import (
	"fmt"
	"testing"
	"time"

	"posad.city/core/developer/internal/store"
	"posad.city/kit/id"
	"posad.city/kit/store"
)

// TestManyMessagesAnew: however many messages an agency has, one Write moves few of them, and a job moves the rest: each once.
func TestManyMessagesAnew(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		const messages = 2*anewMost + 3
		e := r.endpoint(r.receiver(), NewEndpoint{})
		since := r.clock.Now()
		err := r.base.Store.Write(t.Context(), func(tx *store.Tx) error {
			for i := range messages {
				p := developerdb.InsertDeliveryParams{Agency: e.Agency, Endpoint: e.ID, Message: id.Derived("message", fmt.Sprint(i)), Type: ChargePaid, At: since, Next: since}
				if err := developerdb.InsertDelivery(tx, p); err != nil {
					return err
				}
				if _, err := developerdb.EndDelivery(tx, developerdb.EndDeliveryParams{State: Failed, Agency: e.Agency, Endpoint: e.ID, Message: p.Message}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		waiting := func(when string, want int64) {
			t.Helper()
			if n := must[map[string]int64](t)(r.Count(t.Context(), e))[Waiting]; n != want {
				t.Errorf("%s: %d are on their way, want %d", when, n, want)
			}
		}
		r.move(time.Minute)
		if n, more, err := r.ResendSince(t.Context(), head, e, since, false); n != anewMost || !more || err != nil {
			t.Errorf("%d went at once, more %v, want %d: %v", n, more, anewMost, err)
		}
		waiting("at once", anewMost)
		r.drain()
		waiting("after the job", messages)

		due := func() int {
			var rows []developerdb.DeveloperDelivery
			err := r.base.Store.Read(t.Context(), func(s *store.Snapshot) error {
				var err error
				rows, err = developerdb.DueDeliveries(s, developerdb.DueDeliveriesParams{Agency: e.Agency, Endpoint: e.ID, Now: r.clock.Now(), Most: 2 * messages})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return len(rows)
		}
		if err := r.SwitchEndpoint(t.Context(), head, e, false); err != nil {
			t.Fatal(err)
		}
		r.move(-time.Hour) // all of them are to be tried in an hour
		if n := due(); n != 0 {
			t.Fatalf("%d are due", n)
		}
		if err := r.SwitchEndpoint(t.Context(), head, r.again(e), true); err != nil {
			t.Fatal(err)
		}
		if n := due(); n != 0 { // asked an hour before they were made: not these
			t.Errorf("%d messages of later are due", n)
		}
		r.move(59*time.Minute + 30*time.Second)
		if err := r.SwitchEndpoint(t.Context(), head, r.again(e), true); err != nil {
			t.Fatal(err)
		}
		if n := due(); n != anewMost {
			t.Errorf("%d are due at once, want %d", n, anewMost)
		}
		r.drain()
		if n := due(); n != messages {
			t.Errorf("%d are due after the job, want %d", n, messages)
		}
	})
}

// TestAnEndpointThatTakesMuchIsHeardToTheMinute: every event's Write reads the endpoint's row, so that it is not written at
// every message.
func TestAnEndpointThatTakesMuchIsHeardToTheMinute(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		v := r.receiver()
		e := r.endpoint(v, NewEndpoint{})
		take := func(after time.Duration) time.Time {
			r.move(after)
			must[id.ID](t)(r.Ping(t.Context(), head, e))
			r.deliver()
			return r.again(e).Heard
		}
		first := take(0)
		if again := take(30 * time.Second); !again.Equal(first) {
			t.Errorf("heard at %s and half a minute later at %s", first, again)
		}
		if later := take(time.Minute); !later.After(first) {
			t.Errorf("heard at %s, and a minute and a half later still", later)
		}
	})
}
