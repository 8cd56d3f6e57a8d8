// Package credential issues and checks what a person keeps in a wallet: SD-JWT VC credentials (draft-ietf-oauth-sd-jwt-vc on
// RFC 9901) and the status lists that tell whether one still stands (draft-ietf-oauth-status-list).
//
// A credential is signed by ES256. Claims that are hidden stand in it as salted hashes; the person shows whom they like what
// they like. Each list of hashes is filled up to a multiple of four by hashes of nothing, so that it does not tell how much is
// hidden. A credential may be bound to a key of the wallet (cnf); then whoever shows it proves that they have the key.
//
// A status list is a row of bits, one a credential, at places drawn by lot among many more. Some places belong to nobody and
// fall with time (decoys), so that the list does not tell how many documents the city revokes. Who fetches the list does not
// tell which document they ask about. The list knows no person and no document; its places are kept by core/document.
//
// Keys come from kit/authority's source and change there. The public halves of all of them, also of those whose secret is gone,
// are the issuer's key set, served under /.well-known; the header carries the certificate too, for those who trust the city's root.
//
// Tokens and keys are read here and not by go-jose, which takes other spellings of the same bytes, keys of every kind and
// headers that change what is signed: to fence these in, and to make its signatures the same each time, is as long as jose.go.
//
// It owns no table and no route. Verify holds a credential to what this package issues, not to all that the drafts allow:
// hidden claims stand at the top alone. Its neighbours: kit/vault and kit/authority below, core/document above. Life cycle: New
// at start, nothing to close.
package credential
