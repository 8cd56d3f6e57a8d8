// Package approval lets a person sign in on one device by a yes on another.
//
// There are two ways. A QR code on the screen of a computer is read by a phone that is signed in. Or, after the contact
// was given, the question goes to the browsers for which the person has turned approvals on: as a web push, and on the
// page /approve with no push at all. Both ask for a number: the asking screen shows one of two digits, the answering one
// offers three. A wrong number refuses for good, so that whoever presses yes without looking lets nobody in.
//
// It owns the tables approval (a question, for three minutes), approval_mute (until when a person is left alone) and
// approval_key (the city's key for web push). A browser with approvals on is a way of the account (account.ByPush): its
// secret holds the subscription, its key is the hash of a cookie of that browser alone. So such a browser answers with
// no session open, as a known device should; a session without that cookie answers when its person has proved
// themselves a short while ago.
//
// A question is bound to the browser that began it: only there can the yes be taken, once. The link in the QR code lets a
// signed-in person see and answer, and opens nothing for whoever holds it. No answer tells whether an account exists:
// finding whom a contact belongs to, and whether they may be asked, is a job's work after the page has been shown.
//
// It does not own sessions: account.Finish begins or raises them. Nor the account's page of ways in, nor how words about
// the account travel. Addresses of push services come from browsers, so that they are dialled only when they are public.
//
// Life cycle: New; Provision registers pages, jobs, offers and the feed; nothing runs by itself.
package approval
