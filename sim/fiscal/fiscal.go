// Package fiscal is a small fiscal operator: what core/pay's HTTPFiscal talks with in the demo and in tests. It sends nothing
// to any tax office and keeps its receipts in memory.
//
// It keeps the contract of docs/operator/fiscal.md: a receipt is put by its id, once, and comes back with the numbers of the
// storage, of the document and its sign. Its faults can be set (Faults, POST /control): answers that are refused, lost, or
// that come late, and receipts that are refused for good.
//
// It belongs to the world outside Posad, so it imports nothing of Posad but the clock.
package fiscal

import (
	"crypto/hmac"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"strconv"
	"sync"
	"time"

	"posad.city/kit/clock"
)

// Receipt is one receipt of the operator.
type Receipt struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"` // income, return
	Amount   int64     `json:"amount"`
	Currency string    `json:"currency"`
	Method   string    `json:"method"`
	Made     time.Time `json:"-"`
	Lines    []Line    `json:"lines"`

	State  string    `json:"state"` // done, waiting, refused
	Device string    `json:"device"`
	Number string    `json:"number"`
	Sign   string    `json:"sign"`
	Check  string    `json:"check"`
	At     time.Time `json:"at"`
	Sent   int       `json:"sent"` // how often it was put
}

// Line is one line of a receipt.
type Line struct {
	Title  string `json:"title"`
	Number string `json:"number"`
	Payee  string `json:"payee"`
	Amount int64  `json:"amount"`
}

// Faults are how the operator misbehaves. The zero value is a good one.
type Faults struct {
	RefuseNext int  `json:"refuse_next"` // how many next calls answer 503 and do nothing
	LoseNext   int  `json:"lose_next"`   // how many next calls are carried out, and the answer is lost
	WaitNext   int  `json:"wait_next"`   // how many next calls answer that the receipt is not ready
	Never      bool `json:"never"`       // every new receipt is refused for good
}

// Operator is the running operator. It is safe for concurrent use.
type Operator struct {
	address string
	key     string
	clock   clock.Clock

	mu       sync.Mutex
	receipts map[string]*Receipt
	faults   Faults
}

// New returns an operator that people reach at address, with the city's key.
func New(address, key string, c clock.Clock) *Operator {
	return &Operator{address: address, key: key, clock: c, receipts: map[string]*Receipt{}}
}

// SetFaults changes how the operator misbehaves from now on.
func (o *Operator) SetFaults(f Faults) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.faults = f
}

// Receipts returns a copy of all receipts, by id.
func (o *Operator) Receipts() map[string]Receipt {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := make(map[string]Receipt, len(o.receipts))
	for key, r := range o.receipts {
		out[key] = *r
	}
	return out
}

// Handler is the operator's API.
func (o *Operator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/receipts/{id}", o.put)
	mux.HandleFunc("POST /control", o.control)
	mux.HandleFunc("GET /control/receipts", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, o.Receipts()) })
	return mux
}

func (o *Operator) put(w http.ResponseWriter, r *http.Request) {
	if !hmac.Equal([]byte(r.Header.Get("Authorization")), []byte("Bearer "+o.key)) {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "wrong key"})
		return
	}
	var in Receipt
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil || in.ID != r.PathValue("id") || in.Amount <= 0 {
		answer(w, http.StatusUnprocessableEntity, map[string]string{"error": "want id, amount and lines"})
		return
	}
	status, out, lose := o.take(in)
	if lose {
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	}
	answer(w, status, out)
}

// take keeps a receipt, once; true: its answer is to be lost.
func (o *Operator) take(in Receipt) (int, any, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f := &o.faults
	if f.RefuseNext > 0 {
		f.RefuseNext--
		return http.StatusServiceUnavailable, map[string]string{"error": "try later"}, false
	}
	known, ok := o.receipts[in.ID]
	if ok && (known.Amount != in.Amount || known.Kind != in.Kind) {
		return http.StatusConflict, map[string]string{"error": "the id is taken by another receipt"}, false
	}
	if !ok {
		known = o.print(in)
		o.receipts[in.ID] = known
	}
	known.Sent++
	lose := f.LoseNext > 0
	f.LoseNext = max(0, f.LoseNext-1)
	if f.WaitNext > 0 {
		f.WaitNext--
		return http.StatusAccepted, map[string]string{"state": "waiting"}, lose
	}
	return http.StatusOK, *known, lose
}

// print makes a receipt's numbers.
func (o *Operator) print(in Receipt) *Receipt {
	in.State, in.At = "done", o.clock.Now().UTC()
	if o.faults.Never {
		in.State = "refused"
		return &in
	}
	in.Device, in.Number = "9282440300669857", strconv.Itoa(len(o.receipts)+1)
	in.Sign = strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(in.ID+in.Number))), 10)
	in.Check = o.address + "/check?fn=" + in.Device + "&i=" + in.Number + "&fp=" + in.Sign
	return &in
}

func (o *Operator) control(w http.ResponseWriter, r *http.Request) {
	var f Faults
	if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.SetFaults(f)
	answer(w, http.StatusOK, f)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the other side has gone; nobody is left to tell
}
