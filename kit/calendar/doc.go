// Package calendar keeps civil dates, the city's working days and the clock of terms.
//
// It owns three things. A Date is a day as people and laws name it, with no time and no zone. A City is the calendar of
// one city: its zone, its working week and the days on which the year's decree departs from it. A Term is a number of
// days, working or calendar, that the city gives itself for an answer; it starts on the day after the event, stops
// while someone else owes an answer, and ends with a moment by which the thing must be done.
//
// It does not own the present (kit/clock gives it; every function here takes its moment), the words for dates (kit/lang)
// or where the decree's days are kept (the city folder, read by the module that publishes it).
//
// Life cycle: a City is made once from data by NewCity, is immutable after that and safe for concurrent use.
package calendar
