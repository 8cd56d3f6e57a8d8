// Package ledger keeps the city's books: double entry in whole minor units.
//
// A transfer takes from one account and gives to another in one row, so that it is balanced by construction; a split is
// several lines of one movement. A movement is posted at once, or reserved and later posted or given up. Its id is made by
// the caller, and putting the same movement again changes nothing.
//
// An account's balance is kept beside the transfers and moves in the same Write. An account with a bound can't be overdrawn:
// the database itself refuses, what is reserved counted as gone. An account without one, such as an agency's income, has
// several rows of balance, so that its movements do not wait for each other. Rows are touched in one order, so that two
// Writes never wait for each other in a circle.
//
// Each night a day is closed: what every account came to is written down with a digest, and Prove compares the
// balances with the transfers. The balance as of a moment is the closing before it and the transfers since. Nothing comes into a day
// that is closed: a Write that was held up for long, on a machine that slept or one whose clock is wrong, ends after it. Closing and
// Prove go through the accounts span by span, however many there are.
//
// It owns the tables ledger_*. It does not own what money is owed or paid for (core/pay), which accounts there are (those
// who move money make their ids) or what the bank says (core/reconcile).
//
// Life cycle: New with the zone; Provision; a job closes the days that are over and proves the books after.
package ledger
