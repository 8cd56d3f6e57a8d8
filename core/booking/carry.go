package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"posad.city/core/booking/internal/store"
	"posad.city/core/notice"
	"posad.city/kit/calendar"
	"posad.city/kit/jobs"
	"posad.city/kit/lang"
	"posad.city/kit/store"
)

// reminds is the time of the day before an appointment at which its person is reminded.
const reminds clockTime = 10 * 60

// carry makes the person's copy of a booking and tells them. It reads the booking as it is now: a copy never falls back, and a
// step that another has overtaken is not told.
func (m *Module) carry(ctx context.Context, j jobs.Job) error {
	row, err := m.row(ctx, m.system(), j.Object)
	if errors.Is(err, ErrNone) {
		return nil // its data was erased
	}
	if err != nil {
		return err
	}
	if err := m.carryTo(ctx, j, row); err != nil || row.Person == row.Applicant {
		return err
	}
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := bookingdb.PutVisit(tx, bookingdb.PutVisitParams{
			Person: row.Person, ID: row.ID, Resource: row.Resource, Start: row.Start, State: row.State, Revision: row.Revision,
		})
		return err
	})
}

// carryTo makes the copy of who booked, tells them, and puts the reminder.
func (m *Module) carryTo(ctx context.Context, j jobs.Job, row bookingdb.Booking) error {
	kind, fresh := tellOf(j.Event, row), j.Version == row.Revision
	var told *notice.Prepared
	if fresh && kind != "" {
		var err error
		if told, err = m.word(ctx, row, kind, fmt.Sprintf("booking/%s/%d", row.ID, row.Revision)); err != nil {
			return err
		}
	}
	at := m.remindAt(row.Start)
	return m.base.Store.Write(ctx, func(tx *store.Tx) error {
		_, err := bookingdb.PutVisit(tx, bookingdb.PutVisitParams{
			Person: row.Applicant, ID: row.ID, Resource: row.Resource, Start: row.Start, State: row.State, Revision: row.Revision,
		})
		if err != nil || told == nil {
			return err
		}
		if err := told.Put(tx); err != nil {
			return err
		}
		if row.State != string(Booked) || !at.After(tx.Now()) {
			return nil // it begins so soon that what was just told reminds enough
		}
		return m.base.Jobs.Put(tx, jobs.New{
			Handler: jobRemind, Holder: row.Resource, Object: row.ID, Version: row.Revision, At: at, Key: fmt.Sprintf("%s/%d", row.ID, row.Revision),
		})
	})
}

// tellOf is what the person is told of an event; empty: nothing.
func tellOf(event string, row bookingdb.Booking) string {
	switch {
	case event == EventBooked && row.State == string(Booked):
		return "booked"
	case event == EventMoved && row.State == string(Booked):
		return "moved"
	case event == EventCancelled && row.EndedBy == ByAgency:
		return "called_off"
	case event == EventCancelled:
		return "cancelled"
	}
	return ""
}

func (m *Module) remindAt(start time.Time) time.Time {
	zone := m.zone()
	at, _ := reminds.on(calendar.DateOf(start, zone).AddDays(-1), zone) // no zone skips that hour; if one did, its next moment serves
	return at
}

// remind is the job of the day before.
func (m *Module) remind(ctx context.Context, j jobs.Job) error {
	row, err := m.row(ctx, m.system(), j.Object)
	if errors.Is(err, ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	if row.Revision != j.Version || row.State != string(Booked) || !m.base.Clock.Now().Before(row.Start) {
		return nil // moved or cancelled: another reminder stands for it, or none
	}
	told, err := m.word(ctx, row, "reminder", fmt.Sprintf("booking/%s/remind/%d", row.ID, row.Revision))
	if err != nil {
		return err
	}
	return m.base.Store.Write(ctx, told.Put)
}

// word prepares a notice of a booking.
func (m *Module) word(ctx context.Context, row bookingdb.Booking, kind, key string) (*notice.Prepared, error) {
	b := m.booked(ctx, row)
	if !b.Case.IsZero() && (kind == "booked" || kind == "reminder" || kind == "vanished" || kind == "called_off") {
		kind += "_case" // these say what one may do about it
	}
	n := notice.Notice{
		Key: key, To: b.Applicant, Holder: b.Person, Case: b.Case, Topic: notice.Cases, Kind: "booking.tell." + kind, Path: path(b.ID),
		Params: map[string]any{"when": b.whenText(m.today()), "title": b.Title, "address": b.Address, "bring": m.bring(b)},
	}
	if lang.Known(row.Lang) {
		n.Lang = lang.Language(row.Lang)
	}
	return m.deps.Teller.Prepare(ctx, n)
}

// bring is what to bring as a sentence of its own, or nothing.
func (m *Module) bring(b Booking) lang.Text {
	if b.Bring.IsZero() {
		return lang.Text{}
	}
	with := m.both("booking.bring")
	return lang.Text{RU: with.RU + ": " + b.Bring.RU, EN: with.EN + ": " + b.Bring.EN}
}
