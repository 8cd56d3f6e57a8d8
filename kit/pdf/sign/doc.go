// Package sign puts an electronic signature into a PDF of kit/pdf, and checks one.
//
// The signature is PAdES of the level B-B (ETSI EN 319 142-1): a CMS SignedData (RFC 5652) without content, by ECDSA P-256 with
// SHA-256, over the whole file but the place where it stands itself. It carries the signer's certificate and its root, and
// says which certificate it means (signing-certificate-v2, RFC 5035). The time is in the file, not proven by anybody else.
//
// Sign is a pure function of the file and the signer: the same file and key give the same bytes. Verify holds a file to what
// the city makes: one signature that covers all of it. A file that others added to, signed again or wrapped otherwise is for
// a PDF reader to judge.
//
// It owns nothing. Its neighbours: kit/authority gives signers and roots, kit/pdf the place to fill.
package sign
