// Package account knows people: who they are, how they sign in, and the sessions that they have open.
//
// It owns the tables person (one row for everybody the city deals with, a child without a sign-in too; names, birth
// dates and numbers sealed), account (a way to sign in: contacts and a password; an account is not a person, so that two
// accounts can be merged into one person later), contact and person_key (lookups by keyed hash), session and
// session_token, challenge (one-time codes), counter (tries of what must not be guessed), held_form (typed forms that
// wait for a sign-in) and repeat (answers to repeated API calls). The last three serve kit/web, whose interfaces
// Sessions, Counters, HeldStore and Answers are implemented here.
//
// Two records of one person are joined by person_merge (with its lookup person_led): nothing moves but where accounts
// lead, the things of the merged person count as one's own (act.Act.Also), and for 30 days it can be undone. merge_try
// waits for the sign-in to the second account. account_block keeps an account closed, by the city's word or its owner's,
// who said by the link of a letter (not_me) that something was not them.
//
// It does not own what a person may do: kit/web asks core/mandate's Relator. It does not send codes: the app gives a
// Courier made of core/notice. It does not ask the population register itself: the app gives an IdentityChecker made
// of core/exchange. Nor does it own roles: core/agency does; a session only keeps which hat is on.
//
// Registration and sign-in are one way in: whoever proves an e-mail or a phone by a one-time code is let in, and an
// account is made if there is none. So no answer before the proof tells whether an account exists. A code has 6 digits,
// lives 10 minutes and stands 5 tries, counted in the Write that compares; letters to one address are counted too.
// Passwords are hashed by argon2id in a bounded pool, never inside a Write.
//
// A session is found by the hash of its token, over after 30 minutes unused or 12 hours, and cached on each node. The
// cache is dropped by the feed (TopicSession, TopicPerson, agency.Topic) and not trusted when the feed is late. A Write
// for somebody re-checks session and role in its transaction (Guard).
//
// Life cycle: New; Provision registers operations, pages, jobs and feed handlers; Start begins to write down when
// sessions were last used; Stop writes what is left. Enrol brings in people who come with the city: the demo's residents,
// an administrator's list.
package account
