// Package charge keeps what somebody owes the city and its agencies: fees, fines, taxes, kindergarten, flats' bills.
//
// A charge lies at its home: the person's id when the city knows who owes it, else the home of an identifier (SNILS, INN,
// a flat's account, a plate, a driving licence, or the charge's own number), made of the keyed value, so that a bill can be
// issued to somebody who has no account, and the database does not tell to whom. A person's account watches homes: those
// of their own numbers once the account is confirmed, of vehicles that a register says are theirs, and of flats that they
// saved.
//
// What is owed at a moment is a pure question (Charge.Owed): the amount, less a discount while it lives, with a penalty by
// the declared formula, less what was paid; each line says how it was counted. The terms are copied onto the charge when it
// is issued, so that a later change of the kind alters nothing; rates, such as the central bank's, are read of the city,
// which adds to them and changes no past one.
//
// Payments put their parts to a charge (Settle), once each; what they bring beyond what is owed is for the payment to give back.
// What comes twice or in another order ends in the same sums.
//
// It owns the tables bill*, charge_*, the agencies' pages /desk/charges, the pages /charges of what an account watches and
// their JSON faces. It does not own payments, their pages or the list of what a person owes (core/pay), the kinds
// (core/service, charges/KEY.yaml) or how people are reached (core/notice).
//
// Events: charge.due, charge.changed, charge.paid, charge.cancelled, charge.refunded, charge.over; the holder is the home,
// the object the charge. A charge in bulk at a home that nobody watches emits no charge.due: there is nobody to tell.
//
// Whoever sees a bill in their account is told that it came, was corrected, cancelled, or given back (news.go): seconds after it is
// quiet, so that a file of many is one notice; none of what the house itself issues, of the sandbox, or of what a standing order pays.
//
// Life cycle: New with the city and its people; Provision; nothing of its own runs, jobs do.
package charge
