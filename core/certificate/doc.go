// Package certificate lets people in by a certificate of a key that they hold: on a token, a card, or in a file (the class
// of the qualified electronic signature, Federal Law 63-FZ).
//
// There are two roads to the same proof. By a connection: a host of its own (Config.Listen, Config.Address), and only it,
// asks the browser for a certificate (TLS client authentication); its one page hands a ticket back to the city's own host,
// good once, for a minute, in the browser that asked. A proxy that ends TLS may stand before it and pass the certificate on
// (RFC 9440). By a signed text: the page gives a small text to sign in a program of one's own (CMS), good once, for 15
// minutes, in the browser that asked.
//
// It owns the tables certificate_shown (what a browser showed and waits for), certificate_challenge (answered ones),
// revocation_list (lists of revoked certificates) and certificate_refusal (counts of nobody); who a certificate names
// (Subject), and what follows from it. The authorities are the operator's choice (Config.Authorities); chains, lists and
// responders are internal/trust's, signed files internal/signed's. When nobody answers whether a certificate was revoked, it
// is refused, or, by configuration, lends Standard to those who signed in by it before, and nothing else.
//
// It does not own ways in and sessions: a certificate is a way of core/account, found by the fingerprint of its key. Nor the
// population register: whoever is new to the city, or not confirmed yet, is confirmed through core/account. Nor
// organisations: core/organisation asks here whom a linked certificate names (Linked).
//
// A certificate that nobody knows is shown to its holder, who links it to their account after signing in the usual way, or
// begins an account with it. One of the same person and authority as a linked one is taken over, and its owner is told.
//
// GOST algorithms are not supported: the standard library has none, and a certificate with them is told so plainly.
//
// Life cycle: New checks the configuration; Provision registers operations, pages, the offer and jobs; Start opens the
// listener; Stop closes it.
package certificate
