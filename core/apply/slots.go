package apply

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"time"

	"posad.city/core/booking"
	"posad.city/core/form"
	"posad.city/core/service"
	"posad.city/kit/act"
	"posad.city/kit/calendar"
	"posad.city/kit/fault"
	"posad.city/kit/id"
	"posad.city/kit/lang"
)

// Visits holds appointments; *booking.Module is one.
type Visits interface {
	Free(ctx context.Context, resource string, from, to calendar.Date) ([]booking.Slot, error)
	OfCase(ctx context.Context, a act.Act, caseID id.ID) ([]booking.Booking, error)
	Hold(ctx context.Context, a act.Act, h booking.Hold) (booking.Booking, error)
	Confirm(ctx context.Context, a act.Act, booking id.ID) (booking.Booking, error)
	Cancel(ctx context.Context, a act.Act, booking id.ID) (booking.Booking, error)
	// EndCase cancels what was booked for a case, or for a draft that became none.
	EndCase(ctx context.Context, caseID id.ID) error
}

// slotDays is how many days of free times a form offers at once.
const slotDays = 14

// timesFrom names the button that shows the times of other days; its value is the first of them.
const timesFrom = "_from"

// otherTimes are the first days of the windows before and after the one that a question shows; zero: there is none.
func otherTimes(in form.Input, key string) (before, after calendar.Date) {
	f, ok := in.Service.Field(key)
	if !ok {
		return before, after
	}
	r, ok := in.City.Resource(f.Resource)
	if !ok {
		return before, after
	}
	open := in.Open[key]
	if open.Unknown {
		return before, after
	}
	if open.From.After(open.First) {
		before = calendar.Latest(open.From.AddDays(-slotDays), open.First)
	}
	if next := open.From.AddDays(slotDays); !next.After(in.Today.AddDays(r.Ahead)) {
		after = next
	}
	return before, after
}

// window is which free times a form offers: of slotDays days from a day on, and of the days that answers name.
type window struct {
	from  calendar.Date // zero: the first that has anything
	named []calendar.Date
}

var moment = regexp.MustCompile(`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}`)

// daysIn are the days of the moments that a text names: an answer may want a time that the page did not show.
func daysIn(text string) []calendar.Date {
	var out []calendar.Date
	for _, found := range moment.FindAllString(text, 10) {
		if day, err := calendar.ParseDate(found[:10]); err == nil && !slices.Contains(out, day) {
			out = append(out, day)
		}
	}
	return out
}

// open finds the times that a question offers: of slotDays days, from the first of them that has any, or from the wanted day.
// A day that an answer names is listed with what the question's checks don't take, so that they can say why.
func (m *Module) open(ctx context.Context, in form.Input, f *service.Field, r *service.Resource, w window) ([]form.SlotOption, form.SlotWindow, error) {
	last := in.Today.AddDays(r.Ahead)
	fitting := func(from calendar.Date) ([]form.SlotOption, error) {
		list, err := m.free(ctx, r, from, calendar.Earliest(from.AddDays(slotDays-1), last))
		return form.FittingSlots(in, f, list), err
	}
	days := form.SlotWindow{First: in.Today}
	out, err := fitting(days.First)
	for next := days.First.AddDays(slotDays); err == nil && len(out) == 0 && !next.After(last); next = next.AddDays(slotDays) {
		out, err = fitting(next)
	}
	if err != nil {
		return nil, days, err
	}
	if len(out) > 0 {
		days.First = out[0].Day
	}
	days.From = days.First
	if w.from.After(days.First) {
		days.From = w.from
	}
	if out, err = fitting(days.From); err != nil {
		return nil, days, err
	}
	for _, day := range w.named {
		if !day.After(last) && !day.Before(in.Today) {
			own, err := m.free(ctx, r, day, day)
			if err != nil {
				return nil, days, err
			}
			out = slices.DeleteFunc(out, func(s form.SlotOption) bool { return s.Day == day })
			out = append(out, own...)
		}
	}
	return out, days, nil
}

// free lists the free times of a resource from one day to another.
func (m *Module) free(ctx context.Context, r *service.Resource, from, to calendar.Date) ([]form.SlotOption, error) {
	if to.Before(from) {
		return nil, nil
	}
	list, err := m.deps.Visits.Free(ctx, r.Key, from, to)
	if err != nil && !errors.Is(err, booking.ErrResource) { // one that the city has no more has no times
		return nil, err
	}
	out := make([]form.SlotOption, 0, len(list))
	for _, slot := range list {
		out = append(out, slotOption(r, slot.ID, slot.Start, slot.End, slot.Left))
	}
	return out, nil
}

// slotForm is a moment of the city's clock, as answers keep it.
const slotForm = "2006-01-02T15:04"

// slotFields are the questions for an appointment.
func slotFields(s *service.Service) []*service.Field {
	var out []*service.Field
	for i := range s.Form.Steps {
		for j := range s.Form.Steps[i].Fields {
			if f := &s.Form.Steps[i].Fields[j]; f.Type == service.TypeSlot {
				out = append(out, f)
			}
		}
	}
	return out
}

