// Package factor holds three ways in that rest on something a person has: passkeys, an authenticator app, and one-time
// recovery codes on paper.
//
// It owns the tables factor_question (what was asked and waits for its answer, taken once) and recovery_code, and the
// pages under /sign-in and /account/security that ask, add and show. The ways themselves, with their secrets sealed, lie
// in core/account's table of ways; account lists, names and drops them, opens sessions and asks second steps. This module
// gives it Offers, and ends each of its own pages in account.Finish with a Proof.
//
// A passkey (WebAuthn level 3, by go-webauthn) is discoverable and always asks for a finger, a face or a PIN, so one
// sign-in by it is two factors. Its relying party is the host of the city's address; on an address that is a bare number
// browsers allow none, and the module offers none. A challenge lives five minutes, is bound to the browser's visit or
// session (web.Context.Visit) and is deleted by the Write that takes it, before the signature is looked at. A counter
// that does not grow means that somebody copied the key: that sign-in is refused and its owner told.
//
// An authenticator app (RFC 6238, SHA-1, six digits, 30 seconds: what every app knows) has a key of 20 bytes and is added
// by its first right code. The step of the last code taken is kept, and no code of that step or an earlier one is taken
// again. It is a second step, never a way in alone. Tries are counted before they are compared, apart for browsers that
// the person is known by, so that a stranger who has the password cannot use up the owner's tries.
//
// Recovery codes are ten, of 80 random bits each, shown once. They are kept as keyed hashes and not by a slow hash: with
// 80 bits there is nothing to slow down, since no dictionary holds them and 2^80 tries are out of reach, even for one who
// has both the rows and the city's key. A code is taken in the statement that compares it. It serves as a second step, and
// with the contact as a first one when the phone is lost.
//
// Its neighbours are core/account below and the modules of other ways in beside it. Life cycle: New; Provision registers
// operations, pages, offers and the sweep of old questions; nothing runs by itself.
package factor
