// Package autopay pays regular bills by standing orders that their owners keep in hand, and keeps templates of what is
// paid regularly.
//
// An order says for whose bills (payee, kind and home of core/charge), from which card or wallet, by which terms (Terms:
// caps, what is expected, which day, how long ahead the owner is told) and until when it stands still. A turn is one bill
// under one order. Judge decides about a turn: a pure function of Inputs that says pay, ask, wait or refuse, and by which
// rule. Each decision that says something new is kept with its inputs, so that "why was it paid?" has an answer that can
// be replayed.
//
// Each turn is paid once. A try is a row made in the Write that decides it, with the payment's key derived from order, bill
// and number of the try; the job that takes the money may run twice, on two nodes, after a crash: core/pay knows the key.
// No try begins while another's fate is not known. Every Write here compares the revisions of the order and of the turn
// with those that were judged; who was second judges anew. Nothing rests on the clock running forward: days are civil days
// of the city, what happened is remembered by rows, and a turn's job that comes too early waits again.
//
// A try of which core/pay has not heard is judged once more before it goes there: after the owner has stopped, nothing goes.
//
// An order is consent: to make one, and to change its terms, the owner shows that they are there (Operation.Fresh). To
// stop, pause, or take one bill out is always one press. An order made for another person is bounded by the mandate
// (core/mandate) under which it was made: it pays nothing after its end, and what it pays counts in its purse. Whoever may pay
// for the owner by another mandate may stop the owner's orders, and never lets them pay more.
//
// Where the payee gives back what was paid by mistake the owner has hours after paying to undo it, and the bill is owed again;
// elsewhere the same hours lie before the money goes, because nobody could bring it back. Each instalment of a bill is a turn of
// its own. When more comes to be owed of what an order has paid, its owner is asked.
//
// It owns the tables autopay_..., the pages /pay/autopay and /pay/templates, and their JSON faces. It does not own bills
// (core/charge), money (core/pay), or how people are told (core/notice). It hears charge.due, charge.changed, charge.paid,
// charge.cancelled, pay.taken, pay.failed and mandate.given.
//
// Events: autopay.taken, autopay.failed, autopay.stopped; the holder is the owner, the object the turn, or the order.
//
// Life cycle: New; Provision; nothing of its own runs, the jobs do.
package autopay
