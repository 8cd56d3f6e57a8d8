package bank

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"net/http"
	"time"
)

// Faults are how the bank misbehaves. The zero value is a good bank. Durations are nanoseconds in JSON.
type Faults struct {
	Delay       time.Duration `json:"delay"`        // before every answer of the API
	RefuseNext  int           `json:"refuse_next"`  // how many next calls answer 503 and do nothing
	LoseNext    int           `json:"lose_next"`    // how many next calls are carried out, and the answer is lost
	RefuseShare int           `json:"refuse_share"` // per cent of calls that answer 503 and do nothing
	LoseShare   int           `json:"lose_share"`   // per cent of calls that are carried out, and the answer is lost
	SlowNext    int           `json:"slow_next"`    // how many next calls are carried out, and answered only after Slow
	SlowShare   int           `json:"slow_share"`   // per cent of such calls
	Slow        time.Duration `json:"slow"`         // 0: 8 seconds, longer than the other side waits

	Messages      int           `json:"messages"`       // how often a message is sent; 0 means once, -1 never
	MessagesAfter time.Duration `json:"messages_after"` // how late
	Shuffle       bool          `json:"shuffle"`        // each message after a time of its own up to MessagesAfter (0: 300 ms), so that they overtake each other
	LoseMessages  int           `json:"lose_messages"`  // per cent of messages that are never sent

	Think         time.Duration `json:"think"`          // how long a saved card is open before it is paid or declined
	RefundAfter   time.Duration `json:"refund_after"`   // how long a refund is pending
	RefuseRefunds int           `json:"refuse_refunds"` // how many next refunds are refused for good
	RefusePayouts int           `json:"refuse_payouts"` // how many next payments out are rejected
}

// SetFaults changes how the bank misbehaves from now on.
func (b *Bank) SetFaults(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// trouble is what happens to one call.
type trouble struct {
	delay, slow  time.Duration
	refuse, lose bool
}

// slowly is how long a slow answer takes when nothing else is said.
const slowly = 8 * time.Second

func (b *Bank) trouble() trouble {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := &b.faults
	out := trouble{delay: f.Delay}
	switch {
	case take(&f.RefuseNext) || b.chance(f.RefuseShare):
		out.refuse = true
	case take(&f.LoseNext) || b.chance(f.LoseShare):
		out.lose = true
	case take(&f.SlowNext) || b.chance(f.SlowShare):
		if out.slow = f.Slow; out.slow == 0 {
			out.slow = slowly
		}
	}
	return out
}

func take(n *int) bool {
	if *n <= 0 {
		return false
	}
	*n--
	return true
}

func (b *Bank) chance(percent int) bool { return percent > 0 && b.random.IntN(100) < percent }

// reply is what a call of the API answers.
type reply struct {
	status int
	body   any    // JSON, or
	xml    []byte // a document
}

func refused(status int, why string) reply {
	return reply{status: status, body: map[string]string{"error": why}}
}

// bodyMost bounds what a call may send.
const bodyMost = 4 << 20

func (b *Bank) api(do func(*http.Request) reply) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !hmac.Equal([]byte(r.Header.Get("Authorization")), []byte("Bearer "+b.key)) {
			answer(w, http.StatusUnauthorized, map[string]string{"error": "wrong key"})
			return
		}
		t := b.trouble()
		pause(r.Context(), t.delay)
		if t.refuse {
			answer(w, http.StatusServiceUnavailable, map[string]string{"error": "try later"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyMost)
		out := b.under(do, r)
		if t.lose {
			panic(http.ErrAbortHandler) // net/http closes the connection without an answer
		}
		pause(r.Context(), t.slow)
		out.send(w)
	}
}

// under does one call under the lock, with everything that was due done before it.
func (b *Bank) under(do func(*http.Request) reply, r *http.Request) reply {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ripen()
	out := do(r)
	if err := b.book.fault(); err != nil {
		b.log.Error("bank: the books can't be kept", "error", err)
		return refused(http.StatusInternalServerError, "the books can't be kept")
	}
	return out
}

func (o reply) send(w http.ResponseWriter) {
	if o.xml == nil {
		answer(w, o.status, o.body)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(o.status)
	_, _ = w.Write(o.xml) // the other side has gone; nobody is left to tell
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // as above
}

func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
