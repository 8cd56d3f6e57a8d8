// Package centre is the service centre: what an official does for a person who stands before them.
//
// It owns the visit: the table visit, whose home is the person served, with its lookups visit_home and visit_desk, and
// visit_return, by which the official's own session comes back to a browser that a visit used. A visit begins with the
// document that the official saw and an exact search by SNILS, name and birth date; every look that the search makes, and
// every act of the visit, has the visit as its purpose, so the person sees it. In a visit the official can open an account
// that is not there, prove the person's identity (level Verified, an entry in the journal), give a new contact to whoever
// lost theirs, open a frozen account, join two accounts, and begin a session for the person.
//
// It does not own accounts, contacts, merges or blocks: core/account's verbs do that, and keep the limits of codes. It
// does not ask the population register itself. What a visit's session may not do is the operations' word (kit/act:
// Operation.AtCentre), enforced at the edge. Why the session opens in the official's browser, and why neither can use the
// other's rights, is docs/decisions/0008-centre-visits.md.
//
// Officials of the agency of key "centre" see their own open visits only; nobody sees a colleague's, and no list of
// people exists. The person sees each visit at /account/visits and gets a word after it, with a link that freezes the
// account if it was not them.
//
// Life cycle: New; Provision registers pages, the job that ends a visit whose time is over, and the sweep. Nothing runs by
// itself.
package centre
