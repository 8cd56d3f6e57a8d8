// Package notice tells people: in their account, and by e-mail or SMS.
//
// A notice is prepared before the Write that makes it true and put inside it, so that it exists if and only if its cause
// does. It is named by a key (Notice.Key): an event that is told twice makes one notice. Its words are sealed with the
// person's key; kind, case and action path are plain. Where it is sent is not kept at all: a delivery's job reads the
// address from core/account at the moment of sending.
//
// A delivery is one sending by one channel: queued, handed (the provider has taken it), or failed, with a kind of
// failure. Its id is the letter's Message-ID and the SMS's name at the gateway, so that a sending repeated after a
// crash is the same letter to the other side. A temporary failure is tried again with growing pauses; one for good, or
// the last of many tries, moves the notice to the next channel that the person has, and the record says so. A failure of
// the provider, unlike that of one address, is loud: a metric, the log and a dead job that an operator can run again.
//
// A notice may start a legal term (Starts): it is sent whatever the person has switched off, its first proof of having
// reached them emits notice.reached, and when no channel is left notice.unreached, so that nobody's term runs unknown.
//
// It owns the tables notice, notice_text, notice_delivery and notice_wish, the pages /messages and /account/notices, their JSON
// faces, the form of the city's letters and the SMS gateway's client (docs/operator/sms.md). It does not own when people
// are told (core/casework and later modules say so by Prepare), who they are (core/account) or SMTP (kit/mail).
// It is an account.Courier: one-time codes go out through it and are kept nowhere.
//
// Life cycle: New with the providers; Provision; nothing of its own runs, the jobs do.
package notice
