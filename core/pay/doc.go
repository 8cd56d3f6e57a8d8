// Package pay takes money for what is owed (core/charge): one payment of many charges, of several homes and payees, whole
// or in part; each try at a provider (attempt); what goes back (refund), what a payer's bank asks for (dispute); saved
// cards; receipts; and what of it enters the city's books (core/ledger).
//
// A payment is idempotent from the button to the bank and back. The attempt's id is made and committed before the
// provider hears of it, and is the key by which the provider knows it; so a button pressed twice, a reply lost, a process
// killed, a webhook that comes twice, late or never all end in the same place: Settle, which asks the provider how the
// attempt stands and carries it out once. Three things call it: the person's return, the provider's message, and the job
// pay.poll, which was put in the Write that made the attempt and so can't be lost. While an attempt's fate is not known, no
// second one is started for any of its charges, whoever pays: charge_payment holds them together. Another choice of the
// same person, or an old one of somebody else, is first closed at the provider.
//
// Settling a payment changes rows of several homes in one Write (the payment and its books, each charge), so that money
// that came is either an income, a surplus, or not there at all. Money that comes beyond what is owed, as of when the
// payment began, is a surplus: it enters the books, and the job pay.refund gives it back, only that part. What a payee gives
// back (PrepareRefund) leaves its income in the Write that decides it. What the provider takes back by itself, and what a
// lost dispute takes, is owed again; so is what goes back at the provider though the city did not ask for it (outside.go).
//
// Amounts are whole minor units. The home of a payment is its payer; a payer without an account is an id for that payment
// alone, whose page a token opens (guest.go). Whoever has only found a bill gives way to who watches it. Payees' incomes are accounts of the books. A payee's list (income_line) follows by a job and names nobody.
//
// It owns the tables payment, payment_line, attempt, refund, dispute, dispute_answer, saved_card, charge_payment, income_line, pay_home and
// pay_code, the pages /pay/... and /desk/payments, the bank's webhook and their JSON faces. It does not own why something
// is owed and how much (core/charge), what the bank's statement says (core/reconcile) or telling people (core/notice, by events).
//
// Events: pay.taken, pay.failed, pay.refunded (also by the bank itself), pay.disputed (opened, grown, won, lost); the holder is the
// payer, the object the payment. pay.give_back_elsewhere is about a charge: others put a part of it in, and give that back.
//
// Life cycle: New with a bank, charges and the city's words; Provide a purse; Provision; nothing of its own runs, the jobs do.
package pay
