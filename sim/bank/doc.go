// Package bank is a small acquirer: what core/pay's adaptor talks with in the demo and in tests. It takes no money.
//
// It keeps the contract of docs/operator/bank.md. An order is idempotent by its id and paid on the bank's own page, with a
// saved card, or by a fast payment from the payer's phone; a signed message goes to the merchant's address; the merchant
// asks, cancels and gives back in parts. Payers pay with test cards alone (Cards), each of which behaves in its own way, so
// that nobody types a real one. The merchant's account has a statement for each day and sends payouts.
//
// Its faults can be set (Faults, POST /control): answers that are late, lost, refused or come after the other side has given
// up; messages that come twice, late, out of order or never. What a payer, a thief or the bank itself does later is done by
// POST /control/payments/…: reversals and disputes.
//
// With Keep, everything it has answered stands in a file before the answer goes out, so that it may be killed at any
// moment. Messages on their way are lost with it.
//
// It belongs to the world outside Posad, so it imports only Posad's technical ground.
package bank
