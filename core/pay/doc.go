// Package pay takes money: what is owed (charge), the intention to pay it (payment), each try at the bank (attempt), and
// what of it enters the city's books (core/ledger).
//
// A payment is idempotent from the button to the bank and back. The attempt's id is made and committed before the bank
// hears of it, and is the key by which the bank knows it; so a button pressed twice, a reply lost, a process killed, a
// webhook that comes twice, late or never all end in the same place: settle, which asks the bank how the attempt stands
// and carries it out once. Three things call it: the person's return, the bank's message, and the job pay.poll, which
// was put in the Write that made the attempt and so can't be lost. While an attempt's fate is not known, no second one is
// started for the same charge. Money that comes all the same for a charge that is paid already is a surplus: it enters
// the books, and the job pay.refund gives it back.
//
// A paid charge may be given back, whole and once (PrepareRefund): the agency's income goes down in the Write that decides it,
// and pay.refund does the rest.
//
// Amounts are whole minor units. The home of a payment is its payer; agencies' incomes are accounts of the books.
//
// It owns the tables charge, payment, payment_line, attempt and pay_home, the pages /pay/..., the bank's
// webhook and their JSON faces. It does not own why something is owed (core/casework and later systems say so by
// PrepareCharge) or telling people (core/notice, by events).
//
// Events: pay.due, pay.paid, pay.cancelled, pay.refunded; the holder is the payer, the object the charge.
//
// Life cycle: New with a bank; Provision; nothing of its own runs, the jobs do.
package pay
