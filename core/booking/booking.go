package booking

import (
	"time"

	"posad.city/core/agency"
	"posad.city/kit/act"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// The events.
const (
	EventBooked    = "booking.booked"
	EventMoved     = "booking.moved"
	EventCancelled = "booking.cancelled"
	EventMarked    = "booking.marked"
)

// State is how far a booking is.
type State string

// The states.
const (
	Held      State = "held"
	Booked    State = "booked"
	Cancelled State = "cancelled"
	Attended  State = "attended"
	Missed    State = "missed"
)

// Who ended a booking.
const (
	ByPerson = "person"
	ByAgency = "agency"
)

// Bounds.
const (
	// HoldLife is how long a hold lasts, and how long one more touch makes it last.
	HoldLife = 15 * time.Minute
	// HoldMost is how long a hold may be made to last by touches.
	HoldMost = 2 * time.Hour
	// MostOfPerson is how many appointments and holds to come one person may have of one resource.
	MostOfPerson = 5
	// RangeMost is how many days Free answers at most.
	RangeMost = 31
	// Kept is how long a booking is remembered after its time.
	Kept = 366 * 24 * time.Hour
	// LapsedKept is how long a hold that has run out is remembered, so that it can still be confirmed.
	LapsedKept = 24 * time.Hour
)

// Slot is a time that a resource offers.
type Slot struct {
	ID         id.ID // the same for the same resource and start
	Resource   string
	Start, End time.Time // in the city's zone
	Left       int       // places that are free
}

// Hold is what somebody wants to keep for a while.
type Hold struct {
	Person   id.ID  // who comes: the booking lies in their account
	Case     id.ID  // the draft's id; zero: without a service
	Service  string // its key; empty without a service
	Resource string
	Start    time.Time
}

// Booking is an appointment, or the hold that may become one.
type Booking struct {
	ID        id.ID
	Resource  string
	Home      id.ID // the resource's id
	Agency    id.ID
	Person    id.ID
	Applicant id.ID // who booked
	Case      id.ID
	Service   string
	Start     time.Time // in the city's zone
	End       time.Time
	Place     int // number of the window or seat, from 1
	State     State
	Until     time.Time // of a hold
	Made      time.Time
	Vanished  time.Time // when the person was told that the timetable has this time no more; zero: it has
	EndedBy   string
	Revision  int64

	Title   lang.Text // of the resource
	Address lang.Text
	Bring   lang.Text
	Notice  time.Time // until when the person may move or cancel it; zero: any time before it
}

// Object is the booking as permission sees it.
func (b Booking) Object() act.Object {
	out := act.Object{Kind: "booking", Holder: b.Person, Service: b.Service, Agency: b.Agency}
	if b.Applicant != b.Person {
		out.Persons = []id.ID{b.Applicant}
	}
	return out
}

// Movable tells whether the person may still move or cancel it by itself. One of a case goes with the case alone: its
// checks and its documents know the day.
func (b Booking) Movable(now time.Time) bool {
	return b.Case.IsZero() && b.State == Booked && now.Before(b.Start) && (b.Notice.IsZero() || !now.After(b.Notice))
}

// ofCase tells whether it is a case's, to come.
func (b Booking) ofCase(now time.Time) bool {
	return !b.Case.IsZero() && b.State == Booked && now.Before(b.Start)
}

// Live tells whether a hold still keeps its place for sure.
func (b Booking) Live(now time.Time) bool { return b.State == Held && now.Before(b.Until) }

// ResourceID is the home of a resource's bookings, the same on every machine.
func ResourceID(key string) id.ID { return id.Derived("resource", key) }

// SlotID names a time of a resource.
func SlotID(resource string, start time.Time) id.ID {
	return id.Derived("slot", resource+"/"+FormatStart(start))
}

// AgencyID is the agency of a key.
func agencyID(key string) id.ID { return agency.ID(key) }

// The faults of this module.
var (
	ErrNone     = fault.New(fault.Missing, "booking.none")
	ErrResource = fault.New(fault.Missing, "booking.no_resource")
	ErrTime     = fault.New(fault.Invalid, "booking.no_time")  // not a time of the timetable, too soon or too far
	ErrFull     = fault.New(fault.Conflict, "booking.full")    // as *NoPlace
	ErrGone     = fault.New(fault.Gone, "booking.gone")        // the hold ran out and the place is taken; may be a *NoPlace
	ErrMany     = fault.New(fault.Conflict, "booking.many")    // MostOfPerson
	ErrLate     = fault.New(fault.Conflict, "booking.late")    // too late to move or cancel it oneself
	ErrOfCase   = fault.New(fault.Conflict, "booking.of_case") // a case's: it goes with the case alone
	ErrOver     = fault.New(fault.Conflict, "booking.over")    // cancelled, or its time has passed
	ErrEarly    = fault.New(fault.Conflict, "booking.early")   // who has come is marked on the day
	ErrRange    = fault.New(fault.Invalid, "booking.range")    // RangeMost
	ErrCity     = fault.New(fault.Unavailable, "booking.city") // no city version is published yet
	ErrNoDesk   = fault.New(fault.Denied, "booking.no_desk")   // a resident at the officials' list
)

// NoPlace says that a time is taken. It is ErrFull or ErrGone.
type NoPlace struct {
	Fault    *fault.Fault
	Resource string
	Start    time.Time
	// Near are free times near it, by time, at most NearMost. A Put leaves them out, so that a crowd at a full time does not
	// keep the writer busy: after the Write, Module.WithNear looks for them.
	Near []Slot
}

// NearMost is how many near times a NoPlace has.
const NearMost = 6

func (n *NoPlace) Error() string { return n.Fault.Error() }

// Unwrap gives the fault to errors.Is and to the edge.
func (n *NoPlace) Unwrap() error { return n.Fault }
