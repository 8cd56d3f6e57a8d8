package agency

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// All in SetFaults and POST /control means every register.
const All = "*"

// Faults are how a register misbehaves. The zero value is a good register. Counts are of next requests; -1 means all from
// now on. Absent comes before Fail, Fail before Refuse, Refuse before Lie, Lie before Lose.
type Faults struct {
	DelayMS    int  `json:"delay_ms"`    // before every answer
	Absent     bool `json:"absent"`      // connections are closed without an answer
	Fail       int  `json:"fail"`        // answers 503
	RetryAfter int  `json:"retry_after"` // seconds, with 503; 0: not said
	Refuse     int  `json:"refuse"`      // answers 403
	Lie        int  `json:"lie"`         // answers what the schema does not allow, each time another way
	Lose       int  `json:"lose"`        // answers, and the connection breaks before the answer arrives
	Flap       int  `json:"flap"`        // fails so many requests, then answers so many, and so on
}

// standing is how far a register's faults are.
type standing struct {
	Faults
	heard int // requests since the faults were set
	lies  int
}

// trouble is what happens to one request.
type trouble struct {
	kind       string // empty: nothing
	delay      time.Duration
	retryAfter string
	number     int // of the lie
}

// SetFaults changes how a register misbehaves from now on; All for every register.
func (a *Agency) SetFaults(register string, f Faults) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if register == All {
		clear(a.faults)
	}
	a.faults[register] = &standing{Faults: f}
}

func (a *Agency) trouble(register string) trouble {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.faults[register]
	if !ok {
		if s, ok = a.faults[All]; !ok {
			return trouble{}
		}
	}
	s.heard++
	out := trouble{delay: time.Duration(s.DelayMS) * time.Millisecond}
	if s.RetryAfter > 0 {
		out.retryAfter = strconv.Itoa(s.RetryAfter)
	}
	switch {
	case s.Absent:
		out.kind = Missing
	case take(&s.Fail), s.Flap > 0 && (s.heard-1)/s.Flap%2 == 0:
		out.kind = Failing
	case take(&s.Refuse):
		out.kind = Refusing
	case take(&s.Lie):
		out.kind, out.number = Lying, s.lies
		s.lies++
	case take(&s.Lose):
		out.kind = Lost
	}
	return out
}

// take uses one of a count up.
func take(count *int) bool {
	if *count > 0 {
		*count--
		return true
	}
	return *count < 0
}

var lies = []string{
	`{"surprise": true}`,
	`<!doctype html><title>Login</title>`,
	`[]`,
	`null`,
	``,
	`{"amount": "many", "fines": null, "registered": "yes", "owner": 1, "active": [], "enrolled": 0, "minors": -1, "known": "no"}`,
	`{"registered": true, "registered": false}`,
	`{"amount": 1e999999, "fines": 0}`,
	"{\"registered\": \"\xff\"}",
	strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200),
	`{"reply": "` + strings.Repeat("x", 300<<10) + `"}`,
}

func lie(number int) string { return lies[number%len(lies)] }

// pause waits; false when the asker went away first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// controlBody is what POST /control takes.
type controlBody struct {
	Register string `json:"register"`
	Faults   Faults `json:"faults"`
}

func (a *Agency) control(w http.ResponseWriter, r *http.Request) {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	var in controlBody
	if err := d.Decode(&in); err != nil || in.Register == "" {
		http.Error(w, `want {"register": "debts" or "*", "faults": {"delay_ms": 0, "absent": false, "fail": 0, "retry_after": 0, "refuse": 0, "lie": 0, "lose": 0, "flap": 0}}`, http.StatusBadRequest)
		return
	}
	a.SetFaults(in.Register, in.Faults)
	w.WriteHeader(http.StatusNoContent)
}

func (a *Agency) showControl(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	out := map[string]Faults{}
	for register, s := range a.faults {
		out[register] = s.Faults
	}
	a.mu.Unlock()
	show(w, out)
}

func (a *Agency) listRequests(w http.ResponseWriter, _ *http.Request) { show(w, a.Requests()) }

func (a *Agency) clearRequests(w http.ResponseWriter, _ *http.Request) {
	a.Forget()
	w.WriteHeader(http.StatusNoContent)
}

func show(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, fmt.Sprintf("agency: %v", err), http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, body)
}
