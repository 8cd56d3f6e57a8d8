// Package seal is the city's signature: what it signs, anybody can check without asking the city.
//
// It owns no keys and no tables: the Ed25519 keys come from kit/vault, where they are kept and rotated. It owns four
// forms that outsiders read, and that therefore never change but by a new version number in them:
//
//	a signature       Ed25519 (RFC 8032) over "posad signature 1", the domain and the message, so that what was signed as
//	                  one kind of thing is never taken for another
//	a key set         the city's public keys as JSON, served at /.well-known/posad-keys.json and signed by every key in
//	                  it that still signs: who trusts one key of last year can accept the set of this year
//	a token           a document's main facts and a signature, short enough for a QR code on paper: /v/<token>
//	canonical JSON    RFC 8785 (JCS) for texts, lists and objects: the bytes that are hashed and signed
//
// Its neighbours: kit/vault below; kit/journal signs promises and core/document signs documents with it; kit/pdf draws the
// codes. Life cycle: New at start, nothing to close. A rotation is seen at once, because the keys are asked for each time.
package seal
