package developer

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/web"
)

// The scopes of keys: what act.Operation.Key names.
const (
	ScopeChargesRead  = "charges:read"
	ScopeChargesWrite = "charges:write"
	ScopePayments     = "payments:read"
	ScopeRefunds      = "refunds:write"
	ScopeBooks        = "books:read"
	ScopeWebhooks     = "webhooks"
)

// Scopes lists all of them.
func Scopes() []string {
	return []string{ScopeChargesRead, ScopeChargesWrite, ScopePayments, ScopeRefunds, ScopeBooks, ScopeWebhooks}
}

// The kinds of message. They are the names of the events that cause them, but for the last one.
const (
	ChargeDue       = "charge.due"
	ChargeChanged   = "charge.changed"
	ChargePaid      = "charge.paid"
	ChargeCancelled = "charge.cancelled"
	ChargeRefunded  = "charge.refunded"
	PayTaken        = "pay.taken"
	PayFailed       = "pay.failed"
	PayRefunded     = "pay.refunded"
	PayDisputed     = "pay.disputed"
	Ping            = "ping" // a trial message, for whoever asks for one
)

// Types lists the kinds that an endpoint may choose.
func Types() []string {
	return []string{ChargeDue, ChargeChanged, ChargePaid, ChargeCancelled, ChargeRefunded, PayTaken, PayFailed, PayRefunded, PayDisputed}
}

// Bounds.
const (
	// KeysMost is how many keys an agency has at most, those that are over apart from the list's end.
	KeysMost = 100
	// EndpointsMost is how many endpoints an agency has at most.
	EndpointsMost = 50
	// KeyLife is the longest life of a key, and OverlapMost how long the key before a rotated one may live on.
	KeyLife     = 2 * 365 * 24 * time.Hour
	OverlapMost = 30 * 24 * time.Hour
	// SecretOverlap is how long an endpoint's old secret signs beside the new one.
	SecretOverlap = 24 * time.Hour
	// Kept is how long messages are kept, to be looked at and sent anew.
	Kept = 30 * 24 * time.Hour
	// TrialsKept is how long the sandbox's payments are kept.
	TrialsKept = 60 * 24 * time.Hour
	// PerMinuteMost is the highest rate of a key, requests a minute.
	PerMinuteMost = web.KeyRateMost

	nameMost      = 100
	addressesMost = 20
)

// The faults of keys and endpoints.
var (
	ErrHeads   = fault.New(fault.Denied, "developer.heads_only")
	ErrFields  = fault.New(fault.Invalid, "developer.fields")
	ErrMany    = fault.New(fault.Conflict, "developer.too_many")
	ErrOver    = fault.New(fault.Conflict, "developer.over")
	ErrChanged = fault.New(fault.Conflict, "developer.changed_meanwhile")
	ErrMissing = fault.New(fault.Missing, "web.missing")
	ErrSandbox = fault.New(fault.Denied, "developer.sandbox_only")
	// ErrOtherTrial: the same call, by its Idempotency-Key, paid another charge or amount before.
	ErrOtherTrial = fault.New(fault.Conflict, "developer.other_trial")
	ErrUnderway   = fault.New(fault.Conflict, "developer.under_way")
)

// Key is a program's key. The key itself is nowhere in it.
type Key struct {
	Agency    id.ID
	ID        id.ID
	Name      string
	Test      bool
	Scopes    []string
	Networks  []netip.Prefix // none: it may come from anywhere
	PerMinute int            // 0: the common limit
	Hint      string         // its last letters
	Follows   id.ID          // the key in whose place it came; zero: none
	MadeBy    id.ID
	Made      time.Time
	Expires   time.Time
	Used      time.Time // zero: never
	Revoked   time.Time // zero: it was not taken back
}

// Live tells whether the key opens anything at a moment.
func (k Key) Live(at time.Time) bool { return k.Revoked.IsZero() && at.Before(k.Expires) }

// From tells whether the key may come from an address.
func (k Key) From(address netip.Addr) bool {
	return len(k.Networks) == 0 || slices.ContainsFunc(k.Networks, func(n netip.Prefix) bool { return n.Contains(address.Unmap()) })
}

// State of an endpoint.
type State string

// The states.
const (
	On     State = "on"
	Off    State = "off"    // by the agency: nothing is put by for it
	Paused State = "paused" // by the city, since it took nothing for days: messages wait
)

// Endpoint is where an agency takes messages.
type Endpoint struct {
	Agency   id.ID
	ID       id.ID
	Test     bool
	URL      string
	Name     string
	Types    []string
	State    State
	Public   string // of an endpoint whose messages are signed by Ed25519: the key that checks them
	OldUntil time.Time
	Made     time.Time
	Heard    time.Time // when it last took a message; zero: never
	Failing  time.Time // since when it takes none; zero: it took the last one
	Failures int64     // in a row
	Version  int64
}

// Wants tells whether the endpoint is to hear of a kind.
func (e Endpoint) Wants(kind string, test bool) bool {
	return e.State != Off && e.Test == test && slices.Contains(e.Types, kind)
}

// Delivery is a message for an endpoint.
type Delivery struct {
	Message id.ID
	Type    string
	At      time.Time
	State   string // waiting, taken, failed
	Tries   int64
	Next    time.Time // zero: it is over
	Status  int       // of the last answer; 0: none came
	Why     string    // what went wrong last; empty: nothing
}

// The states of a delivery.
const (
	Waiting = "waiting"
	Taken   = "taken"
	Failed  = "failed"
)

// Try is one try of a delivery.
type Try struct {
	Number int64
	At     time.Time
	Status int
	Took   time.Duration
	Why    string // empty: it was taken; "unknown": under way, or the city stopped before it wrote down what came
}

func words(text string) []string { return strings.Fields(text) }

func joined(list []string) string { return strings.Join(list, " ") }
