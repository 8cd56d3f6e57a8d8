package exchange

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"posad.city/core/service"
	"posad.city/kit/clock"
)

// The bounds of a gate.
const (
	silencesMost = 5 // requests in a row without an answer, after which the register is left alone
	waysMost     = 3 // requests to one register under way at once on a node
)

// gate stands before one register: a circuit breaker, and a bound on requests under way, so that a slow register does not
// take the places of others. What it counts is this node's, since the program began.
type gate struct {
	agency, register string
	breaker          *gobreaker.TwoStepCircuitBreaker[struct{}]
	ways             chan struct{}

	mu     sync.Mutex
	counts Counts
	recent [recentMost]time.Duration // how long the last requests took, round and round
}

// recentMost is how many requests the shares of time are told of.
const recentMost = 512

// Counts are what a node has seen of a register since it began.
type Counts struct {
	Answered    int           `json:"answered"`
	Silent      int           `json:"silent"`
	Refused     int           `json:"refused"`
	WrongSchema int           `json:"wrong_schema"`
	NotFound    int           `json:"not_found"`
	Kept        int           `json:"kept_from"` // requests that were not made because the breaker was open
	Reused      int           `json:"reused"`    // certificates that were fresh and were not asked for again
	Slowest     time.Duration `json:"-"`
	Total       time.Duration `json:"-"`             // of all requests, for the mean
	Last        time.Time     `json:"last,omitzero"` // request
	LastTrouble Trouble       `json:"last_trouble"`  // of the last request; empty: it was answered
}

// Requests is how many requests were made.
func (c Counts) Requests() int {
	return c.Answered + c.Silent + c.Refused + c.WrongSchema + c.NotFound
}

// Mean is how long a request took on average.
func (c Counts) Mean() time.Duration {
	if c.Requests() == 0 {
		return 0
	}
	return c.Total / time.Duration(c.Requests())
}

// share is a part of a whole, in percent.
func share(part, whole int) int {
	if whole == 0 {
		return 0
	}
	return (100*part + whole/2) / whole
}

// FromCache is which share of certificates, in percent, was had without asking.
func (c Counts) FromCache() int { return share(c.Reused, c.Reused+c.Answered) }

// Failing is which share of requests, in percent, got no good answer. That there is no such record is a good answer.
func (c Counts) Failing() int { return share(c.Silent+c.Refused+c.WrongSchema, c.Requests()) }

// errSilent tells the breaker of a request without an answer.
var errSilent = errors.New("exchange: the register is silent")

// busy says that as many requests are under way as the gate allows. It is no trouble of the register and is never kept.
const busy Trouble = "busy"

// pass makes a request through the gate.
func (g *gate) pass(ctx context.Context, now time.Time, send func() answer) answer {
	select {
	case g.ways <- struct{}{}:
		defer func() { <-g.ways }()
	default:
		return answer{trouble: busy}
	}
	tell, err := g.breaker.Allow()
	if err != nil {
		g.kept()
		return answer{trouble: Breaker, cause: err}
	}
	outcome := errSilent // should send panic: an untold breaker would stay half open for ever
	defer func() { tell(outcome) }()
	took := clock.Measure()
	a := send()
	if a.trouble == Silent && errors.Is(ctx.Err(), context.Canceled) {
		outcome = context.Canceled // we went away, not they
		return answer{trouble: busy, cause: a.cause, wire: a.wire}
	}
	if a.trouble != Silent {
		outcome = nil
	}
	g.count(a.trouble, took(), now)
	return a
}

func (g *gate) reuse() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts.Reused++
}

// within are the times in which a half and nineteen of twenty of the last requests ended. The caller holds mu.
func (g *gate) within() (time.Duration, time.Duration) {
	n := min(g.counts.Requests(), recentMost)
	if n == 0 {
		return 0, 0
	}
	took := slices.Clone(g.recent[:n])
	slices.Sort(took)
	return took[(n-1)/2], took[(95*n+99)/100-1]
}

func (g *gate) kept() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.counts.Kept++
}

func (g *gate) count(t Trouble, took time.Duration, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := &g.counts
	g.recent[c.Requests()%recentMost] = took
	switch t {
	case None:
		c.Answered++
	case Silent:
		c.Silent++
	case Refused:
		c.Refused++
	case WrongSchema:
		c.WrongSchema++
	case NotFound:
		c.NotFound++
	}
	c.Total += took
	c.Slowest = max(c.Slowest, took)
	c.Last, c.LastTrouble = now, t
}

// Standing is how a register stands for the operator.
type Standing struct {
	Agency   string `json:"agency"`
	Register string `json:"register"`
	Breaker  string `json:"breaker"` // closed: it is asked; open: it is left alone; half-open: one request tries it
	UnderWay int    `json:"under_way"`
	Counts
	Half time.Duration `json:"-"` // in which half of the last requests ended
	Most time.Duration `json:"-"` // in which 95 of 100 did
}

func (g *gate) standing() Standing {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := Standing{Agency: g.agency, Register: g.register, Breaker: g.breaker.State().String(), UnderWay: len(g.ways), Counts: g.counts}
	out.Half, out.Most = g.within()
	return out
}

// gates are the gates of all registers that were asked.
type gates struct {
	rest time.Duration
	mu   sync.Mutex
	kept map[string]*gate
}

func (s *gates) of(r *service.Register) *gate {
	name := r.Agency + "/" + r.Key
	s.mu.Lock()
	defer s.mu.Unlock()
	if g, ok := s.kept[name]; ok {
		return g
	}
	if s.kept == nil {
		s.kept = map[string]*gate{}
	}
	g := &gate{agency: r.Agency, register: r.Key, ways: make(chan struct{}, waysMost)}
	g.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name: name, MaxRequests: 1, Timeout: s.rest,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= silencesMost },
		IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) },
	})
	s.kept[name] = g
	return g
}

// standings are in order of agency and register.
func (s *gates) standings() []Standing {
	s.mu.Lock()
	list := make([]*gate, 0, len(s.kept))
	for _, g := range s.kept {
		list = append(list, g)
	}
	s.mu.Unlock()
	out := make([]Standing, 0, len(list))
	for _, g := range list {
		out = append(out, g.standing())
	}
	sortStandings(out)
	return out
}

func sortStandings(list []Standing) {
	slices.SortFunc(list, func(a, b Standing) int {
		return strings.Compare(a.Agency+"/"+a.Register, b.Agency+"/"+b.Register)
	})
}
