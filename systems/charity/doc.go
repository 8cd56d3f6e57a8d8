// Package charity is the city's charity service: funds that the city has verified, what they collect for, gifts, and where every
// kopeck of them went.
//
// A fund is an organisation (core/organisation) that asked to be verified. Officials of the city's charity agency look at its
// documents, its registration and the law, and publish, suspend or end it; they check each appeal before it opens and approve
// each payout, which somebody else asked for; what a verified fund changes of itself is shown when they have looked at it (Change).
// A payout keeps to its line of the budget, or needs a reason and two officials. Each of these is an official act with a reason and an entry in the journal, and
// stands on the fund's page.
//
// A gift is a charge whose payee is the fund, paid like any other; nothing is taken from it. When it is paid it enters the
// fund's public books (charity_entry) and the purse of its aim: an appeal, or the fund's own aims. What comes above the target
// of an appeal goes where the appeal said before (Split). Money leaves a purse first in, first out; a report tells what a
// payout's budget line was used for, never more than was paid out. From these three lists Trace tells of every kopeck of every
// gift where it is: it lies, it was paid out, it was reported. A gift goes back while it lies.
//
// A monthly gift belongs to its giver: told of days ahead, paid once a month by a saved card, stopped by one press.
//
// The books of a fund are its account in core/ledger: Books compares the two for any day.
//
// It owns the tables charity_*, the pages /charity, /account/gifts, /account/funds and /desk/charity, their JSON faces and the
// open data of the funds. It does not own charges and payments (given by the app as Charges and Payments), organisations and who
// acts for them (core/organisation, core/mandate), or the sending of payouts to a bank (Payouts).
//
// Giver and fund are two holders: a gift's row lies with the giver, its entry with the fund, and each follows the event of its
// payment by a Write of its own that may be done again. Sums by day, purse and line of a budget are kept beside the entries, and an
// entry knows what came before it in its purse: nobody adds gifts up to read a page. Public lists are read once in seconds (shelf).
//
// A gift may be added to a basket of bills (Suggest, AddTo): core/pay asks by the app, and the gift's charge is paid with them.
//
// Events that it hears: that a charge was paid, changed, given back or cancelled (the charge is read, not the event), and that the
// bank sent a payout back. Life cycle: New; Provide; Provision registers pages and jobs; what runs by itself are jobs.
package charity
