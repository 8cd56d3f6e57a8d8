// Package agency is a small server that stands for the registers of several agencies: what core/exchange talks with in
// the demo and in tests. What the registers know is given as data (Data, Load) or as a function (Options.Answer).
//
// It keeps both contracts of docs/operator/registers.md: X-Road's (xroad.go), and POST /v1/registers/REGISTER, both the same
// under /AGENCY for each agency of its own address, a bearer key, an idempotency key under which a repeated question gets
// the first answer again, and 404 with {"fault":"unknown"} for a record that is not there. Its faults can be set for each register (SetFaults, POST
// /control): slow, failing, refusing, lying, absent, flapping, losing its answers. GET /control/requests lists what was
// asked. POST /AGENCY/hooks takes the city's signed messages (hooks.go), GET /control/messages lists them.
//
// It belongs to the world outside Posad, so it imports nothing of Posad. It keeps everything in memory, starts nothing of
// its own, and the same requests get the same answers.
package agency

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Data are what the registers know, by key of the register.
//
//	{"registers": {"residence": {"agency": "migration",
//	  "records": [{"match": {"snils": "11223344595"}, "reply": {"registered": true, "address": "rechnaya:14/86", "kind": "permanent"}}],
//	  "otherwise": {"registered": false, "address": "", "kind": "none"}}}}
type Data struct {
	Registers map[string]Register `json:"registers"`
}

// Register is one register's content.
type Register struct {
	Agency    string          `json:"agency,omitempty"` // key of the agency that keeps it; empty: any
	Records   []Record        `json:"records,omitempty"`
	Otherwise json.RawMessage `json:"otherwise,omitempty"` // the reply when no record matches; absent: there is no such record
}

// Record is a reply to all requests whose parameters include these.
type Record struct {
	Match map[string]string `json:"match"`
	Reply json.RawMessage   `json:"reply"`
}

// Load reads Data strictly from JSON.
func Load(from io.Reader) (Data, error) {
	d := json.NewDecoder(from)
	d.DisallowUnknownFields()
	var out Data
	if err := d.Decode(&out); err != nil {
		return out, fmt.Errorf("agency: data: %w", err)
	}
	return out, nil
}

// Options are what a server is made of.
type Options struct {
	Key  string // the bearer key that is wanted; empty: any
	Data Data
	// Answer is asked first, when it is given: the reply of a register to parameters; false: the register has no such
	// record, or, when Data has no such register either, there is no such register.
	Answer func(register string, parameters map[string]string) (any, bool)
	// Knows tells which registers Answer knows, with the agency that keeps each; nil: it knows all, of any agency.
	Knows map[string]string

	HookKey []byte           // what the city signs its messages with; nil: none are taken
	Now     func() time.Time // the city's moment, which the time of a message is compared with; nil: it is not
}

// Request is one question as the server heard it.
type Request struct {
	Number         int               `json:"number"`
	Agency         string            `json:"agency"` // by the address that was called
	Register       string            `json:"register"`
	RequestID      string            `json:"request_id"`
	IdempotencyKey string            `json:"idempotency_key"`
	OnBehalfOf     string            `json:"on_behalf_of"`
	Purpose        json.RawMessage   `json:"purpose"`
	Parameters     map[string]string `json:"parameters"`
	Signature      string            `json:"signature,omitempty"`
	Body           string            `json:"-"` // what the signature is over
	Outcome        string            `json:"outcome"`
}

// What becomes of a request.
const (
	Answered = "answered"
	Unknown  = "unknown" // no such record
	Failing  = "failing"
	Refusing = "refusing"
	Lying    = "lying"
	Missing  = "absent"
	Lost     = "lost" // answered, and the answer did not arrive
)

// requestsMost bounds the list of requests; the oldest go first.
const requestsMost = 10_000

// Agency is the running server. It is safe for concurrent use.
type Agency struct {
	o Options

	mu       sync.Mutex
	faults   map[string]*standing
	requests []Request
	number   int
	given    map[string]given // by idempotency key
	messages []Message
}

// given is an answer that was made under an idempotency key.
type given struct {
	status int
	body   []byte
}

// New returns a server.
func New(o Options) *Agency {
	return &Agency{o: o, faults: map[string]*standing{}, given: map[string]given{}}
}

// Handler is the server's whole address space.
func (a *Agency) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/registers/{register}", a.ask)
	mux.HandleFunc("POST /{agency}/v1/registers/{register}", a.ask)
	mux.HandleFunc("POST /r1/{instance}/{class}/{member}/{subsystem}/{register}", a.askXRoad)
	mux.HandleFunc("POST /{agency}/r1/{instance}/{class}/{member}/{subsystem}/{register}", a.askXRoad)
	mux.HandleFunc("POST /{agency}/hooks", a.takeMessage)
	mux.HandleFunc("GET /control/messages", a.listMessages)
	mux.HandleFunc("GET /control", a.showControl)
	mux.HandleFunc("POST /control", a.control)
	mux.HandleFunc("GET /control/requests", a.listRequests)
	mux.HandleFunc("DELETE /control/requests", a.clearRequests)
	return mux
}

// Requests returns a copy of what was asked, oldest first.
func (a *Agency) Requests() []Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.requests)
}

// Forget empties the list of requests.
func (a *Agency) Forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.requests = nil
}

// bodyMost is the longest question in bytes.
const bodyMost = 64 << 10

