package factor

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// newParty is the city as passkeys know it: the host of its address is what they are bound to, for ever. It is nil where
// browsers allow no passkeys: on a host that is a bare number.
func newParty(address string) (*webauthn.WebAuthn, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("factor: the city's address %q has no host", address)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return nil, nil
	}
	party, err := webauthn.New(&webauthn.Config{
		RPID: strings.ToLower(u.Hostname()), RPDisplayName: u.Hostname(), RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		// Lives are ours to judge, by the house's clock; the library would ask the machine's.
		Timeouts: webauthn.TimeoutsConfig{
			Login: webauthn.TimeoutConfig{Timeout: ChallengeLife}, Registration: webauthn.TimeoutConfig{Timeout: ChallengeLife},
		},
		// Some password managers answer extensions that nobody asked. None is used here, so none can do harm.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("factor: passkeys for %s: %w", address, err)
	}
	return party, nil
}

// algorithms are the kinds of key that are taken: what phones, computers and security keys make.
func algorithms() []protocol.CredentialParameter {
	var out []protocol.CredentialParameter
	for _, one := range []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256} {
		out = append(out, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: one})
	}
	return out
}

// passkey is the secret of a way: the credential record, and the handle by which its authenticator knows the account.
type passkey struct {
	Handle     []byte              `json:"handle"`
	Credential webauthn.Credential `json:"credential"`
}

// read reads a way's secret.
func readPasskey(secret []byte) (passkey, error) {
	var out passkey
	if err := json.Unmarshal(secret, &out); err != nil {
		return passkey{}, fmt.Errorf("factor: read a passkey: %w", err)
	}
	if len(out.Handle) == 0 || len(out.Credential.ID) == 0 || len(out.Credential.PublicKey) == 0 {
		return passkey{}, fmt.Errorf("factor: a passkey without handle, id or key")
	}
	return out, nil
}

func (p passkey) write() ([]byte, error) {
	p.Credential.Attestation = webauthn.CredentialAttestation{} // none was asked for, so there is nothing to verify later
	out, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("factor: write a passkey: %w", err)
	}
	return out, nil
}

// keyOf is what a passkey's way is found by.
func keyOf(credential []byte) string { return base64.RawURLEncoding.EncodeToString(credential) }

// owner is an account as the library wants to see it.
type owner struct {
	handle      []byte
	name        string // what the authenticator lists it as
	displayName string
	credentials []webauthn.Credential
}

// WebAuthnID implements webauthn.User.
func (o owner) WebAuthnID() []byte { return o.handle }

// WebAuthnName implements webauthn.User.
func (o owner) WebAuthnName() string { return o.name }

// WebAuthnDisplayName implements webauthn.User.
func (o owner) WebAuthnDisplayName() string { return o.displayName }

// WebAuthnCredentials implements webauthn.User.
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }
