// Package card is the city's transport card: money and tickets on a card that its owner has in their account.
//
// A card is made by the carrier with a printed number and a code under a scratch field. Whoever has both puts the card into
// their account, once. Its money is an account of the city's books (core/ledger, bounded: it can't be overdrawn). It comes by
// a top-up, which is an ordinary bill paid through core/pay to the cards' float, and is moved onto the card when the bill is
// paid; when the bank takes such a payment back, what is still on the card goes back with it, and what was spent is the
// float's loss. From the card people pay bills (the module is core/pay's Purse) and buy tickets. A lost card is blocked and
// replaced: its money, tickets and whatever comes for it later go to the new one.
//
// Every line of a card's history commits with its movement in the books, so that the lines add up to what lies on it.
//
// It owns the tables card_*, the pages /account/transport-card... and /desk/transport-cards, and their JSON faces. It does
// not own charges (core/charge), payments and their receipts (core/pay), or gates and rides, which are the carrier's.
//
// Events that it hears: charge.paid, charge.changed, charge.refunded of its own top-ups.
//
// Life cycle: New with its neighbours; Provision; nothing of its own runs, jobs do.
package card