func (a *Agency) ask(w http.ResponseWriter, r *http.Request) {
	q, ok := read(r)
	if !ok {
		q.RequestID = "" // told after the key
	}
	a.carry(w, r, q)
}

// carry judges a question that was read (one without an id could not be), makes its trouble and answers it.
func (a *Agency) carry(w http.ResponseWriter, r *http.Request, q Request) {
	if key := "Bearer " + a.o.Key; a.o.Key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(r.Header.Get("Authorization"))) != 1 {
		fault(w, http.StatusUnauthorized, "key")
		return
	}
	if q.RequestID == "" {
		fault(w, http.StatusBadRequest, "request")
		return
	}
	trouble := a.trouble(q.Register)
	if trouble.delay > 0 && !pause(r.Context(), trouble.delay) {
		a.note(q, Missing)
		return
	}
	switch trouble.kind {
	case Missing:
		a.note(q, Missing)
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	case Failing:
		a.note(q, Failing)
		if trouble.retryAfter != "" {
			w.Header().Set("Retry-After", trouble.retryAfter)
		}
		fault(w, http.StatusServiceUnavailable, "overloaded")
		return
	case Refusing:
		a.note(q, Refusing)
		fault(w, http.StatusForbidden, "not_allowed")
		return
	case Lying:
		a.note(q, Lying)
		write(w, http.StatusOK, []byte(lie(trouble.number)))
		return
	}
	a.answer(w, q, trouble.kind == Lost)
}

func (a *Agency) answer(w http.ResponseWriter, q Request, lose bool) {
	out, outcome := a.reply(q)
	if lose {
		a.note(q, Lost)
		panic(http.ErrAbortHandler)
	}
	a.note(q, outcome)
	write(w, out.status, out.body)
}

// reply makes the answer, or gives again what was given under the same idempotency key.
func (a *Agency) reply(q Request) (given, string) {
	a.mu.Lock()
	out, ok := a.given[q.IdempotencyKey]
	a.mu.Unlock()
	if !ok {
		out = a.find(q)
	}
	if q.IdempotencyKey != "" {
		a.mu.Lock()
		if len(a.given) >= requestsMost {
			clear(a.given)
		}
		a.given[q.IdempotencyKey] = out
		a.mu.Unlock()
	}
	if out.status == http.StatusOK {
		return out, Answered
	}
	return out, Unknown
}

func (a *Agency) find(q Request) given {
	register, listed := a.o.Data.Registers[q.Register]
	keeper, computed := a.o.Knows[q.Register]
	computed = a.o.Answer != nil && (computed || a.o.Knows == nil)
	if !listed && !computed || wrongAgency(q.Agency, register.Agency) || wrongAgency(q.Agency, keeper) {
		return given{http.StatusNotFound, []byte(`{"fault":"no_register"}`)}
	}
	if computed {
		if reply, ok := a.o.Answer(q.Register, maps.Clone(q.Parameters)); ok {
			return marshalled(reply)
		}
	}
	for _, record := range register.Records {
		if matches(record.Match, q.Parameters) {
			return given{http.StatusOK, record.Reply}
		}
	}
	if register.Otherwise != nil {
		return given{http.StatusOK, register.Otherwise}
	}
	return given{http.StatusNotFound, []byte(`{"fault":"unknown"}`)}
}

func marshalled(reply any) given {
	body, err := json.Marshal(reply)
	if err != nil {
		return given{http.StatusInternalServerError, []byte(`{"fault":"data"}`)}
	}
	return given{http.StatusOK, body}
}

// wrongAgency tells whether a register is asked at the address of another agency than the one that keeps it.
func wrongAgency(called, keeper string) bool { return called != "" && keeper != "" && called != keeper }

func matches(want, have map[string]string) bool {
	for name, value := range want {
		if have[name] != value {
			return false
		}
	}
	return true
}

func (a *Agency) note(q Request, outcome string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number++
	q.Number, q.Outcome = a.number, outcome
	if len(a.requests) >= requestsMost {
		a.requests = slices.Delete(a.requests, 0, requestsMost/10)
	}
	a.requests = append(a.requests, q)
}

// read takes a question apart; false when it is not one.
func read(r *http.Request) (Request, bool) {
	body, err := io.ReadAll(io.LimitReader(r.Body, bodyMost+1))
	if err != nil || len(body) > bodyMost {
		return Request{}, false
	}
	var in struct {
		RequestID  string            `json:"request_id"`
		Register   string            `json:"register"`
		Purpose    json.RawMessage   `json:"purpose"`
		OnBehalfOf string            `json:"on_behalf_of"`
		Parameters map[string]string `json:"parameters"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return Request{}, false
	}
	q := Request{
		Agency: r.PathValue("agency"), Register: r.PathValue("register"), RequestID: in.RequestID, IdempotencyKey: r.Header.Get("Idempotency-Key"),
		OnBehalfOf: in.OnBehalfOf, Purpose: in.Purpose, Parameters: in.Parameters, Signature: r.Header.Get("Posad-Signature"), Body: string(body),
	}
	whole := q.RequestID != "" && q.IdempotencyKey != "" && q.OnBehalfOf != "" && len(q.Purpose) > 0 && in.Register == q.Register
	return q, whole
}

func write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the asker may be gone; nothing hangs on it
}

func fault(w http.ResponseWriter, status int, name string) {
	write(w, status, []byte(`{"fault":"`+name+`"}`))
}
