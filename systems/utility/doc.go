// Package utility makes the monthly bill of a flat, the unified payment document: what each service cost, why, and what is to
// be paid.
//
// A bill is computed from its inputs alone by Compute, a pure function in whole kopecks and exact decimals: tariffs of the
// city's version, readings of meters or norms, area and people, benefits, recalculations. The inputs are kept with the bill, so
// that whoever has it can compute it again and gets the same to the kopeck. A bill that was issued never changes: a correction
// is its next version, and the charge is corrected with it.
//
// The home of all that is a flat's is the home of its account number (core/charge, by flat account), so that a bill exists for
// a flat whose residents have no account in the city. Residents are those who watch that home, as whoever keeps the account names
// them; each sees the months of their own stay, also after it, and nothing of others' time. What a flat used and what benefits its
// people have is sealed or stands under the home; whoever reads it makes a look. Its house stands keyed.
//
// A month is run as a job over all flats, in batches, from the flat after the last one done. A flat has one bill of a month and
// version, whose id is made of flat, month and version, and one charge, whose number is made of the bill: what is done twice
// after a crash changes nothing. A file of readings is a job too, part by part.
//
// Two officials are needed where money could leave by one: for a reading lower than what a meter has shown, and for sums beyond a
// bound within a month. Nobody decides about their own flat.
//
// It owns the tables utility_*, the pages /flats..., /desk/utility..., and their JSON faces. It does not own tariffs
// (files of the city, core/service), what is owed and paid, discounts and penalties of late payment (core/charge, as the
// city's kind of charge says), the payment itself (core/pay), or sending (core/notice, by the charge's events).
//
// Neighbours: core/charge issues and reads charges; core/service gives the city's versions; core/account names.
//
// Life cycle: New with its neighbours; Provision; the jobs run by themselves.
package utility
