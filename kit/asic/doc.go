// Package asic writes and verifies signed messages: ASiC-E containers as X-Road keeps them, one signature for many messages.
//
// A message has parts: its head (message.xml), its body (attachment1) and whatever else belongs to it. A signature costs far
// more than a hash, so messages are signed in batches: NewTree makes a hash tree over the leaves of a batch, Sign signs
// its top once (XAdES-BES, level B-B), and each message leaves with its own path through the tree. A container holds the
// parts of one message, the path (sig-hashchain.xml), the signed top (sig-hashchainresult.xml) and the signature
// (META-INF/signatures.xml), and says nothing of the other messages but hashes.
//
// The forms are those of others and are not to be changed: ETSI EN 319 162 (ASiC), EN 319 132 and TS 101 903 (XAdES), the
// hash chain of X-Road (namespace http://cyber.ee/hashchain). xmlsec1 verifies the signature; a hash step is the hash of
// a DER list, which openssl and a few lines of any language can repeat. docs/operator/registers.md has the commands.
//
// It reads with distrust: sizes, names, counts and depth are bounded, XML has no document type and no name twice, an
// element that is not known where a signature looks is refused, and what a signature refers to is found by its one place
// and never by searching. Verify says who signed; whether that is somebody to believe, the caller's Trust says.
//
// It keeps no keys, no messages and no clock; there is no time stamp of an authority in its containers: the signing time
// is the signer's word. Its neighbours: kit/seal has the city's certificate; core/exchange keeps the log and exports it.
// Life cycle: none, functions only.
package asic
