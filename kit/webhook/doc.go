// Package webhook carries messages to other houses' servers by the Standard Webhooks scheme 1.0: a body with the headers
// webhook-id, webhook-timestamp and webhook-signature, which anybody who has the endpoint's secret can check.
//
// A signature is made over "id.timestamp.body": v1 by HMAC-SHA256 under a shared secret (whsec_…), v1a by Ed25519 under the
// sender's private key (whsk_…), checked by the public one (whpk_…). Several may stand in the header, parted by spaces, so
// that a secret is changed without a break: the old and the new one both sign for a while. A receiver refuses a timestamp
// outside its tolerance, so that a recorded message is worth nothing later, and remembers ids, since a message may come twice.
//
// Client sends one message once: it follows no redirect, reads little of the answer and, unless it is told that addresses
// may be nearby, dials public addresses only, judged after the name was resolved. When to try again is Wait's word; the
// queue, the order and the records are its caller's (core/developer, core/register).
//
// It owns nothing and has no life cycle. Its neighbours are kit/reach and whoever tells others that something happened.
package webhook
