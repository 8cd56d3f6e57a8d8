package broker

import (
	"context"
	"errors"
	"net"
)

// refusal is why an answer of a provider is not believed. Its text is the key of a sentence for the administrator.
type refusal string

// Error is the short name, for the log.
func (r refusal) Error() string { return "broker: " + string(r) }

// The refusals.
const (
	errAddress   refusal = "address"          // not https, or not a public address
	errRedirect  refusal = "redirect"         // it sends on to another host
	errHuge      refusal = "huge"             // an answer without end
	errSilent    refusal = "silent"           // no answer in time
	errResting   refusal = "resting"          // was silent several times: left alone for a while
	errKeysOften refusal = "keys_often"       // unknown keys again and again
	errDiscovery refusal = "discovery"        // no metadata that can be read
	errMismatch  refusal = "issuer_mismatch"  // the metadata is of another issuer
	errFlow      refusal = "flow"             // it cannot do code, S256, or an asymmetric signature
	errResponse  refusal = "response"         // the answer in the address is neither a code nor an error
	errMixUp     refusal = "response_issuer"  // RFC 9207: the answer is of another issuer
	errExchange  refusal = "exchange"         // the code was not taken
	errNoToken   refusal = "no_id_token"      // no ID token came
	errSignature refusal = "signature"        // not signed by a key of the issuer in an allowed way
	errIssuer    refusal = "issuer"           // iss is another
	errAudience  refusal = "audience"         // aud does not name the city
	errParty     refusal = "authorized_party" // azp is another client
	errExpired   refusal = "expired"          // exp has passed
	errIssued    refusal = "issued"           // iat is in the future, or before the question
	errNonce     refusal = "nonce"            // the answer to another question
	errToken     refusal = "token"            // the token's shape, at_hash
	errRenewed   refusal = "not_renewed"      // a fresh sign-in was asked for and did not happen
	errUserinfo  refusal = "userinfo"         // userinfo can't be read
	errSubject   refusal = "subject"          // userinfo is about somebody else, or sub is no name
	errPushed    refusal = "pushed"           // the pushed request was not taken
)

// why finds the refusal in an error; other is for an error that carries none.
func why(err error, other refusal) refusal {
	var r refusal
	if errors.As(err, &r) {
		return r
	}
	var slow net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &slow) {
		return errSilent
	}
	return other
}

// shown is the fault that a person sees of a refusal: the provider is silent, or is not to be believed.
func shown(err error) error {
	switch r := why(err, ""); r {
	case "":
		return err
	case errSilent, errResting:
		return ErrSilent.Because(err)
	default:
		return ErrRefused.Because(err)
	}
}