// slots puts into the input the free times and what is held for the draft.
func (m *Module) slots(ctx context.Context, a act.Act, d Draft, in *form.Input) error {
	fields := slotFields(in.Service)
	if len(fields) == 0 || m.deps.Visits == nil {
		return nil
	}
	in.Slots, in.Held, in.Open = map[string][]form.SlotOption{}, map[string]form.HeldSlot{}, map[string]form.SlotWindow{}
	var held []booking.Booking
	if !d.ID.IsZero() {
		var err error
		if held, err = m.deps.Visits.OfCase(ctx, a.ForCase(d.ID), d.ID); err != nil {
			return err
		}
	}
	for _, f := range fields {
		r, ok := in.City.Resource(f.Resource)
		if !ok {
			continue
		}
		list, days, err := m.open(ctx, *in, f, r, d.times)
		if err != nil { // no trouble of the rest of the form: the question says that the times are not known
			m.base.Log.Warn("apply: free times are not known", "resource", r.Key, "error", err)
			in.Open[f.Key] = form.SlotWindow{Unknown: true}
		} else {
			in.Slots[f.Key], in.Open[f.Key] = list, days
		}
		if b, ok := standing(held, r.Key, heldOf(d.Answers, f)); ok {
			in.Held[f.Key] = form.HeldSlot{ID: b.ID.String(), Slot: slotOption(r, booking.SlotID(r.Key, b.Start), b.Start, b.End, 0)}
		}
	}
	return nil
}

// standing is the time that a draft has at a resource: the one that its answer names, since a send that failed may have booked
// another before; else the newest.
func standing(list []booking.Booking, resource string, named id.ID) (booking.Booking, bool) {
	var out booking.Booking
	for _, b := range list {
		if b.Resource != resource || b.State != booking.Held && b.State != booking.Booked {
			continue
		}
		if out = b; b.ID == named {
			break
		}
	}
	return out, !out.ID.IsZero()
}

func slotOption(r *service.Resource, slot id.ID, start, end time.Time, left int) form.SlotOption {
	day := calendar.DateOf(start, start.Location())
	words := func(l lang.Language) string {
		return lang.Date(l, day) + ", " + lang.Time(l, start) + ", " + r.Address.In(l)
	}
	return form.SlotOption{
		ID: slot.String(), Start: start.Format(slotForm), End: end.Format(slotForm), Day: day, Left: left,
		Text: service.Text{RU: words(lang.Russian), EN: words(lang.English)},
	}
}

// hold keeps the times that were chosen in a change. One that somebody else has taken meanwhile is a fault of its question,
// and nothing else is lost.
func (m *Module) hold(ctx context.Context, a act.Act, d Draft, in *form.Input, bound *form.Bound) error {
	if m.deps.Visits == nil {
		return nil
	}
	for _, f := range slotFields(in.Service) {
		answer, _ := bound.Answers[f.Key].(map[string]any)
		chosen, _ := answer["start"].(string)
		if chosen == "" || chosen == in.Held[f.Key].Slot.Start {
			continue
		}
		start, err := time.ParseInLocation(slotForm, chosen, in.City.Days().Zone())
		if err != nil {
			return err
		}
		held, err := m.deps.Visits.Hold(ctx, a.ForCase(d.ID), booking.Hold{
			Person: d.subject(in.Service), Case: d.ID, Service: d.Service, Resource: f.Resource, Start: start,
		})
		if wrong := fault.Of(err); err != nil && wrong.Kind != fault.Internal {
			id := "form.slot_gone"
			if errors.Is(err, booking.ErrMany) {
				id = wrong.ID
			}
			bound.Faults = append(bound.Faults, fault.Field{Name: f.Key, ID: id, Params: wrong.Params})
			delete(bound.Answers, f.Key)
			continue
		}
		if err != nil {
			return err
		}
		answer["id"] = held.ID.String()
	}
	return nil
}

// heldOf is the hold or booking that an answer names; zero: none.
func heldOf(answers service.Answers, f *service.Field) id.ID {
	answer, _ := answers[f.Key].(map[string]any)
	text, _ := answer["id"].(string)
	return parsed(text)
}

// book makes the held times of a draft bookings, each in a Write at its resource. One that has run out and is taken is a
// fault of its question.
func (m *Module) book(ctx context.Context, a act.Act, d Draft, in form.Input, answers service.Answers) error {
	if m.deps.Visits == nil {
		return nil
	}
	for _, f := range slotFields(in.Service) {
		held := heldOf(answers, f)
		if held.IsZero() {
			continue
		}
		_, err := m.deps.Visits.Confirm(ctx, a.ForCase(d.ID), held)
		if errors.Is(err, booking.ErrGone) {
			return ErrMissing.With(fault.Field{Name: f.Key, ID: "form.slot_gone", Params: map[string]string{"label": f.Label.In(in.Lang)}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// release gives back what a draft has booked beside the times of its answers: by a send that failed, before another time was
// chosen. What was made after this reading of the draft was saved is a later reading's.
func (m *Module) release(ctx context.Context, d Draft, in form.Input, answers service.Answers) error {
	fields := slotFields(in.Service)
	if len(fields) == 0 || m.deps.Visits == nil {
		return nil
	}
	posad := act.Act{Actor: act.Actor{Kind: act.System}}.ForCase(d.ID)
	list, err := m.deps.Visits.OfCase(ctx, posad, d.ID)
	if err != nil {
		return err
	}
	for _, b := range list {
		wanted := slices.ContainsFunc(fields, func(f *service.Field) bool { return heldOf(answers, f) == b.ID })
		if wanted || b.State != booking.Booked || b.Made.After(d.Saved) {
			continue
		}
		_, err := m.deps.Visits.Cancel(ctx, posad, b.ID)
		if err != nil && !errors.Is(err, booking.ErrOver) && !errors.Is(err, booking.ErrNone) {
			return err
		}
	}
	return nil
}
