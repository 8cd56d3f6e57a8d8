// Package booking is the city's appointments: who has which place at what time.
//
// What is booked is a resource of the city's data: an agency's windows, a hall. Its free times are never stored. They are
// the timetable (hours of the week, the city's working days, single closed days) minus the places that are taken. A place is
// taken by inserting the row (resource, start, number), whose key is unique: two people can't have it, whatever the code
// above does. All of a booking commits at its home, the resource; the person's copy (booking_visit) is made by the event.
//
// A hold keeps a place for HoldLife while a form is filled or a booking is looked over. When it has run out, the next
// person's hold replaces it; until somebody does, it can still be confirmed. Moving is one Write: the new place is taken and
// the old one freed, or nothing happens. Cancelling frees at once.
//
// Times are the city's. On the night when clocks go forward the times that the night skips are not offered; when they go
// back, each time is offered once, and no two appointments of a place overlap. When a new version of the city takes a time
// out of the timetable, what was booked stays, its person is told, and may move or cancel it however late.
//
// It owns the tables booking_resource, booking_place, booking, booking_home and booking_visit, the pages /visits..., /desk/visits, and
// their JSON faces. It does not own what resources there are (core/service), the form's field that asks for a time (core/form
// and core/apply, by PrepareHold and PrepareConfirm), or sending (core/notice).
//
// Events: booking.booked, booking.moved, booking.cancelled, booking.marked; the holder is the resource, the object the
// booking, the version its revision.
//
// Life cycle: New with its neighbours; Provision; nothing of its own runs, the jobs do: booking.copy (the person's copy and
// what they are told), booking.remind, booking.timetable (times that vanished), booking.sweep.
package booking
