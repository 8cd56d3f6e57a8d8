// Package reconcile is the treasury's side of money: what came by day and agency, whether the bank says the same, what came
// without saying what for, what goes out to whom it belongs, and the nightly proof of all of it.
//
// What a statement must show is written down as expected: a payment that was taken, a refund, a dispute, a payout. A
// statement (camt.053) is read strictly, its balances must fit its lines, and every line is matched with what is expected
// by a pure function (Match): by reference, by the bank's number, by the only sum around the day. What fits moves the city's books from
// the provider's clearing account to the account of the money at the bank; what the bank keeps is a fee; what nobody knows
// is put to an account of its own, until an official settles a charge with it or sends it back. So the books say at any moment
// what lies at the bank, what is on its way, and what nobody has explained.
//
// Income by day, payee and kind is summed from the books themselves, line by line, as far as no Write can be late. Payees' income is
// paid out by an order to the bank (pain.001) that one official prepares and another lets out; the bank's answer (pain.002)
// and its statement close each line.
//
// What an official settled goes back among what nobody knows when the charge needs it no more. What the bank says of payers is read on a
// line's page alone, on the treasury's record. A statement that is no bank's own word, and much unknown money, take two officials.
//
// Each night the books are proved: balances against transfers, charges against what the books say was paid for them, sums of
// income against accounts, the account at the bank against its statement, clearing accounts against what is on its way. Every difference
// has a name. A day's totals are published and signed into the journal.
//
// It owns the tables reconcile_*, the pages /desk/books and /open-books and their JSON. It does not own charges
// (core/charge), payments (core/pay), the books (core/ledger) or the messages' form (kit/iso20022).
//
// Life cycle: New with its neighbours; Provision; jobs carry the rest.
package reconcile
